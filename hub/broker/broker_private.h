/* What the workers share: settings that never change after broker_create, and
 * the few things that several threads touch, each with its own guard. */
#ifndef BROKER_BROKER_PRIVATE_H
#define BROKER_BROKER_PRIVATE_H

#include <stdatomic.h>

#include "broker/broker.h"
#include "broker/hash.h"
#include "broker/retained.h"
#include "metrics/load.h"

struct worker;
struct listener;

enum { BROKER_LOADS = sizeof(struct metrics_load) / sizeof(uint64_t) };

struct broker {
	/* fixed before the threads start */
	struct broker_config config;
	struct broker_events events; /* all zero without a listener */
	struct hash_key placement;   /* client id -> worker */
	struct worker **workers;     /* owned; config.workers of them */
	struct listener **listeners; /* owned; on worker 0's loop */
	unsigned listener_count;
	unsigned next_worker; /* worker 0's: which one gets the next socket */
	struct mono_ms made_at;
	bool started;
	struct load load;     /* worker 0's */
	/* any thread */
	struct retained *retained;
	_Atomic uint64_t loads[BROKER_LOADS]; /* struct metrics_load, written by worker 0 */
	atomic_bool stopped;
	atomic_bool retained_full;    /* it was said that messages are not kept */
	_Atomic uint32_t sockets;     /* accepted, CONNECT or not */
	_Atomic uint32_t connections; /* with a session */
	_Atomic uint32_t connections_max; /* most of these so far */
};

/* The worker on which the sessions of this client id live. */
struct worker *broker_place(const struct broker *broker, struct span client_id);

#endif
