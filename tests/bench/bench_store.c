/* What the store costs: samples a second and CPU-seconds a million through
 * store_append, bytes a sample on the disk, and the latency of blocking writes,
 * alone and beside a stream of samples. The samples are those of a household: 200 series at 1 Hz.
 *
 * usage: bench_store [MILLIONS [DIRECTORY]]    by default 2, in a new directory in /tmp */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/store.h"

enum { SERIES = 200, BATCH = 200, WRITES = 2000 };

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void must(int err, const char *what)
{
	if (err) {
		fprintf(stderr, "bench_store: %s: %s\n", what, err_text(err));
		exit(1);
	}
}

static void count_done(void *ctx, int err)
{
	must(err, "a batch");
	atomic_fetch_add((_Atomic uint64_t *)ctx, 1);
}

/* One turn of the house: each series at second `turn`. */
static void fill(struct sample *batch, int64_t turn)
{
	for (int i = 0; i < BATCH; i++)
		batch[i] = (struct sample){1 + i % SERIES, {1763600000000 + turn * 1000 + i % 7}, 20 + (double)((turn * 31 + i * 17) % 997) / 100};
}

static void append_turn(struct store *s, int64_t turn, _Atomic uint64_t *done)
{
	struct sample batch[BATCH];
	fill(batch, turn);
	int err;
	while ((err = store_append(s, batch, BATCH, &(struct store_done){count_done, done})) == ERR_FULL)
		usleep(1000); /* the queue is full: that is the measurement */
	must(err, "store_append");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print_latency(const char *title, double *us, size_t count)
{
	qsort(us, count, sizeof *us, compare);
	printf("%-34s p50 %.0f us, p99 %.0f us, max %.0f us\n", title, us[count / 2], us[count * 99 / 100], us[count - 1]);
}

static void bench_append(struct store *s, const char *dir, int64_t turns)
{
	static _Atomic uint64_t done;
	double from = now_s(), cpu = cpu_s();
	for (int64_t turn = 0; turn < turns; turn++)
		append_turn(s, turn, &done);
	must(store_setting_put(s, "end", span_str("x"), NULL), "store_setting_put");
	double took = now_s() - from, used = cpu_s() - cpu, samples = (double)(turns * BATCH);
	struct store_stats stats;
	store_stats_get(s, &stats);
	char path[256];
	struct stat st;
	must(str_format(path, sizeof path, "%s/telemetry.db", dir), "path");
	printf("append                             %.0f samples/s, %.2f CPU-s per million, %" PRIu64 " commits\n", samples / took,
	       used / samples * 1e6, stats.commits);
	if (stat(path, &st) == 0)
		printf("telemetry.db                       %.1f bytes a sample\n", (double)st.st_size / samples);
}

static void bench_writes(struct store *s, const char *title, int64_t turn, bool beside_samples)
{
	static double us[WRITES];
	static _Atomic uint64_t done;
	for (int i = 0; i < WRITES; i++) {
		if (beside_samples)
			append_turn(s, turn + i, &done);
		double from = now_s();
		must(store_setting_put(s, "write", span_of(&i, sizeof i), NULL), "store_setting_put");
		us[i] = (now_s() - from) * 1e6;
	}
	print_latency(title, us, WRITES);
}

static void bench_points(struct store *s, int64_t turns)
{
	static struct point points[STORE_MAX_POINTS];
	static double us[200];
	for (int i = 0; i < 200; i++) {
		struct points_query q = {1 + i, {1763600000000}, {1763600000000 + turns * 1000}, 600};
		size_t count;
		bool raw;
		double from = now_s();
		must(store_points(s, &q, points, &count, &raw), "store_points");
		us[i] = (now_s() - from) * 1e6;
	}
	char title[64];
	must(str_format(title, sizeof title, "points, %" PRId64 " samples in 600", turns), "title");
	print_latency(title, us, 200);
}

int main(int argc, char **argv)
{
	char made[] = "/tmp/bench-store-XXXXXX", message[512];
	int64_t millions = 2;
	const char *dir = argc > 2 ? argv[2] : mkdtemp(made);
	if (!dir || (argc > 1 && str_to_int(argv[1], 1, 1000, &millions))) {
		fprintf(stderr, "usage: bench_store [MILLIONS [DIRECTORY]]\n");
		return 2;
	}
	log_set_level(LOG_LEVEL_ERROR);
	struct store *s;
	if (store_open(dir, &s, message)) {
		fprintf(stderr, "bench_store: %s\n", message);
		return 1;
	}
	for (int i = 1; i <= SERIES; i++) {
		struct series series = {.id = i, .device = "bench", .unit = "W"};
		must(str_format(series.entity, sizeof series.entity, "e%d", i), "entity");
		must(store_series_put(s, &series, NULL), "store_series_put");
	}
	int64_t turns = millions * 1000000 / BATCH;
	bench_append(s, dir, turns);
	bench_points(s, turns);
	bench_writes(s, "blocking write alone", 0, false);
	bench_writes(s, "blocking write with 200 samples", turns, true);
	store_close(&s);
	if (argc <= 2)
		printf("the databases are in %s\n", dir);
	return 0;
}
