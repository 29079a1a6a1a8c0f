/* tomtectl device edit, class, remove: what a device is called, and whether it is there. */
#include <string.h>

#include "base/span.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"

enum { PATH_SIZE = 128 };

static bool path_of(const struct ctl *ctl, const char *id, char path_r[PATH_SIZE])
{
	return id_check(ctl, id) && str_format(path_r, PATH_SIZE, "/api/v1/devices/%s", id) == 0;
}

/* What the device is now. Takes the answer. */
static int print_edited(const struct ctl *ctl, json_t *device)
{
	const char *room = text_of(device, "area");
	if (ctl->json)
		return client_print_json(ctl, device);
	fputs("It is called ", ctl->out);
	text_print(ctl->out, text_of(device, "name"));
	fputs(*room ? " and stands in " : " and stands in no room", ctl->out);
	text_print(ctl->out, room);
	fputs(".\n", ctl->out);
	json_decref(device);
	return EXIT_FINE;
}

int verb_device_edit(const struct ctl *ctl, int count, char **args)
{
	const char *name = option_value(count, args, "name"), *room = option_value(count, args, "room");
	char path[PATH_SIZE];
	json_t *device;
	if (!path_of(ctl, args[0], path))
		return EXIT_USAGE;
	if (!name && !room) {
		fputs("tomtectl: say what shall change: --name, --room, or both\n", ctl->err);
		return EXIT_USAGE;
	}
	int code = client_call(ctl, "PATCH", path, json_pack("{s:s*, s:s*}", "name", name, "area", room), &device);
	return code ? code : print_edited(ctl, device);
}

int verb_device_class(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[PATH_SIZE], entity[2 * PATH_SIZE];
	json_t *device;
	const char *class = strcmp(args[2], "default") != 0 ? args[2] : NULL;
	if (!path_of(ctl, args[0], path) || !id_check(ctl, args[1]))
		return EXIT_USAGE;
	(void)str_format(entity, sizeof entity, "%s/entities/%s", path, args[1]); /* ids */
	int code = client_call(ctl, "PATCH", entity, json_pack("{s:s?}", "device_class", class), &device);
	if (code || ctl->json)
		return code ? code : client_print_json(ctl, device);
	if (class)
		fprintf(ctl->out, "%s is now of class %s.\n", args[1], class);
	else
		fprintf(ctl->out, "%s is again what the device calls it.\n", args[1]);
	json_decref(device);
	return EXIT_FINE;
}

int verb_device_remove(const struct ctl *ctl, int count, char **args)
{
	char path[PATH_SIZE];
	json_t *answer;
	if (!path_of(ctl, args[0], path))
		return EXIT_USAGE;
	if (!option_value(count, args, "yes")) {
		fputs("tomtectl: its credentials, history and alerts would go with it, and no way leads back but a backup\n"
		      "If that is what you want, say so with --yes.\n", ctl->err);
		return EXIT_USAGE;
	}
	int code = client_call(ctl, "DELETE", path, NULL, &answer);
	if (!code && !ctl->json)
		fputs("It is gone, with its history.\n", ctl->out);
	json_decref(answer);
	return code;
}
