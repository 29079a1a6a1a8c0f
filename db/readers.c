/* The readers' pool: any thread takes a connection, reads, and gives it back.
 * Idle connections hold no lock in the database. Knows no table. */
#include "db/readers.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "thread/thread.h"

enum { IDLE_MAX = 4 }; /* connections kept for the next reader */

struct readers {
	char *path;       /* owned */
	struct lock lock; /* "store-readers": guards what follows; any thread */
	struct conn *idle[IDLE_MAX];
	size_t idle_count;
};

int readers_create(const char *path, struct readers **readers_r)
{
	struct readers *r = calloc(1, sizeof *r);
	char *copy = r ? strdup(path) : NULL;
	if (!copy) {
		free(r);
		return ERR_NOMEM;
	}
	r->path = copy;
	lock_init(&r->lock, "store-readers");
	*readers_r = r;
	return 0;
}

void readers_destroy(struct readers **readers)
{
	struct readers *r = *readers;
	if (!r)
		return;
	for (size_t i = 0; i < r->idle_count; i++)
		conn_close(&r->idle[i]);
	free(r->path);
	lock_finish(&r->lock);
	free(r);
	*readers = NULL;
}

int readers_take(struct readers *r, struct conn **conn_r)
{
	*conn_r = NULL;
	lock_take(&r->lock);
	if (r->idle_count > 0)
		*conn_r = r->idle[--r->idle_count];
	lock_release(&r->lock);
	if (*conn_r)
		return 0;
	int err = conn_open_reader(r->path, conn_r);
	if (err)
		conn_close(conn_r);
	return err;
}

void readers_give(struct readers *r, struct conn *conn)
{
	lock_take(&r->lock);
	if (r->idle_count < IDLE_MAX) {
		r->idle[r->idle_count++] = conn;
		conn = NULL;
	}
	lock_release(&r->lock);
	conn_close(&conn);
}
