/* Copying a shelf: the order of its steps, and the small tables. Notes go first and rollups before chunks, so
 * that at no time, also after a crash, the target trusts a rollup that is missing. On the calling thread, which is
 * the sealer's or a tool's. */
#include "db/shelf_copy.h"

#include "base/err.h"
#include "db/shelf_copy_private.h"

int copying_tell(struct copying *c)
{
	return c->progress ? c->progress(c->ctx, c->done < c->total ? c->done : c->total, c->total) : 0;
}

/* ---- series and words -------------------------------------------------- */

static int put_series(void *ctx, const struct series *series)
{
	return shelf_put_series(ctx, series);
}

static int put_word(void *ctx, const struct shelf_word *word)
{
	return shelf_put_word(ctx, word);
}

static int copy_registry(struct copying *c)
{
	struct shelf_txn *from, *to = NULL;
	struct shelf_size size;
	int err = shelf_begin(c->from, false, &from);
	if (!err)
		err = shelf_size(from, &size);
	if (!err)
		c->total = size.chunks;
	if (!err)
		err = shelf_begin(c->to, true, &to);
	if (!err)
		err = shelf_series(from, put_series, to);
	if (!err)
		err = shelf_words(from, put_word, to);
	if (!err)
		err = shelf_commit(&to, 0);
	shelf_end(&to);
	shelf_end(&from);
	return err;
}

/* ---- notes ------------------------------------------------------------- */

struct note {
	int64_t day, series;
};

static int collect_note(void *ctx, int64_t day, int64_t series)
{
	const struct note note = {day, series};
	return buf_append(ctx, &note, sizeof note);
}

static int collect_notes(struct shelf *shelf, struct buf *notes)
{
	const struct shelf_days all = {0, SHELF_DAY_MIN, SHELF_DAY_MAX};
	struct shelf_txn *txn;
	int err = shelf_begin(shelf, false, &txn);
	if (!err)
		err = shelf_pending(txn, &all, collect_note, notes);
	shelf_end(&txn);
	return err;
}

/* Does the same with each note, in transactions of a bounded size. */
static int with_notes(struct shelf *shelf, const struct buf *notes,
		      int (*one)(struct shelf_txn *txn, int64_t day, int64_t series))
{
	const struct note *note = (const struct note *)(const void *)notes->data;
	size_t count = notes->len / sizeof *note;
	int err = 0;
	for (size_t i = 0; i < count && !err;) {
		struct shelf_txn *txn;
		err = shelf_begin(shelf, true, &txn);
		for (size_t end = i + COPY_ROWS; i < end && i < count && !err; i++) {
			err = one(txn, note[i].day, note[i].series);
			if (err == ERR_INVALID) /* a forged one */
				err = 0;
		}
		if (!err)
			err = shelf_commit(&txn, 0);
		shelf_end(&txn);
	}
	return err;
}

/* ---- all --------------------------------------------------------------- */

int shelf_copy(struct shelf *from, struct shelf *to, bool move,
	       int (*progress)(void *ctx, int64_t done, int64_t total), void *ctx)
{
	struct copying c = {.from = from, .to = to, .move = move, .progress = progress, .ctx = ctx};
	struct buf notes = {0};
	int err = copy_registry(&c);
	if (!err)
		err = collect_notes(from, &notes);
	if (!err)
		err = with_notes(to, &notes, shelf_put_pending);
	if (!err)
		err = copying_rollups(&c);
	if (!err)
		err = copying_chunks(&c);
	if (!err && move)
		err = with_notes(from, &notes, shelf_remove_pending);
	buf_finish(&notes);
	return err;
}
