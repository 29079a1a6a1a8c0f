/* The inside of the sealer, for the files that implement it. Sealer's thread but for the
 * part that says otherwise. */
#ifndef DB_SEALER_PRIVATE_H
#define DB_SEALER_PRIVATE_H

#include <stdatomic.h>

#include "db/sealer.h"
#include "thread/thread.h"

struct job; /* of sealer_run */

struct sealer {
	struct sealer_config config;
	struct committer *committer; /* borrowed */
	bool started;
	pthread_t thread;
	bool frozen;            /* the head has frozen samples that are not on the shelf yet */
	uint64_t mark;          /* of them */
	struct buf records;     /* the broker's that are not in broker.db yet */
	uint64_t records_last;
	struct mono_ms seal_at, upkeep_at;
	int64_t retry_ms;       /* pause after a failure; 0 after success */
	bool alerted_disk, alerted_remote;
	int64_t clock_offset_ms; /* from the monotonic clock to the wall's, when that was last set */
	struct mono_ms clock_settled_at;
	int64_t retained_day;   /* of the last retention, and what held then */
	struct history_policy retained_policy;

	/* Any thread, under lock. */
	struct lock lock;       /* "store-sealer" */
	pthread_cond_t changed; /* CLOCK_MONOTONIC */
	struct job *jobs, **jobs_end;
	struct history_policy policy;
	bool look, poked, closing;

	_Atomic bool checkpoints_forbidden, remote_down;
};

/* The shelf that chunks go to now. */
struct shelf *sealer_target(const struct sealer *s);

/* sealer_remote.c: the remote shelf has failed; and, when it is back, everything goes there. */
void sealer_remote_lost(struct sealer *s, int err);
int sealer_catch_up(struct sealer *s);
/* At the start: whether readers can ask it at once. */
void sealer_ask_remote(struct sealer *s);

/* sealer_upkeep.c: each returns 0 or why it ended early, after which it is tried again later. */

/* Compacts days that are over: a bounded piece of work; *more_r: there is more. */
int sealer_compact(struct sealer *s, bool *more_r);
/* Removes what policy and series say is too old, or too much. at_once: also while the clock may be wrong. *more_r: more room is to be given back. */
int sealer_retain(struct sealer *s, bool at_once, bool *more_r);
/* Puts damaged chunks that readers met aside. */
int sealer_quarantine(struct sealer *s);

/* The policy at the moment. */
struct history_policy sealer_policy(struct sealer *s);

#endif
