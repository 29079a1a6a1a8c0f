/* The hash map: what goes in comes out, also through growth and removal. */
#include "base/map.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

struct item {
	struct map_node node;
	char key[16];
};

enum { ITEMS = 1000 };

START_TEST(finds_what_was_put)
{
	static struct item items[ITEMS];
	struct map m = {0};
	for (int i = 0; i < ITEMS; i++) {
		snprintf(items[i].key, sizeof items[i].key, "key-%d", i);
		ck_assert_int_eq(map_put(&m, &items[i].node, span_str(items[i].key)), 0);
	}
	ck_assert_uint_eq(m.count, ITEMS);
	for (int i = 0; i < ITEMS; i++)
		ck_assert_ptr_eq(map_get(&m, span_str(items[i].key)), &items[i].node);
	ck_assert_ptr_null(map_get(&m, span_str("key-1000")));

	struct item twin = {.key = "key-7"};
	ck_assert_int_eq(map_put(&m, &twin.node, span_str(twin.key)), ERR_EXISTS);

	for (int i = 0; i < ITEMS; i += 2)
		map_remove(&m, &items[i].node);
	size_t seen = 0;
	for (struct map_node *n = map_next(&m, NULL); n; n = map_next(&m, n))
		seen++;
	ck_assert_uint_eq(seen, ITEMS / 2);
	for (int i = 0; i < ITEMS; i++)
		ck_assert_int_eq(map_get(&m, span_str(items[i].key)) != NULL, i % 2);

	size_t mask = m.mask;
	map_trim(&m); /* half full: stays */
	ck_assert_uint_eq(m.mask, mask);
	for (int i = 21; i < ITEMS; i += 2)
		map_remove(&m, &items[i].node);
	map_trim(&m);
	ck_assert_uint_lt(m.mask, mask / 4);
	for (int i = 0; i < ITEMS; i++)
		ck_assert_int_eq(map_get(&m, span_str(items[i].key)) != NULL, i % 2 && i < 21);
	map_finish(&m);
}
END_TEST

START_TEST(empty_map_is_harmless)
{
	struct map m = {0};
	ck_assert_ptr_null(map_get(&m, span_str("x")));
	ck_assert_ptr_null(map_next(&m, NULL));
	map_trim(&m);
	map_finish(&m);
	map_finish(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/map");
	TCase *tcase = tcase_create("map");
	tcase_add_test(tcase, finds_what_was_put);
	tcase_add_test(tcase, empty_map_is_harmless);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
