/* The readers' pool: any thread takes a connection, reads, and gives it back.
 * Idle connections hold no lock in the database. Knows no table. */
#include "db/readers.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "thread/thread.h"

enum { IDLE_MAX = 4 }; /* connections kept for the next reader, a database */

struct readers {
	char *path[BASE_COUNT]; /* owned */
	struct lock lock;       /* guards what follows; any thread */
	struct conn *idle[BASE_COUNT][IDLE_MAX];
	size_t idle_count[BASE_COUNT];
};

int readers_create(const char *const paths[BASE_COUNT], struct readers **readers_r)
{
	struct readers *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_NOMEM;
	lock_init(&r->lock, "store-readers");
	for (int base = 0; base < BASE_COUNT; base++) {
		r->path[base] = strdup(paths[base]);
		if (!r->path[base]) {
			readers_destroy(&r);
			return ERR_NOMEM;
		}
	}
	*readers_r = r;
	return 0;
}

void readers_destroy(struct readers **readers)
{
	struct readers *r = *readers;
	if (!r)
		return;
	for (int base = 0; base < BASE_COUNT; base++) {
		for (size_t i = 0; i < r->idle_count[base]; i++)
			conn_close(&r->idle[base][i]);
		free(r->path[base]);
	}
	lock_finish(&r->lock);
	free(r);
	*readers = NULL;
}

int readers_take(struct readers *r, enum base base, struct conn **conn_r)
{
	*conn_r = NULL;
	lock_take(&r->lock);
	if (r->idle_count[base] > 0)
		*conn_r = r->idle[base][--r->idle_count[base]];
	lock_release(&r->lock);
	if (*conn_r)
		return 0;
	int err = conn_open_reader(r->path[base], conn_r);
	if (err)
		conn_close(conn_r);
	return err;
}

void readers_give(struct readers *r, enum base base, struct conn *conn)
{
	lock_take(&r->lock);
	if (r->idle_count[base] < IDLE_MAX) {
		r->idle[base][r->idle_count[base]++] = conn;
		conn = NULL;
	}
	lock_release(&r->lock);
	conn_close(&conn);
}
