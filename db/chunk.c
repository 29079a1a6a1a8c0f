/* The frame of a chunk: codec, checksum, count, then times and values. Any thread; knows
 * nothing of series, days or rows. */
#include "db/chunk.h"

#include <assert.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/err.h"
#include "db/chunk_private.h"

enum { CODEC = 1, HEAD_BYTES = 5, COUNT_BITS = 16 };

static uint32_t checksum(const uint8_t *data, size_t len)
{
	return (uint32_t)crc32_z(0, data, len);
}

int chunk_encode(const struct datum *data, size_t count, struct buf *out)
{
	assert(count >= 1 && count <= CHUNK_MAX);
	size_t start = out->len;
	struct chunk_scratch *scratch = malloc(sizeof *scratch);
	static const uint8_t head[HEAD_BYTES] = {CODEC};
	int err = scratch ? buf_append(out, head, sizeof head) : ERR_NOMEM;
	struct bit_writer w = {.out = out};
	if (!err) {
		bits_put(&w, count, COUNT_BITS);
		err = chunk_times_encode(data, count, scratch, &w);
	}
	if (!err)
		err = chunk_values_encode(data, count, scratch, &w);
	if (!err)
		err = bits_flush(&w);
	free(scratch);
	if (err) {
		out->len = start;
		return err;
	}
	uint32_t sum = htole32(checksum(out->data + start + HEAD_BYTES, out->len - start - HEAD_BYTES));
	memcpy(out->data + start + 1, &sum, sizeof sum);
	return 0;
}

int chunk_decode(struct span chunk, struct datum *data_r, size_t *count_r)
{
	*count_r = 0;
	if (chunk.len < HEAD_BYTES)
		return ERR_DAMAGED;
	if (chunk.data[0] != CODEC)
		return chunk.data[0] > CODEC ? ERR_NEWER : ERR_DAMAGED;
	struct span body = span_of(chunk.data + HEAD_BYTES, chunk.len - HEAD_BYTES);
	uint32_t sum;
	memcpy(&sum, chunk.data + 1, sizeof sum);
	if (le32toh(sum) != checksum(body.data, body.len))
		return ERR_DAMAGED;
	struct bit_reader r = bits_of(body);
	size_t count = bits_get(&r, COUNT_BITS);
	if (count < 1 || count > CHUNK_MAX)
		return ERR_DAMAGED;
	struct residual_decoder decoder;
	if (chunk_times_decode(&r, &decoder, data_r, count) != 0 || chunk_values_decode(&r, &decoder, data_r, count) != 0 ||
	    !bits_at_end(&r))
		return ERR_DAMAGED;
	*count_r = count;
	return 0;
}
