/* In which rooms the topics of the house's devices are: what whoever sees chosen rooms may hear on MQTT. The house makes a table of it,
 * which is immutable from the moment it is shared, and replaced whole; the broker's workers read it without a lock.
 *
 * A topic that several devices speak on is heard by those who see all of them: what one of them says there is not for who only sees
 * another. */
#ifndef MODEL_TOPIC_ROOMS_H
#define MODEL_TOPIC_ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "model/rooms.h"

struct topic_rooms;
struct topic_place; /* what a table has of one topic */

/* The chosen rooms as one table numbers them. Zeroed: none. */
struct room_set {
	uint64_t *bits; /* owned; NULL: none of the table's rooms */
};

/* An empty table with one reference; NULL without memory. */
struct topic_rooms *topic_rooms_create(void);

/* Before it is shared: a device in this room ("": in none) speaks on the topic. Returns 0 or ERR_NOMEM. */
int topic_rooms_put(struct topic_rooms *table, struct span topic, const char *room);

/* Before it is shared: works out which topics are in other rooms than they were in `before` (NULL: an empty table), those that are new or
 * gone among them. Returns 0 or ERR_NOMEM. */
int topic_rooms_compare(struct topic_rooms *table, const struct topic_rooms *before);

/* References; any thread. unref clears the pointer, the last one frees; NULL inside is fine. */
struct topic_rooms *topic_rooms_ref(struct topic_rooms *table);
void topic_rooms_unref(struct topic_rooms **table);

/* How many topics it has. table may be NULL, here and below: one without topics. */
size_t topic_rooms_count(const struct topic_rooms *table);

/* The i-th of the topics that topic_rooms_compare found; false behind the last. Borrowed from the table. */
bool topic_rooms_changed(const struct topic_rooms *table, size_t i, struct span *topic_r);

/* The place of a topic; NULL: it is no device's. Borrowed from the table. */
const struct topic_place *topic_rooms_find(const struct topic_rooms *table, struct span topic);

/* The topics one after the other, in no order: after NULL at first; NULL behind the last. */
const struct topic_place *topic_rooms_next(const struct topic_rooms *table, const struct topic_place *after);

/* The topic of a place; borrowed. */
struct span topic_place_topic(const struct topic_place *place);

/* The rooms that somebody sees, for one table; room_set_finish it. Returns 0, or ERR_NOMEM (it is empty then). */
int room_set_init(struct room_set *set, const struct topic_rooms *table, const struct rooms *rooms);
void room_set_finish(struct room_set *set);

/* Whether who sees these rooms of the place's table may hear its topic. place NULL: no. */
bool room_set_hears(const struct room_set *set, const struct topic_place *place);

#endif
