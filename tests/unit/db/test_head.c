/* The head: names of series, order of samples, what a reader's copy holds while they are sealed, words. */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/head.h"
#include "support.h"

static struct head *h;

static int put(int64_t id, const char *device, const char *entity)
{
	struct series series = {.id = id};
	ck_assert_int_eq(str_copy(series.device, sizeof series.device, device), 0);
	ck_assert_int_eq(str_copy(series.entity, sizeof series.entity, entity), 0);
	return head_put_series(h, &series, false);
}

static void begin(void)
{
	ck_assert_int_eq(head_create(&h), 0);
	ck_assert_int_eq(put(1, "lamp", "power"), 0);
}

static void append(int64_t series, int64_t at, double value)
{
	size_t unknown;
	ck_assert_int_eq(head_append(h, &(struct sample){series, {at}, value}, 1, NULL, &unknown), 0);
	ck_assert_uint_eq(unknown, 0);
}

static void assert_counts(size_t live, size_t frozen)
{
	size_t l, f;
	head_counts(h, &l, &f);
	ck_assert_uint_eq(l, live);
	ck_assert_uint_eq(f, frozen);
}

/* ---- registry ------------------------------------------------------------------ */

START_TEST(a_name_is_one_series)
{
	struct series series;
	begin();
	ck_assert_int_eq(put(2, "lamp", "power"), ERR_EXISTS);
	ck_assert_int_eq(head_get_series(h, 2, &series), ERR_NOT_FOUND);
	ck_assert_int_eq(put(1, "lamp", "energy"), 0); /* renamed: the old name is free */
	ck_assert_int_eq(put(2, "lamp", "power"), 0);
	head_remove_series(h, 1);
	ck_assert_int_eq(put(3, "lamp", "energy"), 0);
	head_destroy(&h);
}
END_TEST

START_TEST(senseless_series_are_refused)
{
	begin();
	ck_assert_int_eq(put(0, "a", "b"), ERR_INVALID);
	ck_assert_int_eq(put(SERIES_ID_MAX + 1, "a", "b"), ERR_INVALID);
	ck_assert_int_eq(put(2, "a", ""), ERR_INVALID);
	ck_assert_int_eq(put(2, "", "b"), ERR_INVALID);
	struct series both = {.id = 2, .device = "a", .entity = "b", .topic = "c"};
	ck_assert_int_eq(head_put_series(h, &both, false), ERR_INVALID);
	struct series series = {.id = 2, .topic = "c", .kind = (enum series_kind)9};
	ck_assert_int_eq(head_put_series(h, &series, false), ERR_INVALID);
	head_destroy(&h);
}
END_TEST

START_TEST(series_far_apart_come_in_order)
{
	static const int64_t ids[] = {1, 1023, 1024, 70000, SERIES_ID_MAX};
	struct series series = {0};
	begin();
	for (size_t i = 5; i-- > 1;) {
		char device[16];
		ck_assert_int_eq(str_format(device, sizeof device, "d%zu", i), 0);
		ck_assert_int_eq(put(ids[i], device, "e"), 0);
		append(ids[i], 1, 1);
	}
	for (size_t i = 0; i < 5; i++) {
		ck_assert_int_eq(head_next_series(h, series.id, &series), 0);
		ck_assert_int_eq(series.id, ids[i]);
	}
	ck_assert_int_eq(head_next_series(h, series.id, &series), ERR_NOT_FOUND);
	for (int i = 0; i < 1000; i++) { /* quickly, though there are 2^27 ids between them */
		head_freeze(h);
		head_melt(h);
	}
	head_destroy(&h);
}
END_TEST

START_TEST(only_changed_series_are_sealed)
{
	struct series series;
	begin();
	ck_assert_int_eq(head_put_series(h, &(struct series){.id = 5, .topic = "from/shelf"}, true), 0);
	head_freeze(h);
	ck_assert_int_eq(head_frozen_series(h, 0, &series), 0);
	ck_assert_int_eq(series.id, 1);
	ck_assert_int_eq(head_frozen_series(h, 1, &series), ERR_NOT_FOUND);
	ck_assert_int_eq(put(1, "lamp", "new"), 0); /* while it is being sealed */
	head_melt(h);
	head_freeze(h);
	ck_assert_int_eq(head_frozen_series(h, 0, &series), 0);
	ck_assert_str_eq(series.entity, "new");
	head_melt(h);
	head_freeze(h);
	ck_assert_int_eq(head_frozen_series(h, 0, &series), ERR_NOT_FOUND);
	head_destroy(&h);
}
END_TEST

/* ---- samples -------------------------------------------------------------------- */

static const struct shelf_range all = {1, INT64_MIN, INT64_MAX};

START_TEST(copies_are_in_order_and_the_later_written_counts)
{
	struct head_copy copy;
	begin();
	append(1, 30, 1);
	append(1, 10, 2);
	append(1, 30, 3);
	append(1, 20, 4);
	append(1, 10, 5);
	ck_assert_int_eq(head_copy(h, &all, &copy), 0);
	ck_assert_uint_eq(copy.live_count, 3);
	static const struct datum expected[] = {{10, 5}, {20, 4}, {30, 3}};
	ck_assert_mem_eq(copy.live, expected, sizeof expected);
	head_copy_finish(&copy);
	const struct shelf_range part = {1, 10, 29};
	ck_assert_int_eq(head_copy(h, &part, &copy), 0);
	ck_assert_uint_eq(copy.live_count, 2);
	head_copy_finish(&copy);
	const struct shelf_range none = {2, 0, 99};
	ck_assert_int_eq(head_copy(h, &none, &copy), ERR_NOT_FOUND);
	head_destroy(&h);
}
END_TEST

START_TEST(frozen_samples_stay_until_they_melt)
{
	struct head_copy copy;
	const struct datum *data;
	size_t count;
	int64_t series;
	begin();
	append(1, 20, 1);
	append(1, 10, 2);
	append(1, 20, 3);
	head_applied(h, 7);
	ck_assert_uint_eq(head_freeze(h), 7);
	assert_counts(0, 3);
	append(1, 15, 4);
	head_applied(h, 8);
	ck_assert_int_eq(head_frozen(h, 0, &series, &data, &count), 0);
	static const struct datum expected[] = {{10, 2}, {20, 3}};
	ck_assert_uint_eq(count, 2);
	ck_assert_mem_eq(data, expected, sizeof expected);
	assert_counts(1, 2);
	ck_assert_int_eq(head_frozen(h, series, &series, &data, &count), ERR_NOT_FOUND);
	ck_assert_int_eq(head_copy(h, &all, &copy), 0);
	ck_assert_uint_eq(copy.frozen_count, 2);
	ck_assert_uint_eq(copy.live_count, 1);
	ck_assert_uint_eq(copy.mark, 7);
	head_copy_finish(&copy);
	head_melt(h);
	assert_counts(1, 0);
	ck_assert_int_eq(head_copy(h, &all, &copy), 0);
	ck_assert_uint_eq(copy.frozen_count, 0);
	ck_assert_uint_eq(copy.live_count, 1);
	head_copy_finish(&copy);
	ck_assert_uint_eq(head_freeze(h), 8);
	head_destroy(&h);
}
END_TEST

static void *freeze(void *mark_r)
{
	*(uint64_t *)mark_r = head_freeze(h);
	return NULL;
}

/* Two sealings in a row under one mark would hide the second's samples from who looks in between. */
START_TEST(half_a_frame_is_not_frozen)
{
	pthread_t sealer;
	uint64_t mark;
	begin();
	append(1, 1, 1);
	head_applied(h, 7);
	ck_assert_uint_eq(head_freeze(h), 7);
	head_melt(h);
	head_frame_begin(h);
	append(1, 2, 2);
	ck_assert_int_eq(pthread_create(&sealer, NULL, freeze, &mark), 0);
	sched_yield(); /* it may come too early, and waits */
	append(1, 3, 3);
	head_applied(h, 8);
	head_frame_end(h);
	pthread_join(sealer, NULL);
	ck_assert_uint_eq(mark, 8);
	assert_counts(0, 2);
	head_destroy(&h);
}
END_TEST

START_TEST(a_removed_series_takes_its_samples_along)
{
	size_t unknown;
	begin();
	append(1, 1, 1);
	head_freeze(h);
	append(1, 2, 2);
	head_remove_series(h, 1);
	assert_counts(0, 0);
	ck_assert_int_eq(head_append(h, &(struct sample){1, {3}, 3}, 1, NULL, &unknown), 0);
	ck_assert_uint_eq(unknown, 1);
	head_melt(h);
	head_destroy(&h);
}
END_TEST

START_TEST(the_newest_is_by_time_and_not_nan)
{
	struct datum newest;
	begin();
	ck_assert_int_eq(head_latest(h, 1, &newest), ERR_NOT_FOUND);
	append(1, 5, NAN);
	ck_assert_int_eq(head_latest(h, 1, &newest), ERR_NOT_FOUND);
	append(1, 20, 1);
	append(1, 10, 2);
	append(1, 20, 3);
	append(1, 30, NAN);
	ck_assert_int_eq(head_latest(h, 1, &newest), 0);
	ck_assert_int_eq(newest.at, 20);
	ck_assert(newest.value == 3);
	head_destroy(&h);
}
END_TEST

START_TEST(noise_is_ranked)
{
	struct series_noise noise[3];
	begin();
	for (int64_t id = 2; id <= 6; id++) {
		char device[16];
		ck_assert_int_eq(str_format(device, sizeof device, "d%d", (int)id), 0);
		ck_assert_int_eq(put(id, device, "e"), 0);
		for (int64_t i = 0; i < (id * 5) % 7; i++)
			append(id, i, 0);
	}
	int64_t today = day_of(clock_wall().ms);
	ck_assert_uint_eq(head_noisiest(h, today, noise, 3), 3); /* of 3, 1, 6, 4, 2 */
	ck_assert_int_eq(noise[0].series, 4);
	ck_assert_uint_eq(noise[0].samples, 6);
	ck_assert_int_eq(noise[1].series, 5);
	ck_assert_int_eq(noise[2].series, 2);
	ck_assert_uint_eq(head_noisiest(h, today + 1, noise, 3), 0);
	head_destroy(&h);
}
END_TEST

/* ---- words ----------------------------------------------------------------------- */

static int64_t code_of(int64_t series, const char *text, bool new)
{
	int64_t code = 0;
	bool is_new;
	ck_assert_int_eq(head_word_code(h, series, span_str(text), &code, &is_new), 0);
	ck_assert_int_eq(is_new, new);
	return code;
}

START_TEST(words_have_codes_that_are_never_given_twice)
{
	char text[STORE_WORD_MAX + 1];
	begin();
	ck_assert_int_eq(code_of(1, "on", true), 1);
	ck_assert_int_eq(code_of(1, "off", true), 2);
	ck_assert_int_eq(code_of(1, "on", false), 1);
	ck_assert_int_eq(code_of(9, "before its series", true), 1);
	head_remove_words(h, 1, (const int64_t[]){2}, 1);
	ck_assert_int_eq(head_word_text(h, 1, 2, text), ERR_NOT_FOUND);
	ck_assert_int_eq(code_of(1, "off", true), 3);
	ck_assert_int_eq(put(9, "nine", "state"), 0);
	ck_assert_int_eq(head_word_text(h, 9, 1, text), 0);
	ck_assert_str_eq(text, "before its series");
	head_destroy(&h);
}
END_TEST

START_TEST(words_have_bounds)
{
	char text[STORE_WORD_MAX + 2];
	int64_t code;
	bool is_new;
	begin();
	memset(text, 'x', sizeof text);
	ck_assert_int_eq(head_word_code(h, 1, span_of((uint8_t *)text, STORE_WORD_MAX + 1), &code, &is_new), ERR_TOO_LARGE);
	ck_assert_int_eq(head_word_code(h, 1, span_of((uint8_t *)text, STORE_WORD_MAX), &code, &is_new), 0);
	ck_assert_int_eq(head_word_code(h, 1, span_of((const uint8_t *)"a\0b", 3), &code, &is_new), ERR_TOO_LARGE);
	ck_assert_int_eq(head_word_code(h, 0, span_str("a"), &code, &is_new), ERR_INVALID);
	for (int i = 1; i < STORE_WORDS_MAX; i++) {
		ck_assert_int_eq(str_format(text, sizeof text, "w%d", i), 0);
		if (head_word_code(h, 1, span_str(text), &code, &is_new))
			ck_abort_msg("word %d", i);
	}
	ck_assert_int_eq(head_word_code(h, 1, span_str("one more"), &code, &is_new), ERR_FULL);
	ck_assert_int_eq(code_of(1, "w7", false), 8);
	head_destroy(&h);
}
END_TEST

START_TEST(new_words_are_sealed_once)
{
	char text[STORE_WORD_MAX + 1];
	int64_t code;
	begin();
	ck_assert_int_eq(head_put_word(h, &(struct shelf_word){1, 4, 0, "old"}, true), 0);
	code_of(1, "new", true);
	head_freeze(h);
	ck_assert_int_eq(head_frozen_word(h, 1, 0, &code, text), 0);
	ck_assert_int_eq(code, 5);
	ck_assert_str_eq(text, "new");
	ck_assert_int_eq(head_frozen_word(h, 1, code, &code, text), ERR_NOT_FOUND);
	ck_assert_int_eq(head_frozen_word(h, 1, 0, &code, text), 0); /* the sealing failed: again */
	head_melt(h);
	head_freeze(h);
	ck_assert_int_eq(head_frozen_word(h, 1, 0, &code, text), ERR_NOT_FOUND);
	head_destroy(&h);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------ */

START_TEST(damaged_chunks_are_remembered_once)
{
	int64_t id;
	size_t taken = 0;
	begin();
	ck_assert(!head_take_damaged(h, &id));
	for (int i = 0; i < 3; i++)
		head_note_damaged(h, 77);
	head_note_damaged(h, 78);
	ck_assert(head_take_damaged(h, &id));
	ck_assert(head_take_damaged(h, &id));
	ck_assert(!head_take_damaged(h, &id));
	for (int64_t i = 0; i < 1000; i++) /* more than it keeps */
		head_note_damaged(h, i);
	while (head_take_damaged(h, &id))
		taken++;
	ck_assert_uint_gt(taken, 10);
	ck_assert_uint_lt(taken, 1000);
	head_destroy(&h);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, a_name_is_one_series);
	tcase_add_test(tc, senseless_series_are_refused);
	tcase_add_test(tc, series_far_apart_come_in_order);
	tcase_add_test(tc, only_changed_series_are_sealed);
	tcase_add_test(tc, copies_are_in_order_and_the_later_written_counts);
	tcase_add_test(tc, frozen_samples_stay_until_they_melt);
	tcase_add_test(tc, half_a_frame_is_not_frozen);
	tcase_add_test(tc, a_removed_series_takes_its_samples_along);
	tcase_add_test(tc, the_newest_is_by_time_and_not_nan);
	tcase_add_test(tc, noise_is_ranked);
	tcase_add_test(tc, words_have_codes_that_are_never_given_twice);
	tcase_add_test(tc, words_have_bounds);
	tcase_add_test(tc, new_words_are_sealed_once);
	tcase_add_test(tc, damaged_chunks_are_remembered_once);
}

int main(void)
{
	return test_run("head", add);
}
