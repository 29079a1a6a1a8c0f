/* What the steps of copying a shelf share. */
#ifndef DB_SHELF_COPY_PRIVATE_H
#define DB_SHELF_COPY_PRIVATE_H

#include "base/buf.h"
#include "db/shelf_copy.h"

/* What a batch holds at least before it is written, unless nothing is left. */
enum { COPY_ROWS = 512, COPY_BYTES = 1 << 20 };

enum { COPY_STOP = 1 }; /* what ends a walk when the batch is full; errors are negative */

struct copying {
	struct shelf *from, *to;
	bool move;
	int (*progress)(void *ctx, int64_t done, int64_t total);
	void *ctx;
	int64_t done, total; /* chunks */
};

/* Tells how far it has come. Returns what progress says. */
int copying_tell(struct copying *c);

/* Copies, or moves, the rollups of all series. */
int copying_rollups(struct copying *c);

/* Copies, or moves, the chunks. */
int copying_chunks(struct copying *c);

#endif
