/* The record of what is written below a directory; see power_log.h. Any
 * thread, under the log's lock. Knows neither the journal nor SQLite. */
#include "support/power_log.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/str.h"
#include "support/power_log_private.h"

_Noreturn void power_abort(const char *what, const char *name)
{
	fprintf(stderr, "power_log: %s: %s (%s)\n", what, name, strerror(errno));
	abort();
}

void *power_alloc(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);
	if (!memory)
		power_abort("no memory", "");
	return memory;
}

size_t power_dir_len(const char *name)
{
	const char *slash = strrchr(name, '/');
	return slash ? (size_t)(slash - name) : 0;
}

uint64_t power_random(uint64_t *random, uint64_t bound)
{
	*random ^= *random >> 12; /* xorshift64* */
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return (*random * UINT64_C(0x2545f4914f6cdd1d) >> 11) % bound;
}

/* ---- the record -------------------------------------------------------- */

static struct event *add(struct power_log *log, enum event_kind kind)
{
	if (log->count == log->cap) {
		log->cap = log->cap ? 2 * log->cap : 1024;
		log->events = power_alloc(log->events, log->cap * sizeof *log->events);
	}
	struct event *e = &log->events[log->count++];
	*e = (struct event){.kind = kind, .file = -1};
	return e;
}

static char *copy_name(const char *name, size_t len)
{
	char *copy = power_alloc(NULL, len + 1);
	memcpy(copy, name, len);
	copy[len] = 0;
	return copy;
}

static struct event *add_named(struct power_log *log, enum event_kind kind, const char *name)
{
	struct event *e = add(log, kind);
	e->name = copy_name(name, strlen(name));
	return e;
}

void power_log_lock(struct power_log *log)
{
	pthread_mutex_lock(&log->lock);
}

void power_log_unlock(struct power_log *log)
{
	pthread_mutex_unlock(&log->lock);
}

const char *power_log_within(const struct power_log *log, const char *path)
{
	size_t len = strlen(log->dir);
	if (!path || strncmp(path, log->dir, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len + 1 : path + len;
}

/* The newest event about the name tells. */
int power_log_find(struct power_log *log, const char *name)
{
	for (size_t i = log->count; i > 0; i--) {
		const struct event *e = &log->events[i - 1];
		if (e->to && strcmp(e->to, name) == 0)
			return e->file;
		bool is_file = e->kind == EVENT_CREATE || e->kind == EVENT_REMOVE || e->kind == EVENT_RENAME;
		if (is_file && strcmp(e->name, name) == 0)
			return e->kind == EVENT_CREATE ? e->file : -1;
	}
	return -1;
}

int power_log_add_create(struct power_log *log, const char *name)
{
	add_named(log, EVENT_CREATE, name)->file = log->files;
	return log->files++;
}

void power_log_add_make_dir(struct power_log *log, const char *name)
{
	add_named(log, EVENT_MAKE_DIR, name);
}

void power_log_add_remove(struct power_log *log, const char *name)
{
	add_named(log, EVENT_REMOVE, name);
}

void power_log_add_rename(struct power_log *log, const char *from, const char *to)
{
	int file = power_log_find(log, from);
	struct event *e = add_named(log, EVENT_RENAME, from);
	e->file = file;
	e->to = copy_name(to, strlen(to));
}

static bool all_zero(const uint8_t *data, size_t len)
{
	return len && data[0] == 0 && memcmp(data, data + 1, len - 1) == 0;
}

void power_log_add_write(struct power_log *log, int file, const void *data, size_t len, uint64_t at)
{
	struct event *e = add(log, EVENT_WRITE);
	e->file = file;
	e->at = at;
	e->len = len;
	if (!all_zero(data, len)) {
		e->data = power_alloc(NULL, len);
		memcpy(e->data, data, len);
	}
}

void power_log_add_truncate(struct power_log *log, int file, uint64_t size)
{
	struct event *e = add(log, EVENT_TRUNCATE);
	e->file = file;
	e->at = size;
}

int power_log_add_sync(struct power_log *log, int file)
{
	if (log->sync == POWER_SYNC_LIES)
		return 0;
	bool fails = log->fail_one_in && power_random(&log->fail_random, log->fail_one_in) == 0;
	add(log, fails ? EVENT_SYNC_FAILED : EVENT_SYNC)->file = file;
	return fails ? -EIO : 0;
}

void power_log_add_dir_sync(struct power_log *log, const char *name)
{
	if (log->sync == POWER_SYNC_HONEST)
		add_named(log, EVENT_SYNC_DIR, name);
}

void power_log_add_dir_sync_of(struct power_log *log, const char *name)
{
	if (log->sync == POWER_SYNC_HONEST)
		add(log, EVENT_SYNC_DIR)->name = copy_name(name, power_dir_len(name));
}

/* ---- for the tests ----------------------------------------------------- */

void power_log_set_sync(struct power_log *log, enum power_sync sync)
{
	power_log_lock(log);
	log->sync = sync;
	power_log_unlock(log);
}

void power_log_fail_syncs(struct power_log *log, unsigned one_in, uint64_t seed)
{
	power_log_lock(log);
	log->fail_one_in = one_in;
	log->fail_random = seed;
	power_log_unlock(log);
}

void power_log_mark(struct power_log *log, uint64_t mark)
{
	power_log_lock(log);
	add(log, EVENT_MARK)->at = mark;
	power_log_unlock(log);
}

void power_log_marks(struct power_log *log, size_t cut, void (*each)(void *ctx, uint64_t mark), void *ctx)
{
	power_log_lock(log);
	for (size_t i = 0; i < cut && i < log->count; i++)
		if (log->events[i].kind == EVENT_MARK)
			each(ctx, log->events[i].at);
	power_log_unlock(log);
}

size_t power_log_start(struct power_log *log)
{
	return log->start;
}

size_t power_log_length(struct power_log *log)
{
	power_log_lock(log);
	size_t count = log->count;
	power_log_unlock(log);
	return count;
}

/* ---- creation ---------------------------------------------------------- */

static void add_existing(struct power_log *log, const char *name);

static void add_existing_dir(struct power_log *log, const char *name)
{
	char path[PATH_MAX], inner[PATH_MAX];
	if (str_format(path, sizeof path, "%s/%s", log->dir, name))
		power_abort("name too long", name);
	DIR *dir = opendir(path);
	if (!dir)
		power_abort("cannot list", path);
	for (struct dirent *e; (e = readdir(dir));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (str_format(inner, sizeof inner, "%s%s%s", name, name[0] ? "/" : "", e->d_name))
			power_abort("name too long", e->d_name);
		add_existing(log, inner);
	}
	closedir(dir);
	power_log_add_dir_sync(log, name);
}

/* SQLite's, worth nothing after a power cut. */
static bool is_shared_memory(const char *name)
{
	size_t len = strlen(name);
	return len > 4 && strcmp(name + len - 4, "-shm") == 0;
}

/* What is there when recording begins, as if it had been written and synced. */
static void add_existing(struct power_log *log, const char *name)
{
	char path[PATH_MAX];
	struct stat st;
	if (str_format(path, sizeof path, "%s/%s", log->dir, name) || lstat(path, &st))
		power_abort("cannot look at", name);
	if (S_ISDIR(st.st_mode)) {
		power_log_add_make_dir(log, name);
		add_existing_dir(log, name);
	} else if (S_ISREG(st.st_mode) && !is_shared_memory(name)) {
		struct buf content = {0};
		if (buf_read_file(&content, path, SIZE_MAX / 4))
			power_abort("cannot read", path);
		int file = power_log_add_create(log, name);
		if (content.len)
			power_log_add_write(log, file, content.data, content.len, 0);
		(void)power_log_add_sync(log, file);
		buf_finish(&content);
	}
}

struct power_log *power_log_create(const char *dir)
{
	struct power_log *log = power_alloc(NULL, sizeof *log);
	*log = (struct power_log){0};
	pthread_mutex_init(&log->lock, NULL);
	if (!realpath(dir, log->dir))
		power_abort("no such directory", dir);
	add_existing_dir(log, "");
	log->start = log->count;
	power_disk_init(log);
	return log;
}

void power_log_destroy(struct power_log **log)
{
	if (!*log)
		return;
	power_disk_finish(*log);
	for (size_t i = 0; i < (*log)->count; i++) {
		free((*log)->events[i].data);
		free((*log)->events[i].name);
		free((*log)->events[i].to);
	}
	free((*log)->events);
	pthread_mutex_destroy(&(*log)->lock);
	free(*log);
	*log = NULL;
}
