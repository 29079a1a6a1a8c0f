/* The order of the attempts to reach the hub, and their pauses. */
#include "agent/redial.h"

#include "support/suite.h"

START_TEST(pauses_double_up_to_a_minute)
{
	ck_assert_int_le(redial_backoff_ms(0, 1), 250);
	ck_assert_int_le(redial_backoff_ms(1, 1), 250);
	int64_t bounds[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_int_eq(redial_backoff_ms(i + 2, 1), bounds[i]);
		ck_assert_int_eq(redial_backoff_ms(i + 2, 0), 0);
		ck_assert_int_eq(redial_backoff_ms(i + 2, 0.5), bounds[i] / 2);
	}
	ck_assert_int_eq(redial_backoff_ms(4000000000u, 1), 60000);
}
END_TEST

/* Fails once; checks what comes then. */
static void expect(struct redial *r, bool was_online, size_t next, int64_t wait_ms)
{
	ck_assert_int_eq(redial_failed(r, was_online, 1), wait_ms);
	ck_assert_uint_eq(r->next, next);
}

START_TEST(one_address_is_tried_again_and_again)
{
	struct redial r;
	redial_init(&r, 1);
	ck_assert_uint_eq(r.next, 0);
	expect(&r, false, 0, 250);
	expect(&r, false, 0, 1000);
	expect(&r, false, 0, 2000);
	redial_succeeded(&r);
	redial_lasted(&r);
	expect(&r, true, 0, 250);
	expect(&r, false, 0, 1000);
}
END_TEST

START_TEST(while_none_has_worked_only_a_whole_round_makes_the_pause_longer)
{
	struct redial r;
	redial_init(&r, 3);
	expect(&r, false, 1, 250);
	expect(&r, false, 2, 250);
	expect(&r, false, 0, 250);
	expect(&r, false, 1, 250);
	expect(&r, false, 2, 250);
	expect(&r, false, 0, 1000);
}
END_TEST

START_TEST(what_worked_is_tried_every_second_time_and_all_others_in_turn)
{
	struct redial r;
	redial_init(&r, 4);
	expect(&r, false, 1, 250);
	expect(&r, false, 2, 250);
	redial_succeeded(&r);
	redial_lasted(&r);
	expect(&r, true, 2, 250); /* the hub restarts: the same address first */
	expect(&r, false, 3, 250);
	expect(&r, false, 2, 1000);
	expect(&r, false, 0, 250);
	expect(&r, false, 2, 2000);
	expect(&r, false, 1, 250);
	expect(&r, false, 2, 4000);
	expect(&r, false, 3, 250);
	redial_succeeded(&r);
	redial_lasted(&r); /* the hub has moved */
	expect(&r, true, 3, 250);
	expect(&r, false, 0, 250);
	expect(&r, false, 3, 1000);
}
END_TEST

START_TEST(two_machines_with_one_identity_calm_down)
{
	struct redial r;
	redial_init(&r, 1);
	static const int64_t waits[] = {250, 1000, 2000, 4000};
	for (unsigned i = 0; i < 4; i++) {
		redial_succeeded(&r); /* and is thrown out at once by the other one */
		expect(&r, true, 0, waits[i]);
	}
	redial_succeeded(&r);
	redial_lasted(&r);
	expect(&r, true, 0, 250);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {pauses_double_up_to_a_minute, one_address_is_tried_again_and_again,
				      while_none_has_worked_only_a_whole_round_makes_the_pause_longer,
				      what_worked_is_tried_every_second_time_and_all_others_in_turn,
				      two_machines_with_one_identity_calm_down};
	return suite_run("agent/redial", tests, sizeof tests / sizeof tests[0]);
}
