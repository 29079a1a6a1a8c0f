/* A database server that comes and goes: another shelf stands for it, whose transactions can be made to fail. */
#include <stdatomic.h>

#include "base/err.h"
#include "db/replay.h"
#include "db/sealer.h"
#include "db/shelf_private.h"
#include "support.h"

/* ---- a server that can be switched off --------------------------------- */

static _Atomic bool away;
static const struct shelf_ops *real_ops;

static int begin(struct shelf *shelf, bool write, struct shelf_txn **txn_r)
{
	return atomic_load(&away) ? ERR_AGAIN : real_ops->begin(shelf, write, txn_r);
}

/* ---- a store without its facade ---------------------------------------- */

struct rig {
	struct head *head;
	struct shelf *local, *remote;
	struct shelf_ops remote_ops;
	struct session_store *sessions;
	struct journal *journal;
	struct committer *committer;
	struct sealer *sealer;
	bool alerted; /* the sealer's thread's, read between sealings */
};

static void on_alert(void *ctx, const char *kind, const char *text)
{
	ck_assert_str_eq(kind, "database");
	((struct rig *)ctx)->alerted = text != NULL;
}

static void on_upkeep(void *ctx)
{
	(void)ctx;
}

static void on_disk(void *ctx, int err)
{
	(void)ctx, (void)err;
}

static void on_grown(void *ctx, const struct committer_stats *stats)
{
	sealer_look(((struct rig *)ctx)->sealer, stats);
}

static void open_databases(struct rig *rig)
{
	char path[TEST_PATH_SIZE], message[512];
	test_path(path, "telemetry.db");
	ck_assert_int_eq(shelf_open_sqlite(path, &rig->local, message), 0);
	test_path(path, "server.db");
	ck_assert_int_eq(shelf_open_sqlite(path, &rig->remote, message), 0);
	real_ops = rig->remote->ops;
	rig->remote_ops = *real_ops;
	rig->remote_ops.begin = begin;
	rig->remote->ops = &rig->remote_ops;
	test_path(path, "broker.db");
	ck_assert_int_eq(session_store_open(path, &rig->sessions, message), 0);
}

static void rig_open(struct rig *rig)
{
	char path[TEST_PATH_SIZE], message[512];
	*rig = (struct rig){.alerted = false};
	atomic_store(&away, false);
	open_databases(rig);
	ck_assert_int_eq(head_create(&rig->head), 0);
	test_path(path, "journal");
	const struct replay replay = {rig->head, rig->local, rig->sessions};
	ck_assert_int_eq(replay_journal(&replay, &(struct journal_config){.dir = path}, &rig->journal, message), 0);
	const struct sealer_config sealer = {
		.head = rig->head, .local = rig->local, .remote = rig->remote, .sessions = rig->sessions, .upkeep = on_upkeep,
		.alert = on_alert, .disk = on_disk, .ctx = rig, .policy = {.raw_days = -1, .rollup_years = -1}};
	const struct committer_config committer = {rig->head, rig->journal, on_grown, on_disk, rig};
	ck_assert_int_eq(sealer_create(&sealer, &rig->sealer), 0);
	ck_assert_int_eq(committer_start(&committer, &rig->committer), 0);
	ck_assert_int_eq(sealer_start(rig->sealer, rig->committer), 0);
	const struct series series = {.id = 1, .device = "meter", .entity = "power"};
	ck_assert_int_eq(committer_put_series(rig->committer, &series, NULL), 0);
}

static void rig_close(struct rig *rig)
{
	sealer_stop(rig->sealer);
	committer_stop(&rig->committer);
	sealer_destroy(&rig->sealer);
	session_store_close(&rig->sessions);
	shelf_close(&rig->remote);
	shelf_close(&rig->local);
	head_destroy(&rig->head);
}

static void append_and_seal(struct rig *rig, int64_t at, double value)
{
	const struct sample sample = {1, {at}, value};
	ck_assert_int_eq(committer_append(rig->committer, &sample, 1, NULL), 0);
	ck_assert_int_eq(sealer_seal(rig->sealer, false), 0);
}

static int64_t samples_in(const char *file)
{
	return test_sql_int(file, BASE_TELEMETRY, "SELECT coalesce(sum(count), 0) FROM chunk");
}

static int add_up(void *ctx, const struct shelf_chunk *chunk)
{
	static struct datum data[CHUNK_MAX];
	size_t count;
	ck_assert_int_eq(chunk_decode(chunk->data, data, &count), 0);
	for (size_t i = 0; i < count; i++)
		*(double *)ctx += data[i].value;
	return 0;
}

static double sum_at_the_server(struct rig *rig)
{
	struct shelf_txn *txn;
	double sum = 0;
	ck_assert_int_eq(shelf_begin(rig->remote, false, &txn), 0);
	ck_assert_int_eq(shelf_chunks(txn, &(struct shelf_range){1, 0, 1000000}, add_up, &sum), 0);
	shelf_end(&txn);
	return sum;
}

/* ---- tests ------------------------------------------------------------- */

START_TEST(what_was_kept_is_moved_when_the_server_is_back)
{
	struct rig rig;
	rig_open(&rig);
	append_and_seal(&rig, 1000, 1);
	ck_assert_int_eq(samples_in("server.db"), 1);
	ck_assert_int_eq(samples_in("telemetry.db"), 0);
	ck_assert_ptr_eq(sealer_shelf(rig.sealer), rig.remote);

	atomic_store(&away, true);
	append_and_seal(&rig, 2000, 2);
	ck_assert_int_eq(samples_in("telemetry.db"), 1);
	ck_assert_ptr_eq(sealer_shelf(rig.sealer), rig.local);
	ck_assert(rig.alerted);

	atomic_store(&away, false);
	append_and_seal(&rig, 2000, 4); /* written later: it counts, though the other is copied now */
	append_and_seal(&rig, 3000, 8);
	ck_assert_int_eq(samples_in("telemetry.db"), 0);
	ck_assert_int_eq(samples_in("server.db"), 3);
	ck_assert(sum_at_the_server(&rig) == 13);
	ck_assert_ptr_eq(sealer_shelf(rig.sealer), rig.remote);
	ck_assert(!rig.alerted);
	rig_close(&rig);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, what_was_kept_is_moved_when_the_server_is_back);
}

int main(void)
{
	return test_run("spool", add);
}
