/* What persistence.c offers to those who compose changes. */
#ifndef BROKER_PERSISTENCE_PRIVATE_H
#define BROKER_PERSISTENCE_PRIVATE_H

#include "broker/persistence.h"

/* Notes a change and returns its ticket; 0 without persistence. The client's id and `text` (may be NULL: a span
 * within change) are copied; message (may be NULL) is referenced, and the spans of change that point into it stay. */
uint32_t persistence_note(struct persistence *persistence, struct persist_change *change, struct span *text,
			  struct message *message);

/* The same for a topic's retained message, which is changed or cleared; p is not NULL. */
uint32_t persistence_note_retained(struct persistence *persistence, struct persist_change *change, struct message *message);

/* The ticket of the newest group; 0 without persistence. */
uint32_t persistence_latest(const struct persistence *persistence);

/* Makes a change of a topic's retained message say what the topic has now; *message: as persistence_note keeps it. */
void persistence_renew_retained(struct worker *worker, struct persist_change *change, struct message **message);

/* What the wall clock said, by what it says now, at a moment of the other clock; and the way back. */
struct wall_ms persistence_wall(struct mono_ms at);
struct mono_ms persistence_mono(struct wall_ms at);

#endif
