/* A small house's history, for tests that copy shelves: 25 series over 40 days, real chunks and rollups. */
#ifndef TEST_COPY_HOUSE_H
#define TEST_COPY_HOUSE_H

#include <check.h>

#include "db/shelf_copy.h"

enum { HOUSE_SERIES = 25, HOUSE_DAYS = 40, HOUSE_DAY_SAMPLES = 72 };

/* Which of its samples. */
enum house_part {
	HOUSE_ALL = 0,
	HOUSE_ODD = 1,  /* every other one */
	HOUSE_EVEN = 2,
	HOUSE_EARLY_DAYS = 4,
	HOUSE_LATE_DAYS = 8,
	HOUSE_OTHER_VALUES = 16,
};

/* Puts series, words, and samples; with HOUSE_ALL, days but the last five are compacted. */
void house_fill(struct shelf *shelf, int part);

/* Compacts every day that is noted. */
void house_compact(struct shelf *shelf);

/* A number that follows from all rows but those in quarantine. */
uint64_t house_digest(struct shelf *shelf);

/* What is there. */
void house_size(struct shelf *shelf, struct shelf_size *size_r);
uint64_t house_samples(struct shelf *shelf);
size_t house_notes(struct shelf *shelf);
size_t house_series(struct shelf *shelf);

#endif
