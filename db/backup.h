/* Backups of the running hub: one consistent archive (archive.h) of all that makes it what it is for its owner and
 * devices. Part of the facade; db/restore.h is the way back.
 *
 * At one moment everything is sealed and the logs are moved into the database files; from then on these stay as they are,
 * since changes go to the logs only, until the backup ends. Meanwhile the hub does all its work, but nothing is wiped from
 * the files: who erases something waits for the backup's end. A backup that nobody takes from for ten minutes is
 * cancelled. With history on a database server, that history is not in it. */
#ifndef DB_BACKUP_H
#define DB_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/store.h"

struct backup;

/* Begins one. Blocks for as long as sealing and moving take; any thread but the store's. One at a time.
 * message_r receives a sentence on failure. Returns 0, ERR_BUSY (another is being taken, or readers did not end),
 * ERR_DISK_FULL, ERR_CLOSED, ERR_NOMEM or an error of the disk. */
int backup_begin(struct store *s, struct backup **backup_r, char message_r[512]);

/* Appends the archive's next bytes to out, about `most` of them; none: that was the end. Blocks on the disk. One thread
 * at a time. Returns 0, ERR_TIMEOUT (it was cancelled), ERR_DAMAGED (a file changed under it), ERR_NOMEM or ERR_IO. */
int backup_take(struct backup *b, size_t most, struct buf *out);

/* How many bytes the archive has in all. */
uint64_t backup_bytes(const struct backup *b);

enum { BACKUP_NAME_SIZE = 64 };
/* The name that its file should have: tomte-<hub id>-<date>-<time>.tar. */
void backup_name(const struct backup *b, char name_r[BACKUP_NAME_SIZE]);

/* Ends it, whole or not: the databases go on. NULL is fine. */
void backup_end(struct backup **backup);

/* ---- by the clock ------------------------------------------------------ */

enum { BACKUP_PATH_SIZE = 1024, BACKUP_TEXT_SIZE = 512, BACKUP_KEEP_MAX = 365 };

struct backup_schedule {
	char path[BACKUP_PATH_SIZE]; /* a directory outside of the hub's state; "": no scheduled backups */
	int hour;                    /* local time, 0..23 */
	int keep;                    /* the newest so many stay, 1..BACKUP_KEEP_MAX */
};

struct backup_last {
	int64_t at;                  /* when the newest good one was begun, ms; 0: none yet */
	char path[BACKUP_PATH_SIZE]; /* of its file */
	int64_t bytes;
	char error[BACKUP_TEXT_SIZE]; /* why the one after it failed; "" */
	bool running;
	bool partial;                 /* history lies on a database server: backups do not hold it */
};

/* What is set; without anything set path is "", hour 3, keep 7. Reader. Returns 0 or an error of the disk. */
int backup_schedule_get(struct store *s, struct backup_schedule *schedule_r);

/* Sets it when a backup can be written there. Blocks. message_r: a sentence for the owner, with a way out. Returns 0, ERR_INVALID,
 * ERR_DENIED (the hub may not write there), ERR_NOT_FOUND (no such directory) or an error of the store. */
int backup_schedule_put(struct store *s, const struct backup_schedule *schedule, char message_r[BACKUP_TEXT_SIZE]);

/* How the scheduled ones went. Reader. Returns 0 or an error of the disk. */
int backup_last_get(struct store *s, struct backup_last *last_r);

/* Takes one to the schedule's directory now, in the background: backup_last_get says how it went. Returns 0,
 * ERR_STATE (no path is set), ERR_BUSY (one is running) or ERR_AGAIN (no thread). */
int backup_now(struct store *s);

#endif
