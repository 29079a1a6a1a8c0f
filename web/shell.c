/* The version in the pages' paths and the service worker's list. At start only, so that what is installed stays as it is
 * in the source. */
#include "web/shell.h"

#include <string.h>

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
