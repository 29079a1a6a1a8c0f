/* The persist port of model/persist.h, made of the journal and broker.db. */
#ifndef DB_DURABLE_H
#define DB_DURABLE_H

#include "model/persist.h"

struct committer;
struct session_store;

/* What the port's context points to: both borrowed, and both outlive the port. */
struct durable {
	struct committer *committer;
	struct session_store *sessions; /* for load, before the sealer's first transaction */
};

/* The port over d, which must stay where it is. */
struct persist_port durable_port(struct durable *d);

#endif
