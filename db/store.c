/* The facade's frame: opening and closing the databases, journal and threads, and the shape of
 * every read of hub.db. Opens and closes on the main thread. */
#include "db/store.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/backup_private.h"
#include "db/erasure.h"
#include "db/keep.h"
#include "db/replay.h"
#include "db/restore_private.h"
#include "db/rows.h"
#include "db/schema.h"
#include "db/state_dir.h"
#include "db/store_id.h"
#include "db/store_private.h"
#include "db/upkeep.h"

enum { CHECK_LIMIT_MS = 5000 }; /* of a database at open; some hundred MB */

/* The policy until the owner's settings are told: keeps everything. */
static const struct history_policy first_policy = {.raw_days = -1, .rollup_years = -1, .max_bytes = 0, .window_ms = 1000};

/* What store_open works on, in the caller's frame. */
struct opening {
	const struct store_options *options;
	char path[PATH_MAX];
	struct write write;
	struct journal *journal;
	struct store *store;
	char *message; /* the caller's, STORE_MESSAGE_SIZE bytes */
};

#define tell(o, ...) ((void)str_format((o)->message, STORE_MESSAGE_SIZE, __VA_ARGS__))

/* ---- hub.db ------------------------------------------------------------ */

static void tell_damage(struct opening *o, const char *path, const char *found)
{
	tell(o, "%s is damaged (%s). Restore a backup with tomtectl restore, or move it and its -wal file away to begin anew "
		"without it.",
	     path, found);
}

static int check_hub(struct opening *o)
{
	char found[256];
	bool finished;
	int err = conn_quick_check(o->write.hub, CHECK_LIMIT_MS, &finished, found);
	if (err == ERR_DAMAGED)
		tell_damage(o, o->path, found);
	else if (err)
		tell(o, "%s cannot be checked: %s (%s).", o->path, err_text(err), found);
	if (!finished)
		log_warning("store", "%s is large: its check was ended after %d s without a finding", o->path,
			    CHECK_LIMIT_MS / 1000);
	return err;
}

/* Whether secrets in the file wait to be wiped. */
static int find_traces(struct opening *o)
{
	struct query q;
	query_begin(&q, o->write.hub, "SELECT 1 FROM erasure WHERE device = ''");
	o->write.traces_due = query_next(&q);
	return query_end(&q);
}

static int open_hub(struct opening *o)
{
	int err = state_dir_file(o->options->state_dir, "hub.db", o->path, o->message);
	if (err)
		return err;
	err = conn_open_writer(o->path, BASE_HUB, &o->write.hub);
	struct conn *conn = o->write.hub;
	if (err && err != ERR_DAMAGED)
		tell(o, "%s cannot be opened: %s (%s).", o->path, err_text(err), conn_message(conn));
	if (!err)
		err = keep_copy(conn, &schema_hub, o->path, o->message);
	if (!err)
		err = migrate(conn, &schema_hub, o->message);
	if (err == ERR_DAMAGED)
		tell_damage(o, o->path, conn_message(conn));
	if (!err)
		err = check_hub(o);
	if (!err)
		err = conn_exec(conn, "PRAGMA foreign_keys = ON");
	if (!err)
		err = find_traces(o);
	return err ? err : readers_create(o->path, &o->store->readers);
}

/* ---- history and the broker's records ---------------------------------- */

static int check_shelf(struct opening *o)
{
	char found[256];
	int err = shelf_check(o->store->local, CHECK_LIMIT_MS, found);
	if (err == ERR_DAMAGED)
		tell_damage(o, o->path, found);
	return err;
}

static int open_shelves(struct opening *o)
{
	struct store *s = o->store;
	int err = state_dir_file(o->options->state_dir, "telemetry.db", o->path, o->message);
	if (!err)
		err = rows_convert(o->path, o->message);
	if (!err)
		err = shelf_open_sqlite(o->path, &s->local, o->message);
	if (!err)
		err = check_shelf(o);
	if (!err && o->options->database && o->options->database[0]) {
		char hub[STORE_ID_SIZE];
		err = store_id(o->write.hub, hub);
		if (!err)
			err = shelf_open_postgres(o->options->database, hub, &s->remote, o->message);
	}
	return err;
}

static int open_sessions(struct opening *o)
{
	int err = state_dir_file(o->options->state_dir, "broker.db", o->path, o->message);
	return err ? err : session_store_open(o->path, &o->store->sessions, o->message);
}

static int open_journal(struct opening *o)
{
	if (str_format(o->path, sizeof o->path, "%s/journal", o->options->state_dir))
		return ERR_TOO_LARGE;
	const struct replay replay = {.head = o->store->head, .shelf = o->store->local, .sessions = o->store->sessions};
	const struct journal_config config = {
		.dir = o->path, .disk = o->options->disk, .segment_bytes = o->options->segment_bytes};
	return replay_journal(&replay, &config, &o->journal, o->message);
}

/* ---- threads ----------------------------------------------------------- */

static void on_grown(void *ctx, const struct committer_stats *stats)
{
	struct store *s = ctx;
	sealer_look(s->sealer, stats);
}

static void on_disk(void *ctx, int err)
{
	struct store *s = ctx;
	upkeep_disk(s->upkeep, DISK_JOURNAL, err);
	sealer_poke(s->sealer);
}

static void on_shelf_disk(void *ctx, int err)
{
	struct store *s = ctx;
	upkeep_disk(s->upkeep, DISK_SHELF, err);
	sealer_poke(s->sealer);
}

static void on_upkeep(void *ctx)
{
	struct store *s = ctx;
	erasure_finish(s);
	upkeep_run(s->upkeep);
	backup_upkeep(s);
}

static void on_alert(void *ctx, const char *kind, const char *text)
{
	store_alert(ctx, kind, text);
}

static int start_threads(struct opening *o)
{
	struct store *s = o->store;
	const struct committer_config committer = {s->head, o->journal, on_grown, on_disk, s};
	const struct sealer_config sealer = {s->head,  s->local,	s->remote, s->sessions, on_upkeep,
					     on_alert, on_shelf_disk, s,		 first_policy};
	int err = writer_start(&o->write, &s->writer);
	if (err)
		return err;
	o->write.hub = NULL;
	err = upkeep_create(s, &s->upkeep);
	if (!err)
		err = sealer_create(&sealer, &s->sealer);
	if (!err)
		err = committer_start(&committer, &s->committer);
	if (err)
		return err;
	o->journal = NULL;
	committer_set_window(s->committer, first_policy.window_ms);
	return sealer_start(s->sealer, s->committer);
}

/* ---- opening and closing ----------------------------------------------- */

static int open_all(struct opening *o)
{
	struct store *s = o->store;
	int err = str_copy(s->dir, sizeof s->dir, o->options->state_dir);
	if (!err)
		err = state_dir_take(s->dir, &s->lock_fd, o->message);
	if (!err)
		err = restore_resume(s->dir, o->message);
	if (!err)
		err = open_hub(o);
	if (!err)
		err = open_shelves(o);
	if (!err)
		err = open_sessions(o);
	if (!err)
		err = head_create(&s->head);
	if (!err)
		err = open_journal(o);
	return err ? err : start_threads(o);
}

static int try_open(const struct store_options *options, struct store **store_r, char message_r[STORE_MESSAGE_SIZE])
{
	message_r[0] = 0;
	*store_r = NULL;
	struct opening *o = calloc(1, sizeof *o);
	struct store *s = calloc(1, sizeof *s);
	int err = ERR_NOMEM;
	if (o && s) {
		s->lock_fd = -1;
		lock_init(&s->erasures_lock, "store-erasures");
		lock_init(&s->alerts_lock, "store-alerts");
		backup_desk_init(&s->backups);
		*o = (struct opening){.options = options, .store = s, .message = message_r};
		err = open_all(o);
	}
	if (err && !message_r[0])
		(void)str_format(message_r, STORE_MESSAGE_SIZE, "The store in %s cannot be opened: %s.", options->state_dir,
				 err_text(err));
	if (err) {
		if (o) {
			conn_close(&o->write.hub);
			journal_close(&o->journal);
		}
		store_close(&s);
	}
	free(o);
	*store_r = s;
	return err;
}

/* A hub whose disk filled up must still start. */
int store_open(const struct store_options *options, struct store **store_r, char message_r[STORE_MESSAGE_SIZE])
{
	int err = try_open(options, store_r, message_r);
	if (err == ERR_DISK_FULL && upkeep_drop_ballast(options->state_dir))
		err = try_open(options, store_r, message_r);
	return err;
}

void store_close(struct store **store)
{
	struct store *s = *store;
	if (!s)
		return;
	backup_desk_stop(s);
	if (s->committer)
		(void)committer_append(s->committer, NULL, 0, NULL); /* what is patient is sealed too */
	sealer_stop(s->sealer);
	committer_stop(&s->committer);
	readers_destroy(&s->readers); /* before the writer: the last connection to close tidies the log away */
	writer_stop(&s->writer);
	erasure_refuse(s); /* the writer's thread has decided the last one */
	sealer_destroy(&s->sealer);
	upkeep_destroy(&s->upkeep);
	session_store_close(&s->sessions);
	shelf_close(&s->remote);
	shelf_close(&s->local);
	head_destroy(&s->head);
	lock_finish(&s->erasures_lock);
	lock_finish(&s->alerts_lock);
	backup_desk_finish(&s->backups);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
	*store = NULL;
}

/* ---- alerts ------------------------------------------------------------ */

/* The place of the kind, or a free one. Under lock. */
static struct standing_alert *alert_of(struct store *s, const char *kind)
{
	struct standing_alert *free_one = NULL;
	for (size_t i = 0; i < ALERT_KINDS; i++) {
		if (s->alerts[i].kind && strcmp(s->alerts[i].kind, kind) == 0)
			return &s->alerts[i];
		if (!s->alerts[i].kind)
			free_one = &s->alerts[i];
	}
	return free_one;
}

void store_alert(struct store *s, const char *kind, const char *text)
{
	lock_take(&s->alerts_lock);
	struct standing_alert *alert = alert_of(s, kind);
	bool news = alert && (text ? strcmp(alert->text, text) != 0 || !alert->kind : alert->kind != NULL);
	if (news) {
		alert->kind = text ? kind : NULL;
		alert->text[0] = 0;
		if (text)
			(void)str_format(alert->text, sizeof alert->text, "%s", text);
		if (s->events.alert)
			s->events.alert(s->events.ctx, kind, text);
	}
	lock_release(&s->alerts_lock);
}

void store_events_set(struct store *s, const struct store_events *events)
{
	lock_take(&s->alerts_lock);
	s->events = *events;
	for (size_t i = 0; i < ALERT_KINDS && events->alert; i++) {
		if (s->alerts[i].kind)
			events->alert(events->ctx, s->alerts[i].kind, s->alerts[i].text);
	}
	lock_release(&s->alerts_lock);
}

/* ---- reading ----------------------------------------------------------- */

void reading_begin(struct reading *r, struct store *s, const char *sql)
{
	*r = (struct reading){.store = s};
	struct conn *conn;
	int err = readers_take(s->readers, &conn);
	if (err)
		r->q = (struct query){.err = err};
	else
		query_begin(&r->q, conn, sql);
}

int reading_end(struct reading *r)
{
	int err = query_end(&r->q);
	if (r->q.conn)
		readers_give(r->store->readers, r->q.conn);
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
	struct committer_stats c;
	size_t live, frozen;
	committer_stats_get(s->committer, &c);
	head_counts(s->head, &live, &frozen);
	*stats_r = (struct store_stats){
		.commits = c.groups,
		.samples = c.samples,
		.errors = c.errors,
		.waiting_samples = c.waiting_samples,
		.disk_full = c.disk_full,
		.disk_refusals = c.disk_refusals,
		.journal_syncs = c.journal.syncs,
		.journal_bytes = c.journal.written_bytes,
		.unsealed_samples = live + frozen,
	};
	writer_stats(s->writer, stats_r);
}
