/* tomtectl key …: the codes that let devices join. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/key_print.h"
#include "ctl/text.h"

int verb_key_new(const struct ctl *ctl, int count, char **args)
{
	json_t *body, *key;
	int code = key_request(ctl, count, args, &body);
	if (!code)
		code = client_call(ctl, "POST", "/api/v1/keys", body, &key);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, key);
	key_print(ctl, key, option_value(count, args, "code-only"));
	json_decref(key);
	return EXIT_FINE;
}

int verb_key_list(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	static const char *const headings[] = {"KID", "STATE", "ENDS", "FOR", "ROOM", "DEVICE", "FINGERPRINT", NULL};
	json_t *answer, *key, *rows = json_array();
	size_t i;
	int code = client_list(ctl, "/api/v1/keys", "keys", &answer);
	if (code || ctl->json) {
		json_decref(rows);
		return code ? code : client_print_json(ctl, answer);
	}
	json_array_foreach(json_object_get(answer, "keys"), i, key) {
		char until[64], state[64];
		text_until(until, sizeof until, json_integer_value(json_object_get(key, "expires")), clock_wall().ms);
		bool waits = json_is_true(json_object_get(key, "needs_approval")) &&
			     !json_is_true(json_object_get(key, "approved")) && strcmp(text_of(key, "state"), "claimed") == 0;
		str_format(state, sizeof state, "%s%s", text_of(key, "state"), waits ? ", waits for approval" : "");
		json_array_append_new(rows, json_pack("[s, s, s, s, s, s, s]", text_of(key, "kid"), state, until,
						      text_of(key, "note"), text_of(key, "area"), text_of(key, "device"),
						      text_of(key, "fingerprint")));
	}
	if (json_array_size(rows) == 0)
		fputs("No codes. Make one with `tomtectl key new`.\n", ctl->out);
	else
		text_table(ctl->out, headings, json_incref(rows));
	json_decref(rows);
	json_decref(answer);
	return EXIT_FINE;
}

static int act(const struct ctl *ctl, const char *kid, const char *method, const char *more, const char *said)
{
	char path[128];
	json_t *answer;
	if (strlen(kid) != 16 || strspn(kid, "0123456789abcdef") != 16) {
		fprintf(ctl->err, "tomtectl: a KID has 16 hexadecimal digits; see tomtectl key list\n");
		return EXIT_USAGE;
	}
	str_format(path, sizeof path, "/api/v1/keys/%s%s", kid, more);
	int code = client_call(ctl, method, path, NULL, &answer);
	if (!code && !ctl->json)
		fprintf(ctl->out, "%s\n", said);
	json_decref(answer);
	return code;
}

int verb_key_revoke(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	return act(ctl, args[0], "DELETE", "", "The code is worthless now.");
}

int verb_key_approve(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	return act(ctl, args[0], "POST", "/approve", "The device may come in: it tries again by itself.");
}
