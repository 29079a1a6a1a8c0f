/* Times, CSV as people have it, and what an import makes of it. */
#include "history/csv.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "history/csv_import.h"
#include "history/time_text.h"
#include "support/memory_history.h"
#include "support/suite.h"

START_TEST(reads_times)
{
	static const struct {
		const char *text;
		int err;
		int64_t ms;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0, 0},
		{"2024-05-01T12:00:00.123Z", 0, 1714564800123},
		{"2024-05-01 12:00:00.123999+00:00", 0, 1714564800123},
		{"2024-05-01T14:00:00+02:00", 0, 1714564800000},
		{"2024-05-01T14:00+0200", 0, 1714564800000},
		{"2024-05-01T10:30:00-0130", 0, 1714564800000},
		{"2024-05-01T14:00:00 +02", 0, 1714564800000},
		{"1969-12-31T23:59:59.999Z", 0, -1},
		{"2000-02-29T00:00:00Z", 0, 951782400000},
		{"1714564800", 0, 1714564800000},
		{"1714564800.123", 0, 1714564800123},
		{"1714564800123", 0, 1714564800123},
		{"-1", 0, -1000},
		{"2024-05-01T12:00:00", ERR_UNSUPPORTED, 0},
		{"2024-05-01", ERR_MALFORMED, 0},
		{"2023-02-29T00:00:00Z", ERR_MALFORMED, 0},
		{"2024-13-01T00:00:00Z", ERR_MALFORMED, 0},
		{"2024-05-01T24:00:00Z", ERR_MALFORMED, 0},
		{"2024-05-01T12:00:00.Z", ERR_MALFORMED, 0},
		{"2024-05-01T12:00:00Zx", ERR_MALFORMED, 0},
		{"2024-05-01T12:00:00+2", ERR_MALFORMED, 0},
		{"yesterday", ERR_MALFORMED, 0},
		{"", ERR_MALFORMED, 0},
		{"1e300", ERR_INVALID, 0},
		{"9999-01-01T00:00:00Z", ERR_INVALID, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t ms = 0;
		ck_assert_msg(time_from_text(span_str(cases[i].text), &ms) == cases[i].err, "%s", cases[i].text);
		ck_assert_msg(ms == cases[i].ms, "%s: %lld", cases[i].text, (long long)ms);
	}
}
END_TEST

START_TEST(times_come_back)
{
	char text[TIME_TEXT_SIZE];
	for (int64_t ms = TIME_TEXT_FIRST_MS; ms <= TIME_TEXT_LAST_MS; ms += 98765432109) {
		int64_t back;
		time_to_text(ms, text);
		ck_assert_uint_eq(strlen(text), TIME_TEXT_SIZE - 1);
		ck_assert_int_eq(time_from_text(span_str(text), &back), 0);
		ck_assert_int_eq(back, ms);
	}
}
END_TEST

/* Records as "[a|b]" with what is wrong in front of it. */
static int note(void *ctx, const struct csv_row *row)
{
	struct buf *out = ctx;
	buf_printf(out, "%llu", (unsigned long long)row->line);
	if (row->problem)
		return buf_printf(out, "!%s", row->problem);
	for (size_t i = 0; i < row->count; i++)
		buf_printf(out, "%s%.*s", i ? "|" : "[", (int)row->fields[i].len, (const char *)row->fields[i].data);
	return buf_append(out, "]", 1);
}

static void expect_records(const char *text, const char *wanted)
{
	for (size_t piece = 1; piece <= 3; piece++) {
		struct csv csv = {0};
		struct buf out = {0};
		for (size_t at = 0; at < strlen(text); at += piece) {
			size_t len = strlen(text) - at < piece ? strlen(text) - at : piece;
			ck_assert_int_eq(csv_feed(&csv, span_of(text + at, len), note, &out), 0);
		}
		ck_assert_int_eq(csv_end(&csv, note, &out), 0);
		ck_assert_str_eq(buf_cstr(&out), wanted);
		csv_finish(&csv);
		buf_finish(&out);
	}
}

START_TEST(splits_records)
{
	expect_records("a,b\n1,2\n", "1[a|b]2[1|2]");
	expect_records("a;b\r\n1,5;2", "1[a|b]2[1,5|2]");
	expect_records("a\tb\n\n\r\n1\t\n", "1[a|b]4[1|]");
	expect_records("\xef\xbb\xbf\"a\",b\n", "1[a|b]");
	expect_records("a,b\n\"x, \"\"y\"\"\nz\",2\n3,4\n", "1[a|b]2[x, \"y\"\nz|2]4[3|4]");
	expect_records("a,b\n5\" pipe,2\n3,4\n", "1[a|b]2[5\" pipe|2]3[3|4]");
	expect_records("a,b\n\"x\"y,2\n3,4\n", "1[a|b]2!something follows a closing quote3[3|4]");
	expect_records("a,b\n\"\",\"\"\n", "1[a|b]2[|]");
	expect_records("a,b\n1,\"open", "1[a|b]2!a quote is left open");
	expect_records("", "");
}
END_TEST

START_TEST(bounds_records)
{
	struct csv csv = {0};
	struct buf out = {0};
	char filler[1000];
	memset(filler, 'x', sizeof filler);
	ck_assert_int_eq(csv_feed(&csv, span_str("a,b\n\""), note, &out), 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(csv_feed(&csv, span_of(filler, sizeof filler), note, &out), 0);
	ck_assert_uint_le(csv.record.cap, 4 * CSV_RECORD_MAX);
	ck_assert_int_eq(csv_feed(&csv, span_str("\n1,2\n"), note, &out), 0);
	ck_assert_str_eq(buf_cstr(&out), "1[a|b]2!it is longer than 16 KiB; is a quote left open?3[1|2]");
	out.len = 0;
	for (int i = 0; i < 70; i++)
		ck_assert_int_eq(csv_feed(&csv, span_str(",1"), note, &out), 0);
	ck_assert_int_eq(csv_end(&csv, note, &out), 0);
	ck_assert_str_eq(buf_cstr(&out), "4!it has more than 64 columns");
	csv_finish(&csv);
	buf_finish(&out);
}
END_TEST

/* ---- importing --------------------------------------------------------- */

static char message[256];

static int import(struct memory_history *m, const char *series, const char *text)
{
	struct history_sink sink = memory_sink(m);
	struct importer *imp;
	struct csv_import *c;
	ck_assert_int_eq(importer_create(&sink, &imp), 0);
	ck_assert_int_eq(csv_import_create(imp, series, strlen(text), &c), 0);
	int err = csv_import_feed(c, span_str(text));
	if (!err)
		err = csv_import_end(c);
	str_copy(message, sizeof message, csv_import_message(c));
	csv_import_destroy(&c);
	importer_destroy(&imp);
	return err;
}

START_TEST(imports_rows)
{
	static struct memory_history m;
	memory_history_init(&m);
	struct history_series known = {.device = "kitchen", .entity = "temp", .kind = SERIES_GAUGE};
	memory_add_series(&m, &known);
	ck_assert_int_eq(import(&m, "",
				"\xef\xbb\xbf" "Series;unit;TIME;value;note\r\n"
				"kitchen/temp;°C;2024-05-01T12:00:00Z;21.5;x\r\n"
				"kitchen/temp;°C;2024-05-01T12:01:00Z;unavailable\r\n"
				"cellar;%;1714564800;55\r\n"
				"door;;1714564800;on\r\n"
				"door;;1714564801;OFF\r\n"
				"mode;;1714564800;auto\r\n"
				"mode;;1714564801;5\r\n"),
			 0);
	ck_assert_uint_eq(m.progress.samples, 6);
	ck_assert_uint_eq(m.progress.empty, 1);
	ck_assert_uint_eq(m.progress.skipped, 0);
	ck_assert_uint_eq(m.progress.series, 4);
	ck_assert_uint_eq(m.progress.done, m.progress.total);
	size_t count;
	ck_assert_double_eq(memory_samples(&m, 1, &count)->value, 21.5);
	ck_assert_uint_eq(count, 1);
	int64_t cellar = memory_find(&m, "import:cellar");
	ck_assert_int_gt(cellar, 0);
	ck_assert_str_eq(m.series[cellar - 1].unit, "%");
	int64_t door = memory_find(&m, "import:door"), mode = memory_find(&m, "import:mode");
	ck_assert_int_eq(m.series[door - 1].kind, SERIES_BINARY);
	ck_assert_double_eq(memory_samples(&m, door, &count)[0].value, 1);
	ck_assert_int_eq(m.series[mode - 1].kind, SERIES_TEXT);
	ck_assert_str_eq(m.words[0], "auto");
	ck_assert_str_eq(m.words[1], "5");
	memory_history_finish(&m);
}
END_TEST

START_TEST(imports_from_home_assistants_export)
{
	static struct memory_history m;
	memory_history_init(&m);
	ck_assert_int_eq(import(&m, "", "entity_id,state,last_changed\n"
					"sensor.kitchen,21.5,2024-05-01T12:00:00.000Z\n"), 0);
	ck_assert_int_eq(memory_find(&m, "homeassistant:sensor.kitchen"), 1);
	memory_history_finish(&m);
}
END_TEST

START_TEST(tells_what_is_wrong)
{
	static struct memory_history m;
	memory_history_init(&m);
	static const struct {
		const char *text, *part;
	} headers[] = {
		{"", "The file is empty"},
		{"when,value\n", "Line 1, which must name the columns, names no column of times: time"},
		{"time,what\n", "names no column of values"},
		{"\n\ntime,value\n", "Line 3, which must name the columns, names no column of series"},
		{"time,\"va\"lue\n", "cannot be read: something follows"},
	};
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		ck_assert_int_eq(import(&m, "", headers[i].text), ERR_MALFORMED);
		ck_assert_msg(strstr(message, headers[i].part) != NULL, "%s", message);
	}
	ck_assert_int_eq(import(&m, "x", "time,value\n"
					 "2024-05-01T12:00:00,1\n"
					 "2024-05-01T12:00:00Z,1\n"
					 "soon,1\n"
					 "2024-05-01T12:00:01Z,much\x01\n"
					 "1e99,1\n"
					 "\"1,1\n"), 0);
	ck_assert_uint_eq(m.progress.samples, 1);
	ck_assert_uint_eq(m.progress.skipped, 5);
	static const char *const reasons[] = {
		"Line 2: its time has no zone: append Z for UTC, or an offset like +02:00.",
		"Line 4: its time is none: write 2024-05-01T12:00:00Z, or seconds or milliseconds since 1970.",
		"Line 5: \"much?\" does not go into x, which takes numbers.",
		"Line 6: its time is not within the years 544 to 3395.",
		"Line 7: a quote is left open.",
	};
	ck_assert_uint_eq(m.progress.error_count, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(m.progress.errors[i], reasons[i]);
	memory_history_finish(&m);
}
END_TEST

START_TEST(hands_on_in_batches)
{
	static struct memory_history m;
	memory_history_init(&m);
	struct buf text = {0};
	buf_append_str(&text, "time,series,value\n");
	for (int i = 0; i < 3 * IMPORT_BATCH + 5; i++)
		buf_printf(&text, "%d,s%d,%d\n", 1000 + i, i % 3, i);
	ck_assert_int_eq(import(&m, "", buf_cstr(&text)), 0);
	ck_assert_uint_eq(m.appends, 4);
	ck_assert_uint_eq(m.progress.samples, 3 * IMPORT_BATCH + 5);
	m.cancel = true;
	ck_assert_int_eq(import(&m, "", buf_cstr(&text)), ERR_CLOSED);
	m.cancel = false;
	m.append_err = ERR_DISK_FULL;
	ck_assert_int_eq(import(&m, "", buf_cstr(&text)), ERR_DISK_FULL);
	buf_finish(&text);
	memory_history_finish(&m);
}
END_TEST

START_TEST(too_many_words_are_skipped)
{
	static struct memory_history m;
	memory_history_init(&m);
	m.words_allowed = 1;
	ck_assert_int_eq(import(&m, "x", "time,value\n1,a\n2,b\n3,a\n"), 0);
	ck_assert_uint_eq(m.progress.samples, 2);
	ck_assert_str_eq(m.progress.errors[0], "Line 3: x has too many different texts.");
	memory_history_finish(&m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {reads_times, times_come_back, splits_records, bounds_records, imports_rows,
				      imports_from_home_assistants_export, tells_what_is_wrong, hands_on_in_batches,
				      too_many_words_are_skipped};
	return suite_run("history/csv", tests, sizeof tests / sizeof tests[0]);
}
