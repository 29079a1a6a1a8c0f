/* Buckets against the plain way of saying what they are, and blocks there and back. */
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "db/rollup.h"
#include "support.h"

enum { MANY = 3000 };

#define FIVE_MIN_MS 300000LL
#define HOUR_MS 3600000LL

/* Check writes each assertion to a file: too slow for millions. */
#define require(truth) \
	do { \
		if (!(truth)) \
			ck_abort_msg("%s", #truth); \
	} while (0)

/* Samples of several kinds: decimals, counters with resets, numbers of all sizes, NaN, infinities. */
struct series_maker {
	struct test_rand rand;
	int kind;
	int64_t at, pause;
	double value;
};
enum { DECIMAL, COUNTER, WILD, KINDS };

static double next_value(struct series_maker *m)
{
	uint64_t r = test_rand_next(&m->rand);
	if (r % 97 == 0)
		return NAN;
	if (m->kind == DECIMAL)
		return m->value = round(m->value * 10 + (double)((int)(r >> 20 & 7) - 3)) / 10;
	if (m->kind == COUNTER) {
		m->value = r % 101 == 1 ? 0 : m->value + (double)(r >> 20 & 63) / 4;
		return m->value;
	}
	if (r % 53 == 1)
		return r >> 40 & 1 ? INFINITY : -INFINITY;
	double value;
	memcpy(&value, &r, sizeof value);
	return isnan(value) ? -0.0 : value;
}

static void make(struct series_maker *m, struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		m->at += 1 + (int64_t)test_rand_below(&m->rand, (uint64_t)m->pause * 2);
		if (test_rand_below(&m->rand, 200) == 0)
			m->at += m->pause * 500;
		data[i] = (struct datum){m->at, next_value(m)};
	}
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static double naive_rise(double from, double to)
{
	if (isinf(from) && from == to)
		return 0;
	return to >= from ? to - from : fmax(to, 0);
}

/* What a bucket is, sample by sample. */
static size_t naive(const struct datum *data, size_t count, int64_t length, struct bucket *out)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		double v = data[i].value;
		int64_t at = floor_div(data[i].at, length) * length;
		if (isnan(v))
			continue;
		if (!n || out[n - 1].at != at) {
			out[n++] = (struct bucket){at, 1, v, v, v, v, v, 0};
			continue;
		}
		struct bucket *b = &out[n - 1];
		b->count++;
		b->min = fmin(b->min, v);
		b->max = fmax(b->max, v);
		b->sum += v;
		b->increase += naive_rise(b->last, v);
		b->last = v;
	}
	return n;
}

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* slack: for what was added up in another order or shortened. */
static void check_bucket(const struct bucket *a, const struct bucket *b, double slack, bool counter)
{
	double most = slack * (double)b->count * fmax(fabs(b->min), fabs(b->max));
	require(a->at == b->at);
	require(a->count == b->count);
	require(same(a->min, b->min) && same(a->max, b->max));
	require(same(a->sum, b->sum) || fabs(a->sum - b->sum) <= most || !isfinite(most));
	if (!counter)
		return;
	require(same(a->first, b->first) && same(a->last, b->last));
	require(same(a->increase, b->increase) || fabs(a->increase - b->increase) <= most || !isfinite(most));
}

static void check_buckets(const struct bucket *a, size_t a_count, const struct bucket *b, size_t b_count, double slack)
{
	require(a_count == b_count);
	for (size_t i = 0; i < a_count; i++)
		check_bucket(&a[i], &b[i], slack, true);
}

static struct datum data[MANY];
static struct bucket got[MANY], want[MANY];

START_TEST(adding_is_as_one_by_one)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct series_maker m = {{seed}, (int)(seed % KINDS), 0, 0, 20};
		m.pause = 1 + (int64_t)test_rand_below(&m.rand, 400000);
		m.at = seed % 3 ? -(int64_t)test_rand_below(&m.rand, 1LL << 40) : HISTORY_FIRST_MS;
		int64_t length = 1 + (int64_t)test_rand_below(&m.rand, 4 * HOUR_MS);
		make(&m, data, MANY);
		struct bucketing b = {got, 0, MANY, length};
		for (size_t i = 0, n; i < MANY; i += n) {
			n = 1 + test_rand_below(&m.rand, 700);
			n = n < MANY - i ? n : MANY - i;
			ck_assert_int_eq(bucketing_add(&b, data + i, n), 0);
		}
		check_buckets(got, b.count, want, naive(data, MANY, length, want), 0);
	}
}
END_TEST

START_TEST(joining_is_as_adding)
{
	static struct bucket fine[MANY];
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct series_maker m = {{seed}, (int)(seed % 2 ? DECIMAL : COUNTER), -(1LL << 38), 60000, 20};
		int64_t times = 1 + (int64_t)test_rand_below(&m.rand, 40);
		make(&m, data, MANY);
		struct bucketing a = {fine, 0, MANY, FIVE_MIN_MS}, b = {got, 0, MANY, FIVE_MIN_MS * times};
		ck_assert_int_eq(bucketing_add(&a, data, MANY), 0);
		for (size_t i = 0; i < a.count; i++)
			ck_assert_int_eq(bucketing_join(&b, &fine[i]), 0);
		check_buckets(got, b.count, want, naive(data, MANY, b.length_ms, want), 1e-12);
	}
}
END_TEST

START_TEST(full_when_one_bucket_more_is_needed)
{
	struct datum three[] = {{0, 1}, {5, 2}, {10, 3}};
	struct bucketing b = {got, 0, 1, 10};
	ck_assert_int_eq(bucketing_add(&b, three, 3), ERR_FULL);
	ck_assert_uint_eq(b.count, 1);
	ck_assert_uint_eq(got[0].count, 2);
	ck_assert_int_eq(bucketing_join(&b, &(struct bucket){.at = 10, .count = 1}), ERR_FULL);
	ck_assert_int_eq(bucketing_join(&b, &(struct bucket){.at = 9, .count = 1}), 0);
}
END_TEST

START_TEST(nan_alone_makes_no_bucket)
{
	struct datum two[] = {{0, NAN}, {5, NAN}};
	struct bucketing b = {got, 0, 1, 10};
	ck_assert_int_eq(bucketing_add(&b, two, 2), 0);
	ck_assert_uint_eq(b.count, 0);
}
END_TEST

START_TEST(increase_counts_every_step_once)
{
	struct datum steps[] = {{1, 5}, {4, 7}, {11, 10}, {15, 2}, {25, 2.5}, {47, 1}};
	struct bucketing b = {got, 0, MANY, 10};
	ck_assert_int_eq(bucketing_add(&b, steps, 6), 0);
	bucketing_finish_increase(&b);
	const double rose[] = {2, 3 + 2, 0.5, 1};
	ck_assert_uint_eq(b.count, 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert(got[i].increase == rose[i]);
}
END_TEST

START_TEST(borders_of_time)
{
	ck_assert_int_eq(bucket_start(-1, 10), -10);
	ck_assert_int_eq(bucket_start(-10, 10), -10);
	ck_assert_int_eq(bucket_start(9, 10), 0);
	ck_assert_int_eq(rollup_block_of(ROLLUP_5MIN, -1), -1);
	ck_assert_int_eq(rollup_block_of(ROLLUP_HOUR, 32 * 24 * HOUR_MS), 1);
	struct datum ends[] = {{HISTORY_FIRST_MS, 1}, {HISTORY_LAST_MS, 2}};
	struct bucketing b = {got, 0, 2, 1};
	ck_assert_int_eq(bucketing_add(&b, ends, 2), 0);
	ck_assert_int_eq(got[1].at, HISTORY_LAST_MS);
	b = (struct bucketing){got, 0, 2, HISTORY_LAST_MS - HISTORY_FIRST_MS};
	ck_assert_int_eq(bucketing_add(&b, ends, 2), 0);
	ck_assert_int_eq(got[0].at, HISTORY_FIRST_MS - HISTORY_LAST_MS);
}
END_TEST

/* ---- blocks ------------------------------------------------------------ */

static struct datum scratch[CHUNK_MAX];

static size_t there_and_back(const struct bucket *buckets, size_t count, bool counter)
{
	struct buf block = {0};
	size_t n;
	ck_assert_int_eq(rollup_encode(buckets, count, counter, &block), 0);
	ck_assert_int_eq(rollup_decode(buf_span(&block), scratch, got, &n), 0);
	ck_assert_uint_eq(n, count);
	for (size_t i = 0; i < n; i++)
		check_bucket(&got[i], &buckets[i], 6e-10, counter);
	size_t len = block.len;
	buf_finish(&block);
	return len;
}

START_TEST(blocks_come_back)
{
	for (uint64_t seed = 1; seed <= 600; seed++) {
		struct series_maker m = {{seed}, (int)(seed % KINDS), -(1LL << 38), 0, 20};
		m.pause = 1 + (int64_t)test_rand_below(&m.rand, 400000);
		make(&m, data, MANY);
		int64_t length = seed % 5 ? FIVE_MIN_MS : seed % 2 ? HOUR_MS : 7;
		size_t count = naive(data, MANY, length, want);
		count = count < ROLLUP_BLOCK_MAX ? count : ROLLUP_BLOCK_MAX;
		there_and_back(want, count, m.kind == COUNTER);
	}
}
END_TEST

START_TEST(small_blocks_come_back)
{
	struct bucket one = {-FIVE_MIN_MS, 1, -0.0, 0.0, -0.0, 0, 0, 0};
	there_and_back(NULL, 0, false);
	there_and_back(&one, 1, false);
	ck_assert(signbit(got[0].min) && !signbit(got[0].max));
	there_and_back(&one, 1, true);
	struct bucket far = {HISTORY_LAST_MS, 1ULL << 52, 1e300, INFINITY, INFINITY, 1e300, INFINITY, INFINITY};
	there_and_back(&far, 1, true);
}
END_TEST

/* Sums keep their digits also where they nearly cancel out. */
START_TEST(sums_keep_their_digits)
{
	struct bucket b = {0, 1000, -1e6, 1e6, 0.123456789, 0, 0, 0};
	there_and_back(&b, 1, false);
	ck_assert(fabs(got[0].sum - b.sum) < 1e-4);
	b = (struct bucket){0, 30, 21.34, 21.96, 649.4999999999999, 0, 0, 0};
	there_and_back(&b, 1, false);
	ck_assert(got[0].sum == 649.5);
	b = (struct bucket){0, 3, 1, 2, 4.123456789012, 0, 0, 0};
	there_and_back(&b, 1, false);
	ck_assert(fabs(got[0].sum - b.sum) < 1e-9);
}
END_TEST

START_TEST(no_damage_is_believed)
{
	struct series_maker m = {{9}, COUNTER, 0, 30000, 20};
	struct buf block = {0};
	size_t n;
	make(&m, data, MANY);
	ck_assert_int_eq(rollup_encode(want, naive(data, 500, FIVE_MIN_MS, want), true, &block), 0);
	for (size_t len = 0; len < block.len; len++)
		ck_assert_int_eq(rollup_decode(span_of(block.data, len), scratch, got, &n), ERR_DAMAGED);
	block.data[0]++;
	ck_assert_int_eq(rollup_decode(buf_span(&block), scratch, got, &n), ERR_NEWER);
	buf_finish(&block);
}
END_TEST

/* A day of a thermometer that reports each 10 s in steps of 0.01 degrees. */
START_TEST(a_block_is_small)
{
	static struct datum day[8640];
	struct test_rand rand = {5};
	double noise = 0;
	for (size_t i = 0; i < 8640; i++) {
		noise += ((double)test_rand_below(&rand, 2001) - 1000) / 1000 * 0.02 - noise * 0.01;
		double value = 21 + 2 * sin((double)i / 8640 * 6.283) + noise;
		day[i] = (struct datum){(int64_t)i * 10000 + (int64_t)test_rand_below(&rand, 50), round(value * 10) / 10};
	}
	size_t count = naive(day, 8640, FIVE_MIN_MS, want);
	size_t len = there_and_back(want, count, false);
	ck_assert_uint_le(len, 3 * count);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, adding_is_as_one_by_one);
	tcase_add_test(tc, joining_is_as_adding);
	tcase_add_test(tc, full_when_one_bucket_more_is_needed);
	tcase_add_test(tc, nan_alone_makes_no_bucket);
	tcase_add_test(tc, increase_counts_every_step_once);
	tcase_add_test(tc, borders_of_time);
	tcase_add_test(tc, blocks_come_back);
	tcase_add_test(tc, small_blocks_come_back);
	tcase_add_test(tc, sums_keep_their_digits);
	tcase_add_test(tc, no_damage_is_believed);
	tcase_add_test(tc, a_block_is_small);
}

int main(void)
{
	return test_run("rollup", add);
}
