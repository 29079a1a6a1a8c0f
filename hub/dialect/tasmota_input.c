/* Tasmota's switches and buttons, where the device is told to tell of them instead of acting on its relays (SetOption114 and
 * SetOption73). Pure, any thread. */
#include "base/err.h"
#include "base/str.h"
#include "dialect/tasmota_private.h"

/* Switch modes that tell of a position, also where more words come beside; the others tell only of actions (Tasmota,
 * SwitchMode). */
enum {
	MODE_TOGGLE = 0,
	MODE_FOLLOW = 1,
	MODE_FOLLOW_INVERTED = 2,
	MODE_FOLLOW_MULTI = 9,
	MODE_FOLLOW_MULTI_INVERTED = 10,
	MODE_PUSH_ON = 13,
	MODE_PUSH_ON_INVERTED = 14,
};

static const struct kind {
	const char *id, *key, *topic;
} kind_switch = {"switch", "Switch", "SWITCH"}, kind_button = {"button", "Button", "BUTTON"};

static bool tells_position(json_int_t mode)
{
	return mode == MODE_FOLLOW || mode == MODE_FOLLOW_INVERTED || mode == MODE_FOLLOW_MULTI || mode == MODE_FOLLOW_MULTI_INVERTED ||
	       mode == MODE_PUSH_ON || mode == MODE_PUSH_ON_INVERTED;
}

static void set_report(struct tasmota *t, json_t *c, const struct kind *kind, size_t n)
{
	if (t->own_topics)
		form_setf(&t->form, c, "state_topic", "%s%s%zu", t->result, kind->topic, n);
	else
		form_setf(&t->form, c, "state_topic", "%sRESULT", t->result);
}

static void add_event(struct tasmota *t, const struct kind *kind, size_t n, const char *name)
{
	struct form *f = &t->form;
	char id[24];
	int cut = str_format(id, sizeof id, "%s_%zu", kind->id, n);
	(void)cut; /* it fits */
	json_t *c = form_component(f, id, "event", name);
	form_set(f, c, "device_class", json_string("button"));
	form_set(f, c, "event_types",
		 json_pack("[ssssssssss]", "SINGLE", "DOUBLE", "TRIPLE", "QUAD", "PENTA", "HOLD", "CLEAR", "TOGGLE", "ON", "OFF"));
	set_report(t, c, kind, n);
	form_setf(f, c, "value_template",
		  "{%% if value_json.%s%zu is defined %%}{{ {'event_type': value_json.%s%zu.Action} | tojson }}{%% endif %%}",
		  kind->key, n, kind->key, n);
}

static void add_switch(struct tasmota *t, size_t n, json_int_t mode, const char *name)
{
	struct form *f = &t->form;
	if (!tells_position(mode)) {
		add_event(t, &kind_switch, n, name);
		return;
	}
	char id[24];
	int cut = str_format(id, sizeof id, "switch_%zu", n);
	(void)cut; /* it fits */
	json_t *c = form_component(f, id, "binary_sensor", name);
	set_report(t, c, &kind_switch, n);
	form_setf(f, c, "value_template", "{{ value_json.Switch%zu.Action }}", n);
	form_set(f, c, "payload_on", json_string(t->on));
	form_set(f, c, "payload_off", json_string(t->off));
}

void tasmota_inputs(struct tasmota *t)
{
	const json_t *modes = json_object_get(t->config, "swc"), *names = json_object_get(t->config, "swn");
	const json_t *buttons = json_object_get(t->config, "btn"), *item;
	size_t i;
	char name[32];
	json_array_foreach(modes, i, item) {
		int cut = str_format(name, sizeof name, "Switch %zu", i + 1);
		(void)cut; /* it fits */
		const char *own = json_string_value(json_array_get(names, i));
		if (json_integer_value(item) >= MODE_TOGGLE && tasmota_option(t, "114"))
			add_switch(t, i + 1, json_integer_value(item), own && own[0] ? own : name);
	}
	json_array_foreach(buttons, i, item) {
		int cut = str_format(name, sizeof name, "Button %zu", i + 1);
		(void)cut;
		if (json_integer_value(item) > 0 && tasmota_option(t, "73"))
			add_event(t, &kind_button, i + 1, name);
	}
}
