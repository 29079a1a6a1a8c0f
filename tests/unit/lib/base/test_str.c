/* Strings: bounded copies, strict numbers, UTF-8, hexadecimal. */
#include "base/str.h"
#include "base/utf8.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

START_TEST(copies_are_whole_or_empty)
{
	char text[4] = "xxx";
	ck_assert_int_eq(str_copy(text, sizeof text, "abc"), 0);
	ck_assert_str_eq(text, "abc");
	ck_assert_int_eq(str_copy(text, sizeof text, "abcd"), ERR_TOO_LARGE);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(str_copy_span(text, sizeof text, span_of("a\0b", 3)), ERR_MALFORMED);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(str_copy_span(text, sizeof text, (struct span){NULL, 0}), 0);
	ck_assert_int_eq(str_format(text, sizeof text, "%d", 123), 0);
	ck_assert_int_eq(str_format(text, sizeof text, "%d", 1234), ERR_TOO_LARGE);
	ck_assert_str_eq(text, "123");
}
END_TEST

START_TEST(integers_are_strict)
{
	int64_t value = 7;
	ck_assert_int_eq(str_to_int("-42", -42, 42, &value), 0);
	ck_assert_int_eq(value, -42);
	static const char *const bad[] = {"", " 1", "1 ", "+1", "0x1", "-", "1e3", "43", "-43",
					  "99999999999999999999", "--1"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(str_to_int(bad[i], -42, 42, &value) == ERR_INVALID, "%s", bad[i]);
	ck_assert_int_eq(value, -42);
	ck_assert_int_eq(str_to_int("9223372036854775807", INT64_MIN, INT64_MAX, &value), 0);
	ck_assert_int_eq(str_to_int("9223372036854775808", INT64_MIN, INT64_MAX, &value), ERR_INVALID);
}
END_TEST

START_TEST(doubles_go_there_and_back)
{
	static const double values[] = {0, -0.5, 21.5, 0.1, 1e300, -4.9e-324, 1.0 / 3, 123456789012345678.0};
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		char text[32];
		double value;
		str_from_double(text, sizeof text, values[i]);
		ck_assert_int_eq(str_to_double(span_str(text), &value), 0);
		ck_assert(memcmp(&value, &values[i], sizeof value) == 0);
	}
	char text[32];
	str_from_double(text, sizeof text, 0.1);
	ck_assert_str_eq(text, "0.1");
	/* the short way for decimals writes what printf writes */
	for (int64_t i = -200000; i < 200000; i += 7)
		for (double power = 1; power < 1e9; power *= 10) {
			char expected[32];
			snprintf(expected, sizeof expected, "%.15g", (double)i / power);
			str_from_double(text, sizeof text, (double)i / power);
			ck_assert_str_eq(text, expected);
		}
	str_from_double(text, sizeof text, NAN);
	ck_assert_str_eq(text, "null");
	double value;
	ck_assert_int_eq(str_to_double(span_str(" 21.5\r\n"), &value), 0);
	static const char *const bad[] = {"", " ", "nan", "inf", "0x10", "1,5", "1.5 2", "1e999", "-", "1.5C"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(str_to_double(span_str(bad[i]), &value) == ERR_INVALID, "%s", bad[i]);
}
END_TEST

START_TEST(utf8)
{
	ck_assert(str_utf8_valid(span_str("")));
	ck_assert(str_utf8_valid((struct span){NULL, 0}));
	ck_assert(str_utf8_valid(span_str("plain text of more than eight bytes")));
	ck_assert(str_utf8_valid(span_str("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"
					  "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
	ck_assert(!str_utf8_valid(span_of("a\0b", 3)));
	ck_assert(!str_utf8_valid(span_of("12345\0 8", 8)));
	ck_assert(!str_utf8_valid(span_str("\xed\xa0\x80")));
	ck_assert(!str_utf8_valid(span_str("12345678\xc0\x80")));
	/* text of a payload: the same, with NUL */
	ck_assert(utf8_text_valid(span_str("")));
	ck_assert(utf8_text_valid(span_of("\0", 1)));
	ck_assert(utf8_text_valid(span_of("a\0 much longer\0\xc3\xa9\0", 18)));
	ck_assert(!utf8_text_valid(span_of("fine\0\xed\xa0\x80", 8)));
	ck_assert(!utf8_text_valid(span_of("\xff\0fine", 6)));
	ck_assert(!utf8_text_valid(span_of("cut by\xc3\0\xa9", 9)));
}
END_TEST

START_TEST(ids_and_hexadecimal)
{
	ck_assert(str_id_valid(span_str("Lamp_7-a"), 8));
	ck_assert(!str_id_valid(span_str("Lamp_7-ab"), 8));
	ck_assert(!str_id_valid(span_str(""), 8));
	ck_assert(!str_id_valid(span_str("a/b"), 8));
	char text[5];
	uint8_t bytes[2] = {0, 0};
	str_to_hex(text, (const uint8_t *)"\x0f\xa0", 2);
	ck_assert_str_eq(text, "0fa0");
	ck_assert_int_eq(str_from_hex("0FA0", bytes, 2), 0);
	ck_assert_mem_eq(bytes, "\x0f\xa0", 2);
	ck_assert_int_eq(str_from_hex("0fa", bytes, 2), ERR_INVALID);
	ck_assert_int_eq(str_from_hex("0fa00", bytes, 2), ERR_INVALID);
	ck_assert_int_eq(str_from_hex("0fg0", bytes, 2), ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/str");
	TCase *tcase = tcase_create("str");
	tcase_add_test(tcase, copies_are_whole_or_empty);
	tcase_add_test(tcase, integers_are_strict);
	tcase_add_test(tcase, doubles_go_there_and_back);
	tcase_add_test(tcase, utf8);
	tcase_add_test(tcase, ids_and_hexadecimal);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
