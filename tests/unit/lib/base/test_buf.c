/* The growable buffer. */
#include "base/buf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

START_TEST(grows_and_drops)
{
	struct buf b = {0};
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(buf_printf(&b, "%03d", i), 0);
	ck_assert_uint_eq(b.len, 3000);
	buf_consume(&b, 2994);
	ck_assert(span_is(buf_span(&b), "998999"));
	ck_assert_int_eq(buf_append_str(&b, "!"), 0);
	ck_assert_str_eq(buf_cstr(&b), "998999!");
	ck_assert_uint_eq(b.len, 7);
	ck_assert_int_eq(buf_append(&b, NULL, 0), 0);
	buf_finish(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_str_eq(buf_cstr(&b), "");
	buf_finish(&b);
	buf_finish(NULL);
}
END_TEST

START_TEST(reads_files_up_to_a_size)
{
	char path[] = "/tmp/test_buf.XXXXXX";
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, "12345", 5), 5);
	close(fd);
	struct buf b = {0};
	ck_assert_int_eq(buf_read_file(&b, path, 5), 0);
	ck_assert(span_is(buf_span(&b), "12345"));
	ck_assert_int_eq(buf_read_file(&b, path, 4), ERR_TOO_LARGE);
	unlink(path);
	ck_assert_int_eq(buf_read_file(&b, path, 5), ERR_NOT_FOUND);
	buf_finish(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/buf");
	TCase *tcase = tcase_create("buf");
	tcase_add_test(tcase, grows_and_drops);
	tcase_add_test(tcase, reads_files_up_to_a_size);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
