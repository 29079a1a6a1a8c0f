/* Shelly's first generation: a device announces its model on shellies/<id>/announce, and its topics follow from that (shelly-api-docs,
 * Gen1, MQTT). What a model has is one row of a table. Pure, any thread. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/dialect_private.h"

enum { ID_SIZE = 64, TOPIC_SIZE = 128 };

/* Which lamp it is, by the topics and members that it uses. */
enum lamp { LAMP_NONE, LAMP_DIMMER, LAMP_WHITES, LAMP_BULB, LAMP_STRIP };

/* What else it senses, bits. */
enum sense {
	SENSE_INSIDE = 1, /* its own temperature */
	SENSE_CLIMATE = 2,
	SENSE_FLOOD = 4,
	SENSE_DOOR = 8,
	SENSE_MOTION = 16,
	SENSE_SMOKE = 32,
	SENSE_GAS = 64,
	SENSE_WARMTH = 128,
	SENSE_LIGHT = 256,
	SENSE_BATTERY = 512, /* it sleeps, or saves what it sends */
	SENSE_VALVE = 1024,  /* of a radiator; it has a battery, but hears */
};

static const struct model {
	const char *model, *title;
	int relays, meters, emeters, inputs, buttons;
	enum lamp lamp;
	unsigned senses;
} models[] = {
	{"SHSW-1", "Shelly 1", 1, 0, 0, 1, 0, LAMP_NONE, 0},
	{"SHSW-L", "Shelly 1L", 1, 1, 0, 2, 0, LAMP_NONE, SENSE_INSIDE},
	{"SHSW-PM", "Shelly 1PM", 1, 1, 0, 1, 0, LAMP_NONE, SENSE_INSIDE},
	{"SHSW-21", "Shelly 2", 2, 1, 0, 2, 0, LAMP_NONE, 0},
	{"SHSW-25", "Shelly 2.5", 2, 2, 0, 2, 0, LAMP_NONE, SENSE_INSIDE},
	{"SHSW-44", "Shelly 4Pro", 4, 4, 0, 4, 0, LAMP_NONE, 0},
	{"SHPLG-1", "Shelly Plug", 1, 1, 0, 0, 0, LAMP_NONE, 0},
	{"SHPLG2-1", "Shelly Plug E", 1, 1, 0, 0, 0, LAMP_NONE, 0},
	{"SHPLG-S", "Shelly Plug S", 1, 1, 0, 0, 0, LAMP_NONE, SENSE_INSIDE},
	{"SHPLG-U1", "Shelly Plug US", 1, 1, 0, 0, 0, LAMP_NONE, 0},
	{"SHUNI-1", "Shelly UNI", 2, 0, 0, 2, 0, LAMP_NONE, 0},
	{"SHEM", "Shelly EM", 1, 0, 2, 0, 0, LAMP_NONE, 0},
	{"SHEM-3", "Shelly 3EM", 1, 0, 3, 0, 0, LAMP_NONE, 0},
	{"SHDM-1", "Shelly Dimmer", 0, 1, 0, 2, 0, LAMP_DIMMER, SENSE_INSIDE},
	{"SHDM-2", "Shelly Dimmer 2", 0, 1, 0, 2, 0, LAMP_DIMMER, SENSE_INSIDE},
	{"SHVIN-1", "Shelly Vintage", 0, 1, 0, 0, 0, LAMP_DIMMER, 0},
	{"SHBDUO-1", "Shelly Duo", 0, 1, 0, 0, 0, LAMP_WHITES, 0},
	{"SHBLB-1", "Shelly Bulb", 0, 0, 0, 0, 0, LAMP_BULB, 0},
	{"SHCB-1", "Shelly Duo RGBW", 0, 0, 0, 0, 0, LAMP_BULB, 0},
	{"SHRGBW2", "Shelly RGBW2", 0, 0, 0, 1, 0, LAMP_STRIP, 0},
	{"SHIX3-1", "Shelly i3", 0, 0, 0, 3, 3, LAMP_NONE, 0},
	{"SHBTN-1", "Shelly Button1", 0, 0, 0, 0, 1, LAMP_NONE, SENSE_BATTERY},
	{"SHBTN-2", "Shelly Button1", 0, 0, 0, 0, 1, LAMP_NONE, SENSE_BATTERY},
	{"SHHT-1", "Shelly H&T", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_CLIMATE | SENSE_WARMTH | SENSE_BATTERY},
	{"SHWT-1", "Shelly Flood", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_FLOOD | SENSE_WARMTH | SENSE_BATTERY},
	{"SHDW-1", "Shelly Door/Window", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_DOOR | SENSE_LIGHT | SENSE_BATTERY},
	{"SHDW-2", "Shelly Door/Window 2", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_DOOR | SENSE_LIGHT | SENSE_WARMTH | SENSE_BATTERY},
	{"SHMOS-01", "Shelly Motion", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_MOTION},
	{"SHMOS-02", "Shelly Motion 2", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_MOTION},
	{"SHSM-01", "Shelly Smoke", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_SMOKE | SENSE_WARMTH | SENSE_BATTERY},
	{"SHGS-1", "Shelly Gas", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_GAS},
	{"SHTRV-01", "Shelly TRV", 0, 0, 0, 0, 0, LAMP_NONE, SENSE_VALVE},
};

struct gen1 {
	struct form form;
	char base[TOPIC_SIZE]; /* "shellies/<id>/" */
	const struct model *model;
	const char *mode; /* "relay", "roller", "color", "white" or "" */
	bool sole; /* it has one thing to show */
};

/* ---- hearing ----------------------------------------------------------- */

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	static const char prefix[] = "shellies/";
	size_t start = sizeof prefix - 1;
	const uint8_t *slash = topic.len > start ? memchr(topic.data + start, '/', topic.len - start) : NULL;
	char id[ID_SIZE], command[TOPIC_SIZE];
	if (!slash || str_copy_span(id, sizeof id, span_of(topic.data + start, (size_t)(slash - topic.data) - start)) != 0 || !id[0])
		return 0;
	struct span what = span_of(slash + 1, (size_t)(topic.data + topic.len - slash) - 1);
	if (span_is(what, "online")) {
		int cut = str_format(command, sizeof command, "shellies/%s/command", id);
		(void)cut; /* it fits */
		return span_is(payload, "true") ? sink->ask(sink->ctx, command, "announce") : 0;
	}
	json_error_t error;
	json_t *root = payload.len ? json_loadb((const char *)payload.data, payload.len, 0, &error) : NULL;
	bool object = json_is_object(root);
	json_decref(root);
	if (payload.len && !object) {
		(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, "a Shelly's announcement is not a JSON object");
		return ERR_MALFORMED;
	}
	return sink->fragment(sink->ctx, id, payload);
}

/* ---- pieces ------------------------------------------------------------- */

/* Sets a topic below the device's own. */
static void set_topic(struct gen1 *g, json_t *c, const char *key, const char *channel, const char *rest)
{
	form_setf(&g->form, c, key, "%s%s%s", g->base, channel, rest);
}

static json_t *add_sensor(struct gen1 *g, const char *id, const char *name, const char *topic, const char *const traits[3])
{
	static const char *const keys[] = {"unit_of_measurement", "device_class", "state_class"};
	json_t *c = form_component(&g->form, id, "sensor", name);
	set_topic(g, c, "state_topic", topic, "");
	for (size_t i = 0; i < 3; i++)
		if (traits[i])
			form_set(&g->form, c, keys[i], json_string(traits[i]));
	return c;
}

static const char *const power[] = {"W", "power", "measurement"}, *const energy[] = {"Wh", "energy", "total_increasing"},
		  *const warmth[] = {"°C", "temperature", "measurement"};

/* A channel tells its energy in watt minutes. */
static void add_meter(struct gen1 *g, const char *channel, const char *name)
{
	char topic[48], id[48], label[64];
	int cut = str_format(topic, sizeof topic, "%s/power", channel) + str_format(id, sizeof id, "%s power", channel) +
		  str_format(label, sizeof label, "%s%sPower", name, name[0] ? " " : "");
	id[strcspn(id, "/")] = '_';
	(void)add_sensor(g, id, label, topic, power);
	cut += str_format(topic, sizeof topic, "%s/energy", channel) + str_format(id, sizeof id, "%s energy", channel) +
	       str_format(label, sizeof label, "%s%sEnergy", name, name[0] ? " " : "");
	(void)cut; /* they fit */
	id[strcspn(id, "/")] = '_';
	json_t *c = add_sensor(g, id, label, topic, energy);
	form_set(&g->form, c, "value_template", json_string("{{ (value | float / 60) | round(3) }}"));
}

/* ---- what it switches, moves and lights ---------------------------------- */

static void add_relay(struct gen1 *g, int n)
{
	char channel[16], id[16], name[16] = "";
	int cut = str_format(channel, sizeof channel, "relay/%d", n) + str_format(id, sizeof id, "relay_%d", n);
	if (!g->sole)
		cut += str_format(name, sizeof name, "Relay %d", n + 1);
	(void)cut; /* they fit */
	json_t *c = form_component(&g->form, id, "switch", name[0] ? name : NULL);
	set_topic(g, c, "state_topic", channel, "");
	set_topic(g, c, "command_topic", channel, "/command");
	/* after too much power it is off */
	form_set(&g->form, c, "value_template", json_string("{{ 'off' if value == 'overpower' else value }}"));
	form_set(&g->form, c, "payload_on", json_string("on"));
	form_set(&g->form, c, "payload_off", json_string("off"));
	if (n < g->model->meters)
		add_meter(g, channel, name);
}

/* Its state tells of movement only, so the position tells how far it is; -1 is one that does not know. */
static void add_roller(struct gen1 *g)
{
	struct form *f = &g->form;
	json_t *c = form_component(f, "roller_0", "cover", NULL);
	set_topic(g, c, "position_topic", "roller/0", "/pos");
	form_set(f, c, "position_template", json_string("{% if 0 <= value | int(-1) <= 100 %}{{ value }}{% endif %}"));
	set_topic(g, c, "set_position_topic", "roller/0", "/command/pos");
	set_topic(g, c, "command_topic", "roller/0", "/command");
	form_set(f, c, "payload_open", json_string("open"));
	form_set(f, c, "payload_close", json_string("close"));
	form_set(f, c, "payload_stop", json_string("stop"));
	add_meter(g, "roller/0", "");
}

static void add_color(struct gen1 *g, json_t *c, const char *channel)
{
	struct form *f = &g->form;
	set_topic(g, c, "rgb_state_topic", channel, "/status");
	form_set(f, c, "rgb_value_template",
		 json_string("{% if value_json.red is defined and value_json.mode | default('color') == 'color' %}"
			     "{{ value_json.red }},{{ value_json.green }},{{ value_json.blue }}{% endif %}"));
	set_topic(g, c, "rgb_command_topic", channel, "/set");
	form_setf(f, c, "rgb_command_template", "{%s\"turn\":\"on\",\"red\":{{ red }},\"green\":{{ green }},\"blue\":{{ blue }}}",
		  g->model->lamp == LAMP_BULB ? "\"mode\":\"color\"," : "");
}

static void add_whites(struct gen1 *g, json_t *c, const char *channel)
{
	struct form *f = &g->form;
	bool bulb = g->model->lamp == LAMP_BULB;
	set_topic(g, c, "color_temp_state_topic", channel, "/status");
	form_set(f, c, "color_temp_value_template",
		 json_string(bulb ? "{% if value_json.mode == 'white' %}{{ value_json.temp }}{% endif %}" : "{{ value_json.temp }}"));
	set_topic(g, c, "color_temp_command_topic", channel, "/set");
	form_setf(f, c, "color_temp_command_template", "{%s\"turn\":\"on\",\"temp\":{{ value }}}", bulb ? "\"mode\":\"white\"," : "");
	form_set(f, c, "color_temp_kelvin", json_true());
	form_set(f, c, "min_kelvin", json_integer(bulb ? 3000 : 2700));
	form_set(f, c, "max_kelvin", json_integer(6500));
}

/* The brightness of colours is called gain. */
static json_t *add_lamp(struct gen1 *g, const char *channel, const char *name)
{
	struct form *f = &g->form;
	char id[16];
	int cut = str_format(id, sizeof id, "%s", channel);
	(void)cut; /* it fits */
	id[strcspn(id, "/")] = '_';
	bool color = strncmp(channel, "color", 5) == 0;
	json_t *c = form_component(f, id, "light", name);
	set_topic(g, c, "state_topic", channel, "/status");
	form_set(f, c, "state_value_template",
		 json_string("{% if value_json.ison is defined %}{{ 'on' if value_json.ison else 'off' }}{% endif %}"));
	set_topic(g, c, "command_topic", channel, "/command");
	form_set(f, c, "payload_on", json_string("on"));
	form_set(f, c, "payload_off", json_string("off"));
	set_topic(g, c, "brightness_state_topic", channel, "/status");
	form_set(f, c, "brightness_value_template",
		 json_string(color ? "{{ value_json.gain if value_json.mode | default('color') == 'color' else value_json.brightness }}"
				   : "{{ value_json.brightness }}"));
	set_topic(g, c, "brightness_command_topic", channel, "/set");
	form_set(f, c, "brightness_command_template",
		 json_string(!color				 ? "{\"turn\":\"on\",\"brightness\":{{ value }}}"
			     : g->model->lamp == LAMP_BULB ? "{\"turn\":\"on\",\"gain\":{{ value }},\"brightness\":{{ value }}}"
							   : "{\"turn\":\"on\",\"gain\":{{ value }}}"));
	form_set(f, c, "brightness_scale", json_integer(100));
	return c;
}

static void add_lamps(struct gen1 *g)
{
	json_t *c;
	switch (g->model->lamp) {
	case LAMP_NONE: break;
	case LAMP_DIMMER: (void)add_lamp(g, "light/0", NULL); break;
	case LAMP_WHITES:
		c = add_lamp(g, "light/0", NULL);
		add_whites(g, c, "light/0");
		break;
	case LAMP_BULB:
		c = add_lamp(g, "color/0", NULL);
		add_color(g, c, "color/0");
		add_whites(g, c, "color/0");
		break;
	case LAMP_STRIP:
		if (strcmp(g->mode, "white") != 0) {
			c = add_lamp(g, "color/0", NULL);
			add_color(g, c, "color/0");
			add_meter(g, "color/0", "");
			break;
		}
		for (int n = 0; n < 4; n++) {
			char channel[16], name[16];
			int cut = str_format(channel, sizeof channel, "white/%d", n) + str_format(name, sizeof name, "Channel %d", n + 1);
			(void)cut; /* they fit */
			(void)add_lamp(g, channel, name);
			add_meter(g, channel, name);
		}
		break;
	}
	if (g->model->lamp == LAMP_DIMMER || g->model->lamp == LAMP_WHITES)
		add_meter(g, "light/0", "");
}

/* ---- what it tells of ---------------------------------------------------- */

/* Watts and the like are told as they are, energy in watt hours. */
static void add_emeter(struct gen1 *g, int n)
{
	static const struct {
		const char *topic, *name, *traits[3];
	} rows[] = {
		{"power", "Power", {"W", "power", "measurement"}},	{"voltage", "Voltage", {"V", "voltage", "measurement"}},
		{"current", "Current", {"A", "current", "measurement"}}, {"pf", "Power factor", {NULL, "power_factor", "measurement"}},
		{"total", "Energy", {"Wh", "energy", "total_increasing"}},
		{"total_returned", "Returned energy", {"Wh", "energy", "total_increasing"}},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char topic[48], id[48], name[64];
		int cut = str_format(topic, sizeof topic, "emeter/%d/%s", n, rows[i].topic) +
			  str_format(id, sizeof id, "emeter_%d_%s", n, rows[i].topic) +
			  str_format(name, sizeof name, "Meter %d %s", n + 1, rows[i].name);
		(void)cut; /* they fit */
		(void)add_sensor(g, id, name, topic, rows[i].traits);
	}
}

static void add_input(struct gen1 *g, int n)
{
	char channel[16], id[16], name[16];
	int cut = str_format(channel, sizeof channel, "input/%d", n) + str_format(id, sizeof id, "input_%d", n) +
		  str_format(name, sizeof name, "Input %d", n + 1);
	(void)cut; /* they fit */
	json_t *c = form_component(&g->form, id, "binary_sensor", name);
	set_topic(g, c, "state_topic", channel, "");
	form_set(&g->form, c, "payload_on", json_string("1"));
	form_set(&g->form, c, "payload_off", json_string("0"));
}

static void add_button(struct gen1 *g, int n)
{
	struct form *f = &g->form;
	char channel[24], id[16], name[16];
	int cut = str_format(channel, sizeof channel, "input_event/%d", n) + str_format(id, sizeof id, "button_%d", n) +
		  str_format(name, sizeof name, "Button %d", n + 1);
	(void)cut; /* they fit */
	json_t *c = form_component(f, id, "event", g->model->buttons == 1 ? NULL : name);
	set_topic(g, c, "state_topic", channel, "");
	form_set(f, c, "device_class", json_string("button"));
	form_set(f, c, "event_types",
		 json_pack("[ssssss]", "single_push", "double_push", "triple_push", "long_push", "single_long_push", "long_single_push"));
	form_set(f, c, "value_template",
		 json_string("{% set e = {'S': 'single_push', 'SS': 'double_push', 'SSS': 'triple_push', 'L': 'long_push', 'SL': "
			     "'single_long_push', 'LS': 'long_single_push'}.get(value_json.event) %}{% if e %}{{ {'event_type': e} | tojson }}{% endif %}"));
}

static void add_alarm(struct gen1 *g, const char *name, const char *topic, const char *device_class, const char *const words[3])
{
	struct form *f = &g->form;
	json_t *c = form_component(f, device_class, "binary_sensor", name);
	set_topic(g, c, "state_topic", topic, "");
	form_set(f, c, "device_class", json_string(device_class));
	form_set(f, c, "value_template", json_string(words[2]));
	form_set(f, c, "payload_on", json_string(words[0]));
	form_set(f, c, "payload_off", json_string(words[1]));
}

/* All of it is told in one object, every now and then and when something changes. */
static void add_valve(struct gen1 *g)
{
	static const char *const valve[] = {"%", NULL, "measurement"}, *const battery[] = {"%", "battery", "measurement"};
	static const struct {
		const char *topic, *template, *text;
	} reports[] = {
		{"mode_state_topic", "mode_state_template", "{% if value_json.thermostats is defined %}heat{% endif %}"},
		{"temperature_state_topic", "temperature_state_template", "{{ value_json.thermostats[0].target_t.value }}"},
		{"current_temperature_topic", "current_temperature_template", "{{ value_json.thermostats[0].tmp.value }}"},
		{"action_topic", "action_template",
		 "{% if value_json.thermostats is defined %}{{ 'heating' if value_json.thermostats[0].pos > 0 else 'idle' }}{% endif %}"},
	};
	struct form *f = &g->form;
	json_t *c = form_component(f, "thermostat_0", "climate", NULL);
	for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
		set_topic(g, c, reports[i].topic, "info", "");
		form_set(f, c, reports[i].template, json_string(reports[i].text));
	}
	set_topic(g, c, "temperature_command_topic", "thermostat/0", "/command/target_t");
	form_set(f, c, "modes", json_pack("[s]", "heat"));
	form_set(f, c, "min_temp", json_integer(4));
	form_set(f, c, "max_temp", json_integer(31));
	form_set(f, c, "temp_step", json_real(0.5));
	c = add_sensor(g, "valve", "Valve", "info", valve);
	form_set(f, c, "value_template", json_string("{{ value_json.thermostats[0].pos }}"));
	form_set(f, c, "entity_category", json_string("diagnostic"));
	c = add_sensor(g, "battery", "Battery", "info", battery);
	form_set(f, c, "value_template", json_string("{{ value_json.bat.value }}"));
	form_set(f, c, "entity_category", json_string("diagnostic"));
}

static void add_senses(struct gen1 *g)
{
	static const char *const humidity[] = {"%", "humidity", "measurement"}, *const lux[] = {"lx", "illuminance", "measurement"},
			  *const battery[] = {"%", "battery", "measurement"}, *const gas[] = {"ppm", NULL, "measurement"};
	static const char *const truth[] = {"true", "false", "{{ value }}"}, *const door[] = {"open", "close", "{{ value }}"};
	static const char *const motion[] = {"True", "False", "{{ value_json.motion }}"};
	static const char *const leak[] = {"ON", "OFF", "{{ 'ON' if value in ['mild', 'heavy', 'test'] else 'OFF' if value == 'none' }}"};
	unsigned senses = g->model->senses;
	json_t *c;
	if (senses & SENSE_CLIMATE)
		(void)add_sensor(g, "humidity", "Humidity", "sensor/humidity", humidity);
	if (senses & SENSE_WARMTH)
		(void)add_sensor(g, "temperature", "Temperature", "sensor/temperature", warmth);
	if (senses & SENSE_LIGHT)
		(void)add_sensor(g, "lux", "Illuminance", "sensor/lux", lux);
	if (senses & SENSE_FLOOD)
		add_alarm(g, NULL, "sensor/flood", "moisture", truth);
	if (senses & SENSE_SMOKE)
		add_alarm(g, NULL, "sensor/smoke", "smoke", truth);
	if (senses & SENSE_DOOR)
		add_alarm(g, NULL, "sensor/state", "opening", door);
	if (senses & SENSE_MOTION)
		add_alarm(g, NULL, "status", "motion", motion);
	if (senses & SENSE_GAS) {
		add_alarm(g, NULL, "sensor/gas", "gas", leak);
		(void)add_sensor(g, "concentration", "Concentration", "sensor/concentration", gas);
	}
	if (senses & SENSE_VALVE)
		add_valve(g);
	if (senses & SENSE_BATTERY) {
		c = add_sensor(g, "battery", "Battery", "sensor/battery", battery);
		form_set(&g->form, c, "entity_category", json_string("diagnostic"));
	}
	if (senses & SENSE_INSIDE) {
		c = add_sensor(g, "inside_temperature", "Device temperature", "temperature", warmth);
		form_set(&g->form, c, "entity_category", json_string("diagnostic"));
	}
}

/* ---- all of it ----------------------------------------------------------- */

/* What tells events tells its last one again when it is asked for all, so it is not asked; what sleeps could not hear it. */
static void add_presence(struct gen1 *g)
{
	static const char *const signal[] = {"dBm", "signal_strength", "measurement"};
	char topic[TOPIC_SIZE + 16];
	int cut = str_format(topic, sizeof topic, "%sonline", g->base);
	if (!(g->model->senses & SENSE_BATTERY))
		form_availability(&g->form, topic, "true", "false", NULL);
	cut += str_format(topic, sizeof topic, "%scommand", g->base);
	(void)cut; /* they fit */
	if (!g->model->buttons && !(g->model->senses & SENSE_BATTERY))
		form_ask(&g->form, topic, "update");
	json_t *c = add_sensor(g, "wifi_signal", "Wi-Fi signal", "info", signal);
	form_set(&g->form, c, "value_template", json_string("{{ value_json.wifi_sta.rssi }}"));
	form_set(&g->form, c, "entity_category", json_string("diagnostic"));
}

static void compose(struct gen1 *g)
{
	bool roller = strcmp(g->mode, "roller") == 0;
	g->sole = g->model->relays == 1;
	add_presence(g);
	if (roller)
		add_roller(g);
	for (int n = 0; n < g->model->relays && !roller; n++)
		add_relay(g, n);
	add_lamps(g);
	for (int n = 0; n < g->model->emeters; n++)
		add_emeter(g, n);
	for (int n = 0; n < g->model->inputs; n++)
		add_input(g, n);
	for (int n = 0; n < g->model->buttons; n++)
		add_button(g, n);
	add_senses(g);
}

static const struct model *find_model(const char *name)
{
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (strcmp(models[i].model, name) == 0)
			return &models[i];
	return NULL;
}

static const char *text_of(const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));
	return text ? text : "";
}

static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r)
{
	json_error_t error;
	*root_r = NULL;
	(void)count; /* one */
	json_t *root = json_loadb((const char *)fragments[0].payload.data, fragments[0].payload.len, 0, &error);
	struct gen1 g = {.model = find_model(text_of(root, "model")), .mode = text_of(root, "mode")};
	const char *end = strrchr(fragments[0].topic, '/');
	int err = 0;
	if (!g.model) {
		int cut = str_format(message_r, DIALECT_MESSAGE_SIZE, "key model: no Shelly of the first generation is a \"%s\"",
				     text_of(root, "model"));
		(void)cut; /* a long one only shortens the sentence */
		err = ERR_MALFORMED;
	} else if (!end || str_copy_span(g.base, sizeof g.base, span_of((const uint8_t *)fragments[0].topic, (size_t)(end - fragments[0].topic) + 1)) != 0) {
		(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, "the device's id is too long");
		err = ERR_MALFORMED;
	} else {
		const char *id = text_of(root, "id");
		form_init(&g.form, id[0] ? id : g.model->title, "Shelly", g.model->title, text_of(root, "fw_ver"));
		compose(&g);
		err = form_finish(&g.form, root_r);
	}
	json_decref(root);
	return err;
}

static const char *const filters[] = {"shellies/+/announce", "shellies/+/online", NULL};

const struct dialect dialect_shelly_gen1 = {
	.name = "shelly_gen1",
	.title = "Shelly Gen1",
	.filters = filters,
	.payload_max = 4 * 1024,
	.split = split,
	.translate = translate,
};
