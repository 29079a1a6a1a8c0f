/* tomtectl users …, passwd: who may use the hub, and as what. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/password.h"
#include "ctl/text.h"
#include "ctl/users.h"

/* A guest's rooms, for a column. */
static void print_rooms(char *text, size_t size, const json_t *user)
{
	const json_t *room;
	size_t i;
	text[0] = 0;
	json_array_foreach(json_object_get(user, "rooms"), i, room) {
		size_t used = strlen(text);
		(void)str_format(text + used, size - used, "%s%s", i ? ", " : "", json_string_value(room)); /* cut in the list, not in the hub */
	}
}

int verb_users(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	static const char *const headings[] = {"NAME", "ROLE", "MADE", "ROOMS", NULL};
	json_t *answer, *user, *rows;
	size_t i;
	int code = client_list(ctl, "/api/v1/users", "users", &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	rows = json_array();
	json_array_foreach(json_object_get(answer, "users"), i, user) {
		char ago[64], rooms[256];
		text_ago(ago, sizeof ago, json_integer_value(json_object_get(user, "created")), clock_wall().ms);
		print_rooms(rooms, sizeof rooms, user);
		json_array_append_new(rows, json_pack("[O, O, s, s]", json_object_get(user, "name"),
						      json_object_get(user, "role"), ago, rooms));
	}
	if (json_array_size(rows) == 0)
		fputs("No accounts yet. Make the first one with `tomtectl setup-link`.\n", ctl->out);
	else
		text_table(ctl->out, headings, json_incref(rows));
	json_decref(rows);
	json_decref(answer);
	return EXIT_FINE;
}

/* The account with the name (NULL: the only one); 0 with a message. */
static json_int_t find_user(const struct ctl *ctl, const json_t *users, const char *name, char name_r[USER_NAME_SIZE])
{
	json_t *user;
	size_t i;
	json_array_foreach(users, i, user) {
		const char *candidate = json_string_value(json_object_get(user, "name"));
		if (candidate && (name ? strcasecmp(candidate, name) == 0 : json_array_size(users) == 1)) {
			(void)str_format(name_r, USER_NAME_SIZE, "%s", candidate);
			return json_integer_value(json_object_get(user, "id"));
		}
	}
	if (json_array_size(users) == 0)
		fprintf(ctl->err, "tomtectl: there is no account yet; see tomtectl setup-link\n");
	else if (name)
		fprintf(ctl->err, "tomtectl: there is no such account; see tomtectl users\n");
	else
		fprintf(ctl->err, "tomtectl: name the account; see tomtectl users\n");
	return 0;
}

int users_find(const struct ctl *ctl, const char *name, json_int_t *id_r, char name_r[USER_NAME_SIZE])
{
	json_t *answer;
	int code = client_list(ctl, "/api/v1/users", "users", &answer);
	if (code)
		return code;
	*id_r = find_user(ctl, json_object_get(answer, "users"), name, name_r);
	json_decref(answer);
	return *id_r ? EXIT_FINE : EXIT_REFUSED;
}

/* Says what was done to somebody, unless JSON is wanted: then what the hub answered. Takes answer. */
static int done(const struct ctl *ctl, const char *before, const char *name, const char *behind, json_t *answer)
{
	if (ctl->json && answer)
		return client_print_json(ctl, answer);
	json_decref(answer);
	if (!ctl->json) {
		fputs(before, ctl->out);
		text_print(ctl->out, name);
		fputs(behind, ctl->out);
	}
	return EXIT_FINE;
}

/* ---- passwords ----------------------------------------------------------- */

static int set_password(const struct ctl *ctl, const char *who, bool must_change)
{
	char path[64], password[PASSWORD_SIZE], name[USER_NAME_SIZE];
	json_int_t id;
	json_t *answer = NULL;
	int code = users_find(ctl, who, &id, name);
	if (code)
		return code;
	code = EXIT_REFUSED;
	if (password_ask(ctl, password)) {
		str_format(path, sizeof path, "/api/v1/users/%lld/password", (long long)id);
		code = client_call(ctl, "PUT", path, json_pack("{s:s, s:b}", "password", password, "must_change", (int)must_change),
				   &answer);
	}
	explicit_bzero(password, sizeof password);
	if (code)
		return code;
	return done(ctl, "The password of ", name,
		    must_change ? " is set; open sessions have ended, and the next login asks for another one.\n"
				: " is set; open sessions have ended.\n",
		    answer);
}

int verb_passwd(const struct ctl *ctl, int count, char **args)
{
	return set_password(ctl, count ? args[0] : NULL, false);
}

int verb_users_password(const struct ctl *ctl, int count, char **args)
{
	return set_password(ctl, args[0], !option_value(count, args, "keep"));
}

/* ---- adding, changing, removing ------------------------------------------ */

/* "Hall, Attic" as a list; NULL for NULL. */
static json_t *rooms_of(const char *text)
{
	json_t *list = text ? json_array() : NULL;
	while (text && *text) {
		text += strspn(text, " ,");
		size_t len = strcspn(text, ","), cut = len;
		while (cut && text[cut - 1] == ' ')
			cut--;
		if (cut)
			json_array_append_new(list, json_stringn(text, cut));
		text += len;
	}
	return list;
}

int verb_users_add(const struct ctl *ctl, int count, char **args)
{
	char password[PASSWORD_SIZE];
	const char *role = option_value(count, args, "role");
	json_t *answer = NULL;
	if (!role) {
		fprintf(ctl->err, "tomtectl: --role says what %s may do: owner, adult, guest or viewer\n", args[0]);
		return EXIT_USAGE;
	}
	int code = EXIT_REFUSED;
	if (password_ask(ctl, password))
		code = client_call(ctl, "POST", "/api/v1/users",
				   json_pack("{s:s, s:s, s:s, s:o*, s:b}", "name", args[0], "password", password, "role", role, "rooms",
					     rooms_of(option_value(count, args, "rooms")), "must_change",
					     (int)!option_value(count, args, "keep")),
				   &answer);
	explicit_bzero(password, sizeof password);
	return code ? code : done(ctl, "", args[0], " may log in now.\n", answer);
}

int verb_users_role(const struct ctl *ctl, int count, char **args)
{
	char path[64], name[USER_NAME_SIZE];
	json_int_t id;
	json_t *answer;
	int code = users_find(ctl, args[0], &id, name);
	if (code)
		return code;
	str_format(path, sizeof path, "/api/v1/users/%lld", (long long)id);
	code = client_call(ctl, "PATCH", path,
			   json_pack("{s:s, s:o*}", "role", args[1], "rooms", rooms_of(option_value(count, args, "rooms"))), &answer);
	return code ? code : done(ctl, "The role of ", name, " is changed.\n", answer);
}

int verb_users_remove(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[64], name[USER_NAME_SIZE];
	json_int_t id;
	json_t *answer;
	int code = users_find(ctl, args[0], &id, name);
	if (code)
		return code;
	str_format(path, sizeof path, "/api/v1/users/%lld", (long long)id);
	code = client_call(ctl, "DELETE", path, NULL, &answer);
	return code ? code : done(ctl, "", name, " is removed, with all sessions and tokens.\n", answer);
}
