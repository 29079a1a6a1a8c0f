/* The recorder: which samples of a series are written. Pure decisions; the sampler keeps a
 * state per series and a clock.
 *
 * A sample that is not written at once is held back, and replaces the one held before. So that a
 * chart drawn from what was written is still true, a held one may be written later, under its own time:
 *   changes, deadband: right before the change that follows it, so that a line shows a step where
 *                      the value stepped, and not a ramp from the last write. Not where values
 *                      hold until the next anyway (state->holds).
 *   interval:          when its interval is over, so that the newest of it is written though none follows.
 * What is held when the hub is killed is lost, though its sender was told that all is well: it is thinned out on purpose
 * (hub/README.md). A stop writes what an interval holds. */
#ifndef INGEST_RECORDER_H
#define INGEST_RECORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "model/recorder.h"

struct reading {
	struct wall_ms at;
	double value;
};

/* Of one series. Zeroed but for holds: nothing was taken yet. */
struct recorder_state {
	bool holds;           /* a value holds until the next: binary and text series */
	bool begun, has_held;
	struct reading last;  /* the newest written; valid once begun */
	struct reading held;  /* the newest since, not written; valid if has_held */
	struct wall_ms until; /* RECORD_INTERVAL: end of the interval that runs, valid once begun */
};

enum { RECORDER_OUT_MAX = 2 };

/* Takes a reading, later than the one before unless the clock was set back: then it is written and all begins
 * anew with it. Puts those that are to be written now, in order, into out_r and returns how many. */
size_t recorder_take(struct recorder_state *st, const struct recorder *r, const struct reading *in,
		     struct reading out_r[RECORDER_OUT_MAX]);

/* Whether a reading is held that must be written at *at_r, if no other comes before. */
bool recorder_waits(const struct recorder_state *st, const struct recorder *r, struct wall_ms *at_r);

/* Takes that reading out, at its time or before (at a stop, or when the preset changes). False: there is none. */
bool recorder_release(struct recorder_state *st, const struct recorder *r, struct reading *out_r);

/* Forgets what is held and was written: for another preset. */
void recorder_restart(struct recorder_state *st);

#endif
