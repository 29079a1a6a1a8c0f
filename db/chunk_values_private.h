/* The values of a chunk as both sides see them: the predictor that follows the level of a
 * noisy series, or the slope of a counter. Header only, for the decoder's loop. */
#ifndef DB_CHUNK_VALUES_PRIVATE_H
#define DB_CHUNK_VALUES_PRIVATE_H

#include "db/chunk_private.h"

enum {
	LEVEL_BITS = 8,            /* fraction of a level */
	LEVEL_ONE = 1 << LEVEL_BITS,
	MAGNITUDE_ONE = 16,        /* magnitudes are mean bit lengths in sixteenths */
	MAGNITUDE_STEP = 8,        /* and are told apart in steps of half a bit */
	MAGNITUDES = 64 * MAGNITUDE_ONE / MAGNITUDE_STEP + 1,
	JUMP = 3 * MAGNITUDE_ONE,  /* so much longer than the mean is a jump */
	MAGNITUDE_CONTEXTS = 4, FRACTION_CONTEXTS = 8,
	KIND_BITS = 2, DECIMALS_BITS = 5, GAIN_BITS = 3, CONTEXT_BITS = 2, THRESHOLD_BITS = 8,
};

/* What tells the tables of the residuals apart. */
enum context_kind { CONTEXT_NONE, CONTEXT_MAGNITUDE, CONTEXT_FRACTION, CONTEXT_KINDS };

/* Which predictor a chunk uses, and how quickly it learns. */
struct plan {
	uint8_t ramp;  /* 0: a level with jumps, 1: a level that rises or falls */
	uint8_t gain;  /* the level moves by 2^-gain of an error */
	uint8_t trend; /* and its slope, if it is a ramp, by 2^-trend */
};

struct predictor {
	struct plan plan;
	uint64_t level, slope; /* << LEVEL_BITS; arithmetic wraps */
	uint32_t age;          /* samples since the last jump */
	int magnitude;         /* of the last residuals */
};

static inline uint64_t predictor_next(const struct predictor *p)
{
	return (uint64_t)((int64_t)(p->level + p->slope + LEVEL_ONE / 2) >> LEVEL_BITS);
}

/* Where between two integers the prediction lies. */
static inline unsigned predictor_fraction(const struct predictor *p)
{
	return (unsigned)((p->level + p->slope + LEVEL_ONE / 2) % LEVEL_ONE) / (LEVEL_ONE / FRACTION_CONTEXTS);
}

static inline uint64_t shifted(uint64_t error, unsigned by)
{
	return (uint64_t)((int64_t)error >> by);
}

/* Of the residuals so far, below MAGNITUDES. */
static inline unsigned predictor_magnitude(const struct predictor *p)
{
	return (unsigned)p->magnitude / MAGNITUDE_STEP;
}

/* Learns the number that came, and what it differed by. */
static inline void predictor_came(struct predictor *p, uint64_t number, uint64_t residual)
{
	uint64_t expected = p->level + p->slope;
	uint64_t error = (number << LEVEL_BITS) - expected;
	int length = (int)bits_length(residual >> 63 ? -residual : residual) * MAGNITUDE_ONE;
	if (p->plan.ramp) {
		p->level = expected + shifted(error, p->plan.gain);
		p->slope += shifted(error, p->plan.trend);
	} else if (length > p->magnitude + JUMP) {
		p->level = number << LEVEL_BITS;
		p->age = 1;
		p->magnitude += MAGNITUDE_ONE;
		return;
	} else {
		p->age += p->age < UINT16_MAX;
		unsigned young = 31 - (unsigned)__builtin_clz(p->age);
		p->level = expected + shifted(error, young < p->plan.gain ? young : p->plan.gain);
	}
	p->magnitude += (length - p->magnitude) >> 2;
}

static inline struct predictor predictor_of(struct plan plan)
{
	return (struct predictor){.plan = plan, .age = 1};
}

/* What the chunk says of its values besides residuals and exceptions. */
struct value_coding {
	struct view view;
	uint64_t first, unit; /* integer = first + unit * number, wrapping */
	struct plan plan;
	enum context_kind kind;
	uint8_t threshold[MAGNITUDE_CONTEXTS - 1]; /* with CONTEXT_MAGNITUDE: where the next one begins */
};

/* The number of contexts of each kind. */
static inline unsigned value_contexts(enum context_kind kind)
{
	return kind == CONTEXT_MAGNITUDE ? MAGNITUDE_CONTEXTS : kind == CONTEXT_FRACTION ? FRACTION_CONTEXTS : 1;
}

/* The context of each magnitude. */
static inline void value_map_magnitudes(const struct value_coding *c, uint8_t map_r[MAGNITUDES])
{
	for (unsigned m = 0; m < MAGNITUDES; m++) {
		map_r[m] = 0;
		for (unsigned i = 0; i < MAGNITUDE_CONTEXTS - 1; i++)
			map_r[m] = (uint8_t)(map_r[m] + (m >= c->threshold[i]));
	}
}

#endif
