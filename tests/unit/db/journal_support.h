/* What the tests of the journal share: frames that can be told from their number, and a
 * replay that checks them. */
#ifndef TEST_DB_JOURNAL_SUPPORT_H
#define TEST_DB_JOURNAL_SUPPORT_H

#include "base/buf.h"
#include "db/journal.h"
#include "support/memory_disk.h"

enum { SMALL_SEGMENT = 8192 };

/* The payload of frame seq: 0..899 bytes that differ for each. Replaces b's content. */
void frame_payload(uint64_t seq, struct buf *b);

/* What a replay saw. Set `after` first. */
struct replayed {
	uint64_t after, last; /* last: 0 for none */
	size_t count;
	bool holes; /* allowed: frames whose sync failed */
};

/* Fails the test on a frame that is wrong, comes twice, or is out of order; ctx is a struct replayed. */
int replay_check(void *ctx, uint64_t seq, struct span payload);

/* Opens with small segments on the disk; fails the test if that fails. report_r may be NULL. */
struct journal *open_on(const struct disk *disk, const char *dir, uint64_t after, struct replayed *replayed_r,
			struct journal_report *report_r);
struct journal *open_memory(struct memory_disk *m, uint64_t after, struct replayed *replayed_r,
			    struct journal_report *report_r);

/* Appends the next frame; returns journal_append's error. */
int append_next(struct journal *j);

/* Appends count frames and syncs; fails the test on an error. */
void append_synced(struct journal *j, size_t count);

/* Opens on a copy of the disk and checks that exactly the frames behind `after` up to `last` are there. */
void expect_frames(const struct memory_disk *m, uint64_t after, uint64_t last);

/* Whether any file of the disk holds the bytes. */
bool memory_holds(struct memory_disk *m, const void *bytes, size_t len);

/* Files with this end of the name. */
size_t count_files(struct memory_disk *m, const char *end);

#endif
