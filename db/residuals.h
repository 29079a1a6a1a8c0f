/* The entropy stage of a chunk: what a predictor left over, coded with as few bits as
 * its distribution allows. Pure; any thread.
 *
 * A residual is a 64-bit number, mostly small. Its sign and the topmost bits of its
 * magnitude are a symbol, coded by a range ANS with a table that travels with the
 * chunk, one a context; the lower bits follow as they are. Few residuals, for which a
 * table would not pay, are Rice coded. */
#ifndef DB_RESIDUALS_H
#define DB_RESIDUALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/bits.h"

enum {
	RESIDUAL_CONTEXTS = 8,       /* the most tables of one stream */
	RESIDUAL_USED = 256,         /* the most symbols of one table */
	RESIDUAL_SCALE_BITS = 12,    /* the frequencies of a table sum up to 2^12 */
	RESIDUAL_SLOTS = 1 << RESIDUAL_SCALE_BITS,
	RESIDUAL_STATE_LOW = 1 << 16, /* the coder's state is never below, and starts here */
	RESIDUAL_UNARY = 24,         /* a Rice quotient of so many is an escape */
};

/* What is to be coded; borrows all. */
struct residuals {
	const uint64_t *value;  /* two's complement */
	const uint8_t *context; /* of each value, below contexts */
	size_t count;
	unsigned contexts;      /* 1..RESIDUAL_CONTEXTS */
};

/* About how many bits residuals_encode would write. */
uint64_t residuals_cost(const struct residuals *all);

/* Writes them in the shortest of the ways. Returns 0 or ERR_NOMEM. */
int residuals_encode(const struct residuals *all, struct bit_writer *w);

struct residual_symbol {
	uint64_t base;        /* the smallest magnitude that it stands for */
	uint16_t frequency, start;
	uint8_t extra;        /* bits that are added to base */
	uint8_t negative;     /* 0 or 1 */
};

struct residual_table {
	uint8_t slot[RESIDUAL_SLOTS]; /* index into symbol */
	struct residual_symbol symbol[RESIDUAL_USED];
};

enum residual_mode { RESIDUAL_ZERO, RESIDUAL_RICE, RESIDUAL_RANS };

/* About 64 KB, for the stack. Its members are for residuals.c and the function below. */
struct residual_decoder {
	enum residual_mode mode;
	unsigned rice;  /* bits below the quotient */
	uint32_t state;
	struct residual_table table[RESIDUAL_CONTEXTS];
};

/* Reads the tables of a stream of that many contexts. Returns 0 or ERR_DAMAGED. */
int residuals_begin(struct residual_decoder *d, struct bit_reader *r, unsigned contexts);

/* Whether the stream ended as one does that was read to its end. */
bool residuals_ended(const struct residual_decoder *d);

/* The next Rice coded residual. */
uint64_t residuals_next_rice(const struct residual_decoder *d, struct bit_reader *r);

/* The next residual, whose context must be below those that residuals_begin was told. */
static inline uint64_t residuals_next(struct residual_decoder *d, struct bit_reader *r, unsigned context)
{
	if (d->mode != RESIDUAL_RANS)
		return d->mode == RESIDUAL_ZERO ? 0 : residuals_next_rice(d, r);
	const struct residual_table *table = &d->table[context];
	uint32_t slot = d->state & (RESIDUAL_SLOTS - 1);
	const struct residual_symbol *symbol = &table->symbol[table->slot[slot]];
	d->state = symbol->frequency * (d->state >> RESIDUAL_SCALE_BITS) + slot - symbol->start;
	bits_fill(r);
	if (d->state < RESIDUAL_STATE_LOW)
		d->state = d->state << 16 | (uint32_t)bits_take(r, 16);
	uint64_t low = symbol->extra <= BITS_AT_ONCE - 16 ? bits_take(r, symbol->extra) : bits_get_wide(r, symbol->extra);
	uint64_t sign = -(uint64_t)symbol->negative;
	return ((symbol->base + low) ^ sign) - sign;
}

#endif
