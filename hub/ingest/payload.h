/* What a payload says at a path, as the value of a series. Pure, any thread. */
#ifndef INGEST_PAYLOAD_H
#define INGEST_PAYLOAD_H

#include "ingest/path.h"
#include "model/value.h"

enum { PAYLOAD_MAX = 64 * 1024 }; /* bytes of a payload that is looked into */

/* A payload, parsed at most once however many paths are asked for. Zeroed but for bytes. */
struct payload {
	struct span bytes; /* borrowed */
	bool parsed;
	json_t *root; /* owned; NULL when it is no JSON */
};
void payload_finish(struct payload *p);

/* Reads the value at the path for a series of the kind, as VALUE_NUMBER or (SERIES_TEXT) VALUE_TEXT:
 *   gauge, counter: a number, also in quotes
 *   binary: 0 and 1, true and false, "ON" and "OFF" in any case
 *   text: a string of at most STORE_WORD_MAX bytes, or the text of a number or of true and false
 * Returns 0, ERR_NOT_FOUND (nothing is there, or null, or no payload at all) or ERR_MALFORMED. */
int payload_read(struct payload *p, const struct path *path, enum series_kind kind, struct value *value_r);

#endif
