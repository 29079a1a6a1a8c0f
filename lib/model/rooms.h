/* Which rooms somebody may see. A room is known by its name alone, byte for byte as devices have it. Plain data. */
#ifndef MODEL_ROOMS_H
#define MODEL_ROOMS_H

#include <stdbool.h>

#include "base/span.h"
#include "model/topics.h"

enum { ROOMS_SIZE = 2048 };

struct rooms {
	bool all;               /* every room, and what stands in none */
	char names[ROOMS_SIZE]; /* else these: each ended by '\n' */
};

/* Whether what stands in the room may be seen; "": in none. rooms NULL: everything may. */
bool rooms_have(const struct rooms *rooms, const char *room);

/* Adds a room; one that is there already stays once. Returns 0, ERR_INVALID (empty, too long for MODEL_NAME_SIZE, not UTF-8, or with
 * control characters) or ERR_TOO_LARGE (no more room for names). */
int rooms_add(struct rooms *rooms, struct span room);

/* The names one after the other: *at NULL at first. Returns false behind the last. Borrowed. */
bool rooms_next(const struct rooms *rooms, const char **at, struct span *room_r);

#endif
