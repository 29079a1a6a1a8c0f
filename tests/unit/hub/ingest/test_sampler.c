/* The sampler: series get ids that stay, samples reach the store in batches and none replaces
 * another, and a store that is full costs samples but no time. */
#include "ingest/sampler.h"

#include <check.h>
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
	ck_assert_int_eq(sampler_find(sampler, "pi", "cpu"), 0);
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
	ck_assert_int_eq(sampler_find(sampler, "pi", "load"), 2);
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
	ck_assert_int_eq(sampler_find(sampler, "pi", "cpu"), 0);
	ck_assert_int_eq(sampler_find(sampler, "nas", "cpu"), stays);
	ck_assert_int_eq(sampler_series(sampler, &temperature), stays + 1);
	struct sample stored[4];
	ck_assert_uint_eq(fake_store_samples(store, stored, 4), 1); /* before the erasure, which the store does */
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {series_keep_their_ids, flushes_by_age_and_says_so,
				      flushes_when_full_and_at_the_end, one_millisecond_never_holds_two_samples,
				      full_store_costs_samples_only, series_come_again_after_a_full_disk,
				      forgets_an_erased_device};
	return suite_run("ingest/sampler", tests, sizeof tests / sizeof tests[0]);
}
