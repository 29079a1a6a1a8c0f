/* Codes for devices: the wish for one, from the options of a verb, and how it is shown. */
#include "ctl/key_print.h"

#include <string.h>

#include "base/clock.h"
#include "base/span.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/qr.h"
#include "ctl/text.h"

/* "TOMTE1:<code>:<host>:<port>" gives "<host>:<port>", or "" when it names no host. */
static void hub_of_qr(const char *qr, char *hub, size_t size)
{
	hub[0] = 0;
	const char *code = strchr(qr, ':');
	const char *host = code ? strchr(code + 1, ':') : NULL;
	const char *port = host ? strrchr(host, ':') : NULL;
	if (!port || port == host)
		return;
	struct span name = span_of(host + 1, (size_t)(port - host - 1));
	bool six = memchr(name.data, ':', name.len) != NULL;
	if (str_format(hub, size, "%s%.*s%s%s", six ? "[" : "", (int)name.len, (const char *)name.data, six ? "]" : "",
		       port))
		hub[0] = 0;
	for (char *c = hub; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
}

static void print_whole(const struct ctl *ctl, const json_t *key)
{
	char hub[300], until[64];
	const char *code = text_of(key, "code");
	hub_of_qr(text_of(key, "qr"), hub, sizeof hub);
	text_until(until, sizeof until, json_integer_value(json_object_get(key, "expires")), clock_wall().ms);
	fprintf(ctl->out, "\n  %s\n\nIt lets one device join and ends %s. On the device:\n\n", code, until);
	fprintf(ctl->out, "  sudo tomte-agent join %s%s%s\n\n", code, *hub ? " " : "", hub);
	if (json_is_true(json_object_get(key, "needs_approval")))
		fprintf(ctl->out, "It lives for long, so let the device in when it has come: tomtectl key approve %s\n\n",
			text_of(key, "kid"));
	fputs("Or scan this:\n\n", ctl->out);
	qr_print(ctl->out, text_of(key, "qr"), ctl->terminal);
}

void key_print(const struct ctl *ctl, const json_t *key, bool code_only)
{
	if (code_only)
		fprintf(ctl->out, "%s\n", text_of(key, "code"));
	else
		print_whole(ctl, key);
}

int key_request(const struct ctl *ctl, int count, char **args, json_t **body_r)
{
	const char *name = option_value(count, args, "name"), *room = option_value(count, args, "room"),
		   *ttl = option_value(count, args, "ttl"), *host = option_value(count, args, "host");
	int64_t seconds = 0;
	if (ttl && (text_duration(ttl, &seconds) || seconds < 60 || seconds > 86400)) {
		fprintf(ctl->err, "tomtectl: --ttl takes one minute to one day, as in 90s, 15m or 24h\n");
		return EXIT_USAGE;
	}
	*body_r = json_pack("{s:s*, s:s*, s:s*}", "note", name, "area", room, "host", host);
	if (*body_r && ttl)
		json_object_set_new(*body_r, "ttl_s", json_integer(seconds));
	if (!*body_r)
		fprintf(ctl->err, "tomtectl: names must be UTF-8\n");
	return *body_r ? EXIT_FINE : EXIT_USAGE;
}
