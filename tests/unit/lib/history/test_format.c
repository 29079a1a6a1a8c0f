/* Exported history: each format parses back into what was stored, whatever the names and values;
 * exports resume exactly, block by block. */
#include "history/format.h"

#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "history/csv_import.h"
#include "history/export.h"
#include "history/time_text.h"
#include "support/memory_history.h"
#include "support/suite.h"

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static double random_value(void)
{
	static const double special[] = {NAN, INFINITY, -INFINITY, -0.0, 0, 5e-324, 1.7976931348623157e308, 0.1, -273.15, 1e15, 123456789012345678.0};
	uint64_t r = next_random();
	if (r % 4 == 0)
		return special[(r >> 8) % (sizeof special / sizeof special[0])];
	if (r % 4 == 1)
		return (double)(int64_t)((r >> 8) % 200000) / 100 - 1000;
	double value;
	r = next_random();
	memcpy(&value, &r, sizeof value);
	return isnan(value) ? NAN : value; /* a NaN's payload is nobody's promise */
}

static bool same(double a, double b)
{
	return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* Names that try the formats: separators, quotes, line breaks, formulas. */
static const struct history_series odd_series[] = {
	{.device = "kitchen", .entity = "temperature", .unit = "°C", .kind = SERIES_GAUGE},
	{.topic = "a,b;c\td \"e\" = f\\", .path = "x.y", .unit = "a b,c=", .kind = SERIES_COUNTER},
	{.topic = "=cmd|'/C calc'!A0", .unit = "@", .kind = SERIES_GAUGE},
	{.topic = "'+SUM(1)", .unit = "''-", .kind = SERIES_GAUGE},
	{.topic = "line\nbreak\\", .unit = "%", .kind = SERIES_GAUGE},
	{.topic = " room 1 ", .unit = "'quoted'", .kind = SERIES_GAUGE},
};

enum { ODD = sizeof odd_series / sizeof odd_series[0], EACH = 500 };

static void fill(struct memory_history *m)
{
	memory_history_init(m);
	for (size_t i = 0; i < ODD; i++) {
		int64_t id = memory_add_series(m, &odd_series[i]), at = -62135596800000 / 1000;
		for (size_t k = 0; k < EACH; k++)
			memory_add_sample(m, id, at += (int64_t)(1 + next_random() % 100000000), random_value());
	}
}

static const char *export_all(struct memory_history *m, enum history_format format, size_t about, struct buf *out)
{
	struct history_source source = memory_source(m);
	struct export_query q = {.format = format, .from_ms = INT64_MIN / 4, .to_ms = INT64_MAX / 4};
	struct history_export *export;
	ck_assert_int_eq(history_export_create(&source, &q, &export), 0);
	size_t before;
	do {
		before = out->len;
		ck_assert_int_eq(history_export_produce(export, about, out), 0);
		ck_assert_uint_lt(out->len - before, about + 4096);
	} while (out->len > before);
	history_export_destroy(&export);
	return buf_cstr(out);
}

static void import_csv(struct memory_history *into, struct span text)
{
	struct history_sink sink = memory_sink(into);
	struct importer *imp;
	struct csv_import *c;
	ck_assert_int_eq(importer_create(&sink, &imp), 0);
	ck_assert_int_eq(csv_import_create(imp, "", text.len, &c), 0);
	while (text.len) {
		size_t piece = 1 + next_random() % 700;
		if (piece > text.len)
			piece = text.len;
		ck_assert_int_eq(csv_import_feed(c, span_of(text.data, piece)), 0);
		text = span_of(text.data + piece, text.len - piece);
	}
	ck_assert_msg(csv_import_end(c) == 0, "%s", csv_import_message(c));
	csv_import_destroy(&c);
	importer_destroy(&imp);
}

static void expect_same_samples(struct memory_history *a, struct memory_history *b, int64_t id)
{
	size_t count, other_count;
	const struct sample *x = memory_samples(a, id, &count), *y = memory_samples(b, id, &other_count);
	ck_assert_uint_eq(count, other_count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(x[i].at.ms, y[i].at.ms);
		ck_assert_msg(same(x[i].value, y[i].value), "%.17g is not %.17g", x[i].value, y[i].value);
	}
}

START_TEST(csv_parses_back)
{
	static struct memory_history m, back;
	struct buf text = {0};
	fill(&m);
	ck_assert(strncmp(export_all(&m, HISTORY_CSV, 3000, &text), "time,series,unit,value\r\n", 24) == 0);
	/* nothing that a spreadsheet would calculate starts a cell */
	for (const char *c = buf_cstr(&text); *c; c++)
		if (*c == ',' || *c == '"')
			ck_assert_ptr_null(strchr("=@", c[1] ? c[1] : ' '));
	memory_history_init(&back);
	for (size_t i = 0; i < ODD; i++)
		memory_add_series(&back, &odd_series[i]);
	import_csv(&back, buf_span(&text));
	/* a label that begins or ends with a space does not survive people's files */
	for (size_t i = 0; i < ODD - 1; i++)
		expect_same_samples(&m, &back, (int64_t)i + 1);
	ck_assert_uint_eq(back.progress.skipped, 0);
	memory_history_finish(&m);
	memory_history_finish(&back);
	buf_finish(&text);
}
END_TEST

static double json_value(const json_t *value)
{
	if (json_is_number(value))
		return json_number_value(value);
	const char *text = json_string_value(value);
	return strcmp(text, "NaN") == 0 ? NAN : strcmp(text, "Infinity") == 0 ? INFINITY : -INFINITY;
}

START_TEST(jsonl_parses_back)
{
	static struct memory_history m;
	struct buf text = {0};
	fill(&m);
	m.scan_piece = 7;
	char *line = (char *)(uintptr_t)export_all(&m, HISTORY_JSONL, 1, &text), *end;
	size_t series = 0, count = 0, at = 0;
	const struct sample *samples = NULL;
	char label[HISTORY_LABEL_SIZE];
	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		json_t *json = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
		ck_assert_msg(json != NULL, "%.100s", line);
		if (json_object_get(json, "kind")) {
			ck_assert_uint_eq(at, count);
			samples = memory_samples(&m, (int64_t)++series, &count);
			at = 0;
			history_label(&odd_series[series - 1], label);
			ck_assert_int_eq((int)json_number_value(json_object_get(json, "id")), (int)series);
			const char *unit = json_string_value(json_object_get(json, "unit"));
			ck_assert_str_eq(unit ? unit : "", odd_series[series - 1].unit);
		} else {
			int64_t ms;
			ck_assert_int_eq(time_from_text(span_str(json_string_value(json_object_get(json, "time"))), &ms), 0);
			ck_assert_int_eq(ms, samples[at].at.ms);
			double value = json_value(json_object_get(json, "value"));
			ck_assert_msg(same(value, samples[at].value), "%.*s", (int)(end - line), line);
			at++;
		}
		ck_assert_str_eq(json_string_value(json_object_get(json, "series")), label);
		json_decref(json);
	}
	ck_assert_uint_eq(series, ODD);
	memory_history_finish(&m);
	buf_finish(&text);
}
END_TEST

/* The value of a tag, unescaped as InfluxDB does: a backslash counts only before a comma, an equals sign or a space. */
static bool influx_tag(const char *line, const char *name, char *value_r)
{
	for (; *line && *line != ' '; line++) {
		if (*line == '\\' && line[1] && strchr(",= ", line[1])) {
			line++;
			continue;
		}
		size_t len = strlen(name);
		if (*line != ',' || strncmp(line + 1, name, len) != 0 || line[1 + len] != '=')
			continue;
		for (line += len + 2; *line && *line != ',' && *line != ' '; line++) {
			if (*line == '\\' && line[1] && strchr(",= ", line[1]))
				line++;
			*value_r++ = *line;
		}
		*value_r = 0;
		return true;
	}
	return false;
}

START_TEST(influx_parses_back)
{
	static struct memory_history m;
	struct buf text = {0};
	fill(&m);
	char *line = (char *)(uintptr_t)export_all(&m, HISTORY_INFLUX, 5000, &text), *end;
	for (size_t i = 0; i < ODD; i++) {
		size_t count;
		const struct sample *samples = memory_samples(&m, (int64_t)i + 1, &count);
		for (size_t k = 0; k < count; k++) {
			if (!isfinite(samples[k].value))
				continue;
			end = strchr(line, '\n');
			*end = 0;
			char label[HISTORY_LABEL_SIZE] = "", unit[HISTORY_UNIT_SIZE] = "", wanted[HISTORY_LABEL_SIZE];
			ck_assert(influx_tag(line, "series", label));
			influx_tag(line, "unit", unit);
			ck_assert_str_eq(unit, odd_series[i].unit);
			history_label(&odd_series[i], wanted);
			if (strchr(wanted, '\n')) /* which it cannot hold, nor a backslash at the end */
				str_copy(wanted, sizeof wanted, "line break\\ ");
			ck_assert_str_eq(label, wanted);
			char *field = strstr(line, " value="), *rest;
			double value = strtod(field + 7, &rest);
			ck_assert_msg(same(value, samples[k].value), "%s", line);
			ck_assert_int_eq(strtoll(rest, &rest, 10), samples[k].at.ms * 1000000);
			ck_assert_str_eq(rest, "");
			line = end + 1;
		}
	}
	ck_assert_str_eq(line, "");
	memory_history_finish(&m);
	buf_finish(&text);
}
END_TEST

START_TEST(texts_in_each_format)
{
	static struct memory_history m;
	memory_history_init(&m);
	struct history_series series = {.device = "door", .entity = "state", .kind = SERIES_TEXT};
	int64_t id = memory_add_series(&m, &series);
	str_copy(m.words[0], HISTORY_WORD_SIZE, "=open, \"wide\"\\");
	m.word_count = 1;
	memory_add_sample(&m, id, 1714564800123, 0);
	memory_add_sample(&m, id, 1714564800124, 7); /* no such word */
	static const char *const wanted[] = {
		[HISTORY_CSV] = "time,series,unit,value\r\n"
				"2024-05-01T12:00:00.123Z,door/state,,\"'=open, \"\"wide\"\"\\\"\r\n"
				"2024-05-01T12:00:00.124Z,door/state,,\r\n",
		[HISTORY_JSONL] = "{\"series\":\"door/state\",\"id\":1,\"kind\":\"text\",\"device\":\"door\",\"entity\":\"state\","
				  "\"topic\":null,\"path\":null,\"unit\":null}\n"
				  "{\"series\":\"door/state\",\"time\":\"2024-05-01T12:00:00.123Z\",\"value\":\"=open, \\\"wide\\\"\\\\\"}\n"
				  "{\"series\":\"door/state\",\"time\":\"2024-05-01T12:00:00.124Z\",\"value\":\"\"}\n",
		[HISTORY_INFLUX] = "tomte,series=door/state,device=door,entity=state text=\"=open, \\\"wide\\\"\\\\\" 1714564800123000000\n"
				   "tomte,series=door/state,device=door,entity=state text=\"\" 1714564800124000000\n",
	};
	for (enum history_format format = HISTORY_CSV; format <= HISTORY_INFLUX; format++) {
		struct buf text = {0};
		ck_assert_str_eq(export_all(&m, format, 65536, &text), wanted[format]);
		buf_finish(&text);
	}
	memory_history_finish(&m);
}
END_TEST

START_TEST(exports_what_was_asked_for)
{
	static struct memory_history m;
	fill(&m);
	struct history_source source = memory_source(&m);
	struct history_export *export;
	struct buf text = {0};
	size_t count;
	const struct sample *samples = memory_samples(&m, 1, &count);
	struct export_query q = {.series = 1, .from_ms = samples[10].at.ms, .to_ms = samples[12].at.ms};
	ck_assert_int_eq(history_export_create(&source, &q, &export), 0);
	ck_assert_int_eq(history_export_produce(export, 65536, &text), 0);
	size_t lines = 0;
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	ck_assert_uint_eq(lines, 3); /* the header, [10] and [11] */
	history_export_destroy(&export);
	q.series = 99;
	ck_assert_int_eq(history_export_create(&source, &q, &export), ERR_NOT_FOUND);
	q = (struct export_query){.device = "cellar", .to_ms = 1};
	ck_assert_int_eq(history_export_create(&source, &q, &export), ERR_NOT_FOUND);
	str_copy(q.device, sizeof q.device, "kitchen");
	ck_assert_int_eq(history_export_create(&source, &q, &export), 0);
	m.series_count = 0; /* erased in the meantime */
	text.len = 0;
	ck_assert_int_eq(history_export_produce(export, 65536, &text), 0);
	ck_assert_str_eq(buf_cstr(&text), "time,series,unit,value\r\n");
	ck_assert_int_eq(history_export_produce(export, 65536, &text), 0);
	ck_assert_uint_eq(text.len, 24);
	history_export_destroy(&export);
	enum history_format format;
	ck_assert_int_eq(history_format_find("jsonl", &format), 0);
	ck_assert_int_eq(format, HISTORY_JSONL);
	ck_assert_int_eq(history_format_find("xml", &format), ERR_INVALID);
	buf_finish(&text);
	memory_history_finish(&m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {csv_parses_back, jsonl_parses_back, influx_parses_back, texts_in_each_format,
				      exports_what_was_asked_for};
	return suite_run("history/format", tests, sizeof tests / sizeof tests[0]);
}
