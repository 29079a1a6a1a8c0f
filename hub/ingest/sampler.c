/* Series and batches. Everything runs on the owner's thread but batch_stored()
 * and series_stored(), which the store's writer calls. It knows neither payloads nor devices'
 * descriptions: the house and the rules tell it what was measured, the recorder what to keep of it. */
#include "ingest/sampler.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "ingest/recorder.h"
#include "model/live.h"
#include "thread/thread.h"

enum {
	KEY_SIZE = SERIES_TOPIC_SIZE + SERIES_PATH_SIZE + 1,
	CLOCK_JITTER_MS = 1000, /* a clock that runs back by less is straightened */
};

struct known_series {
	struct map_node by_name; /* in sampler.by_name, key: name */
	struct map_node by_id;   /* in sampler.by_id, key: the bytes of series.id */
	struct list held;        /* in sampler.held while the recorder holds a reading for its time */
	struct series series;
	struct recorder_state recorder;
	struct mono_ms due;      /* of what is held */
	int64_t last_ms;         /* time of the newest reading; 0 before the first */
	bool speechless;         /* a word of it could not be kept: logged once */
	char name[];             /* see series_name() */
};

struct sampler {
	struct store *store; /* borrowed */
	struct live_port live;
	struct map by_name, by_id; /* of struct known_series */
	struct list held;          /* known_series.held */
	struct mono_ms held_due;   /* the first of them; INT64_MAX for none */
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
	list_remove(&k->held);
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

/* Writes what tells the series from all others: device and entity, or nothing, topic and path, with a NUL
 * between, which none of them holds. Returns its bytes. */
static size_t series_name(char name_r[KEY_SIZE], const struct series *series)
{
	bool own = series->device[0];
	const char *first = own ? series->device : series->topic, *second = own ? series->entity : series->path;
	size_t len = 0, first_len = strlen(first), second_len = strlen(second);
	if (!own)
		name_r[len++] = 0;
	memcpy(name_r + len, first, first_len);
	len += first_len;
	name_r[len++] = 0;
	memcpy(name_r + len, second, second_len);
	return len + second_len;
}

static bool holds(const struct series *series)
{
	return series->kind == SERIES_BINARY || series->kind == SERIES_TEXT;
}

/* Keeps a series; its id is set. */
static struct known_series *remember(struct sampler *s, const struct series *series)
{
	char name[KEY_SIZE];
	size_t len = series_name(name, series);
	struct known_series *k = calloc(1, sizeof *k + len);
	if (!k)
		return NULL;
	k->series = *series;
	list_init(&k->held);
	k->recorder.holds = holds(series);
	memcpy(k->name, name, len);
	if (map_put(&s->by_name, &k->by_name, span_of(k->name, len)) != 0) {
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
	list_init(&s->held);
	s->held_due.ms = INT64_MAX;
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
	const struct store_done done = {.fn = series_stored, .ctx = s, .patient = true};
	int err = store_series_put(s->store, series, &done);
	if (err != 0)
		series_stored(s, err);
}

static struct known_series *find(const struct sampler *s, const struct series *series)
{
	char name[KEY_SIZE];
	struct map_node *node = map_get(&s->by_name, span_of(name, series_name(name, series)));
	return node ? container_of(node, struct known_series, by_name) : NULL;
}

static struct known_series *find_id(const struct sampler *s, int64_t id)
{
	struct map_node *node = map_get(&s->by_id, span_of(&id, sizeof id));
	return node ? container_of(node, struct known_series, by_id) : NULL;
}

const struct series *sampler_find(const struct sampler *s, const struct series *of)
{
	struct known_series *k = find(s, of);
	return k ? &k->series : NULL;
}

const struct series *sampler_get(const struct sampler *s, int64_t id)
{
	struct known_series *k = find_id(s, id);
	return k ? &k->series : NULL;
}

void sampler_each(const struct sampler *s, void (*each)(void *ctx, const struct series *series), void *ctx)
{
	for (struct map_node *n = map_next(&s->by_name, NULL); n; n = map_next(&s->by_name, n))
		each(ctx, &container_of(n, struct known_series, by_name)->series);
}

/* Numbers and the codes of words cannot be told apart in one history: such a change of kind is refused. */
static enum series_kind next_kind(const struct series *series, enum series_kind wanted)
{
	if ((series->kind == SERIES_TEXT) == (wanted == SERIES_TEXT))
		return wanted;
	log_warning("ingest", "series %lld (%s%s) keeps its history of %s: erase the series to record %s",
		    (long long)series->id, series->device[0] ? series->entity : series->topic, series->path,
		    series->kind == SERIES_TEXT ? "words" : "numbers", wanted == SERIES_TEXT ? "words" : "numbers");
	return series->kind;
}

/* Takes over what the device says of its entity; all else is the owner's. */
static void follow(struct sampler *s, struct known_series *k, const struct series *wanted)
{
	struct series *series = &k->series;
	enum series_kind kind = next_kind(series, wanted->kind);
	if (series->kind == kind && strcmp(series->unit, wanted->unit) == 0 &&
	    strcmp(series->device_class, wanted->device_class) == 0)
		return;
	series->kind = kind;
	memcpy(series->unit, wanted->unit, sizeof series->unit);
	memcpy(series->device_class, wanted->device_class, sizeof series->device_class);
	k->recorder.holds = holds(series);
	store_series(s, series);
}

int64_t sampler_series(struct sampler *s, const struct series *wanted)
{
	struct known_series *k = find(s, wanted);
	if (k) {
		if (wanted->device[0])
			follow(s, k, wanted);
		return k->series.id;
	}
	if (s->last_id >= SERIES_ID_MAX)
		return ERR_FULL;
	struct series series = *wanted;
	series.id = s->last_id + 1;
	k = remember(s, &series);
	if (!k)
		return ERR_NOMEM;
	store_series(s, &k->series);
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

/* A number, or the word that it stands for. */
static void compose_value(const struct sampler *s, struct json_out *o, const struct sample *sample)
{
	char word[STORE_WORD_MAX + 1];
	const struct series *series = sampler_get(s, sample->series);
	if (series && series->kind == SERIES_TEXT && store_word_text(s->store, sample->series, sample->value, word) == 0)
		json_out_string(o, word);
	else
		json_out_number(o, sample->value);
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
		compose_value(s, &o, &s->batch[i]);
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
	const struct store_done done = {.fn = batch_stored, .ctx = flight, .patient = true};
	int err = store_append(s->store, s->batch, count, &done);
	s->batch_count = 0;
	if (err != 0)
		batch_stored(flight, err);
}

/* A reading that is to be kept joins the batch. */
static void keep(struct sampler *s, const struct known_series *k, const struct reading *reading, struct mono_ms now)
{
	if (s->batch_count == 0)
		s->flush_at = mono_add_ms(now, SAMPLER_BATCH_MS);
	s->batch[s->batch_count++] =
		(struct sample){.series = k->series.id, .at = reading->at, .value = reading->value};
	atomic_fetch_add_explicit(&s->taken, 1, memory_order_relaxed);
	if (s->batch_count == SAMPLER_BATCH_MAX)
		flush(s, now);
}

/* Keeps what the recorder held back for its time. */
static void release(struct sampler *s, struct known_series *k, struct mono_ms now)
{
	struct reading reading;
	list_remove(&k->held);
	if (recorder_release(&k->recorder, &k->series.recorder, &reading))
		keep(s, k, &reading, now);
}

/* Keeps what is held and due by now; INT64_MAX: all. Finds out when the next is. */
static void release_due(struct sampler *s, struct mono_ms due, struct mono_ms now)
{
	s->held_due.ms = INT64_MAX;
	struct list *link = s->held.next;
	while (link != &s->held) {
		struct known_series *k = container_of(link, struct known_series, held);
		link = link->next;
		if (k->due.ms <= due.ms)
			release(s, k, now);
		else if (k->due.ms < s->held_due.ms)
			s->held_due = k->due;
	}
}

void sampler_destroy(struct sampler **sampler)
{
	struct sampler *s = *sampler;
	*sampler = NULL;
	if (!s)
		return;
	struct mono_ms now = clock_mono();
	release_due(s, (struct mono_ms){INT64_MAX}, now);
	flush(s, now);
	if (atomic_fetch_sub(&s->holders, 1) > 1)
		waiter_wait(&s->idle);
	free_all(s);
}

/* The time under which a reading is kept: later than the series' newest, unless
 * the clock was set back. */
static struct wall_ms straighten(struct known_series *k, struct wall_ms at)
{
	if (at.ms <= k->last_ms && k->last_ms - at.ms < CLOCK_JITTER_MS)
		at.ms = k->last_ms + 1;
	k->last_ms = at.ms;
	return at;
}

/* Notes when the recorder wants to be asked again; at: the wall clock's time of now. */
static void watch(struct sampler *s, struct known_series *k, struct wall_ms at, struct mono_ms now)
{
	struct wall_ms due;
	list_remove(&k->held);
	if (!recorder_waits(&k->recorder, &k->series.recorder, &due))
		return;
	k->due = mono_add_ms(now, due.ms - at.ms);
	list_append(&s->held, &k->held);
	if (k->due.ms < s->held_due.ms)
		s->held_due = k->due;
}

static void add(struct sampler *s, struct known_series *k, const struct sample *sample, struct mono_ms now)
{
	const struct reading reading = {straighten(k, sample->at), sample->value};
	struct reading kept[RECORDER_OUT_MAX];
	size_t count = recorder_take(&k->recorder, &k->series.recorder, &reading, kept);
	for (size_t i = 0; i < count; i++)
		keep(s, k, &kept[i], now);
	watch(s, k, reading.at, now);
}

void sampler_add(struct sampler *s, const struct sample *sample, struct mono_ms now)
{
	struct known_series *k = find_id(s, sample->series);
	if (k && k->series.kind != SERIES_TEXT)
		add(s, k, sample, now);
}

/* A word that the store does not take; the series may be one that it does not have yet. */
static void lose_word(struct sampler *s, struct known_series *k, int err, struct mono_ms now)
{
	atomic_fetch_add(&s->dropped, 1);
	if (!k->speechless)
		log_warning("ingest", "series %lld: its words are not recorded: %s", (long long)k->series.id,
			    err == ERR_FULL ? "it has too many different ones" : err_text(err));
	k->speechless = true;
	if (err == ERR_NOT_FOUND) {
		atomic_store(&s->series_unstored, true);
		retry_series(s, now);
	}
}

void sampler_add_text(struct sampler *s, const struct text_sample *sample, struct mono_ms now)
{
	struct known_series *k = find_id(s, sample->series);
	struct sample coded = {.series = sample->series, .at = sample->at};
	if (!k || k->series.kind != SERIES_TEXT || k->series.recorder.preset == RECORD_NOTHING)
		return; /* the last makes no words */
	int err = store_word_code(s->store, sample->series, sample->text, &coded.value);
	if (err != 0) {
		lose_word(s, k, err, now);
		return;
	}
	k->speechless = false;
	add(s, k, &coded, now);
}

int sampler_change(struct sampler *s, const struct series *series, const struct store_done *done, struct mono_ms now)
{
	struct known_series *k = find_id(s, series->id);
	if (!k)
		return ERR_NOT_FOUND;
	const struct recorder *old = &k->series.recorder, *new = &series->recorder;
	if (old->preset != new->preset || old->interval_ms != new->interval_ms || old->deadband != new->deadband) {
		release(s, k, now);
		recorder_restart(&k->recorder);
	}
	k->series.recorder = series->recorder;
	k->series.raw_days = series->raw_days;
	k->series.rollup_years = series->rollup_years;
	k->series.resolution_ms = series->resolution_ms;
	if (!k->series.device[0]) {
		memcpy(k->series.unit, series->unit, sizeof series->unit);
		memcpy(k->series.device_class, series->device_class, sizeof series->device_class);
	}
	return store_series_put(s->store, &k->series, done);
}

void sampler_store_again(struct sampler *s)
{
	atomic_store(&s->series_unstored, true);
}

struct mono_ms sampler_deadline(const struct sampler *s)
{
	return s->batch_count && s->flush_at.ms < s->held_due.ms ? s->flush_at : s->held_due;
}

void sampler_turn(struct sampler *s, struct mono_ms now)
{
	if (mono_diff_ms(s->held_due, now) >= 0)
		release_due(s, now, now);
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
