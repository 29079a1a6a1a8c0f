/* A sample: one value of one series at one time. */
#ifndef MODEL_SAMPLE_H
#define MODEL_SAMPLE_H

#include <stdint.h>

#include "base/clock.h"

struct sample {
	int64_t series;    /* id from the series registry, > 0 */
	struct wall_ms at; /* when the hub heard it */
	double value;      /* booleans are 0 and 1; of a SERIES_TEXT the code of its word */
};

enum series_kind {
	SERIES_GAUGE = 0,   /* a reading that goes up and down */
	SERIES_COUNTER = 1, /* total_increasing: a fall is a reset */
	SERIES_BINARY = 2,  /* 0 or 1, holds until the next sample */
	SERIES_TEXT = 3,    /* a state or event in words, holds until the next sample */
};

#endif
