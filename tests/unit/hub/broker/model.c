/* The reference broker of test_model.c. Plain rather than fast. */
#include "model.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/packet.h"

static bool levels_match(const char *filter, const char *topic)
{
	if (strcmp(filter, "#") == 0)
		return true;
	size_t f = strcspn(filter, "/"), t = strcspn(topic, "/");
	bool same = (f == 1 && *filter == '+') || (f == t && strncmp(filter, topic, f) == 0);
	if (!same)
		return false;
	if (!filter[f] || !topic[t]) /* the last level of one of them; "a/#" matches "a" too */
		return filter[f] == topic[t] || strcmp(filter + f, "/#") == 0;
	return levels_match(filter + f + 1, topic + t + 1);
}

bool model_matches(const char *filter, const char *topic)
{
	if (topic[0] == '$' && (filter[0] == '+' || filter[0] == '#'))
		return false;
	return levels_match(filter, topic);
}

static struct model_item *add_item(struct model_session *s, const struct model_message *message, uint8_t qos)
{
	ck_assert_int_lt(s->item_count, MODEL_ITEMS);
	struct model_item *item = &s->items[s->item_count++];
	*item = (struct model_item){.qos = message->qos < qos ? message->qos : qos};
	memcpy(item->topic, message->topic, sizeof item->topic);
	memcpy(item->payload, message->payload, sizeof item->payload);
	return item;
}

static void end_session(struct model_session *s)
{
	s->exists = s->connected = false;
	s->sub_count = s->item_count = 0;
	s->has_will = false;
}

bool model_connect(struct model *m, int client, uint8_t version, bool clean, bool lasting,
		   const struct model_message *will)
{
	struct model_session *s = &m->sessions[client];
	if (clean)
		end_session(s);
	bool present = s->exists;
	s->exists = s->connected = true;
	s->lasting = lasting;
	s->version = version;
	s->has_will = will != NULL;
	if (will)
		s->will = *will;
	for (int i = 0; i < s->item_count; i++)
		s->items[i].seen = s->items[i].released = false;
	return present;
}

void model_leave(struct model *m, int client, bool graceful)
{
	struct model_session *s = &m->sessions[client];
	bool has_will = s->has_will && !graceful;
	s->connected = s->has_will = false;
	for (int i = 0; i < s->item_count; i++) /* QoS 0 on its way is lost, or not */
		s->items[i].optional |= s->items[i].qos == 0;
	if (!s->lasting)
		end_session(s);
	if (has_will)
		model_publish(m, client, &s->will);
}

static struct model_sub *find_sub(struct model_session *s, const char *filter)
{
	for (int i = 0; i < s->sub_count; i++)
		if (strcmp(s->subs[i].filter, filter) == 0)
			return &s->subs[i];
	return NULL;
}

void model_subscribe(struct model *m, int client, const struct model_sub *sub)
{
	struct model_session *s = &m->sessions[client];
	struct model_sub *old = find_sub(s, sub->filter);
	bool replay = sub->retain_handling == 0 || (sub->retain_handling == 1 && !old);
	if (!old) {
		ck_assert_int_lt(s->sub_count, MODEL_SUBS);
		old = &s->subs[s->sub_count++];
	}
	*old = *sub;
	for (int i = 0; replay && i < m->retained_count; i++) {
		if (!model_matches(sub->filter, m->retained[i].topic))
			continue;
		struct model_item *item = add_item(s, &m->retained[i], sub->qos);
		item->from = MODEL_REPLAY;
		item->retain = 1;
	}
}

void model_unsubscribe(struct model *m, int client, const char *filter)
{
	struct model_session *s = &m->sessions[client];
	struct model_sub *sub = find_sub(s, filter);
	if (sub)
		*sub = s->subs[--s->sub_count];
}

static void keep(struct model *m, const struct model_message *message)
{
	int i = 0;
	while (i < m->retained_count && strcmp(m->retained[i].topic, message->topic) != 0)
		i++;
	if (message->payload[0]) {
		ck_assert_int_lt(i, MODEL_RETAINED);
		m->retained[i] = *message;
		m->retained_count += i == m->retained_count;
	} else if (i < m->retained_count) {
		m->retained[i] = m->retained[--m->retained_count];
	}
}

/* One copy at the highest QoS of all subscriptions that match, §3.3.5. */
static void offer(struct model_session *s, bool own, int from, const struct model_message *message)
{
	int qos = -1, as_published = 0, matching = 0;
	for (int i = 0; i < s->sub_count; i++) {
		const struct model_sub *sub = &s->subs[i];
		if (!model_matches(sub->filter, message->topic) || (sub->no_local && own))
			continue; /* 5.0: MQTT-3.8.3-3 */
		matching++;
		as_published += sub->as_published;
		qos = sub->qos > qos ? sub->qos : qos;
	}
	if (!matching || (!s->connected && (qos == 0 || message->qos == 0)))
		return;
	struct model_item *item = add_item(s, message, (uint8_t)qos);
	item->from = from;
	item->retain = message->retain && as_published;
	/* which of several subscriptions counts is not said, nor what 3.x gets that took over from 5.0 */
	if (item->retain && (as_published < matching || s->version != MQTT_V5))
		item->retain = -1;
}

void model_publish(struct model *m, int from, const struct model_message *message)
{
	if (message->retain)
		keep(m, message);
	for (int i = 0; i < MODEL_CLIENTS; i++)
		if (m->sessions[i].exists)
			offer(&m->sessions[i], i == from, from, message);
}

void model_sweep(struct model_session *s)
{
	int kept = 0;
	for (int i = 0; i < s->item_count; i++)
		if (s->items[i].state != MODEL_DONE)
			s->items[kept++] = s->items[i];
	s->item_count = kept;
}
