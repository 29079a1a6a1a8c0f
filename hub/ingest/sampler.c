/* Readings of series: their times, what their recorders keep of them, the batch that they gather in. On the
 * owner's thread. It knows neither payloads nor devices'
 * descriptions: the house and the rules tell it what was measured, the recorder what to keep of it. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "ingest/sampler_private.h"
#include "model/live.h"

enum { CLOCK_JITTER_MS = 1000 }; /* a clock that runs back by less is straightened */

void sampler_let_go(struct sampler *s)
{
	if (atomic_fetch_sub(&s->holders, 1) == 1)
		waiter_signal(&s->idle);
}

static void free_all(struct sampler *s)
{
	struct map_node *node = map_next(&s->by_name, NULL);
	while (node) {
		struct map_node *next = map_next(&s->by_name, node);
		registry_forget(s, container_of(node, struct known_series, by_name));
		node = next;
	}
	map_finish(&s->by_name);
	map_finish(&s->by_id);
	waiter_finish(&s->idle);
	free(s);
}

static void on_series(void *ctx, const struct series *series)
{
	struct sampler *s = ctx;
	if (!registry_remember(s, series))
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

/* A reading that is to be kept joins the batch. */
static void keep(struct sampler *s, const struct known_series *k, const struct reading *reading, struct mono_ms now)
{
	if (s->batch_count == 0)
		s->flush_at = mono_add_ms(now, SAMPLER_BATCH_MS);
	s->batch[s->batch_count++] =
		(struct sample){.series = k->series.id, .at = reading->at, .value = reading->value};
	atomic_fetch_add_explicit(&s->taken, 1, memory_order_relaxed);
	if (s->batch_count == SAMPLER_BATCH_MAX)
		sampler_flush(s, now);
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
	sampler_flush(s, now);
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
	struct known_series *k = registry_find_id(s, sample->series);
	if (k && k->series.kind != SERIES_TEXT)
		add(s, k, sample, now);
}

/* A word that the store does not take; the series may be one that it does not have yet. */
static void lose_word(struct sampler *s, struct known_series *k, int err, struct mono_ms now)
{
	atomic_fetch_add(&s->dropped, 1);
	if (err != ERR_FULL && err != ERR_TOO_LARGE) /* these stay: whoever is told would only say it again */
		sampler_message_failed(s, err);
	if (!k->speechless)
		log_warning("ingest", "series %lld: its words are not recorded: %s", (long long)k->series.id,
			    err == ERR_FULL ? "it has too many different ones" : err_text(err));
	k->speechless = true;
	if (err == ERR_NOT_FOUND) {
		atomic_store(&s->series_unstored, true);
		registry_retry(s, now);
	}
}

void sampler_add_text(struct sampler *s, const struct text_sample *sample, struct mono_ms now)
{
	struct known_series *k = registry_find_id(s, sample->series);
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
	struct known_series *k = registry_find_id(s, series->id);
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

struct mono_ms sampler_deadline(const struct sampler *s)
{
	return s->batch_count && s->flush_at.ms < s->held_due.ms ? s->flush_at : s->held_due;
}

void sampler_turn(struct sampler *s, struct mono_ms now)
{
	if (mono_diff_ms(s->held_due, now) >= 0)
		release_due(s, now, now);
	if (s->batch_count && mono_diff_ms(s->flush_at, now) >= 0)
		sampler_flush(s, now);
}

/* On the writer's thread. */
static void series_erased(void *ctx, int err)
{
	struct sampler *s = ctx;
	if (err != 0)
		log_error("ingest", "a series of an erased device's topic was not erased: %s", err_text(err));
	sampler_let_go(s);
}

static void erase_series(struct sampler *s, int64_t id)
{
	const struct store_done done = {.fn = series_erased, .ctx = s};
	atomic_fetch_add(&s->holders, 1);
	int err = store_series_erase(s->store, id, &done);
	if (err != 0)
		series_erased(s, err);
}

/* Whether a rule recorded it from one of the device's own topics. */
static bool names_device(const struct series *series, const char *device)
{
	struct topic_parts parts;
	return topic_parse(span_str(series->topic), &parts) == 0 && span_is(parts.device, device);
}

void sampler_forget(struct sampler *s, const char *device, struct mono_ms now)
{
	sampler_flush(s, now);
	struct map_node *node = map_next(&s->by_name, NULL);
	while (node) {
		struct map_node *next = map_next(&s->by_name, node);
		struct known_series *k = container_of(node, struct known_series, by_name);
		bool of_topic = !k->series.device[0] && names_device(&k->series, device);
		if (of_topic)
			erase_series(s, k->series.id);
		if (of_topic || strcmp(k->series.device, device) == 0) {
			live_series(&s->live, k->series.id, NULL);
			registry_forget(s, k);
		}
		node = next;
	}
}

void sampler_stats_get(const struct sampler *s, struct sampler_stats *stats_r)
{
	stats_r->taken = atomic_load(&s->taken);
	stats_r->dropped = atomic_load(&s->dropped);
	stats_r->stored = atomic_load(&s->stored);
}
