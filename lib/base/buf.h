/* A growable byte buffer. The caller owns the struct and everything in it;
 * zeroed memory is a valid empty buffer. One owner at a time, no locking. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct buf {
	uint8_t *data; /* owned; NULL while empty */
	size_t len;    /* bytes in use */
	size_t cap;    /* bytes allocated */
};

/* Frees the memory and leaves an empty buffer. NULL and zeroed are fine. */
void buf_finish(struct buf *b);

/* Room for at least extra more bytes behind len. Returns 0 or ERR_NOMEM. */
int buf_reserve(struct buf *b, size_t extra);

/* Appends len bytes. Returns 0 or ERR_NOMEM (the buffer is unchanged then). */
int buf_append(struct buf *b, const void *data, size_t len);

/* Appends a C string without its terminator. Returns 0 or ERR_NOMEM. */
int buf_append_str(struct buf *b, const char *s);

/* Appends formatted text without its terminator. Returns 0 or ERR_NOMEM. */
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Terminates the content with a NUL that len does not count, and returns it as
 * a borrowed C string; NULL when there is no memory for the terminator. */
const char *buf_cstr(struct buf *b);

/* Drops the first n bytes (n ≤ len) and moves the rest to the front. */
void buf_consume(struct buf *b, size_t n);

/* The content as a span, valid until the buffer changes. */
static inline struct span buf_span(const struct buf *b)
{
	return (struct span){b->data, b->len};
}

/* Reads the whole file at path, at most max bytes, and appends it.
 * Returns 0, ERR_TOO_LARGE, ERR_NOMEM or the error of open or read. */
int buf_read_file(struct buf *b, const char *path, size_t max);

#endif
