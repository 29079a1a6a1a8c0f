/* Connections and queries: the room's whole contact with SQLite. A connection
 * belongs to the writer thread or, for the time of one call, to the thread that took it
 * from the readers. Knows no table. */
#include "db/conn.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum {
	BUSY_TIMEOUT_MS = 5000,
	CACHE_SIZE = 128,            /* statements; the room has about fifty, a connection fewer */
	PROGRESS_STEPS = 10000,      /* virtual machine steps between looks at the clock */
	JOURNAL_LIMIT_BYTES = 16 << 20, /* a log that grew larger is cut at its next restart */
};

struct cached {
	const char *sql; /* a literal; NULL when free */
	sqlite3_stmt *stmt;
};

struct conn {
	sqlite3 *db;
	size_t wal_pages;
	int page_size;
	uint64_t logged_pages, moved_pages; /* written into the log, and from it into the file */
	struct cached cache[CACHE_SIZE]; /* open addressing by the literal's address */
};

/* ---- errors ------------------------------------------------------------ */

static int error_of_constraint(int code)
{
	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_EXISTS;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return ERR_NOT_FOUND;
	default:
		return ERR_INVALID;
	}
}

/* A full disk hides behind several of SQLite's I/O errors; errno tells. */
static int error_of_system(struct conn *conn)
{
	int system = sqlite3_system_errno(conn->db);
	if (system == ENOSPC || system == EDQUOT)
		return ERR_DISK_FULL;
	return system == EACCES || system == EPERM || system == EROFS ? ERR_DENIED : ERR_IO;
}

static int error_of(struct conn *conn, int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_CONSTRAINT:
		return error_of_constraint(code);
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_FULL:
		return ERR_DISK_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_DAMAGED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_TOOBIG:
		return ERR_TOO_LARGE;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return ERR_DENIED;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return error_of_system(conn);
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		return ERR_INVALID;
	default:
		return ERR_IO;
	}
}

const char *conn_message(struct conn *conn)
{
	return conn ? sqlite3_errmsg(conn->db) : "";
}

/* ---- connections ------------------------------------------------------- */

static int count_wal_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
	(void)db, (void)name;
	((struct conn *)ctx)->wal_pages = (size_t)pages;
	return SQLITE_OK;
}

static int open_file(const char *path, struct conn **conn_r)
{
	struct conn *conn = calloc(1, sizeof *conn);
	*conn_r = conn;
	if (!conn)
		return ERR_NOMEM;
	/* NOMUTEX: one thread at a time is our own rule. NOFOLLOW: the directory is
	 * ours, a link in it is an attack or a mistake. */
	int code = sqlite3_open_v2(path, &conn->db,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (!conn->db)
		return ERR_NOMEM;
	sqlite3_extended_result_codes(conn->db, 1);
	if (code != SQLITE_OK)
		return error_of(conn, code);
	sqlite3_busy_timeout(conn->db, BUSY_TIMEOUT_MS);
	sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(conn->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return 0;
}

static int read_page_size(struct conn *conn)
{
	struct query q;
	query_begin(&q, conn, "PRAGMA page_size");
	if (query_next(&q))
		conn->page_size = (int)query_take_int(&q);
	return query_end(&q);
}

static int exec_all(struct conn *conn, const char *const *sql)
{
	int err = 0;
	for (; *sql && !err; sql++)
		err = conn_exec(conn, *sql);
	return err;
}

int conn_open_writer(const char *path, enum base base, struct conn **conn_r)
{
	static const char *const common[] = {
		"PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = FULL",
		"PRAGMA wal_autocheckpoint = 0", /* the writer checkpoints when nobody waits */
		"PRAGMA cell_size_check = ON",
		NULL,
	};
	/* What can be chosen only while a file is empty. */
	static const char *const first[BASE_COUNT][3] = {
		[BASE_TELEMETRY] = {"PRAGMA page_size = 1024", "PRAGMA auto_vacuum = INCREMENTAL", NULL},
	};
	static const char *const of_base[BASE_COUNT][4] = {
		/* temp_store: VACUUM copies secrets, they shall not reach a temporary file */
		[BASE_HUB] = {"PRAGMA secure_delete = ON", "PRAGMA temp_store = MEMORY", NULL},
		[BASE_TELEMETRY] = {"PRAGMA secure_delete = OFF", "PRAGMA cache_size = -2048", NULL},
		/* the cache holds a seal's pages, so that one written a thousand times reaches the disk once */
		[BASE_BROKER] = {"PRAGMA secure_delete = ON", "PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -8192", NULL},
	};
	int err = open_file(path, conn_r);
	if (err)
		return err;
	struct conn *conn = *conn_r;
	err = exec_all(conn, first[base]);
	if (!err)
		err = exec_all(conn, common);
	if (!err)
		err = exec_all(conn, of_base[base]);
	if (!err)
		err = read_page_size(conn);
	char limit[64];
	if (!err)
		err = str_format(limit, sizeof limit, "PRAGMA journal_size_limit = %d", JOURNAL_LIMIT_BYTES);
	if (!err)
		err = conn_exec(conn, limit);
	sqlite3_wal_hook(conn->db, count_wal_pages, conn);
	return err;
}

int conn_open_reader(const char *path, struct conn **conn_r)
{
	int err = open_file(path, conn_r);
	if (err)
		return err;
	sqlite3_db_config((*conn_r)->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_wal_autocheckpoint((*conn_r)->db, 0);
	return conn_exec(*conn_r, "PRAGMA query_only = ON");
}

void conn_close(struct conn **conn)
{
	if (!*conn)
		return;
	for (size_t i = 0; i < CACHE_SIZE; i++)
		sqlite3_finalize((*conn)->cache[i].stmt);
	sqlite3_close((*conn)->db);
	free(*conn);
	*conn = NULL;
}

int conn_exec(struct conn *conn, const char *sql)
{
	return error_of(conn, sqlite3_exec(conn->db, sql, NULL, NULL, NULL));
}

bool conn_in_transaction(const struct conn *conn)
{
	return !sqlite3_get_autocommit(conn->db);
}

void conn_rollback(struct conn *conn)
{
	if (conn_in_transaction(conn))
		sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
}

int64_t conn_changes(const struct conn *conn)
{
	return sqlite3_changes64(conn->db);
}

int64_t conn_last_id(const struct conn *conn)
{
	return sqlite3_last_insert_rowid(conn->db);
}

size_t conn_wal_pages(const struct conn *conn)
{
	return conn->wal_pages;
}

/* Counts what was logged since the last call. */
static void count_logged(struct conn *conn)
{
	int pages = 0, most;
	sqlite3_db_status(conn->db, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &most, 1);
	conn->logged_pages += (uint64_t)pages;
}

uint64_t conn_written_bytes(struct conn *conn)
{
	enum { FRAME_HEADER_SIZE = 24 };
	count_logged(conn);
	return conn->logged_pages * (uint64_t)(conn->page_size + FRAME_HEADER_SIZE) +
	       conn->moved_pages * (uint64_t)conn->page_size;
}

int conn_checkpoint(struct conn *conn, bool truncate)
{
	count_logged(conn);
	int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
	int err = error_of(conn, sqlite3_wal_checkpoint_v2(conn->db, NULL, mode, NULL, NULL));
	if (!err) {
		conn->wal_pages = 0;
		conn->moved_pages = conn->logged_pages;
	}
	return err;
}

static int past_deadline(void *ctx)
{
	return clock_mono().ms >= *(const int64_t *)ctx;
}

int conn_quick_check(struct conn *conn, int64_t limit_ms, bool *finished_r, char found_r[256])
{
	int64_t deadline = clock_mono().ms + limit_ms;
	*finished_r = true;
	found_r[0] = 0;
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(conn->db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
	sqlite3_progress_handler(conn->db, PROGRESS_STEPS, past_deadline, &deadline);
	int err = 0;
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		const char *found = (const char *)sqlite3_column_text(stmt, 0);
		if (!found || strcmp(found, "ok") != 0) {
			(void)str_format(found_r, 256, "%s", found ? found : "no memory for the answer");
			err = ERR_DAMAGED;
		}
	} else if ((code & 0xff) == SQLITE_INTERRUPT) {
		*finished_r = false;
	} else {
		(void)str_format(found_r, 256, "%s", sqlite3_errmsg(conn->db));
		err = error_of(conn, code);
	}
	sqlite3_finalize(stmt);
	sqlite3_progress_handler(conn->db, 0, NULL, NULL);
	return err;
}

/* ---- queries ----------------------------------------------------------- */

/* The prepared statement of a literal; *own_r when it is not the kept one. A full cache would be a bug of
 * ours that no input can cause: the literals are counted in the source. */
static int prepare(struct conn *conn, const char *sql, sqlite3_stmt **stmt_r, bool *own_r)
{
	size_t i = ((uintptr_t)sql >> 3) % CACHE_SIZE;
	for (size_t probes = 0; conn->cache[i].sql; i = (i + 1) % CACHE_SIZE) {
		if (conn->cache[i].sql == sql) {
			*stmt_r = conn->cache[i].stmt;
			*own_r = sqlite3_stmt_busy(*stmt_r);
			return *own_r ? error_of(conn, sqlite3_prepare_v2(conn->db, sql, -1, stmt_r, NULL)) : 0;
		}
		if (++probes == CACHE_SIZE - 1)
			return ERR_NOMEM;
	}
	int code = sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt_r, NULL);
	if (code != SQLITE_OK)
		return error_of(conn, code);
	conn->cache[i] = (struct cached){sql, *stmt_r};
	return 0;
}

void query_begin(struct query *q, struct conn *conn, const char *sql)
{
	*q = (struct query){.conn = conn, .param = 1};
	sqlite3_stmt *stmt = NULL;
	q->err = prepare(conn, sql, &stmt, &q->own);
	q->stmt = stmt;
}

static void bound(struct query *q, int code)
{
	if (code != SQLITE_OK)
		q->err = error_of(q->conn, code);
}

void query_put_int(struct query *q, int64_t value)
{
	if (!q->err)
		bound(q, sqlite3_bind_int64(q->stmt, q->param++, value));
}

void query_put_real(struct query *q, double value)
{
	if (!q->err)
		bound(q, sqlite3_bind_double(q->stmt, q->param++, value));
}

void query_put_text(struct query *q, const char *text)
{
	if (!q->err)
		bound(q, sqlite3_bind_text(q->stmt, q->param++, text, -1, SQLITE_STATIC));
}

void query_put_blob(struct query *q, struct span bytes)
{
	/* A NULL pointer would put NULL; an empty blob is a value. */
	if (!q->err)
		bound(q, sqlite3_bind_blob64(q->stmt, q->param++, bytes.len ? (const void *)bytes.data : "", bytes.len,
					     SQLITE_STATIC));
}

void query_put_null(struct query *q)
{
	if (!q->err)
		bound(q, sqlite3_bind_null(q->stmt, q->param++));
}

bool query_next(struct query *q)
{
	if (q->err)
		return false;
	q->column = 0;
	int code = sqlite3_step(q->stmt);
	if (code != SQLITE_ROW)
		q->err = error_of(q->conn, code);
	return code == SQLITE_ROW;
}

int64_t query_take_int(struct query *q)
{
	return q->err ? 0 : sqlite3_column_int64(q->stmt, q->column++);
}

bool query_take_bool(struct query *q)
{
	return query_take_int(q) != 0;
}

double query_take_real(struct query *q)
{
	return q->err ? 0 : sqlite3_column_double(q->stmt, q->column++);
}

void query_take_text(struct query *q, char *dst, size_t size)
{
	dst[0] = 0;
	if (q->err)
		return;
	const char *text = (const char *)sqlite3_column_text(q->stmt, q->column++);
	if (!text || str_copy(dst, size, text))
		q->err = ERR_DAMAGED;
}

struct span query_take_span(struct query *q)
{
	if (q->err)
		return (struct span){NULL, 0};
	const void *data = sqlite3_column_blob(q->stmt, q->column);
	return span_of(data, (size_t)sqlite3_column_bytes(q->stmt, q->column++));
}

void query_take_bytes(struct query *q, uint8_t *dst, size_t len)
{
	struct span bytes = query_take_span(q);
	if (!q->err && bytes.len != len)
		q->err = ERR_DAMAGED;
	if (q->err)
		memset(dst, 0, len);
	else
		memcpy(dst, bytes.data, len);
}

char *query_take_text_copy(struct query *q)
{
	if (q->err)
		return NULL;
	int column = q->column++;
	if (sqlite3_column_type(q->stmt, column) == SQLITE_NULL)
		return NULL;
	const char *text = (const char *)sqlite3_column_text(q->stmt, column);
	char *copy = text ? strdup(text) : NULL;
	if (!copy)
		q->err = ERR_NOMEM;
	return copy;
}

int query_end(struct query *q)
{
	if (q->own)
		sqlite3_finalize(q->stmt);
	else if (q->stmt) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
	}
	q->stmt = NULL;
	q->own = false;
	return q->err;
}

int query_run(struct query *q)
{
	while (query_next(q))
		;
	return query_end(q);
}

int query_run_text(struct conn *conn, const char *sql, const char *text)
{
	struct query q;
	query_begin(&q, conn, sql);
	query_put_text(&q, text);
	return query_run(&q);
}
