/* A disk in memory; see memory_disk.h. One thread. */
#include "support/memory_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { FILES = 64, OPENED = 16, NAME_SIZE = 64, DIR_FD = OPENED };

struct memory_file {
	char name[NAME_SIZE]; /* "": removed, perhaps still open */
	struct buf content;
	size_t opened;
};

struct memory_disk {
	struct disk table;
	struct memory_file files[FILES];
	size_t count;
	struct memory_file *fds[OPENED]; /* NULL: closed */
	unsigned failing;
	size_t fail_at;
	int error;
	bool for_good, failed;
};

static bool fails(struct memory_disk *m, unsigned call)
{
	if (!(m->failing & call) || m->fail_at == 0)
		return false;
	if (m->fail_at > 1) {
		m->fail_at--;
		return false;
	}
	m->failed = true;
	if (!m->for_good)
		m->fail_at = 0;
	return true;
}

static struct memory_file *find(struct memory_disk *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->files[i].name[0] && strcmp(m->files[i].name, name) == 0)
			return &m->files[i];
	return NULL;
}

/* The place of a removed file that nobody has open, or a new one. */
static struct memory_file *make(struct memory_disk *m, const char *name)
{
	struct memory_file *f = NULL;
	for (size_t i = 0; i < m->count && !f; i++)
		if (!m->files[i].name[0] && !m->files[i].opened)
			f = &m->files[i];
	if (!f && m->count == FILES)
		abort();
	f = f ? f : &m->files[m->count++];
	f->content.len = 0;
	if (str_copy(f->name, sizeof f->name, name))
		abort();
	return f;
}

static void resize(struct buf *b, size_t len)
{
	if (len > b->len) {
		if (buf_reserve(b, len - b->len))
			abort();
		memset(b->data + b->len, 0, len - b->len);
	}
	b->len = len;
}

static struct memory_file *file_of(struct memory_disk *m, int fd)
{
	if (fd < 0 || fd >= OPENED || !m->fds[fd])
		abort(); /* a use after close */
	return m->fds[fd];
}

/* ---- the functions of the table ----------------------------------------- */

static int memory_open(void *ctx, int dir_fd, const char *name, int flags, mode_t mode)
{
	(void)dir_fd, (void)mode;
	struct memory_disk *m = ctx;
	if (flags & O_DIRECTORY)
		return fails(m, MEMORY_OPEN) ? -m->error : DIR_FD;
	if (fails(m, MEMORY_OPEN))
		return -m->error;
	struct memory_file *f = find(m, name);
	if (f && (flags & O_EXCL))
		return -EEXIST;
	if (!f && !(flags & O_CREAT))
		return -ENOENT;
	f = f ? f : make(m, name);
	for (int fd = 0; fd < OPENED; fd++) {
		if (!m->fds[fd]) {
			m->fds[fd] = f;
			f->opened++;
			return fd;
		}
	}
	abort(); /* a leak */
}

static off_t memory_size(void *ctx, int fd)
{
	return (off_t)file_of(ctx, fd)->content.len;
}

static ssize_t memory_read(void *ctx, int fd, void *data, size_t len, off_t at)
{
	struct memory_disk *m = ctx;
	if (fails(m, MEMORY_READ))
		return -m->error;
	struct buf *b = &file_of(m, fd)->content;
	if ((size_t)at >= b->len)
		return 0;
	len = len < b->len - (size_t)at ? len : b->len - (size_t)at;
	memcpy(data, b->data + at, len);
	return (ssize_t)len;
}

static ssize_t memory_write(void *ctx, int fd, const void *data, size_t len, off_t at)
{
	struct memory_disk *m = ctx;
	bool failing = fails(m, MEMORY_WRITE);
	if (failing)
		len /= 2;
	struct buf *b = &file_of(m, fd)->content;
	if ((size_t)at + len > b->len)
		resize(b, (size_t)at + len);
	if (len)
		memcpy(b->data + at, data, len);
	return failing ? -m->error : (ssize_t)len;
}

static int memory_sync(void *ctx, int fd)
{
	struct memory_disk *m = ctx;
	return fails(m, fd == DIR_FD ? MEMORY_SYNC_DIR : MEMORY_SYNC) ? -m->error : 0;
}

static int memory_truncate(void *ctx, int fd, off_t len)
{
	struct memory_disk *m = ctx;
	if (fails(m, MEMORY_WRITE))
		return -m->error;
	resize(&file_of(m, fd)->content, (size_t)len);
	return 0;
}

static int memory_remove(void *ctx, int dir_fd, const char *name)
{
	(void)dir_fd;
	struct memory_disk *m = ctx;
	struct memory_file *f = find(m, name);
	if (fails(m, MEMORY_REMOVE))
		return -m->error;
	if (!f)
		return -ENOENT;
	f->name[0] = 0;
	return 0;
}

static int memory_rename(void *ctx, int dir_fd, const char *from, const char *to)
{
	(void)dir_fd;
	struct memory_disk *m = ctx;
	struct memory_file *f = find(m, from), *old = find(m, to);
	if (fails(m, MEMORY_REMOVE))
		return -m->error;
	if (!f)
		return -ENOENT;
	if (old)
		old->name[0] = 0;
	return str_copy(f->name, sizeof f->name, to) ? -ENAMETOOLONG : 0;
}

static int memory_make_dir(void *ctx, const char *path, mode_t mode)
{
	(void)ctx, (void)path, (void)mode;
	return 0;
}

static int memory_list(void *ctx, int dir_fd, void (*each)(void *each_ctx, const char *name), void *each_ctx)
{
	(void)dir_fd;
	struct memory_disk *m = ctx;
	if (fails(m, MEMORY_LIST))
		return -m->error;
	for (size_t i = 0; i < m->count; i++)
		if (m->files[i].name[0])
			each(each_ctx, m->files[i].name);
	return 0;
}

static int memory_close(void *ctx, int fd)
{
	struct memory_disk *m = ctx;
	if (fd == DIR_FD)
		return 0;
	file_of(m, fd)->opened--;
	m->fds[fd] = NULL;
	return 0;
}

/* ---- for the tests ----------------------------------------------------- */

struct memory_disk *memory_disk_create(void)
{
	struct memory_disk *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	m->table = (struct disk){
		.open = memory_open,
		.size = memory_size,
		.read = memory_read,
		.write = memory_write,
		.sync = memory_sync,
		.truncate = memory_truncate,
		.remove = memory_remove,
		.rename = memory_rename,
		.make_dir = memory_make_dir,
		.list = memory_list,
		.close = memory_close,
		.ctx = m,
	};
	return m;
}

void memory_disk_destroy(struct memory_disk **disk)
{
	if (!*disk)
		return;
	for (size_t i = 0; i < FILES; i++)
		buf_finish(&(*disk)->files[i].content);
	free(*disk);
	*disk = NULL;
}

const struct disk *memory_disk_table(struct memory_disk *disk)
{
	return &disk->table;
}

void memory_disk_fail(struct memory_disk *disk, unsigned calls, size_t n, int error, bool for_good)
{
	disk->failing = calls;
	disk->fail_at = n;
	disk->error = error;
	disk->for_good = for_good;
	disk->failed = false;
}

bool memory_disk_failed(const struct memory_disk *disk)
{
	return disk->failed;
}

size_t memory_disk_open_count(const struct memory_disk *disk)
{
	size_t count = 0;
	for (int fd = 0; fd < OPENED; fd++)
		count += disk->fds[fd] != NULL;
	return count;
}

struct buf *memory_disk_file(struct memory_disk *disk, const char *name)
{
	struct memory_file *f = find(disk, name);
	return f ? &f->content : NULL;
}

void memory_disk_put(struct memory_disk *disk, const char *name, const void *data, size_t len)
{
	struct memory_file *f = find(disk, name);
	f = f ? f : make(disk, name);
	resize(&f->content, len);
	if (len)
		memcpy(f->content.data, data, len);
}

void memory_disk_copy(const struct memory_disk *disk, struct memory_disk *to_r)
{
	for (size_t i = 0; i < to_r->count; i++)
		to_r->files[i].name[0] = 0;
	for (size_t i = 0; i < disk->count; i++)
		if (disk->files[i].name[0])
			memory_disk_put(to_r, disk->files[i].name, disk->files[i].content.data, disk->files[i].content.len);
}

const char *memory_disk_name(const struct memory_disk *disk, size_t i)
{
	for (size_t k = 0; k < disk->count; k++)
		if (disk->files[k].name[0] && i-- == 0)
			return disk->files[k].name;
	return NULL;
}
