/* The recording VFS; see power_vfs.h. SQLite calls it on any thread; a call that changes a
 * file is made and recorded under the log's lock. */
#include "support/power_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "support/power_log_private.h"

/* An open file; the system's own lies behind it in the same memory. */
struct power_file {
	sqlite3_file base;
	struct power_log *log; /* NULL: not recorded */
	int file;
	char *name;        /* owned: within the log */
	bool sync_dir;     /* the first sync makes the name durable too, as the system's VFS does */
	sqlite3_file *real;
};

static sqlite3_vfs *system_vfs;
static sqlite3_vfs power_vfs;
static atomic_bool syncs_ignored;

static struct power_file *of(sqlite3_file *f)
{
	return (struct power_file *)f;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
	return of(f)->real;
}

/* ---- what changes a file ------------------------------------------------ */

static int file_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
	struct power_file *p = of(f);
	if (!p->log)
		return p->real->pMethods->xWrite(p->real, data, len, at);
	power_log_lock(p->log);
	int code = p->real->pMethods->xWrite(p->real, data, len, at);
	if (code == SQLITE_OK)
		power_log_add_write(p->log, p->file, data, (size_t)len, (uint64_t)at);
	power_log_unlock(p->log);
	return code;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct power_file *p = of(f);
	if (!p->log)
		return p->real->pMethods->xTruncate(p->real, size);
	power_log_lock(p->log);
	int code = p->real->pMethods->xTruncate(p->real, size);
	if (code == SQLITE_OK)
		power_log_add_truncate(p->log, p->file, (uint64_t)size);
	power_log_unlock(p->log);
	return code;
}

static int file_sync(sqlite3_file *f, int flags)
{
	struct power_file *p = of(f);
	if (!p->log)
		return p->real->pMethods->xSync(p->real, flags);
	if (atomic_load(&syncs_ignored))
		return SQLITE_OK;
	power_log_lock(p->log);
	int result = power_log_add_sync(p->log, p->file);
	if (result == 0 && p->sync_dir) {
		power_log_add_dir_sync_of(p->log, p->name);
		p->sync_dir = false;
	}
	power_log_unlock(p->log);
	return result ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int file_close(sqlite3_file *f)
{
	struct power_file *p = of(f);
	int code = p->real->pMethods->xClose(p->real);
	free(p->name);
	p->name = NULL;
	return code;
}

/* ---- what does not ------------------------------------------------------ */

static int file_read(sqlite3_file *f, void *data, int len, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), data, len, at);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size_r)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), size_r);
}

static int file_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int file_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int file_check_lock(sqlite3_file *f, int *taken_r)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), taken_r);
}

/* A size hint would let the system's VFS grow the file unseen. */
static int file_control(sqlite3_file *f, int op, void *arg)
{
	if (of(f)->log && op == SQLITE_FCNTL_SIZE_HINT)
		return SQLITE_OK;
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int file_sector_size(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

/* Not those that promise more than the power cut keeps. */
static int file_characteristics(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)) &
	       (SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN);
}

static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **map_r)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, map_r);
}

static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int file_shm_unmap(sqlite3_file *f, int remove)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static int file_fetch(sqlite3_file *f, sqlite3_int64 at, int len, void **data_r)
{
	return real_of(f)->pMethods->xFetch(real_of(f), at, len, data_r);
}

static int file_unfetch(sqlite3_file *f, sqlite3_int64 at, void *data)
{
	return real_of(f)->pMethods->xUnfetch(real_of(f), at, data);
}

static const sqlite3_io_methods file_methods = {
	.iVersion = 3,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
	.xFetch = file_fetch,
	.xUnfetch = file_unfetch,
};

/* ---- names -------------------------------------------------------------- */

enum {
	JOURNALS = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL,
	RECORDED = SQLITE_OPEN_MAIN_DB | JOURNALS,
};

/* Begins to record an open file. Under lock. */
static void record(struct power_file *p, struct power_log *log, const char *name, int flags)
{
	p->log = log;
	p->name = strdup(name);
	p->file = power_log_find(log, name);
	if (p->file < 0)
		p->file = power_log_add_create(log, name);
	p->sync_dir = (flags & SQLITE_OPEN_CREATE) && (flags & JOURNALS);
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *flags_r)
{
	struct power_file *p = of(f);
	struct power_log *log = vfs->pAppData;
	*p = (struct power_file){.file = -1, .real = (sqlite3_file *)(p + 1)};
	p->real->pMethods = NULL;
	const char *name = flags & RECORDED ? power_log_within(log, path) : NULL;
	power_log_lock(log);
	int code = system_vfs->xOpen(system_vfs, path, p->real, flags, flags_r);
	if (code == SQLITE_OK && name)
		record(p, log, name, flags);
	power_log_unlock(log);
	if (p->real->pMethods)
		p->base.pMethods = &file_methods;
	return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	struct power_log *log = vfs->pAppData;
	const char *name = power_log_within(log, path);
	power_log_lock(log);
	int code = system_vfs->xDelete(system_vfs, path, sync_dir);
	if (code == SQLITE_OK && name && power_log_find(log, name) >= 0) {
		power_log_add_remove(log, name);
		if (sync_dir)
			power_log_add_dir_sync_of(log, name);
	}
	power_log_unlock(log);
	return code;
}

/* ---- registration ------------------------------------------------------- */

void power_vfs_register(struct power_log *log)
{
	if (system_vfs)
		power_abort("one log at a time", "power_vfs");
	system_vfs = sqlite3_vfs_find(NULL);
	power_vfs = *system_vfs; /* all that needs no file of ours goes straight to the system's */
	power_vfs.zName = "power";
	power_vfs.szOsFile = (int)sizeof(struct power_file) + system_vfs->szOsFile;
	power_vfs.xOpen = vfs_open;
	power_vfs.xDelete = vfs_delete;
	power_vfs.pAppData = log;
	if (sqlite3_vfs_register(&power_vfs, 1))
		power_abort("cannot register", "power_vfs");
}

void power_vfs_ignore_syncs(void)
{
	atomic_store(&syncs_ignored, true);
}

void power_vfs_unregister(void)
{
	atomic_store(&syncs_ignored, false);
	sqlite3_vfs_unregister(&power_vfs);
	sqlite3_vfs_register(system_vfs, 1);
	system_vfs = NULL;
}
