/* Random numbers: bounds and alphabets; their quality is libsodium's. */
#include "base/rand.h"

#include <check.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

START_TEST(stays_in_bounds)
{
	ck_assert_int_ge(sodium_init(), 0);
	unsigned seen = 0;
	for (int i = 0; i < 1000; i++) {
		uint32_t n = rand_below(5);
		ck_assert_uint_lt(n, 5);
		seen |= 1u << n;
	}
	ck_assert_uint_eq(seen, 31);
	ck_assert_uint_eq(rand_below(1), 0);
	uint8_t bytes[34] = {0}, zeroes[32] = {0};
	rand_bytes(bytes + 1, 32);
	ck_assert_mem_ne(bytes + 1, zeroes, 32);
	ck_assert(bytes[0] == 0 && bytes[33] == 0);
}
END_TEST

START_TEST(names_are_crockford)
{
	ck_assert_int_ge(sodium_init(), 0);
	char a[27], b[27];
	rand_name(a, 26);
	rand_name(b, 26);
	ck_assert_uint_eq(strlen(a), 26);
	ck_assert_uint_eq(strspn(a, "0123456789abcdefghjkmnpqrstvwxyz"), 26);
	ck_assert_str_ne(a, b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/rand");
	TCase *tcase = tcase_create("rand");
	tcase_add_test(tcase, stays_in_bounds);
	tcase_add_test(tcase, names_are_crockford);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
