/* Compressing what is made at run time and sent often. Files of the pages come compressed already. */
#ifndef WEB_GZIP_H
#define WEB_GZIP_H

#include "base/buf.h"
#include "base/span.h"

/* Appends the text in gzip form (RFC 1952), as small as zlib makes it. Returns 0 or ERR_NOMEM. */
int gzip(struct span text, struct buf *out);

#endif
