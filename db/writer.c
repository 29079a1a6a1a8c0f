/* The writer thread of hub.db: group commit, retry, checkpoints. It knows no table: ops bring
 * their own work. */
#include "db/writer.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "db/erase.h"
#include "thread/thread.h"

enum {
	CHECKPOINT_PAGES = 1000, /* of log before it is moved into the file: 4 MB */
	RETRY_WIPE_MS = 30000,
	PAUSED_WIPE_MS = 1000, /* looks whether the copy is done */
};

struct writer {
	struct queue *queue;
	pthread_t thread;
	struct write write;          /* the thread's */
	struct mono_ms retry_wipe_at;
	struct lock turn;            /* "store-records": held by the thread while it works, or by who holds it off */
	_Atomic uint64_t commits, errors;
	_Atomic bool disk_full, checkpoints_forbidden;
	_Atomic uint64_t disk_refusals;
};

/* ---- ops --------------------------------------------------------------- */

static struct op *op_of(struct work *work)
{
	return container_of(work, struct op, work);
}

void *op_create(const struct op_kind *kind, size_t size)
{
	assert(size >= sizeof(struct op));
	struct op *op = work_create(size);
	if (op) {
		op->kind = kind;
		op->work.last = kind->alone;
	}
	return op;
}

void op_discard(struct op *op)
{
	if (op)
		work_discard(&op->work);
}

int writer_submit(struct writer *w, struct op *op, const struct store_done *done)
{
	assert(done || !pthread_equal(pthread_self(), w->thread)); /* it would wait for itself */
	return queue_submit(w->queue, op ? &op->work : NULL, done);
}

/* ---- applying a group -------------------------------------------------- */

/* Failures of the disk and not of the op: the whole transaction is in doubt. */
static bool is_of_disk(int err)
{
	return err == ERR_DISK_FULL || err == ERR_IO || err == ERR_BUSY;
}

static int run_sql(struct conn *conn, const char *literal)
{
	struct query q;
	query_begin(&q, conn, literal);
	return query_run(&q);
}

/* Applies op in a savepoint. Returns an error only when the transaction as a whole cannot go on; op->err
 * has the op's own. */
static int apply(struct writer *w, struct op *op)
{
	struct conn *conn = w->write.hub;
	int err = run_sql(conn, "SAVEPOINT op");
	if (err)
		return err;
	op->err = op->kind->apply(op, &w->write);
	if (is_of_disk(op->err) || !conn_in_transaction(conn))
		return op->err ? op->err : ERR_IO;
	if (op->err)
		err = run_sql(conn, "ROLLBACK TO op");
	return err ? err : run_sql(conn, "RELEASE op");
}

/* One transaction with the ops from first to the one before end. */
static int try_transaction(struct writer *w, struct work *first, const struct work *end)
{
	struct conn *conn = w->write.hub;
	int err = run_sql(conn, "BEGIN IMMEDIATE");
	for (struct work *work = first; work != end && !err; work = work->next)
		err = apply(w, op_of(work));
	if (!err)
		err = run_sql(conn, "COMMIT");
	if (err)
		conn_rollback(conn);
	else
		atomic_fetch_add(&w->commits, 1);
	return err;
}

static void note_disk(struct writer *w, bool full)
{
	if (full)
		atomic_fetch_add(&w->disk_refusals, 1);
	if (atomic_exchange(&w->disk_full, full) == full)
		return;
	if (full)
		log_error("store", "the disk is full: no change is kept until there is room again");
	else
		log_info("store", "there is room on the disk again");
}

/* The group failed as a whole: each op gets a transaction of its own, so that
 * the small ones, or those that free room, may still pass. */
static void apply_one_by_one(struct writer *w, struct work *first, const struct work *end)
{
	/* What the log holds may fit into the file and make room for the ops. */
	if (!atomic_load(&w->checkpoints_forbidden))
		(void)conn_checkpoint(w->write.hub, true);
	bool full = false;
	int err = 0;
	for (struct work *work = first; work != end; work = work->next) {
		if (err != ERR_BUSY) /* a foreign program holds the file: one wait is enough */
			err = try_transaction(w, work, work->next);
		if (err)
			op_of(work)->err = err;
		full |= op_of(work)->err == ERR_DISK_FULL;
	}
	note_disk(w, full);
}

static void apply_together(struct writer *w, struct work *first, const struct work *end)
{
	if (first == end)
		return;
	int err = try_transaction(w, first, end);
	if (!err) {
		note_disk(w, false);
		return;
	}
	log_warning("store", "a commit failed and is tried again piece by piece: %s (%s)", err_text(err),
		    conn_message(w->write.hub));
	apply_one_by_one(w, first, end);
}

/* Only the last op of a group may be one that runs alone: the queue cuts there. */
static void apply_group(struct writer *w, struct work *group)
{
	struct work *alone = group;
	while (alone && !op_of(alone)->kind->alone)
		alone = alone->next;
	apply_together(w, group, alone);
	if (alone)
		op_of(alone)->err = op_of(alone)->kind->apply(op_of(alone), &w->write);
}

/* ---- after a group ----------------------------------------------------- */

/* What fails, or comes while the file is copied, is tried again by itself. */
static void wipe(struct writer *w)
{
	if (atomic_load(&w->checkpoints_forbidden)) {
		w->retry_wipe_at = mono_add_ms(clock_mono(), PAUSED_WIPE_MS);
		return;
	}
	int err = erase_wipe(&w->write);
	if (!err)
		return;
	log_warning("store", "traces of erased secrets are still on the disk, next try in %d s: %s", RETRY_WIPE_MS / 1000,
		    err_text(err));
	w->retry_wipe_at = mono_add_ms(clock_mono(), RETRY_WIPE_MS);
}

static void answer(struct writer *w, struct work *group)
{
	while (group) {
		int err = op_of(group)->err;
		if (err)
			atomic_fetch_add(&w->errors, 1);
		group = queue_answer(w->queue, group, err);
	}
}

static void checkpoint(struct writer *w)
{
	struct conn *conn = w->write.hub;
	if (conn_wal_pages(conn) < CHECKPOINT_PAGES || atomic_load(&w->checkpoints_forbidden))
		return;
	int err = conn_checkpoint(conn, false);
	if (err && err != ERR_BUSY)
		log_warning("store", "a checkpoint failed: %s (%s)", err_text(err), conn_message(conn));
}

static void commit_group(struct writer *w, struct work *group)
{
	lock_take(&w->turn);
	bool was_due = w->write.traces_due;
	apply_group(w, group);
	/* Before the callbacks: who was told that a secret is gone shall not find it. */
	if (w->write.traces_due && (!was_due || mono_diff_ms(w->retry_wipe_at, clock_mono()) >= 0))
		wipe(w);
	lock_release(&w->turn);
	answer(w, group);
	lock_take(&w->turn);
	checkpoint(w);
	lock_release(&w->turn);
}

static void retry_wipe(struct writer *w)
{
	lock_take(&w->turn);
	if (w->write.traces_due && mono_diff_ms(w->retry_wipe_at, clock_mono()) >= 0)
		wipe(w);
	lock_release(&w->turn);
}

static void *run(void *arg)
{
	struct writer *w = arg;
	for (;;) {
		bool closed;
		struct work *group = queue_take(w->queue, w->write.traces_due ? &w->retry_wipe_at : NULL, &closed);
		if (closed)
			return NULL;
		if (group)
			commit_group(w, group);
		else
			retry_wipe(w);
	}
}

/* ---- start and stop ---------------------------------------------------- */

int writer_start(const struct write *write, struct writer **writer_r)
{
	struct writer *w = calloc(1, sizeof *w);
	if (!w)
		return ERR_NOMEM;
	w->write = *write;
	w->retry_wipe_at = clock_mono();
	lock_init(&w->turn, "store-records");
	int err = queue_create("store-records-queue", &w->queue);
	if (!err)
		err = thread_start(&w->thread, "store-records", run, w);
	if (err) {
		queue_destroy(&w->queue);
		lock_finish(&w->turn);
		free(w);
		return err;
	}
	*writer_r = w;
	return 0;
}

void writer_stop(struct writer **writer)
{
	struct writer *w = *writer;
	if (!w)
		return;
	queue_close(w->queue);
	pthread_join(w->thread, NULL);
	conn_close(&w->write.hub);
	queue_destroy(&w->queue);
	lock_finish(&w->turn);
	free(w);
	*writer = NULL;
}

void writer_hold(struct writer *w)
{
	lock_take(&w->turn);
}

void writer_release(struct writer *w)
{
	lock_release(&w->turn);
}

int writer_checkpoint(struct writer *w)
{
	return conn_checkpoint(w->write.hub, true);
}

void writer_forbid_checkpoints(struct writer *w, bool forbidden)
{
	atomic_store(&w->checkpoints_forbidden, forbidden);
}

void writer_stats(struct writer *w, struct store_stats *stats)
{
	stats->commits += atomic_load(&w->commits);
	stats->errors += atomic_load(&w->errors);
	stats->disk_full |= atomic_load(&w->disk_full);
	stats->disk_refusals += atomic_load(&w->disk_refusals);
}
