/* One connection to one database file, and the statements run on it. With
 * conn.c the only place that includes sqlite3.h: the rest of the room speaks
 * struct query. A connection is used by one thread at a time. */
#ifndef DB_CONN_H
#define DB_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct conn;

enum base { BASE_HUB, BASE_TELEMETRY, BASE_BROKER, BASE_COUNT };

/* ---- connections ------------------------------------------------------- */

/* The writer's connection: WAL, synchronous=FULL, checkpoints only when asked for,
 * secure_delete on for hub.db (it holds secrets) and broker.db (payloads are private), off for telemetry.db, which
 * gives freed pages back on demand. Foreign keys are still
 * off, for migrations. The file must exist (an empty one is a new database).
 * *conn_r is set also on failure when there is something for conn_message to tell; close it.
 * Returns 0, ERR_NOMEM, ERR_DAMAGED (no database), ERR_DISK_FULL, ERR_DENIED, ERR_BUSY, ERR_IO. */
int conn_open_writer(const char *path, enum base base, struct conn **conn_r);

/* A connection that cannot write. Errors and *conn_r as above. */
int conn_open_reader(const char *path, struct conn **conn_r);

/* NULL is fine. */
void conn_close(struct conn **conn);

/* Runs statements that return no rows and are not worth keeping prepared.
 * Returns 0 or an error as query_end. */
int conn_exec(struct conn *conn, const char *sql);

/* Ends a transaction without its changes; does nothing when none is open. */
void conn_rollback(struct conn *conn);

/* Whether a transaction is open; SQLite may have rolled it back by itself
 * when the disk failed. */
bool conn_in_transaction(const struct conn *conn);

/* SQLite's words about the last failure; borrowed until the next call. "" for a NULL conn. */
const char *conn_message(struct conn *conn);

/* Rows changed by the last query_run. */
int64_t conn_changes(const struct conn *conn);
/* The key of the last row inserted. */
int64_t conn_last_id(const struct conn *conn);

/* Pages in the write-ahead log after the last commit of this connection. */
size_t conn_wal_pages(const struct conn *conn);

/* Bytes that this connection has written: pages into the log, and from there into the file
 * (counted as often as they were logged, so rather too many). */
uint64_t conn_written_bytes(struct conn *conn);

/* Moves what the log holds into the file. truncate: wait for readers (up to the busy
 * timeout) and leave an empty log; otherwise move what can be moved now.
 * Returns 0, ERR_BUSY (a reader did not end), ERR_DISK_FULL, ERR_IO. */
int conn_checkpoint(struct conn *conn, bool truncate);

/* Looks through the whole file for damage, for at most limit_ms milliseconds.
 * Returns 0 (also when the time ran out: *finished_r is false then) or ERR_DAMAGED with what was found. */
int conn_quick_check(struct conn *conn, int64_t limit_ms, bool *finished_r, char found_r[256]);

/* ---- queries ----------------------------------------------------------- */

/* A statement being filled, run and read, in the order of its parameters and columns:
 *
 *	struct query q;
 *	query_begin(&q, conn, "SELECT name FROM device WHERE id = ?");
 *	query_put_text(&q, id);
 *	while (query_next(&q))
 *		query_take_text(&q, name, sizeof name);
 *	err = query_end(&q);
 *
 * Errors stick: after the first one every function does nothing, and
 * query_end or query_run returns it. Prepared statements are kept by the
 * connection under the address of sql, which must be a literal. */
struct query {
	struct conn *conn;
	void *stmt; /* the connection's, or this query's own */
	bool own;
	int err;
	int param, column; /* the next one */
};

/* Prepares sql, or takes it from the connection's kept statements; one that is being walked by
 * a query further out is prepared anew. */
void query_begin(struct query *q, struct conn *conn, const char *sql);

/* Parameters are borrowed until query_run or query_end. */
void query_put_int(struct query *q, int64_t value);
void query_put_real(struct query *q, double value);
void query_put_text(struct query *q, const char *text); /* NULL puts NULL */
void query_put_blob(struct query *q, struct span bytes);
void query_put_null(struct query *q);

/* Steps to the next row; false at the end and on errors. */
bool query_next(struct query *q);

/* The next column of the row. A text or blob that does not fit its room is damage. */
int64_t query_take_int(struct query *q);
bool query_take_bool(struct query *q);
double query_take_real(struct query *q);
void query_take_text(struct query *q, char *dst, size_t size);
void query_take_bytes(struct query *q, uint8_t *dst, size_t len); /* exactly len bytes */
char *query_take_text_copy(struct query *q);      /* owned by the caller; NULL for NULL */
struct span query_take_span(struct query *q);     /* borrowed until the next step */

/* Ends the query; always called. Returns 0, ERR_EXISTS (not unique), ERR_NOT_FOUND (a
 * foreign key points nowhere), ERR_INVALID (another constraint), ERR_NOMEM, ERR_DISK_FULL,
 * ERR_DAMAGED, ERR_BUSY, ERR_DENIED, ERR_TOO_LARGE or ERR_IO. */
int query_end(struct query *q);

/* Runs a query that returns no rows, and ends it. */
int query_run(struct query *q);

/* The same for one with a single parameter, a text. */
int query_run_text(struct conn *conn, const char *sql, const char *text);

#endif
