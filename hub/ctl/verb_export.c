/* tomtectl export: history as a file. It is written beside its name and renamed when it is whole, so that
 * a broken export does not pass for one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/text.h"
#include "history/time_text.h"
#include "http/http.h"

enum { PATH_SIZE = 448, TELL_MS = 200 };

struct output {
	const struct ctl *ctl;
	FILE *file;
	const char *name;
	uint64_t bytes;
	bool tell; /* progress on ctl->err */
	struct mono_ms told;
};

static void tell(struct output *o, bool end)
{
	struct mono_ms now = clock_mono();
	char bytes[32];
	if (!o->tell || (!end && mono_diff_ms(o->told, now) < TELL_MS))
		return;
	o->told = now;
	text_bytes(bytes, sizeof bytes, o->bytes);
	fprintf(o->ctl->err, "\r%s%s", bytes, end ? "\n" : " ");
	fflush(o->ctl->err);
}

static int take(void *ctx, struct span piece)
{
	struct output *o = ctx;
	if (fwrite(piece.data, 1, piece.len, o->file) != piece.len) {
		fprintf(o->ctl->err, "%stomtectl: cannot write to %s: %s\n", o->bytes && o->tell ? "\n" : "", o->name, strerror(errno));
		return -1;
	}
	o->bytes += piece.len;
	tell(o, false);
	return 0;
}

/* "7d" (ago), a date or time here, or one with a zone. */
static bool parse_time(const char *text, int64_t *ms_r)
{
	int64_t seconds;
	struct tm tm = {.tm_isdst = -1};
	if (text_duration(text, &seconds) == 0) {
		*ms_r = clock_wall().ms - seconds * 1000;
		return true;
	}
	if (time_from_text(span_str(text), ms_r) == 0)
		return true;
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	if (end && *end)
		end = strptime(text, "%Y-%m-%dT%H:%M", &tm);
	if (!end || *end)
		return false;
	*ms_r = (int64_t)mktime(&tm) * 1000;
	return true;
}

static bool add_time(const struct ctl *ctl, char path[PATH_SIZE], const char *name, const char *text)
{
	int64_t ms;
	if (!text)
		return true;
	if (!parse_time(text, &ms)) {
		fprintf(ctl->err, "tomtectl: --%s takes a time like 2024-05-01, 2024-05-01T12:30 or 2024-05-01T12:30:00Z, "
				  "or how long ago, like 12h or 30d\n", name);
		return false;
	}
	size_t len = strlen(path);
	return str_format(path + len, PATH_SIZE - len, "&%s=%lld", name, (long long)ms) == 0;
}

/* Whether the series is called so, as in exported files. */
static bool is_called(const json_t *series, const char *name)
{
	const char *parts[] = {json_string_value(json_object_get(series, "device")), json_string_value(json_object_get(series, "entity")),
			       json_string_value(json_object_get(series, "topic")), json_string_value(json_object_get(series, "path"))};
	char label[512];
	int err = parts[0] ? str_format(label, sizeof label, "%s/%s", parts[0], parts[1] ? parts[1] : "")
			   : str_format(label, sizeof label, "%s%s%s", parts[2] ? parts[2] : "", parts[3] && *parts[3] ? "#" : "",
					parts[3] ? parts[3] : "");
	return err == 0 && strcmp(label, name) == 0;
}

/* The id of a series that is named by id or by name; 0 with a message. */
static int find_series(const struct ctl *ctl, const char *name, int64_t *id_r)
{
	json_t *answer, *series;
	size_t i;
	if (str_to_int(name, 1, INT64_MAX, id_r) == 0)
		return EXIT_FINE;
	int code = client_list(ctl, "/api/v1/series", "series", &answer);
	if (code)
		return code;
	*id_r = 0;
	json_array_foreach(json_object_get(answer, "series"), i, series)
		if (is_called(series, name))
			*id_r = json_integer_value(json_object_get(series, "id"));
	json_decref(answer);
	if (*id_r)
		return EXIT_FINE;
	fputs("tomtectl: there is no series ", ctl->err);
	text_print(ctl->err, name);
	fputs("\nName it by its number, as DEVICE/ENTITY, or by its topic.\n", ctl->err);
	return EXIT_REFUSED;
}

static int make_path(const struct ctl *ctl, int count, char **args, char path[PATH_SIZE])
{
	const char *series = option_value(count, args, "series"), *device = option_value(count, args, "device"),
		   *format = option_value(count, args, "format");
	int64_t id = 0;
	int code = series ? find_series(ctl, series, &id) : EXIT_FINE;
	if (code)
		return code;
	if (series && device) {
		fprintf(ctl->err, "tomtectl: name a series or a device, not both\n");
		return EXIT_USAGE;
	}
	if (id)
		str_format(path, PATH_SIZE, "/api/v1/series/%lld/export?format=", (long long)id);
	else
		str_copy(path, PATH_SIZE, "/api/v1/export?format=");
	bool fits = text_url(path, PATH_SIZE, format ? format : "csv") == 0;
	size_t len = strlen(path);
	if (device)
		fits = fits && str_format(path + len, PATH_SIZE - len, "&device=") == 0 && text_url(path, PATH_SIZE, device) == 0;
	fits = fits && add_time(ctl, path, "from", option_value(count, args, "from")) &&
	       add_time(ctl, path, "to", option_value(count, args, "to"));
	return fits ? EXIT_FINE : EXIT_USAGE;
}

static int fetch(struct output *o, const char *path)
{
	const struct http_pieces pieces = {.take = take, .ctx = o};
	int code = client_transfer(o->ctl, "GET", path, &pieces, NULL);
	if (o->bytes)
		tell(o, true);
	return code;
}

static int fetch_to_file(struct output *o, const char *path)
{
	char part[4096];
	if (str_format(part, sizeof part, "%s.part", o->name)) {
		fprintf(o->ctl->err, "tomtectl: the name of the file is too long\n");
		return EXIT_USAGE;
	}
	o->file = fopen(part, "we");
	if (!o->file) {
		fprintf(o->ctl->err, "tomtectl: cannot write to %s: %s\n", part, strerror(errno));
		return EXIT_USAGE;
	}
	int code = fetch(o, path);
	if ((fclose(o->file) || (!code && rename(part, o->name))) && !code) {
		fprintf(o->ctl->err, "tomtectl: cannot write to %s: %s\n", o->name, strerror(errno));
		code = EXIT_REFUSED;
	}
	if (code)
		unlink(part);
	return code;
}

int verb_export(const struct ctl *ctl, int count, char **args)
{
	char path[PATH_SIZE];
	const char *name = count && strncmp(args[0], "--", 2) != 0 ? args[0] : "-";
	struct output o = {.ctl = ctl, .file = ctl->out, .name = name, .told = clock_mono()};
	int code = make_path(ctl, count, args, path);
	if (code)
		return code;
	if (strcmp(name, "-") == 0)
		return fetch(&o, path);
	o.tell = isatty(fileno(ctl->err)) == 1;
	return fetch_to_file(&o, path);
}
