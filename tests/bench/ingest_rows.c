/* tomte's store under measurement, for as long as samples are rows: stands in for ingest.c and codec_cost.c until
 * the facade of history and the codec of chunks are there. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/store.h"
#include "household.h"
#include "ingest.h"

struct ingest {
	struct store *store;
	_Atomic int failure; /* of the last batch that failed */
};

static void told(void *ctx, int err)
{
	if (err)
		atomic_store((_Atomic int *)ctx, err);
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
	int err = store_open(dir, &self->store, message);
	if (err) {
		fprintf(stderr, "%s\n", message);
		free(self);
		return err;
	}
	for (int64_t id = 1; id <= HOUSEHOLD_SERIES && !err; id++)
		err = put_series(self->store, id);
	*self_r = self;
	if (err)
		ingest_close(self_r);
	return err;
}

int ingest_append(void *self, const struct sample *samples, size_t count, bool patient, const struct store_done *done)
{
	(void)patient;
	return store_append(((struct ingest *)self)->store, samples, count, done);
}

static int ingest_append_bulk(void *self, const struct sample *samples, size_t count)
{
	struct ingest *i = self;
	int err;
	while ((err = ingest_append(self, samples, count, true, &(struct store_done){told, &i->failure})) == ERR_FULL)
		usleep(1000);
	return err ? err : atomic_load(&i->failure);
}

int ingest_drain(void *self)
{
	struct ingest *i = self;
	int err = store_setting_put(i->store, "bench", span_str("drained"), NULL);
	return err ? err : atomic_load(&i->failure);
}

/* Hour by hour: as many samples as one question gets an answer for. */
static int ingest_raw(void *self, const struct window *w, struct answer *answer_r)
{
	static struct point points[STORE_MAX_POINTS];
	*answer_r = (struct answer){0};
	for (int64_t from = w->from; from < w->to; from += 3600000) {
		struct points_query q = {w->series, {from}, {from + 3600000}, STORE_MAX_POINTS};
		size_t count;
		bool raw;
		int err = store_points(((struct ingest *)self)->store, &q, points, &count, &raw);
		if (err)
			return err;
		answer_r->points += count;
		for (size_t i = 0; i < count; i++)
			answer_r->check += points[i].avg;
	}
	answer_r->samples = answer_r->points;
	return 0;
}

static int ingest_buckets(void *self, const struct window *w, size_t width, struct answer *answer_r)
{
	static struct point points[STORE_MAX_POINTS];
	struct points_query q = {w->series, {w->from}, {w->to}, width};
	bool raw;
	*answer_r = (struct answer){0};
	int err = store_points(((struct ingest *)self)->store, &q, points, &answer_r->points, &raw);
	if (err)
		return err;
	for (size_t i = 0; i < answer_r->points; i++) {
		answer_r->samples += points[i].count;
		answer_r->check += points[i].max;
	}
	return 0;
}

void ingest_set_window(void *self, int64_t window_ms)
{
	(void)self;
	(void)window_ms;
}

double ingest_written_bytes(void *self)
{
	(void)self;
	return NAN;
}

int codec_cost_measure(struct codec_cost *cost_r)
{
	*cost_r = (struct codec_cost){NAN, NAN, NAN};
	return 0;
}

const struct peer_ops ingest_peer = {
	"tomte", "telemetry.db", ingest_open, ingest_append_bulk, ingest_drain, ingest_raw, ingest_buckets, ingest_close,
};
