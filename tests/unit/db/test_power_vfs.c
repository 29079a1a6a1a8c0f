/* The power cut of a whole store, shown with plain SQLite and the journal: that the recorder loses nothing that
 * SQLite made durable, that it does lose what was not, and that both fit one record. */
#include <check.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "journal_support.h"
#include "support/effort.h"
#include "support/power_log.h"
#include "support/power_vfs.h"
#include "support/scratch.h"

enum { CUTS = 200, LONG_CUTS = 2000, CUTS_A_LIFE = 20, COMMITS = 40, ROWS_MAX = 30 };

/* ---- SQLite ------------------------------------------------------------- */

static void run_sql(sqlite3 *db, const char *sql)
{
	char *message = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		ck_abort_msg("%s: %s", sql, message);
}

/* The first column of the first row; -1 when there is none or the statement fails. */
static int64_t get_int(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

/* With a rollback journal a commit is durable only when the journal's removal is, which takes EXTRA. */
static sqlite3 *open_db(const char *path, const char *mode)
{
	sqlite3 *db;
	char sql[200];
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(str_format(sql, sizeof sql, "PRAGMA journal_mode=%s; PRAGMA synchronous=%s; "
				    "PRAGMA wal_autocheckpoint=20; "
				    "CREATE TABLE IF NOT EXISTS t (n INTEGER, k INTEGER, v BLOB, PRIMARY KEY (n, k))",
				    mode, strcmp(mode, "wal") == 0 ? "FULL" : "EXTRA"), 0);
	run_sql(db, sql);
	return db;
}

/* Transaction n writes this many rows. */
static int rows_of(int64_t n)
{
	return 1 + (int)((uint64_t)n * 7 % ROWS_MAX);
}

static void commit_rows(sqlite3 *db, int64_t n)
{
	char sql[200];
	ck_assert_int_eq(str_format(sql, sizeof sql, "WITH RECURSIVE c(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < %d) "
				    "INSERT INTO t SELECT %d, k, randomblob(k * 11 %% 300) FROM c", rows_of(n), (int)n), 0);
	run_sql(db, "BEGIN IMMEDIATE");
	run_sql(db, sql);
	run_sql(db, "COMMIT");
}

/* The last transaction that is there, -1 for a database that is no good: all before it are there, and whole. */
static int64_t check_db(const char *path)
{
	sqlite3 *db;
	int64_t last = -1;
	if (sqlite3_open(path, &db) == SQLITE_OK && get_int(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1) {
		last = get_int(db, "SELECT coalesce(max(n), 0) FROM t");
		if (last < 0) /* the table is not there yet */
			last = 0;
		for (int64_t n = 1; n <= last; n++) {
			char sql[100];
			ck_assert_int_eq(str_format(sql, sizeof sql, "SELECT count(*) FROM t WHERE n = %d", (int)n), 0);
			if (get_int(db, sql) != rows_of(n))
				last = -1;
		}
	}
	sqlite3_close(db);
	return last;
}

/* ---- SQLite alone -------------------------------------------------------- */

static void on_commit_mark(void *ctx, uint64_t mark)
{
	*(uint64_t *)ctx = mark;
}

static size_t random_cut(struct power_log *log, uint64_t *random)
{
	size_t start = power_log_start(log);
	return start + power_random(random, power_log_length(log) - start + 1);
}

/* Transactions, with the connection closed now and then; each is marked when COMMIT has returned. */
static void live(struct power_log *log, const char *path, const char *mode, uint64_t *random)
{
	sqlite3 *db = open_db(path, mode);
	for (int64_t n = 1; n <= COMMITS; n++) {
		commit_rows(db, n);
		power_log_mark(log, (uint64_t)n);
		uint64_t what = power_random(random, 12);
		if (what == 0)
			run_sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
		if (what == 1) {
			sqlite3_close(db);
			db = open_db(path, mode);
		}
	}
	sqlite3_close(db);
}

/* Returns how many cuts lost a transaction or the database. */
static int run(const char *mode, enum power_sync sync, int cuts, uint64_t seed)
{
	uint64_t random = seed;
	int losses = 0;
	for (int done = 0; done < cuts; done += CUTS_A_LIFE) {
		struct scratch scratch, out;
		scratch_create(&scratch);
		scratch_create(&out);
		struct power_log *log = power_log_create(scratch.path);
		power_log_set_sync(log, sync);
		power_vfs_register(log);
		live(log, scratch_path(&scratch, "x.db"), mode, &random);
		power_vfs_unregister();
		for (int i = 0; i < CUTS_A_LIFE; i++) {
			size_t cut = random_cut(log, &random);
			uint64_t acked = 0;
			power_log_marks(log, cut, on_commit_mark, &acked);
			power_log_materialise(log, cut, &random, out.path);
			losses += check_db(scratch_path(&out, "x.db")) < (int64_t)acked;
		}
		power_log_destroy(&log);
		scratch_remove(&scratch);
		scratch_remove(&out);
	}
	return losses;
}

START_TEST(no_cut_loses_a_transaction_of_a_wal)
{
	ck_assert_int_eq(run("wal", POWER_SYNC_HONEST, effort_rounds(CUTS, LONG_CUTS), 1), 0);
}
END_TEST

START_TEST(no_cut_loses_a_transaction_with_a_rollback_journal)
{
	ck_assert_int_eq(run("delete", POWER_SYNC_HONEST, effort_rounds(CUTS, LONG_CUTS), 2), 0);
}
END_TEST

START_TEST(a_disk_that_lies_is_caught)
{
	ck_assert_int_gt(run("wal", POWER_SYNC_LIES, 60, 3), 20);
	ck_assert_int_gt(run("wal", POWER_SYNC_DIR_LIES, 60, 4), 5);
	ck_assert_int_gt(run("delete", POWER_SYNC_LIES, 60, 5), 20);
}
END_TEST

/* ---- SQLite and the journal in one record -------------------------------- */

enum { FRAMES = 150, KIND_FRAME = 0, KIND_COMMIT = 1 };

struct committer {
	struct power_log *log;
	sqlite3 *db;
};

/* The other thread: transactions of its own in the same directory. */
static void *commit_all(void *ctx)
{
	struct committer *c = ctx;
	for (int64_t n = 1; n <= COMMITS; n++) {
		commit_rows(c->db, n);
		power_log_mark(c->log, (uint64_t)n << 1 | KIND_COMMIT);
	}
	return NULL;
}

struct both {
	uint64_t last[2]; /* by kind */
};

static void on_either_mark(void *ctx, uint64_t mark)
{
	((struct both *)ctx)->last[mark & 1] = mark >> 1;
}

/* Moves what the journal holds into a database and releases it: a little sealer. */
static void seal(struct journal *j, sqlite3 *db, uint64_t upto)
{
	char sql[100];
	ck_assert_int_eq(str_format(sql, sizeof sql, "REPLACE INTO t VALUES (0, 0, %d)", (int)upto), 0);
	run_sql(db, sql);
	journal_release(j, upto);
}

static void live_both(struct power_log *log, const struct scratch *scratch, uint64_t *random)
{
	struct replayed r = {0};
	struct journal *j = open_on(power_log_disk(log), scratch_path(scratch, "journal"), 0, &r, NULL);
	sqlite3 *sealed = open_db(scratch_path(scratch, "sealed.db"), "wal");
	struct committer c = {log, open_db(scratch_path(scratch, "x.db"), "wal")};
	pthread_t thread;
	ck_assert_int_eq(pthread_create(&thread, NULL, commit_all, &c), 0);
	for (int i = 0; i < FRAMES; i++) {
		append_synced(j, 1 + power_random(random, 3));
		power_log_mark(log, journal_last(j) << 1 | KIND_FRAME);
		if (power_random(random, 10) == 0)
			seal(j, sealed, journal_last(j));
	}
	pthread_join(thread, NULL);
	sqlite3_close(c.db);
	sqlite3_close(sealed);
	journal_close(&j);
}

/* What is sealed and what the journal replays behind it must reach what was acknowledged. */
static void check_both(struct power_log *log, size_t cut, const struct scratch *out)
{
	struct both acked = {0};
	power_log_marks(log, cut, on_either_mark, &acked);
	if (check_db(scratch_path(out, "x.db")) < (int64_t)acked.last[KIND_COMMIT])
		ck_abort_msg("a transaction is lost");
	sqlite3 *db;
	ck_assert_int_eq(sqlite3_open(scratch_path(out, "sealed.db"), &db), SQLITE_OK);
	int64_t sealed = get_int(db, "SELECT v FROM t");
	sqlite3_close(db);
	struct replayed r = {0};
	struct journal_report report;
	struct journal *j = open_on(NULL, scratch_path(out, "journal"), sealed < 0 ? 0 : (uint64_t)sealed, &r, &report);
	if (journal_last(j) < acked.last[KIND_FRAME] || report.gap)
		ck_abort_msg("frames are lost");
	journal_close(&j);
}

START_TEST(two_threads_share_a_record)
{
	uint64_t random = 6;
	for (int done = 0; done < effort_rounds(CUTS, LONG_CUTS); done += CUTS_A_LIFE) {
		struct scratch scratch, out;
		scratch_create(&scratch);
		scratch_create(&out);
		struct power_log *log = power_log_create(scratch.path);
		power_vfs_register(log);
		live_both(log, &scratch, &random);
		power_vfs_unregister();
		for (int i = 0; i < CUTS_A_LIFE; i++) {
			size_t cut = random_cut(log, &random);
			power_log_materialise(log, cut, &random, out.path);
			check_both(log, cut, &out);
		}
		power_log_destroy(&log);
		scratch_remove(&scratch);
		scratch_remove(&out);
	}
}
END_TEST

/* ---- the recorder begins where another ended ------------------------------ */

START_TEST(what_was_there_counts_as_durable)
{
	struct scratch scratch, out;
	uint64_t random = 7;
	scratch_create(&scratch);
	scratch_create(&out);
	sqlite3 *db = open_db(scratch_path(&scratch, "x.db"), "wal");
	for (int64_t n = 1; n <= 5; n++)
		commit_rows(db, n);
	struct power_log *log = power_log_create(scratch.path); /* with a log that is not in the file yet */
	for (int i = 0; i < 10; i++) {
		power_log_materialise(log, power_log_start(log), &random, out.path);
		ck_assert_int_eq(check_db(scratch_path(&out, "x.db")), 5);
	}
	power_log_destroy(&log);
	sqlite3_close(db);
	scratch_remove(&scratch);
	scratch_remove(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("power vfs");
	TCase *tcase = tcase_create("power vfs");
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, no_cut_loses_a_transaction_of_a_wal);
	tcase_add_test(tcase, no_cut_loses_a_transaction_with_a_rollback_journal);
	tcase_add_test(tcase, a_disk_that_lies_is_caught);
	tcase_add_test(tcase, two_threads_share_a_record);
	tcase_add_test(tcase, what_was_there_counts_as_durable);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
