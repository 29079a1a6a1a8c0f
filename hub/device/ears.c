/* Who listens where: topics of devices of others, which may be any, and several devices on the same. Each topic is a
 * filter of the tap as long as somebody wants it. Some are filters themselves: of sensors that several gateways hear, each of which
 * passes on what it hears under its own name. On the house's thread. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "device/house_private.h"
#include "mqtt/topic.h"

/* With wildcards, in the house and by one client: each costs every message of others a comparison. */
enum { FILTERS_MAX = 1024, FILTERS_EACH = 256 };

struct ear {
	struct map_node node; /* in house.ears */
	struct list filter;   /* in house.filters if it has wildcards */
	char *topic;          /* owned */
	struct device **devices; /* owned */
	size_t count;
};

static struct ear *find(const struct house *h, struct span topic)
{
	struct map_node *node = map_get(&h->ears, topic);
	return node ? container_of(node, struct ear, node) : NULL;
}

/* Whether the client that describes the device may have one more filter listened to. */
static bool may_filter(const struct house *h, const struct device *d)
{
	size_t count = 0;
	list_each(ear, &h->filters, struct ear, filter)
		count += ear->count && strcmp(ear->devices[0]->record.origin.client, d->record.origin.client) == 0;
	return count < FILTERS_EACH && h->filter_count < FILTERS_MAX;
}

/* Returns 0, ERR_NOMEM or ERR_FULL. */
static int ear_create(struct house *h, const struct device *d, const char *topic, struct ear **ear_r)
{
	bool filter = topic_has_wildcard(span_str(topic));
	if (filter && !may_filter(h, d))
		return ERR_FULL;
	struct ear *ear = calloc(1, sizeof *ear);
	if (!ear)
		return ERR_NOMEM;
	list_init(&ear->filter);
	ear->topic = strdup(topic);
	if (ear->topic && map_put(&h->ears, &ear->node, span_str(ear->topic)) == 0) {
		if (filter)
			list_append(&h->filters, &ear->filter);
		h->filter_count += filter;
		*ear_r = ear;
		return 0;
	}
	free(ear->topic);
	free(ear);
	return ERR_NOMEM;
}

static void forget(struct house *h, struct ear *ear)
{
	map_remove(&h->ears, &ear->node);
	h->filter_count -= !list_empty(&ear->filter);
	list_remove(&ear->filter);
	free(ear->devices);
	free(ear->topic);
	free(ear);
}

static void ear_destroy(struct house *h, struct ear *ear)
{
	house_untap_topic(h, ear->topic);
	forget(h, ear);
}

static size_t place_of(const struct ear *ear, const struct device *d)
{
	size_t i = 0;
	while (i < ear->count && ear->devices[i] != d)
		i++;
	return i;
}

/* Also of a topic that is listened to already the retained message comes again: what listens may be new. */
static int listen_to(struct house *h, struct device *d, const char *topic)
{
	struct ear *ear = find(h, span_str(topic));
	int err = ear ? 0 : ear_create(h, d, topic, &ear);
	if (err)
		return err;
	if (place_of(ear, d) == ear->count) {
		struct device **devices = realloc(ear->devices, (ear->count + 1) * sizeof(struct device *));
		if (devices) {
			devices[ear->count++] = d;
			ear->devices = devices;
		}
	}
	err = place_of(ear, d) < ear->count ? house_tap_topic(h, topic) : ERR_NOMEM;
	if (ear->count == 0)
		ear_destroy(h, ear);
	return err;
}

static void stop_listening(struct house *h, struct device *d, const char *topic)
{
	struct ear *ear = find(h, span_str(topic));
	size_t place = ear ? place_of(ear, d) : 0;
	if (!ear || place == ear->count)
		return;
	ear->devices[place] = ear->devices[--ear->count];
	if (ear->count == 0)
		ear_destroy(h, ear);
}

/* Whether the device as it is described now has to do with the topic. */
static bool wants(const struct device *d, const char *topic)
{
	if (device_listeners(d, span_str(topic)))
		return true;
	for (size_t i = 0; i < d->other->about.availability_count; i++)
		if (strcmp(d->other->about.availability[i].topic, topic) == 0)
			return true;
	return false;
}

static bool has(char *const *topics, size_t count, const char *topic)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(topics[i], topic) == 0)
			return true;
	return false;
}

static int add_topic(struct house *h, struct device *d, char **topics, size_t *count, const char *topic)
{
	char *copy = strdup(topic);
	if (!copy)
		return ERR_NOMEM;
	topics[(*count)++] = copy;
	return listen_to(h, d, topic);
}

/* First whether it is there, then what it says. */
static int add_topics(struct house *h, struct device *d, char **topics, size_t *count)
{
	const struct outsider *o = d->other;
	int err = 0, full = 0;
	for (size_t i = 0; i < o->about.availability_count && !err; i++)
		if (!has(topics, *count, o->about.availability[i].topic))
			err = add_topic(h, d, topics, count, o->about.availability[i].topic);
	size_t availability = *count;
	for (struct map_node *n = map_next(&d->by_topic, NULL); n && !err; n = map_next(&d->by_topic, n)) {
		const char *topic = container_of(n, struct listener, node)->channel->topic;
		if (!has(topics, availability, topic))
			err = add_topic(h, d, topics, count, topic);
		if (err == ERR_FULL) { /* a filter too many keeps no topic from being heard */
			full = err;
			err = 0;
		}
	}
	return err ? err : full;
}

void house_listen(struct house *h, struct device *d)
{
	struct outsider *o = d->other;
	char **topics = calloc(d->by_topic.count + o->about.availability_count + o->topic_count + 1, sizeof *topics);
	size_t count = 0;
	int err = topics ? add_topics(h, d, topics, &count) : ERR_NOMEM;
	if (err)
		log_warning("house", "device %s: not all of its topics are listened to: %s", d->record.id, err_text(err));
	if (!topics)
		return;
	for (size_t i = 0; i < o->topic_count; i++) {
		if (err && wants(d, o->topics[i]) && !has(topics, count, o->topics[i])) {
			topics[count++] = o->topics[i]; /* as before */
			continue;
		}
		if (!wants(d, o->topics[i]))
			stop_listening(h, d, o->topics[i]);
		free(o->topics[i]);
	}
	free(o->topics);
	o->topics = topics;
	o->topic_count = count;
}

void house_unlisten(struct house *h, struct device *d)
{
	struct outsider *o = d->other;
	for (size_t i = 0; i < o->topic_count; i++) {
		stop_listening(h, d, o->topics[i]);
		free(o->topics[i]);
	}
	free(o->topics);
	o->topics = NULL;
	o->topic_count = 0;
}

void house_ears_each(const struct house *h, struct span topic, house_ear_hears *hears, void *ctx)
{
	const struct ear *exact = find(h, topic);
	for (size_t i = 0; exact && i < exact->count; i++)
		hears(ctx, exact->devices[i], NULL);
	list_each(ear, &h->filters, struct ear, filter)
		for (size_t i = 0; topic_matches(span_str(ear->topic), topic) && i < ear->count; i++)
			hears(ctx, ear->devices[i], ear->topic);
}

struct device *const *house_ears(const struct house *h, struct span topic, size_t *count_r)
{
	const struct ear *ear = find(h, topic);
	*count_r = ear ? ear->count : 0;
	return ear ? ear->devices : NULL;
}

void house_clear_ears(struct house *h)
{
	struct map_node *node = map_next(&h->ears, NULL);
	while (node) {
		struct ear *ear = container_of(node, struct ear, node);
		node = map_next(&h->ears, node);
		forget(h, ear);
	}
	map_finish(&h->ears);
}
