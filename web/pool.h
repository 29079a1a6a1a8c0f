/* A few threads that may block, so that the one that serves sockets never does. */
#ifndef WEB_POOL_H
#define WEB_POOL_H

struct pool;

struct pool_job {
	struct pool_job *next; /* the pool's while queued */
	/* Pool thread; takes the job. */
	void (*run)(struct pool_job *job);
};

enum { POOL_THREADS = 4, POOL_QUEUE_MAX = 256 };

/* Starts the threads. Returns 0, ERR_NOMEM or the error of thread_start. */
int pool_create(struct pool **pool_r);

/* Hands a job over. Any thread, never blocks. Returns 0 or ERR_BUSY (queue full). */
int pool_submit(struct pool *pool, struct pool_job *job);

/* Runs what is queued and joins the threads. */
void pool_destroy(struct pool **pool);

#endif
