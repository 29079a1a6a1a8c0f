/* Thermostats, air conditioners and fans of Zigbee2MQTT. */
#include <stdlib.h>
#include <string.h>

#include "dialect/zigbee2mqtt.h"

/* A property of a climate both ways: the keys begin with the property's name in Home Assistant's vocabulary. */
struct way {
	const char *state_topic, *state_template, *command_topic, *command_template;
};

static const struct way mode = {"mode_state_topic", "mode_state_template", "mode_command_topic", "mode_command_template"},
			fan_mode = {"fan_mode_state_topic", "fan_mode_state_template", "fan_mode_command_topic",
				    "fan_mode_command_template"},
			swing_mode = {"swing_mode_state_topic", "swing_mode_state_template", "swing_mode_command_topic",
				      "swing_mode_command_template"},
			preset = {"preset_mode_state_topic", "preset_mode_value_template", "preset_mode_command_topic",
				  "preset_mode_command_template"},
			target = {"temperature_state_topic", "temperature_state_template", "temperature_command_topic",
				  "temperature_command_template"},
			target_low = {"temperature_low_state_topic", "temperature_low_state_template",
				      "temperature_low_command_topic", "temperature_low_command_template"},
			target_high = {"temperature_high_state_topic", "temperature_high_state_template",
				       "temperature_high_command_topic", "temperature_high_command_template"};

static void number(struct z2m *z, json_t *c, const json_t *feature, const struct way *way)
{
	const char *property = z2m_property(feature);
	if (!property)
		return;
	z2m_report(z, c, way->state_topic, way->state_template, property);
	if (z2m_access(feature) & Z2M_SET)
		z2m_command(z, c, way->command_topic, way->command_template, property);
	z2m_gettable(z, feature);
}

static void words(struct z2m *z, json_t *c, const json_t *feature, const struct way *way, const char *list)
{
	const char *property = z2m_property(feature);
	if (!property)
		return;
	z2m_report(z, c, way->state_topic, way->state_template, property);
	if (z2m_access(feature) & Z2M_SET)
		z2m_command_string(z, c, way->command_topic, way->command_template, property);
	z2m_choices(z, c, list, feature);
	z2m_gettable(z, feature);
}

static void set_action(struct z2m *z, json_t *c, const json_t *feature)
{
	const char *property = z2m_property(feature);
	if (!property)
		return;
	z2m_state_topic(z, c, "action_topic");
	form_setf(&z->form, c, "action_template",
		  "{{ {'idle': 'idle', 'heat': 'heating', 'cool': 'cooling', 'fan_only': 'fan'}[value_json['%s']] | default('') }}",
		  property);
	z2m_gettable(z, feature);
}

static void set_targets(struct z2m *z, json_t *c, const json_t *heat, const json_t *cool)
{
	const json_t *limits = heat ? heat : cool;
	double min = json_number_value(json_object_get(limits, "value_min"));
	double max = json_number_value(json_object_get(limits, "value_max"));
	if (heat && cool) {
		number(z, c, heat, &target_low);
		number(z, c, cool, &target_high);
	} else {
		number(z, c, limits, &target);
	}
	if (min < max) {
		z2m_number(z, c, "min_temp", limits, "value_min");
		z2m_number(z, c, "max_temp", limits, "value_max");
	}
	if (json_number_value(json_object_get(limits, "value_step")) > 0)
		z2m_number(z, c, "temp_step", limits, "value_step");
}

void z2m_climate(struct z2m *z, const json_t *expose)
{
	static const char *const names[] = {
		"occupied_heating_setpoint", "current_heating_setpoint", "occupied_cooling_setpoint", "local_temperature",
		"system_mode", "running_state", "fan_mode", "swing_mode", "preset", NULL};
	const json_t *heat = z2m_feature(expose, "occupied_heating_setpoint"), *temperature = z2m_feature(expose, "local_temperature");
	const char *endpoint = z2m_text(expose, "endpoint");
	char name[MODEL_NAME_SIZE];
	heat = heat ? heat : z2m_feature(expose, "current_heating_setpoint");
	json_t *c = z2m_component(z, "climate", "climate", endpoint[0] ? z2m_title(endpoint, name) : NULL);
	set_targets(z, c, heat, z2m_feature(expose, "occupied_cooling_setpoint"));
	form_set(&z->form, c, "modes", json_array()); /* none, unless it tells */
	words(z, c, z2m_feature(expose, "system_mode"), &mode, "modes");
	words(z, c, z2m_feature(expose, "fan_mode"), &fan_mode, "fan_modes");
	words(z, c, z2m_feature(expose, "swing_mode"), &swing_mode, "swing_modes");
	words(z, c, z2m_feature(expose, "preset"), &preset, "preset_modes");
	set_action(z, c, z2m_feature(expose, "running_state"));
	if (z2m_property(temperature)) {
		z2m_report(z, c, "current_temperature_topic", "current_temperature_template", z2m_property(temperature));
		z2m_gettable(z, temperature);
	}
	z2m_rest(z, expose, names);
}

/* ---- fans ------------------------------------------------------------------ */

/* Splits a fan's modes into speeds, in their order, and others (on, auto, smart). "off" is neither: the switch does that. */
static void sort_modes(struct z2m *z, const json_t *values, json_t *speeds, json_t *others)
{
	static const char *const order[] = {"low", "medium", "high", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
	const json_t *value;
	size_t i;
	for (size_t n = 0; n < sizeof order / sizeof *order; n++)
		json_array_foreach(values, i, value)
			if (strcmp(order[n], json_is_string(value) ? json_string_value(value) : "") == 0 &&
			    json_array_append_new(speeds, json_string(order[n])) != 0)
				z->form.failed = true;
	json_array_foreach(values, i, value) {
		const char *word = json_is_string(value) ? json_string_value(value) : "off";
		bool known = strcmp(word, "off") == 0;
		for (size_t n = 0; n < sizeof order / sizeof *order; n++)
			known |= strcmp(order[n], word) == 0;
		if (!known && strlen(word) < 48 && !strpbrk(word, "'\"\\") && json_array_append_new(others, json_string(word)) != 0)
			z->form.failed = true;
	}
}

/* Speeds are told by name and counted in order: both templates hold the list of names. */
static void set_speeds(struct z2m *z, json_t *c, const char *property, const json_t *speeds)
{
	char *list = json_dumps(speeds, JSON_COMPACT); /* plain ASCII words: the same in a template */
	if (!list) {
		z->form.failed = true;
		return;
	}
	json_t *places = json_object();
	const json_t *speed;
	size_t i;
	json_array_foreach(speeds, i, speed)
		form_set(&z->form, places, json_string_value(speed), json_integer((json_int_t)i + 1));
	form_set(&z->form, places, "off", json_integer(0));
	char *table = json_dumps(places, JSON_COMPACT);
	z2m_state_topic(z, c, "percentage_state_topic");
	z2m_command_topic(z, c, "percentage_command_topic");
	form_setf(&z->form, c, "percentage_value_template", "{{ %s[value_json['%s']] | default('') }}", table ? table : "", property);
	form_setf(&z->form, c, "percentage_command_template", "{\"%s\":\"{{ (['off'] + %s)[value] }}\"}", property, list);
	form_set(&z->form, c, "speed_range_min", json_integer(1));
	form_set(&z->form, c, "speed_range_max", json_integer((json_int_t)json_array_size(speeds)));
	free(table);
	free(list);
	json_decref(places);
}

static void set_presets(struct z2m *z, json_t *c, const char *property, const json_t *others)
{
	char *list = json_dumps(others, JSON_COMPACT | JSON_ENSURE_ASCII);
	z2m_state_topic(z, c, preset.state_topic);
	form_setf(&z->form, c, preset.state_template, "{{ value_json['%s'] if value_json['%s'] in %s else 'None' if '%s' in value_json else '' }}",
		  property, property, list ? list : "[]", property);
	z2m_command_string(z, c, preset.command_topic, preset.command_template, property);
	form_set(&z->form, c, "preset_modes", json_deep_copy(others));
	free(list);
}

/* has_speed: a number tells how fast it is, and its modes are only words. */
static void set_modes(struct z2m *z, json_t *c, const json_t *feature, bool has_speed)
{
	const char *property = z2m_property(feature);
	json_t *speeds = json_array(), *others = json_array();
	sort_modes(z, json_object_get(feature, "values"), speeds, others);
	if (json_array_size(speeds) > 0 && !has_speed)
		set_speeds(z, c, property, speeds);
	if (json_array_size(others) > 0)
		set_presets(z, c, property, others);
	z2m_gettable(z, feature);
	json_decref(speeds);
	json_decref(others);
}

/* A fan whose speed is a number. */
static void set_number(struct z2m *z, json_t *c, const json_t *feature)
{
	const char *property = z2m_property(feature);
	z2m_report(z, c, "percentage_state_topic", "percentage_value_template", property);
	z2m_command(z, c, "percentage_command_topic", "percentage_command_template", property);
	if (json_number_value(json_object_get(feature, "value_min")) >= 1)
		z2m_number(z, c, "speed_range_min", feature, "value_min");
	z2m_number(z, c, "speed_range_max", feature, "value_max");
	z2m_gettable(z, feature);
}

void z2m_fan(struct z2m *z, const json_t *expose)
{
	static const char *const names[] = {"state", "mode", "speed", NULL};
	const json_t *state = z2m_feature(expose, "state"), *modes = z2m_feature(expose, "mode"), *speed = z2m_feature(expose, "speed");
	json_t *c = z2m_component(z, "fan", "fan", NULL);
	if (z2m_property(state)) {
		z2m_report(z, c, "state_topic", "state_value_template", z2m_property(state));
		z2m_command_string(z, c, "command_topic", "command_template", z2m_property(state));
		z2m_gettable(z, state);
	}
	if (z2m_property(speed))
		set_number(z, c, speed);
	if (z2m_property(modes))
		set_modes(z, c, modes, z2m_property(speed) != NULL);
	z2m_rest(z, expose, names);
}
