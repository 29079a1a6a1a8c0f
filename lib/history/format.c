/* Writing history as text. Pure but for the words that a source is asked for; any thread. */
#include "history/format.h"

#include <math.h>

#include "base/err.h"
#include "base/str.h"
#include "history/time_text.h"
#include "model/json_out.h"
#include "model/recorder.h"

enum { NUMBER_SIZE = 32 };

static const struct {
	const char *name, *type;
} formats[] = {
	[HISTORY_CSV] = {"csv", "text/csv; charset=utf-8; header=present"},
	[HISTORY_JSONL] = {"jsonl", "application/x-ndjson"},
	[HISTORY_INFLUX] = {"influx", "text/plain; charset=utf-8"},
};

int history_format_find(const char *name, enum history_format *format_r)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, name) == 0) {
			*format_r = (enum history_format)i;
			return 0;
		}
	return ERR_INVALID;
}

const char *history_format_type(enum history_format format)
{
	return formats[format].type;
}

const char *history_format_extension(enum history_format format)
{
	return formats[format].name;
}

/* ---- pieces ------------------------------------------------------------ */

/* Whether a spreadsheet would read the text as a formula, not counting apostrophes in front (CWE-1236). */
static bool is_formula(struct span text)
{
	while (text.len && text.data[0] == '\'')
		text = span_of(text.data + 1, text.len - 1);
	return text.len && text.data[0] && strchr("=+-@\t\r\n", text.data[0]);
}

int history_csv_cell(struct buf *out, const char *text)
{
	bool guarded = is_formula(span_str(text));
	size_t len = strlen(text);
	bool quoted = strpbrk(text, ",;\"\t\r\n") || (len && (text[0] == ' ' || text[len - 1] == ' '));
	int err = quoted ? buf_append(out, "\"", 1) : 0;
	if (!err && guarded)
		err = buf_append(out, "'", 1);
	for (; !err && *text; text++)
		err = quoted && *text == '"' ? buf_append(out, "\"\"", 2) : buf_append(out, text, 1);
	return err || !quoted ? err : buf_append(out, "\"", 1);
}

struct span history_csv_unguard(struct span text)
{
	bool guarded = text.len && text.data[0] == '\'' && is_formula(text);
	return guarded ? span_of(text.data + 1, text.len - 1) : text;
}

/* A number, or the names that CSV files and JavaScript have for what is none. */
static void number_text(char text_r[NUMBER_SIZE], double value)
{
	if (isnan(value))
		str_copy(text_r, NUMBER_SIZE, "NaN");
	else if (isinf(value))
		str_copy(text_r, NUMBER_SIZE, value < 0 ? "-Infinity" : "Infinity");
	else if (value == 0)
		str_copy(text_r, NUMBER_SIZE, signbit(value) ? "-0" : "0");
	else
		str_from_double(text_r, NUMBER_SIZE, value);
}

/* A tag's value in line protocol: it cannot hold a line break, nor end in a backslash, which would escape what follows. */
static int append_tag(struct buf *out, const char *name, const char *text)
{
	if (!*text)
		return 0;
	int err = buf_printf(out, ",%s=", name);
	for (const char *c = text; !err && *c; c++) {
		if (*c == ',' || *c == '=' || *c == ' ')
			err = buf_append(out, "\\", 1);
		err = err ? err : *c == '\n' ? buf_append_str(out, "\\ ") : buf_append(out, c, 1);
	}
	if (!err && text[strlen(text) - 1] == '\\')
		err = buf_append_str(out, "\\ ");
	return err;
}

/* A string field in line protocol. */
static int append_field_text(struct buf *out, const char *text)
{
	int err = buf_append(out, "\"", 1);
	for (; !err && *text; text++) {
		if (*text == '"' || *text == '\\')
			err = buf_append(out, "\\", 1);
		if (!err)
			err = buf_append(out, text, 1);
	}
	return err ? err : buf_append(out, "\"", 1);
}

/* ---- the writer -------------------------------------------------------- */

void history_writer_init(struct history_writer *w, enum history_format format, const struct history_source *source)
{
	*w = (struct history_writer){.format = format, .source = source};
}

void history_writer_finish(struct history_writer *w)
{
	if (!w)
		return;
	buf_finish(&w->before);
	buf_finish(&w->between);
}

int history_writer_begin(struct history_writer *w, struct buf *out)
{
	return w->format == HISTORY_CSV ? buf_append_str(out, "time,series,unit,value\r\n") : 0;
}

static int prepare_csv(struct history_writer *w, const char *label)
{
	int err = buf_append(&w->between, ",", 1);
	if (!err)
		err = history_csv_cell(&w->between, label);
	if (!err)
		err = buf_append(&w->between, ",", 1);
	if (!err)
		err = history_csv_cell(&w->between, w->series.unit);
	return err ? err : buf_append(&w->between, ",", 1);
}

static int prepare_jsonl(struct history_writer *w, const char *label, struct buf *out)
{
	const struct history_series *s = &w->series;
	struct json_out line = {.buf = out};
	json_out_raw(&line, "{");
	json_out_member_string(&line, "series", label);
	json_out_member_int(&line, "id", s->id);
	json_out_member_string(&line, "kind", series_kind_name(s->kind));
	json_out_member_text(&line, "device", s->device);
	json_out_member_text(&line, "entity", s->entity);
	json_out_member_text(&line, "topic", s->topic);
	json_out_member_text(&line, "path", s->path);
	json_out_member_text(&line, "unit", s->unit);
	json_out_raw(&line, "}\n");
	struct json_out before = {.buf = &w->before, .err = line.err};
	json_out_raw(&before, "{");
	json_out_member_string(&before, "series", label);
	json_out_raw(&before, ",\"time\":\"");
	return before.err ? before.err : buf_append_str(&w->between, "\",\"value\":");
}

static int prepare_influx(struct history_writer *w, const char *label)
{
	const struct history_series *s = &w->series;
	int err = buf_append_str(&w->before, "tomte");
	if (!err)
		err = append_tag(&w->before, "series", label);
	if (!err)
		err = append_tag(&w->before, "device", s->device);
	if (!err)
		err = append_tag(&w->before, "entity", s->entity);
	if (!err)
		err = append_tag(&w->before, "topic", s->topic);
	if (!err)
		err = append_tag(&w->before, "path", s->path);
	if (!err)
		err = append_tag(&w->before, "unit", s->unit);
	return err ? err : buf_append_str(&w->before, s->kind == SERIES_TEXT ? " text=" : " value=");
}

int history_writer_series(struct history_writer *w, const struct history_series *series, struct buf *out)
{
	char label[HISTORY_LABEL_SIZE];
	w->series = *series;
	w->before.len = w->between.len = 0;
	history_label(series, label);
	switch (w->format) {
	case HISTORY_CSV: return prepare_csv(w, label);
	case HISTORY_JSONL: return prepare_jsonl(w, label, out);
	default: return prepare_influx(w, label);
	}
}

static int append_value(struct history_writer *w, double value, struct buf *out)
{
	char text[HISTORY_WORD_SIZE];
	if (w->series.kind == SERIES_TEXT) {
		if (w->source->word(w->source->ctx, w->series.id, value, text))
			text[0] = 0;
		struct json_out json = {.buf = out};
		switch (w->format) {
		case HISTORY_CSV: return history_csv_cell(out, text);
		case HISTORY_INFLUX: return append_field_text(out, text);
		default: json_out_string(&json, text); return json.err;
		}
	}
	number_text(text, value);
	if (w->format == HISTORY_JSONL && !isfinite(value))
		return buf_printf(out, "\"%s\"", text);
	return buf_append_str(out, text);
}

/* tomte,series=… value=21.5 1714564800000000000 */
static int append_influx(struct history_writer *w, const struct sample *sample, struct buf *out)
{
	const int64_t ns_per_ms = 1000000;
	int64_t at = sample->at.ms;
	if (!isfinite(sample->value) || at < INT64_MIN / ns_per_ms || at > INT64_MAX / ns_per_ms)
		return 0;
	int err = buf_append(out, w->before.data, w->before.len);
	if (!err)
		err = append_value(w, sample->value, out);
	return err ? err : buf_printf(out, " %lld\n", (long long)(at * ns_per_ms));
}

int history_writer_sample(struct history_writer *w, const struct sample *sample, struct buf *out)
{
	if (w->format == HISTORY_INFLUX)
		return append_influx(w, sample, out);
	char time[TIME_TEXT_SIZE];
	time_to_text(sample->at.ms, time);
	int err = w->before.len ? buf_append(out, w->before.data, w->before.len) : 0;
	if (!err)
		err = buf_append_str(out, time);
	if (!err)
		err = buf_append(out, w->between.data, w->between.len);
	if (!err)
		err = append_value(w, sample->value, out);
	return err ? err : buf_append_str(out, w->format == HISTORY_CSV ? "\r\n" : "}\n");
}
