/* Texts for terminals: what devices say is printed without control characters,
 * in columns, with times as people say them. */
#ifndef CTL_TEXT_H
#define CTL_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TEXT_COLUMNS_MAX = 8 };

/* Prints UTF-8 text; control characters become '?', so that no device name
 * can steer the terminal. */
void text_print(FILE *out, const char *text);

/* The text that a member of an object is; "" when it is none. Borrowed from the object. */
const char *text_of(const json_t *object, const char *member);

/* Number of characters (code points) of UTF-8 text. */
size_t text_width(const char *text);

/* A table: rows are arrays of strings, printed in columns under the headings
 * (NULL-terminated). Takes rows. */
void text_table(FILE *out, const char *const *headings, json_t *rows);

/* "now", "4 min ago", "3 h ago", "2 days ago", for ms since the epoch; "never" for 0. */
void text_ago(char *text, size_t size, int64_t then_ms, int64_t now_ms);

/* "in 14 min", "in 3 h", or "over". */
void text_until(char *text, size_t size, int64_t then_ms, int64_t now_ms);

/* A state's value as one line: strings bare, numbers short, the rest as JSON. */
void text_value(char *text, size_t size, const json_t *value);

/* Prints a fingerprint "AB:CD:…" indented, in lines of sixteen pairs. NULL: says that there is none. */
void text_fingerprint(FILE *out, const char *text);

/* Seconds of "90", "90s", "15m", "2h", "1d". Returns 0 or ERR_INVALID. */
int text_duration(const char *text, int64_t *seconds_r);

/* Appends text to a URL's query, percent-encoded. Returns 0 or ERR_TOO_LARGE. */
int text_url(char *url, size_t size, const char *text);

/* Prints "12.3 MB" and the like. */
void text_bytes(char *text, size_t size, uint64_t bytes);

/* What was typed as a value: JSON when it is JSON, on/off in capitals, else a
 * string. NULL without memory. The caller's. */
json_t *text_to_value(const char *text);

#endif
