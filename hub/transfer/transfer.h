/* History in and out of the hub: what lib/history reads and writes, tied to the store; and the one
 * import that may run, on a thread of its own ("import"). */
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include "db/history.h"
#include "history/ports.h"

struct transfer;

struct transfer_config {
	struct store *store;   /* borrowed */
	const char *state_dir; /* copied */
	/* Makes a series as wanted (its id is 0), and returns its id > 0 when samples may be appended to it, or an error. Called on the
	 * import's thread; may block. The house owns the making of series, so it is asked. */
	int64_t (*make_series)(void *ctx, const struct series *wanted);
	void *make_ctx;
};

/* Makes it, and removes what an import that a crash ended has left. Returns 0, ERR_NOMEM or ERR_TOO_LARGE (state_dir). */
int transfer_create(const struct transfer_config *config, struct transfer **t_r);

/* What the web calls. Valid until transfer_destroy. */
struct transfer_port transfer_port(struct transfer *t);

/* Stops an import and waits for its end, at most a few seconds. Before make_series or the store end. */
void transfer_destroy(struct transfer **t);

#endif
