/* Devices of others: where they come from and what was said of them. Readers on any thread; ops on the writer's. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/blocked.h"
#include "db/clients.h"
#include "db/device.h"
#include "db/erasure.h"
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

int store_alias_each(struct store *s, const char *device, void (*each)(void *ctx, const struct device_alias *a), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, "SELECT described, entity FROM device_alias WHERE device = ? ORDER BY described");
	query_put_text(&r.q, device);
	while (query_next(&r.q)) {
		struct device_alias a;
		query_take_text(&r.q, a.described, sizeof a.described);
		query_take_text(&r.q, a.entity, sizeof a.entity);
		if (!r.q.err)
			each(ctx, &a);
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
	err = query_run_text(hub, "DELETE FROM device_fragment WHERE device = ?", d->device.id);
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
	int err = query_run_text(write->hub, "DELETE FROM device WHERE id = ?", container_of(op, struct remove_op, op)->id); /* cascades */
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

/* ---- in another one's place ------------------------------------------------ */

/* The fragments with their texts, and the aliases, behind them. */
struct replace_op {
	struct op op;
	struct device_record device; /* discovery NULL */
	char other[MODEL_ID_SIZE];
	size_t alias_count, fragment_count;
	struct device_alias *aliases; /* behind the fragments */
	struct device_fragment fragments[];
};

static int check_others(struct conn *hub, const struct replace_op *r)
{
	struct query q;
	query_begin(&q, hub, "SELECT count(*) FROM device JOIN device_origin ON device = id WHERE id IN (?, ?) AND NOT revoked");
	query_put_text(&q, r->device.id);
	query_put_text(&q, r->other);
	int64_t count = query_next(&q) ? query_take_int(&q) : 0;
	int err = query_end(&q);
	return err ? err : count == 2 ? 0 : ERR_NOT_FOUND;
}

static int write_alias(struct conn *hub, const char *device, const struct device_alias *a)
{
	struct query q;
	query_begin(&q, hub, "INSERT INTO device_alias (device, described, entity) VALUES (?, ?, ?)");
	query_put_text(&q, device);
	query_put_text(&q, a->described);
	query_put_text(&q, a->entity);
	return query_run(&q);
}

static int apply_replace(struct op *op, struct write *write)
{
	const struct replace_op *r = container_of(op, struct replace_op, op);
	struct conn *hub = write->hub;
	int err = check_others(hub, r);
	if (!err)
		err = erasure_decide(write, r->other); /* its origin is free then */
	if (!err)
		err = query_run_text(hub, "DELETE FROM device_origin WHERE device = ?", r->device.id); /* cascades to what was said */
	if (!err)
		err = query_run_text(hub, "DELETE FROM device_alias WHERE device = ?", r->device.id);
	if (!err)
		err = update_row(hub, &r->device);
	if (!err)
		err = write_origin(hub, &r->device);
	for (size_t i = 0; i < r->fragment_count && !err; i++)
		err = write_fragment(hub, r->device.id, &r->fragments[i]);
	for (size_t i = 0; i < r->alias_count && !err; i++)
		err = write_alias(hub, r->device.id, &r->aliases[i]);
	return err;
}

/* Who is to be told that it is decided. */
struct replacing {
	struct store *store;
	struct store_done done;
};

/* The writer's thread: the sealer has an erasure to finish. */
static void decided(void *ctx, int err)
{
	struct replacing *replacing = ctx;
	if (!err)
		sealer_poke(replacing->store->sealer);
	replacing->done.fn(replacing->done.ctx, err);
	free(replacing);
}

/* The op with copies of all that it needs; NULL without memory. */
static struct replace_op *replace_create(const struct device_replacement *r)
{
	static const struct op_kind kind = {.apply = apply_replace};
	size_t size = r->fragment_count * sizeof *r->fragments + r->alias_count * sizeof *r->aliases;
	for (size_t i = 0; i < r->fragment_count; i++)
		size += strlen(r->fragments[i].topic) + strlen(r->fragments[i].payload) + 2;
	struct replace_op *op = op_create(&kind, sizeof *op + size);
	if (!op)
		return NULL;
	op->device = *r->device;
	op->device.discovery = NULL;
	op->fragment_count = r->fragment_count;
	op->alias_count = r->alias_count;
	op->aliases = (struct device_alias *)&op->fragments[r->fragment_count];
	if (r->alias_count)
		memcpy(op->aliases, r->aliases, r->alias_count * sizeof *r->aliases);
	char *text = (char *)&op->aliases[r->alias_count];
	for (size_t i = 0; i < r->fragment_count; i++) {
		op->fragments[i].topic = text;
		text = stpcpy(text, r->fragments[i].topic) + 1;
		op->fragments[i].payload = text;
		text = stpcpy(text, r->fragments[i].payload) + 1;
	}
	return op;
}

static int replace_and_wait(struct store *s, const struct device_replacement *r)
{
	struct blocked blocked;
	const struct store_done done = blocked_begin(&blocked);
	return blocked_end(&blocked, store_device_replace(s, r, &done));
}

int store_device_replace(struct store *s, const struct device_replacement *r, const struct store_done *done)
{
	if (!r->device->origin.dialect[0] || strlen(r->other) >= MODEL_ID_SIZE || strcmp(r->device->id, r->other) == 0)
		return ERR_INVALID;
	if (!done)
		return replace_and_wait(s, r);
	struct replacing *replacing = malloc(sizeof *replacing);
	struct replace_op *op = replacing ? replace_create(r) : NULL;
	if (!op) {
		free(replacing);
		return ERR_NOMEM;
	}
	memcpy(op->other, r->other, strlen(r->other) + 1);
	store_alerts_forget(s, r->other);
	*replacing = (struct replacing){s, *done};
	int err = writer_submit(s->writer, &op->op, &(struct store_done){.fn = decided, .ctx = replacing});
	if (err)
		free(replacing);
	return err;
}
