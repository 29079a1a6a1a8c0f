/* Windows between two steps of the store: a blow there, or a second one before the first is made good, costs nothing
 * that was acknowledged and leaves nothing that was erased. */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/durable.h"
#include "db/store_private.h"
#include "support.h"

static void put_series(struct store *s, int64_t id, const char *device)
{
	struct series series = {.id = id, .entity = "power"};
	ck_assert_int_eq(str_copy(series.device, sizeof series.device, device), 0);
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
}

static void put_device(struct store *s, const char *id)
{
	struct device_record d = {.name = "a lamp"};
	ck_assert_int_eq(str_copy(d.id, sizeof d.id, id), 0);
	ck_assert_int_eq(store_device_put(s, &d, NULL), 0);
}

static void append_one(struct store *s, int64_t series, int64_t at)
{
	const struct sample sample = {series, {at}, (double)at};
	ck_assert_int_eq(store_append(s, &sample, 1, NULL), 0);
}

static void assert_samples(struct store *s, int64_t series, size_t expected)
{
	struct datum data[64];
	ck_assert_uint_eq(test_samples(s, &(struct shelf_range){series, 0, 1000000}, data, 64), expected);
}

/* Opens the store in a process that ends without closing it. */
static void die_after(void (*work)(struct store *s))
{
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct store *s;
		char message[512];
		if (store_open(&(struct store_options){.state_dir = test_dir}, &s, message))
			_exit(1);
		work(s);
		_exit(0);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- marks ------------------------------------------------------------- */

static void begin_history(struct store *s)
{
	put_series(s, 1, "meter");
	append_one(s, 1, 1000);
}

static void append_another(struct store *s)
{
	append_one(s, 1, 2000);
}

static void do_nothing(struct store *s)
{
	(void)s;
}

/* An opening brings broker.db up to date with the journal; that says nothing of telemetry.db. */
START_TEST(blow_after_blow)
{
	die_after(begin_history);
	die_after(do_nothing);
	die_after(append_another);
	die_after(do_nothing);
	struct store *s = test_open();
	assert_samples(s, 1, 2);
	store_close(&s);
}
END_TEST

/* broker.db is sealed before telemetry.db. */
static void seal_records_only(struct store *s)
{
	begin_history(s);
	if (session_store_begin(s->sessions) || session_store_commit(s->sessions, 3))
		_exit(1);
}

START_TEST(blow_between_the_databases)
{
	die_after(seal_records_only);
	struct store *s = test_open();
	assert_samples(s, 1, 1);
	store_close(&s);
}
END_TEST

static void remove_files(const char *pattern)
{
	char command[TEST_PATH_SIZE + 64];
	ck_assert_int_eq(str_format(command, sizeof command, "rm -rf %s/%s", test_dir, pattern), 0);
	ck_assert_int_eq(system(command), 0);
}

/* New frames must not get numbers that a database takes for known. */
START_TEST(journal_may_be_gone)
{
	struct store *s = test_open();
	begin_history(s);
	store_close(&s);
	remove_files("journal");
	die_after(append_another);
	s = test_open();
	assert_samples(s, 1, 2);
	store_close(&s);
}
END_TEST

START_TEST(telemetry_may_be_gone)
{
	struct store *s = test_open();
	begin_history(s);
	store_close(&s);
	remove_files("telemetry.db*");
	die_after(begin_history);
	die_after(do_nothing);
	s = test_open();
	assert_samples(s, 1, 1);
	store_close(&s);
}
END_TEST

/* The journal's newest frames are lost while a database has them: a failing disk. */
static void run_ahead(struct store *s)
{
	begin_history(s);
	if (session_store_begin(s->sessions) || session_store_commit(s->sessions, 1000))
		_exit(1);
}

START_TEST(database_may_be_ahead_of_the_journal)
{
	die_after(run_ahead);
	die_after(append_another);
	struct store *s = test_open();
	assert_samples(s, 1, 2);
	ck_assert_uint_gt(session_store_mark(s->sessions), 1000);
	store_close(&s);
}
END_TEST

/* ---- the broker's records ---------------------------------------------- */

struct gate {
	struct waiter held, go;
};

static void hold(void *ctx, int err)
{
	struct gate *gate = ctx;
	ck_assert_int_eq(err, 0);
	waiter_signal(&gate->held);
	waiter_wait(&gate->go);
}

/* Keeps the committer's thread busy, so that what comes now is one group. */
static void close_gate(struct store *s, struct gate *gate)
{
	waiter_init(&gate->held);
	waiter_init(&gate->go);
	ck_assert_int_eq(store_append(s, NULL, 0, &(struct store_done){.fn = hold, .ctx = gate}), 0);
	waiter_wait(&gate->held);
}

static void open_gate(struct gate *gate)
{
	waiter_signal(&gate->go);
}

static void gate_finish(struct gate *gate)
{
	waiter_finish(&gate->go);
	waiter_finish(&gate->held);
}

static int set_retained(struct store *s, int number, size_t size)
{
	static uint8_t payload[2 << 20];
	char topic[32];
	ck_assert_int_eq(str_format(topic, sizeof topic, "topic/%d", number), 0);
	struct persist_port port = store_persist_port(s);
	const struct persist_change change = {
		PERSIST_RETAINED_SET, .retained = {.topic = span_str(topic), .payload = span_of(payload, size), .qos = 1}};
	return port.append(port.ctx, &change, 1, NULL);
}

static void assert_retained(int64_t expected)
{
	ck_assert_int_eq(test_sql_int("broker.db", BASE_BROKER, "SELECT count(*) FROM retained"), expected);
}

START_TEST(records_of_one_group_are_all_kept)
{
	enum { RECORDS = 50 };
	struct store *s = test_open();
	struct gate gate;
	close_gate(s, &gate);
	for (int i = 0; i < RECORDS; i++)
		ck_assert_int_eq(set_retained(s, i, 8), 0);
	open_gate(&gate);
	ck_assert_int_eq(store_append(s, NULL, 0, NULL), 0);
	ck_assert_int_eq(store_seal(s, false), 0);
	assert_retained(RECORDS);
	store_close(&s);
	gate_finish(&gate);
}
END_TEST

/* Sealing comes between the records of groups at any moment. */
START_TEST(records_are_kept_while_sealing)
{
	enum { RECORDS = 2000 };
	struct store *s = test_open();
	for (int i = 0; i < RECORDS; i++) {
		ck_assert_int_eq(set_retained(s, i, 8), 0);
		if (i % 100 == 0)
			ck_assert_int_eq(store_seal(s, false), 0);
	}
	store_close(&s);
	assert_retained(RECORDS);
}
END_TEST

START_TEST(waiting_records_are_bounded)
{
	struct store *s = test_open();
	struct gate gate;
	close_gate(s, &gate);
	int taken = 0, err;
	while ((err = set_retained(s, taken, 1 << 20)) == 0 && taken < 1000)
		taken++;
	ck_assert_int_eq(err, ERR_FULL);
	ck_assert_int_gt(taken, 8);
	open_gate(&gate);
	store_close(&s);
	assert_retained(taken);
	gate_finish(&gate);
}
END_TEST

/* ---- erasing ----------------------------------------------------------- */

static void furnish(struct store *s)
{
	put_device(s, "lamp");
	put_series(s, 1, "lamp");
	put_series(s, 2, "meter");
	append_one(s, 1, 1000);
	append_one(s, 2, 1000);
	if (store_seal(s, true))
		_exit(1);
}

/* The journal says that the series is forgotten; the shelf does not know yet. */
static void forget_in_journal_only(struct store *s)
{
	furnish(s);
	if (committer_forget_series(s->committer, 1, NULL))
		_exit(1);
}

static void erase_with_note(const char *note_sql)
{
	die_after(forget_in_journal_only);
	test_sql("hub.db", BASE_HUB, note_sql);
	struct store *s = test_open();
	while (test_sql_int("hub.db", BASE_HUB, "SELECT count(*) FROM erasure"))
		usleep(10000);
	store_close(&s);
	ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM chunk"), 1);
	ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM series"), 1);
}

START_TEST(erasing_a_device_goes_on_behind_the_journal)
{
	erase_with_note("DELETE FROM device WHERE id = 'lamp'; INSERT INTO erasure VALUES ('lamp')");
}
END_TEST

START_TEST(erasing_a_series_goes_on_behind_the_journal)
{
	erase_with_note("INSERT INTO erasure VALUES ('#1')");
}
END_TEST

static void count_answer(void *ctx, int err)
{
	ck_assert(err == 0 || err == ERR_CLOSED);
	atomic_fetch_add((_Atomic int *)ctx, 1);
}

/* Whoever asks is told exactly once, however soon the store closes. */
START_TEST(closing_answers_erasures)
{
	enum { ROUNDS = 20 };
	for (int i = 0; i < ROUNDS; i++) {
		struct store *s = test_open();
		_Atomic int answers = 0;
		put_device(s, "lamp");
		put_series(s, 1, "lamp");
		put_device(s, "switch");
		const struct store_done done = {.fn = count_answer, .ctx = &answers};
		ck_assert_int_eq(store_device_erase(s, "lamp", &done), 0);
		ck_assert_int_eq(store_device_erase(s, "switch", &done), 0);
		if (i % 2)
			usleep((useconds_t)i * 500);
		store_close(&s);
		ck_assert_int_eq(atomic_load(&answers), 2);
	}
}
END_TEST

/* ---- quarantine -------------------------------------------------------- */

/* What a reader's older moment found damaged may have been replaced by a whole chunk with the same id since. */
START_TEST(whole_chunks_are_not_put_aside)
{
	struct store *s = test_open();
	begin_history(s);
	ck_assert_int_eq(store_seal(s, false), 0);
	head_note_damaged(s->head, chunk_id(1, 1000));
	head_note_damaged(s->head, chunk_id(7, 1000)); /* that is not there any more */
	ck_assert_int_eq(store_seal(s, true), 0);
	assert_samples(s, 1, 1);
	store_close(&s);
	ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM quarantine"), 0);
}
END_TEST

/* ---- words ------------------------------------------------------------- */

/* What is no code of a word may be a text series' sample all the same. */
START_TEST(odd_codes_are_sealed)
{
	static const double odd[] = {0.0 / 0.0, 1.0 / 0.0, -1e300, 1.5, 9.3e18};
	struct store *s = test_open();
	struct series series = {.id = 1, .device = "door", .entity = "state", .kind = SERIES_TEXT};
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
	for (int i = 0; i < 5; i++) {
		const struct sample sample = {1, {1000 + i}, odd[i]};
		ck_assert_int_eq(store_append(s, &sample, 1, NULL), 0);
	}
	ck_assert_int_eq(store_seal(s, true), 0);
	assert_samples(s, 1, 5);
	store_close(&s);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, blow_after_blow);
	tcase_add_test(tc, blow_between_the_databases);
	tcase_add_test(tc, journal_may_be_gone);
	tcase_add_test(tc, telemetry_may_be_gone);
	tcase_add_test(tc, database_may_be_ahead_of_the_journal);
	tcase_add_test(tc, records_of_one_group_are_all_kept);
	tcase_add_test(tc, records_are_kept_while_sealing);
	tcase_add_test(tc, waiting_records_are_bounded);
	tcase_add_test(tc, erasing_a_device_goes_on_behind_the_journal);
	tcase_add_test(tc, erasing_a_series_goes_on_behind_the_journal);
	tcase_add_test(tc, closing_answers_erasures);
	tcase_add_test(tc, whole_chunks_are_not_put_aside);
	tcase_add_test(tc, odd_codes_are_sealed);
}

int main(void)
{
	return test_run("recovery", add);
}
