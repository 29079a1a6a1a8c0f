/* Which keys of a component are channels, as a table, and what their words and scales are. */
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "device/homeassistant.h"
#include "device/template.h"

/* A row: a property and where it comes from and goes to. NULL: it does not. */
static const struct row {
	enum component component;
	enum property property;
	enum codec codec;
	const char *state_topic, *state_template, *command_topic, *command_template;
} rows[] = {
	{COMPONENT_SENSOR, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", NULL, NULL},
	{COMPONENT_BINARY_SENSOR, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", NULL, NULL},
	{COMPONENT_SWITCH, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", "command_topic", "command_template"},
	{COMPONENT_BUTTON, PROPERTY_STATE, CODEC_PLAIN, NULL, NULL, "command_topic", "command_template"},
	{COMPONENT_NUMBER, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", "command_topic", "command_template"},
	{COMPONENT_SELECT, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", "command_topic", "command_template"},
	{COMPONENT_TEXT, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", "command_topic", "command_template"},
	{COMPONENT_LOCK, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", "command_topic", "command_template"},
	{COMPONENT_EVENT, PROPERTY_STATE, CODEC_EVENT, "state_topic", "value_template", NULL, NULL},
	{COMPONENT_OTHER, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", NULL, NULL},

	{COMPONENT_UPDATE, PROPERTY_INSTALLED, CODEC_UPDATE, "state_topic", "value_template", NULL, NULL},
	{COMPONENT_UPDATE, PROPERTY_LATEST, CODEC_PLAIN, "latest_version_topic", "latest_version_template", NULL, NULL},
	{COMPONENT_UPDATE, PROPERTY_STATE, CODEC_PLAIN, NULL, NULL, "command_topic", NULL},

	/* of a light: the default schema */
	{COMPONENT_LIGHT, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "state_value_template", "command_topic", NULL},
	{COMPONENT_LIGHT, PROPERTY_BRIGHTNESS, CODEC_PLAIN, "brightness_state_topic", "brightness_value_template",
	 "brightness_command_topic", "brightness_command_template"},
	{COMPONENT_LIGHT, PROPERTY_COLOR_TEMP, CODEC_MIRED, "color_temp_state_topic", "color_temp_value_template",
	 "color_temp_command_topic", "color_temp_command_template"},
	{COMPONENT_LIGHT, PROPERTY_RED, CODEC_COLOR, "rgb_state_topic", "rgb_value_template", "rgb_command_topic", "rgb_command_template"},
	{COMPONENT_LIGHT, PROPERTY_HUE, CODEC_COLOR, "hs_state_topic", "hs_value_template", "hs_command_topic", "hs_command_template"},
	{COMPONENT_LIGHT, PROPERTY_X, CODEC_COLOR, "xy_state_topic", "xy_value_template", "xy_command_topic", "xy_command_template"},
	{COMPONENT_LIGHT, PROPERTY_WHITE, CODEC_PLAIN, NULL, NULL, "white_command_topic", NULL},
	{COMPONENT_LIGHT, PROPERTY_EFFECT, CODEC_PLAIN, "effect_state_topic", "effect_value_template", "effect_command_topic",
	 "effect_command_template"},

	{COMPONENT_COVER, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "value_template", "command_topic", NULL},
	{COMPONENT_COVER, PROPERTY_POSITION, CODEC_PLAIN, "position_topic", "position_template", "set_position_topic",
	 "set_position_template"},
	{COMPONENT_COVER, PROPERTY_TILT, CODEC_PLAIN, "tilt_status_topic", "tilt_status_template", "tilt_command_topic",
	 "tilt_command_template"},

	{COMPONENT_FAN, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "state_value_template", "command_topic", "command_template"},
	{COMPONENT_FAN, PROPERTY_PERCENTAGE, CODEC_PLAIN, "percentage_state_topic", "percentage_value_template",
	 "percentage_command_topic", "percentage_command_template"},
	{COMPONENT_FAN, PROPERTY_PRESET, CODEC_PLAIN, "preset_mode_state_topic", "preset_mode_value_template",
	 "preset_mode_command_topic", "preset_mode_command_template"},
	{COMPONENT_FAN, PROPERTY_OSCILLATING, CODEC_PLAIN, "oscillation_state_topic", "oscillation_value_template",
	 "oscillation_command_topic", "oscillation_command_template"},
	{COMPONENT_FAN, PROPERTY_DIRECTION, CODEC_PLAIN, "direction_state_topic", "direction_value_template",
	 "direction_command_topic", "direction_command_template"},

	{COMPONENT_CLIMATE, PROPERTY_STATE, CODEC_PLAIN, "mode_state_topic", "mode_state_template", "mode_command_topic",
	 "mode_command_template"},
	{COMPONENT_CLIMATE, PROPERTY_TARGET, CODEC_PLAIN, "temperature_state_topic", "temperature_state_template",
	 "temperature_command_topic", "temperature_command_template"},
	{COMPONENT_CLIMATE, PROPERTY_TARGET_LOW, CODEC_PLAIN, "temperature_low_state_topic", "temperature_low_state_template",
	 "temperature_low_command_topic", "temperature_low_command_template"},
	{COMPONENT_CLIMATE, PROPERTY_TARGET_HIGH, CODEC_PLAIN, "temperature_high_state_topic", "temperature_high_state_template",
	 "temperature_high_command_topic", "temperature_high_command_template"},
	{COMPONENT_CLIMATE, PROPERTY_CURRENT, CODEC_PLAIN, "current_temperature_topic", "current_temperature_template", NULL, NULL},
	{COMPONENT_CLIMATE, PROPERTY_HUMIDITY, CODEC_PLAIN, "current_humidity_topic", "current_humidity_template", NULL, NULL},
	{COMPONENT_CLIMATE, PROPERTY_TARGET_HUMIDITY, CODEC_PLAIN, "target_humidity_state_topic", "target_humidity_state_template",
	 "target_humidity_command_topic", "target_humidity_command_template"},
	{COMPONENT_CLIMATE, PROPERTY_ACTION, CODEC_PLAIN, "action_topic", "action_template", NULL, NULL},
	{COMPONENT_CLIMATE, PROPERTY_FAN_MODE, CODEC_PLAIN, "fan_mode_state_topic", "fan_mode_state_template",
	 "fan_mode_command_topic", "fan_mode_command_template"},
	{COMPONENT_CLIMATE, PROPERTY_SWING_MODE, CODEC_PLAIN, "swing_mode_state_topic", "swing_mode_state_template",
	 "swing_mode_command_topic", "swing_mode_command_template"},
	{COMPONENT_CLIMATE, PROPERTY_PRESET, CODEC_PLAIN, "preset_mode_state_topic", "preset_mode_value_template",
	 "preset_mode_command_topic", "preset_mode_command_template"},
};

static const struct row json_light = {COMPONENT_LIGHT, PROPERTY_STATE, CODEC_LIGHT, "state_topic", NULL, "command_topic", NULL};

/* ---- words and scales --------------------------------------------------- */

/* Adds the payload of a key, or of the key that stands in for it, or the default, for our word. */
static void add_word(struct ha_parse *p, struct channel *c, const char *key, const char *instead, const char *standard,
		     const char *ours)
{
	char payload[1024]; /* infrared remotes are commanded with long codes */
	(void)str_copy(payload, sizeof payload, standard); /* ours are short */
	if (instead && !ha_get(p->object, key))
		ha_text(p, p->object, instead, payload, sizeof payload);
	ha_text(p, p->object, key, payload, sizeof payload);
	if (!p->err && channel_add_word(c, payload, ours) != 0)
		p->err = ERR_NOMEM;
}

static void report_words(struct ha_parse *p, const struct entity *e, struct channel *c)
{
	switch (e->component) {
	case COMPONENT_BINARY_SENSOR:
	case COMPONENT_SWITCH:
		add_word(p, c, "state_on", "payload_on", "ON", "ON");
		add_word(p, c, "state_off", "payload_off", "OFF", "OFF");
		break;
	case COMPONENT_LIGHT:
	case COMPONENT_FAN:
		add_word(p, c, "payload_on", NULL, "ON", "ON");
		add_word(p, c, "payload_off", NULL, "OFF", "OFF");
		break;
	case COMPONENT_COVER:
		add_word(p, c, "state_open", NULL, "open", "open");
		add_word(p, c, "state_opening", NULL, "opening", "opening");
		add_word(p, c, "state_closed", NULL, "closed", "closed");
		add_word(p, c, "state_closing", NULL, "closing", "closing");
		add_word(p, c, "state_stopped", NULL, "stopped", "stopped");
		break;
	case COMPONENT_LOCK:
		add_word(p, c, "state_locked", NULL, "LOCKED", "locked");
		add_word(p, c, "state_unlocked", NULL, "UNLOCKED", "unlocked");
		add_word(p, c, "state_locking", NULL, "LOCKING", "locking");
		add_word(p, c, "state_unlocking", NULL, "UNLOCKING", "unlocking");
		add_word(p, c, "state_jammed", NULL, "JAMMED", "jammed");
		add_word(p, c, "state_open", NULL, "OPEN", "open");
		add_word(p, c, "state_opening", NULL, "OPENING", "opening");
		break;
	default: break;
	}
}

static void control_words(struct ha_parse *p, const struct entity *e, struct channel *c)
{
	switch (e->component) {
	case COMPONENT_SWITCH:
	case COMPONENT_LIGHT:
	case COMPONENT_FAN:
		add_word(p, c, "payload_on", NULL, "ON", "ON");
		add_word(p, c, "payload_off", NULL, "OFF", "OFF");
		break;
	case COMPONENT_BUTTON: add_word(p, c, "payload_press", NULL, "PRESS", "PRESS"); break;
	case COMPONENT_UPDATE: add_word(p, c, "payload_install", NULL, "INSTALL", "INSTALL"); break;
	case COMPONENT_COVER:
		add_word(p, c, "payload_open", NULL, "OPEN", "OPEN");
		add_word(p, c, "payload_close", NULL, "CLOSE", "CLOSE");
		add_word(p, c, "payload_stop", NULL, "STOP", "STOP");
		break;
	case COMPONENT_LOCK:
		add_word(p, c, "payload_lock", NULL, "LOCK", "LOCK");
		add_word(p, c, "payload_unlock", NULL, "UNLOCK", "UNLOCK");
		add_word(p, c, "payload_open", NULL, "OPEN", "OPEN");
		break;
	default: break;
	}
}

/* What stands for none and all of it. Home Assistant's speed range begins at 1: 0 is off. */
static void read_scale(struct ha_parse *p, struct channel *c)
{
	const json_t *o = p->object;
	switch (c->property) {
	case PROPERTY_BRIGHTNESS:
		c->high = 255;
		ha_number(p, o, "brightness_scale", &c->high, 1, 65535);
		break;
	case PROPERTY_POSITION:
		c->high = 100;
		ha_number(p, o, "position_closed", &c->low, -32768, 32767);
		ha_number(p, o, "position_open", &c->high, -32768, 32767);
		break;
	case PROPERTY_TILT:
		c->high = 100;
		ha_number(p, o, "tilt_closed_value", &c->low, -32768, 32767);
		ha_number(p, o, "tilt_opened_value", &c->high, -32768, 32767);
		break;
	case PROPERTY_PERCENTAGE: {
		double least = 1;
		c->high = 100;
		ha_number(p, o, "speed_range_min", &least, 1, 65535);
		ha_number(p, o, "speed_range_max", &c->high, 1, 65535);
		c->low = least - 1;
		break;
	}
	default: break;
	}
}

static void read_words(struct ha_parse *p, const struct entity *e, struct channel *c, bool control)
{
	if (c->property == PROPERTY_OSCILLATING) {
		add_word(p, c, "payload_oscillation_on", NULL, "oscillate_on", "ON");
		add_word(p, c, "payload_oscillation_off", NULL, "oscillate_off", "OFF");
	} else if (c->property == PROPERTY_STATE && control) {
		control_words(p, e, c);
	} else if (c->property == PROPERTY_STATE) {
		report_words(p, e, c);
	}
}

/* ---- channels ----------------------------------------------------------- */

bool ha_template(struct ha_parse *p, const json_t *object, const char *key, struct template **template_r)
{
	const json_t *value = key ? ha_get(object, key) : NULL;
	const char *text = json_string_value(value);
	char message[TEMPLATE_MESSAGE_SIZE];
	*template_r = NULL;
	if (!value || json_is_null(value))
		return true;
	if (!text) {
		ha_fail(p, key, "must be a string");
		return false;
	}
	int err = template_compile(span_str(text), template_r, message);
	if (err == ERR_NOMEM)
		p->err = err;
	else if (err)
		ha_note(p, key, message);
	return err == 0;
}

static const json_t *holder(const struct ha_parse *p, const char *key)
{
	return ha_get(p->object, key) ? p->object : p->root;
}

static enum codec codec_of(const struct ha_parse *p, const struct row *row)
{
	bool kelvin = ha_true(p->object, "color_temp_kelvin");
	if (row->codec == CODEC_MIRED && kelvin)
		return CODEC_PLAIN;
	return row->codec == CODEC_LIGHT && kelvin ? CODEC_LIGHT_KELVIN : row->codec;
}

/* What stands in for a template that is not there: of a climate for all reports, of a light for its state. */
static const char *template_key(const struct ha_parse *p, const struct row *row, bool control)
{
	const char *key = control ? row->command_template : row->state_template;
	bool stands_in = row->component == COMPONENT_CLIMATE || (row->component == COMPONENT_LIGHT && row->property == PROPERTY_STATE);
	return !control && key && stands_in && !ha_get(p->object, key) ? "value_template" : key;
}

static void add(struct ha_parse *p, struct entity *e, const struct row *row, bool control)
{
	const char *key = control ? row->command_topic : row->state_topic;
	enum topic_use use = control ? TOPIC_USE_CONTROL : TOPIC_USE_REPORT;
	char topic[DISCOVERY_TOPIC_SIZE];
	struct template *template = NULL;
	if (p->err || !key || !ha_topic(p, holder(p, key), key, use, topic) ||
	    !ha_template(p, p->object, template_key(p, row, control), &template))
		return;
	struct channel *c = control ? entity_add_control(e, topic, row->property) : entity_add_report(e, topic, row->property);
	if (!c) {
		template_destroy(&template);
		p->err = ERR_NOMEM; /* no component has so many rows */
		return;
	}
	c->template = template;
	c->codec = codec_of(p, row);
	c->retain = control && ha_true(p->object, "retain");
	read_scale(p, c);
	read_words(p, e, c, control);
	if (row->codec == CODEC_LIGHT) {
		c->high = 255;
		ha_number(p, p->object, "brightness_scale", &c->high, 1, 65535);
	}
}

static void add_row(struct ha_parse *p, struct entity *e, const struct row *row)
{
	add(p, e, row, false);
	add(p, e, row, true);
}

void ha_channels(struct ha_parse *p, struct entity *e)
{
	char schema[16] = "basic";
	ha_text(p, p->object, "schema", schema, sizeof schema);
	if (e->component == COMPONENT_LIGHT && strcmp(schema, "json") == 0) {
		add_row(p, e, &json_light);
		return;
	}
	if (e->component == COMPONENT_LIGHT && strcmp(schema, "template") == 0) {
		ha_note(p, "schema", "is template, which is not spoken, so the light is not followed");
		return;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows && !p->err; i++)
		if (rows[i].component == e->component)
			add_row(p, e, &rows[i]);
}

/* What Home Assistant does where no template is given. False: no memory. */
static bool default_template(struct channel *channels, size_t count, const char *text)
{
	char message[TEMPLATE_MESSAGE_SIZE];
	for (size_t i = 0; i < count; i++)
		if (!channels[i].template && template_compile(span_str(text), &channels[i].template, message) != 0)
			return false;
	return true;
}

void ha_siren(struct ha_parse *p, struct entity *e)
{
	static const struct row siren = {COMPONENT_SWITCH, PROPERTY_STATE, CODEC_PLAIN, "state_topic", "state_value_template",
					 "command_topic", "command_template"};
	add_row(p, e, &siren);
	if (!p->err && (!default_template(e->reports, e->report_count, "{{ value_json.state if value_json is mapping else value }}") ||
			!default_template(e->controls, e->control_count, "{\"state\":{{ value | string | tojson }}}")))
		p->err = ERR_NOMEM;
}
