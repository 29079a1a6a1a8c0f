/* The journal on a disk that fails: each call of each kind, once or for good, full or broken.
 * What was acknowledged stays, errors are told, and it goes on when the disk does. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "journal_support.h"
#include "support/suite.h"

/* What the script below was told. */
struct told {
	uint64_t acked;    /* the last frame that a journal_sync said yes to */
	uint64_t doubted;  /* frames after those and up to here failed */
	uint64_t released;
	bool failed;
};

static void check_error(int err)
{
	if (err && err != ERR_DISK_FULL && err != ERR_IO && err != ERR_NOMEM && err != ERR_DENIED)
		ck_abort_msg("error %d: %s", err, err_text(err));
}

static void note(struct told *told, int err, const struct journal *j)
{
	check_error(err);
	if (err)
		told->doubted = journal_last(j);
	else if (journal_last(j) > told->doubted)
		told->acked = journal_last(j);
	told->failed = told->failed || err;
}

static void append_group(struct journal *j, struct told *told, size_t count)
{
	int err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = append_next(j);
	check_error(err);
	told->failed = told->failed || err;
	note(told, journal_sync(j), j); /* of those before one that failed */
}

static int open_quietly(struct memory_disk *m, uint64_t after, struct journal **j_r)
{
	struct journal_config config = {.dir = "journal", .disk = memory_disk_table(m), .segment_bytes = SMALL_SEGMENT,
					.after = after};
	struct replayed r = {.after = after, .holes = true};
	struct journal_report report;
	char message[512];
	int err = journal_open(&config, replay_check, &r, &report, j_r, message);
	check_error(err);
	if (!err && report.gap)
		ck_abort_msg("a gap");
	return err;
}

/* A short life of a journal in which everything happens. */
static void run_script(struct memory_disk *m, struct told *told)
{
	struct journal *j;
	for (int life = 0; life < 2; life++) {
		int err = open_quietly(m, told->released, &j);
		told->failed = told->failed || err;
		if (err)
			continue;
		for (int i = 0; i < 6; i++) {
			append_group(j, told, 14);
			if (i % 3 == 2 && told->acked > told->released + 9) { /* more segments than are kept */
				told->released = told->acked - 9;
				journal_release(j, told->released);
			}
			if (i == 3)
				note(told, journal_wipe(j), j);
		}
		journal_close(&j);
	}
}

/* All that was acknowledged and not released must be found. */
static void check_what_is_there(struct memory_disk *m, const struct told *told)
{
	struct replayed r = {.holes = true};
	struct journal_report report;
	struct journal *j = open_memory(m, told->released, &r, &report);
	ck_assert(!report.gap);
	uint64_t last = r.last ? r.last : told->released;
	if (last < told->acked)
		ck_abort_msg("frames up to %d were acknowledged, and are there up to %d", (int)told->acked, (int)last);
	append_synced(j, 20); /* and it goes on */
	journal_close(&j);
	ck_assert_uint_eq(memory_disk_open_count(m), 0);
}

/* Runs the script with the n-th call failing, for all n. Returns how many there were. */
static size_t fail_each(unsigned calls, int error, bool for_good)
{
	size_t n = 1;
	for (bool came = true; came; n++) {
		struct memory_disk *m = memory_disk_create();
		struct told told = {0};
		memory_disk_fail(m, calls, n, error, for_good);
		run_script(m, &told);
		came = memory_disk_failed(m);
		memory_disk_fail(m, 0, 0, 0, false);
		check_what_is_there(m, &told);
		if (!came)
			ck_assert(!told.failed && told.acked >= 2 * 6 * 14);
		memory_disk_destroy(&m);
	}
	return n - 2;
}

START_TEST(a_full_disk_costs_nothing_acknowledged)
{
	ck_assert_uint_gt(fail_each(MEMORY_ALL, ENOSPC, false), 150);
	ck_assert_uint_gt(fail_each(MEMORY_ALL, ENOSPC, true), 150);
	ck_assert_uint_gt(fail_each(MEMORY_WRITE, ENOSPC, true), 80);
}
END_TEST

START_TEST(a_broken_disk_costs_nothing_acknowledged)
{
	for (unsigned call = 1; call < MEMORY_ALL; call *= 2) {
		ck_assert_uint_gt(fail_each(call, EIO, false), 0);
		fail_each(call, EIO, true);
	}
}
END_TEST

START_TEST(errors_have_their_names)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	memory_disk_fail(m, MEMORY_WRITE, 1, ENOSPC, false);
	ck_assert_int_eq(append_next(j), ERR_DISK_FULL);
	memory_disk_fail(m, MEMORY_OPEN, 1, EROFS, false);
	ck_assert_int_eq(append_next(j), ERR_IO);
	ck_assert_uint_eq(count_files(m, ""), 0);
	ck_assert_int_eq(append_next(j), 0);
	memory_disk_fail(m, MEMORY_SYNC, 1, EIO, false);
	ck_assert_int_eq(journal_sync(j), ERR_IO);
	ck_assert_int_eq(journal_sync(j), 0); /* of nothing */
	journal_close(&j);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(after_a_failed_sync_frames_go_to_another_file)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	append_synced(j, 2);
	ck_assert_int_eq(append_next(j), 0);
	memory_disk_fail(m, MEMORY_SYNC, 1, EIO, false);
	ck_assert_int_eq(journal_sync(j), ERR_IO);
	struct buf before = {0};
	const char *name = memory_disk_name(m, 0);
	ck_assert_int_eq(buf_append(&before, memory_disk_file(m, name)->data, SMALL_SEGMENT), 0);
	append_synced(j, 2); /* 4 and 5 */
	ck_assert_uint_eq(count_files(m, ".seg"), 2);
	ck_assert(span_equal(buf_span(&before), buf_span(memory_disk_file(m, name))));
	expect_frames(m, 0, 5); /* the doubtful one was there after all */
	journal_release(j, 3);
	ck_assert_uint_eq(count_files(m, ".seg"), 1); /* never used again */
	journal_close(&j);
	expect_frames(m, 3, 5);
	buf_finish(&before);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(a_failed_sync_within_an_append_is_told_by_the_next_sync)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	memory_disk_fail(m, MEMORY_SYNC, 2, EIO, false); /* the first is the new file's */
	int err;
	do
		err = append_next(j);
	while (!err);
	ck_assert_int_eq(err, ERR_IO);
	ck_assert_int_eq(append_next(j), 0);
	ck_assert_int_eq(journal_sync(j), ERR_IO);
	ck_assert_int_eq(journal_sync(j), 0);
	journal_close(&j);
	memory_disk_destroy(&m);
}
END_TEST

START_TEST(a_full_disk_still_takes_what_fits)
{
	struct memory_disk *m = memory_disk_create();
	struct journal *j = open_memory(m, 0, NULL, NULL);
	static const uint8_t large[2 * SMALL_SEGMENT];
	uint64_t seq;
	append_synced(j, 2);
	memory_disk_fail(m, MEMORY_OPEN, 1, ENOSPC, true);
	ck_assert_int_eq(journal_append(j, span_of(large, sizeof large), &seq), ERR_DISK_FULL);
	append_synced(j, 2);
	memory_disk_fail(m, 0, 0, 0, false);
	journal_close(&j);
	expect_frames(m, 0, 4);
	memory_disk_destroy(&m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_full_disk_costs_nothing_acknowledged,
		a_broken_disk_costs_nothing_acknowledged,
		errors_have_their_names,
		after_a_failed_sync_frames_go_to_another_file,
		a_failed_sync_within_an_append_is_told_by_the_next_sync,
		a_full_disk_still_takes_what_fits,
	};
	return suite_run("journal faults", tests, sizeof tests / sizeof tests[0]);
}
