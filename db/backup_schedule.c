/* Backups by the clock: the sealer's upkeep looks whether one is due and starts a thread for it, which ends with it. The
 * owner's wishes and how it went are settings in hub.db. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/backup_private.h"
#include "db/store_private.h"

enum { DEFAULT_HOUR = 3, DEFAULT_KEEP = 7, RETRY_MS = 3600 * 1000 };

/* "<hour> <keep> <path>", "<at> <bytes> <path>", and a sentence. */
static const char setting_schedule[] = "backup-schedule", setting_last[] = "backup-last", setting_error[] = "backup-error";

#define tell(message, ...) ((void)str_format(message, BACKUP_TEXT_SIZE, __VA_ARGS__))

/* ---- settings ---------------------------------------------------------- */

/* Reads "<number> <number> <path>". Returns 0, ERR_NOT_FOUND, ERR_DAMAGED or an error of the disk. */
static int get_setting(struct store *s, const char *name, int64_t numbers_r[2], char path_r[BACKUP_PATH_SIZE])
{
	struct buf value = {0};
	int err = store_setting_get(s, name, &value);
	const char *text = err ? NULL : buf_cstr(&value);
	char *end;
	if (!err && !text)
		err = ERR_NOMEM;
	for (int i = 0; i < 2 && !err; i++) {
		numbers_r[i] = strtoll(text, &end, 10);
		if (end == text || *end != ' ')
			err = ERR_DAMAGED;
		text = end + 1;
	}
	if (!err && str_copy(path_r, BACKUP_PATH_SIZE, text))
		err = ERR_DAMAGED;
	buf_finish(&value);
	return err;
}

static int put_setting(struct store *s, const char *name, const int64_t numbers[2], const char *path)
{
	struct buf value = {0};
	int err = buf_printf(&value, "%" PRId64 " %" PRId64 " %s", numbers[0], numbers[1], path);
	if (!err)
		err = store_setting_put(s, name, buf_span(&value), NULL);
	buf_finish(&value);
	return err;
}

int backup_schedule_get(struct store *s, struct backup_schedule *schedule_r)
{
	int64_t numbers[2];
	*schedule_r = (struct backup_schedule){.hour = DEFAULT_HOUR, .keep = DEFAULT_KEEP};
	int err = get_setting(s, setting_schedule, numbers, schedule_r->path);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	schedule_r->hour = (int)numbers[0];
	schedule_r->keep = (int)numbers[1];
	return 0;
}

static bool is_running(struct store *s)
{
	lock_take(&s->backups.lock);
	bool running = s->backups.thread_started && !s->backups.thread_over;
	lock_release(&s->backups.lock);
	return running;
}

int backup_last_get(struct store *s, struct backup_last *last_r)
{
	int64_t numbers[2] = {0};
	struct buf text = {0};
	*last_r = (struct backup_last){0};
	last_r->running = is_running(s);
	last_r->partial = s->remote != NULL;
	int err = get_setting(s, setting_last, numbers, last_r->path);
	if (!err || err == ERR_NOT_FOUND)
		err = store_setting_get(s, setting_error, &text);
	if (!err && text.len)
		err = str_copy_span(last_r->error, sizeof last_r->error, buf_span(&text));
	buf_finish(&text);
	last_r->at = numbers[0];
	last_r->bytes = numbers[1];
	return err == ERR_NOT_FOUND ? 0 : err;
}

/* ---- where to ---------------------------------------------------------- */

/* Whether inner is dir or lies in it; both are real paths. */
static bool is_inside(const char *inner, const char *dir)
{
	size_t len = strlen(dir);
	return strncmp(inner, dir, len) == 0 && (inner[len] == 0 || inner[len] == '/');
}

static int refuse_dir(const char *path, int error, char *message)
{
	bool home = is_inside(path, "/home") || is_inside(path, "/root");
	if (home)
		tell(message, "The hub may not see %s: its service is kept out of home directories. Choose another directory, such as one "
			      "below /mnt or /srv.", path);
	else if (error == ENOENT || error == ENOTDIR)
		tell(message, "There is no directory %s. Make it first, or mount its disk.", path);
	else
		tell(message, "The hub may not write to %s (%s). Let user tomte own it (`sudo chown tomte %s`), and let the service write there: "
			      "`sudo systemctl edit tomte-hub`, add the lines [Service] and ReadWritePaths=%s, then restart the hub.",
		     path, strerror(error), path, path);
	return home || error == ENOENT || error == ENOTDIR ? ERR_NOT_FOUND : ERR_DENIED;
}

/* Tries what a backup will do there. */
static int check_dir(struct store *s, const char *path, char *message)
{
	char real[PATH_MAX], state[PATH_MAX], trial[PATH_MAX];
	if (path[0] != '/') {
		tell(message, "The directory for backups must be a whole path, such as /mnt/backup.");
		return ERR_INVALID;
	}
	if (!realpath(path, real))
		return refuse_dir(path, errno, message);
	if (realpath(s->dir, state) && is_inside(real, state)) {
		tell(message, "Backups within the hub's own directory would be lost with it. Choose one on another disk.");
		return ERR_INVALID;
	}
	if (str_format(trial, sizeof trial, "%s/.tomte-hub-tries", real))
		return refuse_dir(path, ENAMETOOLONG, message);
	int fd = open(trial, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return refuse_dir(path, errno == ENOENT ? EPERM : errno, message); /* it is there: realpath has found it */
	unlink(trial);
	close(fd);
	return 0;
}

int backup_schedule_put(struct store *s, const struct backup_schedule *schedule, char message_r[BACKUP_TEXT_SIZE])
{
	message_r[0] = 0;
	if (schedule->hour < 0 || schedule->hour > 23 || schedule->keep < 1 || schedule->keep > BACKUP_KEEP_MAX) {
		tell(message_r, "The hour is a number from 0 to 23, and 1 to %d backups can be kept.", BACKUP_KEEP_MAX);
		return ERR_INVALID;
	}
	int err = schedule->path[0] ? check_dir(s, schedule->path, message_r) : 0;
	const int64_t numbers[] = {schedule->hour, schedule->keep};
	if (!err)
		err = put_setting(s, setting_schedule, numbers, schedule->path);
	if (!err && !schedule->path[0]) { /* what is not wanted cannot fail */
		store_alert(s, "backup", NULL);
		err = store_setting_put(s, setting_error, span_str(""), NULL);
	}
	if (err && !message_r[0])
		tell(message_r, "The schedule cannot be kept: %s.", err_text(err));
	return err;
}

/* ---- one scheduled backup, on its own thread --------------------------- */

/* Good ones do not make way for those of a store that may be damaged. */
static bool is_damaged(struct store *s)
{
	bool damaged = false;
	lock_take(&s->alerts_lock);
	for (size_t i = 0; i < ALERT_KINDS; i++)
		damaged |= s->alerts[i].kind && strcmp(s->alerts[i].kind, "damage") == 0;
	lock_release(&s->alerts_lock);
	return damaged;
}

static int note_success(struct store *s, const char *path, const struct backup *b, int64_t at)
{
	const int64_t numbers[] = {at, (int64_t)backup_bytes(b)};
	int err = put_setting(s, setting_last, numbers, path);
	if (!err)
		err = store_setting_put(s, setting_error, span_str(""), NULL);
	return err;
}

/* The hub's id, as the name tells: "tomte-<id>-<date>-<time>.tar". */
static void id_of_name(const char *name, char id_r[BACKUP_NAME_SIZE])
{
	enum { BEFORE = 6, BEHIND = 20 };
	(void)str_copy_span(id_r, BACKUP_NAME_SIZE, span_of(name + BEFORE, strlen(name) - BEFORE - BEHIND));
}

static int write_to(struct store *s, const struct backup_schedule *schedule, struct backup *b, char *message)
{
	char path[BACKUP_PATH_SIZE], name[BACKUP_NAME_SIZE], id[BACKUP_NAME_SIZE];
	int64_t begun = clock_wall().ms, at = begun;
	backup_name(b, name);
	id_of_name(name, id);
	int err = str_format(path, sizeof path, "%s/%s", schedule->path, name);
	if (!err)
		err = backup_write(b, &(struct backup_target){path, &s->backups.stopping}, message);
	if (!err)
		err = note_success(s, path, b, at);
	if (!err)
		log_info("store", "a backup of %" PRIu64 " MB was written to %s in %" PRId64 " ms", backup_bytes(b) >> 20, path,
			 clock_wall().ms - begun);
	if (!err && !is_damaged(s) && backup_rotate(schedule->path, id, schedule->keep))
		log_warning("store", "old backups in %s could not be removed", schedule->path);
	return err;
}

static int take_scheduled(struct store *s, char *message)
{
	struct backup_schedule schedule;
	struct backup *b;
	int err = backup_schedule_get(s, &schedule);
	if (!err)
		err = check_dir(s, schedule.path, message);
	if (err)
		return err;
	err = backup_begin(s, &b, message);
	if (!err)
		err = write_to(s, &schedule, b, message);
	backup_end(&b);
	return err;
}

static void *run(void *arg)
{
	struct store *s = arg;
	char message[BACKUP_TEXT_SIZE] = "";
	int err = take_scheduled(s, message);
	if (err && !message[0])
		tell(message, "The scheduled backup failed: %s.", err_text(err));
	if (err && err != ERR_CLOSED) {
		log_error("store", "%s", message);
		(void)store_setting_put(s, setting_error, span_str(message), NULL);
		store_alert(s, "backup", message);
	} else if (!err) {
		store_alert(s, "backup", NULL);
	}
	lock_take(&s->backups.lock);
	s->backups.thread_over = true;
	lock_release(&s->backups.lock);
	return NULL;
}

static int start(struct store *s)
{
	struct backup_desk *desk = &s->backups;
	int err = 0;
	lock_take(&desk->lock);
	if (desk->thread_started && desk->thread_over) {
		pthread_join(desk->thread, NULL);
		desk->thread_started = false;
	}
	if (desk->thread_started)
		err = ERR_BUSY;
	else if (atomic_load(&desk->stopping))
		err = ERR_CLOSED;
	if (!err) {
		desk->thread_over = false;
		desk->tried_ms = clock_wall().ms;
		err = thread_start(&desk->thread, "store-backup", run, s);
		desk->thread_started = err == 0;
	}
	lock_release(&desk->lock);
	return err;
}

int backup_now(struct store *s)
{
	struct backup_schedule schedule;
	int err = backup_schedule_get(s, &schedule);
	if (!err && !schedule.path[0])
		err = ERR_STATE;
	return err ? err : start(s);
}

/* ---- when -------------------------------------------------------------- */

bool backup_is_due(const struct backup_schedule *schedule, int64_t last_ms, int64_t tried_ms, int64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	if (!schedule->path[0] || !localtime_r(&now, &tm) || (tried_ms && tried_ms <= now_ms && now_ms - tried_ms < RETRY_MS))
		return false;
	/* The newest hour that has struck; mktime knows of days with 23 hours. */
	if (tm.tm_hour < schedule->hour)
		tm.tm_mday--;
	tm.tm_hour = schedule->hour;
	tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return last_ms < (int64_t)mktime(&tm) * 1000 || last_ms > now_ms;
}

void backup_upkeep(struct store *s)
{
	struct backup_schedule schedule;
	struct backup_last last;
	backup_cancel_idle(s);
	lock_take(&s->backups.lock);
	int64_t tried = s->backups.tried_ms;
	lock_release(&s->backups.lock);
	if (backup_schedule_get(s, &schedule) || !schedule.path[0] || backup_last_get(s, &last))
		return;
	if (!tried && last.error[0]) /* from before the start; later ones are raised and ended as they happen */
		store_alert(s, "backup", last.error);
	if (backup_is_due(&schedule, last.at, tried, clock_wall().ms) && start(s) == ERR_AGAIN)
		log_warning("store", "there is no thread for the scheduled backup; it is tried again");
}

/* ---- the desk ---------------------------------------------------------- */

void backup_desk_init(struct backup_desk *desk)
{
	lock_init(&desk->lock, "store-backups");
}

void backup_desk_stop(struct store *s)
{
	struct backup_desk *desk = &s->backups;
	atomic_store(&desk->stopping, true);
	lock_take(&desk->lock);
	bool started = desk->thread_started;
	desk->thread_started = false;
	lock_release(&desk->lock);
	if (started)
		pthread_join(desk->thread, NULL);
}

void backup_desk_finish(struct backup_desk *desk)
{
	lock_finish(&desk->lock);
}
