/* Who waits for a message's samples: is told once for each time that it was held, when all is known, and of what
 * became of its own samples. */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "ingest/sampler.h"
#include "support/fake_store.h"
#include "support/live_log.h"
#include "support/suite.h"

/* One that waits. */
struct sender {
	_Atomic int due; /* times that it is still to be told */
	_Atomic int err; /* the last that it was told, if not 0 */
};

static struct store *store;
static struct live_log *live;
static struct sampler *sampler;
static int64_t series;

static const struct mono_ms start = {5000};
static const struct series temperature = {.device = "pi", .entity = "cpu", .unit = "°C"};

static void set_up(void)
{
	store = fake_store_create();
	live = live_log_create();
	struct live_port port = live_log_port(live);
	ck_assert_int_eq(sampler_create(store, &port, &sampler), 0);
	series = sampler_series(sampler, &temperature);
	fake_store_settle(store);
}

static void tear_down(void)
{
	sampler_destroy(&sampler);
	fake_store_destroy(&store);
	live_log_destroy(&live);
}

static void hold(void *ctx)
{
	atomic_fetch_add(&((struct sender *)ctx)->due, 1);
}

static void tell(void *ctx, int err)
{
	struct sender *sender = ctx;
	if (err)
		atomic_store(&sender->err, err);
	ck_assert_int_gt(atomic_fetch_sub(&sender->due, 1), 0);
}

static void begin(struct sender *sender)
{
	*sender = (struct sender){.due = 1};
	sampler_message_begin(sampler, &(struct sampler_waiter){hold, tell, sender});
}

static void end(void)
{
	sampler_message_end(sampler, start);
}

static void add_to(int64_t to, size_t count)
{
	static int64_t at = 1000;
	for (size_t i = 0; i < count; i++) {
		const struct sample sample = {.series = to, .at = {at++}, .value = (double)to};
		sampler_add(sampler, &sample, start);
	}
}

static void add(size_t count)
{
	add_to(series, count);
}

/* A message of so many samples. */
static void speak(struct sender *sender, size_t count)
{
	begin(sender);
	add(count);
	end();
}

/* Hands over and waits for the store; returns what the sender was told. */
static int told(struct sender *sender)
{
	sampler_turn(sampler, start);
	fake_store_settle(store);
	ck_assert_int_eq(sender->due, 0);
	return sender->err;
}

static size_t stored(void)
{
	return fake_store_samples(store, NULL, 0);
}

START_TEST(is_told_when_the_store_has_it)
{
	struct sender sender;
	set_up();
	speak(&sender, 2);
	fake_store_settle(store);
	ck_assert_int_eq(sender.due, 1);
	ck_assert_int_eq(sampler_deadline(sampler).ms, start.ms); /* not in SAMPLER_BATCH_MS */
	ck_assert_int_eq(told(&sender), 0);
	ck_assert_uint_eq(stored(), 2);
	ck_assert_int_eq(sampler_deadline(sampler).ms, INT64_MAX);
	tear_down();
}
END_TEST

START_TEST(without_samples_is_told_at_once)
{
	struct sender sender;
	set_up();
	fake_store_fail(store, ERR_DISK_FULL, false);
	add(1); /* somebody else's */
	speak(&sender, 0);
	ck_assert_int_eq(sender.due, 0);
	ck_assert_int_eq(sender.err, 0);
	ck_assert_int_eq(sampler_deadline(sampler).ms, start.ms + SAMPLER_BATCH_MS);
	tear_down();
}
END_TEST

START_TEST(is_told_of_a_store_that_fails)
{
	struct sender first, second;
	set_up();
	fake_store_fail(store, ERR_DISK_FULL, false);
	speak(&first, 1);
	speak(&second, 1);
	ck_assert_int_eq(told(&first), ERR_DISK_FULL);
	ck_assert_int_eq(told(&second), ERR_DISK_FULL);
	fake_store_fail(store, 0, true);
	speak(&first, 1);
	ck_assert_int_eq(told(&first), ERR_FULL);
	fake_store_fail(store, 0, false);
	speak(&first, 1);
	ck_assert_int_eq(told(&first), 0);
	tear_down();
}
END_TEST

START_TEST(waits_for_the_batch_that_its_last_sample_fills)
{
	struct sender sender;
	set_up();
	for (int failing = 1; failing >= 0; failing--) {
		add(SAMPLER_BATCH_MAX - 2);
		fake_store_fail_append(store, 1, failing ? ERR_DISK_FULL : 0);
		speak(&sender, 2);
		ck_assert_int_eq(sampler_deadline(sampler).ms, INT64_MAX); /* nothing is left */
		ck_assert_int_eq(told(&sender), failing ? ERR_DISK_FULL : 0);
	}
	ck_assert_uint_eq(stored(), SAMPLER_BATCH_MAX);
	tear_down();
}
END_TEST

START_TEST(waits_for_every_batch_that_its_samples_are_in)
{
	struct sender sender;
	set_up();
	for (unsigned bad = 0; bad <= 3; bad++) { /* the batch that fails; 0: none */
		add(SAMPLER_BATCH_MAX - 1);
		fake_store_fail_append(store, bad, ERR_DISK_FULL);
		speak(&sender, 1 + SAMPLER_BATCH_MAX + 1);
		fake_store_settle(store);
		ck_assert_int_eq(sender.due, 1); /* the third batch is still to go */
		ck_assert_int_eq(told(&sender), bad ? ERR_DISK_FULL : 0);
	}
	tear_down();
}
END_TEST

START_TEST(does_not_answer_for_others)
{
	struct sender first, second;
	set_up();
	fake_store_fail_append(store, 1, ERR_DISK_FULL);
	speak(&first, SAMPLER_BATCH_MAX);
	sampler_message_begin(sampler, NULL);
	add(SAMPLER_BATCH_MAX + 1);
	end();
	speak(&second, 1);
	ck_assert_int_eq(told(&second), 0);
	ck_assert_int_eq(told(&first), ERR_DISK_FULL);
	ck_assert_uint_eq(stored(), SAMPLER_BATCH_MAX + 2);
	tear_down();
}
END_TEST

/* A series that the store does not have and is not asked to take again before retry. */
static const struct mono_ms retry = {5000 + SAMPLER_BATCH_MS + SAMPLER_RETRY_MS};
static int64_t missing_series(void)
{
	struct series humidity = temperature;
	memcpy(humidity.entity, "humidity", 9);
	fake_store_fail(store, ERR_DISK_FULL, false);
	int64_t id = sampler_series(sampler, &humidity);
	fake_store_settle(store);
	add(1);
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_BATCH_MS)); /* tried again, in vain */
	fake_store_settle(store);
	fake_store_fail(store, 0, false);
	return id;
}

START_TEST(is_told_of_a_missing_series_if_it_is_its_own)
{
	struct sender first, second, third, fourth;
	struct sampler_stats before, stats;
	set_up();
	int64_t missing = missing_series();
	sampler_stats_get(sampler, &before);
	begin(&first);
	add_to(missing, 1);
	end();
	speak(&second, 1);
	begin(&third);
	add(1);
	add_to(missing, 1);
	end();
	speak(&fourth, 1);
	ck_assert_int_eq(told(&first), ERR_NOT_FOUND);
	ck_assert_int_eq(told(&second), 0);
	ck_assert_int_eq(told(&third), ERR_NOT_FOUND);
	ck_assert_int_eq(told(&fourth), 0);
	ck_assert_uint_eq(stored(), 3);
	sampler_stats_get(sampler, &stats);
	ck_assert_uint_eq(stats.stored - before.stored, 3);
	ck_assert_uint_eq(stats.dropped - before.dropped, 2);
	tear_down();
}
END_TEST

START_TEST(what_is_stored_is_shown_without_the_rest)
{
	set_up();
	int64_t missing = missing_series();
	const struct sample samples[] = {{missing, {1000}, 1}, {series, {2000}, 2}, {missing, {3000}, 3},
					 {series, {4000}, 4}, {missing, {5000}, 5}};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		sampler_add(sampler, &samples[i], start);
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_BATCH_MS));
	ck_assert(live_log_wait(live, "points", "{\"points\":[[1,2000,2],[1,4000,4]]}"));
	sampler_add(sampler, &(struct sample){missing, {6000}, 6}, start);
	sampler_turn(sampler, mono_add_ms(start, SAMPLER_BATCH_MS));
	fake_store_settle(store);
	ck_assert_uint_eq(live_log_count(live, "points", "{"), 1); /* of nothing nothing is said */
	sampler_add(sampler, &(struct sample){missing, {7000}, 7}, retry);
	sampler_turn(sampler, mono_add_ms(retry, SAMPLER_BATCH_MS));
	ck_assert(live_log_wait(live, "points", "{\"points\":[[2,7000,7]]}"));
	tear_down();
}
END_TEST

static void say(int64_t to, const char *text)
{
	sampler_add_text(sampler, &(struct text_sample){.series = to, .at = {1000}, .text = span_str(text)}, start);
}

START_TEST(is_told_of_a_word_that_the_store_refuses)
{
	struct sender sender;
	struct sampler_stats stats;
	char word[16];
	set_up();
	const struct series mode = {.device = "pi", .entity = "mode", .kind = SERIES_TEXT};
	int64_t words = sampler_series(sampler, &mode);
	for (int i = 0; i < 256; i++) { /* as many as the made-up store keeps */
		snprintf(word, sizeof word, "w%d", i);
		say(words, word);
	}
	begin(&sender);
	say(words, "one too many");
	end();
	ck_assert_int_eq(told(&sender), ERR_AGAIN);
	begin(&sender);
	add(1);
	say(words, "another");
	add(1);
	end();
	ck_assert_int_eq(told(&sender), ERR_AGAIN); /* though the rest is stored */
	begin(&sender);
	say(words, "w7");
	end();
	ck_assert_int_eq(told(&sender), 0);
	begin(&sender); /* a batch of it leaves before the word fails */
	add(SAMPLER_BATCH_MAX);
	say(words, "a third");
	end();
	ck_assert_int_eq(told(&sender), ERR_AGAIN);
	sampler_stats_get(sampler, &stats);
	ck_assert_uint_eq(stats.dropped, 3);
	tear_down();
}
END_TEST

START_TEST(is_told_at_the_end_of_the_sampler)
{
	struct sender sender;
	set_up();
	speak(&sender, 1);
	sampler_destroy(&sampler);
	ck_assert_int_eq(sender.due, 0);
	ck_assert_int_eq(sender.err, 0);
	ck_assert_uint_eq(stored(), 1);
	fake_store_destroy(&store);
	live_log_destroy(&live);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		is_told_when_the_store_has_it,
		without_samples_is_told_at_once,
		is_told_of_a_store_that_fails,
		waits_for_the_batch_that_its_last_sample_fills,
		waits_for_every_batch_that_its_samples_are_in,
		does_not_answer_for_others,
		is_told_of_a_missing_series_if_it_is_its_own,
		what_is_stored_is_shown_without_the_rest,
		is_told_of_a_word_that_the_store_refuses,
		is_told_at_the_end_of_the_sampler,
	};
	return suite_run("ingest/waiters", tests, sizeof tests / sizeof tests[0]);
}
