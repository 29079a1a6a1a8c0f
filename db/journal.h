/* The journal: the one write-ahead log of all that must survive an instant.
 *
 * Frames of bytes are appended and made durable in groups with one sync. They lie in
 * preallocated segments, `journal/<n>.seg` of SEGMENT_BYTES each, zeroed when made, so that a sync
 * writes data and no metadata of the file system. A frame holds its length, a sequence number that
 * grows by one with each frame, the number that was durable when it was written, and CRCs; stale
 * bytes of a segment's former life do not pass for frames. What is durable elsewhere is
 * released, and its segments are used again. The bytes are described in db/journal_frame.h.
 *
 * An object belongs to one thread at a time. It knows neither samples nor SQLite. */
#ifndef DB_JOURNAL_H
#define DB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "db/disk.h"

struct journal;

enum {
	JOURNAL_SEGMENT_BYTES = 8 << 20, /* a larger frame gets a segment of its own size */
	JOURNAL_SPARE_SEGMENTS = 2,      /* released ones that are kept for use; others are removed */
	JOURNAL_PAYLOAD_MAX = 512 << 20, /* of one frame: the largest message of MQTT, and a group beside it */
};

struct journal_config {
	const char *dir;         /* made with 0700 if missing; its files 0600 */
	const struct disk *disk; /* NULL: disk_system. Borrowed */
	size_t segment_bytes;    /* 0: JOURNAL_SEGMENT_BYTES */
	uint64_t after;          /* frames up to this one are durable elsewhere already */
	uint64_t beyond;         /* new frames get higher numbers than this one: somebody may know it, though the
	                          * journal lost it */
};

/* What opening found. */
struct journal_report {
	uint64_t first, last;   /* frames that were replayed; 0 and 0 for none */
	uint64_t frames, bytes; /* payload */
	uint64_t torn_bytes;    /* of unfinished frames at the end, which are dropped: nobody was told of them */
	bool gap;               /* a durable frame is missing, or `after` is older than what was released: damage.
	                         * What follows was not replayed, and its segments were put aside */
	size_t aside;           /* files put aside as <n>.seg.damaged: those, and files without a readable header */
};

/* Opens or creates the journal and hands every whole frame behind config->after to replay, in
 * order; replay's error ends the opening. payload is borrowed for the call. Ends with
 * a sync of what is kept, so that nothing replayed can be lost. Numbers go on behind all that were seen, and
 * behind config->after and config->beyond. message_r (512 bytes) receives a sentence on failure.
 * Returns 0, ERR_NOMEM, ERR_IO, ERR_DISK_FULL, ERR_DENIED, ERR_NEWER (a segment of a newer format) or replay's error. */
int journal_open(const struct journal_config *config,
		 int (*replay)(void *ctx, uint64_t seq, struct span payload), void *ctx,
		 struct journal_report *report_r, struct journal **journal_r, char message_r[512]);

/* Does not sync. NULL is fine. */
void journal_close(struct journal **journal);

/* Appends a frame with the number *seq_r. Not durable before journal_sync. On failure
 * nothing is appended and a later append may succeed. Returns 0, ERR_DISK_FULL, ERR_IO, ERR_DENIED, ERR_NOMEM or
 * ERR_TOO_LARGE (more than JOURNAL_PAYLOAD_MAX). */
int journal_append(struct journal *j, struct span payload, uint64_t *seq_r);

/* Makes all appended frames durable. After a failure those since the last success may or may not be found by
 * a later open; they must be taken as failed, and appending goes on in a fresh segment (a file whose sync
 * failed is never trusted again). An append that needs a fresh segment syncs the full one; if that
 * failed, the next journal_sync says so. Returns 0, ERR_IO, ERR_DISK_FULL, ERR_DENIED or ERR_NOMEM. */
int journal_sync(struct journal *j);

/* Makes the segment that comes next now, so that no append has to: for when nobody waits. A disk without room for it
 * is no failure yet. */
void journal_prepare(struct journal *j);

/* Frames up to seq are durable elsewhere: their segments may be used again. */
void journal_release(struct journal *j, uint64_t seq);

/* Overwrites released frames and spare segments with zeroes and syncs, so that no
 * trace of an erased device stays. Frames not released stay; appended ones are synced. Files put aside as
 * damaged are not touched. Returns 0, or the error of the disk; nothing is lost then, and it may be tried again. */
int journal_wipe(struct journal *j);

/* The number of the last frame appended, by this object or before it; 0 before the first. */
uint64_t journal_last(const struct journal *j);

struct journal_stats {
	uint64_t frames, payload_bytes, syncs; /* since the opening */
	uint64_t written_bytes;                /* in blocks of 4 KiB: what the disk had to write, zeroing included */
	size_t segments, live_segments;        /* files; those that hold frames not released */
};

/* The figures as they are now. */
void journal_stats_get(const struct journal *j, struct journal_stats *stats_r);

#endif
