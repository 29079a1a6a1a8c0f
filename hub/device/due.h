/* What is due at a time, in a queue with the soonest first. On the house's thread. */
#ifndef DEVICE_DUE_H
#define DEVICE_DUE_H

#include "base/clock.h"
#include "base/list.h"

struct due {
	struct list link;  /* list_init before the first use; empty while it is in no queue */
	struct mono_ms at; /* while it is in one */
};

/* Puts it into the queue, from wherever it was, behind all that is due no later. Looks from the end: most come last, or nearly. */
void due_put(struct list *queue, struct due *due, struct mono_ms at);

/* When the soonest is due; INT64_MAX: there is none. */
struct mono_ms due_next(const struct list *queue);

#endif
