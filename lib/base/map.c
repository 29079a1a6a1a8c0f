/* The intrusive hash map: chained buckets, doubled when they hold one node
 * each on average, and made smaller only when asked to. Any thread, one owner at a time. */
#include "base/map.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/err.h"

enum { FIRST_BUCKETS = 16 };

static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void make_hash_key(void)
{
	randombytes_buf(hash_key, sizeof hash_key);
}

static uint64_t hash_of(struct span key)
{
	uint64_t hash;
	pthread_once(&hash_key_once, make_hash_key);
	crypto_shorthash((unsigned char *)&hash, key.data, key.len, hash_key);
	return hash;
}

void map_finish(struct map *m)
{
	if (!m)
		return;
	free(m->buckets);
	*m = (struct map){0};
}

static struct map_node *find(const struct map *m, struct span key, uint64_t hash)
{
	if (!m->buckets)
		return NULL;
	for (struct map_node *n = m->buckets[hash & m->mask]; n; n = n->next)
		if (n->hash == hash && span_equal(n->key, key))
			return n;
	return NULL;
}

struct map_node *map_get(const struct map *m, struct span key)
{
	return find(m, key, hash_of(key));
}

static void link_node(struct map_node **buckets, size_t mask, struct map_node *node)
{
	struct map_node **head = &buckets[node->hash & mask];
	node->next = *head;
	*head = node;
}

static int resize(struct map *m, size_t size)
{
	struct map_node **buckets = calloc(size, sizeof *buckets);
	if (!buckets)
		return ERR_NOMEM;
	for (size_t i = 0; m->buckets && i <= m->mask; i++)
		for (struct map_node *n = m->buckets[i], *next; n; n = next) {
			next = n->next;
			link_node(buckets, size - 1, n);
		}
	free(m->buckets);
	m->buckets = buckets;
	m->mask = size - 1;
	return 0;
}

int map_put(struct map *m, struct map_node *node, struct span key)
{
	uint64_t hash = hash_of(key);
	if (find(m, key, hash))
		return ERR_EXISTS;
	if (!m->buckets || m->count > m->mask) {
		int err = resize(m, m->buckets ? (m->mask + 1) * 2 : FIRST_BUCKETS);
		if (err && !m->buckets)
			return err; /* an overfull table still works */
	}
	node->hash = hash;
	node->key = key;
	link_node(m->buckets, m->mask, node);
	m->count++;
	return 0;
}

void map_remove(struct map *m, struct map_node *node)
{
	struct map_node **p = &m->buckets[node->hash & m->mask];
	while (*p != node)
		p = &(*p)->next;
	*p = node->next;
	node->next = NULL;
	m->count--;
}

void map_trim(struct map *m)
{
	size_t size = FIRST_BUCKETS;
	while (size < m->count * 2)
		size *= 2;
	if (m->buckets && size < (m->mask + 1) / 4)
		(void)resize(m, size);
}

struct map_node *map_next(const struct map *m, const struct map_node *after)
{
	if (!m->buckets)
		return NULL;
	if (after && after->next)
		return after->next;
	size_t i = after ? (after->hash & m->mask) + 1 : 0;
	for (; i <= m->mask; i++)
		if (m->buckets[i])
			return m->buckets[i];
	return NULL;
}
