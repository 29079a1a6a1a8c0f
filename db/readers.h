/* A pool of connections that read. */
#ifndef DB_READERS_H
#define DB_READERS_H

#include "db/conn.h"

struct readers;

/* paths: of the database files, borrowed for the call. Opens nothing yet.
 * Returns 0 or ERR_NOMEM. */
int readers_create(const char *const paths[BASE_COUNT], struct readers **readers_r);

/* Closes the connections; all must have been given back. NULL is fine. */
void readers_destroy(struct readers **readers);

/* A connection to base for the calling thread, until readers_give. Never waits for
 * another reader: a connection more is opened when none is idle. Any thread.
 * Returns 0, ERR_NOMEM, ERR_IO, ERR_DAMAGED, ERR_DENIED. */
int readers_take(struct readers *r, enum base base, struct conn **conn_r);

/* Gives it back, with no query or transaction open. */
void readers_give(struct readers *r, enum base base, struct conn *conn);

#endif
