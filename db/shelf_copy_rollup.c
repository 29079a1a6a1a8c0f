/* Copying rollups. A block of hours covers days of which either shelf may have some, so blocks that differ are
 * made into one of the buckets of both. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/shelf_copy_private.h"

struct row {
	struct shelf_rollup rollup; /* data is filled in by row_rollup */
	size_t offset, len;         /* of the data, in the batch */
	bool counter;
	bool same; /* the target has it */
};

/* What decoding and joining two blocks takes. */
struct joining {
	struct datum scratch[CHUNK_MAX];
	struct bucket mine[ROLLUP_BLOCK_MAX], other[ROLLUP_BLOCK_MAX], both[2 * ROLLUP_BLOCK_MAX];
};

struct kind {
	int64_t series;
	bool counter;
};

struct batch {
	struct buf kinds;  /* struct kind of all series of the source */
	size_t kind;       /* the next to be read */
	enum rollup_level level;
	int64_t block;
	struct buf rows;   /* struct row, in order of series, level, block */
	struct buf data;
	struct joining *joining;
	size_t at, end;    /* of the walk over the target: rows of one series and level */
};

static struct row *batch_rows(const struct batch *b, size_t *count_r)
{
	*count_r = b->rows.len / sizeof(struct row);
	return (struct row *)(void *)b->rows.data;
}

static struct shelf_rollup row_rollup(const struct batch *b, const struct row *row)
{
	struct shelf_rollup rollup = row->rollup;
	rollup.data = span_of(row->len ? b->data.data + row->offset : NULL, row->len);
	return rollup;
}

/* ---- reading the source ------------------------------------------------ */

static int collect_kind(void *ctx, const struct series *series)
{
	const struct kind kind = {series->id, series->kind == SERIES_COUNTER};
	return buf_append(ctx, &kind, sizeof kind);
}

static int read_kinds(struct copying *c, struct buf *kinds)
{
	struct shelf_txn *txn;
	int err = shelf_begin(c->from, false, &txn);
	if (!err)
		err = shelf_series(txn, collect_kind, kinds);
	shelf_end(&txn);
	return err;
}

static const struct kind *next_kind(const struct batch *b)
{
	const struct kind *kinds = (const struct kind *)(const void *)b->kinds.data;
	return b->kind < b->kinds.len / sizeof *kinds ? &kinds[b->kind] : NULL;
}

static int collect(void *ctx, const struct shelf_rollup *rollup)
{
	struct batch *b = ctx;
	size_t count;
	(void)batch_rows(b, &count);
	if (count >= COPY_ROWS || b->data.len >= COPY_BYTES)
		return COPY_STOP;
	const struct row row = {
		.rollup = *rollup, .offset = b->data.len, .len = rollup->data.len, .counter = next_kind(b)->counter};
	b->block = rollup->block + 1;
	int err = buf_append(&b->rows, &row, sizeof row);
	return err ? err : buf_append(&b->data, rollup->data.data, rollup->data.len);
}

/* Goes on where the last batch ended. */
static int read_batch(struct copying *c, struct batch *b)
{
	struct shelf_txn *txn;
	b->rows.len = b->data.len = 0;
	int err = shelf_begin(c->from, false, &txn);
	while (!err && next_kind(b)) {
		const struct shelf_rollup first = {next_kind(b)->series, b->block, b->level, {NULL, 0}};
		err = shelf_rollups(txn, &first, SHELF_DAY_MAX, collect, b);
		if (err)
			break;
		b->kind += b->level == ROLLUP_HOUR;
		b->level = b->level == ROLLUP_HOUR ? ROLLUP_5MIN : ROLLUP_HOUR;
		b->block = SHELF_DAY_MIN;
	}
	shelf_end(&txn);
	return err == COPY_STOP ? 0 : err;
}

/* ---- writing the target ------------------------------------------------ */

/* The buckets of both in order; of two of one time the one that sums up more, which is of more of its samples:
 * when both shelves have some of them, the day is merged and noted with its chunks. */
static size_t join(struct joining *j, size_t mine_count, size_t other_count)
{
	size_t m = 0, o = 0, count = 0;
	while (m < mine_count || o < other_count) {
		const struct bucket *mine = m < mine_count ? &j->mine[m] : NULL;
		const struct bucket *other = o < other_count ? &j->other[o] : NULL;
		bool take_mine = !other || (mine && mine->at < other->at) ||
				 (mine && mine->at == other->at && mine->count >= other->count);
		j->both[count++] = take_mine ? *mine : *other;
		bool both = mine && other && mine->at == other->at;
		m += take_mine || both;
		o += !take_mine || both;
	}
	return count;
}

/* Makes the row's data those of both. A block that cannot be read gives way to one that can. */
static int join_row(struct batch *b, struct row *row, const struct shelf_rollup *other)
{
	struct joining *j = b->joining;
	const struct shelf_rollup mine = row_rollup(b, row);
	size_t mine_count, other_count;
	if (rollup_decode(mine.data, j->scratch, j->mine, &mine_count)) {
		row->same = true;
		return 0;
	}
	if (rollup_decode(other->data, j->scratch, j->other, &other_count))
		return 0;
	size_t count = join(j, mine_count, other_count);
	if (count > ROLLUP_BLOCK_MAX)
		return 0; /* buckets that do not belong into the block: forged */
	row->offset = b->data.len;
	int err = rollup_encode(j->both, count, row->counter, &b->data);
	row->len = b->data.len - row->offset;
	return err;
}

/* A block of the target within those of one series and level. */
static int compare(void *ctx, const struct shelf_rollup *other)
{
	struct batch *b = ctx;
	size_t count;
	struct row *rows = batch_rows(b, &count);
	while (b->at < b->end && rows[b->at].rollup.block < other->block)
		b->at++;
	if (b->at == b->end || rows[b->at].rollup.block != other->block)
		return 0;
	const struct shelf_rollup mine = row_rollup(b, &rows[b->at]);
	rows[b->at].same = span_equal(mine.data, other->data);
	return rows[b->at].same ? 0 : join_row(b, &rows[b->at], other);
}

/* Rows of one series and level, from b->at on. */
static int write_run(struct batch *b, struct shelf_txn *txn)
{
	size_t count, first = b->at;
	const struct row *rows = batch_rows(b, &count);
	const struct shelf_rollup *from = &rows[first].rollup;
	for (b->end = first + 1; b->end < count && rows[b->end].rollup.series == from->series &&
				 rows[b->end].rollup.level == from->level;)
		b->end++;
	int err = shelf_rollups(txn, from, rows[b->end - 1].rollup.block, compare, b);
	for (size_t i = first; i < b->end && !err; i++) {
		const struct shelf_rollup rollup = row_rollup(b, &rows[i]);
		if (!rows[i].same)
			err = shelf_put_rollup(txn, &rollup);
	}
	b->at = b->end;
	return err;
}

static int write_batch(struct copying *c, struct batch *b)
{
	size_t count;
	struct shelf_txn *txn;
	(void)batch_rows(b, &count);
	b->at = 0;
	int err = shelf_begin(c->to, true, &txn);
	while (b->at < count && !err)
		err = write_run(b, txn);
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

static int remove_batch(struct copying *c, const struct batch *b)
{
	size_t count;
	const struct row *rows = batch_rows(b, &count);
	struct shelf_txn *txn;
	int err = shelf_begin(c->from, true, &txn);
	for (size_t i = 0; i < count && !err; i++)
		err = shelf_remove_rollup(txn, &rows[i].rollup);
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

/* ---- all --------------------------------------------------------------- */

int copying_rollups(struct copying *c)
{
	struct batch b = {.level = ROLLUP_5MIN, .block = SHELF_DAY_MIN};
	b.joining = malloc(sizeof *b.joining);
	int err = b.joining ? read_kinds(c, &b.kinds) : ERR_NOMEM;
	while (!err && next_kind(&b)) {
		err = read_batch(c, &b);
		if (!err && b.rows.len)
			err = write_batch(c, &b);
		if (!err && b.rows.len && c->move)
			err = remove_batch(c, &b);
		if (!err)
			err = copying_tell(c);
	}
	free(b.joining);
	buf_finish(&b.kinds);
	buf_finish(&b.rows);
	buf_finish(&b.data);
	return err;
}
