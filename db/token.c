/* API tokens. Readers on any thread; ops on the writer's. */
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

#define SELECT_TOKEN "SELECT id, account, token_hash, name, scope, created_at, used_at, expires_at FROM api_token"

static void take_token(struct query *q, struct api_token *t)
{
	*t = (struct api_token){.id = query_take_int(q), .account = query_take_int(q)};
	query_take_bytes(q, t->token_hash, sizeof t->token_hash);
	query_take_text(q, t->name, sizeof t->name);
	t->scope = (enum token_scope)query_take_int(q);
	t->created_at.ms = query_take_int(q);
	t->used_at.ms = query_take_int(q);
	t->expires_at.ms = query_take_int(q);
}

static int end_with_token(struct reading *r, struct api_token *t_r)
{
	bool found = query_next(&r->q);
	if (found)
		take_token(&r->q, t_r);
	return reading_end_found(r, found);
}

int store_token_get(struct store *s, const uint8_t token_hash[32], struct api_token *t_r)
{
	struct reading r;
	reading_begin(&r, s, SELECT_TOKEN " WHERE token_hash = ?");
	query_put_blob(&r.q, span_of(token_hash, sizeof t_r->token_hash));
	return end_with_token(&r, t_r);
}

int store_token_by_id(struct store *s, int64_t id, struct api_token *t_r)
{
	struct reading r;
	reading_begin(&r, s, SELECT_TOKEN " WHERE id = ?");
	query_put_int(&r.q, id);
	return end_with_token(&r, t_r);
}

int store_token_each(struct store *s, int64_t account, void (*each)(void *ctx, const struct api_token *t), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, SELECT_TOKEN " WHERE ?1 = 0 OR account = ?1 ORDER BY id");
	query_put_int(&r.q, account);
	while (query_next(&r.q)) {
		struct api_token t;
		take_token(&r.q, &t);
		if (!r.q.err)
			each(ctx, &t);
	}
	return reading_end(&r);
}

/* ---- writing ----------------------------------------------------------- */

struct token_op {
	struct op op;
	struct api_token token; /* all of it to add; id and used_at to touch; id to remove; account to purge */
	int64_t *id_r;          /* the caller's, who waits; may be NULL */
};

static int count_tokens(struct conn *hub, int64_t account, int64_t *count_r)
{
	struct query q;
	query_begin(&q, hub, "SELECT count(*) FROM api_token WHERE account = ?");
	query_put_int(&q, account);
	*count_r = query_next(&q) ? query_take_int(&q) : 0;
	return query_end(&q);
}

static int apply_add(struct op *op, struct write *write)
{
	struct token_op *add = container_of(op, struct token_op, op);
	const struct api_token *t = &add->token;
	int64_t count;
	int err = count_tokens(write->hub, t->account, &count);
	if (err || count >= TOKENS_MAX)
		return err ? err : ERR_FULL;
	struct query q;
	query_begin(&q, write->hub,
		    "INSERT INTO api_token (account, token_hash, name, scope, created_at, used_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)");
	query_put_int(&q, t->account);
	query_put_blob(&q, span_of(t->token_hash, sizeof t->token_hash));
	query_put_text(&q, t->name);
	query_put_int(&q, t->scope);
	query_put_int(&q, t->created_at.ms);
	query_put_int(&q, t->used_at.ms);
	query_put_int(&q, t->expires_at.ms);
	err = query_run(&q);
	if (!err && add->id_r)
		*add->id_r = conn_last_id(write->hub);
	return err;
}

static int submit(struct store *s, const struct op_kind *kind, const struct api_token *t, int64_t *id_r,
		  const struct store_done *done)
{
	struct token_op *op = op_create(kind, sizeof *op);
	if (!op)
		return ERR_NOMEM;
	op->token = *t;
	op->id_r = id_r;
	return writer_submit(s->writer, &op->op, done);
}

int store_token_add(struct store *s, const struct api_token *t, int64_t *id_r)
{
	static const struct op_kind kind = {.apply = apply_add};
	return t->id || !t->name[0] ? ERR_INVALID : submit(s, &kind, t, id_r, NULL);
}

static int apply_touch(struct op *op, struct write *write)
{
	const struct api_token *t = &container_of(op, struct token_op, op)->token;
	struct query q;
	query_begin(&q, write->hub, "UPDATE api_token SET used_at = ? WHERE id = ?");
	query_put_int(&q, t->used_at.ms);
	query_put_int(&q, t->id);
	return query_run(&q);
}

int store_token_touch(struct store *s, int64_t id, struct wall_ms used_at, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_touch};
	return submit(s, &kind, &(struct api_token){.id = id, .used_at = used_at}, NULL, done);
}

static int apply_remove(struct op *op, struct write *write)
{
	struct query q;
	query_begin(&q, write->hub, "DELETE FROM api_token WHERE id = ?");
	query_put_int(&q, container_of(op, struct token_op, op)->token.id);
	int err = query_run(&q);
	return !err && conn_changes(write->hub) == 0 ? ERR_NOT_FOUND : err;
}

int store_token_remove(struct store *s, int64_t id)
{
	static const struct op_kind kind = {.apply = apply_remove};
	return submit(s, &kind, &(struct api_token){.id = id}, NULL, NULL);
}

static int apply_purge(struct op *op, struct write *write)
{
	struct query q;
	query_begin(&q, write->hub, "DELETE FROM api_token WHERE account = ?");
	query_put_int(&q, container_of(op, struct token_op, op)->token.account);
	return query_run(&q);
}

int store_token_purge(struct store *s, int64_t account)
{
	static const struct op_kind kind = {.apply = apply_purge};
	return submit(s, &kind, &(struct api_token){.account = account}, NULL, NULL);
}
