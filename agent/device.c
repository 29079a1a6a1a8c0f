/* Sensors and actuators together. Main thread; knows neither MQTT nor JSON. */
#include "device.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "sensor.h"

/* Every driver and its switch in the settings. */
static const struct {
	const struct sensor_ops *ops;
	enum conf_sensor enabled_by; /* CONF_SENSORS: always */
} drivers[] = {
	{&sensor_thermal, CONF_THERMAL}, {&sensor_hwmon, CONF_HWMON},     {&sensor_load, CONF_LOAD},
	{&sensor_memory, CONF_MEMORY},   {&sensor_disk, CONF_DISK},       {&sensor_network, CONF_NETWORK},
	{&sensor_uptime, CONF_UPTIME},   {&sensor_iio, CONF_IIO},         {&sensor_w1, CONF_W1},
	{&sensor_simulated, CONF_SENSORS},
};

enum { DRIVERS = sizeof drivers / sizeof drivers[0] };

struct device {
	struct entities entities;
	void *states[DRIVERS]; /* of each driver; NULL where it found nothing */
	struct actuator *actuators;
};

static int add_sensors(struct device *device, const struct conf *conf, const struct kernel *kernel)
{
	const struct sensor_setup setup = {kernel, conf, &device->entities};
	for (size_t i = 0; i < DRIVERS; i++) {
		if (drivers[i].enabled_by != CONF_SENSORS && !conf->sensors[drivers[i].enabled_by])
			continue;
		size_t before = device->entities.count;
		int err = drivers[i].ops->create(&setup, &device->states[i]);
		if (err == ERR_NOMEM)
			return err;
		log_debug("sensors", "%s: %zu", drivers[i].ops->name, device->entities.count - before);
	}
	return 0;
}

int device_create(struct device **device_r, const struct conf *conf, const struct kernel *kernel)
{
	struct device *device = calloc(1, sizeof *device);
	if (!device)
		return ERR_NOMEM;
	/* actuators first: they are named by hand, sensors may be many */
	int err = actuator_lamp_add(&device->actuators, &device->entities, conf);
	if (!err)
		err = actuator_gpio_add(&device->actuators, &device->entities, conf);
	if (!err)
		err = actuator_led_add(&device->actuators, &device->entities, conf, kernel);
	if (!err)
		err = add_sensors(device, conf, kernel);
	if (err)
		device_destroy(&device);
	else
		*device_r = device;
	return err;
}

void device_destroy(struct device **device)
{
	struct device *d = *device;
	if (!d)
		return;
	for (size_t i = 0; i < DRIVERS; i++)
		if (d->states[i])
			drivers[i].ops->destroy(d->states[i]);
	for (struct actuator *a = d->actuators, *next; a; a = next) {
		next = a->next;
		a->ops->destroy(a);
	}
	free(d);
	*device = NULL;
}

void device_read(struct device *device, struct mono_ms now)
{
	for (size_t i = 0; i < DRIVERS; i++)
		if (device->states[i])
			drivers[i].ops->read(device->states[i], now);
}

const struct entities *device_entities(const struct device *device)
{
	return &device->entities;
}

static struct actuator *find_actuator(const struct device *device, struct span entity_id)
{
	for (struct actuator *a = device->actuators; a; a = a->next)
		if (span_is(entity_id, a->entity->id))
			return a;
	return NULL;
}

int device_command(struct device *device, struct span entity_id, struct span payload)
{
	struct actuator *a = find_actuator(device, entity_id);
	return a ? a->ops->command(a, payload) : ERR_NOT_FOUND;
}

/* Digits beyond what is shown and two more are the arithmetic's, not the sensor's. */
static double round_reading(const struct entity *entity)
{
	static const double powers[] = {1e2, 1e3, 1e4, 1e5, 1e6};
	int precision = entity->class ? entity->class->precision : -1;
	if (precision < 0 || precision > 4 || entity->value == trunc(entity->value))
		return entity->value;
	return round(entity->value * powers[precision]) / powers[precision];
}

int device_value(struct device *device, const struct entity *entity, struct buf *out)
{
	char number[32];
	switch (entity->kind) {
	case ENTITY_SWITCH:
	case ENTITY_LIGHT: {
		struct actuator *a = find_actuator(device, span_str(entity->id));
		return a ? a->ops->report(a, out) : ERR_NOT_FOUND;
	}
	case ENTITY_BINARY_SENSOR:
		return entity->known ? buf_append_str(out, entity->value > 0 ? "ON" : "OFF") : ERR_NOT_FOUND;
	case ENTITY_SENSOR:
		if (!entity->known)
			return ERR_NOT_FOUND;
		str_from_double(number, sizeof number, round_reading(entity));
		return buf_append_str(out, number);
	}
	return ERR_NOT_FOUND;
}
