/* The queue of a group commit: order, where groups end, who is waited for. The test's thread takes as well, so
 * that nothing depends on time. */
#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "db/queue.h"
#include "support.h"

enum { FOREVER_MS = 1000000 };

static struct queue *q;
static int answers[64];
static size_t answer_count;

static void begin(void)
{
	ck_assert_int_eq(queue_create("test-queue", &q), 0);
	queue_set_window(q, FOREVER_MS);
	answer_count = 0;
}

struct numbered {
	struct work work;
	int number;
};

static void on_answer(void *ctx, int err)
{
	ck_assert_int_eq(err, 0);
	answers[answer_count++] = *(int *)ctx;
}

static int numbers[64];

static int submit(int number, size_t samples, bool patient, bool last)
{
	struct numbered *n = work_create(sizeof *n);
	numbers[number] = n->number = number;
	n->work.samples = samples;
	n->work.last = last;
	return queue_submit(q, &n->work, &(struct store_done){.fn = on_answer, .ctx = &numbers[number], .patient = patient});
}

/* Takes what can be taken now. */
static struct work *take_now(void)
{
	const struct mono_ms now = clock_mono();
	bool closed;
	return queue_take(q, &now, &closed);
}

/* Takes a group that holds exactly first..last, and answers it. */
static void expect_group(int first, int last)
{
	struct work *group = take_now();
	ck_assert_ptr_nonnull(group);
	for (int number = first; number <= last; number++) {
		ck_assert_ptr_nonnull(group);
		ck_assert_int_eq(((struct numbered *)group)->number, number);
		group = queue_answer(q, group, 0);
		ck_assert_int_eq(answers[answer_count - 1], number);
	}
	ck_assert_ptr_null(group);
}

START_TEST(what_came_is_one_group_in_order)
{
	begin();
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(submit(i, 3, false, false), 0);
	ck_assert_uint_eq(queue_samples(q), 30);
	expect_group(0, 9);
	ck_assert_uint_eq(queue_samples(q), 0);
	ck_assert_ptr_null(take_now());
	queue_destroy(&q);
}
END_TEST

START_TEST(a_last_one_ends_the_group)
{
	begin();
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(submit(i, 0, false, i == 2 || i == 3), 0);
	expect_group(0, 2);
	expect_group(3, 3);
	expect_group(4, 5);
	queue_destroy(&q);
}
END_TEST

START_TEST(a_group_has_a_size)
{
	begin();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(submit(i, QUEUE_GROUP_SAMPLES / 2, false, false), 0);
	expect_group(0, 1);
	expect_group(2, 2);
	queue_destroy(&q);
}
END_TEST

START_TEST(patient_work_waits_for_company)
{
	begin();
	ck_assert_int_eq(submit(0, 1, true, false), 0);
	ck_assert_ptr_null(take_now());
	ck_assert_int_eq(submit(1, 1, false, false), 0);
	ck_assert_int_eq(submit(2, 1, true, false), 0);
	expect_group(0, 2);
	ck_assert_int_eq(submit(3, 1, true, false), 0);
	ck_assert_ptr_null(take_now());
	queue_set_window(q, 0);
	expect_group(3, 3);
	queue_set_window(q, FOREVER_MS);
	ck_assert_int_eq(submit(4, STORE_QUEUE_MAX / 2, true, false), 0); /* half full */
	expect_group(4, 4);
	queue_destroy(&q);
}
END_TEST

START_TEST(a_full_queue_takes_nothing)
{
	begin();
	ck_assert_int_eq(submit(0, STORE_QUEUE_MAX - 1, false, false), 0);
	ck_assert_int_eq(submit(1, 2, false, false), ERR_FULL);
	ck_assert_int_eq(submit(1, 0, false, false), 0); /* what has no samples has its own bound */
	struct work *group = take_now();
	ck_assert_int_eq(submit(2, 2, false, false), ERR_FULL); /* what is being written still counts */
	while (group)
		group = queue_answer(q, group, 0);
	ck_assert_int_eq(submit(2, 2, false, false), 0);
	ck_assert_int_eq(submit(3, STORE_QUEUE_MAX, false, false), ERR_FULL);
	expect_group(1, 2);
	for (size_t i = 0; i < QUEUE_WORKS_MAX; i++) {
		if (submit(4, 0, false, false))
			ck_abort_msg("work %zu", i);
	}
	ck_assert_int_eq(submit(4, 0, false, false), ERR_FULL);
	ck_assert_int_eq(submit(4, 1, false, false), 0);
	for (size_t left = QUEUE_WORKS_MAX + 1; left > 0;) { /* some groups: each is bounded */
		group = take_now();
		for (; group; left--) {
			answer_count = 0;
			group = queue_answer(q, group, 0);
		}
	}
	queue_destroy(&q);
}
END_TEST

START_TEST(a_closed_queue_gives_what_it_has)
{
	bool closed;
	begin();
	ck_assert_int_eq(submit(0, 1, true, false), 0);
	queue_close(q);
	ck_assert_int_eq(submit(1, 1, false, false), ERR_CLOSED);
	expect_group(0, 0);
	ck_assert_ptr_null(queue_take(q, NULL, &closed));
	ck_assert(closed);
	queue_destroy(&q);
}
END_TEST

START_TEST(waking_takes_nothing)
{
	bool closed = true;
	begin();
	ck_assert_int_eq(submit(0, 1, true, false), 0);
	queue_wake(q);
	ck_assert_ptr_null(queue_take(q, NULL, &closed));
	ck_assert(!closed);
	queue_close(q);
	expect_group(0, 0);
	queue_destroy(&q);
}
END_TEST

static void *take_all(void *ctx)
{
	bool closed;
	for (int result = *(int *)ctx;;) {
		struct work *group = queue_take(q, NULL, &closed);
		if (closed)
			return NULL;
		while (group)
			group = queue_answer(q, group, result--);
	}
}

START_TEST(who_waits_gets_the_result)
{
	pthread_t taker;
	int result = -3;
	begin();
	ck_assert_int_eq(pthread_create(&taker, NULL, take_all, &result), 0);
	ck_assert_int_eq(queue_submit(q, work_create(sizeof(struct work)), NULL), -3);
	ck_assert_int_eq(queue_submit(q, work_create(sizeof(struct work)), NULL), -4);
	ck_assert_int_eq(queue_submit(q, NULL, NULL), ERR_NOMEM);
	queue_close(q);
	ck_assert_int_eq(queue_submit(q, work_create(sizeof(struct work)), NULL), ERR_CLOSED);
	pthread_join(taker, NULL);
	queue_destroy(&q);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, what_came_is_one_group_in_order);
	tcase_add_test(tc, a_last_one_ends_the_group);
	tcase_add_test(tc, a_group_has_a_size);
	tcase_add_test(tc, patient_work_waits_for_company);
	tcase_add_test(tc, a_full_queue_takes_nothing);
	tcase_add_test(tc, a_closed_queue_gives_what_it_has);
	tcase_add_test(tc, waking_takes_nothing);
	tcase_add_test(tc, who_waits_gets_the_result);
}

int main(void)
{
	return test_run("queue", add);
}
