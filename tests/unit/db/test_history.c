/* History: series, samples and words through head, journal, chunks and restarts; what goes in comes out bit for bit,
 * and what is too old goes. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/record.h"
#include "support.h"
#include "support/postgres.h"
#include "thread/thread.h"

static struct series series_of(int64_t id, const char *entity)
{
	struct series series = {.id = id, .device = "meter", .unit = "W", .kind = SERIES_GAUGE};
	ck_assert_int_eq(str_copy(series.entity, sizeof series.entity, entity), 0);
	return series;
}

static void put_series(struct store *s, int64_t id, const char *entity)
{
	const struct series series = series_of(id, entity);
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
}

static struct store *reopen(struct store *s)
{
	store_close(&s);
	return test_open();
}

/* ---- the registry ------------------------------------------------------ */

struct seen {
	size_t count;
	struct series series[8];
};

static void see(void *ctx, const struct series *series)
{
	struct seen *seen = ctx;
	ck_assert_uint_lt(seen->count, 8);
	seen->series[seen->count++] = *series;
}

/* All fields, but not what lies behind the ends of texts. */
static void assert_same_series(const struct series *a, const struct series *b)
{
	struct buf x = {0}, y = {0};
	ck_assert_int_eq(record_append_series(&x, a), 0);
	ck_assert_int_eq(record_append_series(&y, b), 0);
	ck_assert(span_equal(buf_span(&x), buf_span(&y)));
	buf_finish(&x);
	buf_finish(&y);
}

static void assert_registry(struct store *s, const struct series *wanted, size_t count)
{
	struct seen seen = {0};
	ck_assert_int_eq(store_series_each(s, see, &seen), 0);
	ck_assert_uint_eq(seen.count, count);
	for (size_t i = 0; i < count; i++)
		assert_same_series(&seen.series[i], &wanted[i]);
}

START_TEST(series_are_put_and_listed)
{
	struct store *s = test_open();
	struct series wanted[3];
	memset(wanted, 0, sizeof wanted);
	wanted[0] = series_of(3, "power");
	wanted[0].recorder = (struct recorder){RECORD_DEADBAND, 60000, 0.25};
	wanted[0].raw_days = 30;
	wanted[0].rollup_years = -1;
	wanted[0].resolution_ms = 10000;
	wanted[1] = (struct series){.id = 9, .device = "door", .entity = "contact", .device_class = "door", .kind = SERIES_BINARY};
	wanted[2] = (struct series){.id = 1025, .topic = "stat/plug/ENERGY", .path = "$.power[0]", .kind = SERIES_COUNTER};
	for (int i = 2; i >= 0; i--)
		ck_assert_int_eq(store_series_put(s, &wanted[i], NULL), 0);
	assert_registry(s, wanted, 3);
	s = reopen(s);
	assert_registry(s, wanted, 3);

	struct series changed = wanted[0];
	ck_assert_int_eq(str_copy(changed.unit, sizeof changed.unit, "kW"), 0);
	ck_assert_int_eq(store_series_put(s, &changed, NULL), 0);
	wanted[0] = changed;
	changed.id = 4;
	ck_assert_int_eq(store_series_put(s, &changed, NULL), ERR_EXISTS);
	changed.id = 0;
	ck_assert_int_eq(store_series_put(s, &changed, NULL), ERR_INVALID);
	changed = (struct series){.id = SERIES_ID_MAX + 1, .device = "a", .entity = "b"};
	ck_assert_int_eq(store_series_put(s, &changed, NULL), ERR_INVALID);
	changed = (struct series){.id = 5, .device = "a"};
	ck_assert_int_eq(store_series_put(s, &changed, NULL), ERR_INVALID);
	ck_assert_int_eq(store_seal(s, true), 0);
	s = reopen(s);
	assert_registry(s, wanted, 3);
	struct series one;
	ck_assert_int_eq(store_series_get(s, 9, &one), 0);
	ck_assert_str_eq(one.device_class, "door");
	ck_assert_int_eq(store_series_get(s, 10, &one), ERR_NOT_FOUND);
	store_close(&s);
}
END_TEST

START_TEST(wrong_samples_are_refused)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	const struct sample wrong[] = {{0, {1}, 1}, {-1, {1}, 1}, {SERIES_ID_MAX + 1, {1}, 1}, {1, {HISTORY_LAST_MS + 1}, 1},
				       {1, {HISTORY_FIRST_MS - 1}, 1}};
	struct sample latest, pair[2] = {{1, {1}, 1}, {0}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		pair[1] = wrong[i];
		ck_assert_int_eq(store_append(s, pair, 2, NULL), ERR_INVALID);
	}
	ck_assert_int_eq(store_latest(s, 1, &latest), ERR_NOT_FOUND);
	const struct sample ends[] = {{1, {HISTORY_LAST_MS}, 1}, {1, {HISTORY_FIRST_MS}, 2}};
	ck_assert_int_eq(store_append(s, ends, 2, NULL), 0);
	ck_assert_int_eq(store_seal(s, true), 0);
	static struct datum data[2];
	ck_assert_uint_eq(test_samples(s, &(struct shelf_range){1, HISTORY_FIRST_MS, INT64_MAX}, data, 2), 2);
	ck_assert_int_eq(data[0].at, HISTORY_FIRST_MS);
	store_close(&s);
}
END_TEST

START_TEST(unknown_series_cost_only_themselves)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct sample in[] = {{1, {1}, 1}, {2, {1}, 1}, {4097, {1}, 1}, {1, {2}, 2}}, latest;
	ck_assert_int_eq(store_append(s, in, 4, NULL), ERR_NOT_FOUND);
	for (int sealed = 0; sealed < 3; sealed++) {
		ck_assert_int_eq(store_latest(s, 1, &latest), 0);
		ck_assert_int_eq(latest.at.ms, 2);
		ck_assert_int_eq(store_latest(s, 2, &latest), ERR_NOT_FOUND);
		ck_assert_int_eq(store_latest(s, 4097, &latest), ERR_NOT_FOUND);
		if (sealed == 0)
			ck_assert_int_eq(store_seal(s, true), 0);
		else
			s = reopen(s);
	}
	store_close(&s);
}
END_TEST

/* ---- latest, late, twice ----------------------------------------------- */

START_TEST(later_written_wins_everywhere)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct sample latest;
	ck_assert_int_eq(store_latest(s, 1, &latest), ERR_NOT_FOUND);
	for (int round = 0; round < 6; round++) { /* over the head, over a part, over a compacted day */
		struct sample in[] = {{1, {2000}, 2}, {1, {1000}, 1}, {1, {2000}, round + 0.5}, {1, {1500}, round}};
		ck_assert_int_eq(store_append(s, in, 4, NULL), 0);
		static struct datum data[4];
		for (int look = 0; look < 2; look++) {
			ck_assert_uint_eq(test_samples(s, &(struct shelf_range){1, 0, 5000}, data, 4), 3);
			ck_assert_double_eq(data[1].value, round);
			ck_assert_double_eq(data[2].value, round + 0.5);
			ck_assert_int_eq(store_latest(s, 1, &latest), 0);
			ck_assert_int_eq(latest.at.ms, 2000);
			ck_assert_double_eq(latest.value, round + 0.5);
			if (round % 3)
				ck_assert_int_eq(store_seal(s, round % 3 == 2), 0);
			if (round > 2)
				s = reopen(s);
		}
	}
	store_close(&s);
}
END_TEST

/* ---- what goes in comes out -------------------------------------------- */

enum { KINDS = 8, MOST = 30000 };

struct model {
	struct datum *data; /* sorted by time, MOST */
	size_t count;
};

static void model_put(struct model *m, int64_t at, double value)
{
	size_t place = m->count;
	while (place > 0 && m->data[place - 1].at >= at)
		place--;
	if (place == m->count || m->data[place].at != at) {
		ck_assert_uint_lt(m->count, MOST);
		memmove(&m->data[place + 1], &m->data[place], (m->count - place) * sizeof *m->data);
		m->count++;
	}
	m->data[place] = (struct datum){at, value};
}

static double double_of(uint64_t bits)
{
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

static double next_value(struct test_rand *r, int kind, int64_t i)
{
	static const uint64_t special[] = {0x7ff8000000000000, 0x7ff0000000000001, 0xfff8dead00000001, 0x7ff0000000000000,
					   0xfff0000000000000, 0x8000000000000000, 0, 1, 0x000fffffffffffff, 0x7fefffffffffffff};
	switch (kind) {
	case 0: return 20 + (double)test_rand_below(r, 50) / 10;
	case 1: return (double)test_rand_below(r, 2);
	case 2: return (double)i * 3.7;
	case 3: return double_of(special[test_rand_below(r, 10)]);
	case 4: return double_of(test_rand_next(r));
	case 5: return 42;
	case 6: return (double)(int64_t)(test_rand_next(r) >> 5);
	default: return sin((double)i) * 1e-3;
	}
}

static int64_t next_time(struct test_rand *r, int kind, int64_t at)
{
	switch (test_rand_below(r, 400)) {
	case 0: return at - (int64_t)test_rand_below(r, 40000000); /* late, or the clock was set back */
	case 1: return at + (int64_t)test_rand_below(r, 200000000); /* days without power */
	case 2: return at; /* the same time again */
	default: return at + (kind % 2 ? 10000 : 1000) + (int64_t)test_rand_below(r, 30);
	}
}

static bool same(const struct datum *a, const struct datum *b, size_t count)
{
	return memcmp(a, b, count * sizeof *a) == 0;
}

static void assert_model(struct store *s, const struct model *models, const char *when)
{
	static struct datum data[MOST];
	for (int k = 0; k < KINDS; k++) {
		const struct model *m = &models[k];
		size_t count = test_samples(s, &(struct shelf_range){k + 1, HISTORY_FIRST_MS, HISTORY_LAST_MS}, data, MOST);
		ck_assert_msg(count == m->count && same(data, m->data, count), "series %d %s: %zu of %zu samples, or other bits", k + 1,
			      when, count, m->count);
		struct sample latest;
		size_t last_one = m->count;
		while (last_one && isnan(m->data[last_one - 1].value))
			last_one--;
		ck_assert_int_eq(store_latest(s, k + 1, &latest), last_one ? 0 : ERR_NOT_FOUND);
		if (!last_one)
			continue;
		ck_assert_int_eq(latest.at.ms, m->data[last_one - 1].at);
		/* and a part of it */
		size_t first = m->count / 3, last = m->count / 2;
		count = test_samples(s, &(struct shelf_range){k + 1, m->data[first].at, m->data[last].at}, data, MOST);
		ck_assert_msg(count == last - first && same(data, m->data + first, count), "series %d %s: a part", k + 1, when);
	}
}

static void append_some(struct store *s, struct model *models, struct test_rand *r, int64_t *clock)
{
	static struct sample batch[KINDS * 300];
	size_t count = 0;
	for (int k = 0; k < KINDS; k++) {
		size_t more = test_rand_below(r, 300);
		for (size_t i = 0; i < more; i++) {
			int64_t at = next_time(r, k, clock[k]);
			double value = next_value(r, k, (int64_t)models[k].count);
			if (at > clock[k])
				clock[k] = at;
			batch[count++] = (struct sample){k + 1, {at}, value};
			model_put(&models[k], at, value);
		}
	}
	ck_assert_int_eq(store_append(s, batch, count, NULL), 0);
}

START_TEST(samples_come_back_bit_for_bit)
{
	static struct model models[KINDS];
	int64_t clock[KINDS];
	struct test_rand r = {20261121};
	struct store *s = test_open();
	for (int k = 0; k < KINDS; k++) {
		char entity[8] = {(char)('a' + k)};
		put_series(s, k + 1, entity);
		models[k].data = calloc(MOST, sizeof *models[k].data);
		clock[k] = k == 7 ? -500000000 : 1700000000000;
	}
	for (int round = 0; round < 60; round++) {
		append_some(s, models, &r, clock);
		switch (test_rand_below(&r, 5)) {
		case 0:
			ck_assert_int_eq(store_seal(s, false), 0);
			assert_model(s, models, "sealed");
			break;
		case 1:
			ck_assert_int_eq(store_seal(s, true), 0);
			assert_model(s, models, "compacted");
			break;
		case 2:
			s = reopen(s);
			assert_model(s, models, "opened again");
			break;
		case 3: assert_model(s, models, "appended"); break;
		}
	}
	ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM pending"), 0);
	if (test_database)
		ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM chunk"), 0);
	store_close(&s);
	for (int k = 0; k < KINDS; k++)
		free(models[k].data);
}
END_TEST

/* ---- buckets through all sources --------------------------------------- */

/* What the store says of a window, against adding up its samples one by one. */
static void compare_buckets(struct store *s, const struct buckets_query *q, const struct datum *all, size_t n)
{
	static struct bucket got[STORE_MAX_BUCKETS];
	struct buckets_answer answer;
	ck_assert_int_eq(store_buckets(s, q, got, &answer), 0);
	ck_assert_uint_le(answer.count, q->width);
	size_t i = 0;
	for (size_t b = 0; b < answer.count; b++) {
		int64_t length = answer.raw ? 1 : answer.length_ms, end = got[b].at + length;
		double min = INFINITY, max = -INFINITY, sum = 0;
		uint64_t count = 0;
		while (i < n && all[i].at < got[b].at) {
			if (all[i].at >= q->from.ms && all[i].at < q->to.ms)
				ck_abort_msg("a sample at %lld is in no bucket", (long long)all[i].at);
			i++;
		}
		for (; i < n && all[i].at < end; i++, count++) {
			min = fmin(min, all[i].value);
			max = fmax(max, all[i].value);
			sum += all[i].value;
		}
		if (got[b].count != count || got[b].min != min || got[b].max != max || fabs(got[b].sum - sum) > fabs(sum) * 1e-8 + 1e-8)
			ck_abort_msg("bucket at %lld of %lld ms: %llu samples %g..%g sum %.12g, not %llu %g..%g %.12g", (long long)got[b].at,
				     (long long)length, (unsigned long long)got[b].count, got[b].min, got[b].max, got[b].sum,
				     (unsigned long long)count, min, max, sum);
	}
}

START_TEST(buckets_agree_with_adding_up)
{
	enum { DAYS = 10, EVERY_MS = 5000, COUNT = DAYS * 86400 / 5 };
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct datum *all = calloc(COUNT, sizeof *all);
	struct sample *batch = calloc(20000, sizeof *batch);
	struct test_rand r = {7};
	const int64_t start = 1700000000000;
	size_t n = 0;
	for (int i = 0; i < COUNT; i++) {
		if (i % 40000 > 36000)
			continue; /* hours without power */
		all[n++] = (struct datum){start + i * (int64_t)EVERY_MS + (int64_t)test_rand_below(&r, 900),
					  (double)test_rand_below(&r, 30000) / 10};
	}
	for (size_t i = 0; i < n; i += 20000) {
		size_t count = n - i < 20000 ? n - i : 20000;
		for (size_t k = 0; k < count; k++)
			batch[k] = (struct sample){1, {all[i + k].at}, all[i + k].value};
		ck_assert_int_eq(store_append(s, batch, count, NULL), 0);
		if (i == 40000)
			ck_assert_int_eq(store_seal(s, false), 0);
		if (i == 100000)
			ck_assert_int_eq(store_seal(s, true), 0);
	}
	for (int stage = 0; stage < 3; stage++) {
		for (int i = 0; i < 150; i++) {
			int64_t from = start - 3600000 + (int64_t)test_rand_below(&r, (DAYS + 1) * 86400000LL);
			struct buckets_query q = {1, {from}, {from + 1 + (int64_t)test_rand_below(&r, i % 3 ? 900000000 : 3000000)},
						  2 + test_rand_below(&r, i % 2 ? 50 : 2000), i % 4 == 0};
			compare_buckets(s, &q, all, n);
		}
		ck_assert_int_eq(store_seal(s, stage == 1), 0);
	}
	free(all);
	free(batch);
	store_close(&s);
}
END_TEST

/* ---- words ------------------------------------------------------------- */

static void ignore(void *ctx, int err)
{
	(void)ctx;
	ck_assert_int_eq(err, 0);
}

START_TEST(words_survive)
{
	static const char *const words[] = {"idle", "cooking", "", "Spülen läuft"};
	struct store *s = test_open();
	struct series series = {.id = 2, .device = "oven", .entity = "state", .kind = SERIES_TEXT};
	ck_assert_int_eq(store_series_put(s, &series, &(struct store_done){.fn = ignore, .patient = true}), 0);
	double codes[4], again;
	char text[STORE_WORD_MAX + 1];
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(store_word_code(s, 2, span_str(words[i]), &codes[i]), 0);
		const struct sample sample = {2, {i * 1000}, codes[i]};
		ck_assert_int_eq(store_append(s, &sample, 1, NULL), 0);
		if (i == 1)
			ck_assert_int_eq(store_seal(s, true), 0);
	}
	ck_assert_int_eq(store_word_code(s, 0, span_str("x"), &again), ERR_INVALID);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 4; i++) {
			ck_assert_int_eq(store_word_code(s, 2, span_str(words[i]), &again), 0);
			ck_assert_double_eq(again, codes[i]);
			ck_assert_int_eq(store_word_text(s, 2, codes[i], text), 0);
			ck_assert_str_eq(text, words[i]);
		}
		ck_assert_int_eq(store_word_text(s, 2, 99, text), ERR_NOT_FOUND);
		ck_assert_int_eq(store_word_text(s, 2, 1.5, text), ERR_NOT_FOUND);
		ck_assert_int_eq(store_word_text(s, 2, NAN, text), ERR_NOT_FOUND);
		ck_assert_int_eq(store_word_text(s, 2, 1e300, text), ERR_NOT_FOUND);
		s = reopen(s);
	}
	char long_one[STORE_WORD_MAX + 2];
	memset(long_one, 'x', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = 0;
	ck_assert_int_eq(store_word_code(s, 2, span_str(long_one), &again), ERR_TOO_LARGE);
	store_close(&s);
}
END_TEST

START_TEST(words_are_bounded)
{
	struct store *s = test_open();
	struct series series = {.id = 2, .device = "scanner", .entity = "tag", .kind = SERIES_TEXT};
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
	char word[16];
	double code;
	for (int i = 0; i <= STORE_WORDS_MAX; i++) {
		ck_assert_int_eq(str_format(word, sizeof word, "tag-%d", i), 0);
		ck_assert_int_eq(store_word_code(s, 2, span_str(word), &code), i < STORE_WORDS_MAX ? 0 : ERR_FULL);
	}
	ck_assert_int_eq(store_word_code(s, 2, span_str("tag-7"), &code), 0);
	store_close(&s);
}
END_TEST

/* ---- retention --------------------------------------------------------- */

static size_t count_of(struct store *s, int64_t series)
{
	static struct datum data[100000];
	return test_samples(s, &(struct shelf_range){series, HISTORY_FIRST_MS, HISTORY_LAST_MS}, data, 100000);
}

static void fill_days(struct store *s, int64_t series, int days)
{
	struct sample samples[24];
	int64_t today = day_of(clock_wall().ms);
	for (int d = days - 1; d >= 0; d--) {
		for (int h = 0; h < 24; h++)
			samples[h] = (struct sample){series, {(today - d) * DAY_MS + h * 1000}, h};
		ck_assert_int_eq(store_append(s, samples, 24, NULL), 0);
	}
}

START_TEST(old_samples_go_and_summaries_stay)
{
	struct store *s = test_open();
	struct series kept = series_of(1, "kept"), brief = series_of(2, "brief"), usual = series_of(3, "usual");
	kept.raw_days = -1;
	brief.raw_days = 5;
	ck_assert_int_eq(store_series_put(s, &kept, NULL), 0);
	ck_assert_int_eq(store_series_put(s, &brief, NULL), 0);
	ck_assert_int_eq(store_series_put(s, &usual, NULL), 0);
	for (int i = 1; i <= 3; i++)
		fill_days(s, i, 40);
	ck_assert_int_eq(store_seal(s, true), 0);
	store_policy_set(s, &(struct history_policy){.raw_days = 20, .rollup_years = -1, .window_ms = 1000});
	ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_uint_eq(count_of(s, 1), 40 * 24);
	ck_assert_uint_eq(count_of(s, 2), 6 * 24); /* five days and today */
	ck_assert_uint_eq(count_of(s, 3), 21 * 24);
	/* a sample that comes late for a day that has only summaries left does not take their place */
	const struct sample late = {2, {(day_of(clock_wall().ms) - 10) * DAY_MS + 500}, 7};
	ck_assert_int_eq(store_append(s, &late, 1, NULL), 0);
	ck_assert_int_eq(store_seal(s, true), 0);
	static struct bucket buckets[100];
	struct buckets_answer answer;
	int64_t today = day_of(clock_wall().ms);
	struct buckets_query q = {2, {(today - 39) * DAY_MS}, {(today + 1) * DAY_MS}, 45, true};
	ck_assert_int_eq(store_buckets(s, &q, buckets, &answer), 0);
	uint64_t samples = 0;
	for (size_t i = 0; i < answer.count; i++)
		samples += buckets[i].count;
	ck_assert_uint_eq(samples, 40 * 24);
	store_close(&s);
}
END_TEST

#ifndef ON_POSTGRES
START_TEST(size_is_bounded_and_room_given_back)
{
	struct store *s = test_open();
	put_series(s, 1, "noise");
	struct sample *batch = calloc(86400, sizeof *batch);
	struct test_rand r = {99};
	int64_t today = day_of(clock_wall().ms);
	for (int d = 20; d >= 1; d--) {
		for (int i = 0; i < 20000; i++)
			batch[i] = (struct sample){1, {(today - d) * DAY_MS + i * 4000LL}, double_of(test_rand_next(&r))};
		ck_assert_int_eq(store_append(s, batch, 20000, NULL), 0);
	}
	free(batch);
	ck_assert_int_eq(store_seal(s, true), 0);
	struct history_usage before, after;
	ck_assert_int_eq(store_usage(s, &before), 0);
	ck_assert_int_gt(before.bytes, 3 << 20);
	ck_assert_int_eq(before.samples, 400000);
	ck_assert_int_gt(before.written_today, before.bytes);
	store_policy_set(s, &(struct history_policy){.raw_days = -1, .rollup_years = -1, .max_bytes = 2 << 20, .window_ms = 1000});
	for (int i = 0; i < 20; i++) /* room is given back a step at a time */
		ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(store_usage(s, &after), 0);
	ck_assert_msg(after.bytes <= (2 << 20) + (2 << 20) / 8, "%lld bytes", (long long)after.bytes);
	ck_assert_int_lt(after.samples, before.samples);
	struct series_noise noise[2];
	ck_assert_uint_eq(store_noisiest(s, noise, 2), 1);
	ck_assert_uint_eq(noise[0].samples, 400000);
	store_close(&s);
}
END_TEST
#endif

/* ---- the queue --------------------------------------------------------- */

/* Holds the committer in a callback until told to go on. */
struct gate {
	struct waiter held, go;
};

static void hold(void *ctx, int err)
{
	struct gate *gate = ctx;
	ck_assert_int_eq(err, 0);
	waiter_signal(&gate->held);
	waiter_wait(&gate->go);
}

static void count_done(void *ctx, int err)
{
	ck_assert_int_eq(err, 0);
	++*(size_t *)ctx; /* the committer's until store_close */
}

START_TEST(queue_is_bounded)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct gate gate;
	waiter_init(&gate.held);
	waiter_init(&gate.go);
	ck_assert_int_eq(store_append(s, NULL, 0, &(struct store_done){.fn = hold, .ctx = &gate}), 0);
	waiter_wait(&gate.held);
	enum { BATCH = 8192 };
	struct sample *batch = calloc(BATCH + 1, sizeof *batch);
	size_t done = 0;
	struct store_done counted = {.fn = count_done, .ctx = &done};
	int64_t at = 0;
	for (int i = 0; i < STORE_QUEUE_MAX / BATCH; i++) {
		for (int k = 0; k < BATCH; k++)
			batch[k] = (struct sample){1, {at++}, 1};
		ck_assert_int_eq(store_append(s, batch, BATCH, &counted), 0);
	}
	struct store_stats stats;
	store_stats_get(s, &stats);
	ck_assert_uint_eq(stats.waiting_samples, STORE_QUEUE_MAX);
	ck_assert_int_eq(store_append(s, batch, 1, &counted), ERR_FULL);
	ck_assert_int_eq(store_append(s, batch, 1, NULL), ERR_FULL);
	waiter_signal(&gate.go);
	ck_assert_int_eq(store_append(s, NULL, 0, NULL), 0); /* all before it are through */
	batch[0].at.ms = at;
	ck_assert_int_eq(store_append(s, batch, 1, NULL), 0);
	store_stats_get(s, &stats);
	ck_assert_uint_eq(stats.samples, STORE_QUEUE_MAX + 1);
	ck_assert_uint_eq(stats.waiting_samples, 0);
	store_close(&s);
	ck_assert_uint_eq(done, STORE_QUEUE_MAX / BATCH);
	free(batch);
	waiter_finish(&gate.go);
	waiter_finish(&gate.held);
}
END_TEST

struct turns {
	size_t next;
	bool out_of_order;
};

struct turn {
	struct turns *turns;
	size_t number;
};

static void take_turn(void *ctx, int err)
{
	struct turn *turn = ctx;
	turn->turns->out_of_order |= err != 0 || turn->turns->next != turn->number;
	turn->turns->next = turn->number + 1;
}

START_TEST(callbacks_come_in_order)
{
	enum { TURNS = 500 };
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct turns turns = {0};
	static struct turn turn[TURNS];
	for (size_t i = 0; i < TURNS; i++) {
		const struct sample sample = {1, {(int64_t)i}, 1};
		turn[i] = (struct turn){&turns, i};
		ck_assert_int_eq(store_append(s, &sample, 1, &(struct store_done){.fn = take_turn, .ctx = &turn[i], .patient = i % 3 == 0}), 0);
	}
	store_close(&s); /* also what is patient is committed */
	ck_assert(!turns.out_of_order);
	ck_assert_uint_eq(turns.next, TURNS);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, series_are_put_and_listed);
	tcase_add_test(tc, wrong_samples_are_refused);
	tcase_add_test(tc, unknown_series_cost_only_themselves);
	tcase_add_test(tc, later_written_wins_everywhere);
	tcase_add_test(tc, samples_come_back_bit_for_bit);
	tcase_add_test(tc, buckets_agree_with_adding_up);
	tcase_add_test(tc, words_survive);
	tcase_add_test(tc, words_are_bounded);
	tcase_add_test(tc, old_samples_go_and_summaries_stay);
#ifndef ON_POSTGRES /* of files */
	tcase_add_test(tc, size_is_bounded_and_room_given_back);
#endif
	tcase_add_test(tc, queue_is_bounded);
	tcase_add_test(tc, callbacks_come_in_order);
}

#ifdef ON_POSTGRES
/* The same scenes with history in a database server. */
int main(void)
{
	struct postgres server;
	char reason[160];
	if (!postgres_create(&server, reason)) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	test_database = server.conninfo;
	int status = test_run("history on postgresql", add);
	postgres_destroy(&server);
	return status;
}
#else
int main(void)
{
	return test_run("history", add);
}
#endif
