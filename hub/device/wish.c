/* Reading wishes. Pure, any thread; it publishes nothing and remembers nothing. */
#include "device/wish.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "model/json_out.h"

enum { TRANSITION_MAX_S = 3600 };

/* Sets code and sentence and returns ERR_INVALID. */
static int invalid(struct wish *w, const char *code, const char *detail)
{
	w->code = code;
	(void)str_copy(w->detail, sizeof w->detail, detail);
	return ERR_INVALID;
}

/* ---- the value --------------------------------------------------------- */

/* "ON", "OFF" or "TOGGLE" to a state; toggling what is unknown switches on. */
static int ask_on_off(const struct state *present, const json_t *json, struct wish *w)
{
	const char *text = json_string_value(json);
	bool on = text && strcmp(text, "ON") == 0, toggle = text && strcmp(text, "TOGGLE") == 0;
	if (!on && !toggle && !(text && strcmp(text, "OFF") == 0))
		return invalid(w, "value_on_off", "Its state is \"ON\", \"OFF\" or \"TOGGLE\".");
	w->toggled = toggle;
	bool is_on = present->value.kind == VALUE_ON_OFF && present->value.on;
	state_set(&w->asked, value_on_off(toggle ? !is_on : on));
	return 0;
}

static bool read_number(const json_t *json, double *number_r)
{
	*number_r = json_number_value(json);
	if (json_is_string(json))
		return str_to_double(span_str(json_string_value(json)), number_r) == 0;
	return json_is_number(json) && isfinite(*number_r);
}

static int out_of_range(struct wish *w, const char *what, struct range range)
{
	char low[32], high[32];
	w->code = "value_range";
	str_from_double(low, sizeof low, range.low);
	str_from_double(high, sizeof high, range.high);
	int cut = str_format(w->detail, sizeof w->detail, "%s must lie between %s and %s.", what, low, high);
	(void)cut; /* it fits */
	return ERR_INVALID;
}

static int ask_number(const struct entity *e, const json_t *json, struct wish *w)
{
	struct range range = entity_range(e, PROPERTY_STATE);
	double number;
	if (!read_number(json, &number))
		return invalid(w, "value_number", "This takes a number.");
	if (!(number >= range.low && number <= range.high))
		return out_of_range(w, "The number", range);
	state_set(&w->asked, value_number(number));
	w->tolerance = e->step / 2;
	return 0;
}

static int ask_choice(const struct entity *e, const json_t *json, struct wish *w)
{
	const char *text = json_string_value(json);
	if (!text || !choices_have(&e->options, span_str(text)))
		return invalid(w, "value_option", "This takes one of its options.");
	state_set(&w->asked, value_text(span_str(text)));
	return 0;
}

static size_t characters(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static int ask_text(const struct entity *e, const json_t *json, struct wish *w)
{
	const char *text = json_string_value(json);
	if (!text || strlen(text) >= VALUE_TEXT_SIZE)
		return invalid(w, "value_text", "This takes a text of at most 255 bytes.");
	double count = (double)characters(text);
	struct range range = entity_range(e, PROPERTY_STATE);
	if (count < range.low || count > range.high)
		return out_of_range(w, "The number of characters", range);
	state_set(&w->asked, value_text(span_str(text)));
	return 0;
}

/* Words that tell a thing what to do, rather than what to be. */
static const struct action {
	enum component component;
	const char *word;
} actions[] = {
	{COMPONENT_COVER, "OPEN"}, {COMPONENT_COVER, "CLOSE"}, {COMPONENT_COVER, "STOP"},   {COMPONENT_LOCK, "LOCK"},
	{COMPONENT_LOCK, "UNLOCK"}, {COMPONENT_LOCK, "OPEN"},  {COMPONENT_BUTTON, "PRESS"}, {COMPONENT_UPDATE, "INSTALL"},
};

static int ask_action(const struct entity *e, const json_t *json, struct wish *w)
{
	const char *text = json_string_value(json);
	char known[WISH_DETAIL_SIZE] = "";
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (actions[i].component != e->component)
			continue;
		if (text && strcmp(text, actions[i].word) == 0) {
			state_set(&w->asked, value_text(span_str(text)));
			return 0;
		}
		size_t len = strlen(known);
		int cut = str_format(known + len, sizeof known - len, "%s\"%s\"", len ? ", " : "", actions[i].word);
		(void)cut; /* they are few */
	}
	w->code = "value_action";
	int cut = str_format(w->detail, sizeof w->detail, "This takes one of %s.", known);
	(void)cut;
	return ERR_INVALID;
}

static int ask_value(const struct entity *e, const struct state *present, const json_t *json, struct wish *w)
{
	switch (e->component) {
	case COMPONENT_SWITCH:
	case COMPONENT_LIGHT:
	case COMPONENT_FAN: return ask_on_off(present, json, w);
	case COMPONENT_NUMBER: return ask_number(e, json, w);
	case COMPONENT_SELECT:
	case COMPONENT_CLIMATE: return ask_choice(e, json, w);
	case COMPONENT_TEXT: return ask_text(e, json, w);
	default: return ask_action(e, json, w);
	}
}

/* ---- properties beside it ---------------------------------------------- */

static int refuse_key(const struct entity *e, struct wish *w)
{
	char known[WISH_DETAIL_SIZE / 2] = "";
	for (enum property p = PROPERTY_STATE; p < PROPERTY_COUNT; p++) {
		bool color = property_is_color(p);
		size_t len = strlen(known);
		if (!entity_can(e, p) || (color && p != PROPERTY_RED))
			continue;
		int cut = str_format(known + len, sizeof known - len, "%s%s", len ? ", " : "", color ? "color" : property_name(p));
		(void)cut; /* what does not fit is left out */
	}
	w->code = "value_key";
	int cut = str_format(w->detail, sizeof w->detail, "This takes %s%s and nothing else.", known,
			     e->component == COMPONENT_LIGHT ? ", transition" : "");
	(void)cut;
	return ERR_INVALID;
}

static int ask_property(const struct entity *e, enum property p, const json_t *json, struct wish *w)
{
	char what[64];
	int cut = str_format(what, sizeof what, "\"%s\"", property_name(p));
	(void)cut;
	if (p >= PROPERTY_FIRST_WORD) {
		const char *text = json_string_value(json);
		const struct choices *choices = entity_choices(e, p);
		if (text && (!choices || choices_have(choices, span_str(text))) && state_set_word(&w->asked, p, span_str(text)) == 0)
			return 0;
		w->code = "value_option";
		cut = str_format(w->detail, sizeof w->detail, "%s is one of a few words, and not this one.", what);
		return ERR_INVALID;
	}
	struct range range = entity_range(e, p);
	double number = json_is_boolean(json) ? json_is_true(json) : json_number_value(json);
	if ((!json_is_number(json) && !json_is_boolean(json)) || !(number >= range.low && number <= range.high))
		return out_of_range(w, what, range);
	state_set_number(&w->asked, p, number);
	return 0;
}

/* Exactly one form of a colour, and that whole. */
static int ask_color(const struct entity *e, const json_t *color, struct wish *w)
{
	static const char shape[] = "A colour is {\"r\",\"g\",\"b\"} of 0-255, {\"h\":0-360,\"s\":0-100} or {\"x\",\"y\"} of 0-1.";
	if (!entity_can(e, PROPERTY_RED))
		return invalid(w, "value_no_colour", "This has no colours.");
	for (const struct color_form *form = color_forms; form < color_forms + COLOR_FORMS; form++) {
		if (!json_object_get(color, property_name(form->first)))
			continue;
		if (json_object_size(color) != (size_t)(form->last - form->first) + 1)
			return invalid(w, "value_colour", shape);
		for (enum property p = form->first; p <= form->last; p++)
			if (ask_property(e, p, json_object_get(color, property_name(p)), w) != 0)
				return invalid(w, "value_colour", shape);
		return 0;
	}
	return invalid(w, "value_colour", shape);
}

static int ask_transition(const struct entity *e, const json_t *json, struct wish *w)
{
	if (e->component != COMPONENT_LIGHT)
		return refuse_key(e, w);
	w->transition_s = json_number_value(json);
	if (!json_is_number(json) || !(w->transition_s >= 0 && w->transition_s <= TRANSITION_MAX_S))
		return invalid(w, "value_transition", "A transition takes 0 to 3600 seconds.");
	return 0;
}

static int ask_key(const struct entity *e, const struct state *present, const char *key, const json_t *json, struct wish *w)
{
	if (strcmp(key, "color") == 0)
		return ask_color(e, json, w);
	if (strcmp(key, "transition") == 0)
		return ask_transition(e, json, w);
	enum property p = property_of(span_str(key));
	if (p == PROPERTY_COUNT || !entity_can(e, p) || property_is_color(p))
		return refuse_key(e, w);
	return p == PROPERTY_STATE ? ask_value(e, present, json, w) : ask_property(e, p, json, w);
}

/* What is asked of something that can be on says that it is to be on; nothing of brightness or speed switches off. */
static void complete(const struct entity *e, struct wish *w)
{
	struct state *asked = &w->asked;
	if (e->component != COMPONENT_LIGHT && e->component != COMPONENT_FAN)
		return;
	if (!state_has(asked, PROPERTY_STATE))
		state_set(asked, value_on_off(true));
	if ((state_has(asked, PROPERTY_BRIGHTNESS) && state_number(asked, PROPERTY_BRIGHTNESS) < 0.5) ||
	    (state_has(asked, PROPERTY_PERCENTAGE) && state_number(asked, PROPERTY_PERCENTAGE) < 0.5))
		state_set(asked, value_on_off(false));
	if (!asked->value.on)
		asked->known = 1 << PROPERTY_STATE;
}

static int ask(const struct entity *e, const struct state *present, const json_t *json, struct wish *w)
{
	if (e->component == COMPONENT_BUTTON) { /* whatever is sent is a press */
		state_set(&w->asked, value_text(span_str("PRESS")));
		return 0;
	}
	if (!json_is_object(json))
		return ask_value(e, present, json, w);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)json, key, value) {
		int err = ask_key(e, present, key, value, w);
		if (err)
			return err;
	}
	return w->asked.known ? 0 : invalid(w, "value_nothing", "There is nothing in it that can be done.");
}

/* ---- all of it --------------------------------------------------------- */

void wish_finish(struct wish *w)
{
	for (size_t i = 0; i < w->message_count; i++)
		buf_finish(&w->messages[i].payload);
	free(w->json);
	*w = (struct wish){0};
}

static int keep_json(const struct entity *e, const json_t *json, struct wish *w)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	if (w->toggled) {
		state_json(&o, &w->asked, component_is_whole(e->component));
		w->json = o.err ? NULL : strdup(buf_cstr(&text));
	} else {
		w->json = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	}
	buf_finish(&text);
	return w->json ? 0 : ERR_NOMEM;
}

int wish_read(const struct entity *e, const struct state *present, const char *value_json, struct wish *wish_r)
{
	*wish_r = (struct wish){.transition_s = -1};
	if (e->control_count == 0)
		return ERR_UNSUPPORTED;
	size_t len = strlen(value_json);
	if (len > WISH_JSON_MAX)
		return invalid(wish_r, "value_long", "The value is longer than 1024 bytes.");
	json_error_t error;
	json_t *json = json_loadb(value_json, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
	if (!json)
		return invalid(wish_r, "value_json", "The value is not JSON.");
	int err = ask(e, present, json, wish_r);
	if (!err) {
		complete(e, wish_r);
		err = wish_compose(e, wish_r);
	}
	if (!err)
		err = keep_json(e, json, wish_r);
	json_decref(json);
	return err;
}
