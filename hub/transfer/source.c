/* The store as lib/history's source. Any thread; blocks on the disk. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "transfer/transfer_private.h"

_Static_assert((int)HISTORY_TOPIC_SIZE == (int)SERIES_TOPIC_SIZE && (int)HISTORY_PATH_SIZE == (int)SERIES_PATH_SIZE &&
		       (int)HISTORY_UNIT_SIZE == (int)SERIES_UNIT_SIZE && (int)HISTORY_CLASS_SIZE == (int)SERIES_CLASS_SIZE &&
		       (int)HISTORY_WORD_SIZE == STORE_WORD_MAX + 1,
	       "what the store keeps fits what files know");

static struct history_series describe(const struct series *series)
{
	struct history_series d = {.id = series->id, .kind = series->kind};
	memcpy(d.device, series->device, sizeof d.device);
	memcpy(d.entity, series->entity, sizeof d.entity);
	memcpy(d.topic, series->topic, sizeof d.topic);
	memcpy(d.path, series->path, sizeof d.path);
	memcpy(d.unit, series->unit, sizeof d.unit);
	memcpy(d.device_class, series->device_class, sizeof d.device_class);
	return d;
}

struct walk {
	void (*each)(void *ctx, const struct history_series *series);
	void *ctx;
};

static void walk_one(void *ctx, const struct series *series)
{
	const struct walk *walk = ctx;
	struct history_series d = describe(series);
	walk->each(walk->ctx, &d);
}

static int series_each(void *ctx, void (*each)(void *each_ctx, const struct history_series *series), void *each_ctx)
{
	struct walk walk = {each, each_ctx};
	return store_series_each(ctx, walk_one, &walk);
}

static int series_get(void *ctx, int64_t id, struct history_series *series_r)
{
	struct series series;
	int err = store_series_get(ctx, id, &series);
	if (!err)
		*series_r = describe(&series);
	return err;
}

static int scan(void *ctx, int64_t series, int64_t from_ms, int64_t to_ms,
		int (*each)(void *each_ctx, const struct sample *samples, size_t count), void *each_ctx)
{
	struct scan_query q = {.series = series, .from = {from_ms}, .to = {to_ms}, .each = each, .ctx = each_ctx};
	return store_scan(ctx, &q);
}

static int word(void *ctx, int64_t series, double code, char text_r[HISTORY_WORD_SIZE])
{
	return store_word_text(ctx, series, code, text_r);
}

struct history_source source_of_store(struct store *store)
{
	return (struct history_source){series_each, series_get, scan, word, store};
}

/* ---- finding by label -------------------------------------------------- */

struct search {
	const char *label;
	struct history_series *series_r;
	bool found;
};

static void compare(void *ctx, const struct series *series)
{
	struct search *search = ctx;
	char label[HISTORY_LABEL_SIZE];
	struct history_series d = describe(series);
	history_label(&d, label);
	if (search->found || strcmp(label, search->label) != 0)
		return;
	search->found = true;
	*search->series_r = d;
}

int source_find(struct store *store, const char *label, struct history_series *series_r)
{
	struct search search = {label, series_r, false};
	int err = store_series_each(store, compare, &search);
	return err ? err : search.found ? 0 : ERR_NOT_FOUND;
}
