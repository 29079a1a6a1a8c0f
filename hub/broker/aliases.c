/* A client's topic aliases. On the worker's thread. */
#include "broker/aliases.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "broker/memory.h"

struct aliases {
	struct buf topics[ALIASES_MAX];
};

int aliases_set(struct aliases **aliases, uint16_t alias, struct span topic)
{
	if (!*aliases) {
		*aliases = calloc(1, sizeof **aliases);
		if (!*aliases)
			return ERR_NOMEM;
		memory_count(0, sizeof **aliases);
	}
	struct buf *b = &(*aliases)->topics[alias - 1];
	if (span_equal(buf_span(b), topic))
		return 0;
	size_t before = b->cap;
	b->len = 0;
	int err = buf_append(b, topic.data, topic.len);
	memory_count(0, (int64_t)b->cap - (int64_t)before);
	return err;
}

struct span aliases_get(const struct aliases *aliases, uint16_t alias)
{
	if (!aliases || alias == 0 || alias > ALIASES_MAX)
		return (struct span){0};
	return buf_span(&aliases->topics[alias - 1]);
}

void aliases_destroy(struct aliases **aliases)
{
	if (!*aliases)
		return;
	size_t bytes = sizeof **aliases;
	for (unsigned i = 0; i < ALIASES_MAX; i++) {
		bytes += (*aliases)->topics[i].cap;
		buf_finish(&(*aliases)->topics[i]);
	}
	memory_count(0, -(int64_t)bytes);
	free(*aliases);
	*aliases = NULL;
}
