/* What every kind of shelf must do: rows come back as they were put, in order, in snapshots. */
#include "shelf_suite.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

enum { PERIOD_MS = 10000 }; /* of the samples that a chunk claims */

/* ---- helpers ----------------------------------------------------------- */

struct shelf_txn *suite_begin(struct shelf *shelf, bool write)
{
	struct shelf_txn *txn;
	ck_assert_int_eq(shelf_begin(shelf, write, &txn), 0);
	return txn;
}

void suite_commit(struct shelf_txn **txn)
{
	ck_assert_int_eq(shelf_commit(txn, 0), 0);
	ck_assert_ptr_null(*txn);
}

static uint8_t byte_of(int64_t id, uint8_t seed, size_t i)
{
	return (uint8_t)((uint64_t)id * 2654435761u >> 8) ^ (uint8_t)(i * 31) ^ seed;
}

static uint8_t data[1 << 16];

int64_t suite_put(struct shelf_txn *txn, const struct suite_chunk *c)
{
	int64_t first = (SUITE_DAY + c->day) * DAY_MS + c->first_ms;
	struct shelf_chunk chunk = {
		.id = chunk_id(c->series, first),
		.first = first,
		.last = first + c->length_ms,
		.count = (uint32_t)(c->length_ms / PERIOD_MS + 1),
		.data = {data, c->size},
	};
	ck_assert_uint_le(c->size, sizeof data);
	data[0] = c->seed; /* so that a walk can tell what follows */
	for (size_t i = 1; i < c->size; i++)
		data[i] = byte_of(chunk.id, c->seed, i);
	int err = shelf_put_chunk(txn, &chunk);
	ck_assert_msg(err == 0, "put: %s", err_text(err));
	return chunk.id;
}

int suite_meet(void *ctx, const struct shelf_chunk *chunk)
{
	struct suite_met *met = ctx;
	ck_assert_uint_lt(met->count, sizeof met->id / sizeof *met->id);
	met->id[met->count++] = chunk->id;
	ck_assert_int_eq(chunk_id(chunk_id_series(chunk->id), chunk->first), chunk->id);
	ck_assert_int_eq(chunk->count, (chunk->last - chunk->first) / PERIOD_MS + 1);
	for (size_t i = 1; i < chunk->data.len; i++)
		ck_assert_uint_eq(chunk->data.data[i], byte_of(chunk->id, chunk->data.data[0], i));
	return met->stop_at && (int)met->count == met->stop_at ? 77 : 0;
}

static int count_one(void *ctx, const struct shelf_chunk *chunk)
{
	(void)chunk;
	++*(size_t *)ctx;
	return 0;
}

size_t suite_count(struct shelf_txn *txn)
{
	size_t count = 0;
	ck_assert_int_eq(shelf_chunks_all(txn, INT64_MIN, INT64_MAX, count_one, &count), 0);
	return count;
}

static struct suite_met met; /* too large for a stack */

static size_t meet_range(struct shelf_txn *txn, int64_t series, int64_t from, int64_t to)
{
	struct shelf_range range = {series, from, to};
	met = (struct suite_met){0};
	ck_assert_int_eq(shelf_chunks(txn, &range, suite_meet, &met), 0);
	return met.count;
}

static int64_t at(int64_t day, int64_t ms)
{
	return (SUITE_DAY + day) * DAY_MS + ms;
}

/* ---- chunks ------------------------------------------------------------ */

START_TEST(ids_are_ordered_and_bounded)
{
	ck_assert_int_eq(day_of(0), 0);
	ck_assert_int_eq(day_of(-1), -1);
	ck_assert_int_eq(day_of(-DAY_MS), -1);
	ck_assert_int_eq(day_of(-DAY_MS - 1), -2);
	ck_assert_int_eq(day_of(INT64_MIN), INT64_MIN / DAY_MS - 1);
	static const int64_t days[] = {SHELF_DAY_MIN, -1, 0, 19700, SHELF_DAY_MAX};
	int64_t before = -1;
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		ck_assert_int_gt(chunk_id_of(days[i], 0), before);
		int64_t id = chunk_id(SERIES_ID_MAX, (days[i] + 1) * DAY_MS - 1);
		ck_assert_int_eq(chunk_id_day(id), days[i]);
		ck_assert_int_eq(chunk_id_series(id), SERIES_ID_MAX);
		ck_assert_int_le(id, chunk_id_end(days[i], SERIES_ID_MAX));
		ck_assert_int_gt(id, chunk_id_of(days[i], SERIES_ID_MAX));
		before = id;
	}
	ck_assert_int_eq(chunk_id_of(INT64_MIN, 1), chunk_id_of(SHELF_DAY_MIN, 1));
	ck_assert_int_eq(chunk_id_of(INT64_MAX, 1), chunk_id_of(SHELF_DAY_MAX, 1));
	ck_assert_int_eq(chunk_id_day(chunk_id(3, INT64_MAX)), SHELF_DAY_MAX);
	ck_assert_int_eq(chunk_id_day(chunk_id(3, INT64_MIN)), SHELF_DAY_MIN);
}
END_TEST

START_TEST(ranges_meet_what_overlaps)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	int64_t id[4];
	id[0] = suite_put(txn, &(struct suite_chunk){5, 0, 1000, 3600000, 300, 1});
	id[1] = suite_put(txn, &(struct suite_chunk){5, 0, 7200000, 3600000, 9000, 2});
	id[2] = suite_put(txn, &(struct suite_chunk){5, 1, 0, DAY_MS - 1, 20000, 3});
	id[3] = suite_put(txn, &(struct suite_chunk){5, 400, 50, 0, 1, 4}); /* a year of nothing before it */
	suite_put(txn, &(struct suite_chunk){4, 0, 2000, 10, 500, 5});
	suite_put(txn, &(struct suite_chunk){6, 1, 2000, 10, 500, 6});
	for (int pass = 0; pass < 2; pass++) { /* the writer sees its own changes, a reader the same */
		ck_assert_uint_eq(meet_range(txn, 5, INT64_MIN, INT64_MAX), 4);
		ck_assert_int_eq(memcmp(met.id, id, sizeof id), 0);
		ck_assert_uint_eq(meet_range(txn, 5, at(0, 0), at(0, 999)), 0);
		ck_assert_uint_eq(meet_range(txn, 5, at(0, 0), at(0, 1000)), 1);
		ck_assert_uint_eq(meet_range(txn, 5, at(0, 3601000), at(0, 3601000)), 1);
		ck_assert_uint_eq(meet_range(txn, 5, at(0, 3601001), at(0, 7199999)), 0);
		ck_assert_uint_eq(meet_range(txn, 5, at(0, 3601000), at(0, 7200000)), 2);
		ck_assert_uint_eq(meet_range(txn, 5, at(0, 10800001), at(1, -1)), 0);
		ck_assert_uint_eq(meet_range(txn, 5, at(0, 10800001), at(1, 0)), 1);
		ck_assert_uint_eq(meet_range(txn, 5, at(1, 5), at(1, 5)), 1);
		ck_assert_uint_eq(meet_range(txn, 5, at(2, 0), at(400, 49)), 0);
		ck_assert_uint_eq(meet_range(txn, 5, at(1, DAY_MS - 1), at(400, 50)), 2);
		ck_assert_uint_eq(meet_range(txn, 5, at(0, 7), at(0, 6)), 0);
		ck_assert_uint_eq(meet_range(txn, 7, INT64_MIN, INT64_MAX), 0);
		ck_assert_uint_eq(suite_count(txn), 6);
		if (pass == 0) {
			suite_commit(&txn);
			txn = suite_begin(shelf, false);
		}
	}
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

START_TEST(all_chunks_come_by_id)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	for (int64_t i = 299; i >= 0; i--)
		suite_put(txn, &(struct suite_chunk){1 + i % 3, i / 3, 100, 0, 100, 0});
	met = (struct suite_met){0};
	ck_assert_int_eq(shelf_chunks_all(txn, chunk_id_of(SUITE_DAY + 10, 0), chunk_id_of(SUITE_DAY + 90, 0) - 1, suite_meet,
					  &met), 0);
	ck_assert_uint_eq(met.count, 240);
	for (size_t i = 1; i < met.count; i++)
		ck_assert_int_gt(met.id[i], met.id[i - 1]);
	ck_assert_int_eq(chunk_id_day(met.id[0]), SUITE_DAY + 10);
	ck_assert_int_eq(chunk_id_day(met.id[239]), SUITE_DAY + 89);
	met = (struct suite_met){.stop_at = 5};
	ck_assert_int_eq(shelf_chunks_all(txn, 0, INT64_MAX, suite_meet, &met), 77);
	ck_assert_uint_eq(met.count, 5);
	ck_assert_int_eq(shelf_chunks_all(txn, met.id[3], met.id[1], suite_meet, &met), 0);
	suite_commit(&txn);
	shelf_close(&shelf);
}
END_TEST

static int64_t last_before(struct shelf_txn *txn, int64_t series, int64_t time)
{
	met = (struct suite_met){0};
	int err = shelf_last_chunk(txn, series, time, suite_meet, &met);
	if (err == ERR_NOT_FOUND)
		return -1;
	ck_assert_int_eq(err, 0);
	ck_assert_uint_eq(met.count, 1);
	return met.id[0];
}

START_TEST(last_chunk_is_found)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	ck_assert_int_eq(last_before(txn, 5, INT64_MAX), -1);
	int64_t old = suite_put(txn, &(struct suite_chunk){5, -900, 100, 200, 30, 1});
	int64_t early = suite_put(txn, &(struct suite_chunk){5, 0, 1000, 200, 30, 1});
	int64_t late = suite_put(txn, &(struct suite_chunk){5, 0, 7200000, 200, 30, 1});
	for (int64_t day = -1000; day <= 10; day += 5)
		suite_put(txn, &(struct suite_chunk){9, day, 1000, 200, 30, 1});
	ck_assert_int_eq(last_before(txn, 5, INT64_MAX), late);
	ck_assert_int_eq(last_before(txn, 5, at(10, 0)), late);
	ck_assert_int_eq(last_before(txn, 5, at(0, 7200000)), late);
	ck_assert_int_eq(last_before(txn, 5, at(0, 7199999)), early); /* in the slot of the late one */
	ck_assert_int_eq(last_before(txn, 5, at(0, 1000)), early);
	ck_assert_int_eq(last_before(txn, 5, at(0, 999)), old);
	ck_assert_int_eq(last_before(txn, 5, at(-900, 99)), -1);
	ck_assert_int_eq(last_before(txn, 5, INT64_MIN), -1);
	ck_assert_int_eq(last_before(txn, 6, INT64_MAX), -1);
	met = (struct suite_met){.stop_at = 1};
	ck_assert_int_eq(shelf_last_chunk(txn, 5, INT64_MAX, suite_meet, &met), 77);
	suite_commit(&txn);
	shelf_close(&shelf);
}
END_TEST

START_TEST(chunks_are_replaced_and_removed)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunks, 0);
	ck_assert_int_eq(size.first_day, INT64_MAX);
	suite_put(txn, &(struct suite_chunk){1, 0, 0, 90000, 1000, 1});
	int64_t id = suite_put(txn, &(struct suite_chunk){1, 3, 0, 90000, 1000, 1});
	ck_assert_int_eq(suite_put(txn, &(struct suite_chunk){1, 3, 0, 190000, 400, 2}), id);
	suite_commit(&txn);
	txn = suite_begin(shelf, false);
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunks, 2);
	ck_assert_int_eq(size.samples, 30);
	ck_assert_int_eq(size.chunk_bytes, 1400);
	ck_assert_int_eq(size.first_day, SUITE_DAY);
	ck_assert_int_ge(size.bytes, 1400);
	shelf_end(&txn);
	txn = suite_begin(shelf, true);
	ck_assert_int_eq(shelf_remove_chunk(txn, chunk_id_of(SUITE_DAY, 1)), 0);
	ck_assert_int_eq(shelf_remove_chunk(txn, 12345), 0);
	ck_assert_int_eq(shelf_remove_chunk(txn, INT64_MIN), 0);
	suite_commit(&txn);
	txn = suite_begin(shelf, false);
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunks, 1);
	ck_assert_int_eq(size.samples, 20);
	ck_assert_int_eq(size.chunk_bytes, 400);
	ck_assert_int_eq(size.first_day, SUITE_DAY + 3);
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

START_TEST(impossible_rows_are_refused)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	int64_t first = at(0, 5000);
	const struct shelf_chunk good = {chunk_id(1, first), first, first + 10, 2, {data, 10}};
	struct shelf_chunk bad[] = {good, good, good, good, good, good, good, good, good};
	bad[0].id = INT64_MAX;
	bad[1].id = -1;
	bad[2].first = INT64_MIN;
	bad[3].last = INT64_MAX;
	bad[4].last = first - 1;
	bad[5].count = 0;
	bad[6].data.len = 0;
	bad[7].id++;
	bad[8].id = chunk_id(0, first);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(shelf_put_chunk(txn, &bad[i]), ERR_INVALID);
	ck_assert_int_eq(shelf_put_chunk(txn, &good), 0);
	struct shelf_rollup rollup = {0, 5, ROLLUP_HOUR, {data, 5}};
	ck_assert_int_eq(shelf_put_rollup(txn, &rollup), ERR_INVALID);
	rollup = (struct shelf_rollup){1, INT64_MAX, ROLLUP_HOUR, {data, 5}};
	ck_assert_int_eq(shelf_put_rollup(txn, &rollup), ERR_INVALID);
	rollup = (struct shelf_rollup){1, 5, (enum rollup_level)3, {data, 5}};
	ck_assert_int_eq(shelf_put_rollup(txn, &rollup), ERR_INVALID);
	ck_assert_int_eq(shelf_put_pending(txn, INT64_MAX, 1), ERR_INVALID);
	ck_assert_int_eq(shelf_put_pending(txn, 0, SERIES_ID_MAX + 1), ERR_INVALID);
	ck_assert_int_eq(shelf_remove_series(txn, 0), ERR_INVALID);
	ck_assert_uint_eq(suite_count(txn), 1);
	suite_commit(&txn);
	shelf_close(&shelf);
}
END_TEST

START_TEST(the_outermost_rows_fit)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	suite_put(txn, &(struct suite_chunk){SERIES_ID_MAX, SHELF_DAY_MAX - SUITE_DAY, DAY_MS - 1, 0, 10, 1});
	suite_put(txn, &(struct suite_chunk){1, SHELF_DAY_MIN - SUITE_DAY, 0, 0, 10, 1});
	ck_assert_uint_eq(meet_range(txn, SERIES_ID_MAX, INT64_MIN, INT64_MAX), 1);
	ck_assert_uint_eq(meet_range(txn, 1, INT64_MIN, INT64_MAX), 1);
	ck_assert_int_eq(last_before(txn, 1, INT64_MAX), chunk_id(1, SHELF_DAY_MIN * DAY_MS));
	struct shelf_rollup outer[] = {{SERIES_ID_MAX, SHELF_DAY_MAX, ROLLUP_HOUR, {data, 5}},
				       {1, SHELF_DAY_MIN, ROLLUP_5MIN, {data, 5}}};
	ck_assert_int_eq(shelf_put_rollup(txn, &outer[0]), 0);
	ck_assert_int_eq(shelf_put_rollup(txn, &outer[1]), 0);
	ck_assert_int_eq(shelf_remove_series(txn, SERIES_ID_MAX), 0);
	ck_assert_int_eq(shelf_remove_series(txn, 1), 0);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunks, 0);
	ck_assert_int_eq(size.rollup_bytes, 0);
	suite_commit(&txn);
	shelf_close(&shelf);
}
END_TEST

/* ---- transactions ------------------------------------------------------ */

START_TEST(snapshots_isolate)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	suite_put(txn, &(struct suite_chunk){1, 0, 0, 10, 3000, 1});
	ck_assert_int_eq(shelf_commit(&txn, 11), 0);
	struct shelf_txn *before = suite_begin(shelf, false);
	txn = suite_begin(shelf, true);
	suite_put(txn, &(struct suite_chunk){1, 1, 0, 10, 3000, 1});
	struct shelf_txn *during = suite_begin(shelf, false);
	ck_assert_int_eq(shelf_commit(&txn, 12), 0);
	struct shelf_txn *after = suite_begin(shelf, false);
	uint64_t mark;
	ck_assert_uint_eq(suite_count(before), 1);
	ck_assert_uint_eq(suite_count(during), 1);
	ck_assert_uint_eq(suite_count(after), 2);
	ck_assert_int_eq(shelf_mark(before, &mark), 0);
	ck_assert_uint_eq(mark, 11);
	ck_assert_int_eq(shelf_mark(during, &mark), 0);
	ck_assert_uint_eq(mark, 11);
	ck_assert_int_eq(shelf_mark(after, &mark), 0);
	ck_assert_uint_eq(mark, 12);
	shelf_end(&before);
	shelf_end(&during);
	shelf_end(&after);
	shelf_end(&after);
	shelf_close(&shelf);
	shelf_close(&shelf);
}
END_TEST

START_TEST(ended_transactions_leave_nothing)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	suite_put(txn, &(struct suite_chunk){1, 0, 0, 10, 3000, 1});
	ck_assert_int_eq(shelf_put_pending(txn, 5, 1), 0);
	shelf_end(&txn);
	txn = suite_begin(shelf, true);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunks, 0);
	ck_assert_uint_eq(suite_count(txn), 0);
	suite_put(txn, &(struct suite_chunk){1, 0, 0, 10, 3000, 1});
	ck_assert_int_eq(shelf_commit(&txn, UINT64_MAX), 0);
	shelf_close(&shelf);
	shelf = suite_open("a");
	txn = suite_begin(shelf, true);
	suite_put(txn, &(struct suite_chunk){1, 1, 0, 10, 3000, 1});
	ck_assert_int_eq(shelf_commit(&txn, 0), 0); /* leaves the mark */
	txn = suite_begin(shelf, false);
	uint64_t mark;
	ck_assert_int_eq(shelf_mark(txn, &mark), 0);
	ck_assert(mark == UINT64_MAX);
	ck_assert_uint_eq(suite_count(txn), 2);
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

struct merging {
	struct shelf_txn *txn;
	int depth;
	size_t met;
};

/* Inside of a walk: walks again, puts behind it, and removes the row in hand. */
static int merge(void *ctx, const struct shelf_chunk *chunk)
{
	struct merging *m = ctx;
	uint8_t first_byte = chunk->data.data[0];
	size_t len = chunk->data.len;
	m->met++;
	if (m->depth == 0) {
		struct merging inner = {m->txn, 1, 0};
		struct shelf_range all = {1, INT64_MIN, INT64_MAX};
		ck_assert_int_eq(shelf_chunks(m->txn, &all, merge, &inner), 0);
		ck_assert_uint_ge(inner.met, 20);
		suite_put(m->txn, &(struct suite_chunk){2, chunk_id_day(chunk->id) - SUITE_DAY, 0, 10, 50, 9});
		ck_assert_int_eq(shelf_remove_chunk(m->txn, chunk->id), 0);
		suite_put(m->txn, &(struct suite_chunk){1, chunk_id_day(chunk->id) - SUITE_DAY, 0, 10, 60, 8});
	}
	ck_assert_uint_eq(chunk->data.data[0], first_byte);
	ck_assert_uint_eq(chunk->data.len, len);
	return 0;
}

START_TEST(walks_may_be_nested_and_change)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	for (int64_t i = 0; i < 200; i++)
		suite_put(txn, &(struct suite_chunk){1, i / 10, 1 + i % 10 * 1000000, 10, 5000, 7});
	struct merging m = {txn, 0, 0};
	struct shelf_range all = {1, INT64_MIN, INT64_MAX};
	ck_assert_int_eq(shelf_chunks(txn, &all, merge, &m), 0);
	ck_assert_uint_eq(m.met, 200);
	ck_assert_uint_eq(suite_count(txn), 40);
	suite_commit(&txn);
	shelf_close(&shelf);
}
END_TEST

enum { READERS = 3, AT_ONCE = 10, COMMITS = 30 };

struct reading {
	struct shelf *shelf;
	atomic_bool *done;
	int err;
	size_t torn, read;
};

static void *read_on(void *arg)
{
	struct reading *r = arg;
	for (bool last = false; !r->err && !last;) {
		struct shelf_txn *txn;
		size_t count = 0, again = 0;
		last = atomic_load(r->done); /* once more behind the last commit */
		r->err = shelf_begin(r->shelf, false, &txn);
		if (!r->err)
			r->err = shelf_chunks_all(txn, 0, INT64_MAX, count_one, &count);
		if (!r->err)
			r->err = shelf_chunks_all(txn, 0, INT64_MAX, count_one, &again);
		shelf_end(&txn);
		r->torn += count % AT_ONCE != 0 || again != count;
		r->read = count;
	}
	return NULL;
}

START_TEST(readers_see_whole_commits)
{
	struct shelf *shelf = suite_open("a");
	atomic_bool done = false;
	pthread_t threads[READERS];
	struct reading readings[READERS];
	for (int i = 0; i < READERS; i++) {
		readings[i] = (struct reading){.shelf = shelf, .done = &done};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_on, &readings[i]), 0);
	}
	for (int64_t i = 0; i < COMMITS; i++) {
		struct shelf_txn *txn = suite_begin(shelf, true);
		for (int64_t series = 1; series <= AT_ONCE; series++)
			suite_put(txn, &(struct suite_chunk){series, i, 1000, 10, 2000, 1});
		suite_commit(&txn);
		ck_assert_int_eq(shelf_tidy(shelf), 0);
	}
	atomic_store(&done, true);
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(readings[i].err, 0);
		ck_assert_uint_eq(readings[i].torn, 0);
		ck_assert_uint_eq(readings[i].read, COMMITS * AT_ONCE);
	}
	shelf_close(&shelf);
}
END_TEST

/* ---- rollups and notes ------------------------------------------------- */

struct rollups_met {
	size_t count;
	int64_t blocks[64];
	uint8_t bytes[64];
};

static int meet_rollup(void *ctx, const struct shelf_rollup *rollup)
{
	struct rollups_met *r = ctx;
	r->bytes[r->count] = rollup->data.len ? rollup->data.data[0] : 0;
	r->blocks[r->count++] = rollup->block;
	return 0;
}

static size_t count_rollups(struct shelf_txn *txn, int64_t series, enum rollup_level level)
{
	struct rollups_met r = {0};
	struct shelf_rollup first = {series, INT64_MIN, level, {NULL, 0}};
	ck_assert_int_eq(shelf_rollups(txn, &first, INT64_MAX, meet_rollup, &r), 0);
	for (size_t i = 1; i < r.count; i++)
		ck_assert_int_gt(r.blocks[i], r.blocks[i - 1]);
	return r.count;
}

START_TEST(rollups_are_kept)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	uint8_t bytes[4000];
	memset(bytes, 42, sizeof bytes);
	for (int64_t series = 3; series <= 5; series++)
		for (int64_t block = -10; block < 10; block++) {
			ck_assert_int_eq(shelf_put_rollup(txn, &(struct shelf_rollup){series, block, ROLLUP_5MIN, {bytes, 4000}}), 0);
			ck_assert_int_eq(shelf_put_rollup(txn, &(struct shelf_rollup){series, block, ROLLUP_HOUR, {bytes, 10}}), 0);
		}
	bytes[0] = 43;
	ck_assert_int_eq(shelf_put_rollup(txn, &(struct shelf_rollup){4, 2, ROLLUP_5MIN, {bytes, 7}}), 0);
	suite_commit(&txn);
	txn = suite_begin(shelf, true);
	struct rollups_met r = {0};
	struct shelf_rollup first = {4, -2, ROLLUP_5MIN, {NULL, 0}};
	ck_assert_int_eq(shelf_rollups(txn, &first, 2, meet_rollup, &r), 0);
	ck_assert_uint_eq(r.count, 5);
	ck_assert_int_eq(r.blocks[0], -2);
	ck_assert_uint_eq(r.bytes[3], 42);
	ck_assert_uint_eq(r.bytes[4], 43);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.rollup_bytes, 59 * 4000 + 7 + 600);
	ck_assert_int_eq(shelf_remove_rollup(txn, &(struct shelf_rollup){4, 2, ROLLUP_5MIN, {NULL, 0}}), 0);
	ck_assert_int_eq(shelf_trim_rollups(txn, &(struct shelf_rollup){4, 0, ROLLUP_5MIN, {NULL, 0}}), 0);
	ck_assert_uint_eq(count_rollups(txn, 4, ROLLUP_5MIN), 9);
	ck_assert_uint_eq(count_rollups(txn, 4, ROLLUP_HOUR), 20);
	ck_assert_uint_eq(count_rollups(txn, 5, ROLLUP_5MIN), 20);
	ck_assert_int_eq(shelf_trim_rollups(txn, &(struct shelf_rollup){0, 5, ROLLUP_HOUR, {NULL, 0}}), 0);
	for (int64_t series = 3; series <= 5; series++)
		ck_assert_uint_eq(count_rollups(txn, series, ROLLUP_HOUR), 5);
	ck_assert_uint_eq(count_rollups(txn, 3, ROLLUP_5MIN), 20);
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.rollup_bytes, 49 * 4000 + 150);
	suite_commit(&txn);
	shelf_close(&shelf);
}
END_TEST

struct notes_met {
	size_t count;
	int64_t day[16], series[16];
};

static int meet_note(void *ctx, int64_t day, int64_t series)
{
	struct notes_met *n = ctx;
	n->day[n->count] = day;
	n->series[n->count++] = series;
	return 0;
}

static size_t meet_notes(struct shelf_txn *txn, struct shelf_days days, struct notes_met *n)
{
	*n = (struct notes_met){0};
	ck_assert_int_eq(shelf_pending(txn, &days, meet_note, n), 0);
	return n->count;
}

START_TEST(notes_are_kept)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	for (int64_t day = 3; day >= -2; day--)
		for (int64_t series = 2; series >= 1; series--)
			ck_assert_int_eq(shelf_put_pending(txn, day, series), 0);
	ck_assert_int_eq(shelf_put_pending(txn, 0, 1), 0);
	ck_assert_int_eq(shelf_remove_pending(txn, 1, 2), 0);
	ck_assert_int_eq(shelf_remove_pending(txn, 100, 2), 0);
	suite_commit(&txn);
	txn = suite_begin(shelf, false);
	struct notes_met n;
	ck_assert_uint_eq(meet_notes(txn, (struct shelf_days){0, INT64_MIN, INT64_MAX}, &n), 11);
	ck_assert_int_eq(n.day[0], -2);
	ck_assert_int_eq(n.series[0], 1);
	ck_assert_int_eq(n.series[1], 2);
	ck_assert_uint_eq(meet_notes(txn, (struct shelf_days){0, 0, 1}, &n), 3);
	ck_assert_uint_eq(meet_notes(txn, (struct shelf_days){2, 0, 2}, &n), 2);
	ck_assert_int_eq(n.day[1], 2);
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

/* ---- series and words -------------------------------------------------- */

static const struct series thermometer = {
	.id = 7,
	.device = "kitchen",
	.entity = "temperature",
	.unit = "°C",
	.device_class = "temperature",
	.kind = SERIES_GAUGE,
	.recorder = {RECORD_DEADBAND, 60000, 0.1},
	.raw_days = -1,
	.rollup_years = 10,
	.resolution_ms = 10000,
};

struct series_met {
	size_t count;
	struct series series[4];
};

static int meet_series(void *ctx, const struct series *series)
{
	struct series_met *m = ctx;
	m->series[m->count++] = *series;
	return 0;
}

START_TEST(series_are_kept)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	struct series topic = {.id = SERIES_ID_MAX, .kind = SERIES_TEXT, .recorder = {RECORD_NOTHING, INT64_MAX, INFINITY}};
	memset(topic.topic, 't', sizeof topic.topic - 1);
	memset(topic.path, 'p', sizeof topic.path - 1);
	ck_assert_int_eq(shelf_put_series(txn, &topic), 0);
	struct series first = thermometer;
	ck_assert_int_eq(str_copy(first.unit, sizeof first.unit, "K"), 0);
	ck_assert_int_eq(shelf_put_series(txn, &first), 0);
	ck_assert_int_eq(shelf_put_series(txn, &thermometer), 0);
	suite_commit(&txn);
	txn = suite_begin(shelf, false);
	struct series_met m = {0};
	ck_assert_int_eq(shelf_series(txn, meet_series, &m), 0);
	ck_assert_uint_eq(m.count, 2);
	const struct series *got = &m.series[0];
	ck_assert_int_eq(got->id, 7);
	ck_assert_str_eq(got->device, "kitchen");
	ck_assert_str_eq(got->entity, "temperature");
	ck_assert_str_eq(got->topic, "");
	ck_assert_str_eq(got->unit, "°C");
	ck_assert_str_eq(got->device_class, "temperature");
	ck_assert_int_eq(got->recorder.preset, RECORD_DEADBAND);
	ck_assert_int_eq(got->recorder.interval_ms, 60000);
	ck_assert_double_eq(got->recorder.deadband, 0.1);
	ck_assert_int_eq(got->raw_days, -1);
	ck_assert_int_eq(got->rollup_years, 10);
	ck_assert_int_eq(got->resolution_ms, 10000);
	got = &m.series[1];
	ck_assert_str_eq(got->topic, topic.topic);
	ck_assert_str_eq(got->path, topic.path);
	ck_assert_int_eq(got->kind, SERIES_TEXT);
	ck_assert_int_eq(got->recorder.interval_ms, INT64_MAX);
	ck_assert(isinf(got->recorder.deadband));
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

static int meet_word(void *ctx, const struct shelf_word *word)
{
	struct {
		int count;
		int64_t days;
		char text[STORE_WORD_MAX + 1];
	} *m = ctx;
	m->count++;
	m->days += word->last_day;
	return str_copy(m->text, sizeof m->text, word->text);
}

START_TEST(words_are_kept)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	char longest[STORE_WORD_MAX + 1] = "";
	memset(longest, 'w', STORE_WORD_MAX);
	ck_assert_int_eq(shelf_put_word(txn, &(struct shelf_word){1, 1, 10, "Küche"}), 0);
	ck_assert_int_eq(shelf_put_word(txn, &(struct shelf_word){1, 1, 9, "Küche"}), 0);
	ck_assert_int_eq(shelf_put_word(txn, &(struct shelf_word){1, 2, 20, ""}), 0);
	ck_assert_int_eq(shelf_put_word(txn, &(struct shelf_word){2, 1, 30, longest}), 0);
	struct {
		int count;
		int64_t days;
		char text[STORE_WORD_MAX + 1];
	} m = {0};
	ck_assert_int_eq(shelf_words(txn, meet_word, &m), 0);
	ck_assert_int_eq(m.count, 3);
	ck_assert_int_eq(m.days, 60);
	ck_assert_str_eq(m.text, longest);
	ck_assert_int_eq(shelf_trim_words(txn, 1, 20), 0);
	ck_assert_int_eq(shelf_trim_words(txn, 2, 30), 0);
	m.count = 0;
	ck_assert_int_eq(shelf_words(txn, meet_word, &m), 0);
	ck_assert_int_eq(m.count, 2);
	ck_assert_int_eq(shelf_trim_words(txn, 0, 31), 0);
	m.count = 0;
	ck_assert_int_eq(shelf_words(txn, meet_word, &m), 0);
	ck_assert_int_eq(m.count, 0);
	suite_commit(&txn);
	shelf_close(&shelf);
}
END_TEST

START_TEST(removing_a_series_leaves_the_others)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	for (int64_t series = 6; series <= 8; series++) {
		struct series s = thermometer;
		s.id = series;
		ck_assert_int_eq(str_format(s.entity, sizeof s.entity, "e%d", (int)series), 0);
		ck_assert_int_eq(shelf_put_series(txn, &s), 0);
		for (int64_t day = 0; day < 5; day++) {
			suite_put(txn, &(struct suite_chunk){series, day * 7, 1000, 10, 3000, 1});
			ck_assert_int_eq(shelf_put_pending(txn, SUITE_DAY + day * 7, series), 0);
			ck_assert_int_eq(shelf_put_rollup(txn, &(struct shelf_rollup){series, day, ROLLUP_HOUR, {data, 9}}), 0);
			ck_assert_int_eq(shelf_put_word(txn, &(struct shelf_word){series, day, 1, "word"}), 0);
		}
		ck_assert_int_eq(shelf_quarantine(txn, chunk_id(series, at(7, 1000)), "test"), 0);
	}
	ck_assert_int_eq(shelf_remove_series(txn, 7), 0);
	ck_assert_int_eq(shelf_remove_series(txn, 700), 0);
	suite_commit(&txn);
	txn = suite_begin(shelf, false);
	struct series_met m = {0};
	ck_assert_int_eq(shelf_series(txn, meet_series, &m), 0);
	ck_assert_uint_eq(m.count, 2);
	ck_assert_uint_eq(suite_count(txn), 8);
	ck_assert_uint_eq(meet_range(txn, 7, INT64_MIN, INT64_MAX), 0);
	ck_assert_uint_eq(meet_range(txn, 8, INT64_MIN, INT64_MAX), 4);
	struct notes_met n;
	ck_assert_uint_eq(meet_notes(txn, (struct shelf_days){0, INT64_MIN, INT64_MAX}, &n), 10);
	ck_assert_uint_eq(count_rollups(txn, 6, ROLLUP_HOUR), 5);
	ck_assert_uint_eq(count_rollups(txn, 7, ROLLUP_HOUR), 0);
	ck_assert_uint_eq(count_rollups(txn, 8, ROLLUP_HOUR), 5);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunks, 8);
	ck_assert_int_eq(size.quarantined, 2);
	ck_assert_int_eq(size.rollup_bytes, 90);
	shelf_end(&txn);
	shelf_close(&shelf);
}
END_TEST

/* ---- trimming, quarantine ---------------------------------------------- */

static void fill_days(struct shelf_txn *txn, int64_t days)
{
	for (int64_t day = 0; day < days; day++)
		for (int64_t series = 1; series <= 3; series++) {
			suite_put(txn, &(struct suite_chunk){series, day, 1000, 10, 3000, 1});
			suite_put(txn, &(struct suite_chunk){series, day, 5000000, 10, 3000, 1});
			ck_assert_int_eq(shelf_put_pending(txn, SUITE_DAY + day, series), 0);
		}
}

START_TEST(trimming_takes_the_oldest)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	fill_days(txn, 5);
	struct shelf_days before = {0, 0, SUITE_DAY + 2};
	size_t removed;
	ck_assert_int_eq(shelf_trim(txn, &before, 7, &removed), 0);
	ck_assert_uint_eq(removed, 7);
	ck_assert_uint_eq(suite_count(txn), 23);
	ck_assert_uint_eq(meet_range(txn, 1, at(0, 0), at(1, -1)), 0);
	ck_assert_uint_eq(meet_range(txn, 1, at(1, 0), at(2, -1)), 1);
	size_t all = removed;
	for (int i = 0; i < 10 && removed == 7; i++, all += removed)
		ck_assert_int_eq(shelf_trim(txn, &before, 7, &removed), 0);
	ck_assert_uint_eq(all, 12 + 6); /* chunks and notes */
	ck_assert_uint_eq(suite_count(txn), 18);
	struct notes_met n;
	ck_assert_uint_eq(meet_notes(txn, (struct shelf_days){0, INT64_MIN, INT64_MAX}, &n), 9);
	before = (struct shelf_days){2, 0, SUITE_DAY + 4};
	ck_assert_int_eq(shelf_trim(txn, &before, 3, &removed), 0);
	ck_assert_uint_eq(removed, 3);
	ck_assert_int_eq(shelf_trim(txn, &before, 3, &removed), 0);
	ck_assert_uint_eq(removed, 3);
	ck_assert_uint_eq(meet_range(txn, 2, INT64_MIN, INT64_MAX), 2);
	ck_assert_uint_eq(meet_range(txn, 1, INT64_MIN, INT64_MAX), 6);
	ck_assert_int_eq(shelf_trim(txn, &before, 0, &removed), 0);
	ck_assert_uint_eq(removed, 0);
	before = (struct shelf_days){0, 0, INT64_MAX};
	ck_assert_int_eq(shelf_trim(txn, &before, SIZE_MAX, &removed), 0);
	ck_assert_uint_eq(suite_count(txn), 0);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunks, 0);
	ck_assert_int_eq(size.samples, 0);
	ck_assert_int_eq(size.chunk_bytes, 0);
	suite_commit(&txn);
	ck_assert_int_eq(shelf_tidy(shelf), 0);
	shelf_close(&shelf);
}
END_TEST

START_TEST(damaged_chunks_are_put_aside)
{
	struct shelf *shelf = suite_open("a");
	struct shelf_txn *txn = suite_begin(shelf, true);
	fill_days(txn, 1);
	int64_t id = chunk_id(2, at(0, 1000));
	ck_assert_int_eq(shelf_quarantine(txn, id, "the checksum is wrong"), 0);
	ck_assert_int_eq(shelf_quarantine(txn, id, "again"), ERR_NOT_FOUND);
	suite_put(txn, &(struct suite_chunk){2, 0, 1000, 10, 30, 1});
	ck_assert_int_eq(shelf_quarantine(txn, id, "twice in one place"), 0);
	ck_assert_uint_eq(suite_count(txn), 5);
	suite_commit(&txn);
	txn = suite_begin(shelf, false);
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.quarantined, 2);
	ck_assert_int_eq(size.chunks, 5);
	shelf_end(&txn);
	char found[256];
	ck_assert_int_eq(shelf_check(shelf, 5000, found), 0);
	shelf_close(&shelf);
}
END_TEST

/* ---- hubs, upkeep ------------------------------------------------------ */

START_TEST(hubs_do_not_see_each_other)
{
	struct shelf *a = suite_open("a"), *b = suite_open("b");
	struct shelf_txn *txn = suite_begin(a, true);
	fill_days(txn, 2);
	ck_assert_int_eq(shelf_put_series(txn, &thermometer), 0);
	ck_assert_int_eq(shelf_put_word(txn, &(struct shelf_word){1, 1, 10, "on"}), 0);
	ck_assert_int_eq(shelf_put_rollup(txn, &(struct shelf_rollup){1, 1, ROLLUP_HOUR, {data, 9}}), 0);
	ck_assert_int_eq(shelf_commit(&txn, 5), 0);
	txn = suite_begin(b, true);
	uint64_t mark;
	ck_assert_int_eq(shelf_mark(txn, &mark), 0);
	ck_assert_uint_eq(mark, 0);
	ck_assert_uint_eq(suite_count(txn), 0);
	ck_assert_int_eq(last_before(txn, 1, INT64_MAX), -1);
	ck_assert_uint_eq(count_rollups(txn, 1, ROLLUP_HOUR), 0);
	struct series_met m = {0};
	ck_assert_int_eq(shelf_series(txn, meet_series, &m), 0);
	ck_assert_uint_eq(m.count, 0);
	struct series same = thermometer;
	same.id = 1;
	ck_assert_int_eq(shelf_put_series(txn, &same), 0);
	suite_put(txn, &(struct suite_chunk){1, 0, 1000, 10, 77, 3});
	size_t removed;
	struct shelf_size size;
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunk_bytes, 77);
	ck_assert_int_eq(shelf_trim(txn, &(struct shelf_days){0, 0, INT64_MAX}, 1000, &removed), 0);
	ck_assert_int_eq(shelf_remove_series(txn, 7), 0);
	ck_assert_int_eq(shelf_trim_rollups(txn, &(struct shelf_rollup){0, INT64_MAX, ROLLUP_HOUR, {NULL, 0}}), 0);
	ck_assert_int_eq(shelf_trim_words(txn, 0, INT64_MAX), 0);
	suite_commit(&txn);
	txn = suite_begin(a, false);
	ck_assert_uint_eq(suite_count(txn), 12);
	ck_assert_uint_eq(count_rollups(txn, 1, ROLLUP_HOUR), 1);
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	ck_assert_int_eq(size.chunks, 12);
	ck_assert_int_eq(size.chunk_bytes, 36000);
	m = (struct series_met){0};
	ck_assert_int_eq(shelf_series(txn, meet_series, &m), 0);
	ck_assert_uint_eq(m.count, 1);
	ck_assert_int_eq(shelf_mark(txn, &mark), 0);
	ck_assert_uint_eq(mark, 5);
	shelf_end(&txn);
	shelf_close(&a);
	shelf_close(&b);
}
END_TEST

START_TEST(upkeep_loses_nothing)
{
	struct shelf *shelf = suite_open("a");
	for (int64_t day = 0; day < 20; day++) {
		struct shelf_txn *txn = suite_begin(shelf, true);
		for (int64_t series = 1; series <= 20; series++)
			suite_put(txn, &(struct suite_chunk){series, day, 1000, 10, 4000, 1});
		size_t removed;
		ck_assert_int_eq(shelf_trim(txn, &(struct shelf_days){0, 0, SUITE_DAY + day - 5}, 10, &removed), 0);
		suite_commit(&txn);
		ck_assert_int_eq(shelf_tidy(shelf), 0);
		if (day % 7 == 0)
			ck_assert_int_eq(shelf_flush(shelf), 0);
	}
	ck_assert_int_eq(shelf_scrub(shelf), 0);
	struct shelf_txn *txn = suite_begin(shelf, false);
	ck_assert_uint_eq(suite_count(txn), 20 * 20 - 14 * 10);
	ck_assert_uint_eq(meet_range(txn, 20, INT64_MIN, INT64_MAX), 13);
	shelf_end(&txn);
	char found[256];
	ck_assert_int_eq(shelf_check(shelf, 5000, found), 0);
	shelf_close(&shelf);
}
END_TEST

void shelf_suite_add(TCase *tc)
{
	tcase_add_test(tc, ids_are_ordered_and_bounded);
	tcase_add_test(tc, ranges_meet_what_overlaps);
	tcase_add_test(tc, all_chunks_come_by_id);
	tcase_add_test(tc, last_chunk_is_found);
	tcase_add_test(tc, chunks_are_replaced_and_removed);
	tcase_add_test(tc, impossible_rows_are_refused);
	tcase_add_test(tc, the_outermost_rows_fit);
	tcase_add_test(tc, snapshots_isolate);
	tcase_add_test(tc, ended_transactions_leave_nothing);
	tcase_add_test(tc, walks_may_be_nested_and_change);
	tcase_add_test(tc, readers_see_whole_commits);
	tcase_add_test(tc, rollups_are_kept);
	tcase_add_test(tc, notes_are_kept);
	tcase_add_test(tc, series_are_kept);
	tcase_add_test(tc, words_are_kept);
	tcase_add_test(tc, removing_a_series_leaves_the_others);
	tcase_add_test(tc, trimming_takes_the_oldest);
	tcase_add_test(tc, damaged_chunks_are_put_aside);
	tcase_add_test(tc, hubs_do_not_see_each_other);
	tcase_add_test(tc, upkeep_loses_nothing);
}
