/* Accounts with their rooms. Readers on any thread; ops on the writer's, which sees to it that an owner remains. */
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"
#include "db/store_private.h"

/* Names have no control characters: they can be told apart by line feeds. */
#define SELECT_ACCOUNT                                                              \
	"SELECT id, name, password, role, must_change, created_at, "                  \
	"coalesce((SELECT group_concat(room, char(10)) || char(10) FROM account_room " \
	"WHERE account = account.id), '') FROM account"

static void take_account(struct query *q, struct account *a)
{
	*a = (struct account){.id = query_take_int(q)};
	query_take_text(q, a->name, sizeof a->name);
	query_take_text(q, a->password, sizeof a->password);
	a->role = (enum role)query_take_int(q);
	a->must_change = query_take_bool(q);
	a->created_at.ms = query_take_int(q);
	query_take_text(q, a->rooms.names, sizeof a->rooms.names);
	a->rooms.all = a->role != ROLE_GUEST;
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

/* One op for all: what of the account is meant, is the kind's to say. */
struct account_op {
	struct op op;
	struct account account;
	bool first_only;
	bool name, password, role, rooms, must_change; /* which of them change */
	int64_t *id_r;                                 /* the caller's, who waits; may be NULL */
};

static int any_account(struct conn *hub, bool *any_r)
{
	struct query q;
	query_begin(&q, hub, "SELECT 1 FROM account LIMIT 1");
	*any_r = query_next(&q);
	return query_end(&q);
}

static int count_owners(struct conn *hub, int64_t *count_r)
{
	struct query q;
	query_begin(&q, hub, "SELECT count(*) FROM account WHERE role = ?");
	query_put_int(&q, ROLE_OWNER);
	*count_r = query_next(&q) ? query_take_int(&q) : 0;
	return query_end(&q);
}

/* ERR_STATE when owners were there before and none is now: the op is undone then. */
static int owner_remains(struct conn *hub, int64_t before)
{
	int64_t now;
	int err = count_owners(hub, &now);
	return err ? err : before && !now ? ERR_STATE : 0;
}

static int put_room(struct conn *hub, int64_t id, struct span room)
{
	char name[MODEL_NAME_SIZE];
	int err = str_copy_span(name, sizeof name, room);
	if (err)
		return err;
	struct query q;
	query_begin(&q, hub, "INSERT OR IGNORE INTO account_room (account, room) VALUES (?, ?)");
	query_put_int(&q, id);
	query_put_text(&q, name);
	return query_run(&q);
}

static int put_rooms(struct conn *hub, int64_t id, const struct rooms *rooms)
{
	struct query q;
	query_begin(&q, hub, "DELETE FROM account_room WHERE account = ?");
	query_put_int(&q, id);
	int err = query_run(&q);
	const char *at = NULL;
	struct span room;
	while (!err && rooms_next(rooms, &at, &room))
		err = put_room(hub, id, room);
	return err;
}

static int apply_add(struct op *op, struct write *write)
{
	struct account_op *add = container_of(op, struct account_op, op);
	const struct account *a = &add->account;
	bool any = false;
	int err = add->first_only ? any_account(write->hub, &any) : 0;
	if (err || any)
		return err ? err : ERR_STATE;
	struct query q;
	query_begin(&q, write->hub, "INSERT INTO account (name, password, role, must_change, created_at) VALUES (?, ?, ?, ?, ?)");
	query_put_text(&q, a->name);
	query_put_text(&q, a->password);
	query_put_int(&q, a->role);
	query_put_int(&q, a->must_change);
	query_put_int(&q, a->created_at.ms);
	err = query_run(&q);
	int64_t id = conn_last_id(write->hub);
	if (!err)
		err = put_rooms(write->hub, id, &a->rooms);
	if (!err && add->id_r)
		*add->id_r = id;
	return err;
}

int store_account_add(struct store *s, const struct account *a, bool first_only, int64_t *id_r)
{
	static const struct op_kind kind = {.apply = apply_add};
	if (!a->name[0] || a->id)
		return ERR_INVALID;
	struct account_op *add = op_create(&kind, sizeof *add);
	if (!add)
		return ERR_NOMEM;
	add->account = *a;
	add->first_only = first_only;
	add->id_r = id_r;
	return writer_submit(s->writer, &add->op, NULL);
}

/* What is NULL stays. */
static int update(struct conn *hub, const struct account_op *change)
{
	const struct account *a = &change->account;
	struct query q;
	query_begin(&q, hub,
		    "UPDATE account SET name = coalesce(?, name), password = coalesce(?, password), role = coalesce(?, role), "
		    "must_change = coalesce(?, must_change) WHERE id = ?");
	query_put_text(&q, change->name ? a->name : NULL);
	query_put_text(&q, change->password ? a->password : NULL);
	if (change->role)
		query_put_int(&q, a->role);
	else
		query_put_null(&q);
	if (change->must_change)
		query_put_int(&q, a->must_change);
	else
		query_put_null(&q);
	query_put_int(&q, a->id);
	int err = query_run(&q);
	return !err && conn_changes(hub) == 0 ? ERR_NOT_FOUND : err;
}

static int apply_change(struct op *op, struct write *write)
{
	const struct account_op *change = container_of(op, struct account_op, op);
	int64_t owners;
	int err = count_owners(write->hub, &owners);
	if (!err)
		err = update(write->hub, change);
	if (!err && change->rooms)
		err = put_rooms(write->hub, change->account.id, &change->account.rooms);
	return err ? err : owner_remains(write->hub, owners);
}

/* Copies a text that is to change; NULL: it is not. */
static int copy_part(char *dst, size_t size, const char *text, bool *changes_r)
{
	*changes_r = text != NULL;
	if (!text)
		return 0;
	return text[0] ? str_copy(dst, size, text) : ERR_INVALID;
}

int store_account_change(struct store *s, int64_t id, const struct account_change *change)
{
	static const struct op_kind kind = {.apply = apply_change};
	struct account_op *op = op_create(&kind, sizeof *op);
	if (!op)
		return ERR_NOMEM;
	op->account.id = id;
	int err = copy_part(op->account.name, sizeof op->account.name, change->name, &op->name);
	if (!err)
		err = copy_part(op->account.password, sizeof op->account.password, change->password, &op->password);
	if (err) {
		op_discard(&op->op);
		return err;
	}
	op->role = change->role != NULL;
	op->rooms = change->rooms != NULL;
	op->must_change = change->must_change != NULL;
	if (change->role)
		op->account.role = *change->role;
	if (change->rooms)
		op->account.rooms = *change->rooms;
	if (change->must_change)
		op->account.must_change = *change->must_change;
	return writer_submit(s->writer, &op->op, NULL);
}

static int apply_remove(struct op *op, struct write *write)
{
	const struct account_op *remove = container_of(op, struct account_op, op);
	int64_t owners;
	int err = count_owners(write->hub, &owners);
	if (err)
		return err;
	struct query q;
	query_begin(&q, write->hub, "DELETE FROM account WHERE id = ?");
	query_put_int(&q, remove->account.id);
	err = query_run(&q);
	if (!err && conn_changes(write->hub) == 0)
		err = ERR_NOT_FOUND;
	return err ? err : owner_remains(write->hub, owners);
}

int store_account_remove(struct store *s, int64_t id)
{
	static const struct op_kind kind = {.apply = apply_remove};
	struct account_op *remove = op_create(&kind, sizeof *remove);
	if (!remove)
		return ERR_NOMEM;
	remove->account.id = id;
	return writer_submit(s->writer, &remove->op, NULL);
}
