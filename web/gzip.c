/* gzip by zlib, in one piece. Any thread. */
#include "web/gzip.h"

#include <zlib.h>

#include "base/err.h"

enum { WINDOW_GZIP = 15 + 16, MEMORY_MOST = 9 };

int gzip(struct span text, struct buf *out)
{
	z_stream z = {0};
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY_MOST, Z_DEFAULT_STRATEGY) != Z_OK)
		return ERR_NOMEM;
	size_t bound = deflateBound(&z, text.len);
	int err = buf_reserve(out, bound);
	if (!err) {
		z.next_in = (Bytef *)(uintptr_t)text.data;
		z.avail_in = (uInt)text.len;
		z.next_out = out->data + out->len;
		z.avail_out = (uInt)bound;
		err = deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : ERR_NOMEM;
	}
	if (!err)
		out->len += z.total_out;
	deflateEnd(&z);
	return err;
}
