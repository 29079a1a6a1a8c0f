/* Strings: bounded copies, strict numbers, UTF-8, hexadecimal. Any thread. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/utf8.h"

/* Copies s with its terminator into dst of size bytes.
 * Returns 0, or ERR_TOO_LARGE (dst is then the empty string). */
int str_copy(char *dst, size_t size, const char *s);

/* The same from a span, which must hold no NUL. Returns 0, ERR_TOO_LARGE or
 * ERR_MALFORMED; dst is the empty string on error. */
int str_copy_span(char *dst, size_t size, struct span s);

/* Formats into dst. Returns 0, or ERR_TOO_LARGE when it did not fit (dst then
 * holds the part that did). */
int str_format(char *dst, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Parses all of s as a decimal number in min..max: no spaces, no sign but a
 * leading '-'. Returns 0 or ERR_INVALID. */
int str_to_int(const char *s, int64_t min, int64_t max, int64_t *value_r);

/* Parses all of s as a finite decimal floating-point number, locale-free; leading and
 * trailing white space is allowed. Returns 0 or ERR_INVALID. */
int str_to_double(struct span s, double *value_r);

/* Writes the shortest text that reads back as the same finite double (at most
 * 24 characters), locale-free; NaN and infinities become "null". */
void str_from_double(char *dst, size_t size, double value);

/* Whether s is well-formed UTF-8 without surrogates and without U+0000
 * (MQTT 5.0 §1.5.4). Done in base/utf8, which firmware links alone. */
static inline bool str_utf8_valid(struct span s)
{
	return utf8_valid(s);
}

/* Whether s is 1..max bytes of [A-Za-z0-9_-]: the ids of tomte and of Home
 * Assistant's discovery topics. */
bool str_id_valid(struct span s, size_t max);

/* Whether s has no control characters: fit for a name that people see. */
bool str_is_printable(const char *s);

/* Lower-case hexadecimal of len bytes; dst must hold 2 * len + 1. */
void str_to_hex(char *dst, const uint8_t *data, size_t len);

/* Parses exactly 2 * len hexadecimal digits. Returns 0 or ERR_INVALID. */
int str_from_hex(const char *s, uint8_t *data, size_t len);

#endif
