/* Industrial I/O sensors: /sys/bus/iio/devices/iio:device<n>/in_<channel>_{input,raw,scale,offset}
 * (Linux Documentation/ABI/testing/sysfs-bus-iio): the value is "input", or
 * (raw + offset) * scale. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "probe.h"
#include "sensor.h"

enum { MAX_DEVICES = 16, MAX_FILES = 256 };

/* Channels by the beginning of their name, with IIO's unit. */
static const struct channel_kind {
	const char *prefix, *name;
	double scale, min, max; /* from IIO's unit to ours */
	struct entity_class class;
} kinds[] = {
	{"temp", "temperature", 0.001, -100, 1000, {"temperature", "measurement", "°C", NULL, 1, false}},
	{"humidityrelative", "humidity", 0.001, 0, 100, {"humidity", "measurement", "%", NULL, 1, false}},
	{"pressure", "pressure", 10, 0, 20000, {"atmospheric_pressure", "measurement", "hPa", NULL, 1, false}},
	{"illuminance", "illuminance", 1, 0, 1000000, {"illuminance", "measurement", "lx", NULL, 0, false}},
	{"voltage", "voltage", 0.001, -10000, 10000, {"voltage", "measurement", "V", NULL, 3, false}},
	{"current", "current", 0.001, -10000, 10000, {"current", "measurement", "A", NULL, 3, false}},
};

/* The kind of "in_<channel>_raw" or "in_<channel>_input"; *raw_r says which. */
static const struct channel_kind *find_kind(const char *file, char channel_r[KERNEL_NAME_SIZE], bool *raw_r)
{
	const char *end = strrchr(file, '_');
	if (strncmp(file, "in_", 3) != 0 || !end || end <= file + 3)
		return NULL;
	*raw_r = strcmp(end, "_raw") == 0;
	if (!*raw_r && strcmp(end, "_input") != 0)
		return NULL;
	str_copy_span(channel_r, KERNEL_NAME_SIZE, span_of(file + 3, (size_t)(end - file - 3)));
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t len = strlen(kinds[i].prefix);
		/* "temp", "temp0", "voltage0-voltage1", but not "temp_ambient_x" of a kind unknown */
		if (strncmp(channel_r, kinds[i].prefix, len) == 0 &&
		    (channel_r[len] == 0 || channel_r[len] == '_' || (channel_r[len] >= '0' && channel_r[len] <= '9')))
			return &kinds[i];
	}
	return NULL;
}

/* A number beside the channel: its own, or the one that all of its kind share. */
static double read_factor(const struct kernel *kernel, const char *device_path, const char *channel,
			  const char *what, double otherwise)
{
	char path[KERNEL_PATH_SIZE], shared[KERNEL_NAME_SIZE];
	double value;
	str_format(path, sizeof path, "%s/in_%s_%s", device_path, channel, what);
	if (kernel_read_number(kernel, path, &value) == 0)
		return value;
	str_copy_span(shared, sizeof shared, span_of(channel, strcspn(channel, "0123456789_")));
	str_format(path, sizeof path, "%s/in_%s_%s", device_path, shared, what);
	return kernel_read_number(kernel, path, &value) == 0 ? value : otherwise;
}

static int add_channel(const struct sensor_setup *setup, struct probe_list *list, const char *device_path,
		       const char *device_name, const char *file)
{
	char channel[KERNEL_NAME_SIZE], path[KERNEL_PATH_SIZE], key[160], name[MODEL_NAME_SIZE];
	bool raw;
	const struct channel_kind *kind = find_kind(file, channel, &raw);
	if (!kind)
		return 0;
	struct probe probe = {.scale = kind->scale, .min = kind->min, .max = kind->max};
	if (raw) {
		str_format(path, sizeof path, "%s/in_%s_input", device_path, channel);
		if (kernel_exists(setup->kernel, path))
			return 0; /* the driver has done the sum already */
		probe.scale *= read_factor(setup->kernel, device_path, channel, "scale", 1);
		probe.offset = read_factor(setup->kernel, device_path, channel, "offset", 0);
	}
	str_format(probe.path, sizeof probe.path, "%s/%s", device_path, file);
	str_format(key, sizeof key, "%s_%s", device_name, channel);
	str_format(name, sizeof name, "%s %s", device_name, strcmp(channel, kind->prefix) == 0 ? kind->name : channel);
	probe.entity = entities_add(setup->entities, ENTITY_SENSOR, key, name, &kind->class);
	return probe_list_add(list, &probe);
}

static int add_device(const struct sensor_setup *setup, struct probe_list *list, const char *device)
{
	char device_path[KERNEL_PATH_SIZE], path[KERNEL_PATH_SIZE], device_name[48];
	char files[MAX_FILES][KERNEL_NAME_SIZE];
	str_format(device_path, sizeof device_path, "/sys/bus/iio/devices/%s", device);
	str_format(path, sizeof path, "%s/name", device_path);
	if (kernel_read_line(setup->kernel, path, device_name, sizeof device_name) || !device_name[0])
		str_copy(device_name, sizeof device_name, "iio");
	size_t count = kernel_list(setup->kernel, device_path, "in_", files, MAX_FILES);
	int err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = add_channel(setup, list, device_path, device_name, files[i]);
	return err;
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	char devices[MAX_DEVICES][KERNEL_NAME_SIZE];
	struct probe_list *list;
	int err = probe_list_create(setup->kernel, &list);
	if (err)
		return err;
	size_t count = kernel_list(setup->kernel, "/sys/bus/iio/devices", "iio:device", devices, MAX_DEVICES);
	for (size_t i = 0; i < count && !err; i++)
		err = add_device(setup, list, devices[i]);
	return probe_list_finish(list, err, state_r);
}

const struct sensor_ops sensor_iio = {"iio", create, probe_list_read, probe_list_destroy};
