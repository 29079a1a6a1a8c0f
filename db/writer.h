/* The writer of hub.db: the one thread that changes it, in group commits.
 *
 * A write is an op: a struct of its kind with a `struct op` as its first member and the
 * arguments copied behind it. Ops are applied in the order submitted, each in a savepoint of
 * its group's transaction, so that one that fails takes no other with it; callbacks follow in the
 * same order once the transaction is on the disk. When a transaction fails as a whole,
 * its ops are tried again one by one. */
#ifndef DB_WRITER_H
#define DB_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"
#include "db/queue.h"
#include "db/store.h"

struct writer;

/* What ops work with. Writer thread only. */
struct write {
	struct conn *hub; /* owned */
	bool traces_due;  /* the table erasure says that secrets are to be wiped from the file: erase.c has to work */
};

struct op;

struct op_kind {
	/* Whether it runs by itself, outside of a transaction. */
	bool alone;
	/* Applies the op within the open transaction; may be called again after a rollback.
	 * Returns 0 or an error that goes to the op's caller. */
	int (*apply)(struct op *op, struct write *write);
};

struct op {
	struct work work;
	const struct op_kind *kind; /* borrowed, static */
	int err;
};

/* An op of size bytes, zeroed, its struct op filled in. NULL without memory. */
void *op_create(const struct op_kind *kind, size_t size);

/* Wipes (it may hold a secret) and frees an op that was not submitted. NULL is fine. */
void op_discard(struct op *op);

/* Starts the thread. Takes the connection in write on success.
 * Returns 0, ERR_NOMEM or ERR_AGAIN (no thread). */
int writer_start(const struct write *write, struct writer **writer_r);

/* Submits op (taken; NULL returns ERR_NOMEM, which spares callers a check) as db/store.h
 * says of done. Any thread but, when done is NULL, the writer's.
 * Returns 0, ERR_FULL, ERR_CLOSED, and the op's result when done is NULL. */
int writer_submit(struct writer *w, struct op *op, const struct store_done *done);

/* Commits what waits, ends the thread and closes the connection. NULL is fine. */
void writer_stop(struct writer **w);

/* While held, the thread does not touch the database: it is between two groups. One holder. Any other thread;
 * hold blocks until the thread has stopped. */
void writer_hold(struct writer *w);
void writer_release(struct writer *w);
/* The holder moves all of the log into the file. Returns 0, ERR_BUSY (a reader did not end) or an error of the disk. */
int writer_checkpoint(struct writer *w);
/* Keeps the file as it is: neither the log is moved into it nor are erased secrets wiped from it. Set by the holder; any thread. */
void writer_forbid_checkpoints(struct writer *w, bool forbidden);

/* Adds to commits and errors, sets disk_full. Any thread. */
void writer_stats(struct writer *w, struct store_stats *stats);

#endif
