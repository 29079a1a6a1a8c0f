/* Accounts. Readers on any thread; ops on the writer's. */
#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

#define SELECT_ACCOUNT "SELECT id, name, password, role, created_at FROM account"

static void take_account(struct query *q, struct account *a)
{
	*a = (struct account){.id = query_take_int(q)};
	query_take_text(q, a->name, sizeof a->name);
	query_take_text(q, a->password, sizeof a->password);
	a->role = (enum role)query_take_int(q);
	a->created_at.ms = query_take_int(q);
}

int store_account_count(struct store *s, int64_t *count_r)
{
	struct reading r;
	*count_r = 0;
	reading_begin(&r, s, "SELECT count(*) FROM account");
	if (query_next(&r.q))
		*count_r = query_take_int(&r.q);
	return reading_end(&r);
}

int store_account_each(struct store *s, void (*each)(void *ctx, const struct account *a), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, SELECT_ACCOUNT " ORDER BY id");
	while (query_next(&r.q)) {
		struct account a;
		take_account(&r.q, &a);
		if (!r.q.err)
			each(ctx, &a);
	}
	return reading_end(&r);
}

static int end_with_account(struct reading *r, struct account *a_r)
{
	bool found = query_next(&r->q);
	if (found)
		take_account(&r->q, a_r);
	return reading_end_found(r, found);
}

int store_account_by_name(struct store *s, const char *name, struct account *a_r)
{
	struct reading r;
	reading_begin(&r, s, SELECT_ACCOUNT " WHERE name = ?");
	query_put_text(&r.q, name);
	return end_with_account(&r, a_r);
}

int store_account_by_id(struct store *s, int64_t id, struct account *a_r)
{
	struct reading r;
	reading_begin(&r, s, SELECT_ACCOUNT " WHERE id = ?");
	query_put_int(&r.q, id);
	return end_with_account(&r, a_r);
}

/* ---- writing ----------------------------------------------------------- */

struct account_op {
	struct op op;
	struct account account;
	bool first_only;
	int64_t *id_r; /* the caller's, who waits; may be NULL */
};

static int any_account(struct conn *hub, bool *any_r)
{
	struct query q;
	query_begin(&q, hub, "SELECT 1 FROM account LIMIT 1");
	*any_r = query_next(&q);
	return query_end(&q);
}

static int insert(struct conn *hub, const struct account *a, int64_t *id_r)
{
	struct query q;
	query_begin(&q, hub, "INSERT INTO account (name, password, role, created_at) VALUES (?, ?, ?, ?)");
	query_put_text(&q, a->name);
	query_put_text(&q, a->password);
	query_put_int(&q, a->role);
	query_put_int(&q, a->created_at.ms);
	int err = query_run(&q);
	if (!err)
		*id_r = conn_last_id(hub);
	return err;
}

static int update(struct conn *hub, const struct account *a)
{
	struct query q;
	query_begin(&q, hub, "UPDATE account SET name = ?, password = ?, role = ?, created_at = ? WHERE id = ?");
	query_put_text(&q, a->name);
	query_put_text(&q, a->password);
	query_put_int(&q, a->role);
	query_put_int(&q, a->created_at.ms);
	query_put_int(&q, a->id);
	int err = query_run(&q);
	return !err && conn_changes(hub) == 0 ? ERR_NOT_FOUND : err;
}

static int apply_put(struct op *op, struct write *write)
{
	struct account_op *put = container_of(op, struct account_op, op);
	struct conn *hub = write->hub;
	bool any = false;
	int err = put->first_only ? any_account(hub, &any) : 0;
	if (!err && any)
		err = ERR_STATE;
	int64_t id = put->account.id;
	if (!err)
		err = id ? update(hub, &put->account) : insert(hub, &put->account, &id);
	if (!err && put->id_r)
		*put->id_r = id;
	return err;
}

int store_account_put(struct store *s, const struct account *a, bool first_only, int64_t *id_r)
{
	static const struct op_kind kind = {.apply = apply_put};
	if (!a->name[0] || (first_only && a->id))
		return ERR_INVALID;
	struct account_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->account = *a;
	put->first_only = first_only;
	put->id_r = id_r;
	return writer_submit(s->writer, &put->op, NULL);
}
