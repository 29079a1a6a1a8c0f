/* Five clients of a broker under a power log, on real sockets and one thread. Two send to a receiver at QoS 1 and 2, one
 * sets and clears retained messages, the receiver comes and goes and forgets some acknowledgements, and a
 * wanderer subscribes, unsubscribes and changes its will. They remember across the broker's lives what the standard wants
 * them to. */
#ifndef TEST_BROKER_POWER_CLIENTS_H
#define TEST_BROKER_POWER_CLIENTS_H

#include "power_story.h"

struct power_clients;

/* Both borrowed. may_repeat: the broker has several workers, which may bring a QoS 2 message a second time when the hub has
 * ended between two groups (hub/broker/README.md); never lose it. */
struct power_clients *power_clients_create(struct story *story, uint64_t *random, bool may_repeat);
void power_clients_destroy(struct power_clients **clients);

/* Connects all, works for a while and drops the connections in the midst of it. */
void power_clients_run(struct power_clients *clients, uint16_t port);

#endif
