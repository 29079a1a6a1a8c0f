/* What is given up, step by step, when max_memory_bytes comes near: new clients first, then the pace of those who publish,
 * then messages at QoS 0 for those who read slowly. */
#ifndef BROKER_OVERLOAD_H
#define BROKER_OVERLOAD_H

#include "broker/worker.h"

struct connection;
struct session;
struct delivery;

enum overload {
	OVERLOAD_NONE,
	OVERLOAD_REFUSE, /* from 80 %: no new sessions */
	OVERLOAD_SLOW,   /* from 90 %: who publishes is read ten times a second */
	OVERLOAD_DROP,   /* from 100 %: QoS 0 is not queued */
};

/* What memory.h counts, of all threads. */
struct memory_use {
	uint64_t messages, bytes, inflight;
};
/* Any thread; not one instant. */
struct memory_use overload_memory(const struct broker *broker);

/* Works out worker->overload anew and returns it. Worker's thread. */
enum overload overload_now(struct worker *worker);

/* At the end of a turn: the same, but once a millisecond is enough when not much has been added. */
void overload_turn(struct worker *worker);

/* Whether a delivery is not to be queued; then it has been counted, told, and its reference is dropped. */
bool overload_drops(struct session *session, const struct delivery *delivery);

#endif
