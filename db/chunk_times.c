/* The times of a chunk. Devices that report at an interval have a clock that drifts by
 * parts in ten thousand and a network that delays each report a little; so each time is
 * coded as its deviation from a schedule that follows the device. The difference to the
 * time before would carry the delays of two reports. Times without a rhythm are coded
 * as differences. Any thread. */
#include <stdlib.h>

#include "base/err.h"
#include "db/chunk_private.h"

enum {
	FRACTION_BITS = 16,     /* of a millisecond, in periods and phases */
	PERIOD_BITS_MAX = 32,   /* of a period in ms */
	GAIN_BITS = 4, RANGE_BITS = 6, RANGE_MAX = 40,
	PROBES = 63,           /* what a median is taken of */
	SCHEDULE_COUNT_MIN = 8, /* with fewer samples a schedule never pays */
};

/* Follows a device's schedule; all arithmetic wraps, so that any times at all come back. */
struct schedule {
	uint64_t period;         /* ms << FRACTION_BITS, at least 1 ms */
	unsigned gain;           /* a deviation moves the schedule by 2^-gain of itself */
	unsigned clip, limit;    /* at most by 2^clip ms, and one of 2^limit ms not at all */
	uint64_t at, fraction;   /* the time expected */
	uint32_t age;            /* samples since it began */
	bool strayed;            /* the last sample deviated by more than the limit: */
	uint64_t stray;          /* so far */
};

static void schedule_start(struct schedule *s, uint64_t at)
{
	s->at = at;
	s->fraction = 0;
	s->age = 1;
	s->strayed = false;
}

static void schedule_move(struct schedule *s, uint64_t by)
{
	s->fraction += by;
	s->at += (uint64_t)((int64_t)s->fraction >> FRACTION_BITS);
	s->fraction &= (1 << FRACTION_BITS) - 1;
}

/* The time at which the next sample is expected. */
static inline uint64_t schedule_next(struct schedule *s)
{
	schedule_move(s, s->period);
	return s->at;
}

/* Learns when it came. Samples lost before it are known by their periods; a
 * deviation beyond the limit counts when a second one confirms it. */
static inline void schedule_came(struct schedule *s, uint64_t at)
{
	int64_t period = (int64_t)(s->period >> FRACTION_BITS);
	int64_t late = (int64_t)(at - s->at);
	if (late > period / 2 || late < -(period / 2)) {
		int64_t missed = late / period;
		int64_t rest = late % period;
		missed += rest > period / 2 ? 1 : rest < -(period / 2) ? -1 : 0;
		schedule_move(s, (uint64_t)missed * s->period);
		late = (int64_t)(at - s->at);
	}
	int64_t limit = (int64_t)1 << s->limit;
	if (late >= limit || late <= -limit) {
		bool confirmed = s->strayed && (uint64_t)late - s->stray + (uint64_t)limit < 2 * (uint64_t)limit;
		if (confirmed)
			schedule_start(s, at);
		s->strayed = !confirmed;
		s->stray = (uint64_t)late;
		return;
	}
	s->strayed = false;
	int64_t clip = (int64_t)1 << s->clip;
	late = late > clip ? clip : late < -clip ? -clip : late;
	s->age += s->age < UINT16_MAX;
	unsigned young = 31 - (unsigned)__builtin_clz(s->age);
	schedule_move(s, (uint64_t)(late * (1 << FRACTION_BITS) >> (young < s->gain ? young : s->gain)));
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The median time from a sample to the one span later, of up to PROBES, each divided by
 * the whole periods in it; with period 0 not divided. */
static double median_period(const struct datum *data, size_t count, size_t span, double period)
{
	double probe[PROBES];
	size_t starts = count - span;
	size_t probes = starts < PROBES ? starts : PROBES;
	for (size_t i = 0; i < probes; i++) {
		const struct datum *from = data + i * starts / probes;
		double time = (double)((uint64_t)from[span].at - (uint64_t)from->at);
		double ratio = period > 0 ? time / period : 1;
		double periods = ratio < 1e9 ? (double)(int64_t)(ratio + 0.5) : 1;
		probe[i] = periods > 0 ? time / periods : time;
	}
	qsort(probe, probes, sizeof probe[0], compare_doubles);
	return probe[probes / 2];
}

/* How far from the period half of the intervals are, as a number of bits. */
static unsigned jitter_bits(const struct datum *data, size_t count, double period)
{
	double probe[PROBES];
	size_t probes = count - 1 < PROBES ? count - 1 : PROBES;
	for (size_t i = 0; i < probes; i++) {
		const struct datum *from = data + i * (count - 1) / probes;
		double off = (double)((uint64_t)from[1].at - (uint64_t)from->at) - period;
		probe[i] = off < 0 ? -off : off;
	}
	qsort(probe, probes, sizeof probe[0], compare_doubles);
	double half = probe[probes / 2];
	return half < 1e9 ? bits_length((uint64_t)half) : 30;
}

static void deviations(struct schedule *s, const struct datum *data, size_t count, uint64_t *residual_r)
{
	schedule_start(s, (uint64_t)data[0].at);
	for (size_t i = 1; i < count; i++) {
		residual_r[i] = (uint64_t)data[i].at - schedule_next(s);
		schedule_came(s, (uint64_t)data[i].at);
	}
}

static void differences(uint64_t step, const struct datum *data, size_t count, uint64_t *residual_r)
{
	for (size_t i = 1; i < count; i++)
		residual_r[i] = (uint64_t)data[i].at - (uint64_t)data[i - 1].at - step;
}

/* The residuals of samples 1..count-1, without contexts. */
static struct residuals residuals_of(const struct chunk_scratch *scratch, size_t count)
{
	return (struct residuals){scratch->residual + 1, scratch->context + 1, count - 1, 1};
}

/* Finds the schedule that costs the fewest bits, *cost_r; sets none with period 0. */
static struct schedule choose_schedule(const struct datum *data, size_t count, struct chunk_scratch *scratch, uint64_t *cost_r)
{
	static const uint8_t gains[] = {5, 9};
	struct schedule best = {.period = 0};
	size_t trial = chunk_trial(count) < count ? chunk_trial(count) : count;
	double period = median_period(data, count, 1, 0);
	unsigned jitter = jitter_bits(data, count, period);
	for (size_t span = 8; span < count; span *= 8) {
		size_t reach = span * 8 < count ? span : count / 2;
		period = median_period(data, count, reach, period);
		if (!(period >= 1 && period < (double)((uint64_t)1 << PERIOD_BITS_MAX)))
			break;
		if (span < 64 && reach == span)
			continue;
		for (unsigned i = 0; i < 2 * sizeof gains; i++) {
			struct schedule s = {
				.period = (uint64_t)(period * (1 << FRACTION_BITS) + 0.5),
				.gain = gains[i / 2],
				.clip = jitter + (i % 2 ? 3 : 0),
				.limit = jitter + 5,
			};
			struct schedule started = s;
			deviations(&s, data, trial, scratch->residual);
			struct residuals all = residuals_of(scratch, trial);
			uint64_t cost = residuals_cost(&all);
			if (best.period == 0 || cost < *cost_r) {
				*cost_r = cost;
				best = started;
			}
		}
	}
	return best;
}

int chunk_times_encode(const struct datum *data, size_t count, struct chunk_scratch *scratch, struct bit_writer *w)
{
	bits_put_number(w, zigzag((uint64_t)data[0].at));
	if (count == 1)
		return 0;
	memset(scratch->context, 0, count);
	size_t trial = chunk_trial(count) < count ? chunk_trial(count) : count;
	double median = median_period(data, count, 1, 0);
	uint64_t step = median < 0x1p63 ? (uint64_t)median : 0;
	differences(step, data, trial, scratch->residual);
	struct residuals all = residuals_of(scratch, trial);
	uint64_t differences_cost = residuals_cost(&all), cost = 0;
	struct schedule schedule = {.period = 0};
	if (count >= SCHEDULE_COUNT_MIN && differences_cost > 0)
		schedule = choose_schedule(data, count, scratch, &cost);
	if (schedule.period != 0 && cost < differences_cost) {
		bits_put(w, 1, 1);
		bits_put_number(w, schedule.period);
		bits_put(w, schedule.gain, GAIN_BITS);
		bits_put(w, schedule.clip, RANGE_BITS);
		bits_put(w, schedule.limit, RANGE_BITS);
		deviations(&schedule, data, count, scratch->residual);
	} else {
		bits_put(w, 0, 1);
		bits_put_number(w, step);
		differences(step, data, count, scratch->residual);
	}
	all = residuals_of(scratch, count);
	return residuals_encode(&all, w);
}

static int read_schedule(struct bit_reader *r, struct schedule *s)
{
	s->period = bits_get_number(r);
	s->gain = (unsigned)bits_get(r, GAIN_BITS);
	s->clip = (unsigned)bits_get(r, RANGE_BITS);
	s->limit = (unsigned)bits_get(r, RANGE_BITS);
	uint64_t period = s->period >> FRACTION_BITS;
	bool sane = period >= 1 && period >> PERIOD_BITS_MAX == 0 && s->clip <= RANGE_MAX && s->limit <= RANGE_MAX;
	return sane ? 0 : ERR_DAMAGED;
}

static int read_deviations(struct bit_reader *r, struct residual_decoder *d, struct datum *data_r, size_t count)
{
	struct schedule s;
	if (read_schedule(r, &s) != 0 || residuals_begin(d, r, 1) != 0)
		return ERR_DAMAGED;
	schedule_start(&s, (uint64_t)data_r[0].at);
	for (size_t i = 1; i < count; i++) {
		uint64_t at = schedule_next(&s) + residuals_next(d, r, 0);
		schedule_came(&s, at);
		data_r[i].at = (int64_t)at;
		if (data_r[i].at <= data_r[i - 1].at)
			return ERR_DAMAGED;
	}
	return 0;
}

static int read_differences(struct bit_reader *r, struct residual_decoder *d, struct datum *data_r, size_t count)
{
	uint64_t step = bits_get_number(r);
	if (residuals_begin(d, r, 1) != 0)
		return ERR_DAMAGED;
	for (size_t i = 1; i < count; i++) {
		data_r[i].at = (int64_t)((uint64_t)data_r[i - 1].at + step + residuals_next(d, r, 0));
		if (data_r[i].at <= data_r[i - 1].at)
			return ERR_DAMAGED;
	}
	return 0;
}

int chunk_times_decode(struct bit_reader *r, struct residual_decoder *d, struct datum *data_r, size_t count)
{
	data_r[0].at = (int64_t)unzigzag(bits_get_number(r));
	if (count == 1)
		return 0;
	bool scheduled = bits_get(r, 1);
	int err = scheduled ? read_deviations(r, d, data_r, count) : read_differences(r, d, data_r, count);
	return err ? err : residuals_ended(d) ? 0 : ERR_DAMAGED;
}
