/* An answer as the handlers make it. */
#ifndef WEB_RESPONSE_H
#define WEB_RESPONSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { RESPONSE_HEADERS_MAX = 6, RESPONSE_VALUE_SIZE = 640 };

struct response_header {
	const char *name; /* static */
	char value[RESPONSE_VALUE_SIZE];
};

enum { RESPONSE_BLOCK_BYTES = 65536 };

/* An answer that is made while it is sent. */
struct response_producer {
	/* Appends about RESPONSE_BLOCK_BYTES more to out, which is empty; nothing: that was the end. Pool thread, not always the
	 * same; may block, but only as long as one block takes: between blocks the client sets the pace and no
	 * thread waits for it. An error breaks the connection off, so that the client sees that something is missing. */
	int (*produce)(void *ctx, struct buf *out);
	void (*destroy)(void *ctx); /* any thread, once */
	void *ctx;                  /* owned */
};

struct response {
	int status;
	const char *content_type; /* static; NULL without a body */
	const char *caching;      /* of Cache-Control, static; NULL: "no-store" */
	struct buf body;          /* owned */
	struct response_header headers[RESPONSE_HEADERS_MAX];
	unsigned header_count;
	struct response_producer producer; /* owned; produce is NULL for an answer whose body is whole */
	bool stream;       /* no body: server-sent events behind `cursor` follow */
	bool stream_reset; /* first tell the browser to fetch anew */
	uint64_t cursor;
};

/* Frees what it holds; NULL and zeroed are fine. */
void response_finish(struct response *rs);

/* Drops what was put in so far. */
void response_clear(struct response *rs);

/* Adds a header; name is static. More than RESPONSE_HEADERS_MAX, or too long a
 * value, is our own bug. */
void response_header(struct response *rs, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Answers with a JSON value, which is taken; NULL (no memory) makes a 500. */
void response_json(struct response *rs, int status, json_t *json);

/* Answers with the JSON text that is in rs->body already. err: the first error
 * of building it; not 0 makes a 500. */
void response_json_text(struct response *rs, int status, int err);

/* Answers without a body. */
void response_empty(struct response *rs, int status);

#endif
