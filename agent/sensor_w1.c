/* 1-wire thermometers (DS18B20 and kin): /sys/bus/w1/devices/<family>-<serial>/
 * temperature (thousandths of a degree), or w1_slave on kernels before 5.8. A
 * reading takes the bus up to 750 ms. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "sensor.h"

enum { MAX_SENSORS = 16, POWER_ON_VALUE = 85000 };

static const struct entity_class temperature = {"temperature", "measurement", "°C", NULL, 1, false};

struct w1 {
	const struct kernel *kernel; /* borrowed */
	size_t count;
	struct thermometer {
		struct entity *entity; /* borrowed */
		char path[KERNEL_PATH_SIZE];
	} items[MAX_SENSORS];
};

/* Families of thermometers: DS18S20, DS1822, DS18B20, DS1825, DS28EA00. */
static bool is_thermometer(const char *name)
{
	static const char *const families[] = {"10-", "22-", "28-", "3b-", "42-"};
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		if (strncmp(name, families[i], 3) == 0)
			return true;
	return false;
}

/* Two lines: "… crc=12 YES" and "… t=21562". */
static int parse_slave(const char *text, double *value_r)
{
	const char *line_end = strchr(text, '\n'), *at = strstr(text, " t=");
	if (!line_end || line_end - text < 4 || strncmp(line_end - 4, " YES", 4) != 0 || !at)
		return ERR_MALFORMED;
	return str_to_double(span_str(at + 3), value_r);
}

static int read_milli(const struct kernel *kernel, const char *device_path, double *value_r)
{
	char path[KERNEL_PATH_SIZE + 16], text[256];
	str_format(path, sizeof path, "%s/temperature", device_path);
	if (kernel_read_number(kernel, path, value_r) == 0)
		return 0;
	str_format(path, sizeof path, "%s/w1_slave", device_path);
	int err = kernel_read_text(kernel, path, text, sizeof text);
	return err ? err : parse_slave(text, value_r);
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	char names[MAX_SENSORS][KERNEL_NAME_SIZE], key[96], name[MODEL_NAME_SIZE];
	size_t count = kernel_list(setup->kernel, "/sys/bus/w1/devices", "", names, MAX_SENSORS);
	struct w1 *w1 = calloc(1, sizeof *w1);
	if (!w1)
		return ERR_NOMEM;
	w1->kernel = setup->kernel;
	for (size_t i = 0; i < count; i++) {
		if (!is_thermometer(names[i]))
			continue;
		struct thermometer *t = &w1->items[w1->count];
		str_format(t->path, sizeof t->path, "/sys/bus/w1/devices/%s", names[i]);
		str_format(key, sizeof key, "w1_%s", names[i]);
		str_format(name, sizeof name, "Thermometer %s", names[i]);
		t->entity = entities_add(setup->entities, ENTITY_SENSOR, key, name, &temperature);
		if (t->entity)
			w1->count++;
	}
	if (w1->count == 0) {
		free(w1);
		return ERR_NOT_FOUND;
	}
	*state_r = w1;
	return 0;
}

static void take_readings(void *state, struct mono_ms now)
{
	(void)now;
	struct w1 *w1 = state;
	for (size_t i = 0; i < w1->count; i++) {
		struct thermometer *t = &w1->items[i];
		double milli;
		/* 85 °C is what the chip says before its first conversion */
		if (read_milli(w1->kernel, t->path, &milli) || milli == POWER_ON_VALUE)
			entity_forget(t->entity);
		else
			entity_set(t->entity, milli * 0.001, -60, 130);
	}
}

const struct sensor_ops sensor_w1 = {"w1", create, take_readings, free};
