/* Taking up at the start what the journal holds and the databases do not. Main thread. */
#ifndef DB_REPLAY_H
#define DB_REPLAY_H

#include "db/head.h"
#include "db/journal.h"
#include "db/session_store.h"
#include "db/shelf.h"

/* All borrowed. head is empty: series and words come from the shelf first. */
struct replay {
	struct head *head;
	struct shelf *shelf;
	struct session_store *sessions;
};

/* Loads series and words, opens the journal and applies its records to the head and to broker.db, and says
 * in the log what was found. config->after and beyond are set here. Errors as journal_open and the shelf's; message_r: 512 bytes. */
int replay_journal(const struct replay *replay, const struct journal_config *config, struct journal **journal_r,
		   char message_r[512]);

#endif
