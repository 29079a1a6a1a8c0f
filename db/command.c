/* Commands. Readers on any thread; ops on the writer's. */
#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

enum { COMMANDS_KEPT = 500 }; /* of a device: what was asked in some weeks */

#define SELECT_COMMAND "SELECT id, device, entity, value, by, state, reason, asked_at, until, took_ms, cause, cause_name FROM command"

/* A newer program may have known others. */
static enum command_cause cause_of(int64_t number)
{
	return number >= 0 && number < COMMAND_CAUSES ? (enum command_cause)number : CAUSE_ENTITY;
}

static int end_with_each(struct reading *r, void (*each)(void *ctx, const struct command_record *c), void *ctx)
{
	while (query_next(&r->q)) {
		struct command_record c = {.id = query_take_int(&r->q)};
		query_take_text(&r->q, c.device, sizeof c.device);
		query_take_text(&r->q, c.entity, sizeof c.entity);
		query_take_text(&r->q, c.value, sizeof c.value);
		query_take_text(&r->q, c.by, sizeof c.by);
		c.state = (enum command_state)query_take_int(&r->q);
		query_take_text(&r->q, c.reason, sizeof c.reason);
		c.asked_at.ms = query_take_int(&r->q);
		c.until.ms = query_take_int(&r->q);
		c.took_ms = query_take_int(&r->q);
		c.cause = cause_of(query_take_int(&r->q));
		query_take_text(&r->q, c.cause_name, sizeof c.cause_name);
		if (!r->q.err)
			each(ctx, &c);
	}
	return reading_end(r);
}

int store_command_each(struct store *s, const struct command_filter *filter,
		       void (*each)(void *ctx, const struct command_record *c), void *ctx)
{
	struct reading r;
	const char *entity = filter->entity ? filter->entity : "";
	if (filter->device) {
		reading_begin(&r, s, SELECT_COMMAND " WHERE device = ? AND id < ? AND (? = '' OR entity = ?) ORDER BY id DESC LIMIT ?");
		query_put_text(&r.q, filter->device);
	} else {
		reading_begin(&r, s, SELECT_COMMAND " WHERE id < ? AND (? = '' OR entity = ?) ORDER BY id DESC LIMIT ?");
	}
	query_put_int(&r.q, filter->before ? filter->before : INT64_MAX);
	query_put_text(&r.q, entity);
	query_put_text(&r.q, entity);
	query_put_int(&r.q, filter->limit > INT64_MAX ? INT64_MAX : (int64_t)filter->limit);
	return end_with_each(&r, each, ctx);
}

int store_command_open_each(struct store *s, void (*each)(void *ctx, const struct command_record *c), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, SELECT_COMMAND " WHERE state < 3 ORDER BY id");
	return end_with_each(&r, each, ctx);
}

int store_command_unmet_each(struct store *s, void (*each)(void *ctx, const struct command_record *c), void *ctx)
{
	struct reading r;
	reading_begin(&r, s,
		      SELECT_COMMAND " WHERE id IN (SELECT max(id) FROM command GROUP BY device, entity) AND state IN (4, 5) ORDER BY id");
	return end_with_each(&r, each, ctx);
}

int store_command_last_id(struct store *s, int64_t *id_r)
{
	struct reading r;
	*id_r = 0;
	reading_begin(&r, s, "SELECT coalesce(max(id), 0) FROM command");
	if (query_next(&r.q))
		*id_r = query_take_int(&r.q);
	return reading_end(&r);
}

struct command_op {
	struct op op;
	struct command_record command;
};

/* Nothing is kept of a device that is gone. */
static int insert(const struct command_record *c, struct conn *hub)
{
	struct query q;
	query_begin(&q, hub,
		    "INSERT INTO command (id, device, entity, value, by, state, reason, asked_at, until, took_ms, cause, cause_name) "
		    "SELECT ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM device WHERE id = ? "
		    "ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = excluded.reason, until = excluded.until, "
		    "took_ms = excluded.took_ms");
	query_put_int(&q, c->id);
	query_put_text(&q, c->entity);
	query_put_text(&q, c->value);
	query_put_text(&q, c->by);
	query_put_int(&q, c->state);
	query_put_text(&q, c->reason);
	query_put_int(&q, c->asked_at.ms);
	query_put_int(&q, c->until.ms);
	query_put_int(&q, c->took_ms);
	query_put_int(&q, c->cause);
	query_put_text(&q, c->cause_name);
	query_put_text(&q, c->device);
	return query_run(&q);
}

static int prune(const struct command_record *c, struct conn *hub)
{
	struct query q;
	query_begin(&q, hub,
		    "DELETE FROM command WHERE device = ? AND state >= 3 AND id <= "
		    "(SELECT id FROM command WHERE device = ? ORDER BY id DESC LIMIT 1 OFFSET ?)");
	query_put_text(&q, c->device);
	query_put_text(&q, c->device);
	query_put_int(&q, COMMANDS_KEPT);
	return query_run(&q);
}

static int apply_put(struct op *op, struct write *write)
{
	const struct command_record *c = &container_of(op, struct command_op, op)->command;
	int err = insert(c, write->hub);
	return !err && command_is_over(c->state) ? prune(c, write->hub) : err;
}

int store_command_put(struct store *s, const struct command_record *c, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	if (c->id <= 0 || c->state >= COMMAND_STATES || c->cause >= COMMAND_CAUSES)
		return ERR_INVALID;
	struct command_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->command = *c;
	return writer_submit(s->writer, &put->op, done);
}
