/* The registry of series: names, ids, and what is written of them. On the owner's thread but
 * series_stored(), which the store's writer calls. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "ingest/sampler_private.h"
#include "model/live.h"

enum { KEY_SIZE = SERIES_TOPIC_SIZE + SERIES_PATH_SIZE + 1 };

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

struct known_series *registry_remember(struct sampler *s, const struct series *series)
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
	if (series->device[0])
		live_series(&s->live, series->id, series->device);
	return k;
}

void registry_forget(struct sampler *s, struct known_series *k)
{
	map_remove(&s->by_name, &k->by_name);
	map_remove(&s->by_id, &k->by_id);
	list_remove(&k->held);
	free(k);
}

/* On the writer's thread. */
static void series_stored(void *ctx, int err)
{
	struct sampler *s = ctx;
	if (err != 0 && !atomic_exchange(&s->series_unstored, true))
		log_warning("ingest", "a series could not be stored and will be tried again: %s", err_text(err));
	sampler_let_go(s);
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

struct known_series *registry_find_id(const struct sampler *s, int64_t id)
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
	struct known_series *k = registry_find_id(s, id);
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
	k = registry_remember(s, &series);
	if (!k)
		return ERR_NOMEM;
	store_series(s, &k->series);
	return k->series.id;
}

void sampler_store_again(struct sampler *s)
{
	atomic_store(&s->series_unstored, true);
}

/* Series that the disk had no room for come again before samples that need them. */
void registry_retry(struct sampler *s, struct mono_ms now)
{
	if (now.ms < s->retry_at.ms || !atomic_exchange(&s->series_unstored, false))
		return;
	s->retry_at = mono_add_ms(now, SAMPLER_RETRY_MS);
	for (struct map_node *n = map_next(&s->by_name, NULL); n; n = map_next(&s->by_name, n))
		store_series(s, &container_of(n, struct known_series, by_name)->series);
}
