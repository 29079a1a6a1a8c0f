/* Thermal zones: /sys/class/thermal/thermal_zone<n>/{type,temp}, thousandths of a
 * degree Celsius (Linux Documentation/ABI/testing/sysfs-class-thermal). */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "probe.h"
#include "sensor.h"

enum { MAX_ZONES = 32 };

static const struct entity_class temperature = {"temperature", "measurement", "°C", NULL, 1, true};

/* The types that most machines have, in people's words. */
static const char *people_name(const char *type)
{
	static const struct {
		const char *type, *name;
	} known[] = {
		{"cpu-thermal", "CPU temperature"},
		{"cpu_thermal", "CPU temperature"},
		{"x86_pkg_temp", "CPU temperature"},
		{"soc-thermal", "Processor temperature"},
		{"gpu-thermal", "Graphics temperature"},
		{"acpitz", "Mainboard temperature"},
		{"iwlwifi_1", "Wi-Fi temperature"},
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(type, known[i].type) == 0)
			return known[i].name;
	return NULL;
}

static int add_zone(const struct sensor_setup *setup, struct probe_list *list, const char *zone)
{
	struct probe probe = {.scale = 0.001, .min = -100, .max = 250};
	char path[KERNEL_PATH_SIZE], type[48], key[80], name[MODEL_NAME_SIZE];
	str_format(path, sizeof path, "/sys/class/thermal/%s/type", zone);
	str_format(probe.path, sizeof probe.path, "/sys/class/thermal/%s/temp", zone);
	if (!kernel_exists(setup->kernel, probe.path))
		return 0;
	if (kernel_read_line(setup->kernel, path, type, sizeof type) || !type[0])
		str_copy(type, sizeof type, "zone");
	str_format(key, sizeof key, "thermal_%s", type);
	const char *known = people_name(type);
	str_format(name, sizeof name, "%s%s", known ? known : type, known ? "" : " temperature");
	probe.entity = entities_add(setup->entities, ENTITY_SENSOR, key, name, &temperature);
	return probe_list_add(list, &probe);
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	char zones[MAX_ZONES][KERNEL_NAME_SIZE];
	struct probe_list *list;
	int err = probe_list_create(setup->kernel, &list);
	if (err)
		return err;
	size_t count = kernel_list(setup->kernel, "/sys/class/thermal", "thermal_zone", zones, MAX_ZONES);
	for (size_t i = 0; i < count && !err; i++)
		err = add_zone(setup, list, zones[i]);
	return probe_list_finish(list, err, state_r);
}

const struct sensor_ops sensor_thermal = {"thermal", create, probe_list_read, probe_list_destroy};
