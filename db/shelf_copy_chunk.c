/* Copying chunks: batches of whole days of series. One walk over the target tells which of a batch are there
 * already and which days it has other chunks of. Where it has none, rows are put as they are, undecoded. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "db/day.h"
#include "db/shelf_copy_private.h"

enum fate {
	PUT,     /* the target has no chunks of the day */
	SAME,    /* the target has this one */
	MERGE,   /* the target has others of the day */
	DAMAGED, /* cannot be merged */
	LEFT,    /* cannot be merged by this program */
};

struct row {
	struct shelf_chunk chunk; /* data is filled in by row_chunk */
	size_t offset, len;       /* of the data, in the batch */
	enum fate fate;
};

struct batch {
	struct buf rows; /* struct row, in order of id */
	struct buf data;
	size_t at;       /* of the walk over the target: rows before are of earlier days or series */
};

static struct row *batch_rows(const struct batch *b, size_t *count_r)
{
	*count_r = b->rows.len / sizeof(struct row);
	return (struct row *)(void *)b->rows.data;
}

static struct shelf_chunk row_chunk(const struct batch *b, const struct row *row)
{
	struct shelf_chunk chunk = row->chunk;
	chunk.data = span_of(row->len ? b->data.data + row->offset : NULL, row->len);
	return chunk;
}

static bool same_day(int64_t id, int64_t other)
{
	return chunk_id_day(id) == chunk_id_day(other) && chunk_id_series(id) == chunk_id_series(other);
}

/* ---- reading the source ------------------------------------------------ */

static int collect(void *ctx, const struct shelf_chunk *chunk)
{
	struct batch *b = ctx;
	size_t count;
	const struct row *rows = batch_rows(b, &count);
	if ((count >= COPY_ROWS || b->data.len >= COPY_BYTES) && !same_day(rows[count - 1].chunk.id, chunk->id))
		return COPY_STOP;
	const struct row row = {.chunk = *chunk, .offset = b->data.len, .len = chunk->data.len};
	int err = buf_append(&b->rows, &row, sizeof row);
	return err ? err : buf_append(&b->data, chunk->data.data, chunk->data.len);
}

static int read_batch(struct copying *c, int64_t first_id, struct batch *b)
{
	struct shelf_txn *txn;
	b->rows.len = b->data.len = b->at = 0;
	int err = shelf_begin(c->from, false, &txn);
	if (!err)
		err = shelf_chunks_all(txn, first_id, INT64_MAX, collect, b);
	shelf_end(&txn);
	return err == COPY_STOP ? 0 : err;
}

/* ---- writing the target ------------------------------------------------ */

static bool equal(const struct shelf_chunk *a, const struct shelf_chunk *b)
{
	return a->id == b->id && a->first == b->first && a->last == b->last && a->count == b->count &&
	       span_equal(a->data, b->data);
}

/* A chunk of the target: decides the fates of the batch's rows of its day and series. */
static int compare(void *ctx, const struct shelf_chunk *chunk)
{
	struct batch *b = ctx;
	size_t count;
	struct row *rows = batch_rows(b, &count);
	while (b->at < count && rows[b->at].chunk.id < chunk->id && !same_day(rows[b->at].chunk.id, chunk->id))
		b->at++;
	size_t end = b->at;
	bool known = false;
	for (; end < count && same_day(rows[end].chunk.id, chunk->id); end++) {
		const struct shelf_chunk mine = row_chunk(b, &rows[end]);
		if (!equal(&mine, chunk))
			continue;
		rows[end].fate = SAME;
		known = true;
	}
	for (size_t i = b->at; i < end && !known; i++)
		if (rows[i].fate == PUT)
			rows[i].fate = MERGE;
	return 0;
}

static int merge(struct shelf_txn *txn, const struct shelf_chunk *chunk, struct row *row)
{
	struct datum *data = malloc(CHUNK_MAX * sizeof *data);
	size_t count;
	if (!data)
		return ERR_NOMEM;
	int unreadable = chunk_decode(chunk->data, data, &count);
	int err = unreadable ? 0 : day_merge(txn, chunk_id_series(chunk->id), data, count);
	if (unreadable)
		row->fate = unreadable == ERR_DAMAGED ? DAMAGED : LEFT;
	free(data);
	return err;
}

static int put(struct shelf_txn *txn, const struct shelf_chunk *chunk, struct row *row)
{
	int err = shelf_put_chunk(txn, chunk);
	if (err != ERR_INVALID)
		return err;
	row->fate = DAMAGED; /* its numbers make no sense */
	return 0;
}

static int write_batch(struct copying *c, struct batch *b)
{
	size_t count;
	struct row *rows = batch_rows(b, &count);
	int64_t first = rows[0].chunk.id, last = rows[count - 1].chunk.id;
	struct shelf_txn *txn;
	int err = shelf_begin(c->to, true, &txn);
	if (!err)
		err = shelf_chunks_all(txn, chunk_id_of(chunk_id_day(first), chunk_id_series(first)),
				       chunk_id_end(chunk_id_day(last), chunk_id_series(last)), compare, b);
	for (size_t i = 0; i < count && !err; i++) {
		const struct shelf_chunk chunk = row_chunk(b, &rows[i]);
		if (rows[i].fate == PUT)
			err = put(txn, &chunk, &rows[i]);
		else if (rows[i].fate == MERGE)
			err = merge(txn, &chunk, &rows[i]);
	}
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

/* ---- removing from the source ------------------------------------------ */

static int remove_row(struct shelf_txn *txn, const struct row *row)
{
	switch (row->fate) {
	case LEFT:
		return 0;
	case DAMAGED:
		return shelf_quarantine(txn, row->chunk.id, "damaged, found when history was moved");
	default:
		return shelf_remove_chunk(txn, row->chunk.id);
	}
}

static int remove_batch(struct copying *c, const struct batch *b)
{
	size_t count;
	const struct row *rows = batch_rows(b, &count);
	struct shelf_txn *txn;
	int err = shelf_begin(c->from, true, &txn);
	for (size_t i = 0; i < count && !err; i++)
		err = remove_row(txn, &rows[i]);
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

static void tell_left(const struct batch *b)
{
	size_t count, left = 0;
	const struct row *rows = batch_rows(b, &count);
	for (size_t i = 0; i < count; i++)
		left += rows[i].fate == LEFT || rows[i].fate == DAMAGED;
	if (left)
		log_warning("store", "%zu pieces of history could not be read and were not copied", left);
}

/* ---- all --------------------------------------------------------------- */

static int copy_batch(struct copying *c, struct batch *b, int64_t *next_id)
{
	size_t count;
	int err = read_batch(c, *next_id, b);
	const struct row *rows = batch_rows(b, &count);
	if (err || count == 0) {
		*next_id = INT64_MAX;
		return err;
	}
	*next_id = rows[count - 1].chunk.id < INT64_MAX ? rows[count - 1].chunk.id + 1 : INT64_MAX;
	err = write_batch(c, b);
	if (!err && c->move)
		err = remove_batch(c, b);
	if (err)
		return err;
	tell_left(b);
	c->done += (int64_t)count;
	return copying_tell(c);
}

int copying_chunks(struct copying *c)
{
	struct batch b = {0};
	int64_t next_id = 0;
	int err = 0;
	while (!err && next_id < INT64_MAX)
		err = copy_batch(c, &b, &next_id);
	buf_finish(&b.rows);
	buf_finish(&b.data);
	return err;
}
