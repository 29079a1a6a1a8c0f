/* The queue of one client: order, bounds, what is dropped first. */
#include "broker/outbox.h"

#include <check.h>
#include <stdlib.h>

#include "base/err.h"
#include "support/suite.h"

static const struct outbox_limits wide = {100000, 100000000};

static struct delivery delivery_of(uint32_t number, uint8_t qos)
{
	struct message *m = message_create(span_str("t"), (struct span){0}, span_str("0123456789"), qos, 0);
	ck_assert_ptr_nonnull(m);
	return (struct delivery){.message = m, .id = number, .qos = qos};
}

static int push(struct outbox *o, uint32_t number, uint8_t qos, const struct outbox_limits *limits, unsigned *dropped)
{
	struct delivery d = delivery_of(number, qos);
	return outbox_push(o, &d, limits, dropped);
}

static uint32_t pop(struct outbox *o)
{
	struct delivery d = outbox_pop(o);
	message_unref(&d.message);
	return d.id;
}

START_TEST(keeps_the_order)
{
	struct outbox o = {0};
	unsigned dropped;
	uint32_t in = 0, out = 0;
	ck_assert_ptr_null(outbox_first(&o));
	for (int round = 0; round < 500; round++) {
		for (int i = 0; i < round % 17; i++)
			ck_assert_int_eq(push(&o, in++, (uint8_t)(i % 3), &wide, &dropped), 0);
		for (int i = 0; i < round % 13 && o.count; i++)
			ck_assert_uint_eq(pop(&o), out++);
	}
	while (o.count)
		ck_assert_uint_eq(pop(&o), out++);
	ck_assert_uint_eq(in, out);
	ck_assert_uint_eq(o.bytes, 0);
	ck_assert_uint_eq(o.qos0, 0);
	outbox_trim(&o);
	ck_assert_ptr_null(o.ring);
}
END_TEST

START_TEST(qos0_makes_room_for_qos1)
{
	const struct outbox_limits three = {3, 1000000};
	struct outbox o = {0};
	unsigned dropped;
	push(&o, 1, 1, &three, &dropped);
	push(&o, 2, 0, &three, &dropped);
	push(&o, 3, 0, &three, &dropped);
	ck_assert_int_eq(push(&o, 4, 0, &three, &dropped), ERR_FULL);
	ck_assert_uint_eq(dropped, 1);
	ck_assert_int_eq(push(&o, 5, 1, &three, &dropped), 0);
	ck_assert_uint_eq(dropped, 1);
	ck_assert_int_eq(push(&o, 6, 2, &three, &dropped), 0);
	ck_assert_int_eq(push(&o, 7, 1, &three, &dropped), ERR_FULL);
	ck_assert_uint_eq(dropped, 1);
	ck_assert_uint_eq(pop(&o), 1);
	ck_assert_uint_eq(pop(&o), 5);
	ck_assert_uint_eq(pop(&o), 6);
	ck_assert_uint_eq(o.count, 0);
	outbox_finish(&o);
}
END_TEST

START_TEST(bytes_are_bounded)
{
	const struct outbox_limits small = {100000, 1000};
	struct outbox o = {0};
	unsigned dropped, lost = 0;
	for (uint32_t i = 0; i < 100; i++) {
		push(&o, i, 1, &small, &dropped);
		lost += dropped;
	}
	ck_assert_uint_le(o.bytes, 1000);
	ck_assert_uint_eq(o.count + lost, 100);
	ck_assert_uint_gt(o.count, 5);
	outbox_finish(&o);
	/* one message larger than the limit still passes an empty queue */
	const struct outbox_limits tiny = {10, 1};
	ck_assert_int_eq(push(&o, 1, 1, &tiny, &dropped), 0);
	outbox_finish(&o);
}
END_TEST

static bool even(void *ctx, const struct delivery *d)
{
	(void)ctx;
	return d->id % 2 == 0;
}

START_TEST(restriction_leaves_gaps_that_close)
{
	struct outbox o = {0};
	unsigned dropped;
	for (uint32_t i = 0; i < 1000; i++)
		push(&o, i, (uint8_t)(i % 3), &wide, &dropped);
	ck_assert_uint_eq(outbox_restrict(&o, even, NULL), 500);
	for (uint32_t i = 1000; i < 1500; i++)
		push(&o, i, 1, &wide, &dropped);
	for (uint32_t i = 0; i < 1000; i += 2)
		ck_assert_uint_eq(pop(&o), i);
	for (uint32_t i = 1000; i < 1500; i++)
		ck_assert_uint_eq(pop(&o), i);
	ck_assert_uint_eq(o.count, 0);
	outbox_finish(&o);
}
END_TEST

START_TEST(random_pushes_never_pass_the_bounds)
{
	srand(3);
	const struct outbox_limits limits = {50, 2500};
	struct outbox o = {0};
	unsigned dropped;
	uint32_t number = 0, last = 0;
	for (int i = 0; i < 20000; i++) {
		if (rand() % 5 < 3) {
			push(&o, ++number, (uint8_t)(rand() % 3), &limits, &dropped);
		} else if (o.count) {
			uint32_t got = pop(&o);
			ck_assert_uint_gt(got, last);
			last = got;
		}
		ck_assert_uint_le(o.count, 50);
		ck_assert_uint_le(o.bytes, 2500);
		ck_assert_uint_le(o.qos0, o.count);
	}
	outbox_finish(&o);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		keeps_the_order,
		qos0_makes_room_for_qos1,
		bytes_are_bounded,
		restriction_leaves_gaps_that_close,
		random_pushes_never_pass_the_bounds,
	};
	return suite_run("outbox", tests, sizeof tests / sizeof *tests);
}
