/* Batches go as one mail, are routed from where their bytes lie, and go back on a stack that their owner takes as a whole.
 * A message that has a block already, or is large, goes by reference. */
#include "broker/batch.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "broker/memory.h"
#include "broker/receipt.h"
#include "broker/route.h"
#include "broker/worker.h"

enum {
	BATCH_BYTES = 8 * 1024, /* some sixty small messages */
	MAX_INSIDE = 2 * 1024,  /* of a message that is copied into it */
	SPARES_KEPT = 8,
	LIVE_ONLY = 0x80, /* publication.live_only */
};

struct batch {
	struct mail mail;
	struct batch *next; /* spare, or given back */
	struct batches *owner;
	uint32_t used;
	_Alignas(max_align_t) uint8_t data[BATCH_BYTES]; /* parcels, one after the other */
};

/* Lines that the other core read last are slow to write one by one; filled here, a batch goes over in one copy. */
struct staging {
	_Alignas(max_align_t) uint8_t bytes[BATCH_BYTES];
};

/* One message; its topic, properties and payload follow unless it has a block. */
struct parcel {
	struct message *message; /* a reference, or NULL */
	struct receipt *receipt; /* held, or NULL */
	uint64_t hash;           /* of the topic */
	uint32_t expiry_s, payload_len, props_len;
	uint16_t topic_len;
	uint8_t qos; /* and LIVE_ONLY */
	uint8_t flags;
	uint8_t bytes[];
};

int batches_init(struct batches *batches, unsigned workers)
{
	batches->open = calloc(workers, sizeof(struct batch *));
	batches->staging = calloc(workers, sizeof *batches->staging);
	return batches->open && batches->staging ? 0 : ERR_NOMEM;
}

static void free_list(struct batch *batch)
{
	while (batch) {
		struct batch *next = batch->next;
		free(batch);
		batch = next;
	}
}

void batches_finish(struct batches *batches)
{
	free_list(batches->spare);
	free_list(atomic_load(&batches->back));
	free(batches->open);
	free(batches->staging);
	*batches = (struct batches){0};
}

static void take_back(struct batches *batches)
{
	struct batch *batch = atomic_exchange_explicit(&batches->back, NULL, memory_order_acquire);
	while (batch) {
		struct batch *next = batch->next;
		batch->next = batches->spare;
		batches->spare = batch;
		batches->spares++;
		batch = next;
	}
}

bool batches_are_many(const struct batches *batches)
{
	return batches->spares > SPARES_KEPT || atomic_load_explicit(&batches->back, memory_order_relaxed);
}

void batches_trim(struct batches *batches)
{
	take_back(batches);
	for (; batches->least > 0 && batches->spares > SPARES_KEPT; batches->least--) {
		struct batch *batch = batches->spare;
		batches->spare = batch->next;
		batches->spares--;
		free(batch);
	}
	batches->least = batches->spares;
}

static size_t parcel_size(const struct parcel *p)
{
	size_t inside = p->message ? 0 : (size_t)p->topic_len + p->props_len + p->payload_len;
	return (sizeof *p + inside + _Alignof(struct parcel) - 1) & ~(_Alignof(struct parcel) - 1);
}

static struct publication unpack(const struct parcel *p)
{
	const uint8_t *props = p->bytes + p->topic_len;
	return (struct publication){
		.topic = p->message ? message_topic(p->message) : span_of(p->bytes, p->topic_len),
		.props = p->message ? message_props(p->message) : span_of(props, p->props_len),
		.payload = p->message ? message_payload(p->message) : span_of(props + p->props_len, p->payload_len),
		.hash = p->hash,
		.expiry_s = p->expiry_s,
		.qos = p->qos & 3,
		.flags = p->flags,
		.live_only = p->qos & LIVE_ONLY,
		.message = p->message,
	};
}

/* Any thread. Owners take all at once, so what is on top cannot go away and come back under us. */
static void give_back(struct batch *batch)
{
	struct batches *owner = batch->owner;
	batch->next = atomic_load_explicit(&owner->back, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&owner->back, &batch->next, batch, memory_order_release, memory_order_relaxed))
		;
}

static void on_batch(struct mail *mail, void *owner)
{
	struct batch *batch = container_of(mail, struct batch, mail);
	struct worker *worker = owner;
	for (uint32_t at = 0; at < batch->used;) {
		struct parcel *p = (struct parcel *)(void *)(batch->data + at);
		at += (uint32_t)parcel_size(p);
		if (worker->stopping) {
			message_unref(&p->message);
			receipt_release(p->receipt, ERR_CLOSED);
		} else {
			struct publication pub = unpack(p);
			route_arrived(worker, &pub, p->receipt);
		}
	}
	memory_count(0, -(int64_t)sizeof *batch);
	if (worker->stopping)
		free(batch); /* its owner may be gone */
	else
		give_back(batch);
}

static struct batch *batch_create(struct batches *batches)
{
	if (!batches->spare)
		take_back(batches);
	struct batch *batch = batches->spare;
	if (batch) {
		batches->spare = batch->next;
		batches->spares--;
		if (batches->spares < batches->least)
			batches->least = batches->spares;
	} else {
		batch = malloc(sizeof *batch);
		if (!batch)
			return NULL;
	}
	memory_count(0, sizeof *batch);
	batch->mail.deliver = on_batch;
	batch->owner = batches;
	batch->used = 0;
	return batch;
}

static void post(struct worker *worker, unsigned to)
{
	struct batch *batch = worker->batches.open[to];
	worker->batches.open[to] = NULL;
	if (!batch)
		return;
	memcpy(batch->data, worker->batches.staging[to].bytes, batch->used);
	loop_post(worker->broker->workers[to]->loop, &batch->mail);
}

void batches_post(struct worker *worker)
{
	for (unsigned i = 0; i < worker->broker->config.workers; i++)
		post(worker, i);
}

/* Room for a parcel of this size; NULL without memory. */
static struct parcel *room(struct worker *worker, unsigned to, size_t size)
{
	struct batch **open = &worker->batches.open[to];
	if (*open && (*open)->used + size > BATCH_BYTES)
		post(worker, to);
	if (!*open)
		*open = batch_create(&worker->batches);
	if (!*open)
		return NULL;
	struct parcel *p = (struct parcel *)(void *)(worker->batches.staging[to].bytes + (*open)->used);
	(*open)->used += (uint32_t)size;
	return p;
}

static uint8_t *append(uint8_t *to, struct span s)
{
	if (s.len)
		memcpy(to, s.data, s.len);
	return to + s.len;
}

int batch_add(struct worker *worker, unsigned to, const struct publication *pub, struct receipt *receipt)
{
	const struct parcel head = {
		.message = pub->message,
		.receipt = receipt,
		.hash = pub->hash,
		.expiry_s = pub->expiry_s,
		.payload_len = (uint32_t)pub->payload.len,
		.props_len = (uint32_t)pub->props.len,
		.topic_len = (uint16_t)pub->topic.len,
		.qos = (uint8_t)(pub->qos | (pub->live_only ? LIVE_ONLY : 0)),
		.flags = pub->flags,
	};
	struct parcel *p = room(worker, to, parcel_size(&head));
	if (!p)
		return ERR_NOMEM;
	*p = head;
	receipt_hold(receipt);
	if (p->message)
		message_ref(p->message);
	else
		append(append(append(p->bytes, pub->topic), pub->props), pub->payload);
	return 0;
}

bool batch_takes(const struct publication *pub)
{
	return pub->message || pub->topic.len + pub->props.len + pub->payload.len <= MAX_INSIDE;
}
