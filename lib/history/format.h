/* The formats of exported history: text, one sample a line.
 *
 * CSV (RFC 4180, with a header):    time,series,unit,value
 * JSONL: for each series a line {"series","id","kind","device","entity","topic","path","unit"}, then its samples as
 *   {"series","time","value"}. Lossless: what JSON has no number for is "NaN", "Infinity", "-Infinity".
 * InfluxDB line protocol: measurement tomte, tags series, device, entity, topic, path, unit;
 *   field value (a float), or text. NaN, infinities, and times outside 1677..2262 are left out: it has none.
 *
 * Times are UTC, to the millisecond; numbers are the shortest that read back the same. */
#ifndef HISTORY_FORMAT_H
#define HISTORY_FORMAT_H

#include "base/buf.h"
#include "history/series.h"

enum history_format { HISTORY_CSV, HISTORY_JSONL, HISTORY_INFLUX };

/* The names of the formats, for messages. */
#define HISTORY_FORMATS "csv, jsonl or influx"

/* The format of that name. Returns 0 or ERR_INVALID. */
int history_format_find(const char *name, enum history_format *format_r);

/* The media type, and what a file's name ends with ("csv"). Static. */
const char *history_format_type(enum history_format format);
const char *history_format_extension(enum history_format format);

/* Caller's memory; one owner at a time. */
struct history_writer {
	enum history_format format;
	struct history_series series;    /* the present one */
	const struct history_source *source; /* borrowed, for words */
	struct buf before, between;      /* owned: what stands before the first of time and value, and between both */
};

/* Prepares a writer; source: only its words are asked for. Must be finished. */
void history_writer_init(struct history_writer *w, enum history_format format, const struct history_source *source);
void history_writer_finish(struct history_writer *w);

/* Appends what stands at the top of a file. Returns 0 or ERR_NOMEM. */
int history_writer_begin(struct history_writer *w, struct buf *out);

/* Goes on with this series (copied), and appends what its samples are preceded by. Returns 0 or ERR_NOMEM. */
int history_writer_series(struct history_writer *w, const struct history_series *series, struct buf *out);

/* Appends one sample of the present series. Of a text, a code without a word is the empty word. Returns 0 or ERR_NOMEM. */
int history_writer_sample(struct history_writer *w, const struct sample *sample, struct buf *out);

/* Text in a cell of a CSV file (RFC 4180 §2), so that no spreadsheet takes it for a formula: such text gets an
 * apostrophe in front, which csv_unguard takes away again. Returns 0 or ERR_NOMEM. */
int history_csv_cell(struct buf *out, const char *text);

/* The text as it was before it was guarded. */
struct span history_csv_unguard(struct span text);

#endif
