/* Homie properties. The convention has no types of devices, only of values: each property is an entity of its own. A
 * colour that can be set is a light, since it is a lamp's whatever else it has; white and black stand for on and off. */
#include <string.h>

#include "base/str.h"
#include "dialect/homie.h"

enum { OPTIONS_MAX = 128, SHOWN_JSON_MAX = 200 };

/* ---- units ---------------------------------------------------------------- */

struct measure {
	const char *unit, *name, *device_class, *state_class; /* name: of the property's id, NULL for any */
};

static const struct measure measures[] = {
	{"°C", NULL, "temperature", "measurement"}, {"°F", NULL, "temperature", "measurement"},
	{"V", NULL, "voltage", "measurement"},	    {"W", NULL, "power", "measurement"},
	{"kW", NULL, "power", "measurement"},	    {"A", NULL, "current", "measurement"},
	{"Wh", NULL, "energy", "total_increasing"}, {"kWh", NULL, "energy", "total_increasing"},
	{"Pa", NULL, "pressure", "measurement"},    {"hPa", NULL, "pressure", "measurement"},
	{"psi", NULL, "pressure", "measurement"},   {"lx", NULL, "illuminance", "measurement"},
	{"Hz", NULL, "frequency", "measurement"},   {"%", "humidity", "humidity", "measurement"},
	{"%", "battery", "battery", "measurement"}, {"ppm", "co2", "carbon_dioxide", "measurement"},
};

static void set_measure(struct form *f, json_t *c, const struct homie_property *p, bool number)
{
	const char *unit = strcmp(p->unit, "#") == 0 ? "" : p->unit; /* "#" is a count */
	const struct measure *found = NULL;
	for (const struct measure *m = measures; m < measures + sizeof measures / sizeof *measures; m++)
		if (!found && strcmp(m->unit, unit) == 0 && (!m->name || strcmp(m->name, p->id) == 0))
			found = m;
	if (unit[0] && strlen(unit) < 32)
		form_set(f, c, "unit_of_measurement", json_string(unit));
	if (found && (!number || strcmp(found->device_class, "temperature") == 0))
		form_set(f, c, "device_class", json_string(found->device_class));
	if (!number)
		form_set(f, c, "state_class", json_string(found ? found->state_class : "measurement"));
}

/* ---- the topics ------------------------------------------------------------ */

static void set_state_topic(struct form *f, json_t *c, const struct homie_property *p, const char *key)
{
	form_setf(f, c, key, "%s/%s/%s", p->root, p->node, p->id);
}

static void set_command_topic(struct form *f, json_t *c, const struct homie_property *p, const char *key)
{
	form_setf(f, c, key, "%s/%s/%s/set", p->root, p->node, p->id);
}

/* A component that reports, and is commanded if the property can be set. */
static json_t *component(struct form *f, const struct homie_property *p, const char *platform)
{
	char name[MODEL_NAME_SIZE], whole[2 * MODEL_NAME_SIZE];
	const char *own = p->name[0] ? p->name : p->id;
	bool told = !p->node_name || strncmp(own, p->node_name, strlen(p->node_name)) == 0;
	int cut = str_format(whole, sizeof whole, told ? "%s" : "%s %s", told ? own : p->node_name, own);
	(void)cut;
	form_fit(name, sizeof name, whole);
	json_t *native = json_sprintf("%s_%s", p->node, p->id); /* ids have no "_": no two join to the same */
	json_t *c = form_component(f, native ? json_string_value(native) : p->id, platform, name);
	json_decref(native);
	if (strcmp(platform, "button") != 0)
		set_state_topic(f, c, p, "state_topic");
	if (p->settable && strcmp(platform, "sensor") != 0)
		set_command_topic(f, c, p, "command_topic");
	return c;
}

/* ---- by datatype ------------------------------------------------------------ */

/* The parts of a format, between separators; they become texts in a list. */
static json_t *parts(struct form *f, const char *format, char separator)
{
	json_t *list = json_array();
	for (const char *s = format; s;) {
		const char *end = strchr(s, separator);
		size_t len = end ? (size_t)(end - s) : strlen(s);
		while (len && *s == ' ') { /* seen in the wild, and no part of any value */
			s++;
			len--;
		}
		if (json_array_append_new(list, json_stringn(s, len)) != 0)
			f->failed = true;
		s = end ? end + 1 : NULL;
	}
	return list;
}

/* A number of a range, which may be left open. */
static double bound(const json_t *range, size_t i, double otherwise)
{
	const char *text = json_string_value(json_array_get(range, i));
	double number;
	return text && str_to_double(span_str(text), &number) == 0 ? number : otherwise;
}

/* Format "min:max" or, from version 5, "min:max:step". */
static void number(struct form *f, const struct homie_property *p)
{
	json_t *range = parts(f, p->format, ':');
	double min = bound(range, 0, -1e6), max = bound(range, 1, 1e6);
	double step = bound(range, 2, strcmp(p->datatype, "integer") == 0 ? 1 : 0.01);
	bool settable = p->settable && min < max;
	json_t *c = component(f, p, settable ? "number" : "sensor");
	if (settable) {
		form_set(f, c, "min", json_real(min));
		form_set(f, c, "max", json_real(max));
		form_set(f, c, "step", json_real(step > 1e-9 ? step : 1));
	}
	set_measure(f, c, p, settable);
	json_decref(range);
}

/* Values that are moments: one event for each. */
static void event(struct form *f, const struct homie_property *p, json_t *types)
{
	json_t *c = component(f, p, "event");
	form_set(f, c, "event_types", types);
	form_set(f, c, "value_template", json_string("{\"event_type\":{{ value | tojson }}}"));
}

static void boolean(struct form *f, const struct homie_property *p)
{
	if (!p->retained && !p->settable) {
		event(f, p, parts(f, "true,false", ','));
	} else if (!p->retained) {
		form_set(f, component(f, p, "button"), "payload_press", json_string("true"));
	} else {
		json_t *c = component(f, p, p->settable ? "switch" : "binary_sensor");
		form_set(f, c, "payload_on", json_string("true"));
		form_set(f, c, "payload_off", json_string("false"));
	}
}

static void text(struct form *f, const struct homie_property *p)
{
	json_t *c = component(f, p, p->settable ? "text" : "sensor");
	if (p->settable)
		form_set(f, c, "min", json_integer(1)); /* an empty message would delete, not set */
	else
		form_set(f, c, "device_class", json_string("enum")); /* words, even if they look like numbers */
}

static void enumeration(struct form *f, const struct homie_property *p)
{
	json_t *options = parts(f, p->format, ',');
	if (!p->format[0] || json_array_size(options) > OPTIONS_MAX) {
		text(f, p);
	} else if (!p->retained && !p->settable) {
		event(f, p, options);
		return;
	} else if (!p->retained && json_array_size(options) == 1) {
		form_set(f, component(f, p, "button"), "payload_press", json_incref(json_array_get(options, 0)));
	} else {
		json_t *c = component(f, p, p->settable ? "select" : "sensor");
		form_set(f, c, p->settable ? "options" : "device_class", p->settable ? json_incref(options) : json_string("enum"));
	}
	json_decref(options);
}

static void moment(struct form *f, const struct homie_property *p)
{
	json_t *c = component(f, p, p->settable ? "text" : "sensor");
	if (!p->settable)
		form_set(f, c, "device_class", json_string("timestamp"));
}

/* Shown, not set: no component carries an object. */
static void object(struct form *f, const struct homie_property *p)
{
	json_t *c = component(f, p, "sensor");
	form_setf(f, c, "value_template", "{{ value[:%d] }}", SHOWN_JSON_MAX);
	form_set(f, c, "device_class", json_string("enum"));
}

/* ---- colours ----------------------------------------------------------------- */

static bool lists(const char *format, const char *word)
{
	const char *found = strstr(format, word);
	return found && (found == format || found[-1] == ',' || found[-1] == ' ');
}

/* Version 5 says which form a value has ("rgb,255,0,0"), before that only the format does ("255,0,0"). */
static void color(struct form *f, const struct homie_property *p)
{
	/* of two forms, the first one in this list is spoken */
	bool rgb = lists(p->format, "rgb"), named = p->version >= 5;
	if (!p->settable || !(rgb || lists(p->format, "hsv"))) { /* xyz alone leaves out the brightness of black */
		text(f, p);
		return;
	}
	const char *form = rgb ? "rgb" : "hsv", *comma = named ? "," : "", *prefix = named ? form : "";
	const char *white = rgb ? "255,255,255" : "0,0,100", *black = "0,0,0";
	int n = named;
	json_t *c = component(f, p, "light");
	form_set(f, c, "on_command_type", json_string("first")); /* then the colour that is asked for */
	form_setf(f, c, "payload_on", "%s%s%s", prefix, comma, white);
	form_setf(f, c, "payload_off", "%s%s%s", prefix, comma, black);
	set_state_topic(f, c, p, rgb ? "rgb_state_topic" : "hs_state_topic");
	set_command_topic(f, c, p, rgb ? "rgb_command_topic" : "hs_command_topic");
	json_t *begin = json_sprintf("{%% set c = value.split(',') %%}{%% if c | count == %d%s%s%s %%}", 3 + n, named ? " and c[0] == '" : "", prefix,
				     named ? "'" : "");
	const char *start = begin ? json_string_value(begin) : "";
	if (!begin)
		f->failed = true;
	if (rgb) {
		form_setf(f, c, "state_value_template",
			  "%s{{ '%s%s%s' if c[%d] | int + c[%d] | int + c[%d] | int == 0 else '%s%s%s' }}{%% endif %%}", start, prefix, comma,
			  black, n, n + 1, n + 2, prefix, comma, white);
		form_setf(f, c, "rgb_value_template", "%s{{ c[%d] }},{{ c[%d] }},{{ c[%d] }}{%% endif %%}", start, n, n + 1, n + 2);
		form_setf(f, c, "rgb_command_template", "%s%s{{ red }},{{ green }},{{ blue }}", prefix, comma);
	} else {
		form_setf(f, c, "state_value_template", "%s{{ '%s%s%s' if c[%d] | float == 0 else '%s%s%s' }}{%% endif %%}", start, prefix,
			  comma, black, n + 2, prefix, comma, white);
		form_setf(f, c, "hs_value_template", "%s{{ c[%d] }},{{ c[%d] }}{%% endif %%}", start, n, n + 1);
		form_setf(f, c, "hs_command_template", "%s%s{{ hue | round | int }},{{ sat | round | int }},100", prefix, comma);
	}
	json_decref(begin);
}

/* ---- all ----------------------------------------------------------------------- */

void homie_component(struct form *f, const struct homie_property *p)
{
	static const struct {
		const char *datatype;
		void (*make)(struct form *f, const struct homie_property *p);
	} types[] = {
		{"integer", number},	{"float", number},  {"boolean", boolean}, {"string", text}, {"enum", enumeration},
		{"color", color}, {"datetime", moment}, {"duration", text},  {"json", object},
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].datatype, p->datatype) == 0) {
			types[i].make(f, p);
			return;
		}
	struct homie_property other = *p;
	other.settable = false; /* of a later version: shown as it comes */
	text(f, &other);
}

void homie_availability(struct form *f, const char *root, bool is_root)
{
	json_t *topic = json_sprintf("%s/$state", root);
	if (!topic)
		f->failed = true;
	else
		form_availability(f, json_string_value(topic), NULL, NULL,
				  is_root ? "{{ 'offline' if value in ['lost', 'disconnected'] else 'online' }}"
					  : "{{ 'online' if value in ['ready', 'sleeping', 'alert'] else 'offline' }}");
	json_decref(topic);
}
