#include "support/fake_shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/sealer.h"
#include "db/shelf_private.h"

/* ---- shelf ------------------------------------------------------------- */

struct fake_chunk {
	struct shelf_chunk chunk;
	struct buf data;
};

struct fake_rollup {
	struct shelf_rollup rollup;
	struct buf data;
};

struct fake_shelf {
	struct shelf base;
	uint64_t mark;
	bool walking;
	struct fake_chunk *chunks; /* by id */
	struct fake_rollup *rollups; /* by level, series, block */
	struct fake_pending {
		int64_t day, series;
	} *pending; /* by day, series */
	size_t chunk_count, rollup_count, pending_count, chunks_read;
};

static void check(bool truth)
{
	if (!truth)
		abort();
}

static struct fake_shelf *fake_of(struct shelf_txn *txn)
{
	return (struct fake_shelf *)txn->shelf;
}

static void walk(struct fake_shelf *f)
{
	check(!f->walking);
	f->walking = true;
}

static int fake_begin(struct shelf *shelf, bool write, struct shelf_txn **txn_r)
{
	check(!write);
	*txn_r = calloc(1, sizeof **txn_r);
	check(*txn_r);
	(*txn_r)->shelf = shelf;
	return 0;
}

static void fake_end(struct shelf_txn *txn)
{
	free(txn);
}

static int fake_mark(struct shelf_txn *txn, uint64_t *mark_r)
{
	*mark_r = fake_of(txn)->mark;
	return 0;
}

static int hand_out(struct fake_shelf *f, const struct fake_chunk *c, shelf_each_chunk *each, void *ctx)
{
	struct shelf_chunk chunk = c->chunk;
	chunk.data = buf_span(&c->data);
	f->chunks_read++;
	return each(ctx, &chunk);
}

static int fake_chunks(struct shelf_txn *txn, const struct shelf_range *range, shelf_each_chunk *each, void *ctx)
{
	struct fake_shelf *f = fake_of(txn);
	int err = 0;
	walk(f);
	for (size_t i = 0; i < f->chunk_count && !err; i++) {
		const struct shelf_chunk *c = &f->chunks[i].chunk;
		if (chunk_id_series(c->id) == range->series && c->last >= range->from && c->first <= range->to)
			err = hand_out(f, &f->chunks[i], each, ctx);
	}
	f->walking = false;
	return err;
}

static int fake_last_chunk(struct shelf_txn *txn, int64_t series, int64_t at, shelf_each_chunk *each, void *ctx)
{
	struct fake_shelf *f = fake_of(txn);
	for (size_t i = f->chunk_count; i-- > 0;) {
		if (chunk_id_series(f->chunks[i].chunk.id) != series || f->chunks[i].chunk.first > at)
			continue;
		walk(f);
		int err = hand_out(f, &f->chunks[i], each, ctx);
		f->walking = false;
		return err;
	}
	return ERR_NOT_FOUND;
}

static int fake_rollups(struct shelf_txn *txn, const struct shelf_rollup *first, int64_t last_block,
			int (*each)(void *ctx, const struct shelf_rollup *rollup), void *ctx)
{
	struct fake_shelf *f = fake_of(txn);
	int err = 0;
	walk(f);
	for (size_t i = 0; i < f->rollup_count && !err; i++) {
		struct shelf_rollup r = f->rollups[i].rollup;
		r.data = buf_span(&f->rollups[i].data);
		if (r.series == first->series && r.level == first->level && r.block >= first->block && r.block <= last_block)
			err = each(ctx, &r);
	}
	f->walking = false;
	return err;
}

static int fake_pending(struct shelf_txn *txn, const struct shelf_days *days,
			int (*each)(void *ctx, int64_t day, int64_t series), void *ctx)
{
	struct fake_shelf *f = fake_of(txn);
	int err = 0;
	walk(f);
	for (size_t i = 0; i < f->pending_count && !err; i++) {
		const struct fake_pending *p = &f->pending[i];
		if (p->day >= days->first_day && p->day <= days->last_day && (!days->series || p->series == days->series))
			err = each(ctx, p->day, p->series);
	}
	f->walking = false;
	return err;
}

static void fake_close(struct shelf *shelf)
{
	struct fake_shelf *f = (struct fake_shelf *)shelf;
	for (size_t i = 0; i < f->chunk_count; i++)
		buf_finish(&f->chunks[i].data);
	for (size_t i = 0; i < f->rollup_count; i++)
		buf_finish(&f->rollups[i].data);
	free(f->chunks);
	free(f->rollups);
	free(f->pending);
	free(f);
}

struct shelf *fake_shelf_create(uint64_t mark)
{
	static const struct shelf_ops ops = {
		.begin = fake_begin,
		.end = fake_end,
		.mark = fake_mark,
		.chunks = fake_chunks,
		.last_chunk = fake_last_chunk,
		.rollups = fake_rollups,
		.pending = fake_pending,
		.close = fake_close,
	};
	struct fake_shelf *f = calloc(1, sizeof *f);
	check(f);
	f->base.ops = &ops;
	f->mark = mark;
	return &f->base;
}

struct sealer *fake_sealer_of(struct shelf *shelf)
{
	return (struct sealer *)shelf;
}

struct shelf *sealer_shelf(const struct sealer *sealer)
{
	return (struct shelf *)(uintptr_t)sealer;
}

/* Makes room for one more in an array. */
static void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1) || count == 1)
		return array;
	array = realloc(array, (count ? count * 2 : 2) * size);
	check(array);
	return array;
}

void fake_shelf_put_chunk(struct shelf *shelf, int64_t series, const struct datum *data, size_t count)
{
	struct fake_shelf *f = (struct fake_shelf *)shelf;
	struct fake_chunk c = {{.id = chunk_id(series, data[0].at), .first = data[0].at, .last = data[count - 1].at,
				.count = (uint32_t)count}, {0}};
	check(chunk_encode(data, count, &c.data) == 0 && day_of(c.chunk.first) == day_of(c.chunk.last));
	f->chunks = grow(f->chunks, f->chunk_count, sizeof *f->chunks);
	size_t i = f->chunk_count++;
	for (; i > 0 && f->chunks[i - 1].chunk.id >= c.chunk.id; i--) {
		check(f->chunks[i - 1].chunk.id != c.chunk.id);
		f->chunks[i] = f->chunks[i - 1];
	}
	f->chunks[i] = c;
}

static bool is_after(const struct shelf_rollup *a, const struct shelf_rollup *b)
{
	if (a->level != b->level)
		return a->level > b->level;
	return a->series != b->series ? a->series > b->series : a->block > b->block;
}

void fake_shelf_put_rollup(struct shelf *shelf, int64_t series, enum rollup_level level, const struct bucket *buckets,
			   size_t count, bool counter)
{
	struct fake_shelf *f = (struct fake_shelf *)shelf;
	struct fake_rollup r = {{.series = series, .block = rollup_block_of(level, buckets[0].at), .level = level}, {0}};
	check(rollup_block_of(level, buckets[count - 1].at) == r.rollup.block);
	check(rollup_encode(buckets, count, counter, &r.data) == 0);
	f->rollups = grow(f->rollups, f->rollup_count, sizeof *f->rollups);
	size_t i = f->rollup_count++;
	for (; i > 0 && is_after(&f->rollups[i - 1].rollup, &r.rollup); i--)
		f->rollups[i] = f->rollups[i - 1];
	f->rollups[i] = r;
}

void fake_shelf_put_pending(struct shelf *shelf, int64_t day, int64_t series)
{
	struct fake_shelf *f = (struct fake_shelf *)shelf;
	f->pending = grow(f->pending, f->pending_count, sizeof *f->pending);
	size_t i = f->pending_count++;
	for (; i > 0 && f->pending[i - 1].day > day; i--)
		f->pending[i] = f->pending[i - 1];
	f->pending[i] = (struct fake_pending){day, series};
}

void fake_shelf_damage_chunk(struct shelf *shelf, int64_t series)
{
	struct fake_shelf *f = (struct fake_shelf *)shelf;
	for (size_t i = f->chunk_count; i-- > 0;) {
		if (chunk_id_series(f->chunks[i].chunk.id) == series) {
			f->chunks[i].data.data[f->chunks[i].data.len - 1] ^= 1;
			return;
		}
	}
}

void fake_shelf_damage_rollups(struct shelf *shelf, enum rollup_level level)
{
	struct fake_shelf *f = (struct fake_shelf *)shelf;
	for (size_t i = 0; i < f->rollup_count; i++)
		if (f->rollups[i].rollup.level == level)
			f->rollups[i].data.data[f->rollups[i].data.len - 1] ^= 1;
}

size_t fake_shelf_chunks_read(struct shelf *shelf)
{
	struct fake_shelf *f = (struct fake_shelf *)shelf;
	size_t read = f->chunks_read;
	f->chunks_read = 0;
	return read;
}

/* ---- head -------------------------------------------------------------- */

enum { DAMAGED_MAX = 16 };

struct head {
	struct series series;
	const struct datum *frozen, *live; /* borrowed */
	size_t frozen_count, live_count;
	uint64_t mark;
	int64_t damaged[DAMAGED_MAX];
	size_t damaged_count;
};

struct head *fake_head_create(const struct series *series)
{
	struct head *h = calloc(1, sizeof *h);
	check(h);
	h->series = *series;
	return h;
}

void fake_head_destroy(struct head **head)
{
	free(*head);
	*head = NULL;
}

void fake_head_set_frozen(struct head *head, const struct datum *data, size_t count, uint64_t mark)
{
	head->frozen = data;
	head->frozen_count = count;
	head->mark = mark;
}

void fake_head_set_live(struct head *head, const struct datum *data, size_t count)
{
	head->live = data;
	head->live_count = count;
}

int head_get_series(struct head *h, int64_t id, struct series *series_r)
{
	if (id != h->series.id)
		return ERR_NOT_FOUND;
	*series_r = h->series;
	return 0;
}

static struct datum *copy_part(const struct datum *data, size_t count, const struct shelf_range *range, size_t *count_r)
{
	struct datum *copy = calloc(count + 1, sizeof *copy);
	check(copy);
	for (size_t i = 0; i < count; i++)
		if (data[i].at >= range->from && data[i].at <= range->to)
			copy[(*count_r)++] = data[i];
	return copy;
}

int head_copy(struct head *h, const struct shelf_range *range, struct head_copy *copy_r)
{
	*copy_r = (struct head_copy){.mark = h->mark};
	if (range->series != h->series.id)
		return ERR_NOT_FOUND;
	copy_r->frozen = copy_part(h->frozen, h->frozen_count, range, &copy_r->frozen_count);
	copy_r->live = copy_part(h->live, h->live_count, range, &copy_r->live_count);
	return 0;
}

void head_copy_finish(struct head_copy *copy)
{
	free(copy->frozen);
	free(copy->live);
	*copy = (struct head_copy){0};
}

int head_latest(struct head *h, int64_t series, struct datum *datum_r)
{
	const struct datum *l = h->live_count ? &h->live[h->live_count - 1] : NULL;
	const struct datum *f = h->frozen_count ? &h->frozen[h->frozen_count - 1] : NULL;
	if (series != h->series.id || (!l && !f))
		return ERR_NOT_FOUND;
	*datum_r = !f || (l && l->at >= f->at) ? *l : *f;
	return 0;
}

void head_note_damaged(struct head *h, int64_t chunk_id)
{
	if (h->damaged_count < DAMAGED_MAX)
		h->damaged[h->damaged_count++] = chunk_id;
}

bool head_take_damaged(struct head *h, int64_t *chunk_id_r)
{
	if (!h->damaged_count)
		return false;
	*chunk_id_r = h->damaged[--h->damaged_count];
	return true;
}
