/* The writer: the one thread that changes the databases, in group commits.
 *
 * A write is an op: a struct of its kind with a `struct op` as its first member and the
 * arguments copied behind it. Ops are applied in the order submitted, each in a savepoint of
 * its group's transaction, so that one that fails takes no other with it; callbacks follow in the
 * same order once every transaction of the group is on the disk. When a transaction fails as a whole,
 * its ops are tried again one by one. */
#ifndef DB_WRITER_H
#define DB_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"
#include "db/store.h"

struct writer;

/* What ops work with. Writer thread only. */
struct write {
	struct conn *conn[BASE_COUNT]; /* owned */
	/* Series known to exist, by id modulo the size; 0 is free. Only a cache: a
	 * miss asks the database, a rollback empties it (series.c). */
	int64_t known_series[4096];
	bool erasure_due; /* the table erasure is not empty: erase.c has to work */
};

struct op;

struct op_kind {
	enum base base; /* whose transaction it belongs to */
	/* Whether it may wait a moment for company (WRITER_WINDOW_MS). */
	bool patient;
	/* Whether it fails only when the disk does, so that it needs no savepoint: one copies
	 * every page the op touches, which is half the cost of a batch of samples. */
	bool plain;
	/* Whether it erases: the group ends with it, so that nothing younger falls to
	 * the erasure, and it succeeds only when erase_finish did. */
	bool erases;
	/* Applies the op within the open transaction; may be called again after a rollback.
	 * Returns 0 or an error that goes to the op's caller. */
	int (*apply)(struct op *op, struct write *write);
};

struct op {
	struct op *next;            /* the queue's, then the group's */
	const struct op_kind *kind; /* borrowed, static */
	size_t size;                /* of the whole allocation, in bytes */
	size_t samples;             /* that it carries */
	bool urgent;                /* does not wait for company */
	struct mono_ms queued_at;
	struct store_done done;
	int err;
	size_t skipped; /* samples of series that do not exist: the result is ERR_NOT_FOUND then */
};

enum {
	WRITER_WINDOW_MS = 250,      /* samples wait for company at most this long */
	WRITER_GROUP_SAMPLES = 32768, /* about the most that one commit takes */
	WRITER_OPS_MAX = 65536,      /* waiting ops, samples apart */
};

/* An op of size bytes, zeroed, its struct op filled in. NULL without memory. */
void *op_create(const struct op_kind *kind, size_t size);

/* Wipes (it may hold a secret) and frees an op that was not submitted. NULL is fine. */
void op_discard(struct op *op);

/* Starts the thread. Takes the connections in write on success.
 * Returns 0, ERR_NOMEM or ERR_AGAIN (no thread). */
int writer_start(const struct write *write, struct writer **writer_r);

/* Submits op (taken; NULL returns ERR_NOMEM, which spares callers a check) as db/store.h
 * says of done. Any thread but, when done is NULL, the writer's.
 * Returns 0, ERR_FULL, ERR_CLOSED, and the op's result when done is NULL. */
int writer_submit(struct writer *w, struct op *op, const struct store_done *done);

/* Commits what waits, ends the thread and closes the connections. NULL is fine. */
void writer_stop(struct writer **w);

/* Any thread. */
void writer_stats(struct writer *w, struct store_stats *stats_r);

#endif
