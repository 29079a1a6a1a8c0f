/* tomtectl watch: live events, one a line, until interrupted. */
#include <limits.h>
#include <string.h>
#include <time.h>

#include "ctl/client.h"
#include "ctl/text.h"

static void print_time(FILE *out)
{
	char text[16];
	time_t now = time(NULL);
	struct tm tm;
	if (localtime_r(&now, &tm) && strftime(text, sizeof text, "%H:%M:%S", &tm))
		fprintf(out, "%s ", text);
}

static void print_state(FILE *out, const json_t *event)
{
	char value[256];
	text_value(value, sizeof value, json_object_get(event, "state"));
	const char *device = json_string_value(json_object_get(event, "device")),
		   *entity = json_string_value(json_object_get(event, "entity"));
	text_print(out, device ? device : "?");
	fputc('/', out);
	text_print(out, entity ? entity : "?");
	fputc(' ', out);
	text_print(out, value);
}

static int on_event(void *ctx, const char *name, const char *data)
{
	const struct ctl *ctl = ctx;
	if (ctl->json) {
		fprintf(ctl->out, "{\"event\":\"%s\",\"data\":%s}\n", name, data);
	} else {
		json_t *event = json_loads(data, 0, NULL);
		print_time(ctl->out);
		fprintf(ctl->out, "%-8s ", name);
		if (strcmp(name, "state") == 0)
			print_state(ctl->out, event);
		else
			text_print(ctl->out, data);
		fputc('\n', ctl->out);
		json_decref(event);
	}
	return fflush(ctl->out); /* a reader that has gone ends us */
}

int verb_watch(const struct ctl *ctl, int count, char **args)
{
	(void)count;
	(void)args;
	bool late;
	int code = client_follow(ctl, NULL, INT_MAX / 2, on_event, (void *)(uintptr_t)ctl, &late);
	if (code == EXIT_REFUSED)
		fprintf(ctl->err, "tomtectl: the hub has ended the stream\n");
	return code;
}
