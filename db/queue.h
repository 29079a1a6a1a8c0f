/* Work that waits for a group commit. Threads submit and may wait for the result; one thread takes
 * groups: all that came while the last group was made durable, in order. */
#ifndef DB_QUEUE_H
#define DB_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "db/history.h"
#include "db/store.h"

struct queue;

/* The part of a piece of work that the queue knows; embedded, first member of what op_create makes. */
struct work {
	struct work *next;
	size_t size;     /* of the whole allocation, in bytes */
	size_t samples;  /* that it carries */
	bool last;       /* the group ends with it */
	bool urgent;     /* does not wait for company */
	struct mono_ms queued_at;
	struct store_done done;
};

enum {
	QUEUE_GROUP_SAMPLES = 32768, /* about the most that one group takes */
	QUEUE_GROUP_BYTES = 1 << 20, /* of pieces without samples, likewise */
	QUEUE_WORKS_MAX = 65536,     /* waiting pieces, those with samples apart */
	QUEUE_BYTES_MAX = 32 << 20,  /* of those */
};

/* Zeroed work of size bytes; NULL without memory. */
void *work_create(size_t size);
/* Wipes (it may hold a secret) and frees. NULL is fine. */
void work_discard(struct work *work);

/* name: of the lock, static. Returns 0 or ERR_NOMEM. */
int queue_create(const char *name, struct queue **queue_r);
/* Nothing may be in it. */
void queue_destroy(struct queue **queue);

/* Submits work (taken; NULL gives ERR_NOMEM) as db/store.h says of done. Any thread but, when done is NULL, that of the
 * taker. Returns 0, ERR_FULL, ERR_CLOSED, and the result when done is NULL. */
int queue_submit(struct queue *q, struct work *work, const struct store_done *done);

/* Patient work waits for company at most so long, ms. Any thread. */
void queue_set_window(struct queue *q, int64_t window_ms);

/* Waits for a group, at most until the deadline (NULL: without end) or queue_wake. NULL with
 * *closed_r when the queue is closed and empty; NULL without when the time is over. The taker's thread. */
struct work *queue_take(struct queue *q, const struct mono_ms *deadline, bool *closed_r);

/* Tells the result of the first of a group and frees it; returns the next. The taker's thread. */
struct work *queue_answer(struct queue *q, struct work *work, int result);

/* Makes queue_take return. Any thread. */
void queue_wake(struct queue *q);

/* Takes nothing more; what waits is still to be taken. */
void queue_close(struct queue *q);

/* Samples in the queue and in the group that was taken. Any thread. */
size_t queue_samples(struct queue *q);

#endif
