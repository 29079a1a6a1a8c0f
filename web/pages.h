/* The pages and their assets: read into memory at start, immutable after. */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct pages;

enum {
	PAGES_FILES_MAX = 512,
	PAGES_BYTES_MAX = 16 * 1024 * 1024,
	PAGES_ETAG_SIZE = 40,
};

/* One file in one encoding. */
struct page_body {
	struct span bytes;          /* len 0: does not exist in this encoding */
	char etag[PAGES_ETAG_SIZE]; /* quoted hash of the bytes */
};

struct page {
	const char *content_type;
	bool immutable; /* may be cached for ever: its name changes with its content */
	struct page_body plain, gzip, brotli;
};

/* Reads dir: index.html and everything below (x.gz and x.br beside x are its compressed
 * forms; names that begin with a dot are skipped). Returns 0, ERR_NOT_FOUND (no index.html), ERR_TOO_LARGE,
 * ERR_NOMEM or the error of reading, with a sentence in message_r. */
int pages_create(const char *dir, struct pages **pages_r, char message_r[256]);
void pages_destroy(struct pages **pages);

/* Names what was read: another content, another version. Any thread. */
const char *pages_version(const struct pages *pages);

/* What a GET of path shows: a file for /static/…, and the same for ever under /static/<version>/…; index.html for the
 * paths of the pages, naming its files by the latter; the service worker for /sw.js. Another version's path is none, so
 * that no page mixes modules of two. NULL: there is none. Any thread. */
const struct page *pages_find(const struct pages *pages, const char *path);

#endif
