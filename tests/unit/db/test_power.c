/* Power cuts of the whole store: hub.db, telemetry.db, broker.db and the journal in one record. Lives of random work are
 * cut at random points, the store is opened on what the disk may hold then, and nothing that was answered may be missing,
 * nothing may be there that was not written, and what was not answered ends at one point for each sender. Some
 * are cut once more while they open and seal. The lives are shared out to a few processes. */
#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/history.h"
#include "power_check.h"
#include "support/effort.h"
#include "support/power_vfs.h"

enum { CUTS = 500, LONG_CUTS = 10000, LYING_CUTS = 80, CUTS_A_LIFE = 40, WORKERS = 4, AGAIN_ONE_IN = 4 };

/* What came of some cuts. */
struct outcome {
	int cuts, bad, unopened, lost_samples, lost_records, wrong;
};

/* ---- directories; without Check, which a worker must not speak to --------------- */

static void make_dir(char path_r[POWER_PATH_SIZE])
{
	const char *tmp = getenv("TMPDIR");
	if (str_format(path_r, POWER_PATH_SIZE, "%s/tomte-power-XXXXXX", tmp ? tmp : "/tmp") || !mkdtemp(path_r))
		power_life_fail("a directory", ERR_IO);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_dir(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- a cut ------------------------------------------------------------------------ */

static struct store *open_store(const char *dir, const struct disk *disk, struct verdict *v)
{
	struct store *s;
	char message[512];
	const struct store_options options = {.state_dir = dir, .disk = disk, .segment_bytes = POWER_SEGMENT_BYTES};
	if (store_open(&options, &s, message) == 0)
		return s;
	v->unopened = true;
	if (!v->why[0])
		(void)str_format(v->why, sizeof v->why, "%s", message);
	return NULL;
}

static void seal(struct store *s, struct verdict *v)
{
	int err = store_seal(s, true);
	v->unopened |= err != 0;
	if (err && !v->why[0])
		(void)str_format(v->why, sizeof v->why, "it cannot be sealed: %s", err_text(err));
}

static void check_dir(const char *dir, const struct disk *disk, const struct power_life *life, const struct promises *p,
		      struct verdict *v)
{
	struct store *s = open_store(dir, disk, v);
	if (!s)
		return;
	power_check_store(s, life, p, false, v);
	seal(s, v);
	power_check_store(s, life, p, true, v);
	store_close(&s);
}

/* Opens the store and seals under a record of its own, and cuts that too. What was there when it had opened is promised from then on. */
static void check_again(const char *dir, const struct power_life *life, struct promises *p, uint64_t *random, struct verdict *v)
{
	char again[POWER_PATH_SIZE];
	struct power_log *log = power_log_create(dir);
	power_vfs_register(log);
	struct store *s = open_store(dir, power_log_disk(log), v);
	size_t opened = power_log_length(log), cut = opened;
	if (s) {
		power_check_store(s, life, p, false, v);
		if (power_random(random, 2))
			seal(s, v);
		cut = power_log_length(log); /* closing may be cut too */
		store_close(&s);
	}
	power_vfs_unregister();
	if (power_random(random, 4) == 0)
		cut = power_log_length(log);
	cut = power_log_start(log) + power_random(random, cut - power_log_start(log) + 1);
	make_dir(again);
	power_log_materialise(log, cut, random, again);
	power_log_destroy(&log);
	for (int i = 0; i < SENDERS && cut >= opened; i++) {
		if (v->there[i] > p->answered[i])
			p->answered[i] = v->there[i];
	}
	check_dir(again, NULL, life, p, v);
	remove_dir(again);
}

static void check_cut(const struct power_life *life, uint64_t *random, struct outcome *outcome)
{
	struct power_log *log = power_life_log(life);
	size_t start = power_log_start(log), cut = start + power_random(random, power_log_length(log) - start + 1);
	struct promises p;
	struct verdict v = {.unopened = false};
	uint64_t seed = *random;
	char dir[POWER_PATH_SIZE];
	make_dir(dir);
	power_life_promises(life, cut, &p);
	power_log_materialise(log, cut, random, dir);
	if (power_random(random, AGAIN_ONE_IN) == 0)
		check_again(dir, life, &p, random, &v);
	else
		check_dir(dir, NULL, life, &p, &v);
	remove_dir(dir);
	outcome->cuts++;
	outcome->bad += !verdict_good(&v);
	outcome->unopened += v.unopened;
	outcome->lost_samples += v.lost_samples;
	outcome->lost_records += v.lost_records;
	outcome->wrong += v.wrong;
	if (!verdict_good(&v) && getenv("POWER_VERBOSE"))
		fprintf(stderr, "cut %zu of %zu (%llx): %s\n", cut, power_log_length(log), (unsigned long long)seed, v.why);
}

/* ---- many ------------------------------------------------------------------------- */

static void run_lives(int cuts, enum power_fault fault, uint64_t seed, struct outcome *outcome)
{
	uint64_t random = seed;
	while (outcome->cuts < cuts) {
		char dir[POWER_PATH_SIZE];
		make_dir(dir);
		struct power_life *life = power_life_create(dir, fault, &random);
		for (int i = 0; i < CUTS_A_LIFE && outcome->cuts < cuts; i++)
			check_cut(life, &random, outcome);
		power_life_destroy(&life);
		remove_dir(dir);
	}
}

static void work(int fd, int cuts, enum power_fault fault, uint64_t seed)
{
	struct outcome outcome = {0};
	log_set_level(LOG_LEVEL_ERROR);
	if (fault != POWER_HONEST && !getenv("POWER_VERBOSE") && !freopen("/dev/null", "w", stderr)) /* the store says much about a disk that lies */
		_exit(1);
	run_lives(cuts, fault, seed, &outcome);
	_exit(write(fd, &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
}

static struct outcome run(int cuts, enum power_fault fault, uint64_t seed)
{
	struct outcome sum = {0}, one;
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	for (int i = 0; i < WORKERS; i++) {
		pid_t pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			work(fds[1], (cuts + WORKERS - 1) / WORKERS, fault, seed + (uint64_t)i * 1000003);
	}
	close(fds[1]);
	for (int i = 0; i < WORKERS; i++) {
		ck_assert_msg(read(fds[0], &one, sizeof one) == sizeof one, "a worker ended by itself");
		sum.cuts += one.cuts;
		sum.bad += one.bad;
		sum.unopened += one.unopened;
		sum.lost_samples += one.lost_samples;
		sum.lost_records += one.lost_records;
		sum.wrong += one.wrong;
	}
	close(fds[0]);
	while (wait(NULL) > 0)
		;
	if (getenv("POWER_VERBOSE"))
		fprintf(stderr, "fault %d: %d cuts, %d bad: %d unopened, %d lost samples, %d lost records, %d wrong\n", (int)fault,
			sum.cuts, sum.bad, sum.unopened, sum.lost_samples, sum.lost_records, sum.wrong);
	return sum;
}

START_TEST(no_cut_loses_what_was_answered)
{
	struct outcome o = run(effort_rounds(CUTS, LONG_CUTS), POWER_HONEST, 0x746f6d7465);
	ck_assert_int_ge(o.cuts, effort_rounds(CUTS, LONG_CUTS));
	ck_assert_msg(o.bad == 0, "%d cuts are bad (see them with POWER_VERBOSE=1): %d unopened, %d lost samples, %d lost records, %d wrong",
		      o.bad, o.unopened, o.lost_samples, o.lost_records, o.wrong);
}
END_TEST

/* The tests of the test. */

START_TEST(a_journal_that_does_not_sync_is_caught)
{
	struct outcome o = run(LYING_CUTS, POWER_JOURNAL_LIES, 0x6a6f75);
	ck_assert_int_gt(o.lost_samples, LYING_CUTS / 16);
}
END_TEST

/* The journal is released for what SQLite only said to have kept. */
START_TEST(a_database_that_does_not_sync_is_caught)
{
	struct outcome o = run(LYING_CUTS, POWER_SQLITE_LIES, 0x73716c);
	ck_assert_int_gt(o.lost_samples + o.unopened, LYING_CUTS / 16);
	ck_assert_int_gt(o.lost_samples, 0);
	ck_assert_int_gt(o.lost_records, LYING_CUTS / 16);
}
END_TEST

START_TEST(a_disk_that_does_not_sync_is_caught)
{
	struct outcome o = run(LYING_CUTS, POWER_ALL_LIES, 0x616c6c);
	ck_assert_int_gt(o.bad, LYING_CUTS / 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("power");
	TCase *tcase = tcase_create("power");
	tcase_set_timeout(tcase, 1200);
	tcase_add_test(tcase, no_cut_loses_what_was_answered);
	if (!EFFORT_SANITIZED) { /* they are about the test */
		tcase_add_test(tcase, a_journal_that_does_not_sync_is_caught);
		tcase_add_test(tcase, a_database_that_does_not_sync_is_caught);
		tcase_add_test(tcase, a_disk_that_does_not_sync_is_caught);
	}
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
