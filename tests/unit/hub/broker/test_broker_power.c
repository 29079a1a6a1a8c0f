/* Power cuts of the broker over the store. Clients on real sockets do random work while everything that reaches the
 * disk is recorded; then the record is cut at random points, the store is opened on what the disk may hold then, and what
 * it tells through the persist port is held against what the clients had been told by that point: nothing acknowledged is
 * lost, no QoS 2 message comes twice, nothing is there that nobody asked for. The lives are shared out to
 * a few processes. TEST_LONG=yes: ten times as many cuts. */
#include <check.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "db/durable.h"
#include "db/store.h"
#include "power_broker.h"
#include "power_kept.h"
#include "support/effort.h"

enum { CUTS = 500, LONG_CUTS = 10000, CUTS_A_LIFE = 25, WORKERS = 4, WRONG_CUTS = 200 };

/* What came of some cuts. */
struct outcome {
	int cuts, bad, unopened;
	unsigned lost, again, wrong;
	int facts; /* of all lives */
};

/* ---- directories; without Check, which a worker must not speak to --------------- */

static void make_dir(char path_r[64])
{
	const char *tmp = getenv("TMPDIR");
	if (str_format(path_r, 64, "%s/tomte-power-XXXXXX", tmp ? tmp : "/tmp") || !mkdtemp(path_r))
		power_fail("no directory");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* ---- a cut ------------------------------------------------------------------------ */

static void judge_dir(const char *dir, const struct model *model, bool apart, struct outcome *outcome)
{
	char message[512];
	struct store *store;
	struct judgement j = {0};
	outcome->cuts++;
	if (store_open(&(struct store_options){.state_dir = dir, .segment_bytes = POWER_SEGMENT_BYTES}, &store, message)) {
		(void)str_copy(j.why, sizeof j.why, message);
		outcome->unopened++;
		outcome->bad++;
	} else {
		const struct persist_port port = store_persist_port(store);
		power_judge(&port, model, apart, &j);
		store_close(&store);
	}
	outcome->bad += !judgement_good(&j);
	outcome->lost += j.lost;
	outcome->again += j.again;
	outcome->wrong += j.wrong;
	if (j.why[0] && getenv("POWER_VERBOSE"))
		fprintf(stderr, "%u lost, %u again, %u wrong: %s\n", j.lost, j.again, j.wrong, j.why);
}

static void check_cut(const struct power_broker *life, bool apart, uint64_t *random, struct outcome *outcome)
{
	static struct model model;
	size_t start = power_log_start(life->log), cut = start + power_random(random, power_log_length(life->log) - start + 1);
	char dir[64];
	make_dir(dir);
	story_until(&life->story, cut, &model);
	power_log_materialise(life->log, cut, random, dir);
	judge_dir(dir, &model, apart, outcome);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- many ------------------------------------------------------------------------- */

struct plan {
	int cuts;
	unsigned threads; /* of the broker */
	enum power_fault fault;
	uint64_t seed;
};

_Noreturn static void work(int fd, const struct plan *plan)
{
	struct outcome outcome = {0};
	uint64_t random = plan->seed;
	log_set_level(LOG_LEVEL_ERROR);
	if (sodium_init() < 0)
		power_fail("libsodium");
	while (outcome.cuts < plan->cuts) {
		char dir[64];
		struct power_broker life;
		make_dir(dir);
		power_broker_live(&life, dir, plan->threads, plan->fault, &random);
		for (int i = 0; i < CUTS_A_LIFE && outcome.cuts < plan->cuts; i++)
			check_cut(&life, plan->threads > 1, &random, &outcome);
		outcome.facts += (int)life.story.count;
		power_broker_finish(&life);
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
	_exit(write(fd, &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
}

static void add(struct outcome *sum, const struct outcome *one)
{
	sum->cuts += one->cuts;
	sum->bad += one->bad;
	sum->unopened += one->unopened;
	sum->lost += one->lost;
	sum->again += one->again;
	sum->wrong += one->wrong;
	sum->facts += one->facts;
}

static struct outcome run(int cuts, unsigned threads, enum power_fault fault, uint64_t seed)
{
	struct outcome sum = {0}, one;
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	fflush(NULL);
	for (int i = 0; i < WORKERS; i++) {
		const struct plan plan = {(cuts + WORKERS - 1) / WORKERS, threads, fault, seed + (uint64_t)i * 1000003};
		pid_t pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			work(fds[1], &plan);
	}
	close(fds[1]);
	for (int i = 0; i < WORKERS; i++) {
		ck_assert_msg(read(fds[0], &one, sizeof one) == sizeof one, "a worker ended by itself");
		add(&sum, &one);
	}
	close(fds[0]);
	while (wait(NULL) > 0)
		;
	printf("power: %d cuts, %d bad: %d unopened; %u lost, %u again, %u wrong; %d facts\n", sum.cuts, sum.bad, sum.unopened,
	       sum.lost, sum.again, sum.wrong, sum.facts);
	fflush(stdout); /* a failed test ends without it */
	return sum;
}

static void expect_good(const struct outcome *o, int cuts)
{
	ck_assert_int_ge(o->cuts, cuts);
	ck_assert_msg(o->bad == 0, "%d of %d cuts are bad (see them with POWER_VERBOSE=1): %d unopened, %u lost, %u again, %u wrong",
		      o->bad, o->cuts, o->unopened, o->lost, o->again, o->wrong);
}

START_TEST(no_cut_breaks_what_a_client_was_told)
{
	struct outcome o = run(effort_rounds(CUTS, LONG_CUTS), 1, POWER_HONEST, 0x746f6d7465);
	expect_good(&o, effort_rounds(CUTS, LONG_CUTS));
}
END_TEST

START_TEST(nor_with_several_workers)
{
	struct outcome o = run(effort_rounds(CUTS, LONG_CUTS) / 2, 3, POWER_HONEST, 0x68757365);
	expect_good(&o, effort_rounds(CUTS, LONG_CUTS) / 2);
}
END_TEST

/* The tests of the test. */

START_TEST(an_acknowledgement_before_the_sync_is_caught)
{
	struct outcome o = run(WRONG_CUTS, 1, POWER_EAGER, 0x6561676572);
	ck_assert_int_gt(o.bad, WRONG_CUTS / 16);
	ck_assert_uint_gt(o.lost, 0);
}
END_TEST

/* A QoS 2 message and its handshake that are not on the disk together. */
START_TEST(a_group_that_is_torn_is_caught)
{
	struct outcome o = run(WRONG_CUTS, 1, POWER_SPLIT, 0x73706c6974);
	ck_assert_int_gt(o.bad, 0);
}
END_TEST

static void add_case(Suite *suite, const char *name, const TTest *test)
{
	TCase *tcase = tcase_create(name);
	tcase_set_timeout(tcase, 1200);
	tcase_add_test(tcase, test);
	suite_add_tcase(suite, tcase);
}

int main(void)
{
	Suite *suite = suite_create("broker_power");
	add_case(suite, "one worker", no_cut_breaks_what_a_client_was_told);
	add_case(suite, "several workers", nor_with_several_workers);
	if (!EFFORT_SANITIZED) { /* they are about the test */
		add_case(suite, "eager", an_acknowledgement_before_the_sync_is_caught);
		add_case(suite, "split", a_group_that_is_torn_is_caught);
	}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
