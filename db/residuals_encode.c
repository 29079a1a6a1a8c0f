/* Writing residuals: counts the symbols, chooses the way that is shortest, and codes. A
 * range ANS codes backwards what is to be read forwards, so the words that its
 * state sheds are kept until all are known. Any thread; knows nothing of what the
 * residuals mean. */
#include "db/residuals.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/residuals_private.h"

enum {
	RICE_COUNT_MAX = 512,   /* with more residuals a table always pays */
	LOG_ONE = 256,          /* logarithms in units of 1/256 */
	TABLE_BITS = 12, SYMBOL_BITS = 4, STATE_BITS = 32, /* about */
	NO_WORD = UINT16_MAX + 1,
	IMPOSSIBLE_RICE = 64,
};

struct histogram {
	uint32_t count[RESIDUAL_CONTEXTS][RESIDUAL_SYMBOLS];
	unsigned symbols; /* those from here on do not occur */
	uint64_t extra;   /* bits besides the symbols */
};

/* The symbol of a value, and how many bits go beside it. */
static inline unsigned symbol_of(uint64_t value, unsigned *extra_r)
{
	unsigned negative = (unsigned)(value >> 63);
	uint64_t magnitude = negative ? -value : value;
	if (magnitude < 8) {
		*extra_r = 0;
		return 2 * (unsigned)magnitude + negative;
	}
	unsigned extra = bits_length(magnitude) - 3;
	*extra_r = extra;
	return 2 * (8 + 4 * (extra - 1) + (unsigned)(magnitude >> extra & 3)) + negative;
}

static void count_symbols(const struct residuals *all, struct histogram *h)
{
	memset(h->count, 0, all->contexts * sizeof h->count[0]);
	h->extra = 0;
	unsigned highest = 0;
	for (size_t i = 0; i < all->count; i++) {
		unsigned extra;
		unsigned symbol = symbol_of(all->value[i], &extra);
		h->count[all->context[i]][symbol]++;
		h->extra += extra;
		highest = symbol > highest ? symbol : highest;
	}
	h->symbols = highest + 1;
}

/* log2 of a number that is not 0, off by less than 1/100. */
static uint32_t log2_of(uint32_t n)
{
	unsigned whole = 31 - (unsigned)__builtin_clz(n);
	uint32_t t = (uint32_t)(((uint64_t)n << 16 >> whole) - 65536); /* 0..65535: between two powers */
	uint32_t bend = (uint32_t)((uint64_t)t * (65536 - t) / 190736); /* 0.3436 t (1 - t) */
	return whole * LOG_ONE + (t + bend) * LOG_ONE / 65536;
}

static uint64_t rans_cost(const struct residuals *all, const struct histogram *h)
{
	uint64_t scaled = 0; /* bits times LOG_ONE */
	unsigned used = 0;
	for (unsigned c = 0; c < all->contexts; c++) {
		uint32_t total = 0;
		for (unsigned s = 0; s < h->symbols; s++) {
			uint32_t n = h->count[c][s];
			if (n == 0)
				continue;
			used++;
			total += n;
			scaled -= (uint64_t)n * log2_of(n);
		}
		if (total > 0)
			scaled += (uint64_t)total * log2_of(total);
	}
	return scaled / LOG_ONE + h->extra + STATE_BITS + all->contexts * TABLE_BITS + used * SYMBOL_BITS;
}

static uint64_t rice_cost(const struct residuals *all, unsigned rice)
{
	uint64_t bits = RESIDUAL_RICE_BITS;
	for (size_t i = 0; i < all->count; i++) {
		uint64_t quotient = zigzag(all->value[i]) >> rice;
		bits += quotient < RESIDUAL_UNARY ? quotient + 1 + rice : RESIDUAL_UNARY + 64;
	}
	return bits;
}

/* The best parameter and its cost; IMPOSSIBLE_RICE when there are too many residuals, or
 * nothing but zeroes. */
static unsigned best_rice(const struct residuals *all, uint64_t *cost_r)
{
	unsigned best = IMPOSSIBLE_RICE;
	*cost_r = UINT64_MAX;
	if (all->count > RICE_COUNT_MAX)
		return best;
	uint64_t any = 0;
	for (size_t i = 0; i < all->count; i++)
		any |= zigzag(all->value[i]);
	/* downwards, since what is too high is too high by little */
	for (unsigned rice = bits_length(any); rice-- > 0;) {
		uint64_t cost = rice_cost(all, rice);
		if (cost > *cost_r)
			break;
		*cost_r = cost;
		best = rice;
	}
	return best;
}

static bool all_zero(const struct residuals *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->value[i] != 0)
			return false;
	return true;
}

uint64_t residuals_cost(const struct residuals *all)
{
	if (all_zero(all))
		return 0;
	struct histogram h;
	count_symbols(all, &h);
	uint64_t rans = rans_cost(all, &h);
	uint64_t rice;
	best_rice(all, &rice);
	return rice < rans ? rice : rans;
}

/* What the chunk will say of one context. Returns 0, or ERR_FULL with too many symbols. */
static int levels_of(const uint32_t count[RESIDUAL_SYMBOLS], struct residual_levels *levels)
{
	const uint32_t step = LOG_ONE / 2; /* finer ones cost more than they save */
	levels->used = 0;
	for (unsigned s = 0; s < RESIDUAL_SYMBOLS; s++) {
		if (count[s] == 0)
			continue;
		if (levels->used == RESIDUAL_USED)
			return ERR_FULL;
		levels->symbol[levels->used] = (uint16_t)s;
		levels->level[levels->used++] = (uint8_t)((log2_of(count[s]) + step / 2) / step);
	}
	if (levels->used > 0)
		residual_levels_normalise(levels);
	return 0;
}

static void put_levels(const struct residual_levels *levels, struct bit_writer *w)
{
	bits_put_small(w, levels->used);
	if (levels->used == 0)
		return;
	for (unsigned i = 0; i < levels->used; i++)
		bits_put_small(w, i == 0 ? levels->symbol[0] : levels->symbol[i] - levels->symbol[i - 1] - 1u);
	for (unsigned i = 0; i < levels->used; i++) {
		uint64_t like = i == 0 ? 0 : levels->level[i < 2 ? 0 : i - 2];
		bits_put_small(w, (uint32_t)zigzag(levels->level[i] - like));
	}
}

/* Where a symbol lies among the slots of its context. */
struct place {
	uint16_t frequency, start;
};

struct rans {
	struct place place[RESIDUAL_CONTEXTS][RESIDUAL_SYMBOLS];
	uint32_t word[]; /* the 16 bits that follow each symbol, or NO_WORD */
};

/* Writes the tables and notes the places. Returns 0 or ERR_FULL (nothing of use is written). */
static int put_tables(const struct residuals *all, const struct histogram *h, struct rans *rans, struct bit_writer *w)
{
	struct residual_levels levels[RESIDUAL_CONTEXTS];
	for (unsigned c = 0; c < all->contexts; c++)
		if (levels_of(h->count[c], &levels[c]) != 0)
			return ERR_FULL;
	bits_put(w, RESIDUAL_RANS, RESIDUAL_MODE_BITS);
	for (unsigned c = 0; c < all->contexts; c++) {
		put_levels(&levels[c], w);
		unsigned start = 0;
		for (unsigned i = 0; i < levels[c].used; i++) {
			rans->place[c][levels[c].symbol[i]] = (struct place){levels[c].frequency[i], (uint16_t)start};
			start += levels[c].frequency[i];
		}
	}
	return 0;
}

static void put_rans(const struct residuals *all, struct rans *rans, struct bit_writer *w)
{
	uint32_t state = RESIDUAL_STATE_LOW;
	unsigned extra;
	for (size_t i = all->count; i-- > 0;) {
		struct place p = rans->place[all->context[i]][symbol_of(all->value[i], &extra)];
		rans->word[i] = NO_WORD;
		if (state >= (uint64_t)p.frequency << (32 - RESIDUAL_SCALE_BITS)) {
			rans->word[i] = state & UINT16_MAX;
			state >>= 16;
		}
		state = (state / p.frequency << RESIDUAL_SCALE_BITS) + state % p.frequency + p.start;
	}
	bits_put(w, state, 32);
	for (size_t i = 0; i < all->count; i++) {
		if (rans->word[i] != NO_WORD)
			bits_put(w, rans->word[i], 16);
		symbol_of(all->value[i], &extra);
		uint64_t magnitude = all->value[i] >> 63 ? -all->value[i] : all->value[i];
		bits_put_wide(w, magnitude & (((uint64_t)1 << extra) - 1), extra);
	}
}

static void put_rice(const struct residuals *all, unsigned rice, struct bit_writer *w)
{
	bits_put(w, RESIDUAL_RICE, RESIDUAL_MODE_BITS);
	bits_put(w, rice, RESIDUAL_RICE_BITS);
	for (size_t i = 0; i < all->count; i++) {
		uint64_t value = zigzag(all->value[i]);
		uint64_t quotient = value >> rice;
		if (quotient >= RESIDUAL_UNARY) {
			bits_put(w, ((uint64_t)1 << RESIDUAL_UNARY) - 1, RESIDUAL_UNARY);
			bits_put_wide(w, value, 64);
			continue;
		}
		bits_put(w, ((uint64_t)1 << quotient) - 1, (unsigned)quotient + 1);
		bits_put_wide(w, value & (((uint64_t)1 << rice) - 1), rice);
	}
}

int residuals_encode(const struct residuals *all, struct bit_writer *w)
{
	if (all_zero(all)) {
		bits_put(w, RESIDUAL_ZERO, RESIDUAL_MODE_BITS);
		return 0;
	}
	struct histogram h;
	count_symbols(all, &h);
	uint64_t rice_bits;
	unsigned rice = best_rice(all, &rice_bits);
	if (rice != IMPOSSIBLE_RICE && rice_bits <= rans_cost(all, &h)) {
		put_rice(all, rice, w);
		return 0;
	}
	struct rans *rans = malloc(sizeof *rans + all->count * sizeof rans->word[0]);
	if (!rans)
		return ERR_NOMEM;
	if (put_tables(all, &h, rans, w) == 0)
		put_rans(all, rans, w);
	else
		put_rice(all, IMPOSSIBLE_RICE - 1, w);
	free(rans);
	return 0;
}
