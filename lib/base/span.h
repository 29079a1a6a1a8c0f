/* A borrowed run of bytes: pointer and length, never owned, never terminated.
 * Header only and free of the C library's heap, so that firmware uses it. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *data; /* borrowed; NULL only when len is 0 */
	size_t len;          /* bytes */
};

/* A span over len bytes at data, which must outlive it. */
static inline struct span span_of(const void *data, size_t len)
{
	return (struct span){(const uint8_t *)data, len};
}

/* A span over a C string, without its terminator. NULL gives an empty span. */
static inline struct span span_str(const char *s)
{
	return s ? (struct span){(const uint8_t *)s, strlen(s)} : (struct span){NULL, 0};
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Whether the span's bytes are exactly those of the C string s. */
static inline bool span_is(struct span a, const char *s)
{
	return span_equal(a, span_str(s));
}

static inline bool span_starts(struct span a, struct span prefix)
{
	return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

#endif
