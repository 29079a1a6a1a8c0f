/* Waiting for a write whose answer comes by callback. */
#ifndef DB_BLOCKED_H
#define DB_BLOCKED_H

#include "db/store.h"
#include "thread/thread.h"

/* In the frame of the thread that waits. */
struct blocked {
	struct waiter waiter;
	int err;
};

static inline void blocked_wake(void *ctx, int err)
{
	struct blocked *b = ctx;
	b->err = err;
	waiter_signal(&b->waiter);
}

/* What the write is to be submitted with; blocked_end is always called. */
static inline struct store_done blocked_begin(struct blocked *b)
{
	waiter_init(&b->waiter);
	return (struct store_done){.fn = blocked_wake, .ctx = b};
}

/* err: of submitting. Waits for the answer if it will come, and returns the result. */
static inline int blocked_end(struct blocked *b, int err)
{
	if (!err) {
		waiter_wait(&b->waiter);
		err = b->err;
	}
	waiter_finish(&b->waiter);
	return err;
}

#endif
