/* The shelf in PostgreSQL: its connections, its transactions. One connection belongs to the sealer's thread; any
 * other thread reads with one of a small pool. A server that cannot be reached is not asked again for two
 * seconds, so that not every reader waits for it. */
#include "db/shelf_postgres.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "thread/thread.h"

enum {
	IDLE_MAX = 2,         /* readers kept for the next one */
	PAUSE_MS = 2000,      /* after a connection that failed */
	VACUUM_WAIT_MS = 3600000,
	ROW_BYTES = 128,      /* what a row and its entry in the index cost beside its data */
};

struct postgres_shelf {
	struct shelf shelf;
	char *conninfo, *hub;
	struct pg *writer;          /* the sealer's thread's; NULL before its first transaction and after a failure */
	bool writing;               /* the sealer's thread */
	_Atomic int64_t retry_at;   /* monotonic ms; any thread */
	atomic_bool lost;           /* it has been logged; any thread */
	struct lock lock;           /* guards what follows; any thread */
	struct pg *idle[IDLE_MAX];
	size_t idle_count;
	struct shelf_size size;     /* as of the revision; counting reads all rows */
	int64_t size_revision;
};

static struct postgres_shelf *postgres_shelf_of(struct shelf *shelf)
{
	return (struct postgres_shelf *)shelf;
}

/* ---- connections ------------------------------------------------------- */

static int connect_now(struct postgres_shelf *s, struct pg **pg_r, char message_r[PG_MESSAGE_SIZE])
{
	message_r[0] = 0;
	*pg_r = NULL;
	if (clock_mono().ms < atomic_load(&s->retry_at))
		return ERR_AGAIN;
	int err = pg_open(s->conninfo, pg_r, message_r);
	if (err) {
		atomic_store(&s->retry_at, clock_mono().ms + PAUSE_MS);
		if (!atomic_exchange(&s->lost, true))
			log_warning("store", "the PostgreSQL database cannot be used: %s", message_r);
	} else if (atomic_exchange(&s->lost, false)) {
		log_info("store", "the PostgreSQL database can be used again");
	}
	return err;
}

static struct pg *take_idle(struct postgres_shelf *s)
{
	lock_take(&s->lock);
	struct pg *pg = s->idle_count > 0 ? s->idle[--s->idle_count] : NULL;
	lock_release(&s->lock);
	return pg;
}

static void give_idle(struct postgres_shelf *s, struct pg *pg)
{
	lock_take(&s->lock);
	if (s->idle_count < IDLE_MAX) {
		s->idle[s->idle_count++] = pg;
		pg = NULL;
	}
	lock_release(&s->lock);
	pg_close(&pg);
}

/* Gives the transaction's connection back, or closes it after a failure. */
static void give_connection(struct postgres_shelf *s, struct postgres_txn *t)
{
	if (t->pg && pg_failed(t->pg)) {
		log_debug("store", "PostgreSQL: %s", pg_message(t->pg));
		pg_close(&t->pg);
	}
	if (t->pg && t->write)
		s->writer = t->pg;
	else if (t->pg)
		give_idle(s, t->pg);
	t->pg = NULL;
}

/* ---- transactions ------------------------------------------------------ */

/* A writing transaction holds a lock that only one of the hub can have, wherever its processes are. */
static int begin_on(struct postgres_txn *t)
{
	struct pg_query q;
	pg_begin(&q, t->pg,
		 t->write ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
	int err = pg_send(&q);
	if (err)
		return err;
	bool locked = true;
	if (t->write) {
		postgres_query(&q, t, "SELECT pg_try_advisory_xact_lock(1953721461, hashtext($1))::int::bigint");
		locked = pg_next(&q) && pg_take_int(&q) == 1;
		err = pg_end(&q);
	}
	if (err || !locked)
		return err ? err : ERR_BUSY;
	postgres_query(&q, t, "SELECT mark, revision FROM tomte.hub WHERE hub = $1");
	if (pg_next(&q)) {
		t->mark = pg_take_int(&q);
		t->revision = pg_take_int(&q);
	}
	return pg_end(&q);
}

/* With a kept connection if there is one; it may have died in the meantime. */
static int begin_anywhere(struct postgres_shelf *s, struct postgres_txn *t)
{
	char message[PG_MESSAGE_SIZE];
	t->pg = t->write ? s->writer : take_idle(s);
	if (t->write)
		s->writer = NULL;
	while (t->pg) {
		int err = begin_on(t);
		if (err != ERR_AGAIN)
			return err;
		pg_close(&t->pg);
		t->pg = t->write ? NULL : take_idle(s);
	}
	int err = connect_now(s, &t->pg, message);
	return err ? err : begin_on(t);
}

static void postgres_end(struct shelf_txn *txn)
{
	struct postgres_txn *t = postgres_txn_of(txn);
	struct postgres_shelf *s = postgres_shelf_of(txn->shelf);
	if (t->pg && !pg_failed(t->pg))
		pg_rollback(t->pg);
	give_connection(s, t);
	if (t->write)
		s->writing = false;
	free(t);
}

static int postgres_begin(struct shelf *shelf, bool write, struct shelf_txn **txn_r)
{
	struct postgres_shelf *s = postgres_shelf_of(shelf);
	if (write && s->writing)
		return ERR_BUSY;
	struct postgres_txn *t = calloc(1, sizeof *t);
	if (!t)
		return ERR_NOMEM;
	t->txn.shelf = shelf;
	t->hub = s->hub;
	t->write = write;
	if (write)
		s->writing = true;
	int err = begin_anywhere(s, t);
	if (err)
		postgres_end(&t->txn);
	else
		*txn_r = &t->txn;
	return err;
}

static int postgres_commit(struct shelf_txn *txn, uint64_t mark)
{
	struct postgres_txn *t = postgres_txn_of(txn);
	struct pg_query q;
	postgres_query(&q, t,
		       "INSERT INTO tomte.hub (hub, mark, revision) VALUES ($1, $2::bigint, $3::bigint) "
		       "ON CONFLICT (hub) DO UPDATE SET mark = excluded.mark, revision = excluded.revision");
	pg_put_int(&q, mark ? (int64_t)mark : t->mark);
	pg_put_int(&q, t->revision + 1);
	int err = t->write ? pg_send(&q) : ERR_STATE;
	if (!err) {
		pg_begin(&q, t->pg, "COMMIT");
		err = pg_run(&q);
	}
	if (err && err != ERR_AGAIN)
		log_error("store", "PostgreSQL did not take a transaction: %s", pg_message(t->pg));
	if (!err)
		give_connection(postgres_shelf_of(txn->shelf), t); /* nothing to roll back */
	postgres_end(txn);
	return err;
}

static int postgres_mark(struct shelf_txn *txn, uint64_t *mark_r)
{
	*mark_r = (uint64_t)postgres_txn_of(txn)->mark;
	return 0;
}

/* ---- size -------------------------------------------------------------- */

static int count_rows(struct postgres_txn *t, struct shelf_size *size_r)
{
	struct pg_query q;
	postgres_query(&q, t,
		       "SELECT count(*), coalesce(sum(count), 0)::bigint, coalesce(sum(octet_length(data)), 0)::bigint, "
		       "(min(id) >> 43) - 524288, "
		       "(SELECT coalesce(sum(octet_length(data)), 0) FROM tomte.rollup WHERE hub = $1)::bigint, "
		       "(SELECT count(*) FROM tomte.rollup WHERE hub = $1), "
		       "(SELECT count(*) FROM tomte.quarantine WHERE hub = $1) FROM tomte.chunk WHERE hub = $1");
	*size_r = (struct shelf_size){.first_day = INT64_MAX};
	if (pg_next(&q)) {
		size_r->chunks = pg_take_int(&q);
		size_r->samples = pg_take_int(&q);
		size_r->chunk_bytes = pg_take_int(&q);
		pg_take_int_or(&q, &size_r->first_day);
		size_r->rollup_bytes = pg_take_int(&q);
		size_r->bytes = size_r->chunk_bytes + size_r->rollup_bytes + ROW_BYTES * (size_r->chunks + pg_take_int(&q));
		size_r->quarantined = pg_take_int(&q);
	}
	return pg_end(&q);
}

/* Kept for the readers, since all that lies between two seals see the same. */
static int postgres_size(struct shelf_txn *txn, struct shelf_size *size_r)
{
	struct postgres_txn *t = postgres_txn_of(txn);
	struct postgres_shelf *s = postgres_shelf_of(txn->shelf);
	if (t->write)
		return count_rows(t, size_r);
	lock_take(&s->lock);
	bool known = s->size_revision == t->revision;
	*size_r = s->size;
	lock_release(&s->lock);
	if (known)
		return 0;
	int err = count_rows(t, size_r);
	lock_take(&s->lock);
	if (!err && t->revision > s->size_revision) {
		s->size = *size_r;
		s->size_revision = t->revision;
	}
	lock_release(&s->lock);
	return err;
}

/* ---- outside of transactions ------------------------------------------- */

/* Room is the server's business, which vacuums by itself. */
static int postgres_tidy(struct shelf *shelf)
{
	(void)shelf;
	return 0;
}

/* One statement outside of a transaction, on the sealer's connection. */
static int run_alone(struct shelf *shelf, const char *sql, int64_t wait_ms, char message_r[PG_MESSAGE_SIZE])
{
	struct postgres_shelf *s = postgres_shelf_of(shelf);
	struct postgres_txn t = {.txn = {shelf}, .hub = s->hub, .write = true};
	message_r[0] = 0;
	if (s->writing)
		return ERR_BUSY;
	t.pg = s->writer;
	s->writer = NULL;
	int err = ERR_AGAIN;
	for (int tries = 0; tries < 2 && err == ERR_AGAIN; tries++) {
		if (t.pg && pg_failed(t.pg))
			pg_close(&t.pg);
		err = t.pg ? 0 : connect_now(s, &t.pg, message_r);
		if (err)
			break;
		struct pg_query q;
		pg_begin(&q, t.pg, sql);
		pg_set_wait(t.pg, wait_ms);
		err = pg_run(&q);
		pg_set_wait(t.pg, 0);
		(void)str_copy(message_r, PG_MESSAGE_SIZE, pg_message(t.pg));
	}
	give_connection(s, &t);
	return err;
}

static int postgres_scrub(struct shelf *shelf)
{
	static const char *const statements[] = {
		"SET statement_timeout = 0",
		"VACUUM tomte.chunk, tomte.rollup, tomte.pending, tomte.series, tomte.word, tomte.quarantine",
		"SET statement_timeout = '30s'",
	};
	char message[PG_MESSAGE_SIZE];
	int err = 0;
	for (size_t i = 0; i < sizeof statements / sizeof *statements && !err; i++)
		err = run_alone(shelf, statements[i], VACUUM_WAIT_MS, message);
	return err;
}

static int postgres_check(struct shelf *shelf, int64_t limit_ms, char found_r[256])
{
	(void)limit_ms;
	return run_alone(shelf, "SELECT version FROM tomte.version", 0, found_r);
}

static uint64_t postgres_written_bytes(struct shelf *shelf)
{
	(void)shelf;
	return 0;
}

/* ---- opening ----------------------------------------------------------- */

static void postgres_close(struct shelf *shelf)
{
	struct postgres_shelf *s = postgres_shelf_of(shelf);
	for (size_t i = 0; i < s->idle_count; i++)
		pg_close(&s->idle[i]);
	pg_close(&s->writer);
	lock_finish(&s->lock);
	free(s->conninfo);
	free(s->hub);
	free(s);
}

static const struct shelf_ops postgres_ops = {
	.begin = postgres_begin,
	.commit = postgres_commit,
	.end = postgres_end,
	.mark = postgres_mark,
	.chunks = postgres_chunks,
	.chunks_all = postgres_chunks_all,
	.last_chunk = postgres_last_chunk,
	.rollups = postgres_rollups,
	.pending = postgres_pending,
	.series = postgres_series,
	.words = postgres_words,
	.size = postgres_size,
	.put_chunk = postgres_put_chunk,
	.remove_chunk = postgres_remove_chunk,
	.put_rollup = postgres_put_rollup,
	.remove_rollup = postgres_remove_rollup,
	.put_pending = postgres_put_pending,
	.remove_pending = postgres_remove_pending,
	.put_series = postgres_put_series,
	.put_word = postgres_put_word,
	.trim = postgres_trim,
	.trim_rollups = postgres_trim_rollups,
	.trim_words = postgres_trim_words,
	.remove_series = postgres_remove_series,
	.quarantine = postgres_quarantine,
	.tidy = postgres_tidy,
	.flush = postgres_tidy,
	.scrub = postgres_scrub,
	.check = postgres_check,
	.written_bytes = postgres_written_bytes,
	.close = postgres_close,
};

static int open_once(struct postgres_shelf *s, char *message)
{
	char words[PG_MESSAGE_SIZE];
	int err = s->conninfo && s->hub ? pg_conninfo_check(s->conninfo, words) : ERR_NOMEM;
	if (err) {
		(void)str_format(message, 512, "The connection string of the PostgreSQL database is not one: %s.",
				 err == ERR_INVALID ? words : err_text(err));
		return err;
	}
	err = connect_now(s, &s->writer, words);
	if (err == ERR_AGAIN)
		return 0; /* transactions will tell */
	if (err)
		(void)str_format(message, 512, "The PostgreSQL database cannot be used: %s (%s).", err_text(err), words);
	return err;
}

int shelf_open_postgres(const char *conninfo, const char *hub, struct shelf **shelf_r, char message_r[512])
{
	*shelf_r = NULL;
	message_r[0] = 0;
	struct postgres_shelf *s = calloc(1, sizeof *s);
	if (!s) {
		(void)str_copy(message_r, 512, "There is no memory for a connection to PostgreSQL.");
		return ERR_NOMEM;
	}
	s->shelf.ops = &postgres_ops;
	s->size_revision = -1;
	lock_init(&s->lock, "shelf-readers");
	s->conninfo = strdup(conninfo);
	s->hub = strdup(hub);
	int err = open_once(s, message_r);
	if (err)
		postgres_close(&s->shelf);
	else
		*shelf_r = &s->shelf;
	return err;
}
