/* The codec of chunks: whatever samples there are, they come back bit for bit; what
 * households have comes out small; what is damaged is told so. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "db/chunk.h"
#include "support/suite.h"
#include "test_chunk_golden.h"

static uint64_t random_state;

static uint64_t any64(void)
{
	uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static uint64_t below(uint64_t bound)
{
	return any64() % bound;
}

static double double_of(uint64_t bits)
{
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

/* Times: each fills count ascending ones. */

static const int64_t START = INT64_C(1704067200000);

static void time_exact(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].at = START + (int64_t)i * 10000;
}

static void time_jitter(struct datum *data, size_t count)
{
	int64_t schedule = START, at = START;
	for (size_t i = 0; i < count; i++) {
		int64_t late = (int64_t)below(20) + (below(200) == 0 ? (int64_t)below(1600) : 0);
		data[i].at = at = schedule + late > at ? schedule + late : at + 1;
		schedule += (below(300) == 0 ? 3 : 1) * 1000 + (i % 7 == 0);
	}
}

static void time_events(struct datum *data, size_t count)
{
	int64_t at = START;
	for (size_t i = 0; i < count; i++)
		data[i].at = at += 1 + (int64_t)below((uint64_t)1 << below(24));
}

static void time_dense(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].at = -5 + (int64_t)i;
}

static void time_huge_gaps(struct datum *data, size_t count)
{
	uint64_t since = 0, end = UINT64_C(1) << 63; /* since -2^62 */
	for (size_t i = 0; i < count; i++) {
		data[i].at = (int64_t)(since - (UINT64_C(1) << 62));
		uint64_t left = end - since - (count - i);
		uint64_t step = any64() >> (1 + below(62));
		since += 1 + (step < left / 2 ? step : left / 2);
	}
}

static void time_changing(struct datum *data, size_t count)
{
	static const int64_t steps[] = {1000, 60000, 10, 3600000, 1};
	int64_t at = START;
	for (size_t i = 0; i < count; i++)
		data[i].at = at += steps[i / 50 % 5] + (i % 777 == 776 ? INT64_C(86400000) * 365 : 0);
}

static void time_ends(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].at = i < count / 2 || count == 1 ? INT64_MIN + (int64_t)i : INT64_MAX - (int64_t)(count - 1 - i);
}

/* Values. */

static void value_constant(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = 21.5;
}

static void value_switch(struct datum *data, size_t count)
{
	double on = 0;
	for (size_t i = 0; i < count; i++) {
		on = below(30) == 0 ? 1 - on : on;
		data[i].value = on;
	}
}

static void value_text(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = (double)below(6);
}

static void value_decimals(struct datum *data, size_t count)
{
	unsigned decimals = (unsigned)below(18);
	double walk = 20;
	for (size_t i = 0; i < count; i++) {
		char text[64];
		walk += ((double)below(2001) - 1000) / 5000;
		ck_assert_int_lt(snprintf(text, sizeof text, "%.*f", (int)decimals, walk), (int)sizeof text);
		data[i].value = strtod(text, NULL);
	}
}

static void value_floats(struct datum *data, size_t count)
{
	unsigned tenths = 210;
	for (size_t i = 0; i < count; i++) {
		tenths += (unsigned)below(3) - 1;
		data[i].value = (double)((float)tenths / 10.0f);
	}
}

static void value_float_noise(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = (double)(float)(1000 + (double)below(1 << 30) / (1 << 29));
}

static void value_noise(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = 1000 + (double)any64() / 0x1p64;
}

static void value_counter(struct datum *data, size_t count)
{
	double wh = 123456;
	for (size_t i = 0; i < count; i++) {
		wh = below(500) == 0 ? 0 : wh + (double)below(4);
		data[i].value = wh / 1000;
	}
}

static void value_random_bits(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = double_of(any64());
}

static void value_nan_payloads(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = double_of(UINT64_C(0x7FF0000000000001) | (any64() & UINT64_C(0x800FFFFFFFFFFFFF)));
}

static void value_specials(struct datum *data, size_t count)
{
	static const double specials[] = {0.0, -0.0, INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, -5e-324, 1.0, 0.1};
	for (size_t i = 0; i < count; i++)
		data[i].value = specials[below(sizeof specials / sizeof specials[0])];
}

static void value_signed_zeroes(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = below(2) ? 0.0 : -0.0;
}

static void value_denormals(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = double_of(any64() & UINT64_C(0x800FFFFFFFFFFFFF));
}

static void value_great_integers(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = 0x1p53 - 20 + 2.0 * (double)i + (double)below(3) * 0x1p60;
}

static void value_with_outliers(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = below(40) == 0 ? (below(2) ? NAN : 1.0 / 3) : -(double)below(100) / 10;
}

static void value_sixteenths(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = 18 + (double)below(50) * 0.0625;
}

static void value_scales(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = (below(2) ? 1 : -1) * (double)(any64() >> below(64));
}

static void value_sine(struct datum *data, size_t count)
{
	for (size_t i = 0; i < count; i++)
		data[i].value = sin((double)i / 100);
}

typedef void (*fill)(struct datum *data, size_t count);

static const fill times[] = {time_exact, time_jitter, time_events, time_dense, time_huge_gaps, time_changing, time_ends};
static const fill values[] = {
	value_constant, value_switch, value_text, value_decimals, value_floats, value_float_noise, value_noise,
	value_counter, value_random_bits, value_nan_payloads, value_specials, value_signed_zeroes, value_denormals,
	value_great_integers, value_with_outliers, value_sixteenths, value_scales, value_sine,
};
enum { TIMES = sizeof times / sizeof times[0], VALUES = sizeof values / sizeof values[0] };

static struct datum samples[CHUNK_MAX], back[CHUNK_MAX];

/* Encodes samples, decodes them into back and compares; returns the bytes of the chunk. */
static size_t round_trip(size_t count)
{
	struct buf out = {0};
	ck_assert_int_eq(buf_append_str(&out, "before"), 0);
	ck_assert_int_eq(chunk_encode(samples, count, &out), 0);
	ck_assert_mem_eq(out.data, "before", 6);
	/* a copy of exactly its size, so that the sanitizers see reads behind it */
	size_t len = out.len - 6;
	uint8_t *chunk = malloc(len);
	ck_assert_ptr_nonnull(chunk);
	memcpy(chunk, out.data + 6, len);
	size_t back_count = 0;
	memset(back, 0xA5, sizeof back);
	ck_assert_int_eq(chunk_decode(span_of(chunk, len), back, &back_count), 0);
	ck_assert_uint_eq(back_count, count);
	ck_assert_mem_eq(back, samples, count * sizeof samples[0]);
	free(chunk);
	buf_finish(&out);
	return len;
}

START_TEST(all_kinds_come_back)
{
	static const size_t counts[] = {1, 2, 3, 7, 8, 9, 10, 63, 64, 65, 100, 257, 1000};
	for (size_t t = 0; t < TIMES; t++)
		for (size_t v = 0; v < VALUES; v++)
			for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
				random_state = t << 40 | v << 20 | c;
				times[t](samples, counts[c]);
				values[v](samples, counts[c]);
				round_trip(counts[c]);
			}
}
END_TEST

START_TEST(full_chunks_come_back)
{
	for (size_t i = 0; i < TIMES * VALUES; i += 5) { /* 5 divides neither: all of each occur */
		random_state = i;
		times[i % TIMES](samples, CHUNK_MAX);
		values[i % VALUES](samples, CHUNK_MAX);
		round_trip(CHUNK_MAX);
	}
}
END_TEST

START_TEST(every_number_of_decimals_comes_back)
{
	time_exact(samples, 400);
	for (int decimals = 0; decimals <= 17; decimals++)
		for (size_t size = 0; size < 12; size++) {
			random_state = (uint64_t)decimals << 8 | size;
			for (size_t i = 0; i < 400; i++) {
				char text[400];
				double value = ((double)any64() / 0x1p63 - 1) * pow(10, (double)size);
				ck_assert_int_lt(snprintf(text, sizeof text, "%.*f", decimals, value), (int)sizeof text);
				samples[i].value = strtod(text, NULL);
			}
			round_trip(400);
		}
}
END_TEST

START_TEST(many_random_series_come_back)
{
	for (uint64_t i = 0; i < 4000; i++) {
		random_state = i * 7919;
		size_t count = 1 + below((uint64_t)1 << (1 + below(9)));
		size_t half = below(count + 1);
		times[below(TIMES)](samples, count);
		values[below(VALUES)](samples, half);
		values[below(VALUES)](samples + half, count - half);
		round_trip(count);
	}
}
END_TEST

START_TEST(households_are_small)
{
	random_state = 1;
	time_exact(samples, CHUNK_MAX);
	value_constant(samples, CHUNK_MAX);
	ck_assert_uint_le(round_trip(1), 17);
	ck_assert_uint_le(round_trip(2), 26);
	ck_assert_uint_le(round_trip(CHUNK_MAX), 26);
	value_switch(samples, 1440);
	ck_assert_uint_le(round_trip(1440), 100);
	value_text(samples, 1440);
	ck_assert_uint_le(round_trip(1440), 26 + 1440 * 11 / 32 + 30);
	value_counter(samples, 8640);
	ck_assert_uint_le(round_trip(8640), 8640 * 21 / 80);
	value_floats(samples, 1000);
	ck_assert_uint_le(round_trip(1000), 240);
	value_float_noise(samples, 1000);
	ck_assert_uint_le(round_trip(1000), 1000 * 25 / 8);
	value_sixteenths(samples, 1000);
	ck_assert_uint_le(round_trip(1000), 1000 * 6 / 8 + 60);
	value_noise(samples, 1000);
	ck_assert_uint_le(round_trip(1000), 6000);
	value_random_bits(samples, 1000);
	ck_assert_uint_le(round_trip(1000), 8200);
	time_jitter(samples, 1000);
	value_constant(samples, 1000);
	ck_assert_uint_le(round_trip(1000), 800);
}
END_TEST

/* A chunk of 300 samples with exceptions, a schedule and tables. */
static struct buf example(void)
{
	random_state = 5;
	time_jitter(samples, 300);
	value_with_outliers(samples, 300);
	struct buf out = {0};
	ck_assert_int_eq(chunk_encode(samples, 300, &out), 0);
	return out;
}

static int decode_copy(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, len);
	size_t count;
	int err = chunk_decode(span_of(copy, len), back, &count);
	for (size_t i = 1; !err && i < count; i++)
		ck_assert_int_lt(back[i - 1].at, back[i].at);
	free(copy);
	return err;
}

START_TEST(damage_is_found)
{
	struct buf chunk = example();
	for (size_t i = 0; i < chunk.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			chunk.data[i] ^= (uint8_t)(1u << bit);
			int err = decode_copy(chunk.data, chunk.len);
			ck_assert(err == ERR_DAMAGED || (i == 0 && err == ERR_NEWER));
			chunk.data[i] ^= (uint8_t)(1u << bit);
		}
	for (size_t len = 0; len < chunk.len; len++)
		ck_assert_int_eq(decode_copy(chunk.data, len), ERR_DAMAGED);
	buf_finish(&chunk);
}
END_TEST

/* Makes the checksum right for what follows it. */
static void seal(uint8_t *data, size_t len)
{
	uint32_t sum = (uint32_t)crc32(0, data + 5, (uInt)(len - 5));
	for (unsigned i = 0; i < 4; i++)
		data[1 + i] = (uint8_t)(sum >> 8 * i);
}

START_TEST(forgery_does_no_harm)
{
	struct buf chunk = example();
	for (size_t i = 5; i < chunk.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			chunk.data[i] ^= (uint8_t)(1u << bit);
			seal(chunk.data, chunk.len);
			int err = decode_copy(chunk.data, chunk.len);
			ck_assert(err == 0 || err == ERR_DAMAGED);
			chunk.data[i] ^= (uint8_t)(1u << bit);
		}
	buf_finish(&chunk);
}
END_TEST

START_TEST(too_short_and_too_long_are_damage)
{
	struct buf chunk = example();
	size_t len = chunk.len;
	ck_assert_int_eq(buf_append(&chunk, "", 1), 0);
	seal(chunk.data, len + 1);
	ck_assert_int_eq(decode_copy(chunk.data, len + 1), ERR_DAMAGED);
	for (size_t shorter = 5; shorter < len; shorter++) {
		seal(chunk.data, shorter);
		ck_assert_int_eq(decode_copy(chunk.data, shorter), ERR_DAMAGED);
	}
	buf_finish(&chunk);
}
END_TEST

START_TEST(counts_that_cannot_be_are_damage)
{
	struct buf chunk = example();
	static const unsigned counts[] = {0, 299, 301, CHUNK_MAX + 1, 65535};
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		chunk.data[5] = (uint8_t)counts[i];
		chunk.data[6] = (uint8_t)(counts[i] >> 8);
		seal(chunk.data, chunk.len);
		ck_assert_int_eq(decode_copy(chunk.data, chunk.len), ERR_DAMAGED);
	}
	buf_finish(&chunk);
}
END_TEST

START_TEST(times_that_do_not_ascend_are_damage)
{
	time_exact(samples, 50);
	value_constant(samples, 50);
	for (size_t i = 1; i < 50; i++) {
		for (int64_t step = 0; step < 3; step++) {
			int64_t at = samples[i].at;
			samples[i].at = samples[i - 1].at - step * 5000;
			struct buf out = {0};
			ck_assert_int_eq(chunk_encode(samples, 50, &out), 0);
			ck_assert_int_eq(decode_copy(out.data, out.len), ERR_DAMAGED);
			buf_finish(&out);
			samples[i].at = at;
		}
	}
}
END_TEST

static uint8_t hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

START_TEST(old_chunks_are_readable)
{
	for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++) {
		const struct golden *g = &goldens[i];
		uint8_t chunk[4096];
		size_t len = strlen(g->hex) / 2;
		ck_assert_uint_le(len, sizeof chunk);
		for (size_t b = 0; b < len; b++)
			chunk[b] = (uint8_t)(hex_digit(g->hex[2 * b]) << 4 | hex_digit(g->hex[2 * b + 1]));
		size_t count;
		ck_assert_int_eq(chunk_decode(span_of(chunk, len), back, &count), 0);
		ck_assert_uint_eq(count, g->count);
		golden_samples(i, samples, g->count);
		ck_assert_mem_eq(back, samples, count * sizeof samples[0]);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		all_kinds_come_back,
		full_chunks_come_back,
		every_number_of_decimals_comes_back,
		many_random_series_come_back,
		households_are_small,
		damage_is_found,
		forgery_does_no_harm,
		too_short_and_too_long_are_damage,
		counts_that_cannot_be_are_damage,
		times_that_do_not_ascend_are_damage,
		old_chunks_are_readable,
	};
	return suite_run("db/chunk", tests, sizeof tests / sizeof tests[0]);
}
