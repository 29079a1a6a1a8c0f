/* What Shelly's components measure: every number of a status whose name is in the table, be it of one phase or of all. Pure, any
 * thread. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/shelly_private.h"

static const struct measure {
	const char *path, *title, *unit, *device_class, *state_class;
	bool diagnostic;
} measures[] = {
	{"apower", "Power", "W", "power", "measurement", false},
	{"act_power", "Power", "W", "power", "measurement", false},
	{"aprt_power", "Apparent power", "VA", "apparent_power", "measurement", false},
	{"voltage", "Voltage", "V", "voltage", "measurement", false},
	{"xvoltage", "Value", NULL, NULL, "measurement", false},
	{"current", "Current", "A", "current", "measurement", false},
	{"pf", "Power factor", NULL, "power_factor", "measurement", false},
	{"freq", "Frequency", "Hz", "frequency", "measurement", false},
	{"aenergy.total", "Energy", "Wh", "energy", "total_increasing", false},
	{"ret_aenergy.total", "Returned energy", "Wh", "energy", "total_increasing", false},
	{"total_act_energy", "Energy", "Wh", "energy", "total_increasing", false},
	{"total_act_ret_energy", "Returned energy", "Wh", "energy", "total_increasing", false},
	{"total_act", "Total energy", "Wh", "energy", "total_increasing", false},
	{"total_act_ret", "Total returned energy", "Wh", "energy", "total_increasing", false},
	{"temperature.tC", "Temperature", "°C", "temperature", "measurement", true},
	{"tC", "Temperature", "°C", "temperature", "measurement", false},
	{"rh", "Humidity", "%", "humidity", "measurement", false},
	{"lux", "Illuminance", "lx", "illuminance", "measurement", false},
	{"percent", "Level", "%", NULL, "measurement", false},
	{"counts.total", "Count", NULL, NULL, "total_increasing", false},
	{"battery.percent", "Battery", "%", "battery", "measurement", true},
	{"battery.V", "Battery voltage", "V", "voltage", "measurement", true},
	{"battery", "Battery", "%", "battery", "measurement", true},
	{"rssi", "Signal", "dBm", "signal_strength", "measurement", true},
	{"pos", "Valve", "%", NULL, "measurement", true},
};

static const struct phase {
	const char *prefix, *title;
} phases[] = {{"", ""}, {"a_", "Phase A "}, {"b_", "Phase B "}, {"c_", "Phase C "}, {"n_", "Neutral "}, {"total_", "Total "}};

static const struct measure *find_measure(const char *path, const struct phase **phase_r)
{
	for (const struct phase *phase = phases; phase < phases + sizeof phases / sizeof *phases; phase++) {
		size_t n = strlen(phase->prefix);
		if (strncmp(path, phase->prefix, n) != 0)
			continue;
		for (const struct measure *m = measures; m < measures + sizeof measures / sizeof *measures; m++)
			if (strcmp(path + n, m->path) == 0) {
				*phase_r = phase;
				return m;
			}
	}
	return NULL;
}

static void set_measure(struct shelly *s, json_t *c, const struct measure *m)
{
	struct form *f = &s->form;
	if (m->unit)
		form_set(f, c, "unit_of_measurement", json_string(m->unit));
	if (m->device_class)
		form_set(f, c, "device_class", json_string(m->device_class));
	form_set(f, c, "state_class", json_string(m->state_class));
	if (m->diagnostic)
		form_set(f, c, "entity_category", json_string("diagnostic"));
}

static void add_measure(struct shelly *s, const struct shelly_part *part, const char *path)
{
	static const char *const keys[] = {"state_topic", "value_template"};
	const struct phase *phase;
	const struct measure *m = find_measure(path, &phase);
	char suffix[64], title[64], expression[96];
	if (!m)
		return;
	int cut = str_format(suffix, sizeof suffix, "%s", path) + str_format(title, sizeof title, "%s%s", phase->title, m->title) +
		  str_format(expression, sizeof expression, "{{ s.%s }}", path);
	(void)cut; /* what is in the tables fits */
	for (char *c = suffix; (c = strchr(c, '.'));)
		*c = '_';
	json_t *c = shelly_entity(s, part, suffix, "sensor", title);
	shelly_report(s, c, part, keys, expression);
	set_measure(s, c, m);
}

void shelly_measures(struct shelly *s, const struct shelly_part *part)
{
	const char *key, *inner;
	json_t *value, *number;
	json_object_foreach((json_t *)(uintptr_t)part->status, key, value) {
		if (!json_is_object(value)) {
			add_measure(s, part, key);
			continue;
		}
		json_object_foreach(value, inner, number) {
			char path[64];
			if (str_format(path, sizeof path, "%s.%s", key, inner) == 0)
				add_measure(s, part, path);
		}
	}
}

/* ---- what the device tells of itself ------------------------------------ */

static const char head[] = "{% set r = value_json.params if value_json.params is defined else value_json.result %}";

static void add_signal(struct shelly *s)
{
	struct form *f = &s->form;
	json_t *c = form_component(f, "wifi_signal", "sensor", "Wi-Fi signal");
	form_set(f, c, "state_topic", json_string(s->events));
	form_setf(f, c, "value_template", "%s{{ r.wifi.rssi }}", head);
	form_set(f, c, "unit_of_measurement", json_string("dBm"));
	form_set(f, c, "device_class", json_string("signal_strength"));
	form_set(f, c, "state_class", json_string("measurement"));
	form_set(f, c, "entity_category", json_string("diagnostic"));
}

/* The device tells only what else there is; what it has, it says when it is asked, which is on its return. */
static void add_update(struct shelly *s)
{
	struct form *f = &s->form;
	const char *version = json_string_value(json_object_get(s->info, "ver"));
	if (!version || strpbrk(version, "\"'\\{}%"))
		return;
	json_t *c = form_component(f, "firmware", "update", "Firmware");
	form_set(f, c, "device_class", json_string("firmware"));
	form_set(f, c, "entity_category", json_string("config"));
	form_set(f, c, "state_topic", json_string(s->events));
	form_setf(f, c, "value_template",
		  "%s{%% set u = r.sys.available_updates %%}{%% if u is defined %%}{\"installed_version\":\"%s\",\"latest_version\":\"{{ "
		  "u.stable.version if u.stable is defined else '%s' }}\"}{%% endif %%}",
		  head, version, version);
	form_set(f, c, "command_topic", json_string(s->rpc));
	form_set(f, c, "payload_install", json_string("{\"id\":1,\"method\":\"Shelly.Update\",\"params\":{\"stage\":\"stable\"}}"));
}

static void add_restart(struct shelly *s)
{
	struct form *f = &s->form;
	json_t *c = form_component(f, "restart", "button", "Restart");
	form_set(f, c, "entity_category", json_string("config"));
	form_set(f, c, "command_topic", json_string(s->rpc));
	form_setf(f, c, "command_template", "{\"id\":1,\"src\":\"%s/events\",\"method\":\"Shelly.Reboot\"}", s->prefix);
}

void shelly_diagnostics(struct shelly *s)
{
	if (json_object_get(s->status, "wifi"))
		add_signal(s);
	add_update(s);
	add_restart(s);
}
