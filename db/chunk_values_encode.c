/* Writing the values of a chunk: doubles become integers, integers what a predictor did not
 * foresee. Which predictor suits a series is tried on a part of the chunk. Any thread. */
#include "db/chunk_values_private.h"

enum { TRIAL_WINDOWS = 8 };

/* Residuals of the count numbers behind number[0], and what contexts could be. Sets
 * those elements of scratch from to on. */
static void predict(struct plan plan, const uint64_t *number, size_t count, struct chunk_scratch *s, size_t to)
{
	struct predictor p = predictor_of(plan);
	p.level = number[0] << LEVEL_BITS;
	for (size_t i = 1; i <= count; i++, to++) {
		s->magnitude[to] = (uint8_t)predictor_magnitude(&p);
		s->fraction[to] = (uint8_t)predictor_fraction(&p);
		s->residual[to] = number[i] - predictor_next(&p);
		predictor_came(&p, number[i], s->residual[to]);
	}
}

/* Sets magnitudes from which on a context differs, so that all are about equally frequent. */
static void choose_thresholds(const struct chunk_scratch *s, size_t count, struct value_coding *c)
{
	size_t with[MAGNITUDES] = {0};
	for (size_t i = 0; i < count; i++)
		with[s->magnitude[i]]++;
	size_t below = 0;
	unsigned next = 0;
	for (unsigned m = 0; m < MAGNITUDES; m++) {
		while (next < MAGNITUDE_CONTEXTS - 1 && below * MAGNITUDE_CONTEXTS >= count * (next + 1))
			c->threshold[next++] = (uint8_t)m;
		below += with[m];
	}
	while (next < MAGNITUDE_CONTEXTS - 1)
		c->threshold[next++] = MAGNITUDES;
}

/* Sets the contexts of kind c->kind for the first count residuals; returns what is to be coded. */
static struct residuals with_contexts(struct chunk_scratch *s, size_t count, struct value_coding *c)
{
	if (c->kind == CONTEXT_NONE)
		memset(s->context, 0, count);
	if (c->kind == CONTEXT_FRACTION)
		memcpy(s->context, s->fraction, count);
	if (c->kind == CONTEXT_MAGNITUDE) {
		uint8_t map[MAGNITUDES];
		choose_thresholds(s, count, c);
		value_map_magnitudes(c, map);
		for (size_t i = 0; i < count; i++)
			s->context[i] = map[s->magnitude[i]];
	}
	return (struct residuals){s->residual, s->context, count, value_contexts(c->kind)};
}

/* Predicts some windows that lie evenly in the chunk; returns the number of residuals. */
static size_t predict_windows(struct plan plan, struct chunk_scratch *s, size_t count)
{
	size_t trial = chunk_trial(count);
	if (count - 1 <= trial) {
		predict(plan, s->number, count - 1, s, 0);
		return count - 1;
	}
	const size_t each = trial / TRIAL_WINDOWS;
	for (size_t i = 0; i < TRIAL_WINDOWS; i++)
		predict(plan, s->number + i * (count - 1 - each) / (TRIAL_WINDOWS - 1), each, s, i * each);
	return each * TRIAL_WINDOWS;
}

/* Tries on a part of the chunk which predictor and contexts cost the fewest bits. */
static void choose_plan(struct chunk_scratch *s, size_t count, struct value_coding *c)
{
	static const struct plan plans[] = {
		{0, 0, 0}, {0, 1, 0}, {0, 2, 0}, {0, 4, 0}, {0, 6, 0}, {1, 0, 0}, {1, 1, 4}, {1, 2, 4},
	};
	struct value_coding best = *c;
	uint64_t least = UINT64_MAX;
	for (unsigned i = 0; i < sizeof plans / sizeof plans[0] && least > 0; i++) {
		c->plan = plans[i];
		size_t trial = predict_windows(c->plan, s, count);
		for (unsigned kind = CONTEXT_NONE; kind < CONTEXT_KINDS; kind++) {
			c->kind = (enum context_kind)kind;
			struct residuals all = with_contexts(s, trial, c);
			uint64_t cost = residuals_cost(&all);
			if (cost < least) {
				least = cost;
				best = *c;
			}
			if (cost / 5 > least / 4) /* hopeless with any contexts */
				break;
		}
	}
	*c = best;
}

static bool is_exception(const struct chunk_scratch *s, const struct view *view, size_t i)
{
	return view->kind != VIEW_BITS && s->decimals[i] == VIEW_EXCEPTION;
}

static void put_exceptions(const struct datum *data, size_t count, const struct chunk_scratch *s, const struct view *view, struct bit_writer *w)
{
	uint32_t exceptions = 0;
	for (size_t i = 0; i < count; i++)
		exceptions += is_exception(s, view, i);
	bits_put_small(w, exceptions);
	uint64_t before = 0;
	size_t next = 0; /* the first place that the next exception may have */
	for (size_t i = 0; i < count && exceptions > 0; i++) {
		if (!is_exception(s, view, i))
			continue;
		uint64_t bits;
		memcpy(&bits, &data[i].value, sizeof bits);
		bits_put_small(w, (uint32_t)(i - next));
		bits_put(w, bits == before, 1);
		if (bits != before)
			bits_put_wide(w, bits, 64);
		before = bits;
		next = i + 1;
	}
}

static uint64_t magnitude_of(uint64_t number)
{
	return number >> 63 ? -number : number;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Sets the numbers, an exception's as the one before it; and first and unit. */
static void number_values(const struct datum *data, size_t count, struct chunk_scratch *s, struct value_coding *c)
{
	bool any = false;
	uint64_t unit = 0, last = 0;
	c->first = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_exception(s, &c->view, i)) {
			uint64_t integer = view_integer(&c->view, data[i].value);
			if (!any)
				c->first = integer;
			any = true;
			last = integer - c->first;
		}
		s->number[i] = last;
		if (unit != 1 && last != 0)
			unit = greatest_divisor(magnitude_of(last), unit);
	}
	c->unit = unit ? unit : 1;
	for (size_t i = 0; i < count && unit > 1; i++)
		s->number[i] = s->number[i] >> 63 ? -(-s->number[i] / unit) : s->number[i] / unit;
}

static void put_plan(const struct value_coding *c, struct bit_writer *w)
{
	bits_put(w, c->plan.ramp, 1);
	bits_put(w, c->plan.gain, GAIN_BITS);
	if (c->plan.ramp)
		bits_put(w, c->plan.trend, GAIN_BITS);
	bits_put(w, c->kind, CONTEXT_BITS);
	for (unsigned i = 0; c->kind == CONTEXT_MAGNITUDE && i < MAGNITUDE_CONTEXTS - 1; i++)
		bits_put(w, c->threshold[i], THRESHOLD_BITS);
}

int chunk_values_encode(const struct datum *data, size_t count, struct chunk_scratch *s, struct bit_writer *w)
{
	struct value_coding c = {.view = view_choose(data, count, s)};
	bits_put(w, c.view.kind, KIND_BITS);
	if (c.view.kind != VIEW_BITS)
		bits_put(w, c.view.decimals, DECIMALS_BITS);
	number_values(data, count, s, &c);
	bits_put_number(w, zigzag(c.first));
	if (count > 1) {
		bits_put_number(w, c.unit - 1);
		choose_plan(s, count, &c);
		predict(c.plan, s->number, count - 1, s, 0);
		struct residuals all = with_contexts(s, count - 1, &c);
		put_plan(&c, w);
		int err = residuals_encode(&all, w);
		if (err)
			return err;
	}
	put_exceptions(data, count, s, &c.view, w);
	return 0;
}
