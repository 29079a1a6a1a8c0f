/* tomtectl device replace, renew, revoke: what is in a device's place. */
#include <string.h>

#include "base/span.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/key_print.h"
#include "ctl/text.h"

static bool path_of(const struct ctl *ctl, const char *id, const char *what, char path_r[128])
{
	return id_check(ctl, id) && str_format(path_r, 128, "/api/v1/devices/%s/%s", id, what) == 0;
}

static void print_list(const struct ctl *ctl, const char *title, const json_t *list, const char *more)
{
	const json_t *one;
	size_t i;
	json_array_foreach(list, i, one) {
		const char *from = text_of(one, "from");
		fprintf(ctl->out, "%-9s ", i ? "" : title);
		text_print(ctl->out, text_of(one, "name"));
		if (from[0] && strcmp(from, text_of(one, "entity")) != 0) {
			fputs(" (there called ", ctl->out);
			text_print(ctl->out, from);
			fputc(')', ctl->out);
		}
		fprintf(ctl->out, "%s\n", more);
	}
}

/* Another device of others. */
static int replace_with(const struct ctl *ctl, const char *id, const char *with, bool try)
{
	char path[128], query[192];
	json_t *answer;
	if (!path_of(ctl, id, "replacement", path) || !id_check(ctl, with))
		return EXIT_USAGE;
	(void)str_format(query, sizeof query, "%s?with=%s", path, with); /* ids */
	int code = try ? client_call(ctl, "GET", query, NULL, &answer)
		       : client_call(ctl, "POST", path, json_pack("{s:s}", "with", with), &answer);
	if (code || ctl->json)
		return code ? code : client_print_json(ctl, answer);
	print_list(ctl, "Goes on", json_object_get(answer, "kept"), "");
	print_list(ctl, "Ends", json_object_get(answer, "lost"), ", its history stays");
	print_list(ctl, "New", json_object_get(answer, "fresh"), "");
	if (try)
		fputs("Nothing has been changed.\n", ctl->out);
	json_decref(answer);
	return EXIT_FINE;
}

/* Other hardware of ours, which needs a code. */
static int replace_by_code(const struct ctl *ctl, int count, char **args)
{
	char path[128];
	json_t *body, *key;
	if (!path_of(ctl, args[0], "key", path))
		return EXIT_USAGE;
	int code = key_request(ctl, count, args, &body);
	if (!code)
		code = client_call(ctl, "POST", path, body, &key);
	if (code || ctl->json)
		return code ? code : client_print_json(ctl, key);
	if (!option_value(count, args, "code-only"))
		fputs("What joins with this code becomes the device; what it was until then is cut off in that moment.\n", ctl->out);
	key_print(ctl, key, option_value(count, args, "code-only"));
	json_decref(key);
	return EXIT_FINE;
}

int verb_device_replace(const struct ctl *ctl, int count, char **args)
{
	const char *with = option_value(count, args, "with");
	bool try = option_value(count, args, "dry-run") != NULL;
	if (try && !with) {
		fputs("tomtectl: --dry-run goes with --with\n", ctl->err);
		return EXIT_USAGE;
	}
	return with ? replace_with(ctl, args[0], with, try) : replace_by_code(ctl, count, args);
}

int verb_device_renew(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[128];
	json_t *answer;
	if (!path_of(ctl, args[0], "credentials", path))
		return EXIT_USAGE;
	int code = client_call(ctl, "POST", path, NULL, &answer);
	if (code || ctl->json)
		return code ? code : client_print_json(ctl, answer);
	fputs("The device has been told. As soon as it has new credentials, those from before are refused.\n", ctl->out);
	json_decref(answer);
	return EXIT_FINE;
}

int verb_device_revoke(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[128];
	json_t *answer;
	if (!path_of(ctl, args[0], "credentials", path))
		return EXIT_USAGE;
	int code = client_call(ctl, "DELETE", path, NULL, &answer);
	if (!code && !ctl->json)
		fputs("It is cut off. Its history stays; `tomtectl device replace` makes a code by which it comes back.\n", ctl->out);
	json_decref(answer);
	return code;
}
