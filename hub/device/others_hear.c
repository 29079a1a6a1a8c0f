/* What describes devices of others, on MQTT or by hand, taken apart and given to whom it is about. On the house's thread. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "broker/internal_client.h"
#include "device/house_private.h"
#include "dialect/dialect.h"

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
	if (!d && payload.len && house_has_room_for(h, t->origin.client)) {
		struct device_record record = {.origin = t->origin};
		d = house_make_outsider(h, &record);
	}
	if (!d || is_deaf(d))
		return 0;
	d->other->named = t->number;
	put(t, d, payload);
	if (!d->other->part_count && !d->record.id[0] && list_empty(&d->other->changed))
		house_unmake_outsider(h, d); /* what it said was too much */
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
	if (t->house->config.broker && !house_refuse_foreign(&who, topic, TOPIC_USE_CONTROL))
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
	if (fresh && !house_has_room_for(h, ""))
		return ERR_FULL;
	struct device_record record = {.origin = *origin};
	if (fresh)
		d = house_make_outsider(h, &record);
	if (!d)
		return ERR_NOMEM;
	struct device_part *old = outsider_part(d->other, part);
	char *before = old ? strdup(old->payload) : NULL;
	int err = old && !before ? ERR_NOMEM : outsider_put(d->other, part, form, &changed);
	if (!err)
		err = house_describe_outsider(h, d, message_r);
	if (!err) {
		house_store_parts(h, d);
		house_show(h, d);
		*device_r = d;
	} else if (fresh) {
		house_unmake_outsider(h, d);
	} else if (before) {
		(void)outsider_put(d->other, part, span_str(before), &changed); /* had room before */
	}
	free(before);
	return err;
}
