/* The intrusive list. */
#include "base/list.h"

#include <check.h>
#include <stdlib.h>

struct item {
	int number;
	struct list link;
};

START_TEST(keeps_order_and_lets_go_while_walked)
{
	struct list items; /* item.link */
	struct item item[5];
	list_init(&items);
	ck_assert(list_empty(&items));
	for (int i = 0; i < 5; i++) {
		item[i].number = i;
		list_append(&items, &item[i].link);
	}
	int next = 0;
	list_each(it, &items, struct item, link) {
		ck_assert_int_eq(it->number, next++);
		if (it->number % 2)
			list_remove(&it->link);
	}
	ck_assert_int_eq(next, 5);
	next = 0;
	list_each(it, &items, struct item, link) {
		ck_assert_int_eq(it->number, next);
		next += 2;
		list_remove(&it->link);
		list_remove(&it->link); /* once more is harmless */
	}
	ck_assert_int_eq(next, 6);
	ck_assert(list_empty(&items));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/list");
	TCase *tcase = tcase_create("list");
	tcase_add_test(tcase, keeps_order_and_lets_go_while_walked);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
