/* A chunk, whose checksum is made right so that what is behind it gets tried. What decodes must
 * come back when it is encoded and decoded again. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "db/chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_BYTES = 5, MAX_BYTES = 4096 };

static struct datum first[CHUNK_MAX], second[CHUNK_MAX];

static void check(bool truth)
{
	if (!truth)
		abort();
}

static bool decodes(const uint8_t *data, size_t size, struct datum *data_r, size_t *count_r)
{
	/* a copy of exactly the size, so that reads behind it are seen */
	uint8_t *copy = malloc(size ? size : 1);
	check(copy);
	memcpy(copy, data, size);
	if (size >= HEAD_BYTES) {
		uint32_t sum = (uint32_t)crc32_z(0, copy + HEAD_BYTES, size - HEAD_BYTES);
		for (unsigned i = 0; i < 4; i++)
			copy[1 + i] = (uint8_t)(sum >> 8 * i);
	}
	int err = chunk_decode(span_of(copy, size), data_r, count_r);
	free(copy);
	return err == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count, again;
	if (size > MAX_BYTES)
		return 0;
	chunk_decode(span_of(data, size), first, &count);
	if (!decodes(data, size, first, &count))
		return 0;
	check(count >= 1 && count <= CHUNK_MAX);
	for (size_t i = 1; i < count; i++)
		check(first[i - 1].at < first[i].at);
	struct buf out = {0};
	check(chunk_encode(first, count, &out) == 0);
	check(chunk_decode(buf_span(&out), second, &again) == 0);
	check(again == count && memcmp(first, second, count * sizeof first[0]) == 0);
	buf_finish(&out);
	return 0;
}
