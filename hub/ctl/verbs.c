/* The table of verbs and the reading of their options. Feeds dispatch and the
 * help; the manual page follows it. */
#include <string.h>

#include "base/span.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "ctl/text.h"

/* Options may stand between positional arguments; a verb's handler sees
 * positionals first, then the options with their values. */
static const struct verb verbs[] = {
	{"doctor", NULL, "", "check the hub and say what to mend", 0, 0, verb_doctor, "", NULL},
	{"setup-link", NULL, "", "print the links that open set-up", 0, 0, verb_setup_link, "", NULL},
	{"fingerprint", NULL, "", "print what the hub's certificates are known by", 0, 0, verb_fingerprint, "", NULL},
	{"key", "new", "[--name N] [--room R] [--ttl 15m] [--host H] [--code-only]",
	 "make a code that lets one device join", 0, 0, verb_key_new, "--name= --room= --ttl= --host= --code-only",
	 "key new --name \"shed thermometer\" --room Garden"},
	{"key", "list", "", "list the codes", 0, 0, verb_key_list, "", NULL},
	{"key", "revoke", "KID", "make a code worthless", 1, 1, verb_key_revoke, "", NULL},
	{"key", "approve", "KID", "let the device in that claimed a long-lived code", 1, 1, verb_key_approve, "", NULL},
	{"devices", NULL, "", "list the devices", 0, 0, verb_devices, "", NULL},
	{"device", "edit", "ID [--name N] [--room R]", "give a device another name or room; --room \"\": none", 1, 1, verb_device_edit,
	 "--name= --room=", "device edit shed-4k2m9x --name \"Shed thermometer\" --room Garden"},
	{"device", "class", "ID ENTITY CLASS", "say what a cover or a contact is, as blind or door; \"default\": what the device says", 3, 3,
	 verb_device_class, "", "device class shutters-77ah2c left shutter"},
	{"device", "remove", "ID --yes", "remove a device with its credentials, history and alerts", 1, 1, verb_device_remove, "--yes", NULL},
	{"device", "replace", "ID [--ttl 15m] [--host H] [--code-only] | ID --with ID [--dry-run]",
	 "make a code by which other hardware becomes this device; --with: put another device of others in its place", 1, 1,
	 verb_device_replace, "--ttl= --host= --code-only --with= --dry-run", "device replace shed-4k2m9x"},
	{"device", "renew", "ID", "have a device renew its credentials by itself", 1, 1, verb_device_renew, "", NULL},
	{"device", "revoke", "ID", "revoke a device's credentials; the device and its history stay", 1, 1, verb_device_revoke, "", NULL},
	{"device", NULL, "ID", "show a device with its values", 1, 1, verb_device, "", NULL},
	{"set", NULL, "DEVICE ENTITY VALUE [--timeout 60s] [--wait 5m]", "send a value and wait until the device confirms it", 3, 3, verb_set,
	 "--timeout= --wait=", "set reading-lamp-4k2m9x lamp on"},
	{"command", "list", "[DEVICE]", "list the newest commands and what became of them", 0, 1, verb_command_list, "", NULL},
	{"command", "cancel", "ID", "take back a command that waits for its device", 1, 1, verb_command_cancel, "", NULL},
	{"room", NULL, "ROOM VALUE [--kind K,K] [--timeout 60s] [--wait 5m]",
	 "send a value to all lights of a room, or to what --kind says; ROOM \"all\": of the house", 2, 2, verb_room,
	 "--kind= --timeout= --wait=", "room Kitchen off --kind light,switch"},
	{"group", "list", "", "list the groups, which are commanded as one", 0, 0, verb_group_list, "", NULL},
	{"group", "add", "NAME DEVICE/ENTITY…", "make a group", 2, 101, verb_group_add, "",
	 "group add \"Reading lamps\" sofa-4k2m9x/lamp bed-77ah2c/lamp"},
	{"group", "set", "NAME VALUE [--timeout 60s] [--wait 5m]", "send a value to all of a group", 2, 2, verb_group_set,
	 "--timeout= --wait=", NULL},
	{"group", "rename", "NAME NEW", "give a group another name", 2, 2, verb_group_rename, "", NULL},
	{"group", "remove", "NAME", "remove a group; its devices stay", 1, 1, verb_group_remove, "", NULL},
	{"scene", "list", "", "list the scenes", 0, 0, verb_scene_list, "", NULL},
	{"scene", "save", "NAME [--room ROOM] [DEVICE/ENTITY[=VALUE]…]",
	 "keep how things are now, or the values given, as a scene; one of the name is replaced", 1, 101, verb_scene_save, "--room=",
	 "scene save Evening --room \"Living room\""},
	{"scene", "apply", "NAME [--timeout 60s] [--wait 5m]", "make everything as the scene says", 1, 1, verb_scene_apply,
	 "--timeout= --wait=", NULL},
	{"scene", "rename", "NAME NEW", "give a scene another name", 2, 2, verb_scene_rename, "", NULL},
	{"scene", "remove", "NAME", "remove a scene; everything stays as it is", 1, 1, verb_scene_remove, "", NULL},
	{"export", NULL, "[--series S | --device D] [--from T] [--to T] [--format csv|jsonl|influx] [FILE|-]",
	 "write history to a file", 0, 1, verb_export, "--series= --device= --from= --to= --format=",
	 "export --device kitchen --from 30d kitchen.csv"},
	{"import", NULL, "[--format csv|homeassistant] [--series S] FILE | --stop",
	 "bring history in; without a file: how far the last import is", 0, 1, verb_import, "--format= --series= --stop",
	 "import home-assistant_v2.db"},
	{"backup", NULL, "FILE|-", "save everything of the running hub as one file", 1, 1, verb_backup, "", "backup tomte.tar"},
	{"restore", NULL, "FILE|- [--state-dir DIR] [--force]", "restore a backup while the hub is stopped", 1, 1, verb_restore,
	 "--state-dir= --force", "restore /mnt/usb/tomte.tar"},
	{"verify", NULL, "FILE|-", "check every byte of a backup", 1, 1, verb_verify, "", NULL},
	{"store", "move", "--to local|DATABASE [--from local|DATABASE] [--state-dir DIR] [--config FILE]",
	 "copy history to another place, with the hub stopped", 0, 0, verb_store_move, "--to= --from= --state-dir= --config=",
	 "store move --to \"host=db.lan dbname=tomte user=tomte\""},
	{"alerts", NULL, "", "list the newest alerts", 0, 0, verb_alerts, "", NULL},
	{"users", "add", "NAME --role owner|adult|guest|viewer [--rooms R,R] [--keep]",
	 "let somebody in, with a password that they change at the first login (--keep: may keep)", 1, 1, verb_users_add,
	 "--role= --rooms= --keep", "users add Mia --role guest --rooms \"Mia's room, Living room\""},
	{"users", "role", "NAME owner|adult|guest|viewer [--rooms R,R]", "change what somebody may do, and a guest's rooms", 2, 2,
	 verb_users_role, "--rooms=", NULL},
	{"users", "password", "NAME [--keep]", "set a password that is changed at the next login (--keep: may stay)", 1, 1,
	 verb_users_password, "--keep", NULL},
	{"users", "remove", "NAME", "remove somebody, with all sessions and tokens", 1, 1, verb_users_remove, "", NULL},
	{"users", "list", "", "list the people; also without \"list\"", 0, 0, verb_users, "", NULL},
	{"users", NULL, "", "list the people", 0, 0, verb_users, "", NULL},
	{"client", "add", "NAME [--kind KIND] [--prefix TOPIC]", "make an MQTT user for a device or program of others", 1, 1, verb_client_add,
	 "--kind= --prefix=", "client add \"Kitchen plug\" --kind tasmota"},
	{"client", "list", "", "list the MQTT users", 0, 0, verb_client_list, "", NULL},
	{"client", "password", "USER", "give one a new password", 1, 1, verb_client_password, "", NULL},
	{"client", "remove", "USER", "remove one, and the devices that it described", 1, 1, verb_client_remove, "", NULL},
	{"token", "new", "USER --name N [--scope read|control|admin] [--ttl 30d]", "make a secret for a program that uses the API", 1, 1,
	 verb_token_new, "--name= --scope= --ttl=", "token new anna --name \"wall panel\" --scope control"},
	{"token", "list", "", "list the tokens of everybody", 0, 0, verb_token_list, "", NULL},
	{"token", "revoke", "ID", "make a token worthless", 1, 1, verb_token_revoke, "", NULL},
	{"passwd", NULL, "[USER]", "set the password of an account", 0, 1, verb_passwd, "", NULL},
	{"watch", NULL, "", "print live events until interrupted", 0, 0, verb_watch, "", NULL},
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

void verbs_explain(const struct ctl *ctl, const char *word)
{
	size_t subs = 0;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (verbs[i].sub && strcmp(verbs[i].name, word) == 0) {
			if (subs++ == 0)
				fprintf(ctl->err, "tomtectl: after \"%s\" comes one of: ", word);
			fprintf(ctl->err, "%s%s", subs > 1 ? ", " : "", verbs[i].sub);
		}
	if (subs == 0) {
		fputs("tomtectl: there is no verb \"", ctl->err);
		text_print(ctl->err, word);
		fputs("\"; there are: ", ctl->err);
		for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
			if (i == 0 || strcmp(verbs[i].name, verbs[i - 1].name) != 0)
				fprintf(ctl->err, "%s%s", i ? ", " : "", verbs[i].name);
	}
	fputs("\nEach is explained by `tomtectl --help`.\n", ctl->err);
}

void verbs_usage(FILE *out, const struct verb *verb)
{
	fprintf(out, "usage: tomtectl %s%s%s%s%s\n       %s\n", verb->name, verb->sub ? " " : "", verb->sub ? verb->sub : "",
		*verb->arguments ? " " : "", verb->arguments, verb->text);
	if (verb->example)
		fprintf(out, "       for example: tomtectl %s\n", verb->example);
}

/* Whether arg is the option `name` (with its dashes); *value_r: what follows '=', or NULL. */
static bool is_option(const char *arg, const char *name, size_t name_len, const char **value_r)
{
	if (strncmp(arg, name, name_len) != 0 || (arg[name_len] && arg[name_len] != '='))
		return false;
	*value_r = arg[name_len] ? arg + name_len + 1 : NULL;
	return true;
}

bool id_check(const struct ctl *ctl, const char *id)
{
	if (str_id_valid(span_str(id), CTL_ID_MAX))
		return true;
	fprintf(ctl->err, "tomtectl: \"");
	text_print(ctl->err, id);
	fprintf(ctl->err, "\" is no id; see tomtectl devices\n");
	return false;
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
			fprintf(ctl->err, "tomtectl: there is no option %s here\n", args[i]);
			verbs_usage(ctl->err, verb);
			return -1;
		}
		if (kind == 2 && !strchr(args[i], '=') && ++i == count) {
			fprintf(ctl->err, "tomtectl: %s needs a value\n", args[i - 1]);
			verbs_usage(ctl->err, verb);
			return -1;
		}
	}
	if (positional >= verb->least && positional <= verb->most)
		return positional;
	fprintf(ctl->err, "tomtectl: %s arguments\n", positional < verb->least ? "too few" : "too many");
	verbs_usage(ctl->err, verb);
	return -1;
}
