/* Groups of changes: their memory. Texts are copied into chunks, since a turn notes thousands of short ones. */
#include "broker/change_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "broker/memory.h"

enum { FIRST_CHANGES = 64, CHUNK_BYTES = 16 * 1024 };

/* Copied text; a group's chunks are chained, the newest first. */
struct chunk {
	struct chunk *next;
	size_t used, size;
	uint8_t data[];
};

void change_group_empty(struct change_group *g, int err)
{
	for (uint32_t i = 0; i < g->receipt_count; i++)
		receipt_release(g->receipts[i], err);
	g->receipt_count = 0;
	for (uint32_t i = 0; i < g->count; i++)
		message_unref(&g->messages[i]);
	while (g->chunks && g->chunks->next) {
		struct chunk *next = g->chunks->next;
		free(g->chunks);
		g->chunks = next;
	}
	if (g->chunks)
		g->chunks->used = 0;
	memory_count(0, -(int64_t)g->own);
	g->count = 0;
	g->bytes = g->own = 0;
	g->incomplete = g->late = false;
}

void change_group_free(struct change_group *g, int err)
{
	if (!g)
		return;
	change_group_empty(g, err);
	free(g->receipts);
	free(g->chunks);
	free(g->changes);
	free(g->messages);
	free(g);
}

static int make_room(struct change_group *g)
{
	if (g->count < g->cap)
		return 0;
	uint32_t cap = g->cap ? g->cap * 2 : FIRST_CHANGES;
	struct persist_change *changes = realloc(g->changes, cap * sizeof *changes);
	if (changes)
		g->changes = changes;
	struct message **messages = realloc(g->messages, cap * sizeof(struct message *));
	if (messages)
		g->messages = messages;
	if (!changes || !messages)
		return ERR_NOMEM;
	g->cap = cap;
	return 0;
}

static int copy(struct change_group *g, struct span *text)
{
	struct chunk *c = g->chunks;
	if (!c || c->size - c->used < text->len) {
		size_t size = text->len > CHUNK_BYTES ? text->len : CHUNK_BYTES;
		c = malloc(sizeof *c + size);
		if (!c)
			return ERR_NOMEM;
		*c = (struct chunk){.next = g->chunks, .size = size};
		g->chunks = c;
	}
	uint8_t *to = c->data + c->used;
	if (text->len)
		memcpy(to, text->data, text->len);
	c->used += text->len;
	*text = span_of(to, text->len);
	return 0;
}

int change_group_add(struct change_group *g, struct persist_change *change, struct span *text, struct message *message)
{
	size_t own = change_group_takes(change, text);
	if (make_room(g) || copy(g, &change->client) || (text && copy(g, text)))
		return ERR_NOMEM;
	g->changes[g->count] = *change;
	g->messages[g->count] = message ? message_ref(message) : NULL;
	g->count++;
	g->own += own;
	g->bytes += own + (message ? message_bytes(message) : 0);
	memory_count(0, (int64_t)own);
	return 0;
}

int change_group_hold(struct change_group *g, struct receipt *receipt)
{
	if (g->receipt_count == g->receipt_cap) {
		uint32_t cap = g->receipt_cap ? g->receipt_cap * 2 : FIRST_CHANGES;
		struct receipt **bigger = realloc(g->receipts, cap * sizeof(struct receipt *));
		if (!bigger)
			return ERR_NOMEM;
		g->receipts = bigger;
		g->receipt_cap = cap;
	}
	g->receipts[g->receipt_count++] = receipt;
	return 0;
}
