/* Error codes: each with a text of its own, and the way from errno. */
#include "base/err.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

START_TEST(texts_differ)
{
	static const int codes[] = {
#define CODE(name, value, text) value,
		ERR_TABLE(CODE)
#undef CODE
	};
	enum { COUNT = sizeof codes / sizeof codes[0] };
	for (int i = 0; i < COUNT; i++)
		for (int j = 0; j < i; j++) {
			ck_assert_int_ne(codes[i], codes[j]);
			ck_assert_str_ne(err_text(codes[i]), err_text(codes[j]));
		}
	ck_assert_str_eq(err_text(-1000), "unknown error");
	ck_assert_str_eq(err_text(ERR_DISK_FULL), "disk full");
}
END_TEST

START_TEST(errno_values_have_codes)
{
	ck_assert_int_eq(err_from_errno(0), 0);
	ck_assert_int_eq(err_from_errno(ENOMEM), ERR_NOMEM);
	ck_assert_int_eq(err_from_errno(ENOSPC), ERR_DISK_FULL);
	ck_assert_int_eq(err_from_errno(EACCES), ERR_DENIED);
	ck_assert_int_eq(err_from_errno(ECONNRESET), ERR_CLOSED);
	ck_assert_int_eq(err_from_errno(EXDEV), ERR_IO);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/err");
	TCase *tcase = tcase_create("err");
	tcase_add_test(tcase, texts_differ);
	tcase_add_test(tcase, errno_values_have_codes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
