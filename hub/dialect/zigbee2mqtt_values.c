/* Single values that a Zigbee2MQTT device exposes. What can be set becomes a switch, number, select, button or text;
 * the rest a sensor. (Home Assistant gets a sensor beside each number and select for the sake of older installations: here
 * there is one of them.) Composites and lists that are published are shown as text; those that can only be set
 * (a siren's warning, a thermostat's schedule, PIN codes) are left out: half of such an object is no valid command, and
 * no component carries a whole one. */
#include <string.h>

#include "dialect/zigbee2mqtt.h"

enum {
	CHOICES_MAX = 128,  /* what a description may name of them */
	SHOWN_TEXT_MAX = 200, /* characters of an object shown as text */
};

static bool is_setting(const char *platform)
{
	return strcmp(platform, "sensor") != 0 && strcmp(platform, "binary_sensor") != 0;
}

/* What is known of the name, and the category that the converter gives, which counts more. A sensor cannot be a setting. */
static void set_meaning(struct z2m *z, json_t *c, const json_t *expose, const struct z2m_meaning *meaning)
{
	const char *category = z2m_text(expose, "category"), *platform = z2m_text(c, "platform");
	if (meaning && meaning->device_class && (strcmp(platform, "number") != 0 || strcmp(meaning->device_class, "temperature") == 0))
		form_set(&z->form, c, "device_class", json_string(meaning->device_class));
	if (meaning && meaning->state_class && strcmp(platform, "sensor") == 0)
		form_set(&z->form, c, "state_class", json_string(meaning->state_class));
	if (!category[0] && meaning && meaning->category)
		category = meaning->category;
	if (category[0])
		form_set(&z->form, c, "entity_category", json_string(is_setting(platform) ? category : "diagnostic"));
	if (strcmp(category, "config") != 0)
		z2m_gettable(z, expose); /* settings hardly change, and each costs a message on the air */
}

/* A component for the expose, told of its state if that is published. */
static json_t *component(struct z2m *z, const json_t *expose, const char *platform)
{
	char label[MODEL_NAME_SIZE];
	const char *property = z2m_property(expose);
	json_t *c = z2m_component(z, property, platform, z2m_label(expose, label));
	if (z2m_access(expose) & Z2M_PUBLISHED)
		z2m_report(z, c, "state_topic", strcmp(platform, "siren") == 0 ? "state_value_template" : "value_template", property);
	return c;
}

/* ---- binary ------------------------------------------------------------- */

/* A value of a binary as templates print it, after Python's manner, and as it is in JSON. */
static void set_word(struct z2m *z, json_t *c, const char *key, const json_t *value, bool printed)
{
	if (json_is_string(value))
		form_set(&z->form, c, key, json_string(json_string_value(value)));
	else if (json_is_boolean(value))
		form_set(&z->form, c, key, json_string(printed ? json_is_true(value) ? "True" : "False"
							       : json_is_true(value) ? "true" : "false"));
	else if (json_is_integer(value))
		form_setf(&z->form, c, key, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* What goes off when it is switched on; a switch but for that (wish_late.c). */
static bool is_siren(const json_t *expose)
{
	const char *name = z2m_text(expose, "name");
	return strcmp(name, "alarm") == 0 || strcmp(name, "siren") == 0;
}

static void binary(struct z2m *z, const json_t *expose)
{
	const json_t *on = json_object_get(expose, "value_on"), *off = json_object_get(expose, "value_off");
	const char *property = z2m_property(expose);
	bool settable = z2m_access(expose) & Z2M_SET;
	json_t *c = component(z, expose, !settable ? "binary_sensor" : is_siren(expose) ? "siren" : "switch");
	set_word(z, c, settable ? "state_on" : "payload_on", on, true);
	set_word(z, c, settable ? "state_off" : "payload_off", off, true);
	if (settable) {
		set_word(z, c, "payload_on", on, false);
		set_word(z, c, "payload_off", off, false);
		if (json_is_string(on))
			z2m_command_string(z, c, "command_topic", "command_template", property);
		else
			z2m_command(z, c, "command_topic", "command_template", property);
	}
	set_meaning(z, c, expose, z2m_meaning_of_binary(z2m_text(expose, "name")));
}

/* ---- numeric ------------------------------------------------------------ */

/* Limits of a number that has none, or not both. */
static void set_limits(struct z2m *z, json_t *c, const json_t *expose)
{
	if (!z2m_number(z, c, "min", expose, "value_min"))
		form_set(&z->form, c, "min", json_integer(0));
	if (!z2m_number(z, c, "max", expose, "value_max"))
		form_set(&z->form, c, "max", json_integer(65535));
	if (json_number_value(json_object_get(expose, "value_step")) > 0)
		z2m_number(z, c, "step", expose, "value_step");
}

static bool has_span(const json_t *expose)
{
	const json_t *min = json_object_get(expose, "value_min"), *max = json_object_get(expose, "value_max");
	return (min ? json_number_value(min) : 0) < (max ? json_number_value(max) : 65535);
}

static void numeric(struct z2m *z, const json_t *expose)
{
	const struct z2m_meaning *meaning = z2m_meaning_of_numeric(z2m_text(expose, "name"));
	static const struct z2m_meaning energy = {"", "energy", "total_increasing", NULL};
	static const struct z2m_meaning unclassed = {"", NULL, "measurement", NULL};
	const char *unit = z2m_text(expose, "unit");
	bool settable = z2m_access(expose) & Z2M_SET && has_span(expose);
	json_t *c = component(z, expose, settable ? "number" : "sensor");
	if (strlen(unit) < 32 && unit[0])
		form_set(&z->form, c, "unit_of_measurement", json_string(unit));
	if (settable) {
		z2m_command(z, c, "command_topic", "command_template", z2m_property(expose));
		set_limits(z, c, expose);
	}
	bool counts = strcmp(unit, "kWh") == 0 || strcmp(unit, "Wh") == 0;
	bool parts = meaning && strcmp(meaning->name, "voc") == 0 && strcmp(unit, "µg/m³") != 0;
	set_meaning(z, c, expose, counts ? &energy : parts ? &unclassed : meaning);
	if (!unit[0] && c && !(meaning && meaning->device_class && strcmp(meaning->device_class, "aqi") == 0))
		json_object_del(c, "device_class"); /* a class of Home Assistant's says nothing without a unit */
	if (!settable && !unit[0] && !z2m_text(c, "state_class")[0])
		form_set(&z->form, c, "state_class", json_string("measurement")); /* it is a number, so that it has a history of numbers */
}

/* ---- enum ---------------------------------------------------------------- */

/* An action is a moment, not a state: an event. Names that end in "*" (recall_*) stand for all that begin so. */
static void action(struct z2m *z, const json_t *expose)
{
	char label[MODEL_NAME_SIZE];
	const char *property = z2m_property(expose);
	json_t *c = z2m_component(z, property, "event", z2m_label(expose, label));
	const json_t *values = json_object_get(expose, "values"), *value;
	size_t i;
	json_t *text = json_sprintf("{%% set a = value_json['%s'] %%}{%% if a is string and a %%}{\"event_type\":{%% if false %%}", property);
	json_array_foreach(values, i, value) {
		const char *name = json_string_value(value);
		size_t len = name ? strlen(name) : 0;
		if (i >= CHOICES_MAX || len < 2 || len >= 64 || name[len - 1] != '*' || strpbrk(name, "'\\{}\"%"))
			continue;
		json_t *longer = json_sprintf("%s{%% elif a.startswith('%.*s') %%}\"%s\"", json_string_value(text), (int)(len - 1), name,
					      name);
		json_decref(text);
		text = longer;
	}
	z2m_state_topic(z, c, "state_topic");
	form_setf(&z->form, c, "value_template", "%s{%% else %%}{{ a | tojson }}{%% endif %%}}{%% endif %%}",
		  text ? json_string_value(text) : "");
	if (!text)
		z->form.failed = true;
	json_decref(text);
	z2m_choices(z, c, "event_types", expose);
}

static bool all_numbers(const json_t *values)
{
	const json_t *value;
	size_t i;
	json_array_foreach(values, i, value)
		if (!json_is_number(value))
			return false;
	return true;
}

static void button(struct z2m *z, const json_t *expose)
{
	char label[MODEL_NAME_SIZE];
	const char *property = z2m_property(expose), *press = json_string_value(json_array_get(json_object_get(expose, "values"), 0));
	json_t *c = z2m_component(z, property, "button", z2m_label(expose, label));
	form_set(&z->form, c, "payload_press", json_string(press));
	z2m_command_string(z, c, "command_topic", "command_template", property);
	set_meaning(z, c, expose, z2m_meaning_of_enum(z2m_text(expose, "name")));
}

static void enumeration(struct z2m *z, const json_t *expose)
{
	const json_t *values = json_object_get(expose, "values");
	unsigned access = z2m_access(expose);
	if (json_array_size(values) == 0)
		return;
	if (strcmp(z2m_text(expose, "name"), "action") == 0 && !(access & Z2M_SET)) {
		action(z, expose);
		return;
	}
	if (!(access & Z2M_PUBLISHED) && json_array_size(values) == 1 && json_is_string(json_array_get(values, 0)) &&
	    json_string_length(json_array_get(values, 0)) < 48) {
		button(z, expose);
		return;
	}
	json_t *c = component(z, expose, access & Z2M_SET ? "select" : "sensor");
	if (access & Z2M_SET) {
		z2m_choices(z, c, "options", expose);
		if (all_numbers(values))
			z2m_command(z, c, "command_topic", "command_template", z2m_property(expose));
		else
			z2m_command_string(z, c, "command_topic", "command_template", z2m_property(expose));
	} else if (json_array_size(values) <= CHOICES_MAX) {
		/* not as "options", which would refuse what a newer firmware says beyond them */
		form_set(&z->form, c, "device_class", json_string("enum"));
	}
	set_meaning(z, c, expose, z2m_meaning_of_enum(z2m_text(expose, "name")));
}

/* ---- the rest ------------------------------------------------------------- */

/* A text's command goes out as it is, below /set/<property>: a template would take "0123" for a number. */
static void text(struct z2m *z, const json_t *expose)
{
	bool settable = z2m_access(expose) & Z2M_SET;
	json_t *c = component(z, expose, settable ? "text" : "sensor");
	if (settable)
		form_setf(&z->form, c, "command_topic", "%s/%s/set/%s", z->base, z->name, z2m_property(expose));
	else
		form_set(&z->form, c, "device_class", json_string("enum")); /* words, even if they look like numbers */
	set_meaning(z, c, expose, NULL);
}

static void object(struct z2m *z, const json_t *expose)
{
	const char *property = z2m_property(expose);
	if (!(z2m_access(expose) & Z2M_PUBLISHED) || strcmp(z2m_text(expose, "name"), "pin_code") == 0)
		return; /* a lock's codes are nobody's to read */
	json_t *c = component(z, expose, "sensor");
	form_setf(&z->form, c, "value_template",
		  "{%% if value_json['%s'] is defined and value_json['%s'] is not none %%}{{ (value_json['%s'] | tojson)[:%d] }}{%% endif %%}",
		  property, property, property, SHOWN_TEXT_MAX);
	form_set(&z->form, c, "device_class", json_string("enum"));
	form_set(&z->form, c, "entity_category", json_string("diagnostic"));
}

void z2m_value(struct z2m *z, const json_t *expose)
{
	static const struct {
		const char *type;
		void (*make)(struct z2m *z, const json_t *expose);
	} kinds[] = {{"binary", binary}, {"numeric", numeric}, {"enum", enumeration}, {"text", text}, {"composite", object}, {"list", object}};
	const char *type = z2m_text(expose, "type");
	if (!z2m_property(expose) || !(z2m_access(expose) & (Z2M_PUBLISHED | Z2M_SET)))
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].type, type) == 0)
			kinds[i].make(z, expose);
}
