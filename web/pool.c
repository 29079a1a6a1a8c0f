/* The pool of threads for requests that wait for the store, the house or a
 * password. Knows nothing of requests. */
#include "web/pool.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/err.h"
#include "thread/thread.h"

struct pool {
	struct lock lock;        /* guards all but the threads */
	pthread_cond_t not_empty;
	struct pool_job *first, **end;
	unsigned queued;
	bool stopping;
	pthread_t threads[POOL_THREADS];
	unsigned thread_count;
};

/* The next job, or NULL when the pool stops. */
static struct pool_job *take(struct pool *pool)
{
	lock_take(&pool->lock);
	while (!pool->first && !pool->stopping)
		pthread_cond_wait(&pool->not_empty, &pool->lock.mutex);
	struct pool_job *job = pool->first;
	if (job) {
		pool->first = job->next;
		if (!pool->first)
			pool->end = &pool->first;
		pool->queued--;
	}
	lock_release(&pool->lock);
	return job;
}

static void *run(void *arg)
{
	struct pool *pool = arg;
	for (struct pool_job *job = take(pool); job; job = take(pool))
		job->run(job);
	return NULL;
}

int pool_create(struct pool **pool_r)
{
	struct pool *pool = calloc(1, sizeof *pool);
	if (!pool)
		return ERR_NOMEM;
	lock_init(&pool->lock, "web pool");
	pthread_cond_init(&pool->not_empty, NULL);
	pool->end = &pool->first;
	while (pool->thread_count < POOL_THREADS) {
		int err = thread_start(&pool->threads[pool->thread_count], "web-pool", run, pool);
		if (err) {
			pool_destroy(&pool);
			return err;
		}
		pool->thread_count++;
	}
	*pool_r = pool;
	return 0;
}

int pool_submit(struct pool *pool, struct pool_job *job)
{
	int err = 0;
	job->next = NULL;
	lock_take(&pool->lock);
	if (pool->queued == POOL_QUEUE_MAX || pool->stopping) {
		err = ERR_BUSY;
	} else {
		*pool->end = job;
		pool->end = &job->next;
		pool->queued++;
		pthread_cond_signal(&pool->not_empty);
	}
	lock_release(&pool->lock);
	return err;
}

void pool_destroy(struct pool **pool)
{
	struct pool *p = *pool;
	if (!p)
		return;
	lock_take(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->not_empty);
	lock_release(&p->lock);
	for (unsigned i = 0; i < p->thread_count; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->not_empty);
	lock_finish(&p->lock);
	free(p);
	*pool = NULL;
}
