/* A small house's history; see copy_house.h. */
#include "copy_house.h"

#include <string.h>

#include "base/str.h"
#include "db/day.h"

enum { FIRST_DAY = 19700, STEP_MS = 1200000 };

static struct shelf_txn *begin(struct shelf *shelf, bool write)
{
	struct shelf_txn *txn;
	ck_assert_int_eq(shelf_begin(shelf, write, &txn), 0);
	return txn;
}

static void make_series(int64_t id, struct series *s)
{
	*s = (struct series){.id = id, .kind = id % 3 == 0 ? SERIES_COUNTER : SERIES_GAUGE};
	ck_assert_int_eq(str_format(s->device, sizeof s->device, "device-%d", (int)id), 0);
	ck_assert_int_eq(str_copy(s->entity, sizeof s->entity, "reading"), 0);
}

static bool is_wanted(int part, int64_t day, int64_t i)
{
	if ((part & HOUSE_ODD && i % 2 == 0) || (part & HOUSE_EVEN && i % 2 == 1))
		return false;
	return !((part & HOUSE_EARLY_DAYS && day >= HOUSE_DAYS / 2) || (part & HOUSE_LATE_DAYS && day < HOUSE_DAYS / 2));
}

static void fill_day(struct shelf_txn *txn, int part, int64_t day, int64_t series)
{
	struct datum data[HOUSE_DAY_SAMPLES];
	size_t count = 0;
	for (int64_t i = 0; i < HOUSE_DAY_SAMPLES; i++) {
		if (!is_wanted(part, day, i))
			continue;
		double value = (double)((day * 7 + i * series) % 50) / 10 + (part & HOUSE_OTHER_VALUES ? 100 : 0);
		data[count++] = (struct datum){(FIRST_DAY + day) * DAY_MS + i * STEP_MS + series * 17, value};
	}
	if (count)
		ck_assert_int_eq(day_merge(txn, series, data, count), 0);
}

static void compact_before(struct shelf *shelf, int64_t day);

void house_fill(struct shelf *shelf, int part)
{
	struct shelf_txn *txn = begin(shelf, true);
	for (int64_t id = 1; id <= HOUSE_SERIES; id++) {
		struct series series;
		make_series(id, &series);
		ck_assert_int_eq(shelf_put_series(txn, &series), 0);
		ck_assert_int_eq(shelf_put_word(txn, &(struct shelf_word){id, 1, FIRST_DAY, "on"}), 0);
		for (int64_t day = 0; day < HOUSE_DAYS; day++)
			fill_day(txn, part, day, id);
	}
	ck_assert_int_eq(shelf_commit(&txn, 5), 0);
	if (part == HOUSE_ALL)
		compact_before(shelf, FIRST_DAY + HOUSE_DAYS - 5);
}

/* ---- compacting -------------------------------------------------------- */

struct notes {
	size_t count;
	int64_t day[HOUSE_SERIES * HOUSE_DAYS], series[HOUSE_SERIES * HOUSE_DAYS];
};

static int meet_note(void *ctx, int64_t day, int64_t series)
{
	struct notes *n = ctx;
	ck_assert_uint_lt(n->count, HOUSE_SERIES * HOUSE_DAYS);
	n->day[n->count] = day;
	n->series[n->count++] = series;
	return 0;
}

static void compact_before(struct shelf *shelf, int64_t day)
{
	static struct notes notes;
	struct shelf_txn *txn = begin(shelf, true);
	notes.count = 0;
	ck_assert_int_eq(shelf_pending(txn, &(struct shelf_days){0, INT64_MIN, day - 1}, meet_note, &notes), 0);
	for (size_t i = 0; i < notes.count; i++) {
		struct series series;
		make_series(notes.series[i], &series);
		ck_assert_int_eq(day_compact(txn, notes.day[i], &series, false), 0);
	}
	ck_assert_int_eq(shelf_commit(&txn, 0), 0);
}

void house_compact(struct shelf *shelf)
{
	compact_before(shelf, INT64_MAX);
}

/* ---- looking ----------------------------------------------------------- */

static void mix(uint64_t *digest, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) /* FNV-1a */
		*digest = (*digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
}

static int mix_chunk(void *ctx, const struct shelf_chunk *chunk)
{
	mix(ctx, &chunk->id, sizeof chunk->id);
	mix(ctx, &chunk->first, sizeof chunk->first);
	mix(ctx, &chunk->last, sizeof chunk->last);
	mix(ctx, &chunk->count, sizeof chunk->count);
	mix(ctx, chunk->data.data, chunk->data.len);
	return 0;
}

static int mix_rollup(void *ctx, const struct shelf_rollup *rollup)
{
	mix(ctx, &rollup->block, sizeof rollup->block);
	mix(ctx, rollup->data.data, rollup->data.len);
	return 0;
}

static int mix_note(void *ctx, int64_t day, int64_t series)
{
	mix(ctx, &day, sizeof day);
	mix(ctx, &series, sizeof series);
	return 0;
}

static int mix_series(void *ctx, const struct series *series)
{
	mix(ctx, series->device, strlen(series->device));
	mix(ctx, &series->id, sizeof series->id);
	return 0;
}

static int mix_word(void *ctx, const struct shelf_word *word)
{
	mix(ctx, word->text, strlen(word->text));
	mix(ctx, &word->last_day, sizeof word->last_day);
	return 0;
}

uint64_t house_digest(struct shelf *shelf)
{
	uint64_t digest = 0xcbf29ce484222325;
	struct shelf_txn *txn = begin(shelf, false);
	ck_assert_int_eq(shelf_chunks_all(txn, 0, INT64_MAX, mix_chunk, &digest), 0);
	for (int64_t id = 1; id <= HOUSE_SERIES; id++) {
		struct shelf_rollup first = {id, INT64_MIN, ROLLUP_5MIN, {NULL, 0}};
		ck_assert_int_eq(shelf_rollups(txn, &first, INT64_MAX, mix_rollup, &digest), 0);
		first.level = ROLLUP_HOUR;
		ck_assert_int_eq(shelf_rollups(txn, &first, INT64_MAX, mix_rollup, &digest), 0);
	}
	ck_assert_int_eq(shelf_pending(txn, &(struct shelf_days){0, INT64_MIN, INT64_MAX}, mix_note, &digest), 0);
	ck_assert_int_eq(shelf_series(txn, mix_series, &digest), 0);
	ck_assert_int_eq(shelf_words(txn, mix_word, &digest), 0);
	shelf_end(&txn);
	return digest;
}

void house_size(struct shelf *shelf, struct shelf_size *size_r)
{
	struct shelf_txn *txn = begin(shelf, false);
	ck_assert_int_eq(shelf_size(txn, size_r), 0);
	shelf_end(&txn);
}

uint64_t house_samples(struct shelf *shelf)
{
	struct shelf_size size;
	house_size(shelf, &size);
	return (uint64_t)size.samples;
}

static int count_note(void *ctx, int64_t day, int64_t series)
{
	(void)day, (void)series;
	++*(size_t *)ctx;
	return 0;
}

size_t house_notes(struct shelf *shelf)
{
	size_t count = 0;
	struct shelf_txn *txn = begin(shelf, false);
	ck_assert_int_eq(shelf_pending(txn, &(struct shelf_days){0, INT64_MIN, INT64_MAX}, count_note, &count), 0);
	shelf_end(&txn);
	return count;
}

static int count_series(void *ctx, const struct series *series)
{
	(void)series;
	++*(size_t *)ctx;
	return 0;
}

size_t house_series(struct shelf *shelf)
{
	size_t count = 0;
	struct shelf_txn *txn = begin(shelf, false);
	ck_assert_int_eq(shelf_series(txn, count_series, &count), 0);
	shelf_end(&txn);
	return count;
}
