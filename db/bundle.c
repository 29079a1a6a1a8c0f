/* Groups and scenes. Readers on any thread; ops on the writer's. What a value means is the device room's business. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/bundles.h"
#include "db/store_private.h"

void bundle_record_finish(struct bundle_record *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->members[i].value);
	free(b->members);
	*b = (struct bundle_record){0};
}

/* ---- reading ------------------------------------------------------------- */

/* Takes the member that the row has from its third column on: of a bundle without members that is empty. */
static int take_member(struct query *q, struct bundle_record *b)
{
	struct bundle_member m = {0};
	query_take_text(q, m.device, sizeof m.device);
	query_take_text(q, m.entity, sizeof m.entity);
	struct span value = query_take_span(q);
	if (q->err || !m.device[0])
		return q->err;
	struct bundle_member *more = reallocarray(b->members, b->count + 1, sizeof *more);
	if (!more)
		return ERR_NOMEM;
	b->members = more;
	if (value.len && !(m.value = strndup((const char *)value.data, value.len)))
		return ERR_NOMEM;
	more[b->count++] = m;
	return 0;
}

/* Tells of what was gathered, if it is anything. */
static void tell(struct bundle_record *b, void (*each)(void *ctx, const struct bundle_record *b), void *ctx)
{
	if (b->id)
		each(ctx, b);
	bundle_record_finish(b);
}

int store_bundle_each(struct store *s, void (*each)(void *ctx, const struct bundle_record *b), void *ctx)
{
	struct reading r;
	struct bundle_record b = {0};
	reading_begin(&r, s,
		      "SELECT id, kind, name, coalesce(device, ''), coalesce(entity, ''), coalesce(value, '') "
		      "FROM bundle LEFT JOIN bundle_member ON bundle = id ORDER BY id, place");
	while (query_next(&r.q)) {
		int64_t id = query_take_int(&r.q);
		if (id != b.id)
			tell(&b, each, ctx);
		b.id = id;
		b.kind = (enum bundle_kind)query_take_int(&r.q);
		query_take_text(&r.q, b.name, sizeof b.name);
		int err = take_member(&r.q, &b);
		if (err && !r.q.err)
			r.q.err = err;
	}
	int err = reading_end(&r);
	if (!err)
		tell(&b, each, ctx);
	bundle_record_finish(&b);
	return err;
}

int store_bundle_last_id(struct store *s, int64_t *id_r)
{
	struct reading r;
	*id_r = 0;
	reading_begin(&r, s, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'bundle'");
	if (query_next(&r.q))
		*id_r = query_take_int(&r.q);
	return reading_end(&r);
}

/* ---- writing ------------------------------------------------------------- */

/* One block, as the writer frees it. */
struct bundle_op {
	struct op op;
	int64_t id;
	enum bundle_kind kind;
	size_t count; /* of members */
	char texts[]; /* the name; of each member device, entity, value: each ended by NUL */
};

static size_t texts_size(const struct bundle_record *b)
{
	size_t size = strlen(b->name) + 1;
	for (size_t i = 0; i < b->count; i++) {
		const struct bundle_member *m = &b->members[i];
		size += strlen(m->device) + strlen(m->entity) + (m->value ? strlen(m->value) : 0) + 3;
	}
	return size;
}

static char *add_text(char *at, const char *text)
{
	size_t size = strlen(text) + 1;
	memcpy(at, text, size);
	return at + size;
}

static const char *next_text(const char **at)
{
	const char *text = *at;
	*at += strlen(text) + 1;
	return text;
}

static int put_bundle(const struct bundle_op *put, const char *name, struct conn *hub)
{
	struct query q;
	query_begin(&q, hub,
		    "INSERT INTO bundle (id, kind, name) VALUES (?, ?, ?) "
		    "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name");
	query_put_int(&q, put->id);
	query_put_int(&q, put->kind);
	query_put_text(&q, name);
	return query_run(&q);
}

static int drop_members(int64_t id, struct conn *hub)
{
	struct query q;
	query_begin(&q, hub, "DELETE FROM bundle_member WHERE bundle = ?");
	query_put_int(&q, id);
	return query_run(&q);
}

/* The next of the texts. */
static int put_member(const struct bundle_op *put, size_t place, const char **at, struct conn *hub)
{
	const char *device = next_text(at);
	struct query q;
	query_begin(&q, hub,
		    "INSERT INTO bundle_member (bundle, place, device, entity, value) SELECT ?, ?, id, ?, ? FROM device WHERE id = ?");
	query_put_int(&q, put->id);
	query_put_int(&q, (int64_t)place);
	query_put_text(&q, next_text(at));
	query_put_text(&q, next_text(at));
	query_put_text(&q, device);
	return query_run(&q);
}

static int apply_put(struct op *op, struct write *write)
{
	const struct bundle_op *put = container_of(op, struct bundle_op, op);
	const char *at = put->texts;
	int err = put_bundle(put, next_text(&at), write->hub);
	if (!err)
		err = drop_members(put->id, write->hub);
	for (size_t i = 0; i < put->count && !err; i++)
		err = put_member(put, i, &at, write->hub);
	return err;
}

int store_bundle_put(struct store *s, const struct bundle_record *b, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	if (b->id <= 0 || b->kind >= BUNDLE_KINDS || !b->name[0])
		return ERR_INVALID;
	struct bundle_op *put = op_create(&kind, sizeof *put + texts_size(b));
	if (!put)
		return ERR_NOMEM;
	put->id = b->id;
	put->kind = b->kind;
	put->count = b->count;
	char *at = add_text(put->texts, b->name);
	for (size_t i = 0; i < b->count; i++) {
		const struct bundle_member *m = &b->members[i];
		at = add_text(add_text(add_text(at, m->device), m->entity), m->value ? m->value : "");
	}
	return writer_submit(s->writer, &put->op, done);
}

static int apply_remove(struct op *op, struct write *write)
{
	struct query q;
	query_begin(&q, write->hub, "DELETE FROM bundle WHERE id = ?");
	query_put_int(&q, container_of(op, struct bundle_op, op)->id);
	return query_run(&q);
}

int store_bundle_remove(struct store *s, int64_t id, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_remove};
	struct bundle_op *removal = op_create(&kind, sizeof *removal);
	if (!removal)
		return ERR_NOMEM;
	removal->id = id;
	return writer_submit(s->writer, &removal->op, done);
}
