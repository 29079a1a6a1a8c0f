/* The topic aliases that we set on a 5.0 client's connection, when it allows some (Topic Alias Maximum, §3.1.2.11.5). Each
 * topic has one alias that it may have; a topic that comes takes it from the one that had it. Worker's thread. */
#ifndef BROKER_ALIASES_OUT_H
#define BROKER_ALIASES_OUT_H

#include <stdbool.h>

#include "base/span.h"
#include "broker/hash.h"

struct aliases_out;

enum {
	ALIASES_OUT_MAX = 64,      /* more than a client allows us are not used; nor more than this */
	ALIASES_OUT_TOPIC_MAX = 256, /* longer topics go without */
};

/* The alias of a topic, at most max (> 0, the client's maximum). *known_r: the client has it already, so the topic may be left
 * out; else both go with the message that is being sent. Returns 0 when the topic gets none. *aliases is made when NULL. */
uint16_t aliases_out_get(struct aliases_out **aliases, const struct hash_key *key, uint16_t max, struct span topic, bool *known_r);

/* Frees them; NULL inside is fine. */
void aliases_out_destroy(struct aliases_out **aliases);

#endif
