/* The telemetry of a made-up household, in order of time, for benchmarks and long tests:
 * 200 series of the kinds, rates and noise that homes have, 23 samples a second (1.98 million a day).
 *
 * The same seed gives the same samples, and a series does not depend on the others. Not for several
 * threads at once. Arrival times are what the hub would see: with jitter, each device's clock drifts and each
 * message takes its own time through the network. */
#ifndef TESTS_BENCH_HOUSEHOLD_H
#define TESTS_BENCH_HOUSEHOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sample.h"

struct household;

/* Series 1 to 200, the classes one after the other in this order. */
enum household_class {
	HOUSEHOLD_TEMPERATURE, /* 60 series every 10 s, tenths of a degree */
	HOUSEHOLD_HUMIDITY,    /* 40 every 30 s, tenths of a percent */
	HOUSEHOLD_POWER,       /* 24 every 1, 2, 3 or 5 s, tenths of a watt */
	HOUSEHOLD_SWITCH,      /* 30 at every change, and once a minute */
	HOUSEHOLD_RSSI,        /* 26 every 30 s, whole dBm */
	HOUSEHOLD_ENERGY,      /* 14 counters every 10 s, watt-hours as thousandths of a kWh */
	HOUSEHOLD_NOISE,       /* 6 every 10 s, doubles with every digit random */
	HOUSEHOLD_CLASSES,
};

enum {
	HOUSEHOLD_SERIES = 200,
	HOUSEHOLD_FAST_TEMPERATURE = 1, /* 10 s */
	HOUSEHOLD_FAST_POWER = 101,     /* 1 s */
};

#define HOUSEHOLD_START_MS 1704067200000LL /* 2024-01-01 */
#define HOUSEHOLD_DAY_MS 86400000LL

struct household_config {
	int64_t days;          /* from HOUSEHOLD_START_MS on */
	double scale;          /* every interval is so many times as long: 1 as above */
	bool jitter;           /* clocks drift (100 ppm), latency of 8 ms log-normal (sigma 0.8), of 0.5 % of the messages 0.1 to
	                        * 1.6 s more, 0.2 % lost; false: exact multiples of the interval */
	bool fast_temperature; /* series 1 keeps scale 1 */
	bool fast_power;       /* series 101 keeps scale 1 */
	uint64_t seed;
};

/* Returns NULL when there is no memory. */
struct household *household_create(const struct household_config *config);
void household_destroy(struct household **h);

/* The next sample; times of one series ascend strictly. Returns false after the last day. */
bool household_next(struct household *h, struct sample *sample_r);

/* The next samples, at most max. Returns how many; 0 at the end. */
size_t household_fill(struct household *h, struct sample *samples_r, size_t max);

/* What a series (1..200) is. */
enum household_class household_class_of(int64_t series);

struct household_class_info {
	const char *name, *unit;
	enum series_kind kind;
};
/* Static; valid for ever. */
const struct household_class_info *household_class_info(enum household_class class);

#endif
