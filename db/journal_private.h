/* The journal's inside, shared by journal.c (appending), journal_open.c
 * (what opening finds) and journal_wipe.c. */
#ifndef DB_JOURNAL_PRIVATE_H
#define DB_JOURNAL_PRIVATE_H

#include "db/journal.h"
#include "db/journal_segment.h"

struct journal {
	struct segment_dir dir;
	size_t segment_bytes;
	struct segment *live; /* owned, in order; holds frames not released, or is the current one */
	size_t live_count, live_cap;
	struct segment spare[JOURNAL_SPARE_SEGMENTS];
	size_t spare_count;
	int fd;               /* of the last live segment while frames are appended to it; else -1 */
	uint64_t last;        /* the highest number given out */
	uint64_t durable;     /* frames up to here are on the disk, or nobody was told so */
	uint64_t released;
	uint64_t next_number; /* of a segment's life or file */
	int pending_error;    /* of a sync that an append needed; journal_sync reports it */
	bool unsynced;        /* the current segment holds frames that are not */
	struct buf frame;     /* the one being written */
	struct journal_stats stats;
};

/* Room for one more live segment. Returns 0 or ERR_NOMEM. */
int journal_reserve_live(struct journal *j);

/* Opens a segment for at least `need` bytes of frames: a spare or a new one, which is then no longer a
 * spare and not yet live. Its header is still that of its former life. Returns 0 or the disk's error. */
int journal_take_segment(struct journal *j, size_t need, struct segment *seg_r, int *fd_r);

/* Keeps the segment as a spare if it is of use, else removes the file. A file that cannot be
 * removed does no harm: its frames are released. */
void journal_retire(struct journal *j, const struct segment *seg);

/* Closes the current segment; the next frame begins another. */
void journal_end_current(struct journal *j);

/* Makes the appended frames of the current segment durable, or closes it. Returns 0 or the disk's error. */
int journal_sync_current(struct journal *j);

/* Opening: finds the segments, replays, leaves j ready. message_r receives a sentence on failure.
 * Arguments and errors as journal_open's. */
int journal_recover(struct journal *j, const struct journal_config *config,
		    int (*replay)(void *ctx, uint64_t seq, struct span payload), void *ctx,
		    struct journal_report *report, char message_r[512]);

#endif
