/* The agent's settings: an INI file, read into one struct. Works without a file. */
#ifndef AGENT_CONF_H
#define AGENT_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"
#include "model/topics.h"
#include "settings/settings.h"

enum { CONF_HOST_SIZE = 272, CONF_MAX_GPIO = 32 };

/* The switches of the [sensors] section. */
enum conf_sensor {
	CONF_THERMAL,
	CONF_HWMON,
	CONF_LOAD,
	CONF_MEMORY,
	CONF_DISK,
	CONF_NETWORK,
	CONF_UPTIME,
	CONF_IIO,
	CONF_W1,
	CONF_SENSORS,
};

struct conf_gpio {
	char name[MODEL_NAME_SIZE];
	char chip[64];
	unsigned line;
	bool active_low;
};

struct conf {
	char name[MODEL_NAME_SIZE]; /* empty: the host's name */
	char area[MODEL_NAME_SIZE]; /* empty: none */
	int64_t interval_s;
	enum log_level log_level;
	char hub[CONF_HOST_SIZE]; /* host[:port] to dial; empty: what the hub told at joining */
	bool sensors[CONF_SENSORS];
	struct settings_list disks; /* absolute paths */
	bool leds;
	struct settings_list lamps, thermometers, doors, powers; /* simulated devices' names */
	size_t gpio_count;
	struct conf_gpio gpios[CONF_MAX_GPIO];
};

/* The settings without a file. */
void conf_init(struct conf *conf);

/* Reads the file at path over conf, which conf_init has set. Returns 0; ERR_NOT_FOUND
 * (no such file); or ERR_CONFIG, or the error of reading, with one line per mistake
 * appended to complaints: file, line, what is wrong, what is allowed. */
int conf_read(struct conf *conf, const char *path, struct buf *complaints);

/* Appends a table of all settings for people: section, name, what is allowed, default, text. */
int conf_describe(struct buf *out);

#endif
