/* A view: the samples of one series in a window, wherever they lie, as one ordered stream.
 * Merges the shelf's chunks with the head's newest samples; of equal times the later written counts. A
 * view is one consistent moment. Any thread; blocks on the disk. */
#ifndef DB_VIEW_H
#define DB_VIEW_H

#include "db/chunk.h"
#include "db/head.h"
#include "db/shelf.h"

struct view {
	struct shelf_txn *txn; /* a reading one, the view's */
	struct head_copy copy; /* of the window */
	int64_t series, from, to; /* to included */
	struct datum *scratch; /* owned */
};

/* Opens a view of [from, to]. view_finish is always called. Returns 0, ERR_NOT_FOUND (no such series) or an error. */
int view_init(struct view *v, struct head *head, struct shelf *shelf, const struct shelf_range *range);
void view_finish(struct view *v);

/* Calls each with samples in ascending time, up to some thousands a call, of [from, to] within the view's
 * window; ends when it returns other than 0 and returns that. A damaged chunk is left out, logged once, and handed to `damaged`
 * (may be NULL) so that the sealer can put it aside. */
int view_each(struct view *v, int64_t from, int64_t to,
	      int (*each)(void *ctx, const struct datum *data, size_t count), void *ctx);

#endif
