/* Devices of others: where they come from and what was said of them. Readers on any thread; ops on the writer's. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/clients.h"
#include "db/device.h"
#include "db/store_private.h"

int store_fragment_each(struct store *s, const char *device, void (*each)(void *ctx, const struct device_fragment *f), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, "SELECT topic, payload FROM device_fragment WHERE device = ? ORDER BY topic");
	query_put_text(&r.q, device);
	while (query_next(&r.q)) {
		char *topic = query_take_text_copy(&r.q), *payload = query_take_text_copy(&r.q);
		const struct device_fragment f = {topic, payload};
		if (!r.q.err && topic && payload)
			each(ctx, &f);
		free(topic);
		free(payload);
	}
	return reading_end(&r);
}

/* ---- writing ------------------------------------------------------------- */

/* The fragments with their texts behind them. */
struct describe_op {
	struct op op;
	struct device_record device; /* discovery NULL */
	size_t count;
	struct device_fragment fragments[];
};

static int check_id(struct conn *hub, const struct device_record *d)
{
	struct query q;
	query_begin(&q, hub,
		    "SELECT count(*) FROM device WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM device_origin WHERE device = ?1 "
		    "AND client = ?2 AND dialect = ?3 AND native = ?4)");
	query_put_text(&q, d->id);
	query_put_text(&q, d->origin.client);
	query_put_text(&q, d->origin.dialect);
	query_put_text(&q, d->origin.native);
	int64_t others = query_next(&q) ? query_take_int(&q) : 0;
	int err = query_end(&q);
	return err ? err : others ? ERR_EXISTS : 0;
}

/* Name and room are the owner's as soon as the device is there. */
static int update_row(struct conn *hub, const struct device_record *d)
{
	struct query q;
	query_begin(&q, hub, "UPDATE device SET model = ?, manufacturer = ?, sw_version = ? WHERE id = ?");
	query_put_text(&q, d->model);
	query_put_text(&q, d->manufacturer);
	query_put_text(&q, d->sw_version);
	query_put_text(&q, d->id);
	return query_run(&q);
}

static int write_origin(struct conn *hub, const struct device_record *d)
{
	struct query q;
	query_begin(&q, hub, "INSERT INTO device_origin (device, client, dialect, native) VALUES (?, ?, ?, ?) "
			     "ON CONFLICT (device) DO NOTHING");
	query_put_text(&q, d->id);
	query_put_text(&q, d->origin.client);
	query_put_text(&q, d->origin.dialect);
	query_put_text(&q, d->origin.native);
	return query_run(&q);
}

static int write_fragment(struct conn *hub, const char *device, const struct device_fragment *f)
{
	struct query q;
	query_begin(&q, hub, "INSERT INTO device_fragment (device, topic, payload) VALUES (?, ?, ?) "
			     "ON CONFLICT (device, topic) DO UPDATE SET payload = excluded.payload WHERE payload <> excluded.payload");
	query_put_text(&q, device);
	query_put_text(&q, f->topic);
	query_put_text(&q, f->payload);
	return query_run(&q);
}

/* Those that are not said any more go; what is unchanged costs no write. */
static int remove_others(struct conn *hub, const struct describe_op *d)
{
	struct query q;
	int64_t kept = 0;
	query_begin(&q, hub, "SELECT count(*) FROM device_fragment WHERE device = ?");
	query_put_text(&q, d->device.id);
	if (query_next(&q))
		kept = query_take_int(&q);
	int err = query_end(&q);
	if (err || kept == (int64_t)d->count)
		return err;
	query_begin(&q, hub, "DELETE FROM device_fragment WHERE device = ?");
	query_put_text(&q, d->device.id);
	err = query_run(&q);
	for (size_t i = 0; i < d->count && !err; i++)
		err = write_fragment(hub, d->device.id, &d->fragments[i]);
	return err;
}

static int apply_describe(struct op *op, struct write *write)
{
	const struct describe_op *d = container_of(op, struct describe_op, op);
	int err = check_id(write->hub, &d->device);
	if (!err)
		err = update_row(write->hub, &d->device);
	if (!err && conn_changes(write->hub) == 0)
		err = device_write(write->hub, &d->device);
	if (!err)
		err = write_origin(write->hub, &d->device);
	for (size_t i = 0; i < d->count && !err; i++)
		err = write_fragment(write->hub, d->device.id, &d->fragments[i]);
	return err ? err : remove_others(write->hub, d);
}

int store_device_describe(struct store *s, const struct device_record *d, const struct device_fragment *fragments,
			  size_t count, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_describe};
	if (!d->origin.dialect[0])
		return ERR_INVALID;
	size_t size = count * sizeof *fragments;
	for (size_t i = 0; i < count; i++)
		size += strlen(fragments[i].topic) + strlen(fragments[i].payload) + 2;
	struct describe_op *op = op_create(&kind, sizeof *op + size);
	if (!op)
		return ERR_NOMEM;
	op->device = *d;
	op->device.discovery = NULL;
	op->count = count;
	char *text = (char *)&op->fragments[count];
	for (size_t i = 0; i < count; i++) {
		op->fragments[i].topic = text;
		text = stpcpy(text, fragments[i].topic) + 1;
		op->fragments[i].payload = text;
		text = stpcpy(text, fragments[i].payload) + 1;
	}
	return writer_submit(s->writer, &op->op, done);
}

struct remove_op {
	struct op op;
	char id[MODEL_ID_SIZE];
};

static int apply_remove(struct op *op, struct write *write)
{
	struct query q;
	query_begin(&q, write->hub, "DELETE FROM device WHERE id = ?"); /* cascades */
	query_put_text(&q, container_of(op, struct remove_op, op)->id);
	int err = query_run(&q);
	return err ? err : conn_changes(write->hub) ? 0 : ERR_NOT_FOUND;
}

int store_device_remove(struct store *s, const char *id, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_remove};
	struct remove_op *op = strlen(id) < MODEL_ID_SIZE ? op_create(&kind, sizeof *op) : NULL;
	if (!op)
		return strlen(id) < MODEL_ID_SIZE ? ERR_NOMEM : ERR_NOT_FOUND;
	memcpy(op->id, id, strlen(id) + 1);
	return writer_submit(s->writer, &op->op, done);
}
