/* The table of addresses. Any thread, under its own lock. */
#include "broker/addresses.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "thread/thread.h"

struct address {
	struct map_node node; /* addresses.by_text */
	_Atomic uint32_t count; /* changed under the lock */
	char text[]; /* without port, not terminated */
};

struct addresses {
	struct lock lock; /* "addresses": guards all below */
	struct map by_text;
};

struct addresses *addresses_create(void)
{
	struct addresses *a = calloc(1, sizeof *a);
	if (a)
		lock_init(&a->lock, "addresses");
	return a;
}

void addresses_destroy(struct addresses **addresses)
{
	struct addresses *a = *addresses;
	*addresses = NULL;
	if (!a)
		return;
	map_finish(&a->by_text);
	lock_finish(&a->lock);
	free(a);
}

static struct span host_of(const char *peer)
{
	const char *colon = strrchr(peer, ':');
	bool port = colon && (colon[-1] == ']' || strchr(peer, ':') == colon);
	return span_of((const uint8_t *)peer, port ? (size_t)(colon - peer) : strlen(peer));
}

static struct address *add(struct addresses *a, struct span host)
{
	struct address *address = malloc(sizeof *address + host.len);
	if (!address)
		return NULL;
	atomic_init(&address->count, 0);
	memcpy(address->text, host.data, host.len);
	if (map_put(&a->by_text, &address->node, span_of((const uint8_t *)address->text, host.len))) {
		free(address);
		return NULL;
	}
	return address;
}

struct address *addresses_enter(struct addresses *a, const char *peer)
{
	struct span host = host_of(peer);
	lock_take(&a->lock);
	struct map_node *node = map_get(&a->by_text, host);
	struct address *address = node ? container_of(node, struct address, node) : add(a, host);
	if (address)
		atomic_fetch_add(&address->count, 1);
	lock_release(&a->lock);
	return address;
}

void addresses_leave(struct addresses *a, struct address **address)
{
	struct address *one = *address;
	*address = NULL;
	if (!one)
		return;
	lock_take(&a->lock);
	bool last = atomic_fetch_sub(&one->count, 1) == 1;
	if (last)
		map_remove(&a->by_text, &one->node);
	lock_release(&a->lock);
	if (last)
		free(one);
}

uint32_t addresses_count(const struct address *address)
{
	return atomic_load(&address->count);
}
