/* The groups of shared subscriptions. Any thread, under the lock "shares"; a member's session is touched by its own
 * worker alone. */
#include "broker/share.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "broker/persistence.h"
#include "broker/route.h"
#include "broker/session.h"
#include "mqtt/topic.h"
#include "thread/thread.h"

enum { MAX_SHARES = UINT16_MAX - 1 };

struct share_group {
	struct subscriber subscriber; /* shares.router */
	struct map_node node;         /* shares.groups, by the whole filter */
	struct share_member **members; /* owned */
	uint32_t count, cap;
	uint32_t turn; /* where the next search begins */
	uint32_t refs; /* share_member.group */
	size_t filter_len;
	uint8_t filter[]; /* "$share/…" */
};

struct share_member {
	_Atomic unsigned refs;
	_Atomic uint8_t state; /* enum share_state */
	struct shares *shares;
	struct worker *worker;
	struct session *session; /* its worker's; NULL once it has left */
	uint16_t slot;           /* in session->shares */
	/* under the lock */
	struct share_group *group; /* stays when it has left, for those who look for another member */
	uint32_t at;               /* in the group's members */
	struct sub_options options;
};

struct shares {
	_Atomic uint64_t count; /* memberships */
	struct lock lock;       /* "shares": guards all below, and the groups */
	struct router router;   /* subscriber: share_group */
	struct matches matches; /* one for all workers: what was found for one must not be taken for another's */
	struct map groups;      /* share_group.node */
};

int shares_create(struct shares **shares_r)
{
	struct shares *s = calloc(1, sizeof *s);
	*shares_r = s;
	if (!s)
		return ERR_NOMEM;
	lock_init(&s->lock, "shares");
	return router_init(&s->router);
}

void shares_destroy(struct shares **shares)
{
	struct shares *s = *shares;
	*shares = NULL;
	if (!s)
		return;
	/* The sessions are gone, and their memberships with them. */
	router_finish(&s->router);
	matches_finish(&s->matches);
	map_finish(&s->groups);
	lock_finish(&s->lock);
	free(s);
}

struct span share_plain_filter(struct span filter)
{
	struct span name, plain;
	return topic_split_shared(filter, &name, &plain) ? plain : filter;
}

bool shares_any(const struct shares *shares)
{
	return atomic_load_explicit(&shares->count, memory_order_acquire) > 0;
}

uint64_t shares_count(const struct shares *shares)
{
	return atomic_load_explicit(&shares->count, memory_order_relaxed);
}

/* The lock is held. */
static void group_unref(struct share_group *g)
{
	if (--g->refs)
		return;
	free(g->members);
	free(g);
}

void share_member_unref(struct share_member **member)
{
	struct share_member *m = *member;
	*member = NULL;
	if (!m || atomic_fetch_sub(&m->refs, 1) > 1)
		return;
	if (m->group) {
		lock_take(&m->shares->lock);
		group_unref(m->group);
		lock_release(&m->shares->lock);
	}
	free(m);
}

static struct share_member *member_ref(struct share_member *m)
{
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	return m;
}

static struct span filter_of(const struct share_group *g)
{
	return span_of(g->filter, g->filter_len);
}

/* --- groups; the lock is held ------------------------------------------------- */

/* Without members nobody is to find it. */
static void group_close(struct shares *shares, struct share_group *g)
{
	router_forget(&shares->router, &g->subscriber);
	map_remove(&shares->groups, &g->node);
}

static struct share_group *group_find(struct shares *shares, struct span filter)
{
	struct map_node *node = map_get(&shares->groups, filter);
	return node ? container_of(node, struct share_group, node) : NULL;
}

/* With one reference. */
static struct share_group *group_create(struct shares *shares, struct span filter)
{
	struct share_group *g = calloc(1, sizeof *g + filter.len);
	if (!g)
		return NULL;
	g->refs = 1;
	g->subscriber.kind = SUBSCRIBER_GROUP;
	g->filter_len = filter.len;
	memcpy(g->filter, filter.data, filter.len);
	if (map_put(&shares->groups, &g->node, filter_of(g))) {
		free(g);
		return NULL;
	}
	bool existed;
	const struct sub_options any = {.qos = 2};
	if (router_subscribe(&shares->router, &g->subscriber, share_plain_filter(filter_of(g)), &any, &existed)) {
		group_close(shares, g);
		group_unref(g);
		return NULL;
	}
	return g;
}

static int group_add(struct share_group *g, struct share_member *m)
{
	if (g->count == g->cap) {
		uint32_t cap = g->cap ? g->cap * 2 : 4;
		struct share_member **bigger = realloc(g->members, cap * sizeof(struct share_member *));
		if (!bigger)
			return ERR_NOMEM;
		g->members = bigger;
		g->cap = cap;
	}
	m->group = g;
	g->refs++;
	m->at = g->count;
	g->members[g->count++] = member_ref(m);
	return 0;
}

/* Adds the member to the group of the filter, which is made when there is none. */
static int group_enter(struct shares *shares, struct span filter, struct share_member *m)
{
	struct share_group *old = group_find(shares, filter);
	struct share_group *g = old ? old : group_create(shares, filter);
	if (!g)
		return ERR_NOMEM;
	int err = group_add(g, m);
	if (err && !old)
		group_close(shares, g);
	if (!old)
		group_unref(g); /* from here on its members hold it */
	return err;
}

/* The next in turn of the readiest; NULL: nobody. */
static struct share_member *choose(struct share_group *g, uint8_t qos)
{
	struct share_member *best = NULL;
	uint8_t best_state = SHARE_ABSENT;
	for (uint32_t i = 0; i < g->count && best_state < SHARE_READY; i++) {
		struct share_member *m = g->members[(g->turn + i) % g->count];
		uint8_t state = atomic_load_explicit(&m->state, memory_order_relaxed);
		bool fits = state > SHARE_ABSENT || (qos && m->options.qos); /* nobody keeps QoS 0 for the absent */
		if (fits && (!best || state > best_state)) {
			best = m;
			best_state = state;
		}
	}
	if (best)
		g->turn = best->at + 1;
	return best;
}

static struct share_pick pick_of(struct share_member *m)
{
	return (struct share_pick){member_ref(m), m->worker, m->options.id, m->options.qos, m->options.retain_as_published};
}

/* --- the session's side ---------------------------------------------------------- */

static struct shares *shares_of(const struct session *s)
{
	return s->worker->broker->shares;
}

/* The session's membership, looked for in the shorter list; the lock is held. Members of other workers are not looked into. */
static struct share_member *member_of(const struct session *s, const struct share_group *g)
{
	if (g->count < s->share_count) {
		for (uint32_t i = 0; i < g->count; i++)
			if (g->members[i]->worker == s->worker && g->members[i]->session == s)
				return g->members[i];
		return NULL;
	}
	for (uint16_t i = 0; i < s->share_count; i++)
		if (s->shares[i] && s->shares[i]->group == g)
			return s->shares[i];
	return NULL;
}

static struct share_member *member_find(const struct session *s, struct span filter)
{
	struct shares *shares = shares_of(s);
	if (s->share_held == 0)
		return NULL;
	lock_take(&shares->lock);
	const struct share_group *g = group_find(shares, filter);
	struct share_member *m = g ? member_of(s, g) : NULL;
	lock_release(&shares->lock);
	return m;
}

static void forget_ended(const struct session *s, struct delivery *d)
{
	if (d->share && !s->shares[d->share - 1])
		d->share = 0;
}

/* Before the places of memberships that have ended are others': what came through those comes through none now. */
static void forget_all_ended(struct session *s)
{
	if (!s->share_stale)
		return;
	struct traffic *t = s->traffic;
	for (uint64_t n = t->inflight.head; n < t->inflight.tail; n++)
		forget_ended(s, inflight_at(&t->inflight, n));
	for (uint32_t i = 0; i < t->outbox.used; i++)
		forget_ended(s, outbox_at(&t->outbox, i));
	s->worker->work += t->inflight.tail - t->inflight.head + t->outbox.used;
	s->share_stale = false;
}

/* A free place in session->shares; deliveries know it by its number, so others stay where they are. */
static int slot_find(struct session *s, uint16_t *slot_r)
{
	forget_all_ended(s);
	for (uint16_t i = 0; s->share_held < s->share_count && i < s->share_count; i++)
		if (!s->shares[i]) {
			*slot_r = i;
			return 0;
		}
	if (s->share_count >= MAX_SHARES)
		return ERR_FULL;
	struct share_member **bigger = realloc(s->shares, (s->share_count + 1u) * sizeof(struct share_member *));
	if (!bigger)
		return ERR_NOMEM;
	s->shares = bigger;
	s->shares[s->share_count] = NULL;
	*slot_r = s->share_count++;
	return 0;
}

int share_join(struct session *s, struct span filter, const struct sub_options *options, bool *existed_r)
{
	struct shares *shares = shares_of(s);
	struct share_member *m = member_find(s, filter);
	*existed_r = m != NULL;
	if (m) {
		lock_take(&shares->lock);
		m->options = *options;
		lock_release(&shares->lock);
		return 0;
	}
	uint16_t slot;
	int err = slot_find(s, &slot);
	m = err ? NULL : calloc(1, sizeof *m);
	if (!m)
		return err ? err : ERR_NOMEM;
	atomic_init(&m->refs, 1);
	atomic_init(&m->state, s->share_state);
	m->shares = shares;
	m->worker = s->worker;
	m->session = s;
	m->slot = slot;
	m->options = *options;
	lock_take(&shares->lock);
	err = group_enter(shares, filter, m);
	lock_release(&shares->lock);
	if (err) {
		share_member_unref(&m);
		return err;
	}
	s->shares[slot] = m;
	s->share_held++;
	atomic_fetch_add_explicit(&shares->count, 1, memory_order_release);
	return 0;
}

static void leave(struct session *s, struct share_member *m)
{
	struct shares *shares = shares_of(s);
	lock_take(&shares->lock);
	struct share_group *g = m->group;
	struct share_member *last = g->members[--g->count];
	g->members[m->at] = last;
	last->at = m->at;
	if (g->count == 0)
		group_close(shares, g);
	lock_release(&shares->lock);
	atomic_fetch_sub(&shares->count, 1);
	s->shares[m->slot] = NULL;
	s->share_held--;
	s->share_stale = true;
	m->session = NULL;
	struct share_member *of_group = m;
	share_member_unref(&of_group);
	share_member_unref(&m);
}

bool share_has(const struct session *s, struct span filter)
{
	return member_find(s, filter) != NULL;
}

int share_leave(struct session *s, struct span filter)
{
	struct share_member *m = member_find(s, filter);
	if (!m)
		return ERR_NOT_FOUND;
	leave(s, m);
	return 0;
}

unsigned share_restrict(struct session *s, bool (*keep)(void *ctx, struct span filter), void *ctx)
{
	unsigned ended = 0, left = 0;
	for (uint16_t i = 0; i < s->share_count; i++) {
		struct share_member *m = s->shares[i];
		if (!m)
			continue;
		if (keep && keep(ctx, share_plain_filter(filter_of(m->group)))) {
			left++;
			continue;
		}
		if (keep)
			persistence_unsubscription(s, filter_of(m->group));
		leave(s, m);
		ended++;
	}
	if (!left) {
		forget_all_ended(s);
		free(s->shares);
		s->shares = NULL;
		s->share_count = 0;
	}
	return ended;
}

void share_set_state(struct session *s, enum share_state state)
{
	if (s->share_state == state)
		return;
	s->share_state = state & 3u;
	for (uint16_t i = 0; i < s->share_count; i++)
		if (s->shares[i])
			atomic_store_explicit(&s->shares[i]->state, (uint8_t)state, memory_order_relaxed);
}

/* --- the message's side ------------------------------------------------------------ */

static int pick_room(struct share_picks *picks)
{
	if (picks->count < picks->cap)
		return 0;
	uint32_t cap = picks->cap ? picks->cap * 2 : 8;
	struct share_pick *bigger = realloc(picks->items, cap * sizeof *bigger);
	if (!bigger)
		return ERR_NOMEM;
	picks->items = bigger;
	picks->cap = cap;
	return 0;
}

int shares_pick(struct shares *shares, struct span topic, uint8_t qos, struct share_picks *picks)
{
	picks->count = 0;
	lock_take(&shares->lock);
	int err = router_match(&shares->router, topic, NULL, &shares->matches);
	for (uint32_t i = 0; i < shares->matches.count && !err; i++) {
		struct share_group *g = container_of(shares->matches.items[i].who, struct share_group, subscriber);
		struct share_member *m = choose(g, qos);
		err = m ? pick_room(picks) : 0;
		if (m && !err)
			picks->items[picks->count++] = pick_of(m);
	}
	lock_release(&shares->lock);
	return err;
}

void share_picks_finish(struct share_picks *picks)
{
	free(picks->items);
	*picks = (struct share_picks){0};
}

struct session *share_session(const struct share_member *m, uint16_t *share_r)
{
	*share_r = (uint16_t)(m->slot + 1);
	return m->session;
}

bool share_pick_again(struct shares *shares, struct share_pick *pick, uint8_t qos)
{
	lock_take(&shares->lock);
	struct share_member *m = choose(pick->member->group, qos);
	struct share_pick again = {0};
	if (m)
		again = pick_of(m);
	lock_release(&shares->lock);
	share_member_unref(&pick->member);
	*pick = again;
	return m != NULL;
}

/* One that is leaving passes a message on, if somebody is there to take it. */
static void pass_on(struct session *s, const struct delivery *d)
{
	struct share_member *m = d->share && d->share <= s->share_count ? s->shares[d->share - 1] : NULL;
	if (!m || !d->message || d->qos == 0)
		return;
	struct share_pick pick = {.member = member_ref(m)};
	if (share_pick_again(shares_of(s), &pick, d->qos))
		route_to_member(s->worker, d->message, &pick);
}

/* Nobody is absent and takes QoS 0: none of the memberships is chosen any more. */
static void withdraw(struct session *s)
{
	struct shares *shares = shares_of(s);
	share_set_state(s, SHARE_ABSENT);
	lock_take(&shares->lock);
	for (uint16_t i = 0; i < s->share_count; i++)
		if (s->shares[i])
			s->shares[i]->options.qos = 0;
	lock_release(&shares->lock);
}

void share_pass_on(struct session *s)
{
	if (s->share_held == 0)
		return;
	withdraw(s);
	for (uint64_t n = s->traffic->inflight.head; n < s->traffic->inflight.tail; n++) {
		const struct delivery *d = inflight_at(&s->traffic->inflight, n);
		if (d->state == DELIVERY_PUBACK)
			pass_on(s, d);
	}
	for (uint32_t i = 0; i < s->traffic->outbox.used; i++)
		pass_on(s, outbox_at(&s->traffic->outbox, i));
}
