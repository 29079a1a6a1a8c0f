/* tomtectl client …: MQTT users of devices and programs that cannot be enrolled. */
#include <string.h>

#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"

enum { PATH_SIZE = 96 };

/* The path of a client; false with a word to the user when that is no name. */
static bool path_of(const struct ctl *ctl, const char *name, const char *rest, char path_r[PATH_SIZE])
{
	if (str_id_valid(span_str(name), 32) && str_format(path_r, PATH_SIZE, "/api/v1/clients/%s%s", name, rest) == 0)
		return true;
	fprintf(ctl->err, "tomtectl: %s is no user name; see tomtectl client list\n", name);
	return false;
}

/* What the device has to be told. Takes the answer. */
static int print_secret(const struct ctl *ctl, json_t *answer)
{
	if (ctl->json)
		return client_print_json(ctl, answer);
	static const char *const rows[] = {"name", "password", "prefix"}, *const titles[] = {"User", "Password", "Topic"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *text = json_string_value(json_object_get(answer, rows[i]));
		if (text)
			fprintf(ctl->out, "%-9s %s\n", titles[i], text);
	}
	if (ctl->terminal)
		fputs("The password is shown this once. The page has the text to paste into the device.\n", ctl->out);
	json_decref(answer);
	return EXIT_FINE;
}

int verb_client_add(const struct ctl *ctl, int count, char **args)
{
	const char *kind = option_value(count, args, "kind"), *prefix = option_value(count, args, "prefix");
	json_t *answer, *body = json_pack("{s:s, s:s}", "title", args[0], "kind", kind ? kind : "prefix");
	if (prefix)
		json_object_set_new(body, "prefix", json_string(prefix));
	int code = client_call(ctl, "POST", "/api/v1/clients", body, &answer);
	return code ? code : print_secret(ctl, answer);
}

int verb_client_list(const struct ctl *ctl, int count, char **args)
{
	(void)count, (void)args;
	static const char *const headings[] = {"USER", "FOR", "KIND", "TOPICS", NULL};
	json_t *answer, *client, *rows = json_array();
	size_t i;
	int code = client_list(ctl, "/api/v1/clients", "clients", &answer);
	if (!code && ctl->json) {
		json_decref(rows);
		return client_print_json(ctl, answer);
	}
	json_array_foreach(code ? NULL : json_object_get(answer, "clients"), i, client) {
		const char *kind = json_string_value(json_object_get(client, "kind"));
		const json_t *topics = json_object_get(client, "topics");
		const char *first = json_string_value(json_object_get(json_array_get(topics, 0), "filter"));
		char text[300];
		int cut = str_format(text, sizeof text, json_array_size(topics) > 1 ? "%s, …" : "%s", first ? first : "");
		(void)cut;
		json_array_append_new(rows, json_pack("[O, O, s, s]", json_object_get(client, "name"), json_object_get(client, "title"),
						      kind ? kind : "", text));
	}
	if (!code && json_array_size(rows) == 0)
		fputs("No MQTT users. Make one with `tomtectl client add`.\n", ctl->out);
	else if (!code)
		text_table(ctl->out, headings, json_incref(rows));
	json_decref(rows);
	json_decref(code ? NULL : answer);
	return code;
}

int verb_client_password(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[PATH_SIZE];
	json_t *answer;
	if (!path_of(ctl, args[0], "/password", path))
		return EXIT_USAGE;
	int code = client_call(ctl, "POST", path, NULL, &answer);
	return code ? code : print_secret(ctl, answer);
}

int verb_client_remove(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	char path[PATH_SIZE];
	json_t *answer;
	if (!path_of(ctl, args[0], "", path))
		return EXIT_USAGE;
	int code = client_call(ctl, "DELETE", path, NULL, &answer);
	if (!code && !ctl->json)
		fputs("It logs in no more. The devices that it described are gone from the pages; their history stays.\n", ctl->out);
	json_decref(code ? NULL : answer);
	return code;
}
