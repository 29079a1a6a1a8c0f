/* The session store's frame: opening broker.db, and the transactions that move the journal's frames into it. Opens on the
 * main thread, works on the sealer's. Knows no table but that of the mark. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/record.h"
#include "db/schema.h"
#include "db/session_store_private.h"

enum { CHECK_LIMIT_MS = 5000 };

/* ---- opening ----------------------------------------------------------- */

static int make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err = fd < 0 || fchmod(fd, 0600) ? err_from_errno(errno) : 0;
	if (fd >= 0)
		close(fd);
	return err;
}

static int read_mark(struct session_store *st)
{
	struct query q;
	query_begin(&q, st->conn, "SELECT mark FROM journal");
	if (query_next(&q))
		st->mark = (uint64_t)query_take_int(&q);
	else if (!q.err)
		q.err = ERR_DAMAGED;
	st->applied = st->mark;
	return query_end(&q);
}

static int check(struct session_store *st, const char *path, char found_r[256])
{
	bool finished;
	int err = conn_quick_check(st->conn, CHECK_LIMIT_MS, &finished, found_r);
	if (!err && !finished)
		log_warning("store", "%s is large: its check was ended after %d s without a finding", path, CHECK_LIMIT_MS / 1000);
	return err;
}

static int open_base(struct session_store *st, const char *path, char message_r[STORE_MESSAGE_SIZE])
{
	char found[256] = "";
	int err = make_file(path);
	if (!err)
		err = conn_open_writer(path, BASE_BROKER, &st->conn);
	if (!err) {
		err = migrate(st->conn, &schema_broker, message_r);
		if (err && err != ERR_DAMAGED)
			return err; /* it has told */
	}
	if (!err)
		err = check(st, path, found);
	if (!err)
		err = conn_exec(st->conn, "PRAGMA foreign_keys = ON");
	if (!err)
		err = read_mark(st);
	const char *why = found[0] ? found : conn_message(st->conn);
	if (err == ERR_DAMAGED)
		(void)str_format(message_r, STORE_MESSAGE_SIZE,
				 "%s is damaged (%s). Restore it from a backup, or move it and its -wal file away to begin anew "
				 "without retained messages and sessions.", path, why);
	else if (err)
		(void)str_format(message_r, STORE_MESSAGE_SIZE, "%s cannot be opened: %s.", path, why[0] ? why : err_text(err));
	return err;
}

int session_store_open(const char *path, struct session_store **st_r, char message_r[STORE_MESSAGE_SIZE])
{
	struct session_store *st = calloc(1, sizeof *st);
	*st_r = NULL;
	if (!st) {
		(void)str_format(message_r, STORE_MESSAGE_SIZE, "There is no memory to open %s.", path);
		return ERR_NOMEM;
	}
	int err = open_base(st, path, message_r);
	if (err)
		session_store_close(&st);
	*st_r = st;
	return err;
}

int session_store_open_reader(const char *path, struct session_store **st_r)
{
	struct session_store *st = calloc(1, sizeof *st);
	int err = st ? conn_open_reader(path, &st->conn) : ERR_NOMEM;
	if (err)
		session_store_close(&st);
	*st_r = st;
	return err;
}

void session_store_close(struct session_store **st)
{
	if (!*st)
		return;
	if ((*st)->conn)
		session_store_rollback(*st);
	conn_close(&(*st)->conn);
	free(*st);
	*st = NULL;
}

uint64_t session_store_mark(const struct session_store *st)
{
	return st->mark;
}

/* ---- transactions ------------------------------------------------------ */

int session_store_begin(struct session_store *st)
{
	assert(!conn_in_transaction(st->conn));
	return conn_exec(st->conn, "BEGIN IMMEDIATE");
}

/* Whether every record decodes, so that a damaged frame is refused before it has changed anything. */
static int check_frame(struct span payload)
{
	struct record_reader reader;
	struct record record;
	int err;
	record_reader_init(&reader, payload);
	while ((err = record_next(&reader, &record)) == 0)
		;
	return err == ERR_NOT_FOUND ? 0 : err;
}

int session_store_apply(struct session_store *st, uint64_t seq, struct span payload)
{
	struct record_reader reader;
	struct record record;
	if (seq <= st->applied)
		return 0;
	int err = check_frame(payload);
	record_reader_init(&reader, payload);
	while (!err && record_next(&reader, &record) == 0)
		if (record.type == RECORD_PERSIST)
			err = session_apply(st->conn, &record.persist);
	if (!err)
		st->applied = seq;
	return err;
}

int session_store_commit(struct session_store *st, uint64_t mark)
{
	assert(mark >= st->applied);
	struct query q;
	query_begin(&q, st->conn, "UPDATE journal SET mark = ?");
	query_put_int(&q, (int64_t)mark);
	int err = query_run(&q);
	if (!err)
		err = conn_exec(st->conn, "COMMIT");
	if (err)
		session_store_rollback(st);
	else
		st->mark = st->applied = mark;
	return err;
}

void session_store_rollback(struct session_store *st)
{
	conn_rollback(st->conn);
	st->applied = st->mark;
}

size_t session_store_wal_pages(const struct session_store *st)
{
	return conn_wal_pages(st->conn);
}

int session_store_checkpoint(struct session_store *st, bool truncate)
{
	return conn_checkpoint(st->conn, truncate);
}
