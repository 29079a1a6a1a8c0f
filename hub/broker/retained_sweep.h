/* Retained messages whose time is over leave memory and the store, though nobody asks for them. On worker 0. */
#ifndef BROKER_RETAINED_SWEEP_H
#define BROKER_RETAINED_SWEEP_H

#include <stddef.h>

#include "net/loop.h"

/* Embedded in the worker; zeroed before the first use. */
struct retained_sweep {
	struct loop_timer timer;
	size_t place; /* as of retained_expire */
};

struct worker;

/* Begins to look, each config.sweep_ms from now on. The worker's loop is there, its thread need not run yet. */
void retained_sweep_start(struct worker *worker);

#endif
