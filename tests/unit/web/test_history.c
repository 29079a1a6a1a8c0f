/* What charts and the page of history are answered: points, states, ETags, the policy and what it costs. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/history.h"
#include "harness.h"
#include "support/suite.h"
#include "web/policy.h"

enum { GAUGE = 1, COUNTER, WORDS, CONTACT };
#define DAY_MS 86400000LL
static const int64_t then = 20000 * DAY_MS; /* long ago, at the start of a day */

static struct harness h;
static char cookie[80];

static void set_up(void)
{
	harness_start(&h, true);
	harness_login(&h, "olga", cookie);
	const struct series series[] = {
		{.id = GAUGE, .device = "lamp", .entity = "power"},
		{.id = COUNTER, .device = "lamp", .entity = "energy", .kind = SERIES_COUNTER},
		{.id = WORDS, .topic = "heater/mode", .kind = SERIES_TEXT},
		{.id = CONTACT, .device = "door", .entity = "contact", .kind = SERIES_BINARY},
	};
	for (size_t i = 0; i < sizeof series / sizeof series[0]; i++)
		ck_assert_int_eq(store_series_put(h.store, &series[i], NULL), 0);
	double eco, warm;
	ck_assert_int_eq(store_word_code(h.store, WORDS, span_str("eco"), &eco), 0);
	ck_assert_int_eq(store_word_code(h.store, WORDS, span_str("so \"warm\""), &warm), 0);
	const struct sample samples[] = {
		{GAUGE, {then}, 1.5},         {GAUGE, {then + 1000}, INFINITY},  {GAUGE, {then + 2000}, 2.5},
		{COUNTER, {then}, 10},        {COUNTER, {then + 60000}, 12},     {COUNTER, {then + 120000}, 1},
		{WORDS, {then}, eco},         {WORDS, {then + 5000}, warm},      {CONTACT, {then}, 0},
		{CONTACT, {then + 9000}, 1},
	};
	ck_assert_int_eq(store_append(h.store, samples, sizeof samples / sizeof samples[0], NULL), 0);
}

static void tear_down(void)
{
	harness_stop(&h);
}

/* /api/v1/series/<id>/<rest>, where rest has the window's `from` and `to` in ms behind `then`. */
static struct reply ask(int series, const char *what, int64_t from, int64_t to, const char *more)
{
	char path[160];
	snprintf(path, sizeof path, "/api/v1/series/%d/%s?from=%lld&to=%lld%s", series, what, (long long)(then + from),
		 (long long)(then + to), more);
	return harness_api(&h, "GET", path, cookie, NULL);
}

static void check_part(struct reply reply, const char *part)
{
	ck_assert_int_eq(reply.status, 200);
	ck_assert_msg(strstr(reply.body, part) != NULL, "%s has no %s", reply.body, part);
	reply_finish(&reply);
}

START_TEST(points_say_null_for_what_is_no_number)
{
	set_up();
	char part[128];
	snprintf(part, sizeof part, "\"points\":[[%lld,1.5],[%lld,null],[%lld,2.5]]", (long long)then, (long long)then + 1000,
		 (long long)then + 2000);
	check_part(ask(GAUGE, "points", 0, 3000, ""), part);
	tear_down();
}
END_TEST

START_TEST(counters_say_what_they_rose_by)
{
	set_up();
	char part[128];
	check_part(ask(COUNTER, "points", 0, 180000, ""), "\"kind\":\"counter\"");
	snprintf(part, sizeof part, "[%lld,12,12,12,1,2]", (long long)then + 45000); /* buckets of 45 s */
	check_part(ask(COUNTER, "points", 0, 180000, "&buckets=1&width=4"), part);
	snprintf(part, sizeof part, "[%lld,1,1,1,1,1]", (long long)then + 90000); /* a reset */
	check_part(ask(COUNTER, "points", 0, 180000, "&buckets=1&width=4"), part);
	tear_down();
}
END_TEST

START_TEST(all_begins_with_the_first_sample)
{
	set_up();
	char path[64], part[64];
	snprintf(path, sizeof path, "/api/v1/series/%d/points?from=first&width=600", GAUGE);
	struct reply reply = harness_api(&h, "GET", path, cookie, NULL);
	const char *from = strstr(reply.body, "\"from\":");
	ck_assert_ptr_nonnull(from);
	long long first = strtoll(from + strlen("\"from\":"), NULL, 10);
	ck_assert(first <= then && first > then - 30 * DAY_MS);
	snprintf(part, sizeof part, "\"settled\":false");
	check_part(reply, part);
	tear_down();
}
END_TEST

START_TEST(states_are_runs_of_words_and_values)
{
	set_up();
	char part[160];
	snprintf(part, sizeof part, "\"kind\":\"text\",\"runs\":[[%lld,%lld,\"eco\",1,false],[%lld,%lld,\"so \\\"warm\\\"\",1,false]]",
		 (long long)then, (long long)then + 5000, (long long)then + 5000, (long long)then + 8000);
	check_part(ask(WORDS, "timeline", 0, 8000, ""), part);
	snprintf(part, sizeof part, "\"kind\":\"binary\",\"runs\":[[%lld,%lld,0,0,false]]", (long long)then + 1000,
		 (long long)then + 8000);
	check_part(ask(CONTACT, "timeline", 1000, 8000, ""), part);
	tear_down();
}
END_TEST

static struct reply ask_again(const char *path, const char *etag)
{
	char headers[256];
	snprintf(headers, sizeof headers, "Cookie: %s\r\nIf-None-Match: %s\r\n", cookie, etag);
	return harness_call(&h, &(struct call){.method = "GET", .path = path, .headers = headers});
}

START_TEST(a_settled_window_is_sent_once)
{
	set_up();
	ck_assert_int_eq(store_seal(h.store, true), 0);
	static const char *const whats[] = {"points", "timeline"};
	for (size_t i = 0; i < 2; i++) {
		char path[128], etag[64];
		snprintf(path, sizeof path, "/api/v1/series/%d/%s?from=%lld&to=%lld", CONTACT, whats[i], (long long)then,
			 (long long)then + 3600000);
		struct reply reply = harness_api(&h, "GET", path, cookie, NULL);
		ck_assert_int_eq(reply.status, 200);
		ck_assert_str_eq(reply_header(&reply, "Cache-Control"), "private, max-age=3600");
		ck_assert_ptr_null(strstr(reply.body, "cursor"));
		snprintf(etag, sizeof etag, "%s", reply_header(&reply, "ETag"));
		ck_assert_uint_eq(strlen(etag), 34);
		reply_finish(&reply);
		reply = ask_again(path, etag);
		ck_assert_int_eq(reply.status, 304);
		ck_assert_str_eq(reply_header(&reply, "ETag"), etag);
		ck_assert_str_eq(reply.body, "");
		reply_finish(&reply);
		reply = ask_again(path, "\"0123456789abcdef\"");
		ck_assert_int_eq(reply.status, 200);
		reply_finish(&reply);
		/* a late sample makes another answer */
		struct sample late = {CONTACT, {then + 20000 + (int64_t)i}, 0};
		ck_assert_int_eq(store_append(h.store, &late, 1, NULL), 0);
		ck_assert_int_eq(store_seal(h.store, true), 0);
		reply = ask_again(path, etag);
		ck_assert_int_eq(reply.status, 200);
		ck_assert_str_ne(reply_header(&reply, "ETag"), etag);
		reply_finish(&reply);
	}
	tear_down();
}
END_TEST

START_TEST(a_window_that_still_moves_is_not_kept)
{
	set_up();
	struct reply reply = harness_api(&h, "GET", "/api/v1/series/1/points", cookie, NULL);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply_header(&reply, "Cache-Control"), "no-cache");
	ck_assert_ptr_null(reply_header(&reply, "ETag"));
	ck_assert_ptr_nonnull(strstr(reply.body, "\"cursor\":\""));
	reply_finish(&reply);
	tear_down();
}
END_TEST

START_TEST(the_policy_is_kept)
{
	set_up();
	check_part(harness_api(&h, "GET", "/api/v1/history", cookie, NULL),
		   "\"policy\":{\"raw_days\":-1,\"rollup_years\":-1,\"max_bytes\":0,\"sd_saver\":false}");
	check_part(harness_api(&h, "PUT", "/api/v1/history", cookie, "{\"raw_days\":365,\"sd_saver\":true}"),
		   "{\"raw_days\":365,\"rollup_years\":-1,\"max_bytes\":0,\"sd_saver\":true}");
	check_part(harness_api(&h, "PUT", "/api/v1/history", cookie, "{\"max_bytes\":1073741824,\"rollup_years\":20}"),
		   "{\"raw_days\":365,\"rollup_years\":20,\"max_bytes\":1073741824,\"sd_saver\":true}");
	const struct history_policy policy = policy_load(h.store);
	ck_assert_int_eq(policy.raw_days, 365);
	ck_assert_int_eq(policy.rollup_years, 20);
	ck_assert_int_eq(policy.max_bytes, 1 << 30);
	ck_assert_int_eq(policy.window_ms, 5000);
	tear_down();
}
END_TEST

START_TEST(a_broken_policy_keeps_everything)
{
	static const char *const broken[] = {"", "{", "[]", "{\"raw_days\":0}", "{\"max_bytes\":1e300}", "{\"sd_saver\":\"yes\"}"};
	set_up();
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		ck_assert_int_eq(store_setting_put(h.store, "history-policy", span_str(broken[i]), NULL), 0);
		const struct history_policy policy = policy_load(h.store);
		ck_assert_int_eq(policy.raw_days, -1);
		ck_assert_int_eq(policy.max_bytes, 0);
		ck_assert_int_eq(policy.window_ms, 1000);
	}
	tear_down();
}
END_TEST

START_TEST(usage_names_the_noisiest)
{
	set_up();
	struct sample noisy[3];
	for (size_t i = 0; i < 3; i++)
		noisy[i] = (struct sample){GAUGE, {clock_wall().ms + (int64_t)i}, (double)i};
	ck_assert_int_eq(store_append(h.store, noisy, 3, NULL), 0);
	struct reply reply = harness_api(&h, "GET", "/api/v1/history", cookie, NULL);
	static const char *const parts[] = {
		"\"bytes\":", "\"samples\":13,", "\"samples_a_day\":null", "\"written_today\":", "\"bytes_a_day\":null",
		"\"noisiest\":[{\"series\":1,\"device\":\"lamp\",\"entity\":\"power\",\"topic\":null,\"path\":null,\"samples\":6}",
		"\"topic\":\"heater/mode\",\"path\":\"\",\"samples\":2", "\"disk\":{\"size\":", "\"cycles\":500", "\"card_life_years\":null"};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		ck_assert_msg(strstr(reply.body, parts[i]) != NULL, "%s has no %s", reply.body, parts[i]);
	reply_finish(&reply);
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		points_say_null_for_what_is_no_number, counters_say_what_they_rose_by, all_begins_with_the_first_sample,
		states_are_runs_of_words_and_values,   a_settled_window_is_sent_once,  a_window_that_still_moves_is_not_kept,
		the_policy_is_kept,                    a_broken_policy_keeps_everything, usage_names_the_noisiest,
	};
	return suite_run("web/history", tests, sizeof tests / sizeof tests[0]);
}
