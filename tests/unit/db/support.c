/* Shared by the tests of the store; see support.h. */
#include "support.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

char test_dir[TEST_PATH_SIZE];
const char *test_database;

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
	int err = store_open(&(struct store_options){.state_dir = test_dir, .database = test_database}, &s, message);
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

struct collected {
	struct datum *data;
	size_t count, max;
};

static int collect(void *ctx, const struct sample *samples, size_t count)
{
	struct collected *c = ctx;
	ck_assert_uint_le(c->count + count, c->max);
	for (size_t i = 0; i < count; i++)
		c->data[c->count++] = (struct datum){samples[i].at.ms, samples[i].value};
	return 0;
}

static struct span sought;
static bool sought_found;

static int look_into(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if (type != FTW_F || sought_found)
		return 0;
	struct buf b = {0};
	ck_assert_int_eq(buf_read_file(&b, path, 256 << 20), 0);
	sought_found = b.len && memmem(b.data, b.len, sought.data, sought.len) != NULL;
	buf_finish(&b);
	return 0;
}

bool test_files_hold(const void *bytes, size_t len)
{
	sought = span_of(bytes, len);
	sought_found = false;
	nftw(test_dir, look_into, 8, FTW_PHYS);
	return sought_found;
}

size_t test_samples(struct store *s, const struct shelf_range *range, struct datum *data_r, size_t max)
{
	struct collected c = {data_r, 0, max};
	struct scan_query q = {range->series, {range->from}, {range->to}, collect, &c};
	int err = store_scan(s, &q);
	ck_assert_msg(err == 0, "store_scan: %s", err_text(err));
	return c.count;
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
	tcase_set_timeout(tc, 600); /* against hanging, not for speed: machines are slow when they test all at once */
	add(tc);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
