/* The parts of the codec of chunks, see chunk.c for the format. */
#ifndef DB_CHUNK_PRIVATE_H
#define DB_CHUNK_PRIVATE_H

#include "db/bits.h"
#include "db/chunk.h"
#include "db/residuals.h"

/* On how many of count samples the encoder tries what suits a series: a quarter, so that choosing costs
 * about as much as coding, whatever the size. */
static inline size_t chunk_trial(size_t count)
{
	enum { LEAST = 128, MOST = 2048 };
	size_t quarter = count / 4;
	return quarter < LEAST ? LEAST : quarter > MOST ? MOST : quarter;
}

/* What the encoder works in. Element i belongs to sample i; sample 0 has no residual. */
struct chunk_scratch {
	uint64_t residual[CHUNK_MAX];
	uint8_t context[CHUNK_MAX];
	uint64_t number[CHUNK_MAX];
	uint8_t magnitude[CHUNK_MAX]; /* of the residuals before, for the context */
	uint8_t fraction[CHUNK_MAX];  /* of the prediction, for the context */
	uint8_t decimals[CHUNK_MAX];
};

/* Writes the times. Returns 0 or ERR_NOMEM. */
int chunk_times_encode(const struct datum *data, size_t count, struct chunk_scratch *scratch, struct bit_writer *w);

/* Reads the times of count samples into at. Returns 0 or ERR_DAMAGED. */
int chunk_times_decode(struct bit_reader *r, struct residual_decoder *d, struct datum *data_r, size_t count);

/* Writes the values. Returns 0 or ERR_NOMEM. */
int chunk_values_encode(const struct datum *data, size_t count, struct chunk_scratch *scratch, struct bit_writer *w);

/* Reads the values of count samples. Returns 0 or ERR_DAMAGED. */
int chunk_values_decode(struct bit_reader *r, struct residual_decoder *d, struct datum *data_r, size_t count);

/* How the doubles of a chunk are made of integers. */
enum view_kind {
	VIEW_DECIMAL, /* integer / 10^decimals */
	VIEW_FLOAT,   /* the same, rounded to a 32-bit float */
	VIEW_BITS,    /* the double's own bits, in the order of the numbers that they mean */
};

enum {
	VIEW_DECIMALS_MAX = 18,
	VIEW_EXCEPTION = 255, /* in decimals: no integer gives this sample's bits */
};

struct view {
	enum view_kind kind;
	unsigned decimals;
};

/* Chooses the view of the values, and marks in scratch->decimals, if the view is not
 * VIEW_BITS, the samples that it cannot express with VIEW_EXCEPTION. */
struct view view_choose(const struct datum *data, size_t count, struct chunk_scratch *scratch);

/* The integer of a value that is no exception. */
uint64_t view_integer(const struct view *view, double value);

extern const double view_power_of_ten[VIEW_DECIMALS_MAX + 1];

/* The double that an integer means. */
static inline double view_value(const struct view *view, uint64_t integer)
{
	if (view->kind == VIEW_BITS) {
		uint64_t bits = integer >> 63 ? integer ^ INT64_MAX : integer;
		double value;
		memcpy(&value, &bits, sizeof value);
		return value;
	}
	double value = (double)(int64_t)integer / view_power_of_ten[view->decimals];
	return view->kind == VIEW_FLOAT ? (double)(float)value : value;
}

#endif
