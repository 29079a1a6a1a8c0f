/* Bluetooth devices that a Shelly hears: sensors that speak BTHome (bthome.io, version 2, whose object ids name what is measured), buttons and
 * radiator valves. Pure, any thread. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/shelly_private.h"

enum { OBJECT_BATTERY = 0x01, OBJECT_BUTTON = 0x3a };

/* In the order of ids. unit NULL and device_class NULL: a number without either. binary: true or false. */
static const struct object {
	int id;
	const char *title, *unit, *device_class, *state_class;
	bool binary;
} objects[] = {
	{0x01, "Battery", "%", "battery", "measurement", false},
	{0x02, "Temperature", "°C", "temperature", "measurement", false},
	{0x03, "Humidity", "%", "humidity", "measurement", false},
	{0x04, "Pressure", "hPa", "atmospheric_pressure", "measurement", false},
	{0x05, "Illuminance", "lx", "illuminance", "measurement", false},
	{0x06, "Mass", "kg", "weight", "measurement", false},
	{0x07, "Mass", "lb", "weight", "measurement", false},
	{0x08, "Dew point", "°C", "temperature", "measurement", false},
	{0x09, "Count", NULL, NULL, "measurement", false},
	{0x0a, "Energy", "kWh", "energy", "total_increasing", false},
	{0x0b, "Power", "W", "power", "measurement", false},
	{0x0c, "Voltage", "V", "voltage", "measurement", false},
	{0x0d, "PM2.5", "µg/m³", "pm25", "measurement", false},
	{0x0e, "PM10", "µg/m³", "pm10", "measurement", false},
	{0x0f, "State", NULL, NULL, NULL, true},
	{0x10, "Power", NULL, "power", NULL, true},
	{0x11, "Opening", NULL, "opening", NULL, true},
	{0x12, "Carbon dioxide", "ppm", "carbon_dioxide", "measurement", false},
	{0x13, "Volatile organic compounds", "µg/m³", "volatile_organic_compounds", "measurement", false},
	{0x14, "Moisture", "%", "moisture", "measurement", false},
	{0x15, "Battery low", NULL, "battery", NULL, true},
	{0x16, "Charging", NULL, "battery_charging", NULL, true},
	{0x17, "Carbon monoxide", NULL, "carbon_monoxide", NULL, true},
	{0x18, "Cold", NULL, "cold", NULL, true},
	{0x19, "Connectivity", NULL, "connectivity", NULL, true},
	{0x1a, "Door", NULL, "door", NULL, true},
	{0x1b, "Garage door", NULL, "garage_door", NULL, true},
	{0x1c, "Gas", NULL, "gas", NULL, true},
	{0x1d, "Heat", NULL, "heat", NULL, true},
	{0x1e, "Light", NULL, "light", NULL, true},
	{0x1f, "Lock", NULL, "lock", NULL, true},
	{0x20, "Moisture", NULL, "moisture", NULL, true},
	{0x21, "Motion", NULL, "motion", NULL, true},
	{0x22, "Moving", NULL, "moving", NULL, true},
	{0x23, "Occupancy", NULL, "occupancy", NULL, true},
	{0x24, "Plug", NULL, "plug", NULL, true},
	{0x25, "Presence", NULL, "presence", NULL, true},
	{0x26, "Problem", NULL, "problem", NULL, true},
	{0x27, "Running", NULL, "running", NULL, true},
	{0x28, "Safety", NULL, "safety", NULL, true},
	{0x29, "Smoke", NULL, "smoke", NULL, true},
	{0x2a, "Sound", NULL, "sound", NULL, true},
	{0x2b, "Tamper", NULL, "tamper", NULL, true},
	{0x2c, "Vibration", NULL, "vibration", NULL, true},
	{0x2d, "Window", NULL, "window", NULL, true},
	{0x2e, "Humidity", "%", "humidity", "measurement", false},
	{0x2f, "Moisture", "%", "moisture", "measurement", false},
	{0x3d, "Count", NULL, NULL, "measurement", false},
	{0x3e, "Count", NULL, NULL, "measurement", false},
	{0x3f, "Rotation", "°", NULL, "measurement", false},
	{0x40, "Distance", "mm", "distance", "measurement", false},
	{0x41, "Distance", "m", "distance", "measurement", false},
	{0x42, "Duration", "s", "duration", "measurement", false},
	{0x43, "Current", "A", "current", "measurement", false},
	{0x44, "Speed", "m/s", "speed", "measurement", false},
	{0x45, "Temperature", "°C", "temperature", "measurement", false},
	{0x46, "UV index", NULL, NULL, "measurement", false},
	{0x47, "Volume", "L", "volume", "measurement", false},
	{0x48, "Volume", "mL", "volume", "measurement", false},
	{0x49, "Flow", "m³/h", "volume_flow_rate", "measurement", false},
	{0x4a, "Voltage", "V", "voltage", "measurement", false},
	{0x4b, "Gas", "m³", "gas", "total_increasing", false},
	{0x4c, "Gas", "m³", "gas", "total_increasing", false},
	{0x4d, "Energy", "kWh", "energy", "total_increasing", false},
	{0x4e, "Volume", "L", "volume", "measurement", false},
	{0x4f, "Water", "L", "water", "total_increasing", false},
	{0x51, "Acceleration", "m/s²", NULL, "measurement", false},
	{0x52, "Rotation speed", "°/s", NULL, "measurement", false},
	{0x55, "Stored volume", "L", "volume_storage", "measurement", false},
	{0x56, "Conductivity", "µS/cm", "conductivity", "measurement", false},
	{0x57, "Temperature", "°C", "temperature", "measurement", false},
	{0x58, "Temperature", "°C", "temperature", "measurement", false},
	{0x59, "Count", NULL, NULL, "measurement", false},
	{0x5a, "Count", NULL, NULL, "measurement", false},
	{0x5b, "Count", NULL, NULL, "measurement", false},
	{0x5c, "Power", "W", "power", "measurement", false},
	{0x5d, "Current", "A", "current", "measurement", false},
	{0x5e, "Direction", "°", NULL, "measurement", false},
	{0x5f, "Precipitation", "mm", "precipitation", "measurement", false},
};

static const struct object *find_object(json_int_t id)
{
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
		if (objects[i].id == id)
			return &objects[i];
	return NULL;
}

static json_int_t number_of(const struct shelly_part *part, const char *member)
{
	return json_integer_value(json_object_get(part->config, member));
}

/* As its owner calls it, or by what it measures and its place among several. */
static void name_sensor(const struct shelly_part *part, const struct object *object, char *name_r, size_t size)
{
	const char *name = json_string_value(json_object_get(part->config, "name"));
	json_int_t place = number_of(part, "idx");
	int cut = 0;
	if (name && name[0])
		form_fit(name_r, size, name);
	else if (!object)
		cut = str_format(name_r, size, "Object %d", (int)number_of(part, "obj_id"));
	else if (place > 0)
		cut = str_format(name_r, size, "%s %d", object->title, (int)place + 1);
	else
		cut = str_format(name_r, size, "%s", object->title);
	(void)cut; /* titles fit */
}

static void add_sensor(struct shelly *s, const struct shelly_part *part)
{
	static const char *const keys[] = {"state_topic", "value_template"};
	const struct object *object = find_object(number_of(part, "obj_id"));
	struct form *f = &s->form;
	char name[SHELLY_LABEL_SIZE];
	bool binary = object ? object->binary : json_is_boolean(json_object_get(part->status, "value"));
	name_sensor(part, object, name, sizeof name);
	json_t *c = shelly_entity(s, part, NULL, binary ? "binary_sensor" : "sensor", name);
	shelly_report(s, c, part, keys, "{{ s.value }}");
	if (binary) {
		form_set(f, c, "payload_on", json_string("True"));
		form_set(f, c, "payload_off", json_string("False"));
	}
	if (object && object->unit)
		form_set(f, c, "unit_of_measurement", json_string(object->unit));
	if (object && object->device_class)
		form_set(f, c, "device_class", json_string(object->device_class));
	if (object && object->state_class)
		form_set(f, c, "state_class", json_string(object->state_class));
	if (!object || object->id == OBJECT_BATTERY)
		form_set(f, c, "entity_category", json_string("diagnostic"));
}

/* ---- the device ---------------------------------------------------------- */

/* What is known of its components before the first becomes an entity. */
struct members {
	bool valve, battery, button, measures;
};

static struct members look(const struct shelly *s)
{
	struct members m = {0};
	const char *key;
	json_t *config;
	json_object_foreach((json_t *)(uintptr_t)s->config, key, config) {
		struct shelly_part part = {.config = config};
		if (!shelly_key(key, &part))
			continue;
		bool sensor = strcmp(part.type, "bthomesensor") == 0;
		json_int_t object = number_of(&part, "obj_id");
		m.valve |= strcmp(part.type, "blutrv") == 0;
		m.battery |= strcmp(part.type, "bthomedevice") == 0 && json_object_get(json_object_get(s->status, key), "battery");
		m.button |= sensor && object == OBJECT_BUTTON;
		m.measures |= sensor && object != OBJECT_BUTTON && object != OBJECT_BATTERY;
	}
	return m;
}

/* A button tells of presses by the device's events; since firmware 1.6 nothing else says that it is one. */
static void add_part(struct shelly *s, const struct shelly_part *part, const struct members *m)
{
	json_int_t object = number_of(part, "obj_id");
	if (m->valve) { /* which tells by itself what its sensors do */
		if (strcmp(part->type, "blutrv") == 0)
			shelly_valve(s, part);
	} else if (strcmp(part->type, "bthomedevice") == 0) {
		if (m->button || !m->measures)
			shelly_button(s, part, m->measures ? "Button" : NULL);
		shelly_measures(s, part);
	} else if (strcmp(part->type, "bthomesensor") == 0 && object != OBJECT_BUTTON && !(object == OBJECT_BATTERY && m->battery)) {
		add_sensor(s, part);
	}
}

void shelly_bluetooth(struct shelly *s)
{
	const struct members m = look(s);
	const char *key;
	json_t *config;
	json_object_foreach((json_t *)(uintptr_t)s->config, key, config) {
		struct shelly_part part = {.config = config, .status = json_object_get(s->status, key)};
		if (shelly_key(key, &part))
			add_part(s, &part, &m);
	}
}

const char *shelly_bluetooth_name(const json_t *config)
{
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)(uintptr_t)config, key, member) {
		const char *name = json_string_value(json_object_get(member, "name"));
		if (strncmp(key, "bthomesensor:", 13) != 0 && name && name[0])
			return name;
	}
	return NULL;
}
