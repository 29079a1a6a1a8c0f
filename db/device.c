/* Devices. Readers on any thread; ops on the writer's. */
#include "db/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"
#include "db/store_private.h"

/* ---- reading ----------------------------------------------------------- */

#define SELECT_DEVICE \
	"SELECT id, name, area, model, manufacturer, sw_version, identity, token_hash, revoked, online, lost, " \
	"enrolled_at, last_seen_at, coalesce(iterations, 0), coalesce(salt, zeroblob(16)), coalesce(stored_key, zeroblob(32)), " \
	"coalesce(server_key, zeroblob(32)), changed_at, parting, coalesce(client, ''), coalesce(dialect, ''), coalesce(native, ''), payload FROM device " \
	"LEFT JOIN device_origin ON device_origin.device = id " \
	"LEFT JOIN device_scram ON device_scram.device = id LEFT JOIN device_discovery ON device_discovery.device = id"

static void take_device(struct query *q, struct device_record *d)
{
	*d = (struct device_record){0};
	query_take_text(q, d->id, sizeof d->id);
	query_take_text(q, d->name, sizeof d->name);
	query_take_text(q, d->area, sizeof d->area);
	query_take_text(q, d->model, sizeof d->model);
	query_take_text(q, d->manufacturer, sizeof d->manufacturer);
	query_take_text(q, d->sw_version, sizeof d->sw_version);
	query_take_bytes(q, d->identity, sizeof d->identity);
	query_take_bytes(q, d->token_hash, sizeof d->token_hash);
	d->revoked = query_take_bool(q);
	d->online = query_take_bool(q);
	d->lost = query_take_bool(q);
	d->enrolled_at.ms = query_take_int(q);
	d->last_seen_at.ms = query_take_int(q);
	d->scram.iterations = (uint32_t)query_take_int(q);
	query_take_bytes(q, d->scram.salt, sizeof d->scram.salt);
	query_take_bytes(q, d->scram.stored_key, sizeof d->scram.stored_key);
	query_take_bytes(q, d->scram.server_key, sizeof d->scram.server_key);
	d->changed_at.ms = query_take_int(q);
	d->parting = (enum parting)query_take_int(q);
	query_take_text(q, d->origin.client, sizeof d->origin.client);
	query_take_text(q, d->origin.dialect, sizeof d->origin.dialect);
	query_take_text(q, d->origin.native, sizeof d->origin.native);
	d->discovery = query_take_text_copy(q);
}

void device_record_finish(struct device_record *d)
{
	if (!d)
		return;
	free(d->discovery);
	d->discovery = NULL;
}

int store_device_each(struct store *s, void (*each)(void *ctx, const struct device_record *d), void *ctx)
{
	struct reading r;
	reading_begin(&r, s, SELECT_DEVICE " ORDER BY id");
	while (query_next(&r.q)) {
		struct device_record d;
		take_device(&r.q, &d);
		if (!r.q.err)
			each(ctx, &d);
		device_record_finish(&d);
	}
	return reading_end(&r);
}

int store_device_get(struct store *s, const char *id, struct device_record *d_r)
{
	struct reading r;
	*d_r = (struct device_record){0};
	reading_begin(&r, s, SELECT_DEVICE " WHERE id = ?");
	query_put_text(&r.q, id);
	bool found = query_next(&r.q);
	if (found)
		take_device(&r.q, d_r);
	int err = reading_end_found(&r, found);
	if (err)
		device_record_finish(d_r);
	return err;
}

/* ---- writing ----------------------------------------------------------- */

static int write_discovery(struct conn *hub, const char *id, const char *discovery)
{
	struct query q;
	query_begin(&q, hub, "INSERT INTO device_discovery (device, payload) VALUES (?, ?) "
			     "ON CONFLICT (device) DO UPDATE SET payload = excluded.payload");
	query_put_text(&q, id);
	query_put_text(&q, discovery);
	return query_run(&q);
}

/* A token without verifier must not be left with that of the token before. */
static int write_scram(struct conn *hub, const char *id, const struct scram_verifier *scram)
{
	struct query q;
	if (!scram->iterations)
		return query_run_text(hub, "DELETE FROM device_scram WHERE device = ?", id);
	query_begin(&q, hub,
		    "INSERT INTO device_scram (device, iterations, salt, stored_key, server_key) VALUES (?, ?, ?, ?, ?) "
		    "ON CONFLICT (device) DO UPDATE SET iterations = excluded.iterations, salt = excluded.salt, "
		    "stored_key = excluded.stored_key, server_key = excluded.server_key");
	query_put_text(&q, id);
	query_put_int(&q, scram->iterations);
	query_put_blob(&q, span_of(scram->salt, sizeof scram->salt));
	query_put_blob(&q, span_of(scram->stored_key, sizeof scram->stored_key));
	query_put_blob(&q, span_of(scram->server_key, sizeof scram->server_key));
	return query_run(&q);
}

int device_write(struct conn *hub, const struct device_record *d)
{
	struct query q;
	query_begin(&q, hub,
		    "INSERT INTO device (id, name, area, model, manufacturer, sw_version, identity, token_hash, revoked, "
		    "online, lost, enrolled_at, last_seen_at, changed_at, parting) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, area = excluded.area, model = excluded.model, "
		    "manufacturer = excluded.manufacturer, sw_version = excluded.sw_version, identity = excluded.identity, "
		    "token_hash = excluded.token_hash, revoked = excluded.revoked, online = excluded.online, "
		    "lost = excluded.lost, enrolled_at = excluded.enrolled_at, last_seen_at = excluded.last_seen_at, "
		    "changed_at = excluded.changed_at, parting = excluded.parting");
	query_put_text(&q, d->id);
	query_put_text(&q, d->name);
	query_put_text(&q, d->area);
	query_put_text(&q, d->model);
	query_put_text(&q, d->manufacturer);
	query_put_text(&q, d->sw_version);
	query_put_blob(&q, span_of(d->identity, sizeof d->identity));
	query_put_blob(&q, span_of(d->token_hash, sizeof d->token_hash));
	query_put_int(&q, d->revoked);
	query_put_int(&q, d->online);
	query_put_int(&q, d->lost);
	query_put_int(&q, d->enrolled_at.ms);
	query_put_int(&q, d->last_seen_at.ms);
	query_put_int(&q, d->changed_at.ms);
	query_put_int(&q, d->parting);
	int err = query_run(&q);
	if (!err)
		err = write_scram(hub, d->id, &d->scram);
	if (!err && d->discovery)
		err = write_discovery(hub, d->id, d->discovery);
	return err;
}

int device_renew(struct conn *hub, const struct device_record *d, const uint8_t whose[32])
{
	struct query q;
	query_begin(&q, hub,
		    "UPDATE device SET model = ?, manufacturer = ?, sw_version = ?, identity = ?, token_hash = ?, enrolled_at = ?, "
		    "last_seen_at = ? WHERE id = ? AND NOT revoked AND (?9 IS NULL OR identity = ?9)");
	query_put_text(&q, d->model);
	query_put_text(&q, d->manufacturer);
	query_put_text(&q, d->sw_version);
	query_put_blob(&q, span_of(d->identity, sizeof d->identity));
	query_put_blob(&q, span_of(d->token_hash, sizeof d->token_hash));
	query_put_int(&q, d->enrolled_at.ms);
	query_put_int(&q, d->last_seen_at.ms);
	query_put_text(&q, d->id);
	if (whose)
		query_put_blob(&q, span_of(whose, sizeof d->identity));
	else
		query_put_null(&q);
	int err = query_run(&q);
	if (!err && conn_changes(hub) == 0)
		err = ERR_NOT_FOUND;
	return err ? err : write_scram(hub, d->id, &d->scram);
}

int device_disown(struct conn *hub, const char *id)
{
	static const struct scram_verifier none;
	int err = query_run_text(hub, "UPDATE device SET identity = zeroblob(32), token_hash = randomblob(32) WHERE id = ?", id);
	if (!err && conn_changes(hub) == 0)
		err = ERR_NOT_FOUND;
	return err ? err : write_scram(hub, id, &none);
}

struct device_op {
	struct op op;
	struct device_record device; /* discovery points to text, or is NULL */
	char text[];
};

static int apply_put(struct op *op, struct write *write)
{
	return device_write(write->hub, &container_of(op, struct device_op, op)->device);
}

int store_device_put(struct store *s, const struct device_record *d, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	size_t size = d->discovery ? strlen(d->discovery) + 1 : 0;
	struct device_op *put = op_create(&kind, sizeof *put + size);
	if (!put)
		return ERR_NOMEM;
	put->device = *d;
	if (size) {
		memcpy(put->text, d->discovery, size);
		put->device.discovery = put->text;
	}
	return writer_submit(s->writer, &put->op, done);
}

/* ---- changing ---------------------------------------------------------- */

/* The change with what it points to behind it; NULLs stay NULL. */
struct change_op {
	struct op op;
	char id[MODEL_ID_SIZE];
	struct device_change change;
	bool online, lost, revoked;
	struct wall_ms last_seen_at, changed_at;
	enum parting parting;
	char texts[];
};

static void put_bool(struct query *q, const bool *value)
{
	if (value)
		query_put_int(q, *value);
	else
		query_put_null(q);
}

static void put_time(struct query *q, const struct wall_ms *value)
{
	if (value)
		query_put_int(q, value->ms);
	else
		query_put_null(q);
}

static int apply_change(struct op *op, struct write *write)
{
	const struct change_op *c = container_of(op, struct change_op, op);
	struct conn *hub = write->hub;
	struct query q;
	query_begin(&q, hub,
		    "UPDATE device SET name = coalesce(?, name), area = coalesce(?, area), model = coalesce(?, model), "
		    "manufacturer = coalesce(?, manufacturer), sw_version = coalesce(?, sw_version), "
		    "online = coalesce(?, online), lost = coalesce(?, lost), revoked = coalesce(?, revoked), "
		    "last_seen_at = coalesce(?, last_seen_at), changed_at = coalesce(?, changed_at), parting = coalesce(?, parting) "
		    "WHERE id = ?");
	query_put_text(&q, c->change.name);
	query_put_text(&q, c->change.area);
	query_put_text(&q, c->change.model);
	query_put_text(&q, c->change.manufacturer);
	query_put_text(&q, c->change.sw_version);
	put_bool(&q, c->change.online);
	put_bool(&q, c->change.lost);
	put_bool(&q, c->change.revoked);
	put_time(&q, c->change.last_seen_at);
	put_time(&q, c->change.changed_at);
	if (c->change.parting)
		query_put_int(&q, *c->change.parting);
	else
		query_put_null(&q);
	query_put_text(&q, c->id);
	int err = query_run(&q);
	if (!err && conn_changes(hub) == 0)
		err = ERR_NOT_FOUND;
	if (!err && c->change.discovery)
		err = write_discovery(hub, c->id, c->change.discovery);
	return err;
}

/* The texts of a change, for one copy loop. */
enum { CHANGE_TEXTS = 6 };

static void list_texts(struct device_change *c, const char **texts_r[CHANGE_TEXTS])
{
	texts_r[0] = &c->name;
	texts_r[1] = &c->area;
	texts_r[2] = &c->model;
	texts_r[3] = &c->manufacturer;
	texts_r[4] = &c->sw_version;
	texts_r[5] = &c->discovery;
}

/* What a reader could not take out again is not let in. */
static bool fits(const struct device_change *c)
{
	struct device_record d;
	return !(c->name && strlen(c->name) >= sizeof d.name) && !(c->area && strlen(c->area) >= sizeof d.area) &&
	       !(c->model && strlen(c->model) >= sizeof d.model) &&
	       !(c->manufacturer && strlen(c->manufacturer) >= sizeof d.manufacturer) &&
	       !(c->sw_version && strlen(c->sw_version) >= sizeof d.sw_version);
}

/* What the change points to is kept in the op. */
#define KEEP(field) \
	do { \
		if (op->change.field) { \
			op->field = *op->change.field; \
			op->change.field = &op->field; \
		} \
	} while (0)

static void copy_change(struct change_op *op, const struct device_change *change)
{
	op->change = *change;
	const char **texts[CHANGE_TEXTS];
	list_texts(&op->change, texts);
	char *end = op->texts;
	for (size_t i = 0; i < CHANGE_TEXTS; i++) {
		if (!*texts[i])
			continue;
		size_t size = strlen(*texts[i]) + 1;
		memcpy(end, *texts[i], size);
		*texts[i] = end;
		end += size;
	}
	KEEP(online);
	KEEP(lost);
	KEEP(revoked);
	KEEP(last_seen_at);
	KEEP(changed_at);
	KEEP(parting);
}
#undef KEEP

int store_device_change(struct store *s, const char *id, const struct device_change *change, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_change};
	if (strlen(id) > MODEL_ID_MAX)
		return ERR_NOT_FOUND;
	if (!fits(change))
		return ERR_TOO_LARGE;
	struct device_change borrowed = *change;
	const char **texts[CHANGE_TEXTS];
	list_texts(&borrowed, texts);
	size_t size = 0;
	for (size_t i = 0; i < CHANGE_TEXTS; i++)
		size += *texts[i] ? strlen(*texts[i]) + 1 : 0;
	struct change_op *op = op_create(&kind, sizeof *op + size);
	if (!op)
		return ERR_NOMEM;
	(void)str_copy(op->id, sizeof op->id, id); /* measured above */
	copy_change(op, change);
	return writer_submit(s->writer, &op->op, done);
}

/* ---- its place in the house ------------------------------------------------ */

struct disown_op {
	struct op op;
	char id[MODEL_ID_SIZE];
};

static int apply_disown(struct op *op, struct write *write)
{
	return device_disown(write->hub, container_of(op, struct disown_op, op)->id);
}

int store_device_disown(struct store *s, const char *id, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_disown};
	struct disown_op *op = op_create(&kind, sizeof *op);
	if (!op)
		return ERR_NOMEM;
	if (str_copy(op->id, sizeof op->id, id) != 0) {
		op_discard(&op->op);
		return ERR_NOT_FOUND;
	}
	return writer_submit(s->writer, &op->op, done);
}
