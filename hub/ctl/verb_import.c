/* tomtectl import: sends a file to the hub and watches what becomes of it. The hub goes on when the
 * watcher leaves. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"
#include "http/http.h"

enum { PATH_SIZE = 448, TELL_MS = 200, POLL_US = 250000 };

static const char url[] = "/api/v1/import";

struct input {
	const struct ctl *ctl;
	FILE *file;
	const char *name;
	uint64_t bytes, total;
	bool tell; /* progress on ctl->err */
	struct mono_ms told;
};

static long give(void *ctx, void *data, size_t max)
{
	struct input *in = ctx;
	size_t len = fread(data, 1, max, in->file);
	if (ferror(in->file)) {
		fprintf(in->ctl->err, "tomtectl: cannot read %s: %s\n", in->name, strerror(errno));
		return -1;
	}
	in->bytes += len;
	struct mono_ms now = clock_mono();
	if (in->tell && (mono_diff_ms(in->told, now) >= TELL_MS || in->bytes == in->total)) {
		in->told = now;
		fprintf(in->ctl->err, "\rsending %3.0f %%%s", in->total ? 100.0 * (double)in->bytes / (double)in->total : 100.0,
			in->bytes == in->total ? "\n" : "");
		fflush(in->ctl->err);
	}
	return (long)len;
}

static json_int_t number_of(const json_t *status, const char *member)
{
	return json_integer_value(json_object_get(status, member));
}

static bool is_state(const json_t *status, const char *state)
{
	const char *text = json_string_value(json_object_get(status, "state"));
	return text && strcmp(text, state) == 0;
}

/* What an import came to. Returns the exit code. */
static int report(const struct ctl *ctl, const json_t *status)
{
	const json_t *error;
	size_t i;
	const char *message = json_string_value(json_object_get(status, "message"));
	json_int_t skipped = number_of(status, "skipped");
	fprintf(ctl->out, "%lld samples of %lld series were imported; %lld values said nothing, %lld rows were skipped.\n",
		(long long)number_of(status, "samples"), (long long)number_of(status, "series"),
		(long long)number_of(status, "empty"), (long long)skipped);
	json_array_foreach(json_object_get(status, "errors"), i, error) {
		fputs("  ", ctl->out);
		text_print(ctl->out, json_string_value(error));
		fputc('\n', ctl->out);
	}
	if (skipped > (json_int_t)json_array_size(json_object_get(status, "errors")))
		fputs("  and more of the kind.\n", ctl->out);
	if (is_state(status, "done"))
		return EXIT_FINE;
	fputs("tomtectl: ", ctl->err);
	text_print(ctl->err, message ? message : "the import was stopped.");
	fputc('\n', ctl->err);
	return EXIT_REFUSED;
}

/* Prints how an import stands. */
static int show(const struct ctl *ctl)
{
	json_t *status;
	int code = client_call(ctl, "GET", url, NULL, &status);
	if (code)
		return code;
	if (ctl->json)
		return client_print_json(ctl, status);
	if (is_state(status, "none"))
		fputs("Nothing has been imported since the hub started.\n", ctl->out);
	else if (is_state(status, "running"))
		fprintf(ctl->out, "An import is running: %lld of %lld done, %lld samples so far.\n",
			(long long)number_of(status, "done"), (long long)number_of(status, "total"),
			(long long)number_of(status, "samples"));
	else
		code = report(ctl, status);
	json_decref(status);
	return code;
}

/* Follows the import until its end. */
static int watch(const struct ctl *ctl, bool tell)
{
	json_t *status;
	int code = client_call(ctl, "GET", url, NULL, &status);
	while (!code && is_state(status, "running")) {
		json_int_t total = number_of(status, "total");
		if (tell)
			fprintf(ctl->err, "\rimporting %3.0f %%, %lld samples ",
				total ? 100.0 * (double)number_of(status, "done") / (double)total : 0.0,
				(long long)number_of(status, "samples"));
		fflush(ctl->err);
		json_decref(status);
		usleep(POLL_US);
		code = client_call(ctl, "GET", url, NULL, &status);
	}
	if (tell)
		fputc('\n', ctl->err);
	if (code)
		return code;
	if (ctl->json) {
		code = is_state(status, "done") ? EXIT_FINE : EXIT_REFUSED;
		client_print_json(ctl, status);
		return code;
	}
	code = report(ctl, status);
	json_decref(status);
	return code;
}

static bool is_sqlite(FILE *file)
{
	char head[16] = "";
	bool is = fread(head, 1, sizeof head, file) == sizeof head && memcmp(head, "SQLite format 3", sizeof head) == 0;
	rewind(file);
	return is;
}

/* What Home Assistant has not yet moved into the file would be missing. */
static void warn_of_log(const struct ctl *ctl, const char *name)
{
	char log[4096];
	struct stat st;
	if (str_format(log, sizeof log, "%s-wal", name) || stat(log, &st) || st.st_size == 0)
		return;
	fprintf(ctl->err, "tomtectl: %s is not empty: the newest hours may be missing. For all of it, stop Home Assistant first, or\n"
			  "import a copy made with: sqlite3 %s \".backup copy.db\"\n", log, name);
}

static int send_file(const struct ctl *ctl, struct input *in, int count, char **args)
{
	const char *format = option_value(count, args, "format"), *series = option_value(count, args, "series");
	char path[PATH_SIZE];
	struct stat st;
	if (fstat(fileno(in->file), &st) || !S_ISREG(st.st_mode)) {
		fprintf(ctl->err, "tomtectl: %s is no file\n", in->name);
		return EXIT_USAGE;
	}
	in->total = (uint64_t)st.st_size;
	if (!format)
		format = is_sqlite(in->file) ? "homeassistant" : "csv";
	if (strcmp(format, "homeassistant") == 0)
		warn_of_log(ctl, in->name);
	str_format(path, sizeof path, "%s?format=", url);
	bool fits = text_url(path, sizeof path, format) == 0;
	size_t len = strlen(path);
	if (series)
		fits = fits && str_format(path + len, sizeof path - len, "&series=") == 0 && text_url(path, sizeof path, series) == 0;
	if (!fits) {
		fprintf(ctl->err, "tomtectl: the name of the series is too long\n");
		return EXIT_USAGE;
	}
	const struct http_pieces pieces = {.give = give, .give_bytes = in->total, .ctx = in};
	int code = client_transfer(ctl, "POST", path, &pieces, NULL);
	return code ? code : watch(ctl, in->tell);
}

static int stop(const struct ctl *ctl)
{
	json_t *answer = NULL;
	int code = client_call(ctl, "DELETE", url, NULL, &answer);
	json_decref(answer);
	if (!code)
		fputs("The import ends; what it has brought stays.\n", ctl->out);
	return code;
}

int verb_import(const struct ctl *ctl, int count, char **args)
{
	if (option_value(count, args, "stop"))
		return stop(ctl);
	if (count == 0 || strncmp(args[0], "--", 2) == 0)
		return show(ctl);
	struct input in = {.ctl = ctl, .name = args[0], .tell = isatty(fileno(ctl->err)) == 1};
	in.file = fopen(in.name, "re");
	if (!in.file) {
		fprintf(ctl->err, "tomtectl: cannot read %s: %s\n", in.name, strerror(errno));
		return EXIT_USAGE;
	}
	int code = send_file(ctl, &in, count, args);
	fclose(in.file);
	return code;
}
