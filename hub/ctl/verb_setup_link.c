/* tomtectl setup-link: where the first account is made. */
#include "ctl/client.h"
#include "ctl/qr.h"
#include "ctl/text.h"

int verb_setup_link(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	json_t *answer, *url;
	size_t i;
	int code = client_call(ctl, "GET", "/api/v1/setup-link", NULL, &answer);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, answer);
	const json_t *urls = json_object_get(answer, "urls");
	fputs("Open one of these links to make the first account:\n\n", ctl->out);
	json_array_foreach(urls, i, url) {
		fputs("  ", ctl->out);
		text_print(ctl->out, json_string_value(url));
		fputc('\n', ctl->out);
	}
	fputs("\nThe browser warns the first time, for the certificate comes from your own house. Look at it there: the\n"
	      "one that signed it must have this SHA-256 fingerprint. With another one, somebody is in between.\n\n", ctl->out);
	text_fingerprint(ctl->out, json_string_value(json_object_get(answer, "ca_fingerprint")));
	json_decref(answer);
	return EXIT_FINE;
}
