/* What the files of this room share: the store seen as lib/history's two ends. */
#ifndef TRANSFER_TRANSFER_PRIVATE_H
#define TRANSFER_TRANSFER_PRIVATE_H

#include "history/importer.h"
#include "thread/thread.h"
#include "transfer/transfer.h"

/* ---- source.c ---------------------------------------------------------- */

/* The store as a source. */
struct history_source source_of_store(struct store *store);

/* The series with the label. Returns 0 or ERR_NOT_FOUND, ERR_NOMEM, ERR_IO. */
int source_find(struct store *store, const char *label, struct history_series *series_r);

/* ---- inlet.c: the store as a sink, with back-pressure ------------------- */

struct inlet {
	const struct transfer_config *config; /* borrowed */
	struct lock lock;       /* guards the rest */
	pthread_cond_t changed;
	unsigned waiting;       /* batches that the store has not answered */
	int err;                /* the first failure of one */
	bool closed;            /* the import shall end */
	struct import_progress progress; /* as last told */
};

/* Prepares it; config lives as long. */
void inlet_init(struct inlet *in, const struct transfer_config *config);
/* No batch may be waiting. */
void inlet_finish(struct inlet *in);
struct history_sink inlet_sink(struct inlet *in);

/* Makes the import end soon. Any thread. */
void inlet_close(struct inlet *in);

/* Waits until the store has answered for all that was appended. Returns 0 or the first failure. The import's thread. */
int inlet_settle(struct inlet *in);

#endif
