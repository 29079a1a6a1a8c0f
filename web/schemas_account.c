/* The objects of set-up, login and accounts, and the problem that every refusal is. */
#include "web/bearer.h"
#include "web/login.h"
#include "web/operation.h"

static const struct field problem[] = {
	{"type", FIELD_TEXT, .text = "Names the kind of problem: the address of a page that explains it, /problems/…"},
	{"title", FIELD_TEXT, .text = "The kind in a few words, always the same ones."},
	{"status", FIELD_INT, .text = "The status of the answer.", .min = 400, .max = 599},
	{"detail", FIELD_TEXT, .text = "What is wrong here and what helps: a sentence or two for people."},
	{"field", FIELD_TEXT, FIELD_OPTIONAL, .text = "The parameter or member of the body that is wrong."},
	{"code", FIELD_TEXT, FIELD_OPTIONAL, .text = "A short name of the case, by which a page says it in its reader's language."},
	{"instance", FIELD_TEXT, FIELD_OPTIONAL, .text = "The path that was asked for."},
};

static const struct field session[] = {
	{"user", FIELD_OBJECT, .text = "Who is logged in.", .of = "SessionUser"},
	{"hub", FIELD_OBJECT, .text = "What this hub is.", .of = "HubInfo"},
	{"now", FIELD_TIME, .text = "The hub's clock."},
	{"rooms", FIELD_TEXT, FIELD_LIST | FIELD_NULL, .text = "Of a guest: the rooms seen; null: all."},
	{"must_change", FIELD_BOOL, .text = "Another password must be chosen first."},
};

static const struct field session_user[] = {
	{"name", FIELD_TEXT, .text = "The account."},
	{"role", FIELD_CHOICE, .text = "What it may do.", .of = "owner|adult|guest|viewer"},
};

static const struct field hub_info[] = {
	{"hub_id", FIELD_TEXT, .text = "For ever the same."},
	{"version", FIELD_TEXT, .text = "Of tomte."},
	{"ca_fingerprint", FIELD_TEXT, .text = "SHA-256 of the house's certificate authority."},
	{"mqtts_port", FIELD_INT, .text = "MQTT over TLS."},
	{"https_port", FIELD_INT, .text = "These pages; 0: off."},
	{"http_port", FIELD_INT, .text = "Enrolment; 0: off."},
};

static const struct field set_up[] = {
	{"token", FIELD_TEXT, .text = "Out of the set-up link.", .min = 1, .max = 128},
	{"name", FIELD_TEXT, .text = "Of the owner's account, no spaces around it.", .min = 1, .max = ACCOUNT_NAME_MAX},
	{"password", FIELD_TEXT, .text = "Of the owner's account.", .min = PASSWORD_MIN, .max = PASSWORD_MAX},
};

static const struct field set_up_link[] = {
	{"urls", FIELD_TEXT, FIELD_LIST, .text = "One for each name of the hub."},
	{"ca_fingerprint", FIELD_TEXT, .text = "SHA-256 of the house's certificate authority."},
};

static const struct field login[] = {
	{"name", FIELD_TEXT, .text = "The account.", .min = 1, .max = ACCOUNT_NAME_MAX},
	{"password", FIELD_TEXT, .text = "Its password.", .min = 1, .max = PASSWORD_MAX},
};

static const struct field password_change[] = {
	{"old", FIELD_TEXT, .text = "The present password.", .min = 1, .max = PASSWORD_MAX},
	{"new", FIELD_TEXT, .text = "The one to come.", .min = PASSWORD_MIN, .max = PASSWORD_MAX},
};

static const struct field password[] = {
	{"password", FIELD_TEXT, .text = "The one to come.", .min = PASSWORD_MIN, .max = PASSWORD_MAX},
	{"must_change", FIELD_BOOL, FIELD_OPTIONAL, .text = "Another one must be chosen at the next login; true when absent, but on the hub's socket."},
};

static const struct field user[] = {
	{"id", FIELD_INT, .text = "For ever the same."},
	{"name", FIELD_TEXT, .text = "To log in with."},
	{"role", FIELD_CHOICE, .text = "What it may do.", .of = "owner|adult|guest|viewer"},
	{"rooms", FIELD_TEXT, FIELD_LIST | FIELD_NULL, .text = "Of a guest: the rooms seen; null: all."},
	{"must_change", FIELD_BOOL, .text = "Another password must be chosen first."},
	{"created", FIELD_TIME, .text = "When it was made."},
};

static const struct field new_user[] = {
	{"name", FIELD_TEXT, .text = "To log in with, no spaces around it.", .min = 1, .max = ACCOUNT_NAME_MAX},
	{"password", FIELD_TEXT, .text = "To begin with.", .min = PASSWORD_MIN, .max = PASSWORD_MAX},
	{"role", FIELD_CHOICE, .text = "What it may do.", .of = "owner|adult|guest|viewer"},
	{"rooms", FIELD_TEXT, FIELD_LIST | FIELD_NULL | FIELD_OPTIONAL, .text = "Of a guest: the rooms seen.", .min = 1, .max = MODEL_NAME_SIZE - 1},
	{"must_change", FIELD_BOOL, FIELD_OPTIONAL, .text = "Another password must be chosen first; true when absent."},
};

static const struct field user_edit[] = {
	{"name", FIELD_TEXT, FIELD_OPTIONAL, .text = "To log in with, no spaces around it.", .min = 1, .max = ACCOUNT_NAME_MAX},
	{"role", FIELD_CHOICE, FIELD_OPTIONAL, .text = "What it may do.", .of = "owner|adult|guest|viewer"},
	{"rooms", FIELD_TEXT, FIELD_LIST | FIELD_NULL | FIELD_OPTIONAL, .text = "Of a guest: the rooms seen.", .min = 1, .max = MODEL_NAME_SIZE - 1},
};

static const struct field login_session[] = {
	{"id", FIELD_TEXT, .text = "Names the session, opens nothing."},
	{"agent", FIELD_TEXT, .text = "The browser's User-Agent, cut."},
	{"address", FIELD_TEXT, .text = "Where it was last used from."},
	{"created", FIELD_TIME, .text = "When it was logged in."},
	{"used", FIELD_TIME, .text = "When it was last used, to the hour."},
	{"current", FIELD_BOOL, .text = "The one that asks."},
};

static const struct field home[] = {
	{"favourites", FIELD_OBJECT, FIELD_LIST, .text = "What stands above the rooms, in this order; at most 100.", .of = "Favourite"},
	{"rooms", FIELD_OBJECT, FIELD_LIST, .text = "Those with a place of their own, in this order; at most 200, with 1,000 cards in all. Others follow by name.",
	 .of = "HomeRoom"},
};

static const struct field favourite[] = {
	{"device", FIELD_ID, .text = "Whose entity it is."},
	{"entity", FIELD_ID, .text = "What is shown, and used."},
};

static const struct field home_room[] = {
	{"area", FIELD_TEXT, .text = "The room; empty: what is in none.", .max = MODEL_NAME_SIZE - 1},
	{"cards", FIELD_OBJECT, FIELD_LIST, .text = "Those with a place of their own, in this order. Others follow.", .of = "HomeCard"},
};

static const struct field home_card[] = {
	{"device", FIELD_ID, .text = "Whose card it is."},
	{"entity", FIELD_ID, FIELD_OPTIONAL, .text = "What it controls; absent: it is the one card of all that the device measures."},
};

static const struct field home_event[] = {
	{"etag", FIELD_TEXT, .text = "Of the home as it is now."},
};

static const struct field token[] = {
	{"id", FIELD_INT, .text = "For ever the same."},
	{"account", FIELD_INT, .text = "Whose it is."},
	{"name", FIELD_TEXT, .text = "What it is for."},
	{"scope", FIELD_CHOICE, .text = "What it may do at most; never more than its account.", .of = "read|control|admin"},
	{"created", FIELD_TIME, .text = "When it was made."},
	{"used", FIELD_TIME, FIELD_NULL, .text = "When it was last used, to the hour; null: not yet."},
	{"expires", FIELD_TIME, FIELD_NULL, .text = "When it ends; null: never."},
	{"token", FIELD_TEXT, FIELD_OPTIONAL, .text = "Itself: only in the answer that makes it."},
};

static const struct field new_token[] = {
	{"name", FIELD_TEXT, .text = "What it is for, no spaces around it.", .min = 1, .max = ACCOUNT_NAME_MAX},
	{"scope", FIELD_CHOICE, .text = "What it may do.", .of = "read|control|admin"},
	{"days", FIELD_INT, FIELD_NULL | FIELD_OPTIONAL, .text = "Until it ends; null or absent: never.", .min = 1, .max = BEARER_DAYS_MAX},
	{"account", FIELD_INT, FIELD_OPTIONAL, .text = "Whose it becomes: only on the hub's socket, where it must be given.", .min = 1, .max = INT64_MAX},
};

static const struct field authority_facts[] = {
	{"ca_fingerprint", FIELD_TEXT, .text = "SHA-256 of the house's certificate authority."},
	{"ca_url", FIELD_TEXT, .text = "Where a phone that trusts nothing yet fetches its certificate."},
	{"ca_qr_svg", FIELD_TEXT, .text = "That address as a QR code, a drawing in SVG."},
	{"https_port", FIELD_INT, .text = "Of the dashboard.", .min = 0, .max = 65535},
};

static const struct schema items[] = {
	{"AuthorityFacts", "What one needs to trust this hub.", MEMBERS(authority_facts)},
	{"Problem", "Why a request was refused (RFC 9457).", MEMBERS(problem),
	 .example = "{\"type\":\"/problems/not-found\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"There is no such device.\","
		    "\"instance\":\"/api/v1/devices/nothing\"}"},
	{"Session", "Who asks, and whom.", MEMBERS(session)},
	{"SessionUser", "Who is logged in.", MEMBERS(session_user), .example = "{\"name\":\"astrid\",\"role\":\"owner\"}"},
	{"HubInfo", "What a hub is.", MEMBERS(hub_info)},
	{"SetUp", "The first account.", MEMBERS(set_up),
	 .example = "{\"token\":\"0123456789abcdefghjkmnpqrstvwxyz\",\"name\":\"astrid\",\"password\":\"correct horse battery\"}"},
	{"SetUpLink", "Where set-up is opened.", MEMBERS(set_up_link)},
	{"Login", "Who wants in.", MEMBERS(login), .example = "{\"name\":\"astrid\",\"password\":\"correct horse battery\"}"},
	{"PasswordChange", "One's own password.", MEMBERS(password_change),
	 .example = "{\"old\":\"correct horse battery\",\"new\":\"staple of the battery\"}"},
	{"Password", "Somebody's password.", MEMBERS(password), .example = "{\"password\":\"correct horse battery\"}"},
	{"User", "An account.", MEMBERS(user), .example = "{\"id\":1,\"name\":\"astrid\",\"role\":\"owner\",\"rooms\":null,\"must_change\":false,\"created\":1764547200000}"},
	{"NewUser", "Somebody to come.", MEMBERS(new_user),
	 .example = "{\"name\":\"mia\",\"password\":\"staple of the battery\",\"role\":\"guest\",\"rooms\":[\"Kitchen\"]}"},
	{"UserEdit", "What changes of an account.", MEMBERS(user_edit), .example = "{\"role\":\"adult\"}"},
	{"LoginSession", "Where somebody is logged in.", MEMBERS(login_session)},
	{"Home", "How somebody has arranged the own Home page.", MEMBERS(home),
	 .example = "{\"favourites\":[{\"device\":\"d4kq8x\",\"entity\":\"lamp\"}],"
		    "\"rooms\":[{\"area\":\"Kitchen\",\"cards\":[{\"device\":\"d4kq8x\",\"entity\":\"lamp\"},{\"device\":\"d4kq8x\"}]},"
		    "{\"area\":\"\",\"cards\":[]}]}"},
	{"Favourite", "An entity that stands above the rooms.", MEMBERS(favourite)},
	{"HomeRoom", "A room on somebody's Home page.", MEMBERS(home_room)},
	{"HomeCard", "A card in a room.", MEMBERS(home_card)},
	{"HomeEvent", "Somebody's Home page is arranged anew.", MEMBERS(home_event), .example = "{\"etag\":\"\\\"9f86d081\\\"\"}"},
	{"Token", "A secret of a program.", MEMBERS(token)},
	{"NewToken", "A token to come.", MEMBERS(new_token), .example = "{\"name\":\"wall panel\",\"scope\":\"control\",\"days\":365}"},
};

const struct schemas schemas_account = {items, COUNT_OF(items)};
