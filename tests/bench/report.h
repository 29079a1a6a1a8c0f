/* The table that the bench of the store ends in: figures by store, beside the goals. */
#ifndef TESTS_BENCH_REPORT_H
#define TESTS_BENCH_REPORT_H

enum { REPORT_PEERS = 3 }; /* the first is tomte, which the goals are for */

enum figure {
	FIGURE_FILE_BYTES,
	FIGURE_BLOCK_BYTES,
	FIGURE_EXACT_BYTES,
	FIGURE_CPU,
	FIGURE_RATE,
	FIGURE_BULK_WRITTEN,
	FIGURE_WRITTEN_1S,
	FIGURE_WRITTEN_5S,
	FIGURE_CODEC_BYTES,
	FIGURE_ENCODE,
	FIGURE_DECODE,
	FIGURE_RAW_10S,
	FIGURE_RAW_1S,
	FIGURE_HOURS,
	FIGURE_YEAR,
	FIGURE_YEAR_BYTES,
	FIGURE_ACK_P50,
	FIGURE_ACK_P99,
	FIGURE_ACK_MAX,
	FIGURES,
};

struct report {
	const char *commit;
	const char *names[REPORT_PEERS];
	double values[REPORT_PEERS][FIGURES]; /* NAN: not measured */
};

/* All values to NAN. */
void report_init(struct report *r, const char *commit);

/* Prints the report in Markdown to stdout, with the date, the machine and a paragraph that says what was measured. */
void report_print(const struct report *r, const char *about);

#endif
