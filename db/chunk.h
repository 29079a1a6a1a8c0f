/* The codec of chunks: samples of one series, compressed without loss. Pure; any thread.
 *
 * Every double comes back bit for bit, with NaN payloads, signed zeroes, infinities and
 * denormals. A chunk says with its first byte which codec made it; a codec once
 * released stays readable for ever. README.md has the format and what it costs: about 1.2
 * bytes a sample, 25 ns to read it and 130 to write it; chunks of less than some hundred
 * samples cost more of both. */
#ifndef DB_CHUNK_H
#define DB_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* A sample within its series. */
struct datum {
	int64_t at;   /* ms since the epoch */
	double value;
};

enum { CHUNK_MAX = 9216 }; /* samples in one chunk: a day of one every ten seconds, and some */

/* Appends the chunk of count samples (1..CHUNK_MAX) in strictly ascending time.
 * Returns 0 or ERR_NOMEM. */
int chunk_encode(const struct datum *data, size_t count, struct buf *out);

/* Decodes a chunk that may be damaged or forged: no input reads or writes outside of what
 * is given, nor takes longer than the samples it claims. data_r holds CHUNK_MAX elements,
 * undefined after an error. Takes 70 KB of stack.
 * Returns 0; ERR_DAMAGED (checksum, truncated, times not ascending); ERR_NEWER (an unknown codec). */
int chunk_decode(struct span chunk, struct datum *data_r, size_t *count_r);

#endif
