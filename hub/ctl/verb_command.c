/* tomtectl command …: what was asked of devices, and how to take it back. */
#include "base/clock.h"
#include "base/span.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"

enum { SHOWN = 20 };

static json_t *row_of(const json_t *command)
{
	char id[32], ago[64], what[2 * CTL_ID_MAX + 2], value[128];
	str_format(id, sizeof id, "%lld", (long long)json_integer_value(json_object_get(command, "id")));
	text_ago(ago, sizeof ago, json_integer_value(json_object_get(command, "at")), clock_wall().ms);
	str_format(what, sizeof what, "%s/%s", text_of(command, "device"), text_of(command, "entity"));
	text_value(value, sizeof value, json_object_get(command, "value"));
	return json_pack("[s, s, s, s, s, s]", id, ago, what, value, text_of(command, "state"), text_of(command, "by"));
}

int verb_command_list(const struct ctl *ctl, int count, char **args)
{
	static const char *const headings[] = {"ID", "ASKED", "OF", "VALUE", "FATE", "BY", NULL};
	char path[128];
	json_t *answer, *command, *rows;
	size_t i;
	const char *device = count > 0 ? args[0] : NULL;
	if (device && !id_check(ctl, device))
		return EXIT_USAGE;
	str_format(path, sizeof path, "/api/v1/commands?limit=%d%s%s", SHOWN, device ? "&device=" : "", device ? device : "");
	int code = client_call(ctl, "GET", path, NULL, &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	rows = json_array();
	json_array_foreach(json_object_get(answer, "commands"), i, command)
		json_array_append_new(rows, row_of(command));
	if (json_array_size(rows) == 0)
		fputs("Nobody has asked anything so far.\n", ctl->out);
	else
		text_table(ctl->out, headings, json_incref(rows));
	json_decref(rows);
	json_decref(answer);
	return EXIT_FINE;
}

int verb_command_cancel(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[128];
	int64_t id;
	json_t *answer;
	if (str_to_int(args[0], 1, INT64_MAX - 1, &id) != 0) {
		fprintf(ctl->err, "tomtectl: \"");
		text_print(ctl->err, args[0]);
		fprintf(ctl->err, "\" is no command; see tomtectl command list\n");
		return EXIT_USAGE;
	}
	str_format(path, sizeof path, "/api/v1/commands/%lld", (long long)id);
	int code = client_call(ctl, "DELETE", path, NULL, &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	fprintf(ctl->out, "%s/%s is not asked any more.\n", text_of(answer, "device"), text_of(answer, "entity"));
	json_decref(answer);
	return EXIT_FINE;
}
