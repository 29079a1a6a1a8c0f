/* The clocks: in milliseconds, and the monotonic one never goes back. */
#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

START_TEST(clocks_tell_milliseconds)
{
	struct mono_ms before = clock_mono();
	for (int i = 0; i < 1000; i++) {
		struct mono_ms now = clock_mono();
		ck_assert_int_ge(mono_diff_ms(before, now), 0);
		before = now;
	}
	time_t seconds = time(NULL);
	struct wall_ms wall = clock_wall();
	ck_assert_int_ge(wall.ms / 1000, seconds - 1); /* time() may lag a tick */
	ck_assert_int_le(wall.ms / 1000, time(NULL) + 1);
	ck_assert_int_eq(mono_diff_ms(before, mono_add_ms(before, -25)), -25);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/clock");
	TCase *tcase = tcase_create("clock");
	tcase_add_test(tcase, clocks_tell_milliseconds);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
