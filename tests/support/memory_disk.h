/* A disk in memory with one directory, whose calls can be made to fail. One thread. */
#ifndef SUPPORT_MEMORY_DISK_H
#define SUPPORT_MEMORY_DISK_H

#include <stdbool.h>

#include "base/buf.h"
#include "db/disk.h"

struct memory_disk;

struct memory_disk *memory_disk_create(void);
void memory_disk_destroy(struct memory_disk **disk);
const struct disk *memory_disk_table(struct memory_disk *disk);

enum memory_call {
	MEMORY_OPEN = 1,
	MEMORY_READ = 2,
	MEMORY_WRITE = 4, /* writes half of the bytes before it fails */
	MEMORY_SYNC = 8,
	MEMORY_REMOVE = 16, /* and rename */
	MEMORY_LIST = 32,
	MEMORY_SYNC_DIR = 64,
	MEMORY_ALL = 127,
};

/* The n-th call (from 1; 0: none) of these kinds returns -error, and if `for_good` all after it. */
void memory_disk_fail(struct memory_disk *disk, unsigned calls, size_t n, int error, bool for_good);

/* Whether memory_disk_fail's call came. */
bool memory_disk_failed(const struct memory_disk *disk);

/* Files that are open now. */
size_t memory_disk_open_count(const struct memory_disk *disk);

/* The content of a file, to look at and to change; NULL when there is none. */
struct buf *memory_disk_file(struct memory_disk *disk, const char *name);

/* Makes or replaces a file. */
void memory_disk_put(struct memory_disk *disk, const char *name, const void *data, size_t len);

/* Makes to_r's files those of disk. */
void memory_disk_copy(const struct memory_disk *disk, struct memory_disk *to_r);

/* The i-th file's name; NULL behind the last. */
const char *memory_disk_name(const struct memory_disk *disk, size_t i);

#endif
