/* Shared by the tests of the store; see support.h. */
#include "support.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"

char test_dir[TEST_PATH_SIZE];

void test_dir_make(void)
{
	const char *tmp = getenv("TMPDIR");
	ck_assert_int_eq(str_format(test_dir, sizeof test_dir, "%s/tomte-db-XXXXXX", tmp ? tmp : "/tmp"), 0);
	ck_assert_ptr_nonnull(mkdtemp(test_dir));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void test_dir_remove(void)
{
	nftw(test_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void test_path(char path_r[TEST_PATH_SIZE], const char *name)
{
	ck_assert_int_eq(str_format(path_r, TEST_PATH_SIZE, "%s/%s", test_dir, name), 0);
}

struct store *test_open(void)
{
	struct store *s;
	char message[512];
	int err = store_open(&(struct store_options){.state_dir = test_dir}, &s, message);
	ck_assert_msg(err == 0, "store_open: %d %s", err, message);
	return s;
}

int test_open_fails(char message_r[512])
{
	struct store *s;
	int err = store_open(&(struct store_options){.state_dir = test_dir}, &s, message_r);
	ck_assert_int_ne(err, 0);
	ck_assert_ptr_null(s);
	ck_assert_msg(strlen(message_r) > 20, "not a sentence: '%s'", message_r);
	return err;
}

bool test_files_hold(const void *bytes, size_t len)
{
	DIR *dir = opendir(test_dir);
	ck_assert_ptr_nonnull(dir);
	bool found = false;
	for (struct dirent *e; !found && (e = readdir(dir));) {
		if (e->d_type != DT_REG)
			continue;
		char path[TEST_PATH_SIZE];
		test_path(path, e->d_name);
		struct buf b = {0};
		ck_assert_int_eq(buf_read_file(&b, path, 256 << 20), 0);
		found = b.len && memmem(b.data, b.len, bytes, len) != NULL;
		buf_finish(&b);
	}
	closedir(dir);
	return found;
}

static struct conn *open_conn(const char *name, enum base base)
{
	char path[TEST_PATH_SIZE];
	struct conn *conn;
	test_path(path, name);
	int err = conn_open_writer(path, base, &conn);
	ck_assert_msg(err == 0, "%s: %s", path, conn_message(conn));
	return conn;
}

void test_sql(const char *name, enum base base, const char *sql)
{
	struct conn *conn = open_conn(name, base);
	int err = conn_exec(conn, sql);
	ck_assert_msg(err == 0, "%s: %s", sql, conn_message(conn));
	conn_close(&conn);
}

int64_t test_sql_int(const char *name, enum base base, const char *sql)
{
	struct conn *conn = open_conn(name, base);
	struct query q;
	query_begin(&q, conn, sql);
	int64_t value = query_next(&q) ? query_take_int(&q) : -1;
	ck_assert_msg(query_end(&q) == 0, "%s: %s", sql, conn_message(conn));
	conn_close(&conn);
	return value;
}

/* xorshift64* */
uint64_t test_rand_next(struct test_rand *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dULL;
}

uint64_t test_rand_below(struct test_rand *r, uint64_t bound)
{
	return (test_rand_next(r) >> 11) % bound;
}

int test_run(const char *name, void (*add)(TCase *tc))
{
	log_set_level(LOG_LEVEL_ERROR);
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	tcase_add_checked_fixture(tc, test_dir_make, test_dir_remove);
	tcase_set_timeout(tc, 120);
	add(tc);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
