/* One segment file of the journal. On the journal's thread; blocks on the disk.
 * Knows neither the order of segments nor what a frame holds. */
#include "db/journal_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/str.h"

enum { BLOCK_BYTES = 4096, ZEROES_BYTES = 64 << 10 };

static const char suffix[] = ".seg", damaged_suffix[] = ".seg.damaged";

/* ---- names and errors -------------------------------------------------- */

uint64_t segment_number_of(const char *name, bool *damaged_r)
{
	char digits[SEGMENT_NAME_SIZE];
	const char *dot = strchr(name, '.');
	int64_t number;
	if (!dot || str_copy_span(digits, sizeof digits, span_of(name, (size_t)(dot - name))) ||
	    str_to_int(digits, 1, (int64_t)JOURNAL_NUMBER_MAX, &number) || digits[0] == '0')
		return 0;
	*damaged_r = strcmp(dot, damaged_suffix) == 0;
	return *damaged_r || strcmp(dot, suffix) == 0 ? (uint64_t)number : 0;
}

static void name_of(char name_r[SEGMENT_NAME_SIZE], uint64_t file, const char *end)
{
	(void)str_format(name_r, SEGMENT_NAME_SIZE, "%" PRIu64 "%s", file, end); /* 20 digits fit */
}

int segment_error(ssize_t result)
{
	if (result >= 0)
		return 0;
	int err = err_from_errno((int)-result);
	return err == ERR_NOMEM || err == ERR_DISK_FULL || err == ERR_DENIED ? err : ERR_IO;
}

/* ---- reading and writing ----------------------------------------------- */

int segment_open(struct segment_dir *dir, const struct segment *seg, int *fd_r)
{
	char name[SEGMENT_NAME_SIZE];
	name_of(name, seg->file, suffix);
	*fd_r = dir->disk->open(dir->disk->ctx, dir->fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
	return segment_error(*fd_r);
}

int segment_read(struct segment_dir *dir, int fd, void *data, size_t len, size_t *len_r)
{
	*len_r = 0;
	while (*len_r < len) {
		ssize_t n = dir->disk->read(dir->disk->ctx, fd, (uint8_t *)data + *len_r, len - *len_r, (off_t)*len_r);
		if (n <= 0)
			return segment_error(n);
		*len_r += (size_t)n;
	}
	return 0;
}

int segment_load(struct segment_dir *dir, int fd, const struct segment *seg, struct buf *content)
{
	content->len = 0;
	int err = buf_reserve(content, seg->size ? seg->size : 1);
	if (err)
		return err;
	size_t len;
	err = segment_read(dir, fd, content->data, seg->size, &len);
	if (err)
		return err;
	memset(content->data + len, 0, seg->size - len);
	content->len = seg->size;
	return 0;
}

static void count_blocks(struct segment_dir *dir, size_t at, size_t len)
{
	uint64_t from = at / BLOCK_BYTES, to = (at + len - 1) / BLOCK_BYTES;
	dir->written_bytes += (to - from + 1 - (from + 1 == dir->last_block)) * BLOCK_BYTES;
	dir->last_block = to + 1;
}

int segment_write(struct segment_dir *dir, int fd, struct span bytes, size_t at)
{
	if (bytes.len)
		count_blocks(dir, at, bytes.len);
	while (bytes.len) {
		ssize_t n = dir->disk->write(dir->disk->ctx, fd, bytes.data, bytes.len, (off_t)at);
		if (n <= 0)
			return n < 0 ? segment_error(n) : ERR_IO;
		bytes = span_of(bytes.data + n, bytes.len - (size_t)n);
		at += (size_t)n;
	}
	return 0;
}

int segment_zero(struct segment_dir *dir, int fd, size_t from, size_t to)
{
	static const uint8_t zeroes[ZEROES_BYTES];
	int err = 0;
	while (!err && from < to) {
		size_t len = to - from < sizeof zeroes ? to - from : sizeof zeroes;
		err = segment_write(dir, fd, span_of(zeroes, len), from);
		from += len;
	}
	return err;
}

int segment_sync(struct segment_dir *dir, int fd)
{
	dir->last_block = 0;
	return segment_error(dir->disk->sync(dir->disk->ctx, fd));
}

int segment_dir_sync(struct segment_dir *dir)
{
	return segment_error(dir->disk->sync(dir->disk->ctx, dir->fd));
}

/* ---- lives ------------------------------------------------------------- */

int segment_create(struct segment_dir *dir, uint64_t file, size_t size, struct segment *seg_r, int *fd_r)
{
	const struct disk *disk = dir->disk;
	char name[SEGMENT_NAME_SIZE];
	name_of(name, file, suffix);
	*seg_r = (struct segment){.file = file, .size = size, .end = SEGMENT_HEADER_BYTES};
	int fd = disk->open(disk->ctx, dir->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	*fd_r = fd;
	if (fd < 0)
		return segment_error(fd);
	int err = segment_zero(dir, fd, 0, size);
	if (!err)
		err = segment_sync(dir, fd);
	if (!err)
		err = segment_dir_sync(dir);
	if (err) {
		disk->close(disk->ctx, fd);
		disk->remove(disk->ctx, dir->fd, name);
		*fd_r = -1;
	}
	return err;
}

int segment_begin(struct segment_dir *dir, int fd, struct segment *seg, uint64_t number)
{
	if (number > JOURNAL_NUMBER_MAX)
		return ERR_IO;
	struct segment_life life = {.number = number};
	rand_bytes(&life.salt, sizeof life.salt);
	uint8_t header[SEGMENT_HEADER_BYTES];
	segment_header_encode(header, &life);
	seg->life = life;
	seg->first = seg->last = 0;
	seg->end = SEGMENT_HEADER_BYTES;
	if (seg->dirty < seg->end)
		seg->dirty = seg->end;
	return segment_write(dir, fd, span_of(header, sizeof header), 0);
}

/* ---- the end of a segment ---------------------------------------------- */

int segment_remove(struct segment_dir *dir, const struct segment *seg)
{
	char name[SEGMENT_NAME_SIZE];
	name_of(name, seg->file, suffix);
	return segment_error(dir->disk->remove(dir->disk->ctx, dir->fd, name));
}

int segment_put_aside(struct segment_dir *dir, const struct segment *seg)
{
	char name[SEGMENT_NAME_SIZE], aside[SEGMENT_NAME_SIZE];
	name_of(name, seg->file, suffix);
	name_of(aside, seg->file, damaged_suffix);
	return segment_error(dir->disk->rename(dir->disk->ctx, dir->fd, name, aside));
}

int segment_copy_aside(struct segment_dir *dir, const struct segment *seg, struct span content)
{
	const struct disk *disk = dir->disk;
	char aside[SEGMENT_NAME_SIZE];
	name_of(aside, seg->file, damaged_suffix);
	int fd = disk->open(disk->ctx, dir->fd, aside, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return segment_error(fd);
	int err = segment_error(disk->truncate(disk->ctx, fd, 0)); /* of an opening that did not end */
	if (!err)
		err = segment_write(dir, fd, content, 0);
	if (!err)
		err = segment_sync(dir, fd);
	disk->close(disk->ctx, fd);
	return err;
}
