/* The send window of one client: a ring in the order of numbers, where number n has packet identifier
 * (n - 1) mod 65535 + 1. Numbers that were never sent lie in it as done. On the worker's thread. */
#include "broker/inflight.h"

#include <stdlib.h>

#include "base/err.h"
#include "broker/memory.h"

enum { FIRST_CAP = 4, KEPT_CAP = 1024 };

void inflight_trim(struct inflight *f)
{
	if (f->head == f->tail)
		inflight_finish(f);
}

/* Room for `count` items in all. */
static int grow(struct inflight *f, uint32_t count)
{
	if (count <= f->cap)
		return 0;
	uint32_t used = (uint32_t)(f->tail - f->head);
	uint32_t cap = f->cap ? f->cap : FIRST_CAP;
	while (cap < count)
		cap *= 2;
	struct delivery *ring = malloc(cap * sizeof *ring);
	if (!ring)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < used; i++)
		ring[i] = *inflight_at(f, f->head + i);
	memory_count(0, (int64_t)((cap - f->cap) * sizeof *ring));
	free(f->ring);
	f->ring = ring;
	f->cap = cap;
	f->head_at = 0;
	return 0;
}

/* Moves head or tail so that number lies between them; what was skipped is done. */
static int reach(struct inflight *f, uint64_t number)
{
	if (f->head == f->tail) /* nothing is open: what was skipped need not lie in the ring */
		f->head = f->tail = f->resent = number;
	uint64_t first = number < f->head ? number : f->head, end = number < f->tail ? f->tail : number + 1;
	if (end - first > INFLIGHT_SPAN || grow(f, (uint32_t)(end - first)))
		return ERR_FULL;
	while (f->head > first) {
		f->head--;
		f->head_at = (f->head_at - 1) & (f->cap - 1);
		*inflight_at(f, f->head) = (struct delivery){.state = DELIVERY_DONE};
	}
	while (f->tail < end) {
		*inflight_at(f, f->tail) = (struct delivery){.state = DELIVERY_DONE};
		f->tail++;
	}
	return 0;
}

static int put(struct inflight *f, const struct delivery *delivery, uint64_t number)
{
	int err = reach(f, number);
	if (err)
		return err;
	*inflight_at(f, number) = *delivery;
	f->count++;
	memory_count_inflight(1);
	return 0;
}

uint16_t inflight_add(struct inflight *f, const struct delivery *delivery, uint64_t number)
{
	if (put(f, delivery, number))
		return 0;
	inflight_at(f, number)->state = delivery->qos == 1 ? DELIVERY_PUBACK : DELIVERY_PUBREC;
	f->resent = f->tail; /* nothing new is sent before all that is old */
	f->window++;
	return inflight_id(number);
}

uint16_t inflight_restore(struct inflight *f, const struct delivery *delivery, uint64_t number)
{
	return put(f, delivery, number) ? 0 : inflight_id(number);
}

/* The number that has this identifier among the open ones; tail when none. */
static uint64_t number_of(const struct inflight *f, uint16_t packet_id)
{
	uint32_t first = inflight_id(f->head);
	uint32_t distance = packet_id >= first ? packet_id - first : packet_id + (uint32_t)INFLIGHT_SPAN - first;
	uint64_t number = f->head + distance;
	return packet_id && number < f->tail ? number : f->tail;
}

struct delivery *inflight_find(struct inflight *f, uint16_t packet_id)
{
	uint64_t number = number_of(f, packet_id);
	if (number == f->tail || inflight_at(f, number)->state == DELIVERY_DONE)
		return NULL;
	return inflight_at(f, number);
}

void inflight_end(struct inflight *f, uint16_t packet_id)
{
	uint64_t number = number_of(f, packet_id);
	struct delivery *item = inflight_at(f, number);
	message_unref(&item->message);
	item->state = DELIVERY_DONE;
	f->count--;
	memory_count_inflight(-1);
	f->window -= number < f->resent;
	while (f->head < f->tail && inflight_at(f, f->head)->state == DELIVERY_DONE) {
		f->head++;
		f->head_at = (f->head_at + 1) & (f->cap - 1);
	}
	if (f->resent < f->head)
		f->resent = f->head;
	if (f->cap > KEPT_CAP)
		inflight_trim(f);
}

unsigned inflight_restrict(struct inflight *f, bool (*keep)(void *ctx, const struct delivery *delivery), void *ctx)
{
	unsigned ended = 0;
	for (uint64_t number = f->head; number < f->tail; number++) {
		if (number < f->head) /* passed when one before it ended */
			continue;
		const struct delivery *item = inflight_at(f, number);
		if (item->state == DELIVERY_DONE || !item->message || keep(ctx, item))
			continue;
		inflight_end(f, inflight_id(number));
		ended++;
	}
	return ended;
}

void inflight_restart(struct inflight *f)
{
	f->resent = f->head;
	f->window = 0;
}

static void skip_done(struct inflight *f)
{
	while (f->resent < f->tail && inflight_at(f, f->resent)->state == DELIVERY_DONE)
		f->resent++;
}

bool inflight_has_resend(const struct inflight *f)
{
	return f->count > f->window;
}

struct delivery *inflight_resend(struct inflight *f, uint16_t *packet_id_r)
{
	skip_done(f);
	if (f->resent == f->tail)
		return NULL;
	uint64_t number = f->resent++;
	f->window++;
	*packet_id_r = inflight_id(number);
	return inflight_at(f, number);
}

void inflight_finish(struct inflight *f)
{
	for (uint64_t n = f->head; n < f->tail; n++)
		message_unref(&inflight_at(f, n)->message);
	memory_count(0, -(int64_t)(f->cap * sizeof *f->ring));
	memory_count_inflight(-(int64_t)f->count);
	free(f->ring);
	*f = (struct inflight){0};
}
