/* Shared by the two halves of residuals.h: what a symbol stands for, and how the
 * frequencies of a table come from what the chunk says of them. */
#ifndef DB_RESIDUALS_PRIVATE_H
#define DB_RESIDUALS_PRIVATE_H

#include "db/residuals.h"

/* Magnitudes 0..7 are symbols of their own; each octave above has four. Twice, for the sign. */
enum { RESIDUAL_SYMBOLS = 2 * (8 + 4 * 61), RESIDUAL_LEVEL_MAX = 31, RESIDUAL_MODE_BITS = 2, RESIDUAL_RICE_BITS = 6 };

/* A table as the chunk says it: the symbols used and the logarithm of how often. */
struct residual_levels {
	uint16_t symbol[RESIDUAL_USED];   /* ascending */
	uint8_t level[RESIDUAL_USED];     /* log2 of how often, in halves */
	uint16_t frequency[RESIDUAL_USED];
	unsigned used;
};

/* Sets frequency from level, so that they sum up to RESIDUAL_SLOTS; used is not 0. */
void residual_levels_normalise(struct residual_levels *levels);

#endif
