/* The sealer: the thread that moves history from the journal and the head onto the shelf, and looks after
 * what lies there: compaction, rollups, retention, integrity, erasure. No acknowledgement waits for it. */
#ifndef DB_SEALER_H
#define DB_SEALER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/committer.h"
#include "db/head.h"
#include "db/session_store.h"
#include "db/shelf.h"
#include "db/store.h"

struct sealer;

struct sealer_config {
	struct head *head;
	struct shelf *local;  /* telemetry.db: series, words and the mark; and the chunks when there is no remote shelf
	                       * or it cannot be reached */
	struct shelf *remote; /* NULL: none */
	struct session_store *sessions; /* broker.db */
	/* What else is to be done now and then (erasures, backups, checks): called on the sealer's thread at start, after
	 * sealer_poke and every UPKEEP_MS. */
	void (*upkeep)(void *ctx);
	/* Something is wrong (text for people) or, with NULL, no more. Sealer's thread. kind: static. */
	void (*alert)(void *ctx, const char *kind, const char *text);
	/* Sealing met a full disk (ERR_DISK_FULL), or no longer (0). Sealer's thread. */
	void (*disk)(void *ctx, int err);
	void *ctx;
	struct history_policy policy;
};
/* All pointers are borrowed until sealer_destroy. */

enum {
	SEAL_EVERY_MS = 2 * 3600 * 1000,
	SEAL_SAMPLES = 131072,      /* in the head that are sealed before their time: 2 MB */
	SEAL_JOURNAL_SEGMENTS = 4,  /* live ones that are released before their time */
	SEAL_RECORD_BYTES = 4 << 20,
	UPKEEP_MS = 10 * 60 * 1000,
};

/* A sealer without its thread: the committer calls it, and it calls the committer. Returns 0 or ERR_NOMEM. */
int sealer_create(const struct sealer_config *config, struct sealer **sealer_r);

/* Starts the thread. committer: borrowed until sealer_stop. Returns 0 or ERR_AGAIN. */
int sealer_start(struct sealer *s, struct committer *committer);

/* Seals what is there if it can, and ends the thread. NULL and one that was not started are fine. */
void sealer_stop(struct sealer *s);

/* After the committer has ended. NULL inside is fine. */
void sealer_destroy(struct sealer **sealer);

/* More has been committed: the sealer looks whether it is time. The committer's thread; does not block. */
void sealer_look(struct sealer *s, const struct committer_stats *stats);

/* The sealer does its upkeep soon. Any thread; does not block. */
void sealer_poke(struct sealer *s);

/* Runs a function on the sealer's thread, between other work, and returns what it returns. Any other thread; blocks.
 * ERR_CLOSED when it is ending. */
int sealer_run(struct sealer *s, int (*fn)(void *ctx), void *ctx);

/* Seals now; with all, also compacts what is due. Blocks. From the sealer's thread as well. */
int sealer_seal(struct sealer *s, bool all);

/* Takes effect with the next upkeep, which it brings about. Any thread. */
void sealer_set_policy(struct sealer *s, const struct history_policy *policy);

/* Keeps the databases' files as they are but for their logs: for a copy. Any thread. */
void sealer_forbid_checkpoints(struct sealer *s, bool forbidden);
bool sealer_checkpoints_forbidden(const struct sealer *s);

/* The shelf that readers ask: the remote one unless it cannot be reached. Any thread. */
struct shelf *sealer_shelf(const struct sealer *s);

#endif
