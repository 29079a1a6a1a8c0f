/* tomtectl users, passwd. Passwords are read without echo, never from the
 * command line, where every process could see them. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"

enum { PASSWORD_SIZE = 1026 };

int verb_users(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	static const char *const headings[] = {"NAME", "ROLE", "MADE", NULL};
	json_t *answer, *user, *rows;
	size_t i;
	int code = client_list(ctl, "/api/v1/users", "users", &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	rows = json_array();
	json_array_foreach(json_object_get(answer, "users"), i, user) {
		char ago[64];
		text_ago(ago, sizeof ago, json_integer_value(json_object_get(user, "created")), clock_wall().ms);
		json_array_append_new(rows, json_pack("[O, O, s]", json_object_get(user, "name"),
						      json_object_get(user, "role"), ago));
	}
	if (json_array_size(rows) == 0)
		fputs("No accounts yet. Make the first one with `tomtectl setup-link`.\n", ctl->out);
	else
		text_table(ctl->out, headings, json_incref(rows));
	json_decref(rows);
	json_decref(answer);
	return EXIT_FINE;
}

/* Ends a read that waits, and does nothing else. */
static void on_interrupt(int signal)
{
	(void)signal;
}

/* Reads a line from standard input, without echo when that is a terminal. Ctrl-C ends
 * it like the end of input: whoever gives up gets a terminal back that echoes. */
static bool read_password(const struct ctl *ctl, const char *prompt, char password_r[PASSWORD_SIZE])
{
	struct sigaction ends_read = {.sa_handler = on_interrupt}, interrupted, terminated;
	struct termios before, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	sigaction(SIGINT, &ends_read, &interrupted); /* no SA_RESTART */
	sigaction(SIGTERM, &ends_read, &terminated);
	if (terminal) {
		fprintf(ctl->err, "%s: ", prompt);
		fflush(ctl->err);
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	bool read = fgets(password_r, PASSWORD_SIZE, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', ctl->err);
	}
	sigaction(SIGINT, &interrupted, NULL);
	sigaction(SIGTERM, &terminated, NULL);
	if (!read)
		fprintf(ctl->err, "tomtectl: no password was given; nothing is changed\n");
	if (read)
		password_r[strcspn(password_r, "\n")] = 0;
	return read;
}

/* The new password, typed twice by a person, once by a program. */
static bool ask_password(const struct ctl *ctl, char password_r[PASSWORD_SIZE])
{
	char again[PASSWORD_SIZE];
	if (!read_password(ctl, "New password (at least 8 characters)", password_r))
		return false;
	if (!isatty(STDIN_FILENO))
		return true;
	if (!read_password(ctl, "The same again", again))
		return false;
	bool same = strcmp(again, password_r) == 0;
	explicit_bzero(again, sizeof again);
	if (!same)
		fprintf(ctl->err, "tomtectl: these were two different passwords; nothing is changed\n");
	return same;
}

/* The account with the name, or the only one; 0 with a message. */
static json_int_t find_user(const struct ctl *ctl, const json_t *users, const char *name, const char **name_r)
{
	json_t *user;
	size_t i;
	json_array_foreach(users, i, user) {
		const char *candidate = json_string_value(json_object_get(user, "name"));
		if (candidate && (name ? strcasecmp(candidate, name) == 0 : json_array_size(users) == 1)) {
			*name_r = candidate;
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

static int set_password(const struct ctl *ctl, json_int_t id, const char *name)
{
	char path[64], password[PASSWORD_SIZE];
	json_t *answer = NULL;
	int code = EXIT_REFUSED;
	if (ask_password(ctl, password)) {
		str_format(path, sizeof path, "/api/v1/users/%lld/password", (long long)id);
		code = client_call(ctl, "PUT", path, json_pack("{s:s}", "password", password), &answer);
	}
	explicit_bzero(password, sizeof password);
	json_decref(answer);
	if (!code && !ctl->json) {
		fputs("The password of ", ctl->out);
		text_print(ctl->out, name);
		fputs(" is set; open sessions have ended.\n", ctl->out);
	}
	return code;
}

int verb_passwd(const struct ctl *ctl, int count, char **args)
{
	json_t *answer;
	const char *name = NULL;
	int code = client_list(ctl, "/api/v1/users", "users", &answer);
	if (code)
		return code;
	json_int_t id = find_user(ctl, json_object_get(answer, "users"), count ? args[0] : NULL, &name);
	code = id ? set_password(ctl, id, name) : EXIT_REFUSED;
	json_decref(answer);
	return code;
}
