/* The broker's door to the store: encodes its changes on the caller's thread and hands them to the committer as one frame's
 * records, so that all of them are on the disk or none. Touches no disk itself but when it loads. */
#include "db/durable.h"

#include "db/committer.h"
#include "db/record.h"
#include "db/session_store.h"
#include "db/store.h"

static void nobody_waits(void *ctx, int err)
{
	(void)ctx, (void)err; /* the committer counts failures and tells the owner */
}

static int append(void *ctx, const struct persist_change *changes, size_t count, const struct persist_done *done)
{
	struct durable *d = ctx;
	struct store_done tell = {.fn = done ? done->fn : nobody_waits, .ctx = done ? done->ctx : NULL};
	struct buf records = {0};
	int err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = record_append_persist(&records, &changes[i]);
	if (!err)
		err = committer_append_record(d->committer, buf_span(&records), &tell);
	buf_finish(&records);
	return err;
}

static int load(void *ctx, persist_each *each, void *each_ctx)
{
	struct durable *d = ctx;
	return session_store_each(d->sessions, each, each_ctx);
}

struct persist_port durable_port(struct durable *d)
{
	return (struct persist_port){.append = append, .load = load, .ctx = d};
}
