/* From older formats: telemetry.db with a row a sample, hub.db of schema 1. Nothing is lost on the way, whatever
 * moment the hub is killed at and however full the disk is; and files of a newer hub are refused. */
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "db/schema.h"
#include "support.h"
#include "support/effort.h"

enum { SERIES = 6, KILLS = 50, LONG_KILLS = 1000, ROWS_MAX = 120000 };

static const struct old_series {
	int64_t id, first, step; /* ms */
	size_t rows;
	const char *device, *entity, *unit;
	enum series_kind kind;
} olds[SERIES] = {
	{1, 1700000000123, 1000, 70000, "meter", "power", "W", SERIES_GAUGE}, /* more than is read at once, within a day */
	{2, 1690000000000, 3600000, 2000, "meter", "energy", "kWh", SERIES_COUNTER},
	{3, 1700000000000, 61000, 20000, "attic", "temperature", "°C", SERIES_GAUGE},
	{7, -86400000 * 3, 977 * 1319, 5000, "before", "1970", "", SERIES_GAUGE},
	{70000, 1700000000000, 20000, 3000, "door", "contact", "", SERIES_BINARY},
	{SERIES_ID_MAX, 1700000000000, 1, 0, "empty", "series", "", SERIES_GAUGE},
};

/* ---- the old file -------------------------------------------------------------- */

/* Where it is converted hundreds of times, a file of a fifth of the rows. */
static size_t share = 1;

static size_t rows_of(const struct old_series *o)
{
	return o->rows / share;
}

static double value_of(const struct old_series *o, size_t i)
{
	static const double odd[] = {INFINITY, -INFINITY, DBL_TRUE_MIN, DBL_MAX, -DBL_MIN, 0.1 + 0.2, 9007199254740993.0, 0};
	if (o->kind == SERIES_BINARY)
		return (double)(i % 2);
	if (i % 97 == 0)
		return odd[i / 97 % (sizeof odd / sizeof *odd)];
	return i % 5 == 0 ? sin((double)i) * 1e3 : round((20 + sin((double)i / 500) * 5) * 100) / 100;
}

static struct conn *open_base(const char *name, enum base base)
{
	char path[TEST_PATH_SIZE];
	struct conn *conn;
	test_path(path, name);
	int fd = open(path, O_CREAT | O_RDWR, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(conn_open_writer(path, base, &conn), 0);
	return conn;
}

static void put_row(struct conn *conn, int64_t series, int64_t at, double value)
{
	struct query q;
	query_begin(&q, conn, "INSERT INTO sample (series, at, value) VALUES (?, ?, ?)");
	query_put_int(&q, series);
	query_put_int(&q, at);
	query_put_real(&q, value);
	if (query_run(&q))
		ck_abort_msg("a row: %s", conn_message(conn));
}

static void put_old_series(struct conn *conn, const struct old_series *o)
{
	struct query q;
	query_begin(&q, conn, "INSERT INTO series (id, device, entity, unit, kind) VALUES (?, ?, ?, ?, ?)");
	query_put_int(&q, o->id);
	query_put_text(&q, o->device);
	query_put_text(&q, o->entity);
	query_put_text(&q, o->unit);
	query_put_int(&q, o->kind);
	ck_assert_int_eq(query_run(&q), 0);
	for (size_t i = 0; i < rows_of(o); i++)
		put_row(conn, o->id, o->first + (int64_t)i * o->step, value_of(o, i));
}

static void make_rows(const char *name)
{
	char message[STORE_MESSAGE_SIZE];
	struct conn *conn = open_base(name, BASE_TELEMETRY);
	ck_assert_int_eq(migrate(conn, &schema_telemetry_rows, message), 0);
	ck_assert_int_eq(conn_exec(conn, "BEGIN"), 0);
	for (size_t i = 0; i < SERIES; i++)
		put_old_series(conn, &olds[i]);
	ck_assert_int_eq(conn_exec(conn, "COMMIT"), 0);
	conn_close(&conn);
}

static void copy_file(const char *from, const char *to)
{
	char path[TEST_PATH_SIZE];
	struct buf content = {0};
	test_path(path, from);
	ck_assert_int_eq(buf_read_file(&content, path, 64 << 20), 0);
	test_path(path, to);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(file_write_all(fd, buf_span(&content)), 0);
	close(fd);
	buf_finish(&content);
}

static bool exists(const char *name)
{
	char path[TEST_PATH_SIZE];
	test_path(path, name);
	return access(path, F_OK) == 0;
}

static ino_t inode_of(const char *name)
{
	char path[TEST_PATH_SIZE];
	struct stat st;
	test_path(path, name);
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_ino;
}

static void remove_base(const char *name)
{
	static const char *const endings[] = {"", "-wal", "-shm", ".new", ".new-wal", ".new-shm", ".schema-1", ".schema-1.part"};
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		char file[64], path[TEST_PATH_SIZE];
		ck_assert_int_eq(str_format(file, sizeof file, "%s%s", name, endings[i]), 0);
		test_path(path, file);
		(void)unlink(path);
	}
}

static void assert_converted(struct store *s)
{
	static struct datum data[ROWS_MAX];
	for (size_t i = 0; i < SERIES; i++) {
		const struct old_series *o = &olds[i];
		struct series series;
		ck_assert_int_eq(store_series_get(s, o->id, &series), 0);
		ck_assert_str_eq(series.device, o->device);
		ck_assert_str_eq(series.entity, o->entity);
		ck_assert_str_eq(series.unit, o->unit);
		ck_assert_int_eq(series.kind, o->kind);
		size_t count = test_samples(s, &(struct shelf_range){o->id, HISTORY_FIRST_MS, HISTORY_LAST_MS}, data, ROWS_MAX);
		ck_assert_msg(count == rows_of(o), "series %lld has %zu samples of %zu", (long long)o->id, count, rows_of(o));
		for (size_t k = 0; k < count; k++) {
			double value = value_of(o, k);
			if (data[k].at != o->first + (int64_t)k * o->step || memcmp(&data[k].value, &value, sizeof value) != 0)
				ck_abort_msg("sample %zu of series %lld came back wrong", k, (long long)o->id);
		}
	}
}

static void open_and_check(void)
{
	struct store *s = test_open();
	assert_converted(s);
	store_close(&s);
	ck_assert(!exists("telemetry.db.new"));
}

START_TEST(every_row_is_there_bit_for_bit)
{
	make_rows("telemetry.db");
	struct store *s = test_open();
	assert_converted(s);
	ck_assert_int_eq(store_seal(s, true), 0); /* and through compaction */
	assert_converted(s);
	store_close(&s);
	ck_assert_int_eq(test_sql_int("telemetry.db.schema-1", BASE_TELEMETRY, "SELECT count(*) FROM sample"), 100000);
	ck_assert_int_eq(test_sql_int("telemetry.db.schema-1", BASE_TELEMETRY, "PRAGMA user_version"), 1);
	ino_t now = inode_of("telemetry.db"), kept = inode_of("telemetry.db.schema-1");
	open_and_check(); /* nothing more is done */
	ck_assert_uint_eq(inode_of("telemetry.db"), now);
	ck_assert_uint_eq(inode_of("telemetry.db.schema-1"), kept);
}
END_TEST

/* ---- what cannot be kept ----------------------------------------------------------- */

/* Runs store_open with standard error in a file. */
static void open_logged(struct buf *log_r)
{
	char path[TEST_PATH_SIZE];
	test_path(path, "stderr");
	int file = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600), saved = dup(STDERR_FILENO);
	ck_assert_int_ge(dup2(file, STDERR_FILENO), 0);
	log_set_level(LOG_LEVEL_INFO);
	struct store *s = test_open();
	log_set_level(LOG_LEVEL_ERROR);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
	close(file);
	ck_assert_int_eq(buf_read_file(log_r, path, 1 << 20), 0);
	ck_assert_ptr_nonnull(buf_cstr(log_r));
	assert_converted(s);
	store_close(&s);
}

START_TEST(impossible_times_are_left_out_and_told)
{
	static const int64_t impossible[] = {INT64_MIN, INT64_MIN + 1, HISTORY_FIRST_MS - 1, HISTORY_LAST_MS + 1, INT64_MAX};
	struct buf log = {0};
	make_rows("telemetry.db");
	struct conn *conn = open_base("telemetry.db", BASE_TELEMETRY);
	for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++)
		put_row(conn, 3, impossible[i], 1);
	put_row(conn, SERIES_ID_MAX, INT64_MAX, 1); /* nothing else in that one */
	conn_close(&conn);
	open_logged(&log);
	ck_assert_msg(strstr((const char *)log.data, "100000 samples") && strstr((const char *)log.data, "impossible times"), "%s",
		      (const char *)log.data);
	buf_finish(&log);
}
END_TEST

/* ---- a full disk -------------------------------------------------------------------- */

enum { DISK_BYTES = 24 << 20 };

static bool mount_small_disk(void)
{
	char options[64];
	ck_assert_int_eq(str_format(options, sizeof options, "size=%d,mode=0700", DISK_BYTES), 0);
	if (mount("none", test_dir, "tmpfs", 0, options) == 0)
		return true;
	perror("skipped: a small tmpfs cannot be mounted (needs root)");
	return false;
}

/* Fills the disk but for so many bytes. */
static void fill_disk(size_t left)
{
	char path[TEST_PATH_SIZE];
	static const char zeroes[4096];
	test_path(path, "filler");
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	off_t size = 0;
	for (ssize_t n; (n = write(fd, zeroes, sizeof zeroes)) > 0;)
		size += n;
	ck_assert_int_eq(ftruncate(fd, (off_t)left < size ? size - (off_t)left : 0), 0);
	close(fd);
}

static void make_room(void)
{
	char path[TEST_PATH_SIZE];
	test_path(path, "filler");
	ck_assert_int_eq(unlink(path), 0);
}

/* One try with so much room; returns whether the store opened. */
static bool try_with(size_t left)
{
	struct store *s;
	char message[512];
	remove_base("telemetry.db");
	copy_file("telemetry.old", "telemetry.db");
	fill_disk(left);
	int err = store_open(&(struct store_options){.state_dir = test_dir}, &s, message);
	if (!err) {
		assert_converted(s);
		make_room();
		store_close(&s);
	} else {
		ck_assert_int_eq(err, ERR_DISK_FULL);
		ck_assert_msg(strstr(message, "room") || strstr(message, "full"), "with %zu bytes: %s", left, message);
		make_room();
		ck_assert(!exists("telemetry.db.new")); /* what cannot be finished takes no room */
		if (!exists("telemetry.db.schema-1")) {
			ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "PRAGMA user_version"), 1);
			ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM sample"), 20000);
		}
	}
	open_and_check();
	return !err;
}

START_TEST(a_full_disk_costs_nothing)
{
	enum { STEP = 16 << 10 };
	if (!mount_small_disk())
		return;
	share = 5;
	struct store *s = test_open(); /* the other databases are there */
	store_close(&s);
	remove_base("telemetry.db");
	make_rows("telemetry.old");
	int failed = 0;
	for (size_t left = 0; !try_with(left); left += STEP)
		failed++;
	ck_assert_int_gt(failed, 3);
	ck_assert_int_eq(umount(test_dir), 0);
}
END_TEST

/* ---- kills ---------------------------------------------------------------------------- */

static int64_t now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* Opens the store in a process of its own, which is killed after so many us; 0: let it end. */
static void open_and_kill(int64_t after_us)
{
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct store *s;
		char message[512];
		_exit(store_open(&(struct store_options){.state_dir = test_dir}, &s, message) ? 1 : 0);
	}
	if (after_us) {
		usleep((useconds_t)after_us);
		kill(pid, SIGKILL);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

/* How long an undisturbed start takes with the old file. */
static int64_t measure(const char *base, const char *old)
{
	remove_base(base);
	copy_file(old, base);
	int64_t begun = now_us();
	open_and_kill(0);
	return now_us() - begun;
}

START_TEST(conversion_killed_anywhere_is_finished)
{
	share = 5;
	make_rows("telemetry.old");
	int64_t whole = measure("telemetry.db", "telemetry.old");
	int unfinished = 0;
	for (int i = 0; i < effort_rounds(KILLS, LONG_KILLS); i++) {
		remove_base("telemetry.db");
		copy_file("telemetry.old", "telemetry.db");
		open_and_kill(1 + whole * i / effort_rounds(KILLS, LONG_KILLS));
		if (i % 4 == 3) /* twice, the second time somewhere else */
			open_and_kill(1 + whole * (i * 37 % KILLS) / KILLS);
		unfinished += !exists("telemetry.db.schema-1");
		open_and_check();
		ck_assert(exists("telemetry.db.schema-1"));
	}
	ck_assert_int_gt(unfinished, 0);
}
END_TEST

/* ---- hub.db ------------------------------------------------------------------------------ */

static void make_hub(const char *name)
{
	char message[STORE_MESSAGE_SIZE];
	const struct schema first = {"hub.db", 1, 1, schema_hub.migrations};
	struct conn *conn = open_base(name, BASE_HUB);
	ck_assert_int_eq(migrate(conn, &first, message), 0);
	ck_assert_int_eq(conn_exec(conn,
		"INSERT INTO account (name, password, role, created_at) VALUES ('astrid', '$argon2id$x', 2, 17), ('emil', 'y', 0, 18);"
		"INSERT INTO device VALUES ('lamp', 'Lampa', 'Attic', 'L1', 'Tomte', '1.0', zeroblob(32), zeroblob(32), 0, 1, 0, 5, 6);"
		"INSERT INTO device_discovery VALUES ('lamp', '{\"a\":1}');"
		"INSERT INTO setting VALUES ('house', CAST('Tomtebo' AS BLOB));"
		"INSERT INTO alert (device, kind, text, opened_at, closed_at) VALUES ('lamp', 'offline', 'gone', 1, 0);"
		"INSERT INTO audit (at, who, event, detail) VALUES (1, 'astrid', 'log-in', '')"), 0);
	conn_close(&conn);
}

static void assert_hub(struct store *s)
{
	struct account account;
	struct device_record d;
	struct buf house = {0};
	ck_assert_int_eq(store_account_by_name(s, "Astrid", &account), 0);
	ck_assert_str_eq(account.password, "$argon2id$x");
	ck_assert_int_eq(account.role, ROLE_OWNER);
	int64_t count;
	ck_assert_int_eq(store_account_count(s, &count), 0);
	ck_assert_int_eq(count, 2);
	ck_assert_int_eq(store_device_get(s, "lamp", &d), 0);
	ck_assert_str_eq(d.name, "Lampa");
	ck_assert_str_eq(d.discovery, "{\"a\":1}");
	ck_assert_int_eq(d.last_seen_at.ms, 6);
	ck_assert_uint_eq(d.scram.iterations, 0); /* none can be made: the token is not known */
	device_record_finish(&d);
	ck_assert_int_eq(store_setting_get(s, "house", &house), 0);
	ck_assert(span_equal(buf_span(&house), span_str("Tomtebo")));
	buf_finish(&house);
	ck_assert_int_eq(store_alert_last_id(s, &count), 0);
	ck_assert_int_eq(count, 1);
}

static void open_and_check_hub(void)
{
	struct store *s = test_open();
	assert_hub(s);
	store_close(&s);
	ck_assert_int_eq(test_sql_int("hub.db", BASE_HUB, "PRAGMA user_version"), (int64_t)(schema_hub.first + schema_hub.count - 1));
	ck_assert_int_eq(test_sql_int("hub.db.schema-1", BASE_HUB, "PRAGMA user_version"), 1);
	ck_assert_int_eq(test_sql_int("hub.db.schema-1", BASE_HUB, "SELECT count(*) FROM account"), 2);
	ck_assert(!exists("hub.db.schema-1.part"));
}

START_TEST(hub_comes_from_schema_1_with_its_data)
{
	make_hub("hub.db");
	open_and_check_hub();
	ino_t kept = inode_of("hub.db.schema-1");
	open_and_check_hub();
	ck_assert_uint_eq(inode_of("hub.db.schema-1"), kept);
}
END_TEST

START_TEST(hub_killed_anywhere_is_migrated)
{
	make_hub("hub.old");
	int64_t whole = measure("hub.db", "hub.old");
	for (int i = 0; i < effort_rounds(KILLS, LONG_KILLS); i++) {
		remove_base("hub.db");
		copy_file("hub.old", "hub.db");
		open_and_kill(1 + whole * i / effort_rounds(KILLS, LONG_KILLS));
		open_and_check_hub();
	}
}
END_TEST

/* ---- newer --------------------------------------------------------------------------------- */

START_TEST(each_base_of_a_newer_hub_is_refused)
{
	static const struct {
		const char *name;
		enum base base;
		const struct schema *schema;
	} bases[] = {
		{"hub.db", BASE_HUB, &schema_hub},
		{"telemetry.db", BASE_TELEMETRY, &schema_telemetry},
		{"broker.db", BASE_BROKER, &schema_broker},
	};
	make_hub("hub.db");
	open_and_check_hub();
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
		char sql[64], message[512], expected[64];
		test_sql(bases[i].name, bases[i].base, "PRAGMA user_version = 99");
		ck_assert_int_eq(test_open_fails(message), ERR_NEWER);
		ck_assert_int_eq(str_format(expected, sizeof expected, "%s has schema 99", bases[i].name), 0);
		ck_assert_msg(strstr(message, expected) != NULL, "%s", message);
		ck_assert_int_eq(str_format(sql, sizeof sql, "PRAGMA user_version = %zu",
					    bases[i].schema->first + bases[i].schema->count - 1), 0);
		test_sql(bases[i].name, bases[i].base, sql);
		open_and_check_hub(); /* the refusal changed nothing */
	}
}
END_TEST

static void add(TCase *tc)
{
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, every_row_is_there_bit_for_bit);
	tcase_add_test(tc, impossible_times_are_left_out_and_told);
	tcase_add_test(tc, a_full_disk_costs_nothing);
	tcase_add_test(tc, conversion_killed_anywhere_is_finished);
	tcase_add_test(tc, hub_comes_from_schema_1_with_its_data);
	tcase_add_test(tc, hub_killed_anywhere_is_migrated);
	tcase_add_test(tc, each_base_of_a_newer_hub_is_refused);
}

int main(void)
{
	return test_run("rows", add);
}
