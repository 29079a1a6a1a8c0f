/* Buckets: what a stretch of samples comes to, and how finer ones make coarser ones. Pure; any
 * thread. Knows neither shelf nor series; how buckets become bytes is rollup_block.c. */
#include "db/rollup.h"

#include <math.h>

#include "base/err.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_HOURS = 24 };

int64_t rollup_length_ms(enum rollup_level level)
{
	return level == ROLLUP_5MIN ? 5 * MINUTE_MS : HOUR_MS;
}

int64_t rollup_block_ms(enum rollup_level level)
{
	return (level == ROLLUP_5MIN ? DAY_HOURS : 32 * DAY_HOURS) * (int64_t)HOUR_MS;
}

int64_t rollup_block_of(enum rollup_level level, int64_t at_ms)
{
	int64_t length = rollup_block_ms(level);
	return bucket_start(at_ms, length) / length;
}

int64_t bucket_start(int64_t at_ms, int64_t length_ms)
{
	int64_t over = at_ms % length_ms;
	return at_ms - over - (over < 0 ? length_ms : 0);
}

double counter_rise(double from, double to)
{
	if (to < from)
		return to > 0 ? to : 0;
	double rise = to - from;
	return isnan(rise) ? 0 : rise; /* between equal infinities */
}

/* The bucket for the time: the newest or one more; NULL when there is no room. count 0: it is new. */
static struct bucket *bucket_for(struct bucketing *b, int64_t at)
{
	struct bucket *last = b->count ? &b->buckets[b->count - 1] : NULL;
	if (last && at - last->at < b->length_ms)
		return last;
	if (b->count == b->max)
		return NULL;
	struct bucket *next = &b->buckets[b->count++];
	*next = (struct bucket){.at = bucket_start(at, b->length_ms)};
	return next;
}

static void begin(struct bucket *bucket, double value)
{
	bucket->min = bucket->max = value;
	bucket->first = bucket->last = value;
}

/* Adds the samples that lie before `end`; NaN compares with nothing, so min and max need no question about it,
 * but the rest does. Returns how many were consumed. */
static size_t add_until(struct bucket *bucket, int64_t end, const struct datum *data, size_t count)
{
	struct bucket sum = *bucket; /* in registers */
	size_t i = 0;
	for (; i < count && data[i].at < end; i++) {
		double value = data[i].value;
		if (isnan(value))
			continue;
		sum.min = value < sum.min ? value : sum.min;
		sum.max = value > sum.max ? value : sum.max;
		sum.sum += value;
		sum.increase += counter_rise(sum.last, value);
		sum.last = value;
		sum.count++;
	}
	*bucket = sum;
	return i;
}

int bucketing_add(struct bucketing *b, const struct datum *data, size_t count)
{
	for (size_t i = 0; i < count;) {
		if (isnan(data[i].value)) { /* must not begin a bucket */
			i++;
			continue;
		}
		struct bucket *bucket = bucket_for(b, data[i].at);
		if (!bucket)
			return ERR_FULL;
		if (!bucket->count)
			begin(bucket, data[i].value);
		i += add_until(bucket, bucket->at + b->length_ms, data + i, count - i);
	}
	return 0;
}

int bucketing_join(struct bucketing *b, const struct bucket *next)
{
	struct bucket *bucket = bucket_for(b, next->at);
	if (!bucket)
		return ERR_FULL;
	if (!bucket->count) {
		int64_t at = bucket->at;
		*bucket = *next;
		bucket->at = at;
		return 0;
	}
	bucket->min = next->min < bucket->min ? next->min : bucket->min;
	bucket->max = next->max > bucket->max ? next->max : bucket->max;
	bucket->sum += next->sum;
	bucket->increase += counter_rise(bucket->last, next->first) + next->increase;
	bucket->last = next->last;
	bucket->count += next->count;
	return 0;
}

void bucketing_finish_increase(struct bucketing *b)
{
	for (size_t i = 1; i < b->count; i++)
		b->buckets[i].increase += counter_rise(b->buckets[i - 1].last, b->buckets[i].first);
}
