/* tomtectl token …: secrets for programs that use the hub's API. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"
#include "ctl/users.h"

static const int64_t day_s = 24LL * 60 * 60;

int verb_token_new(const struct ctl *ctl, int count, char **args)
{
	const char *name = option_value(count, args, "name"), *scope = option_value(count, args, "scope"),
		   *ttl = option_value(count, args, "ttl");
	char owner[USER_NAME_SIZE];
	json_int_t account;
	int64_t seconds = 0;
	json_t *answer;
	if (!name || !*name || (ttl && (text_duration(ttl, &seconds) || seconds < day_s || seconds % day_s))) {
		fprintf(ctl->err, !name || !*name ? "tomtectl: --name says what the token is for\n"
						  : "tomtectl: --ttl takes whole days, as in 30d\n");
		return EXIT_USAGE;
	}
	int code = users_find(ctl, args[0], &account, owner);
	if (code)
		return code;
	code = client_call(ctl, "POST", "/api/v1/tokens",
			   json_pack("{s:I, s:s, s:s, s:o}", "account", account, "name", name, "scope", scope ? scope : "read", "days",
				     ttl ? json_integer(seconds / day_s) : json_null()),
			   &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	const char *token = json_string_value(json_object_get(answer, "token"));
	fprintf(ctl->out, "%s\n", token ? token : "");
	if (ctl->terminal)
		fputs("It is shown this once. Programs send it as \"Authorization: Bearer …\".\n", ctl->out);
	json_decref(answer);
	return EXIT_FINE;
}

/* The name of the account. Borrowed. */
static const char *name_of(const json_t *users, json_int_t account)
{
	const json_t *user;
	size_t i;
	json_array_foreach(users, i, user)
		if (json_integer_value(json_object_get(user, "id")) == account)
			return json_string_value(json_object_get(user, "name"));
	return "?";
}

static void add_row(json_t *rows, const json_t *users, const json_t *token)
{
	char id[32], used[64], ends[64];
	int64_t now = clock_wall().ms;
	str_format(id, sizeof id, "%lld", (long long)json_integer_value(json_object_get(token, "id")));
	text_ago(used, sizeof used, json_integer_value(json_object_get(token, "used")), now);
	if (json_is_null(json_object_get(token, "expires")))
		str_format(ends, sizeof ends, "never");
	else
		text_until(ends, sizeof ends, json_integer_value(json_object_get(token, "expires")), now);
	json_array_append_new(rows, json_pack("[s, O, s, O, s, s]", id, json_object_get(token, "name"),
					      name_of(users, json_integer_value(json_object_get(token, "account"))),
					      json_object_get(token, "scope"), used, ends));
}

int verb_token_list(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	static const char *const headings[] = {"ID", "FOR", "OF", "SCOPE", "USED", "ENDS", NULL};
	json_t *answer, *users = NULL, *token, *rows = json_array();
	size_t i;
	int code = client_list(ctl, "/api/v1/tokens", "tokens", &answer);
	if (!code && ctl->json) {
		json_decref(rows);
		return client_print_json(ctl, answer);
	}
	if (!code)
		code = client_list(ctl, "/api/v1/users", "users", &users);
	json_array_foreach(code ? NULL : json_object_get(answer, "tokens"), i, token)
		add_row(rows, json_object_get(users, "users"), token);
	if (!code && json_array_size(rows) == 0)
		fputs("No tokens. Make one with `tomtectl token new`.\n", ctl->out);
	else if (!code)
		text_table(ctl->out, headings, json_incref(rows));
	json_decref(rows);
	json_decref(users);
	json_decref(code ? NULL : answer);
	return code;
}

int verb_token_revoke(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[64];
	int64_t id;
	json_t *answer;
	if (str_to_int(args[0], 1, INT64_MAX, &id)) {
		fprintf(ctl->err, "tomtectl: an ID is a number; see tomtectl token list\n");
		return EXIT_USAGE;
	}
	str_format(path, sizeof path, "/api/v1/tokens/%lld", (long long)id);
	int code = client_call(ctl, "DELETE", path, NULL, &answer);
	if (!code && !ctl->json)
		fputs("The token opens nothing any more.\n", ctl->out);
	json_decref(code ? NULL : answer);
	return code;
}
