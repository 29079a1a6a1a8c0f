/* What a device of others is: all that is known of it, translated into the one form (dialect/dialect.h). What describes a
 * device may come in many messages, so a change waits for a moment of quiet. On the house's thread. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "device/house_private.h"
#include "dialect/dialect.h"
#include "model/live.h"
#include "mqtt/topic.h"

enum {
	QUIET_MS = 250,     /* without a further change, before a device is described anew */
	PATIENCE_MS = 2000, /* with changes */
};

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

/* An id that nobody has: as the dialect calls it, or with a number behind. */
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

/* Whether a filter can be of one device: it names at least one level and ends with one, as in "+/+/BTtoMQTT/A4C138000001". */
static bool is_narrow(const char *filter)
{
	const char *last = strrchr(filter, '/');
	return filter[0] != '$' && last && last[1] && !topic_has_wildcard(span_str(last));
}

const char *house_refuse_foreign(void *ctx, const char *topic, enum topic_use use)
{
	const struct house_gate *gate = ctx;
	if (use == TOPIC_USE_CONTROL && strncmp(topic, "homeassistant/", 14) == 0)
		return "is where all devices listen, and is not followed";
	if (topic_has_wildcard(span_str(topic)))
		return is_narrow(topic) ? NULL : "is a filter for too much and is not followed"; /* what matches is looked at when it comes */
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
	const struct topic_gate gate = {house_refuse_foreign, &who, true};
	err = discovery_read_json(root, &gate, description, message);
	json_decref(root);
	return err;
}

void house_store_parts(struct house *h, const struct device *d)
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

int house_describe_outsider(struct house *h, struct device *d, char *message)
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
		house_store_parts(h, d);
	} else if (!d->record.id[0]) {
		house_unmake_outsider(h, d); /* nobody has seen it */
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
	house_unmake_outsider(h, d);
}

static void describe_changed(struct house *h, struct device *d)
{
	char message[DISCOVERY_MESSAGE_SIZE];
	if (!d->other->part_count) {
		leave(h, d);
		return;
	}
	bool first = !d->other->known;
	int err = house_describe_outsider(h, d, message);
	if (err && err != ERR_AGAIN)
		house_complain(h, d, message[0] ? message : err_text(err));
	if (!d->other->known)
		return;
	house_store_parts(h, d); /* also what is not understood: the next version may */
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
	int err = house_describe_outsider(h, d, message);
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
