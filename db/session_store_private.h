/* The inside of the session store, for the files that implement it. */
#ifndef DB_SESSION_STORE_PRIVATE_H
#define DB_SESSION_STORE_PRIVATE_H

#include "db/conn.h"
#include "db/session_store.h"

struct session_store {
	struct conn *conn; /* owned */
	uint64_t mark;     /* as committed */
	uint64_t applied;  /* the last frame that the tables hold, the open transaction included */
};

/* Changes the tables as the change says, within the open transaction. Returns 0 or as query_run. */
int session_apply(struct conn *conn, const struct persist_change *change);

#endif
