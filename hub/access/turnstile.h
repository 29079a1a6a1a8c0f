/* Lets one caller in at a time, in the order they came; a few may wait, the rest are turned away. For work that
 * strangers can ask for and that costs much. */
#ifndef ACCESS_TURNSTILE_H
#define ACCESS_TURNSTILE_H

#include "thread/thread.h"

struct turnstile {
	struct lock lock;     /* guards what follows */
	pthread_cond_t moved; /* serving has changed */
	unsigned long next;   /* ticket of the next to come */
	unsigned long serving;
	unsigned max_waiting;
};

void turnstile_init(struct turnstile *t, const char *name, unsigned max_waiting);
void turnstile_finish(struct turnstile *t);

/* Blocks until it is the caller's turn. Returns 0 (then call turnstile_leave), or ERR_BUSY at once when max_waiting wait. */
int turnstile_enter(struct turnstile *t);
void turnstile_leave(struct turnstile *t);

/* Callers inside and waiting, at this moment. */
unsigned turnstile_callers(struct turnstile *t);

#endif
