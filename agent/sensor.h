/* The interface of sensor drivers. A driver looks once for what there is, adds an
 * entity for each, and then reads. One file a driver; the table is in sensors.c. */
#ifndef AGENT_SENSOR_H
#define AGENT_SENSOR_H

#include "base/clock.h"
#include "conf.h"
#include "entity.h"
#include "kernel.h"

/* What a driver may use. All of it outlives the driver. */
struct sensor_setup {
	const struct kernel *kernel;
	const struct conf *conf;
	struct entities *entities;
};

/* All slots run on the main thread. */
struct sensor_ops {
	const char *name; /* as in the [sensors] section and in log lines */
	/* Finds the sensors and adds their entities. May block for short reads.
	 * Returns 0 (*state_r is the driver's), ERR_NOT_FOUND (nothing of the kind
	 * here) or ERR_NOMEM. */
	int (*create)(const struct sensor_setup *setup, void **state_r);
	/* Takes readings into the entities. Blocks as long as the kernel does: 1-wire
	 * up to a second per sensor, the others microseconds. */
	void (*read)(void *state, struct mono_ms now);
	/* Frees the driver's memory; not NULL. */
	void (*destroy)(void *state);
};

extern const struct sensor_ops sensor_thermal, sensor_hwmon, sensor_load, sensor_memory, sensor_disk, sensor_network,
	sensor_uptime, sensor_iio, sensor_w1, sensor_simulated;

#endif
