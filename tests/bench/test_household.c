/* The household is what every figure rests on: the same from the same seed, in order, and as dense as it says. */
#include "household.h"

#include "support/suite.h"

static struct household *create(bool jitter, bool fast, double scale)
{
	struct household_config config = {.days = 1, .scale = scale, .jitter = jitter, .fast_temperature = fast, .seed = 7};
	struct household *h = household_create(&config);
	ck_assert_ptr_nonnull(h);
	return h;
}

START_TEST(samples_come_in_order_of_time_and_ascend_in_each_series)
{
	struct household *h = create(true, false, 10);
	int64_t last = 0, last_of[HOUSEHOLD_SERIES + 1] = {0};
	for (struct sample s; household_next(h, &s);) {
		ck_assert_int_ge(s.series, 1);
		ck_assert_int_le(s.series, HOUSEHOLD_SERIES);
		ck_assert_int_ge(s.at.ms, last);
		ck_assert_int_gt(s.at.ms, last_of[s.series]);
		last = last_of[s.series] = s.at.ms;
	}
	ck_assert_int_lt(last, HOUSEHOLD_START_MS + HOUSEHOLD_DAY_MS);
	for (int i = 1; i <= HOUSEHOLD_SERIES; i++)
		ck_assert_int_gt(last_of[i], HOUSEHOLD_START_MS + HOUSEHOLD_DAY_MS / 2);
	household_destroy(&h);
	ck_assert_ptr_null(h);
}
END_TEST

START_TEST(same_seed_gives_the_same_samples)
{
	struct household *a = create(true, false, 20), *b = create(true, false, 20);
	struct sample x, y;
	while (household_next(a, &x)) {
		ck_assert(household_next(b, &y));
		ck_assert(x.series == y.series && x.at.ms == y.at.ms && x.value == y.value);
	}
	ck_assert(!household_next(b, &y));
	household_destroy(&a);
	household_destroy(&b);
}
END_TEST

START_TEST(exact_intervals_are_exact)
{
	struct household *h = create(false, true, 100);
	int64_t expected = HOUSEHOLD_START_MS;
	for (struct sample s; household_next(h, &s);)
		if (s.series == HOUSEHOLD_FAST_TEMPERATURE) {
			ck_assert_int_eq(s.at.ms, expected);
			expected += 10000;
		}
	ck_assert_int_eq(expected, HOUSEHOLD_START_MS + HOUSEHOLD_DAY_MS);
	household_destroy(&h);
}
END_TEST

/* A year with one dense series is asked the same questions, however sparse the others are. */
START_TEST(fast_series_does_not_depend_on_the_others)
{
	struct household *a = create(true, true, 20), *b = create(true, true, 200);
	struct sample x, y;
	for (int i = 0; i < 1000; i++) {
		do
			ck_assert(household_next(a, &x));
		while (x.series != HOUSEHOLD_FAST_TEMPERATURE);
		do
			ck_assert(household_next(b, &y));
		while (y.series != HOUSEHOLD_FAST_TEMPERATURE);
		ck_assert(x.at.ms == y.at.ms && x.value == y.value);
	}
	household_destroy(&a);
	household_destroy(&b);
}
END_TEST

START_TEST(house_speaks_23_times_a_second)
{
	static struct sample samples[1000];
	struct household *h = create(true, false, 1);
	size_t total = 0;
	for (size_t count; (count = household_fill(h, samples, 1000)) > 0;)
		total += count;
	ck_assert_uint_gt(total, 1960000);
	ck_assert_uint_lt(total, 1990000);
	household_destroy(&h);
}
END_TEST

START_TEST(classes_are_where_the_header_says)
{
	ck_assert_int_eq(household_class_of(1), HOUSEHOLD_TEMPERATURE);
	ck_assert_int_eq(household_class_of(60), HOUSEHOLD_TEMPERATURE);
	ck_assert_int_eq(household_class_of(61), HOUSEHOLD_HUMIDITY);
	ck_assert_int_eq(household_class_of(HOUSEHOLD_FAST_POWER), HOUSEHOLD_POWER);
	ck_assert_int_eq(household_class_of(200), HOUSEHOLD_NOISE);
	ck_assert_int_eq(household_class_info(HOUSEHOLD_ENERGY)->kind, SERIES_COUNTER);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		samples_come_in_order_of_time_and_ascend_in_each_series,
		same_seed_gives_the_same_samples,
		exact_intervals_are_exact,
		fast_series_does_not_depend_on_the_others,
		house_speaks_23_times_a_second,
		classes_are_where_the_header_says,
	};
	return suite_run("bench/household", tests, sizeof tests / sizeof *tests);
}
