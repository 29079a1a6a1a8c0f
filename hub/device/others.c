/* Devices of others come, change and go as they are described on MQTT, or by hand. What describes a device may come in
 * many messages, so a change waits for a moment of quiet; then all that is known of it is translated anew
 * (dialect/dialect.h). On the house's thread. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "device/house_private.h"
#include "dialect/dialect.h"
#include "model/live.h"

enum {
	QUIET_MS = 250,      /* without a further change, before a device is described anew */
	PATIENCE_MS = 2000,  /* with changes */
	OUTSIDERS_MAX = 4096, /* devices of others, those not shown included */
	CLIENT_DEVICES_MAX = 1000, /* of those, by one client */
};

/* ---- finding and making --------------------------------------------------- */

struct device *house_any_outsider(const struct house *h, const char *id)
{
	struct map_node *node = map_get(&h->devices, span_str(id));
	struct device *known = node ? container_of(node, struct device, node) : NULL;
	if (known)
		return known->other ? known : NULL;
	for (struct map_node *n = map_next(&h->outsiders, NULL); n; n = map_next(&h->outsiders, n)) {
		struct device *d = container_of(n, struct outsider, node)->device;
		if (d->record.id[0] && strcmp(d->record.id, id) == 0)
			return d;
	}
	return NULL;
}

struct device *house_outsider(const struct house *h, const struct device_origin *origin)
{
	char *key = outsider_key(origin->client, origin->dialect, origin->native);
	struct map_node *node = key ? map_get(&h->outsiders, span_str(key)) : NULL;
	free(key);
	struct outsider *o = node ? container_of(node, struct outsider, node) : NULL;
	return o ? o->device : NULL;
}

/* The record's strings are taken. NULL without memory, or when its dialect is not known (any more). */
static struct device *create(struct house *h, struct device_record *record)
{
	struct device *d = device_create(record);
	if (!d)
		return NULL;
	int err = outsider_create(d);
	if (!err)
		err = map_put(&h->outsiders, &d->other->node, span_str(d->other->key));
	if (err) {
		log_warning("house", "device %s of %s: %s", d->record.origin.native, d->record.origin.dialect, err_text(err));
		device_destroy(&d);
	}
	return d;
}

static void destroy(struct house *h, struct device *d)
{
	house_unlisten(h, d);
	map_remove(&h->outsiders, &d->other->node);
	if (d->other->known)
		map_remove(&h->devices, &d->node);
	list_remove(&d->grace);
	device_destroy(&d);
}

void house_forget_outsiders(struct house *h)
{
	struct map_node *node = map_next(&h->outsiders, NULL);
	while (node) {
		struct device *d = container_of(node, struct outsider, node)->device;
		node = map_next(&h->outsiders, node);
		map_remove(&h->outsiders, &d->other->node);
		if (!d->other->known)
			device_destroy(&d);
	}
	map_finish(&h->outsiders);
}

void house_drop_outsider(struct house *h, struct device *d)
{
	house_unlisten(h, d);
	map_remove(&h->outsiders, &d->other->node);
}

/* Whether the client may have one more. One that invents names takes nobody else's room. */
static bool has_room(struct house *h, const char *client)
{
	size_t count = 0;
	for (struct map_node *n = map_next(&h->outsiders, NULL); n; n = map_next(&h->outsiders, n))
		count += strcmp(container_of(n, struct outsider, node)->device->record.origin.client, client) == 0;
	if (count < CLIENT_DEVICES_MAX && h->outsiders.count < OUTSIDERS_MAX)
		return true;
	struct mono_ms now = house_mono(h);
	if (mono_diff_ms(h->crowded_at, now) >= 0) {
		h->crowded_at = mono_add_ms(now, HOUSE_SWEEP_MS);
		log_warning("house", "%s describes more devices than there may be: further ones are not shown", client);
	}
	return false;
}

/* An id that nobody has: as the dialect calls it, or with a number behind. */
static bool id_is_taken(const struct house *h, const struct device *by)
{
	if (map_get(&h->devices, span_str(by->record.id)))
		return true;
	for (struct map_node *n = map_next(&h->outsiders, NULL); n; n = map_next(&h->outsiders, n)) {
		const struct device *d = container_of(n, struct outsider, node)->device;
		if (d != by && strcmp(d->record.id, by->record.id) == 0)
			return true; /* of one that is away, and comes back to its history */
	}
	return store_erasure_find(h->config.store, by->record.id) == 0;
}

static int choose_id(const struct house *h, struct device *d)
{
	char base[MODEL_ID_SIZE];
	if (d->record.id[0])
		return 0; /* it had one before it went */
	dialect_id(base, d->record.origin.native);
	memcpy(d->record.id, base, sizeof base);
	for (int i = 2; i < 1000 && id_is_taken(h, d); i++)
		if (str_format(d->record.id, sizeof d->record.id, "%.28s-%d", base, i) != 0)
			return ERR_TOO_LARGE;
	return id_is_taken(h, d) ? ERR_EXISTS : 0;
}

/* ---- describing ----------------------------------------------------------- */

void house_mark_changed(struct house *h, struct device *d)
{
	struct outsider *o = d->other;
	struct mono_ms now = house_mono(h);
	if (list_empty(&o->changed)) {
		o->changed_at = now;
		list_append(&h->changed, &o->changed);
	}
	struct mono_ms quiet = mono_add_ms(now, QUIET_MS), latest = mono_add_ms(o->changed_at, PATIENCE_MS);
	o->describe_at = mono_diff_ms(quiet, latest) < 0 ? latest : quiet;
}

static const char *refuse_foreign(void *ctx, const char *topic, enum topic_use use)
{
	const struct house_gate *gate = ctx;
	if (use == TOPIC_USE_CONTROL && strncmp(topic, "homeassistant/", 14) == 0)
		return "is where all devices listen, and is not followed";
	const struct house_callbacks *c = &gate->house->config.callbacks;
	if (!gate->client[0] || !c->may || c->may(c->ctx, gate->client, topic, use != TOPIC_USE_CONTROL))
		return NULL;
	return use == TOPIC_USE_CONTROL ? "is not a topic that who described it may subscribe to, and is not followed"
					: "is not a topic that who described it may publish to, and is not followed";
}

/* Everything that is known of it, in the one form. Returns as translate and discovery_read_json. */
static int read_parts(struct house *h, const struct device *d, struct description *description, char *message)
{
	const struct outsider *o = d->other;
	struct fragment *fragments = calloc(o->part_count + 1, sizeof *fragments);
	json_t *root = NULL;
	size_t count = 0;
	if (!fragments)
		return ERR_NOMEM;
	list_each(part, &o->parts, struct device_part, link)
		fragments[count++] = (struct fragment){part->topic, span_str(part->payload)};
	message[0] = 0;
	int err = o->dialect->translate(fragments, count, &root, message);
	free(fragments);
	if (err)
		return err;
	struct house_gate who = {h, d->record.origin.client};
	const struct topic_gate gate = {refuse_foreign, &who};
	err = discovery_read_json(root, &gate, description, message);
	json_decref(root);
	return err;
}

static void store_parts(struct house *h, const struct device *d)
{
	const struct outsider *o = d->other;
	const struct store_done done = house_unwatched("a device's description was not stored");
	struct device_fragment *parts = calloc(o->part_count + 1, sizeof *parts);
	size_t count = 0;
	int err = parts ? 0 : ERR_NOMEM;
	if (parts)
		list_each(part, &o->parts, struct device_part, link)
			parts[count++] = (struct device_fragment){part->topic, part->payload};
	if (!err)
		err = store_device_describe(h->config.store, &d->record, parts, count, &done);
	free(parts);
	if (err)
		log_warning("house", "device %s: its description was not stored: %s", d->record.id, err_text(err));
}

/* It is seen from now on. */
static int introduce(struct house *h, struct device *d)
{
	bool fresh = !d->record.id[0];
	int err = choose_id(h, d);
	if (!err)
		err = map_put(&h->devices, &d->node, span_str(d->record.id));
	if (err) {
		if (fresh)
			d->record.id[0] = 0;
		return err;
	}
	d->other->known = true;
	if (!d->record.enrolled_at.ms)
		d->record.enrolled_at = house_wall(h);
	live_place(&h->config.live, d->record.id, d->record.area);
	house_bundles_moved(h, d->record.id);
	return 0;
}

void house_ask(struct house *h, const struct device *d)
{
	const struct outsider *o = d->other;
	for (size_t i = 0; i < o->about.ask_count && h->config.broker; i++)
		(void)internal_publish(h->config.broker, span_str(o->about.asks[i].topic), span_str(o->about.asks[i].payload), 0, false);
}

/* Takes its parts for what it is from now on. Returns 0 or why it stays as it was. */
static int describe(struct house *h, struct device *d, char *message)
{
	struct description description;
	int err = read_parts(h, d, &description, message);
	if (err)
		return err;
	outsider_rename(d->other, &description);
	bool first = !d->other->known;
	if (first)
		err = introduce(h, d);
	if (!err)
		err = house_take_description(h, d, &description, first);
	if (!err) {
		outsider_take(d->other, &description);
		house_listen(h, d);
	}
	description_finish(&description);
	return err;
}

/* Takes it from people's sight. */
static void hide(struct house *h, struct device *d)
{
	const struct device_heirs none = {house_command_gone, h};
	struct description nothing = {0};
	log_info("house", "device %s of %s is gone", d->record.id, d->other->dialect->title);
	(void)device_set_entities(d, &nothing, &none); /* needs no memory */
	alerts_close(h->alerts, d->record.id, "offline", house_wall(h));
	house_unlisten(h, d);
	map_remove(&h->devices, &d->node);
	list_remove(&d->grace);
	d->other->known = false;
	d->presence = PRESENCE_UNKNOWN;
	house_show_gone(h, d->record.id);
	house_bundles_moved(h, d->record.id);
}

/* It has taken itself away. Its name, its room and its history stay for the day it comes back. */
static void leave(struct house *h, struct device *d)
{
	if (d->other->known) {
		hide(h, d);
		store_parts(h, d);
	} else if (!d->record.id[0]) {
		destroy(h, d); /* nobody has seen it */
	}
}

/* Its client is no more: nothing of it is left with the broker, nor here, but its history. */
static void part(struct house *h, struct device *d)
{
	const struct store_done done = house_unwatched("a device that is gone was not removed");
	house_clear_topics(h, d);
	if (d->record.id[0])
		(void)store_device_remove(h->config.store, d->record.id, &done);
	house_bundles_forget(h, d->record.id);
	if (d->other->known)
		hide(h, d);
	destroy(h, d);
}

static void describe_changed(struct house *h, struct device *d)
{
	char message[DISCOVERY_MESSAGE_SIZE];
	if (!d->other->part_count) {
		leave(h, d);
		return;
	}
	bool first = !d->other->known;
	int err = describe(h, d, message);
	if (err && err != ERR_AGAIN)
		house_complain(h, d, message[0] ? message : err_text(err));
	if (!d->other->known)
		return;
	store_parts(h, d); /* also what is not understood: the next version may */
	if (err)
		return;
	if (first)
		log_info("house", "device %s: heard of by %s", d->record.id, d->other->dialect->title);
	house_show(h, d);
	house_ask(h, d);
}

void house_describe_again(struct house *h, struct device *d, enum presence presence)
{
	char message[DISCOVERY_MESSAGE_SIZE];
	d->presence = PRESENCE_UNKNOWN;
	int err = describe(h, d, message);
	if (err)
		house_complain(h, d, message[0] ? message : err_text(err));
	if (!d->other->known)
		return;
	if (presence == PRESENCE_ONLINE)
		house_present(h, d);
	else if (presence == PRESENCE_OFFLINE)
		house_cut(h, d, PARTING_NONE);
	house_show(h, d);
	house_ask(h, d);
}

void house_describe_changed(struct house *h, struct mono_ms now)
{
	list_each(o, &h->changed, struct outsider, changed) {
		if (mono_diff_ms(o->describe_at, now) < 0)
			continue;
		if (o->part_count && !house_may_describe(h, o->device)) {
			o->describe_at = mono_add_ms(now, HOUSE_LOOK_MS);
			continue;
		}
		list_remove(&o->changed);
		describe_changed(h, o->device);
	}
}

struct mono_ms house_describe_deadline(const struct house *h)
{
	struct mono_ms next = {INT64_MAX};
	list_each(o, &h->changed, struct outsider, changed)
		if (o->describe_at.ms < next.ms)
			next = o->describe_at;
	return next;
}

/* ---- hearing -------------------------------------------------------------- */

/* A message that describes, while a dialect takes it apart. */
struct telling {
	struct house *house;
	const struct heard *heard;
	char topic[DISCOVERY_TOPIC_SIZE];
	struct device_origin origin; /* native: of the device at hand */
	uint64_t number;             /* of this telling: devices that it names bear it */
};

/* Nothing that is said of it counts. */
static bool is_deaf(const struct device *d)
{
	return d->erasing && !d->staying;
}

static void put(struct telling *t, struct device *d, struct span payload)
{
	bool changed;
	int err = outsider_put(d->other, t->topic, payload, &changed);
	if (err)
		house_complain(t->house, d, err == ERR_FULL ? "it is larger than the hub keeps" : err_text(err));
	else if (changed && d->staying)
		d->other->missed = true;
	else if (changed)
		house_mark_changed(t->house, d);
}

/* All devices of this sender that have a part of this topic and were not named lose it. */
static void take_from_others(struct telling *t)
{
	struct house *h = t->house;
	for (struct map_node *n = map_next(&h->outsiders, NULL); n; n = map_next(&h->outsiders, n)) {
		struct device *d = container_of(n, struct outsider, node)->device;
		if (d->other->named != t->number && !is_deaf(d) && d->other->dialect == t->heard->dialect &&
		    strcmp(d->record.origin.client, t->origin.client) == 0 && outsider_part(d->other, t->topic))
			put(t, d, (struct span){NULL, 0});
	}
}

static int on_fragment(void *ctx, const char *native, struct span payload)
{
	struct telling *t = ctx;
	struct house *h = t->house;
	if (!native) {
		take_from_others(t);
		return 0;
	}
	if (!native[0] || str_copy(t->origin.native, sizeof t->origin.native, native) != 0)
		return 0; /* longer than any dialect's own */
	struct device *d = house_outsider(h, &t->origin);
	if (payload.len && !str_utf8_valid(payload))
		return ERR_MALFORMED; /* which JSON, the store and people's eyes want */
	if (!d && payload.len && has_room(h, t->origin.client)) {
		struct device_record record = {.origin = t->origin};
		d = create(h, &record);
	}
	if (!d || is_deaf(d))
		return 0;
	d->other->named = t->number;
	put(t, d, payload);
	if (!d->other->part_count && !d->record.id[0] && list_empty(&d->other->changed))
		destroy(h, d); /* what it said was too much */
	return 0;
}

static int on_complete(void *ctx)
{
	take_from_others(ctx);
	return 0;
}

/* Only where who made us ask may be spoken to. */
static int on_ask(void *ctx, const char *topic, const char *payload)
{
	struct telling *t = ctx;
	struct house_gate who = {t->house, t->origin.client};
	if (t->house->config.broker && !refuse_foreign(&who, topic, TOPIC_USE_CONTROL))
		(void)internal_publish(t->house->config.broker, span_str(topic), span_str(payload), 0, false);
	return 0;
}

void house_hear_description(struct house *h, const struct heard *heard)
{
	char message[DIALECT_MESSAGE_SIZE] = "";
	struct telling t = {.house = h, .heard = heard, .number = ++h->tellings};
	const struct dialect_sink sink = {on_fragment, on_complete, on_ask, &t};
	struct device *own = house_device(h, house_described_device(heard->topic));
	if (own && !own->other)
		return; /* a device of ours describes itself in the same form: house_hear has it */
	atomic_fetch_add_explicit(&h->messages, 1, memory_order_relaxed);
	if (!heard->sender[0] || str_copy_span(t.topic, sizeof t.topic, heard->topic) != 0)
		return; /* longer than topics that are followed */
	(void)str_copy(t.origin.client, sizeof t.origin.client, heard->sender); /* as long */
	(void)str_copy(t.origin.dialect, sizeof t.origin.dialect, heard->dialect->name);
	int err = heard->dialect->split(heard->topic, heard->payload, &sink, message);
	if (err)
		log_warning("house", "%s: what %s says on %s is not understood: %s", heard->dialect->title, heard->sender, t.topic,
			    message[0] ? message : err_text(err));
}

/* ---- by hand -------------------------------------------------------------- */

int house_describe_by_hand(struct house *h, const struct device_origin *origin, struct span form, struct device **device_r, char *message_r)
{
	static const char part[] = "hand";
	struct device *d = house_outsider(h, origin);
	bool fresh = !d, changed;
	message_r[0] = 0;
	if (fresh && !has_room(h, ""))
		return ERR_FULL;
	struct device_record record = {.origin = *origin};
	if (fresh)
		d = create(h, &record);
	if (!d)
		return ERR_NOMEM;
	struct device_part *old = outsider_part(d->other, part);
	char *before = old ? strdup(old->payload) : NULL;
	int err = old && !before ? ERR_NOMEM : outsider_put(d->other, part, form, &changed);
	if (!err)
		err = describe(h, d, message_r);
	if (!err) {
		store_parts(h, d);
		house_show(h, d);
		*device_r = d;
	} else if (fresh) {
		destroy(h, d);
	} else if (before) {
		(void)outsider_put(d->other, part, span_str(before), &changed); /* had room before */
	}
	free(before);
	return err;
}

void house_redescribe(struct house *h, const char *client, bool gone)
{
	struct map_node *node = map_next(&h->outsiders, NULL);
	while (node) {
		struct device *d = container_of(node, struct outsider, node)->device;
		node = map_next(&h->outsiders, node);
		if (strcmp(d->record.origin.client, client) != 0 || d->erasing)
			continue;
		if (gone)
			part(h, d);
		else
			house_mark_changed(h, d);
	}
}

/* ---- from the store -------------------------------------------------------- */

int house_add_outsider(struct house *h, struct device_record *record)
{
	struct device *d = create(h, record);
	if (!d)
		return 0; /* logged; the others are there */
	int err = map_put(&h->devices, &d->node, span_str(d->record.id));
	if (err) {
		map_remove(&h->outsiders, &d->other->node);
		device_destroy(&d);
		return err;
	}
	d->other->known = true;
	d->awaited = d->record.online;
	live_place(&h->config.live, d->record.id, d->record.area);
	return 0;
}

static void on_part(void *ctx, const struct device_fragment *f)
{
	bool changed;
	(void)outsider_put(((struct device *)ctx)->other, f->topic, span_str(f->payload), &changed); /* fitted before */
}

static void on_alias(void *ctx, const struct device_alias *a)
{
	struct outsider *o = ((struct device *)ctx)->other;
	struct device_alias *grown = reallocarray(o->aliases, o->alias_count + 1, sizeof *grown);
	if (!grown)
		return;
	grown[o->alias_count++] = *a;
	o->aliases = grown;
}

int house_load_outsiders(struct house *h)
{
	char message[DISCOVERY_MESSAGE_SIZE];
	int err = 0;
	for (struct map_node *n = map_next(&h->outsiders, NULL); n && !err; n = map_next(&h->outsiders, n)) {
		struct device *d = container_of(n, struct outsider, node)->device;
		err = store_fragment_each(h->config.store, d->record.id, on_part, d);
		if (!err)
			err = store_alias_each(h->config.store, d->record.id, on_alias, d);
		if (!err && !d->other->part_count) { /* it has taken itself away */
			map_remove(&h->devices, &d->node);
			d->other->known = false;
			continue;
		}
		int bad = err ? 0 : describe(h, d, message);
		if (bad)
			house_complain(h, d, message[0] ? message : err_text(bad));
	}
	return err;
}
