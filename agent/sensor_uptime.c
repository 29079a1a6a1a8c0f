/* Time since the machine started: /proc/uptime (proc(5)), in seconds. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "sensor.h"

static const struct entity_class duration = {"duration", "measurement", "s", NULL, 0, true};

struct uptime {
	const struct kernel *kernel; /* borrowed */
	struct entity *entity;       /* borrowed */
};

static int create(const struct sensor_setup *setup, void **state_r)
{
	if (!kernel_exists(setup->kernel, "/proc/uptime"))
		return ERR_NOT_FOUND;
	struct uptime *u = calloc(1, sizeof *u);
	if (!u)
		return ERR_NOMEM;
	u->kernel = setup->kernel;
	u->entity = entities_add(setup->entities, ENTITY_SENSOR, "uptime", "Uptime", &duration);
	if (!u->entity) {
		free(u);
		return ERR_NOT_FOUND;
	}
	*state_r = u;
	return 0;
}

static void take_readings(void *state, struct mono_ms now)
{
	(void)now;
	struct uptime *u = state;
	char text[64];
	double seconds;
	if (kernel_read_line(u->kernel, "/proc/uptime", text, sizeof text) ||
	    str_to_double(span_of(text, strcspn(text, " ")), &seconds))
		entity_forget(u->entity);
	else /* whole seconds: fractions only make the numbers longer */
		entity_set(u->entity, (double)(int64_t)(seconds < 1e15 ? seconds : -1), 0, 1e10);
}

const struct sensor_ops sensor_uptime = {"uptime", create, take_readings, free};
