/* Who may publish how much. In a closed loop each publisher keeps a window of messages between itself and its subscribers, so
 * nothing has to be dropped and the rate found is one that lasts; in an open loop message k is due at began + k / rate
 * and bears that time whatever the delays, so a broker that stalls cannot hide behind a sender that does. */
#include <string.h>

#include "bench/load/load.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What is left of --count for this publisher. */
static int64_t left_of_count(const struct load *l, const struct client *c)
{
	return l->set.count / l->publisher_count - (int64_t)c->sent;
}

/* Messages that it may send right now. */
static int64_t credit(const struct load *l, const struct client *c)
{
	const struct settings *set = &l->set;
	int64_t allowed = set->batch;
	if (set->window)
		allowed = least(allowed, set->window - ((int64_t)c->sent - ((int64_t)c->credited + c->forgiven) / l->copies));
	if (set->qos)
		allowed = least(allowed, (int64_t)c->max_inflight - c->inflight);
	if (set->rate > 0)
		allowed = least(allowed, (int64_t)(c->due - c->sent));
	else if (set->count)
		allowed = least(allowed, left_of_count(l, c));
	return allowed;
}

/* Fewer are not worth a write: keeps a closed loop from falling apart into single messages. */
static int64_t smallest_batch(const struct load *l, const struct client *c)
{
	const struct settings *set = &l->set;
	int64_t batch = set->batch;
	if (set->rate > 0)
		return 1;
	if (set->window)
		batch = least(batch, set->window / 2);
	if (set->qos)
		batch = least(batch, c->max_inflight / 2);
	if (set->count)
		batch = least(batch, left_of_count(l, c));
	return batch < 1 ? 1 : batch;
}

void publisher_ready(struct load *l, struct client *c)
{
	if (c->queued || c->blocked || !l->sending || c->state != CLIENT_READY || credit(l, c) < smallest_batch(l, c))
		return;
	c->queued = true;
	c->next_ready = NULL;
	if (l->ready_last)
		l->ready_last->next_ready = c;
	else
		l->ready_first = c;
	l->ready_last = c;
}

static uint64_t due_ns(const struct load *l, const struct client *c)
{
	return l->began_ns + (uint64_t)((double)(c->sent * l->publisher_count + c->index) * 1e9 / l->set.rate);
}

/* Writes the next message at p. */
static void put_message(struct load *l, struct client *c, uint8_t *p, uint64_t now_ns)
{
	uint64_t stamp_ns = now_ns;
	uint32_t sequence = (uint32_t)c->sent;
	if (l->set.rate > 0) {
		stamp_ns = due_ns(l, c);
		if (now_ns >= l->measured_from_ns)
			histogram_add(&l->lag, now_ns > stamp_ns ? now_ns - stamp_ns : 0);
	}
	memcpy(p, c->template, c->template_len);
	memcpy(p + c->payload_at, &stamp_ns, 8);
	memcpy(p + c->payload_at + 8, &c->index, 4);
	memcpy(p + c->payload_at + 12, &sequence, 4);
	c->sent++;
	if (l->set.qos == 0)
		return;
	c->last_id = c->last_id == UINT16_MAX ? 1 : (uint16_t)(c->last_id + 1);
	p[c->id_at] = (uint8_t)(c->last_id >> 8);
	p[c->id_at + 1] = (uint8_t)c->last_id;
	c->inflight++;
	if (c->sent_ns)
		c->sent_ns[c->last_id & l->ring_mask] = stamp_ns;
}

static void send_batch(struct load *l, struct client *c)
{
	int64_t fitting = LOAD_WRITE_BYTES / c->template_len, count = credit(l, c);
	if (count > fitting)
		count = fitting ? fitting : 1;
	if (count > 0 && l->sending) {
		uint8_t *p = client_reserve(c, (uint32_t)count * c->template_len);
		uint64_t now_ns = load_now_ns();
		for (int64_t i = 0; i < count; i++, p += c->template_len)
			put_message(l, c, p, now_ns);
		c->out_len += (uint32_t)count * c->template_len;
		l->sent += (uint64_t)count;
	}
	client_flush(l, c);
	publisher_ready(l, c);
}

void publishers_run(struct load *l)
{
	struct client *c = l->ready_first;
	l->ready_first = l->ready_last = NULL;
	while (c) {
		struct client *next = c->next_ready;
		c->queued = false;
		if (c->state == CLIENT_READY && !c->blocked)
			send_batch(l, c);
		c = next;
	}
}

void publishers_schedule(struct load *l, uint64_t now_ns)
{
	const struct settings *set = &l->set;
	uint64_t last = set->count ? (uint64_t)set->count : (uint64_t)(set->rate * set->secs);
	uint64_t due = now_ns <= l->began_ns ? 0 : (uint64_t)((double)(now_ns - l->began_ns) * set->rate / 1e9) + 1;
	for (; l->scheduled < due && l->scheduled < last; l->scheduled++) {
		struct client *c = &l->publishers[l->scheduled % l->publisher_count];
		c->due++;
		publisher_ready(l, c);
	}
}

void publishers_forgive(struct load *l)
{
	for (uint32_t i = 0; i < l->publisher_count; i++) {
		struct client *c = &l->publishers[i];
		int64_t out = (int64_t)c->sent * l->copies - (int64_t)c->credited - c->forgiven;
		bool stuck = c->credited == c->credited_before && out > 0 && !c->blocked && !c->inflight &&
			     credit(l, c) < smallest_batch(l, c);
		if (stuck)
			c->forgiven += out;
		c->credited_before = c->credited;
		publisher_ready(l, c);
	}
}
