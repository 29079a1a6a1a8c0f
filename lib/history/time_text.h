/* Times in files: ISO 8601 with a zone, or seconds or milliseconds since 1970. */
#ifndef HISTORY_TIME_TEXT_H
#define HISTORY_TIME_TEXT_H

#include <stdint.h>

#include "base/span.h"

enum { TIME_TEXT_SIZE = 25 }; /* "2024-05-01T12:00:00.123Z" with terminator */

/* Times that the store takes: the years 544 to 3395. */
#define TIME_TEXT_FIRST_MS (-45000000000000LL)
#define TIME_TEXT_LAST_MS 45000000000000LL

/* Writes a time within these bounds (others are cut to them) in UTC, to the millisecond. */
void time_to_text(int64_t ms, char text_r[TIME_TEXT_SIZE]);

/* Reads "2024-05-01T12:00:00.123Z", with a space for the T, with any number of decimals or none, without seconds, with an offset
 * (+02:00, +0200, +02) for the Z; or a number: seconds below 100,000,000,000, above it milliseconds. Decimals beyond the
 * millisecond are cut. Returns 0, ERR_MALFORMED, ERR_UNSUPPORTED (no zone) or ERR_INVALID (out of bounds). */
int time_from_text(struct span text, int64_t *ms_r);

#endif
