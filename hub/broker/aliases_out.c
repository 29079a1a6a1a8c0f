/* Aliases towards a client: a direct-mapped table, topic -> alias. On the worker's thread. */
#include "broker/aliases_out.h"

#include <stdlib.h>

struct alias {
	uint8_t *topic; /* owned; NULL: not set */
	uint16_t len;
};

struct aliases_out {
	uint16_t count;
	struct alias items[];
};

static struct aliases_out *create(uint16_t count)
{
	struct aliases_out *a = calloc(1, sizeof *a + count * sizeof a->items[0]);
	if (a)
		a->count = count;
	return a;
}

uint16_t aliases_out_get(struct aliases_out **aliases, const struct hash_key *key, uint16_t max, struct span topic, bool *known_r)
{
	*known_r = false;
	if (topic.len > ALIASES_OUT_TOPIC_MAX)
		return 0;
	if (!*aliases)
		*aliases = create(max < ALIASES_OUT_MAX ? max : ALIASES_OUT_MAX);
	if (!*aliases)
		return 0;
	uint16_t slot = (uint16_t)(hash_bytes(key, topic) % (*aliases)->count);
	struct alias *alias = &(*aliases)->items[slot];
	*known_r = alias->topic && span_equal(span_of(alias->topic, alias->len), topic);
	if (*known_r)
		return (uint16_t)(slot + 1);
	uint8_t *copy = realloc(alias->topic, topic.len);
	if (!copy)
		return 0;
	memcpy(copy, topic.data, topic.len);
	*alias = (struct alias){copy, (uint16_t)topic.len};
	return (uint16_t)(slot + 1);
}

void aliases_out_destroy(struct aliases_out **aliases)
{
	for (unsigned i = 0; *aliases && i < (*aliases)->count; i++)
		free((*aliases)->items[i].topic);
	free(*aliases);
	*aliases = NULL;
}
