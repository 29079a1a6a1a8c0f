/* The journal: the one write-ahead log of all that must survive an instant.
 *
 * Frames of bytes are appended and made durable in groups with one sync. They lie in
 * preallocated segments, `journal/<n>.seg` of SEGMENT_BYTES each, zeroed when made, so that a sync
 * writes data and no metadata of the file system. A frame holds its length, a sequence number that
 * grows by one with each frame, and a CRC over both and the payload; stale bytes of
 * a segment's former life do not pass for frames. What is durable elsewhere is
 * released, and its segments are used again.
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
};

struct journal_config {
	const char *dir;           /* made with 0700 if missing; its files 0600 */
	const struct disk *disk;   /* NULL: disk_system. Borrowed */
	size_t segment_bytes;      /* 0: JOURNAL_SEGMENT_BYTES */
	uint64_t after;            /* frames up to this one are durable elsewhere already */
	uint64_t beyond;           /* new frames get numbers above this one at least */
};

/* What opening found. */
struct journal_report {
	uint64_t first, last;   /* frames that were replayed; 0 and 0 for none */
	uint64_t frames, bytes; /* payload */
	uint64_t torn_bytes;    /* that look like an unfinished frame at the end, and are dropped */
	bool gap;               /* a frame is missing in the middle: damage. What follows it was not replayed
	                         * and its segments were put aside as <n>.seg.damaged */
};

/* Opens or creates the journal and hands every whole frame behind config->after to replay, in
 * order; replay's error ends the opening. payload is borrowed for the call. Ends with
 * a sync of what is kept, so that nothing replayed can be lost. message_r (512 bytes) receives a sentence on failure.
 * Returns 0, ERR_NOMEM, ERR_IO, ERR_DISK_FULL, ERR_DENIED, ERR_NEWER (a segment of a newer format) or replay's error. */
int journal_open(const struct journal_config *config,
		 int (*replay)(void *ctx, uint64_t seq, struct span payload), void *ctx,
		 struct journal_report *report_r, struct journal **journal_r, char message_r[512]);

/* Does not sync. NULL is fine. */
void journal_close(struct journal **journal);

/* Appends a frame with the number *seq_r. Not durable before journal_sync. On failure
 * nothing is appended and a later append may succeed. Returns 0, ERR_DISK_FULL, ERR_IO, ERR_NOMEM. */
int journal_append(struct journal *j, struct span payload, uint64_t *seq_r);

/* Makes all appended frames durable. After a failure they may or may not be found by a later
 * open; they must be taken as failed, and appending goes on in a fresh segment (a file whose sync
 * failed is never trusted again). Returns 0, ERR_IO or ERR_DISK_FULL. */
int journal_sync(struct journal *j);

/* Frames up to seq are durable elsewhere: their segments may be used again. */
void journal_release(struct journal *j, uint64_t seq);

/* Overwrites released frames and spare segments with zeroes and syncs, so that no
 * trace of an erased device stays. Frames not released stay. Returns 0 or the disk's error. */
int journal_wipe(struct journal *j);

/* The number of the last frame appended; 0 before the first. */
uint64_t journal_last(const struct journal *j);

struct journal_stats {
	uint64_t frames, payload_bytes, syncs; /* since the opening */
	uint64_t written_bytes;                /* in blocks of 4 KiB: what the disk had to write, zeroing included */
	size_t segments, live_segments;        /* files; those that hold frames not released */
};
void journal_stats_get(const struct journal *j, struct journal_stats *stats_r);

#endif
