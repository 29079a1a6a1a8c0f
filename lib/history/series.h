/* What export and import know of a series, and the two ends that they work between: where
 * samples are read and where they go. The store is behind these ends, never in this room. */
#ifndef HISTORY_SERIES_H
#define HISTORY_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "model/sample.h"
#include "model/topics.h"

enum {
	HISTORY_TOPIC_SIZE = 256,
	HISTORY_PATH_SIZE = 96,
	HISTORY_UNIT_SIZE = 32,
	HISTORY_CLASS_SIZE = 48,
	HISTORY_LABEL_SIZE = 384,
	HISTORY_WORD_SIZE = 256, /* of a text series' value, with terminator */
};

struct history_series {
	int64_t id; /* 0 for one that is yet to be made */
	/* Of a device's entity; or, with device "", of a topic and a JSON path in its payload. */
	char device[MODEL_ID_SIZE], entity[MODEL_ID_SIZE];
	char topic[HISTORY_TOPIC_SIZE], path[HISTORY_PATH_SIZE];
	char unit[HISTORY_UNIT_SIZE], device_class[HISTORY_CLASS_SIZE]; /* "" for none */
	enum series_kind kind;
};

/* What a series is called in files: "<device>/<entity>", "<topic>" or "<topic>#<path>". */
void history_label(const struct history_series *series, char label_r[HISTORY_LABEL_SIZE]);

/* Where an export reads. Slots may block on the disk. */
struct history_source {
	/* Calls each for every series, in order of id. */
	int (*series_each)(void *ctx, void (*each)(void *each_ctx, const struct history_series *series), void *each_ctx);
	/* Returns 0 or ERR_NOT_FOUND. */
	int (*series_get)(void *ctx, int64_t id, struct history_series *series_r);
	/* Calls each with the samples of [from_ms, to_ms) in order of time, some thousands a call, until it
	 * returns other than 0, which is returned then. */
	int (*scan)(void *ctx, int64_t series, int64_t from_ms, int64_t to_ms,
		    int (*each)(void *each_ctx, const struct sample *samples, size_t count), void *each_ctx);
	/* The word of a text series' code. Returns 0 or ERR_NOT_FOUND. */
	int (*word)(void *ctx, int64_t series, double code, char text_r[HISTORY_WORD_SIZE]);
	void *ctx;
};

struct import_progress;

/* Where an import puts what it reads. Slots may block. */
struct history_sink {
	/* The series with this label, if there is one. Returns 0 or ERR_NOT_FOUND. */
	int (*find)(void *ctx, const char *label, struct history_series *series_r);
	/* Makes a series (id 0). Returns its id > 0, or an error, which ends the import. */
	int64_t (*make)(void *ctx, const struct history_series *wanted);
	/* The code of a word of a text series, made if it is new. Returns 0, ERR_FULL (too many words) or
	 * ERR_TOO_LARGE: that row is skipped; other errors end the import. */
	int (*word)(void *ctx, int64_t series, struct span text, double *code_r);
	/* Appends samples, and waits while the store has no room. An error ends the import. */
	int (*append)(void *ctx, const struct sample *samples, size_t count);
	/* Told every few thousand rows and at the end. Other than 0 ends the import with ERR_CLOSED. */
	int (*progress)(void *ctx, const struct import_progress *progress);
	void *ctx;
};

#endif
