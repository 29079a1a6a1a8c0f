/* Copying and moving a shelf: nothing is lost, nothing is doubled, and being killed does no harm. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "copy_house.h"
#include "support/scratch.h"

static struct scratch scratch;

static void setup(void)
{
	scratch_create(&scratch);
}

static void teardown(void)
{
	scratch_remove(&scratch);
}

static struct shelf *open_shelf(const char *name)
{
	struct shelf *shelf;
	char message[512];
	int err = shelf_open_sqlite(scratch_path(&scratch, name), &shelf, message);
	ck_assert_msg(err == 0, "%d %s", err, message);
	return shelf;
}

static int copy_all(struct shelf *from, struct shelf *to, bool move)
{
	return shelf_copy(from, to, move, NULL, NULL);
}

START_TEST(an_empty_shelf_is_copied)
{
	struct shelf *from = open_shelf("from"), *to = open_shelf("to");
	ck_assert_int_eq(copy_all(from, to, true), 0);
	ck_assert_uint_eq(house_digest(to), house_digest(from));
	shelf_close(&from);
	shelf_close(&to);
}
END_TEST

START_TEST(a_copy_is_the_same)
{
	struct shelf *from = open_shelf("from"), *to = open_shelf("to");
	house_fill(from, HOUSE_ALL);
	ck_assert_int_eq(copy_all(from, to, false), 0);
	uint64_t digest = house_digest(from);
	ck_assert_uint_eq(house_digest(to), digest);
	ck_assert_int_eq(copy_all(from, to, false), 0); /* once more changes nothing */
	ck_assert_uint_eq(house_digest(to), digest);
	ck_assert_int_eq(copy_all(to, from, false), 0);
	ck_assert_uint_eq(house_digest(from), digest);
	shelf_close(&from);
	shelf_close(&to);
}
END_TEST

START_TEST(moving_empties_the_source)
{
	struct shelf *from = open_shelf("from"), *to = open_shelf("to");
	house_fill(from, HOUSE_ALL);
	uint64_t digest = house_digest(from);
	ck_assert_int_eq(copy_all(from, to, true), 0);
	ck_assert_uint_eq(house_digest(to), digest);
	struct shelf_size size;
	house_size(from, &size);
	ck_assert_int_eq(size.chunks, 0);
	ck_assert_int_eq(size.rollup_bytes, 0);
	ck_assert_uint_eq(house_notes(from), 0);
	ck_assert_uint_eq(house_series(from), HOUSE_SERIES);
	ck_assert_int_eq(copy_all(from, to, true), 0);
	ck_assert_uint_eq(house_digest(to), digest);
	shelf_close(&from);
	shelf_close(&to);
}
END_TEST

START_TEST(what_both_have_is_merged)
{
	struct shelf *from = open_shelf("from"), *to = open_shelf("to"), *whole = open_shelf("whole");
	house_fill(whole, HOUSE_ALL);
	house_fill(from, HOUSE_ODD);
	house_fill(to, HOUSE_EVEN);
	house_compact(from);
	house_compact(to);
	ck_assert_uint_eq(house_notes(to), 0);
	ck_assert_int_eq(copy_all(from, to, true), 0);
	ck_assert_uint_eq(house_notes(to), HOUSE_SERIES * HOUSE_DAYS);
	house_compact(to);
	house_compact(whole);
	ck_assert_uint_eq(house_digest(to), house_digest(whole));
	shelf_close(&from);
	shelf_close(&to);
	shelf_close(&whole);
}
END_TEST

/* As when a server was away for some days within the 32 of a block of hours. */
START_TEST(blocks_of_hours_are_joined)
{
	struct shelf *from = open_shelf("from"), *to = open_shelf("to"), *whole = open_shelf("whole");
	house_fill(whole, HOUSE_ALL);
	house_fill(from, HOUSE_LATE_DAYS);
	house_fill(to, HOUSE_EARLY_DAYS);
	house_compact(from);
	house_compact(to);
	house_compact(whole);
	ck_assert_int_eq(copy_all(from, to, true), 0);
	ck_assert_uint_eq(house_notes(to), 0); /* nothing to be done anew */
	ck_assert_uint_eq(house_digest(to), house_digest(whole));
	shelf_close(&from);
	shelf_close(&to);
	shelf_close(&whole);
}
END_TEST

START_TEST(copied_samples_win)
{
	struct shelf *from = open_shelf("from"), *to = open_shelf("to");
	house_fill(to, HOUSE_ALL);
	house_fill(from, HOUSE_ALL | HOUSE_OTHER_VALUES);
	uint64_t samples = house_samples(from);
	ck_assert_int_eq(copy_all(from, to, false), 0);
	ck_assert_uint_eq(house_samples(to), samples);
	house_compact(from);
	house_compact(to);
	ck_assert_uint_eq(house_digest(to), house_digest(from));
	shelf_close(&from);
	shelf_close(&to);
}
END_TEST

static int damage(void *ctx, const struct shelf_chunk *chunk)
{
	struct shelf_txn *txn = ctx;
	struct buf data = {0};
	ck_assert_int_eq(buf_append(&data, chunk->data.data, chunk->data.len), 0);
	data.data[data.len / 2] ^= 0x10;
	struct shelf_chunk damaged = *chunk;
	damaged.data = buf_span(&data);
	ck_assert_int_eq(shelf_put_chunk(txn, &damaged), 0);
	buf_finish(&data);
	return chunk_id_series(chunk->id) == 2 ? 77 : 0; /* the first two series of the first day */
}

START_TEST(damage_holds_nothing_up)
{
	struct shelf *from = open_shelf("from"), *to = open_shelf("to");
	house_fill(from, HOUSE_ODD);
	house_fill(to, HOUSE_EVEN);
	uint64_t both = house_samples(from) + house_samples(to);
	struct shelf_txn *txn;
	ck_assert_int_eq(shelf_begin(from, true, &txn), 0);
	ck_assert_int_eq(shelf_chunks_all(txn, 0, INT64_MAX, damage, txn), 77);
	ck_assert_int_eq(shelf_commit(&txn, 0), 0);
	ck_assert_int_eq(copy_all(from, to, false), 0); /* leaves the source alone */
	struct shelf_size size;
	house_size(from, &size);
	ck_assert_int_eq(size.quarantined, 0);
	ck_assert_int_eq(copy_all(from, to, true), 0);
	house_size(from, &size);
	ck_assert_int_eq(size.chunks, 0);
	ck_assert_int_eq(size.quarantined, 2);
	uint64_t samples = house_samples(to);
	ck_assert_uint_lt(samples, both);
	ck_assert_uint_gt(samples, both - 2 * HOUSE_DAY_SAMPLES);
	shelf_close(&from);
	shelf_close(&to);
}
END_TEST

struct watch {
	int calls, stop_at;
	int64_t done, total;
};

static int watch(void *ctx, int64_t done, int64_t total)
{
	struct watch *w = ctx;
	ck_assert_int_ge(done, w->done);
	ck_assert_int_le(done, total);
	w->done = done;
	w->total = total;
	return ++w->calls == w->stop_at ? ERR_CLOSED : 0;
}

START_TEST(it_may_be_stopped_and_done_again)
{
	struct shelf *from = open_shelf("from"), *to = open_shelf("to");
	house_fill(from, HOUSE_ALL);
	uint64_t digest = house_digest(from);
	struct watch w = {0};
	int stops = 0;
	for (int stop_at = 1;; stop_at++) {
		w = (struct watch){.stop_at = stop_at};
		int err = shelf_copy(from, to, true, watch, &w);
		if (!err)
			break;
		ck_assert_int_eq(err, ERR_CLOSED);
		stops++;
	}
	ck_assert_int_ge(stops, 2);
	ck_assert_int_eq(w.done, w.total);
	ck_assert_uint_eq(house_digest(to), digest);
	shelf_close(&from);
	shelf_close(&to);
}
END_TEST

static bool move_and_be_killed(long after_us)
{
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct shelf *from = open_shelf("from"), *to = open_shelf("to");
		_exit(copy_all(from, to, true) ? 1 : 0);
	}
	nanosleep(&(struct timespec){after_us / 1000000, after_us % 1000000 * 1000}, NULL);
	kill(pid, SIGKILL);
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

START_TEST(being_killed_does_no_harm)
{
	struct shelf *from = open_shelf("from"), *to;
	house_fill(from, HOUSE_ALL);
	uint64_t digest = house_digest(from);
	shelf_close(&from);
	for (long after_us = 500; move_and_be_killed(after_us);)
		after_us += after_us / 4;
	from = open_shelf("from");
	to = open_shelf("to");
	ck_assert_int_eq(copy_all(from, to, true), 0);
	ck_assert_uint_eq(house_digest(to), digest);
	struct shelf_size size;
	house_size(from, &size);
	ck_assert_int_eq(size.chunks, 0);
	shelf_close(&from);
	shelf_close(&to);
}
END_TEST

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	Suite *suite = suite_create("shelf_copy");
	TCase *tc = tcase_create("shelf_copy");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, an_empty_shelf_is_copied);
	tcase_add_test(tc, a_copy_is_the_same);
	tcase_add_test(tc, moving_empties_the_source);
	tcase_add_test(tc, what_both_have_is_merged);
	tcase_add_test(tc, blocks_of_hours_are_joined);
	tcase_add_test(tc, copied_samples_win);
	tcase_add_test(tc, damage_holds_nothing_up);
	tcase_add_test(tc, it_may_be_stopped_and_done_again);
	tcase_add_test(tc, being_killed_does_no_harm);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
