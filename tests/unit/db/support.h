/* What the tests of the store share: a state directory of their own, a store
 * in it, and a look at the bytes of its files. */
#ifndef TEST_DB_SUPPORT_H
#define TEST_DB_SUPPORT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/chunk.h"
#include "db/conn.h"
#include "db/history.h"
#include "db/shelf.h"
#include "db/store.h"

enum { TEST_PATH_SIZE = 256 };

/* The current test's directory; made by test_dir_make, removed with its contents by
 * test_dir_remove: a checked fixture. */
extern char test_dir[TEST_PATH_SIZE];
/* Where test_open keeps history; NULL: in the directory. */
extern const char *test_database;
void test_dir_make(void);
void test_dir_remove(void);

/* path_r = test_dir/name. */
void test_path(char path_r[TEST_PATH_SIZE], const char *name);

/* Opens the store in test_dir; fails the test if that fails. */
struct store *test_open(void);

/* Opens with an expected error; message_r as store_open. */
int test_open_fails(char message_r[512]);

/* All samples of [range->from, range->to), at most max of them, whose number it returns. */
size_t test_samples(struct store *s, const struct shelf_range *range, struct datum *data_r, size_t max);

/* Whether any file in test_dir or below holds the bytes. */
bool test_files_hold(const void *bytes, size_t len);

/* Runs sql on the database file `name`; the store may be open. */
void test_sql(const char *name, enum base base, const char *sql);

/* The first column of the first row as a number; -1 when there is none. sql must be a literal. */
int64_t test_sql_int(const char *name, enum base base, const char *sql);

/* Deterministic random numbers. */
struct test_rand {
	uint64_t state;
};
uint64_t test_rand_next(struct test_rand *r);
uint64_t test_rand_below(struct test_rand *r, uint64_t bound);

/* Runs a suite of one case with the fixture, for main. Returns the exit status. */
int test_run(const char *name, void (*add)(TCase *tc));

#endif
