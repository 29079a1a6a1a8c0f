/* The two clocks. Any thread. */
#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct mono_ms clock_mono(void)
{
	return (struct mono_ms){read_ms(CLOCK_MONOTONIC)};
}

struct wall_ms clock_wall(void)
{
	return (struct wall_ms){read_ms(CLOCK_REALTIME)};
}
