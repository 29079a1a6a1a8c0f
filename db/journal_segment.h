/* The journal's segment files: making, reading, writing, reusing one. Knows
 * nothing of the order of segments nor of what is released.
 *
 * A file is named after the number of its first life; a later life changes its header, not its name,
 * so that the directory stays as it is on the disk. An object belongs to one thread at a time; all blocks. */
#ifndef DB_JOURNAL_SEGMENT_H
#define DB_JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "db/disk.h"
#include "db/journal_frame.h"

enum { SEGMENT_NAME_SIZE = 40 };

struct segment_dir {
	const struct disk *disk; /* borrowed */
	int fd;
	uint64_t written_bytes; /* in blocks of 4 KiB */
	uint64_t last_block;    /* the one written last since the last sync, plus one */
};

struct segment {
	uint64_t file;            /* the number in its name */
	struct segment_life life; /* of the header; number 0: none yet */
	uint64_t first, last;     /* its frames; 0 and 0: none */
	size_t size;              /* of the file */
	size_t end;               /* where the next frame goes */
	size_t dirty;             /* there are only zeroes from here on */
	bool distrusted;          /* a sync failed: never written again */
};

/* The number of "<number>.seg" or, with *damaged_r, "<number>.seg.damaged"; 0 for another name. */
uint64_t segment_number_of(const char *name, bool *damaged_r);

/* What is left of a disk's -errno: ERR_NOMEM, ERR_DISK_FULL, ERR_DENIED, else ERR_IO. */
int segment_error(ssize_t result);

/* Makes the file of `size` zeroes; durable with its name on return, or not there. *fd_r is open then. Returns 0 or segment_error's. */
int segment_create(struct segment_dir *dir, uint64_t file, size_t size, struct segment *seg_r, int *fd_r);

/* Opens the file for reading and writing. Returns 0 or segment_error's. */
int segment_open(struct segment_dir *dir, const struct segment *seg, int *fd_r);

/* Reads from the start as much as there is, at most len. Returns 0 or segment_error's. */
int segment_read(struct segment_dir *dir, int fd, void *data, size_t len, size_t *len_r);

/* Reads the whole file of seg->size bytes into content, whose former content goes. A file that has
 * become shorter leaves zeroes. Returns 0, ERR_NOMEM or segment_error's. */
int segment_load(struct segment_dir *dir, int fd, const struct segment *seg, struct buf *content);

/* Writes, counting the blocks. Returns 0 or segment_error's. */
int segment_write(struct segment_dir *dir, int fd, struct span bytes, size_t at);

/* Writes zeroes from..to. Returns 0 or segment_error's. */
int segment_zero(struct segment_dir *dir, int fd, size_t from, size_t to);

/* Makes what was written durable. Returns 0 or segment_error's; what was written is then in doubt for ever. */
int segment_sync(struct segment_dir *dir, int fd);

/* Makes the directory's names durable. Returns 0 or segment_error's. */
int segment_dir_sync(struct segment_dir *dir);

/* Begins a life: writes a header with a fresh salt. Not synced: the first frame's
 * sync takes it along, and until then either header finds no frame of the other's. Returns 0 or segment_error's
 * (the file is then good for another segment_begin only). */
int segment_begin(struct segment_dir *dir, int fd, struct segment *seg, uint64_t number);

/* Removes the file. Returns 0 or segment_error's. */
int segment_remove(struct segment_dir *dir, const struct segment *seg);

/* Renames the file to <n>.seg.damaged. Returns 0 or segment_error's. */
int segment_put_aside(struct segment_dir *dir, const struct segment *seg);

/* Writes content to <n>.seg.damaged, synced but for its name. Returns 0 or segment_error's. */
int segment_copy_aside(struct segment_dir *dir, const struct segment *seg, struct span content);

#endif
