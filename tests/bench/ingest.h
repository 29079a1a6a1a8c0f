/* tomte's store under measurement: every call of its facade that the bench makes is in ingest.c. */
#ifndef TESTS_BENCH_INGEST_H
#define TESTS_BENCH_INGEST_H

#include <stddef.h>
#include <stdint.h>

#include "db/store.h"
#include "peer.h"

/* append is patient and waits while the store's queue is full. */
extern const struct peer_ops ingest_peer;

/* Appends once; done (borrowed for the call) is told when the samples are durable. patient: they may
 * wait for company. Returns what store_append does. */
int ingest_append(void *self, const struct sample *samples, size_t count, bool patient, const struct store_done *done);

/* Returns when everything appended by ingest_peer is durable, though perhaps not yet in its final form. */
int ingest_drain(void *self);

/* How long patient samples wait for company, ms. */
void ingest_set_window(void *self, int64_t window_ms);

/* Bytes that went to the disk since the opening: all, and those of the journal alone. */
double ingest_written_bytes(void *self);
double ingest_journal_bytes(void *self);

/* The codec alone, over one day of the household in chunks as compaction makes them. */
struct codec_cost {
	double bytes, encode_ns, decode_ns; /* a sample */
};
/* Returns 0, ERR_NOMEM, or ERR_DAMAGED when a sample did not come back bit for bit. */
int codec_cost_measure(struct codec_cost *cost_r);

#endif
