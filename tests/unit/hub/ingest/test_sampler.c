/* The sampler: series get ids that stay, samples reach the store in batches and none replaces
 * another, and a store that is full costs samples but no time. */
#include "ingest/sampler.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "support/fake_store.h"
#include "support/live_log.h"
#include "support/suite.h"

static struct store *store;
static struct live_log *live;
static struct sampler *sampler;

static void begin(void)
{
	struct live_port port = live_log_port(live);
	ck_assert_int_eq(sampler_create(store, &port, &sampler), 0);
}

static void set_up(void)
{
	store = fake_store_create();
	live = live_log_create();
	begin();
}

static void tear_down(void)
{
	sampler_destroy(&sampler);
	fake_store_destroy(&store);
	live_log_destroy(&live);
}

static const struct mono_ms start = {5000};
static const struct series temperature = {.device = "pi", .entity = "cpu", .unit = "°C"};

static void add(int64_t series, int64_t at, double value)
{
	const struct sample sample = {.series = series, .at = {at}, .value = value};
	sampler_add(sampler, &sample, start);
}

START_TEST(series_keep_their_ids)
{
	set_up();
	ck_assert_ptr_null(sampler_find(sampler, &temperature));
	int64_t id = sampler_series(sampler, &temperature);
	ck_assert_int_eq(id, 1);
	ck_assert_int_eq(sampler_series(sampler, &temperature), id);
	struct series other = temperature;
	memcpy(other.entity, "load", 5);
	ck_assert_int_eq(sampler_series(sampler, &other), 2);
	struct series changed = temperature;
	memcpy(changed.unit, "K\0", 3);
	ck_assert_int_eq(sampler_series(sampler, &changed), id);
	struct series stored[4];
	ck_assert_uint_eq(fake_store_series(store, stored, 4), 2);
	ck_assert_str_eq(stored[0].unit, "K");

	sampler_destroy(&sampler);
	begin();
	ck_assert_int_eq(sampler_find(sampler, &other)->id, 2);
	memcpy(other.entity, "disk", 5);
	ck_assert_int_eq(sampler_series(sampler, &other), 3);
	tear_down();
}
END_TEST

START_TEST(flushes_by_age_and_says_so)
{
	set_up();
	ck_assert_int_eq(sampler_deadline(sampler).ms, INT64_MAX);
	int64_t id = sampler_series(sampler, &temperature);
	add(id, 1000, 47.25);
	add(id, 2000, -1);
	ck_assert_int_eq(sampler_deadline(sampler).ms, start.ms + SAMPLER_BATCH_MS);
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_BATCH_MS - 1));
	struct sample stored[4];
	ck_assert_uint_eq(fake_store_samples(store, stored, 4), 0);
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_BATCH_MS));
	ck_assert_uint_eq(fake_store_samples(store, stored, 4), 2);
	ck_assert(stored[0].value == 47.25);
	ck_assert(live_log_wait(live, "points", "{\"points\":[[1,1000,47.25],[1,2000,-1]]}"));
	ck_assert_int_eq(sampler_deadline(sampler).ms, INT64_MAX);
	tear_down();
}
END_TEST

START_TEST(flushes_when_full_and_at_the_end)
{
	set_up();
	int64_t id = sampler_series(sampler, &temperature);
	for (int i = 0; i < SAMPLER_BATCH_MAX + 1; i++)
		add(id, 1000 + i, i);
	static struct sample stored[512];
	ck_assert_uint_eq(fake_store_samples(store, stored, 512), SAMPLER_BATCH_MAX);
	sampler_destroy(&sampler);
	ck_assert_uint_eq(fake_store_samples(store, stored, 512), SAMPLER_BATCH_MAX + 1);
	fake_store_destroy(&store);
	live_log_destroy(&live);
}
END_TEST

START_TEST(one_millisecond_never_holds_two_samples)
{
	set_up();
	int64_t id = sampler_series(sampler, &temperature);
	add(id, 10000, 1);
	add(id, 10000, 2);
	add(id, 9999, 3);
	add(id, 10500, 4);
	add(id, 2000, 5); /* the clock was set back: followed */
	add(id, 2000, 6);
	add(99, 1, 7); /* nobody's series */
	sampler_turn(sampler, mono_add_ms(start, 1000));
	struct sample stored[8];
	ck_assert_uint_eq(fake_store_samples(store, stored, 8), 6);
	const int64_t times[] = {10000, 10001, 10002, 10500, 2000, 2001};
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(stored[i].at.ms, times[i]);
		ck_assert(stored[i].value == i + 1);
	}
	tear_down();
}
END_TEST

START_TEST(full_store_costs_samples_only)
{
	set_up();
	int64_t id = sampler_series(sampler, &temperature);
	fake_store_settle(store);
	fake_store_fail(store, 0, true);
	add(id, 1000, 1);
	sampler_turn(sampler, mono_add_ms(start, 1000));
	struct sampler_stats stats;
	sampler_stats_get(sampler, &stats);
	ck_assert_uint_eq(stats.dropped, 1);
	fake_store_fail(store, 0, false);
	add(id, 2000, 2);
	sampler_turn(sampler, mono_add_ms(start, 1000));
	struct sample stored[4];
	ck_assert_uint_eq(fake_store_samples(store, stored, 4), 1);
	sampler_stats_get(sampler, &stats);
	ck_assert_uint_eq(stats.taken, 2);
	ck_assert_uint_eq(stats.dropped, 1);
	ck_assert_uint_eq(stats.stored, 1);
	ck_assert_uint_eq(live_log_count(live, "points", "2000"), 1);
	ck_assert_uint_eq(live_log_count(live, "points", "1000"), 0);
	tear_down();
}
END_TEST

START_TEST(series_come_again_after_a_full_disk)
{
	set_up();
	fake_store_fail(store, ERR_DISK_FULL, false);
	int64_t id = sampler_series(sampler, &temperature);
	struct series stored[4];
	ck_assert_uint_eq(fake_store_series(store, stored, 4), 0);
	fake_store_fail(store, 0, false);
	add(id, 1000, 1);
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_RETRY_MS));
	ck_assert_uint_eq(fake_store_series(store, stored, 4), 1);
	tear_down();
}
END_TEST

START_TEST(forgets_an_erased_device)
{
	set_up();
	int64_t id = sampler_series(sampler, &temperature);
	struct series other = temperature;
	memcpy(other.device, "nas", 4);
	int64_t stays = sampler_series(sampler, &other);
	add(id, 1000, 1);
	sampler_forget(sampler, "pi", start);
	ck_assert_ptr_null(sampler_find(sampler, &temperature));
	ck_assert_int_eq(sampler_find(sampler, &other)->id, stays);
	ck_assert_int_eq(sampler_series(sampler, &temperature), stays + 1);
	struct sample stored[4];
	ck_assert_uint_eq(fake_store_samples(store, stored, 4), 1); /* before the erasure, which the store does */
	tear_down();
}
END_TEST

static void say(int64_t series, int64_t at, const char *text)
{
	const struct text_sample sample = {.series = series, .at = {at}, .text = span_str(text)};
	sampler_add_text(sampler, &sample, start);
}

START_TEST(words_become_codes)
{
	set_up();
	const struct series mode = {.device = "pi", .entity = "mode", .kind = SERIES_TEXT};
	int64_t id = sampler_series(sampler, &mode), number = sampler_series(sampler, &temperature);
	fake_store_settle(store);
	say(id, 1000, "eco");
	say(id, 2000, "boost \"x\"");
	say(id, 3000, "eco");
	say(number, 3000, "hot"); /* no words there */
	add(id, 3500, 1);         /* nor numbers here */
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_BATCH_MS));
	struct sample stored[8];
	ck_assert_uint_eq(fake_store_samples(store, stored, 8), 3);
	ck_assert(stored[0].value == stored[2].value && stored[0].value != stored[1].value);
	ck_assert(live_log_wait(live, "points",
				"{\"points\":[[1,1000,\"eco\"],[1,2000,\"boost \\\"x\\\"\"],[1,3000,\"eco\"]]}"));
	tear_down();
}
END_TEST

START_TEST(too_many_words_cost_words_only)
{
	set_up();
	const struct series mode = {.device = "pi", .entity = "mode", .kind = SERIES_TEXT};
	int64_t id = sampler_series(sampler, &mode);
	char word[16];
	for (int i = 0; i < 300; i++) { /* the made-up store keeps 256 */
		snprintf(word, sizeof word, "w%d", i);
		say(id, 1000 + i, word);
	}
	struct sampler_stats stats;
	sampler_stats_get(sampler, &stats);
	ck_assert_uint_eq(stats.taken, 256);
	ck_assert_uint_eq(stats.dropped, 44);
	tear_down();
}
END_TEST

START_TEST(a_series_of_words_stays_one)
{
	set_up();
	struct series wanted = {.device = "pi", .entity = "mode", .kind = SERIES_TEXT};
	int64_t id = sampler_series(sampler, &wanted);
	wanted.kind = SERIES_GAUGE;
	memcpy(wanted.unit, "W", 2);
	ck_assert_int_eq(sampler_series(sampler, &wanted), id);
	ck_assert_int_eq(sampler_get(sampler, id)->kind, SERIES_TEXT);
	ck_assert_str_eq(sampler_get(sampler, id)->unit, "W");
	tear_down();
}
END_TEST

START_TEST(what_the_owner_set_survives_the_device)
{
	set_up();
	int64_t id = sampler_series(sampler, &temperature);
	struct series mine = *sampler_get(sampler, id);
	mine.recorder = (struct recorder){.preset = RECORD_DEADBAND, .deadband = 0.5};
	mine.raw_days = 7;
	mine.rollup_years = -1;
	mine.resolution_ms = 10000;
	memcpy(mine.unit, "F", 2); /* the device's to say */
	ck_assert_int_eq(sampler_change(sampler, &mine, NULL, start), 0);
	struct series described = {.device = "pi", .entity = "cpu", .unit = "K", .device_class = "temperature",
				   .kind = SERIES_COUNTER};
	ck_assert_int_eq(sampler_series(sampler, &described), id);
	struct series stored[2];
	ck_assert_uint_eq(fake_store_series(store, stored, 2), 1);
	ck_assert_int_eq(stored[0].recorder.preset, RECORD_DEADBAND);
	ck_assert_int_eq(stored[0].raw_days, 7);
	ck_assert_int_eq(stored[0].rollup_years, -1);
	ck_assert_int_eq(stored[0].resolution_ms, 10000);
	ck_assert_int_eq(stored[0].kind, SERIES_COUNTER);
	ck_assert_str_eq(stored[0].unit, "K");
	ck_assert_str_eq(stored[0].device_class, "temperature");
	mine.id = 99;
	ck_assert_int_eq(sampler_change(sampler, &mine, NULL, start), ERR_NOT_FOUND);
	tear_down();
}
END_TEST

START_TEST(topics_have_series_too)
{
	set_up();
	const struct series power = {.topic = "stat/plug", .path = "$.power"}, voltage = {.topic = "stat/plug", .path = "$.u"};
	int64_t id = sampler_series(sampler, &power);
	ck_assert_int_ne(sampler_series(sampler, &voltage), id);
	struct series mine = *sampler_get(sampler, id);
	memcpy(mine.unit, "W", 2); /* nobody else says it */
	ck_assert_int_eq(sampler_change(sampler, &mine, NULL, start), 0);
	ck_assert_int_eq(sampler_series(sampler, &power), id);
	sampler_destroy(&sampler);
	begin();
	ck_assert_str_eq(sampler_find(sampler, &power)->unit, "W");
	tear_down();
}
END_TEST

/* Sets the recorder of a series. */
static void record(int64_t id, const struct recorder *recorder)
{
	struct series changed = *sampler_get(sampler, id);
	changed.recorder = *recorder;
	ck_assert_int_eq(sampler_change(sampler, &changed, NULL, start), 0);
}

START_TEST(held_readings_come_at_their_time)
{
	set_up();
	int64_t id = sampler_series(sampler, &temperature);
	record(id, &(struct recorder){.preset = RECORD_INTERVAL, .interval_ms = 60000});
	add(id, 1000, 1);
	add(id, 2000, 2);
	add(id, 3000, 3);
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_BATCH_MS));
	struct sample stored[8];
	ck_assert_uint_eq(fake_store_samples(store, stored, 8), 1);
	ck_assert_int_eq(sampler_deadline(sampler).ms, start.ms + 58000); /* 61000 by the readings' clock */
	sampler_turn(sampler, mono_add_ms(start, 57999));
	ck_assert_int_eq(sampler_deadline(sampler).ms, start.ms + 58000);
	sampler_turn(sampler, mono_add_ms(start, 58000));
	sampler_turn(sampler, mono_add_ms(start, 58000 + SAMPLER_BATCH_MS));
	ck_assert_uint_eq(fake_store_samples(store, stored, 8), 2);
	ck_assert_int_eq(stored[1].at.ms, 3000);
	ck_assert_int_eq(sampler_deadline(sampler).ms, INT64_MAX);
	add(id, 70000, 4);
	sampler_destroy(&sampler); /* a stop loses nothing */
	ck_assert_uint_eq(fake_store_samples(store, stored, 8), 3);
	begin();
	tear_down();
}
END_TEST

START_TEST(another_recorder_keeps_what_was_held)
{
	set_up();
	int64_t id = sampler_series(sampler, &temperature);
	record(id, &(struct recorder){.preset = RECORD_INTERVAL, .interval_ms = 60000});
	add(id, 1000, 1);
	add(id, 2000, 2);
	record(id, &(struct recorder){.preset = RECORD_NOTHING});
	add(id, 3000, 3);
	sampler_turn(sampler, mono_add_ms(start, 100000));
	struct sample stored[8];
	ck_assert_uint_eq(fake_store_samples(store, stored, 8), 2);
	ck_assert(stored[1].value == 2);
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {series_keep_their_ids, flushes_by_age_and_says_so,
				      flushes_when_full_and_at_the_end, one_millisecond_never_holds_two_samples,
				      full_store_costs_samples_only, series_come_again_after_a_full_disk,
				      forgets_an_erased_device, words_become_codes, too_many_words_cost_words_only,
				      a_series_of_words_stays_one, what_the_owner_set_survives_the_device,
				      topics_have_series_too, held_readings_come_at_their_time,
				      another_recorder_keeps_what_was_held};
	return suite_run("ingest/sampler", tests, sizeof tests / sizeof tests[0]);
}
