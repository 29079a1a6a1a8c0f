/* The password desk: hashes that only their password opens, cost within bounds,
 * and a queue that turns the sixth caller away. */
#include "access/password.h"

#include <sched.h>
#include <sodium.h>
#include <stdlib.h>

#include "access/password_private.h"
#include "base/err.h"
#include "support/suite.h"
#include "thread/thread.h"

enum { MIB = 1024 * 1024 };

static struct password_desk *desk_at_floor(void)
{
	struct password_desk *desk = NULL;
	ck_assert_int_eq(password_desk_create(0, &desk), 0);
	return desk;
}

START_TEST(only_its_password_opens_a_hash)
{
	struct password_desk *desk = desk_at_floor();
	struct password_port port = password_desk_port(desk);
	char hash[128], again[128];
	ck_assert_int_eq(port.hash(port.ctx, "correct horse", hash), 0);
	ck_assert_int_eq(port.hash(port.ctx, "correct horse", again), 0);
	ck_assert_str_ne(hash, again); /* salted */
	ck_assert_int_eq(port.verify(port.ctx, "correct horse", hash), 0);
	ck_assert_int_eq(port.verify(port.ctx, "correct horse", again), 0);
	ck_assert_int_eq(port.verify(port.ctx, "correct hors", hash), ERR_DENIED);
	ck_assert_int_eq(port.verify(port.ctx, "correct horse ", hash), ERR_DENIED);
	ck_assert_int_eq(port.verify(port.ctx, "", hash), ERR_DENIED);
	ck_assert_ptr_null(strstr(hash, "correct"));
	ck_assert_uint_eq(password_desk_inside(desk), 0);
	password_desk_destroy(&desk);
	ck_assert_ptr_null(desk);
	password_desk_destroy(&desk);
}
END_TEST

START_TEST(what_is_no_hash_opens_for_nobody)
{
	struct password_desk *desk = desk_at_floor();
	struct password_port port = password_desk_port(desk);
	ck_assert_int_eq(port.verify(port.ctx, "password", ""), ERR_DENIED);
	ck_assert_int_eq(port.verify(port.ctx, "password", "password"), ERR_DENIED);
	ck_assert_int_eq(port.verify(port.ctx, "password", "$argon2id$v=19$m=19456,t=2,p=1$"), ERR_DENIED);
	password_desk_destroy(&desk);
}
END_TEST

/* CPU seconds of this thread. */
static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

START_TEST(an_unknown_user_costs_as_much)
{
	struct password_desk *desk = desk_at_floor();
	struct password_port port = password_desk_port(desk);
	char hash[128];
	ck_assert_int_eq(port.hash(port.ctx, "correct horse", hash), 0);
	double known = 1e9, unknown = 1e9; /* the best of several: what the machine adds is not ours */
	for (int i = 0; i < 5; i++) {
		double start = cpu_s();
		ck_assert_int_eq(port.verify(port.ctx, "wrong", hash), ERR_DENIED);
		double middle = cpu_s();
		ck_assert_int_eq(port.verify(port.ctx, "wrong", NULL), ERR_DENIED);
		double end = cpu_s();
		known = middle - start < known ? middle - start : known;
		unknown = end - middle < unknown ? end - middle : unknown;
	}
	ck_assert_double_gt(unknown, known / 2);
	ck_assert_double_lt(unknown, known * 2);
	password_desk_destroy(&desk);
}
END_TEST

START_TEST(the_floor_is_the_floor)
{
	struct password_desk *desk = desk_at_floor();
	struct password_port port = password_desk_port(desk);
	char hash[128];
	static const char floor[] = "$argon2id$v=19$m=19456,t=2,p=1$";
	ck_assert_int_eq(port.hash(port.ctx, "x", hash), 0);
	ck_assert_mem_eq(hash, floor, sizeof floor - 1);
	password_desk_destroy(&desk);

	/* a target below what the floor takes does not lower it */
	ck_assert_int_eq(password_desk_create(1, &desk), 0);
	port = password_desk_port(desk);
	ck_assert_int_eq(port.hash(port.ctx, "x", hash), 0);
	ck_assert_mem_eq(hash, floor, sizeof floor - 1);
	password_desk_destroy(&desk);
}
END_TEST

static void check_cost(double floor_ms, int target_ms, unsigned long long passes, size_t mib)
{
	struct password_cost cost = password_cost_for(floor_ms, target_ms);
	ck_assert_uint_eq(cost.passes, passes);
	ck_assert_uint_eq(cost.memory_bytes, mib * MIB);
}

START_TEST(cost_follows_the_machine)
{
	check_cost(400, 250, 2, 19);  /* slow: the floor all the same */
	check_cost(250, 250, 2, 19);
	check_cost(125, 250, 2, 38);  /* memory first */
	check_cost(74.25, 250, 2, 63);
	check_cost(25, 250, 5, 64);   /* 10 times the floor: 3.4 by memory, the rest by passes */
	check_cost(5, 250, 29, 64);
	check_cost(0, 250, 2, 19);    /* a clock that stands still */
}
END_TEST

START_TEST(a_calibrated_desk_works)
{
	struct password_desk *desk = NULL;
	char hash[128];
	ck_assert_int_eq(password_desk_create(60, &desk), 0);
	struct password_port port = password_desk_port(desk);
	ck_assert_int_eq(port.hash(port.ctx, "correct horse", hash), 0);
	ck_assert_int_eq(port.verify(port.ctx, "correct horse", hash), 0);
	ck_assert_int_eq(port.verify(port.ctx, "correct horse", NULL), ERR_DENIED);
	password_desk_destroy(&desk);
}
END_TEST

struct caller {
	struct password_port port;
	pthread_t thread;
	char hash[128];
	int err;
};

static void *call(void *arg)
{
	struct caller *caller = arg;
	caller->err = caller->port.hash(caller->port.ctx, "correct horse", caller->hash);
	return NULL;
}

static void wait_for_inside(struct password_desk *desk, size_t count)
{
	while (password_desk_inside(desk) != count)
		sched_yield();
}

START_TEST(one_computes_four_wait_others_are_turned_away)
{
	struct password_desk *desk = desk_at_floor();
	struct password_port port = password_desk_port(desk);
	struct caller callers[4];
	char hash[128];
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(password_desk_enter(desk), 0); /* this thread computes */
		for (size_t i = 0; i < 4; i++) {
			callers[i] = (struct caller){.port = port, .err = ERR_STATE};
			ck_assert_int_eq(thread_start(&callers[i].thread, "caller", call, &callers[i]), 0);
			wait_for_inside(desk, i + 2);
		}
		ck_assert_int_eq(port.hash(port.ctx, "x", hash), ERR_BUSY);
		ck_assert_int_eq(port.verify(port.ctx, "x", "y"), ERR_BUSY);
		ck_assert_int_eq(port.verify(port.ctx, "x", NULL), ERR_BUSY);
		password_desk_leave(desk);
		for (size_t i = 0; i < 4; i++) {
			ck_assert_int_eq(pthread_join(callers[i].thread, NULL), 0);
			ck_assert_int_eq(callers[i].err, 0);
		}
		ck_assert_uint_eq(password_desk_inside(desk), 0);
	}
	password_desk_destroy(&desk);
}
END_TEST

int main(void)
{
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	const TTest *const tests[] = {
		only_its_password_opens_a_hash,
		what_is_no_hash_opens_for_nobody,
		an_unknown_user_costs_as_much,
		the_floor_is_the_floor,
		cost_follows_the_machine,
		a_calibrated_desk_works,
		one_computes_four_wait_others_are_turned_away,
	};
	return suite_run("access/password", tests, sizeof tests / sizeof *tests);
}
