/* What a question costs above the shelf, warm, with the shelf in memory: the goals of the store's queries. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "db/history.h"

#include "db/store_private.h"
#include "support/fake_shelf.h"

enum { SERIES = 7, TIMES = 41, DAYS = 365 };

#define FIRST_DAY 19008LL /* the first of a block of hours */

static struct bucket buckets[ROLLUP_BLOCK_MAX], answer[STORE_MAX_BUCKETS];
static struct datum data[CHUNK_MAX];

static double value_at(int64_t at)
{
	double t = (double)at / 1000;
	return round((21 + 3 * sin(t / 86400 * 6.283) + 0.5 * sin(t / 700)) * 10) / 10;
}

static void put_chunks(struct shelf *shelf, int64_t from, int64_t to, int64_t pause)
{
	size_t n = 0;
	for (int64_t at = from; at < to; at += pause) {
		data[n++] = (struct datum){at + at / pause * 7919 % 13, value_at(at)};
		if (n == CHUNK_MAX || at + pause >= to) {
			fake_shelf_put_chunk(shelf, SERIES, data, n);
			n = 0;
		}
	}
}

/* Hour blocks of a series with a sample each pause. */
static size_t put_hours(struct shelf *shelf, int64_t from, int64_t to, int64_t pause)
{
	size_t bytes = 0;
	for (int64_t block = rollup_block_of(ROLLUP_HOUR, from); block <= rollup_block_of(ROLLUP_HOUR, to - 1); block++) {
		struct bucketing b = {buckets, 0, ROLLUP_BLOCK_MAX, rollup_length_ms(ROLLUP_HOUR)};
		int64_t start = block * rollup_block_ms(ROLLUP_HOUR), end = start + rollup_block_ms(ROLLUP_HOUR);
		for (int64_t at = start < from ? from : start; at < end && at < to; at += pause) {
			struct datum d = {at, value_at(at)};
			bucketing_add(&b, &d, 1);
		}
		fake_shelf_put_rollup(shelf, SERIES, ROLLUP_HOUR, buckets, b.count, false);
		struct buf out = {0};
		rollup_encode(buckets, b.count, false, &out);
		bytes += out.len;
		buf_finish(&out);
	}
	return bytes;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static int count_samples(void *ctx, const struct sample *samples, size_t count)
{
	(void)samples;
	*(size_t *)ctx += count;
	return 0;
}

/* The median of several times, in ms. scan: samples, else buckets of the width. */
static void measure(const char *name, struct store *store, int64_t from, int64_t to, size_t width)
{
	double ms[TIMES];
	size_t count = 0;
	for (int i = 0; i < TIMES; i++) {
		struct timespec a, b;
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (width) {
			struct buckets_query q = {SERIES, {from}, {to}, width, false};
			struct buckets_answer r;
			if (store_buckets(store, &q, answer, &r))
				abort();
			count = r.count;
		} else {
			struct scan_query q = {SERIES, {from}, {to}, count_samples, &count};
			count = 0;
			if (store_scan(store, &q))
				abort();
		}
		clock_gettime(CLOCK_MONOTONIC, &b);
		ms[i] = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	}
	qsort(ms, TIMES, sizeof *ms, compare);
	printf("%-44s %6zu points %8.3f ms\n", name, count, ms[TIMES / 2]);
}

static struct shelf *begin(struct store *store)
{
	struct shelf *shelf = fake_shelf_create(0);
	store->sealer = fake_sealer_of(shelf);
	return shelf;
}

int main(void)
{
	struct series series = {.id = SERIES, .kind = SERIES_GAUGE};
	struct store store = {.head = fake_head_create(&series)};
	struct shelf *shelf = begin(&store);
	int64_t day = FIRST_DAY * DAY_MS;
	put_chunks(shelf, day, day + DAY_MS, 10000);
	measure("24 h of 10 s, scanned", &store, day, day + DAY_MS, 0);
	measure("24 h of 10 s, 1000 buckets", &store, day, day + DAY_MS, 1000);
	measure("10 h of 10 s, raw", &store, day, day + DAY_MS * 10 / 24, 4000);
	shelf_close(&shelf);

	shelf = begin(&store);
	put_chunks(shelf, day, day + DAY_MS, 1000);
	measure("24 h of 1 s, scanned", &store, day, day + DAY_MS, 0);
	measure("24 h of 1 s, 1000 buckets", &store, day, day + DAY_MS, 1000);
	shelf_close(&shelf);

	shelf = begin(&store);
	size_t bytes = put_hours(shelf, day, day + DAYS * DAY_MS, 10000);
	measure("5 days in hours", &store, day + 10 * DAY_MS, day + 15 * DAY_MS, 120);
	measure("1 year, 1095 buckets", &store, day, day + DAYS * DAY_MS, 1095);
	printf("%.2f bytes an hour's bucket\n", (double)bytes / (DAYS * 24));
	shelf_close(&shelf);
	fake_head_destroy(&store.head);
	return 0;
}
