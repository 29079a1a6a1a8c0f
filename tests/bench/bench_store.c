/* What the store costs, beside plain rows in SQLite in the same run on the same samples (household.h): bytes,
 * CPU, what is written, how fast questions are answered and appends acknowledged. Ends in a table in
 * Markdown on stdout; says on stderr what it does. Run by `make bench-store`.
 *
 * usage: bench_store [-d DAYS] [-w SECONDS] [-n] [-Y] [-o] [-c COMMIT] [-t DIRECTORY]
 *   -d  days of bulk ingest, 5 by default
 *   -w  seconds of each live run, 60 by default, 0 for none
 *   -n  no year
 *   -Y  the year of all series for SQLite too, not of the one that is asked for (10 minutes more)
 *   -o  only tomte's store
 *   -t  where temporary directories are made, /tmp by default (use the disk that is meant) */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "bulk.h"
#include "ingest.h"
#include "live.h"
#include "measure.h"
#include "report.h"

struct options {
	int64_t days, live_s;
	bool year, whole_year, only_tomte;
	const char *commit, *parent;
};

enum { QUESTIONS = 4 };

struct bench {
	struct options options;
	struct report report;
	struct answer answers[REPORT_PEERS][QUESTIONS];
	bool asked[REPORT_PEERS][QUESTIONS];
	uint64_t samples, year_samples;
	struct live_acks acks;
};

static const struct peer_ops *const peers[REPORT_PEERS] = {&ingest_peer, &peer_sqlite_clustered, &peer_sqlite_indexed};

static void must(int err, const char *what)
{
	if (err) {
		fprintf(stderr, "bench_store: %s: %s\n", what, err_text(err));
		exit(1);
	}
}

static void make_dir(const struct bench *b, char path_r[256])
{
	must(str_format(path_r, 256, "%s/tomte-bench-XXXXXX", b->options.parent), "the directory's name");
	if (!mkdtemp(path_r)) {
		perror(path_r);
		exit(1);
	}
}

/* ---- bulk -------------------------------------------------------------- */

/* Fills a store in a new directory dir_r. */
static void *fill(const struct bench *b, int peer, const struct household_config *config, struct bulk_cost *cost_r, char dir_r[256])
{
	void *self;
	make_dir(b, dir_r);
	fprintf(stderr, "%s: %" PRId64 " days%s\n", peers[peer]->name, config->days, config->jitter ? "" : ", exact intervals");
	struct bulk bulk = {peers[peer], dir_r, peer == 0 ? ingest_written_bytes : NULL};
	must(bulk_fill(&bulk, config, cost_r, &self), peers[peer]->name);
	return self;
}

static void ask(struct bench *b, int peer, void *self, int nth, const struct question *q)
{
	static const enum figure figures[QUESTIONS] = {FIGURE_RAW_10S, FIGURE_RAW_1S, FIGURE_HOURS, FIGURE_YEAR};
	must(bulk_ask(peers[peer], self, q, &b->answers[peer][nth], &b->report.values[peer][figures[nth]]), "a question");
	b->asked[peer][nth] = true;
}

static void bench_bulk(struct bench *b, int peer)
{
	char dir[256];
	struct bulk_cost cost;
	double *values = b->report.values[peer];
	int64_t end = HOUSEHOLD_START_MS + b->options.days * HOUSEHOLD_DAY_MS, last_day = end - HOUSEHOLD_DAY_MS;
	struct household_config config = {.days = b->options.days, .scale = 1, .jitter = true, .seed = 1};
	void *self = fill(b, peer, &config, &cost, dir);
	double samples = (double)(b->samples = cost.samples);
	values[FIGURE_FILE_BYTES] = cost.file_bytes / samples;
	values[FIGURE_BLOCK_BYTES] = cost.block_bytes / samples;
	values[FIGURE_CPU] = cost.cpu_s / samples * 1e6;
	values[FIGURE_RATE] = samples / cost.wall_s;
	values[FIGURE_BULK_WRITTEN] = cost.written_bytes / samples;
	ask(b, peer, self, 0, &(struct question){{HOUSEHOLD_FAST_TEMPERATURE, last_day, end}, 0});
	ask(b, peer, self, 1, &(struct question){{HOUSEHOLD_FAST_POWER, last_day, end}, 0});
	ask(b, peer, self, 2, &(struct question){{HOUSEHOLD_FAST_POWER, HOUSEHOLD_START_MS, end}, (size_t)b->options.days * 24});
	peers[peer]->close(&self);
	measure_remove_dir(dir);
}

/* Without jitter, for tomte alone: rows cost the same. */
static void bench_exact(struct bench *b)
{
	char dir[256];
	struct bulk_cost cost;
	struct household_config config = {.days = b->options.days, .scale = 1, .jitter = false, .seed = 1};
	void *self = fill(b, 0, &config, &cost, dir);
	b->report.values[0][FIGURE_EXACT_BYTES] = cost.file_bytes / (double)cost.samples;
	peers[0]->close(&self);
	measure_remove_dir(dir);
}

/* A year: two series as they are, the others twenty times as slow. The other stores get only the
 * one that is asked for as it is and little of the rest, which can but help them. */
static void bench_year(struct bench *b, int peer)
{
	char dir[256];
	struct bulk_cost cost;
	bool whole = peer == 0 || b->options.whole_year;
	struct household_config config = {
		.days = 365, .scale = whole ? 20 : 200, .jitter = true, .fast_temperature = true, .fast_power = whole, .seed = 1,
	};
	void *self = fill(b, peer, &config, &cost, dir);
	if (peer == 0)
		b->year_samples = cost.samples;
	if (whole)
		b->report.values[peer][FIGURE_YEAR_BYTES] = cost.file_bytes / (double)cost.samples;
	struct window year = {HOUSEHOLD_FAST_TEMPERATURE, HOUSEHOLD_START_MS, HOUSEHOLD_START_MS + 365 * HOUSEHOLD_DAY_MS};
	ask(b, peer, self, 3, &(struct question){year, 1095});
	peers[peer]->close(&self);
	measure_remove_dir(dir);
}

/* ---- what only tomte's store can tell ---------------------------------- */

static void bench_codec(struct bench *b)
{
	struct codec_cost cost;
	must(codec_cost_measure(&cost), "the codec");
	b->report.values[0][FIGURE_CODEC_BYTES] = cost.bytes;
	b->report.values[0][FIGURE_ENCODE] = cost.encode_ns;
	b->report.values[0][FIGURE_DECODE] = cost.decode_ns;
}

static void bench_written(struct bench *b, int64_t window_ms, enum figure figure)
{
	char dir[256];
	make_dir(b, dir);
	fprintf(stderr, "tomte: live for %" PRId64 " s, window of %" PRId64 " ms\n", b->options.live_s, window_ms);
	struct live_run run = {dir, window_ms, b->options.live_s};
	must(live_written(&run, &b->report.values[0][figure]), "the live run");
	measure_remove_dir(dir);
}

static void bench_acknowledged(struct bench *b)
{
	char dir[256];
	make_dir(b, dir);
	fprintf(stderr, "tomte: acknowledgements\n");
	must(live_acknowledged(dir, b->options.days, &b->acks), "acknowledgements");
	b->report.values[0][FIGURE_ACK_P50] = b->acks.ms.p50;
	b->report.values[0][FIGURE_ACK_P99] = b->acks.ms.p99;
	b->report.values[0][FIGURE_ACK_MAX] = b->acks.ms.max;
	measure_remove_dir(dir);
}

/* ---- the whole --------------------------------------------------------- */

static bool answers_differ(const struct answer *a, const struct answer *b)
{
	return a->points != b->points || a->samples != b->samples || fabs(a->check - b->check) > 1e-9 * (fabs(a->check) + 1);
}

/* All stores must have said the same: a fast answer that is wrong counts for nothing. */
static int compare_answers(const struct bench *b)
{
	int failed = 0;
	for (int peer = 1; peer < REPORT_PEERS; peer++)
		for (int nth = 0; nth < QUESTIONS; nth++) {
			const struct answer *mine = &b->answers[0][nth], *other = &b->answers[peer][nth];
			if (!b->asked[peer][nth] || !answers_differ(mine, other))
				continue;
			printf("\n**Question %d: tomte gives %zu points of %" PRIu64 " samples (%.3f), %s %zu of %" PRIu64 " (%.3f).**\n", nth + 1,
			       mine->points, mine->samples, mine->check, peers[peer]->name, other->points, other->samples, other->check);
			failed = 1;
		}
	return failed;
}

static int run(struct bench *b)
{
	int count = b->options.only_tomte ? 1 : REPORT_PEERS;
	for (int peer = 0; peer < count; peer++) {
		b->report.names[peer] = peers[peer]->name;
		bench_bulk(b, peer);
		if (b->options.year)
			bench_year(b, peer);
	}
	bench_exact(b);
	bench_codec(b);
	if (b->options.live_s > 0) {
		bench_written(b, 1000, FIGURE_WRITTEN_1S);
		bench_written(b, 5000, FIGURE_WRITTEN_5S);
	}
	bench_acknowledged(b);
	char about[512], year[128] = "";
	if (b->options.year)
		must(str_format(year, sizeof year, "; the year has %.1f million%s", (double)b->year_samples / 1e6,
				b->options.whole_year ? "" : " (for SQLite mostly the series that is asked for)"),
		     "the year");
	must(str_format(about, sizeof about,
			"%" PRId64 " days of a household, %.2f million samples of %d series%s. Questions: median of 20, "
			"warm. Acknowledgements: %zu in %.1f s.",
			b->options.days, (double)b->samples / 1e6, HOUSEHOLD_SERIES, year, b->acks.count, b->acks.seconds),
	     "about");
	report_print(&b->report, about);
	return compare_answers(b);
}

static int parse(int argc, char **argv, struct options *o)
{
	for (int c; (c = getopt(argc, argv, "d:w:nYoc:t:")) != -1;) {
		int err = 0;
		if (c == 'd')
			err = str_to_int(optarg, 1, 170, &o->days); /* 24 buckets a day, 4096 at most */
		else if (c == 'w')
			err = str_to_int(optarg, 0, 86400, &o->live_s);
		else if (c == 'n')
			o->year = false;
		else if (c == 'Y')
			o->whole_year = true;
		else if (c == 'o')
			o->only_tomte = true;
		else if (c == 'c')
			o->commit = optarg;
		else if (c == 't')
			o->parent = optarg;
		else
			return ERR_INVALID;
		if (err)
			return err;
	}
	return optind == argc ? 0 : ERR_INVALID;
}

int main(int argc, char **argv)
{
	static struct bench bench = {.options = {.days = 5, .live_s = 60, .year = true, .commit = "unknown", .parent = "/tmp"}};
	if (parse(argc, argv, &bench.options)) {
		fprintf(stderr, "usage: bench_store [-d DAYS] [-w SECONDS] [-n] [-Y] [-o] [-c COMMIT] [-t DIRECTORY]\n");
		return 2;
	}
	log_set_level(LOG_LEVEL_ERROR);
	report_init(&bench.report, bench.options.commit);
	return run(&bench);
}
