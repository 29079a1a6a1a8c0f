/* The inside of backups, for the files that implement db/backup.h, and what the store calls. */
#ifndef DB_BACKUP_PRIVATE_H
#define DB_BACKUP_PRIVATE_H

#include <stdatomic.h>

#include "base/clock.h"
#include "db/backup.h"
#include "thread/thread.h"

/* Part of struct store. */
struct backup_desk {
	struct lock lock;        /* "store-backups": guards what follows */
	struct backup *running;  /* borrowed; NULL: none */
	bool thread_started, thread_over;
	pthread_t thread;        /* of scheduled ones */
	int64_t tried_ms;        /* wall clock; of the last scheduled attempt since the start */
	_Atomic bool stopping;
};

void backup_desk_init(struct backup_desk *desk);
/* Ends a scheduled backup that runs. The sealer must still be there. */
void backup_desk_stop(struct store *s);
void backup_desk_finish(struct backup_desk *desk);

/* Cancels a backup that nobody takes from, and begins a scheduled one that is due. Sealer's thread, with its upkeep. */
void backup_upkeep(struct store *s);

/* Cancels a backup that nobody takes from. Sealer's thread. */
void backup_cancel_idle(struct store *s);

/* Whether the schedule's backup is due, when the last good one and the last attempt were made at those times (0: none).
 * Pure but for the local time zone. */
bool backup_is_due(const struct backup_schedule *schedule, int64_t last_ms, int64_t tried_ms, int64_t now_ms);

/* Where a backup is written to. */
struct backup_target {
	const char *path;             /* of the file */
	const _Atomic bool *stopping; /* ends early when set; may be NULL */
};

/* Writes the rest of b to the path: as <path>.part, 0600, synced, then renamed. On failure nothing stays of it.
 * message_r: a sentence. Returns 0, ERR_DISK_FULL, ERR_CLOSED (stopped) or as backup_take. */
int backup_write(struct backup *b, const struct backup_target *target, char message_r[BACKUP_TEXT_SIZE]);

/* Removes all but the newest `keep` of the hub's backups in the directory, and what was left half by a crash. hub: its id. Returns 0 or
 * an error of the disk. */
int backup_rotate(const char *dir, const char *hub, int keep);

#endif
