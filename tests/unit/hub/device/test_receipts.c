/* What the senders of readings are told: that a reading is on the disk only when it is, and of a failure only
 * those whose readings failed. */
#include <check.h>
#include <stdio.h>

#include "base/err.h"
#include "broker/receipt.h"
#include "device/house_private.h"
#include "fixture.h"
#include "ingest/sampler.h"
#include "support/fake_store.h"
#include "support/suite.h"

static struct fixture f;

/* ---- without memory -------------------------------------------------------- */

static _Atomic bool starving; /* all threads but the test's */
static _Thread_local bool is_fed;
static _Thread_local bool next_fails; /* malloc of this thread: the mail for the house */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return starving && !is_fed ? NULL : __real_calloc(count, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	bool fails = next_fails;
	next_fails = false;
	return fails ? NULL : __real_malloc(size);
}

/* ---- what is said and told --------------------------------------------------- */

static const char *const cpu = "tomte/pi/tele/cpu_thermal";

static void set_up(void)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	fixture_say(&f, cpu, "40"); /* makes the series */
	fixture_pass(&f, SAMPLER_BATCH_MS);
}

static size_t stored(void)
{
	return fake_store_samples(f.store, NULL, 0);
}

/* Says it, waits, and returns what is told. */
static int ask(const char *topic, const char *payload)
{
	struct receipt *receipt = fixture_say_waiting(&f, topic, payload);
	return fixture_told(&receipt);
}

/* Readings for which nobody waits, until the batch has so many places left. */
static void fill_batch(int left)
{
	for (int i = left; i < SAMPLER_BATCH_MAX; i++)
		fixture_say(&f, cpu, "41");
}

static void add_rule(const char *wish)
{
	struct buf json = {0};
	ck_assert_int_eq(f.history.rule_add(f.history.ctx, span_str(wish), &json), 0);
	buf_finish(&json);
}

START_TEST(a_stored_reading_is_acknowledged)
{
	set_up();
	ck_assert_int_eq(ask(cpu, "47.25"), 0);
	ck_assert_uint_eq(stored(), 2);
	fixture_end(&f);
}
END_TEST

START_TEST(what_makes_no_sample_is_acknowledged_at_once)
{
	set_up();
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	ck_assert_int_eq(ask("tomte/pi/status", "online"), 0);
	ck_assert_int_eq(ask("tomte/nobody/tele/cpu_thermal", "1"), 0);
	ck_assert_int_eq(ask(cpu, "no number"), 0);
	fixture_end(&f);
}
END_TEST

/* The recorder thins out on purpose: nothing is promised of what it leaves out or may write later. */
START_TEST(what_is_held_back_is_acknowledged_at_once)
{
	static const char *const recorders[] = {
		"{\"recorder\":{\"preset\":\"interval\",\"interval_ms\":60000}}",
		"{\"recorder\":{\"preset\":\"changes\"}}",
		"{\"recorder\":{\"preset\":\"nothing\"}}",
	};
	set_up();
	for (size_t i = 0; i < sizeof recorders / sizeof *recorders; i++) {
		struct buf json = {0};
		ck_assert_int_eq(f.history.series_edit(f.history.ctx, 1, span_str(recorders[i]), &json), 0);
		buf_finish(&json);
		fixture_pass(&f, SAMPLER_BATCH_MS); /* what the recorder before had held */
		ck_assert_int_eq(ask(cpu, "42"), 0); /* the first is written, if any is */
		fake_store_fail(f.store, ERR_DISK_FULL, false);
		ck_assert_int_eq(ask(cpu, "42"), 0);
		fake_store_fail(f.store, 0, false);
	}
	fixture_end(&f);
}
END_TEST

START_TEST(a_reading_that_is_not_stored_is_not_acknowledged)
{
	set_up();
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	ck_assert_int_eq(ask(cpu, "47.25"), ERR_DISK_FULL);
	fake_store_fail(f.store, 0, true); /* not even taken */
	ck_assert_int_eq(ask(cpu, "47.25"), ERR_FULL);
	fake_store_fail(f.store, 0, false);
	ck_assert_int_eq(ask(cpu, "47.25"), 0);
	ck_assert_uint_eq(stored(), 2);
	fixture_end(&f);
}
END_TEST

START_TEST(the_reading_that_fills_a_batch_waits_for_it)
{
	set_up();
	fill_batch(1);
	fake_store_fail_append(f.store, 1, ERR_DISK_FULL);
	ck_assert_int_eq(ask(cpu, "47.25"), ERR_DISK_FULL);
	ck_assert_uint_eq(stored(), 1);
	fill_batch(1);
	ck_assert_int_eq(ask(cpu, "47.25"), 0);
	ck_assert_uint_eq(stored(), 1 + SAMPLER_BATCH_MAX);
	fixture_end(&f);
}
END_TEST

START_TEST(a_message_whose_samples_part_waits_for_both_batches)
{
	set_up();
	add_rule("{\"filter\":\"plant/+\",\"path\":\"power\"}");
	add_rule("{\"filter\":\"plant/+\",\"path\":\"energy\"}");
	ck_assert_int_eq(ask("plant/1", "{\"power\":1,\"energy\":2}"), 0);
	size_t before = stored();
	for (unsigned nth = 1; nth <= 2; nth++) {
		fill_batch(1);
		fake_store_fail_append(f.store, nth, ERR_DISK_FULL);
		ck_assert_int_eq(ask("plant/1", "{\"power\":3,\"energy\":4}"), ERR_DISK_FULL);
	}
	fake_store_settle(f.store);
	ck_assert_uint_eq(stored(), before + SAMPLER_BATCH_MAX + 1);
	fill_batch(1);
	ck_assert_int_eq(ask("plant/1", "{\"power\":5,\"energy\":6}"), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(a_missing_series_fails_its_own_reading_only)
{
	set_up();
	add_rule("{\"filter\":\"plant/+\"}");
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	fixture_say(&f, "plant/1", "1");
	fixture_pass(&f, SAMPLER_BATCH_MS); /* its series is tried again, and then not for a while */
	fake_store_fail(f.store, 0, false);
	fixture_say(&f, "plant/1", "2");
	ck_assert_int_eq(ask(cpu, "47.25"), 0);
	ck_assert_uint_eq(stored(), 2);
	ck_assert_int_eq(ask("plant/1", "3"), ERR_NOT_FOUND);
	fixture_pass(&f, SAMPLER_RETRY_MS);
	ck_assert_int_eq(ask("plant/1", "4"), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(a_word_that_cannot_be_kept_is_not_acknowledged)
{
	char word[16];
	set_up();
	add_rule("{\"filter\":\"mode/+\",\"kind\":\"text\"}");
	for (int i = 0; i < 256; i++) { /* as many as the made-up store keeps */
		snprintf(word, sizeof word, "w%d", i);
		fixture_say(&f, "mode/1", word);
	}
	ck_assert_int_eq(ask("mode/1", "one too many"), ERR_AGAIN);
	ck_assert_int_eq(ask("mode/1", "w0"), 0);
	fixture_end(&f);
}
END_TEST

/* Says it to a house without memory. */
static int ask_starving(const char *topic, const char *payload)
{
	fixture_sync(&f);
	is_fed = true;
	starving = true;
	int err = ask(topic, payload);
	starving = false;
	return err;
}

START_TEST(a_reading_that_gets_no_series_is_not_acknowledged)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	ck_assert_int_eq(ask_starving(cpu, "47.25"), ERR_NOMEM);
	ck_assert_int_eq(ask(cpu, "47.25"), 0);
	add_rule("{\"filter\":\"plant/+\"}");
	ck_assert_int_eq(ask_starving("plant/1", "1"), ERR_NOMEM); /* nor is its topic remembered */
	ck_assert_int_eq(ask("plant/1", "no number"), 0);
	ck_assert_int_eq(ask_starving("plant/1", "1"), ERR_NOMEM);
	ck_assert_int_eq(ask("plant/1", "1"), 0);
	ck_assert_uint_eq(stored(), 2);
	fixture_end(&f);
}
END_TEST

START_TEST(mail_that_got_no_memory_takes_no_place)
{
	struct house_stats stats;
	set_up();
	for (size_t i = 1; i < HOUSE_QUEUE_MAX / 2; i++) {
		next_fails = true;
		fixture_say(&f, cpu, "47.25");
	}
	next_fails = true;
	struct receipt *receipt = fixture_say_waiting(&f, cpu, "47.25");
	ck_assert_int_eq(fixture_told(&receipt), ERR_NOMEM);
	house_stats_get(f.house, &stats);
	ck_assert_uint_eq(stats.messages_lost, HOUSE_QUEUE_MAX / 2);
	fixture_say(&f, cpu, "47.25");
	fixture_pass(&f, SAMPLER_BATCH_MS);
	house_stats_get(f.house, &stats);
	ck_assert_uint_eq(stats.messages_lost, HOUSE_QUEUE_MAX / 2);
	ck_assert_uint_eq(stored(), 2);
	fixture_end(&f);
}
END_TEST

START_TEST(what_a_house_that_ends_still_has_is_not_acknowledged)
{
	set_up();
	house_stop(f.house);
	struct receipt *receipt = fixture_say_waiting(&f, cpu, "47.25");
	fixture_end(&f);
	ck_assert_int_eq(fixture_told(&receipt), ERR_CLOSED);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_stored_reading_is_acknowledged,
		what_makes_no_sample_is_acknowledged_at_once,
		what_is_held_back_is_acknowledged_at_once,
		a_reading_that_is_not_stored_is_not_acknowledged,
		the_reading_that_fills_a_batch_waits_for_it,
		a_message_whose_samples_part_waits_for_both_batches,
		a_missing_series_fails_its_own_reading_only,
		a_word_that_cannot_be_kept_is_not_acknowledged,
		a_reading_that_gets_no_series_is_not_acknowledged,
		mail_that_got_no_memory_takes_no_place,
		what_a_house_that_ends_still_has_is_not_acknowledged,
	};
	return suite_run("device/receipts", tests, sizeof tests / sizeof tests[0]);
}
