/* tomte's store under measurement: the only file of the bench that calls the facade of history. */
#include "ingest.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/history.h"
#include "db/store.h"
#include "household.h"

struct ingest {
	struct store *store;
	int64_t written_before; /* bytes, before the opening */
	_Atomic uint64_t taken, told; /* batches given, and acknowledged */
	_Atomic int failure;          /* of the last batch that failed */
};

static void told(void *ctx, int err)
{
	struct ingest *self = ctx;
	if (err)
		atomic_store(&self->failure, err);
	atomic_fetch_add(&self->told, 1);
}

static int put_series(struct store *store, int64_t id)
{
	const struct household_class_info *info = household_class_info(household_class_of(id));
	struct series series = {.id = id, .device = "household", .kind = info->kind};
	int err = str_format(series.entity, sizeof series.entity, "%s-%d", info->name, (int)id);
	if (!err)
		err = str_copy(series.unit, sizeof series.unit, info->unit);
	return err ? err : store_series_put(store, &series, NULL);
}

static int64_t written_bytes(struct store *store)
{
	struct history_usage usage;
	return store_usage(store, &usage) ? 0 : usage.written_today + usage.written_yesterday;
}

static void ingest_close(void **self)
{
	struct ingest *i = *self;
	store_close(&i->store);
	free(i);
	*self = NULL;
}

static int ingest_open(const char *dir, void **self_r)
{
	char message[512];
	struct ingest *self = calloc(1, sizeof *self);
	if (!self)
		return ERR_NOMEM;
	int err = store_open(&(struct store_options){.state_dir = dir}, &self->store, message);
	if (err) {
		fprintf(stderr, "%s\n", message);
		free(self);
		return err;
	}
	/* the samples are years old: nothing may be dropped for its age */
	store_policy_set(self->store, &(struct history_policy){.raw_days = -1, .rollup_years = -1, .window_ms = 1000});
	for (int64_t id = 1; id <= HOUSEHOLD_SERIES && !err; id++)
		err = put_series(self->store, id);
	self->written_before = written_bytes(self->store);
	*self_r = self;
	if (err)
		ingest_close(self_r);
	return err;
}

int ingest_append(void *self, const struct sample *samples, size_t count, bool patient, const struct store_done *done)
{
	struct store_done mine = *done;
	mine.patient = patient;
	return store_append(((struct ingest *)self)->store, samples, count, &mine);
}

static int ingest_append_bulk(void *self, const struct sample *samples, size_t count)
{
	struct ingest *i = self;
	int err;
	while ((err = ingest_append(self, samples, count, true, &(struct store_done){.fn = told, .ctx = i})) == ERR_FULL)
		usleep(1000);
	if (!err)
		i->taken++;
	return err ? err : atomic_load(&i->failure);
}

int ingest_drain(void *self)
{
	struct ingest *i = self;
	while (atomic_load(&i->told) < atomic_load(&i->taken))
		usleep(1000);
	return atomic_load(&i->failure);
}

static int ingest_settle(void *self)
{
	int err = ingest_drain(self);
	return err ? err : store_seal(((struct ingest *)self)->store, true);
}

static int add_samples(void *ctx, const struct sample *samples, size_t count)
{
	struct answer *answer = ctx;
	for (size_t i = 0; i < count; i++)
		answer->check += samples[i].value;
	answer->points += count;
	return 0;
}

static int ingest_raw(void *self, const struct window *w, struct answer *answer_r)
{
	*answer_r = (struct answer){0};
	struct scan_query q = {w->series, {w->from}, {w->to}, add_samples, answer_r};
	int err = store_scan(((struct ingest *)self)->store, &q);
	answer_r->samples = answer_r->points;
	return err;
}

static int ingest_buckets(void *self, const struct window *w, size_t width, struct answer *answer_r)
{
	static struct bucket buckets[STORE_MAX_BUCKETS];
	struct buckets_answer got;
	struct buckets_query q = {w->series, {w->from}, {w->to}, width, .never_raw = true};
	*answer_r = (struct answer){0};
	int err = store_buckets(((struct ingest *)self)->store, &q, buckets, &got);
	if (err)
		return err;
	answer_r->points = got.count;
	for (size_t i = 0; i < got.count; i++) {
		answer_r->samples += buckets[i].count;
		answer_r->check += buckets[i].max;
	}
	return 0;
}

void ingest_set_window(void *self, int64_t window_ms)
{
	store_policy_set(((struct ingest *)self)->store,
			 &(struct history_policy){.raw_days = -1, .rollup_years = -1, .window_ms = window_ms});
}

double ingest_written_bytes(void *self)
{
	struct ingest *i = self;
	return (double)(written_bytes(i->store) - i->written_before);
}

double ingest_journal_bytes(void *self)
{
	struct store_stats stats;
	store_stats_get(((struct ingest *)self)->store, &stats);
	return (double)stats.journal_bytes;
}

const struct peer_ops ingest_peer = {
	"tomte", "telemetry.db", ingest_open, ingest_append_bulk, ingest_settle, ingest_raw, ingest_buckets, ingest_close,
};
