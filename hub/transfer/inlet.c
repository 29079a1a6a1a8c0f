/* The store as an import's sink: a few batches are on their way at a time, and a store that has no room
 * is waited for, so that years of data pass through little memory. The import's thread, but for what the store's
 * writer answers. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "transfer/transfer_private.h"

enum {
	BATCHES_MAX = 4, /* on their way; live samples must not wait behind more */
	RETRY_MS = 100,
};

void inlet_init(struct inlet *in, const struct transfer_config *config)
{
	*in = (struct inlet){.config = config};
	lock_init(&in->lock, "import");
	pthread_cond_init(&in->changed, NULL);
}

void inlet_finish(struct inlet *in)
{
	pthread_cond_destroy(&in->changed);
	lock_finish(&in->lock);
}

void inlet_close(struct inlet *in)
{
	lock_take(&in->lock);
	in->closed = true;
	pthread_cond_broadcast(&in->changed);
	lock_release(&in->lock);
}

/* The store's writer: a batch is on the disk, or not. */
static void on_done(void *ctx, int err)
{
	struct inlet *in = ctx;
	lock_take(&in->lock);
	in->waiting--;
	if (err && err != ERR_NOT_FOUND && !in->err) /* not found: a series was erased in the meantime */
		in->err = err;
	pthread_cond_broadcast(&in->changed);
	lock_release(&in->lock);
}

/* Waits a moment for room, with the lock held. */
static void wait_for_room(struct inlet *in)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += RETRY_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&in->changed, &in->lock.mutex, &until);
}

/* Hands a batch to the store; with the lock held. It is counted as waiting first, since the answer may be
 * there before store_append has returned. */
static int hand_over(struct inlet *in, const struct sample *samples, size_t count)
{
	const struct store_done done = {.fn = on_done, .ctx = in};
	in->waiting++;
	lock_release(&in->lock);
	int err = store_append(in->config->store, samples, count, &done);
	lock_take(&in->lock);
	if (err)
		in->waiting--;
	return err;
}

static int append(void *ctx, const struct sample *samples, size_t count)
{
	struct inlet *in = ctx;
	int err = ERR_FULL;
	lock_take(&in->lock);
	while (err == ERR_FULL) {
		while (in->waiting >= BATCHES_MAX && !in->err && !in->closed)
			pthread_cond_wait(&in->changed, &in->lock.mutex);
		err = in->err ? in->err : in->closed ? ERR_CLOSED : hand_over(in, samples, count);
		if (err == ERR_FULL)
			wait_for_room(in);
	}
	lock_release(&in->lock);
	return err;
}

int inlet_settle(struct inlet *in)
{
	lock_take(&in->lock);
	while (in->waiting)
		pthread_cond_wait(&in->changed, &in->lock.mutex);
	int err = in->err;
	lock_release(&in->lock);
	return err;
}

static int find(void *ctx, const char *label, struct history_series *series_r)
{
	struct inlet *in = ctx;
	return source_find(in->config->store, label, series_r);
}

/* The house lets the store keep a new series waiting for company, for a second or until there is room; samples
 * and words must find it. Writing the same again without patience pushes both. */
static int put_at_once(struct inlet *in, const struct series *series)
{
	struct series known;
	int err = ERR_FULL;
	if (store_series_get(in->config->store, series->id, &known) == 0)
		return 0;
	while (err == ERR_FULL) {
		err = store_series_put(in->config->store, series, NULL);
		lock_take(&in->lock);
		if (err == ERR_FULL && in->closed)
			err = ERR_CLOSED;
		if (err == ERR_FULL)
			wait_for_room(in);
		lock_release(&in->lock);
	}
	return err;
}

static int64_t make(void *ctx, const struct history_series *wanted)
{
	struct inlet *in = ctx;
	struct series series = {.kind = wanted->kind, .recorder = {.preset = RECORD_ALL}};
	memcpy(series.device, wanted->device, sizeof series.device);
	memcpy(series.entity, wanted->entity, sizeof series.entity);
	memcpy(series.topic, wanted->topic, sizeof series.topic);
	memcpy(series.path, wanted->path, sizeof series.path);
	memcpy(series.unit, wanted->unit, sizeof series.unit);
	memcpy(series.device_class, wanted->device_class, sizeof series.device_class);
	series.id = in->config->make_series(in->config->make_ctx, &series);
	int err = series.id > 0 ? put_at_once(in, &series) : 0;
	return err ? err : series.id;
}

static int word(void *ctx, int64_t series, struct span text, double *code_r)
{
	struct inlet *in = ctx;
	return store_word_code(in->config->store, series, text, code_r);
}

static int progress(void *ctx, const struct import_progress *p)
{
	struct inlet *in = ctx;
	lock_take(&in->lock);
	in->progress = *p;
	bool closed = in->closed;
	lock_release(&in->lock);
	return closed;
}

struct history_sink inlet_sink(struct inlet *in)
{
	return (struct history_sink){find, make, word, append, progress, in};
}
