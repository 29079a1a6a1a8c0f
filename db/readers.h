/* A pool of connections that read one database. */
#ifndef DB_READERS_H
#define DB_READERS_H

#include "db/conn.h"

struct readers;

/* path: of the database file, borrowed for the call. Opens nothing yet.
 * Returns 0 or ERR_NOMEM. */
int readers_create(const char *path, struct readers **readers_r);

/* Closes the connections; all must have been given back. NULL is fine. */
void readers_destroy(struct readers **readers);

/* A connection for the calling thread, until readers_give. Never waits for
 * another reader: a connection more is opened when none is idle. Any thread.
 * Returns 0, ERR_NOMEM, ERR_IO, ERR_DAMAGED, ERR_DENIED. */
int readers_take(struct readers *r, struct conn **conn_r);

/* Gives it back, with no query or transaction open. */
void readers_give(struct readers *r, struct conn *conn);

#endif
