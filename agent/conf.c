/* The table of the agent's settings. Main thread, before the work starts and on SIGHUP. */
#include "conf.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

static const struct settings_option options[] = {
#define FIELD(field) SETTINGS_FIELD(struct conf, field)
#define SENSOR(name, which, text) \
	{"sensors", name, SETTING_BOOL, FIELD(sensors[which]), 0, 0, "yes", text}
	{"agent", "name", SETTING_TEXT, FIELD(name), 0, 0, "", "the device's name; empty: the host's name"},
	{"agent", "area", SETTING_TEXT, FIELD(area), 0, 0, "", "the room that the device is in"},
	{"agent", "interval_s", SETTING_INT, FIELD(interval_s), 1, 3600, "5", "seconds between two readings"},
	{"agent", "log_level", SETTING_LEVEL, FIELD(log_level), 0, 0, "info", "how much is logged"},
	{"agent", "hub", SETTING_HOST, FIELD(hub), 0, 0, "", "address of the hub, when it is not the one told at joining"},
	SENSOR("thermal", CONF_THERMAL, "temperatures of the processor and the board"),
	SENSOR("hwmon", CONF_HWMON, "hardware monitoring chips: temperatures, fans, voltages"),
	SENSOR("load", CONF_LOAD, "processor usage and load"),
	SENSOR("memory", CONF_MEMORY, "memory and swap"),
	SENSOR("disk", CONF_DISK, "space on the file systems of disk_paths"),
	SENSOR("network", CONF_NETWORK, "bytes received and sent per interface"),
	SENSOR("uptime", CONF_UPTIME, "time since the machine started"),
	SENSOR("iio", CONF_IIO, "industrial I/O sensors: climate, light, voltage"),
	SENSOR("w1", CONF_W1, "1-wire thermometers"),
	{"sensors", "disk_paths", SETTING_PATHS, FIELD(disks), 0, 0, "/", "file systems to watch, parted by commas"},
	{"leds", "enable", SETTING_BOOL, FIELD(leds), 0, 0, "no", "offer the LEDs of /sys/class/leds as switches"},
	{"simulate", "lamp", SETTING_NAMES, FIELD(lamps), 0, 0, "", "names of simulated lamps, parted by commas"},
	{"simulate", "thermometer", SETTING_NAMES, FIELD(thermometers), 0, 0, "", "names of simulated thermometers"},
	{"simulate", "door", SETTING_NAMES, FIELD(doors), 0, 0, "", "names of simulated door contacts"},
	{"simulate", "power", SETTING_NAMES, FIELD(powers), 0, 0, "", "names of simulated power meters"},
#undef SENSOR
#undef FIELD
};

/* "CHIP LINE [active_low]" */
static int parse_gpio(const char *value, struct conf_gpio *gpio)
{
	char words[3][sizeof gpio->chip];
	size_t count = 0;
	while (*value) {
		size_t len = strcspn(value, " \t");
		if (len && (count == 3 || str_copy_span(words[count++], sizeof words[0], span_of(value, len))))
			return ERR_INVALID;
		value += len;
		value += strspn(value, " \t");
	}
	int64_t line;
	if (count < 2 || str_to_int(words[1], 0, 4095, &line) || (count == 3 && strcmp(words[2], "active_low") != 0))
		return ERR_INVALID;
	memcpy(gpio->chip, words[0], sizeof gpio->chip);
	gpio->line = (unsigned)line;
	gpio->active_low = count == 3;
	return 0;
}

/* Says what is wrong; a longer text is cut on purpose. */
static int refuse(char *what_r, const char *what, const char *name)
{
	(void)str_format(what_r, 256, "GPIO line %.80s %s", name, what);
	return ERR_INVALID;
}

static int take_gpio(void *ctx, const char *name, const char *value, char *what_r)
{
	struct conf *conf = ctx;
	if (conf->gpio_count == CONF_MAX_GPIO)
		return refuse(what_r, "is one too many", name);
	for (size_t i = 0; i < conf->gpio_count; i++)
		if (strcmp(conf->gpios[i].name, name) == 0)
			return refuse(what_r, "stands twice", name);
	struct conf_gpio *gpio = &conf->gpios[conf->gpio_count];
	if (str_copy(gpio->name, sizeof gpio->name, name) || !str_utf8_valid(span_str(name)) || parse_gpio(value, gpio))
		return refuse(what_r, "is not given as it must be", name);
	conf->gpio_count++;
	return 0;
}

static const struct settings_free_section gpio = {"gpio", "CHIP LINE [active_low], such as gpiochip0 17", take_gpio};
static const struct settings_table table = {options, sizeof options / sizeof options[0], &gpio};

void conf_init(struct conf *conf)
{
	*conf = (struct conf){0};
	settings_init(&table, conf);
}

int conf_read(struct conf *conf, const char *path, struct buf *complaints)
{
	return settings_read(&table, conf, path, complaints);
}

int conf_describe(struct buf *out)
{
	return settings_describe(&table, out);
}
