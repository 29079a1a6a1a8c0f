/* Device classes that the owner gave to entities. Readers on any thread; ops on the writer's. */
#include "db/entity_class.h"

#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

int store_entity_class_each(struct store *s, void (*each)(void *ctx, const struct entity_class *c), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, "SELECT device, entity, class FROM entity_class ORDER BY device, entity");
	while (query_next(&r.q)) {
		struct entity_class c;
		query_take_text(&r.q, c.device, sizeof c.device);
		query_take_text(&r.q, c.entity, sizeof c.entity);
		query_take_text(&r.q, c.class, sizeof c.class);
		if (!r.q.err)
			each(ctx, &c);
	}
	return reading_end(&r);
}

struct entity_class_op {
	struct op op;
	struct entity_class given;
};

static int drop(struct conn *hub, const struct entity_class *c)
{
	struct query q;
	query_begin(&q, hub, "DELETE FROM entity_class WHERE device = ? AND entity = ?");
	query_put_text(&q, c->device);
	query_put_text(&q, c->entity);
	return query_run(&q);
}

static int keep(struct conn *hub, const struct entity_class *c)
{
	struct query q;
	query_begin(&q, hub, "INSERT INTO entity_class (device, entity, class) SELECT id, ?, ? FROM device WHERE id = ?");
	query_put_text(&q, c->entity);
	query_put_text(&q, c->class);
	query_put_text(&q, c->device);
	int err = query_run(&q);
	return !err && conn_changes(hub) == 0 ? ERR_NOT_FOUND : err;
}

static int apply_put(struct op *op, struct write *write)
{
	const struct entity_class *c = &container_of(op, struct entity_class_op, op)->given;
	int err = drop(write->hub, c);
	return !err && c->class[0] ? keep(write->hub, c) : err;
}

int store_entity_class_put(struct store *s, const struct entity_class *c, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	struct entity_class_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->given = *c;
	return writer_submit(s->writer, &put->op, done);
}
