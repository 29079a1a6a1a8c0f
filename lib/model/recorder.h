/* Which samples of a series are worth keeping, as its owner decided, and the words for
 * that in JSON. The deciding is ingest/recorder.h's. Pure, any thread. */
#ifndef MODEL_RECORDER_H
#define MODEL_RECORDER_H

#include <stdint.h>

#include "base/span.h"
#include "model/json_out.h"
#include "model/sample.h"

/* The store keeps whatever it is given; the sampler asks. The numbers are on disks. */
enum recorder_preset {
	RECORD_ALL = 0,
	RECORD_CHANGES = 1,  /* a value that differs, or the same after interval_ms */
	RECORD_INTERVAL = 2, /* at most one in interval_ms, the newest */
	RECORD_DEADBAND = 3, /* a value that differs by at least deadband, or any after interval_ms */
	RECORD_NOTHING = 4,
};

struct recorder {
	enum recorder_preset preset;
	int64_t interval_ms; /* 0: no heartbeat, no limit */
	double deadband;     /* in the series' unit, ≥ 0 */
};

/* "all", "changes", "interval", "deadband", "nothing"; "unknown" for what is none. Static string. */
const char *recorder_preset_name(enum recorder_preset preset);
/* Returns 0 or ERR_INVALID. */
int recorder_preset_parse(struct span name, enum recorder_preset *preset_r);

/* Appends {"preset":…,"interval_ms":n,"deadband":x}. */
void recorder_json(struct json_out *o, const struct recorder *r);

/* "gauge", "counter", "binary", "text"; "unknown" for what is none. Static string. */
const char *series_kind_name(enum series_kind kind);
/* Returns 0 or ERR_INVALID. */
int series_kind_parse(struct span name, enum series_kind *kind_r);

#endif
