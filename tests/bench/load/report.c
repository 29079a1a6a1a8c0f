/* Histograms, the costs of a process, and the JSON object that mqttload prints. */
#include "bench/load/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "bench/load/load.h"

void histogram_add(struct histogram *h, uint64_t value)
{
	unsigned i = (unsigned)value;
	if (value >= 64) {
		unsigned shift = 63u - 6u - (unsigned)__builtin_clzll(value);
		i = 64 + shift * 64 + (unsigned)((value >> shift) - 64);
	}
	h->buckets[i]++;
	h->count++;
	h->sum += (double)value;
	if (value > h->max)
		h->max = value;
}

/* The largest value of a bucket. */
static uint64_t upper_edge(unsigned bucket)
{
	return bucket < 64 ? bucket : ((uint64_t)(bucket % 64 + 65) << (bucket / 64 - 1)) - 1;
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
	uint64_t wanted = (uint64_t)(q * (double)h->count + 0.5), passed = 0;
	if (wanted == 0)
		wanted = 1;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		passed += h->buckets[i];
		if (passed >= wanted)
			return upper_edge(i) < h->max ? upper_edge(i) : h->max;
	}
	return h->max;
}

static double clock_seconds(clockid_t clock)
{
	struct timespec t;
	return clock_gettime(clock, &t) ? 0 : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* User and system time from /proc/PID/stat. */
static void read_stat(pid_t pid, struct sample *sample)
{
	char path[64], text[1024] = "";
	str_format(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		load_fail("there is no process %d (--broker-pid)", (int)pid);
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = 0;
	const char *behind_name = strrchr(text, ')');
	unsigned long user, system_ticks;
	if (!behind_name || sscanf(behind_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system_ticks) != 2)
		return;
	double tick = 1 / (double)sysconf(_SC_CLK_TCK);
	sample->user_s = (double)user * tick;
	sample->system_s = (double)system_ticks * tick;
}

/* From smaps_rollup, which walks the pages: statm's counter lags behind by some of them per thread. */
static int64_t read_rss_kb(pid_t pid)
{
	char path[64], line[256];
	str_format(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	int64_t kb = 0;
	FILE *f = fopen(path, "r");
	while (f && kb == 0 && fgets(line, sizeof line, f))
		if (sscanf(line, "Rss: %" SCNd64, &kb) != 1)
			kb = 0;
	if (f)
		fclose(f);
	return kb;
}

struct sample sample_take(pid_t broker_pid)
{
	struct sample s = {.at_ns = load_now_ns(), .own_cpu_s = clock_seconds(CLOCK_PROCESS_CPUTIME_ID)};
	clockid_t clock;
	if (broker_pid == 0)
		return s;
	read_stat(broker_pid, &s);
	if (clock_getcpuclockid(broker_pid, &clock) == 0)
		s.cpu_s = clock_seconds(clock);
	s.rss_kb = read_rss_kb(broker_pid);
	return s;
}

/* ---- JSON ---- */

static void key(const char *name)
{
	printf(", \"%s\": ", name);
}

void report_begin(const char *scenario, const char *label, bool v5)
{
	printf("{\"scenario\": \"%s\", \"mqtt\": \"%s\"", scenario, v5 ? "5" : "3.1.1");
	if (*label)
		report_text("label", label);
}

void report_int(const char *name, int64_t value)
{
	key(name);
	printf("%" PRId64, value);
}

void report_number(const char *name, double value, int decimals)
{
	key(name);
	printf("%.*f", decimals, value);
}

void report_text(const char *name, const char *value)
{
	key(name);
	printf("\"%s\"", value);
}

/* [upper edge in microseconds, count] of each half of a power of two */
static void print_buckets(const struct histogram *h)
{
	uint64_t count = 0;
	const char *comma = "";
	printf(", \"buckets\": [");
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		count += h->buckets[i];
		if (i % 32 != 31 || count == 0)
			continue;
		printf("%s[%.3f, %" PRIu64 "]", comma, (double)upper_edge(i) / 1e3, count);
		comma = ", ";
		count = 0;
	}
	putchar(']');
}

void report_histogram(const char *name, const struct histogram *h, bool full)
{
	static const struct {
		const char *name;
		double q;
	} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};
	key(name);
	printf("{\"n\": %" PRIu64 ", \"mean\": %.1f", h->count, h->count ? h->sum / (double)h->count / 1e3 : 0);
	for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
		printf(", \"%s\": %.1f", quantiles[i].name, (double)histogram_quantile(h, quantiles[i].q) / 1e3);
	printf(", \"max\": %.1f", (double)h->max / 1e3);
	if (full)
		print_buckets(h);
	putchar('}');
}

static void prefixed(const char *prefix, const char *name, double value, int decimals)
{
	char whole[64];
	str_format(whole, sizeof whole, "%s%s", prefix, name);
	report_number(whole, value, decimals);
}

void report_costs(const char *prefix, const struct sample *from, const struct sample *to, double messages)
{
	double cpu_s = to->cpu_s - from->cpu_s;
	double user_s = to->user_s - from->user_s, system_s = to->system_s - from->system_s;
	if (to->rss_kb) {
		prefixed(prefix, "broker_cpu_s", cpu_s, 4);
		prefixed(prefix, "broker_system_share", user_s + system_s > 0 ? system_s / (user_s + system_s) : 0, 2);
		if (messages > 0)
			prefixed(prefix, "broker_cpu_s_per_million", cpu_s * 1e6 / messages, 4);
		prefixed(prefix, "broker_rss_kb_before", (double)from->rss_kb, 0);
		prefixed(prefix, "broker_rss_kb", (double)to->rss_kb, 0);
	}
	prefixed(prefix, "generator_cpu_s", to->own_cpu_s - from->own_cpu_s, 3);
}

void report_end(void)
{
	puts("}");
}
