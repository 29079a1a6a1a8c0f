/* Home Assistant's device discovery: one JSON object that describes a device and
 * its components, with long or abbreviated keys. Pure, any thread. What is
 * nonsense refuses the whole description, so that the last good one stays; what
 * is merely beyond us (foreign topics, templates that we cannot evaluate, unknown components) is kept
 * as far as it goes and noted. Keys that we have no use for are ignored, as
 * Home Assistant does. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "device/homeassistant.h"

enum { MIRED_MIN = 1, MIRED_MAX = 10000, KELVIN_MIN = 1000, KELVIN_MAX = 40000 };

/* ---- what components have besides channels ------------------------------ */

static void read_color_modes(struct ha_parse *p, struct entity *e)
{
	const json_t *list = ha_get(p->object, "supported_color_modes"), *mode;
	size_t i;
	if (list && !json_is_array(list))
		ha_fail(p, "supported_color_modes", "must be a list of mode names");
	json_array_foreach(list, i, mode) {
		if (!json_is_string(mode)) {
			ha_fail(p, "supported_color_modes", "must be a list of mode names");
			return;
		}
		const char *name = json_string_value(mode);
		bool has_whites = strcmp(name, "rgbw") == 0 || strcmp(name, "rgbww") == 0; /* these stay as they are */
		unsigned bit = color_mode_parse(span_str(has_whites ? "rgb" : name));
		if (!bit)
			ha_note(p, "supported_color_modes", "names a mode that the hub does not drive");
		e->color_modes |= bit;
	}
}

/* The modes of a light with the JSON schema from before Home Assistant had supported_color_modes. */
static void read_old_modes(struct ha_parse *p, struct entity *e)
{
	static const struct {
		const char *key;
		enum color_mode mode;
	} flags[] = {
		{"color_temp", COLOR_MODE_COLOR_TEMP}, {"rgb", COLOR_MODE_RGB}, {"hs", COLOR_MODE_HS}, {"xy", COLOR_MODE_XY},
	};
	if (ha_get(p->object, "supported_color_modes"))
		return;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (ha_true(p->object, flags[i].key))
			e->color_modes |= flags[i].mode;
}

/* The modes of a light that does not name them: what it can be told. */
static void find_color_modes(struct ha_parse *p, struct entity *e)
{
	static const struct {
		enum property property;
		enum color_mode mode;
	} modes[] = {
		{PROPERTY_BRIGHTNESS, COLOR_MODE_BRIGHTNESS}, {PROPERTY_COLOR_TEMP, COLOR_MODE_COLOR_TEMP},
		{PROPERTY_RED, COLOR_MODE_RGB},		      {PROPERTY_HUE, COLOR_MODE_HS},
		{PROPERTY_X, COLOR_MODE_XY},		      {PROPERTY_WHITE, COLOR_MODE_WHITE},
	};
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (entity_control(e, modes[i].property))
			e->color_modes |= modes[i].mode;
	const json_t *brightness = ha_get(p->object, "brightness");
	if (brightness && !json_is_boolean(brightness) && !json_is_string(brightness))
		ha_fail(p, "brightness", "must be true or false");
	if (!e->color_modes)
		e->color_modes = ha_true(p->object, "brightness") ? COLOR_MODE_BRIGHTNESS : COLOR_MODE_ONOFF;
}

static void read_kelvin(struct ha_parse *p, struct entity *e)
{
	double warmest = 500, coldest = 153; /* mired, Home Assistant's */
	ha_number(p, p->object, "max_mireds", &warmest, MIRED_MIN, MIRED_MAX);
	ha_number(p, p->object, "min_mireds", &coldest, MIRED_MIN, MIRED_MAX);
	e->min_kelvin = floor(1e6 / warmest);
	e->max_kelvin = ceil(1e6 / coldest);
	ha_number(p, p->object, "min_kelvin", &e->min_kelvin, KELVIN_MIN, KELVIN_MAX);
	ha_number(p, p->object, "max_kelvin", &e->max_kelvin, KELVIN_MIN, KELVIN_MAX);
	if (e->min_kelvin >= e->max_kelvin)
		ha_fail(p, "max_kelvin", "must be greater than min_kelvin");
}

static void read_light(struct ha_parse *p, struct entity *e)
{
	char order[16] = "last";
	read_color_modes(p, e);
	read_old_modes(p, e);
	find_color_modes(p, e);
	read_kelvin(p, e);
	ha_choices(p, p->object, "effect_list", &e->effects);
	ha_text(p, p->object, "on_command_type", order, sizeof order);
	e->on_first = strcmp(order, "first") == 0;
	e->on_last = !e->on_first && strcmp(order, "brightness") != 0;
}

static void read_limits(struct ha_parse *p, struct entity *e, const char *min, const char *max, const double standard[2])
{
	static const double most = 1e15;
	e->min = standard[0];
	e->max = standard[1];
	ha_number(p, p->object, min, &e->min, -most, most);
	ha_number(p, p->object, max, &e->max, -most, most);
	if (e->min >= e->max)
		ha_fail(p, max, "must be greater than min");
}

static void read_climate(struct ha_parse *p, struct entity *e)
{
	static const char *const standard[] = {"auto", "off", "cool", "heat", "dry", "fan_only"};
	char unit[8] = "C";
	ha_text(p, p->object, "temperature_unit", unit, sizeof unit);
	bool fahrenheit = strcmp(unit, "F") == 0;
	(void)str_copy(e->unit, sizeof e->unit, fahrenheit ? "°F" : "°C");
	read_limits(p, e, "min_temp", "max_temp", fahrenheit ? (const double[]){45, 95} : (const double[]){7, 35});
	e->step = fahrenheit ? 1 : 0.5;
	ha_number(p, p->object, "temp_step", &e->step, 1e-3, 100);
	ha_choices(p, p->object, "modes", &e->options);
	for (size_t i = 0; i < sizeof standard / sizeof *standard && !ha_get(p->object, "modes") && !p->err; i++)
		p->err = choices_add(&e->options, standard[i]);
	ha_choices(p, p->object, "fan_modes", &e->fan_modes);
	ha_choices(p, p->object, "swing_modes", &e->swing_modes);
	ha_choices(p, p->object, "preset_modes", &e->presets);
}

static void need_choices(struct ha_parse *p, const char *key, struct choices *choices)
{
	ha_choices(p, p->object, key, choices);
	if (choices->count == 0)
		ha_fail(p, key, "is missing");
}

/* What a component of this kind has beyond the common keys. */
static void read_particulars(struct ha_parse *p, struct entity *e)
{
	switch (e->component) {
	case COMPONENT_LIGHT: read_light(p, e); break;
	case COMPONENT_CLIMATE: read_climate(p, e); break;
	case COMPONENT_SENSOR:
		ha_choices(p, p->object, "options", &e->options);
		if (ha_get(p->object, "options") && e->options.count == 0)
			ha_fail(p, "options", "is empty");
		break;
	case COMPONENT_SELECT: need_choices(p, "options", &e->options); break;
	case COMPONENT_EVENT: need_choices(p, "event_types", &e->options); break;
	case COMPONENT_FAN: ha_choices(p, p->object, "preset_modes", &e->presets); break;
	case COMPONENT_TEXT: read_limits(p, e, "min", "max", (const double[]){0, 255}); break;
	case COMPONENT_NUMBER:
		read_limits(p, e, "min", "max", (const double[]){1, 100});
		e->step = 1;
		ha_number(p, p->object, "step", &e->step, 1e-9, 1e15);
		break;
	default: break;
	}
}

static void read_component(struct ha_parse *p, const char *id)
{
	struct entity *e = &p->out->entities[p->out->entity_count];
	const json_t *object = p->object;
	ha_text(p, object, "platform", e->platform, sizeof e->platform);
	if (!e->platform[0])
		ha_fail(p, "platform", "is missing");
	if (json_object_size(object) == 1)
		return; /* only its platform: the device takes this component away */
	p->out->entity_count++;
	(void)str_copy(e->id, sizeof e->id, id); /* checked by the caller */
	e->siren = strcmp(e->platform, "siren") == 0;
	if (e->siren)
		(void)str_copy(e->platform, sizeof e->platform, "switch");
	e->component = component_parse(span_str(e->platform));
	e->precision = -1;

	if (!ha_get(object, "name"))
		(void)str_copy(e->name, sizeof e->name, id);
	ha_text(p, object, "name", e->name, sizeof e->name);
	ha_text(p, object, "device_class", e->device_class, sizeof e->device_class);
	ha_text(p, object, "unit_of_measurement", e->unit, sizeof e->unit);
	ha_text(p, object, "state_class", e->state_class, sizeof e->state_class);
	ha_text(p, object, "icon", e->icon, sizeof e->icon);
	ha_text(p, object, "entity_category", e->category, sizeof e->category);
	double precision = -1, expire_s = 0, off_s = 0;
	ha_number(p, object, "suggested_display_precision", &precision, 0, 15);
	e->precision = (int)precision;
	ha_number(p, object, "expire_after", &expire_s, 0, 1e9);
	e->expire_after_ms = (int64_t)(expire_s * 1000);
	if (e->component == COMPONENT_BINARY_SENSOR)
		ha_number(p, object, "off_delay", &off_s, 0, 1e9);
	e->off_delay_ms = (int64_t)(off_s * 1000);
	if (e->siren)
		ha_siren(p, e);
	else
		ha_channels(p, e);
	if (!p->err)
		read_particulars(p, e);
}

/* Whether what made no sense is passed over, with a note, as the rest is not its maker's to answer for. */
static bool forgiven(struct ha_parse *p)
{
	if (!p->apart || p->err != ERR_MALFORMED)
		return false;
	if (!p->out->note[0])
		(void)str_copy(p->out->note, sizeof p->out->note, p->message); /* of the same size */
	p->message[0] = 0;
	p->err = 0;
	return true;
}

static void read_components(struct ha_parse *p, const json_t *root)
{
	const json_t *components = ha_get(root, "components");
	if (!json_is_object(components) || json_object_size(components) > DISCOVERY_ENTITIES_MAX) {
		ha_fail(p, "components", "must be an object of at most 256 components");
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
			ha_fail(p, "components", "has a component key that is not 1 to 32 of A-Z a-z 0-9 _ -");
			return;
		}
		p->where = id;
		const char *base = json_string_value(json_object_get(object, "~"));
		p->base = base ? base : root_base;
		p->object = object;
		size_t count = p->out->entity_count;
		if (!json_is_object(object))
			ha_fail(p, "components", "must hold objects");
		else
			read_component(p, id);
		if (forgiven(p)) {
			entity_finish(&p->out->entities[count]);
			p->out->entity_count = count;
		}
		if (p->err != 0)
			return;
	}
	p->where = NULL;
	p->base = root_base;
}

static void read_device(struct ha_parse *p, const json_t *root)
{
	const json_t *device = ha_get(root, "device");
	if (!json_is_object(device)) {
		ha_fail(p, "device", "must be an object");
		return;
	}
	ha_text(p, device, "name", p->out->name, sizeof p->out->name);
	ha_text(p, device, "model", p->out->model, sizeof p->out->model);
	ha_text(p, device, "manufacturer", p->out->manufacturer, sizeof p->out->manufacturer);
	ha_text(p, device, "suggested_area", p->out->area, sizeof p->out->area);
	ha_text(p, device, "sw_version", p->out->sw_version, sizeof p->out->sw_version);
}

static void read_root(struct ha_parse *p, const json_t *root)
{
	const json_t *origin = ha_get(root, "origin");
	if (origin && !json_is_object(origin))
		ha_fail(p, "origin", "must be an object");
	p->base = json_string_value(json_object_get(root, "~"));
	p->apart = json_is_true(json_object_get(root, "apart"));
	read_device(p, root);
	if (p->err == 0)
		ha_presence(p);
	(void)forgiven(p);
	if (p->err == 0)
		read_components(p, root);
}

int discovery_read_json(const json_t *root, const struct topic_gate *gate, struct description *description_r, char *message_r)
{
	*description_r = (struct description){0};
	message_r[0] = 0;
	struct ha_parse p = {.gate = gate, .out = description_r, .message = message_r, .root = root};
	if (json_is_object(root))
		read_root(&p, root);
	else
		ha_fail(&p, "the description", "is not an object");
	if (p.err != 0)
		description_finish(description_r);
	return p.err;
}

int discovery_read(struct span payload, const struct topic_gate *gate, struct description *description_r, char *message_r)
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
	int err = discovery_read_json(root, gate, description_r, message_r);
	json_decref(root);
	return err;
}
