/* Threads, locks and one-shot waits. */
#include "thread/thread.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>

enum { THREADS = 4, ROUNDS = 10000 };

struct seen {
	char name[16];
	int term_blocked;
};

static void *look(void *arg)
{
	struct seen *seen = arg;
	sigset_t blocked;
	pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	seen->term_blocked = sigismember(&blocked, SIGTERM);
	return seen;
}

START_TEST(threads_have_names_and_no_signals)
{
	struct seen seen = {.term_blocked = 0};
	pthread_t thread;
	ck_assert_int_eq(thread_start(&thread, "a-name-that-is-too-long", look, &seen), 0);
	void *result;
	pthread_join(thread, &result);
	ck_assert_ptr_eq(result, &seen);
	ck_assert_str_eq(seen.name, "a-name-that-is-");
	ck_assert_int_eq(seen.term_blocked, 1);
	sigset_t blocked; /* the starter's own mask is as before */
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	ck_assert_int_eq(sigismember(&blocked, SIGTERM), 0);
}
END_TEST

struct counter {
	struct lock lock; /* guards value */
	int value;
};

static void *count(void *arg)
{
	struct counter *counter = arg;
	for (int i = 0; i < ROUNDS; i++) {
		lock_take(&counter->lock);
		counter->value++;
		lock_release(&counter->lock);
	}
	return NULL;
}

START_TEST(locks_exclude)
{
	struct counter counter = {.value = 0};
	lock_init(&counter.lock, "counter");
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(thread_start(&threads[i], "counter", count, &counter), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(counter.value, THREADS * ROUNDS);
	lock_finish(&counter.lock);
}
END_TEST

struct errand {
	struct waiter waiter;
	int result;
};

static void *run_errand(void *arg)
{
	struct errand *errand = arg;
	errand->result = 42;
	waiter_signal(&errand->waiter);
	return NULL;
}

/* The waiter lives in this frame: signalling must be done with it on return. */
START_TEST(waiters_see_what_was_done)
{
	for (int i = 0; i < 200; i++) {
		struct errand errand = {.result = 0};
		waiter_init(&errand.waiter);
		pthread_t thread;
		ck_assert_int_eq(thread_start(&thread, "errand", run_errand, &errand), 0);
		waiter_wait(&errand.waiter);
		ck_assert_int_eq(errand.result, 42);
		waiter_finish(&errand.waiter);
		pthread_join(thread, NULL);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("thread/thread");
	TCase *tcase = tcase_create("thread");
	tcase_add_test(tcase, threads_have_names_and_no_signals);
	tcase_add_test(tcase, locks_exclude);
	tcase_add_test(tcase, waiters_see_what_was_done);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
