/* From texts to samples: what every import does with the values it finds. Decides what kind a new series
 * has, keeps score, and hands samples on in batches. One thread at a time. */
#ifndef HISTORY_IMPORTER_H
#define HISTORY_IMPORTER_H

#include "history/series.h"

enum { IMPORT_BATCH = 10000, IMPORT_ERRORS_MAX = 20, IMPORT_ERROR_SIZE = 160 };

struct import_progress {
	uint64_t done, total; /* bytes of a file, or rows of a database; total 0: not known */
	uint64_t samples;     /* handed to the store */
	uint64_t series;      /* that samples went to */
	uint64_t empty;       /* values that say nothing: "", unknown, unavailable */
	uint64_t skipped;     /* rows that could not be used; errors has the first ones */
	size_t error_count;
	char errors[IMPORT_ERRORS_MAX][IMPORT_ERROR_SIZE]; /* sentences for people, ASCII */
};

struct importer;

/* A series that an import writes to; the importer's. */
struct import_series;

/* Makes an importer; sink is copied. Returns 0 or ERR_NOMEM. */
int importer_create(const struct history_sink *sink, struct importer **imp_r);
/* Drops what was not flushed. */
void importer_destroy(struct importer **imp);

/* The series of that label, or NULL. */
struct import_series *importer_find(struct importer *imp, struct span label);

/* Adds the series of that label, which importer_find does not know: the store's own, or else `wanted` with the
 * first sample. kind_known: wanted->kind is its kind; else the first value decides. Returns 0, ERR_NOMEM or an error of the sink. */
int importer_add(struct importer *imp, const char *label, const struct history_series *wanted, bool kind_known,
		 struct import_series **series_r);

/* Takes one value: a number, on/off or true/false, "NaN", "Infinity", or a text. Returns 0 (also when it says nothing),
 * ERR_MALFORMED with reason_r filled when this value cannot be used (the caller reports it: importer_skip), or an error that ends the import. */
int importer_take(struct importer *imp, struct import_series *series, int64_t at_ms, struct span text,
		  char reason_r[IMPORT_ERROR_SIZE]);

/* The same for a number. */
int importer_take_number(struct importer *imp, struct import_series *series, int64_t at_ms, double value,
			 char reason_r[IMPORT_ERROR_SIZE]);

/* Whether the text stands for no value at all ("", unknown, unavailable …), and the count of such. */
bool importer_is_empty(struct span text);
void importer_count_empty(struct importer *imp);

/* Counts a row, or several, that could not be used, and keeps the first reasons. */
void importer_skip(struct importer *imp, uint64_t rows, const char *reason);

/* How far it is; hands on what waits when `flush` or when there is a batch, and tells the sink from time to time. Call it
 * after each row. Returns 0, ERR_CLOSED (the sink wants no more) or an error of the sink. */
int importer_advance(struct importer *imp, uint64_t done, uint64_t total, bool flush);

/* The score so far. Borrowed. */
const struct import_progress *importer_progress(const struct importer *imp);

/* Writes text as printable ASCII, cut to fit, for a reason. */
void importer_quote(char *dst, size_t size, struct span text);

#endif
