/* Reading coded residuals: tables, and the Rice codes of small chunks. Trusts nothing: any
 * table that is accepted fills its slots exactly, so that every state decodes to
 * something, and reading behind the end gives zeroes. Any thread; knows nothing of
 * what the residuals mean. */
#include "db/residuals.h"

#include <string.h>

#include "base/err.h"
#include "db/residuals_private.h"

void residual_levels_normalise(struct residual_levels *levels)
{
	uint32_t weight[RESIDUAL_USED];
	uint64_t sum = 0;
	for (unsigned i = 0; i < levels->used; i++) {
		weight[i] = (levels->level[i] % 2 ? 92682u : 65536u) << levels->level[i] / 2; /* 2^(16 + level / 2) */
		sum += weight[i];
	}
	int left = RESIDUAL_SLOTS;
	for (unsigned i = 0; i < levels->used; i++) {
		uint64_t share = ((uint64_t)weight[i] * RESIDUAL_SLOTS + sum / 2) / sum;
		levels->frequency[i] = (uint16_t)(share ? share : 1);
		left -= levels->frequency[i];
	}
	/* what rounding left over or took too much, the most frequent bear */
	while (left != 0) {
		unsigned most = 0;
		for (unsigned i = 1; i < levels->used; i++)
			if (levels->frequency[i] > levels->frequency[most])
				most = i;
		int change = left > -(levels->frequency[most] / 2) ? left : -(levels->frequency[most] / 2);
		levels->frequency[most] = (uint16_t)(levels->frequency[most] + change);
		left -= change;
	}
}

/* The inverse of residual_symbol_of. */
static struct residual_symbol describe(unsigned symbol)
{
	unsigned bucket = symbol / 2;
	struct residual_symbol s = {.base = bucket, .negative = symbol % 2};
	if (bucket >= 8) {
		s.extra = (uint8_t)((bucket - 8) / 4 + 1);
		s.base = (uint64_t)(4 + (bucket - 8) % 4) << s.extra;
	}
	return s;
}

static int read_symbols(struct residual_levels *levels, struct bit_reader *r)
{
	uint32_t symbol = bits_get_small(r);
	for (unsigned i = 0; i < levels->used; i++) {
		if (i > 0) {
			uint32_t gap = bits_get_small(r);
			if (gap >= RESIDUAL_SYMBOLS)
				return ERR_DAMAGED;
			symbol += 1 + gap;
		}
		if (symbol >= RESIDUAL_SYMBOLS)
			return ERR_DAMAGED;
		levels->symbol[i] = (uint16_t)symbol;
	}
	return 0;
}

static int read_levels(struct residual_levels *levels, struct bit_reader *r)
{
	for (unsigned i = 0; i < levels->used; i++) {
		uint64_t like = i == 0 ? 0 : levels->level[i < 2 ? 0 : i - 2];
		uint64_t level = like + unzigzag(bits_get_small(r));
		if (level > RESIDUAL_LEVEL_MAX)
			return ERR_DAMAGED;
		levels->level[i] = (uint8_t)level;
	}
	return 0;
}

static int read_table(struct residual_table *table, struct bit_reader *r)
{
	struct residual_levels levels = {.used = bits_get_small(r)};
	if (levels.used > RESIDUAL_USED)
		return ERR_DAMAGED;
	if (levels.used > 0) {
		if (read_symbols(&levels, r) != 0 || read_levels(&levels, r) != 0)
			return ERR_DAMAGED;
	} else {
		levels.used = 1; /* a context that never occurs; zeroes if it does in a forged chunk */
	}
	residual_levels_normalise(&levels);
	unsigned start = 0;
	for (unsigned i = 0; i < levels.used; i++) {
		table->symbol[i] = describe(levels.symbol[i]);
		table->symbol[i].frequency = levels.frequency[i];
		table->symbol[i].start = (uint16_t)start;
		memset(table->slot + start, (int)i, levels.frequency[i]);
		start += levels.frequency[i];
	}
	return 0;
}

int residuals_begin(struct residual_decoder *d, struct bit_reader *r, unsigned contexts)
{
	unsigned mode = (unsigned)bits_get(r, RESIDUAL_MODE_BITS);
	if (mode > RESIDUAL_RANS)
		return ERR_DAMAGED;
	d->mode = (enum residual_mode)mode;
	d->state = RESIDUAL_STATE_LOW;
	if (mode == RESIDUAL_RICE)
		d->rice = (unsigned)bits_get(r, RESIDUAL_RICE_BITS);
	if (mode != RESIDUAL_RANS)
		return 0;
	for (unsigned i = 0; i < contexts; i++)
		if (read_table(&d->table[i], r) != 0)
			return ERR_DAMAGED;
	d->state = (uint32_t)bits_get(r, 32);
	return 0;
}

bool residuals_ended(const struct residual_decoder *d)
{
	return d->state == RESIDUAL_STATE_LOW;
}

uint64_t residuals_next_rice(const struct residual_decoder *d, struct bit_reader *r)
{
	bits_fill(r);
	uint64_t quotient = (unsigned)__builtin_ctzll(~r->held | (uint64_t)1 << RESIDUAL_UNARY);
	if (quotient == RESIDUAL_UNARY) {
		bits_take(r, RESIDUAL_UNARY);
		return unzigzag(bits_get_wide(r, 64));
	}
	bits_take(r, (unsigned)quotient + 1);
	return unzigzag(quotient << d->rice | bits_get_wide(r, d->rice));
}
