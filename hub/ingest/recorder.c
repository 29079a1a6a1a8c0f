/* The presets, one function each. Pure; on the thread that owns the state. It knows neither
 * series nor clocks: time is what the readings say. */
#include "ingest/recorder.h"

#include <math.h>

static void hold(struct recorder_state *st, const struct reading *in)
{
	st->held = *in;
	st->has_held = true;
}

static size_t write_one(struct recorder_state *st, const struct reading *in, struct reading *out)
{
	st->last = *in;
	st->begun = true;
	st->has_held = false;
	*out = *in;
	return 1;
}

static size_t take_out_held(struct recorder_state *st, struct reading *out)
{
	if (!st->has_held)
		return 0;
	return write_one(st, &st->held, out);
}

static bool beat_due(const struct recorder_state *st, const struct recorder *r, struct wall_ms at)
{
	return r->interval_ms > 0 && at.ms - st->last.at.ms >= r->interval_ms;
}

/* A value that moved: the last one before the move comes first, as it shows when the move was. */
static size_t write_step(struct recorder_state *st, const struct reading *in, struct reading *out)
{
	size_t count = st->holds ? 0 : take_out_held(st, out);
	return count + write_one(st, in, out + count);
}

static size_t take_if_moved(struct recorder_state *st, const struct recorder *r, const struct reading *in,
			    struct reading *out)
{
	double way = fabs(in->value - st->last.value);
	bool moved = r->preset == RECORD_DEADBAND ? way >= r->deadband : way > 0;
	if (moved)
		return write_step(st, in, out);
	if (beat_due(st, r, in->at))
		return write_one(st, in, out);
	hold(st, in);
	return 0;
}

/* The interval begins with a reading that is written at once, unless one is held from the interval
 * before: then they follow each other without a pause and each gives its newest. */
static size_t take_newest(struct recorder_state *st, const struct recorder *r, const struct reading *in,
			  struct reading *out)
{
	if (in->at.ms < st->until.ms) {
		hold(st, in);
		return 0;
	}
	size_t count = recorder_release(st, r, out) ? 1 : 0;
	if (count && in->at.ms < st->until.ms) {
		hold(st, in);
		return count;
	}
	st->until.ms = in->at.ms + r->interval_ms;
	return count + write_one(st, in, out + count);
}

size_t recorder_take(struct recorder_state *st, const struct recorder *r, const struct reading *in,
		     struct reading out_r[RECORDER_OUT_MAX])
{
	if (r->preset == RECORD_NOTHING)
		return 0;
	if (!st->begun || in->at.ms <= st->last.at.ms || r->preset == RECORD_ALL) {
		st->until.ms = in->at.ms + r->interval_ms;
		return write_one(st, in, out_r);
	}
	return r->preset == RECORD_INTERVAL ? take_newest(st, r, in, out_r) : take_if_moved(st, r, in, out_r);
}

bool recorder_waits(const struct recorder_state *st, const struct recorder *r, struct wall_ms *at_r)
{
	*at_r = st->until;
	return r->preset == RECORD_INTERVAL && st->has_held;
}

bool recorder_release(struct recorder_state *st, const struct recorder *r, struct reading *out_r)
{
	if (r->preset != RECORD_INTERVAL || !take_out_held(st, out_r))
		return false;
	st->until.ms += r->interval_ms;
	return true;
}

void recorder_restart(struct recorder_state *st)
{
	*st = (struct recorder_state){.holds = st->holds};
}
