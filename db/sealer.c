/* The sealer's thread: when to seal, and sealing. What it does besides is in sealer_upkeep.c. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "db/day.h"
#include "db/record_frames.h"
#include "db/sealer_private.h"

enum { RETRY_FIRST_MS = 1000, RETRY_MOST_MS = 60000, REMOTE_RETRY_MS = 20000 };

struct job {
	struct job *next;
	int (*fn)(void *ctx);
	void *ctx;
	struct waiter waiter;
	int err;
};

struct history_policy sealer_policy(struct sealer *s)
{
	lock_take(&s->lock);
	struct history_policy policy = s->policy;
	lock_release(&s->lock);
	return policy;
}

struct shelf *sealer_target(const struct sealer *s)
{
	return s->config.remote && !atomic_load(&s->remote_down) ? s->config.remote : s->config.local;
}

struct shelf *sealer_shelf(const struct sealer *s)
{
	return sealer_target(s);
}

/* ---- sealing ----------------------------------------------------------- */

/* Words of a text series: new ones, and the day on which each was last said. */
static int seal_words(struct sealer *s, struct shelf_txn *txn, int64_t series, int64_t last_day)
{
	char text[STORE_WORD_MAX + 1];
	struct shelf_word word = {.series = series, .last_day = last_day, .text = text};
	int err = 0;
	while (!err && head_frozen_word(s->config.head, series, word.code, &word.code, text) == 0)
		err = shelf_put_word(txn, &word);
	return err;
}

/* Codes said in a run of samples; consecutive equal ones once. */
static int seal_said_words(struct sealer *s, struct shelf_txn *txn, int64_t series, const struct datum *data, size_t count)
{
	char text[STORE_WORD_MAX + 1];
	int err = 0;
	for (size_t i = 0; i < count && !err; i++) {
		struct shelf_word word = {.series = series, .last_day = day_of(data[i].at), .text = text};
		bool again = i && data[i].value == data[i - 1].value && word.last_day == day_of(data[i - 1].at);
		if (!again && head_is_code(data[i].value, &word.code) &&
		    head_word_text(s->config.head, series, word.code, text) == 0)
			err = shelf_put_word(txn, &word);
	}
	return err;
}

/* Series and words that the shelf does not have yet, into the local database. */
static int seal_registry(struct sealer *s, struct shelf_txn *txn)
{
	struct series series = {0};
	int err = 0;
	while (!err && head_frozen_series(s->config.head, series.id, &series) == 0)
		err = shelf_put_series(txn, &series);
	series.id = 0;
	while (!err && head_next_series(s->config.head, series.id, &series) == 0) {
		if (series.kind == SERIES_TEXT)
			err = seal_words(s, txn, series.id, day_of(clock_wall().ms));
	}
	return err;
}

static int seal_samples(struct sealer *s, struct shelf_txn *txn)
{
	const struct datum *data;
	size_t count;
	int64_t id = 0;
	int err = 0, found;
	while (!err && (found = head_frozen(s->config.head, id, &id, &data, &count)) != ERR_NOT_FOUND) {
		struct series series;
		err = found ? found : day_merge(txn, id, data, count);
		if (!err && head_get_series(s->config.head, id, &series) == 0 && series.kind == SERIES_TEXT)
			err = seal_said_words(s, txn, id, data, count);
	}
	return err;
}

/* One transaction on a shelf. registry: with series and words; samples: with those. */
static int seal_shelf(struct sealer *s, struct shelf *shelf, bool registry, bool samples)
{
	struct shelf_txn *txn;
	int err = shelf_begin(shelf, true, &txn);
	if (err)
		return err;
	if (registry)
		err = seal_registry(s, txn);
	if (!err && samples)
		err = seal_samples(s, txn);
	if (!err)
		err = shelf_commit(&txn, s->mark);
	shelf_end(&txn);
	return err;
}

/* Chunks go to the remote shelf if there is one and it has all that was kept here before; series, words and the
 * mark always are here. A crash between the two lets the replay merge the same samples once more, which changes nothing. */
static int seal_history(struct sealer *s)
{
	bool here = true;
	if (s->config.remote && !atomic_load(&s->remote_down)) {
		int err = seal_shelf(s, s->config.remote, true, true);
		if (err)
			sealer_remote_lost(s, err);
		here = err != 0;
	}
	return seal_shelf(s, s->config.local, true, here);
}

static int apply_records(struct session_store *sessions, struct span frames)
{
	uint64_t seq;
	struct span records;
	int err = 0;
	while (!err && record_frames_take(&frames, &seq, &records) == 0)
		err = session_store_apply(sessions, seq, records);
	return err;
}

/* Takes what the committer has to what is here already, and only the last word on each thing. */
static int take_records(struct sealer *s)
{
	int err = committer_take_records(s->committer, &s->records, &s->records_last);
	(void)record_frames_condense(&s->records); /* saves the database work; as it is, it is as good */
	committer_records_left(s->committer, s->records.len);
	return err;
}

/* The broker's records go into broker.db. */
static int seal_records(struct sealer *s)
{
	int err = take_records(s);
	uint64_t mark = s->mark > s->records_last ? s->mark : s->records_last;
	if (err || mark <= session_store_mark(s->config.sessions))
		return err;
	err = session_store_begin(s->config.sessions);
	if (!err)
		err = apply_records(s->config.sessions, buf_span(&s->records));
	if (!err)
		err = session_store_commit(s->config.sessions, mark);
	if (err) {
		session_store_rollback(s->config.sessions);
		return err;
	}
	buf_finish(&s->records);
	committer_records_left(s->committer, 0);
	return 0;
}

static void note_result(struct sealer *s, int err)
{
	bool full = err == ERR_DISK_FULL;
	if (err)
		s->retry_ms = s->retry_ms ? s->retry_ms * 2 : RETRY_FIRST_MS;
	else
		s->retry_ms = 0;
	if (s->retry_ms > RETRY_MOST_MS)
		s->retry_ms = RETRY_MOST_MS;
	if (err && s->retry_ms == RETRY_FIRST_MS)
		log_warning("store", "history could not be moved into its database (%s) and stays in the journal; it is tried again",
			    err_text(err));
	if (err == ERR_DAMAGED)
		s->config.alert(s->config.ctx, "damage",
				"A database of the hub is damaged, so that history cannot be moved into it: it stays in the hub's journal, "
				"which is bounded. The disk may be failing: restore the last good backup on a good disk.");
	if (full != s->alerted_disk) {
		s->alerted_disk = full;
		s->config.disk(s->config.ctx, full ? ERR_DISK_FULL : 0);
	}
	s->seal_at = mono_add_ms(clock_mono(), err ? s->retry_ms : SEAL_EVERY_MS);
}

/* What the logs hold may fit into the files, so that their room can be used again. */
static void make_room(struct sealer *s)
{
	(void)shelf_flush(s->config.local);
	(void)session_store_checkpoint(s->config.sessions, true);
}

/* What cannot be done now is done the next time. */
static void tidy(struct sealer *s)
{
	enum { WAL_PAGES = 1000 };
	(void)shelf_tidy(s->config.local);
	if (session_store_wal_pages(s->config.sessions) > WAL_PAGES)
		(void)session_store_checkpoint(s->config.sessions, false);
}

static int seal(struct sealer *s)
{
	if (!s->frozen) {
		s->mark = head_freeze(s->config.head);
		s->frozen = true;
	}
	int err = seal_records(s);
	if (!err)
		err = seal_history(s);
	if (!err) {
		head_melt(s->config.head);
		s->frozen = false;
		committer_sealed(s->committer, s->mark);
	}
	if (!atomic_load(&s->checkpoints_forbidden) && !err)
		tidy(s);
	else if (!atomic_load(&s->checkpoints_forbidden) && err == ERR_DISK_FULL)
		make_room(s);
	note_result(s, err);
	return err;
}

/* ---- when -------------------------------------------------------------- */

static bool is_much(struct sealer *s, const struct committer_stats *stats)
{
	size_t live, frozen;
	head_counts(s->config.head, &live, &frozen);
	return live >= SEAL_SAMPLES || stats->journal.live_segments > SEAL_JOURNAL_SEGMENTS ||
	       stats->record_bytes >= SEAL_RECORD_BYTES;
}

static bool is_time_to_seal(struct sealer *s)
{
	struct committer_stats stats;
	if (mono_diff_ms(s->seal_at, clock_mono()) >= 0)
		return true;
	if (s->retry_ms)
		return false;
	committer_stats_get(s->committer, &stats);
	return is_much(s, &stats);
}

static struct job *take_job(struct sealer *s)
{
	lock_take(&s->lock);
	struct job *job = s->jobs;
	if (job) {
		s->jobs = job->next;
		if (!s->jobs)
			s->jobs_end = &s->jobs;
	}
	lock_release(&s->lock);
	return job;
}

/* Waits until there is something to do. Returns whether the thread shall end. */
static bool wait_for_work(struct sealer *s)
{
	int64_t until = s->seal_at.ms < s->upkeep_at.ms ? s->seal_at.ms : s->upkeep_at.ms;
	struct timespec ts = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};
	lock_take(&s->lock);
	while (!s->jobs && !s->look && !s->poked && !s->closing && clock_mono().ms < until)
		pthread_cond_timedwait(&s->changed, &s->lock.mutex, &ts);
	bool closing = s->closing && !s->jobs;
	s->look = false;
	if (s->poked)
		s->upkeep_at = clock_mono();
	s->poked = false;
	lock_release(&s->lock);
	return closing;
}

static void do_upkeep(struct sealer *s)
{
	bool more = false;
	(void)sealer_catch_up(s);
	int err = sealer_quarantine(s);
	if (!err)
		err = sealer_compact(s, &more);
	if ((!err && !more) || err == ERR_DISK_FULL) /* what goes is summed up first, if there is room for that */
		err = sealer_retain(s, false, &more);
	if (err)
		log_debug("store", "upkeep is put off: %s", err_text(err));
	s->config.upkeep(s->config.ctx);
	/* a little at a time, so that sealing comes in between */
	bool waiting = s->config.remote && atomic_load(&s->remote_down);
	s->upkeep_at = mono_add_ms(clock_mono(), more ? 0 : waiting ? REMOTE_RETRY_MS : UPKEEP_MS);
}

static void *run(void *arg)
{
	struct sealer *s = arg;
	thread_background();
	while (!wait_for_work(s)) {
		struct job *job = take_job(s);
		if (job) {
			job->err = job->fn(job->ctx);
			waiter_signal(&job->waiter);
		} else if (is_time_to_seal(s)) {
			seal(s);
		} else if (mono_diff_ms(s->upkeep_at, clock_mono()) >= 0) {
			do_upkeep(s);
		}
	}
	seal(s);
	return NULL;
}

/* ---- asking for things, any thread ------------------------------------- */

static void set_flag(struct sealer *s, bool *flag)
{
	lock_take(&s->lock);
	*flag = true;
	pthread_cond_signal(&s->changed);
	lock_release(&s->lock);
}

void sealer_look(struct sealer *s, const struct committer_stats *stats)
{
	if (is_much(s, stats))
		set_flag(s, &s->look);
}

void sealer_poke(struct sealer *s)
{
	set_flag(s, &s->poked);
}

int sealer_run(struct sealer *s, int (*fn)(void *ctx), void *ctx)
{
	struct job job = {.fn = fn, .ctx = ctx};
	waiter_init(&job.waiter);
	lock_take(&s->lock);
	bool closing = s->closing;
	if (!closing) {
		*s->jobs_end = &job;
		s->jobs_end = &job.next;
		pthread_cond_signal(&s->changed);
	}
	lock_release(&s->lock);
	if (!closing)
		waiter_wait(&job.waiter);
	waiter_finish(&job.waiter);
	return closing ? ERR_CLOSED : job.err;
}

struct seal_order {
	struct sealer *sealer;
	bool all;
};

static int seal_now(void *ctx)
{
	const struct seal_order *order = ctx;
	struct sealer *s = order->sealer;
	(void)sealer_catch_up(s);
	(void)sealer_quarantine(s);
	bool again = s->frozen; /* an earlier one that failed: behind it comes what was written since */
	int err = seal(s);
	if (!err && again)
		err = seal(s);
	bool more = order->all;
	while (!err && more) {
		err = is_time_to_seal(s) ? seal(s) : 0; /* a long backlog must not hold up what comes in */
		if (!err)
			err = sealer_compact(s, &more);
	}
	if (!err && order->all)
		err = sealer_retain(s, true, &more);
	return err;
}

int sealer_seal(struct sealer *s, bool all)
{
	struct seal_order order = {s, all};
	return pthread_equal(pthread_self(), s->thread) ? seal_now(&order) : sealer_run(s, seal_now, &order);
}

void sealer_set_policy(struct sealer *s, const struct history_policy *policy)
{
	lock_take(&s->lock);
	s->policy = *policy;
	lock_release(&s->lock);
	sealer_poke(s);
}

void sealer_forbid_checkpoints(struct sealer *s, bool forbidden)
{
	atomic_store(&s->checkpoints_forbidden, forbidden);
}

bool sealer_checkpoints_forbidden(const struct sealer *s)
{
	return atomic_load(&s->checkpoints_forbidden);
}

/* ---- start and stop ---------------------------------------------------- */

static int init_condition(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	if (pthread_condattr_init(&attr))
		return ERR_NOMEM;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	int failed = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return failed ? ERR_NOMEM : 0;
}

int sealer_create(const struct sealer_config *config, struct sealer **sealer_r)
{
	struct sealer *s = calloc(1, sizeof *s);
	if (!s || init_condition(&s->changed)) {
		free(s);
		return ERR_NOMEM;
	}
	s->config = *config;
	s->policy = config->policy;
	s->jobs_end = &s->jobs;
	atomic_init(&s->remote_down, config->remote != NULL); /* until the first upkeep has asked it */
	s->upkeep_at = clock_mono();
	s->seal_at = mono_add_ms(s->upkeep_at, SEAL_EVERY_MS);
	lock_init(&s->lock, "store-sealer");
	*sealer_r = s;
	return 0;
}

int sealer_start(struct sealer *s, struct committer *committer)
{
	s->committer = committer;
	sealer_ask_remote(s);
	int err = thread_start(&s->thread, "store-sealer", run, s);
	s->started = !err;
	return err;
}

void sealer_stop(struct sealer *s)
{
	if (!s || !s->started)
		return;
	set_flag(s, &s->closing);
	pthread_join(s->thread, NULL);
	s->started = false;
}

void sealer_destroy(struct sealer **sealer)
{
	struct sealer *s = *sealer;
	if (!s)
		return;
	buf_finish(&s->records);
	pthread_cond_destroy(&s->changed);
	lock_finish(&s->lock);
	free(s);
	*sealer = NULL;
}
