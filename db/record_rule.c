/* The rules for foreign topics. Readers on any thread; ops on the writer's. What a rule
 * means is ingest's business. */
#include "base/err.h"
#include "base/list.h"
#include "db/rules.h"
#include "db/store_private.h"

static void take_rule(struct query *q, struct record_rule *rule)
{
	*rule = (struct record_rule){.id = query_take_int(q)};
	query_take_text(q, rule->name, sizeof rule->name);
	query_take_text(q, rule->filter, sizeof rule->filter);
	query_take_text(q, rule->path, sizeof rule->path);
	rule->kind = (enum series_kind)query_take_int(q);
	query_take_text(q, rule->unit, sizeof rule->unit);
	query_take_text(q, rule->device_class, sizeof rule->device_class);
	rule->recorder.preset = (enum recorder_preset)query_take_int(q);
	rule->recorder.interval_ms = query_take_int(q);
	rule->recorder.deadband = query_take_real(q);
}

int store_rule_each(struct store *s, void (*each)(void *ctx, const struct record_rule *rule), void *ctx)
{
	struct reading r;
	struct record_rule rule;
	reading_begin(&r, s,
		      "SELECT id, name, filter, path, kind, unit, device_class, preset, interval_ms, deadband "
		      "FROM record_rule ORDER BY id");
	while (query_next(&r.q)) {
		take_rule(&r.q, &rule);
		if (!r.q.err)
			each(ctx, &rule);
	}
	return reading_end(&r);
}

struct rule_op {
	struct op op;
	struct record_rule rule;
};

static int apply_put(struct op *op, struct write *write)
{
	const struct record_rule *rule = &container_of(op, struct rule_op, op)->rule;
	struct query q;
	query_begin(&q, write->hub,
		    "INSERT INTO record_rule (id, name, filter, path, kind, unit, device_class, preset, interval_ms, "
		    "deadband) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, filter = excluded.filter, "
		    "path = excluded.path, kind = excluded.kind, unit = excluded.unit, "
		    "device_class = excluded.device_class, preset = excluded.preset, "
		    "interval_ms = excluded.interval_ms, deadband = excluded.deadband");
	query_put_int(&q, rule->id);
	query_put_text(&q, rule->name);
	query_put_text(&q, rule->filter);
	query_put_text(&q, rule->path);
	query_put_int(&q, rule->kind);
	query_put_text(&q, rule->unit);
	query_put_text(&q, rule->device_class);
	query_put_int(&q, rule->recorder.preset);
	query_put_int(&q, rule->recorder.interval_ms);
	query_put_real(&q, rule->recorder.deadband);
	return query_run(&q);
}

int store_rule_put(struct store *s, const struct record_rule *rule, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	struct rule_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->rule = *rule;
	return writer_submit(s->writer, &put->op, done);
}

static int apply_remove(struct op *op, struct write *write)
{
	struct query q;
	query_begin(&q, write->hub, "DELETE FROM record_rule WHERE id = ?");
	query_put_int(&q, container_of(op, struct rule_op, op)->rule.id);
	return query_run(&q);
}

int store_rule_remove(struct store *s, int64_t id, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_remove};
	struct rule_op *removal = op_create(&kind, sizeof *removal);
	if (!removal)
		return ERR_NOMEM;
	removal->rule.id = id;
	return writer_submit(s->writer, &removal->op, done);
}
