/* The state directory: its modes, its lock, its files. Main thread, at opening. */
#ifndef DB_STATE_DIR_H
#define DB_STATE_DIR_H

/* Makes the directory (0700) or takes the one that is there, and locks it with "hub.lock": *lock_fd_r is closed to
 * give the lock back, which also the end of the process does. message_r (512 bytes): a sentence on
 * failure. Returns 0, ERR_BUSY (another hub has it) or an error of the file system. */
int state_dir_take(const char *dir, int *lock_fd_r, char message_r[512]);

/* path_r (PATH_MAX bytes) = dir/name; the file is made with 0600 if it is missing (SQLite gives its log the same
 * mode). Returns 0, ERR_TOO_LARGE or an error of the file system. */
int state_dir_file(const char *dir, const char *name, char *path_r, char message_r[512]);

/* Makes the name of a file durable, in whatever directory it is. Any thread; blocks. Returns 0 or an error of the file
 * system. */
int state_dir_sync_name(const char *path);

#endif
