/* What the routes of set-up, login and accounts take and answer. */
#include "web/list.h"
#include "web/operation.h"

static const struct field user_list[] = {
	{"role", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Only those with this role.", .of = "owner|adult|guest|viewer"},
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in their name.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field user[] = {
	{"id", FIELD_INT, .text = "The account.", .min = 1, .max = INT64_MAX},
};

static const struct field session_list[] = {
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field session_path[] = {
	{"id", FIELD_TEXT, .text = "The session.", .min = 1, .max = 32},
};

static const struct field token_list[] = {
	{"all", FIELD_INT, FIELD_OPTIONAL, .text = "1: those of everybody, for the owner.", .min = 0, .max = 1},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field token_path[] = {
	{"id", FIELD_INT, .text = "The token.", .min = 1, .max = INT64_MAX},
};

static const struct operation items[] = {
	{.handle = api_session_get, .id = "getSession", .group = "Account", .status = 200, .answer = "Session", .errors = {401}},
	{.handle = api_setup, .id = "setUp", .group = "Account", .body = "SetUp", .status = 201, .answer = "Session", .errors = {403, 409},
	 .flags = OPERATION_TRIES, .text = "Starts a session as login does. 409: the hub is set up already."},
	{.handle = api_setup_link, .id = "getSetUpLink", .group = "Account", .status = 200, .answer = "SetUpLink", .errors = {409}},
	{.handle = api_login, .id = "logIn", .group = "Account", .body = "Login", .status = 200, .answer = "Session", .errors = {401},
	 .flags = OPERATION_TRIES, .text = "The session is in the cookie: `__Host-tomte` over HTTPS, `tomte` over plain HTTP."},
	{.handle = api_logout, .id = "logOut", .group = "Account", .status = 204},
	{.handle = api_password, .id = "changePassword", .group = "Account", .body = "PasswordChange", .status = 204, .errors = {409},
	 .flags = OPERATION_TRIES},
	{.handle = api_users_list, .id = "listUsers", .group = "Account", PARAMETERS(user_list), .status = 200, .answer = "User",
	 .list = "users", .flags = OPERATION_PAGED},
	{.handle = api_user_password, .id = "setPassword", .group = "Account", PARAMETERS(user), .body = "Password", .status = 204, .errors = {404, 409},
	 .text = "409: it is one's own, which is changed with the present one."},
	{.handle = api_user_add, .id = "addUser", .group = "Account", .body = "NewUser", .status = 201, .answer = "User", .errors = {409}},
	{.handle = api_user_edit, .id = "editUser", .group = "Account", PARAMETERS(user), .body = "UserEdit", .status = 200, .answer = "User",
	 .errors = {404, 409}, .text = "Holds at once, also for sessions and tokens there are. 409: the name is taken, or no owner would remain."},
	{.handle = api_user_remove, .id = "removeUser", .group = "Account", PARAMETERS(user), .status = 204, .errors = {404, 409},
	 .text = "409: no owner would remain."},
	{.handle = api_home_get, .id = "getHome", .group = "Account", .status = 200, .answer = "Home", .flags = OPERATION_ETAG, .errors = {409},
	 .text = "What one may not see is left out; entities that a device does not have now are kept. 409: the hub's socket has none."},
	{.handle = api_home_put, .id = "setHome", .group = "Account", .body = "Home", .status = 200, .answer = "Home",
	 .flags = OPERATION_ETAG | OPERATION_IF_MATCH, .errors = {409},
	 .text = "Devices that do not exist, or may not be seen, are left out. The person's other pages are told by the event home."},
	{.handle = api_sessions_list, .id = "listSessions", .group = "Account", PARAMETERS(session_list), .status = 200, .answer = "LoginSession",
	 .list = "sessions", .flags = OPERATION_PAGED, .errors = {409}, .text = "409: the hub's socket has none."},
	{.handle = api_sessions_end_others, .id = "endOtherSessions", .group = "Account", .status = 204, .errors = {409}},
	{.handle = api_session_end, .id = "endSession", .group = "Account", PARAMETERS(session_path), .status = 204, .errors = {404, 409}},
	{.handle = api_tokens_list, .id = "listTokens", .group = "Account", PARAMETERS(token_list), .status = 200, .answer = "Token",
	 .list = "tokens", .flags = OPERATION_PAGED},
	{.handle = api_token_new, .id = "makeToken", .group = "Account", .body = "NewToken", .status = 201, .answer = "Token", .errors = {409},
	 .text = "Programs send it in the header `Authorization: Bearer …`. 409: the account has 32 already."},
	{.handle = api_token_revoke, .id = "revokeToken", .group = "Account", PARAMETERS(token_path), .status = 204, .errors = {404}},
};

const struct operations operations_account = {items, COUNT_OF(items)};
