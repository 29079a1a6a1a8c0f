/* A client's topic aliases. On the worker's thread. */
#include "broker/aliases.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"

struct aliases {
	struct buf topics[ALIASES_MAX];
};

int aliases_set(struct aliases **aliases, uint16_t alias, struct span topic)
{
	if (!*aliases)
		*aliases = calloc(1, sizeof **aliases);
	if (!*aliases)
		return ERR_NOMEM;
	struct buf *b = &(*aliases)->topics[alias - 1];
	if (span_equal(buf_span(b), topic))
		return 0;
	b->len = 0;
	return buf_append(b, topic.data, topic.len);
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
	for (unsigned i = 0; i < ALIASES_MAX; i++)
		buf_finish(&(*aliases)->topics[i]);
	free(*aliases);
	*aliases = NULL;
}
