/* Reported states outlive the hub, so that devices whose topics are not retained are not unknown after a restart. On the house's thread.
 *
 * The card wears with each write, so little is written: what switches and is set, at most once a minute and only where it has changed. Numbers that
 * are recorded come back from their series; and a clean stop writes all. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "db/reported.h"
#include "device/house_private.h"

enum { BATCH_MAX = 256 }; /* states in one write; others have their turn a minute later */

/* ---- keeping ------------------------------------------------------------------ */

/* FNV-1a, 64 bits; 0 stands for nothing. */
static uint64_t hash_of(const struct buf *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < text->len; i++)
		hash = (hash ^ text->data[i]) * UINT64_C(1099511628211);
	return hash ? hash : 1;
}

static int write_state(const struct entity *about, const struct state *state, struct buf *text)
{
	struct json_out o = {.buf = text};
	state_json(&o, state, component_is_whole(about->component));
	return o.err;
}

/* What of a state counts as a change: not what it measures beside. 0 without memory. */
static uint64_t hash_of_state(const struct entity *about, const struct state *state)
{
	static const enum property measured[] = {PROPERTY_CURRENT, PROPERTY_HUMIDITY, PROPERTY_PROGRESS};
	struct state settled = *state;
	struct buf text = {0};
	for (size_t i = 0; i < sizeof measured / sizeof *measured; i++)
		state_forget(&settled, measured[i]);
	uint64_t hash = write_state(about, &settled, &text) ? 0 : hash_of(&text);
	buf_finish(&text);
	return hash;
}

/* Whether its series has the value. */
static bool is_recorded(const struct device_entity *e)
{
	return e->series > 0 && !component_is_whole(e->about.component) && e->state.value.kind == VALUE_NUMBER;
}

static bool is_due(const struct device_entity *e, bool all)
{
	if (!e->state.known || !e->at.ms || e->at.ms == e->shadow.kept_at.ms)
		return false;
	return all || (!is_recorded(e) && hash_of_state(&e->about, &e->state) != e->shadow.kept);
}

struct batch {
	struct reported_record records[BATCH_MAX];
	struct device_entity *entities[BATCH_MAX];
	struct buf states[BATCH_MAX];
	size_t count;
};

static void add(struct batch *b, struct device_entity *e)
{
	struct buf *text = &b->states[b->count];
	struct reported_record *r = &b->records[b->count];
	*text = (struct buf){0};
	if (write_state(&e->about, &e->state, text) != 0) {
		buf_finish(text);
		return;
	}
	*r = (struct reported_record){.state = buf_cstr(text), .at = e->at};
	memcpy(r->device, e->device->record.id, sizeof r->device);
	memcpy(r->entity, e->about.id, sizeof r->entity);
	b->entities[b->count++] = e;
}

static void put(struct house *h, struct batch *b)
{
	const struct store_done done = house_unwatched("what devices reported was not stored");
	int err = b->count ? store_reported_put(h->config.store, b->records, b->count, &done) : 0;
	if (err)
		log_warning("house", "what devices reported was not stored: %s", err_text(err));
	for (size_t i = 0; i < b->count; i++) {
		struct device_entity *e = b->entities[i];
		if (!err) {
			e->shadow.kept = hash_of_state(&e->about, &e->state);
			e->shadow.kept_at = e->at;
		}
		buf_finish(&b->states[i]);
	}
	b->count = 0;
}

void house_keep_reported(struct house *h, bool all)
{
	struct batch *b = calloc(1, sizeof *b);
	for (struct map_node *n = map_next(&h->devices, NULL); n && b; n = map_next(&h->devices, n)) {
		struct device *d = container_of(n, struct device, node);
		list_each(e, &d->entities, struct device_entity, link) {
			if (d->erasing || !is_due(e, all))
				continue;
			if (b->count == BATCH_MAX && !all)
				break;
			if (b->count == BATCH_MAX)
				put(h, b);
			add(b, e);
		}
	}
	if (b)
		put(h, b);
	free(b);
}

/* ---- taking up ------------------------------------------------------------------ */

static struct value value_of(const json_t *json, const struct entity *about)
{
	const char *text = json_string_value(json);
	if (json_is_number(json))
		return value_number(json_number_value(json));
	if (!text)
		return (struct value){.kind = VALUE_NONE};
	return component_is_on_off(about->component) ? value_on_off(strcmp(text, "ON") == 0) : value_text(span_str(text));
}

/* Properties that this program does not know are left out. */
static void read_properties(const json_t *json, struct state *state)
{
	const char *key;
	const json_t *value;
	json_object_foreach((json_t *)(uintptr_t)json, key, value) {
		enum property p = property_of(span_str(key));
		if (p == PROPERTY_COUNT || p == PROPERTY_STATE)
			continue;
		if (p < PROPERTY_FIRST_WORD && json_is_number(value))
			state_set_number(state, p, json_number_value(value));
		else if (p >= PROPERTY_FIRST_WORD && json_is_string(value))
			(void)state_set_word(state, p, span_str(json_string_value(value))); /* it fitted when it was written */
	}
}

static void read_state(const json_t *json, const struct entity *about, struct state *state_r)
{
	*state_r = (struct state){0};
	if (!json_is_object(json)) {
		state_set(state_r, value_of(json, about));
		return;
	}
	state_set(state_r, value_of(json_object_get(json, "state"), about));
	read_properties(json, state_r);
	read_properties(json_object_get(json, "color"), state_r);
}

/* Nothing describes it any more. */
static void drop(struct house *h, const struct reported_record *r)
{
	struct reported_record gone = *r;
	const struct store_done done = house_unwatched("an old state was not removed");
	gone.state = NULL;
	(void)store_reported_put(h->config.store, &gone, 1, &done); /* else at the next start */
}

static void on_kept(void *ctx, const struct reported_record *r)
{
	struct house *h = ctx;
	struct device *d = house_device(h, span_str(r->device));
	struct device_entity *e = d ? device_entity(d, r->entity) : NULL;
	if (!e) {
		drop(h, r);
		return;
	}
	json_t *json = json_loads(r->state, JSON_DECODE_ANY, NULL);
	read_state(json, &e->about, &e->state);
	json_decref(json);
	if (!e->state.known)
		return;
	e->at = r->at;
	e->shadow.kept = hash_of_state(&e->about, &e->state);
	e->shadow.kept_at = r->at;
}

/* The newest sample, where it is newer than what was kept: the hub did not stop cleanly. */
static void take_latest(struct house *h, struct device_entity *e)
{
	const struct series *series = e->series > 0 ? sampler_get(h->sampler, e->series) : NULL;
	struct sample sample;
	if (!series || series->kind == SERIES_TEXT || component_is_whole(e->about.component) || e->about.component == COMPONENT_EVENT ||
	    store_latest(h->config.store, e->series, &sample) != 0 || sample.at.ms <= e->at.ms)
		return;
	state_set(&e->state, component_is_on_off(e->about.component) ? value_on_off(sample.value != 0) : value_number(sample.value));
	e->at = sample.at;
}

int house_load_reported(struct house *h)
{
	int err = store_reported_each(h->config.store, on_kept, h);
	for (struct map_node *n = map_next(&h->devices, NULL); n && !err; n = map_next(&h->devices, n)) {
		struct device *d = container_of(n, struct device, node);
		list_each(e, &d->entities, struct device_entity, link) {
			take_latest(h, e);
			house_expect_off(h, e);
		}
	}
	return err;
}
