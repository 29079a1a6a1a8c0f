/* The registry of series. Any thread, under the lock "store-head". It knows
 * neither journal nor shelf: who journals and seals tells it. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/head_private.h"

int head_create(struct head **head_r)
{
	struct head *h = calloc(1, sizeof *h);
	*head_r = h;
	if (!h)
		return ERR_NOMEM;
	lock_init(&h->frame, "store-frame");
	lock_init(&h->lock, "store-head");
	return 0;
}

static void entry_destroy(struct entry *e)
{
	entry_finish_words(e);
	free(e->live.data);
	free(e->frozen.data);
	free(e->name);
	free(e);
}

void head_destroy(struct head **head)
{
	struct head *h = *head;
	if (!h)
		return;
	for (size_t p = 0; p < PAGES; p++) {
		for (size_t i = 0; h->pages[p] && i < PAGE_ENTRIES; i++) {
			if (h->pages[p][i])
				entry_destroy(h->pages[p][i]);
		}
		free(h->pages[p]);
	}
	map_finish(&h->by_name);
	lock_finish(&h->lock);
	lock_finish(&h->frame);
	free(h);
	*head = NULL;
}

struct entry *head_announced(const struct head *h, int64_t id)
{
	if (id < 1 || id > SERIES_ID_MAX)
		return NULL;
	struct entry **page = h->pages[id >> PAGE_BITS];
	return page ? page[id & (PAGE_ENTRIES - 1)] : NULL;
}

struct entry *head_entry(const struct head *h, int64_t id)
{
	struct entry *e = head_announced(h, id);
	return e && e->name ? e : NULL;
}

/* What is unique of a series, as one text: ids hold no '/', topics no newline by MQTT's own advice,
 * and a device's name never begins like a topic's. */
static char *name_of(const struct series *s)
{
	struct buf name = {0};
	int err = s->device[0] ? buf_printf(&name, "d%s/%s", s->device, s->entity)
			       : buf_printf(&name, "t%s\n%s", s->topic, s->path);
	if (err || !buf_cstr(&name)) {
		buf_finish(&name);
		return NULL;
	}
	return (char *)name.data;
}

static bool is_valid(const struct series *s)
{
	bool named = s->device[0] ? s->entity[0] && !s->topic[0] && !s->path[0] : s->topic[0] && !s->entity[0];
	return named && s->id >= 1 && s->id <= SERIES_ID_MAX && s->kind >= SERIES_GAUGE && s->kind <= SERIES_TEXT &&
	       s->recorder.preset >= RECORD_ALL && s->recorder.preset <= RECORD_NOTHING && s->recorder.interval_ms >= 0 &&
	       s->recorder.deadband >= 0 && s->raw_days >= -1 && s->rollup_years >= -1 && s->resolution_ms >= 0;
}

static int check(const struct head *h, const struct series *series, const char *name)
{
	const struct map_node *node = map_get(&h->by_name, span_str(name));
	return node && container_of(node, struct entry, by_name)->series.id != series->id ? ERR_EXISTS : 0;
}

int head_check_series(struct head *h, const struct series *series)
{
	if (!is_valid(series))
		return ERR_INVALID;
	char *name = name_of(series);
	if (!name)
		return ERR_NOMEM;
	lock_take(&h->lock);
	int err = check(h, series, name);
	lock_release(&h->lock);
	free(name);
	return err;
}

/* An empty place for the id in the pages. */
static struct entry **place_of(struct head *h, int64_t id)
{
	struct entry ***page = &h->pages[id >> PAGE_BITS];
	if (!*page)
		*page = calloc(PAGE_ENTRIES, sizeof **page);
	return *page ? &(*page)[id & (PAGE_ENTRIES - 1)] : NULL;
}

/* Puts the entry under its new name (taken, also on failure). */
static int rename_entry(struct head *h, struct entry *e, char *name)
{
	if (e->name && strcmp(e->name, name) == 0) {
		free(name);
		return 0;
	}
	if (e->name)
		map_remove(&h->by_name, &e->by_name);
	free(e->name);
	e->name = name;
	return map_put(&h->by_name, &e->by_name, span_str(name));
}

struct entry *head_announce(struct head *h, int64_t id)
{
	struct entry **place = place_of(h, id);
	if (place && !*place)
		*place = calloc(1, sizeof **place);
	return place ? *place : NULL;
}

static int put(struct head *h, const struct series *series, char *name, bool changed)
{
	struct entry *e = head_announce(h, series->id);
	if (!e) {
		free(name);
		return ERR_NOMEM;
	}
	int err = rename_entry(h, e, name);
	if (err) { /* no memory for the map: a series without a name cannot be */
		h->live -= e->live.count;
		h->frozen -= e->frozen.count;
		*place_of(h, series->id) = NULL;
		entry_destroy(e);
		return err;
	}
	e->series = *series;
	e->changed = changed;
	if (series->id > h->last_id)
		h->last_id = series->id;
	return 0;
}

int head_put_series(struct head *h, const struct series *series, bool from_shelf)
{
	if (!is_valid(series))
		return ERR_INVALID;
	char *name = name_of(series);
	if (!name)
		return ERR_NOMEM;
	lock_take(&h->lock);
	int err = check(h, series, name);
	if (err)
		free(name);
	else
		err = put(h, series, name, !from_shelf);
	lock_release(&h->lock);
	return err;
}

int head_get_series(struct head *h, int64_t id, struct series *series_r)
{
	lock_take(&h->lock);
	const struct entry *e = head_entry(h, id);
	if (e)
		*series_r = e->series;
	lock_release(&h->lock);
	return e ? 0 : ERR_NOT_FOUND;
}

struct entry *head_next_entry(const struct head *h, int64_t after)
{
	int64_t id = after + 1;
	while (id <= h->last_id) {
		struct entry **page = h->pages[id >> PAGE_BITS];
		if (!page) {
			id = ((id >> PAGE_BITS) + 1) << PAGE_BITS;
			continue;
		}
		struct entry *e = page[id & (PAGE_ENTRIES - 1)];
		if (e && e->name)
			return e;
		id++;
	}
	return NULL;
}

int head_next_series(struct head *h, int64_t after, struct series *series_r)
{
	lock_take(&h->lock);
	const struct entry *e = head_next_entry(h, after);
	if (e)
		*series_r = e->series;
	lock_release(&h->lock);
	return e ? 0 : ERR_NOT_FOUND;
}

int head_frozen_series(struct head *h, int64_t after, struct series *series_r)
{
	lock_take(&h->lock);
	const struct entry *e = head_next_entry(h, after);
	while (e && !e->sealing)
		e = head_next_entry(h, e->series.id);
	if (e)
		*series_r = e->series;
	lock_release(&h->lock);
	return e ? 0 : ERR_NOT_FOUND;
}

void head_remove_series(struct head *h, int64_t id)
{
	lock_take(&h->lock);
	struct entry *e = head_entry(h, id);
	if (e) {
		h->pages[id >> PAGE_BITS][id & (PAGE_ENTRIES - 1)] = NULL;
		map_remove(&h->by_name, &e->by_name);
		h->live -= e->live.count;
		h->frozen -= e->frozen.count;
	}
	lock_release(&h->lock);
	if (e)
		entry_destroy(e);
}

/* ---- noise and damage -------------------------------------------------- */

/* Puts the series into the list if it is among the noisiest; the list descends. */
static size_t rank(struct series_noise *list, size_t count, size_t max, const struct entry *e)
{
	size_t at = count;
	while (at > 0 && list[at - 1].samples < e->noise)
		at--;
	if (at == max)
		return count;
	if (count < max)
		count++;
	memmove(&list[at + 1], &list[at], (count - at - 1) * sizeof *list);
	list[at] = (struct series_noise){e->series.id, e->noise};
	return count;
}

size_t head_noisiest(struct head *h, int64_t today, struct series_noise *noise_r, size_t max)
{
	size_t count = 0;
	lock_take(&h->lock);
	for (const struct entry *e = head_next_entry(h, 0); e; e = head_next_entry(h, e->series.id)) {
		if (e->noise_day == today && e->noise)
			count = rank(noise_r, count, max, e);
	}
	lock_release(&h->lock);
	return count;
}

void head_note_damaged(struct head *h, int64_t chunk_id)
{
	lock_take(&h->lock);
	size_t i = 0;
	while (i < h->damaged_count && h->damaged[i] != chunk_id)
		i++;
	if (i == h->damaged_count && i < DAMAGED_MAX)
		h->damaged[h->damaged_count++] = chunk_id;
	lock_release(&h->lock);
}

bool head_take_damaged(struct head *h, int64_t *chunk_id_r)
{
	lock_take(&h->lock);
	bool any = h->damaged_count > 0;
	if (any)
		*chunk_id_r = h->damaged[--h->damaged_count];
	lock_release(&h->lock);
	return any;
}
