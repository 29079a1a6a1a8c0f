/* What the owner sends about recording, from JSON and checked. Pure, any thread. A member that
 * is not known is an error: a typing mistake shall not go unnoticed. */
#ifndef INGEST_WISHES_H
#define INGEST_WISHES_H

#include <stdbool.h>

#include "db/rules.h"

/* What is wrong with a wish: strings are static. */
struct wish_error {
	const char *field, *detail; /* a sentence for people */
};

/* A wish about a series; what is not wished stays. */
struct series_wish {
	bool recorder, raw_days, rollup_years, resolution_ms, unit, device_class; /* wished */
	struct series to; /* only those members count */
};

/* Reads {"recorder":{"preset":…,"interval_ms":n,"deadband":x},"raw_days":n,"rollup_years":n,"resolution_ms":n,
 * "unit":text,"device_class":text}, all optional. Returns 0, or ERR_INVALID with *error_r. */
int series_wish_parse(struct span json, struct series_wish *wish_r, struct wish_error *error_r);

/* Applies the wish. Returns 0, or ERR_INVALID with *error_r and *series as it was: the unit and class of a
 * device's series are the device's to say. */
int series_wish_apply(const struct series_wish *wish, struct series *series, struct wish_error *error_r);

/* Reads {"filter":text,"path":text,"name":text,"kind":…,"unit":text,"device_class":text,"recorder":{…}}; filter
 * is required, kind is "gauge" and the recorder all when not said. The path is brought into its one form; the id
 * is 0. Returns 0, or ERR_INVALID with *error_r. */
int record_rule_parse(struct span json, struct record_rule *rule_r, struct wish_error *error_r);

#endif
