/* Making one value suit entities of many kinds. Pure, any thread. What is not understood is left for wish_read to refuse. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/wish.h"

/* A number within what the entity takes. */
static json_t *fit_number(const struct entity *e, enum property p, json_t *json)
{
	struct range range = entity_range(e, p);
	double number = json_number_value(json);
	if (!json_is_number(json) || range.low >= range.high || (number >= range.low && number <= range.high))
		return json_incref(json);
	return json_real(fmin(fmax(number, range.low), range.high));
}

static json_t *fit_word(const struct entity *e, enum property p, json_t *json)
{
	const struct choices *choices = entity_choices(e, p);
	const char *word = json_string_value(json);
	return !choices || !word || choices_have(choices, span_str(word)) ? json_incref(json) : NULL;
}

/* A member of the value, or NULL when the entity has no use for it. */
static json_t *fit_member(const struct entity *e, const char *key, json_t *json)
{
	if (strcmp(key, "transition") == 0)
		return e->component == COMPONENT_LIGHT ? json_incref(json) : NULL;
	if (strcmp(key, "color") == 0)
		return entity_can(e, PROPERTY_RED) ? json_incref(json) : NULL;
	enum property p = property_of(span_str(key));
	if (p == PROPERTY_COUNT || p == PROPERTY_STATE)
		return json_incref(json);
	if (!entity_can(e, p))
		return NULL;
	return p < PROPERTY_FIRST_WORD ? fit_number(e, p, json) : fit_word(e, p, json);
}

/* "ON" or "OFF" as the light or speed that was asked for means it; NULL: it means neither. */
static const char *switched(const json_t *asked)
{
	static const char *const amounts[] = {"brightness", "percentage"}, *const shades[] = {"color", "color_temp", "white", "effect"};
	for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
		const json_t *amount = json_object_get(asked, amounts[i]);
		if (amount)
			return json_number_value(amount) < 0.5 ? "OFF" : "ON";
	}
	for (size_t i = 0; i < sizeof shades / sizeof *shades; i++)
		if (json_object_get(asked, shades[i]))
			return "ON";
	return NULL;
}

static bool is_switched(const struct entity *e)
{
	return e->component == COMPONENT_SWITCH || e->component == COMPONENT_LIGHT || e->component == COMPONENT_FAN;
}

static json_t *fit_object(const struct entity *e, json_t *asked)
{
	json_t *fit = json_object(), *member;
	const char *key;
	bool told = false; /* there is more in it than how long it takes */
	json_object_foreach(asked, key, member) {
		json_t *taken = fit_member(e, key, member);
		told = told || (taken && strcmp(key, "transition") != 0);
		if (taken && json_object_set_new(fit, key, taken) != 0) {
			json_decref(fit);
			return NULL;
		}
	}
	if (!told && is_switched(e) && switched(asked) && json_object_set_new(fit, "state", json_string(switched(asked))) != 0) {
		json_decref(fit);
		return NULL;
	}
	return fit;
}

int wish_fit(const struct entity *e, const char *value_json, char **json_r)
{
	*json_r = NULL;
	json_t *asked = json_loads(value_json, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	if (!asked)
		return ERR_MALFORMED;
	json_t *fit = json_is_object(asked) ? fit_object(e, asked) : json_incref(asked);
	if (fit)
		*json_r = json_dumps(fit, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(fit);
	json_decref(asked);
	return *json_r ? 0 : ERR_NOMEM;
}
