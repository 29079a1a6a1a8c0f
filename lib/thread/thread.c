/* Named threads, named locks, one-shot waits. */
#include "thread/thread.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"

struct start {
	void *(*run)(void *);
	void *arg;
	char name[16];
};

static void *trampoline(void *arg)
{
	struct start start = *(struct start *)arg;
	free(arg);
	pthread_setname_np(pthread_self(), start.name);
	return start.run(start.arg);
}

int thread_start(pthread_t *thread_r, const char *name, void *(*run)(void *), void *arg)
{
	struct start *start = malloc(sizeof *start);
	if (!start)
		return ERR_NOMEM;
	start->run = run;
	start->arg = arg;
	size_t i = 0;
	for (; name[i] && i < sizeof start->name - 1; i++)
		start->name[i] = name[i];
	start->name[i] = 0;

	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(thread_r, NULL, trampoline, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		free(start);
	return failed ? err_from_errno(failed) : 0;
}

void thread_background(void)
{
	enum { NICE = 10 }; /* a tenth of a busy processor, so that it still gets on */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* Linux: of the thread */
}

void lock_init(struct lock *lock, const char *name)
{
	pthread_mutex_init(&lock->mutex, NULL);
	lock->name = name;
}

void lock_finish(struct lock *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

void lock_take(struct lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

void lock_release(struct lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

void waiter_init(struct waiter *w)
{
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->cond, NULL);
	w->signalled = 0;
}

void waiter_finish(struct waiter *w)
{
	pthread_cond_destroy(&w->cond);
	pthread_mutex_destroy(&w->mutex);
}

void waiter_signal(struct waiter *w)
{
	pthread_mutex_lock(&w->mutex);
	w->signalled = 1;
	pthread_cond_signal(&w->cond); /* inside: the waiter may free the struct once we let go */
	pthread_mutex_unlock(&w->mutex);
}

void waiter_wait(struct waiter *w)
{
	pthread_mutex_lock(&w->mutex);
	while (!w->signalled)
		pthread_cond_wait(&w->cond, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
}
