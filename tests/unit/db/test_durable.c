/* The persist port: what the broker appends reaches the committer as one run of records, and comes back from broker.db. */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "db/committer.h"
#include "db/durable.h"
#include "db/record.h"
#include "db/session_store.h"
#include "db/store_private.h"
#include "support/persist_equal.h"
#include "support/suite.h"

/* In the committer's place: keeps what it is given. */
struct committer {
	struct buf frame;
	unsigned frames;
	struct store_done done;
	int err;
};

int committer_append_record(struct committer *c, struct span record, const struct store_done *done)
{
	ck_assert_ptr_nonnull(done);
	if (c->err)
		return c->err;
	c->frames++;
	c->frame.len = 0;
	c->done = *done;
	return buf_append(&c->frame, record.data, record.len);
}

static const struct persist_change changes[] = {
	{PERSIST_SESSION_PUT, .client = {(const uint8_t *)"c", 1}, .session = {.protocol = 4}},
	{PERSIST_QUEUE_APPEND, .client = {(const uint8_t *)"c", 1}, .queued = {.number = 1, .qos = 1}},
};

static void note(void *ctx, int err)
{
	*(int *)ctx = err;
}

START_TEST(one_append_is_one_run)
{
	struct committer committer = {0};
	struct store store = {.committer = &committer};
	struct persist_port port = store_persist_port(&store);
	int result = 1;
	ck_assert_int_eq(port.append(port.ctx, changes, 2, &(struct persist_done){note, &result}), 0);
	ck_assert_uint_eq(committer.frames, 1);
	struct record_reader reader;
	struct record record;
	record_reader_init(&reader, buf_span(&committer.frame));
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(record_next(&reader, &record), 0);
		ck_assert(persist_equal(&record.persist, &changes[i]));
	}
	ck_assert_int_eq(record_next(&reader, &record), ERR_NOT_FOUND);
	committer.done.fn(committer.done.ctx, ERR_IO);
	ck_assert_int_eq(result, ERR_IO);
	ck_assert_int_eq(port.append(port.ctx, changes, 1, NULL), 0);
	committer.done.fn(committer.done.ctx, 0); /* nobody waits, and it does not block */
	buf_finish(&committer.frame);
}
END_TEST

START_TEST(refusals_reach_the_caller)
{
	struct committer committer = {.err = ERR_FULL};
	struct store store = {.committer = &committer};
	struct persist_port port = store_persist_port(&store);
	ck_assert_int_eq(port.append(port.ctx, changes, 2, NULL), ERR_FULL);
	committer.err = 0;
	const struct persist_change wrong[] = {changes[0], {.type = (enum persist_type)99}};
	ck_assert_int_eq(port.append(port.ctx, wrong, 2, NULL), ERR_INVALID);
	ck_assert_uint_eq(committer.frames, 0);
}
END_TEST

static int compare(void *ctx, const struct persist_change *change)
{
	size_t *told = ctx;
	ck_assert_uint_lt(*told, 2);
	ck_assert(persist_equal(change, &changes[(*told)++]));
	return 0;
}

START_TEST(what_was_sealed_is_loaded)
{
	struct committer committer = {0};
	struct store store = {.committer = &committer, .dir = "/tmp/tomte-durable-XXXXXX"};
	struct persist_port port = store_persist_port(&store);
	char path[64], message[STORE_MESSAGE_SIZE];
	ck_assert_ptr_nonnull(mkdtemp(store.dir));
	ck_assert_int_eq(str_format(path, sizeof path, "%s/broker.db", store.dir), 0);
	ck_assert_int_eq(session_store_open(path, &store.sessions, message), 0);
	ck_assert_int_eq(port.append(port.ctx, changes, 2, NULL), 0);
	ck_assert_int_eq(session_store_begin(store.sessions), 0);
	ck_assert_int_eq(session_store_apply(store.sessions, 1, buf_span(&committer.frame)), 0);
	ck_assert_int_eq(session_store_commit(store.sessions, 1), 0);
	size_t told = 0; /* by a connection of its own, beside the one that is open */
	ck_assert_int_eq(port.load(port.ctx, compare, &told), 0);
	ck_assert_uint_eq(told, 2);
	session_store_close(&store.sessions);
	buf_finish(&committer.frame);
	ck_assert_int_eq(remove(path), 0);
	ck_assert_int_eq(remove(store.dir), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {one_append_is_one_run, refusals_reach_the_caller, what_was_sealed_is_loaded};
	return suite_run("durable", tests, sizeof tests / sizeof *tests);
}
