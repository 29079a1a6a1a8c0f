/* What guests may hear. A message costs a guest one look into the house's table; a change costs a look at the topics that have
 * changed, whatever the size of the house. */
#include "broker/guest.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "broker/session_private.h"
#include "mqtt/reason.h"
#include "mqtt/topic.h"

enum {
	WILDCARDS_A_PACKET = 32, /* filters of one SUBSCRIBE; a constant, so that the answers tell nothing of the house */
	TOPICS_A_WORK = 16,      /* looking at a topic costs as little, beside delivering a message */
};

struct guest {
	struct list link; /* worker.guests */
	struct connection *connection;
	struct rooms rooms;
	struct room_set seen;   /* the same, as worker.topics numbers them */
	struct room_set before; /* during guests_renew: as the table before did */
	bool lost;              /* during guests_renew: something that it heard is not for it any more */
	unsigned wildcards;     /* of the packet that is being handled: filters with some */
};

int guest_create(struct connection *c, struct session *s, const char *rooms)
{
	struct extras *extras = connection_extras(c);
	struct guest *g = extras ? calloc(1, sizeof *g) : NULL;
	if (!g)
		return ERR_NOMEM;
	size_t len = strlen(rooms);
	int err = len < sizeof g->rooms.names ? 0 : ERR_TOO_LARGE;
	if (!err) {
		memcpy(g->rooms.names, rooms, len);
		err = room_set_init(&g->seen, c->worker->topics, &g->rooms);
	}
	if (err) {
		free(g);
		return err;
	}
	g->connection = c;
	list_append(&c->worker->guests, &g->link);
	extras->guest = g;
	s->subscriber.kind = SUBSCRIBER_GUEST;
	return 0;
}

void guest_destroy(struct guest **guest)
{
	struct guest *g = *guest;
	*guest = NULL;
	if (!g)
		return;
	list_remove(&g->link);
	room_set_finish(&g->seen);
	free(g);
}

/* NULL: its connection is gone. */
static struct guest *guest_of(const struct session *s)
{
	return s->connection ? s->connection->extras->guest : NULL;
}

bool guest_hears(const struct session *s, struct span topic)
{
	const struct guest *g = guest_of(s);
	return g && room_set_hears(&g->seen, topic_rooms_find(s->worker->topics, topic));
}

/* ---- subscriptions ----------------------------------------------------------- */

/* The next topic after this one (NULL: the first) that the filter matches and the guest may hear; NULL: none. */
static const struct topic_place *next_heard(struct worker *w, const struct guest *g, struct span filter, const struct topic_place *after)
{
	const struct topic_place *p = topic_rooms_next(w->topics, after);
	while (p && !(room_set_hears(&g->seen, p) && topic_matches(filter, topic_place_topic(p))))
		p = topic_rooms_next(w->topics, p);
	return p;
}

bool guest_may_subscribe(struct session *s, struct span filter)
{
	const struct guest *g = guest_of(s);
	if (!g || filter.data[0] == '$')
		return false;
	if (filter.data[0] == '#' || filter.data[0] == '+')
		return true;
	return topic_has_wildcard(filter) ? next_heard(s->worker, g, filter, NULL) != NULL : guest_hears(s, filter);
}

int guest_match_retained(struct session *s, struct span filter, struct retained_matches *matches)
{
	struct worker *w = s->worker;
	const struct guest *g = guest_of(s);
	struct mono_ms now = loop_now(w->loop);
	if (!topic_has_wildcard(filter))
		return guest_hears(s, filter) ? retained_match(w->broker->retained, filter, now, matches) : 0;
	int err = 0;
	for (const struct topic_place *p = g ? next_heard(w, g, filter, NULL) : NULL; p && !err; p = next_heard(w, g, filter, p))
		err = retained_match(w->broker->retained, topic_place_topic(p), now, matches);
	return err;
}

void guest_begin_packet(struct connection *c)
{
	if (c->extras->guest)
		c->extras->guest->wildcards = 0;
}

const char *guest_asks_too_much(struct connection *c, struct span filter)
{
	struct guest *g = c->extras->guest;
	if (!g || !topic_has_wildcard(filter))
		return NULL;
	_Static_assert(WILDCARDS_A_PACKET == 32, "as the sentence says");
	c->worker->work += topic_rooms_count(c->worker->topics) / TOPICS_A_WORK;
	return ++g->wildcards > WILDCARDS_A_PACKET ? "a guest may ask for 32 filters with wildcards at a time" : NULL;
}

/* ---- another table ------------------------------------------------------------- */

/* One topic that is in other rooms now. */
struct change {
	struct span topic;
	const struct topic_place *now, *before;
};

/* A guest that hears the topic from now on gets what is retained there, as if it had subscribed to it just now. */
static void bring(struct worker *w, const struct change *change, const struct match *match)
{
	struct session *s = container_of(match->who, struct session, subscriber);
	const struct guest *g = guest_of(s);
	struct retained_matches matches = {0};
	if (!g || !room_set_hears(&g->seen, change->now) || room_set_hears(&g->before, change->before))
		return;
	if (s->traffic->replaying >= w->broker->config.max_queued_messages) {
		counter_add(&w->counters.dropped, 1);
		return;
	}
	if (retained_match(w->broker->retained, change->topic, loop_now(w->loop), &matches)) {
		retained_matches_finish(&matches);
		log_warning(s->client_id, "out of memory: a guest does not get what is retained on a topic that came into its rooms");
	} else if (session_replay(s, &matches, match->id, match->qos) == 0) {
		connection_touch(s->connection);
	}
}

static void bring_to_all(struct worker *w, const struct change *change)
{
	if (router_match(&w->router, change->topic, NULL, &w->matches))
		log_warning("broker", "out of memory: not every guest gets what is retained on a topic that came into its rooms");
	for (uint32_t i = 0; i < w->matches.count; i++)
		if (w->matches.items[i].who->kind == SUBSCRIBER_GUEST)
			bring(w, change, &w->matches.items[i]);
}

/* Who gains and who loses by it. */
static void weigh(struct worker *w, const struct change *change)
{
	bool gains = false;
	list_each(g, &w->guests, struct guest, link) {
		bool hears = room_set_hears(&g->seen, change->now), heard = room_set_hears(&g->before, change->before);
		g->lost |= heard && !hears;
		gains |= hears && !heard;
	}
	if (gains)
		bring_to_all(w, change);
}

static bool may_wait(void *ctx, const struct delivery *d)
{
	return guest_hears(ctx, message_topic(d->message));
}

static void take_away(struct session *s)
{
	(void)outbox_restrict(&s->traffic->outbox, may_wait, s);
	session_restrict_replays(s);
}

void guests_renew(struct worker *w, struct topic_rooms *topics)
{
	struct topic_rooms *before = w->topics;
	struct change change;
	w->topics = topic_rooms_ref(topics);
	list_each(g, &w->guests, struct guest, link) {
		g->before = g->seen;
		g->lost = false;
		if (room_set_init(&g->seen, topics, &g->rooms) && !g->connection->ending) /* it hears nothing now; it may ask again */
			connection_end(g->connection, REASON_QUOTA_EXCEEDED);
	}
	for (size_t i = 0; !list_empty(&w->guests) && topic_rooms_changed(topics, i, &change.topic); i++) {
		change.now = topic_rooms_find(topics, change.topic);
		change.before = topic_rooms_find(before, change.topic);
		weigh(w, &change);
	}
	list_each(g, &w->guests, struct guest, link) {
		if (g->lost && g->connection->session)
			take_away(g->connection->session);
		room_set_finish(&g->before);
	}
	topic_rooms_unref(&before);
}
