/* tomtectl devices, device, set. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/span.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/fates.h"
#include "ctl/text.h"

static int64_t number_of(const json_t *object, const char *member)
{
	return json_integer_value(json_object_get(object, member));
}

static const char *status_of(const json_t *device)
{
	const json_t *online = json_object_get(device, "online");
	if (json_is_true(online))
		return "online";
	if (json_is_true(json_object_get(device, "lost")))
		return "lost";
	return json_is_false(online) ? "offline" : "not heard yet";
}

int verb_devices(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	static const char *const headings[] = {"ID", "NAME", "ROOM", "STATUS", "LAST SEEN", "MODEL", NULL};
	json_t *answer, *device, *rows;
	size_t i;
	int code = client_list(ctl, "/api/v1/devices", "devices", &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	rows = json_array();
	json_array_foreach(json_object_get(answer, "devices"), i, device) {
		char ago[64];
		text_ago(ago, sizeof ago, number_of(device, "last_seen"), clock_wall().ms);
		json_array_append_new(rows, json_pack("[s, s, s, s, s, s]", text_of(device, "id"), text_of(device, "name"),
						      text_of(device, "area"), status_of(device), ago,
						      text_of(device, "model")));
	}
	if (json_array_size(rows) == 0)
		fputs("No devices yet. Let one join with `tomtectl key new`.\n", ctl->out);
	else
		text_table(ctl->out, headings, json_incref(rows));
	json_decref(rows);
	json_decref(answer);
	return EXIT_FINE;
}

static void print_line(const struct ctl *ctl, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(ctl->out, "%-10s", label);
	text_print(ctl->out, text);
	fputc('\n', ctl->out);
}

/* Its last words, as far as the hub knows them. */
static void print_parting(const struct ctl *ctl, const json_t *device)
{
	static const char *const partings[][2] = {
		{"goodbye", "said goodbye"}, {"will", "connection broke"}, {"timeout", "fell silent"}, {"closed", "connection closed without a word"},
		{"absent", "has not come back since the hub started"}, {"gateway", "its gateway cannot be reached"},
		{"revoked", "credentials were revoked"}, {"replaced", "other hardware was to take its place"},
		{"moved", "its hardware has taken another device's place"},
	};
	const char *parting = text_of(device, "parting");
	char ago[64], line[160];
	for (size_t i = 0; i < sizeof partings / sizeof *partings; i++) {
		if (strcmp(partings[i][0], parting) != 0)
			continue;
		text_ago(ago, sizeof ago, number_of(device, "changed"), clock_wall().ms);
		str_format(line, sizeof line, "%s, %s", partings[i][1], ago);
		print_line(ctl, "Went", line);
	}
}

static void print_entities(const struct ctl *ctl, const json_t *device)
{
	static const char *const headings[] = {"ENTITY", "NAME", "KIND", "VALUE", "UNIT", "SINCE", NULL};
	json_t *entity, *rows = json_array();
	size_t i;
	json_array_foreach(json_object_get(device, "entities"), i, entity) {
		char value[64], ago[64];
		text_value(value, sizeof value, json_object_get(entity, "state"));
		text_ago(ago, sizeof ago, number_of(entity, "at"), clock_wall().ms);
		json_array_append_new(rows, json_pack("[s, s, s, s, s, s]", text_of(entity, "id"), text_of(entity, "name"),
						      text_of(entity, "component"), value, text_of(entity, "unit"), ago));
	}
	text_table(ctl->out, headings, rows);
}

int verb_device(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[128], ago[64];
	json_t *device;
	if (!id_check(ctl, args[0]))
		return EXIT_USAGE;
	str_format(path, sizeof path, "/api/v1/devices/%s", args[0]);
	int code = client_call(ctl, "GET", path, NULL, &device);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, device);
	text_ago(ago, sizeof ago, number_of(device, "last_seen"), clock_wall().ms);
	print_line(ctl, "Name", text_of(device, "name"));
	print_line(ctl, "Room", text_of(device, "area"));
	print_line(ctl, "Model", text_of(device, "model"));
	print_line(ctl, "Maker", text_of(device, "manufacturer"));
	print_line(ctl, "Software", text_of(device, "sw_version"));
	print_line(ctl, "Status", status_of(device));
	print_line(ctl, "Last seen", ago);
	print_parting(ctl, device);
	fputc('\n', ctl->out);
	print_entities(ctl, device);
	json_decref(device);
	return EXIT_FINE;
}

/* ---- set -------------------------------------------------------------- */

int verb_set(const struct ctl *ctl, int count, char **args)
{
	char path[128];
	struct patience patience;
	if (!id_check(ctl, args[0]) || !id_check(ctl, args[1]) || !patience_read(ctl, count, args, &patience))
		return EXIT_USAGE;
	json_t *value = text_to_value(args[2]);
	if (!value) {
		fprintf(ctl->err, "tomtectl: the value must be UTF-8: on, off, a number, a text, or JSON\n");
		return EXIT_USAGE;
	}
	str_format(path, sizeof path, "/api/v1/devices/%s/entities/%s/command", args[0], args[1]);
	return fates_ask(ctl, path, json_pack("{s:o}", "value", value), &patience);
}
