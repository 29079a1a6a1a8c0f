/* What a disk may hold after a power cut, from the record of a power_log. See power_log.h for the
 * rules. One thread at a time. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "support/power_log_private.h"

enum { SECTOR = 512, PREFIX_EVENTS = 64 };

/* How one cut treats what no sync covers. */
enum mode {
	MODE_NONE,   /* it is lost */
	MODE_ALL,    /* it is there */
	MODE_PREFIX, /* it is there up to one of the writes */
	MODE_RANDOM, /* each sector by itself */
	MODE_COUNT,
};

struct cut {
	struct power_log *log;
	size_t at;
	uint64_t *random;
	enum mode mode;
	size_t prefix; /* MODE_PREFIX: the event up to which all is there */
	const char *out;
};

/* ---- the contents of a file --------------------------------------------- */

struct image {
	struct buf bytes;
	size_t *sure;  /* by sector: the newest event that is durable there, plus one */
	size_t *limit; /* by sector: the first event that is not there */
	size_t sectors;
	size_t sizes;  /* events before this one have had their effect on the size */
	size_t *unsure, unsure_count; /* the events that are not durable */
};

static bool is_content(const struct event *e, int file)
{
	return e->file == file && (e->kind == EVENT_WRITE || e->kind == EVENT_TRUNCATE);
}

static void image_grow(struct image *image, uint64_t size)
{
	size_t sectors = (size_t)((size + SECTOR - 1) / SECTOR);
	if (sectors <= image->sectors)
		return;
	sectors = sectors > 2 * image->sectors ? sectors : 2 * image->sectors;
	image->sure = power_alloc(image->sure, sectors * sizeof *image->sure);
	image->limit = power_alloc(image->limit, sectors * sizeof *image->limit);
	memset(image->sure + image->sectors, 0, (sectors - image->sectors) * sizeof *image->sure);
	memset(image->limit + image->sectors, 0, (sectors - image->sectors) * sizeof *image->limit);
	image->sectors = sectors;
}

/* Event i is durable: so is all that was in its sectors then. */
static void make_sure(struct image *image, const struct event *e, size_t i)
{
	image->sizes = i + 1;
	if (e->kind != EVENT_WRITE || !e->len)
		return;
	image_grow(image, e->at + e->len);
	for (size_t s = e->at / SECTOR; s <= (e->at + e->len - 1) / SECTOR; s++)
		image->sure[s] = i + 1;
}

/* Marks what successful syncs cover. What a failed sync covered is not covered by a later one. */
static void find_sure(const struct cut *c, int file, struct image *image)
{
	enum event_kind next = EVENT_MARK; /* the sync that follows in the record */
	bool *durable = power_alloc(NULL, c->at);
	image->unsure = power_alloc(NULL, c->at * sizeof *image->unsure);
	for (size_t i = c->at; i > 0; i--) {
		const struct event *e = &c->log->events[i - 1];
		if (e->file == file && (e->kind == EVENT_SYNC || e->kind == EVENT_SYNC_FAILED))
			next = e->kind;
		durable[i - 1] = is_content(e, file) && next == EVENT_SYNC;
	}
	for (size_t i = 0; i < c->at; i++) {
		if (durable[i])
			make_sure(image, &c->log->events[i], i);
		else if (is_content(&c->log->events[i], file))
			image->unsure[image->unsure_count++] = i;
	}
	free(durable);
}

/* The first event that did not get to the disk. */
static size_t roll_limit(const struct cut *c, const struct image *image)
{
	if (c->mode == MODE_NONE)
		return 0;
	if (c->mode == MODE_PREFIX)
		return c->prefix;
	size_t k = c->mode == MODE_ALL ? image->unsure_count : power_random(c->random, image->unsure_count + 1);
	return k < image->unsure_count ? image->unsure[k] : c->at;
}

/* Rolls for what is not durable: which events reached each sector, and the size. */
static void roll(const struct cut *c, struct image *image)
{
	for (size_t s = 0; s < image->sectors; s++) {
		image->limit[s] = roll_limit(c, image);
		if (image->limit[s] < image->sure[s])
			image->limit[s] = image->sure[s];
	}
	size_t limit = roll_limit(c, image);
	image->sizes = limit > image->sizes ? limit : image->sizes;
}

static void image_resize(struct image *image, uint64_t size)
{
	struct buf *b = &image->bytes;
	if (size > b->len) {
		if (buf_reserve(b, (size_t)size - b->len))
			power_abort("no memory", "");
		memset(b->data + b->len, 0, (size_t)size - b->len);
	}
	b->len = (size_t)size;
}

/* Puts from..to of a write, which lies in one sector, into the image. */
static void apply_piece(struct image *image, const struct event *e, uint64_t from, uint64_t to)
{
	if (to > image->bytes.len)
		to = image->bytes.len;
	if (from >= to)
		return;
	if (e->data)
		memcpy(image->bytes.data + from, e->data + (from - e->at), (size_t)(to - from));
	else
		memset(image->bytes.data + from, 0, (size_t)(to - from));
}

static void apply_write(const struct cut *c, struct image *image, const struct event *e, size_t i)
{
	uint64_t end = e->at + e->len;
	if (i < image->sizes && end > image->bytes.len)
		image_resize(image, end);
	for (uint64_t from = e->at, to; from < end; from = to) {
		size_t sector = (size_t)(from / SECTOR);
		to = (sector + 1) * (uint64_t)SECTOR < end ? (sector + 1) * (uint64_t)SECTOR : end;
		if (i < image->limit[sector])
			apply_piece(image, e, from, to);
		else if (i == image->limit[sector] && c->mode == MODE_RANDOM && power_random(c->random, 4) == 0)
			apply_piece(image, e, from, from + power_random(c->random, to - from)); /* torn */
	}
}

static void image_make(const struct cut *c, int file, struct image *image)
{
	for (size_t i = 0; i < c->at; i++)
		if (c->log->events[i].kind == EVENT_WRITE && c->log->events[i].file == file)
			image_grow(image, c->log->events[i].at + c->log->events[i].len);
	find_sure(c, file, image);
	roll(c, image);
	for (size_t i = 0; i < c->at; i++) {
		const struct event *e = &c->log->events[i];
		if (!is_content(e, file))
			continue;
		if (e->kind == EVENT_WRITE)
			apply_write(c, image, e, i);
		else if (i < image->sizes)
			image_resize(image, e->at);
	}
}

static void image_finish(struct image *image)
{
	buf_finish(&image->bytes);
	free(image->sure);
	free(image->limit);
	free(image->unsure);
}

/* ---- names -------------------------------------------------------------- */

static bool is_name_event(const struct event *e)
{
	return e->kind == EVENT_CREATE || e->kind == EVENT_REMOVE || e->kind == EVENT_RENAME || e->kind == EVENT_MAKE_DIR;
}

static bool same_dir(const char *dir, const char *name)
{
	return strlen(dir) == power_dir_len(name) && strncmp(dir, name, power_dir_len(name)) == 0;
}

/* Whether the change of a name, event i, is on the disk. */
static bool name_is_there(const struct cut *c, size_t i)
{
	const char *name = c->log->events[i].name;
	for (size_t k = i + 1; k < c->at; k++) {
		const struct event *e = &c->log->events[k];
		if (e->kind == EVENT_SYNC_DIR && same_dir(e->name, name))
			return true;
	}
	if (c->mode == MODE_RANDOM)
		return power_random(c->random, 2);
	return c->mode == MODE_ALL || (c->mode == MODE_PREFIX && i < c->prefix);
}

/* Follows the changes; names_r[file] is the file's name, or NULL. Directories are made at once. */
static void find_names(const struct cut *c, const char **names_r)
{
	for (size_t i = 0; i < c->at; i++) {
		const struct event *e = &c->log->events[i];
		if (!is_name_event(e) || !name_is_there(c, i))
			continue;
		if (e->kind == EVENT_MAKE_DIR) {
			char path[PATH_MAX];
			if (str_format(path, sizeof path, "%s/%s", c->out, e->name) == 0)
				(void)mkdir(path, 0700); /* not within a directory that is not there */
			continue;
		}
		const char *new = e->kind == EVENT_RENAME ? e->to : e->name;
		for (int f = 0; f < c->log->files; f++)
			if (names_r[f] && (strcmp(names_r[f], new) == 0 || strcmp(names_r[f], e->name) == 0))
				names_r[f] = NULL;
		if (e->kind != EVENT_REMOVE && e->file >= 0)
			names_r[e->file] = new;
	}
}

/* ---- the directory ------------------------------------------------------ */

static int remove_below(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type;
	return ftw->level ? remove(path) : 0;
}

static void write_file(const struct cut *c, const char *name, struct span content)
{
	char path[PATH_MAX];
	if (str_format(path, sizeof path, "%s/%s", c->out, name))
		power_abort("name too long", name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOENT)
		return; /* its directory did not get as far as the disk */
	if (fd < 0 || file_write_all(fd, content) || close(fd))
		power_abort("cannot write", path);
}

void power_log_materialise(struct power_log *log, size_t cut, uint64_t *random, const char *out_dir)
{
	power_log_lock(log);
	if (cut > log->count)
		cut = log->count;
	struct cut c = {.log = log, .at = cut, .random = random, .out = out_dir};
	c.mode = (enum mode)power_random(random, MODE_COUNT);
	c.prefix = cut - power_random(random, (cut < PREFIX_EVENTS ? cut : PREFIX_EVENTS) + 1);
	if (nftw(out_dir, remove_below, 16, FTW_DEPTH | FTW_PHYS))
		power_abort("cannot empty", out_dir);
	const char **names = power_alloc(NULL, (size_t)log->files * sizeof *names);
	for (int f = 0; f < log->files; f++)
		names[f] = NULL;
	find_names(&c, names);
	for (int f = 0; f < log->files; f++) {
		if (!names[f])
			continue;
		struct image image = {0};
		image_make(&c, f, &image);
		write_file(&c, names[f], buf_span(&image.bytes));
		image_finish(&image);
	}
	free(names);
	power_log_unlock(log);
}
