/* A block of rollups: as it comes, which must not be believed; and, behind a first byte that says so, as the values of a block
 * whose chunk is sound, so that no checksum stands before the reading of forged columns. What can be read is written and
 * read again, and must be the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "db/rollup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct datum scratch[CHUNK_MAX];
static struct bucket buckets[ROLLUP_BLOCK_MAX], again[ROLLUP_BLOCK_MAX];

static void check(bool truth)
{
	if (!truth)
		abort();
}

static bool same(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* Equal but for what is behind the digits that are kept. */
static bool near(double a, double b, const struct bucket *of)
{
	double slack = 6e-10 * fabs(b) + 2e-13 * (double)of->count * fmax(fabs(of->min), fabs(of->max));
	return same(a, b) || fabs(a - b) <= slack || !isfinite(slack);
}

static void check_again(size_t count, bool counter)
{
	struct buf out = {0};
	size_t n;
	check(rollup_encode(buckets, count, counter, &out) == 0);
	check(rollup_decode(buf_span(&out), scratch, again, &n) == 0 && n == count);
	for (size_t i = 0; i < n; i++) {
		const struct bucket *a = &again[i], *b = &buckets[i];
		check(a->at == b->at && a->count == b->count && same(a->min, b->min) && same(a->max, b->max));
		check(near(a->sum, b->sum, b));
		if (counter)
			check(same(a->first, b->first) && same(a->last, b->last) && near(a->increase, b->increase, b));
	}
	buf_finish(&out);
}

static void try_block(struct span block)
{
	size_t count;
	if (rollup_decode(block, scratch, buckets, &count))
		return;
	check_again(count, false);
	check_again(count, true);
}

/* Values in 3 bytes each: an integer or, with the last byte's highest bit, a double's upper part. */
static void try_values(const uint8_t *data, size_t size)
{
	static struct datum values[CHUNK_MAX];
	struct buf block = {0};
	size_t n = 0;
	for (; size >= 3 && n < CHUNK_MAX; data += 3, size -= 3, n++) {
		uint64_t bits = (uint64_t)data[0] << 40 | (uint64_t)data[1] << 48 | (uint64_t)data[2] << 57;
		values[n].at = (int64_t)n;
		values[n].value = (int8_t)data[0] + 256 * (int8_t)data[1];
		if (data[2] >> 7)
			memcpy(&values[n].value, &bits, sizeof bits);
	}
	check(buf_append(&block, "\1", 1) == 0);
	if (n && chunk_encode(values, n, &block) == 0)
		try_block(buf_span(&block));
	buf_finish(&block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == 'v')
		try_values(data + 1, size - 1);
	else
		try_block(span_of(data, size));
	return 0;
}
