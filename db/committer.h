/* The committer: the thread that makes history and the broker's records durable. It
 * takes what was submitted while the last sync ran, writes it as frames into the journal, syncs once, shows it
 * to the readers (head) and tells the senders, in order. It never waits for SQLite. */
#ifndef DB_COMMITTER_H
#define DB_COMMITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/head.h"
#include "db/journal.h"
#include "db/store.h"

struct committer;

/* Bytes of the broker's records that may wait for broker.db; it is that far behind only when it cannot be written. */
enum { COMMITTER_RECORDS_MAX = 32 << 20 };

struct committer_stats {
	struct journal_stats journal;
	uint64_t groups, samples, errors;
	size_t waiting_samples, record_bytes;
	bool disk_full;
	uint64_t disk_refusals;
};
struct committer_config {
	struct head *head;       /* borrowed */
	struct journal *journal; /* taken on success: closed by committer_stop */
	/* Committer's thread, after a group: something may have to be sealed. Does not block. */
	void (*grown)(void *ctx, const struct committer_stats *stats);
	/* A disk that was full has room again, or the other way about. As above. */
	void (*disk)(void *ctx, int err);
	void *ctx;
};

/* Starts the thread. Returns 0, ERR_NOMEM, ERR_AGAIN. */
int committer_start(const struct committer_config *config, struct committer **committer_r);

/* Makes durable what waits and ends the thread. NULL inside is fine. */
void committer_stop(struct committer **committer);

/* All of these: any thread but, with done NULL, the committer's; arguments are copied; as db/store.h says of done. */
int committer_append(struct committer *c, const struct sample *samples, size_t count, const struct store_done *done);
int committer_put_series(struct committer *c, const struct series *series, const struct store_done *done);
/* The series is gone from the head when done is told, and what was submitted for it later is left out. */
int committer_forget_series(struct committer *c, int64_t series, const struct store_done *done);
/* A word must be durable before samples that use it: one that fails goes before the next group. */
int committer_put_word(struct committer *c, int64_t series, int64_t code, struct span text);
/* Records of the broker's, as db/record.h makes them. ERR_FULL also when COMMITTER_RECORDS_MAX wait to be sealed. */
int committer_append_record(struct committer *c, struct span record, const struct store_done *done);

/* Patient work waits for company at most so long. */
void committer_set_window(struct committer *c, int64_t window_ms);

/* Frames of the journal up to mark are durable elsewhere. Any thread, does not block. */
void committer_sealed(struct committer *c, uint64_t mark);

/* Overwrites what is released of the journal: committer_sealed has been called. Blocks. */
int committer_wipe(struct committer *c);

/* Appends the broker's records that were committed since the last call to frames, as record_frames.h has them, and says the
 * number of the last frame there was. Returns 0, or ERR_NOMEM and nothing is taken. Sealer's thread. */
int committer_take_records(struct committer *c, struct buf *frames, uint64_t *last_r);
/* Of all that were taken, the caller still has so many bytes that are not durable in broker.db. Sealer's thread. */
void committer_records_left(struct committer *c, size_t bytes);

/* Any thread. */
void committer_stats_get(struct committer *c, struct committer_stats *stats_r);

#endif
