/* The interest of a worker: three places where a filter may count, each found with one hash. Topics that share a slot
 * share its interest, which costs a message that nobody wants and no more. */
#include "broker/interest.h"

#include <string.h>

#include "mqtt/topic.h"

static struct span first_level(struct span s)
{
	const uint8_t *slash = s.len ? memchr(s.data, '/', s.len) : NULL;
	return span_of(s.data, slash ? (size_t)(slash - s.data) : s.len);
}

/* Only one thread writes: no locked instruction. What comes after it in that thread is seen by nobody who does not see it too. */
static void count(_Atomic uint32_t *counter, uint32_t by)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_release);
}

static void change(struct interest *interest, const struct hash_key *key, struct span filter, uint32_t by)
{
	struct span first = first_level(filter);
	if (topic_has_wildcard(first)) {
		count(&interest->leading, by);
	} else if (topic_has_wildcard(filter)) {
		count(&interest->first[hash_quick(key, first) % INTEREST_SLOTS], by);
		count(&interest->wild, by);
	} else {
		count(&interest->whole[hash_quick(key, filter) % INTEREST_SLOTS], by);
	}
}

void interest_add(struct interest *interest, const struct hash_key *key, struct span filter)
{
	change(interest, key, filter, 1);
}

void interest_remove(struct interest *interest, const struct hash_key *key, struct span filter)
{
	change(interest, key, filter, UINT32_MAX);
}

static uint32_t read_count(const _Atomic uint32_t *counter)
{
	return atomic_load_explicit(counter, memory_order_acquire);
}

bool interest_wants(const struct interest *interest, struct interest_topic *t)
{
	if (read_count(&interest->whole[t->hash % INTEREST_SLOTS]))
		return true;
	/* MQTT-4.7.2-1: leading wildcards do not reach topics that begin with '$'. */
	if (read_count(&interest->leading) && !(t->topic.len && t->topic.data[0] == '$'))
		return true;
	if (!read_count(&interest->wild))
		return false;
	if (!t->first_known) {
		t->first = hash_quick(t->key, first_level(t->topic));
		t->first_known = true;
	}
	return read_count(&interest->first[t->first % INTEREST_SLOTS]);
}
