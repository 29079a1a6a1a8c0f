/* The way back from a backup (backup.h), while no hub runs in the state directory. Part of the facade.
 *
 * The archive is unpacked and checked beside the old state; only when all of it is sound is one rename the decision. From
 * then on the old files are moved into before-restore-<date>/ within the directory, where they stay, and the new ones into their place; whoever
 * opens the directory next finishes what a crash interrupted. Before the decision a crash changes nothing. */
#ifndef DB_RESTORE_H
#define DB_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

enum { RESTORE_PATH_SIZE = 4096, RESTORE_MESSAGE_SIZE = 512 };

struct restore_report {
	int64_t created_ms;            /* of the backup */
	char hub[32], version[32];     /* whose it is, and of which tomte */
	uint64_t bytes;                /* of the files in it */
	bool elsewhere;                /* history lies on a database server and is not in it */
	char aside[RESTORE_PATH_SIZE]; /* where the old state is; "" when there was none */
};

struct restore_options {
	const char *archive;   /* path; "-": standard input */
	const char *state_dir; /* made if missing; what is restored gets its owner */
	bool force;            /* also over another hub's state that is in use */
};

/* Checks every byte of the archive. message_r: a sentence on failure. Returns 0, ERR_DAMAGED, ERR_NEWER or an error of reading. */
int restore_verify(const char *archive, struct restore_report *report_r, char message_r[RESTORE_MESSAGE_SIZE]);

/* Restores. message_r: a sentence on failure, after which the old state is as it was. Returns 0, ERR_BUSY (a hub runs there),
 * ERR_EXISTS (another hub's state is there: force), ERR_DAMAGED, ERR_NEWER, ERR_DISK_FULL, ERR_DENIED, ERR_IO or ERR_NOMEM. */
int restore_run(const struct restore_options *options, struct restore_report *report_r, char message_r[RESTORE_MESSAGE_SIZE]);

#endif
