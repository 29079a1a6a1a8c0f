/* Chunks as the first release of each codec wrote them, and the samples that they hold. They are
 * readable for ever: neither these bytes nor the functions beside them change, a new codec adds
 * its own. */
#ifndef TEST_CHUNK_GOLDEN_H
#define TEST_CHUNK_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

#include "db/chunk.h"

struct golden {
	size_t count;
	const char *hex;
};

static uint32_t golden_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 16;
}

/* One sample. */
static void golden_one(struct datum *data_r)
{
	*data_r = (struct datum){INT64_C(1704067200123), 21.5};
}

/* Few, in quarters: Rice codes. */
static void golden_few(struct datum *data_r, size_t count)
{
	uint32_t random = 1;
	for (size_t i = 0; i < count; i++)
		data_r[i] = (struct datum){-1000 + (int64_t)i * 60000 + golden_random(&random) % 9, (double)(golden_random(&random) % 100) / 4};
}

/* Power: a schedule, a level with jumps, contexts by magnitude. */
static void golden_power(struct datum *data_r, size_t count)
{
	uint32_t random = 2;
	for (size_t i = 0; i < count; i++) {
		uint32_t level = i / 150 % 2 ? 12345 + golden_random(&random) % 400 : 70 + golden_random(&random) % 4;
		int64_t late = golden_random(&random) % 12 + golden_random(&random) % 12;
		data_r[i] = (struct datum){INT64_C(1704067200000) + (int64_t)(i + i / 97) * 1000 + (int64_t)i / 9 + late, (double)level / 10};
	}
}

/* A counter at exact intervals: a slope, contexts by fraction. */
static void golden_counter(struct datum *data_r, size_t count)
{
	uint32_t random = 3;
	uint64_t exact = 7000;
	for (size_t i = 0; i < count; i++) {
		exact += 130 + golden_random(&random) % 8;
		data_r[i] = (struct datum){INT64_C(1704067200000) + (int64_t)i * 10000, (double)(exact / 100) / 1000};
	}
}

/* Floats of 32 bits, and among them doubles that no float is. */
static void golden_floats(struct datum *data_r, size_t count)
{
	uint32_t random = 4;
	for (size_t i = 0; i < count; i++) {
		double value = (double)((float)(200 + golden_random(&random) % 7) / 10.0f);
		data_r[i] = (struct datum){(int64_t)i * 5, i % 50 == 20 ? -0.0 : i == 33 ? 1.0 / 3 : value};
	}
}

/* Doubles of all 53 bits, below and above zero, ever more rarely: their bits. */
static void golden_bits(struct datum *data_r, size_t count)
{
	uint32_t random = 5;
	for (size_t i = 0; i < count; i++) {
		double noise = (double)golden_random(&random) / 3 + (double)golden_random(&random) / 65536 / 7;
		data_r[i] = (struct datum){(int64_t)i * (int64_t)i * 1000, noise - 10000};
	}
}

static void golden_samples(size_t golden, struct datum *data_r, size_t count)
{
	switch (golden) {
	case 0: golden_one(data_r); break;
	case 1: golden_few(data_r, count); break;
	case 2: golden_power(data_r, count); break;
	case 3: golden_counter(data_r, count); break;
	case 4: golden_floats(data_r, count); break;
	default: golden_bits(data_r, count); break;
	}
}

static const struct golden goldens[] = {
#include "test_chunk_golden.inc"
};

#endif
