/* A recorder of all that is written below a directory, and the power cut: what a
 * disk may hold when the power goes at any point of the record.
 *
 * The writers are the journal (through power_log_disk) and SQLite (through power_vfs), into one log,
 * in the order of their calls. Files really are written; syncs are only recorded. After a cut
 * - what a sync that returned before the cut covers is whole;
 * - of all later writes each sector of 512 bytes is there, or not, or torn, in any order;
 * - names are certain only once their directory was synced.
 * Any thread; a test that the recorder cannot serve is aborted. */
#ifndef SUPPORT_POWER_LOG_H
#define SUPPORT_POWER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/disk.h"

struct power_log;

/* Records what happens below dir, which exists; what it holds already counts as durable. */
struct power_log *power_log_create(const char *dir);
void power_log_destroy(struct power_log **log);

/* A disk that records; lives as long as the log. */
const struct disk *power_log_disk(struct power_log *log);

/* What the disk does when it is told to sync. */
enum power_sync {
	POWER_SYNC_HONEST,
	POWER_SYNC_LIES,     /* nothing, and says yes */
	POWER_SYNC_DIR_LIES, /* the same for directories alone */
};
void power_log_set_sync(struct power_log *log, enum power_sync sync);

/* From now on each sync of a file fails with one chance in `one_in` (0: never): what it covered is then
 * in the system's cache, where no later sync finds it. */
void power_log_fail_syncs(struct power_log *log, unsigned one_in, uint64_t seed);

/* Puts a mark of the test into the record: what was promised at this point. */
void power_log_mark(struct power_log *log, uint64_t mark);

/* Hands the marks before the cut to each, in order. */
void power_log_marks(struct power_log *log, size_t cut, void (*each)(void *ctx, uint64_t mark), void *ctx);

/* A cut is a number of events from start (what was there before) to length, and leaves those before it. */
size_t power_log_start(struct power_log *log);
size_t power_log_length(struct power_log *log);

/* Replaces the contents of out_dir by what the disk may hold after the cut. *random is the
 * state of the dice, not 0. */
void power_log_materialise(struct power_log *log, size_t cut, uint64_t *random, const char *out_dir);

/* A number below bound (> 0); the generator that power_log_materialise uses. */
uint64_t power_random(uint64_t *random, uint64_t bound);

/* ---- for those who record (power_disk, power_vfs) ------------------------ */

/* The real call and its record are made under one lock, so that their order is the same. */
void power_log_lock(struct power_log *log);
void power_log_unlock(struct power_log *log);

/* A path within the log's directory, "" for itself; NULL for one outside. Borrows from path. */
const char *power_log_within(const struct power_log *log, const char *path);

/* The file of this name, or -1. All names below are as power_log_within gives them. Under lock. */
int power_log_find(struct power_log *log, const char *name);
int power_log_add_create(struct power_log *log, const char *name); /* returns the file */
void power_log_add_make_dir(struct power_log *log, const char *name);
void power_log_add_remove(struct power_log *log, const char *name);
void power_log_add_rename(struct power_log *log, const char *from, const char *to);
void power_log_add_write(struct power_log *log, int file, const void *data, size_t len, uint64_t at);
void power_log_add_truncate(struct power_log *log, int file, uint64_t size);

/* Returns 0, or -EIO when this one is to fail. */
int power_log_add_sync(struct power_log *log, int file);

/* A sync of the directory `name`, or of the one that holds it. */
void power_log_add_dir_sync(struct power_log *log, const char *name);
void power_log_add_dir_sync_of(struct power_log *log, const char *name);

#endif
