/* The record, shared by power_log.c (which makes it) and power_cut.c (which reads it). */
#ifndef SUPPORT_POWER_LOG_PRIVATE_H
#define SUPPORT_POWER_LOG_PRIVATE_H

#include <limits.h>
#include <pthread.h>

#include "support/power_log.h"

enum event_kind {
	EVENT_WRITE,    /* file, at, len, data */
	EVENT_TRUNCATE, /* file, at = the size */
	EVENT_SYNC,     /* file */
	EVENT_SYNC_FAILED,
	EVENT_CREATE,   /* file, name */
	EVENT_MAKE_DIR, /* name */
	EVENT_REMOVE,   /* name */
	EVENT_RENAME,   /* file, name, to */
	EVENT_SYNC_DIR, /* name */
	EVENT_MARK,     /* at = the mark */
};

struct event {
	enum event_kind kind;
	int file;
	uint64_t at;
	size_t len;
	uint8_t *data;   /* owned; NULL: zeroes */
	char *name, *to; /* owned */
};

struct power_log {
	pthread_mutex_t lock;
	char dir[PATH_MAX]; /* real path */
	struct event *events;
	size_t count, cap;
	size_t start; /* those before it stand for what was there */
	int files;
	enum power_sync sync;
	unsigned fail_one_in;
	uint64_t fail_random;
	struct disk disk;
	void *disk_state; /* of power_disk.c */
};

/* The disk's part of creation and destruction. */
void power_disk_init(struct power_log *log);
void power_disk_finish(struct power_log *log);

/* Ends the test: the recorder met what it does not know. */
_Noreturn void power_abort(const char *what, const char *name);

/* malloc, calloc and realloc that abort. */
void *power_alloc(void *old, size_t size);

/* Bytes of the directory part of a name, without the slash. */
size_t power_dir_len(const char *name);

#endif
