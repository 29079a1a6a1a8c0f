/* Clients with their topics. Readers on any thread; ops on the writer's. */
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/clients.h"
#include "db/store_private.h"

#define SELECT_CLIENT \
	"SELECT name, title, kind, prefix, token_hash, iterations, salt, stored_key, server_key, created_at, " \
	"coalesce(filter, ''), coalesce(publish, 0), coalesce(subscribe, 0) FROM client LEFT JOIN client_topic ON client = name"

/* One row: a client with one of its topics, or none. */
static void take_row(struct query *q, struct client_record *c, struct client_topic *topic)
{
	*c = (struct client_record){0};
	*topic = (struct client_topic){0};
	query_take_text(q, c->name, sizeof c->name);
	query_take_text(q, c->title, sizeof c->title);
	query_take_text(q, c->kind, sizeof c->kind);
	query_take_text(q, c->prefix, sizeof c->prefix);
	query_take_bytes(q, c->token_hash, sizeof c->token_hash);
	c->scram.iterations = (uint32_t)query_take_int(q);
	query_take_bytes(q, c->scram.salt, sizeof c->scram.salt);
	query_take_bytes(q, c->scram.stored_key, sizeof c->scram.stored_key);
	query_take_bytes(q, c->scram.server_key, sizeof c->scram.server_key);
	c->created_at.ms = query_take_int(q);
	query_take_text(q, topic->filter, sizeof topic->filter);
	topic->publish = query_take_bool(q);
	topic->subscribe = query_take_bool(q);
}

static void add_topic(struct client_record *c, const struct client_topic *topic)
{
	if (topic->filter[0] && c->topic_count < CLIENT_TOPICS_MAX)
		c->topics[c->topic_count++] = *topic;
}

int store_client_each(struct store *s, void (*each)(void *ctx, const struct client_record *c), void *ctx)
{
	struct reading r;
	struct client_record last = {0}, c;
	struct client_topic topic;
	reading_begin(&r, s, SELECT_CLIENT " ORDER BY name, filter");
	while (query_next(&r.q)) {
		take_row(&r.q, &c, &topic);
		if (r.q.err)
			break;
		if (strcmp(c.name, last.name) != 0) {
			if (last.name[0])
				each(ctx, &last);
			last = c;
		}
		add_topic(&last, &topic);
	}
	int err = reading_end(&r);
	if (!err && last.name[0])
		each(ctx, &last);
	return err;
}

int store_client_get(struct store *s, const char *name, struct client_record *c_r)
{
	struct reading r;
	struct client_record c;
	struct client_topic topic;
	*c_r = (struct client_record){0};
	reading_begin(&r, s, SELECT_CLIENT " WHERE name = ? ORDER BY filter");
	query_put_text(&r.q, name);
	while (query_next(&r.q)) {
		take_row(&r.q, &c, &topic);
		if (r.q.err)
			break;
		if (!c_r->name[0])
			*c_r = c;
		add_topic(c_r, &topic);
	}
	return reading_end_found(&r, c_r->name[0]);
}

/* ---- writing ------------------------------------------------------------- */

struct client_op {
	struct op op;
	struct client_record client;
};

static int put_topics(struct conn *hub, const struct client_record *c)
{
	struct query q;
	int err = query_run_text(hub, "DELETE FROM client_topic WHERE client = ?", c->name);
	for (size_t i = 0; i < c->topic_count && !err; i++) {
		query_begin(&q, hub, "INSERT INTO client_topic (client, filter, publish, subscribe) VALUES (?, ?, ?, ?)");
		query_put_text(&q, c->name);
		query_put_text(&q, c->topics[i].filter);
		query_put_int(&q, c->topics[i].publish);
		query_put_int(&q, c->topics[i].subscribe);
		err = query_run(&q);
	}
	return err;
}

static void put_credentials(struct query *q, const struct client_record *c)
{
	query_put_blob(q, span_of(c->token_hash, sizeof c->token_hash));
	query_put_int(q, c->scram.iterations);
	query_put_blob(q, span_of(c->scram.salt, sizeof c->scram.salt));
	query_put_blob(q, span_of(c->scram.stored_key, sizeof c->scram.stored_key));
	query_put_blob(q, span_of(c->scram.server_key, sizeof c->scram.server_key));
}

static int count_rows(struct conn *hub, const char *literal, const char *text, int64_t *count_r)
{
	struct query q;
	query_begin(&q, hub, literal);
	query_put_text(&q, text);
	*count_r = query_next(&q) ? query_take_int(&q) : 0;
	return query_end(&q);
}

/* User names and device ids are one space: both log in. */
static int apply_add(struct op *op, struct write *write)
{
	const struct client_record *c = &container_of(op, struct client_op, op)->client;
	struct query q;
	int64_t taken = 0, all = 0;
	int err = count_rows(write->hub, "SELECT count(*) FROM device WHERE id = ?", c->name, &taken);
	if (!err)
		err = count_rows(write->hub, "SELECT count(*) FROM client WHERE name <> ?", c->name, &all);
	if (err || taken || all >= CLIENTS_MAX)
		return err ? err : taken ? ERR_EXISTS : ERR_FULL;
	query_begin(&q, write->hub,
		    "INSERT INTO client (name, title, kind, prefix, token_hash, iterations, salt, stored_key, server_key, created_at) "
		    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	query_put_text(&q, c->name);
	query_put_text(&q, c->title);
	query_put_text(&q, c->kind);
	query_put_text(&q, c->prefix);
	put_credentials(&q, c);
	query_put_int(&q, c->created_at.ms);
	err = query_run(&q);
	return err ? err : put_topics(write->hub, c);
}

static int apply_put(struct op *op, struct write *write)
{
	const struct client_record *c = &container_of(op, struct client_op, op)->client;
	struct query q;
	query_begin(&q, write->hub,
		    "UPDATE client SET title = ?, token_hash = ?, iterations = ?, salt = ?, stored_key = ?, server_key = ? "
		    "WHERE name = ?");
	query_put_text(&q, c->title);
	put_credentials(&q, c);
	query_put_text(&q, c->name);
	int err = query_run(&q);
	if (!err && conn_changes(write->hub) == 0)
		err = ERR_NOT_FOUND;
	return err ? err : put_topics(write->hub, c);
}

static int apply_remove(struct op *op, struct write *write)
{
	const struct client_record *c = &container_of(op, struct client_op, op)->client;
	int err = query_run_text(write->hub, "DELETE FROM client WHERE name = ?", c->name);
	return err ? err : conn_changes(write->hub) ? 0 : ERR_NOT_FOUND;
}

static int submit(struct store *s, const struct op_kind *kind, const struct client_record *c, const struct store_done *done)
{
	struct client_op *op = op_create(kind, sizeof *op);
	if (!op)
		return ERR_NOMEM;
	op->client = *c;
	return writer_submit(s->writer, &op->op, done);
}

int store_client_add(struct store *s, const struct client_record *c, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_add};
	return c->name[0] && c->scram.iterations ? submit(s, &kind, c, done) : ERR_INVALID;
}

int store_client_put(struct store *s, const struct client_record *c, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	return c->name[0] && c->scram.iterations ? submit(s, &kind, c, done) : ERR_INVALID;
}

int store_client_remove(struct store *s, const char *name, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_remove};
	struct client_record c = {0};
	if (strlen(name) >= sizeof c.name)
		return ERR_NOT_FOUND;
	memcpy(c.name, name, strlen(name));
	return submit(s, &kind, &c, done);
}
