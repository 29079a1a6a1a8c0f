/* What is known of an entity beyond its report: what was asked of it last and is not so (yet), and what of its state is kept for the time
 * after a restart. Plain data of the house's thread. */
#ifndef DEVICE_SHADOW_H
#define DEVICE_SHADOW_H

#include "db/store.h"
#include "model/json_out.h"

struct device_entity;

/* A wish that is not granted. */
struct desired {
	int64_t command;          /* its id */
	enum command_state state; /* under way, expired or failed */
	struct wall_ms until;     /* while it is queued: how long it waits */
	char value[];             /* JSON */
};

struct shadow {
	struct desired *desired; /* owned; NULL: the entity is as it was asked to be, or nobody asked */
	uint64_t kept;           /* a hash of the state that the store has; 0: none */
	struct wall_ms kept_at;  /* when that was reported */
};

/* Notes what has become of a command to the entity. Older commands than the one that is noted change nothing. Without memory nothing is
 * desired. */
void shadow_note(struct shadow *s, const struct command_record *command);

/* The entity has reported: perhaps what was asked for, only too late. Returns whether it was, and nothing is desired any more. */
bool shadow_settle(struct device_entity *e);

/* Appends the member "desired" of model/ports.h. */
void shadow_json(struct json_out *o, const struct shadow *s);

/* Frees what it owns and zeroes it. */
void shadow_finish(struct shadow *s);

#endif
