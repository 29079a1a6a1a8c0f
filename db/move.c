/* Copying history between back ends. Main thread of a process of its own: the directory's lock keeps the hub out. */
#include "db/move.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/conn.h"
#include "db/migrate.h"
#include "db/rows.h"
#include "db/schema.h"
#include "db/shelf_copy.h"
#include "db/state_dir.h"
#include "db/store_id.h"

struct moving {
	const struct move_options *options;
	char hub[STORE_ID_SIZE];
	char *message;
};

static int read_id(struct moving *m)
{
	char path[PATH_MAX];
	struct conn *conn = NULL;
	int err = state_dir_file(m->options->state_dir, "hub.db", path, m->message);
	if (err)
		return err;
	err = conn_open_writer(path, BASE_HUB, &conn);
	if (!err)
		err = migrate(conn, &schema_hub, m->message);
	if (!err)
		err = store_id(conn, m->hub);
	if (err && !m->message[0])
		(void)str_format(m->message, STORE_MESSAGE_SIZE, "%s cannot be opened: %s (%s).", path, err_text(err),
				 conn_message(conn));
	conn_close(&conn);
	return err;
}

static int open_shelf(struct moving *m, const char *where, struct shelf **shelf_r)
{
	char path[PATH_MAX];
	if (strcmp(where, "local") != 0)
		return shelf_open_postgres(where, m->hub, shelf_r, m->message);
	int err = state_dir_file(m->options->state_dir, "telemetry.db", path, m->message);
	if (!err)
		err = rows_convert(path, m->message);
	return err ? err : shelf_open_sqlite(path, shelf_r, m->message);
}

static int copy(struct moving *m)
{
	struct shelf *from = NULL, *to = NULL;
	int err = read_id(m);
	if (!err)
		err = open_shelf(m, m->options->from, &from);
	if (!err)
		err = open_shelf(m, m->options->to, &to);
	if (!err) {
		err = shelf_copy(from, to, false, m->options->progress, m->options->ctx);
		if (err == ERR_AGAIN)
			(void)str_copy(m->message, STORE_MESSAGE_SIZE,
				       "The database server cannot be reached. What was copied is kept: do the same again when it can.");
	}
	shelf_close(&from);
	shelf_close(&to);
	return err;
}

int store_move(const struct move_options *options, char message_r[STORE_MESSAGE_SIZE])
{
	struct moving m = {.options = options, .message = message_r};
	int lock_fd = -1;
	message_r[0] = 0;
	if (strcmp(options->from, options->to) == 0) {
		(void)str_copy(message_r, STORE_MESSAGE_SIZE, "History lies there already: choose another place to copy it to.");
		return ERR_INVALID;
	}
	int err = state_dir_take(options->state_dir, &lock_fd, message_r);
	if (!err)
		err = copy(&m);
	if (lock_fd >= 0)
		close(lock_fd);
	if (err && !message_r[0])
		(void)str_format(message_r, STORE_MESSAGE_SIZE, "History could not be copied: %s.", err_text(err));
	return err;
}
