/* SQLite under a power_log: a VFS that writes through the system's and records what it does to
 * databases, their logs (-wal) and rollback journals below the log's directory. The shared memory
 * (-shm) means nothing after a power cut and is not recorded. Syncs are only recorded. */
#ifndef SUPPORT_POWER_VFS_H
#define SUPPORT_POWER_VFS_H

#include "support/power_log.h"

/* Makes the VFS the default of connections opened from now on, on any thread. One log at a time. */
void power_vfs_register(struct power_log *log);

/* From now on SQLite's syncs do nothing and say yes, whatever the log's do. Ends with power_vfs_unregister. */
void power_vfs_ignore_syncs(void);

/* Takes it back. All connections opened since are closed. */
void power_vfs_unregister(void);

#endif
