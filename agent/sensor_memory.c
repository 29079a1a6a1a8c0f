/* Memory and swap in use: /proc/meminfo (proc(5)), where "available" is what
 * programs could still get without swapping. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "sensor.h"

static const struct entity_class percent = {NULL, "measurement", "%", "mdi:memory", 1, true};
static const struct entity_class size = {"data_size", "measurement", "MB", "mdi:memory", 0, true};

struct memory {
	const struct kernel *kernel;             /* borrowed */
	struct entity *used, *available, *swap; /* borrowed; NULL: left out */
};

/* The kilobytes behind "<key>:". */
static int find_kb(const char *text, const char *key, double *kb_r)
{
	size_t len = strlen(key);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) != 0 || line[len] != ':')
			continue;
		const char *number = line + len + 1;
		number += strspn(number, " ");
		return str_to_double(span_of(number, strcspn(number, " \n")), kb_r);
	}
	return ERR_NOT_FOUND;
}

static void set_share(struct entity *entity, int err, double part, double whole)
{
	if (!entity)
		return;
	if (err || whole <= 0)
		entity_forget(entity);
	else
		entity_set(entity, 100 * part / whole, 0, 100);
}

static void take_readings(void *state, struct mono_ms now)
{
	(void)now;
	struct memory *m = state;
	char text[4096];
	double total, available, swap_total, swap_free;
	if (kernel_read_text(m->kernel, "/proc/meminfo", text, sizeof text))
		text[0] = 0;
	int err = find_kb(text, "MemTotal", &total);
	if (!err)
		err = find_kb(text, "MemAvailable", &available);
	set_share(m->used, err, err ? 0 : total - available, err ? 0 : total);
	if (m->available && err)
		entity_forget(m->available);
	else if (m->available)
		entity_set(m->available, available * 1024 / 1e6, 0, 1e12);
	err = find_kb(text, "SwapTotal", &swap_total);
	if (!err)
		err = find_kb(text, "SwapFree", &swap_free);
	set_share(m->swap, err, err ? 0 : swap_total - swap_free, err ? 0 : swap_total);
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	char text[4096];
	double kb;
	if (kernel_read_text(setup->kernel, "/proc/meminfo", text, sizeof text) || find_kb(text, "MemTotal", &kb))
		return ERR_NOT_FOUND;
	struct memory *m = calloc(1, sizeof *m);
	if (!m)
		return ERR_NOMEM;
	m->kernel = setup->kernel;
	m->used = entities_add(setup->entities, ENTITY_SENSOR, "memory_used", "Memory used", &percent);
	m->available = entities_add(setup->entities, ENTITY_SENSOR, "memory_available", "Memory available", &size);
	if (find_kb(text, "SwapTotal", &kb) == 0 && kb > 0)
		m->swap = entities_add(setup->entities, ENTITY_SENSOR, "swap_used", "Swap used", &percent);
	*state_r = m;
	return 0;
}

const struct sensor_ops sensor_memory = {"memory", create, take_readings, free};
