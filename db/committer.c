/* The committer thread: journal, head, answers. Everything that is not atomic or under a lock of its own
 * belongs to that thread. It knows neither SQLite nor chunks. */
#include "db/committer.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "db/queue.h"
#include "db/record.h"
#include "db/record_frames.h"
#include "thread/thread.h"

struct committer {
	struct committer_config config;
	struct journal *journal; /* owned */
	struct queue *queue;
	pthread_t thread;
	struct buf frame; /* of the group at hand */
	struct buf owed;  /* words of groups that failed: they go before all others */
	int disk_err;     /* of the last write; what repeats is told once */
	struct lock records_lock; /* "store-broker-records": guards what follows; any thread */
	struct buf records;
	uint64_t records_last;
	size_t records_taken; /* bytes that the sealer has and that are not durable elsewhere yet */
	_Atomic uint64_t sealed; /* frames up to here are durable elsewhere */
	_Atomic uint64_t groups, samples, errors;
	_Atomic bool disk_full;
	_Atomic uint64_t disk_refusals;
	struct lock stats_lock; /* "store-journal-stats" */
	struct journal_stats stats;
};

enum commit_kind { COMMIT_SAMPLES, COMMIT_SERIES, COMMIT_FORGET, COMMIT_WORD, COMMIT_RECORD, COMMIT_WIPE };

/* A piece of work, with what it needs behind it. */
struct commit {
	struct work work;
	enum commit_kind kind;
	int err;
	int64_t series, code; /* forget, word */
	size_t len;           /* of bytes */
	union {
		struct sample samples[1]; /* work.samples of them */
		struct series put;
		uint8_t bytes[1];         /* a word's text; a record */
	};
};

static struct commit *commit_of(struct work *work)
{
	return container_of(work, struct commit, work);
}

static struct commit *create(enum commit_kind kind, size_t payload)
{
	size_t size = offsetof(struct commit, samples) + payload;
	struct commit *commit = work_create(size < sizeof *commit ? sizeof *commit : size);
	if (commit)
		commit->kind = kind;
	return commit;
}

/* ---- submitting, any thread -------------------------------------------- */

static bool head_is_full(struct committer *c, size_t more)
{
	size_t live, frozen;
	head_counts(c->config.head, &live, &frozen);
	return live + frozen + more > STORE_HEAD_MAX;
}

int committer_append(struct committer *c, const struct sample *samples, size_t count, const struct store_done *done)
{
	for (size_t i = 0; i < count; i++) {
		if (samples[i].series < 1 || samples[i].series > SERIES_ID_MAX || samples[i].at.ms < HISTORY_FIRST_MS ||
		    samples[i].at.ms > HISTORY_LAST_MS)
			return ERR_INVALID;
	}
	if (count > STORE_QUEUE_MAX || head_is_full(c, count))
		return ERR_FULL;
	struct commit *commit = create(COMMIT_SAMPLES, count * sizeof *samples);
	if (!commit)
		return ERR_NOMEM;
	commit->work.samples = count;
	if (count)
		memcpy(commit->samples, samples, count * sizeof *samples);
	return queue_submit(c->queue, &commit->work, done);
}

int committer_put_series(struct committer *c, const struct series *series, const struct store_done *done)
{
	struct commit *commit = create(COMMIT_SERIES, sizeof *series);
	if (!commit)
		return ERR_NOMEM;
	commit->put = *series;
	commit->work.last = true; /* whether the next one may be put depends on this one */
	return queue_submit(c->queue, &commit->work, done);
}

int committer_forget_series(struct committer *c, int64_t series, const struct store_done *done)
{
	struct commit *commit = create(COMMIT_FORGET, 0);
	if (!commit)
		return ERR_NOMEM;
	commit->series = series;
	commit->work.last = true;
	return queue_submit(c->queue, &commit->work, done);
}

static void ignore(void *ctx, int err)
{
	(void)ctx, (void)err;
}

static struct commit *create_bytes(enum commit_kind kind, struct span bytes)
{
	struct commit *commit = create(kind, bytes.len);
	if (commit) {
		commit->len = bytes.len;
		if (bytes.len)
			memcpy(commit->bytes, bytes.data, bytes.len);
	}
	return commit;
}

int committer_put_word(struct committer *c, int64_t series, int64_t code, struct span text)
{
	struct commit *commit = create_bytes(COMMIT_WORD, text);
	if (!commit)
		return ERR_NOMEM;
	commit->series = series;
	commit->code = code;
	return queue_submit(c->queue, &commit->work, &(struct store_done){.fn = ignore, .patient = true});
}

static bool has_many_records(struct committer *c)
{
	lock_take(&c->records_lock);
	bool many = c->records.len + c->records_taken >= COMMITTER_RECORDS_MAX;
	lock_release(&c->records_lock);
	return many;
}

int committer_append_record(struct committer *c, struct span record, const struct store_done *done)
{
	if (has_many_records(c))
		return ERR_FULL;
	struct commit *commit = create_bytes(COMMIT_RECORD, record);
	return commit ? queue_submit(c->queue, &commit->work, done) : ERR_NOMEM;
}

int committer_wipe(struct committer *c)
{
	struct commit *commit = create(COMMIT_WIPE, 0);
	if (!commit)
		return ERR_NOMEM;
	commit->work.last = true;
	return queue_submit(c->queue, &commit->work, NULL);
}

void committer_set_window(struct committer *c, int64_t window_ms)
{
	queue_set_window(c->queue, window_ms);
}

void committer_sealed(struct committer *c, uint64_t mark)
{
	atomic_store(&c->sealed, mark);
	queue_wake(c->queue);
}

/* ---- a group ----------------------------------------------------------- */

/* Words whose records came before their series' (which could not be put at first) go behind it once more:
 * who takes up the journal, perhaps from here on only, would not know whose they are. */
static int append_series(struct committer *c, const struct series *series, struct buf *out)
{
	char text[STORE_WORD_MAX + 1];
	int64_t code = 0;
	int err = record_append_series(out, series);
	while (!err && head_early_word(c->config.head, series->id, code, &code, text) == 0)
		err = record_append_word(out, series->id, code, span_str(text));
	return err;
}

/* Appends the commit's record to out; a commit that is wrong in itself gets its error and no record. */
static int append_record(struct committer *c, struct commit *commit, struct buf *out)
{
	switch (commit->kind) {
	case COMMIT_SAMPLES: return record_append_samples(out, commit->samples, commit->work.samples);
	case COMMIT_SERIES:
		commit->err = head_check_series(c->config.head, &commit->put);
		return commit->err ? 0 : append_series(c, &commit->put, out);
	case COMMIT_FORGET: return record_append_series_forget(out, commit->series);
	case COMMIT_WORD:
		return record_append_word(out, commit->series, commit->code, span_of(commit->bytes, commit->len));
	case COMMIT_RECORD: return buf_append(out, commit->bytes, commit->len);
	case COMMIT_WIPE: break;
	}
	return 0;
}

static int make_frame(struct committer *c, struct work *group)
{
	c->frame.len = 0;
	int err = c->owed.len ? buf_append(&c->frame, c->owed.data, c->owed.len) : 0;
	for (struct work *work = group; work && !err; work = work->next) {
		if (work->samples || commit_of(work)->kind != COMMIT_SAMPLES)
			err = append_record(c, commit_of(work), &c->frame);
	}
	return err;
}

static void note_disk(struct committer *c, int err)
{
	bool was_full = c->disk_err == ERR_DISK_FULL, full = err == ERR_DISK_FULL;
	if (full)
		atomic_fetch_add(&c->disk_refusals, 1);
	if (err == c->disk_err)
		return;
	c->disk_err = err;
	atomic_store(&c->disk_full, full);
	if (full)
		log_error("store", "the disk is full: nothing is recorded until there is room again");
	else if (err)
		log_error("store", "the journal cannot be written: %s; nothing is recorded until it can", err_text(err));
	else
		log_info("store", "the journal can be written again");
	if (full != was_full)
		c->config.disk(c->config.ctx, err);
}

static int write_frame(struct committer *c, uint64_t *seq_r)
{
	*seq_r = journal_last(c->journal);
	if (c->frame.len == 0)
		return 0; /* which says nothing of the disk */
	int err = journal_append(c->journal, buf_span(&c->frame), seq_r);
	if (!err)
		err = journal_sync(c->journal);
	note_disk(c, err);
	return err;
}

/* Keeps the broker's records of a group for the sealer, as one frame: half a frame under the sealer's mark
 * would make the other half pass for applied. */
static int keep_records(struct committer *c, struct work *group, uint64_t seq)
{
	size_t size = 0;
	for (struct work *work = group; work; work = work->next)
		size += commit_of(work)->kind == COMMIT_RECORD ? commit_of(work)->len : 0;
	if (size == 0)
		return 0;
	lock_take(&c->records_lock);
	int err = record_frames_begin(&c->records, seq, (uint32_t)size);
	if (!err) {
		for (struct work *work = group; work; work = work->next) {
			if (commit_of(work)->kind == COMMIT_RECORD)
				buf_append(&c->records, commit_of(work)->bytes, commit_of(work)->len);
		}
		c->records_last = seq;
	}
	lock_release(&c->records_lock);
	return err;
}

/* What is on the disk becomes visible. Without memory for that the sender is told of failure: a
 * restart finds it all the same. */
static void apply(struct committer *c, struct commit *commit)
{
	size_t unknown = 0;
	switch (commit->kind) {
	case COMMIT_SAMPLES:
		commit->err = head_append(c->config.head, commit->samples, commit->work.samples, commit->work.done.left_out,
					  &unknown);
		atomic_fetch_add(&c->samples, commit->work.samples - unknown);
		if (!commit->err && unknown)
			commit->err = ERR_NOT_FOUND;
		break;
	case COMMIT_SERIES: commit->err = head_put_series(c->config.head, &commit->put, false); break;
	case COMMIT_FORGET: head_remove_series(c->config.head, commit->series); break;
	case COMMIT_WORD: break; /* is there since its code was made */
	case COMMIT_RECORD: break; /* keep_records */
	case COMMIT_WIPE: break;   /* wipe_journal */
	}
}

/* The words of a group that failed are still in the head, and samples will use them. */
static void owe_words(struct committer *c, struct work *group)
{
	for (struct work *work = group; work; work = work->next) {
		if (commit_of(work)->kind == COMMIT_WORD && append_record(c, commit_of(work), &c->owed))
			log_error("store", "no memory: words of a text series are lost");
	}
}

static void release(struct committer *c)
{
	journal_release(c->journal, atomic_load(&c->sealed));
	lock_take(&c->stats_lock);
	journal_stats_get(c->journal, &c->stats);
	lock_release(&c->stats_lock);
}

/* Makes visible what the frame seq holds. */
static void apply_group(struct committer *c, struct work *group, uint64_t seq)
{
	int records_err = keep_records(c, group, seq);
	head_frame_begin(c->config.head);
	for (struct work *work = group; work; work = work->next) {
		struct commit *commit = commit_of(work);
		if (commit->kind == COMMIT_RECORD)
			commit->err = records_err;
		else if (!commit->err)
			apply(c, commit);
	}
	head_applied(c->config.head, seq);
	head_frame_end(c->config.head);
}

/* Asked for by the last of a group. */
static void wipe_journal(struct committer *c, struct work *group)
{
	for (struct work *work = group; work; work = work->next) {
		if (commit_of(work)->kind == COMMIT_WIPE)
			commit_of(work)->err = journal_wipe(c->journal);
	}
}

static void fail_group(struct committer *c, struct work *group, int err)
{
	owe_words(c, group);
	for (struct work *work = group; work; work = work->next) {
		if (!commit_of(work)->err)
			commit_of(work)->err = err;
	}
}

static void answer(struct committer *c, struct work *group)
{
	while (group) {
		int result = commit_of(group)->err;
		if (result)
			atomic_fetch_add(&c->errors, 1);
		group = queue_answer(c->queue, group, result);
	}
}

static void commit_group(struct committer *c, struct work *group)
{
	uint64_t seq;
	release(c);
	int err = make_frame(c, group);
	if (!err)
		err = write_frame(c, &seq);
	if (err) {
		fail_group(c, group, err);
	} else {
		c->owed.len = 0;
		apply_group(c, group, seq);
		wipe_journal(c, group);
	}
	atomic_fetch_add(&c->groups, 1);
	answer(c, group);
	release(c);
	struct committer_stats stats;
	committer_stats_get(c, &stats);
	c->config.grown(c->config.ctx, &stats);
}

static void *run(void *arg)
{
	struct committer *c = arg;
	for (;;) {
		bool closed;
		struct work *group = queue_take(c->queue, NULL, &closed);
		if (closed)
			return NULL;
		if (group)
			commit_group(c, group);
		else
			release(c);
	}
}

/* ---- the sealer's side ------------------------------------------------- */

int committer_take_records(struct committer *c, struct buf *frames, uint64_t *last_r)
{
	int err = 0;
	lock_take(&c->records_lock);
	if (frames->len == 0) { /* the usual case copies nothing */
		buf_finish(frames);
		*frames = c->records;
		c->records = (struct buf){0};
	} else if (c->records.len) {
		err = buf_append(frames, c->records.data, c->records.len);
	}
	if (!err) {
		buf_finish(&c->records);
		c->records_taken = frames->len;
		*last_r = c->records_last;
	}
	lock_release(&c->records_lock);
	return err;
}

void committer_records_left(struct committer *c, size_t bytes)
{
	lock_take(&c->records_lock);
	c->records_taken = bytes;
	lock_release(&c->records_lock);
}

/* ---- start and stop ---------------------------------------------------- */

static void destroy(struct committer *c)
{
	queue_destroy(&c->queue);
	buf_finish(&c->frame);
	buf_finish(&c->owed);
	buf_finish(&c->records);
	lock_finish(&c->records_lock);
	lock_finish(&c->stats_lock);
	free(c);
}

int committer_start(const struct committer_config *config, struct committer **committer_r)
{
	struct committer *c = calloc(1, sizeof *c);
	if (!c)
		return ERR_NOMEM;
	c->config = *config;
	c->journal = config->journal;
	lock_init(&c->records_lock, "store-broker-records");
	lock_init(&c->stats_lock, "store-journal-stats");
	int err = queue_create("store-journal-queue", &c->queue);
	if (!err)
		err = thread_start(&c->thread, "store-journal", run, c);
	if (err) {
		destroy(c);
		return err;
	}
	*committer_r = c;
	return 0;
}

void committer_stop(struct committer **committer)
{
	struct committer *c = *committer;
	if (!c)
		return;
	queue_close(c->queue);
	pthread_join(c->thread, NULL);
	journal_close(&c->journal);
	destroy(c);
	*committer = NULL;
}

void committer_stats_get(struct committer *c, struct committer_stats *stats_r)
{
	lock_take(&c->stats_lock);
	stats_r->journal = c->stats;
	lock_release(&c->stats_lock);
	stats_r->groups = atomic_load(&c->groups);
	stats_r->samples = atomic_load(&c->samples);
	stats_r->errors = atomic_load(&c->errors);
	stats_r->disk_full = atomic_load(&c->disk_full);
	stats_r->disk_refusals = atomic_load(&c->disk_refusals);
	stats_r->waiting_samples = queue_samples(c->queue);
	lock_take(&c->records_lock);
	stats_r->record_bytes = c->records.len;
	lock_release(&c->records_lock);
}
