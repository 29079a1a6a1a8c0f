/* The store's history: series, their samples, and every question a chart asks. Part of
 * the facade (store.h says who may call what, and how writes are answered).
 *
 * Samples are acknowledged when they are in the journal on the disk, and are seen by readers
 * from then on. Behind that they are sealed into compressed chunks and rolled up; none of that is visible here
 * but in what it costs. Of two samples of one series and time the later written one counts. */
#ifndef DB_HISTORY_H
#define DB_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"
#include "db/store.h"
#include "model/recorder.h"
#include "model/sample.h"
#include "model/topics.h"

/* ---- series ------------------------------------------------------------ */

enum { SERIES_TOPIC_SIZE = 256, SERIES_PATH_SIZE = 96, SERIES_UNIT_SIZE = 32, SERIES_CLASS_SIZE = 48 };

struct series {
	int64_t id; /* 1..SERIES_ID_MAX, chosen by the sampler */
	/* Of a device's entity; or, with device "", of a topic and a JSON path in its payload. */
	char device[MODEL_ID_SIZE], entity[MODEL_ID_SIZE];
	char topic[SERIES_TOPIC_SIZE], path[SERIES_PATH_SIZE];
	char unit[SERIES_UNIT_SIZE];           /* "" when it has none */
	char device_class[SERIES_CLASS_SIZE];  /* "temperature" …; "" for none */
	enum series_kind kind;
	struct recorder recorder;
	int32_t raw_days, rollup_years; /* how long both are kept; 0: as the house's policy says, -1: for ever */
	int64_t resolution_ms;          /* usual pause between samples as the owner or device says; 0: not known */
};

#define SERIES_ID_MAX ((1LL << 27) - 1)

/* Calls each for every known series, in order of id, also those not yet on the disk. Any thread. */
int store_series_each(struct store *s, void (*each)(void *ctx, const struct series *series), void *ctx);

/* The series with the id. Any thread; does not block on the disk. Returns 0 or ERR_NOT_FOUND. */
int store_series_get(struct store *s, int64_t id, struct series *series_r);

/* Creates or updates a series. Writer. ERR_EXISTS when another has its device and entity, or
 * topic and path; ERR_INVALID. */
int store_series_put(struct store *s, const struct series *series, const struct store_done *done);

/* Erases a series with its samples and words from the files. Writer; as store_device_erase. */
int store_series_erase(struct store *s, int64_t id, const struct store_done *done);

/* ---- appending --------------------------------------------------------- */

enum { STORE_QUEUE_MAX = 262144, STORE_HEAD_MAX = 2097152 }; /* samples */
#define HISTORY_FIRST_MS (-45000000000000LL)
#define HISTORY_LAST_MS 45000000000000LL

/* Appends samples (copied), in any order of time. Writer. With done->patient they wait for company for the policy's window;
 * else the journal is synced at once. ERR_FULL, nothing is taken: more than
 * STORE_QUEUE_MAX samples wait, or sealing has fallen behind by STORE_HEAD_MAX. ERR_INVALID, nothing is taken: an id or a
 * time out of range (HISTORY_FIRST_MS..HISTORY_LAST_MS). ERR_NOT_FOUND as the result: those of unknown series
 * (a device erased a moment ago, a series that could not be put) were left out, the others are stored; done->left_out tells which. */
int store_append(struct store *s, const struct sample *samples, size_t count, const struct store_done *done);

/* The code of a word of a SERIES_TEXT, made if it is new (then journaled before any sample appended later).
 * text: UTF-8, at most STORE_WORD_MAX bytes. The series may still be on its way. Any thread; does not block on the disk. Returns 0, ERR_INVALID (series), ERR_FULL (more than
 * STORE_WORDS_MAX different words), ERR_TOO_LARGE, ERR_AGAIN (the journal's queue is full), ERR_NOMEM, ERR_CLOSED. */
enum { STORE_WORD_MAX = 255, STORE_WORDS_MAX = 4096 };
int store_word_code(struct store *s, int64_t series, struct span text, double *code_r);

/* The word of a code; text_r holds STORE_WORD_MAX + 1 bytes. Any thread. Returns 0 or ERR_NOT_FOUND. */
int store_word_text(struct store *s, int64_t series, double code, char *text_r);

/* ---- reading: any thread, may block on the disk ------------------------ */

/* The newest sample of a series, NaN left out. Returns 0 or ERR_NOT_FOUND. */
int store_latest(struct store *s, int64_t series, struct sample *sample_r);

/* What a window of samples comes to. NaN samples do not count; a bucket without others does not exist. */
struct bucket {
	int64_t at;       /* ms, of its start; of the sample when raw */
	uint64_t count;
	double min, max, sum;
	/* Of a counter, else 0. increase: what it rose by from the sample before the bucket's first up to its last, a fall
	 * counting as a reset to 0; within rollup.h: from its first sample on. */
	double first, last, increase;
};

struct buckets_query {
	int64_t series;
	struct wall_ms from, to; /* [from, to), cut to HISTORY_FIRST_MS..HISTORY_LAST_MS */
	size_t width;            /* 2..STORE_MAX_BUCKETS: the most buckets; any window may lie across a border */
	bool never_raw;          /* buckets even when samples would fit */
};
enum { STORE_MAX_BUCKETS = 4096 };

struct buckets_answer {
	size_t count;
	bool raw;          /* each is a sample: the window, made whole buckets, holds no more than width and all are still there */
	int64_t length_ms; /* of a bucket; 0 when raw. They start at multiples of it: the first may start before `from` and
	                    * the last end behind `to`, and both are whole */
	int64_t gap_ms;    /* a pause longer than this, from `at` to `at`, is a gap; 0: the value holds until the next */
	bool settled;      /* the window lies before anything that can still change but by late samples */
};

/* The samples of a series in a window as at most q->width buckets in order of time, from the cheapest source: buckets of
 * 5 minutes and more come from rollups. Where only rollups are left, buckets are as long as those at least.
 * buckets_r holds q->width elements. Returns 0, ERR_NOT_FOUND, ERR_INVALID (width, or from after to), ERR_NOMEM, ERR_IO… */
int store_buckets(struct store *s, const struct buckets_query *q, struct bucket *buckets_r,
		  struct buckets_answer *answer_r);

/* Calls each with the samples of [from, to) in order of time, some thousands a call, until it
 * returns other than 0, which is returned then. */
struct scan_query {
	int64_t series;
	struct wall_ms from, to;
	int (*each)(void *ctx, const struct sample *samples, size_t count);
	void *ctx;
};
int store_scan(struct store *s, const struct scan_query *q);

/* States: runs of one value, NaN left out; the last sample before `from` says what held there. The first run may
 * begin before `from` and is cut there; the last ends at `to`. Runs too short for the width are gathered into mixed
 * ones. At most q->width runs (here 1 will do), each beginning where the one before ends. Returns as store_buckets. */
struct run {
	int64_t from, to; /* ms */
	double value;     /* of a mixed run the last */
	uint64_t changes; /* samples in it that lie in the window */
	bool mixed;
};
int store_timeline(struct store *s, const struct buckets_query *q, struct run *runs_r, size_t *count_r);

/* ---- policy ------------------------------------------------------------ */

struct history_policy {
	int32_t raw_days, rollup_years; /* -1: for ever */
	int64_t max_bytes;              /* of all history; 0: no bound */
	int64_t window_ms;              /* patient samples wait at most so long for a sync: 1000; 5000 spares an SD card */
};
/* Takes effect at once; not kept over a restart: the caller's settings are. Any thread. */
void store_policy_set(struct store *s, const struct history_policy *policy);

/* ---- what it costs ----------------------------------------------------- */

struct history_usage {
	int64_t bytes;           /* of the files */
	int64_t samples;         /* in chunks and in memory */
	int64_t written_today, written_yesterday; /* bytes that went to the disk, UTC days, since the hub's start at the earliest */
	struct wall_ms since;    /* the counting of today began */
};
/* Counts what history takes and writes. Reader. Returns 0 or an error of the disk. */
int store_usage(struct store *s, struct history_usage *usage_r);

/* Samples taken today by series, the noisiest first; at most max. Returns how many. Any thread. */
struct series_noise {
	int64_t series;
	uint64_t samples;
};
size_t store_noisiest(struct store *s, struct series_noise *noise_r, size_t max);

/* Seals what the journal holds into the shelf now, and compacts what is due when all is set. Blocks. For tests, backups, tools. */
int store_seal(struct store *s, bool all);

#endif
