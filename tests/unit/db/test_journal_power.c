/* The journal and the power cut: random lives of a journal, recorded; the power goes at random points
 * of the record, also while the journal is opened after an earlier cut. Whatever was acknowledged and not
 * released is replayed, and what is replayed is exactly a prefix of what was appended. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "journal_support.h"
#include "support/effort.h"
#include "support/power_log.h"
#include "support/scratch.h"

enum { CUTS = 1200, LONG_CUTS = 10000, CUTS_A_LIFE = 12, OPS = 60 };

/* The marks in the record. */
static uint64_t mark_acked(uint64_t seq)
{
	return seq << 1;
}

static uint64_t mark_released(uint64_t seq)
{
	return seq << 1 | 1;
}

struct promised {
	uint64_t acked, released;
};

static void on_mark(void *ctx, uint64_t mark)
{
	struct promised *p = ctx;
	uint64_t *value = mark & 1 ? &p->released : &p->acked;
	if (mark >> 1 > *value)
		*value = mark >> 1;
}

static struct promised promised_before(struct power_log *log, size_t cut)
{
	struct promised p = {0};
	power_log_marks(log, cut, on_mark, &p);
	if (p.acked < p.released)
		p.acked = p.released;
	return p;
}

static size_t random_cut(struct power_log *log, uint64_t *random, size_t length)
{
	size_t start = power_log_start(log);
	return start + power_random(random, length - start + 1);
}

/* ---- a life ------------------------------------------------------------- */

struct life {
	struct power_log *log;
	char dir[128];
	struct journal *j;
	struct promised promised;
	uint64_t *random;
	bool syncs_fail;  /* now and then */
	uint64_t doubted; /* frames up to here, and not acknowledged, were told to have failed */
};

static void life_open(struct life *l, struct replayed *r)
{
	struct journal_report report;
	*r = (struct replayed){.holes = l->syncs_fail};
	if (l->syncs_fail) /* an opening is tried again by hand */
		power_log_fail_syncs(l->log, 0, 0);
	l->j = open_on(power_log_disk(l->log), l->dir, l->promised.released, r, &report);
	if (report.gap)
		ck_abort_msg("a gap");
	if (l->syncs_fail)
		power_log_fail_syncs(l->log, 6, 1 + power_random(l->random, 1000000));
	/* what was replayed is durable: nothing of it may be lost any more */
	l->promised.acked = r->last > l->promised.acked ? r->last : l->promised.acked;
	power_log_mark(l->log, mark_acked(l->promised.acked));
}

static void life_append(struct life *l)
{
	bool failed = false;
	for (uint64_t i = power_random(l->random, 8); i > 0; i--)
		failed = append_next(l->j) || failed;
	uint64_t last = journal_last(l->j);
	if (power_random(l->random, 8) == 0)
		return; /* a longer group */
	failed = journal_sync(l->j) || failed;
	if (failed) {
		l->doubted = last;
	} else if (last > l->doubted) {
		l->promised.acked = last;
		power_log_mark(l->log, mark_acked(last));
	}
	ck_assert(l->syncs_fail || !failed);
}

static void life_release(struct life *l)
{
	uint64_t held = l->promised.acked - l->promised.released;
	l->promised.released += power_random(l->random, held + 1);
	power_log_mark(l->log, mark_released(l->promised.released));
	journal_release(l->j, l->promised.released);
}

static void life_wipe(struct life *l)
{
	uint64_t last = journal_last(l->j);
	int err = journal_wipe(l->j);
	ck_assert(l->syncs_fail || !err);
	if (err)
		l->doubted = last;
}

static void life_go(struct life *l, int ops)
{
	for (int i = 0; i < ops; i++) {
		uint64_t what = power_random(l->random, 40);
		if (what == 0) {
			life_wipe(l);
		} else if (what == 1) {
			struct replayed r;
			journal_close(&l->j);
			life_open(l, &r);
		} else if (what < 6) {
			life_release(l);
		} else {
			life_append(l);
		}
	}
}

/* ---- a cut --------------------------------------------------------------- */

/* What must be there after the cut is. Returns whether; fails the test only on frames that are wrong. */
static bool nothing_is_lost(const struct promised *p, const struct replayed *r, const struct journal_report *report)
{
	uint64_t last = r->last ? r->last : r->after;
	return last >= p->acked && !report->gap;
}

/* Opens what a cut left, under a record of its own so that the power can go again.
 * Returns whether all that was promised is there. */
static bool check_cut(struct power_log *log, size_t cut, uint64_t *random, bool syncs_fail)
{
	struct scratch first, second;
	scratch_create(&first);
	scratch_create(&second);
	struct promised p = promised_before(log, cut);
	/* what is durable elsewhere may be more than what was said to be released */
	uint64_t after = p.released + power_random(random, 3) * power_random(random, p.acked - p.released + 1) / 2;
	power_log_materialise(log, cut, random, first.path);

	struct power_log *again = power_log_create(first.path);
	struct replayed r = {.holes = syncs_fail};
	struct journal_report report;
	struct journal *j = open_on(power_log_disk(again), scratch_path(&first, "journal"), after, &r, &report);
	bool good = nothing_is_lost(&p, &r, &report);
	/* what the opening replayed is promised once it is over; before, what was promised before is */
	struct promised now = {r.last > p.acked ? r.last : p.acked, after};
	size_t opened = power_log_length(again);
	append_synced(j, 1 + power_random(random, 9));
	uint64_t appended = journal_last(j);
	size_t length = power_log_length(again);
	journal_close(&j);

	size_t cut_again = random_cut(again, random, length);
	power_log_materialise(again, cut_again, random, second.path);
	if (cut_again >= opened)
		p = now;
	if (cut_again == length)
		p.acked = appended;
	power_log_destroy(&again);
	again = power_log_create(second.path); /* for syncs that take no time */
	j = open_on(power_log_disk(again), scratch_path(&second, "journal"), after, &r, &report);
	good = good && nothing_is_lost(&p, &r, &report);
	journal_close(&j);
	power_log_destroy(&again);
	scratch_remove(&first);
	scratch_remove(&second);
	return good;
}

/* Runs lives and cuts; returns how many cuts lost something. */
static int run(int cuts, uint64_t seed, enum power_sync sync, bool syncs_fail)
{
	uint64_t random = seed;
	int losses = 0;
	for (int done = 0; done < cuts; done += CUTS_A_LIFE) {
		struct scratch scratch;
		scratch_create(&scratch);
		struct life l = {.log = power_log_create(scratch.path), .random = &random, .syncs_fail = syncs_fail};
		ck_assert_int_eq(str_copy(l.dir, sizeof l.dir, scratch_path(&scratch, "journal")), 0);
		struct replayed r;
		power_log_set_sync(l.log, sync);
		life_open(&l, &r);
		life_go(&l, OPS);
		size_t length = power_log_length(l.log);
		for (int i = 0; i < CUTS_A_LIFE; i++)
			losses += !check_cut(l.log, random_cut(l.log, &random, length), &random, syncs_fail);
		journal_close(&l.j);
		power_log_destroy(&l.log);
		scratch_remove(&scratch);
	}
	return losses;
}

START_TEST(no_cut_loses_what_was_acknowledged)
{
	ck_assert_int_eq(run(effort_rounds(CUTS, LONG_CUTS), 0x746f6d7465, POWER_SYNC_HONEST, false), 0);
}
END_TEST

START_TEST(no_cut_loses_what_was_acknowledged_between_failed_syncs)
{
	ck_assert_int_eq(run(effort_rounds(CUTS, LONG_CUTS) / 2, 0x6a6f7572, POWER_SYNC_HONEST, true), 0);
}
END_TEST

/* A file whose name was never synced, as a process leaves it that is killed while it makes a segment: it is a
 * spare of the next, and its name must be certain before it is used. */
START_TEST(a_name_that_was_not_synced_is_made_certain)
{
	static const uint8_t zeroes[SMALL_SEGMENT];
	uint64_t random = 99;
	struct scratch scratch, out;
	scratch_create(&scratch);
	scratch_create(&out);
	struct power_log *log = power_log_create(scratch.path);
	const struct disk *disk = power_log_disk(log);
	struct replayed r = {0};
	struct journal *j = open_on(disk, scratch_path(&scratch, "journal"), 0, &r, NULL);
	journal_close(&j);
	int dir = disk->open(disk->ctx, AT_FDCWD, scratch_path(&scratch, "journal"), O_RDONLY | O_DIRECTORY, 0);
	int fd = disk->open(disk->ctx, dir, "5.seg", O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(disk->write(disk->ctx, fd, zeroes, sizeof zeroes, 0), sizeof zeroes);
	disk->close(disk->ctx, fd);
	disk->close(disk->ctx, dir);
	j = open_on(disk, scratch_path(&scratch, "journal"), 0, &r, NULL);
	append_synced(j, 5);
	struct journal_stats stats;
	journal_stats_get(j, &stats);
	ck_assert_uint_eq(stats.segments, 1); /* that one */
	journal_close(&j);
	for (int i = 0; i < 20; i++) {
		power_log_materialise(log, power_log_length(log), &random, out.path);
		j = open_on(NULL, scratch_path(&out, "journal"), 0, &r, NULL);
		ck_assert_uint_eq(r.last, 5);
		journal_close(&j);
	}
	power_log_destroy(&log);
	scratch_remove(&scratch);
	scratch_remove(&out);
}
END_TEST

/* The test of the test. */
START_TEST(a_disk_that_lies_is_caught)
{
	ck_assert_int_gt(run(120, 0x6c6965, POWER_SYNC_LIES, true), 20);
	ck_assert_int_gt(run(120, 0x6c6965, POWER_SYNC_DIR_LIES, true), 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal power");
	TCase *tcase = tcase_create("journal power");
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, no_cut_loses_what_was_acknowledged);
	tcase_add_test(tcase, no_cut_loses_what_was_acknowledged_between_failed_syncs);
	tcase_add_test(tcase, a_name_that_was_not_synced_is_made_certain);
	tcase_add_test(tcase, a_disk_that_lies_is_caught);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
