/* tomtectl room, group …, scene …: what is commanded as one. Groups and scenes are called by their names. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/span.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/fates.h"
#include "ctl/text.h"

static const struct kind {
	const char *name, *list, *path;
} group = {"group", "groups", "/api/v1/groups"}, scene = {"scene", "scenes", "/api/v1/scenes"};

static json_t *value_of(const struct ctl *ctl, const char *text)
{
	json_t *value = text_to_value(text);
	if (!value)
		fprintf(ctl->err, "tomtectl: the value must be UTF-8: on, off, a number, a text, or JSON\n");
	return value;
}

/* Frees the answer and prints a sentence about it, or the answer itself. */
static int done(const struct ctl *ctl, const struct kind *kind, const char *name, const char *what, json_t *answer)
{
	if (ctl->json && answer)
		return client_print_json(ctl, answer);
	fprintf(ctl->out, "The %s ", kind->name);
	text_print(ctl->out, name);
	fprintf(ctl->out, " %s.\n", what);
	json_decref(answer);
	return EXIT_FINE;
}

/* ---- rooms ------------------------------------------------------------------ */

/* "light,switch" as a list. */
static json_t *kinds_of(const char *text)
{
	json_t *list = json_array();
	while (*text) {
		size_t len = strcspn(text, ", ");
		if (len)
			json_array_append_new(list, json_stringn(text, len));
		text += len + (text[len] != 0);
	}
	return list;
}

int verb_room(const struct ctl *ctl, int count, char **args)
{
	const char *kinds = option_value(count, args, "kind");
	struct patience patience;
	json_t *value;
	if (!patience_read(ctl, count, args, &patience) || !(value = value_of(ctl, args[1])))
		return EXIT_USAGE;
	json_t *body = json_pack("{s:o, s:o}", "value", value, "components", kinds_of(kinds ? kinds : "light"));
	if (strcmp(args[0], "all") != 0)
		json_object_set_new(body, "area", json_string(args[0]));
	return fates_ask(ctl, "/api/v1/commands", body, &patience);
}

/* ---- lists ------------------------------------------------------------------- */

/* The strings of an array, or the members' ids, in one line. */
static void join(char *text, size_t size, const json_t *list)
{
	const json_t *one;
	size_t i;
	text[0] = 0;
	json_array_foreach((json_t *)(uintptr_t)list, i, one) {
		size_t used = strlen(text);
		const char *gap = i ? ", " : "";
		if (json_is_string(one))
			(void)str_format(text + used, size - used, "%s%s", gap, json_string_value(one)); /* cut here, not in the hub */
		else
			(void)str_format(text + used, size - used, "%s%s/%s", gap, text_of(one, "device"), text_of(one, "entity"));
	}
}

static int list(const struct ctl *ctl, const struct kind *kind)
{
	static const char *const headings[] = {"NAME", "STATE", "ROOMS", "MEMBERS", NULL}, *const without[] = {"NAME", "ROOMS", "MEMBERS", NULL};
	json_t *answer, *one, *rows;
	size_t i;
	int code = client_list(ctl, kind->path, kind->list, &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	rows = json_array();
	json_array_foreach(json_object_get(answer, kind->list), i, one) {
		char rooms[256], members[512];
		join(rooms, sizeof rooms, json_object_get(one, "areas"));
		join(members, sizeof members, json_object_get(one, "members"));
		if (kind == &group)
			json_array_append_new(rows, json_pack("[s, s, s, s]", text_of(one, "name"), text_of(one, "state"), rooms, members));
		else
			json_array_append_new(rows, json_pack("[s, s, s]", text_of(one, "name"), rooms, members));
	}
	if (json_array_size(rows) == 0)
		fprintf(ctl->out, "No %s yet. Make one with `tomtectl %s %s`.\n", kind->list, kind->name, kind == &group ? "add" : "save");
	else
		text_table(ctl->out, kind == &group ? headings : without, json_incref(rows));
	json_decref(rows);
	json_decref(answer);
	return EXIT_FINE;
}

int verb_group_list(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	return list(ctl, &group);
}

int verb_scene_list(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	return list(ctl, &scene);
}

/* ---- one of them --------------------------------------------------------------- */

enum { PATH_SIZE = 96 };

/* Writes the path of the one with the name, "" when there is none. Returns an exit code. */
static int look_up(const struct ctl *ctl, const struct kind *kind, const char *name, char path_r[PATH_SIZE])
{
	json_t *answer;
	const json_t *one;
	size_t i;
	path_r[0] = 0;
	int code = client_list(ctl, kind->path, kind->list, &answer);
	if (code)
		return code;
	json_array_foreach(json_object_get(answer, kind->list), i, one)
		if (strcasecmp(text_of(one, "name"), name) == 0)
			str_format(path_r, PATH_SIZE, "%s/%lld", kind->path, (long long)json_integer_value(json_object_get(one, "id")));
	json_decref(answer);
	return EXIT_FINE;
}

/* The same, where there must be one. */
static int find(const struct ctl *ctl, const struct kind *kind, const char *name, char path_r[PATH_SIZE])
{
	int code = look_up(ctl, kind, name, path_r);
	if (code || path_r[0])
		return code;
	fprintf(ctl->err, "tomtectl: there is no such %s; see tomtectl %s list\n", kind->name, kind->name);
	return EXIT_REFUSED;
}

static int rename_one(const struct ctl *ctl, const struct kind *kind, char **args)
{
	char path[PATH_SIZE];
	json_t *answer;
	int code = find(ctl, kind, args[0], path);
	if (!code)
		code = client_call(ctl, "PATCH", path, json_pack("{s:s}", "name", args[1]), &answer);
	return code ? code : done(ctl, kind, args[1], "has its name now", answer);
}

static int remove_one(const struct ctl *ctl, const struct kind *kind, char **args)
{
	char path[PATH_SIZE];
	json_t *answer;
	int code = find(ctl, kind, args[0], path);
	if (!code)
		code = client_call(ctl, "DELETE", path, NULL, &answer);
	return code ? code : done(ctl, kind, args[0], "is removed", answer);
}

int verb_group_rename(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	return rename_one(ctl, &group, args);
}

int verb_scene_rename(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	return rename_one(ctl, &scene, args);
}

int verb_group_remove(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	return remove_one(ctl, &group, args);
}

int verb_scene_remove(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	return remove_one(ctl, &scene, args);
}

/* Sends what is to be done with one of them. body: taken; NULL: it was none, and said so. */
static int command(const struct ctl *ctl, const struct kind *kind, int count, char **args, json_t *body)
{
	char path[PATH_SIZE + 16], found[PATH_SIZE];
	struct patience patience;
	if (!body || !patience_read(ctl, count, args, &patience)) {
		json_decref(body);
		return EXIT_USAGE;
	}
	int code = find(ctl, kind, args[0], found);
	if (code) {
		json_decref(body);
		return code;
	}
	str_format(path, sizeof path, "%s/%s", found, kind == &group ? "command" : "apply");
	return fates_ask(ctl, path, body, &patience);
}

int verb_group_set(const struct ctl *ctl, int count, char **args)
{
	json_t *value = value_of(ctl, args[1]);
	return command(ctl, &group, count, args, value ? json_pack("{s:o}", "value", value) : NULL);
}

int verb_scene_apply(const struct ctl *ctl, int count, char **args)
{
	return command(ctl, &scene, count, args, json_object());
}

/* ---- making them ------------------------------------------------------------------ */

/* "DEVICE/ENTITY", in a scene perhaps with "=VALUE", as a member. NULL: it is none. */
static json_t *member_of(const struct kind *kind, const char *text)
{
	size_t device = strcspn(text, "/");
	const char *entity = text + device + (text[device] != 0);
	size_t len = strcspn(entity, "=");
	if (!str_id_valid(span_of(text, device), CTL_ID_MAX) || !str_id_valid(span_of(entity, len), CTL_ID_MAX) || (entity[len] && kind == &group))
		return NULL;
	json_t *member = json_pack("{s:s%, s:s%}", "device", text, device, "entity", entity, len);
	if (entity[len])
		json_object_set_new(member, "value", text_to_value(entity + len + 1));
	return member;
}

/* Adds what the words say. Returns an exit code. */
static int add_members(const struct ctl *ctl, const struct kind *kind, char **words, int count, json_t *members)
{
	for (int i = 0; i < count && strncmp(words[i], "--", 2) != 0; i++) {
		json_t *member = member_of(kind, words[i]);
		if (!member) {
			fputs("tomtectl: ", ctl->err);
			text_print(ctl->err, words[i]);
			fprintf(ctl->err, " is not DEVICE/ENTITY%s; see tomtectl device DEVICE\n", kind == &group ? "" : " or DEVICE/ENTITY=VALUE");
			return EXIT_USAGE;
		}
		json_array_append_new(members, member);
	}
	return EXIT_FINE;
}

/* Whether a room's scene is about it: what one sees and feels there, and what tells how it is. */
static bool is_of_scene(const json_t *entity)
{
	static const char *const components[] = {"light", "switch", "cover", "fan", "climate"};
	bool known = json_is_true(json_object_get(entity, "controllable")) && !json_is_null(json_object_get(entity, "state")) &&
		     json_is_null(json_object_get(entity, "category"));
	for (size_t i = 0; i < sizeof components / sizeof *components; i++)
		if (known && strcmp(text_of(entity, "component"), components[i]) == 0)
			return true;
	return false;
}

/* Adds what is in the room. Returns an exit code. */
static int add_room(const struct ctl *ctl, const char *room, json_t *members)
{
	json_t *answer;
	const json_t *device, *entity;
	size_t i, k;
	int code = client_list(ctl, "/api/v1/devices", "devices", &answer);
	if (code)
		return code;
	json_array_foreach(json_object_get(answer, "devices"), i, device) {
		if (strcmp(text_of(device, "area"), room) != 0)
			continue;
		json_array_foreach(json_object_get(device, "entities"), k, entity)
			if (is_of_scene(entity))
				json_array_append_new(members, json_pack("{s:O, s:O}", "device", json_object_get(device, "id"), "entity",
									 json_object_get(entity, "id")));
	}
	json_decref(answer);
	return EXIT_FINE;
}

int verb_group_add(const struct ctl *ctl, int count, char **args)
{
	json_t *members = json_array(), *answer;
	int code = add_members(ctl, &group, args + 1, count - 1, members);
	if (code)
		json_decref(members);
	else
		code = client_call(ctl, "POST", group.path, json_pack("{s:s, s:o}", "name", args[0], "members", members), &answer);
	return code ? code : done(ctl, &group, args[0], "is made", answer);
}

int verb_scene_save(const struct ctl *ctl, int count, char **args)
{
	char path[PATH_SIZE];
	const char *room = option_value(count, args, "room");
	json_t *members = json_array(), *answer;
	int code = add_members(ctl, &scene, args + 1, count - 1, members);
	if (!code && room)
		code = add_room(ctl, room, members);
	if (!code && json_array_size(members) == 0) {
		fputs("tomtectl: name entities as DEVICE/ENTITY, or a --room that has some whose state is known\n", ctl->err);
		code = EXIT_USAGE;
	}
	if (!code)
		code = look_up(ctl, &scene, args[0], path);
	if (code) {
		json_decref(members);
		return code;
	}
	bool known = path[0];
	code = known ? client_call(ctl, "PATCH", path, json_pack("{s:o}", "members", members), &answer)
		     : client_call(ctl, "POST", scene.path, json_pack("{s:s, s:o}", "name", args[0], "members", members), &answer);
	return code ? code : done(ctl, &scene, args[0], known ? "is changed" : "is kept", answer);
}
