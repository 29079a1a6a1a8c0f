/* A map of topics and one of rooms; all that they hold lies in a few large blocks, so that the thread that drops the last reference, which may
 * be one of the broker's, is done with it at once. Only the reference count of a shared table ever changes. */
#include "model/topic_rooms.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"

enum { BLOCK_BYTES = 32 * 1024, ALIGN = 8, BITS = 64 };

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(ALIGN) unsigned char bytes[];
};

struct room {
	struct map_node node; /* topic_rooms.rooms; key: its name, behind it */
	size_t number;
};

/* One of the rooms in which a topic is. */
struct stay {
	const struct stay *next;
	const struct room *room;
};

struct topic_place {
	struct map_node node; /* topic_rooms.topics; key: the topic, behind it */
	const struct stay *stays;
};

struct topic_rooms {
	_Atomic uint32_t refs;
	struct block *blocks; /* owned */
	struct map topics, rooms;
	struct span *changed; /* owned */
	size_t changed_count, changed_cap;
};

struct topic_rooms *topic_rooms_create(void)
{
	struct topic_rooms *t = calloc(1, sizeof *t);
	if (t)
		atomic_init(&t->refs, 1);
	return t;
}

struct topic_rooms *topic_rooms_ref(struct topic_rooms *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void topic_rooms_unref(struct topic_rooms **table)
{
	struct topic_rooms *t = *table;
	*table = NULL;
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	while (t->blocks) {
		struct block *block = t->blocks;
		t->blocks = block->next;
		free(block);
	}
	map_finish(&t->topics);
	map_finish(&t->rooms);
	free(t->changed);
	free(t);
}

/* ---- filling ---------------------------------------------------------------- */

/* Memory as long as the table; NULL when there is none. */
static void *take(struct topic_rooms *t, size_t size)
{
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	struct block *block = t->blocks;
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
		block = malloc(sizeof *block + room);
		if (!block)
			return NULL;
		*block = (struct block){.next = t->blocks, .size = room};
		t->blocks = block;
	}
	void *memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

/* A struct of that size with the text behind it, and at *text_r where that is. */
static void *take_with(struct topic_rooms *t, size_t size, struct span text, struct span *text_r)
{
	unsigned char *memory = take(t, size + text.len);
	if (!memory)
		return NULL;
	memset(memory, 0, size);
	if (text.len)
		memcpy(memory + size, text.data, text.len);
	*text_r = span_of(memory + size, text.len);
	return memory;
}

static const struct room *room_of(const struct topic_rooms *t, struct span name)
{
	struct map_node *node = map_get(&t->rooms, name);
	return node ? container_of(node, struct room, node) : NULL;
}

static const struct room *put_room(struct topic_rooms *t, struct span name)
{
	const struct room *known = room_of(t, name);
	if (known)
		return known;
	struct span key;
	struct room *room = take_with(t, sizeof *room, name, &key);
	if (!room)
		return NULL;
	room->number = t->rooms.count;
	return map_put(&t->rooms, &room->node, key) ? NULL : room;
}

static struct topic_place *put_topic(struct topic_rooms *t, struct span topic)
{
	struct map_node *node = map_get(&t->topics, topic);
	if (node)
		return container_of(node, struct topic_place, node);
	struct span key;
	struct topic_place *place = take_with(t, sizeof *place, topic, &key);
	return !place || map_put(&t->topics, &place->node, key) ? NULL : place;
}

int topic_rooms_put(struct topic_rooms *t, struct span topic, const char *name)
{
	const struct room *room = put_room(t, span_str(name));
	struct topic_place *place = room ? put_topic(t, topic) : NULL;
	if (!place)
		return ERR_NOMEM;
	for (const struct stay *s = place->stays; s; s = s->next)
		if (s->room == room)
			return 0;
	struct stay *stay = take(t, sizeof *stay);
	if (!stay)
		return ERR_NOMEM;
	*stay = (struct stay){place->stays, room};
	place->stays = stay;
	return 0;
}

/* ---- what has changed -------------------------------------------------------- */

static bool stays_in(const struct topic_place *place, struct span name)
{
	for (const struct stay *s = place->stays; s; s = s->next)
		if (span_equal(s->room->node.key, name))
			return true;
	return false;
}

/* Whether each of a's rooms is one of b's. */
static bool is_within(const struct topic_place *a, const struct topic_place *b)
{
	for (const struct stay *s = a->stays; s; s = s->next)
		if (!stays_in(b, s->room->node.key))
			return false;
	return true;
}

static bool is_same(const struct topic_place *a, const struct topic_place *b)
{
	return a && b && is_within(a, b) && is_within(b, a);
}

static int note(struct topic_rooms *t, struct span topic)
{
	if (t->changed_count == t->changed_cap) {
		size_t cap = t->changed_cap ? 2 * t->changed_cap : 32;
		struct span *bigger = realloc(t->changed, cap * sizeof *bigger);
		if (!bigger)
			return ERR_NOMEM;
		t->changed = bigger;
		t->changed_cap = cap;
	}
	t->changed[t->changed_count++] = topic;
	return 0;
}

/* One that is gone, and whose text goes with the other table. */
static int note_copy(struct topic_rooms *t, struct span topic)
{
	struct span copy;
	return take_with(t, 0, topic, &copy) ? note(t, copy) : ERR_NOMEM;
}

int topic_rooms_compare(struct topic_rooms *t, const struct topic_rooms *before)
{
	int err = 0;
	t->changed_count = 0;
	for (const struct topic_place *p = topic_rooms_next(t, NULL); p && !err; p = topic_rooms_next(t, p))
		if (!is_same(p, topic_rooms_find(before, p->node.key)))
			err = note(t, p->node.key);
	for (const struct topic_place *p = topic_rooms_next(before, NULL); p && !err; p = topic_rooms_next(before, p))
		if (!topic_rooms_find(t, p->node.key))
			err = note_copy(t, p->node.key);
	return err;
}

bool topic_rooms_changed(const struct topic_rooms *t, size_t i, struct span *topic_r)
{
	if (!t || i >= t->changed_count)
		return false;
	*topic_r = t->changed[i];
	return true;
}

/* ---- looking ------------------------------------------------------------------ */

size_t topic_rooms_count(const struct topic_rooms *t)
{
	return t ? t->topics.count : 0;
}

const struct topic_place *topic_rooms_find(const struct topic_rooms *t, struct span topic)
{
	struct map_node *node = t ? map_get(&t->topics, topic) : NULL;
	return node ? container_of(node, struct topic_place, node) : NULL;
}

const struct topic_place *topic_rooms_next(const struct topic_rooms *t, const struct topic_place *after)
{
	struct map_node *node = t ? map_next(&t->topics, after ? &after->node : NULL) : NULL;
	return node ? container_of(node, struct topic_place, node) : NULL;
}

struct span topic_place_topic(const struct topic_place *place)
{
	return place->node.key;
}

int room_set_init(struct room_set *set, const struct topic_rooms *t, const struct rooms *rooms)
{
	*set = (struct room_set){0};
	if (!t || !t->rooms.count)
		return 0;
	set->bits = calloc(t->rooms.count / BITS + 1, sizeof *set->bits);
	if (!set->bits)
		return ERR_NOMEM;
	const char *at = NULL;
	struct span name;
	while (rooms_next(rooms, &at, &name)) {
		const struct room *room = room_of(t, name);
		if (room)
			set->bits[room->number / BITS] |= UINT64_C(1) << room->number % BITS;
	}
	return 0;
}

void room_set_finish(struct room_set *set)
{
	free(set->bits);
	*set = (struct room_set){0};
}

bool room_set_hears(const struct room_set *set, const struct topic_place *place)
{
	if (!set->bits || !place)
		return false;
	for (const struct stay *s = place->stays; s; s = s->next)
		if (!(set->bits[s->room->number / BITS] >> s->room->number % BITS & 1))
			return false;
	return true;
}
