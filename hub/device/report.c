/* Payloads to values, one function per kind of component. Pure, any thread; it
 * knows what an entity is, not which device or topic it came from. */
#include "device/report.h"

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

enum { LIGHT_PAYLOAD_MAX = 4096 }; /* bytes of a light's JSON */

/* A new value that forgets the old one. */
static struct value *renew(struct value *value, enum value_kind kind)
{
	*value = (struct value){.kind = kind};
	return value;
}

static int read_number(struct span payload, struct value *value)
{
	double number;
	if (str_to_double(payload, &number) != 0)
		return ERR_MALFORMED;
	renew(value, VALUE_NUMBER)->number = number;
	return 0;
}

static int read_text(struct span payload, struct value *value)
{
	if (payload.len >= VALUE_TEXT_SIZE || !str_utf8_valid(payload))
		return ERR_MALFORMED;
	return str_copy_span(renew(value, VALUE_TEXT)->text, VALUE_TEXT_SIZE, payload);
}

static int read_on_off(const struct entity *entity, struct span payload, struct value *value)
{
	bool on = span_is(payload, entity->state_on);
	if (!on && !span_is(payload, entity->state_off))
		return ERR_MALFORMED;
	renew(value, VALUE_ON_OFF)->on = on;
	return 0;
}

static bool read_byte(const json_t *number, uint8_t *byte_r)
{
	json_int_t n = json_integer_value(number);
	if (!json_is_integer(number) || n < 0 || n > 255)
		return false;
	*byte_r = (uint8_t)n;
	return true;
}

/* Merges the keys that a light's report has into the value. */
static int merge_light(const json_t *report, struct value *value)
{
	const json_t *state = json_object_get(report, "state");
	const json_t *brightness = json_object_get(report, "brightness");
	const json_t *color = json_object_get(report, "color");
	if (state) {
		const char *text = json_string_value(state);
		if (!text || (strcmp(text, "ON") != 0 && strcmp(text, "OFF") != 0))
			return ERR_MALFORMED;
		value->on = strcmp(text, "ON") == 0;
	}
	if (brightness && !json_is_null(brightness)) {
		if (!read_byte(brightness, &value->brightness))
			return ERR_MALFORMED;
		value->has_brightness = true;
	}
	if (json_object_get(color, "r")) { /* hs and xy colours are no concern of ours */
		if (!read_byte(json_object_get(color, "r"), &value->red) ||
		    !read_byte(json_object_get(color, "g"), &value->green) ||
		    !read_byte(json_object_get(color, "b"), &value->blue))
			return ERR_MALFORMED;
		value->has_color = true;
	}
	return state || value->kind == VALUE_LIGHT ? 0 : ERR_MALFORMED;
}

static int read_light(struct span payload, struct value *value)
{
	if (payload.len > LIGHT_PAYLOAD_MAX)
		return ERR_MALFORMED;
	json_error_t error;
	json_t *report = json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, &error);
	struct value merged = value->kind == VALUE_LIGHT ? *value : (struct value){0};
	int err = json_is_object(report) ? merge_light(report, &merged) : ERR_MALFORMED;
	json_decref(report);
	if (err != 0)
		return err;
	merged.kind = VALUE_LIGHT;
	*value = merged;
	return 0;
}

static bool is_option(const struct entity *entity, struct span payload)
{
	for (size_t i = 0; i < entity->option_count; i++)
		if (span_is(payload, entity->options[i]))
			return true;
	return entity->option_count == 0;
}

/* A sensor that does not say what it measures: a number when it looks like one. */
static int read_loose(const struct entity *entity, struct span payload, struct value *value)
{
	if (entity->option_count)
		return is_option(entity, payload) ? read_text(payload, value) : ERR_MALFORMED;
	if (!entity->device_class[0] && read_number(payload, value) == 0)
		return 0;
	return read_text(payload, value);
}

int report_read(const struct entity *entity, struct span payload, struct value *value)
{
	if (payload.len == 0)
		return 0;
	if (span_is(payload, "None")) {
		renew(value, VALUE_NONE);
		return 0;
	}
	switch (entity->component) {
	case COMPONENT_SENSOR:
		return entity_is_numeric(entity) ? read_number(payload, value) : read_loose(entity, payload, value);
	case COMPONENT_NUMBER: return read_number(payload, value);
	case COMPONENT_BINARY_SENSOR:
	case COMPONENT_SWITCH: return read_on_off(entity, payload, value);
	case COMPONENT_LIGHT: return read_light(payload, value);
	case COMPONENT_SELECT: return is_option(entity, payload) ? read_text(payload, value) : ERR_MALFORMED;
	case COMPONENT_BUTTON: return 0;
	case COMPONENT_OTHER: break;
	}
	return read_text(payload, value);
}
