/* What the journal asks of the disk: a table of functions, so that tests can
 * stand between it and the system and cut the power. All may block; any thread. */
#ifndef DB_DISK_H
#define DB_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct disk {
	/* As openat(2), pread(2) and so on, but -errno on failure. Names are relative to dir_fd. */
	int (*open)(void *ctx, int dir_fd, const char *name, int flags, mode_t mode);
	off_t (*size)(void *ctx, int fd);
	ssize_t (*read)(void *ctx, int fd, void *data, size_t len, off_t at);
	ssize_t (*write)(void *ctx, int fd, const void *data, size_t len, off_t at);
	int (*sync)(void *ctx, int fd);      /* fdatasync; of a directory fsync */
	int (*truncate)(void *ctx, int fd, off_t len);
	int (*remove)(void *ctx, int dir_fd, const char *name);
	int (*rename)(void *ctx, int dir_fd, const char *from, const char *to); /* replaces `to` */
	int (*make_dir)(void *ctx, const char *path, mode_t mode); /* -EEXIST when it is there */
	/* Calls each with every name in the directory, in any order, borrowed for the call. */
	int (*list)(void *ctx, int dir_fd, void (*each)(void *each_ctx, const char *name), void *each_ctx);
	int (*close)(void *ctx, int fd);
	void *ctx;
};

/* The system's own. */
extern const struct disk disk_system;

#endif
