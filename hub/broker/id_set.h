/* A set of packet identifiers: the QoS 2 messages of a client that wait for
 * their PUBREL. Identifiers are usually given in order, so the table hashes them to
 * themselves. Owner's thread only. */
#ifndef BROKER_ID_SET_H
#define BROKER_ID_SET_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed memory is an empty set. */
struct id_set {
	uint16_t *table; /* 0: free */
	uint32_t cap, count;
};

/* Whether id is in. */
bool id_set_has(const struct id_set *set, uint16_t id);

/* Adds an id (> 0) that is not in. Returns 0 or ERR_NOMEM. */
int id_set_add(struct id_set *set, uint16_t id);

/* Returns whether it was in. */
bool id_set_remove(struct id_set *set, uint16_t id);

/* Empties the set and frees. */
void id_set_finish(struct id_set *set);

#endif
