/* The table of the bench; see report.h. The goals are those that the store was designed for. */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

/* Lower is better wherever there is a goal. */
static const struct row {
	const char *title;
	int digits;
	double goal; /* 0: none */
} rows[FIGURES] = {
	[FIGURE_FILE_BYTES] = {"bytes a sample, sizes of the files", 2, 1.30},
	[FIGURE_BLOCK_BYTES] = {"bytes a sample, blocks on the disk", 2, 0},
	[FIGURE_EXACT_BYTES] = {"the same with exact intervals, files", 3, 0.645},
	[FIGURE_CPU] = {"bulk ingest, CPU-s per million", 2, 0.40},
	[FIGURE_RATE] = {"bulk ingest, samples a second", 0, 0},
	[FIGURE_BULK_WRITTEN] = {"bulk ingest, bytes written a sample", 1, 0},
	[FIGURE_WRITTEN_1S] = {"journal at 23 samples/s, window of 1 s, bytes written a sample", 0, 0},
	[FIGURE_WRITTEN_5S] = {"journal at 23 samples/s, window of 5 s, bytes written a sample", 0, 0},
	[FIGURE_CODEC_BYTES] = {"codec alone, bytes a sample", 3, 0},
	[FIGURE_ENCODE] = {"codec alone, ns to encode a sample", 0, 0},
	[FIGURE_DECODE] = {"codec alone, ns to decode a sample", 0, 60},
	[FIGURE_RAW_10S] = {"24 h raw, 8.6 k points, ms", 2, 1},
	[FIGURE_RAW_1S] = {"24 h raw, 86 k points, ms", 2, 5},
	[FIGURE_HOURS] = {"all days of 1 Hz in hour buckets, ms", 3, 0.1},
	[FIGURE_YEAR] = {"1 year, 3.1 M samples, in 1,095 buckets, ms", 2, 2},
	[FIGURE_YEAR_BYTES] = {"bytes a sample of that year, files", 2, 0},
	[FIGURE_ACK_P50] = {"acknowledgement at 10,000/s beside compaction, p50, ms", 2, 0},
	[FIGURE_ACK_P99] = {"the same, p99, ms", 2, 0},
	[FIGURE_ACK_MAX] = {"the same, slowest, ms", 2, 0},
};

void report_init(struct report *r, const char *commit)
{
	r->commit = commit;
	for (int peer = 0; peer < REPORT_PEERS; peer++) {
		r->names[peer] = NULL;
		for (int i = 0; i < FIGURES; i++)
			r->values[peer][i] = NAN;
	}
}

/* "AMD EPYC", or "?" where the kernel does not say. */
static void read_cpu_model(char *model_r, size_t size)
{
	char line[256];
	FILE *file = fopen("/proc/cpuinfo", "r");
	str_copy(model_r, size, "?");
	while (file && fgets(line, sizeof line, file)) {
		char *colon = strchr(line, ':');
		if (!colon || (strncmp(line, "model name", 10) != 0 && strncmp(line, "Model", 5) != 0))
			continue;
		line[strcspn(line, "\n")] = '\0';
		str_copy(model_r, size, colon + 1 + strspn(colon + 1, " "));
		break;
	}
	if (file)
		fclose(file);
}

static void print_head(const struct report *r, const char *about)
{
	char date[32], cpu[128];
	struct utsname system = {0};
	time_t now = time(NULL);
	struct tm utc;
	strftime(date, sizeof date, "%F %H:%M UTC", gmtime_r(&now, &utc));
	read_cpu_model(cpu, sizeof cpu);
	uname(&system);
	printf("## Commit %s\n\n%s · %ld × %s · Linux %s\n\n%s\n\n", r->commit, date, sysconf(_SC_NPROCESSORS_ONLN), cpu,
	       system.release, about);
}

static void print_row(const struct report *r, int figure)
{
	const struct row *row = &rows[figure];
	double mine = r->values[0][figure];
	printf("| %s |", row->title);
	for (int peer = 0; peer < REPORT_PEERS; peer++) {
		double value = r->values[peer][figure];
		if (isnan(value))
			printf(r->names[peer] ? " – |" : "");
		else
			printf(" %.*f |", row->digits, value);
	}
	if (row->goal == 0)
		printf(" | |\n");
	else
		printf(" ≤ %g | %s |\n", row->goal, isnan(mine) ? "–" : mine <= row->goal ? "ok" : "**missed**");
}

void report_print(const struct report *r, const char *about)
{
	print_head(r, about);
	printf("| |");
	for (int peer = 0; peer < REPORT_PEERS; peer++)
		if (r->names[peer])
			printf(" %s |", r->names[peer]);
	printf(" goal | |\n|---|");
	for (int peer = 0; peer < REPORT_PEERS; peer++)
		if (r->names[peer])
			printf("---|");
	printf("---|---|\n");
	for (int i = 0; i < FIGURES; i++)
		print_row(r, i);
}
