/* The send window of one client: a ring in the order of sending, where number
 * n has packet identifier n mod 65535 + 1. On the worker's thread. */
#include "broker/inflight.h"

#include <stdlib.h>

#include "base/err.h"

enum { FIRST_CAP = 4, KEPT_CAP = 1024 };

static uint16_t id_of(uint64_t number)
{
	return (uint16_t)(number % INFLIGHT_SPAN + 1);
}

static struct delivery *at(const struct inflight *f, uint64_t number)
{
	return &f->ring[(f->head_at + (uint32_t)(number - f->head)) & (f->cap - 1)];
}

void inflight_trim(struct inflight *f)
{
	if (f->head < f->tail)
		return;
	free(f->ring);
	f->ring = NULL;
	f->cap = f->head_at = 0;
}

static int grow(struct inflight *f)
{
	uint32_t used = (uint32_t)(f->tail - f->head);
	if (used < f->cap)
		return 0;
	uint32_t cap = f->cap ? f->cap * 2 : FIRST_CAP;
	struct delivery *ring = malloc(cap * sizeof *ring);
	if (!ring)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < used; i++)
		ring[i] = *at(f, f->head + i);
	free(f->ring);
	f->ring = ring;
	f->cap = cap;
	f->head_at = 0;
	return 0;
}

uint16_t inflight_add(struct inflight *f, const struct delivery *delivery)
{
	if (f->tail - f->head >= INFLIGHT_SPAN || grow(f))
		return 0;
	uint64_t number = f->tail++;
	f->resent = f->tail;
	*at(f, number) = *delivery;
	at(f, number)->state = delivery->qos == 1 ? INFLIGHT_PUBACK : INFLIGHT_PUBREC;
	f->count++;
	f->window++;
	return id_of(number);
}

/* The number that has this identifier among the open ones; tail when none. */
static uint64_t number_of(const struct inflight *f, uint16_t packet_id)
{
	uint32_t first = id_of(f->head);
	uint32_t distance = packet_id >= first ? packet_id - first : packet_id + (uint32_t)INFLIGHT_SPAN - first;
	uint64_t number = f->head + distance;
	return packet_id && number < f->tail ? number : f->tail;
}

struct delivery *inflight_find(struct inflight *f, uint16_t packet_id)
{
	uint64_t number = number_of(f, packet_id);
	if (number == f->tail || at(f, number)->state == INFLIGHT_DONE)
		return NULL;
	return at(f, number);
}

void inflight_end(struct inflight *f, uint16_t packet_id)
{
	uint64_t number = number_of(f, packet_id);
	struct delivery *item = at(f, number);
	message_unref(&item->message);
	item->state = INFLIGHT_DONE;
	f->count--;
	f->window -= number < f->resent;
	while (f->head < f->tail && at(f, f->head)->state == INFLIGHT_DONE) {
		f->head++;
		f->head_at = (f->head_at + 1) & (f->cap - 1);
	}
	if (f->resent < f->head)
		f->resent = f->head;
	if (f->cap > KEPT_CAP)
		inflight_trim(f);
}

void inflight_restart(struct inflight *f)
{
	f->resent = f->head;
	f->window = 0;
}

static void skip_done(struct inflight *f)
{
	while (f->resent < f->tail && at(f, f->resent)->state == INFLIGHT_DONE)
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
	*packet_id_r = id_of(number);
	return at(f, number);
}

void inflight_finish(struct inflight *f)
{
	for (uint64_t n = f->head; n < f->tail; n++)
		message_unref(&at(f, n)->message);
	free(f->ring);
	*f = (struct inflight){0};
}
