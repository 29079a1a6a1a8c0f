/* The send window and the set of received identifiers, against naive
 * references. */
#include "broker/inflight.h"

#include <check.h>
#include <stdlib.h>

#include "broker/id_set.h"
#include "support/effort.h"
#include "support/suite.h"

static uint16_t add(struct inflight *f, uint8_t qos)
{
	struct delivery d = {.message = message_create(span_str("t"), (struct span){0}, (struct span){0}, qos, 0),
			     .qos = qos};
	uint16_t id = inflight_add(f, &d, f->tail > 0 ? f->tail : 1);
	if (!id)
		message_unref(&d.message);
	return id;
}

START_TEST(identifiers_are_unique_and_found)
{
	srand(5);
	static bool open[65536];
	struct inflight f = {0};
	uint16_t ids[100];
	int count = 0;
	for (int i = 0; i < effort_rounds(400000, 4000000); i++) { /* several times round the identifiers */
		if (count < 100 && rand() % 2) {
			uint16_t id = add(&f, (uint8_t)(1 + rand() % 2));
			ck_assert_uint_ne(id, 0);
			ck_assert(!open[id]);
			open[id] = true;
			ids[count++] = id;
		} else if (count) {
			int k = rand() % count;
			ck_assert_ptr_nonnull(inflight_find(&f, ids[k]));
			inflight_end(&f, ids[k]);
			ck_assert_ptr_null(inflight_find(&f, ids[k]));
			open[ids[k]] = false;
			ids[k] = ids[--count];
		}
		ck_assert_uint_eq(f.count, (unsigned)count);
		ck_assert_uint_eq(f.window, (unsigned)count);
		uint16_t any = (uint16_t)rand();
		ck_assert_int_eq(inflight_find(&f, any) != NULL, open[any]);
	}
	ck_assert_ptr_null(inflight_find(&f, 0));
	inflight_finish(&f);
}
END_TEST

START_TEST(one_forgotten_blocks_before_ids_repeat)
{
	struct inflight f = {0};
	uint16_t first = add(&f, 1);
	for (int i = 0; i < INFLIGHT_SPAN - 1; i++) {
		uint16_t id = add(&f, 1);
		ck_assert_uint_ne(id, 0);
		ck_assert_uint_ne(id, first);
		inflight_end(&f, id);
	}
	ck_assert_uint_eq(add(&f, 1), 0);
	inflight_end(&f, first);
	ck_assert_uint_ne(add(&f, 1), 0);
	inflight_finish(&f);
}
END_TEST

START_TEST(restart_resends_in_order)
{
	struct inflight f = {0};
	uint16_t id[6], again;
	for (int i = 0; i < 6; i++)
		id[i] = add(&f, 2);
	inflight_end(&f, id[0]);
	inflight_end(&f, id[3]);
	ck_assert(!inflight_has_resend(&f));
	inflight_restart(&f);
	ck_assert_uint_eq(f.window, 0);
	ck_assert(inflight_has_resend(&f));
	ck_assert_ptr_eq(inflight_resend(&f, &again), inflight_find(&f, id[1]));
	ck_assert_uint_eq(again, id[1]);
	inflight_end(&f, id[1]);
	inflight_end(&f, id[4]); /* answered from before: not sent again */
	inflight_resend(&f, &again);
	ck_assert_uint_eq(again, id[2]);
	inflight_resend(&f, &again);
	ck_assert_uint_eq(again, id[5]);
	ck_assert(!inflight_has_resend(&f));
	ck_assert_ptr_null(inflight_resend(&f, &again));
	ck_assert_uint_eq(f.window, 2);
	ck_assert_uint_eq(f.count, 2);
	uint16_t fresh = add(&f, 1);
	ck_assert_uint_eq(fresh, id[5] + 1);
	inflight_finish(&f);
}
END_TEST

/* After a restart a handshake may lie in the window before the older messages have gone into it. */
START_TEST(older_numbers_find_their_place_before_newer_ones)
{
	struct inflight f = {0};
	const struct delivery released = {.qos = 2, .state = DELIVERY_PUBCOMP};
	ck_assert_uint_eq(inflight_restore(&f, &released, 70000), inflight_id(70000));
	for (uint64_t number = 69990; number < 70005; number++) {
		struct delivery d = {.message = message_create(span_str("t"), (struct span){0}, (struct span){0}, 1, 0), .qos = 1};
		ck_assert(inflight_reaches(&f, number));
		if (number == 70000)
			message_unref(&d.message);
		else
			ck_assert_uint_eq(inflight_add(&f, &d, number), inflight_id(number));
	}
	ck_assert_int_eq(inflight_find(&f, inflight_id(70000))->state, DELIVERY_PUBCOMP);
	ck_assert_int_eq(inflight_find(&f, inflight_id(69990))->state, DELIVERY_PUBACK);
	ck_assert(inflight_reaches(&f, 70004 - INFLIGHT_SPAN + 1) && !inflight_reaches(&f, 70004 - INFLIGHT_SPAN));
	ck_assert(inflight_reaches(&f, 69990 + INFLIGHT_SPAN - 1) && !inflight_reaches(&f, 69990 + INFLIGHT_SPAN));
	inflight_finish(&f);
}
END_TEST

START_TEST(id_set_is_a_set)
{
	srand(9);
	static bool in[65536];
	struct id_set set = {0};
	uint32_t count = 0;
	const int rounds = effort_rounds(300000, 3000000);
	for (int i = 0; i < rounds; i++) {
		uint16_t id = (uint16_t)(1 + rand() % (i < rounds / 2 ? 300 : 65535));
		ck_assert_int_eq(id_set_has(&set, id), in[id]);
		if (rand() % 2) {
			ck_assert_int_eq(id_set_remove(&set, id), in[id]);
			count -= in[id];
			in[id] = false;
		} else if (!in[id]) {
			ck_assert_int_eq(id_set_add(&set, id), 0);
			in[id] = true;
			count++;
		}
		ck_assert_uint_eq(set.count, count);
	}
	for (uint32_t id = 1; id < 65536; id++)
		if (!in[id])
			ck_assert_int_eq(id_set_add(&set, (uint16_t)id), 0);
	ck_assert_uint_eq(set.count, 65535);
	for (uint32_t id = 1; id < 65536; id++)
		ck_assert(id_set_remove(&set, (uint16_t)id));
	ck_assert_ptr_null(set.table);
	id_set_finish(&set);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		identifiers_are_unique_and_found,
		one_forgotten_blocks_before_ids_repeat,
		restart_resends_in_order,
		older_numbers_find_their_place_before_newer_ones,
		id_set_is_a_set,
	};
	return suite_run("inflight", tests, sizeof tests / sizeof *tests);
}
