/* The queue of a group commit. Any thread submits, under the queue's lock; one takes. It
 * knows nothing of what the work is. */
#include "db/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "db/blocked.h"
#include "thread/thread.h"

enum { DEFAULT_WINDOW_MS = 250 };

struct queue {
	struct lock lock;
	pthread_cond_t changed; /* CLOCK_MONOTONIC */
	struct work *first, **end;
	size_t works, urgent; /* in the list */
	size_t bytes;         /* in the list, of work without samples */
	size_t samples;       /* in the list and in the group that was taken */
	int64_t window_ms;
	bool closing, woken;
};

void *work_create(size_t size)
{
	assert(size >= sizeof(struct work));
	struct work *work = calloc(1, size);
	if (work)
		work->size = size;
	return work;
}

void work_discard(struct work *work)
{
	if (!work)
		return;
	explicit_bzero(work, work->size);
	free(work);
}

int queue_create(const char *name, struct queue **queue_r)
{
	struct queue *q = calloc(1, sizeof *q);
	pthread_condattr_t attr;
	if (!q || pthread_condattr_init(&attr)) {
		free(q);
		return ERR_NOMEM;
	}
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	int failed = pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (failed) {
		free(q);
		return ERR_NOMEM;
	}
	lock_init(&q->lock, name);
	q->end = &q->first;
	q->window_ms = DEFAULT_WINDOW_MS;
	*queue_r = q;
	return 0;
}

void queue_destroy(struct queue **queue)
{
	struct queue *q = *queue;
	if (!q)
		return;
	pthread_cond_destroy(&q->changed);
	lock_finish(&q->lock);
	free(q);
	*queue = NULL;
}

/* Whether the taker has to get up for the list now. Under lock. */
static bool is_ready(const struct queue *q)
{
	if (!q->first)
		return q->closing;
	return q->closing || q->urgent > 0 || q->samples >= STORE_QUEUE_MAX / 2 ||
	       mono_diff_ms(q->first->queued_at, clock_mono()) >= q->window_ms;
}

/* Work with samples and other work have bounds of their own: a house that measures much can still lock its doors. */
static bool is_full(const struct queue *q, const struct work *work)
{
	if (work->samples)
		return q->samples + work->samples > STORE_QUEUE_MAX;
	return q->works >= QUEUE_WORKS_MAX || (q->bytes && q->bytes + work->size > QUEUE_BYTES_MAX);
}

static size_t bytes_of(const struct work *work)
{
	return work->samples ? 0 : work->size;
}

/* Takes work, or returns ERR_CLOSED or ERR_FULL. The taker sleeps on an empty list and
 * until the first work's window ends on another, so it is woken for the first work and for what cannot wait. */
static int append(struct queue *q, struct work *work)
{
	lock_take(&q->lock);
	int err = 0;
	if (q->closing)
		err = ERR_CLOSED;
	else if (is_full(q, work))
		err = ERR_FULL;
	if (!err) {
		bool was_empty = !q->first;
		work->queued_at = clock_mono();
		*q->end = work;
		q->end = &work->next;
		q->works++;
		q->urgent += work->urgent;
		q->samples += work->samples;
		q->bytes += bytes_of(work);
		if (was_empty || is_ready(q))
			pthread_cond_signal(&q->changed);
	}
	lock_release(&q->lock);
	return err;
}

int queue_submit(struct queue *q, struct work *work, const struct store_done *done)
{
	if (!work)
		return ERR_NOMEM;
	struct blocked blocked;
	work->urgent = !done || !done->patient;
	work->done = done ? *done : blocked_begin(&blocked);
	int err = append(q, work);
	if (err)
		work_discard(work);
	return done ? err : blocked_end(&blocked, err);
}

void queue_set_window(struct queue *q, int64_t window_ms)
{
	lock_take(&q->lock);
	q->window_ms = window_ms;
	pthread_cond_signal(&q->changed);
	lock_release(&q->lock);
}

static void wait_until(struct queue *q, struct mono_ms until)
{
	struct timespec ts = {.tv_sec = until.ms / 1000, .tv_nsec = until.ms % 1000 * 1000000};
	pthread_cond_timedwait(&q->changed, &q->lock.mutex, &ts);
}

/* Cuts the next group off the list: all up to a last one, or until it is large enough. Under lock; the list is not empty. */
static struct work *cut_group(struct queue *q)
{
	struct work *group = q->first, *last;
	size_t samples = 0, bytes = 0;
	do {
		last = q->first;
		q->first = last->next;
		q->works--;
		q->urgent -= last->urgent;
		samples += last->samples;
		bytes += bytes_of(last);
		q->bytes -= bytes_of(last);
	} while (q->first && !last->last && samples < QUEUE_GROUP_SAMPLES && bytes < QUEUE_GROUP_BYTES);
	last->next = NULL;
	if (!q->first)
		q->end = &q->first;
	return group;
}

struct work *queue_take(struct queue *q, const struct mono_ms *deadline, bool *closed_r)
{
	lock_take(&q->lock);
	while (!is_ready(q) && !q->woken && !(deadline && mono_diff_ms(*deadline, clock_mono()) >= 0)) {
		struct mono_ms until = q->first ? mono_add_ms(q->first->queued_at, q->window_ms) : (struct mono_ms){INT64_MAX};
		if (deadline && deadline->ms < until.ms)
			until = *deadline;
		if (until.ms == INT64_MAX)
			pthread_cond_wait(&q->changed, &q->lock.mutex);
		else
			wait_until(q, until);
	}
	struct work *group = q->first && is_ready(q) ? cut_group(q) : NULL;
	*closed_r = !q->first && !group && q->closing;
	q->woken = false;
	lock_release(&q->lock);
	return group;
}

struct work *queue_answer(struct queue *q, struct work *work, int result)
{
	struct work *next = work->next;
	if (work->samples) {
		lock_take(&q->lock);
		q->samples -= work->samples;
		lock_release(&q->lock);
	}
	work->done.fn(work->done.ctx, result);
	work_discard(work);
	return next;
}

void queue_wake(struct queue *q)
{
	lock_take(&q->lock);
	q->woken = true;
	pthread_cond_signal(&q->changed);
	lock_release(&q->lock);
}

void queue_close(struct queue *q)
{
	lock_take(&q->lock);
	q->closing = true;
	pthread_cond_signal(&q->changed);
	lock_release(&q->lock);
}

size_t queue_samples(struct queue *q)
{
	lock_take(&q->lock);
	size_t samples = q->samples;
	lock_release(&q->lock);
	return samples;
}
