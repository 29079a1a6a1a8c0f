/* The writer thread: queue, group commit, retry, checkpoints. Everything below
 * `struct queue` is touched by any thread under its lock; the rest belongs to the writer thread.
 * It knows no table: ops bring their own work. */
#include "db/writer.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "db/erase.h"
#include "thread/thread.h"

enum {
	/* Pages of log before it is moved into the file: 16 MB. The newest pages of all
	 * series are written again and again, and reach the file once for all of that. */
	CHECKPOINT_PAGES = 4000,
	RETRY_ERASURE_MS = 30000,
};

/* Any thread, under lock. */
struct queue {
	struct lock lock;
	pthread_cond_t changed; /* CLOCK_MONOTONIC */
	struct op *first, **end;
	size_t ops, urgent; /* in the list */
	size_t samples;     /* in the list and in the group being committed */
	bool closing;
};

struct writer {
	struct queue queue;
	pthread_t thread;
	struct write write;
	struct mono_ms retry_erasure_at;
	_Atomic uint64_t commits, samples, errors;
	_Atomic bool disk_full;
};

/* ---- ops --------------------------------------------------------------- */

void *op_create(const struct op_kind *kind, size_t size)
{
	assert(size >= sizeof(struct op));
	struct op *op = calloc(1, size);
	if (op) {
		op->kind = kind;
		op->size = size;
	}
	return op;
}

void op_discard(struct op *op)
{
	if (!op)
		return;
	explicit_bzero(op, op->size);
	free(op);
}

/* ---- the queue, any thread --------------------------------------------- */

static int queue_init(struct queue *q)
{
	pthread_condattr_t attr;
	if (pthread_condattr_init(&attr))
		return ERR_NOMEM;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	int failed = pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (failed)
		return ERR_NOMEM;
	lock_init(&q->lock, "store-queue");
	q->end = &q->first;
	return 0;
}

static void queue_finish(struct queue *q)
{
	pthread_cond_destroy(&q->changed);
	lock_finish(&q->lock);
}

/* Whether the writer has to get up for the queue now. Under lock. */
static bool queue_ready(const struct queue *q)
{
	if (!q->first)
		return q->closing;
	return q->closing || q->urgent > 0 || q->samples >= STORE_QUEUE_MAX / 2 ||
	       mono_diff_ms(q->first->queued_at, clock_mono()) >= WRITER_WINDOW_MS;
}

/* Takes op, or returns ERR_CLOSED or ERR_FULL. The writer sleeps without end on an
 * empty queue and until the first op's window ends on another, so it is
 * woken for the first op and for what cannot wait. */
static int queue_append(struct queue *q, struct op *op)
{
	lock_take(&q->lock);
	int err = 0;
	if (q->closing)
		err = ERR_CLOSED;
	else if (q->samples + op->samples > STORE_QUEUE_MAX || (op->samples == 0 && q->ops >= WRITER_OPS_MAX))
		err = ERR_FULL;
	if (!err) {
		bool was_empty = !q->first;
		op->queued_at = clock_mono();
		*q->end = op;
		q->end = &op->next;
		q->ops++;
		q->urgent += op->urgent;
		q->samples += op->samples;
		if (was_empty || queue_ready(q))
			pthread_cond_signal(&q->changed);
	}
	lock_release(&q->lock);
	return err;
}

struct blocked {
	struct waiter waiter;
	int err;
};

static void unblock(void *ctx, int err)
{
	struct blocked *blocked = ctx;
	blocked->err = err;
	waiter_signal(&blocked->waiter);
}

int writer_submit(struct writer *w, struct op *op, const struct store_done *done)
{
	if (!op)
		return ERR_NOMEM;
	assert(done || !pthread_equal(pthread_self(), w->thread)); /* it would wait for itself */
	struct blocked blocked;
	op->urgent = !done || !op->kind->patient;
	op->done = done ? *done : (struct store_done){unblock, &blocked};
	if (!done)
		waiter_init(&blocked.waiter);
	int err = queue_append(&w->queue, op);
	if (err)
		op_discard(op);
	if (done)
		return err;
	if (!err) {
		waiter_wait(&blocked.waiter);
		err = blocked.err;
	}
	waiter_finish(&blocked.waiter);
	return err;
}

/* ---- taking a group, writer thread ------------------------------------- */

static void wait_until(struct queue *q, struct mono_ms until)
{
	struct timespec ts = {.tv_sec = until.ms / 1000, .tv_nsec = until.ms % 1000 * 1000000};
	pthread_cond_timedwait(&q->changed, &q->lock.mutex, &ts);
}

/* Cuts the next group off the list: all up to an op that erases, or until there
 * are samples enough. Under lock; the list is not empty. */
static struct op *cut_group(struct queue *q)
{
	struct op *group = q->first, *last;
	size_t samples = 0;
	do {
		last = q->first;
		q->first = last->next;
		q->ops--;
		q->urgent -= last->urgent;
		samples += last->samples;
	} while (q->first && !last->kind->erases && samples < WRITER_GROUP_SAMPLES);
	last->next = NULL;
	if (!q->first)
		q->end = &q->first;
	return group;
}

/* Waits for a group. Returns NULL with *closed_r when the writer shall end, and
 * NULL without when an erasure is due for another try. */
static struct op *take_group(struct writer *w, bool *closed_r)
{
	struct queue *q = &w->queue;
	lock_take(&q->lock);
	while (!queue_ready(q)) {
		if (q->first)
			wait_until(q, mono_add_ms(q->first->queued_at, WRITER_WINDOW_MS));
		else if (!w->write.erasure_due)
			pthread_cond_wait(&q->changed, &q->lock.mutex);
		else if (mono_diff_ms(clock_mono(), w->retry_erasure_at) > 0)
			wait_until(q, w->retry_erasure_at);
		else
			break;
	}
	struct op *group = q->first && queue_ready(q) ? cut_group(q) : NULL;
	*closed_r = !group && q->closing;
	lock_release(&q->lock);
	return group;
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

static int begin(struct conn *conn)
{
	return run_sql(conn, "BEGIN IMMEDIATE");
}

static int commit(struct conn *conn)
{
	return run_sql(conn, "COMMIT");
}

/* Applies op, if need be in a savepoint. Returns an error only when the
 * transaction as a whole cannot go on; op->err has the op's own. */
static int apply(struct writer *w, struct op *op)
{
	struct conn *conn = w->write.conn[op->kind->base];
	op->skipped = 0;
	if (op->kind->plain)
		return op->err = op->kind->apply(op, &w->write);
	int err = run_sql(conn, "SAVEPOINT op");
	if (err)
		return err;
	op->err = op->kind->apply(op, &w->write);
	if (is_of_disk(op->err) || !conn_in_transaction(conn))
		return op->err ? op->err : ERR_IO;
	if (op->err) {
		memset(w->write.known_series, 0, sizeof w->write.known_series);
		err = run_sql(conn, "ROLLBACK TO op");
	}
	return err ? err : run_sql(conn, "RELEASE op");
}

static void undo(struct writer *w, enum base base)
{
	conn_rollback(w->write.conn[base]);
	memset(w->write.known_series, 0, sizeof w->write.known_series);
}

/* One transaction with the ops of base, from first to the one before end. */
static int try_transaction(struct writer *w, enum base base, struct op *first, const struct op *end)
{
	struct conn *conn = w->write.conn[base];
	int err = begin(conn);
	for (struct op *op = first; op != end && !err; op = op->next) {
		if (op->kind->base == base)
			err = apply(w, op);
	}
	if (!err)
		err = commit(conn);
	if (err) {
		undo(w, base);
		return err;
	}
	atomic_fetch_add(&w->commits, 1);
	return 0;
}

static void note_disk(struct writer *w, bool full)
{
	if (atomic_exchange(&w->disk_full, full) == full)
		return;
	if (full)
		log_error("store", "the disk is full: nothing is recorded until there is room again");
	else
		log_info("store", "there is room on the disk again");
}

/* The group failed as a whole: each op gets a transaction of its own, so that
 * the small ones, or those that free room, may still pass. */
static void apply_one_by_one(struct writer *w, enum base base, struct op *group)
{
	/* What the log holds may fit into the file and make room for the ops. */
	(void)conn_checkpoint(w->write.conn[base], true);
	bool full = false;
	int err = 0;
	for (struct op *op = group; op; op = op->next) {
		if (op->kind->base != base)
			continue;
		if (err != ERR_BUSY) /* a foreign program holds the file: one wait is enough */
			err = try_transaction(w, base, op, op->next);
		if (err)
			op->err = err;
		full |= op->err == ERR_DISK_FULL;
	}
	note_disk(w, full);
}

static void apply_base(struct writer *w, enum base base, struct op *group)
{
	struct op *first = group;
	while (first && first->kind->base != base)
		first = first->next;
	if (!first)
		return;
	int err = try_transaction(w, base, first, NULL);
	if (!err) {
		note_disk(w, false);
		return;
	}
	log_warning("store", "a commit failed and is tried again piece by piece: %s (%s)", err_text(err),
		    conn_message(w->write.conn[base]));
	apply_one_by_one(w, base, first);
}

/* ---- after a group ----------------------------------------------------- */

/* Returns 0 or why traces are still there; another try follows by itself. */
static int finish_erasures(struct writer *w)
{
	int err = erase_finish(&w->write);
	memset(w->write.known_series, 0, sizeof w->write.known_series);
	if (err) {
		log_warning("store", "traces of erased things are still on the disk, next try in %d s: %s",
			    RETRY_ERASURE_MS / 1000, err_text(err));
		w->retry_erasure_at = mono_add_ms(clock_mono(), RETRY_ERASURE_MS);
	}
	return err;
}

static int result_of(const struct op *op)
{
	return op->err ? op->err : op->skipped ? ERR_NOT_FOUND : 0;
}

static void report(struct writer *w, struct op *group)
{
	size_t samples = 0;
	for (struct op *op = group; op; op = op->next) {
		samples += op->samples;
		if (result_of(op))
			atomic_fetch_add(&w->errors, 1);
		if (!op->err)
			atomic_fetch_add(&w->samples, op->samples - op->skipped);
	}
	lock_take(&w->queue.lock);
	w->queue.samples -= samples;
	lock_release(&w->queue.lock);
	while (group) {
		struct op *op = group;
		group = op->next;
		op->done.fn(op->done.ctx, result_of(op));
		op_discard(op);
	}
}

static void checkpoint(struct writer *w)
{
	for (int base = 0; base < BASE_COUNT; base++) {
		struct conn *conn = w->write.conn[base];
		if (conn_wal_pages(conn) < CHECKPOINT_PAGES)
			continue;
		int err = conn_checkpoint(conn, false);
		if (err && err != ERR_BUSY)
			log_warning("store", "a checkpoint failed: %s (%s)", err_text(err), conn_message(conn));
	}
}

static void commit_group(struct writer *w, struct op *group)
{
	bool was_due = w->write.erasure_due;
	for (enum base base = 0; base < BASE_COUNT; base++)
		apply_base(w, base, group);
	/* Before the callbacks: who was told that a secret is gone shall not find it. */
	if (w->write.erasure_due && (!was_due || mono_diff_ms(w->retry_erasure_at, clock_mono()) >= 0)) {
		int err = finish_erasures(w);
		for (struct op *op = group; op; op = op->next) {
			if (op->kind->erases && !op->err)
				op->err = err;
		}
	}
	report(w, group);
	checkpoint(w);
}

static void *run(void *arg)
{
	struct writer *w = arg;
	for (;;) {
		bool closed;
		struct op *group = take_group(w, &closed);
		if (group)
			commit_group(w, group);
		else if (closed)
			return NULL;
		else
			finish_erasures(w);
	}
}

/* ---- start and stop ---------------------------------------------------- */

int writer_start(const struct write *write, struct writer **writer_r)
{
	struct writer *w = calloc(1, sizeof *w);
	if (!w)
		return ERR_NOMEM;
	w->write = *write;
	w->retry_erasure_at = clock_mono();
	int err = queue_init(&w->queue);
	if (err) {
		free(w);
		return err;
	}
	err = thread_start(&w->thread, "store-writer", run, w);
	if (err) {
		queue_finish(&w->queue);
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
	lock_take(&w->queue.lock);
	w->queue.closing = true;
	pthread_cond_signal(&w->queue.changed);
	lock_release(&w->queue.lock);
	pthread_join(w->thread, NULL);
	for (int base = 0; base < BASE_COUNT; base++)
		conn_close(&w->write.conn[base]);
	queue_finish(&w->queue);
	free(w);
	*writer = NULL;
}

void writer_stats(struct writer *w, struct store_stats *stats_r)
{
	lock_take(&w->queue.lock);
	stats_r->waiting_samples = w->queue.samples;
	lock_release(&w->queue.lock);
	stats_r->commits = atomic_load(&w->commits);
	stats_r->samples = atomic_load(&w->samples);
	stats_r->errors = atomic_load(&w->errors);
	stats_r->disk_full = atomic_load(&w->disk_full);
}
