/* tomtectl fingerprint: what people compare before they trust the hub's certificates. */
#include "ctl/client.h"
#include "ctl/text.h"

int verb_fingerprint(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	json_t *health;
	int code = client_call(ctl, "GET", "/api/v1/health", NULL, &health);
	if (code)
		return code;
	const json_t *fingerprint = json_object_get(health, "ca_fingerprint");
	if (ctl->json) {
		code = client_print_json(ctl, json_pack("{s:O?}", "ca_fingerprint", fingerprint));
	} else {
		fputs("The hub's certificates are signed by the authority with this SHA-256 fingerprint:\n\n", ctl->out);
		text_fingerprint(ctl->out, json_string_value(fingerprint));
	}
	json_decref(health);
	return code;
}
