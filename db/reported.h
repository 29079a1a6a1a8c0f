/* What entities reported last. Part of the facade (store.h says who may call what, and how writes are answered); hub.db. */
#ifndef DB_REPORTED_H
#define DB_REPORTED_H

#include "db/store.h"

struct reported_record {
	char device[MODEL_ID_SIZE], entity[MODEL_ID_SIZE];
	const char *state; /* JSON; NULL: nothing is to be kept of it (any more). Borrowed */
	struct wall_ms at;
};

/* Calls each for every entity of which something is kept. Reader. */
int store_reported_each(struct store *s, void (*each)(void *ctx, const struct reported_record *r), void *ctx);

/* Keeps them, in one write. Nothing is kept of a device that does not exist. Writer. */
int store_reported_put(struct store *s, const struct reported_record *records, size_t count, const struct store_done *done);

#endif
