/* The facade's frame: opening and closing the two databases, the lock on their
 * directory, and the shape of every read. Opens and closes on the main thread. */
#include "db/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/schema.h"
#include "db/store_private.h"

enum { CHECK_LIMIT_MS = 5000 }; /* of hub.db at open; some hundred MB */

static const char *const base_names[BASE_COUNT] = {[BASE_HUB] = "hub.db", [BASE_TELEMETRY] = "telemetry.db"};

/* What store_open works on, in the caller's frame. */
struct opening {
	const char *dir;
	char path[BASE_COUNT][PATH_MAX];
	struct write write;
	struct store *store;
	char *message; /* the caller's, STORE_MESSAGE_SIZE bytes */
};

/* ---- directory, lock, files -------------------------------------------- */

#define tell(o, ...) ((void)str_format((o)->message, STORE_MESSAGE_SIZE, __VA_ARGS__))

/* Makes the directory, or takes the one that is there; one that others may
 * enter is only told about, since it may be somebody's with a purpose: the files are 0600. */
static int open_dir(struct opening *o)
{
	if (mkdir(o->dir, 0700) == 0) {
		if (chmod(o->dir, 0700)) /* whatever the umask was */
			return err_from_errno(errno);
		return 0;
	}
	struct stat st;
	if (errno != EEXIST || stat(o->dir, &st)) {
		int error = errno;
		tell(o, "The state directory %s cannot be made: %s.", o->dir, strerror(error));
		return err_from_errno(error);
	}
	if (!S_ISDIR(st.st_mode)) {
		tell(o, "%s is not a directory.", o->dir);
		return ERR_IO;
	}
	if (st.st_mode & 077)
		log_warning("store", "others may look into %s: chmod 700 it", o->dir);
	return 0;
}

static void tell_who_has_the_lock(struct opening *o, int fd)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
	pid[n > 0 ? n : 0] = 0;
	pid[strcspn(pid, "\n")] = 0;
	tell(o, "Another tomte-hub (process %s) uses %s. Stop it first, or choose another --state-dir.",
	     pid[0] ? pid : "unknown", o->dir);
}

static int write_pid(int fd)
{
	char text[24];
	int err = str_format(text, sizeof text, "%jd\n", (intmax_t)getpid());
	if (err)
		return err;
	if (ftruncate(fd, 0) || pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		return err_from_errno(errno);
	return 0;
}

/* The lock goes with the descriptor, so it ends with the process, however that ends. */
static int take_lock(struct opening *o)
{
	char path[PATH_MAX];
	if (str_format(path, sizeof path, "%s/hub.lock", o->dir))
		return ERR_TOO_LARGE;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		int error = errno;
		tell(o, "%s cannot be opened: %s.", path, strerror(error));
		return err_from_errno(error);
	}
	o->store->lock_fd = fd;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		tell_who_has_the_lock(o, fd);
		return ERR_BUSY;
	}
	int err = fchmod(fd, 0600) ? err_from_errno(errno) : write_pid(fd);
	if (err)
		tell(o, "%s cannot be written: %s.", path, err_text(err));
	return err;
}

/* Makes the file if it is missing; SQLite gives its log the same mode. */
static int make_file(struct opening *o, enum base base)
{
	char *path = o->path[base];
	if (str_format(path, sizeof o->path[base], "%s/%s", o->dir, base_names[base])) {
		tell(o, "The name of the state directory is too long.");
		return ERR_TOO_LARGE;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err = fd < 0 || fchmod(fd, 0600) ? err_from_errno(errno) : 0;
	if (err)
		tell(o, "%s cannot be opened: %s.", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- databases --------------------------------------------------------- */

static void tell_damage(struct opening *o, enum base base, const char *found)
{
	tell(o, "%s is damaged (%s). Restore it from a backup, or move it and its -wal file away to begin anew without it.",
	     o->path[base], found);
}

/* hub.db is small: all of it. Of telemetry.db the series and the end of the samples;
 * a check of all would read gigabytes before the house has light. */
static int check(struct opening *o, enum base base)
{
	struct conn *conn = o->write.conn[base];
	char found[256] = "";
	bool finished = true;
	int err;
	if (base == BASE_HUB) {
		err = conn_quick_check(conn, CHECK_LIMIT_MS, &finished, found);
	} else {
		err = conn_exec(conn, "SELECT count(device || entity) FROM series;"
				      "SELECT max(at) FROM sample WHERE series = (SELECT max(series) FROM sample)");
		(void)str_format(found, sizeof found, "%s", conn_message(conn));
	}
	if (err == ERR_DAMAGED)
		tell_damage(o, base, found);
	else if (err)
		tell(o, "%s cannot be checked: %s (%s).", o->path[base], err_text(err), found);
	if (!finished)
		log_warning("store", "%s is large: its check was ended after %d s without a finding", o->path[base],
			    CHECK_LIMIT_MS / 1000);
	return err;
}

static int open_base(struct opening *o, enum base base)
{
	static const struct schema *const schemas[BASE_COUNT] = {&schema_hub, &schema_telemetry_rows};
	int err = make_file(o, base);
	if (err)
		return err;
	err = conn_open_writer(o->path[base], base, &o->write.conn[base]);
	struct conn *conn = o->write.conn[base];
	if (err == ERR_DAMAGED) {
		tell_damage(o, base, conn_message(conn));
		return err;
	}
	if (err) {
		tell(o, "%s cannot be opened: %s (%s).", o->path[base], err_text(err), conn_message(conn));
		return err;
	}
	err = migrate(conn, schemas[base], o->message);
	if (err == ERR_DAMAGED)
		tell_damage(o, base, conn_message(conn));
	if (!err)
		err = check(o, base);
	if (!err)
		err = conn_exec(conn, "PRAGMA foreign_keys = ON");
	return err;
}

static int find_erasures(struct opening *o)
{
	struct query q;
	query_begin(&q, o->write.conn[BASE_HUB], "SELECT 1 FROM erasure");
	o->write.erasure_due = query_next(&q);
	return query_end(&q);
}

static int open_all(struct opening *o)
{
	int err = open_dir(o);
	if (!err)
		err = take_lock(o);
	for (enum base base = 0; base < BASE_COUNT && !err; base++)
		err = open_base(o, base);
	if (!err)
		err = find_erasures(o);
	const char *const paths[BASE_COUNT] = {o->path[BASE_HUB], o->path[BASE_TELEMETRY]};
	if (!err)
		err = readers_create(paths, &o->store->readers);
	if (!err)
		err = writer_start(&o->write, &o->store->writer);
	return err;
}

int store_open(const char *state_dir, struct store **store_r, char message_r[STORE_MESSAGE_SIZE])
{
	message_r[0] = 0;
	*store_r = NULL;
	struct opening *o = calloc(1, sizeof *o); /* some 40 kB: not for the stack */
	struct store *s = calloc(1, sizeof *s);
	int err = ERR_NOMEM;
	if (o && s) {
		s->lock_fd = -1;
		o->dir = state_dir;
		o->store = s;
		o->message = message_r;
		err = open_all(o);
	}
	if (err && !message_r[0])
		(void)str_format(message_r, STORE_MESSAGE_SIZE, "The store in %s cannot be opened: %s.", state_dir,
				 err_text(err));
	if (err) {
		for (int base = 0; o && base < BASE_COUNT; base++)
			conn_close(&o->write.conn[base]);
		store_close(&s);
	}
	free(o);
	*store_r = s;
	return err;
}

void store_close(struct store **store)
{
	struct store *s = *store;
	if (!s)
		return;
	readers_destroy(&s->readers); /* first: the last connection to close tidies the log away */
	writer_stop(&s->writer);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
	*store = NULL;
}

/* ---- reading ----------------------------------------------------------- */

void reading_begin(struct reading *r, struct store *s, enum base base, const char *sql)
{
	*r = (struct reading){.store = s, .base = base};
	struct conn *conn;
	int err = readers_take(s->readers, base, &conn);
	if (err)
		r->q = (struct query){.err = err};
	else
		query_begin(&r->q, conn, sql);
}

int reading_end(struct reading *r)
{
	int err = query_end(&r->q);
	if (r->q.conn)
		readers_give(r->store->readers, r->base, r->q.conn);
	r->q.conn = NULL;
	return err;
}

int reading_end_found(struct reading *r, bool found)
{
	int err = reading_end(r);
	return err ? err : found ? 0 : ERR_NOT_FOUND;
}

/* ---- counters ---------------------------------------------------------- */

void store_stats_get(struct store *s, struct store_stats *stats_r)
{
	*stats_r = (struct store_stats){0};
	writer_stats(s->writer, stats_r);
}
