/* Bytes in the gzip format (RFC 1952), as browsers take them. */
#ifndef WEB_GZIP_H
#define WEB_GZIP_H

#include "base/buf.h"
#include "base/span.h"

enum {
	GZIP_SMALL = 9, /* once, at start */
	GZIP_QUICK = 4, /* for each answer: near the smallest size at a third of the time */
};

/* Appends bytes, compressed; level: of the two above. Returns 0 or ERR_NOMEM, out is unchanged then. */
int gzip_append(struct buf *out, struct span bytes, int level);

#endif
