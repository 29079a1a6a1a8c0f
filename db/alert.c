/* Alerts. Readers on any thread; ops on the writer's. An alert of which the disk has no row, or an older one, is in memory for the readers:
 * that the disk is full must be told while it is. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "db/store_private.h"

#define SELECT_ALERT "SELECT id, device, kind, text, opened_at, closed_at FROM alert"

/* ---- not on the disk --------------------------------------------------- */

static void drop_at(struct store *s, size_t at)
{
	s->unwritten_count--;
	memmove(&s->unwritten[at], &s->unwritten[at + 1], (s->unwritten_count - at) * sizeof s->unwritten[0]);
}

/* What became of writing it. Beyond the bound the oldest is forgotten. */
static void note(struct store *s, const struct alert *a, int err)
{
	lock_take(&s->alerts_lock);
	size_t at = 0;
	while (at < s->unwritten_count && s->unwritten[at].id < a->id)
		at++;
	if (at < s->unwritten_count && s->unwritten[at].id == a->id)
		drop_at(s, at);
	if (err && s->unwritten_count == UNWRITTEN_ALERTS && at > 0) {
		drop_at(s, 0);
		at--;
	}
	if (err && s->unwritten_count < UNWRITTEN_ALERTS) {
		memmove(&s->unwritten[at + 1], &s->unwritten[at], (s->unwritten_count - at) * sizeof *a);
		s->unwritten[at] = *a;
		s->unwritten_count++;
	}
	lock_release(&s->alerts_lock);
}

void store_alerts_forget(struct store *s, const char *device)
{
	lock_take(&s->alerts_lock);
	for (size_t i = s->unwritten_count; i-- > 0;)
		if (strcmp(s->unwritten[i].device, device) == 0)
			drop_at(s, i);
	lock_release(&s->alerts_lock);
}

static size_t copy_unwritten(struct store *s, struct alert list[UNWRITTEN_ALERTS])
{
	lock_take(&s->alerts_lock);
	size_t count = s->unwritten_count;
	memcpy(list, s->unwritten, count * sizeof *list);
	lock_release(&s->alerts_lock);
	return count;
}

/* ---- reading ------------------------------------------------------------- */

static bool take(struct reading *r, struct alert *a_r)
{
	if (!query_next(&r->q))
		return false;
	*a_r = (struct alert){.id = query_take_int(&r->q)};
	query_take_text(&r->q, a_r->device, sizeof a_r->device);
	query_take_text(&r->q, a_r->kind, sizeof a_r->kind);
	query_take_text(&r->q, a_r->text, sizeof a_r->text);
	a_r->opened_at.ms = query_take_int(&r->q);
	a_r->closed_at.ms = query_take_int(&r->q);
	return !r->q.err;
}

/* Two lists by falling id made one; of an alert in both, the one in memory is newer. */
int store_alert_each(struct store *s, int64_t before, size_t limit, void (*each)(void *ctx, const struct alert *a), void *ctx)
{
	struct alert unwritten[UNWRITTEN_ALERTS], row;
	struct reading r;
	reading_begin(&r, s, SELECT_ALERT " WHERE id < ? ORDER BY id DESC LIMIT ?");
	query_put_int(&r.q, before ? before : INT64_MAX);
	query_put_int(&r.q, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
	size_t left = copy_unwritten(s, unwritten);
	while (before && left && unwritten[left - 1].id >= before)
		left--;
	bool there = take(&r, &row);
	for (; limit > 0 && !r.q.err && (there || left); limit--) {
		const struct alert *newest = left ? &unwritten[left - 1] : NULL;
		if (there && newest && newest->id == row.id)
			there = take(&r, &row);
		if (newest && (!there || newest->id > row.id)) {
			each(ctx, newest);
			left--;
		} else if (there) {
			each(ctx, &row);
			there = take(&r, &row);
		}
	}
	return reading_end(&r);
}

int store_alert_open_each(struct store *s, void (*each)(void *ctx, const struct alert *a), void *ctx)
{
	struct reading r;
	struct alert a;
	reading_begin(&r, s, SELECT_ALERT " WHERE closed_at = 0 ORDER BY id");
	while (take(&r, &a))
		each(ctx, &a);
	return reading_end(&r);
}

int store_alert_last_id(struct store *s, int64_t *id_r)
{
	/* Not max(id): the alerts of an erased device are gone, their ids are not given again. */
	struct reading r;
	*id_r = 0;
	reading_begin(&r, s, "SELECT seq FROM sqlite_sequence WHERE name = 'alert'");
	if (query_next(&r.q))
		*id_r = query_take_int(&r.q);
	return reading_end(&r);
}

struct alert_op {
	struct op op;
	struct alert alert;
};

static int apply_put(struct op *op, struct write *write)
{
	const struct alert *a = &container_of(op, struct alert_op, op)->alert;
	struct query q;
	query_begin(&q, write->hub,
		    "INSERT INTO alert (id, device, kind, text, opened_at, closed_at) VALUES (?, ?, ?, ?, ?, ?) "
		    "ON CONFLICT (id) DO UPDATE SET device = excluded.device, kind = excluded.kind, text = excluded.text, "
		    "opened_at = excluded.opened_at, closed_at = excluded.closed_at");
	query_put_int(&q, a->id);
	query_put_text(&q, a->device);
	query_put_text(&q, a->kind);
	query_put_text(&q, a->text);
	query_put_int(&q, a->opened_at.ms);
	query_put_int(&q, a->closed_at.ms);
	return query_run(&q);
}

/* Until the writer has answered. */
struct putting {
	struct store *store;
	struct alert alert;
	struct store_done done;
};

static void on_put(void *ctx, int err)
{
	struct putting *putting = ctx;
	const struct store_done done = putting->done;
	note(putting->store, &putting->alert, err);
	free(putting);
	done.fn(done.ctx, err);
}

static int submit(struct store *s, struct alert_op *put, const struct store_done *done)
{
	struct putting *putting = malloc(sizeof *putting);
	if (!putting) {
		op_discard(&put->op);
		return ERR_NOMEM;
	}
	*putting = (struct putting){s, put->alert, *done};
	int err = writer_submit(s->writer, &put->op, &(struct store_done){.fn = on_put, .ctx = putting});
	if (err)
		free(putting);
	return err;
}

int store_alert_put(struct store *s, const struct alert *a, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_put};
	if (a->id <= 0)
		return ERR_INVALID;
	struct alert_op *put = op_create(&kind, sizeof *put);
	if (!put)
		return ERR_NOMEM;
	put->alert = *a;
	int err = done ? submit(s, put, done) : writer_submit(s->writer, &put->op, NULL);
	if (err || !done)
		note(s, a, err);
	return err;
}
