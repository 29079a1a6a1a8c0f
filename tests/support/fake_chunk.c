/* A codec of chunks that copies, for tests of what lies above the codec: the same promises as
 * db/chunk.c, no compression. */
#include <string.h>

#include "base/err.h"
#include "db/chunk.h"

int chunk_encode(const struct datum *data, size_t count, struct buf *out)
{
	return buf_append(out, data, count * sizeof *data);
}

int chunk_decode(struct span chunk, struct datum *data_r, size_t *count_r)
{
	size_t count = chunk.len / sizeof *data_r;
	if (!count || count > CHUNK_MAX || chunk.len % sizeof *data_r)
		return ERR_DAMAGED;
	memcpy(data_r, chunk.data, chunk.len);
	for (size_t i = 1; i < count; i++)
		if (data_r[i].at <= data_r[i - 1].at)
			return ERR_DAMAGED;
	*count_r = count;
	return 0;
}
