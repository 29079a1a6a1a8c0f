/* The remote shelf: a database server that may be away. While it is, history goes to the local one, which readers then
 * ask too; when it can be reached again, everything is copied there before the two change places, so that no
 * reader misses what lies on the way. Sealer's thread. */
#include "base/err.h"
#include "base/log.h"
#include "db/sealer_private.h"
#include "db/shelf_copy.h"

enum { TRIM_AT_ONCE = 4096, TELL_EVERY = 10000 };

void sealer_remote_lost(struct sealer *s, int err)
{
	atomic_store(&s->remote_down, true);
	if (s->alerted_remote)
		return;
	s->alerted_remote = true;
	log_warning("store", "the database server cannot be used (%s): history is kept here and moved there later", err_text(err));
	s->config.alert(s->config.ctx, "database",
			"The database server for history cannot be reached. Nothing is lost: new history is kept on the hub and moved "
			"there when the server is back. Until then charts show what the hub has itself.");
}

static void remote_found(struct sealer *s)
{
	atomic_store(&s->remote_down, false);
	if (s->alerted_remote)
		s->config.alert(s->config.ctx, "database", NULL);
	s->alerted_remote = false;
	log_info("store", "history is kept by the database server");
}

/* Whether the local shelf holds anything but the registry. */
static int is_empty(struct shelf *local, bool *empty_r)
{
	struct shelf_txn *txn;
	struct shelf_size size;
	int err = shelf_begin(local, false, &txn);
	if (err)
		return err;
	err = shelf_size(txn, &size);
	shelf_end(&txn);
	*empty_r = !err && size.chunks == 0 && size.rollup_bytes == 0;
	return err;
}

static int tell_progress(void *ctx, int64_t done, int64_t total)
{
	int64_t *told = ctx;
	if (done - *told >= TELL_EVERY) {
		*told = done;
		log_info("store", "%lld of %lld pieces of history are moved to the database server", (long long)done,
			 (long long)total);
	}
	return 0;
}

static int trim_some(struct shelf *local, size_t *removed_r)
{
	const struct shelf_days all = {0, SHELF_DAY_MIN, SHELF_DAY_MAX};
	struct shelf_txn *txn;
	int err = shelf_begin(local, true, &txn);
	if (err)
		return err;
	err = shelf_trim(txn, &all, TRIM_AT_ONCE, removed_r);
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

static int trim_rollups(struct sealer *s)
{
	static const enum rollup_level levels[] = {ROLLUP_5MIN, ROLLUP_HOUR};
	struct series series = {0};
	struct shelf_txn *txn;
	int err = shelf_begin(s->config.local, true, &txn);
	if (err)
		return err;
	while (!err && head_next_series(s->config.head, series.id, &series) == 0) {
		for (size_t i = 0; i < 2 && !err; i++) {
			const struct shelf_rollup before = {series.id, rollup_block_of(levels[i], HISTORY_LAST_MS) + 1, levels[i], {NULL, 0}};
			err = shelf_trim_rollups(txn, &before);
		}
	}
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

/* What the server holds durably goes from here. */
static int empty_local(struct sealer *s)
{
	size_t removed = TRIM_AT_ONCE;
	int err = 0;
	while (!err && removed >= TRIM_AT_ONCE)
		err = trim_some(s->config.local, &removed);
	if (!err)
		err = trim_rollups(s);
	return err || atomic_load(&s->checkpoints_forbidden) ? err : shelf_tidy(s->config.local);
}

static int reach(struct shelf *remote)
{
	struct shelf_txn *txn;
	int err = shelf_begin(remote, false, &txn);
	shelf_end(&txn);
	return err;
}

void sealer_ask_remote(struct sealer *s)
{
	bool empty;
	if (s->config.remote && is_empty(s->config.local, &empty) == 0 && empty && reach(s->config.remote) == 0)
		remote_found(s);
}

int sealer_catch_up(struct sealer *s)
{
	bool empty;
	int64_t told = 0;
	if (!s->config.remote || !atomic_load(&s->remote_down))
		return 0;
	int err = reach(s->config.remote);
	if (err) {
		sealer_remote_lost(s, err);
		return err;
	}
	err = is_empty(s->config.local, &empty);
	if (!err && !empty) {
		log_info("store", "history that was kept here is moved to the database server");
		err = shelf_copy(s->config.local, s->config.remote, false, tell_progress, &told);
	}
	if (err) {
		log_warning("store", "history could not be moved to the database server: %s; it is tried again", err_text(err));
		return err;
	}
	remote_found(s);
	return empty ? 0 : empty_local(s);
}
