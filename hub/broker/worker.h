/* A worker: one thread, one loop, its sockets, its sessions, its subscription
 * index. Everything below is touched by that thread alone, except where said. */
#ifndef BROKER_WORKER_H
#define BROKER_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "broker/batch.h"
#include "broker/broker_private.h"
#include "broker/interest.h"
#include "broker/memory.h"
#include "broker/output.h"
#include "broker/retained_sweep.h"
#include "broker/route_cache.h"
#include "broker/router.h"
#include "broker/share.h"
#include "broker/tidy.h"
#include "net/loop.h"

enum {
	WORKER_INPUT_BYTES = 64 * 1024, /* shared receive buffer, one read at most */
	WORKER_IMAGES = 4,              /* encodings of one message: 3.x or 5.0, with packet identifier or not */
};

/* Written by the worker, read by anyone: each value is recent. Its fields are rows of metrics/metrics.h. */
#define WORKER_COUNTER(field, type, family, labels, topic, text) _Atomic uint64_t field;
struct worker_counters {
	METRICS_WORKER(WORKER_COUNTER)
};

/* Adds to a counter that only this thread writes: no locked instruction. */
static inline void counter_add(_Atomic uint64_t *counter, int64_t n)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, now + (uint64_t)n, memory_order_relaxed);
}

/* A message's encoding while it is being routed; the memory stays. */
struct image {
	uint8_t *data;
	size_t cap, len;  /* len: bytes to copy, the payload included when it is small */
	size_t id_at;     /* of the packet identifier */
	size_t size;      /* of the whole packet */
	uint64_t stamp;   /* of the routing that it was made for */
};

struct sys;
struct topic_rooms;
struct persistence;
struct receipt;

struct worker {
	struct broker *broker;
	unsigned index;
	struct loop *loop;
	pthread_t thread;
	bool running; /* thread was started */
	bool closing;  /* the hub stops: connections end because of us */
	bool stopping; /* and the loop has been left, or is about to be */
	struct access_table *table; /* a reference */
	struct topic_rooms *topics; /* a reference; NULL until the house has told. What guests hear by */

	struct router router;
	struct route_cache *routes;
	struct matches matches;
	struct list taps;        /* tap.link */
	struct map sessions;     /* session.node */
	struct list connections; /* connection.link: all on this worker */
	uint32_t connection_count; /* of these */
	struct list dirty;       /* connection.dirty: to be flushed or ended at the turn's end */
	struct list guests;      /* guest.link: of connections on this worker */
	struct list hungry;      /* connection.dirty: with input that waits for the next turn */
	struct list waiting;     /* acks.link: connections with acknowledgements that wait for the disk */
	struct persistence *persistence; /* owned; NULL: nothing outlives the hub */
	struct share_picks picks;
	uint64_t receipts;       /* that have to come back */
	struct retained_sweep sweep; /* worker 0's */
	struct mono_ms returned_by; /* clients of sessions from an earlier life of the hub have until then to come back */
	struct mail wake;        /* posted to ourselves to get that turn */
	bool wake_posted;

	struct output_pool pool;
	struct tidy tidy;
	struct image images[WORKER_IMAGES];
	uint64_t image_stamp;
	uint64_t work;          /* deliveries made, for fairness */
	const char *fault;      /* of the connection that ends next: more than its reason code says; NULL: nothing */
	struct batches batches;
	uint8_t *input;         /* WORKER_INPUT_BYTES */
	struct sys *sys;        /* owned; NULL: switched off */
	uint8_t overload;       /* enum overload */
	bool throttling;        /* publishers may have to be slowed down: see throttle.h */
	struct mono_ms overload_at; /* the turn in which it was worked out */
	int64_t overload_bytes; /* memory.bytes then */

	/* read by other threads */
	struct interest *interest; /* owned; of the sessions: taps hear what enters here */
	struct worker_counters counters;
	struct memory_share memory;
	struct mail ping;     /* broker_alive's */
	atomic_bool ping_out; /* it is on its way */
};

/* Makes a worker without starting its thread. Returns 0, ERR_NOMEM or an error of the loop. */
int worker_create(struct broker *broker, unsigned index, struct access_table *table, struct worker **worker_r);

/* The thread is joined, or never ran: ends connections and sessions, waits for the persist port's answers, and lets go
 * of what other workers wait for. All workers, before the first is destroyed. */
void worker_drain(struct worker *worker);

/* Drained. Waits for the receipts that sinks hold. */
void worker_destroy(struct worker **worker);

/* Starts the thread. Returns 0 or the error of thread_start. */
int worker_start(struct worker *worker);

/* Worker's thread, after each turn of its loop (owner: the worker): posts, writes and buries what the turn brought. */
void worker_turn_end(void *owner);

/* Worker's thread: one more turn, at once. */
void worker_wake(struct worker *worker);

/* Worker's thread, or who destroys it: something that had to come back has. */
void worker_settled(struct worker *worker);

/* Worker's thread, after subscriptions have changed: what others read of their number. */
void worker_count_subscriptions(struct worker *worker);

#endif
