/* Backups: streaming one to a browser or tomtectl, and those by the clock. Pool threads: the store pauses its databases'
 * files, and each block is read when the client has taken the one before. */
#include "db/backup.h"

#include "base/err.h"
#include "base/str.h"
#include "thread/thread.h"
#include "web/audit.h"
#include "web/etag.h"
#include "web/problem.h"
#include "web/routes.h"

/* ---- now, to the client ------------------------------------------------ */

static int produce(void *ctx, struct buf *out)
{
	return backup_take(ctx, RESPONSE_BLOCK_BYTES, out);
}

static void destroy(void *ctx)
{
	struct backup *backup = ctx;
	backup_end(&backup);
}

static int status_of(int err)
{
	switch (err) {
	case ERR_BUSY: return 409;
	case ERR_DISK_FULL: return 507;
	case ERR_CLOSED: return 503;
	default: return 500;
	}
}

void api_backup(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct backup *backup;
	char message[512], name[BACKUP_NAME_SIZE];
	int err = backup_begin(sv->store, &backup, message);
	if (err) {
		problem(rs, status_of(err), message);
		return;
	}
	backup_name(backup, name);
	rs->status = 200;
	rs->content_type = "application/x-tar";
	rs->producer = (struct response_producer){produce, destroy, backup};
	response_header(rs, "Content-Disposition", "attachment; filename=\"%s\"", name);
	audit(sv, rq->identity.name, "backup", name);
}

/* ---- by the clock ------------------------------------------------------ */

static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static json_t *int_or_null(int64_t value)
{
	return value ? json_integer(value) : json_null();
}

/* What can be set has a tag; how it went has none. */
static void schedule_tag(const struct backup_schedule *schedule, char tag_r[ETAG_SIZE])
{
	etag_make_json(json_pack("[s, i, i]", schedule->path, schedule->hour, schedule->keep), tag_r);
}

static void answer_schedule(const struct web_services *sv, int status, struct response *rs)
{
	struct backup_schedule schedule;
	struct backup_last last;
	int err = backup_schedule_get(sv->store, &schedule);
	if (!err)
		err = backup_last_get(sv->store, &last);
	if (err) {
		problem_from_err(rs, err, "schedule");
		return;
	}
	response_json(rs, status, json_pack("{s:s, s:i, s:i, s:b, s:b, s:{s:o, s:o, s:o, s:o}}", "path", schedule.path, "hour",
					    schedule.hour, "keep", schedule.keep, "running", last.running, "partial", last.partial, "last",
					    "at", int_or_null(last.at), "path", text_or_null(last.path), "bytes", int_or_null(last.bytes),
					    "error", text_or_null(last.error)));
	char tag[ETAG_SIZE];
	schedule_tag(&schedule, tag);
	if (rs->status == status)
		etag_add(rs, tag);
}

void api_backup_schedule_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	answer_schedule(sv, 200, rs);
}

/* A whole number of the body within bounds; false when it is none. */
static bool take_int(const struct request *rq, const char *name, int least, int most, int *value_r)
{
	const json_t *value = json_object_get(rq->body, name);
	json_int_t number = json_integer_value(value);
	*value_r = (int)number;
	return json_is_integer(value) && number >= least && number <= most;
}

/* Compares and changes. Returns 0, or an error with the problem in rs. */
static int edit_schedule(const struct web_services *sv, const struct request *rq, const struct backup_schedule *schedule, struct response *rs)
{
	struct backup_schedule now;
	char message[BACKUP_TEXT_SIZE], tag[ETAG_SIZE];
	int err = backup_schedule_get(sv->store, &now);
	if (!err) {
		schedule_tag(&now, tag);
		if (!etag_fits(rq, tag, rs))
			return ERR_STATE;
		err = backup_schedule_put(sv->store, schedule, message);
	}
	if (err == ERR_INVALID || err == ERR_NOT_FOUND || err == ERR_DENIED)
		problem_coded(rs, 422, "backup_path", "path", message);
	else if (err)
		problem_from_err(rs, err, "schedule");
	return err;
}

void api_backup_schedule_put(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct backup_schedule schedule = {.hour = 0};
	const char *path = request_text(rq, "path", 0, sizeof schedule.path - 1);
	if (!path || str_copy(schedule.path, sizeof schedule.path, path)) {
		problem_coded(rs, 422, "backup_path", "path", "path is a directory on another disk, such as /mnt/backup, or \"\" for no scheduled backups.");
		return;
	}
	if (!take_int(rq, "hour", 0, 23, &schedule.hour)) {
		problem_field(rs, 422, "hour", "hour is a number from 0 to 23.");
		return;
	}
	if (!take_int(rq, "keep", 1, BACKUP_KEEP_MAX, &schedule.keep)) {
		problem_field(rs, 422, "keep", "keep is how many backups stay, from 1 to 365.");
		return;
	}
	lock_take(sv->edits);
	int err = edit_schedule(sv, rq, &schedule, rs);
	lock_release(sv->edits);
	if (err)
		return;
	audit(sv, rq->identity.name, "backup schedule", schedule.path);
	answer_schedule(sv, 200, rs);
}

void api_backup_now(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int err = backup_now(sv->store);
	if (err == ERR_STATE)
		problem_coded(rs, 409, "backup_unset", NULL, "No directory for backups is set yet.");
	else if (err == ERR_BUSY)
		problem_coded(rs, 409, "backup_running", NULL, "A backup is being taken already. Wait until it is done.");
	else if (err)
		problem_from_err(rs, err, "backup");
	if (err)
		return;
	audit(sv, rq->identity.name, "backup now", "");
	answer_schedule(sv, 202, rs);
}
