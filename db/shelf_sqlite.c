/* The shelf in SQLite: its file, its connections, its transactions. The writing connection belongs to the
 * sealer's thread; any other thread reads with one of a small pool. Knows no table but meta. */
#include "db/shelf_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/schema.h"
#include "thread/thread.h"

enum {
	IDLE_MAX = 2, /* readers kept for the next one */
	CHECKPOINT_BYTES = 1 << 20, /* of the log; pages rewritten in the meantime are moved once */
	VACUUM_PAGES = 512,         /* given back in one step */
	VACUUM_SLACK = 64,          /* a file's part that may stay free, for the parts of the next day */
};

struct sqlite_shelf {
	struct shelf shelf;
	char *path;
	struct conn *writer;     /* the sealer's thread's */
	_Atomic uint64_t written; /* of the writer, for any thread */
	struct lock lock;        /* guards what follows; any thread */
	struct conn *idle[IDLE_MAX];
	size_t idle_count;
};

static struct sqlite_shelf *sqlite_shelf_of(struct shelf *shelf)
{
	return (struct sqlite_shelf *)shelf;
}

/* ---- readers ----------------------------------------------------------- */

static int take_reader(struct sqlite_shelf *s, struct conn **conn_r)
{
	*conn_r = NULL;
	lock_take(&s->lock);
	if (s->idle_count > 0)
		*conn_r = s->idle[--s->idle_count];
	lock_release(&s->lock);
	if (*conn_r)
		return 0;
	int err = conn_open_reader(s->path, conn_r);
	if (!err)
		err = conn_exec(*conn_r, "PRAGMA cache_size = -512");
	if (err)
		conn_close(conn_r);
	return err;
}

static void give_reader(struct sqlite_shelf *s, struct conn *conn)
{
	lock_take(&s->lock);
	if (s->idle_count < IDLE_MAX) {
		s->idle[s->idle_count++] = conn;
		conn = NULL;
	}
	lock_release(&s->lock);
	conn_close(&conn);
}

/* ---- transactions ------------------------------------------------------ */

static const char *const meta_names[META_COUNT] = {
	[META_MARK] = "mark",
	[META_CHUNKS] = "chunks",
	[META_SAMPLES] = "samples",
	[META_CHUNK_BYTES] = "chunk_bytes",
	[META_ROLLUP_BYTES] = "rollup_bytes",
	[META_QUARANTINED] = "quarantined",
};

static int read_meta(struct sqlite_txn *t)
{
	struct query q;
	query_begin(&q, t->conn, "SELECT name, value FROM meta");
	while (query_next(&q)) {
		char name[32];
		query_take_text(&q, name, sizeof name);
		int64_t value = query_take_int(&q);
		for (int i = 0; i < META_COUNT; i++)
			if (strcmp(name, meta_names[i]) == 0)
				t->meta[i] = t->stored[i] = value;
	}
	return query_end(&q);
}

static int write_meta(struct sqlite_txn *t)
{
	int err = 0;
	for (int i = 0; i < META_COUNT && !err; i++) {
		if (t->meta[i] == t->stored[i])
			continue;
		struct query q;
		query_begin(&q, t->conn, "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)");
		query_put_text(&q, meta_names[i]);
		query_put_int(&q, t->meta[i]);
		err = query_run(&q);
	}
	return err;
}

static void sqlite_end(struct shelf_txn *txn)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	struct sqlite_shelf *s = sqlite_shelf_of(txn->shelf);
	if (t->conn)
		conn_rollback(t->conn);
	if (t->write)
		atomic_store(&s->written, conn_written_bytes(s->writer));
	else if (t->conn)
		give_reader(s, t->conn);
	free(t);
}

static int sqlite_begin(struct shelf *shelf, bool write, struct shelf_txn **txn_r)
{
	struct sqlite_shelf *s = sqlite_shelf_of(shelf);
	if (write && conn_in_transaction(s->writer))
		return ERR_BUSY;
	struct sqlite_txn *t = calloc(1, sizeof *t);
	if (!t)
		return ERR_NOMEM;
	t->txn.shelf = shelf;
	t->write = write;
	t->conn = write ? s->writer : NULL;
	int err = write ? 0 : take_reader(s, &t->conn);
	if (!err)
		err = conn_exec(t->conn, write ? "BEGIN IMMEDIATE" : "BEGIN");
	if (!err)
		err = read_meta(t); /* with it a reader's snapshot is taken */
	if (err)
		sqlite_end(&t->txn);
	else
		*txn_r = &t->txn;
	return err;
}

static int sqlite_commit(struct shelf_txn *txn, uint64_t mark)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	int err = t->write && conn_in_transaction(t->conn) ? 0 : ERR_IO; /* a failing disk may have ended it */
	if (mark)
		t->meta[META_MARK] = (int64_t)mark;
	if (!err)
		err = write_meta(t);
	if (!err)
		err = conn_exec(t->conn, "COMMIT");
	sqlite_end(txn);
	return err;
}

static int sqlite_mark(struct shelf_txn *txn, uint64_t *mark_r)
{
	*mark_r = (uint64_t)sqlite_txn_of(txn)->meta[META_MARK];
	return 0;
}

/* ---- size -------------------------------------------------------------- */

static int read_int(struct conn *conn, const char *literal, int64_t *value_r)
{
	struct query q;
	query_begin(&q, conn, literal);
	*value_r = query_next(&q) ? query_take_int(&q) : 0;
	return query_end(&q);
}

static int sqlite_size(struct shelf_txn *txn, struct shelf_size *size_r)
{
	struct sqlite_txn *t = sqlite_txn_of(txn);
	int64_t page_size = 0, pages = 0, free_pages = 0, day;
	int err = read_int(t->conn, "PRAGMA page_size", &page_size);
	if (!err)
		err = read_int(t->conn, "PRAGMA page_count", &pages);
	if (!err)
		err = read_int(t->conn, "PRAGMA freelist_count", &free_pages);
	if (!err)
		err = sqlite_day_from(t, 0, &day);
	if (err)
		return err;
	*size_r = (struct shelf_size){
		.bytes = (pages - free_pages) * page_size,
		.free_bytes = free_pages * page_size,
		.chunks = t->meta[META_CHUNKS],
		.samples = t->meta[META_SAMPLES],
		.chunk_bytes = t->meta[META_CHUNK_BYTES],
		.rollup_bytes = t->meta[META_ROLLUP_BYTES],
		.quarantined = t->meta[META_QUARANTINED],
		.first_day = day,
	};
	return 0;
}

/* ---- outside of transactions ------------------------------------------- */

/* Gives a step of free pages back, when there are more than the file may well keep. */
static int give_back(struct conn *conn, bool *given_r)
{
	int64_t pages, free_pages;
	int err = read_int(conn, "PRAGMA page_count", &pages);
	if (!err)
		err = read_int(conn, "PRAGMA freelist_count", &free_pages);
	*given_r = !err && free_pages > pages / VACUUM_SLACK;
	if (!*given_r)
		return err;
	int64_t excess = free_pages - pages / VACUUM_SLACK;
	char sql[64];
	err = str_format(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)",
			 excess < VACUUM_PAGES ? (int)excess : VACUUM_PAGES);
	return err ? err : conn_exec(conn, sql);
}

static int sqlite_tidy(struct shelf *shelf)
{
	struct sqlite_shelf *s = sqlite_shelf_of(shelf);
	int64_t page_size;
	bool given;
	int err = give_back(s->writer, &given);
	if (!err)
		err = read_int(s->writer, "PRAGMA page_size", &page_size);
	/* The file shrinks when the log that says so is moved. */
	if (!err && (given || (int64_t)conn_wal_pages(s->writer) * page_size >= CHECKPOINT_BYTES))
		err = conn_checkpoint(s->writer, false);
	atomic_store(&s->written, conn_written_bytes(s->writer));
	return err;
}

static int sqlite_flush(struct shelf *shelf)
{
	struct sqlite_shelf *s = sqlite_shelf_of(shelf);
	int err = conn_checkpoint(s->writer, true);
	atomic_store(&s->written, conn_written_bytes(s->writer));
	return err;
}

static int sqlite_scrub(struct shelf *shelf)
{
	int err = conn_exec(sqlite_shelf_of(shelf)->writer, "VACUUM");
	return err ? err : sqlite_flush(shelf);
}

static int sqlite_check(struct shelf *shelf, int64_t limit_ms, char found_r[256])
{
	bool finished;
	return conn_quick_check(sqlite_shelf_of(shelf)->writer, limit_ms, &finished, found_r);
}

static uint64_t sqlite_written_bytes(struct shelf *shelf)
{
	return atomic_load(&sqlite_shelf_of(shelf)->written);
}

/* ---- opening ----------------------------------------------------------- */

static void sqlite_close(struct shelf *shelf)
{
	struct sqlite_shelf *s = sqlite_shelf_of(shelf);
	for (size_t i = 0; i < s->idle_count; i++)
		conn_close(&s->idle[i]);
	conn_close(&s->writer); /* last, so that it tidies the log away */
	lock_finish(&s->lock);
	free(s->path);
	free(s);
}

static const struct shelf_ops sqlite_ops = {
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.end = sqlite_end,
	.mark = sqlite_mark,
	.chunks = sqlite_chunks,
	.chunks_all = sqlite_chunks_all,
	.last_chunk = sqlite_last_chunk,
	.rollups = sqlite_rollups,
	.pending = sqlite_pending,
	.series = sqlite_series,
	.words = sqlite_words,
	.size = sqlite_size,
	.put_chunk = sqlite_put_chunk,
	.remove_chunk = sqlite_remove_chunk,
	.put_rollup = sqlite_put_rollup,
	.remove_rollup = sqlite_remove_rollup,
	.put_pending = sqlite_put_pending,
	.remove_pending = sqlite_remove_pending,
	.put_series = sqlite_put_series,
	.put_word = sqlite_put_word,
	.trim = sqlite_trim,
	.trim_rollups = sqlite_trim_rollups,
	.trim_words = sqlite_trim_words,
	.remove_series = sqlite_remove_series,
	.quarantine = sqlite_quarantine,
	.tidy = sqlite_tidy,
	.flush = sqlite_flush,
	.scrub = sqlite_scrub,
	.check = sqlite_check,
	.written_bytes = sqlite_written_bytes,
	.close = sqlite_close,
};

#define tell(message, ...) ((void)str_format(message, STORE_MESSAGE_SIZE, __VA_ARGS__))

/* Makes the file if it is missing; SQLite gives its log the same mode. */
static int make_file(const char *path, char *message)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int error = fd < 0 || fchmod(fd, 0600) ? errno : 0;
	if (fd >= 0)
		close(fd);
	if (error)
		tell(message, "%s cannot be opened: %s.", path, strerror(error));
	return error ? err_from_errno(error) : 0;
}

static int open_writer(struct sqlite_shelf *s, char *message)
{
	int err = make_file(s->path, message);
	if (err)
		return err;
	err = conn_open_writer(s->path, BASE_TELEMETRY, &s->writer);
	if (err)
		tell(message, "%s cannot be opened: %s (%s).", s->path, err_text(err), conn_message(s->writer));
	else
		err = migrate(s->writer, &schema_telemetry, message);
	if (err == ERR_DAMAGED)
		tell(message,
		     "%s is damaged (%s). Restore it from a backup, or move it and its -wal file away to begin anew "
		     "without it.",
		     s->path, conn_message(s->writer));
	return err;
}

int shelf_open_sqlite(const char *path, struct shelf **shelf_r, char message_r[512])
{
	*shelf_r = NULL;
	message_r[0] = 0;
	struct sqlite_shelf *s = calloc(1, sizeof *s);
	if (!s) {
		tell(message_r, "There is no memory to open %s.", path);
		return ERR_NOMEM;
	}
	s->shelf.ops = &sqlite_ops;
	lock_init(&s->lock, "shelf-readers");
	s->path = strdup(path);
	int err = s->path ? open_writer(s, message_r) : ERR_NOMEM;
	if (err)
		sqlite_close(&s->shelf);
	else
		*shelf_r = &s->shelf;
	return err;
}
