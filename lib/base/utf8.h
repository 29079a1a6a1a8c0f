/* UTF-8 as MQTT wants it. No C library beyond memcpy, so that firmware links
 * it without the rest of base/str. Any thread. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Whether s is well-formed UTF-8 without surrogates and without U+0000
 * (MQTT 5.0 §1.5.4). The empty string is. */
bool utf8_valid(struct span s);

/* Whether s is well-formed UTF-8, U+0000 allowed: a payload that is said to be
 * text (MQTT 5.0 §3.3.2.3.2). */
bool utf8_text_valid(struct span s);

/* Bytes (1..4) of the legal sequence at p, of which `left` ≥ 1 bytes may be
 * read; 0 when there is none, U+0000 included (RFC 3629 §4). */
size_t utf8_sequence(const uint8_t *p, size_t left);

#endif
