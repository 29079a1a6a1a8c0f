/* Records: what the journal's frames hold. A frame's payload is a row of them, each a type
 * byte, the length of its body as a varint, and the body. Pure; any thread.
 *
 * A released type never changes its body; a new shape is a new type. So an older program can pass over
 * what it does not know (it is told). Integers are LEB128 varints, signed ones zigzag, texts and blobs have their
 * length before them. Checking that bytes are those that were written is the frame's business (its CRC); here
 * no input, however forged, makes a read outside of it. */
#ifndef DB_RECORD_H
#define DB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "db/history.h"
#include "model/persist.h"
#include "model/sample.h"

/* On the disk the type byte is one of the first four, or a number of enum persist_type. */
enum record_type {
	RECORD_UNKNOWN = 0,
	RECORD_SAMPLES = 1,
	RECORD_SERIES = 2,
	RECORD_SERIES_FORGET = 3,
	RECORD_WORD = 4,
	RECORD_PERSIST = 5, /* any of enum persist_type */
};

/* ---- writing: each appends one record; returns 0, or ERR_NOMEM and out is as before --- */

/* Samples, in the order given, bit for bit. A value of few decimals takes two to four bytes, another one
 * eight; a house's sample takes five to six in all. Also ERR_INVALID: an id below 0 or of 2^60 and more. */
int record_append_samples(struct buf *out, const struct sample *samples, size_t count);

/* The series with all its fields. */
int record_append_series(struct buf *out, const struct series *series);

/* The series is to be forgotten with its samples and words. */
int record_append_series_forget(struct buf *out, int64_t id);

/* A code of a series' dictionary got its text. */
int record_append_word(struct buf *out, int64_t series, int64_t code, struct span text);

/* A change of the broker's. Also ERR_INVALID: a type or field out of range, which no reader would take. */
int record_append_persist(struct buf *out, const struct persist_change *change);

/* ---- reading ----------------------------------------------------------- */

/* Samples that are still to be decoded: record_take_samples. */
struct record_samples {
	struct span left;
	uint64_t count;      /* of samples in left */
	int64_t series, at;  /* of the one before */
};

struct record_word {
	int64_t series, code;
	struct span text;
};

/* A decoded record. Spans in it are borrowed from the payload. */
struct record {
	enum record_type type;
	uint8_t raw_type;   /* as on the disk, for messages about unknown ones */
	struct span body;   /* encoded */
	union {
		struct record_samples samples;
		struct series series;
		int64_t forget; /* id of a series */
		struct record_word word;
		struct persist_change persist;
	};
};

struct record_reader {
	struct span left;
};

/* Starts before the first record of a payload, which is borrowed. */
void record_reader_init(struct record_reader *r, struct span payload);

/* Decodes the next record. Returns 0 (RECORD_UNKNOWN: a newer program's, passed over), ERR_NOT_FOUND at
 * the end, ERR_DAMAGED (not a record, or a body that is none of its type; the reader stays there). */
int record_next(struct record_reader *r, struct record *record_r);

/* What a change of the broker's is about: of two that have the same sort and subject the later one says it all. sort_r: the type
 * that ends such a thing; subject_r: borrowed from the record. False where there is none: what is told of a session itself
 * matters to all that is told of it between. */
bool record_persist_subject(const struct record *record, enum persist_type *sort_r, struct span *subject_r);

/* Decodes the next samples, at most max, into samples_r. *count_r is 0 at the end.
 * Returns 0, or ERR_DAMAGED (those before the damage are in samples_r, and count_r says how many). */
int record_take_samples(struct record_samples *s, struct sample *samples_r, size_t max, size_t *count_r);

#endif
