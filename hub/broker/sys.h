/* $SYS: what the broker counts, as topics that are never kept. A new subscription gets the
 * values of now, then those that change, every sys_interval_s. Each worker serves its own subscribers, so
 * without any it costs one timer. Worker's thread. */
#ifndef BROKER_SYS_H
#define BROKER_SYS_H

#include "broker/retained.h"
#include "broker/worker.h"

/* Makes worker->sys; nothing when it is switched off. Returns 0 or ERR_NOMEM. */
int sys_create(struct worker *worker);
void sys_destroy(struct sys **sys);

/* Whether a filter (not shared) can match topics below $SYS and no others. */
bool sys_owns(struct span filter);

/* As retained_match, for such a filter: appends what its topics hold now. Returns 0 or ERR_NOMEM. */
int sys_match(struct worker *worker, struct span filter, struct retained_matches *matches);

#endif
