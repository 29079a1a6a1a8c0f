/* A question for buckets while it is being answered: what query_points.c, which decides, and
 * query_sources.c, which reads, share. */
#ifndef DB_QUERY_PRIVATE_H
#define DB_QUERY_PRIVATE_H

#include "db/history.h"
#include "db/query_days.h"
#include "db/rollup.h"
#include "db/view.h"

/* From finer to coarser: samples alone, or the rollups of that level where they are up to date. */
enum source { SOURCE_SAMPLES = 0, SOURCE_5MIN = ROLLUP_5MIN, SOURCE_HOUR = ROLLUP_HOUR };

struct answering {
	struct series series;
	struct view view;
	size_t width;
	int64_t from, to;   /* the window, [from, to), cut to the times that there are */
	enum source source;
	int64_t start, end; /* the window as whole buckets of b.length_ms, cut likewise */
	struct bucketing b; /* the answer's buckets */
	struct days fresh;  /* days in or just before [start, end) whose rollups lack something: pending ones, the head's */
	struct days by_sample; /* and those that have no rollup of the source's level */
	struct days seen;   /* days that gave samples */
	struct days damaged; /* days whose block of rollups cannot be read */
	bool damaged_found;  /* one of them just now */
	bool has_before;    /* whether a rollup told where the counter stood before start */
	double before;
	struct bucket *block; /* owned: ROLLUP_BLOCK_MAX, the block being read */
};

/* A time cut to those that there are, of a window's ends: LAST + 1 lies behind all. */
static inline int64_t history_clip(int64_t at)
{
	return at < HISTORY_FIRST_MS ? HISTORY_FIRST_MS : at > HISTORY_LAST_MS ? HISTORY_LAST_MS + 1 : at;
}

/* Answers [start, end) into b from the source. Returns 0; ERR_STATE when parts of the
 * window are left only in rollups of a coarser level; or an error. */
int sources_read(struct answering *a);

/* Whether days of the window can still change: pending, or held by the head. Valid after sources_read. */
bool sources_fresh(const struct answering *a);

#endif
