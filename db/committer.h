/* The committer: the thread that makes frames of what is told, and the journal's disk its witness. */
#ifndef DB_COMMITTER_H
#define DB_COMMITTER_H

#include "base/span.h"

struct committer;
struct store_done;

/* Puts a run of records (copied, at least one) into one frame, behind those that this thread gave before. done (required here;
 * borrowed for the call) is called after the sync, or its failure. Any thread; never blocks.
 * Returns 0, ERR_NOMEM, ERR_FULL or ERR_CLOSED; done is not called then. */
int committer_append_record(struct committer *c, struct span record, const struct store_done *done);

#endif
