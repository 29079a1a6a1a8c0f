/* Compression of what goes to browsers, by zlib. Any thread. */
#include "web/gzip.h"

#include <zlib.h>

#include "base/err.h"

int gzip_append(struct buf *out, struct span bytes, int level)
{
	enum { GZIP_FORMAT = 16 };
	z_stream z = {0};
	if (deflateInit2(&z, level, Z_DEFLATED, MAX_WBITS + GZIP_FORMAT, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return ERR_NOMEM;
	const uLong bound = deflateBound(&z, (uLong)bytes.len);
	int err = buf_reserve(out, bound);
	if (!err) {
		z.next_in = (Bytef *)bytes.data;
		z.avail_in = (uInt)bytes.len;
		z.next_out = out->data + out->len;
		z.avail_out = (uInt)bound;
		if (deflate(&z, Z_FINISH) == Z_STREAM_END)
			out->len += z.total_out;
		else
			err = ERR_NOMEM; /* the bound says that it fits */
	}
	deflateEnd(&z);
	return err;
}
