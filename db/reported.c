/* What entities reported last. Readers on any thread; ops on the writer's. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/reported.h"
#include "db/store_private.h"

int store_reported_each(struct store *s, void (*each)(void *ctx, const struct reported_record *r), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, "SELECT device, entity, state, at FROM reported ORDER BY device, entity");
	while (query_next(&r.q)) {
		struct reported_record record = {0};
		query_take_text(&r.q, record.device, sizeof record.device);
		query_take_text(&r.q, record.entity, sizeof record.entity);
		char *state = query_take_text_copy(&r.q);
		record.state = state;
		record.at.ms = query_take_int(&r.q);
		if (!r.q.err)
			each(ctx, &record);
		free(state);
	}
	return reading_end(&r);
}

/* One block, as the writer frees it. */
struct reported_op {
	struct op op;
	size_t count;
	struct kept {
		char device[MODEL_ID_SIZE], entity[MODEL_ID_SIZE];
		struct wall_ms at;
		size_t state; /* where it begins in texts; "": it is removed */
	} items[];
};

static int keep(const struct kept *item, const char *state, struct conn *hub)
{
	struct query q;
	query_begin(&q, hub,
		    "INSERT INTO reported (device, entity, state, at) SELECT id, ?, ?, ? FROM device WHERE id = ? "
		    "ON CONFLICT (device, entity) DO UPDATE SET state = excluded.state, at = excluded.at");
	query_put_text(&q, item->entity);
	query_put_text(&q, state);
	query_put_int(&q, item->at.ms);
	query_put_text(&q, item->device);
	return query_run(&q);
}

static int drop(const struct kept *item, struct conn *hub)
{
	struct query q;
	query_begin(&q, hub, "DELETE FROM reported WHERE device = ? AND entity = ?");
	query_put_text(&q, item->device);
	query_put_text(&q, item->entity);
	return query_run(&q);
}

static int apply_put(struct op *op, struct write *write)
{
	const struct reported_op *put = container_of(op, struct reported_op, op);
	const char *texts = (const char *)&put->items[put->count];
	int err = 0;
	for (size_t i = 0; i < put->count && !err; i++) {
		const char *state = texts + put->items[i].state;
		err = state[0] ? keep(&put->items[i], state, write->hub) : drop(&put->items[i], write->hub);
	}
	return err;
}

int store_reported_put(struct store *s, const struct reported_record *records, size_t count, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += records[i].state ? strlen(records[i].state) + 1 : 1;
	struct reported_op *put = op_create(&kind, sizeof *put + count * sizeof put->items[0] + bytes);
	if (!put)
		return ERR_NOMEM;
	put->count = count;
	char *texts = (char *)&put->items[count];
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		const char *state = records[i].state ? records[i].state : "";
		struct kept *item = &put->items[i];
		memcpy(item->device, records[i].device, sizeof item->device);
		memcpy(item->entity, records[i].entity, sizeof item->entity);
		item->at = records[i].at;
		item->state = used;
		memcpy(texts + used, state, strlen(state) + 1);
		used += strlen(state) + 1;
	}
	return writer_submit(s->writer, &put->op, done);
}
