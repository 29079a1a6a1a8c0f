/* Alerts. Readers on any thread; ops on the writer's. */
#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

#define SELECT_ALERT "SELECT id, device, kind, text, opened_at, closed_at FROM alert"

static int end_with_each(struct reading *r, void (*each)(void *ctx, const struct alert *a), void *ctx)
{
	while (query_next(&r->q)) {
		struct alert a = {.id = query_take_int(&r->q)};
		query_take_text(&r->q, a.device, sizeof a.device);
		query_take_text(&r->q, a.kind, sizeof a.kind);
		query_take_text(&r->q, a.text, sizeof a.text);
		a.opened_at.ms = query_take_int(&r->q);
		a.closed_at.ms = query_take_int(&r->q);
		if (!r->q.err)
			each(ctx, &a);
	}
	return reading_end(r);
}

int store_alert_each(struct store *s, int64_t before, size_t limit, void (*each)(void *ctx, const struct alert *a), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, SELECT_ALERT " WHERE id < ? ORDER BY id DESC LIMIT ?");
	query_put_int(&r.q, before ? before : INT64_MAX);
	query_put_int(&r.q, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
	return end_with_each(&r, each, ctx);
}

int store_alert_open_each(struct store *s, void (*each)(void *ctx, const struct alert *a), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, SELECT_ALERT " WHERE closed_at = 0 ORDER BY id");
	return end_with_each(&r, each, ctx);
}

int store_alert_last_id(struct store *s, int64_t *id_r)
{
	/* Not max(id): the alerts of an erased device are gone, their ids are not given again. */
	struct reading r;
	*id_r = 0;
	reading_begin(&r, s, "SELECT seq FROM sqlite_sequence WHERE name = 'alert'");
	if (query_next(&r.q))
		*id_r = query_take_int(&r.q);
	return reading_end(&r);
}

struct alert_op {
	struct op op;
	struct alert alert;
};

static int apply_put(struct op *op, struct write *write)
{
	const struct alert *a = &container_of(op, struct alert_op, op)->alert;
	struct query q;
	query_begin(&q, write->hub,
		    "INSERT INTO alert (id, device, kind, text, opened_at, closed_at) VALUES (?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT (id) DO UPDATE SET device = excluded.device, kind = excluded.kind, text = excluded.text, "
		    "opened_at = excluded.opened_at, closed_at = excluded.closed_at");
	query_put_int(&q, a->id);
	query_put_text(&q, a->device);
	query_put_text(&q, a->kind);
	query_put_text(&q, a->text);
	query_put_int(&q, a->opened_at.ms);
	query_put_int(&q, a->closed_at.ms);
	return query_run(&q);
}

int store_alert_put(struct store *s, const struct alert *a, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	if (a->id <= 0)
		return ERR_INVALID;
	struct alert_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->alert = *a;
	return writer_submit(s->writer, &put->op, done);
}
