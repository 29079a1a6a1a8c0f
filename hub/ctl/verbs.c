/* The table of verbs and the reading of their options. Feeds dispatch and the
 * help; the manual page follows it. */
#include <string.h>

#include "ctl/ctl.h"

/* Options may stand between positional arguments; a verb's handler sees
 * positionals first, then the options with their values. */
static const struct verb verbs[] = {
	{"doctor", NULL, "", "check the hub and say what to mend", 0, 0, verb_doctor, ""},
	{"setup-link", NULL, "", "print the links that open set-up", 0, 0, verb_setup_link, ""},
	{"key", "new", "[--name N] [--room R] [--ttl 15m] [--host H] [--code-only]",
	 "make a code that lets one device join", 0, 0, verb_key_new, "--name= --room= --ttl= --host= --code-only"},
	{"key", "list", "", "list the codes", 0, 0, verb_key_list, ""},
	{"key", "revoke", "KID", "make a code worthless", 1, 1, verb_key_revoke, ""},
	{"key", "approve", "KID", "let the device in that claimed a long-lived code", 1, 1, verb_key_approve, ""},
	{"devices", NULL, "", "list the devices", 0, 0, verb_devices, ""},
	{"device", NULL, "ID", "show a device with its values", 1, 1, verb_device, ""},
	{"set", NULL, "DEVICE ENTITY VALUE", "send a value and wait until the device confirms it", 3, 3, verb_set,
	 "--timeout="},
	{"alerts", NULL, "", "list the newest alerts", 0, 0, verb_alerts, ""},
	{"users", NULL, "", "list the accounts", 0, 0, verb_users, ""},
	{"passwd", NULL, "[USER]", "set the password of an account", 0, 1, verb_passwd, ""},
	{"watch", NULL, "", "print live events until interrupted", 0, 0, verb_watch, ""},
};

const struct verb *verbs_all(size_t *count_r)
{
	*count_r = sizeof verbs / sizeof verbs[0];
	return verbs;
}

const struct verb *verbs_find(int count, char **words, int *words_r)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		const struct verb *verb = &verbs[i];
		if (count < 1 || strcmp(verb->name, words[0]) != 0)
			continue;
		if (verb->sub && (count < 2 || strcmp(verb->sub, words[1]) != 0))
			continue;
		*words_r = verb->sub ? 2 : 1;
		return verb;
	}
	return NULL;
}

/* Whether arg is the option `name` (with its dashes); *value_r: what follows '=', or NULL. */
static bool is_option(const char *arg, const char *name, size_t name_len, const char **value_r)
{
	if (strncmp(arg, name, name_len) != 0 || (arg[name_len] && arg[name_len] != '='))
		return false;
	*value_r = arg[name_len] ? arg + name_len + 1 : NULL;
	return true;
}

const char *option_value(int count, char **args, const char *name)
{
	for (int i = 0; i < count; i++) {
		const char *value;
		if (strncmp(args[i], "--", 2) != 0 || !is_option(args[i] + 2, name, strlen(name), &value))
			continue;
		if (value)
			return value;
		return i + 1 < count ? args[i + 1] : "";
	}
	return NULL;
}

/* 0: unknown, 1: a flag, 2: takes a value. */
static int option_kind(const struct verb *verb, const char *arg)
{
	size_t len = strcspn(arg, "=");
	for (const char *known = verb->options; *known; known += strspn(known, " ")) {
		size_t known_len = strcspn(known, " ");
		bool takes_value = known[known_len - 1] == '=';
		if (len == known_len - takes_value && strncmp(known, arg, len) == 0)
			return takes_value ? 2 : arg[len] ? 0 : 1;
		known += known_len;
	}
	return 0;
}

/* Moves args[from] to args[to], to ≤ from, keeping the order of the others. */
static void move_forward(char **args, int from, int to)
{
	char *moved = args[from];
	memmove(args + to + 1, args + to, (size_t)(from - to) * sizeof *args);
	args[to] = moved;
}

int options_check(const struct ctl *ctl, const struct verb *verb, int count, char **args)
{
	int positional = 0;
	for (int i = 0; i < count; i++) {
		if (strncmp(args[i], "--", 2) != 0) {
			move_forward(args, i, positional++);
			continue;
		}
		int kind = option_kind(verb, args[i]);
		if (kind == 0) {
			fprintf(ctl->err, "tomtectl: %s does not know %s; see tomtectl --help\n", verb->name, args[i]);
			return -1;
		}
		if (kind == 2 && !strchr(args[i], '=') && ++i == count) {
			fprintf(ctl->err, "tomtectl: %s needs a value\n", args[i - 1]);
			return -1;
		}
	}
	if (positional >= verb->least && positional <= verb->most)
		return positional;
	fprintf(ctl->err, "usage: tomtectl %s%s%s %s\n", verb->name, verb->sub ? " " : "", verb->sub ? verb->sub : "",
		verb->arguments);
	return -1;
}
