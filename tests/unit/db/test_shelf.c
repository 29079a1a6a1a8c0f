/* The shelf in SQLite: what every shelf does, and what is in its file. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/conn.h"
#include "db/migrate.h"
#include "db/schema.h"
#include "shelf_suite.h"
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

struct shelf *suite_open(const char *hub)
{
	struct shelf *shelf;
	char message[512];
	int err = shelf_open_sqlite(scratch_path(&scratch, hub), &shelf, message);
	ck_assert_msg(err == 0, "%d %s", err, message);
	return shelf;
}

static int64_t read_int(const char *literal)
{
	struct conn *conn;
	ck_assert_int_eq(conn_open_reader(scratch_path(&scratch, "a"), &conn), 0);
	struct query q;
	query_begin(&q, conn, literal);
	int64_t value = query_next(&q) ? query_take_int(&q) : -1;
	ck_assert_msg(query_end(&q) == 0, "%s: %s", literal, conn_message(conn));
	conn_close(&conn);
	return value;
}

static void run_sql(const char *sql)
{
	struct conn *conn;
	ck_assert_int_eq(conn_open_writer(scratch_path(&scratch, "a"), BASE_TELEMETRY, &conn), 0);
	ck_assert_msg(conn_exec(conn, sql) == 0, "%s: %s", sql, conn_message(conn));
	conn_close(&conn);
}

static int64_t file_size(const char *name)
{
	struct stat st;
	return stat(scratch_path(&scratch, name), &st) ? -1 : (int64_t)st.st_size;
}

static bool files_hold(const char *text)
{
	static const char *const names[] = {"a", "a-wal"};
	bool found = false;
	for (size_t i = 0; i < 2; i++) {
		struct buf b = {0};
		if (buf_read_file(&b, scratch_path(&scratch, names[i]), 64 << 20) == 0 && b.len)
			found = found || memmem(b.data, b.len, text, strlen(text));
		buf_finish(&b);
	}
	return found;
}

START_TEST(file_is_made_for_it)
{
	struct shelf *shelf = suite_open("a");
	struct stat st;
	ck_assert_int_eq(stat(scratch_path(&scratch, "a"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(stat(scratch_path(&scratch, "a-wal"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(read_int("PRAGMA user_version"), 2);
	ck_assert_int_eq(read_int("PRAGMA page_size"), 1024);
	ck_assert_int_eq(read_int("PRAGMA auto_vacuum"), 2);
	shelf_close(&shelf);
}
END_TEST

static int open_fails(char message[512])
{
	struct shelf *shelf;
	int err = shelf_open_sqlite(scratch_path(&scratch, "a"), &shelf, message);
	ck_assert_ptr_null(shelf);
	ck_assert_msg(strlen(message) > 20, "not a sentence: '%s'", message);
	return err;
}

START_TEST(other_formats_are_told_apart)
{
	char message[512];
	struct conn *conn;
	close(open(scratch_path(&scratch, "a"), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	ck_assert_int_eq(conn_open_writer(scratch_path(&scratch, "a"), BASE_TELEMETRY, &conn), 0);
	ck_assert_int_eq(migrate(conn, &schema_telemetry_rows, message), 0);
	conn_close(&conn);
	ck_assert_int_eq(open_fails(message), ERR_STATE);
	ck_assert_int_eq(read_int("PRAGMA user_version"), 1);
	run_sql("PRAGMA user_version = 3");
	ck_assert_int_eq(open_fails(message), ERR_NEWER);
	ck_assert_ptr_nonnull(strstr(message, "up to 2"));
}
END_TEST

START_TEST(nonsense_is_not_opened)
{
	char message[512];
	FILE *f = fopen(scratch_path(&scratch, "a"), "we");
	for (int i = 0; i < 1000; i++)
		fprintf(f, "This is not a database. ");
	fclose(f);
	ck_assert_int_eq(open_fails(message), ERR_DAMAGED);
	struct shelf *shelf;
	ck_assert_int_ne(shelf_open_sqlite(scratch_path(&scratch, "no/such/folder"), &shelf, message), 0);
	ck_assert_ptr_null(shelf);
}
END_TEST

static int64_t fill(struct shelf *shelf, int64_t days)
{
	struct shelf_txn *txn = suite_begin(shelf, true);
	for (int64_t day = 0; day < days; day++)
		for (int64_t series = 1; series <= 20; series++)
			suite_put(txn, &(struct suite_chunk){series, day, 1000, 10, 5000, 1});
	suite_commit(&txn);
	return days * 20;
}

START_TEST(trimming_shrinks_the_file)
{
	struct shelf *shelf = suite_open("a");
	uint64_t before_fill = shelf_written_bytes(shelf);
	fill(shelf, 50);
	ck_assert_uint_gt(shelf_written_bytes(shelf), before_fill + 50 * 20 * 5000);
	ck_assert_int_eq(shelf_tidy(shelf), 0); /* 5 MB of log: moved */
	int64_t full = file_size("a");
	ck_assert_int_gt(full, 50 * 20 * 5000);
	struct shelf_txn *txn = suite_begin(shelf, true);
	size_t removed;
	ck_assert_int_eq(shelf_trim(txn, &(struct shelf_days){0, 0, SUITE_DAY + 40}, SIZE_MAX, &removed), 0);
	ck_assert_uint_eq(removed, 800);
	suite_commit(&txn);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(shelf_tidy(shelf), 0);
	ck_assert_int_lt(file_size("a"), full * 2 / 5);
	txn = suite_begin(shelf, false);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_uint_eq(suite_count(txn), 200);
	ck_assert_int_le(size.free_bytes, size.bytes / 8);
	ck_assert_int_eq(size.bytes + size.free_bytes, file_size("a"));
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

START_TEST(scrubbing_leaves_no_trace)
{
	struct shelf *shelf = suite_open("a");
	fill(shelf, 3);
	struct shelf_txn *txn = suite_begin(shelf, true);
	struct series secret = {.id = 4, .device = "secret-diary", .entity = "x"};
	ck_assert_int_eq(shelf_put_series(txn, &secret), 0);
	ck_assert_int_eq(shelf_put_word(txn, &(struct shelf_word){4, 1, 1, "secret-word"}), 0);
	suite_commit(&txn);
	ck_assert(files_hold("secret-diary"));
	txn = suite_begin(shelf, true);
	ck_assert_int_eq(shelf_remove_series(txn, 4), 0);
	suite_commit(&txn);
	ck_assert_int_eq(shelf_scrub(shelf), 0);
	ck_assert(!files_hold("secret"));
	ck_assert_int_eq(file_size("a-wal"), 0);
	shelf_close(&shelf);
}
END_TEST

START_TEST(flushing_empties_the_log)
{
	struct shelf *shelf = suite_open("a");
	int64_t chunks = fill(shelf, 3);
	struct shelf_txn *reader = suite_begin(shelf, false);
	ck_assert_int_gt(file_size("a-wal"), 0);
	shelf_end(&reader);
	ck_assert_int_eq(shelf_flush(shelf), 0);
	ck_assert_int_eq(file_size("a-wal"), 0);
	struct buf b = {0};
	ck_assert_int_eq(buf_read_file(&b, scratch_path(&scratch, "a"), 64 << 20), 0);
	FILE *f = fopen(scratch_path(&scratch, "b"), "we");
	ck_assert_uint_eq(fwrite(b.data, 1, b.len, f), b.len);
	fclose(f);
	buf_finish(&b);
	shelf_close(&shelf);
	shelf = suite_open("b");
	reader = suite_begin(shelf, false);
	ck_assert_uint_eq(suite_count(reader), (size_t)chunks);
	shelf_end(&reader);
	shelf_close(&shelf);
}
END_TEST

static int meet_forged(void *ctx, const struct shelf_chunk *chunk)
{
	ck_assert_int_le(chunk->first, chunk->last);
	ck_assert_int_eq(day_of(chunk->first), chunk_id_day(chunk->id));
	ck_assert_int_eq(day_of(chunk->last), chunk_id_day(chunk->id));
	*(size_t *)ctx += chunk->data.len == 0;
	return 0;
}

START_TEST(forged_rows_do_no_harm)
{
	struct shelf *shelf = suite_open("a");
	fill(shelf, 1);
	shelf_close(&shelf);
	run_sql("UPDATE chunk SET first = 9223372036854775807 WHERE id = (SELECT min(id) FROM chunk);"
		"UPDATE chunk SET last = -9223372036854775808 WHERE id = (SELECT max(id) FROM chunk);"
		"INSERT INTO chunk VALUES (-9223372036854775808, 0, 0, 1, x'00'), (9223372036854775807, 0, 0, 1, x'00'), "
		"(0, 0, 0, -1, x''), (7, 0, 86400000, 4294967296, x'01');"
		"INSERT INTO rollup VALUES (-9223372036854775808, x''), (9223372036854775807, x'');"
		"INSERT INTO pending VALUES (9223372036854775807, -1);"
		"INSERT INTO meta VALUES ('something else', 1);");
	shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	size_t nonsense = 0;
	ck_assert_int_eq(shelf_chunks_all(txn, INT64_MIN, INT64_MAX, meet_forged, &nonsense), 0);
	ck_assert_uint_eq(nonsense, 6);
	for (int64_t series = 1; series <= 20; series += 19) {
		nonsense = 0;
		struct shelf_range all = {series, INT64_MIN, INT64_MAX};
		ck_assert_int_eq(shelf_chunks(txn, &all, meet_forged, &nonsense), 0);
		ck_assert_int_eq(shelf_remove_series(txn, series), 0);
	}
	size_t removed;
	ck_assert_int_eq(shelf_trim_rollups(txn, &(struct shelf_rollup){0, INT64_MAX, ROLLUP_HOUR, {NULL, 0}}), 0);
	ck_assert_int_eq(shelf_trim(txn, &(struct shelf_days){5, 0, INT64_MAX}, 10, &removed), 0);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	suite_commit(&txn);
	shelf_close(&shelf);
}
END_TEST

START_TEST(a_text_too_long_is_damage)
{
	struct shelf *shelf = suite_open("a");
	shelf_close(&shelf);
	run_sql("INSERT INTO series VALUES (1, hex(zeroblob(400)), '', '', '', '', '', 0, 0, 0, 0.0, 0, 0, 0)");
	shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, false);
	ck_assert_int_eq(shelf_series(txn, NULL, NULL), ERR_DAMAGED);
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	Suite *suite = suite_create("shelf_sqlite");
	TCase *tc = tcase_create("shelf_sqlite");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	shelf_suite_add(tc);
	tcase_add_test(tc, file_is_made_for_it);
	tcase_add_test(tc, other_formats_are_told_apart);
	tcase_add_test(tc, nonsense_is_not_opened);
	tcase_add_test(tc, trimming_shrinks_the_file);
	tcase_add_test(tc, scrubbing_leaves_no_trace);
	tcase_add_test(tc, flushing_empties_the_log);
	tcase_add_test(tc, forged_rows_do_no_harm);
	tcase_add_test(tc, a_text_too_long_is_damage);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
