/* Merging samples into chunks and writing days anew, on a shelf of SQLite, against a plain list. Whatever
 * overlaps whatever: each time once, the later written value, no two chunks that overlap. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "db/day.h"
#include "db/rollup.h"
#include "support.h"
#include "support/effort.h"

enum { MODEL_MAX = 200000, SLOT_MS = 1319, DAY = 20000 };

static const struct series gauge = {.id = 1, .device = "a", .entity = "b"};

/* What is to be there of one series: in order of time. */
struct model {
	struct datum data[MODEL_MAX];
	size_t count;
};

static struct model model;
static struct shelf *shelf;
static double written; /* values grow with each write, so that they tell which one is there */

static void open_shelf(void)
{
	char path[TEST_PATH_SIZE], message[512];
	test_path(path, "telemetry.db");
	ck_assert_int_eq(shelf_open_sqlite(path, &shelf, message), 0);
	model.count = 0;
	written = 0;
}

static struct shelf_txn *begin(void)
{
	struct shelf_txn *txn;
	ck_assert_int_eq(shelf_begin(shelf, true, &txn), 0);
	return txn;
}

static void commit(struct shelf_txn *txn)
{
	ck_assert_int_eq(shelf_commit(&txn, 0), 0);
}

/* ---- the model ---------------------------------------------------------------- */

static void model_merge(const struct datum *data, size_t count)
{
	static struct datum merged[MODEL_MAX];
	size_t i = 0, k = 0, n = 0;
	while (i < model.count || k < count) {
		ck_assert_uint_lt(n, MODEL_MAX);
		if (i < model.count && k < count && model.data[i].at == data[k].at)
			i++;
		else if (k == count || (i < model.count && model.data[i].at < data[k].at))
			merged[n++] = model.data[i++];
		else
			merged[n++] = data[k++];
	}
	memcpy(model.data, merged, n * sizeof *merged);
	model.count = n;
}

struct walk {
	size_t seen, chunks;
	int64_t last;
	size_t least, most; /* samples of a chunk */
};

/* A chunk follows the one before, says what it holds, and holds what the model does. */
static int check_chunk(void *ctx, const struct shelf_chunk *chunk)
{
	static struct datum data[CHUNK_MAX];
	struct walk *w = ctx;
	size_t count;
	ck_assert_int_eq(chunk_decode(chunk->data, data, &count), 0);
	ck_assert_uint_eq(count, chunk->count);
	ck_assert_int_eq(chunk->first, data[0].at);
	ck_assert_int_eq(chunk->last, data[count - 1].at);
	ck_assert_int_eq(chunk->id, chunk_id(chunk_id_series(chunk->id), chunk->first));
	if (w->chunks++ && chunk->first <= w->last)
		ck_abort_msg("two chunks overlap");
	w->last = chunk->last;
	if (w->seen + count > model.count || memcmp(data, model.data + w->seen, count * sizeof *data) != 0)
		ck_abort_msg("the chunk at %lld is not what was written", (long long)chunk->first);
	w->seen += count;
	w->least = !w->least || count < w->least ? count : w->least;
	w->most = count > w->most ? count : w->most;
	return 0;
}

static struct walk assert_same(int64_t series)
{
	struct shelf_txn *txn;
	struct walk w = {0};
	const struct shelf_range all = {series, HISTORY_FIRST_MS, HISTORY_LAST_MS};
	ck_assert_int_eq(shelf_begin(shelf, false, &txn), 0);
	ck_assert_int_eq(shelf_chunks(txn, &all, check_chunk, &w), 0);
	shelf_end(&txn);
	ck_assert_uint_eq(w.seen, model.count);
	return w;
}

/* count samples from at on, `step` apart, into shelf and model. */
static void merge(int64_t series, int64_t at, int64_t step, size_t count)
{
	static struct datum data[MODEL_MAX];
	for (size_t i = 0; i < count; i++)
		data[i] = (struct datum){at + (int64_t)i * step, ++written};
	struct shelf_txn *txn = begin();
	ck_assert_int_eq(day_merge(txn, series, data, count), 0);
	commit(txn);
	model_merge(data, count);
}

static void compact(const struct series *series, int64_t day)
{
	struct shelf_txn *txn = begin();
	ck_assert_int_eq(day_compact(txn, day, series, false), 0);
	commit(txn);
}

/* ---- overlaps ------------------------------------------------------------------- */

/* Two stored chunks and a new run from each place to each later one, at the stored times or between them. */
START_TEST(every_overlap)
{
	enum { UNIT = 50, PLACES = 7, STEP = 2000 };
	const int64_t start = DAY * DAY_MS;
	int64_t series = 0;
	open_shelf();
	for (int from = 0; from < PLACES; from++) {
		for (int to = from + 1; to <= PLACES; to++) {
			for (int shift = 0; shift < 4; shift++) { /* 0: the same times; a chunk's first or last too */
				model.count = 0;
				series++;
				merge(series, start + 1 * UNIT * STEP, STEP, 2 * UNIT);
				merge(series, start + 4 * UNIT * STEP, STEP, 2 * UNIT);
				merge(series, start + from * UNIT * STEP + shift * 500, STEP, (size_t)(to - from) * UNIT);
				assert_same(series);
			}
		}
	}
	shelf_close(&shelf);
}
END_TEST

START_TEST(single_samples_at_every_edge)
{
	static const int64_t edges[] = {0, 1, SLOT_MS - 1, SLOT_MS, SLOT_MS + 1, DAY_MS - SLOT_MS, DAY_MS - 2, DAY_MS - 1, DAY_MS, -1};
	open_shelf();
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
			merge(1, DAY * DAY_MS + edges[i], 1, 1);
			assert_same(1);
		}
	}
	shelf_close(&shelf);
}
END_TEST

/* A chunk's id has room for one that begins in a slot: samples that come into a slot go into its chunk. */
START_TEST(many_begin_in_one_slot)
{
	open_shelf();
	const int64_t slot = DAY * DAY_MS + 700 * SLOT_MS;
	for (int i = 0; i < 40; i++) {
		merge(1, slot + (i * 577 + 3) % SLOT_MS, 1, 1);
		merge(1, slot + SLOT_MS * 3 - (i * 331) % (SLOT_MS * 4), 7, 5);
		assert_same(1);
	}
	shelf_close(&shelf);
}
END_TEST

START_TEST(any_order_over_some_days)
{
	struct test_rand r = {0x646179};
	open_shelf();
	for (int i = 0; i < effort_rounds(250, 1000); i++) {
		int64_t at = (DAY + (int64_t)test_rand_below(&r, 4)) * DAY_MS + (int64_t)test_rand_below(&r, DAY_MS / 10) * 10;
		merge(1, at, 1 + (int64_t)test_rand_below(&r, 3) * 10 + (int64_t)test_rand_below(&r, 2) * 60000, 1 + test_rand_below(&r, 400));
		if (i % 10 == 0)
			compact(&gauge, DAY + (int64_t)test_rand_below(&r, 4));
		if (i % 5 == 0)
			assert_same(1);
	}
	assert_same(1);
	shelf_close(&shelf);
}
END_TEST

/* ---- compaction ------------------------------------------------------------------- */

START_TEST(a_day_is_cut_into_equal_parts)
{
	open_shelf();
	for (int i = 0; i < 60; i++)
		merge(1, DAY * DAY_MS + i * 350 * 4000, 4000, 350); /* 21,000 in pieces */
	ck_assert_uint_gt(assert_same(1).chunks, 50);
	compact(&gauge, DAY);
	struct walk w = assert_same(1);
	ck_assert_uint_eq(w.chunks, 3);
	ck_assert_uint_le(w.most - w.least, 3);
	compact(&gauge, DAY); /* nothing left to do */
	ck_assert_uint_eq(assert_same(1).chunks, 3);
	shelf_close(&shelf);
}
END_TEST

static int count_pending(void *ctx, int64_t day, int64_t series)
{
	ck_assert_int_eq(series, 1);
	((uint64_t *)ctx)[0]++;
	((uint64_t *)ctx)[1] |= 1ULL << (day - DAY);
	return 0;
}

/* Days from DAY on that are noted, as bits. */
static uint64_t pending(void)
{
	const struct shelf_days days = {1, DAY, DAY + 63};
	struct shelf_txn *txn;
	uint64_t found[2] = {0, 0};
	ck_assert_int_eq(shelf_begin(shelf, false, &txn), 0);
	ck_assert_int_eq(shelf_pending(txn, &days, count_pending, found), 0);
	shelf_end(&txn);
	return found[1];
}

static struct shelf_size size_of_shelf(void)
{
	struct shelf_txn *txn;
	struct shelf_size size;
	ck_assert_int_eq(shelf_begin(shelf, false, &txn), 0);
	ck_assert_int_eq(shelf_size(txn, &size), 0);
	shelf_end(&txn);
	return size;
}

START_TEST(notes_say_which_days_are_to_be_compacted)
{
	open_shelf();
	merge(1, DAY * DAY_MS, DAY_MS / 4, 12); /* three days */
	ck_assert_uint_eq(pending(), 7);
	compact(&gauge, DAY + 1);
	ck_assert_uint_eq(pending(), 5);
	merge(1, (DAY + 1) * DAY_MS, 1, 1);
	ck_assert_uint_eq(pending(), 7);
	compact(&gauge, DAY + 5); /* a day without anything */
	ck_assert_uint_eq(pending(), 7);
	shelf_close(&shelf);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------- */

static int damage(void *ctx, const struct shelf_chunk *chunk)
{
	struct buf data = {0};
	struct shelf_chunk damaged = *chunk;
	ck_assert_int_eq(buf_append(&data, chunk->data.data, chunk->data.len), 0);
	data.data[data.len / 2] ^= 0x10;
	damaged.data = buf_span(&data);
	int err = shelf_put_chunk(ctx, &damaged);
	buf_finish(&data);
	return err ? err : 1; /* one is enough */
}

/* Damages the first chunk that overlaps the time. */
static void damage_at(int64_t at)
{
	struct shelf_txn *txn = begin();
	const struct shelf_range range = {1, at, at};
	ck_assert_int_eq(shelf_chunks(txn, &range, damage, txn), 1);
	commit(txn);
}

/* Forgets [from, to) in the model. */
static void model_lose(int64_t from, int64_t to)
{
	size_t kept = 0;
	for (size_t i = 0; i < model.count; i++) {
		if (model.data[i].at < from || model.data[i].at >= to)
			model.data[kept++] = model.data[i];
	}
	model.count = kept;
}

START_TEST(a_damaged_chunk_in_the_way_is_put_aside)
{
	const int64_t start = DAY * DAY_MS;
	open_shelf();
	log_set_level(LOG_LEVEL_ERROR);
	for (int i = 0; i < 3; i++)
		merge(1, start + i * 1000000, 1000, 1000);
	damage_at(start + 1500000);
	model_lose(start + 1000000, start + 2000000);
	merge(1, start + 500000, 2000, 1000); /* over all three */
	ck_assert_int_eq(size_of_shelf().quarantined, 1);
	assert_same(1);
	ck_assert_uint_eq(pending(), 1);
	shelf_close(&shelf);
}
END_TEST

/* What is written in its place may have its id, and is not put aside with it. */
START_TEST(a_damaged_chunk_gives_its_id_away)
{
	const int64_t start = DAY * DAY_MS;
	open_shelf();
	merge(1, start, 1000, 100);
	damage_at(start);
	model_lose(start, start + DAY_MS);
	merge(1, start + 1, 1000, 50);
	ck_assert_int_eq(size_of_shelf().quarantined, 1);
	assert_same(1);
	damage_at(start + 1);
	model_lose(start, start + DAY_MS);
	merge(1, start + 200000, 1000, 50);
	compact(&gauge, DAY);
	ck_assert_int_eq(size_of_shelf().quarantined, 2);
	assert_same(1);
	shelf_close(&shelf);
}
END_TEST

/* The rest of a full chunk that is cut anew begins just before the next one, which it does not touch. */
START_TEST(the_rest_of_a_cut_chunk_spares_the_next)
{
	const int64_t start = DAY * DAY_MS;
	open_shelf();
	merge(1, start, 100, CHUNK_MAX);
	merge(1, start + CHUNK_MAX * 100 + 3, 100, 300);
	for (int i = 0; i < 20; i++) {
		merge(1, start + 70 * i + 50000, 7000, 10);
		assert_same(1);
	}
	shelf_close(&shelf);
}
END_TEST

START_TEST(compaction_puts_a_damaged_chunk_aside)
{
	const int64_t start = DAY * DAY_MS;
	open_shelf();
	for (int i = 0; i < 3; i++)
		merge(1, start + i * 1000000, 1000, 1000);
	damage_at(start);
	model_lose(start, start + 1000000);
	compact(&gauge, DAY);
	ck_assert_int_eq(size_of_shelf().quarantined, 1);
	ck_assert_uint_eq(assert_same(1).chunks, 1);
	ck_assert_uint_eq(pending(), 0);
	shelf_close(&shelf);
}
END_TEST

static int count_hours(void *ctx, const struct shelf_rollup *rollup)
{
	static struct datum scratch[CHUNK_MAX];
	struct bucket buckets[ROLLUP_BLOCK_MAX];
	size_t count;
	ck_assert_int_eq(rollup_decode(rollup->data, scratch, buckets, &count), 0);
	for (size_t i = 0; i < count; i++)
		*(uint64_t *)ctx += buckets[i].count;
	return 0;
}

/* Samples in the hours of DAY's block. */
static uint64_t in_hours(void)
{
	const struct shelf_rollup at = {1, rollup_block_of(ROLLUP_HOUR, DAY * DAY_MS), ROLLUP_HOUR, {NULL, 0}};
	struct shelf_txn *txn;
	uint64_t count = 0;
	ck_assert_int_eq(shelf_begin(shelf, false, &txn), 0);
	ck_assert_int_eq(shelf_rollups(txn, &at, at.block, count_hours, &count), 0);
	shelf_end(&txn);
	return count;
}

/* DAY is the first of its block of 32 days: 20000 = 32 * 625. */
START_TEST(a_damaged_block_of_hours_is_made_anew)
{
	const struct shelf_rollup junk = {1, rollup_block_of(ROLLUP_HOUR, DAY * DAY_MS), ROLLUP_HOUR, span_str("junk that is no block")};
	open_shelf();
	for (int i = 0; i < 5; i++)
		merge(1, (DAY + 2 * i) * DAY_MS, 600000, 144);
	for (int i = 0; i < 5; i++)
		compact(&gauge, DAY + 2 * i);
	ck_assert_uint_eq(pending(), 0);
	ck_assert_uint_eq(in_hours(), 5 * 144);
	struct shelf_txn *txn = begin();
	ck_assert_int_eq(shelf_put_rollup(txn, &junk), 0);
	commit(txn);
	merge(1, (DAY + 4) * DAY_MS + 1, 600000, 144);
	compact(&gauge, DAY + 4);
	ck_assert_uint_eq(in_hours(), 288); /* what was merged is */
	ck_assert_uint_eq(pending(), 0x145 & ~0x10U); /* and all others are to be done again */
	for (int i = 0; i < 5; i++)
		compact(&gauge, DAY + 2 * i);
	ck_assert_uint_eq(in_hours(), 6 * 144);
	ck_assert_uint_eq(pending(), 0);
	assert_same(1);
	shelf_close(&shelf);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, every_overlap);
	tcase_add_test(tc, single_samples_at_every_edge);
	tcase_add_test(tc, many_begin_in_one_slot);
	tcase_add_test(tc, any_order_over_some_days);
	tcase_add_test(tc, a_day_is_cut_into_equal_parts);
	tcase_add_test(tc, notes_say_which_days_are_to_be_compacted);
	tcase_add_test(tc, a_damaged_chunk_in_the_way_is_put_aside);
	tcase_add_test(tc, a_damaged_chunk_gives_its_id_away);
	tcase_add_test(tc, the_rest_of_a_cut_chunk_spares_the_next);
	tcase_add_test(tc, compaction_puts_a_damaged_chunk_aside);
	tcase_add_test(tc, a_damaged_block_of_hours_is_made_anew);
}

int main(void)
{
	return test_run("day", add);
}
