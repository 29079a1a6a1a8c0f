/* The version in the pages' paths and the service worker's list. At start only, so that what is installed stays as it is
 * in the source. */
#include "web/shell.h"

#include <string.h>
#include <zlib.h>

#include "base/err.h"

int shell_stamp(struct buf *out, struct span html, const char *version)
{
	static const char place[] = "/static/";
	const size_t len = strlen(place);
	size_t begin = 0;
	int err = 0;
	for (size_t i = 0; i + len <= html.len && !err; i++) {
		if (memcmp(html.data + i, place, len) != 0)
			continue;
		err = buf_append(out, html.data + begin, i + len - begin);
		if (!err)
			err = buf_printf(out, "%s/", version);
		begin = i + len;
	}
	return err ? err : buf_append(out, html.data + begin, html.len - begin);
}

int shell_worker(struct buf *out, struct span script, const char *version, struct span files, struct span pages)
{
	int err = buf_printf(out, "self.TOMTE = {\"version\":\"%s\",\"files\":[%.*s],\"pages\":[%.*s]};\n", version,
			     (int)files.len, (const char *)files.data, (int)pages.len, (const char *)pages.data);
	return err ? err : buf_append(out, script.data, script.len);
}

int shell_gzip(struct buf *out, struct span bytes)
{
	enum { GZIP_FORMAT = 16 };
	z_stream z = {0};
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP_FORMAT, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
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
