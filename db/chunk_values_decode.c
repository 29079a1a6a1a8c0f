/* Reading the values of a chunk that may be damaged or forged: whatever it says becomes some
 * doubles, since all arithmetic wraps and every place is checked. Any thread. */
#include "base/err.h"
#include "db/chunk_values_private.h"

static int read_view(struct bit_reader *r, struct view *view)
{
	unsigned kind = (unsigned)bits_get(r, KIND_BITS);
	if (kind > VIEW_BITS)
		return ERR_DAMAGED;
	view->kind = (enum view_kind)kind;
	view->decimals = kind == VIEW_BITS ? 0 : (unsigned)bits_get(r, DECIMALS_BITS);
	return view->decimals <= VIEW_DECIMALS_MAX ? 0 : ERR_DAMAGED;
}

static int read_plan(struct bit_reader *r, struct value_coding *c)
{
	c->plan.ramp = (uint8_t)bits_get(r, 1);
	c->plan.gain = (uint8_t)bits_get(r, GAIN_BITS);
	c->plan.trend = c->plan.ramp ? (uint8_t)bits_get(r, GAIN_BITS) : 0;
	unsigned kind = (unsigned)bits_get(r, CONTEXT_BITS);
	if (kind >= CONTEXT_KINDS)
		return ERR_DAMAGED;
	c->kind = (enum context_kind)kind;
	for (unsigned i = 0; kind == CONTEXT_MAGNITUDE && i < MAGNITUDE_CONTEXTS - 1; i++)
		c->threshold[i] = (uint8_t)bits_get(r, THRESHOLD_BITS);
	return 0;
}

/* Sets all values but the first. */
static int read_values(struct bit_reader *r, struct residual_decoder *d, const struct value_coding *c, struct datum *data_r, size_t count)
{
	uint8_t map[MAGNITUDES];
	if (c->kind == CONTEXT_MAGNITUDE)
		value_map_magnitudes(c, map);
	if (residuals_begin(d, r, value_contexts(c->kind)) != 0)
		return ERR_DAMAGED;
	struct predictor p = predictor_of(c->plan);
	for (size_t i = 1; i < count; i++) {
		unsigned context = 0;
		if (c->kind == CONTEXT_MAGNITUDE)
			context = map[predictor_magnitude(&p)];
		else if (c->kind == CONTEXT_FRACTION)
			context = predictor_fraction(&p);
		uint64_t residual = residuals_next(d, r, context);
		uint64_t number = predictor_next(&p) + residual;
		predictor_came(&p, number, residual);
		data_r[i].value = view_value(&c->view, c->first + c->unit * number);
	}
	return residuals_ended(d) ? 0 : ERR_DAMAGED;
}

static int read_exceptions(struct bit_reader *r, struct datum *data_r, size_t count)
{
	uint32_t exceptions = bits_get_small(r);
	if (exceptions > count)
		return ERR_DAMAGED;
	uint64_t next = 0, bits = 0;
	for (uint32_t i = 0; i < exceptions; i++) {
		uint64_t place = next + bits_get_small(r);
		if (place >= count)
			return ERR_DAMAGED;
		if (bits_get(r, 1) == 0)
			bits = bits_get_wide(r, 64);
		memcpy(&data_r[place].value, &bits, sizeof bits);
		next = place + 1;
	}
	return 0;
}

int chunk_values_decode(struct bit_reader *r, struct residual_decoder *d, struct datum *data_r, size_t count)
{
	struct value_coding c = {.unit = 1};
	if (read_view(r, &c.view) != 0)
		return ERR_DAMAGED;
	c.first = unzigzag(bits_get_number(r));
	data_r[0].value = view_value(&c.view, c.first);
	if (count > 1) {
		c.unit = bits_get_number(r) + 1;
		if (read_plan(r, &c) != 0 || read_values(r, d, &c, data_r, count) != 0)
			return ERR_DAMAGED;
	}
	return read_exceptions(r, data_r, count);
}
