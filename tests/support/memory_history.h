/* A history in memory, as a source to export from and a sink to import into. */
#ifndef SUPPORT_MEMORY_HISTORY_H
#define SUPPORT_MEMORY_HISTORY_H

#include "history/importer.h"

enum { MEMORY_SERIES_MAX = 64, MEMORY_WORDS_MAX = 64, MEMORY_SAMPLES_MAX = 200000 };

struct memory_history {
	struct history_series series[MEMORY_SERIES_MAX];
	size_t series_count;
	char words[MEMORY_WORDS_MAX][HISTORY_WORD_SIZE]; /* of all series; the code is the index */
	size_t word_count, words_allowed;
	struct sample *samples; /* sorted by series and time when scanned */
	size_t count;
	bool sorted;
	_Atomic unsigned scans;
	unsigned appends;
	size_t scan_piece;             /* samples a call; 0: 1000 */
	unsigned scan_fails_after;     /* scans from this one on are ERR_IO; 0: none */
	int append_err;
	bool cancel;
	struct import_progress progress; /* as last told */
};

void memory_history_init(struct memory_history *m);
void memory_history_finish(struct memory_history *m);
struct history_source memory_source(struct memory_history *m);
struct history_sink memory_sink(struct memory_history *m);

/* Adds a series and gives its id. */
int64_t memory_add_series(struct memory_history *m, const struct history_series *series);
void memory_add_sample(struct memory_history *m, int64_t series, int64_t at_ms, double value);
/* The samples of a series, sorted by time. */
const struct sample *memory_samples(struct memory_history *m, int64_t series, size_t *count_r);
/* The id of the series with the label; 0 for none. */
int64_t memory_find(struct memory_history *m, const char *label);

#endif
