/* Named threads and named locks. */
#ifndef THREAD_THREAD_H
#define THREAD_THREAD_H

#include <pthread.h>

/* Starts a joinable thread with all signals blocked (main handles them) that
 * runs run(arg) and shows as `name` (at most 15 characters) in ps and gdb.
 * Returns 0 or the error of pthread_create. */
int thread_start(pthread_t *thread_r, const char *name, void *(*run)(void *), void *arg);

/* The calling thread's work may wait: from now on it gets out of the way of threads that answer somebody. */
void thread_background(void);

/* A mutex that knows its name, for debuggers and for whoever counts the locks:
 * there are few, each declared with what it guards. Not recursive. */
struct lock {
	pthread_mutex_t mutex;
	const char *name; /* borrowed, static */
};

/* lock_take blocks; a thread must not take a lock that it holds. */
void lock_init(struct lock *lock, const char *name);
void lock_finish(struct lock *lock);
void lock_take(struct lock *lock);
void lock_release(struct lock *lock);

/* One-shot rendezvous: a thread that may block waits until another thread has
 * signalled. The struct lives in the waiter's frame. */
struct waiter {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int signalled;
};

/* Prepares a waiter; finish when nobody will signal it any more. */
void waiter_init(struct waiter *w);
void waiter_finish(struct waiter *w);
/* Wakes the waiter; the struct must not be touched by the caller afterwards. */
void waiter_signal(struct waiter *w);
/* Blocks until signalled. */
void waiter_wait(struct waiter *w);

#endif
