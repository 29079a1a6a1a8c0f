/* What every kind of shelf must do. A program links the suite with its way of opening one. */
#ifndef TEST_SHELF_SUITE_H
#define TEST_SHELF_SUITE_H

#include <check.h>

#include "db/shelf.h"

/* The program's: a shelf of the test's own, empty at first; the same again for the same hub. */
struct shelf *suite_open(const char *hub);

/* Adds the tests that hold for every kind. */
void shelf_suite_add(TCase *tc);

/* ---- for more tests of the program's own ------------------------------- */

enum { SUITE_DAY = 19700 };

/* Begins, and commits or fails the test. */
struct shelf_txn *suite_begin(struct shelf *shelf, bool write);
void suite_commit(struct shelf_txn **txn);

/* Puts a chunk of the series that begins at ms within SUITE_DAY + day and lasts for length_ms; its data are
 * `size` bytes that follow from id and seed. */
struct suite_chunk {
	int64_t series, day, first_ms, length_ms;
	size_t size;
	uint8_t seed;
};
int64_t suite_put(struct shelf_txn *txn, const struct suite_chunk *chunk);

/* What a walk met; fails the test when a chunk's data are not those of suite_put. */
struct suite_met {
	size_t count;
	int64_t id[4096];
	int stop_at; /* returns 77 with the chunk of this number; 0: never */
};
int suite_meet(void *ctx, const struct shelf_chunk *chunk);

/* Ids met in the whole shelf. */
size_t suite_count(struct shelf_txn *txn);

#endif
