/* States: the properties' names and tolerances as one table, and what is done with all of them alike. Any thread. */
#include "model/state.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

/* tolerance: what is lost in devices that keep a property in steps which nobody tells. */
static const struct {
	const char *name;
	bool color; /* is below "color" in JSON */
	double tolerance;
} properties[] = {
	[PROPERTY_STATE] = {"state", false, 0},
	[PROPERTY_BRIGHTNESS] = {"brightness", false, 0.5},
	[PROPERTY_COLOR_TEMP] = {"color_temp", false, 1},
	[PROPERTY_RED] = {"r", true, 2},
	[PROPERTY_GREEN] = {"g", true, 2},
	[PROPERTY_BLUE] = {"b", true, 2},
	[PROPERTY_HUE] = {"h", true, 1.5},
	[PROPERTY_SATURATION] = {"s", true, 1},
	[PROPERTY_X] = {"x", true, 0.01},
	[PROPERTY_Y] = {"y", true, 0.01},
	[PROPERTY_WHITE] = {"white", false, 0.5},
	[PROPERTY_POSITION] = {"position", false, 1},
	[PROPERTY_TILT] = {"tilt", false, 1},
	[PROPERTY_PERCENTAGE] = {"percentage", false, 0.5},
	[PROPERTY_OSCILLATING] = {"oscillating", false, 0},
	[PROPERTY_TARGET] = {"target", false, 0.05},
	[PROPERTY_TARGET_LOW] = {"target_low", false, 0.05},
	[PROPERTY_TARGET_HIGH] = {"target_high", false, 0.05},
	[PROPERTY_CURRENT] = {"current", false, 0.05},
	[PROPERTY_HUMIDITY] = {"humidity", false, 0.5},
	[PROPERTY_TARGET_HUMIDITY] = {"target_humidity", false, 0.5},
	[PROPERTY_PROGRESS] = {"progress", false, 0},
	[PROPERTY_EFFECT] = {"effect", false, 0},
	[PROPERTY_ACTION] = {"action", false, 0},
	[PROPERTY_FAN_MODE] = {"fan_mode", false, 0},
	[PROPERTY_SWING_MODE] = {"swing_mode", false, 0},
	[PROPERTY_PRESET] = {"preset", false, 0},
	[PROPERTY_DIRECTION] = {"direction", false, 0},
	[PROPERTY_INSTALLED] = {"installed", false, 0},
	[PROPERTY_LATEST] = {"latest", false, 0},
};
_Static_assert(sizeof properties / sizeof *properties == PROPERTY_COUNT, "each property has a row");
_Static_assert(PROPERTY_COUNT <= 32, "state.known has a bit for each");

enum {
	COLOR_RGB = 1 << PROPERTY_RED | 1 << PROPERTY_GREEN | 1 << PROPERTY_BLUE,
	COLOR_HS = 1 << PROPERTY_HUE | 1 << PROPERTY_SATURATION,
	COLOR_XY = 1 << PROPERTY_X | 1 << PROPERTY_Y,
	COLOR_TEMP = 1 << PROPERTY_COLOR_TEMP,
};

static bool is_word(enum property property)
{
	return property >= PROPERTY_FIRST_WORD;
}

double state_number(const struct state *s, enum property property)
{
	return state_has(s, property) ? s->numbers[property - 1] : 0;
}

void state_set_number(struct state *s, enum property property, double number)
{
	s->known |= UINT32_C(1) << property;
	s->numbers[property - 1] = number;
}

const char *state_word(const struct state *s, enum property property)
{
	return state_has(s, property) ? s->words[property - PROPERTY_FIRST_WORD] : "";
}

int state_set_word(struct state *s, enum property property, struct span word)
{
	if (!str_utf8_valid(word))
		return ERR_MALFORMED;
	char text[STATE_WORD_SIZE];
	int err = str_copy_span(text, sizeof text, word);
	if (err)
		return err;
	memcpy(s->words[property - PROPERTY_FIRST_WORD], text, sizeof text);
	s->known |= UINT32_C(1) << property;
	return 0;
}

void state_set(struct state *s, struct value value)
{
	s->value = value;
	if (value.kind == VALUE_NONE)
		state_forget(s, PROPERTY_STATE);
	else
		s->known |= 1 << PROPERTY_STATE;
}

void state_forget(struct state *s, enum property property)
{
	s->known &= ~(UINT32_C(1) << property);
	if (property == PROPERTY_STATE)
		s->value = (struct value){.kind = VALUE_NONE};
}

void state_merge(struct state *s, const struct state *newer)
{
	static const uint32_t colors[] = {COLOR_RGB, COLOR_HS, COLOR_XY, COLOR_TEMP};
	const uint32_t all = COLOR_RGB | COLOR_HS | COLOR_XY | COLOR_TEMP;
	for (size_t i = 0; i < sizeof colors / sizeof *colors; i++)
		if (newer->known & colors[i])
			s->known &= ~(all & ~newer->known);
	if (state_has(newer, PROPERTY_STATE))
		state_set(s, newer->value);
	for (enum property p = PROPERTY_STATE + 1; p < PROPERTY_COUNT; p++) {
		if (!state_has(newer, p))
			continue;
		if (is_word(p))
			memcpy(s->words[p - PROPERTY_FIRST_WORD], newer->words[p - PROPERTY_FIRST_WORD], STATE_WORD_SIZE);
		else
			s->numbers[p - 1] = newer->numbers[p - 1];
		s->known |= UINT32_C(1) << p;
	}
}

const char *property_name(enum property property)
{
	return properties[property].name;
}

enum property property_of(struct span name)
{
	enum property p = 0;
	while (p < PROPERTY_COUNT && !span_is(name, properties[p].name))
		p++;
	return p;
}

static void property_json(struct json_out *o, const struct state *s, enum property p)
{
	json_out_key(o, properties[p].name);
	if (is_word(p))
		json_out_string(o, state_word(s, p));
	else
		json_out_number(o, state_number(s, p));
}

static void properties_json(struct json_out *o, const struct state *s, bool color)
{
	for (enum property p = PROPERTY_STATE + 1; p < PROPERTY_COUNT; p++)
		if (state_has(s, p) && properties[p].color == color)
			property_json(o, s, p);
}

void state_json(struct json_out *o, const struct state *s, bool whole)
{
	if (!whole) {
		value_json(o, &s->value);
		return;
	}
	if (!s->known) {
		json_out_raw(o, "null");
		return;
	}
	json_out_raw(o, "{");
	json_out_key(o, properties[PROPERTY_STATE].name);
	value_json(o, &s->value);
	properties_json(o, s, false);
	if (s->known & (COLOR_RGB | COLOR_HS | COLOR_XY)) {
		json_out_key(o, "color");
		json_out_raw(o, "{");
		properties_json(o, s, true);
		json_out_raw(o, "}");
	}
	json_out_raw(o, "}");
}

static bool property_grants(const struct state *report, const struct state *wish, enum property p)
{
	if (!state_has(report, p))
		return false;
	if (is_word(p))
		return strcmp(state_word(report, p), state_word(wish, p)) == 0;
	return fabs(state_number(report, p) - state_number(wish, p)) <= properties[p].tolerance;
}

bool state_grants(const struct state *report, const struct state *wish, double tolerance)
{
	if (state_has(wish, PROPERTY_STATE) && !value_equal(&report->value, &wish->value, tolerance))
		return false;
	if (wish->value.kind == VALUE_ON_OFF && !wish->value.on)
		return true;
	for (enum property p = PROPERTY_STATE + 1; p < PROPERTY_COUNT; p++)
		if (state_has(wish, p) && !property_grants(report, wish, p))
			return false;
	return true;
}
