/* The inside of restoring, for the files that implement db/restore.h, and for who opens a state directory. */
#ifndef DB_RESTORE_PRIVATE_H
#define DB_RESTORE_PRIVATE_H

#include "db/restore.h"

/* Directories within the state directory, by how far a restore is: being unpacked; decided on, the old files are moved
 * aside; the new ones are moved in. */
#define RESTORE_PART "restore-part"
#define RESTORE_READY "restore-ready"
#define RESTORE_MOVE "restore-move"

/* In RESTORE_PART: the name of the directory for the old files. */
#define RESTORE_ASIDE "ASIDE"

/* Removes a directory in dir_fd with what is in it, two levels deep. Returns 0, also when there is none, or an error. */
int restore_remove_tree(int dir_fd, const char *name);

/* Finishes a restore that was decided on, and clears away one that was not. dir: the state directory, locked.
 * message_r: a sentence on failure. Returns 0 or an error of the disk. */
int restore_resume(const char *dir, char message_r[RESTORE_MESSAGE_SIZE]);

/* The decision on what lies in RESTORE_PART, synced, and all that follows from it. dir_fd: of the state directory. Returns
 * 0 or an error of the disk. */
int restore_switch(int dir_fd);

#endif
