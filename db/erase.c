/* Erasure: deleting a row leaves copies of it in the file, in freed pages, in the
 * gaps of pages that were split, and in the log. (Measured: also secure_delete leaves the gaps.)
 * So an erasure is noted in the same transaction as its decision, and ends only when
 * VACUUM has written the file anew and a truncating checkpoint has emptied the log. A crash or a full disk in
 * between does not make it forgotten. Writer thread only. */
#include "db/erase.h"

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"
#include "db/store_private.h"

static int run_with(struct conn *conn, const char *literal, const char *text)
{
	struct query q;
	query_begin(&q, conn, literal);
	query_put_text(&q, text);
	return query_run(&q);
}

static int scrub(struct conn *conn)
{
	int err = conn_exec(conn, "VACUUM");
	return err ? err : conn_checkpoint(conn, true);
}

int erase_note_traces(struct write *write)
{
	int err = run_with(write->conn[BASE_HUB], "INSERT OR IGNORE INTO erasure (device) VALUES (?)", "");
	if (!err)
		write->erasure_due = true;
	return err;
}

/* A device whose samples are still there. Returns 0, ERR_NOT_FOUND or an error. */
static int next_device(struct conn *hub, char device_r[MODEL_ID_SIZE])
{
	struct query q;
	query_begin(&q, hub, "SELECT device FROM erasure WHERE device <> '' LIMIT 1");
	bool found = query_next(&q);
	if (found)
		query_take_text(&q, device_r, MODEL_ID_SIZE);
	int err = query_end(&q);
	return err ? err : found ? 0 : ERR_NOT_FOUND;
}

static int delete_samples(struct conn *telemetry, const char *device)
{
	int err = conn_exec(telemetry, "BEGIN IMMEDIATE");
	if (!err)
		err = run_with(telemetry, "DELETE FROM sample WHERE series IN (SELECT id FROM series WHERE device = ?)",
			       device);
	if (!err)
		err = run_with(telemetry, "DELETE FROM series WHERE device = ?", device);
	if (!err)
		err = conn_exec(telemetry, "COMMIT");
	conn_rollback(telemetry);
	return err;
}

/* The device's name leaves the list; that the file still shows it is noted instead. */
static int strike_device(struct write *write, const char *device)
{
	struct conn *hub = write->conn[BASE_HUB];
	int err = conn_exec(hub, "BEGIN IMMEDIATE");
	if (!err)
		err = run_with(hub, "DELETE FROM erasure WHERE device = ?", device);
	if (!err)
		err = erase_note_traces(write);
	if (!err)
		err = conn_exec(hub, "COMMIT");
	conn_rollback(hub);
	return err;
}

int erase_finish(struct write *write)
{
	struct conn *hub = write->conn[BASE_HUB], *telemetry = write->conn[BASE_TELEMETRY];
	char device[MODEL_ID_SIZE];
	int err;
	while (!(err = next_device(hub, device))) {
		err = delete_samples(telemetry, device);
		if (!err)
			err = scrub(telemetry);
		if (!err)
			err = strike_device(write, device);
		if (err)
			return err;
	}
	if (err != ERR_NOT_FOUND)
		return err;
	err = scrub(hub);
	if (!err)
		err = run_with(hub, "DELETE FROM erasure WHERE device = ?", "");
	if (!err)
		write->erasure_due = false;
	return err;
}

/* ---- a device ---------------------------------------------------------- */

struct erase_op {
	struct op op;
	char device[MODEL_ID_SIZE];
};

static int forget_device(struct conn *hub, const char *device)
{
	int err = run_with(hub, "DELETE FROM device WHERE id = ?", device); /* cascades to its discovery */
	if (!err && conn_changes(hub) == 0)
		err = ERR_NOT_FOUND;
	if (!err)
		err = run_with(hub, "DELETE FROM provisioning_key WHERE device_id = ?", device);
	if (!err)
		err = run_with(hub, "DELETE FROM alert WHERE device = ?", device);
	/* That something happened stays in the audit log, not to whom. */
	if (!err)
		err = run_with(hub, "UPDATE audit SET who = 'erased device', detail = '' WHERE who = ?", device);
	if (!err)
		err = run_with(hub, "INSERT OR IGNORE INTO erasure (device) VALUES (?)", device);
	return err;
}

static int apply_erase(struct op *op, struct write *write)
{
	int err = forget_device(write->conn[BASE_HUB], container_of(op, struct erase_op, op)->device);
	if (!err)
		write->erasure_due = true;
	return err;
}

int store_device_erase(struct store *s, const char *id, const struct store_done *done)
{
	static const struct op_kind kind = {.base = BASE_HUB, .erases = true, .apply = apply_erase};
	struct erase_op *erase = op_create(&kind, sizeof *erase);
	if (!erase)
		return ERR_NOMEM;
	if (str_copy(erase->device, sizeof erase->device, id) || !id[0]) {
		op_discard(&erase->op);
		return ERR_NOT_FOUND; /* no device is called that */
	}
	return writer_submit(s->writer, &erase->op, done);
}
