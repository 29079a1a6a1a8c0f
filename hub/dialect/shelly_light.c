/* Shelly's lamps: dimmers, colours and tunable white. Pure, any thread.
 *
 * Home Assistant's lamps have no template for on and off, and what they send must fit into a word: so this goes to the
 * component's own topic where the device has one, or as a call that asks for no answer. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/shelly_private.h"

static const struct kind {
	const char *type, *method;
	bool topic; /* it has a topic command/<component> */
	bool rgb, white, ct;
} kinds[] = {
	{"light", "Light.Set", true, false, false, false}, {"rgb", "RGB.Set", false, true, false, false},
	{"rgbw", "RGBW.Set", false, true, true, false},	   {"cct", "CCT.Set", false, false, false, true},
	{"rgbcct", "RGBCCT.Set", false, true, false, true},
};

enum { KELVIN_MIN = 2700, KELVIN_MAX = 6500 };

static void add_state(struct shelly *s, json_t *c, const struct shelly_part *part, const struct kind *kind)
{
	static const char *const keys[] = {"state_topic", "state_value_template"};
	struct form *f = &s->form;
	char on[96] = "on", off[96] = "off", expression[320];
	bool topic = kind->topic && s->control;
	int cut = 0;
	if (topic) {
		form_setf(f, c, "command_topic", "%s/command/%s", s->prefix, part->key);
	} else {
		form_set(f, c, "command_topic", json_string(s->rpc));
		cut += str_format(on, sizeof on, "{\"id\":1,\"method\":\"%s\",\"params\":{\"id\":%d,\"on\":true}}", kind->method, part->id);
		cut += str_format(off, sizeof off, "{\"id\":1,\"method\":\"%s\",\"params\":{\"id\":%d,\"on\":false}}", kind->method, part->id);
	}
	form_set(f, c, "payload_on", json_string(on));
	form_set(f, c, "payload_off", json_string(off));
	cut += str_format(expression, sizeof expression,
			  "{%% if s.output is defined %%}{%% if s.output %%}%s{%% else %%}%s{%% endif %%}{%% endif %%}", on, off);
	(void)cut; /* they fit */
	shelly_report(s, c, part, keys, expression);
}

static void add_brightness(struct shelly *s, json_t *c, const struct shelly_part *part, const struct kind *kind)
{
	static const char *const report[] = {"brightness_state_topic", "brightness_value_template"};
	static const char *const command[] = {"brightness_command_topic", "brightness_command_template"};
	form_set(&s->form, c, "brightness_scale", json_integer(100));
	shelly_report(s, c, part, report, "{{ s.brightness }}");
	shelly_call(s, c, part, command, kind->method, "\"on\":true,\"brightness\":{{ value }}");
}

static void add_rgb(struct shelly *s, json_t *c, const struct shelly_part *part, const struct kind *kind)
{
	static const char *const report[] = {"rgb_state_topic", "rgb_value_template"};
	static const char *const command[] = {"rgb_command_topic", "rgb_command_template"};
	shelly_report(s, c, part, report,
		      kind->ct ? "{% if s.rgb is defined and s.mode | default('rgb') == 'rgb' %}{{ s.rgb | join(',') }}{% endif %}"
			       : "{% if s.rgb is defined %}{{ s.rgb | join(',') }}{% endif %}");
	shelly_call(s, c, part, command, kind->method,
		    kind->ct ? "\"on\":true,\"mode\":\"rgb\",\"rgb\":[{{ red }},{{ green }},{{ blue }}]"
			     : "\"on\":true,\"rgb\":[{{ red }},{{ green }},{{ blue }}]");
}

static void add_ct(struct shelly *s, json_t *c, const struct shelly_part *part, const struct kind *kind)
{
	static const char *const report[] = {"color_temp_state_topic", "color_temp_value_template"};
	static const char *const command[] = {"color_temp_command_topic", "color_temp_command_template"};
	const json_t *range = json_object_get(part->config, "ct_range");
	json_int_t low = json_integer_value(json_array_get(range, 0)), high = json_integer_value(json_array_get(range, 1));
	bool said = low >= 1000 && high > low && high <= 40000;
	form_set(&s->form, c, "color_temp_kelvin", json_true());
	form_set(&s->form, c, "min_kelvin", json_integer(said ? low : KELVIN_MIN));
	form_set(&s->form, c, "max_kelvin", json_integer(said ? high : KELVIN_MAX));
	shelly_report(s, c, part, report,
		      kind->rgb ? "{% if s.mode | default('cct') == 'cct' %}{{ s.ct }}{% endif %}" : "{{ s.ct }}");
	shelly_call(s, c, part, command, kind->method,
		    kind->rgb ? "\"on\":true,\"mode\":\"cct\",\"ct\":{{ value }}" : "\"on\":true,\"ct\":{{ value }}");
}

/* The white that a lamp has beside its colours. */
static void add_white(struct shelly *s, const struct shelly_part *part, const struct kind *kind)
{
	static const char *const report[] = {"state_topic", "value_template"};
	static const char *const command[] = {"command_topic", "command_template"};
	json_t *c = shelly_entity(s, part, "white", "number", "White");
	form_set(&s->form, c, "min", json_integer(0));
	form_set(&s->form, c, "max", json_integer(255));
	shelly_report(s, c, part, report, "{{ s.white }}");
	shelly_call(s, c, part, command, kind->method, "\"white\":{{ value }}");
}

bool shelly_light(struct shelly *s, const struct shelly_part *part)
{
	for (const struct kind *kind = kinds; kind < kinds + sizeof kinds / sizeof *kinds; kind++) {
		if (strcmp(kind->type, part->type) != 0)
			continue;
		json_t *c = shelly_entity(s, part, NULL, "light", NULL);
		add_state(s, c, part, kind);
		add_brightness(s, c, part, kind);
		if (kind->rgb)
			add_rgb(s, c, part, kind);
		if (kind->ct)
			add_ct(s, c, part, kind);
		if (kind->white)
			add_white(s, part, kind);
		return true;
	}
	return false;
}
