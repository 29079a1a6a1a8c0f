/* What the hub itself writes into the pages: the version that makes every path of theirs unique, and the list that the
 * service worker goes by. Pure functions over bytes. */
#ifndef WEB_SHELL_H
#define WEB_SHELL_H

#include "base/buf.h"
#include "base/span.h"

enum { SHELL_VERSION_SIZE = 17 }; /* 16 hexadecimal digits and the end */

/* Appends html with each "/static/" made "/static/<version>/". Returns 0 or ERR_NOMEM. */
int shell_stamp(struct buf *out, struct span html, const char *version);

/* Appends the service worker's script behind the line that tells it version, files and pages: files and pages are each a
 * JSON array's elements, "a","b". Returns 0 or ERR_NOMEM. */
int shell_worker(struct buf *out, struct span script, const char *version, struct span files, struct span pages);

#endif
