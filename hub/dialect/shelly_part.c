/* Shelly's components that are no lamps: outputs, covers, inputs, alarms, and the virtual ones that people make. Pure, any thread. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/shelly_private.h"

static const char *const state_keys[] = {"state_topic", "value_template"};
static const char *const command_keys[] = {"command_topic", "command_template"};

static void add_switch(struct shelly *s, const struct shelly_part *part)
{
	json_t *c = shelly_entity(s, part, NULL, "switch", NULL);
	shelly_report(s, c, part, state_keys, "{{ s.output }}");
	form_set(&s->form, c, "state_on", json_string("True"));
	form_set(&s->form, c, "state_off", json_string("False"));
	shelly_call(s, c, part, command_keys, "Switch.Set", "\"on\":{{ 'true' if value == 'ON' else 'false' }}");
}

/* Words as of lamps (shelly_light.c). */
static void add_cover_words(struct shelly *s, json_t *c, const struct shelly_part *part)
{
	static const struct {
		const char *key, *word, *method;
	} words[] = {{"payload_open", "open", "Open"}, {"payload_close", "close", "Close"}, {"payload_stop", "stop", "Stop"}};
	struct form *f = &s->form;
	if (s->control)
		form_setf(f, c, "command_topic", "%s/command/%s", s->prefix, part->key);
	else
		form_set(f, c, "command_topic", json_string(s->rpc));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (s->control)
			form_set(f, c, words[i].key, json_string(words[i].word));
		else
			form_setf(f, c, words[i].key, "{\"id\":1,\"method\":\"Cover.%s\",\"params\":{\"id\":%d}}", words[i].method, part->id);
}

/* Only one that has learnt its ways knows positions. */
static void add_cover(struct shelly *s, const struct shelly_part *part)
{
	static const char *const position[] = {"position_topic", "position_template"};
	static const char *const set_position[] = {"set_position_topic", "set_position_template"};
	static const char *const tilt[] = {"tilt_status_topic", "tilt_status_template"};
	static const char *const set_tilt[] = {"tilt_command_topic", "tilt_command_template"};
	json_t *c = shelly_entity(s, part, NULL, "cover", NULL);
	shelly_report(s, c, part, state_keys, "{{ s.state }}");
	add_cover_words(s, c, part);
	if (!json_is_true(json_object_get(part->status, "pos_control")))
		return;
	shelly_report(s, c, part, position, "{{ s.current_pos }}");
	shelly_call(s, c, part, set_position, "Cover.GoToPosition", "\"pos\":{{ position }}");
	if (json_is_true(json_object_get(json_object_get(part->config, "slat"), "enable"))) {
		shelly_report(s, c, part, tilt, "{{ s.slat_pos }}");
		shelly_call(s, c, part, set_tilt, "Cover.GoToPosition", "\"slat_pos\":{{ tilt_position }}");
	}
}

/* ---- inputs ------------------------------------------------------------- */

/* Something that is on or off: member of its status. */
static json_t *add_binary(struct shelly *s, const struct shelly_part *part, const char *member, const char *device_class)
{
	char expression[64];
	int cut = str_format(expression, sizeof expression, "{{ s.%s }}", member);
	(void)cut; /* it fits */
	json_t *c = shelly_entity(s, part, NULL, "binary_sensor", NULL);
	shelly_report(s, c, part, state_keys, expression);
	form_set(&s->form, c, "payload_on", json_string("True"));
	form_set(&s->form, c, "payload_off", json_string("False"));
	if (device_class)
		form_set(&s->form, c, "device_class", json_string(device_class));
	return c;
}

/* One notification carries the events of a moment, of which this button's is the first or the second. */
void shelly_button(struct shelly *s, const struct shelly_part *part, const char *what)
{
	struct form *f = &s->form;
	json_t *c = shelly_entity(s, part, NULL, "event", what);
	form_set(f, c, "device_class", json_string("button"));
	form_set(f, c, "event_types",
		 json_pack("[ssssss]", "single_push", "double_push", "triple_push", "long_push", "btn_down", "btn_up"));
	form_set(f, c, "state_topic", json_string(s->events));
	form_setf(f, c, "value_template",
		  "{%% set l = value_json.params.events %%}{%% set e = l[1] if l | length > 1 and l[1].component == '%s' else l[0] %%}"
		  "{%% if e.component == '%s' and e.event in ['single_push', 'double_push', 'triple_push', 'long_push', 'btn_down', 'btn_up'] %%}"
		  "{{ {'event_type': e.event} | tojson }}{%% endif %%}",
		  part->key, part->key);
}

/* What it measures of a voltage or counts is in shelly_sensor.c. */
static void add_input(struct shelly *s, const struct shelly_part *part)
{
	const char *type = json_string_value(json_object_get(part->config, "type"));
	if (json_is_false(json_object_get(part->config, "enable")))
		return;
	if (!type || strcmp(type, "switch") == 0)
		add_binary(s, part, "state", NULL);
	else if (strcmp(type, "button") == 0)
		shelly_button(s, part, NULL);
}

static void add_smoke(struct shelly *s, const struct shelly_part *part)
{
	add_binary(s, part, "alarm", "smoke");
}

static void add_flood(struct shelly *s, const struct shelly_part *part)
{
	add_binary(s, part, "alarm", "moisture");
}

/* ---- virtual components -------------------------------------------------- */

static void add_boolean(struct shelly *s, const struct shelly_part *part)
{
	json_t *c = shelly_entity(s, part, NULL, "switch", NULL);
	shelly_report(s, c, part, state_keys, "{{ s.value }}");
	form_set(&s->form, c, "state_on", json_string("True"));
	form_set(&s->form, c, "state_off", json_string("False"));
	shelly_call(s, c, part, command_keys, "Boolean.Set", "\"value\":{{ 'true' if value == 'ON' else 'false' }}");
}

static void set_limit(struct shelly *s, json_t *c, const char *key, const json_t *number, double otherwise)
{
	form_set(&s->form, c, key, json_real(json_is_number(number) ? json_number_value(number) : otherwise));
}

static void add_number(struct shelly *s, const struct shelly_part *part)
{
	const json_t *ui = json_object_get(json_object_get(part->config, "meta"), "ui");
	const json_t *low = json_object_get(part->config, "min"), *high = json_object_get(part->config, "max");
	const char *unit = json_string_value(json_object_get(ui, "unit"));
	bool sane = json_number_value(high) > json_number_value(low);
	json_t *c = shelly_entity(s, part, NULL, "number", NULL);
	set_limit(s, c, "min", sane ? low : NULL, 0);
	set_limit(s, c, "max", sane ? high : NULL, 100);
	const json_t *step = json_object_get(ui, "step");
	set_limit(s, c, "step", json_number_value(step) > 0 ? step : NULL, 1);
	if (unit && unit[0] && strlen(unit) < 32)
		form_set(&s->form, c, "unit_of_measurement", json_string(unit));
	shelly_report(s, c, part, state_keys, "{{ s.value }}");
	shelly_call(s, c, part, command_keys, "Number.Set", "\"value\":{{ value }}");
}

static void add_text(struct shelly *s, const struct shelly_part *part)
{
	json_t *c = shelly_entity(s, part, NULL, "text", NULL);
	shelly_report(s, c, part, state_keys, "{{ s.value }}");
	shelly_call(s, c, part, command_keys, "Text.Set", "\"value\":{{ value | string | tojson }}");
}

static void add_enum(struct shelly *s, const struct shelly_part *part)
{
	const json_t *options = json_object_get(part->config, "options");
	if (json_array_size(options) == 0)
		return;
	json_t *c = shelly_entity(s, part, NULL, "select", NULL);
	form_set(&s->form, c, "options", json_deep_copy(options));
	shelly_report(s, c, part, state_keys, "{{ s.value }}");
	shelly_call(s, c, part, command_keys, "Enum.Set", "\"value\":{{ value | string | tojson }}");
}

static void add_virtual_button(struct shelly *s, const struct shelly_part *part)
{
	json_t *c = shelly_entity(s, part, NULL, "button", NULL);
	shelly_call(s, c, part, command_keys, "Button.Trigger", "\"event\":\"single_push\"");
}

void shelly_control(struct shelly *s, const struct shelly_part *part)
{
	static const struct {
		const char *type;
		void (*add)(struct shelly *s, const struct shelly_part *part);
	} types[] = {
		{"switch", add_switch}, {"cover", add_cover},	{"input", add_input}, {"smoke", add_smoke}, {"flood", add_flood},
		{"boolean", add_boolean}, {"number", add_number}, {"text", add_text}, {"enum", add_enum},   {"button", add_virtual_button},
		{"thermostat", shelly_thermostat},
	};
	for (size_t i = 0; i < sizeof types / sizeof *types && part->config; i++)
		if (strcmp(types[i].type, part->type) == 0)
			types[i].add(s, part);
}
