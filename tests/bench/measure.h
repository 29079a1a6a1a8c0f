/* Clocks, quantiles and sizes for benchmarks. Any thread. */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* Seconds of CLOCK_MONOTONIC. */
double measure_now_s(void);

/* Seconds of CPU, user and system, of the whole process or of the calling thread. */
double measure_process_cpu_s(void);
double measure_thread_cpu_s(void);

struct quantiles {
	double p50, p99, max;
};

/* Of count values (at least one), which are sorted in place. */
struct quantiles measure_quantiles(double *values, size_t count);

struct disk_use {
	int64_t file_bytes;  /* sizes of the files */
	int64_t block_bytes; /* what they occupy */
};

/* What the files right in dir whose names begin with prefix use. Zeroes when there are none. */
struct disk_use measure_disk_use(const char *dir, const char *prefix);

/* Removes the directory and all that is in it. */
void measure_remove_dir(const char *dir);

#endif
