/* The head: what the store holds in memory. The registry of series, the words of text series, and
 * every sample that is journaled and not yet on the shelf.
 *
 * Samples of a series are in two lists: live ones, and frozen ones that the sealer is moving to the shelf under the journal's
 * number `mark`. A reader copies both first and opens the shelf's snapshot then; if the shelf's mark has reached that of the
 * copy, the frozen ones are on the shelf and the copies of them are dropped. So nothing is missed and nothing counted twice.
 *
 * One lock, "store-head", held for copies and appends, never during input or output. Any thread. */
#ifndef DB_HEAD_H
#define DB_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/chunk.h"
#include "db/history.h"

struct head;
struct shelf_range;
struct shelf_word;

/* An empty one. ERR_NOMEM. */
int head_create(struct head **head_r);
void head_destroy(struct head **head);

/* ---- registry ---------------------------------------------------------- */

/* Whether the series could be put: 0, ERR_EXISTS (its name is another's), ERR_INVALID. */
int head_check_series(struct head *h, const struct series *series);
/* Inserts or updates; from_shelf: it is there already. Returns 0, ERR_NOMEM or as head_check_series. */
int head_put_series(struct head *h, const struct series *series, bool from_shelf);
int head_get_series(struct head *h, int64_t id, struct series *series_r); /* ERR_NOT_FOUND */
/* Forgets the series with its words and samples. */
void head_remove_series(struct head *h, int64_t id);
/* The id of the series that comes next behind `after`; ERR_NOT_FOUND at the end. */
int head_next_series(struct head *h, int64_t after, struct series *series_r);

/* ---- words ------------------------------------------------------------- */

/* The code of a word; *new_r: it was made by this call. Errors as store_word_code. */
int head_word_code(struct head *h, int64_t series, struct span text, int64_t *code_r, bool *new_r);
/* As read from the journal or the shelf. */
int head_put_word(struct head *h, const struct shelf_word *word, bool from_shelf);
int head_word_text(struct head *h, int64_t series, int64_t code, char *text_r);
/* Whether a sample's value can be a code; those of text series may be anything. Pure. */
bool head_is_code(double value, int64_t *code_r);
/* The next word behind the code of a series that is not put yet; text_r as store_word_text. ERR_NOT_FOUND at the end,
 * and of series that are put. */
int head_early_word(struct head *h, int64_t series, int64_t after, int64_t *code_r, char *text_r);
void head_remove_words(struct head *h, int64_t series, const int64_t *codes, size_t count);

/* ---- samples ----------------------------------------------------------- */

/* Appends to the live lists; *unknown_r counts those of unknown series, which are left out and, where unknown is
 * not NULL, set there. Returns 0 or ERR_NOMEM (some may be in: appending again is harmless). */
int head_append(struct head *h, const struct sample *samples, size_t count, bool *unknown, size_t *unknown_r);

/* How many samples are live and frozen. */
void head_counts(struct head *h, size_t *live_r, size_t *frozen_r);

/* The journal's frames up to seq are applied. */
void head_applied(struct head *h, uint64_t seq);

/* From begin to end a frame is being applied, and head_freeze waits: half a frame would be frozen under the mark of the one
 * before, and who reads by marks would take it for sealed. Between them the thread neither blocks nor freezes. */
void head_frame_begin(struct head *h);
void head_frame_end(struct head *h);

/* ---- sealing, the sealer's thread -------------------------------------- */

/* Freezes all live samples, the series that were changed and the words that are new; nothing may be frozen already.
 * Returns the mark: frames of the journal up to it, and no others, are in what is frozen or in what was before. */
uint64_t head_freeze(struct head *h);
/* The next changed series behind `after`; ERR_NOT_FOUND at the end. */
int head_frozen_series(struct head *h, int64_t after, struct series *series_r);
/* The next new word of the series behind the code; text_r as store_word_text. ERR_NOT_FOUND at the end. */
int head_frozen_word(struct head *h, int64_t series, int64_t after, int64_t *code_r, char *text_r);
/* The frozen samples of the next series behind `after`: sorted by time, the later written of two
 * equal times kept. Sealer's thread; valid until head_melt. ERR_NOT_FOUND at the end. */
int head_frozen(struct head *h, int64_t after, int64_t *series_r, const struct datum **data_r, size_t *count_r);
/* Drops the frozen samples: they are on the shelf. */
void head_melt(struct head *h);

/* A reader's copy of one series' samples with from <= at <= to, each part sorted by time without equals. */
struct head_copy {
	struct datum *frozen, *live; /* owned: head_copy_finish */
	size_t frozen_count, live_count;
	uint64_t mark;               /* of the frozen ones */
};
/* Of the range, both ends included. Returns 0, ERR_NOT_FOUND or ERR_NOMEM. */
int head_copy(struct head *h, const struct shelf_range *range, struct head_copy *copy_r);
void head_copy_finish(struct head_copy *copy);

/* The newest sample appended to the series since the start, by time, NaN left out; ERR_NOT_FOUND. */
int head_latest(struct head *h, int64_t series, struct datum *datum_r);

/* The noisiest series of today, see store_noisiest. today: day_of. */
size_t head_noisiest(struct head *h, int64_t today, struct series_noise *noise_r, size_t max);

/* Chunks that a reader found damaged, until the sealer takes them out of the way; a few at a time, the rest is
 * found again. */
void head_note_damaged(struct head *h, int64_t chunk_id);
bool head_take_damaged(struct head *h, int64_t *chunk_id_r);

#endif
