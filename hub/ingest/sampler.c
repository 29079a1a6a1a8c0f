/* Series and batches. Everything runs on the owner's thread but batch_stored()
 * and series_stored(), which the store's writer calls. It knows neither topics nor devices'
 * descriptions: the house tells it what is worth keeping. */
#include "ingest/sampler.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "model/live.h"
#include "thread/thread.h"

enum {
	KEY_SIZE = 2 * MODEL_ID_SIZE,
	CLOCK_JITTER_MS = 1000, /* a clock that runs back by less is straightened */
};

struct known_series {
	struct map_node by_name; /* in sampler.by_name, key: name */
	struct map_node by_id;   /* in sampler.by_id, key: the bytes of series.id */
	struct series series;
	int64_t last_ms; /* time of the newest sample; 0 before the first */
	char name[KEY_SIZE]; /* device/entity */
};

struct sampler {
	struct store *store; /* borrowed */
	struct live_port live;
	struct map by_name, by_id; /* of struct known_series */
	int64_t last_id;
	int load_err; /* of the callback while loading */

	struct sample batch[SAMPLER_BATCH_MAX];
	size_t batch_count;
	struct mono_ms flush_at; /* valid while batch_count > 0 */
	struct mono_ms retry_at;

	/* Shared with the store's writer and with who reads the counters. */
	_Atomic size_t holders;       /* the owner and each write under way */
	_Atomic bool full;            /* samples are being dropped: logged once */
	_Atomic bool series_unstored; /* some series is not on the disk */
	_Atomic uint64_t taken, dropped, stored;
	struct waiter idle; /* signalled by the last write when the owner has let go */
};

/* A batch on its way: freed when the store has answered. */
struct flight {
	struct sampler *sampler;
	struct buf points; /* the event for the browsers */
	int err;           /* of composing it */
	size_t count;
};

static void let_go(struct sampler *s)
{
	if (atomic_fetch_sub(&s->holders, 1) == 1)
		waiter_signal(&s->idle);
}

static void free_series(struct sampler *s, struct known_series *k)
{
	map_remove(&s->by_name, &k->by_name);
	map_remove(&s->by_id, &k->by_id);
	free(k);
}

static void free_all(struct sampler *s)
{
	struct map_node *node = map_next(&s->by_name, NULL);
	while (node) {
		struct map_node *next = map_next(&s->by_name, node);
		free_series(s, container_of(node, struct known_series, by_name));
		node = next;
	}
	map_finish(&s->by_name);
	map_finish(&s->by_id);
	waiter_finish(&s->idle);
	free(s);
}

/* Keeps a series; its id is set. */
static struct known_series *remember(struct sampler *s, const struct series *series)
{
	struct known_series *k = calloc(1, sizeof *k);
	if (!k)
		return NULL;
	k->series = *series;
	if (str_format(k->name, sizeof k->name, "%s/%s", series->device, series->entity) != 0 ||
	    map_put(&s->by_name, &k->by_name, span_str(k->name)) != 0) {
		free(k);
		return NULL;
	}
	if (map_put(&s->by_id, &k->by_id, span_of(&k->series.id, sizeof k->series.id)) != 0) {
		map_remove(&s->by_name, &k->by_name);
		free(k);
		return NULL;
	}
	if (series->id > s->last_id)
		s->last_id = series->id;
	return k;
}

static void on_series(void *ctx, const struct series *series)
{
	struct sampler *s = ctx;
	if (!remember(s, series))
		s->load_err = ERR_NOMEM;
}

int sampler_create(struct store *store, const struct live_port *live, struct sampler **sampler_r)
{
	*sampler_r = NULL;
	struct sampler *s = calloc(1, sizeof *s);
	if (!s)
		return ERR_NOMEM;
	s->store = store;
	s->live = *live;
	waiter_init(&s->idle);
	atomic_init(&s->holders, 1);
	int err = store_series_each(store, on_series, s);
	if (err == 0)
		err = s->load_err;
	if (err != 0) {
		free_all(s);
		return err;
	}
	*sampler_r = s;
	return 0;
}

/* On the writer's thread. */
static void series_stored(void *ctx, int err)
{
	struct sampler *s = ctx;
	if (err != 0 && !atomic_exchange(&s->series_unstored, true))
		log_warning("ingest", "a series could not be stored and will be tried again: %s", err_text(err));
	let_go(s);
}

static void store_series(struct sampler *s, const struct series *series)
{
	atomic_fetch_add(&s->holders, 1);
	const struct store_done done = {series_stored, s};
	int err = store_series_put(s->store, series, &done);
	if (err != 0)
		series_stored(s, err);
}

static struct known_series *find(const struct sampler *s, const char *device, const char *entity)
{
	char name[KEY_SIZE];
	if (str_format(name, sizeof name, "%s/%s", device, entity) != 0)
		return NULL;
	struct map_node *node = map_get(&s->by_name, span_str(name));
	return node ? container_of(node, struct known_series, by_name) : NULL;
}

int64_t sampler_find(const struct sampler *s, const char *device, const char *entity)
{
	struct known_series *k = find(s, device, entity);
	return k ? k->series.id : 0;
}

int64_t sampler_series(struct sampler *s, const struct series *wanted)
{
	struct known_series *k = find(s, wanted->device, wanted->entity);
	if (!k) {
		struct series series = *wanted;
		series.id = s->last_id + 1;
		k = remember(s, &series);
		if (!k)
			return ERR_NOMEM;
		store_series(s, &k->series);
	} else if (k->series.kind != wanted->kind || strcmp(k->series.unit, wanted->unit) != 0) {
		k->series.kind = wanted->kind;
		memcpy(k->series.unit, wanted->unit, sizeof k->series.unit);
		store_series(s, &k->series);
	}
	return k->series.id;
}

/* Counts samples that are lost and says so once per episode. Any thread. */
static void count_dropped(struct sampler *s, size_t count, int err)
{
	atomic_fetch_add(&s->dropped, count);
	if (!atomic_exchange(&s->full, true))
		log_warning("ingest", "the store does not take samples (%s): they are dropped until it does",
			    err_text(err));
}

/* On the writer's thread: the batch is on the disk, or is not. */
static void batch_stored(void *ctx, int err)
{
	struct flight *flight = ctx;
	struct sampler *s = flight->sampler;
	if (err == 0) {
		atomic_fetch_add(&s->stored, flight->count);
		if (atomic_exchange(&s->full, false))
			log_info("ingest", "the store takes samples again");
		struct json_out o = {.buf = &flight->points, .err = flight->err};
		live_post(&s->live, "points", &o);
	} else {
		count_dropped(s, flight->count, err);
	}
	buf_finish(&flight->points);
	free(flight);
	let_go(s);
}

/* Composed here and not when the batch is stored, so that the store's writer need not. */
static void compose_points(struct sampler *s, struct flight *flight)
{
	struct json_out o = {.buf = &flight->points};
	json_out_raw(&o, "{\"points\":[");
	for (size_t i = 0; i < s->batch_count; i++) {
		json_out_next(&o);
		json_out_raw(&o, "[");
		json_out_int(&o, s->batch[i].series);
		json_out_raw(&o, ",");
		json_out_int(&o, s->batch[i].at.ms);
		json_out_raw(&o, ",");
		json_out_number(&o, s->batch[i].value);
		json_out_raw(&o, "]");
	}
	json_out_raw(&o, "]}");
	flight->err = o.err;
}

/* Series that the disk had no room for come again before samples that need them. */
static void retry_series(struct sampler *s, struct mono_ms now)
{
	if (now.ms < s->retry_at.ms || !atomic_exchange(&s->series_unstored, false))
		return;
	s->retry_at = mono_add_ms(now, SAMPLER_RETRY_MS);
	for (struct map_node *n = map_next(&s->by_name, NULL); n; n = map_next(&s->by_name, n))
		store_series(s, &container_of(n, struct known_series, by_name)->series);
}

static void flush(struct sampler *s, struct mono_ms now)
{
	if (s->batch_count == 0)
		return;
	retry_series(s, now);
	size_t count = s->batch_count;
	struct flight *flight = calloc(1, sizeof *flight);
	if (!flight) {
		s->batch_count = 0;
		count_dropped(s, count, ERR_NOMEM);
		return;
	}
	flight->sampler = s;
	flight->count = count;
	compose_points(s, flight);
	atomic_fetch_add(&s->holders, 1);
	const struct store_done done = {batch_stored, flight};
	int err = store_append(s->store, s->batch, count, &done);
	s->batch_count = 0;
	if (err != 0)
		batch_stored(flight, err);
}

void sampler_destroy(struct sampler **sampler)
{
	struct sampler *s = *sampler;
	*sampler = NULL;
	if (!s)
		return;
	flush(s, clock_mono());
	if (atomic_fetch_sub(&s->holders, 1) > 1)
		waiter_wait(&s->idle);
	free_all(s);
}

/* The time under which a sample is kept: later than the series' newest, unless
 * the clock was set back. */
static struct wall_ms straighten(struct known_series *k, struct wall_ms at)
{
	if (at.ms <= k->last_ms && k->last_ms - at.ms < CLOCK_JITTER_MS)
		at.ms = k->last_ms + 1;
	k->last_ms = at.ms;
	return at;
}

void sampler_add(struct sampler *s, const struct sample *sample, struct mono_ms now)
{
	struct map_node *node = map_get(&s->by_id, span_of(&sample->series, sizeof sample->series));
	if (!node)
		return;
	if (s->batch_count == 0)
		s->flush_at = mono_add_ms(now, SAMPLER_BATCH_MS);
	struct sample *kept = &s->batch[s->batch_count++];
	*kept = *sample;
	kept->at = straighten(container_of(node, struct known_series, by_id), sample->at);
	atomic_fetch_add_explicit(&s->taken, 1, memory_order_relaxed);
	if (s->batch_count == SAMPLER_BATCH_MAX)
		flush(s, now);
}

struct mono_ms sampler_deadline(const struct sampler *s)
{
	return s->batch_count ? s->flush_at : (struct mono_ms){INT64_MAX};
}

void sampler_turn(struct sampler *s, struct mono_ms now)
{
	if (s->batch_count && mono_diff_ms(s->flush_at, now) >= 0)
		flush(s, now);
}

void sampler_forget(struct sampler *s, const char *device, struct mono_ms now)
{
	flush(s, now);
	struct map_node *node = map_next(&s->by_name, NULL);
	while (node) {
		struct map_node *next = map_next(&s->by_name, node);
		struct known_series *k = container_of(node, struct known_series, by_name);
		if (strcmp(k->series.device, device) == 0)
			free_series(s, k);
		node = next;
	}
}

void sampler_stats_get(const struct sampler *s, struct sampler_stats *stats_r)
{
	stats_r->taken = atomic_load(&s->taken);
	stats_r->dropped = atomic_load(&s->dropped);
	stats_r->stored = atomic_load(&s->stored);
}
