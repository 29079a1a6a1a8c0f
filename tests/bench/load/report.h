/* What mqttload measures and how it prints it: histograms, the costs of a process, one JSON object. */
#ifndef BENCH_LOAD_REPORT_H
#define BENCH_LOAD_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { HISTOGRAM_BUCKETS = 64 * 60 };

/* Log-linear: 64 buckets per power of two, so the error is below 1.6 %. Zeroed memory is empty. */
struct histogram {
	uint64_t count, max;
	double sum;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);

/* The value below which the share q (0..1) of all lies. */
uint64_t histogram_quantile(const struct histogram *h, double q);

/* What the broker and this program have used by now. */
struct sample {
	double cpu_s;            /* all threads of the broker, to the nanosecond */
	double user_s, system_s; /* the same in clock ticks */
	double own_cpu_s;
	int64_t rss_kb;          /* of the broker */
	uint64_t at_ns;
};

/* broker_pid 0: none, its fields are 0. Fails the program when there is no such process. */
struct sample sample_take(pid_t broker_pid);

/* ---- one JSON object on the standard output ---- */

void report_begin(const char *scenario, const char *label, bool v5);
void report_int(const char *key, int64_t value);
/* decimals: digits behind the point */
void report_number(const char *key, double value, int decimals);
void report_text(const char *key, const char *value);
/* Microseconds at the usual percentiles; full: the buckets too. */
void report_histogram(const char *key, const struct histogram *h, bool full);
/* The costs between two samples under the prefix, per million messages. */
void report_costs(const char *prefix, const struct sample *from, const struct sample *to, double messages);
void report_end(void);

#endif
