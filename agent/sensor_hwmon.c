/* Hardware monitoring chips: /sys/class/hwmon/hwmon<n>/{name,<channel>_input,<channel>_label}
 * (Linux Documentation/hwmon/sysfs-interface.rst). */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "probe.h"
#include "sensor.h"

enum { MAX_CHIPS = 32, MAX_FILES = 256 };

/* The kinds of channel by the beginning of their files, with the unit of sysfs. */
static const struct channel_kind {
	const char *prefix, *name;
	double scale, min, max;
	struct entity_class class;
} kinds[] = {
	{"temp", "temperature", 0.001, -100, 250, {"temperature", "measurement", "°C", NULL, 1, true}},
	{"fan", "fan", 1, 0, 100000, {NULL, "measurement", "rpm", "mdi:fan", 0, true}},
	{"in", "voltage", 0.001, -1000, 1000, {"voltage", "measurement", "V", NULL, 2, true}},
	{"power", "power", 0.000001, 0, 100000, {"power", "measurement", "W", NULL, 1, true}},
	{"humidity", "humidity", 0.001, 0, 100, {"humidity", "measurement", "%", NULL, 1, false}},
};

/* The kind of a file such as "temp1_input"; the channel ("temp1") goes to channel_r. */
static const struct channel_kind *find_kind(const char *file, char channel_r[KERNEL_NAME_SIZE])
{
	const char *end = strstr(file, "_input");
	if (!end || end[6])
		return NULL;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t len = strlen(kinds[i].prefix);
		if (strncmp(file, kinds[i].prefix, len) == 0 && file[len] >= '0' && file[len] <= '9') {
			str_copy_span(channel_r, KERNEL_NAME_SIZE, span_of(file, (size_t)(end - file)));
			return &kinds[i];
		}
	}
	return NULL;
}

static int add_channel(const struct sensor_setup *setup, struct probe_list *list, const char *chip_path,
		       const char *chip_name, const char *file)
{
	char channel[KERNEL_NAME_SIZE], label[48], path[KERNEL_PATH_SIZE], key[160], name[MODEL_NAME_SIZE];
	const struct channel_kind *kind = find_kind(file, channel);
	if (!kind)
		return 0;
	struct probe probe = {.scale = kind->scale, .min = kind->min, .max = kind->max};
	str_format(path, sizeof path, "%s/%s_label", chip_path, channel);
	if (kernel_read_line(setup->kernel, path, label, sizeof label) || !label[0])
		str_copy(label, sizeof label, channel);
	str_format(probe.path, sizeof probe.path, "%s/%s", chip_path, file);
	/* the channel is stable, the label may be missing on the next boot */
	str_format(key, sizeof key, "%s_%s", chip_name, channel);
	str_format(name, sizeof name, "%s %s %s", chip_name, label, kind->name);
	probe.entity = entities_add(setup->entities, ENTITY_SENSOR, key, name, &kind->class);
	return probe_list_add(list, &probe);
}

static int add_chip(const struct sensor_setup *setup, struct probe_list *list, const char *chip)
{
	char chip_path[KERNEL_PATH_SIZE], path[KERNEL_PATH_SIZE], chip_name[48];
	char files[MAX_FILES][KERNEL_NAME_SIZE];
	str_format(chip_path, sizeof chip_path, "/sys/class/hwmon/%s", chip);
	/* a chip that only mirrors a thermal zone is read there already */
	str_format(path, sizeof path, "%s/device/temp", chip_path);
	if (setup->conf->sensors[CONF_THERMAL] && kernel_exists(setup->kernel, path))
		return 0;
	str_format(path, sizeof path, "%s/name", chip_path);
	if (kernel_read_line(setup->kernel, path, chip_name, sizeof chip_name) || !chip_name[0])
		str_copy(chip_name, sizeof chip_name, "hwmon");
	size_t count = kernel_list(setup->kernel, chip_path, "", files, MAX_FILES);
	int err = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = add_channel(setup, list, chip_path, chip_name, files[i]);
	return err;
}

static int create(const struct sensor_setup *setup, void **state_r)
{
	char chips[MAX_CHIPS][KERNEL_NAME_SIZE];
	struct probe_list *list;
	int err = probe_list_create(setup->kernel, &list);
	if (err)
		return err;
	size_t count = kernel_list(setup->kernel, "/sys/class/hwmon", "hwmon", chips, MAX_CHIPS);
	for (size_t i = 0; i < count && !err; i++)
		err = add_chip(setup, list, chips[i]);
	return probe_list_finish(list, err, state_r);
}

const struct sensor_ops sensor_hwmon = {"hwmon", create, probe_list_read, probe_list_destroy};
