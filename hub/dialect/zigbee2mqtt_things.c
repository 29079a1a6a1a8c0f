/* Lights, switches, locks and covers of Zigbee2MQTT. The features of a thing of several channels end in the endpoint
 * (state_l1, brightness_l1): such a light has no object of Home Assistant's JSON schema of its own, so each of its
 * properties is a channel with a template. */
#include <string.h>
#include <strings.h>

#include "dialect/zigbee2mqtt.h"

const json_t *z2m_feature(const json_t *expose, const char *name)
{
	const json_t *features = json_object_get(expose, "features"), *feature;
	size_t i;
	json_array_foreach(features, i, feature)
		if (strcmp(z2m_text(feature, "name"), name) == 0)
			return feature;
	return NULL;
}

void z2m_rest(struct z2m *z, const json_t *expose, const char *const *names)
{
	const json_t *features = json_object_get(expose, "features"), *feature;
	size_t i;
	json_array_foreach(features, i, feature) {
		const char *const *name = names;
		while (*name && strcmp(*name, z2m_text(feature, "name")) != 0)
			name++;
		if (!*name)
			z2m_value(z, feature);
	}
}

/* The property of a feature that there may be, which is asked for then. NULL: there is none. */
static const char *property_of(struct z2m *z, const json_t *expose, const char *name)
{
	const json_t *feature = z2m_feature(expose, name);
	if (feature)
		z2m_gettable(z, feature);
	return z2m_property(feature);
}

/* The component of a thing: the device's main feature when there is one of its kind, else named by its endpoint or, where
 * its property is another one than "state" (a valve's window_detection or auto_lock), by that. */
static json_t *thing(struct z2m *z, const json_t *expose, const char *platform)
{
	const json_t *state = z2m_feature(expose, "state");
	const char *endpoint = z2m_text(expose, "endpoint"), *property = z2m_text(state, "property");
	char name[MODEL_NAME_SIZE];
	bool plain = strncmp(property, "state", 5) == 0 || strcmp(property, "fan_state") == 0 || !property[0];
	if (!plain) {
		json_t *c = z2m_component(z, property, platform, z2m_title(property, name));
		form_set(&z->form, c, "entity_category", json_string("config"));
		return c;
	}
	if (!endpoint[0])
		return z2m_component(z, platform, platform, NULL);
	json_t *both = json_sprintf("%s_%s", platform, endpoint);
	json_t *c = z2m_component(z, both ? json_string_value(both) : platform, platform, z2m_title(endpoint, name));
	json_decref(both);
	return c;
}

/* ---- lights -------------------------------------------------------------- */

static void set_color_temp_limits(struct z2m *z, json_t *c, const json_t *expose)
{
	const json_t *feature = z2m_feature(expose, "color_temp");
	double min = json_number_value(json_object_get(feature, "value_min"));
	double max = json_number_value(json_object_get(feature, "value_max"));
	if (min < 1 || max <= min || max > 1000)
		return; /* what a lamp without limits takes is Home Assistant's 153..500 */
	z2m_number(z, c, "min_mireds", feature, "value_min");
	z2m_number(z, c, "max_mireds", feature, "value_max");
}

/* A light of one channel with x and y, if with colours at all: Zigbee2MQTT's messages are Home Assistant's JSON schema. */
static void json_light(struct z2m *z, json_t *c, const char *brightness, const char *temp, const char *color)
{
	form_set(&z->form, c, "schema", json_string("json"));
	z2m_state_topic(z, c, "state_topic");
	z2m_command_topic(z, c, "command_topic");
	form_set(&z->form, c, "brightness", json_boolean(brightness != NULL));
	json_t *modes = json_array();
	if (color && json_array_append_new(modes, json_string("xy")) != 0)
		z->form.failed = true;
	if (temp && json_array_append_new(modes, json_string("color_temp")) != 0)
		z->form.failed = true;
	if (json_array_size(modes))
		form_set(&z->form, c, "supported_color_modes", modes);
	else
		json_decref(modes);
}

static void color_channel(struct z2m *z, json_t *c, const char *color, bool xy)
{
	z2m_state_topic(z, c, xy ? "xy_state_topic" : "hs_state_topic");
	z2m_command_topic(z, c, xy ? "xy_command_topic" : "hs_command_topic");
	const char *first = xy ? "x" : "hue", *second = xy ? "y" : "saturation";
	form_setf(&z->form, c, xy ? "xy_value_template" : "hs_value_template",
		  "{%% set c = value_json['%s'] %%}{%% if c is mapping and c['%s'] is number and c['%s'] is number %%}"
		  "{{ c['%s'] }},{{ c['%s'] }}{%% endif %%}",
		  color, first, second, first, second);
	form_setf(&z->form, c, xy ? "xy_command_template" : "hs_command_template", "{\"%s\":{\"%s\":{{ %s }},\"%s\":{{ %s }}}}", color,
		  first, xy ? "x" : "hue", second, xy ? "y" : "sat");
}

/* A light whose properties are channels of their own. Its switch has no template for commands, so the words are whole messages. */
static void plain_light(struct z2m *z, json_t *c, const char *state, const char *brightness, const char *temp)
{
	z2m_state_topic(z, c, "state_topic");
	z2m_command_topic(z, c, "command_topic");
	form_setf(&z->form, c, "payload_on", "{\"%s\":\"ON\"}", state);
	form_setf(&z->form, c, "payload_off", "{\"%s\":\"OFF\"}", state);
	form_setf(&z->form, c, "state_value_template",
		  "{%% if value_json['%s'] in ['ON', 'OFF'] %%}{\"%s\":\"{{ value_json['%s'] }}\"}{%% endif %%}", state, state, state);
	if (brightness) {
		z2m_report(z, c, "brightness_state_topic", "brightness_value_template", brightness);
		z2m_command(z, c, "brightness_command_topic", "brightness_command_template", brightness);
	}
	if (temp) {
		z2m_report(z, c, "color_temp_state_topic", "color_temp_value_template", temp);
		z2m_command(z, c, "color_temp_command_topic", "color_temp_command_template", temp);
	}
}

static void light(struct z2m *z, const json_t *expose)
{
	static const char *const names[] = {"state", "brightness", "color_temp", "color_xy", "color_hs", NULL};
	const char *state = property_of(z, expose, "state"), *brightness = property_of(z, expose, "brightness");
	const char *temp = property_of(z, expose, "color_temp");
	const char *xy = property_of(z, expose, "color_xy"), *hs = property_of(z, expose, "color_hs");
	if (!state)
		return;
	json_t *c = thing(z, expose, "light");
	if (strcmp(state, "state") == 0 && (xy || !hs)) {
		json_light(z, c, brightness, temp, xy);
	} else {
		plain_light(z, c, state, brightness, temp);
		if (xy || hs)
			color_channel(z, c, xy ? xy : hs, xy != NULL);
	}
	if (!brightness || !z2m_number(z, c, "brightness_scale", z2m_feature(expose, "brightness"), "value_max"))
		form_set(&z->form, c, "brightness_scale", json_integer(254));
	if (temp)
		set_color_temp_limits(z, c, expose);
	z2m_rest(z, expose, names);
}

/* ---- switches and locks ---------------------------------------------------- */

/* The words of a feature that is on or off, both ways. */
static void set_words(struct z2m *z, json_t *c, const json_t *feature, const char *const keys[4])
{
	const char *on = z2m_text(feature, "value_on"), *off = z2m_text(feature, "value_off");
	for (int i = 0; i < 4 && on[0] && off[0]; i++)
		form_set(&z->form, c, keys[i], json_string(i % 2 ? off : on));
}

static void one_switch(struct z2m *z, const json_t *expose)
{
	static const char *const names[] = {"state", NULL};
	static const char *const keys[] = {"payload_on", "payload_off", "state_on", "state_off"};
	const json_t *feature = z2m_feature(expose, "state");
	const char *state = property_of(z, expose, "state");
	if (state && !z2m_text(feature, "value_on")[0]) { /* true and false: the words of a binary */
		z2m_value(z, feature);
	} else if (state) {
		json_t *c = thing(z, expose, "switch");
		z2m_report(z, c, "state_topic", "value_template", state);
		z2m_command_string(z, c, "command_topic", "command_template", state);
		set_words(z, c, feature, keys);
	}
	z2m_rest(z, expose, names);
}

static void lock(struct z2m *z, const json_t *expose)
{
	static const char *const names[] = {"state", NULL};
	static const char *const keys[] = {"payload_lock", "payload_unlock", "state_locked", "state_unlocked"};
	const char *state = property_of(z, expose, "state");
	if (state) {
		json_t *c = thing(z, expose, "lock");
		z2m_report(z, c, "state_topic", "value_template", state);
		z2m_command_string(z, c, "command_topic", "command_template", state);
		set_words(z, c, z2m_feature(expose, "state"), keys);
	}
	z2m_rest(z, expose, names);
}

/* ---- covers ---------------------------------------------------------------- */

/* The first of a motor's words that means this direction, or NULL. */
static const char *motor_word(const json_t *motor, const char *const *meanings)
{
	const json_t *values = json_object_get(motor, "values"), *value;
	size_t i;
	json_array_foreach(values, i, value)
		for (const char *const *meaning = meanings; *meaning; meaning++)
			if (json_is_string(value) && strcasecmp(json_string_value(value), *meaning) == 0)
				return json_string_value(value);
	return NULL;
}

/* What the motor is doing, as the beginning of a template; NULL: the device does not tell. ("running" does not say where to.) */
static json_t *motion(const json_t *exposes)
{
	static const char *const opening[] = {"opening", "open", "forward", "up", "rising", NULL};
	static const char *const closing[] = {"closing", "close", "backward", "back", "reverse", "down", "declining", NULL};
	const json_t *expose;
	size_t i;
	json_array_foreach(exposes, i, expose) {
		const char *name = z2m_text(expose, "name"), *up = motor_word(expose, opening), *down = motor_word(expose, closing);
		bool is_motor = strcmp(name, "motor_state") == 0 || strcmp(name, "moving") == 0;
		if (is_motor && z2m_access(expose) == Z2M_PUBLISHED && z2m_property(expose) && up && down)
			return json_sprintf("{%% if value_json['%s'] == '%s' %%}opening{%% elif value_json['%s'] == '%s' %%}closing{%% elif",
					    z2m_property(expose), up, z2m_property(expose), down);
	}
	return NULL;
}

/* A cover that knows its position is open as soon as it is not shut, whatever it was told last. */
static void set_cover_state(struct z2m *z, json_t *c, const char *state, const char *position, const json_t *exposes)
{
	json_t *moving = motion(exposes);
	const char *begin = moving ? json_string_value(moving) : "{% if";
	z2m_state_topic(z, c, "state_topic");
	if (position)
		form_setf(&z->form, c, "value_template",
			  "%s value_json['%s'] is number %%}{{ 'open' if value_json['%s'] > 0 else 'closed' }}{%% endif %%}", begin, position,
			  position);
	else
		form_setf(&z->form, c, "value_template",
			  "%s value_json['%s'] == 'OPEN' %%}open{%% elif value_json['%s'] == 'CLOSE' %%}closed"
			  "{%% elif value_json['%s'] == 'STOP' %%}stopped{%% endif %%}",
			  begin, state, state, state);
	json_decref(moving);
}

static void cover(struct z2m *z, const json_t *expose, const json_t *exposes)
{
	static const char *const names[] = {"state", "position", "tilt", NULL};
	const char *state = property_of(z, expose, "state"), *position = property_of(z, expose, "position");
	const char *tilt = property_of(z, expose, "tilt");
	json_t *c = thing(z, expose, "cover");
	if (state || position)
		set_cover_state(z, c, state, position, exposes);
	if (state) {
		z2m_command_topic(z, c, "command_topic");
		form_setf(&z->form, c, "payload_open", "{\"%s\":\"OPEN\"}", state);
		form_setf(&z->form, c, "payload_close", "{\"%s\":\"CLOSE\"}", state);
		form_setf(&z->form, c, "payload_stop", "{\"%s\":\"STOP\"}", state);
	}
	if (position) {
		z2m_report(z, c, "position_topic", "position_template", position);
		z2m_command_topic(z, c, "set_position_topic");
		form_setf(&z->form, c, "set_position_template", "{\"%s\":{{ position }}}", position);
	}
	if (tilt) {
		z2m_report(z, c, "tilt_status_topic", "tilt_status_template", tilt);
		z2m_command_topic(z, c, "tilt_command_topic");
		form_setf(&z->form, c, "tilt_command_template", "{\"%s\":{{ tilt_position }}}", tilt);
	}
	z2m_rest(z, expose, names);
}

bool z2m_thing(struct z2m *z, const json_t *expose, const json_t *exposes)
{
	const char *type = z2m_text(expose, "type");
	if (strcmp(type, "cover") == 0) {
		cover(z, expose, exposes);
		return true;
	}
	static const struct {
		const char *type;
		void (*make)(struct z2m *z, const json_t *expose);
	} kinds[] = {{"light", light}, {"switch", one_switch}, {"lock", lock}, {"climate", z2m_climate}, {"fan", z2m_fan}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].type, type) == 0) {
			kinds[i].make(z, expose);
			return true;
		}
	return false;
}
