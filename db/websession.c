/* Web sessions. Readers on any thread; ops on the writer's. */
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

int store_session_get(struct store *s, const uint8_t token_hash[32], struct web_session *w_r)
{
	struct reading r;
	reading_begin(&r, s,
		      "SELECT token_hash, account, created_at, used_at, agent FROM web_session WHERE token_hash = ?");
	query_put_blob(&r.q, span_of(token_hash, sizeof w_r->token_hash));
	bool found = query_next(&r.q);
	if (found) {
		*w_r = (struct web_session){0};
		query_take_bytes(&r.q, w_r->token_hash, sizeof w_r->token_hash);
		w_r->account = query_take_int(&r.q);
		w_r->created_at.ms = query_take_int(&r.q);
		w_r->used_at.ms = query_take_int(&r.q);
		query_take_text(&r.q, w_r->agent, sizeof w_r->agent);
	}
	return reading_end_found(&r, found);
}

struct session_op {
	struct op op;
	struct web_session session; /* all of it to put, the hash to remove */
};

static int apply_put(struct op *op, struct write *write)
{
	const struct web_session *w = &container_of(op, struct session_op, op)->session;
	struct query q;
	query_begin(&q, write->hub,
		    "INSERT INTO web_session (token_hash, account, created_at, used_at, agent) VALUES (?, ?, ?, ?, ?) "
		    "ON CONFLICT (token_hash) DO UPDATE SET account = excluded.account, created_at = excluded.created_at, "
		    "used_at = excluded.used_at, agent = excluded.agent");
	query_put_blob(&q, span_of(w->token_hash, sizeof w->token_hash));
	query_put_int(&q, w->account);
	query_put_int(&q, w->created_at.ms);
	query_put_int(&q, w->used_at.ms);
	query_put_text(&q, w->agent);
	return query_run(&q);
}

int store_session_put(struct store *s, const struct web_session *w, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	struct session_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->session = *w;
	return writer_submit(s->writer, &put->op, done);
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
	struct session_op *remove = op_create(&kind, sizeof *remove);
	if (!remove)
		return ERR_NOMEM;
	memcpy(remove->session.token_hash, token_hash, sizeof remove->session.token_hash);
	return writer_submit(s->writer, &remove->op, done);
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
