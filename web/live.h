/* Live events: a ring of the last events that any thread fills and every
 * stream reads at its own pace. Whoever sees some rooms only is given what is about devices that stand there now. Ids are <boot>-<n>, so that a browser resumes
 * without a gap or a duplicate, and notices a restart of the hub. */
#ifndef WEB_LIVE_H
#define WEB_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/ports.h"

struct live;

struct live_reader {
	const struct rooms *rooms; /* that it sees; borrowed */
	int64_t account;
};

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

/* The streams of the account, present and to come, are told to fetch anew: it sees more or less from now on. Any thread. */
void live_reset(struct live *live, int64_t account);

/* One event for the streams of the account alone. json: its data, one line; copied. Any thread. */
void live_tell(struct live *live, int64_t account, const char *name, const char *json);

/* Appends the events behind *cursor that are for the reader, as server-sent events, until out holds
 * about max bytes, and moves the cursor. A cursor that fell out of the ring
 * gives one reset event and goes on with the newest. Any thread. Returns 0 or ERR_NOMEM (nothing appended). */
int live_read(struct live *live, const struct live_reader *reader, uint64_t *cursor, size_t max, struct buf *out);

/* Appends a reset event that carries the cursor as its id. */
int live_append_reset(struct live *live, uint64_t cursor, struct buf *out);

/* Appends what is no event, but says that the stream lives, and moves what the browser resumes from: there may have been
 * events that were not for it. */
int live_append_beat(struct live *live, uint64_t cursor, struct buf *out);

#endif
