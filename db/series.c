/* Series: the registry of what is measured. Readers on any thread; ops on the
 * writer's. */
#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

int store_series_each(struct store *s, void (*each)(void *ctx, const struct series *series), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, BASE_TELEMETRY, "SELECT id, device, entity, unit, kind FROM series ORDER BY id");
	while (query_next(&r.q)) {
		struct series series = {.id = query_take_int(&r.q)};
		query_take_text(&r.q, series.device, sizeof series.device);
		query_take_text(&r.q, series.entity, sizeof series.entity);
		query_take_text(&r.q, series.unit, sizeof series.unit);
		series.kind = (enum series_kind)query_take_int(&r.q);
		if (!r.q.err)
			each(ctx, &series);
	}
	return reading_end(&r);
}

struct series_op {
	struct op op;
	struct series series;
};

static int apply_put(struct op *op, struct write *write)
{
	const struct series *series = &container_of(op, struct series_op, op)->series;
	struct query q;
	query_begin(&q, write->conn[BASE_TELEMETRY],
		    "INSERT INTO series (id, device, entity, unit, kind) VALUES (?, ?, ?, ?, ?) "
		    "ON CONFLICT (id) DO UPDATE SET device = excluded.device, entity = excluded.entity, "
		    "unit = excluded.unit, kind = excluded.kind");
	query_put_int(&q, series->id);
	query_put_text(&q, series->device);
	query_put_text(&q, series->entity);
	query_put_text(&q, series->unit);
	query_put_int(&q, series->kind);
	return query_run(&q);
}

int store_series_put(struct store *s, const struct series *series, const struct store_done *done)
{
	static const struct op_kind kind = {.base = BASE_TELEMETRY, .apply = apply_put};
	struct series_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->series = *series;
	return writer_submit(s->writer, &put->op, done);
}
