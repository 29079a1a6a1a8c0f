/* History in a database server that goes away and comes back: nothing is lost, nothing missed, and the owner is
 * told. And copying from here to there and back. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/move.h"
#include "support.h"
#include "support/postgres.h"

enum { BATCH = 20000 };

static struct postgres server;

static void put_series(struct store *s)
{
	const struct series series = {.id = 1, .device = "meter", .entity = "power"};
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
}

static double value_of(int64_t number)
{
	return (double)(number * 7919 % 1000) / 10;
}

static void append(struct store *s, int batch)
{
	static struct sample samples[BATCH];
	for (int i = 0; i < BATCH; i++) {
		int64_t number = (int64_t)batch * BATCH + i;
		samples[i] = (struct sample){1, {1700000000000 + number * 10000}, value_of(number)};
	}
	ck_assert_int_eq(store_append(s, samples, BATCH, NULL), 0);
}

/* All of the first batches, each once. */
static void assert_all(struct store *s, int batches)
{
	static struct datum data[8 * BATCH];
	size_t count = test_samples(s, &(struct shelf_range){1, 0, HISTORY_LAST_MS}, data, 8 * BATCH);
	ck_assert_uint_eq(count, (size_t)batches * BATCH);
	for (size_t i = 0; i < count; i++) {
		if (data[i].at != 1700000000000 + (int64_t)i * 10000 || data[i].value != value_of((int64_t)i))
			ck_abort_msg("sample %zu is another", i);
	}
}

static int64_t chunks_here(void)
{
	return test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM chunk");
}

struct told {
	_Atomic int raised, ended;
};

static void note(void *ctx, const char *kind, const char *text)
{
	struct told *told = ctx;
	ck_assert_str_eq(kind, "database");
	atomic_fetch_add(text ? &told->raised : &told->ended, 1);
}

START_TEST(a_server_that_goes_away_loses_nothing)
{
	struct told told = {0};
	struct store *s = test_open();
	store_events_set(s, &(struct store_events){note, &told});
	put_series(s);
	append(s, 0);
	ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(chunks_here(), 0);
	assert_all(s, 1);

	postgres_stop(&server);
	append(s, 1);
	ck_assert_int_eq(store_seal(s, false), 0); /* here */
	append(s, 2);
	ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(atomic_load(&told.raised), 1);
	ck_assert_int_gt(chunks_here(), 0);
	store_close(&s);

	s = test_open(); /* a hub that starts while the server is away */
	store_events_set(s, &(struct store_events){note, &told});
	append(s, 3);
	ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(atomic_load(&told.raised), 2);
	struct sample latest;
	ck_assert_int_eq(store_latest(s, 1, &latest), 0);
	ck_assert_double_eq(latest.value, value_of(4 * BATCH - 1));

	ck_assert(postgres_start(&server));
	while (atomic_load(&told.ended) == 0) /* it is asked again by itself; a failed try is remembered for two seconds */
		ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(chunks_here(), 0);
	assert_all(s, 4);
	append(s, 4);
	ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(chunks_here(), 0);
	store_close(&s);
	s = test_open();
	assert_all(s, 5);
	store_close(&s);
}
END_TEST

START_TEST(history_moves_there_when_the_setting_changes)
{
	const char *database = test_database;
	test_database = NULL;
	struct store *s = test_open();
	put_series(s);
	append(s, 0);
	ck_assert_int_eq(store_seal(s, true), 0);
	append(s, 1);
	store_close(&s);
	ck_assert_int_gt(chunks_here(), 0);
	test_database = database;
	s = test_open();
	ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(chunks_here(), 0);
	assert_all(s, 2);
	store_close(&s);
}
END_TEST

static int count_call(void *ctx, int64_t done, int64_t total)
{
	ck_assert_int_le(done, total);
	++*(int *)ctx;
	return 0;
}

START_TEST(copied_there_and_back)
{
	const char *database = test_database;
	char message[512];
	int calls = 0;
	struct move_options move = {test_dir, "local", database, count_call, &calls};
	test_database = NULL;
	struct store *s = test_open();
	put_series(s);
	append(s, 0);
	append(s, 1);
	ck_assert_int_eq(store_seal(s, true), 0);
	ck_assert_int_eq(store_move(&move, message), ERR_BUSY); /* the hub runs */
	ck_assert_uint_gt(strlen(message), 20);
	store_close(&s);
	ck_assert_msg(store_move(&move, message) == 0, "%s", message);
	ck_assert_int_gt(calls, 0);
	ck_assert_int_gt(chunks_here(), 0); /* nothing is removed */
	test_sql("telemetry.db", BASE_TELEMETRY, "DELETE FROM chunk; DELETE FROM rollup;");
	move = (struct move_options){test_dir, database, "local", NULL, NULL};
	ck_assert_msg(store_move(&move, message) == 0, "%s", message);
	s = test_open();
	assert_all(s, 2);
	store_close(&s);
	move.to = database;
	ck_assert_int_eq(store_move(&move, message), ERR_INVALID);
	move = (struct move_options){test_dir, "local", "host=/nowhere dbname=x", NULL, NULL};
	ck_assert_int_eq(store_move(&move, message), ERR_AGAIN);
	ck_assert_msg(strstr(message, "cannot be reached") != NULL, "%s", message);
}
END_TEST

/* A server of each test's own: one dies with the process that started it. */
static void start_server(void)
{
	char reason[160];
	ck_assert_msg(postgres_create(&server, reason), "%s", reason);
	test_database = server.conninfo;
}

static void end_server(void)
{
	postgres_destroy(&server);
}

static void add(TCase *tc)
{
	tcase_add_checked_fixture(tc, start_server, end_server);
	tcase_add_test(tc, a_server_that_goes_away_loses_nothing);
	tcase_add_test(tc, history_moves_there_when_the_setting_changes);
	tcase_add_test(tc, copied_there_and_back);
}

int main(void)
{
	char reason[160];
	if (!postgres_create(&server, reason)) {
		printf("skipped: %s\n", reason);
		return 77;
	}
	postgres_destroy(&server);
	return test_run("remote", add);
}
