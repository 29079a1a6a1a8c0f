/* Samples one by one: a window of them in order, and the newest. On the reader's thread. */
#include "base/err.h"
#include "db/query_private.h"
#include "db/store_private.h"

/* ---- a window ---------------------------------------------------------- */

enum { BATCH = 1024 };

struct scanning {
	const struct scan_query *q;
	struct sample batch[BATCH];
};

static int scan_run(void *ctx, const struct datum *data, size_t count)
{
	struct scanning *s = ctx;
	int err = 0;
	for (size_t n; count && !err; data += n, count -= n) {
		n = count < BATCH ? count : BATCH;
		for (size_t i = 0; i < n; i++)
			s->batch[i] = (struct sample){s->q->series, {data[i].at}, data[i].value};
		err = s->q->each(s->q->ctx, s->batch, n);
	}
	return err;
}

int store_scan(struct store *s, const struct scan_query *q)
{
	struct shelf_range range = {q->series, history_clip(q->from.ms), history_clip(q->to.ms) - 1};
	struct series series;
	if (q->from.ms > q->to.ms)
		return ERR_INVALID;
	int err = head_get_series(s->head, q->series, &series);
	if (err || range.from > range.to)
		return err;
	struct view view;
	struct scanning scanning = {.q = q};
	err = view_init(&view, s->head, sealer_shelf(s->sealer), &range);
	if (!err)
		err = view_each(&view, range.from, range.to, scan_run, &scanning);
	view_finish(&view);
	return err;
}

/* ---- the newest -------------------------------------------------------- */

/* What the head knows, and what the shelf's newest chunk must surpass. */
struct latest {
	struct datum datum;
	bool found;
	bool stale; /* the shelf has a later one */
};

static int compare_chunk(void *ctx, const struct shelf_chunk *chunk)
{
	struct latest *l = ctx;
	l->stale = !l->found || chunk->last > l->datum.at;
	return 0;
}

/* Whether the shelf holds a later one than the head has heard of: right after a start, when only late samples came. */
static int ask_shelf(struct store *s, int64_t series, struct latest *l)
{
	struct shelf_txn *txn;
	int err = shelf_begin(sealer_shelf(s->sealer), false, &txn);
	if (!err)
		err = shelf_last_chunk(txn, series, HISTORY_LAST_MS, compare_chunk, l);
	shelf_end(&txn);
	return err == ERR_NOT_FOUND ? 0 : err;
}

/* The last sample of chunks and head together. Of a damaged last chunk the one before counts. */
static int read_last(struct store *s, int64_t series, struct latest *l)
{
	struct shelf_range range = {series, HISTORY_FIRST_MS, HISTORY_LAST_MS};
	struct view view;
	struct datum last;
	int err = view_init(&view, s->head, sealer_shelf(s->sealer), &range);
	if (!err)
		err = view_last_before(&view, HISTORY_LAST_MS + 1, &last);
	if (!err && (!l->found || last.at > l->datum.at))
		*l = (struct latest){last, true, false};
	view_finish(&view);
	return err == ERR_NOT_FOUND ? 0 : err;
}

int store_latest(struct store *s, int64_t series, struct sample *sample_r)
{
	struct latest l = {.found = false};
	struct series known;
	int err = head_get_series(s->head, series, &known);
	if (err)
		return err;
	l.found = head_latest(s->head, series, &l.datum) == 0;
	err = ask_shelf(s, series, &l);
	if (!err && l.stale)
		err = read_last(s, series, &l);
	if (!err && !l.found)
		err = ERR_NOT_FOUND;
	if (!err)
		*sample_r = (struct sample){series, {l.datum.at}, l.datum.value};
	return err;
}
