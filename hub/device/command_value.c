/* Wishes: one function per component that takes commands. Pure, any thread; it
 * publishes nothing and remembers nothing. */
#include "device/command_value.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"

enum { TRANSITION_MAX_S = 3600 };

/* Sets the sentence and returns ERR_INVALID. */
static int invalid(struct wish *w, const char *detail)
{
	(void)str_copy(w->detail, sizeof w->detail, detail);
	return ERR_INVALID;
}

/* "ON", "OFF" or "TOGGLE" to a state; toggling what is unknown switches on. */
static bool read_on_off(const json_t *word, const struct value *present, bool *on_r)
{
	const char *text = json_string_value(word);
	if (!text)
		return false;
	bool is_on = (present->kind == VALUE_ON_OFF || present->kind == VALUE_LIGHT) && present->on;
	if (strcmp(text, "TOGGLE") == 0)
		*on_r = !is_on;
	else if (strcmp(text, "ON") == 0 || strcmp(text, "OFF") == 0)
		*on_r = strcmp(text, "ON") == 0;
	else
		return false;
	return true;
}

static int wish_switch(const struct entity *e, const struct value *present, const json_t *json, struct wish *w)
{
	if (!read_on_off(json, present, &w->value.on))
		return invalid(w, "A switch takes \"ON\", \"OFF\" or \"TOGGLE\".");
	w->value.kind = VALUE_ON_OFF;
	return buf_append_str(&w->payload, w->value.on ? e->payload_on : e->payload_off);
}

static int wish_number(const struct entity *e, const json_t *json, struct wish *w)
{
	double number = json_number_value(json);
	if (!json_is_number(json) && (!json_is_string(json) || str_to_double(span_str(json_string_value(json)), &number)))
		return invalid(w, "This takes a number.");
	if (!(number >= e->min && number <= e->max)) {
		char low[32], high[32];
		str_from_double(low, sizeof low, e->min);
		str_from_double(high, sizeof high, e->max);
		int err = str_format(w->detail, sizeof w->detail, "The number must lie between %s and %s.", low, high);
		return err == 0 ? ERR_INVALID : err;
	}
	w->value.kind = VALUE_NUMBER;
	w->value.number = number;
	w->tolerance = e->step / 2;
	char text[32];
	str_from_double(text, sizeof text, number);
	return buf_append_str(&w->payload, text);
}

static int wish_select(const struct entity *e, const json_t *json, struct wish *w)
{
	const char *text = json_string_value(json);
	for (size_t i = 0; text && i < e->option_count; i++)
		if (strcmp(e->options[i], text) == 0) {
			w->value.kind = VALUE_TEXT;
			int err = str_copy(w->value.text, sizeof w->value.text, text);
			return err == 0 ? buf_append_str(&w->payload, text) : err;
		}
	return invalid(w, "This takes one of its options.");
}

static bool read_byte(const json_t *number, uint8_t *byte_r)
{
	json_int_t n = json_integer_value(number);
	if (!json_is_integer(number) || n < 0 || n > 255)
		return false;
	*byte_r = (uint8_t)n;
	return true;
}

static int read_color(const struct entity *e, const json_t *color, struct wish *w)
{
	if (!(e->color_modes & COLOR_MODE_RGB))
		return invalid(w, "This light has no colours.");
	if (json_object_size(color) != 3 || !read_byte(json_object_get(color, "r"), &w->value.red) ||
	    !read_byte(json_object_get(color, "g"), &w->value.green) ||
	    !read_byte(json_object_get(color, "b"), &w->value.blue))
		return invalid(w, "A colour is {\"r\":0-255,\"g\":0-255,\"b\":0-255}.");
	w->value.has_color = true;
	return 0;
}

/* What a light's wish holds besides the value that a report can show. */
struct light_wish {
	bool has_state, has_transition;
	double transition_s;
};

/* Reads one key of a light's wish. */
static int read_light_key(const struct entity *e, const char *key, const json_t *value, struct wish *w,
			  struct light_wish *light)
{
	if (strcmp(key, "brightness") == 0) {
		if (!e->brightness)
			return invalid(w, "This light cannot be dimmed.");
		w->value.has_brightness = read_byte(value, &w->value.brightness);
		return w->value.has_brightness ? 0 : invalid(w, "Brightness is a whole number from 0 to 255.");
	}
	if (strcmp(key, "color") == 0)
		return read_color(e, value, w);
	if (strcmp(key, "transition") == 0) {
		light->transition_s = json_number_value(value);
		light->has_transition = true;
		if (!json_is_number(value) || !(light->transition_s >= 0 && light->transition_s <= TRANSITION_MAX_S))
			return invalid(w, "A transition takes 0 to 3600 seconds.");
		return 0;
	}
	return invalid(w, "A light takes state, brightness, color and transition, nothing else.");
}

static int compose_light(struct wish *w, const struct light_wish *light)
{
	struct json_out o = {.buf = &w->payload};
	value_json(&o, &w->value);
	if (light->has_transition && o.err == 0) {
		w->payload.len--; /* open the object again */
		json_out_key(&o, "transition");
		json_out_number(&o, light->transition_s);
		json_out_raw(&o, "}");
	}
	return o.err;
}

static int wish_light(const struct entity *e, const struct value *present, const json_t *json, struct wish *w)
{
	struct light_wish light = {0};
	w->value.kind = VALUE_LIGHT;
	w->value.on = true; /* a colour or brightness alone switches on */
	const json_t *state = json_is_object(json) ? json_object_get(json, "state") : json;
	if (state && !read_on_off(state, present, &w->value.on))
		return invalid(w, "The state of a light is \"ON\", \"OFF\" or \"TOGGLE\".");
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)json, key, value) {
		int err = strcmp(key, "state") == 0 ? 0 : read_light_key(e, key, value, w, &light);
		if (err != 0)
			return err;
	}
	if (!state && !w->value.has_brightness && !w->value.has_color)
		return invalid(w, "A light takes at least one of state, brightness and color.");
	if (w->value.has_brightness && w->value.brightness == 0)
		w->value.on = false; /* as Home Assistant reads it: darkest is off */
	if (!w->value.on)
		w->value.has_brightness = w->value.has_color = false;
	return compose_light(w, &light);
}

/* Dispatches on the component. */
static int wish_of(const struct entity *e, const struct value *present, const json_t *json, struct wish *w)
{
	switch (e->component) {
	case COMPONENT_SWITCH: return wish_switch(e, present, json, w);
	case COMPONENT_LIGHT: return wish_light(e, present, json, w);
	case COMPONENT_NUMBER: return wish_number(e, json, w);
	case COMPONENT_SELECT: return wish_select(e, json, w);
	case COMPONENT_BUTTON: return buf_append_str(&w->payload, e->payload_on);
	default: return ERR_UNSUPPORTED;
	}
}

void wish_finish(struct wish *w)
{
	buf_finish(&w->payload);
	free(w->json);
	w->json = NULL;
}

int wish_read(const struct entity *entity, const struct value *present, const char *value_json, struct wish *wish_r)
{
	*wish_r = (struct wish){0};
	if (!entity->command_topic[0])
		return ERR_UNSUPPORTED;
	size_t len = strlen(value_json);
	if (len > COMMAND_JSON_MAX)
		return invalid(wish_r, "The value is longer than 1024 bytes.");
	json_error_t error;
	json_t *json = json_loadb(value_json, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
	if (!json)
		return invalid(wish_r, "The value is not JSON.");
	int err = wish_of(entity, present, json, wish_r);
	if (err == 0) {
		wish_r->json = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
		if (!wish_r->json)
			err = ERR_NOMEM;
	}
	json_decref(json);
	return err;
}
