/* Opening: modes of the files, one hub a directory, damage and newer schemas told in sentences. */
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "support.h"

static mode_t mode_of(const char *name)
{
	char path[TEST_PATH_SIZE];
	struct stat st;
	test_path(path, name);
	ck_assert_msg(stat(path, &st) == 0, "%s is missing", path);
	return st.st_mode & 07777;
}

static void put_something(struct store *s)
{
	ck_assert_int_eq(store_setting_put(s, "house", span_str("Tomtebo"), NULL), 0);
	struct series series = {.id = 1, .device = "lamp", .entity = "power", .unit = "W"};
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
}

static void check_modes(mode_t mask)
{
	umask(mask);
	char sub[TEST_PATH_SIZE], saved[TEST_PATH_SIZE];
	memcpy(saved, test_dir, sizeof saved);
	test_path(sub, "state");
	memcpy(test_dir, sub, sizeof test_dir);
	struct store *s = test_open();
	put_something(s);
	struct stat st;
	ck_assert_int_eq(stat(test_dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	static const char *const names[] = {"hub.db",	  "hub.db-wal",	      "hub.db-shm",	  "hub.lock",
					    "telemetry.db", "telemetry.db-wal", "telemetry.db-shm", "broker.db"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		ck_assert_msg(mode_of(names[i]) == 0600, "%s has mode %o", names[i], mode_of(names[i]));
	store_close(&s);
	memcpy(test_dir, saved, sizeof saved);
}

START_TEST(modes_with_open_umask)
{
	check_modes(0);
}
END_TEST

START_TEST(modes_with_tight_umask)
{
	check_modes(0777);
}
END_TEST

START_TEST(loose_file_is_tightened)
{
	struct store *s = test_open();
	store_close(&s);
	char path[TEST_PATH_SIZE];
	test_path(path, "hub.db");
	ck_assert_int_eq(chmod(path, 0666), 0);
	s = test_open();
	ck_assert_uint_eq(mode_of("hub.db"), 0600);
	store_close(&s);
}
END_TEST

START_TEST(contents_survive_reopening)
{
	struct store *s = test_open();
	put_something(s);
	store_close(&s);
	ck_assert_ptr_null(s);
	store_close(&s);
	s = test_open();
	struct buf value = {0};
	ck_assert_int_eq(store_setting_get(s, "house", &value), 0);
	ck_assert(span_is(buf_span(&value), "Tomtebo"));
	buf_finish(&value);
	store_close(&s);
}
END_TEST

START_TEST(second_hub_is_refused)
{
	struct store *s = test_open();
	char message[512], pid[32];
	ck_assert_int_eq(test_open_fails(message), ERR_BUSY);
	ck_assert_int_eq(str_format(pid, sizeof pid, "process %d)", (int)getpid()), 0);
	ck_assert_msg(strstr(message, pid) != NULL, "%s", message);
	put_something(s); /* the first is not disturbed */
	store_close(&s);
	s = test_open();
	store_close(&s);
}
END_TEST

START_TEST(no_directory_to_be_made)
{
	char message[512];
	struct store *s;
	ck_assert_int_ne(store_open(&(struct store_options){.state_dir = "/proc/nowhere/tomte"}, &s, message), 0);
	ck_assert_ptr_null(s);
	ck_assert_ptr_nonnull(strstr(message, "/proc/nowhere/tomte"));
}
END_TEST

START_TEST(file_instead_of_directory)
{
	char path[TEST_PATH_SIZE], message[512];
	struct store *s;
	test_path(path, "file");
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	ck_assert_int_eq(store_open(&(struct store_options){.state_dir = path}, &s, message), ERR_IO);
	ck_assert_ptr_nonnull(strstr(message, "not a directory"));
}
END_TEST

/* A link in the state directory must not lead the hub to another file. */
START_TEST(link_instead_of_database)
{
	char path[TEST_PATH_SIZE], message[512];
	test_path(path, "hub.db");
	ck_assert_int_eq(symlink("/tmp/elsewhere.db", path), 0);
	test_open_fails(message);
	ck_assert_int_ne(access("/tmp/elsewhere.db", F_OK), 0);
}
END_TEST

START_TEST(newer_schema_is_refused)
{
	struct store *s = test_open();
	store_close(&s);
	test_sql("telemetry.db", BASE_TELEMETRY, "PRAGMA user_version = 4711");
	char message[512];
	ck_assert_int_eq(test_open_fails(message), ERR_NEWER);
	ck_assert_ptr_nonnull(strstr(message, "telemetry.db has schema 4711"));
	test_sql("telemetry.db", BASE_TELEMETRY, "PRAGMA user_version = 2");
	s = test_open(); /* the refusal changed nothing */
	store_close(&s);
}
END_TEST

static void overwrite(const char *name, off_t at, size_t len)
{
	char path[TEST_PATH_SIZE];
	test_path(path, name);
	int fd = open(path, O_WRONLY);
	uint8_t *junk = malloc(len);
	memset(junk, 0xa5, len);
	ck_assert_int_eq(pwrite(fd, junk, len, at), (ssize_t)len);
	free(junk);
	close(fd);
}

START_TEST(damaged_page_is_told)
{
	struct store *s = test_open();
	put_something(s);
	store_close(&s);
	overwrite("hub.db", 4096 * 5, 4096);
	char message[512];
	ck_assert_int_eq(test_open_fails(message), ERR_DAMAGED);
	ck_assert_msg(strstr(message, "hub.db is damaged") != NULL, "%s", message);
	ck_assert_ptr_nonnull(strstr(message, "backup"));
}
END_TEST

START_TEST(foreign_file_is_told)
{
	static const char *const names[] = {"hub.db", "telemetry.db", "broker.db"};
	for (size_t i = 0; i < 3; i++) {
		struct store *s = test_open();
		store_close(&s);
		overwrite(names[i], 0, 4096);
		char message[512], path[TEST_PATH_SIZE];
		ck_assert_int_eq(test_open_fails(message), ERR_DAMAGED);
		ck_assert_ptr_nonnull(strstr(message, names[i]));
		test_path(path, names[i]);
		ck_assert_int_eq(unlink(path), 0);
	}
}
END_TEST

static void fill(struct store *s, int count)
{
	struct sample *samples = calloc((size_t)count, sizeof *samples);
	for (int i = 0; i < count; i++)
		samples[i] = (struct sample){1, {i * 10000LL}, i * 0.1 + sin(i)};
	ck_assert_int_eq(store_append(s, samples, (size_t)count, NULL), 0);
	free(samples);
	ck_assert_int_eq(store_seal(s, true), 0);
}

static int read_all(struct store *s, int count, size_t *count_r)
{
	static struct bucket buckets[STORE_MAX_BUCKETS];
	struct buckets_answer answer = {0};
	struct buckets_query q = {1, {0}, {count * 10000LL}, STORE_MAX_BUCKETS, true};
	int err = store_buckets(s, &q, buckets, &answer);
	*count_r = answer.count;
	return err;
}

/* Damage among the pages is met when they are read: an error, no crash, and
 * the other databases go on. */
START_TEST(damaged_pages_are_told_when_read)
{
	enum { SAMPLES = 40000 };
	struct store *s = test_open();
	put_something(s);
	fill(s, SAMPLES);
	store_close(&s);
	overwrite("telemetry.db", 1024 * 40, 1024 * 60);
	struct store *damaged;
	char message[512];
	size_t count;
	int err = store_open(&(struct store_options){.state_dir = test_dir}, &damaged, message);
	if (err) { /* the check at the start found it */
		ck_assert_int_eq(err, ERR_DAMAGED);
		ck_assert_msg(strstr(message, "telemetry.db is damaged") != NULL, "%s", message);
		return;
	}
	ck_assert_int_eq(read_all(damaged, SAMPLES, &count), ERR_DAMAGED);
	ck_assert_int_eq(store_setting_put(damaged, "house", span_str("still here"), NULL), 0);
	store_close(&damaged);
}
END_TEST

struct told {
	_Atomic int alerts;
	char kind[16];
};

static void note_alert(void *ctx, const char *kind, const char *text)
{
	struct told *told = ctx;
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_gt(strlen(text), 20);
	str_copy(told->kind, sizeof told->kind, kind);
	atomic_fetch_add(&told->alerts, 1);
}

/* A chunk whose bytes were changed on the disk, where SQLite cannot see it. */
START_TEST(damaged_chunk_is_put_aside)
{
	enum { SAMPLES = 3 * 8640 };
	struct store *s = test_open();
	put_something(s);
	fill(s, SAMPLES);
	store_close(&s);
	test_sql("telemetry.db", BASE_TELEMETRY,
		 "UPDATE chunk SET data = CAST(substr(data, 1, 100) || x'00112233' || substr(data, 105) AS BLOB) WHERE first / 86400000 + (id >> 43) = "
		 "(SELECT min(id) >> 43 FROM chunk) + 1;");
	s = test_open();
	struct told told = {0};
	store_events_set(s, &(struct store_events){note_alert, &told});
	static struct datum data[SAMPLES];
	size_t count = test_samples(s, &(struct shelf_range){1, 0, SAMPLES * 10000LL}, data, SAMPLES);
	ck_assert_uint_eq(count, 2 * 8640); /* the other two days are served */
	ck_assert_int_eq(store_seal(s, false), 0);
	while (atomic_load(&told.alerts) == 0)
		usleep(1000);
	ck_assert_str_eq(told.kind, "damage");
	store_close(&s);
	ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM quarantine"), 1);
	ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM chunk"), 2);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, modes_with_open_umask);
	tcase_add_test(tc, modes_with_tight_umask);
	tcase_add_test(tc, loose_file_is_tightened);
	tcase_add_test(tc, contents_survive_reopening);
	tcase_add_test(tc, second_hub_is_refused);
	tcase_add_test(tc, no_directory_to_be_made);
	tcase_add_test(tc, file_instead_of_directory);
	tcase_add_test(tc, link_instead_of_database);
	tcase_add_test(tc, newer_schema_is_refused);
	tcase_add_test(tc, damaged_page_is_told);
	tcase_add_test(tc, foreign_file_is_told);
	tcase_add_test(tc, damaged_pages_are_told_when_read);
	tcase_add_test(tc, damaged_chunk_is_put_aside);
}

int main(void)
{
	return test_run("open", add);
}
