/* Payloads to properties, one function per codec. Pure, any thread; it knows what an entity is, not which device or topic
 * it came from. */
#include "device/report.h"

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

void report_finish(struct report *report)
{
	template_input_finish(&report->input);
	buf_finish(&report->text);
}

static bool is_nothing(struct span text)
{
	return span_is(text, "None") || span_is(text, "none") || span_is(text, "null");
}

static int read_number(const struct channel *c, const struct entity *e, struct span text, struct state *news)
{
	double number;
	if (str_to_double(text, &number) != 0)
		return ERR_MALFORMED;
	if (c->property == PROPERTY_STATE)
		state_set(news, value_number(channel_from_scale(c, e, c->property, number)));
	else
		state_set_number(news, c->property, channel_from_scale(c, e, c->property, number));
	return 0;
}

static int read_word(struct span text, struct state *news)
{
	struct value value = value_text(text);
	if (value.kind == VALUE_NONE)
		return ERR_MALFORMED;
	state_set(news, value);
	return 0;
}

/* What the card shows, in the way of the component. */
static int read_value(const struct channel *c, const struct entity *e, struct span text, struct state *news)
{
	const char *ours = c->word_count ? channel_ours(c, text) : NULL;
	if (component_is_on_off(e->component)) {
		if (!ours)
			return ERR_MALFORMED;
		state_set(news, value_on_off(strcmp(ours, "ON") == 0));
		return 0;
	}
	if (ours)
		return read_word(span_str(ours), news);
	if (entity_is_numeric(e))
		return read_number(c, e, text, news);
	if (entity_is_loose(e) && read_number(c, e, text, news) == 0)
		return 0;
	const struct choices *choices = entity_choices(e, PROPERTY_STATE);
	bool strict = e->component == COMPONENT_SENSOR || e->component == COMPONENT_SELECT;
	return strict && choices && !choices_have(choices, text) ? ERR_MALFORMED : read_word(text, news);
}

static int read_plain(const struct channel *c, const struct entity *e, struct span text, struct state *news)
{
	if (c->property == PROPERTY_STATE)
		return read_value(c, e, text, news);
	if (c->property >= PROPERTY_FIRST_WORD) {
		const char *ours = channel_ours(c, text);
		return state_set_word(news, c->property, ours ? span_str(ours) : text);
	}
	const char *flag = channel_ours(c, text);
	if (!flag)
		return read_number(c, e, text, news);
	state_set_number(news, c->property, strcmp(flag, "ON") == 0);
	return 0;
}

static int read_mired(struct span text, struct state *news)
{
	double mired;
	if (str_to_double(text, &mired) != 0 || !(mired >= 1))
		return ERR_MALFORMED;
	state_set_number(news, PROPERTY_COLOR_TEMP, kelvin_of_mired(mired));
	return 0;
}

/* "12,34,56" as the properties of a form, in their order. */
static int read_color(const struct entity *e, struct span text, const struct color_form *form, struct state *news)
{
	for (enum property property = form->first; property <= form->last; property++) {
		const uint8_t *comma = text.len ? memchr(text.data, ',', text.len) : NULL;
		struct span part = span_of(text.data, comma ? (size_t)(comma - text.data) : text.len);
		struct range range = entity_range(e, property);
		double number;
		if ((comma != NULL) != (property < form->last) || str_to_double(part, &number) != 0 || number < range.low ||
		    number > range.high)
			return ERR_MALFORMED;
		state_set_number(news, property, number);
		text = comma ? span_of(comma + 1, text.len - part.len - 1) : text;
	}
	return 0;
}

/* ---- objects ----------------------------------------------------------- */

/* A number of an object within the property's range; absent or null changes nothing. */
static int take_number(const struct entity *e, const json_t *object, const char *key, enum property property, struct state *news)
{
	const json_t *item = json_object_get(object, key);
	struct range range = entity_range(e, property);
	double number = json_number_value(item);
	if (!item || json_is_null(item))
		return 0;
	if (!json_is_number(item) || number < range.low || number > range.high)
		return ERR_MALFORMED;
	state_set_number(news, property, number);
	return 0;
}

static int take_word(const json_t *object, const char *key, enum property property, struct state *news)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? state_set_word(news, property, span_str(text)) : 0;
}

static int take_color(const struct entity *e, const json_t *color, struct state *news)
{
	int err = 0;
	for (const struct color_form *form = color_forms; form < color_forms + COLOR_FORMS; form++) {
		for (enum property p = form->first; p <= form->last && !err; p++)
			err = take_number(e, color, property_name(p), p, news);
		for (enum property p = form->first; p <= form->last && !err; p++)
			err = state_has(news, p) == state_has(news, form->first) ? 0 : ERR_MALFORMED;
	}
	return err;
}

/* A lamp may tell its colour in more than one form; its mode says which of them is meant. */
static void keep_mode(const char *mode, struct state *news)
{
	struct color_form meant = {"color_temp", PROPERTY_COLOR_TEMP, PROPERTY_COLOR_TEMP};
	for (size_t i = 0; i < COLOR_FORMS; i++)
		if (strcmp(color_forms[i].mode, mode) == 0)
			meant = color_forms[i];
	if (strcmp(meant.mode, mode) != 0 || !state_has(news, meant.first))
		return;
	for (enum property p = PROPERTY_COLOR_TEMP; p <= PROPERTY_Y; p++)
		if (p < meant.first || p > meant.last)
			state_forget(news, p);
}

static int take_light(const struct channel *c, const struct entity *e, const json_t *report, struct state *news)
{
	const json_t *state = json_object_get(report, "state"), *temp = json_object_get(report, "color_temp");
	const char *word = json_string_value(state);
	if (state && !json_is_null(state)) {
		if (!word || (strcmp(word, "ON") != 0 && strcmp(word, "OFF") != 0))
			return ERR_MALFORMED;
		state_set(news, value_on_off(strcmp(word, "ON") == 0));
	}
	int err = 0;
	const json_t *brightness = json_object_get(report, "brightness");
	if (json_is_number(brightness))
		state_set_number(news, PROPERTY_BRIGHTNESS, channel_from_scale(c, e, PROPERTY_BRIGHTNESS, json_number_value(brightness)));
	else if (brightness && !json_is_null(brightness))
		err = ERR_MALFORMED;
	if (json_is_number(temp) && json_number_value(temp) >= 1)
		state_set_number(news, PROPERTY_COLOR_TEMP,
				 c->codec == CODEC_LIGHT ? kelvin_of_mired(json_number_value(temp)) : json_number_value(temp));
	err = err ? err : take_color(e, json_object_get(report, "color"), news);
	err = err ? err : take_number(e, report, "white", PROPERTY_WHITE, news);
	err = err ? err : take_word(report, "effect", PROPERTY_EFFECT, news);
	const char *mode = json_string_value(json_object_get(report, "color_mode"));
	if (!err && mode)
		keep_mode(mode, news);
	return err;
}

static int take_event(const struct entity *e, const json_t *report, struct state *news)
{
	const char *type = json_string_value(json_object_get(report, "event_type"));
	if (!type || !choices_have(&e->options, span_str(type)))
		return ERR_MALFORMED;
	return read_word(span_str(type), news);
}

static int take_update(const json_t *report, struct state *news)
{
	int err = take_word(report, "installed_version", PROPERTY_INSTALLED, news);
	if (!err)
		err = take_word(report, "latest_version", PROPERTY_LATEST, news);
	const json_t *progress = json_object_get(report, "update_percentage");
	if (json_is_number(progress))
		state_set_number(news, PROPERTY_PROGRESS, json_number_value(progress));
	return err;
}

/* The object that the text is, where a template made it, or the message itself. NULL: none. */
static json_t *object_of(struct report *r, const struct channel *c, struct span text)
{
	json_error_t error;
	json_t *json = c->template ? json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error)
				   : json_incref((json_t *)(uintptr_t)template_input_json(&r->input));
	if (json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

static int read_object(struct report *r, const struct entity *e, const struct channel *c, struct span text, struct state *news)
{
	json_t *object = object_of(r, c, text);
	int err = ERR_MALFORMED;
	if (object && c->codec == CODEC_EVENT)
		err = take_event(e, object, news);
	else if (object && c->codec == CODEC_UPDATE)
		err = take_update(object, news);
	else if (object)
		err = take_light(c, e, object, news);
	else if (c->codec == CODEC_UPDATE) /* a bare version */
		err = state_set_word(news, c->property, text);
	json_decref(object);
	return err;
}

/* ---- all of them ------------------------------------------------------- */

static int decode(struct report *r, const struct entity *e, const struct channel *c, struct span text, struct state *news)
{
	switch (c->codec) {
	case CODEC_PLAIN: return read_plain(c, e, text, news);
	case CODEC_MIRED: return read_mired(text, news);
	case CODEC_COLOR: return read_color(e, text, color_form_of(c->property), news);
	case CODEC_LIGHT:
	case CODEC_LIGHT_KELVIN:
	case CODEC_EVENT:
	case CODEC_UPDATE: return read_object(r, e, c, text, news);
	}
	return ERR_UNSUPPORTED;
}

/* An update is there when the latest version is another one. */
static void compare_versions(struct state *s)
{
	if (state_has(s, PROPERTY_INSTALLED) && state_has(s, PROPERTY_LATEST))
		state_set(s, value_on_off(strcmp(state_word(s, PROPERTY_INSTALLED), state_word(s, PROPERTY_LATEST)) != 0));
}

int report_read(struct report *r, const struct entity *e, const struct channel *c, struct state *state)
{
	struct span text = r->input.payload;
	if (c->template) {
		r->text.len = 0;
		int err = template_render(c->template, &r->input, &r->text, NULL);
		if (err)
			return err;
		text = buf_span(&r->text);
	}
	if (text.len == 0) /* a template that renders nothing: the message is not about this */
		return c->template ? ERR_NOT_FOUND : 0;
	if (is_nothing(text) && c->codec == CODEC_PLAIN && !channel_ours(c, text) && e->component != COMPONENT_TEXT) {
		state_forget(state, c->property);
		return 0;
	}
	struct state news = {0};
	int err = decode(r, e, c, text, &news);
	if (err)
		return err;
	if (c->codec == CODEC_UPDATE)
		state_forget(state, PROPERTY_PROGRESS); /* without a word of it nothing is under way */
	state_merge(state, &news);
	if (e->component == COMPONENT_UPDATE)
		compare_versions(state);
	return 0;
}
