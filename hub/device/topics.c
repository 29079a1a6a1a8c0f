/* In which rooms the devices' topics are, for the broker: what guests hear on MQTT (model/topic_rooms.h). On the house's thread.
 *
 * Of our devices these are the status and what their entities report; of others' what their descriptions name as state or availability. Nothing
 * else is anybody's: no commands, no descriptions, no orders to renew credentials. A table of ten thousand topics takes about ten milliseconds,
 * and half as long again to compare with the one before, so that what changes by itself (descriptions) is gathered for a moment.
 * Who moves or erases a device hears that it is done when the broker goes by it. */
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "device/house_private.h"
#include "dialect/dialect.h"
#include "mqtt/topic.h"

enum { GATHER_MS = 500 };

/* What describes devices to Home Assistant, or is a gateway's word about itself, is for those who see the house, whoever names it; and our own
 * devices' topics are in their own rooms alone. */
static bool is_shared_word(const char *topic)
{
	if (topic[0] == '$' || span_starts(span_str(topic), span_str(TOPIC_ROOT "/")) ||
	    span_starts(span_str(topic), span_str("homeassistant/")))
		return true;
	for (const struct dialect *const *d = dialects; *d; d++)
		if ((*d)->stays && (*d)->stays(topic))
			return true;
	return false;
}

/* One that is being erased or replaced is in no room, in which nobody is: what it shares with others stays closed to who did not see both. */
static const char *room_of(const struct device *d)
{
	return d->erasing ? "" : d->record.area;
}

static int put(struct topic_rooms *table, const struct device *d, const char *topic)
{
	return d->other && (is_shared_word(topic) || topic_has_wildcard(span_str(topic))) ? 0 : topic_rooms_put(table, span_str(topic), room_of(d));
}

/* What tells whether it is there. */
static int put_availability(struct topic_rooms *table, const struct device *d)
{
	char status[MODEL_TOPIC_SIZE];
	int err = 0;
	if (!d->other)
		return topic_format(status, TOPIC_STATUS, d->record.id, NULL) ? 0 : put(table, d, status);
	for (size_t i = 0; i < d->other->about.availability_count && !err; i++)
		err = put(table, d, d->other->about.availability[i].topic);
	return err;
}

static int put_device(struct topic_rooms *table, const struct device *d)
{
	int err = put_availability(table, d);
	for (struct map_node *n = map_next(&d->by_topic, NULL); n && !err; n = map_next(&d->by_topic, n))
		err = put(table, d, container_of(n, struct listener, node)->channel->topic);
	return err;
}

/* Returns NULL without memory. */
static struct topic_rooms *make_table(const struct house *h)
{
	struct topic_rooms *table = topic_rooms_create();
	int err = table ? 0 : ERR_NOMEM;
	for (struct map_node *n = map_next(&h->devices, NULL); n && !err; n = map_next(&h->devices, n))
		err = put_device(table, container_of(n, struct device, node));
	if (!err)
		err = topic_rooms_compare(table, h->topics);
	if (err)
		topic_rooms_unref(&table);
	return table;
}

/* Tells the broker what has changed, if anything has. now: also when the change before, which nobody waited for, may be on its way still. */
static int tell(struct house *h, bool now)
{
	const struct house_callbacks *c = &h->config.callbacks;
	struct span first;
	struct topic_rooms *table = make_table(h);
	if (!table)
		return ERR_NOMEM;
	bool posts = topic_rooms_changed(table, 0, &first) || (now && h->topics_under_way);
	int err = posts ? c->topics_changed(c->ctx, table, now) : 0;
	if (err) {
		topic_rooms_unref(&table);
		return err;
	}
	topic_rooms_unref(&h->topics);
	h->topics = table;
	if (posts)
		h->topics_under_way = !now;
	return 0;
}

int house_tell_topics(struct house *h, bool now)
{
	if (!h->config.callbacks.topics_changed)
		return 0;
	h->topics_at.ms = INT64_MAX;
	h->topics_told = house_mono(h);
	int err = tell(h, now);
	if (err) {
		log_error("house", "out of memory: guests go on hearing on MQTT what they heard before; tried again soon");
		house_note_topics(h);
	}
	return err;
}

void house_note_topics(struct house *h)
{
	struct mono_ms at = mono_add_ms(h->topics_told, GATHER_MS), now = house_mono(h);
	h->topics_at = at.ms > now.ms ? at : now;
}

void house_topics_turn(struct house *h, struct mono_ms now)
{
	if (mono_diff_ms(h->topics_at, now) >= 0)
		(void)house_tell_topics(h, false);
}
