/* One connection to PostgreSQL, and the statements run on it: what conn.h is for SQLite. With pg.c the only
 * place that includes libpq-fe.h. A connection is used by one thread at a time.
 *
 * Everything is sent in pipeline mode: statements without an answer are queued and cost no round trip each;
 * their errors come to light with the next query or pg_settle. After an error everything fails, and the connection
 * is to be closed. No call waits much longer than half a minute unless pg_set_wait says so. */
#ifndef DB_PG_H
#define DB_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct pg;

enum { PG_MESSAGE_SIZE = 256, PG_PARAMS_MAX = 16 };

/* Whether text is a connection string; message_r says what is wrong with it. Returns 0, ERR_INVALID, ERR_NOMEM. */
int pg_conninfo_check(const char *conninfo, char message_r[PG_MESSAGE_SIZE]);

/* Connects, which takes some seconds at most when nobody answers, and brings the schema to the newest. message_r tells what
 * failed. Returns 0, ERR_AGAIN (not reached, not let in), ERR_NEWER, ERR_UNSUPPORTED (its encoding is not
 * UTF-8), ERR_DENIED, ERR_NOMEM or as pg_end. */
int pg_open(const char *conninfo, struct pg **pg_r, char message_r[PG_MESSAGE_SIZE]);
/* NULL inside is fine. */
void pg_close(struct pg **pg);

/* Whether an error has happened. */
bool pg_failed(const struct pg *pg);

/* The server's words about it; borrowed. "" when there was none. */
const char *pg_message(const struct pg *pg);

/* How long to wait for an answer from now on; 0: as usual. */
void pg_set_wait(struct pg *pg, int64_t wait_ms);

/* Waits until all that was queued has been done. Returns 0 or the error. */
int pg_settle(struct pg *pg);

/* Ends a transaction without its changes. */
void pg_rollback(struct pg *pg);

/* A statement being filled, run and read, in the order of its parameters and columns; whole numbers are bigint, all
 * columns come in binary. Errors stick until pg_end. Prepared statements are kept under the address of
 * sql, which must be a literal. */
struct pg_query {
	struct pg *pg;
	const char *sql;
	int err;
	int params;
	const char *values[PG_PARAMS_MAX];
	int lengths[PG_PARAMS_MAX], formats[PG_PARAMS_MAX];
	char numbers[PG_PARAMS_MAX][8];
	void *result; /* libpq's; NULL before the first pg_next */
	int row, rows, column;
	int64_t changed; /* rows, once run */
};

/* Begins a query. */
void pg_begin(struct pg_query *q, struct pg *pg, const char *sql);

/* Parameters; texts and bytes are borrowed until the query is run or sent. */
void pg_put_int(struct pg_query *q, int64_t value);
void pg_put_real(struct pg_query *q, double value);
void pg_put_text(struct pg_query *q, const char *text);
void pg_put_bytes(struct pg_query *q, struct span bytes);

/* Queues a statement without an answer, and ends it. Returns the first error known by now. */
int pg_send(struct pg_query *q);

/* Runs it when called first; then steps to the next row: false at the end and on errors. */
bool pg_next(struct pg_query *q);

/* The next column of the row. What does not fit is damage. */
int64_t pg_take_int(struct pg_query *q);
void pg_take_int_or(struct pg_query *q, int64_t *value); /* left as it is by NULL */
double pg_take_real(struct pg_query *q);
void pg_take_text(struct pg_query *q, char *dst, size_t size);
struct span pg_take_span(struct pg_query *q); /* borrowed until pg_end */

/* Ends the query; always called but after pg_send. Returns 0, ERR_AGAIN (not reached, or it took too long), ERR_BUSY,
 * ERR_DISK_FULL, ERR_DAMAGED, ERR_DENIED, ERR_INVALID, ERR_NOMEM or ERR_IO. */
int pg_end(struct pg_query *q);

/* Runs one that returns no rows, waits for it, and ends it. */
int pg_run(struct pg_query *q);

#endif
