/* Live events: a ring of the last events that any thread fills and every
 * stream reads at its own pace. Ids are <boot>-<n>, so that a browser resumes
 * without a gap or a duplicate, and notices a restart of the hub. */
#ifndef WEB_LIVE_H
#define WEB_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/ports.h"

struct live;

enum {
	LIVE_EVENTS_MAX = 4096,
	LIVE_BYTES_MAX = 1024 * 1024,
	LIVE_EVENT_BYTES_MAX = LIVE_BYTES_MAX / 4, /* a bigger one becomes a reset */
	LIVE_ID_SIZE = 32,
};

/* Returns 0 or ERR_NOMEM. */
int live_create(struct live **live_r);
void live_destroy(struct live **live);

/* wake is called (any thread, must not block) when an event is new and nobody
 * was told since the last live_read. Set once, before streams exist. */
void live_on_event(struct live *live, void (*wake)(void *ctx), void *ctx);

/* Where events are posted; ctx is the ring, which must outlive it. */
struct live_port live_port(struct live *live);

/* Number of the newest event; 0 before the first. Any thread. */
uint64_t live_newest(struct live *live);

/* "<boot>-<n>" of the newest event: the cursor of answers, taken before they read their data. */
void live_cursor(struct live *live, char text_r[LIVE_ID_SIZE]);

/* Parses what a browser resumes from. Returns 0, or ERR_NOT_FOUND when it is
 * of another start, not yet, or no longer in the ring. */
int live_parse(struct live *live, const char *id, uint64_t *cursor_r);

/* Appends the events behind *cursor, as server-sent events, until out holds
 * about max bytes, and moves the cursor. A cursor that fell out of the ring
 * gives one reset event and goes on with the newest. Any thread. Returns 0 or ERR_NOMEM (nothing appended). */
int live_read(struct live *live, uint64_t *cursor, size_t max, struct buf *out);

/* Appends a reset event that carries the cursor as its id. */
int live_append_reset(struct live *live, uint64_t cursor, struct buf *out);

#endif
