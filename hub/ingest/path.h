/* Paths into JSON: which value of a payload is meant. The subset of JSONPath (RFC 9535) that names one
 * value at most: `$` followed by any of
 *   .name          member-name-shorthand
 *   ['a name']     name selector, also in double quotes; \\ and \' (or \") are its only escapes
 *   [0] [-1]       index selector; negative ones count from the end
 * Leniences: the leading `$.` may be left out, and a name behind a dot may hold '-' and begin with a digit
 * (Tasmota's DS18B20-1). No wildcards, slices, filters, descendants. Pure, any thread. */
#ifndef INGEST_PATH_H
#define INGEST_PATH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/history.h"

enum { PATH_STEPS_MAX = 16, PATH_INDEX_MAX = 9999 };

struct path_step {
	bool is_name;
	uint8_t name;  /* of a member: offset in path.names */
	int16_t index; /* of an element */
};

struct path {
	size_t count; /* of steps; 0: the payload itself */
	struct path_step steps[PATH_STEPS_MAX];
	char names[SERIES_PATH_SIZE]; /* one behind the other, each with its terminator */
};

/* Parses text; "" and "$" are the payload itself. Returns 0, or ERR_INVALID with a sentence for
 * people in *message_r (static). */
int path_parse(const char *text, struct path *path_r, const char **message_r);

/* Writes the path in the one form that RFC 9535 has for it, shorthand where that can be; "" for the payload
 * itself: paths to the same value by the same names give the same text. Returns 0 or ERR_TOO_LARGE. */
int path_format(const struct path *path, char text_r[SERIES_PATH_SIZE]);

/* The value (borrowed from root), or NULL when there is none. */
const json_t *path_find(const struct path *path, const json_t *root);

#endif
