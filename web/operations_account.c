/* What the routes of set-up, login and accounts take and answer. */
#include "web/list.h"
#include "web/operation.h"

static const struct field user_list[] = {
	{"role", FIELD_CHOICE, FIELD_OPTIONAL, .text = "Only those with this role.", .of = "owner|adult|viewer"},
	{"q", FIELD_TEXT, FIELD_OPTIONAL, .text = "Only those with this in their name.", .min = 1, .max = 100},
	LIST_PARAMETERS(LIST_STANDARD, LIST_MAX),
};

static const struct field user[] = {
	{"id", FIELD_INT, .text = "The account.", .min = 1, .max = INT64_MAX},
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
	{.handle = api_user_password, .id = "setPassword", .group = "Account", PARAMETERS(user), .body = "Password", .status = 204, .errors = {404}},
};

const struct operations operations_account = {items, COUNT_OF(items)};
