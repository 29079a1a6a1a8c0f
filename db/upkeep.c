/* Upkeep on the sealer's thread: a ballast that is dropped when the disk is full, so that there is room to
 * remove things; the daily check; counting what is written. */
#include "db/upkeep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/backup.h"
#include "db/store_private.h"

enum {
	BALLAST_BYTES = 4 << 20,
	BALLAST_SPARE_BYTES = 64 << 20, /* free room from which on it is made again */
	LOG_BYTES = 512 << 10,          /* of hub.db's log that are its own */
	CHECK_LIMIT_MS = 60000,         /* a day, of each database */
};

struct upkeep {
	struct store *store; /* borrowed */
	int64_t checked_day;
	struct lock lock; /* "store-upkeep": guards what follows */
	bool full[DISK_USERS];
	int64_t day;      /* that written_today counts */
	uint64_t counted; /* bytes written since the start that are in the counts */
	int64_t written_today, written_yesterday;
	struct wall_ms since;
};

/* ---- room -------------------------------------------------------------- */

static int ballast_path(const char *dir, char path_r[PATH_MAX])
{
	return str_format(path_r, PATH_MAX, "%s/ballast", dir);
}

bool upkeep_drop_ballast(const char *dir)
{
	char path[PATH_MAX];
	return ballast_path(dir, path) == 0 && unlink(path) == 0;
}

/* Made only where it does not make the room scarce. */
static void make_ballast(const struct upkeep *u)
{
	char path[PATH_MAX];
	struct statvfs room;
	if (ballast_path(u->store->dir, path) || access(path, F_OK) == 0 || statvfs(u->store->dir, &room) ||
	    (uint64_t)room.f_bavail * room.f_frsize < BALLAST_SPARE_BYTES)
		return;
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	int failed = posix_fallocate(fd, 0, BALLAST_BYTES);
	close(fd);
	if (failed)
		unlink(path);
}

/* The log of hub.db has room before it needs it: alerts, logins and settings are written on a full disk too. SQLite's locks are
 * not on this file, so it may be opened and closed beside it. */
static void reserve_log(const struct upkeep *u)
{
	char path[PATH_MAX];
	int fd = str_format(path, sizeof path, "%s/hub.db-wal", u->store->dir) ? -1 : open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOG_BYTES); /* where it cannot be, the ballast has to do */
	close(fd);
}

static bool is_full(struct upkeep *u)
{
	lock_take(&u->lock);
	bool full = u->full[DISK_JOURNAL] || u->full[DISK_SHELF];
	lock_release(&u->lock);
	return full;
}

void upkeep_disk(struct upkeep *u, enum disk_user user, int err)
{
	bool before = is_full(u);
	lock_take(&u->lock);
	u->full[user] = err == ERR_DISK_FULL;
	lock_release(&u->lock);
	bool full = is_full(u);
	if (full)
		(void)upkeep_drop_ballast(u->store->dir); /* none there: dropped before */
	if (full != before)
		store_alert(u->store, "disk",
			    full ? "The hub's disk is full. Devices and lights go on working, but nothing new is recorded until there is "
				   "room: delete files on it, or keep history for fewer days in the settings."
				 : NULL);
}

/* ---- integrity --------------------------------------------------------- */

static int check_hub(struct store *s, char found_r[256])
{
	struct conn *conn;
	bool finished;
	int err = readers_take(s->readers, &conn);
	if (err)
		return err;
	err = conn_quick_check(conn, CHECK_LIMIT_MS, &finished, found_r);
	readers_give(s->readers, conn);
	return err;
}

/* With the way out, which is the newest backup from before the damage was noticed. */
static void tell_damage(struct store *s, const char *file, const char *found, char text_r[ALERT_TEXT_SIZE])
{
	struct backup_last last;
	char date[16] = "";
	time_t at = 0;
	struct tm tm;
	if (backup_last_get(s, &last) == 0)
		at = (time_t)(last.at / 1000);
	if (at && localtime_r(&at, &tm))
		(void)strftime(date, sizeof date, "%Y-%m-%d", &tm);
	(void)str_format(text_r, ALERT_TEXT_SIZE,
			 "The daily check found damage in %s (%.120s). The disk may be failing: save a new backup under another name, then "
			 "restore the last good one%s%s on a good disk: tomtectl restore %.150s.",
			 file, found, *date ? ", of " : "", *date ? date : "", *date ? last.path : "FILE");
}

static void check(struct upkeep *u)
{
	char found[256] = "", text[ALERT_TEXT_SIZE];
	const char *file = "hub.db";
	int err = check_hub(u->store, found);
	if (err != ERR_DAMAGED) {
		file = "telemetry.db";
		err = shelf_check(u->store->local, CHECK_LIMIT_MS, found);
	}
	if (err != ERR_DAMAGED)
		return;
	tell_damage(u->store, file, found, text);
	log_error("store", "%s", text);
	store_alert(u->store, "damage", text);
}

static void check_daily(struct upkeep *u)
{
	int64_t today = day_of(clock_wall().ms);
	if (today == u->checked_day)
		return;
	u->checked_day = today;
	check(u);
}

/* ---- counting ---------------------------------------------------------- */

static uint64_t bytes_written(struct upkeep *u)
{
	struct committer_stats stats;
	committer_stats_get(u->store->committer, &stats);
	return stats.journal.written_bytes + shelf_written_bytes(u->store->local);
}

/* Under lock. */
static void count(struct upkeep *u)
{
	uint64_t all = bytes_written(u);
	struct wall_ms now = clock_wall();
	int64_t today = day_of(now.ms);
	if (today != u->day) {
		u->written_yesterday = today == u->day + 1 ? u->written_today : 0;
		u->written_today = 0;
		u->day = today;
		u->since = (struct wall_ms){today * DAY_MS};
	}
	u->written_today += (int64_t)(all - u->counted);
	u->counted = all;
}

void upkeep_written(struct upkeep *u, struct history_usage *usage)
{
	lock_take(&u->lock);
	count(u);
	usage->written_today = u->written_today;
	usage->written_yesterday = u->written_yesterday;
	usage->since = u->since;
	lock_release(&u->lock);
}

/* ---- all --------------------------------------------------------------- */

void upkeep_run(struct upkeep *u)
{
	lock_take(&u->lock);
	count(u);
	lock_release(&u->lock);
	if (!is_full(u)) {
		make_ballast(u);
		reserve_log(u);
	}
	check_daily(u);
}

int upkeep_create(struct store *s, struct upkeep **upkeep_r)
{
	struct upkeep *u = calloc(1, sizeof *u);
	if (!u)
		return ERR_NOMEM;
	u->store = s;
	u->since = clock_wall();
	u->day = u->checked_day = day_of(u->since.ms); /* opening has checked */
	lock_init(&u->lock, "store-upkeep");
	*upkeep_r = u;
	return 0;
}

void upkeep_destroy(struct upkeep **upkeep)
{
	if (!*upkeep)
		return;
	lock_finish(&(*upkeep)->lock);
	free(*upkeep);
	*upkeep = NULL;
}
