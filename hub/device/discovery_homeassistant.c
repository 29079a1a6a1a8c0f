/* Home Assistant's device discovery: one JSON object that describes a device and
 * its components, with long or abbreviated keys. Pure, any thread. What is
 * nonsense refuses the whole description, so that the last good one stays; what
 * is merely beyond us (foreign topics, templates, unknown components) is kept
 * as far as it goes and noted. Keys that we have no use for are ignored, as
 * Home Assistant does. */
#include "device/discovery.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "mqtt/topic.h"

/* The keys we read: long name, abbreviation (NULL: has none). */
#define KEYS(X) \
	X(AVAILABILITY, "availability", "avty") \
	X(AVAILABILITY_TOPIC, "availability_topic", "avty_t") \
	X(BRIGHTNESS, "brightness", NULL) \
	X(BRIGHTNESS_SCALE, "brightness_scale", "bri_scl") \
	X(CATEGORY, "entity_category", "ent_cat") \
	X(COMMAND_TEMPLATE, "command_template", "cmd_tpl") \
	X(COMMAND_TOPIC, "command_topic", "cmd_t") \
	X(COMPONENTS, "components", "cmps") \
	X(DEVICE, "device", "dev") \
	X(DEVICE_CLASS, "device_class", "dev_cla") \
	X(EXPIRE_AFTER, "expire_after", "exp_aft") \
	X(ICON, "icon", "ic") \
	X(MANUFACTURER, "manufacturer", "mf") \
	X(MAX, "max", NULL) \
	X(MIN, "min", NULL) \
	X(MODEL, "model", "mdl") \
	X(NAME, "name", NULL) \
	X(OPTIONS, "options", "ops") \
	X(ORIGIN, "origin", "o") \
	X(PAYLOAD_AVAILABLE, "payload_available", "pl_avail") \
	X(PAYLOAD_NOT_AVAILABLE, "payload_not_available", "pl_not_avail") \
	X(PAYLOAD_OFF, "payload_off", "pl_off") \
	X(PAYLOAD_ON, "payload_on", "pl_on") \
	X(PAYLOAD_PRESS, "payload_press", "pl_prs") \
	X(PLATFORM, "platform", "p") \
	X(PRECISION, "suggested_display_precision", "sug_dsp_prc") \
	X(SCHEMA, "schema", NULL) \
	X(STATE_CLASS, "state_class", "stat_cla") \
	X(STATE_OFF, "state_off", "stat_off") \
	X(STATE_ON, "state_on", "stat_on") \
	X(STATE_TOPIC, "state_topic", "stat_t") \
	X(STEP, "step", NULL) \
	X(SUGGESTED_AREA, "suggested_area", "sa") \
	X(SUPPORTED_COLOR_MODES, "supported_color_modes", "sup_clrm") \
	X(SW_VERSION, "sw_version", "sw") \
	X(TOPIC, "topic", "t") \
	X(UNIT, "unit_of_measurement", "unit_of_meas") \
	X(VALUE_TEMPLATE, "value_template", "val_tpl")

enum key {
#define KEY_ENUM(name, full, brief) KEY_##name,
	KEYS(KEY_ENUM)
#undef KEY_ENUM
};

static const struct {
	const char *full, *brief;
} keys[] = {
#define KEY_ROW(name, full, brief) {full, brief},
	KEYS(KEY_ROW)
#undef KEY_ROW
};

struct parse {
	const char *device;
	struct description *out;
	char *message;   /* of DISCOVERY_MESSAGE_SIZE */
	const char *where; /* the component being read, NULL at the root */
	const char *base;  /* what "~" stands for; NULL for nothing */
	int err;           /* the first failure; everything after it is skipped */
};

static void fail(struct parse *p, enum key key, const char *what)
{
	if (p->err != 0)
		return;
	p->err = ERR_MALFORMED;
	int cut = p->where ? str_format(p->message, DISCOVERY_MESSAGE_SIZE, "component %s, key %s: %s", p->where,
					keys[key].full, what)
			   : str_format(p->message, DISCOVERY_MESSAGE_SIZE, "key %s: %s", keys[key].full, what);
	(void)cut; /* a long component key only shortens the sentence */
}

/* Keeps the first thing that we left out. */
static void note(struct parse *p, enum key key, const char *what)
{
	if (p->out->note[0])
		return;
	int cut = str_format(p->out->note, DISCOVERY_MESSAGE_SIZE, "component %s, key %s: %s",
			     p->where ? p->where : "(all)", keys[key].full, what);
	(void)cut;
}

static const json_t *get(const json_t *object, enum key key)
{
	const json_t *value = json_object_get(object, keys[key].full);
	if (!value && keys[key].brief)
		value = json_object_get(object, keys[key].brief);
	return value;
}

/* Copies a string (jansson admits no NUL); null and absence leave dst as it is. */
static void read_text(struct parse *p, const json_t *object, enum key key, char *dst, size_t size)
{
	const json_t *value = get(object, key);
	if (!value || json_is_null(value))
		return;
	if (!json_is_string(value))
		fail(p, key, "must be a string");
	else if (str_copy(dst, size, json_string_value(value)) != 0)
		fail(p, key, "is too long");
}

/* Reads a number within [low, high]; absence leaves it as it is. */
static void read_number(struct parse *p, const json_t *object, enum key key, double *number, const double range[2])
{
	const json_t *value = get(object, key);
	if (!value || json_is_null(value))
		return;
	double n = json_number_value(value);
	if (!json_is_number(value) || !isfinite(n))
		fail(p, key, "must be a number");
	else if (n < range[0] || n > range[1])
		fail(p, key, "is out of range");
	else
		*number = n;
}

/* Writes a topic with its "~" filled in. Returns false when it does not fit. */
static bool fill_base(const struct parse *p, const char *topic, char *dst, size_t size)
{
	size_t len = strlen(topic);
	if (!p->base || len == 0)
		return str_copy(dst, size, topic) == 0;
	if (topic[0] == '~')
		return str_format(dst, size, "%s%s", p->base, topic + 1) == 0;
	if (topic[len - 1] == '~')
		return str_format(dst, size, "%.*s%s", (int)(len - 1), topic, p->base) == 0;
	return str_copy(dst, size, topic) == 0;
}

/* Reads a topic. Only those below tomte/<device>/ are followed: the hub publishes with all rights, and no
 * device may lend them to reach another. */
static void read_topic(struct parse *p, const json_t *object, enum key key, char dst[MODEL_TOPIC_SIZE])
{
	char topic[1024] = "", own[MODEL_TOPIC_SIZE];
	read_text(p, object, key, topic, sizeof topic);
	if (p->err != 0 || !topic[0])
		return;
	char full[sizeof topic + 256];
	if (!fill_base(p, topic, full, sizeof full) || !topic_name_valid(span_str(full))) {
		fail(p, key, "is not a topic");
		return;
	}
	dst[0] = 0;
	int err = str_format(own, sizeof own, TOPIC_ROOT "/%s/", p->device);
	if (err != 0 || !span_starts(span_str(full), span_str(own)))
		note(p, key, "is not below the device's own topics and is not followed");
	else if (str_copy(dst, MODEL_TOPIC_SIZE, full) != 0)
		note(p, key, "is longer than the hub's topics and is not followed");
}

/* The state topic: of those below the device's own only tele/ and state/ are listened to. */
static void read_state_topic(struct parse *p, const json_t *object, struct entity *e)
{
	read_topic(p, object, KEY_STATE_TOPIC, e->state_topic);
	if (p->err != 0 || !e->state_topic[0])
		return;
	struct topic_parts parts;
	if (topic_parse(span_str(e->state_topic), &parts) != 0 ||
	    (parts.kind != TOPIC_TELE && parts.kind != TOPIC_STATE)) {
		note(p, KEY_STATE_TOPIC, "is neither tele/<id> nor state/<id> and is not followed");
		e->state_topic[0] = 0;
	}
}

static void read_options(struct parse *p, const json_t *object, struct entity *e)
{
	const json_t *list = get(object, KEY_OPTIONS);
	if (!list)
		return;
	size_t count = json_array_size(list);
	if (!json_is_array(list) || count == 0 || count > ENTITY_OPTIONS_MAX) {
		fail(p, KEY_OPTIONS, "must be a list of 1 to 64 strings");
		return;
	}
	e->options = calloc(count, sizeof *e->options);
	if (!e->options) {
		p->err = ERR_NOMEM;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text || strlen(text) >= MODEL_NAME_SIZE) {
			fail(p, KEY_OPTIONS, "must hold strings of less than 128 bytes");
			return;
		}
		e->options[i] = strdup(text);
		if (!e->options[i]) {
			p->err = ERR_NOMEM;
			return;
		}
		e->option_count = i + 1;
	}
}

static void read_color_modes(struct parse *p, const json_t *object, struct entity *e)
{
	const json_t *list = get(object, KEY_SUPPORTED_COLOR_MODES);
	if (!list)
		return;
	if (!json_is_array(list)) {
		fail(p, KEY_SUPPORTED_COLOR_MODES, "must be a list of mode names");
		return;
	}
	size_t i;
	const json_t *mode;
	json_array_foreach(list, i, mode) {
		if (!json_is_string(mode)) {
			fail(p, KEY_SUPPORTED_COLOR_MODES, "must be a list of mode names");
			return;
		}
		unsigned bit = color_mode_parse(span_str(json_string_value(mode)));
		if (!bit)
			note(p, KEY_SUPPORTED_COLOR_MODES, "names a mode that the hub does not drive");
		e->color_modes |= bit;
		if (strcmp(json_string_value(mode), "onoff") != 0)
			e->brightness = true; /* every mode but onoff has it */
	}
}

static void read_light(struct parse *p, const json_t *object, struct entity *e)
{
	char schema[16] = "basic";
	read_text(p, object, KEY_SCHEMA, schema, sizeof schema);
	const json_t *brightness = get(object, KEY_BRIGHTNESS);
	if (brightness && !json_is_boolean(brightness))
		fail(p, KEY_BRIGHTNESS, "must be true or false");
	e->brightness = json_is_true(brightness);
	read_color_modes(p, object, e);
	double scale = 255;
	read_number(p, object, KEY_BRIGHTNESS_SCALE, &scale, (const double[]){1, 65535});
	if (scale < 254.5 || scale > 255.5) {
		note(p, KEY_BRIGHTNESS_SCALE, "is not 255, so brightness and colour are left to the device");
		e->brightness = false;
		e->color_modes = 0;
	}
	if (strcmp(schema, "json") != 0) {
		note(p, KEY_SCHEMA, "is not json, so that the light is shown but not driven");
		e->component = COMPONENT_OTHER;
		e->command_topic[0] = 0;
		return;
	}
	if (!e->color_modes)
		e->color_modes = e->brightness ? COLOR_MODE_BRIGHTNESS : COLOR_MODE_ONOFF;
}

static void read_number_entity(struct parse *p, const json_t *object, struct entity *e)
{
	static const double any[] = {-1e15, 1e15};
	e->min = 1;
	e->max = 100;
	e->step = 1;
	read_number(p, object, KEY_MIN, &e->min, any);
	read_number(p, object, KEY_MAX, &e->max, any);
	read_number(p, object, KEY_STEP, &e->step, (const double[]){1e-9, 1e15});
	if (e->min >= e->max)
		fail(p, KEY_MAX, "must be greater than min");
}

/* What a component of this kind has beyond the common keys. */
static void read_particulars(struct parse *p, const json_t *object, struct entity *e)
{
	switch (e->component) {
	case COMPONENT_LIGHT: read_light(p, object, e); break;
	case COMPONENT_NUMBER: read_number_entity(p, object, e); break;
	case COMPONENT_SENSOR: read_options(p, object, e); break;
	case COMPONENT_SELECT:
		read_options(p, object, e);
		if (e->option_count == 0)
			fail(p, KEY_OPTIONS, "is missing");
		break;
	case COMPONENT_BUTTON:
		(void)str_copy(e->payload_on, sizeof e->payload_on, "PRESS");
		read_text(p, object, KEY_PAYLOAD_PRESS, e->payload_on, sizeof e->payload_on);
		e->state_topic[0] = 0; /* a button has no state, whatever the root says */
		break;
	case COMPONENT_SWITCH:
	case COMPONENT_BINARY_SENSOR:
		(void)str_copy(e->payload_on, sizeof e->payload_on, "ON");
		(void)str_copy(e->payload_off, sizeof e->payload_off, "OFF");
		read_text(p, object, KEY_PAYLOAD_ON, e->payload_on, sizeof e->payload_on);
		read_text(p, object, KEY_PAYLOAD_OFF, e->payload_off, sizeof e->payload_off);
		(void)str_copy(e->state_on, sizeof e->state_on, e->payload_on);
		(void)str_copy(e->state_off, sizeof e->state_off, e->payload_off);
		read_text(p, object, KEY_STATE_ON, e->state_on, sizeof e->state_on);
		read_text(p, object, KEY_STATE_OFF, e->state_off, sizeof e->state_off);
		break;
	case COMPONENT_OTHER: break;
	}
}

static bool is_commandable(enum component component)
{
	return component == COMPONENT_SWITCH || component == COMPONENT_LIGHT || component == COMPONENT_BUTTON ||
	       component == COMPONENT_NUMBER || component == COMPONENT_SELECT;
}

static void read_component(struct parse *p, const json_t *root, const char *id, const json_t *object)
{
	struct entity *e = &p->out->entities[p->out->entity_count];
	read_text(p, object, KEY_PLATFORM, e->platform, sizeof e->platform);
	if (!e->platform[0])
		fail(p, KEY_PLATFORM, "is missing");
	if (json_object_size(object) == 1)
		return; /* only its platform: the device takes this component away */
	p->out->entity_count++;
	(void)str_copy(e->id, sizeof e->id, id); /* checked by the caller */
	e->component = component_parse(span_str(e->platform));
	e->precision = -1;

	if (!get(object, KEY_NAME))
		(void)str_copy(e->name, sizeof e->name, id);
	read_text(p, object, KEY_NAME, e->name, sizeof e->name);
	read_text(p, object, KEY_DEVICE_CLASS, e->device_class, sizeof e->device_class);
	read_text(p, object, KEY_UNIT, e->unit, sizeof e->unit);
	read_text(p, object, KEY_STATE_CLASS, e->state_class, sizeof e->state_class);
	read_text(p, object, KEY_ICON, e->icon, sizeof e->icon);
	read_text(p, object, KEY_CATEGORY, e->category, sizeof e->category);
	double precision = -1;
	read_number(p, object, KEY_PRECISION, &precision, (const double[]){0, 15});
	e->precision = (int)precision;
	double expire_s = 0;
	read_number(p, object, KEY_EXPIRE_AFTER, &expire_s, (const double[]){0, 1e9});
	e->expire_after_ms = (int64_t)(expire_s * 1000);

	read_state_topic(p, get(object, KEY_STATE_TOPIC) ? object : root, e);
	read_topic(p, get(object, KEY_COMMAND_TOPIC) ? object : root, KEY_COMMAND_TOPIC, e->command_topic);
	if (get(object, KEY_VALUE_TEMPLATE)) {
		note(p, KEY_VALUE_TEMPLATE, "templates are not evaluated, so its state is not followed");
		e->state_topic[0] = 0;
	}
	if (get(object, KEY_COMMAND_TEMPLATE)) {
		note(p, KEY_COMMAND_TEMPLATE, "templates are not evaluated, so it cannot be commanded");
		e->command_topic[0] = 0;
	}
	if (!is_commandable(e->component))
		e->command_topic[0] = 0;
	read_particulars(p, object, e);
}

static void read_components(struct parse *p, const json_t *root)
{
	const json_t *components = get(root, KEY_COMPONENTS);
	if (!json_is_object(components) || json_object_size(components) > DISCOVERY_ENTITIES_MAX) {
		fail(p, KEY_COMPONENTS, "must be an object of at most 256 components");
		return;
	}
	p->out->entities = calloc(json_object_size(components) + 1, sizeof *p->out->entities);
	if (!p->out->entities) {
		p->err = ERR_NOMEM;
		return;
	}
	const char *root_base = p->base;
	const char *id;
	json_t *object;
	json_object_foreach((json_t *)components, id, object) {
		if (!str_id_valid(span_str(id), MODEL_ID_MAX)) {
			fail(p, KEY_COMPONENTS, "has a component key that is not 1 to 32 of A-Z a-z 0-9 _ -");
			return;
		}
		p->where = id;
		const char *base = json_string_value(json_object_get(object, "~"));
		p->base = base ? base : root_base;
		if (!json_is_object(object))
			fail(p, KEY_COMPONENTS, "must hold objects");
		else
			read_component(p, root, id, object);
		if (p->err != 0)
			return;
	}
	p->where = NULL;
	p->base = root_base;
}

/* Availability is heard on tomte/<device>/status; other topics are noted. */
static void read_availability(struct parse *p, const json_t *root)
{
	struct description *d = p->out;
	(void)str_copy(d->available, sizeof d->available, TOPIC_STATUS_ONLINE);
	(void)str_copy(d->unavailable, sizeof d->unavailable, TOPIC_STATUS_OFFLINE);
	enum key topic_key = KEY_AVAILABILITY_TOPIC;
	const json_t *from = root;
	const json_t *list = get(root, KEY_AVAILABILITY);
	if (list) {
		from = json_is_array(list) ? json_array_get(list, 0) : list;
		topic_key = KEY_TOPIC;
		if (!json_is_object(from)) {
			fail(p, KEY_AVAILABILITY, "must be a list of objects");
			return;
		}
	}
	char topic[MODEL_TOPIC_SIZE] = "";
	read_topic(p, from, topic_key, topic);
	read_text(p, from, KEY_PAYLOAD_AVAILABLE, d->available, sizeof d->available);
	read_text(p, from, KEY_PAYLOAD_NOT_AVAILABLE, d->unavailable, sizeof d->unavailable);
	struct topic_parts parts;
	if (topic[0] && (topic_parse(span_str(topic), &parts) != 0 || parts.kind != TOPIC_STATUS))
		note(p, KEY_AVAILABILITY_TOPIC, "is not the device's status topic and is not followed");
}

static void read_device(struct parse *p, const json_t *root)
{
	const json_t *device = get(root, KEY_DEVICE);
	if (!json_is_object(device)) {
		fail(p, KEY_DEVICE, "must be an object");
		return;
	}
	read_text(p, device, KEY_NAME, p->out->name, sizeof p->out->name);
	read_text(p, device, KEY_MODEL, p->out->model, sizeof p->out->model);
	read_text(p, device, KEY_MANUFACTURER, p->out->manufacturer, sizeof p->out->manufacturer);
	read_text(p, device, KEY_SUGGESTED_AREA, p->out->area, sizeof p->out->area);
	read_text(p, device, KEY_SW_VERSION, p->out->sw_version, sizeof p->out->sw_version);
}

static void read_root(struct parse *p, const json_t *root)
{
	const json_t *origin = get(root, KEY_ORIGIN);
	if (origin && !json_is_object(origin))
		fail(p, KEY_ORIGIN, "must be an object");
	p->base = json_string_value(json_object_get(root, "~"));
	read_device(p, root);
	read_availability(p, root);
	if (p->err == 0)
		read_components(p, root);
}

void description_finish(struct description *d)
{
	for (size_t i = 0; i < d->entity_count; i++)
		entity_finish(&d->entities[i]);
	free(d->entities);
	*d = (struct description){0};
}

int discovery_homeassistant(const char *device, struct span payload, struct description *description_r,
			    char *message_r)
{
	*description_r = (struct description){0};
	message_r[0] = 0;
	if (payload.len > DISCOVERY_PAYLOAD_MAX) {
		(void)str_copy(message_r, DISCOVERY_MESSAGE_SIZE, "the description is larger than 64 KiB");
		return ERR_TOO_LARGE;
	}
	json_error_t error;
	json_t *root = json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(root)) {
		int cut = str_format(message_r, DISCOVERY_MESSAGE_SIZE, "not a JSON object (%s, byte %d)",
				     root ? "another type" : error.text, error.position);
		(void)cut;
		json_decref(root);
		return ERR_MALFORMED;
	}
	struct parse p = {.device = device, .out = description_r, .message = message_r};
	read_root(&p, root);
	json_decref(root);
	if (p.err != 0)
		description_finish(description_r);
	return p.err;
}
