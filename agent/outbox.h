/* What waits to be published. Bounded: it keeps one value per topic, the newest,
 * so that a device that was away for days comes back with the present and not
 * with a flood. A value stays until the hub has acknowledged it. Main thread.
 *
 * libmosquitto's own queue must stay out of this: it takes QoS 1 messages while
 * offline, says that it did not, and grows without bound. So the agent hands it a message
 * only while connected, at most OUTBOX_WINDOW at once. */
#ifndef AGENT_OUTBOX_H
#define AGENT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum { OUTBOX_MAX_TOPICS = 256, OUTBOX_MAX_BYTES = 262144, OUTBOX_WINDOW = 16 };

struct outbox;

/* Returns 0 or ERR_NOMEM. */
int outbox_create(struct outbox **outbox_r);

/* Frees with all that waits; NULL inside is fine. Clears *outbox. */
void outbox_destroy(struct outbox **outbox);

/* Puts a value (copied) behind what waits, in place of an older one that waits for the same topic.
 * Returns 0, ERR_NOMEM or ERR_FULL (too many topics or bytes; counted). */
int outbox_put(struct outbox *outbox, const char *topic, struct span payload, bool retain);

/* The value to be sent next, borrowed until the next call of outbox_put, _acked or _lost. */
struct outbox_item {
	const char *topic;
	struct span payload;
	bool retain;
};

/* Returns false when nothing waits or OUTBOX_WINDOW values are on their way. */
bool outbox_next(struct outbox *outbox, struct outbox_item *item_r);

/* The item of outbox_next was handed over under this message id. */
void outbox_sent(struct outbox *outbox, int message_id);

/* The hub has acknowledged this message; unknown ids are ignored. */
void outbox_acked(struct outbox *outbox, int message_id);

/* The connection is gone: what was on its way waits again, unless a newer value
 * of its topic waits already. */
void outbox_lost(struct outbox *outbox);

/* Values that wait or are on their way. */
size_t outbox_count(const struct outbox *outbox);

#endif
