/* Days: merging samples into chunks, and writing a day anew. Sealer's thread. New chunks are gathered
 * encoded while the old ones are walked and written when the walk is over, so memory holds a day compressed, and
 * no row is changed under a walk. */
#include "db/day.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "db/rollup.h"

enum {
	SLOT_MS = 1319, /* of chunk ids, shelf.h */
	SLOTS = DAY_MS / SLOT_MS + 1,
	DENSE_BUCKET = 32, /* samples that a 5-minute bucket holds at least, on average, to be worth a rollup: those of
	                    * series of ten seconds and more would take a fortieth of all bytes, and save a month's chart 5 ms */
};

struct packed {
	int64_t first, last;
	uint32_t count;
	struct buf data;
};

/* Cuts a stream of samples of one series and day into chunks, and remembers which ones they replace. */
struct packer {
	int64_t series;
	size_t limit;                 /* samples of a chunk: a day is cut into equal parts, which pack better than a rest */
	struct datum open[CHUNK_MAX]; /* of the chunk that is being filled */
	size_t open_count;
	struct packed *packed; /* owned */
	size_t packed_count, packed_cap;
	int64_t *old, *damaged; /* ids of chunks to remove, to put aside; owned */
	size_t old_count, old_cap, damaged_count, damaged_cap;
	uint64_t samples;
	struct datum scratch[CHUNK_MAX]; /* a chunk that was read */
};

static struct packer *packer_create(int64_t series)
{
	struct packer *p = malloc(sizeof *p);
	if (!p)
		return NULL;
	p->series = series;
	p->limit = CHUNK_MAX;
	p->open_count = p->packed_count = p->packed_cap = 0;
	p->old_count = p->old_cap = p->damaged_count = p->damaged_cap = 0;
	p->packed = NULL;
	p->old = p->damaged = NULL;
	p->samples = 0;
	return p;
}

static void packer_destroy(struct packer **packer)
{
	struct packer *p = *packer;
	if (!p)
		return;
	for (size_t i = 0; i < p->packed_count; i++)
		buf_finish(&p->packed[i].data);
	free(p->packed);
	free(p->old);
	free(p->damaged);
	free(p);
	*packer = NULL;
}

/* Room for one more element of size bytes; keeps *array when there is no memory. */
static int grow(void **array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return 0;
	size_t larger = *cap ? 2 * *cap : 16;
	void *grown = realloc(*array, larger * size);
	if (!grown)
		return ERR_NOMEM;
	*array = grown;
	*cap = larger;
	return 0;
}

static int note_id(int64_t **ids, size_t *count, size_t *cap, int64_t id)
{
	void *array = *ids;
	int err = grow(&array, *count, cap, sizeof **ids);
	*ids = array;
	if (!err)
		(*ids)[(*count)++] = id;
	return err;
}

/* Encodes the chunk that is being filled. */
static int close_chunk(struct packer *p)
{
	if (p->open_count == 0)
		return 0;
	void *array = p->packed;
	int err = grow(&array, p->packed_count, &p->packed_cap, sizeof *p->packed);
	p->packed = array;
	if (err)
		return err;
	struct packed *packed = &p->packed[p->packed_count];
	*packed = (struct packed){p->open[0].at, p->open[p->open_count - 1].at, (uint32_t)p->open_count, {0}};
	err = chunk_encode(p->open, p->open_count, &packed->data);
	p->packed_count += err == 0;
	p->open_count = 0;
	return err;
}

static int pack(struct packer *p, const struct datum *data, size_t count)
{
	int err = 0;
	p->samples += count;
	while (count && !err) {
		size_t part = p->limit - p->open_count < count ? p->limit - p->open_count : count;
		memcpy(p->open + p->open_count, data, part * sizeof *data);
		p->open_count += part;
		data += part;
		count -= part;
		if (p->open_count == p->limit)
			err = close_chunk(p);
	}
	return err;
}

/* Whether a row cannot be read, as opposed to not now. One of a newer codec is put aside as well, as readers have it done:
 * nothing is lost by that, and a single changed bit looks the same. */
static bool is_unreadable(int err)
{
	return err == ERR_DAMAGED || err == ERR_NEWER;
}

/* Decodes a stored chunk into scratch and notes that it is replaced. An unreadable one gives no samples. */
static int unpack(struct packer *p, const struct shelf_chunk *chunk, size_t *count_r)
{
	int err = chunk_decode(chunk->data, p->scratch, count_r);
	if (!err)
		return note_id(&p->old, &p->old_count, &p->old_cap, chunk->id);
	*count_r = 0;
	if (!is_unreadable(err))
		return err;
	return note_id(&p->damaged, &p->damaged_count, &p->damaged_cap, chunk->id);
}

static int put_aside_damaged(struct packer *p, struct shelf_txn *txn)
{
	int err = 0;
	for (size_t i = 0; i < p->damaged_count && !err; i++) {
		log_error("store", "series %lld: a chunk of its history is damaged and put aside", (long long)p->series);
		err = shelf_quarantine(txn, p->damaged[i], "checksum");
	}
	return err;
}

/* Replaces the old chunks by the new ones, which may have the ids of old and damaged ones. */
static int write_chunks(struct packer *p, struct shelf_txn *txn)
{
	int err = close_chunk(p);
	if (!err)
		err = put_aside_damaged(p, txn);
	for (size_t i = 0; i < p->old_count && !err; i++)
		err = shelf_remove_chunk(txn, p->old[i]);
	for (size_t i = 0; i < p->packed_count && !err; i++) {
		const struct packed *packed = &p->packed[i];
		const struct shelf_chunk chunk = {chunk_id(p->series, packed->first), packed->first, packed->last, packed->count,
						  buf_span(&packed->data)};
		err = shelf_put_chunk(txn, &chunk);
	}
	return err;
}

/* ---- merging ----------------------------------------------------------- */

enum { WALK_ENDED = 1 };

struct merging {
	struct packer *packer;
	const struct datum *next, *end; /* new samples still to be packed */
	int64_t slot;                   /* of the last sample so far */
};

/* The slot of a time, counted through all days. */
static int64_t slot_of(int64_t at)
{
	int64_t day = day_of(at);
	return day * SLOTS + (at - day * DAY_MS) / SLOT_MS;
}

/* Packs new samples that come before `at`, and leaves out the stored one of the same time. */
static int pack_before(struct merging *m, int64_t at)
{
	const struct datum *from = m->next;
	while (m->next < m->end && m->next->at < at)
		m->next++;
	return pack(m->packer, from, (size_t)(m->next - from));
}

/* Where the new chunks will be cut is not known yet: one could begin with any sample, so that a stored one that
 * begins in the slot of a sample goes into them, else they might get its id. */
static int merge_chunk(void *ctx, const struct shelf_chunk *chunk)
{
	struct merging *m = ctx;
	const struct datum *stored = m->packer->scratch;
	size_t count, i = 0;
	if (slot_of(chunk->first) > m->slot)
		return WALK_ENDED;
	int err = unpack(m->packer, chunk, &count);
	if (!err && count && slot_of(stored[count - 1].at) > m->slot)
		m->slot = slot_of(stored[count - 1].at);
	while (i < count && !err) {
		err = pack_before(m, stored[i].at);
		if (err)
			break;
		size_t first = i;
		/* a run of stored samples up to the next new one, whose time may be a stored one's */
		while (i < count && (m->next == m->end || stored[i].at < m->next->at))
			i++;
		err = pack(m->packer, stored + first, i - first);
		if (i < count && m->next < m->end && stored[i].at == m->next->at)
			i++;
	}
	return err;
}

/* Samples of one day. */
static int merge_day(struct shelf_txn *txn, int64_t series, const struct datum *data, size_t count)
{
	int64_t start = day_of(data[0].at) * DAY_MS;
	/* from the beginning of the first one's slot, since what is stored there has the id of a chunk that begins with it */
	const struct shelf_range range = {series, start + (data[0].at - start) / SLOT_MS * SLOT_MS, start + DAY_MS - 1};
	struct packer *p = packer_create(series);
	if (!p)
		return ERR_NOMEM;
	struct merging m = {p, data, data + count, slot_of(data[count - 1].at)};
	int err = shelf_chunks(txn, &range, merge_chunk, &m);
	if (err == WALK_ENDED)
		err = 0;
	if (!err)
		err = pack(p, m.next, (size_t)(m.end - m.next));
	if (!err)
		err = write_chunks(p, txn);
	if (!err)
		err = shelf_put_pending(txn, day_of(start), series);
	packer_destroy(&p);
	return err;
}

int day_merge(struct shelf_txn *txn, int64_t series, const struct datum *data, size_t count)
{
	int err = 0;
	for (size_t first = 0, end; first < count && !err; first = end) {
		int64_t next_day = (day_of(data[first].at) + 1) * DAY_MS;
		for (end = first + 1; end < count && data[end].at < next_day;)
			end++;
		err = merge_day(txn, series, data + first, end - first);
	}
	return err;
}

/* ---- compacting -------------------------------------------------------- */

enum { DAY_BUCKETS = 288, HOURS = 24 };

struct compaction {
	struct packer *packer;
	bool trimmed; /* see day_compact */
	struct bucket fine_buckets[DAY_BUCKETS], hour_buckets[HOURS];
	struct bucketing fine, hours;
};

static int count_samples(void *ctx, const struct shelf_chunk *chunk)
{
	*(uint64_t *)ctx += chunk->count;
	return 0;
}

static int compact_chunk(void *ctx, const struct shelf_chunk *chunk)
{
	struct compaction *c = ctx;
	size_t count;
	int err = unpack(c->packer, chunk, &count);
	if (!err)
		err = pack(c->packer, c->packer->scratch, count);
	if (!err)
		err = bucketing_add(&c->fine, c->packer->scratch, count);
	return err ? err : bucketing_add(&c->hours, c->packer->scratch, count);
}

static int put_block(struct shelf_txn *txn, const struct series *series, enum rollup_level level, int64_t block,
		     const struct bucketing *b)
{
	struct buf data = {0};
	int err = rollup_encode(b->buckets, b->count, series->kind == SERIES_COUNTER, &data);
	const struct shelf_rollup rollup = {series->id, block, level, buf_span(&data)};
	if (!err)
		err = b->count ? shelf_put_rollup(txn, &rollup) : shelf_remove_rollup(txn, &rollup);
	buf_finish(&data);
	return err;
}

static int note_found(void *ctx, const struct shelf_rollup *rollup)
{
	(void)rollup;
	*(bool *)ctx = true;
	return 0;
}

/* Five-minute buckets are worth it where they sum up many samples; otherwise the samples themselves are as quick. */
static int put_fine(struct shelf_txn *txn, int64_t day, const struct series *series, struct compaction *c)
{
	const struct shelf_rollup at = {series->id, rollup_block_of(ROLLUP_5MIN, day * DAY_MS), ROLLUP_5MIN, {NULL, 0}};
	bool found = false;
	int err = c->trimmed ? shelf_rollups(txn, &at, at.block, note_found, &found) : 0;
	if (err || found)
		return err;
	if (c->packer->samples < DENSE_BUCKET * c->fine.count)
		c->fine.count = 0;
	return put_block(txn, series, ROLLUP_5MIN, at.block, &c->fine);
}

struct hours {
	struct datum *scratch; /* borrowed, CHUNK_MAX */
	struct bucket buckets[ROLLUP_BLOCK_MAX];
	size_t count;
	bool damaged;
};

static int take_hours(void *ctx, const struct shelf_rollup *rollup)
{
	struct hours *h = ctx;
	int err = rollup_decode(rollup->data, h->scratch, h->buckets, &h->count);
	if (!is_unreadable(err))
		return err;
	h->damaged = true;
	h->count = 0;
	return 0;
}

enum { BLOCK_DAYS = 32 };

struct days_of_block {
	int64_t first;
	bool there[BLOCK_DAYS];
};

static int note_day(void *ctx, const struct shelf_chunk *chunk)
{
	struct days_of_block *days = ctx;
	days->there[chunk_id_day(chunk->id) - days->first] = true;
	return 0;
}

/* A block that cannot be read is lost for all its days: those that have samples are to be rolled up anew. */
static int renew_block(struct shelf_txn *txn, const struct series *series, int64_t block)
{
	struct days_of_block days = {.first = day_of(block * rollup_block_ms(ROLLUP_HOUR))};
	const struct shelf_range range = {series->id, days.first * DAY_MS, (days.first + BLOCK_DAYS) * DAY_MS - 1};
	log_error("store", "series %lld: a block of its summaries is damaged and made anew", (long long)series->id);
	int err = shelf_chunks(txn, &range, note_day, &days);
	for (int i = 0; i < BLOCK_DAYS && !err; i++) {
		if (days.there[i])
			err = shelf_put_pending(txn, days.first + i, series->id);
	}
	return err;
}

/* Joins the day's hours with those that the block has: of an hour that both have, the block's if it knows more. */
static size_t join_hours(struct bucket *to, const struct bucket *old, size_t old_count, const struct compaction *c)
{
	const struct bucket *made = c->hours.buckets, *end = made + c->hours.count;
	size_t count = 0;
	for (size_t i = 0; i < old_count && c->trimmed; i++) {
		while (made < end && made->at < old[i].at)
			to[count++] = *made++;
		if (made < end && made->at == old[i].at)
			made++;
		to[count++] = old[i];
	}
	while (made < end)
		to[count++] = *made++;
	return count;
}

/* Puts the day's hours in the place of what the block had of that day. */
static int put_hours(struct shelf_txn *txn, int64_t day, const struct series *series, const struct compaction *c)
{
	const struct shelf_rollup at = {series->id, rollup_block_of(ROLLUP_HOUR, day * DAY_MS), ROLLUP_HOUR, {NULL, 0}};
	struct bucket joined[HOURS];
	struct hours *h = calloc(1, sizeof *h);
	if (!h)
		return ERR_NOMEM;
	h->scratch = c->packer->scratch;
	int err = shelf_rollups(txn, &at, at.block, take_hours, h);
	if (!err && h->damaged)
		err = renew_block(txn, series, at.block);
	size_t begin = 0, end;
	while (begin < h->count && h->buckets[begin].at < day * DAY_MS)
		begin++;
	for (end = begin; end < h->count && h->buckets[end].at < (day + 1) * DAY_MS;)
		end++;
	size_t count = join_hours(joined, h->buckets + begin, end - begin, c), tail = h->count - end;
	memmove(h->buckets + begin + count, h->buckets + end, tail * sizeof *h->buckets);
	memcpy(h->buckets + begin, joined, count * sizeof *joined);
	const struct bucketing block = {h->buckets, begin + count + tail, ROLLUP_BLOCK_MAX, 0};
	if (!err)
		err = put_block(txn, series, ROLLUP_HOUR, at.block, &block);
	free(h);
	return err;
}

static int compact(struct shelf_txn *txn, int64_t day, const struct series *series, struct compaction *c)
{
	const struct shelf_range range = {series->id, day * DAY_MS, (day + 1) * DAY_MS - 1};
	c->fine = (struct bucketing){c->fine_buckets, 0, DAY_BUCKETS, rollup_length_ms(ROLLUP_5MIN)};
	c->hours = (struct bucketing){c->hour_buckets, 0, HOURS, rollup_length_ms(ROLLUP_HOUR)};
	uint64_t samples = 0;
	int err = shelf_chunks(txn, &range, count_samples, &samples);
	if (samples)
		c->packer->limit = (size_t)(samples / ((samples + CHUNK_MAX - 1) / CHUNK_MAX) + 1);
	if (c->packer->limit > CHUNK_MAX)
		c->packer->limit = CHUNK_MAX;
	if (!err)
		err = shelf_chunks(txn, &range, compact_chunk, c);
	bool dense = c->packer->old_count <= (c->packer->samples + CHUNK_MAX - 1) / CHUNK_MAX;
	if (!err)
		err = dense ? put_aside_damaged(c->packer, txn) : write_chunks(c->packer, txn);
	if (!err)
		err = put_fine(txn, day, series, c);
	if (!err)
		err = put_hours(txn, day, series, c);
	return err ? err : shelf_remove_pending(txn, day, series->id);
}

int day_compact(struct shelf_txn *txn, int64_t day, const struct series *series, bool trimmed)
{
	struct compaction *c = calloc(1, sizeof *c);
	int err = ERR_NOMEM;
	if (c) {
		c->trimmed = trimmed;
		c->packer = packer_create(series->id);
	}
	if (c && c->packer)
		err = compact(txn, day, series, c);
	if (c)
		packer_destroy(&c->packer);
	free(c);
	return err;
}
