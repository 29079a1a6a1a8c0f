/* Erasing devices and single series. The decision is a transaction of hub.db on the writer's thread; then the sealer's
 * thread forgets the series in journal and head, removes its history from the shelf, rewrites the files, wipes the journal, and at
 * last strikes the note. A crash anywhere lets the next start go on. Who asked is told at the end. */
#include "db/erasure.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "db/blocked.h"
#include "db/erase.h"
#include "db/keep.h"
#include "db/store_private.h"

enum { SERIES_AT_ONCE = 64, NOTE_SIZE = MODEL_ID_SIZE };

/* ---- the decision, writer's thread ------------------------------------- */

/* note: a device's id, or "#<series>" for a single series. */
struct note_op {
	struct op op;
	char note[NOTE_SIZE];
};

static int forget_device(struct conn *hub, const char *device)
{
	int err = query_run_text(hub, "DELETE FROM device WHERE id = ?", device); /* cascades to its discovery */
	if (!err && conn_changes(hub) == 0)
		err = ERR_NOT_FOUND;
	if (!err)
		err = query_run_text(hub, "DELETE FROM provisioning_key WHERE ?1 IN (device_id, replaces)", device);
	if (!err)
		err = query_run_text(hub, "DELETE FROM alert WHERE device = ?", device);
	/* That something happened stays in the audit log, not to whom. */
	if (!err)
		err = query_run_text(hub, "UPDATE audit SET who = 'erased device', detail = '' WHERE who = ?", device);
	return err;
}

static int write_note(struct write *write, const char *note)
{
	return query_run_text(write->hub, "INSERT OR IGNORE INTO erasure (device) VALUES (?)", note);
}

int erasure_decide(struct write *write, const char *device)
{
	int err = forget_device(write->hub, device);
	return err ? err : write_note(write, device);
}

static int apply_note(struct op *op, struct write *write)
{
	const char *note = container_of(op, struct note_op, op)->note;
	return note[0] == '#' ? write_note(write, note) : erasure_decide(write, note);
}

/* ---- the end, writer's thread ------------------------------------------ */

static int apply_strike(struct op *op, struct write *write)
{
	const char *note = container_of(op, struct note_op, op)->note;
	int err = erase_note_traces(write); /* first, so that there is always a note: each is a transaction of its own */
	if (!err)
		err = query_run_text(write->hub, "DELETE FROM erasure WHERE device = ?", note);
	return err ? err : erase_wipe(write);
}

static int submit_note(struct store *s, const struct op_kind *kind, const char *note, const struct store_done *done)
{
	struct note_op *op = op_create(kind, sizeof *op);
	if (!op)
		return ERR_NOMEM;
	if (str_copy(op->note, sizeof op->note, note) || !note[0]) {
		op_discard(&op->op);
		return ERR_NOT_FOUND; /* no device is called that */
	}
	return writer_submit(s->writer, &op->op, done);
}

/* ---- the work, sealer's thread ----------------------------------------- */

/* Something that is noted. Returns 0, ERR_NOT_FOUND or an error. */
static int next_note(struct store *s, char note_r[NOTE_SIZE])
{
	struct reading r;
	reading_begin(&r, s, "SELECT device FROM erasure WHERE device <> '' LIMIT 1");
	bool found = query_next(&r.q);
	if (found)
		query_take_text(&r.q, note_r, NOTE_SIZE);
	return reading_end_found(&r, found);
}

static bool is_noted(const char *note, const struct series *series)
{
	int64_t id;
	if (note[0] == '#')
		return str_to_int(note + 1, 1, SERIES_ID_MAX, &id) == 0 && id == series->id;
	return strcmp(series->device, note) == 0;
}

/* Removes a series from the shelf, here and at the remote one. */
static int remove_history(struct shelf *shelf, int64_t series)
{
	struct shelf_txn *txn;
	int err = shelf_begin(shelf, true, &txn);
	if (err)
		return err;
	err = shelf_remove_series(txn, series);
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

/* telemetry.db lists the series until the last: what cannot be finished now is found there again. */
static int forget_series(struct store *s, int64_t series)
{
	int err = committer_forget_series(s->committer, series, NULL);
	if (!err && s->remote)
		err = remove_history(s->remote, series);
	return err ? err : remove_history(s->local, series);
}

struct noted {
	const char *note;
	int64_t id; /* of a series on the shelf; 0: none */
};

static int find_noted(void *ctx, const struct series *series)
{
	struct noted *noted = ctx;
	if (!is_noted(noted->note, series))
		return 0;
	noted->id = series->id;
	return 1;
}

/* A noted series of telemetry.db: a crash may have come between the journal, which made the head forget it, and the
 * shelf. *id_r: 0 for none. */
static int next_on_shelf(struct store *s, const char *note, int64_t *id_r)
{
	struct noted noted = {note, 0};
	struct shelf_txn *txn;
	int err = shelf_begin(s->local, false, &txn);
	if (err)
		return err;
	err = shelf_series(txn, find_noted, &noted);
	shelf_end(&txn);
	*id_r = noted.id;
	return noted.id ? 0 : err;
}

static int forget_noted(struct store *s, const char *note)
{
	struct series series = {0};
	int64_t id;
	int err = committer_append(s->committer, NULL, 0, NULL); /* also those that were put just before */
	while (!err && head_next_series(s->head, series.id, &series) == 0) {
		if (is_noted(note, &series))
			err = forget_series(s, series.id);
	}
	while (!err && !(err = next_on_shelf(s, note, &id)) && id)
		err = forget_series(s, id);
	return err;
}

static int finish(struct store *s, const char *note)
{
	static const struct op_kind strike = {.alone = true, .apply = apply_strike};
	int err = forget_noted(s, note);
	/* the journal holds names and values until everything in it is sealed and released */
	if (!err)
		err = sealer_seal(s->sealer, false);
	if (!err)
		err = committer_wipe(s->committer);
	if (!err)
		err = shelf_scrub(s->local);
	if (!err && s->remote)
		err = shelf_scrub(s->remote);
	if (!err)
		err = keep_forget(s->dir);
	return err ? err : submit_note(s, &strike, note, NULL);
}

static int finish_all(struct store *s)
{
	char note[NOTE_SIZE];
	int err;
	while (!(err = next_note(s, note))) {
		err = finish(s, note);
		if (err) {
			log_warning("store", "an erasure is not finished and will be tried again: %s", err_text(err));
			return err;
		}
	}
	return err == ERR_NOT_FOUND ? 0 : err;
}

/* ---- asking for it ----------------------------------------------------- */

/* Who waits for the end of an erasure. */
struct request {
	struct request *next;
	struct store *store;
	struct store_done done;
};

static struct request *take_requests(struct store *s)
{
	lock_take(&s->erasures_lock);
	struct request *requests = s->erasures;
	s->erasures = NULL;
	lock_release(&s->erasures_lock);
	return requests;
}

static void answer(struct request *requests, int err)
{
	while (requests) {
		struct request *request = requests;
		requests = request->next;
		request->done.fn(request->done.ctx, err);
		free(request);
	}
}

void erasure_finish(struct store *s)
{
	if (sealer_checkpoints_forbidden(s->sealer)) /* a backup copies the files, and pokes the sealer at its end */
		return;
	struct request *requests = take_requests(s);
	answer(requests, finish_all(s));
}

void erasure_refuse(struct store *s)
{
	answer(take_requests(s), ERR_CLOSED);
}

/* Writer's thread: the decision is on the disk, or is not. */
static void decided(void *ctx, int err)
{
	struct request *request = ctx;
	struct store *s = request->store;
	if (err) {
		answer(request, err);
		return;
	}
	lock_take(&s->erasures_lock);
	request->next = s->erasures;
	s->erasures = request;
	lock_release(&s->erasures_lock);
	sealer_poke(s->sealer);
}

static int erase_and_wait(struct store *s, const char *note);

static int erase(struct store *s, const char *note, const struct store_done *done)
{
	static const struct op_kind kind = {.apply = apply_note};
	if (!done)
		return erase_and_wait(s, note);
	struct request *request = calloc(1, sizeof *request);
	if (!request)
		return ERR_NOMEM;
	*request = (struct request){.store = s, .done = *done};
	store_alerts_forget(s, note);
	int err = submit_note(s, &kind, note, &(struct store_done){.fn = decided, .ctx = request});
	if (err)
		free(request);
	return err;
}

static int erase_and_wait(struct store *s, const char *note)
{
	struct blocked blocked;
	const struct store_done done = blocked_begin(&blocked);
	return blocked_end(&blocked, erase(s, note, &done));
}

int store_device_erase(struct store *s, const char *id, const struct store_done *done)
{
	return id[0] == '#' ? ERR_NOT_FOUND : erase(s, id, done);
}

int store_erasure_find(struct store *s, const char *id)
{
	struct reading r;
	reading_begin(&r, s, "SELECT 1 FROM erasure WHERE device = ?");
	query_put_text(&r.q, id);
	return reading_end_found(&r, query_next(&r.q));
}

int store_series_erase(struct store *s, int64_t id, const struct store_done *done)
{
	char note[NOTE_SIZE];
	struct series series;
	int err = head_get_series(s->head, id, &series);
	if (!err)
		err = str_format(note, sizeof note, "#%lld", (long long)id);
	return err ? err : erase(s, note, done);
}
