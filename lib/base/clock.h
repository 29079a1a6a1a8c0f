/* Time in two types that do not mix: monotonic for deadlines and durations,
 * wall-clock (Unix epoch, UTC) for what people and databases see. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct mono_ms {
	int64_t ms; /* milliseconds of CLOCK_MONOTONIC */
};

struct wall_ms {
	int64_t ms; /* milliseconds since 1970-01-01T00:00:00Z; 0 stands for never */
};

/* The time now. Never fails; tens of nanoseconds. */
struct mono_ms clock_mono(void);
struct wall_ms clock_wall(void);

/* Milliseconds from a to b; negative when b is earlier. */
static inline int64_t mono_diff_ms(struct mono_ms a, struct mono_ms b)
{
	return b.ms - a.ms;
}

static inline struct mono_ms mono_add_ms(struct mono_ms t, int64_t ms)
{
	return (struct mono_ms){t.ms + ms};
}

#endif
