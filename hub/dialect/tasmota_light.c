/* Tasmota's lamps: one relay of kind 2 is a lamp of the device's light type; with unlinked colours the first is the coloured
 * part and the second the white one, and with SetOption68 each is a dimmer of its own channel. Pure, any thread.
 *
 * Colours go as hue and saturation: Tasmota tells red, green and blue dimmed, so that they would change with the brightness. */
#include "base/err.h"
#include "base/str.h"
#include "dialect/tasmota_private.h"

enum light_type { LIGHT_ONOFF, LIGHT_DIMMER, LIGHT_WHITES, LIGHT_RGB, LIGHT_RGBW, LIGHT_RGBWW };

struct lamp {
	enum light_type type;
	char dimmer[16], brightness[16]; /* the command, and the key of its report */
};

static struct lamp lamp_of(const struct tasmota *t, size_t index)
{
	struct lamp l = {(enum light_type)tasmota_number(t, "lt_st"), "Dimmer", "Dimmer"};
	size_t first = 0;
	while (first < index && t->relays[first] != TASMOTA_LIGHT)
		first++;
	int cut = 0;
	if (tasmota_number(t, "ty"))
		cut = str_format(l.dimmer, sizeof l.dimmer, "Dimmer3");
	if (tasmota_option(t, "68")) {
		l.type = LIGHT_DIMMER;
		cut += str_format(l.dimmer, sizeof l.dimmer, "Channel%zu", index + 1);
		cut += str_format(l.brightness, sizeof l.brightness, "Channel%zu", index + 1);
	} else if (!tasmota_number(t, "lk") && l.type >= LIGHT_RGBW) {
		bool white = index > first;
		l.type = !white ? LIGHT_RGB : l.type == LIGHT_RGBW ? LIGHT_DIMMER : LIGHT_WHITES;
		cut += str_format(l.dimmer, sizeof l.dimmer, white ? "Dimmer2" : "Dimmer1");
		cut += str_format(l.brightness, sizeof l.brightness, white ? "Dimmer2" : "Dimmer1");
	}
	(void)cut; /* they fit */
	return l;
}

static void set_report(struct tasmota *t, json_t *c, const char *key)
{
	if (t->own_topics)
		form_setf(&t->form, c, key, "%sSTATE", t->tele);
	else
		form_setf(&t->form, c, key, "%sRESULT", t->result);
}

static void add_brightness(struct tasmota *t, json_t *c, const struct lamp *l)
{
	struct form *f = &t->form;
	set_report(t, c, "brightness_state_topic");
	form_setf(f, c, "brightness_value_template", "{{ value_json.%s }}", l->brightness);
	form_setf(f, c, "brightness_command_topic", "%s%s", t->command, l->dimmer);
	form_set(f, c, "brightness_scale", json_integer(100));
}

/* A lamp of colours and whites is in one of two modes: White is 0 in that of colours. */
static void add_whites(struct tasmota *t, json_t *c, const struct lamp *l)
{
	struct form *f = &t->form;
	bool reduced = tasmota_option(t, "82");
	set_report(t, c, "color_temp_state_topic");
	form_set(f, c, "color_temp_value_template",
		 json_string(l->type == LIGHT_WHITES ? "{{ value_json.CT }}"
						     : "{% if value_json.White | default(1) != 0 %}{{ value_json.CT }}{% endif %}"));
	form_setf(f, c, "color_temp_command_topic", "%sCT", t->command);
	form_set(f, c, "min_mireds", json_integer(reduced ? 200 : 153));
	form_set(f, c, "max_mireds", json_integer(reduced ? 380 : 500));
}

static void add_colors(struct tasmota *t, json_t *c, const struct lamp *l)
{
	struct form *f = &t->form;
	set_report(t, c, "hs_state_topic");
	form_setf(f, c, "hs_value_template",
		  "{%% if value_json.HSBColor is defined%s %%}{%% set c = value_json.HSBColor.split(',') %%}{{ c[0] }},{{ c[1] }}{%% endif %%}",
		  l->type == LIGHT_RGBWW ? " and value_json.White | default(0) == 0" : "");
	form_setf(f, c, "hs_command_topic", "%sBacklog", t->command);
	form_set(f, c, "hs_command_template",
		 json_string("NoDelay;HSBColor1 {{ hue | round(0) | int }};NoDelay;HSBColor2 {{ sat | round(0) | int }}"));
}

static void add_schemes(struct tasmota *t, json_t *c)
{
	struct form *f = &t->form;
	static const char list[] = "['Solid', 'Wake up', 'Cycle up', 'Cycle down', 'Random']";
	form_set(f, c, "effect_list", json_pack("[sssss]", "Solid", "Wake up", "Cycle up", "Cycle down", "Random"));
	set_report(t, c, "effect_state_topic");
	form_setf(f, c, "effect_value_template",
		  "{%% if value_json.Scheme is defined and value_json.Scheme < 5 %%}{{ %s[value_json.Scheme] }}{%% endif %%}", list);
	form_setf(f, c, "effect_command_topic", "%sScheme", t->command);
	form_set(f, c, "effect_command_template",
		 json_string("{{ {'Solid': 0, 'Wake up': 1, 'Cycle up': 2, 'Cycle down': 3, 'Random': 4}[value] }}"));
}

/* The white that a lamp of red, green, blue and white has beside its colours. */
static void add_white(struct tasmota *t)
{
	struct form *f = &t->form;
	json_t *c = form_component(f, "white", "number", "White");
	set_report(t, c, "state_topic");
	form_set(f, c, "value_template", json_string("{{ value_json.White }}"));
	form_setf(f, c, "command_topic", "%sWhite", t->command);
	form_set(f, c, "min", json_integer(1));
	form_set(f, c, "max", json_integer(100));
	form_set(f, c, "unit_of_measurement", json_string("%"));
}

void tasmota_light(struct tasmota *t, size_t index)
{
	struct lamp l = lamp_of(t, index);
	char id[24], name[32];
	int cut = str_format(id, sizeof id, "light_%zu", index + 1);
	(void)cut; /* it fits */
	json_t *c = form_component(&t->form, id, "light", tasmota_relay_name(t, index, name, sizeof name));
	tasmota_power(t, c, index, "state_value_template");
	if (l.type >= LIGHT_DIMMER)
		add_brightness(t, c, &l);
	if (l.type == LIGHT_WHITES || l.type == LIGHT_RGBWW)
		add_whites(t, c, &l);
	if (l.type >= LIGHT_RGB) {
		add_colors(t, c, &l);
		add_schemes(t, c);
	}
	if (l.type == LIGHT_RGBW)
		add_white(t);
}
