/* Tasmota's sensors: whatever lies in the objects of "sn", however deep. What a number means is in its key alone; the table
 * follows hatasmota's and Home Assistant's. Pure, any thread. */
#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/tasmota_private.h"

enum { PATH_SIZE = 160, DEPTH_MAX = 4, ARRAY_MAX = 16, SENSORS_MAX = 200 };

static const struct quantity {
	const char *key, *unit, *device_class, *state_class;
} quantities[] = {
	{"ActivePower", "W", "power", "measurement"},
	{"Ambient", "lx", "illuminance", "measurement"},
	{"ApparentPower", "VA", "apparent_power", "measurement"},
	{"Battery", "%", "battery", "measurement"},
	{"CarbonDioxide", "ppm", "carbon_dioxide", "measurement"},
	{"CCT", "K", NULL, "measurement"},
	{"CF1", "µg/m³", "pm1", "measurement"},
	{"CF10", "µg/m³", "pm10", "measurement"},
	{"CF2.5", "µg/m³", "pm25", "measurement"},
	{"Current", "A", "current", "measurement"},
	{"CurrentNeutral", "A", "current", "measurement"},
	{"DewPoint", "TempUnit", "temperature", "measurement"},
	{"Distance", "cm", "distance", "measurement"},
	{"eCO2", "ppm", "carbon_dioxide", "measurement"},
	{"Energy", "kWh", "energy", "total"},
	{"ExportActive", "kWh", "energy", "total"},
	{"ExportReactive", "kvarh", "reactive_energy", "total"},
	{"ExportTariff", "kWh", "energy", "total"},
	{"Factor", NULL, "power_factor", "measurement"},
	{"Frequency", "Hz", "frequency", "measurement"},
	{"Humidity", "%", "humidity", "measurement"},
	{"Illuminance", "lx", "illuminance", "measurement"},
	{"ImportActive", "kWh", "energy", "total"},
	{"ImportReactive", "kvarh", "reactive_energy", "total"},
	{"Moisture", "%", "moisture", "measurement"},
	{"PhaseAngle", "°", NULL, "measurement"},
	{"PM1", "µg/m³", "pm1", "measurement"},
	{"PM10", "µg/m³", "pm10", "measurement"},
	{"PM2.5", "µg/m³", "pm25", "measurement"},
	{"Power", "W", "power", "measurement"},
	{"Pressure", "PressureUnit", "pressure", "measurement"},
	{"ReactivePower", "var", "reactive_power", "measurement"},
	{"SeaPressure", "PressureUnit", "pressure", "measurement"},
	{"Speed", "SpeedUnit", "wind_speed", "measurement"},
	{"Temperature", "TempUnit", "temperature", "measurement"},
	{"Today", "kWh", "energy", "total_increasing"},
	{"Total", "kWh", "energy", "total"},
	{"TotalTariff", "kWh", "energy", "total"},
	{"TVOC", "ppb", "volatile_organic_compounds_parts", "measurement"},
	{"Voltage", "V", "voltage", "measurement"},
	{"Weight", "kg", "weight", "measurement"},
	{"Yesterday", "kWh", "energy", NULL},
};

static const struct quantity *find_exact(const char *key, size_t len)
{
	for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++)
		if (strlen(quantities[i].key) == len && strncmp(quantities[i].key, key, len) == 0)
			return &quantities[i];
	return NULL;
}

/* Drivers with several inputs count them behind the key, e.g. Temperature1. */
static const struct quantity *find_quantity(const char *key)
{
	size_t len = strlen(key);
	const struct quantity *q = find_exact(key, len);
	while (!q && len && isdigit((unsigned char)key[len - 1]))
		q = find_exact(key, --len);
	return q;
}

/* Of the units that the device may choose, the message says which. Percent signs and such are the table's. */
static void set_unit(struct tasmota *t, json_t *c, const char *unit)
{
	const char *chosen = strlen(unit) > 4 && strcmp(unit + strlen(unit) - 4, "Unit") == 0
				     ? json_string_value(json_object_get(t->sensors, unit))
				     : unit;
	if (!chosen)
		chosen = strcmp(unit, "TempUnit") == 0 ? "C" : strcmp(unit, "PressureUnit") == 0 ? "hPa" : "";
	bool degrees = strcmp(unit, "TempUnit") == 0;
	if (chosen[0])
		form_setf(&t->form, c, "unit_of_measurement", "%s%s", degrees ? "°" : "", chosen);
}

/* One way through the objects of "sn". */
struct path {
	char id[PATH_SIZE], name[PATH_SIZE], expression[PATH_SIZE * 2];
	const char *quantity; /* the key that says what is measured */
};

static void add_sensor(struct tasmota *t, const struct path *path, const json_t *sample, int index)
{
	struct form *f = &t->form;
	char id[PATH_SIZE + 16], name[PATH_SIZE + 16];
	const struct quantity *q = find_quantity(path->quantity);
	int cut = index < 0 ? str_format(id, sizeof id, "%s", path->id) : str_format(id, sizeof id, "%s_%d", path->id, index);
	cut += index < 0 ? str_format(name, sizeof name, "%s", path->name) : str_format(name, sizeof name, "%s %d", path->name, index + 1);
	(void)cut; /* they fit */
	if (json_object_size(f->components) >= SENSORS_MAX)
		return;
	json_t *c = form_component(f, id, "sensor", name);
	form_setf(f, c, "state_topic", "%sSENSOR", t->tele);
	if (index < 0)
		form_setf(f, c, "value_template", "{{ %s }}", path->expression);
	else /* energy meters announce as many phases as they might have and tell of one as a bare number */
		form_setf(f, c, "value_template", "{%% set v = %s %%}{%% if v is list %%}{{ v[%d] }}{%% elif %s %%}{{ v }}{%% endif %%}",
			  path->expression, index, index == 0 ? "true" : "false");
	if (!q || !json_is_number(sample))
		return;
	if (q->unit)
		set_unit(t, c, q->unit);
	if (q->device_class)
		form_set(f, c, "device_class", json_string(q->device_class));
	if (q->state_class)
		form_set(f, c, "state_class", json_string(q->state_class));
}

/* Keys that say nothing that is measured, and those that could not stand in a template. */
static bool ignored(const char *key)
{
	return !key[0] || strcmp(key, "Id") == 0 || strcmp(key, "Time") == 0 || strpbrk(key, "'\\\n");
}

static void walk(struct tasmota *t, const struct path *parent, const json_t *object, int depth);

static void step(struct tasmota *t, const struct path *parent, const char *key, const json_t *value, int depth)
{
	struct path path = *parent;
	size_t ids = strlen(path.id), names = strlen(path.name), expressions = strlen(path.expression);
	if (ignored(key) || str_format(path.id + ids, sizeof path.id - ids, "%s%s", ids ? "_" : "", key) != 0 ||
	    str_format(path.name + names, sizeof path.name - names, "%s%s", names ? " " : "", key) != 0 ||
	    str_format(path.expression + expressions, sizeof path.expression - expressions, "['%s']", key) != 0)
		return;
	if (depth <= 1 || !find_quantity(path.quantity)) /* Speed of {"Speed":{"Act":…,"Max":…}} says it */
		path.quantity = key;
	size_t i;
	const json_t *item;
	if (json_is_object(value) && depth < DEPTH_MAX)
		walk(t, &path, value, depth + 1);
	else if (json_is_array(value))
		json_array_foreach(value, i, item) {
			if (i < ARRAY_MAX && !json_is_array(item) && !json_is_object(item))
				add_sensor(t, &path, item, (int)i);
		}
	else if (depth > 0 && !json_is_object(value))
		add_sensor(t, &path, value, -1);
}

static void walk(struct tasmota *t, const struct path *parent, const json_t *object, int depth)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
		if (depth > 0 || (json_is_object(value) && strncmp(key, "Shutter", 7) != 0))
			step(t, parent, key, value, depth);
}

/* ---- what the device tells of itself ----------------------------------- */

static const struct {
	const char *id, *name, *expression, *unit, *device_class;
} diagnostics[] = {
	{"wifi_signal", "Wi-Fi signal", "value_json.Wifi.Signal", "dBm", "signal_strength"},
	{"wifi_rssi", "Wi-Fi quality", "value_json.Wifi.RSSI", "%", NULL},
	{"uptime", "Uptime", "value_json.UptimeSec", "s", "duration"},
};

static void add_diagnostics(struct tasmota *t)
{
	struct form *f = &t->form;
	for (size_t i = 0; i < sizeof diagnostics / sizeof *diagnostics; i++) {
		json_t *c = form_component(f, diagnostics[i].id, "sensor", diagnostics[i].name);
		form_setf(f, c, "state_topic", "%sSTATE", t->tele);
		form_setf(f, c, "value_template", "{{ %s }}", diagnostics[i].expression);
		form_set(f, c, "unit_of_measurement", json_string(diagnostics[i].unit));
		form_set(f, c, "state_class", json_string("measurement"));
		form_set(f, c, "entity_category", json_string("diagnostic"));
		if (diagnostics[i].device_class)
			form_set(f, c, "device_class", json_string(diagnostics[i].device_class));
	}
}

void tasmota_sensors(struct tasmota *t)
{
	const struct path root = {.expression = "value_json", .quantity = ""};
	walk(t, &root, t->sensors, 0);
	add_diagnostics(t);
}
