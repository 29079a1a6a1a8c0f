/* What the journal asks of the disk: a table of functions, so that tests can
 * stand between it and the system and cut the power. Blocks. */
#ifndef DB_DISK_H
#define DB_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct disk {
	/* As openat(2), pread(2) and so on, but -errno on failure. Names are relative to dir_fd. */
	int (*open)(void *ctx, int dir_fd, const char *name, int flags, mode_t mode);
	ssize_t (*read)(void *ctx, int fd, void *data, size_t len, off_t at);
	ssize_t (*write)(void *ctx, int fd, const void *data, size_t len, off_t at);
	int (*sync)(void *ctx, int fd);      /* fdatasync; of a directory fsync */
	int (*truncate)(void *ctx, int fd, off_t len);
	int (*remove)(void *ctx, int dir_fd, const char *name);
	int (*close)(void *ctx, int fd);
	void *ctx;
};

/* The system's own. */
extern const struct disk disk_system;

#endif
