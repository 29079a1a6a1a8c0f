/* A view: the samples of one series in a window, wherever they lie, as one ordered stream.
 * Merges the shelf's chunks with the head's newest samples; of equal times the later written counts. A
 * view is one consistent moment. One thread at a time, any; blocks on the disk. */
#ifndef DB_VIEW_H
#define DB_VIEW_H

#include "db/chunk.h"
#include "db/head.h"
#include "db/shelf.h"

struct view {
	struct head *head;       /* borrowed */
	struct shelf_txn *txn;   /* a reading one, the view's */
	struct datum *fresh;     /* owned: the head's samples of the window that are not on the shelf, in order */
	size_t fresh_count;
	int64_t series, from, to; /* to included */
	struct datum *scratch;    /* owned: CHUNK_MAX, the chunk decoded last, so that looking at it again costs nothing */
	int64_t scratch_id;       /* that chunk's */
	size_t scratch_count;     /* 0: none */
};

/* Opens a view of [from, to], within HISTORY_FIRST_MS..HISTORY_LAST_MS. view_finish is always called. Returns 0,
 * ERR_NOT_FOUND (no such series) or an error. */
int view_init(struct view *v, struct head *head, struct shelf *shelf, const struct shelf_range *range);
void view_finish(struct view *v);

/* Calls each with samples in ascending time, 1 to some thousands a call, of [from, to] cut to the view's
 * window; ends when it returns other than 0 and returns that. A damaged chunk is left out and its id
 * noted with head_note_damaged, so that the sealer tells of it and puts it aside. each must not use the view. */
int view_each(struct view *v, int64_t from, int64_t to,
	      int (*each)(void *ctx, const struct datum *data, size_t count), void *ctx);

/* The last sample before the time, NaN left out, of those in chunks and the view's window of the head (which should
 * begin at HISTORY_FIRST_MS for that). Returns 0 or ERR_NOT_FOUND. */
int view_last_before(struct view *v, int64_t before, struct datum *datum_r);

#endif
