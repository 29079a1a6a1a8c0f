/* Passwords: right and wrong ones, the cost's floor, and the queue of four. */
#include "access/password.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "access/turnstile.h"
#include "base/err.h"

static struct password_desk *desk;
static struct password_port port;

static void start(void)
{
	ck_assert_int_eq(password_desk_create(0, &desk), 0);
	port = password_desk_port(desk);
}

static void end(void)
{
	password_desk_destroy(&desk);
	ck_assert_ptr_null(desk);
}

START_TEST(the_right_password_opens_and_others_do_not)
{
	char hash[128], again[128];
	ck_assert_int_eq(port.hash(port.ctx, "correct horse", hash), 0);
	ck_assert_int_eq(port.hash(port.ctx, "correct horse", again), 0);
	ck_assert_str_ne(hash, again);
	ck_assert_int_eq(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
	ck_assert_int_eq(port.verify(port.ctx, "correct horse", hash), 0);
	ck_assert_int_eq(port.verify(port.ctx, "correct horsf", hash), ERR_DENIED);
	ck_assert_int_eq(port.verify(port.ctx, "", hash), ERR_DENIED);
	ck_assert_int_eq(port.verify(port.ctx, "correct horse", NULL), ERR_DENIED);
	ck_assert_int_eq(port.verify(port.ctx, "correct horse", "not a hash"), ERR_DENIED);
	ck_assert_int_eq(port.verify(port.ctx, "correct horse", ""), ERR_DENIED);
}
END_TEST

START_TEST(calibration_keeps_floor_and_ceiling)
{
	static const int targets[] = {1, 3000};
	for (int i = 0; i < 2; i++) {
		struct password_desk *other;
		char hash[128];
		ck_assert_int_eq(password_desk_create(targets[i], &other), 0);
		struct password_port p = password_desk_port(other);
		ck_assert_int_eq(p.hash(p.ctx, "x", hash), 0);
		unsigned memory_kib, passes;
		ck_assert_int_eq(sscanf(hash, "$argon2id$v=19$m=%u,t=%u,p=1$", &memory_kib, &passes), 2);
		ck_assert_uint_ge(memory_kib, 19 * 1024);
		ck_assert_uint_le(memory_kib, 64 * 1024);
		ck_assert_uint_ge(passes, 2);
		ck_assert_uint_le(passes, 12);
		password_desk_destroy(&other);
	}
}
END_TEST

/* ---- the queue --------------------------------------------------------- */

static struct turnstile turnstile;
static int inside, most_inside, served; /* guarded by the turnstile: that is what is tested */

static void *pass(void *arg)
{
	ck_assert_int_eq(turnstile_enter(&turnstile), 0);
	inside++;
	if (inside > most_inside)
		most_inside = inside;
	*(int *)arg = ++served;
	inside--;
	turnstile_leave(&turnstile);
	return NULL;
}

START_TEST(one_inside_four_wait_the_next_is_turned_away)
{
	enum { WAITING = 4 };
	pthread_t threads[WAITING];
	int order[WAITING];
	turnstile_init(&turnstile, "test", WAITING);
	ck_assert_int_eq(turnstile_enter(&turnstile), 0);
	for (int i = 0; i < WAITING; i++) {
		ck_assert_int_eq(pthread_create(&threads[i], NULL, pass, &order[i]), 0);
		while (turnstile_callers(&turnstile) != (unsigned)i + 2)
			sched_yield();
	}
	ck_assert_int_eq(turnstile_enter(&turnstile), ERR_BUSY);
	ck_assert_int_eq(served, 0);
	turnstile_leave(&turnstile);
	for (int i = 0; i < WAITING; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(order[i], i + 1); /* as they came */
	}
	ck_assert_int_eq(most_inside, 1);
	ck_assert_int_eq(turnstile_enter(&turnstile), 0);
	turnstile_leave(&turnstile);
	turnstile_finish(&turnstile);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	Suite *suite = suite_create("access/password");
	TCase *tcase = tcase_create("password");
	tcase_add_checked_fixture(tcase, start, end);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_right_password_opens_and_others_do_not);
	tcase_add_test(tcase, calibration_keeps_floor_and_ceiling);
	tcase_add_test(tcase, one_inside_four_wait_the_next_is_turned_away);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
