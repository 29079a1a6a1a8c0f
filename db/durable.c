/* The broker's door to the store: encodes its changes on the caller's thread and hands them to the committer as one frame's
 * records, so that all of them are on the disk or none. Touches no disk itself but when it loads. */
#include "db/durable.h"

#include "base/str.h"
#include "db/record.h"
#include "db/store_private.h"

static void nobody_waits(void *ctx, int err)
{
	(void)ctx, (void)err; /* the committer counts failures and tells the owner */
}

static int append(void *ctx, const struct persist_change *changes, size_t count, const struct persist_done *done)
{
	struct store *s = ctx;
	struct store_done tell = {.fn = done ? done->fn : nobody_waits, .ctx = done ? done->ctx : NULL};
	struct buf records = {0};
	int err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = record_append_persist(&records, &changes[i]);
	if (!err)
		err = committer_append_record(s->committer, buf_span(&records), &tell);
	buf_finish(&records);
	return err;
}

/* With a connection of its own: the store's belongs to the sealer, which is running by now. */
static int load(void *ctx, persist_each *each, void *each_ctx)
{
	struct store *s = ctx;
	char path[STORE_PATH_SIZE + 16];
	struct session_store *sessions;
	int err = str_format(path, sizeof path, "%s/broker.db", s->dir);
	if (!err)
		err = session_store_open_reader(path, &sessions);
	if (err)
		return err;
	err = session_store_each(sessions, each, each_ctx);
	session_store_close(&sessions);
	return err;
}

struct persist_port store_persist_port(struct store *s)
{
	return (struct persist_port){.append = append, .load = load, .ctx = s};
}
