/* CSV as it comes (RFC 4180 and what spreadsheets make of it), a record at a time from pieces of any size.
 *
 * The separator is what the first record holds most of: comma, semicolon or tab. Line ends may be LF or CRLF; a byte
 * order mark and empty lines are passed over. A field that begins with a quote ends with one, and may hold separators, line
 * breaks and doubled quotes. */
#ifndef HISTORY_CSV_H
#define HISTORY_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { CSV_FIELDS_MAX = 64, CSV_RECORD_MAX = 16384 };

struct csv_row {
	uint64_t line;       /* where the record begins, from 1 */
	size_t count;        /* fields; 0 when there is a problem */
	struct span fields[CSV_FIELDS_MAX]; /* unquoted; valid during the call */
	const char *problem; /* NULL, or why the record cannot be read: static text */
};

/* Zeroed is a fresh reader. */
struct csv {
	struct buf record;   /* owned: the present one as it comes */
	uint64_t line, begun; /* the present line, and where the record began; 0 before anything */
	char separator;      /* 0 until the first record is whole */
	int state;
	bool too_long;
};

/* Takes a piece; row is called for each record that is complete, until it returns other than 0.
 * Returns 0, ERR_NOMEM, or what row returned. */
int csv_feed(struct csv *csv, struct span piece, int (*row)(void *ctx, const struct csv_row *row), void *ctx);

/* The end: a last record without a line end. Returns as csv_feed. */
int csv_end(struct csv *csv, int (*row)(void *ctx, const struct csv_row *row), void *ctx);

/* Frees what it holds. */
void csv_finish(struct csv *csv);

#endif
