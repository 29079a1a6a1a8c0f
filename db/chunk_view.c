/* Doubles as integers. What a sensor measures has a few decimals, so nearly every value is
 * an integer divided by a power of ten; that division gives the same bits again,
 * which is checked for each value. Any thread. */
#include <assert.h>
#include <float.h>

#include "db/chunk_private.h"

/* A quotient that is rounded twice may differ from the one that another machine gets. */
static_assert(FLT_EVAL_METHOD == 0, "doubles must be rounded as IEEE 754 says (on i386: -msse2 -mfpmath=sse)");

enum {
	GIVE_UP_AFTER = 256,  /* samples; if most of them have no decimals, the rest has not either */
	EXCEPTION_BITS = 80,  /* about what an exception costs */
	FLOAT_BITS = 14,      /* a cost above it may come of 32-bit floats */
	MANTISSA_BITS = 52,
	UNEVEN_BITS = 6,      /* what the view of bits must save, since its units change with each power of two */
};

const double view_power_of_ten[VIEW_DECIMALS_MAX + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

static uint64_t bits_of_double(double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

uint64_t view_integer(const struct view *view, double value)
{
	if (view->kind == VIEW_BITS) {
		uint64_t bits = bits_of_double(value);
		return bits >> 63 ? bits ^ INT64_MAX : bits;
	}
	double scaled = value * view_power_of_ten[view->decimals];
	return (uint64_t)(int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
}

/* Whether view gives the value's bits back. */
static bool expresses(const struct view *view, double value)
{
	double most = view->kind == VIEW_FLOAT ? 0x1p24 : 0x1p53;
	double scaled = value * view_power_of_ten[view->decimals];
	if (!(scaled < most && scaled > -most)) /* NaN neither */
		return false;
	return bits_of_double(view_value(view, view_integer(view, value))) == bits_of_double(value);
}

/* The fewest decimals that express value, or VIEW_EXCEPTION. hint is a likely answer. */
static uint8_t decimals_of(enum view_kind kind, double value, unsigned hint)
{
	struct view view = {kind, hint};
	if (expresses(&view, value)) {
		while (view.decimals > 0) {
			view.decimals--;
			if (!expresses(&view, value))
				return (uint8_t)(view.decimals + 1);
		}
		return 0;
	}
	for (view.decimals = 0; view.decimals <= VIEW_DECIMALS_MAX; view.decimals++)
		if (expresses(&view, value))
			return (uint8_t)view.decimals;
	return VIEW_EXCEPTION;
}

/* Fills decimals_r; returns how many samples were looked at, fewer than count when most
 * of them have none. */
static size_t all_decimals(enum view_kind kind, const struct datum *data, size_t count, uint8_t *decimals_r)
{
	unsigned hint = 0;
	size_t exceptions = 0;
	for (size_t i = 0; i < count; i++) {
		decimals_r[i] = decimals_of(kind, data[i].value, hint);
		if (decimals_r[i] != VIEW_EXCEPTION)
			hint = decimals_r[i];
		else if (++exceptions > GIVE_UP_AFTER && exceptions > i / 2)
			return i + 1;
	}
	return count;
}

/* The number of decimals for all that costs the fewest bits, counting log2(10) for each
 * digit; sets *cost_r. */
static unsigned cheapest_decimals(const uint8_t *decimals, size_t count, size_t *cost_r)
{
	size_t with[VIEW_EXCEPTION + 1] = {0};
	for (size_t i = 0; i < count; i++)
		with[decimals[i]]++;
	unsigned best = 0;
	*cost_r = SIZE_MAX;
	size_t expressed = 0;
	for (unsigned d = 0; d <= VIEW_DECIMALS_MAX; d++) {
		expressed += with[d];
		size_t cost = (count - expressed) * EXCEPTION_BITS + expressed * d * 10 / 3;
		if (expressed > 0 && cost < *cost_r) {
			*cost_r = cost;
			best = d;
		}
	}
	return best;
}

/* About what the view of bits costs: those of the mantissa that are below one and
 * that not all values leave zero. Its units are those of cheapest_decimals. */
static size_t cost_of_bits(const struct datum *data, size_t count)
{
	uint64_t any = 0;
	for (size_t i = 0; i < count; i++)
		any |= bits_of_double(data[i].value);
	int zeroes = any ? __builtin_ctzll(any) : MANTISSA_BITS;
	size_t cost = 0;
	for (size_t i = 0; i < count; i++) {
		int exponent = (int)(bits_of_double(data[i].value) >> MANTISSA_BITS & 2047) - 1023;
		int bits = MANTISSA_BITS - zeroes - exponent + UNEVEN_BITS;
		cost += bits < 0 ? 0 : bits > 64 ? 64 : (unsigned)bits;
	}
	return cost;
}

struct view view_choose(const struct datum *data, size_t count, struct chunk_scratch *scratch)
{
	struct view best = {VIEW_BITS, 0};
	size_t least = cost_of_bits(data, count);
	for (enum view_kind kind = VIEW_DECIMAL; kind <= VIEW_FLOAT; kind++) {
		if (all_decimals(kind, data, count, scratch->decimals) < count)
			continue;
		size_t cost;
		unsigned decimals = cheapest_decimals(scratch->decimals, count, &cost);
		if (cost < least) {
			least = cost;
			best = (struct view){kind, decimals};
		}
		if (cost < count * FLOAT_BITS)
			break;
	}
	/* an integer with more decimals than it needs may be too large, so all are asked again */
	for (size_t i = 0; i < count && best.kind != VIEW_BITS; i++)
		scratch->decimals[i] = expresses(&best, data[i].value) ? (uint8_t)best.decimals : VIEW_EXCEPTION;
	return best;
}
