/* The shelf in PostgreSQL: what every shelf does, on a server of the test's own, and what happens when the
 * server goes away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "copy_house.h"
#include "shelf_suite.h"
#include "support/postgres.h"
#include "support/scratch.h"

enum { SKIPPED = 77, PATIENCE_MS = 30000 };

static struct postgres server; /* main's, for all tests */

static struct shelf *open_on(const struct postgres *p, const char *hub)
{
	struct shelf *shelf;
	char message[512];
	int err = shelf_open_postgres(p->conninfo, hub, &shelf, message);
	ck_assert_msg(err == 0, "%d %s", err, message);
	return shelf;
}

/* Each test is a process of its own, and so are its hubs. */
struct shelf *suite_open(const char *hub)
{
	char name[64];
	ck_assert_int_eq(str_format(name, sizeof name, "%s of %d", hub, (int)getpid()), 0);
	return open_on(&server, name);
}

static int open_fails(const char *conninfo, char message[512])
{
	struct shelf *shelf;
	int err = shelf_open_postgres(conninfo, "x", &shelf, message);
	ck_assert_ptr_null(shelf);
	ck_assert_msg(strlen(message) > 20, "not a sentence: '%s'", message);
	return err;
}

START_TEST(strings_that_are_none_are_refused)
{
	char message[512];
	ck_assert_int_eq(open_fails("no connection string", message), ERR_INVALID);
	ck_assert_int_eq(open_fails("nonsense=1", message), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(message, "nonsense"));
}
END_TEST

START_TEST(other_encodings_are_refused)
{
	char conninfo[256], message[512];
	ck_assert(postgres_sql(&server, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0"));
	ck_assert_int_eq(str_format(conninfo, sizeof conninfo, "host=%s user=tomte dbname=latin", server.dir), 0);
	ck_assert_int_eq(open_fails(conninfo, message), ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(message, "UTF8"));
}
END_TEST

START_TEST(newer_schemas_are_refused)
{
	char conninfo[256], message[512];
	ck_assert(postgres_sql(&server, "CREATE DATABASE newer"));
	ck_assert_int_eq(str_format(conninfo, sizeof conninfo, "host=%s user=tomte dbname=newer", server.dir), 0);
	struct postgres other = server;
	memcpy(other.conninfo, conninfo, sizeof other.conninfo);
	struct shelf *shelf = open_on(&other, "x"); /* makes the schema */
	shelf_close(&shelf);
	ck_assert(postgres_sql(&other, "UPDATE tomte.version SET version = version + 1"));
	ck_assert_int_eq(open_fails(conninfo, message), ERR_NEWER);
}
END_TEST

START_TEST(a_user_without_rights_is_told)
{
	char conninfo[256], message[512];
	ck_assert(postgres_sql(&server, "CREATE USER guest"));
	ck_assert(postgres_sql(&server, "CREATE DATABASE locked"));
	ck_assert_int_eq(str_format(conninfo, sizeof conninfo, "host=%s user=guest dbname=locked", server.dir), 0);
	ck_assert_int_eq(open_fails(conninfo, message), ERR_DENIED);
}
END_TEST

START_TEST(one_writer_a_hub)
{
	struct shelf *one = suite_open("a"), *same = suite_open("a"), *other = suite_open("b");
	struct shelf_txn *txn = suite_begin(one, true), *second;
	ck_assert_int_eq(shelf_begin(one, true, &second), ERR_BUSY);
	ck_assert_ptr_null(second);
	ck_assert_int_eq(shelf_begin(same, true, &second), ERR_BUSY);
	second = suite_begin(other, true);
	suite_commit(&second);
	suite_commit(&txn);
	second = suite_begin(same, true);
	suite_commit(&second);
	shelf_close(&one);
	shelf_close(&same);
	shelf_close(&other);
}
END_TEST

/* Until the pause after a failed connection is over. */
static struct shelf_txn *begin_at_last(struct shelf *shelf, bool write)
{
	struct mono_ms end = mono_add_ms(clock_mono(), PATIENCE_MS);
	struct shelf_txn *txn;
	int err;
	while ((err = shelf_begin(shelf, write, &txn)) == ERR_AGAIN && mono_diff_ms(clock_mono(), end) > 0)
		nanosleep(&(struct timespec){0, 50000000}, NULL);
	ck_assert_msg(err == 0, "begin: %s", err_text(err));
	return txn;
}

static int ignore(void *ctx, const struct shelf_chunk *chunk)
{
	(void)ctx, (void)chunk;
	return 0;
}

START_TEST(outages_pass)
{
	struct postgres own;
	char reason[160];
	ck_assert_msg(postgres_create(&own, reason), "%s", reason);
	struct shelf *shelf = open_on(&own, "hub");
	struct shelf_txn *txn = suite_begin(shelf, true);
	suite_put(txn, &(struct suite_chunk){1, 0, 1000, 10, 3000, 1});
	ck_assert_int_eq(shelf_commit(&txn, 1), 0);
	txn = suite_begin(shelf, true);
	struct shelf_txn *reader = suite_begin(shelf, false);
	suite_put(txn, &(struct suite_chunk){1, 1, 1000, 10, 3000, 1});
	postgres_stop(&own);
	ck_assert_int_eq(shelf_chunks_all(reader, 0, INT64_MAX, ignore, NULL), ERR_AGAIN);
	ck_assert_int_eq(shelf_chunks_all(reader, 0, INT64_MAX, ignore, NULL), ERR_AGAIN);
	shelf_end(&reader);
	ck_assert_int_eq(shelf_commit(&txn, 2), ERR_AGAIN);
	ck_assert_int_eq(shelf_begin(shelf, true, &txn), ERR_AGAIN);
	ck_assert_int_eq(shelf_begin(shelf, false, &txn), ERR_AGAIN);
	ck_assert_ptr_null(txn);
	char found[256];
	ck_assert_int_eq(shelf_check(shelf, 1000, found), ERR_AGAIN);
	struct shelf *late; /* is opened without a server */
	char message[512];
	ck_assert_int_eq(shelf_open_postgres(own.conninfo, "hub", &late, message), 0);
	ck_assert_int_eq(shelf_begin(late, false, &txn), ERR_AGAIN);

	ck_assert(postgres_start(&own));
	txn = begin_at_last(shelf, true);
	uint64_t mark;
	ck_assert_int_eq(shelf_mark(txn, &mark), 0);
	ck_assert_uint_eq(mark, 1);
	ck_assert_uint_eq(suite_count(txn), 1);
	suite_put(txn, &(struct suite_chunk){1, 1, 1000, 10, 3000, 1});
	ck_assert_int_eq(shelf_commit(&txn, 2), 0);
	txn = begin_at_last(late, false);
	ck_assert_uint_eq(suite_count(txn), 2);
	shelf_end(&txn);
	txn = suite_begin(shelf, false);
	shelf_end(&txn); /* an idle connection stays, and dies */
	postgres_stop(&own);
	ck_assert(postgres_start(&own));
	txn = suite_begin(shelf, false);
	ck_assert_uint_eq(suite_count(txn), 2);
	shelf_end(&txn);
	txn = suite_begin(shelf, true);
	suite_commit(&txn);
	shelf_close(&shelf);
	shelf_close(&late);
	postgres_destroy(&own);
}
END_TEST

START_TEST(a_large_seal_passes)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	for (int64_t series = 1; series <= 2000; series++) {
		suite_put(txn, &(struct suite_chunk){series, 0, 1000, 10, 20000, 1});
		ck_assert_int_eq(shelf_put_pending(txn, SUITE_DAY, series), 0);
	}
	suite_commit(&txn);
	txn = suite_begin(shelf, false);
	ck_assert_uint_eq(suite_count(txn), 2000);
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

START_TEST(history_is_moved_there_and_back)
{
	struct scratch scratch;
	struct shelf *local, *remote = suite_open("a");
	char message[512];
	scratch_create(&scratch);
	ck_assert_int_eq(shelf_open_sqlite(scratch_path(&scratch, "local"), &local, message), 0);
	house_fill(local, HOUSE_ODD);
	house_fill(remote, HOUSE_EVEN);
	uint64_t samples = house_samples(local) + house_samples(remote);
	ck_assert_int_eq(shelf_copy(local, remote, true, NULL, NULL), 0);
	ck_assert_uint_eq(house_samples(local), 0);
	ck_assert_uint_eq(house_samples(remote), samples);
	house_compact(remote);
	uint64_t digest = house_digest(remote);
	ck_assert_int_eq(shelf_copy(remote, local, false, NULL, NULL), 0);
	ck_assert_uint_eq(house_digest(local), digest);
	ck_assert_uint_eq(house_digest(remote), digest);
	ck_assert_int_eq(shelf_copy(remote, local, true, NULL, NULL), 0);
	ck_assert_uint_eq(house_digest(local), digest);
	ck_assert_uint_eq(house_samples(remote), 0);
	shelf_close(&local);
	shelf_close(&remote);
	scratch_remove(&scratch);
}
END_TEST

START_TEST(forged_rows_do_no_harm)
{
	char sql[1024];
	struct shelf *shelf = suite_open("a");
	ck_assert_int_eq(str_format(sql, sizeof sql,
				    "INSERT INTO tomte.chunk VALUES ('a of %1$d', -9223372036854775808, 0, 0, 1, 'x'), "
				    "('a of %1$d', 9223372036854775807, 0, 0, 1, 'x'), ('a of %1$d', 0, 0, 0, -1, ''), "
				    "('a of %1$d', 7, 0, 86400000, 4294967296, 'x');"
				    "INSERT INTO tomte.pending VALUES ('a of %1$d', 9223372036854775807, -1);"
				    "INSERT INTO tomte.series VALUES ('a of %1$d', 1, repeat('x', 400), '', '', '', '', '', "
				    "0, 0, 0, 0, 0, 0, 0)",
				    (int)getpid()), 0);
	ck_assert(postgres_sql(&server, sql));
	struct shelf_txn *txn = suite_begin(shelf, true);
	struct shelf_range all = {5, INT64_MIN, INT64_MAX};
	ck_assert_int_eq(shelf_chunks_all(txn, INT64_MIN, INT64_MAX, ignore, NULL), 0);
	ck_assert_int_eq(shelf_chunks(txn, &all, ignore, NULL), 0);
	ck_assert_int_eq(shelf_last_chunk(txn, 5, INT64_MAX, ignore, NULL), ERR_NOT_FOUND);
	size_t removed;
	ck_assert_int_eq(shelf_trim(txn, &(struct shelf_days){5, 0, INT64_MAX}, SIZE_MAX, &removed), 0);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(shelf_series(txn, NULL, NULL), ERR_DAMAGED);
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

static int run_tests(void)
{
	Suite *suite = suite_create("shelf_postgres");
	TCase *tc = tcase_create("shelf_postgres");
	tcase_set_timeout(tc, 120);
	shelf_suite_add(tc);
	tcase_add_test(tc, strings_that_are_none_are_refused);
	tcase_add_test(tc, other_encodings_are_refused);
	tcase_add_test(tc, newer_schemas_are_refused);
	tcase_add_test(tc, a_user_without_rights_is_told);
	tcase_add_test(tc, one_writer_a_hub);
	tcase_add_test(tc, a_large_seal_passes);
	tcase_add_test(tc, history_is_moved_there_and_back);
	tcase_add_test(tc, forged_rows_do_no_harm);
	tcase_add_test(tc, outages_pass);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(void)
{
	char reason[160];
	log_set_level(LOG_LEVEL_ERROR);
	if (!postgres_create(&server, reason)) {
		puts(reason);
		return SKIPPED;
	}
	int status = run_tests();
	postgres_destroy(&server);
	return status;
}
