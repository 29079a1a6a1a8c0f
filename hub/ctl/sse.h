/* Server-sent events, taken apart as they arrive. */
#ifndef CTL_SSE_H
#define CTL_SSE_H

#include "base/buf.h"

struct sse {
	struct buf line; /* what has come of the present line */
	struct buf name, data;
};

/* Feeds a piece of the stream; on_event (data NUL-terminated, without its line
 * end) is called for each event that is complete. Returns 0, the first non-zero of on_event, or ERR_NOMEM. */
int sse_feed(struct sse *sse, struct span piece, int (*on_event)(void *ctx, const char *name, const char *data),
	     void *ctx);

/* Frees what it holds; zeroed is fine. */
void sse_finish(struct sse *sse);

#endif
