/* From a wish in our terms to the messages that the device understands, and to what its reports must show. Pure. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "device/template.h"
#include "device/wish.h"
#include "model/color.h"
#include "model/json_out.h"

/* ---- colours ----------------------------------------------------------- */

static bool has_rgb(const struct state *s)
{
	return state_has(s, PROPERTY_RED);
}

static struct color_rgb rgb_of(const struct state *s)
{
	if (state_has(s, PROPERTY_HUE))
		return color_rgb_of_hs((struct color_hs){state_number(s, PROPERTY_HUE), state_number(s, PROPERTY_SATURATION)});
	if (state_has(s, PROPERTY_X))
		return color_rgb_of_xy((struct color_xy){state_number(s, PROPERTY_X), state_number(s, PROPERTY_Y)});
	return (struct color_rgb){state_number(s, PROPERTY_RED), state_number(s, PROPERTY_GREEN), state_number(s, PROPERTY_BLUE)};
}

static void set_rgb(struct state *s, struct color_rgb c)
{
	state_set_number(s, PROPERTY_RED, round(c.red));
	state_set_number(s, PROPERTY_GREEN, round(c.green));
	state_set_number(s, PROPERTY_BLUE, round(c.blue));
}

static void set_hs(struct state *s, struct color_hs c)
{
	state_set_number(s, PROPERTY_HUE, round(c.hue * 100) / 100);
	state_set_number(s, PROPERTY_SATURATION, round(c.saturation * 100) / 100);
}

static void set_xy(struct state *s, struct color_xy c)
{
	state_set_number(s, PROPERTY_X, round(c.x * 1e4) / 1e4);
	state_set_number(s, PROPERTY_Y, round(c.y * 1e4) / 1e4);
}

/* Puts the colour that is asked for into a form that the lamp takes. */
static void fit_color(const struct entity *e, struct state *asked)
{
	unsigned given = has_rgb(asked) ? COLOR_MODE_RGB
			 : state_has(asked, PROPERTY_HUE) ? COLOR_MODE_HS
			 : state_has(asked, PROPERTY_X) ? COLOR_MODE_XY : 0;
	if (!given || e->color_modes & given)
		return;
	struct color_rgb rgb = rgb_of(asked);
	for (enum property p = PROPERTY_RED; p <= PROPERTY_Y; p++)
		state_forget(asked, p);
	if (e->color_modes & COLOR_MODE_RGB)
		set_rgb(asked, rgb);
	else if (e->color_modes & COLOR_MODE_HS)
		set_hs(asked, color_hs_of_rgb(rgb));
	else
		set_xy(asked, color_xy_of_rgb(rgb));
}

/* ---- encoding ---------------------------------------------------------- */

static int put_number(struct buf *out, double number)
{
	char text[32];
	str_from_double(text, sizeof text, number);
	return buf_append_str(out, text);
}

static int put_value(const struct channel *c, const struct value *v, struct buf *out)
{
	if (v->kind == VALUE_NUMBER)
		return put_number(out, v->number);
	const char *ours = v->kind == VALUE_ON_OFF ? (v->on ? "ON" : "OFF") : v->text;
	const char *theirs = c->word_count ? channel_theirs(c, ours) : NULL;
	return buf_append_str(out, theirs ? theirs : ours);
}

static int put_plain(const struct channel *c, const struct entity *e, const struct state *asked, struct buf *out)
{
	if (c->property == PROPERTY_STATE)
		return put_value(c, &asked->value, out);
	if (c->property >= PROPERTY_FIRST_WORD) {
		const char *word = state_word(asked, c->property), *theirs = channel_theirs(c, word);
		return buf_append_str(out, theirs ? theirs : word);
	}
	double number = state_number(asked, c->property);
	const char *flag = c->word_count ? channel_theirs(c, number != 0 ? "ON" : "OFF") : NULL;
	return flag ? buf_append_str(out, flag) : put_number(out, channel_to_scale(c, e, c->property, number));
}

static int put_list(const struct state *asked, const struct color_form *form, struct buf *out)
{
	int err = 0;
	for (enum property p = form->first; p <= form->last && !err; p++) {
		err = p > form->first ? buf_append_str(out, ",") : 0;
		err = err ? err : put_number(out, state_number(asked, p));
	}
	return err;
}

static void put_color(struct json_out *o, const struct state *asked)
{
	if (!(has_rgb(asked) || state_has(asked, PROPERTY_HUE) || state_has(asked, PROPERTY_X)))
		return;
	json_out_key(o, "color");
	json_out_raw(o, "{");
	for (enum property p = PROPERTY_RED; p <= PROPERTY_Y; p++)
		if (state_has(asked, p)) {
			json_out_key(o, property_name(p));
			json_out_number(o, state_number(asked, p));
		}
	json_out_raw(o, "}");
}

static int put_light(const struct channel *c, const struct entity *e, const struct wish *w, struct buf *out)
{
	const struct state *asked = &w->asked;
	struct json_out o = {.buf = out};
	json_out_raw(&o, "{");
	json_out_member_string(&o, "state", asked->value.on ? "ON" : "OFF");
	if (state_has(asked, PROPERTY_BRIGHTNESS)) {
		json_out_key(&o, "brightness");
		json_out_number(&o, channel_to_scale(c, e, PROPERTY_BRIGHTNESS, state_number(asked, PROPERTY_BRIGHTNESS)));
	}
	put_color(&o, asked);
	double kelvin = state_number(asked, PROPERTY_COLOR_TEMP);
	if (kelvin > 0) {
		json_out_key(&o, "color_temp");
		json_out_number(&o, c->codec == CODEC_LIGHT ? mired_of_kelvin(kelvin) : kelvin);
	}
	if (state_has(asked, PROPERTY_WHITE)) {
		json_out_key(&o, "white");
		json_out_number(&o, state_number(asked, PROPERTY_WHITE));
	}
	if (state_has(asked, PROPERTY_EFFECT))
		json_out_member_string(&o, "effect", state_word(asked, PROPERTY_EFFECT));
	if (w->transition_s >= 0) {
		json_out_key(&o, "transition");
		json_out_number(&o, w->transition_s);
	}
	json_out_raw(&o, "}");
	return o.err;
}

static int encode(const struct channel *c, const struct entity *e, const struct wish *w, struct buf *out)
{
	const struct state *asked = &w->asked;
	switch (c->codec) {
	case CODEC_PLAIN: return put_plain(c, e, asked, out);
	case CODEC_MIRED: return put_number(out, mired_of_kelvin(state_number(asked, PROPERTY_COLOR_TEMP)));
	case CODEC_COLOR: return put_list(asked, color_form_of(c->property), out);
	case CODEC_LIGHT:
	case CODEC_LIGHT_KELVIN: return put_light(c, e, w, out);
	case CODEC_EVENT:
	case CODEC_UPDATE: break;
	}
	return ERR_UNSUPPORTED;
}

/* ---- templates --------------------------------------------------------- */

enum { VARIABLES_MAX = 16 };

static struct template_variable variable_of(const char *name, double number)
{
	return number == rint(number) && fabs(number) < 1e15 ? template_integer(name, (int64_t)number) : template_real(name, number);
}

/* What a command's template sees: the value as encoded, a number as one, and all other properties by Home Assistant's names. */
static size_t variables_of(const struct state *asked, struct span plain, struct template_variable v[VARIABLES_MAX])
{
	static const struct {
		enum property property;
		const char *name;
	} names[] = {
		{PROPERTY_RED, "red"},	      {PROPERTY_GREEN, "green"},	 {PROPERTY_BLUE, "blue"}, {PROPERTY_HUE, "hue"},
		{PROPERTY_SATURATION, "sat"}, {PROPERTY_X, "x"},		 {PROPERTY_Y, "y"},	  {PROPERTY_BRIGHTNESS, "brightness"},
		{PROPERTY_POSITION, "position"}, {PROPERTY_TILT, "tilt_position"}, {PROPERTY_PERCENTAGE, "percentage"},
	};
	size_t count = 0;
	double number;
	v[count++] = str_to_double(plain, &number) == 0 ? variable_of("value", number) : template_string("value", plain);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (state_has(asked, names[i].property))
			v[count++] = variable_of(names[i].name, state_number(asked, names[i].property));
	return count;
}

static int render(const struct channel *c, struct wish *w, struct buf *payload)
{
	struct template_variable variables[VARIABLES_MAX];
	struct template_input input;
	struct template_outcome outcome = {0};
	struct buf out = {0};
	template_input_init_command(&input, variables, variables_of(&w->asked, buf_span(payload), variables));
	int err = template_render(c->template, &input, &out, &outcome);
	template_input_finish(&input);
	if (err && err != ERR_NOMEM) {
		w->code = "value_template";
		int cut = str_format(w->detail, sizeof w->detail, "The device's own template for this command fails: %s.",
				     outcome.failure ? outcome.failure : err_text(err));
		(void)cut;
		err = ERR_INVALID;
	}
	buf_finish(payload);
	*payload = out;
	return err;
}

/* ---- messages ---------------------------------------------------------- */

static int send(const struct entity *e, const struct channel *c, struct wish *w)
{
	if (w->message_count == WISH_MESSAGES_MAX)
		return ERR_TOO_LARGE;
	struct wish_message *m = &w->messages[w->message_count];
	*m = (struct wish_message){.topic = c->topic, .retain = c->retain};
	w->message_count++; /* freed with the wish, whatever comes */
	int err = encode(c, e, w, &m->payload);
	return !err && c->template ? render(c, w, &m->payload) : err;
}

static int send_properties(const struct entity *e, struct wish *w)
{
	int err = 0;
	for (size_t i = 0; i < e->control_count && !err; i++) {
		const struct channel *c = &e->controls[i];
		if (c->property != PROPERTY_STATE && state_has(&w->asked, c->property))
			err = send(e, c, w);
	}
	return err;
}

/* Whether a lamp is switched on by its brightness alone. */
static bool goes_without_on(const struct entity *e, const struct wish *w)
{
	return e->component == COMPONENT_LIGHT && !e->on_first && !e->on_last && w->asked.value.on &&
	       entity_control(e, PROPERTY_BRIGHTNESS);
}

static int send_all(const struct entity *e, struct wish *w)
{
	const struct channel *state = entity_control(e, PROPERTY_STATE);
	if (state && channel_is_light(state))
		return send(e, state, w);
	if (goes_without_on(e, w)) {
		if (!state_has(&w->asked, PROPERTY_BRIGHTNESS))
			state_set_number(&w->asked, PROPERTY_BRIGHTNESS, entity_range(e, PROPERTY_BRIGHTNESS).high);
		state = NULL;
	}
	if (!state_has(&w->asked, PROPERTY_STATE))
		state = NULL;
	bool first = e->on_first || e->component == COMPONENT_FAN;
	int err = state && first ? send(e, state, w) : 0;
	err = err ? err : send_properties(e, w);
	return !err && state && !first ? send(e, state, w) : err;
}

/* A cover that knows positions only is opened and closed by them. */
static void fit_cover(const struct entity *e, struct state *asked)
{
	if (e->component != COMPONENT_COVER || !state_has(asked, PROPERTY_STATE) || entity_control(e, PROPERTY_STATE))
		return;
	bool open = strcmp(asked->value.text, "OPEN") == 0;
	if (open || strcmp(asked->value.text, "CLOSE") == 0)
		state_set_number(asked, PROPERTY_POSITION, open ? 100 : 0);
	state_forget(asked, PROPERTY_STATE);
}

/* ---- what comes of it --------------------------------------------------- */

/* What a report shows once it has been done as told; NULL: nothing does. */
static const char *done_word(const struct entity *e, const char *word)
{
	static const struct {
		enum component component;
		const char *word, *done;
	} table[] = {
		{COMPONENT_COVER, "OPEN", "open"}, {COMPONENT_COVER, "CLOSE", "closed"},
		{COMPONENT_LOCK, "LOCK", "locked"}, {COMPONENT_LOCK, "UNLOCK", "unlocked"},
	};
	bool tells = e->component == COMPONENT_COVER || e->component == COMPONENT_LOCK || e->component == COMPONENT_BUTTON ||
		     e->component == COMPONENT_UPDATE;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].component == e->component && strcmp(table[i].word, word) == 0)
			return table[i].done;
	return tells ? NULL : word;
}

static bool is_reported(const struct entity *e, enum property p)
{
	for (size_t i = 0; i < e->report_count; i++) {
		const struct channel *c = &e->reports[i];
		const struct color_form *form = c->codec == CODEC_COLOR ? color_form_of(c->property) : NULL;
		if (c->property == p || (form && p >= form->first && p <= form->last) || channel_is_light(c))
			return true;
	}
	return false;
}

/* What a number becomes in a device that counts in other steps: that is what it will report. */
static void expect_steps(const struct entity *e, struct state *expect)
{
	for (size_t i = 0; i < e->control_count; i++) {
		const struct channel *c = &e->controls[i];
		enum property p = channel_is_light(c) ? PROPERTY_BRIGHTNESS : c->property;
		if (p != PROPERTY_STATE && p < PROPERTY_FIRST_WORD && state_has(expect, p) && c->codec != CODEC_MIRED)
			state_set_number(expect, p, channel_from_scale(c, e, p, channel_to_scale(c, e, p, state_number(expect, p))));
		if (state_has(expect, PROPERTY_COLOR_TEMP) && (c->codec == CODEC_MIRED || c->codec == CODEC_LIGHT))
			state_set_number(expect, PROPERTY_COLOR_TEMP,
					 kelvin_of_mired(mired_of_kelvin(state_number(expect, PROPERTY_COLOR_TEMP))));
	}
}

static void expect(const struct entity *e, struct wish *w)
{
	w->expect = w->asked;
	expect_steps(e, &w->expect);
	if (w->asked.value.kind == VALUE_TEXT) {
		const char *done = done_word(e, w->asked.value.text);
		state_set(&w->expect, done ? value_text(span_str(done)) : (struct value){.kind = VALUE_NONE});
	}
	bool position_only = e->component == COMPONENT_COVER && !is_reported(e, PROPERTY_STATE) && state_has(&w->expect, PROPERTY_STATE);
	if (position_only && !state_has(&w->expect, PROPERTY_POSITION))
		state_set_number(&w->expect, PROPERTY_POSITION, strcmp(w->expect.value.text, "open") == 0 ? 100 : 0);
	for (enum property p = PROPERTY_STATE; p < PROPERTY_COUNT; p++)
		if (!is_reported(e, p))
			state_forget(&w->expect, p);
}

int wish_compose(const struct entity *e, struct wish *w)
{
	fit_color(e, &w->asked);
	fit_cover(e, &w->asked);
	int err = send_all(e, w);
	if (!err && w->message_count == 0) {
		w->code = "value_action";
		(void)str_copy(w->detail, sizeof w->detail, "The device takes no such command.");
		err = ERR_INVALID;
	}
	expect(e, w);
	return err;
}
