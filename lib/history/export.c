/* One export: series after series, each resumed by time. One thread at a time. Sees the store
 * through a source only. */
#include "history/export.h"

#include <stdlib.h>

#include "base/err.h"

enum { BLOCK_IS_FULL = 1 }; /* what ends a scan before its end; no error code */

struct history_export {
	struct history_source source;
	struct export_query query;
	struct history_writer writer;
	int64_t *series; /* owned: ids in order */
	size_t count, cap, at;
	bool begun, series_begun;
	int64_t next_ms; /* where the present series goes on */
	int err;
	/* while producing */
	struct buf *out; /* borrowed */
	size_t enough;   /* of out->len */
};

static void add_series(void *ctx, const struct history_series *series)
{
	struct history_export *e = ctx;
	const struct export_query *q = &e->query;
	if (e->err || (q->device[0] && strcmp(q->device, series->device) != 0) || (q->wants && !q->wants(q->wants_ctx, series)))
		return;
	if (e->count == e->cap) {
		size_t cap = e->cap ? 2 * e->cap : 64;
		int64_t *grown = realloc(e->series, cap * sizeof *grown);
		if (!grown) {
			e->err = ERR_NOMEM;
			return;
		}
		e->series = grown;
		e->cap = cap;
	}
	e->series[e->count++] = series->id;
}

static int choose(struct history_export *e)
{
	struct history_series series;
	int err;
	if (e->query.series) {
		err = e->source.series_get(e->source.ctx, e->query.series, &series);
		if (!err)
			add_series(e, &series);
	} else {
		err = e->source.series_each(e->source.ctx, add_series, e);
	}
	if (err || e->err)
		return err ? err : e->err;
	return e->count == 0 && (e->query.series || e->query.device[0]) ? ERR_NOT_FOUND : 0;
}

int history_export_create(const struct history_source *source, const struct export_query *q,
			  struct history_export **export_r)
{
	struct history_export *e = calloc(1, sizeof *e);
	if (!e)
		return ERR_NOMEM;
	e->source = *source;
	e->query = *q;
	e->next_ms = q->from_ms;
	history_writer_init(&e->writer, q->format, &e->source);
	int err = choose(e);
	if (err)
		history_export_destroy(&e);
	*export_r = e;
	return err;
}

void history_export_destroy(struct history_export **export)
{
	struct history_export *e = *export;
	if (!e)
		return;
	history_writer_finish(&e->writer);
	free(e->series);
	free(e);
	*export = NULL;
}

static int take_samples(void *ctx, const struct sample *samples, size_t count)
{
	struct history_export *e = ctx;
	for (size_t i = 0; i < count; i++) {
		if (e->out->len >= e->enough)
			return BLOCK_IS_FULL;
		int err = history_writer_sample(&e->writer, &samples[i], e->out);
		if (err)
			return err;
		e->next_ms = samples[i].at.ms + 1; /* a series has one sample a millisecond */
	}
	return 0;
}

/* Goes on with the present series. Returns 0 at its end, BLOCK_IS_FULL or an error. */
static int go_on(struct history_export *e)
{
	int64_t id = e->series[e->at];
	if (!e->series_begun) {
		struct history_series series;
		int err = e->source.series_get(e->source.ctx, id, &series);
		if (!err)
			err = history_writer_series(&e->writer, &series, e->out);
		if (err)
			return err == ERR_NOT_FOUND ? 0 : err; /* erased since the export began */
		e->series_begun = true;
	}
	int err = e->next_ms < e->query.to_ms
			  ? e->source.scan(e->source.ctx, id, e->next_ms, e->query.to_ms, take_samples, e)
			  : 0;
	return err == ERR_NOT_FOUND ? 0 : err;
}

int history_export_produce(struct history_export *e, size_t about, struct buf *out)
{
	int err = 0;
	e->out = out;
	e->enough = out->len + about;
	if (!e->begun)
		err = history_writer_begin(&e->writer, out);
	e->begun = true;
	while (!err && e->at < e->count && out->len < e->enough) {
		err = go_on(e);
		if (err)
			break;
		e->at++;
		e->series_begun = false;
		e->next_ms = e->query.from_ms;
	}
	return err == BLOCK_IS_FULL ? 0 : err;
}
