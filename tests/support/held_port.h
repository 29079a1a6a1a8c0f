/* A persist port over another that a test holds in its hand: answers wait until they are let go, or are failures. Any
 * thread. */
#ifndef TESTS_SUPPORT_HELD_PORT_H
#define TESTS_SUPPORT_HELD_PORT_H

#include <pthread.h>
#include <stdlib.h>

#include "model/persist.h"

struct held_answer {
	struct held_answer *next;
	struct persist_done done;
	int err;
	struct held_port *port;
};

struct held_port {
	struct persist_port inner;
	pthread_mutex_t lock;
	struct held_answer *first, **end; /* that wait */
	bool hold;
	int fail;      /* what every append is answered, without reaching inner */
	int refuse;    /* what append itself returns */
	int appended;  /* calls that were taken */
	size_t changes; /* in them, where nothing failed */
};

static void held_port_answer(void *ctx, int err)
{
	struct held_answer *a = ctx;
	struct held_port *p = a->port;
	pthread_mutex_lock(&p->lock);
	a->err = err;
	a->next = NULL;
	bool hold = p->hold;
	if (hold) {
		*p->end = a;
		p->end = &a->next;
	}
	pthread_mutex_unlock(&p->lock);
	if (hold)
		return;
	a->done.fn(a->done.ctx, err);
	free(a);
}

static inline int held_port_append(void *ctx, const struct persist_change *changes, size_t count,
				   const struct persist_done *done)
{
	struct held_port *p = ctx;
	pthread_mutex_lock(&p->lock);
	int fail = p->fail, refuse = p->refuse;
	p->appended += !refuse;
	p->changes += refuse || fail ? 0 : count;
	pthread_mutex_unlock(&p->lock);
	if (refuse)
		return refuse;
	struct held_answer *a = calloc(1, sizeof *a);
	a->port = p;
	a->done = *done;
	if (fail) {
		held_port_answer(a, fail);
		return 0;
	}
	return p->inner.append(p->inner.ctx, changes, count, &(struct persist_done){held_port_answer, a});
}

static inline int held_port_load(void *ctx, persist_each *each, void *each_ctx)
{
	struct held_port *p = ctx;
	return p->inner.load(p->inner.ctx, each, each_ctx);
}

static inline struct persist_port held_port_of(struct held_port *p, const struct persist_port *inner)
{
	*p = (struct held_port){.inner = *inner, .lock = PTHREAD_MUTEX_INITIALIZER};
	p->end = &p->first;
	return (struct persist_port){.append = held_port_append, .load = held_port_load, .ctx = p};
}

/* From now on answers wait, or, with hold false, all that wait go, in order, and new ones at once. */
static inline void held_port_hold(struct held_port *p, bool hold)
{
	pthread_mutex_lock(&p->lock);
	struct held_answer *a = NULL;
	p->hold = hold;
	if (!hold) {
		a = p->first;
		p->first = NULL;
		p->end = &p->first;
	}
	pthread_mutex_unlock(&p->lock);
	while (a) {
		struct held_answer *next = a->next;
		a->done.fn(a->done.ctx, a->err);
		free(a);
		a = next;
	}
}

/* How many calls were taken, and changes stored, so far. */
static inline int held_port_appended(struct held_port *p, size_t *changes_r)
{
	pthread_mutex_lock(&p->lock);
	int appended = p->appended;
	*changes_r = p->changes;
	pthread_mutex_unlock(&p->lock);
	return appended;
}

/* What new appends end with (0: as it comes), and what append itself says to them. */
static inline void held_port_fail(struct held_port *p, int fail, int refuse)
{
	pthread_mutex_lock(&p->lock);
	p->fail = fail;
	p->refuse = refuse;
	pthread_mutex_unlock(&p->lock);
}

#endif
