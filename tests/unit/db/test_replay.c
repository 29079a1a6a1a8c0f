/* Taking up the journal at the start: a store that dies again and again before it is sealed, and one whose files
 * were moved away in part, which is what people are told to do with a damaged one. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "db/durable.h"
#include "db/store_private.h"
#include "support.h"

static int retain(struct store *s, int number)
{
	struct persist_port port = store_persist_port(s);
	const struct persist_change change = {
		.type = PERSIST_RETAINED_SET,
		.retained = {.topic = span_str("house/number"), .payload = span_of(&number, sizeof number)},
	};
	int err = port.append(port.ctx, &change, 1, NULL);
	return err ? err : store_append(s, NULL, 0, NULL); /* behind it */
}

/* Opens the store, writes one of each, and dies. In a process of its own that must not speak to Check. */
static void live_and_die(int number, bool seal)
{
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct store *s;
		char message[512];
		const struct series series = {.id = 1, .device = "lamp", .entity = "power"};
		const struct sample sample = {1, {number}, number};
		if (store_open(&(struct store_options){.state_dir = test_dir}, &s, message))
			_exit(1);
		if (store_series_put(s, &series, NULL) || store_append(s, &sample, 1, NULL) || retain(s, number))
			_exit(2);
		_exit(seal && store_seal(s, false) ? 3 : 0);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* The series of a word is put late, and the store dies. */
static void say_word_and_die(void)
{
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct store *s;
		char message[512];
		double code;
		const struct series series = {.id = 1, .device = "oven", .entity = "state", .kind = SERIES_TEXT};
		if (store_open(&(struct store_options){.state_dir = test_dir}, &s, message))
			_exit(1);
		if (store_word_code(s, 1, span_str("idle"), &code) || store_append(s, NULL, 0, NULL) ||
		    store_series_put(s, &series, NULL) || store_append(s, &(struct sample){1, {1000}, code}, 1, NULL))
			_exit(2);
		_exit(0);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_word_is_taken_up_though_its_series_came_late)
{
	struct sample latest;
	char text[STORE_WORD_MAX + 1];
	say_word_and_die();
	struct store *s = test_open();
	ck_assert_int_eq(store_latest(s, 1, &latest), 0);
	ck_assert_int_eq(store_word_text(s, 1, latest.value, text), 0);
	ck_assert_str_eq(text, "idle");
	store_close(&s);
}
END_TEST

static int take_number(void *ctx, const struct persist_change *change)
{
	ck_assert_uint_eq(change->retained.payload.len, sizeof(int));
	memcpy(ctx, change->retained.payload.data, sizeof(int));
	return 0;
}

struct retained {
	struct store *store;
	int number;
};

static int read_retained(void *ctx)
{
	struct retained *r = ctx;
	return session_store_retained_each(r->store->sessions, take_number, &r->number);
}

/* Samples first..last are there and no others; the broker's record is the number, 0: none. */
static void assert_there(int first, int last, int retained)
{
	struct store *s = test_open();
	struct datum data[100];
	struct retained r = {s, 0};
	size_t count = test_samples(s, &(struct shelf_range){1, 0, 1000}, data, 100);
	ck_assert_uint_eq(count, last - first + 1);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(data[i].at, first + (int)i);
		ck_assert(data[i].value == first + (int)i);
	}
	ck_assert_int_eq(sealer_run(s->sealer, read_retained, &r), 0);
	ck_assert_int_eq(r.number, retained);
	store_close(&s);
}

static void remove_base(const char *name)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < 3; i++) {
		char file[64], path[TEST_PATH_SIZE];
		ck_assert_int_eq(str_format(file, sizeof file, "%s%s", name, endings[i]), 0);
		test_path(path, file);
		(void)unlink(path);
	}
}

static void move_journal(void)
{
	char from[TEST_PATH_SIZE], to[TEST_PATH_SIZE];
	test_path(from, "journal");
	test_path(to, "journal.away");
	ck_assert_int_eq(rename(from, to), 0);
}

/* broker.db is given a mark by every start, telemetry.db only by a seal. */
START_TEST(dies_again_and_again_before_the_first_seal)
{
	for (int number = 1; number <= 4; number++)
		live_and_die(number, false);
	assert_there(1, 4, 4);
}
END_TEST

START_TEST(dies_again_and_again_behind_a_seal)
{
	for (int number = 1; number <= 6; number++)
		live_and_die(number, number == 2);
	assert_there(1, 6, 6);
}
END_TEST

START_TEST(history_was_moved_away)
{
	live_and_die(1, true);
	remove_base("telemetry.db");
	for (int number = 2; number <= 4; number++)
		live_and_die(number, false);
	assert_there(2, 4, 4);
}
END_TEST

START_TEST(sessions_were_moved_away)
{
	live_and_die(1, true);
	remove_base("broker.db");
	assert_there(1, 1, 0);
	for (int number = 2; number <= 4; number++)
		live_and_die(number, false);
	assert_there(1, 4, 4);
}
END_TEST

START_TEST(journal_was_moved_away)
{
	for (int number = 1; number <= 3; number++)
		live_and_die(number, number == 2); /* the third is only in the journal */
	move_journal();
	for (int number = 4; number <= 6; number++)
		live_and_die(number, false);
	struct store *s = test_open();
	struct datum data[100];
	ck_assert_uint_eq(test_samples(s, &(struct shelf_range){1, 0, 1000}, data, 100), 5); /* 1, 2, 4, 5, 6 */
	ck_assert_int_eq(data[4].at, 6);
	struct retained r = {s, 0};
	ck_assert_int_eq(sealer_run(s->sealer, read_retained, &r), 0);
	ck_assert_int_eq(r.number, 6);
	store_close(&s);
}
END_TEST

/* Of one group, in which they share a frame; also when the store is closed in order. */
START_TEST(records_of_one_group_are_all_kept)
{
	enum { TOPICS = 200 };
	struct store *s = test_open();
	struct persist_port port = store_persist_port(s);
	for (int i = 0; i < TOPICS; i++) {
		char topic[32];
		ck_assert_int_eq(str_format(topic, sizeof topic, "house/%d", i), 0);
		const struct persist_change change = {.type = PERSIST_RETAINED_SET, .retained = {.topic = span_str(topic)}};
		ck_assert_int_eq(port.append(port.ctx, &change, 1, NULL), 0);
		if (i == TOPICS / 2)
			ck_assert_int_eq(store_seal(s, false), 0);
	}
	store_close(&s);
	ck_assert_int_eq(test_sql_int("broker.db", BASE_BROKER, "SELECT count(*) FROM retained"), TOPICS);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, a_word_is_taken_up_though_its_series_came_late);
	tcase_add_test(tc, dies_again_and_again_before_the_first_seal);
	tcase_add_test(tc, dies_again_and_again_behind_a_seal);
	tcase_add_test(tc, history_was_moved_away);
	tcase_add_test(tc, sessions_were_moved_away);
	tcase_add_test(tc, journal_was_moved_away);
	tcase_add_test(tc, records_of_one_group_are_all_kept);
}

int main(void)
{
	return test_run("replay", add);
}
