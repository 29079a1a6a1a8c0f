/* The store's upkeep: room on the disk, integrity, and what was written. */
#ifndef DB_UPKEEP_H
#define DB_UPKEEP_H

#include <stdbool.h>

#include "db/history.h"

struct store;
struct upkeep;

/* s: borrowed, still being opened. Returns 0 or ERR_NOMEM. */
int upkeep_create(struct store *s, struct upkeep **upkeep_r);
void upkeep_destroy(struct upkeep **upkeep);

/* Gives up the room that is held back in the state directory for the day when the disk is full. Whether there was
 * some. Any thread. */
bool upkeep_drop_ballast(const char *dir);

/* Who writes to the disk. */
enum disk_user { DISK_JOURNAL, DISK_SHELF, DISK_USERS };

/* A write has ended with err: a disk that is full costs the ballast and raises an alert, one that has room
 * again ends it. Committer's or sealer's thread. */
void upkeep_disk(struct upkeep *u, enum disk_user user, int err);

/* Everything that is due. Sealer's thread. */
void upkeep_run(struct upkeep *u);

/* Fills what was written. Any thread. */
void upkeep_written(struct upkeep *u, struct history_usage *usage);

#endif
