/* Points of a chart: a window of a series as no more buckets than there are pixels, or its samples
 * when they are that few. On the reader's thread. Decides how long a bucket is; where buckets come from is
 * query_sources.c. */
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "db/query_private.h"
#include "db/store_private.h"

enum { SECOND_MS = 1000, USUAL_MAX = 256 };

/* ---- how long a bucket is ---------------------------------------------- */

static int64_t divide_up(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

static enum source source_for(int64_t length)
{
	return length >= rollup_length_ms(ROLLUP_HOUR) ? SOURCE_HOUR :
	       length >= rollup_length_ms(ROLLUP_5MIN) ? SOURCE_5MIN :
							 SOURCE_SAMPLES;
}

/* Of what bucket lengths are multiples, and what they are at least. */
static int64_t unit_of(enum source source)
{
	return source == SOURCE_SAMPLES ? 1 : rollup_length_ms((enum rollup_level)source);
}

/* The shortest buckets of the source or a coarser one of which `count` make the window. */
static int64_t length_for(const struct answering *a, enum source source, size_t count)
{
	int64_t length = divide_up(a->to - a->from, (int64_t)count);
	if (length < unit_of(source))
		length = unit_of(source);
	int64_t unit = unit_of(source_for(length));
	return divide_up(length, unit) * unit;
}

/* Lays buckets over the window, from that source or a coarser one. They start at multiples of their length, so that
 * the window may touch one more than it is long: then it takes one less that is longer. */
static void choose_length(struct answering *a, enum source source)
{
	int64_t length = length_for(a, source, a->width);
	int64_t first = bucket_start(a->from, length), last = bucket_start(a->to - 1, length);
	if ((last - first) / length >= (int64_t)a->width) {
		length = length_for(a, source, a->width - 1);
		first = bucket_start(a->from, length);
		last = bucket_start(a->to - 1, length);
	}
	a->source = source_for(length);
	a->b.length_ms = length;
	a->start = history_clip(first);
	a->end = history_clip(last + length);
}

/* ---- raw --------------------------------------------------------------- */

static int count_samples(void *ctx, const struct datum *data, size_t count)
{
	uint64_t *total = ctx;
	for (size_t i = 0; i < count; i++)
		*total += isnan(data[i].value) ? 0 : 1;
	return 0;
}

static uint64_t count_all(const struct bucketing *b)
{
	uint64_t total = 0;
	for (size_t i = 0; i < b->count; i++)
		total += b->buckets[i].count;
	return total;
}

static int put_raw(void *ctx, const struct datum *data, size_t count)
{
	struct bucketing *b = ctx;
	for (size_t i = 0; i < count; i++) {
		double value = data[i].value;
		if (!isnan(value))
			b->buckets[b->count++] = (struct bucket){data[i].at, 1, value, value, value, value, value, 0};
	}
	return 0;
}

/* Puts the samples in the place of their buckets when they are few enough and all still there. */
static int try_raw(struct answering *a, bool *raw_r)
{
	uint64_t total = count_all(&a->b), found = 0;
	*raw_r = false;
	if (total > a->width)
		return 0;
	int err = a->source == SOURCE_SAMPLES ? 0 : view_each(&a->view, a->start, a->end - 1, count_samples, &found);
	if (err || (a->source != SOURCE_SAMPLES && found != total))
		return err;
	*raw_r = true;
	a->b.count = 0;
	return view_each(&a->view, a->from, a->to - 1, put_raw, &a->b);
}

/* ---- what is said of the answer ---------------------------------------- */

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* The usual pause between samples: the median of some hundred, evenly taken; 0 when there is none. */
static int64_t usual_pause(const struct bucketing *b)
{
	int64_t pauses[USUAL_MAX];
	size_t between = b->count ? b->count - 1 : 0, taken = between < USUAL_MAX ? between : USUAL_MAX;
	for (size_t i = 0; i < taken; i++) {
		const struct bucket *bucket = &b->buckets[i * between / taken];
		pauses[i] = (bucket[1].at - bucket[0].at) / (int64_t)bucket[0].count;
	}
	qsort(pauses, taken, sizeof *pauses, compare);
	return taken ? pauses[taken / 2] : 0;
}

static int64_t find_gap(const struct answering *a, int64_t length)
{
	enum { TIMES = 5, SHORTEST_MS = 15 * SECOND_MS }; /* several missing samples in a row are more than jitter */
	if (a->series.kind == SERIES_BINARY || a->series.kind == SERIES_TEXT)
		return 0;
	int64_t gap = a->series.resolution_ms * TIMES;
	if (!gap) {
		gap = usual_pause(&a->b) * TIMES;
		gap = gap > SHORTEST_MS ? gap : SHORTEST_MS;
	}
	return gap > length ? gap : length;
}

/* Completes the counter's increases with the step into the first bucket; takes them from what is none. */
static int finish_counter(struct answering *a, bool raw)
{
	struct bucketing *b = &a->b;
	struct datum before;
	for (size_t i = 0; i < b->count && a->series.kind != SERIES_COUNTER; i++)
		b->buckets[i].first = b->buckets[i].last = b->buckets[i].increase = 0;
	if (a->series.kind != SERIES_COUNTER || !b->count)
		return 0;
	bucketing_finish_increase(b);
	int err = 0;
	if (raw || !a->has_before)
		err = view_last_before(&a->view, raw ? a->from : a->start, &before);
	else
		before.value = a->before;
	if (!err)
		b->buckets[0].increase += counter_rise(before.value, b->buckets[0].first);
	return err == ERR_NOT_FOUND ? 0 : err;
}

static int finish_answer(struct answering *a, bool raw, struct buckets_answer *answer_r)
{
	int err = finish_counter(a, raw);
	answer_r->count = a->b.count;
	answer_r->raw = raw;
	answer_r->length_ms = raw ? 0 : a->b.length_ms;
	answer_r->gap_ms = find_gap(a, answer_r->length_ms);
	answer_r->settled = !sources_fresh(a) && a->to <= clock_wall().ms - DAY_MS;
	return err;
}

/* ---- answering --------------------------------------------------------- */

/* A view that holds whatever length of bucket the question comes to; for counters also the past. */
static int open_view(struct answering *a, struct store *s)
{
	int64_t length = length_for(a, SOURCE_HOUR, a->width - 1); /* no bucket is longer */
	struct shelf_range range = {a->series.id, a->from - length, a->to + length};
	if (range.from < HISTORY_FIRST_MS || a->series.kind == SERIES_COUNTER)
		range.from = HISTORY_FIRST_MS;
	if (range.to > HISTORY_LAST_MS)
		range.to = HISTORY_LAST_MS;
	a->block = malloc(ROLLUP_BLOCK_MAX * sizeof *a->block);
	return a->block ? view_init(&a->view, s->head, sealer_shelf(s->sealer), &range) : ERR_NOMEM;
}

static int answer(struct answering *a, struct store *s, bool never_raw, struct buckets_answer *answer_r)
{
	bool raw = false;
	int err = open_view(a, s);
	if (err)
		return err;
	enum source source = SOURCE_SAMPLES;
	do {
		choose_length(a, source);
		source = a->source + 1;
		err = sources_read(a);
	} while (err == ERR_STATE && source <= SOURCE_HOUR);
	if (!err && !never_raw)
		err = try_raw(a, &raw);
	return err ? err : finish_answer(a, raw, answer_r);
}

int store_buckets(struct store *s, const struct buckets_query *q, struct bucket *buckets_r, struct buckets_answer *answer_r)
{
	*answer_r = (struct buckets_answer){.raw = !q->never_raw};
	if (q->width < 2 || q->width > STORE_MAX_BUCKETS || q->from.ms > q->to.ms)
		return ERR_INVALID;
	struct answering a = {.width = q->width, .from = history_clip(q->from.ms), .to = history_clip(q->to.ms)};
	a.b = (struct bucketing){.buckets = buckets_r, .max = q->width};
	int err = head_get_series(s->head, q->series, &a.series);
	if (!err && a.from < a.to)
		err = answer(&a, s, q->never_raw, answer_r);
	view_finish(&a.view);
	days_finish(&a.fresh);
	days_finish(&a.by_sample);
	days_finish(&a.seen);
	days_finish(&a.damaged);
	free(a.block);
	return err;
}
