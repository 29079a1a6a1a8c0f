/* The session store: broker.db, the state that the journal's records of the broker lead to.
 *
 * Nothing of it is kept in memory. The sealer applies the journal's frames in large transactions, each with the number
 * of its last frame: applying them again after a crash changes nothing. With the tail of the
 * journal applied, the tables hold every acknowledged change. An object belongs to one thread at a time: the
 * opening one, then the sealer's. */
#ifndef DB_SESSION_STORE_H
#define DB_SESSION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "db/migrate.h"
#include "model/persist.h"

struct session_store;

/* Opens or creates the database at path (0600), migrates and checks it. message_r receives a sentence on failure.
 * Returns 0, ERR_NEWER, ERR_DAMAGED, ERR_DISK_FULL, ERR_DENIED, ERR_NOMEM or ERR_IO. */
int session_store_open(const char *path, struct session_store **st_r, char message_r[STORE_MESSAGE_SIZE]);

/* A second one over a database that is open already, for telling only. Returns 0, ERR_NOMEM or an error of the disk. */
int session_store_open_reader(const char *path, struct session_store **st_r);

/* Rolls back what is open. NULL is fine. */
void session_store_close(struct session_store **st);

/* The number of the last frame that is durable here; 0 for none. */
uint64_t session_store_mark(const struct session_store *st);

/* ---- applying ---------------------------------------------------------- */

/* Begins a transaction; none may be open. Returns 0 or an error of the disk. */
int session_store_begin(struct session_store *st);

/* Applies the broker's records of a frame and passes over all others. A frame up to the mark, or up to one applied in this
 * transaction, is skipped. Returns 0; ERR_DAMAGED from record_next (nothing of the frame is applied, the
 * transaction is as before it); or an error of the disk, after which only session_store_rollback is of use. */
int session_store_apply(struct session_store *st, uint64_t seq, struct span payload);

/* Makes the transaction durable. mark: frames up to it are in; not below the last applied. Returns 0, or an error
 * of the disk with the transaction rolled back. */
int session_store_commit(struct session_store *st, uint64_t mark);

/* Drops the transaction; does nothing when none is open. */
void session_store_rollback(struct session_store *st);

/* Pages in the write-ahead log, and moving them into the file: see conn.h. */
size_t session_store_wal_pages(const struct session_store *st);
int session_store_checkpoint(struct session_store *st, bool truncate);

/* ---- telling what is kept ---------------------------------------------- */

/* Each tells its part as persist_port.load says; outside of a transaction. each must not call the store.
 * Returns 0, each's, or an error of the disk. */
int session_store_retained_each(struct session_store *st, persist_each *each, void *ctx);
int session_store_sessions_each(struct session_store *st, persist_each *each, void *ctx);
int session_store_commands_each(struct session_store *st, persist_each *each, void *ctx);

/* All three, in this order. */
int session_store_each(struct session_store *st, persist_each *each, void *ctx);

#endif
