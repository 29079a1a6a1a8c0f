/* What the workers share: settings that never change after broker_create, and
 * the few things that several threads touch, each with its own guard. */
#ifndef BROKER_BROKER_PRIVATE_H
#define BROKER_BROKER_PRIVATE_H

#include <stdatomic.h>

#include "broker/broker.h"
#include "broker/hash.h"
#include "broker/retained.h"
#include "metrics/load.h"
#include "broker/share.h"
#include "thread/thread.h"

struct addresses;
struct listener;
struct worker;

/* In the order of METRICS_LIMITS, which counts them. */
enum limit {
	LIMIT_CONNECTIONS,
	LIMIT_ADDRESS,
	LIMIT_CONNECT_TIMEOUT,
	LIMIT_PACKET_SIZE,
	LIMIT_INFLIGHT,
	LIMIT_QUEUE,
	LIMIT_SUBSCRIPTIONS,
	LIMIT_TOPIC_LEVELS,
	LIMIT_RETAINED,
	LIMIT_PUBLISH_RATE,
	LIMIT_MEMORY_CONNECTIONS,
	LIMIT_MEMORY_PUBLISHERS,
	LIMIT_MEMORY_QOS0,
	LIMIT_COUNT
};

enum { BROKER_LOADS = sizeof(struct metrics_load) / sizeof(uint64_t) };

struct broker {
	/* fixed before the threads start */
	struct broker_config config;
	struct broker_events events; /* all zero without a listener */
	struct hash_key placement;   /* client id -> worker; of topics too, wherever workers must agree */
	struct worker **workers;     /* owned; config.workers of them */
	struct listener **listeners; /* owned; on worker 0's loop */
	unsigned listener_count;
	struct mono_ms made_at;
	bool started;
	struct lock stop_lock; /* what is posted under it reaches the workers, unless the broker has stopped */
	struct load load;     /* worker 0's */
	/* any thread */
	_Atomic unsigned next_worker; /* which one gets the next socket */
	struct retained *retained;
	_Atomic uint64_t loads[BROKER_LOADS]; /* struct metrics_load, written by worker 0 */
	struct addresses *addresses;
	_Atomic uint64_t limits[LIMIT_COUNT];      /* how often each was met */
	_Atomic int64_t limits_met_ms[LIMIT_COUNT]; /* when last; 0: never */
	struct shares *shares;
	atomic_bool stopped;
	atomic_uint disks_failing;    /* workers whose changes the disk does not take: what must survive is refused */
	_Atomic uint32_t sockets;     /* accepted, CONNECT or not */
	_Atomic uint32_t connections; /* with a session */
	_Atomic uint32_t connections_max; /* most of these so far */
};

/* The worker on which the sessions of this client id live. */
struct worker *broker_place(const struct broker *broker, struct span client_id);

/* A listener whose connections go round among the workers: worker 0's thread, or before it runs. Errors as listener_create. */
int broker_open_listener(struct broker *broker, const struct listener_config *config, struct listener **listener_r, char message_r[256]);

#endif
