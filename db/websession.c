/* Web sessions. Readers on any thread; ops on the writer's. */
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

#define SELECT_SESSION "SELECT token_hash, account, created_at, used_at, agent, address FROM web_session"

static void take_session(struct query *q, struct web_session *w)
{
	*w = (struct web_session){0};
	query_take_bytes(q, w->token_hash, sizeof w->token_hash);
	w->account = query_take_int(q);
	w->created_at.ms = query_take_int(q);
	w->used_at.ms = query_take_int(q);
	query_take_text(q, w->agent, sizeof w->agent);
	query_take_text(q, w->address, sizeof w->address);
}

int store_session_get(struct store *s, const uint8_t token_hash[32], struct web_session *w_r)
{
	struct reading r;
	reading_begin(&r, s, SELECT_SESSION " WHERE token_hash = ?");
	query_put_blob(&r.q, span_of(token_hash, sizeof w_r->token_hash));
	bool found = query_next(&r.q);
	if (found)
		take_session(&r.q, w_r);
	return reading_end_found(&r, found);
}

int store_session_each(struct store *s, int64_t account, void (*each)(void *ctx, const struct web_session *w), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, SELECT_SESSION " WHERE account = ? ORDER BY used_at DESC");
	query_put_int(&r.q, account);
	while (query_next(&r.q)) {
		struct web_session w;
		take_session(&r.q, &w);
		if (!r.q.err)
			each(ctx, &w);
	}
	return reading_end(&r);
}

struct session_op {
	struct op op;
	struct web_session session; /* all of it to put, the hash to touch and remove */
};

static int apply_put(struct op *op, struct write *write)
{
	const struct web_session *w = &container_of(op, struct session_op, op)->session;
	struct query q;
	query_begin(&q, write->hub,
		    "INSERT INTO web_session (token_hash, account, created_at, used_at, agent, address) VALUES (?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT (token_hash) DO UPDATE SET account = excluded.account, created_at = excluded.created_at, "
		    "used_at = excluded.used_at, agent = excluded.agent, address = excluded.address");
	query_put_blob(&q, span_of(w->token_hash, sizeof w->token_hash));
	query_put_int(&q, w->account);
	query_put_int(&q, w->created_at.ms);
	query_put_int(&q, w->used_at.ms);
	query_put_text(&q, w->agent);
	query_put_text(&q, w->address);
	return query_run(&q);
}

static int submit(struct store *s, const struct op_kind *kind, const struct web_session *w, const struct store_done *done)
{
	struct session_op *op = op_create(kind, sizeof *op);
	if (!op)
		return ERR_NOMEM;
	op->session = *w;
	return writer_submit(s->writer, &op->op, done);
}

int store_session_put(struct store *s, const struct web_session *w, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	return submit(s, &kind, w, done);
}

static int apply_touch(struct op *op, struct write *write)
{
	const struct web_session *w = &container_of(op, struct session_op, op)->session;
	struct query q;
	query_begin(&q, write->hub, "UPDATE web_session SET used_at = ?, address = ? WHERE token_hash = ?");
	query_put_int(&q, w->used_at.ms);
	query_put_text(&q, w->address);
	query_put_blob(&q, span_of(w->token_hash, sizeof w->token_hash));
	return query_run(&q);
}

int store_session_touch(struct store *s, const struct web_session *w, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_touch};
	return submit(s, &kind, w, done);
}

static int apply_remove(struct op *op, struct write *write)
{
	const struct web_session *w = &container_of(op, struct session_op, op)->session;
	struct query q;
	query_begin(&q, write->hub, "DELETE FROM web_session WHERE token_hash = ?");
	query_put_blob(&q, span_of(w->token_hash, sizeof w->token_hash));
	return query_run(&q);
}

int store_session_remove(struct store *s, const uint8_t token_hash[32], const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_remove};
	struct web_session w = {0};
	memcpy(w.token_hash, token_hash, sizeof w.token_hash);
	return submit(s, &kind, &w, done);
}

struct purge_op {
	struct op op;
	int64_t account;
	struct wall_ms before;
	bool keeps;
	uint8_t keep[32];
};

static int apply_purge(struct op *op, struct write *write)
{
	const struct purge_op *purge = container_of(op, struct purge_op, op);
	struct query q;
	if (purge->account) {
		query_begin(&q, write->hub, "DELETE FROM web_session WHERE account = ? AND token_hash IS NOT ?");
		query_put_int(&q, purge->account);
	} else {
		query_begin(&q, write->hub, "DELETE FROM web_session WHERE used_at < ? AND token_hash IS NOT ?");
		query_put_int(&q, purge->before.ms);
	}
	if (purge->keeps)
		query_put_blob(&q, span_of(purge->keep, sizeof purge->keep));
	else
		query_put_null(&q);
	return query_run(&q);
}

int store_session_purge(struct store *s, int64_t account, const uint8_t *keep, struct wall_ms before,
			const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_purge};
	struct purge_op *purge = op_create(&kind, sizeof *purge);
	if (!purge)
		return ERR_NOMEM;
	purge->account = account;
	purge->before = before;
	purge->keeps = keep != NULL;
	if (keep)
		memcpy(purge->keep, keep, sizeof purge->keep);
	return writer_submit(s->writer, &purge->op, done);
}
