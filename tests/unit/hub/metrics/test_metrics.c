/* The table of counters: its names are legal and unique, each of its three
 * forms shows every value, the averages are mosquitto's. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics/load.h"
#include "metrics/metrics.h"
#include "metrics/process.h"
#include "support/suite.h"

/* Every field of struct metrics has a row: the sum of the rows fills it. */
START_TEST(every_field_has_one_row)
{
	size_t count;
	const struct metric *table = metrics_table(&count);
	struct metrics m = {0};
	for (size_t i = 0; i < count; i++) {
		uint64_t *value = (uint64_t *)((char *)&m + table[i].offset);
		ck_assert_uint_eq(*value, 0);
		*value = i + 1;
	}
	ck_assert_uint_eq(count * sizeof(uint64_t), sizeof m);
	ck_assert_uint_eq(metrics_value(&m, &table[3]), 4);
}
END_TEST

static void check_name(const char *name)
{
	for (const char *p = name; *p; p++)
		ck_assert_msg(islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_', "%s", name);
}

START_TEST(names_are_legal_and_unique)
{
	size_t count;
	const struct metric *table = metrics_table(&count);
	for (size_t i = 0; i < count; i++) {
		const struct metric *a = &table[i];
		ck_assert(a->family || a->topic);
		ck_assert_msg(a->text[0] && !strchr(a->text, '\n') && !strchr(a->text, '\\'), "%s", a->field);
		if (a->family) {
			const char *end = a->family + strlen(a->family);
			bool total = end - a->family > 6 && strcmp(end - 6, "_total") == 0;
			check_name(a->family);
			ck_assert_msg(total == (a->type == METRIC_COUNTER || a->type == METRIC_CPU), "%s", a->family);
		}
		if (a->topic)
			ck_assert_msg(!strpbrk(a->topic, "+#") && a->topic[0] != '/', "%s", a->topic);
		for (size_t k = i + 1; k < count; k++) {
			const struct metric *b = &table[k];
			ck_assert_msg(!a->topic || !b->topic || strcmp(a->topic, b->topic) != 0, "%s", a->topic);
			if (!a->family || !b->family || strcmp(a->family, b->family) != 0)
				continue;
			ck_assert_msg(a->labels && b->labels && strcmp(a->labels, b->labels) != 0, "%s", a->family);
			/* the format wants a family's samples in one piece */
			ck_assert_str_eq(table[k - 1].family, a->family);
		}
	}
}
END_TEST

/* Numbers every value, so that each can be looked for. */
static struct metrics numbered(void)
{
	struct metrics m = {0};
	size_t count;
	const struct metric *table = metrics_table(&count);
	for (size_t i = 0; i < count; i++)
		*(uint64_t *)((char *)&m + table[i].offset) = 1000000 + i;
	return m;
}

START_TEST(prometheus_text_has_every_family)
{
	struct metrics m = numbered();
	struct buf out = {0};
	ck_assert_int_eq(metrics_prometheus(&m, &out), 0);
	const char *text = buf_cstr(&out);
	size_t count;
	const struct metric *table = metrics_table(&count);
	for (size_t i = 0; i < count; i++) {
		char line[256];
		const struct metric *row = &table[i];
		if (!row->family)
			continue;
		snprintf(line, sizeof line, "\n%s%s%s%s ", row->family, row->labels ? "{" : "",
			 row->labels ? row->labels : "", row->labels ? "}" : "");
		const char *sample = strstr(text, line);
		ck_assert_msg(sample != NULL, "%s", line);
		double wanted = (double)(1000000 + i) / (row->type == METRIC_CPU ? 1000 : 1);
		ck_assert_double_eq(strtod(sample + strlen(line), NULL), wanted);
		snprintf(line, sizeof line, "# TYPE %s ", row->family);
		const char *type = strstr(text, line);
		ck_assert_msg(type && type < sample, "%s", line);
		ck_assert_ptr_null(strstr(type + 1, line));
	}
	ck_assert_int_eq(text[out.len - 1], '\n');
	buf_finish(&out);
}
END_TEST

START_TEST(report_groups_the_fields)
{
	struct metrics m = {.broker = {.connections = 3, .dropped = 5, .active = 3}, .house = {.samples = 7},
			    .store = {.disk_full = 1}};
	struct buf out = {0};
	ck_assert_int_eq(metrics_json(&m, &out), 0);
	const char *text = buf_cstr(&out);
	ck_assert_int_eq(strncmp(text, "\"broker\":{\"connections\":3,", 26), 0);
	const char *house = strstr(text, "},\"house\":{\"messages\":0,");
	ck_assert_ptr_nonnull(house);
	ck_assert_ptr_nonnull(strstr(text, "\"dropped\":5,"));
	ck_assert_ptr_nonnull(strstr(house, "\"samples\":7,"));
	ck_assert_ptr_nonnull(strstr(text, "\"disk_full\":1,"));
	ck_assert_ptr_null(strstr(text, "\"active\"")); /* old names are for old programs' topics only */
	ck_assert_ptr_null(strstr(text, "\"load\""));
	buf_finish(&out);
}
END_TEST

static const char *payload_of(const struct metrics *m, const char *topic)
{
	static char text[64];
	struct buf out = {0};
	size_t count;
	const struct metric *table = metrics_table(&count);
	for (size_t i = 0; i < count; i++)
		if (table[i].topic && strcmp(table[i].topic, topic) == 0)
			ck_assert_int_eq(metrics_payload(m, &table[i], &out), 0);
	ck_assert_msg(out.len > 0, "%s", topic);
	snprintf(text, sizeof text, "%s", buf_cstr(&out));
	buf_finish(&out);
	return text;
}

START_TEST(payloads_look_like_mosquittos)
{
	struct metrics m = {.broker = {.uptime_s = 42, .received = UINT64_MAX, .retained = 9},
			    .load = {.connections = {5, 1234, 100}}};
	ck_assert_str_eq(payload_of(&m, "uptime"), "42 seconds");
	ck_assert_str_eq(payload_of(&m, "publish/messages/received"), "18446744073709551615");
	ck_assert_str_eq(payload_of(&m, "retained messages/count"), "9");
	ck_assert_str_eq(payload_of(&m, "load/connections/1min"), "0.05");
	ck_assert_str_eq(payload_of(&m, "load/connections/5min"), "12.34");
	ck_assert_str_eq(payload_of(&m, "load/connections/15min"), "1.00");
}
END_TEST

START_TEST(averages_forget)
{
	struct load load = {0};
	struct metrics_load shown;
	struct broker_stats stats = {.packets_in = 500, .connects = 3};
	load_update(&load, &stats, (struct mono_ms){1000}, &shown);
	for (unsigned w = 0; w < METRICS_WINDOWS; w++)
		ck_assert_uint_eq(shown.messages_received[w], 0); /* what was before is no load of now */

	stats.packets_in += 100; /* in ten seconds: 600 a minute */
	load_update(&load, &stats, (struct mono_ms){11000}, &shown);
	static const double window_s[] = {60, 300, 900};
	for (unsigned w = 0; w < METRICS_WINDOWS; w++) {
		uint64_t wanted = (uint64_t)llround(100 * 600 * (1 - exp(-10 / window_s[w])));
		ck_assert_uint_eq(shown.messages_received[w], wanted);
		ck_assert_uint_eq(shown.connections[w], 0);
	}
	struct metrics_load again;
	load_update(&load, &stats, (struct mono_ms){11000}, &again); /* no time has passed */
	ck_assert_mem_eq(&again, &shown, sizeof shown);
	for (int64_t minute = 1; minute <= 30; minute++)
		load_update(&load, &stats, (struct mono_ms){11000 + minute * 60000}, &again);
	ck_assert_uint_eq(again.messages_received[0], 0);
	ck_assert_uint_lt(again.messages_received[1], shown.messages_received[1]);
	ck_assert_uint_gt(again.messages_received[2], 0);
}
END_TEST

START_TEST(the_process_is_measured)
{
	struct metrics_process p = {.start_time_s = 7};
	process_measure(&p, false);
	ck_assert_uint_eq(p.open_fds, 0);
	process_measure(&p, true);
	uint64_t before = p.open_fds;
	ck_assert_uint_ge(before, 1);
	FILE *one_more = fopen("/dev/null", "r");
	ck_assert_ptr_nonnull(one_more);
	process_measure(&p, true);
	fclose(one_more);
	ck_assert_uint_eq(p.open_fds, before + 1);
	ck_assert_uint_ge(p.resident_bytes, 100 * 1024);
	ck_assert_uint_ge(p.resident_max_bytes, p.resident_bytes);
	ck_assert_uint_ge(p.max_fds, p.open_fds);
	ck_assert_uint_eq(p.start_time_s, 7);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_field_has_one_row,      names_are_legal_and_unique,
				      prometheus_text_has_every_family, report_groups_the_fields,
				      payloads_look_like_mosquittos, averages_forget, the_process_is_measured};
	return suite_run("metrics/metrics", tests, sizeof tests / sizeof tests[0]);
}
