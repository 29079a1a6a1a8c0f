/* The objects of set-up, login and accounts, and the problem that every refusal is. */
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
};

static const struct field session_user[] = {
	{"name", FIELD_TEXT, .text = "The account."},
	{"role", FIELD_CHOICE, .text = "What it may do.", .of = "owner|adult|viewer"},
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
};

static const struct field user[] = {
	{"id", FIELD_INT, .text = "For ever the same."},
	{"name", FIELD_TEXT, .text = "To log in with."},
	{"role", FIELD_CHOICE, .text = "What it may do.", .of = "owner|adult|viewer"},
	{"created", FIELD_TIME, .text = "When it was made."},
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
	{"User", "An account.", MEMBERS(user), .example = "{\"id\":1,\"name\":\"astrid\",\"role\":\"owner\",\"created\":1764547200000}"},
};

const struct schemas schemas_account = {items, COUNT_OF(items)};
