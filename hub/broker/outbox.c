/* The queue of one client: a ring of references. On the worker's thread; it
 * knows nothing of sockets. */
#include "broker/outbox.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/memory.h"

enum {
	FIRST_CAP = 8,
	KEPT_CAP = 1024,    /* a ring up to this size stays when it runs dry, until outbox_trim */
	ENTRY_BYTES = 64,   /* what a queued message costs besides its bytes: block header and entry */
};

static uint64_t bytes_of(const struct message *m)
{
	return message_bytes(m) + ENTRY_BYTES;
}

void outbox_trim(struct outbox *o)
{
	if (o->used)
		return;
	memory_count(0, -(int64_t)(o->cap * sizeof *o->ring));
	free(o->ring);
	*o = (struct outbox){0};
}

/* Forgets gaps at the front, and a large ring when nothing is left. */
static void close_gaps(struct outbox *o)
{
	while (o->used && !outbox_at(o, 0)->message) {
		o->head = (o->head + 1) & (o->cap - 1);
		o->used--;
		o->scan -= o->scan > 0;
	}
	if (o->cap > KEPT_CAP)
		outbox_trim(o);
}

static struct message *take(struct outbox *o, struct delivery *d)
{
	struct message *m = d->message;
	d->message = NULL;
	o->count--;
	o->qos0 -= d->qos == 0;
	o->bytes -= bytes_of(m);
	return m;
}

static void drop_oldest_qos0(struct outbox *o)
{
	while (outbox_at(o, o->scan)->message == NULL || outbox_at(o, o->scan)->qos > 0)
		o->scan++;
	struct message *m = take(o, outbox_at(o, o->scan));
	message_unref(&m);
	close_gaps(o);
}

static int grow(struct outbox *o)
{
	if (o->used < o->cap)
		return 0;
	uint32_t cap = o->cap ? o->cap * 2 : FIRST_CAP;
	struct delivery *ring = malloc(cap * sizeof *ring);
	if (!ring)
		return ERR_NOMEM;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < o->used; i++)
		if (outbox_at(o, i)->message)
			ring[kept++] = *outbox_at(o, i);
	memory_count(0, (int64_t)((cap - o->cap) * sizeof *ring));
	free(o->ring);
	o->ring = ring;
	o->cap = cap;
	o->head = 0;
	o->used = kept;
	o->scan = 0;
	return 0;
}

int outbox_push(struct outbox *o, const struct delivery *delivery, const struct outbox_limits *limits,
		unsigned *dropped_r)
{
	struct message *m = delivery->message;
	uint64_t bytes = bytes_of(m);
	int err = 0;
	*dropped_r = 0;
	while (!err && o->count && (o->count >= limits->messages || o->bytes + bytes > limits->bytes)) {
		if (delivery->qos == 0 || o->qos0 == 0) {
			err = ERR_FULL;
		} else {
			drop_oldest_qos0(o);
			++*dropped_r;
		}
	}
	if (!err)
		err = grow(o);
	if (err) {
		++*dropped_r;
		message_unref(&m);
		return err;
	}
	*outbox_at(o, o->used++) = *delivery;
	o->count++;
	o->qos0 += delivery->qos == 0;
	o->bytes += bytes;
	return 0;
}

int outbox_push_first(struct outbox *o, const struct delivery *delivery)
{
	struct message *m = delivery->message;
	if (grow(o)) {
		message_unref(&m);
		return ERR_NOMEM;
	}
	o->head = (o->head - 1) & (o->cap - 1);
	o->used++;
	*outbox_at(o, 0) = *delivery;
	o->scan = 0;
	o->count++;
	o->qos0 += delivery->qos == 0;
	o->bytes += bytes_of(m);
	return 0;
}

const struct delivery *outbox_first(struct outbox *o)
{
	return o->count ? outbox_at(o, 0) : NULL;
}

struct delivery outbox_pop(struct outbox *o)
{
	struct delivery d = *outbox_at(o, 0);
	take(o, outbox_at(o, 0));
	close_gaps(o);
	return d;
}

unsigned outbox_restrict(struct outbox *o, bool (*keep)(void *ctx, const struct delivery *delivery), void *ctx)
{
	unsigned dropped = 0;
	for (uint32_t i = 0; i < o->used; i++) {
		struct delivery *d = outbox_at(o, i);
		if (!d->message || keep(ctx, d))
			continue;
		struct message *m = take(o, d);
		message_unref(&m);
		dropped++;
	}
	close_gaps(o);
	return dropped;
}

void outbox_finish(struct outbox *o)
{
	for (uint32_t i = 0; i < o->used; i++)
		message_unref(&outbox_at(o, i)->message);
	memory_count(0, -(int64_t)(o->cap * sizeof *o->ring));
	free(o->ring);
	*o = (struct outbox){0};
}
