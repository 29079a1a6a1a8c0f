/* Tasmota's native discovery: two retained messages for a device, one about its configuration and one with a sample of its
 * sensors (Tasmota, xdrv_12_discovery.ino), and its topics cmnd, stat and tele. Pure, any thread.
 *
 * The state of relays, lamps and shutters is taken from stat/…/RESULT: what is done by any hand is told there, and the answer to
 * the command State as well. Sensors are told on tele/…/SENSOR, which the command TelePeriod without a value makes come at once. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/tasmota_private.h"

#define PREFIX "tasmota/discovery/" /* as in the filters */
enum { MAC_LEN = 12 };

static int malformed(char *message_r, const char *why)
{
	(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, why);
	return ERR_MALFORMED;
}

/* The object that the payload is; NULL: none, message_r says so. */
static json_t *parse(struct span payload, char *message_r)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)payload.data, payload.len, 0, &error);
	if (json_is_object(root))
		return root;
	json_decref(root);
	(void)malformed(message_r, "Tasmota's description is not a JSON object");
	return NULL;
}

/* ---- hearing ----------------------------------------------------------- */

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	char mac[MAC_LEN + 1];
	size_t start = sizeof PREFIX - 1;
	const uint8_t *slash = topic.len > start ? memchr(topic.data + start, '/', topic.len - start) : NULL;
	if (!slash || (size_t)(slash - topic.data) != start + MAC_LEN)
		return 0; /* some other use of the topic */
	memcpy(mac, topic.data + start, MAC_LEN);
	mac[MAC_LEN] = 0;
	if (payload.len) {
		json_t *root = parse(payload, message_r);
		if (!root)
			return ERR_MALFORMED;
		const char *said = json_string_value(json_object_get(root, "mac"));
		bool other = said && strcmp(said, mac) != 0;
		json_decref(root);
		if (other)
			return malformed(message_r, "key mac: is another one than the topic's");
	}
	return sink->fragment(sink->ctx, mac, payload);
}

/* ---- the configuration ------------------------------------------------- */

bool tasmota_option(const struct tasmota *t, const char *number)
{
	return json_integer_value(json_object_get(json_object_get(t->config, "so"), number)) != 0;
}

int tasmota_number(const struct tasmota *t, const char *key)
{
	return (int)json_integer_value(json_object_get(t->config, key));
}

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text && text[0] ? text : otherwise;
}

static const char *item_of(const json_t *object, const char *key, size_t index, const char *otherwise)
{
	const char *text = json_string_value(json_array_get(json_object_get(object, key), index));
	return text && text[0] ? text : otherwise;
}

const char *tasmota_relay_name(const struct tasmota *t, size_t index, char *buf, size_t size)
{
	if (t->control_count == 1)
		return NULL;
	int cut = str_format(buf, size, "Relay %zu", index + 1);
	(void)cut; /* it fits */
	return item_of(t->config, "fn", index, buf);
}

/* Replaces what stands for the parts of a full topic. False: it does not fit. */
static bool expand(const struct tasmota *t, const char *full, const char *kind, char topic_r[TASMOTA_TOPIC_SIZE])
{
	const char *mac = text_of(t->config, "mac", ""), *id = strlen(mac) > 6 ? mac + strlen(mac) - 6 : mac;
	const struct {
		const char *token, *value;
	} parts[] = {
		{"%prefix%", kind},
		{"%topic%", text_of(t->config, "t", "")},
		{"%hostname%", text_of(t->config, "hn", "")},
		{"%id%", id},
	};
	size_t len = 0;
	topic_r[0] = 0;
	while (*full) {
		char one[2] = {*full, 0};
		const char *value = one;
		size_t taken = 1;
		for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
			if (strncmp(full, parts[i].token, strlen(parts[i].token)) == 0) {
				value = parts[i].value;
				taken = strlen(parts[i].token);
			}
		if (str_copy(topic_r + len, TASMOTA_TOPIC_SIZE - len, value) != 0)
			return false;
		len += strlen(value);
		full += taken;
	}
	return len > 0 && (topic_r[len - 1] == '/' || str_copy(topic_r + len, TASMOTA_TOPIC_SIZE - len, "/") == 0);
}

/* What the relays are. iFan: its first one is a lamp without brightness, the others are the fan. */
static void read_relays(struct tasmota *t)
{
	const json_t *list = json_object_get(t->config, "rl"), *item;
	size_t i;
	json_array_foreach(list, i, item) {
		json_int_t kind = json_integer_value(item);
		if (i >= TASMOTA_RELAYS_MAX || kind <= TASMOTA_NONE || kind > TASMOTA_SHUTTER)
			continue;
		t->relays[i] = (enum tasmota_relay)kind;
		t->relay_count = i + 1;
	}
	size_t halves = 0;
	for (i = 0; i < t->relay_count; i++) {
		halves += t->relays[i] == TASMOTA_SHUTTER;
		t->control_count += t->relays[i] == TASMOTA_RELAY || t->relays[i] == TASMOTA_LIGHT;
	}
	t->control_count += halves / 2 + (size_t)(tasmota_number(t, "if") != 0);
}

static int read_config(struct tasmota *t, char *message_r)
{
	const char *full = text_of(t->config, "ft", "%prefix%/%topic%/");
	if (!expand(t, full, item_of(t->config, "tp", 0, "cmnd"), t->command) ||
	    !expand(t, full, item_of(t->config, "tp", 1, "stat"), t->result) ||
	    !expand(t, full, item_of(t->config, "tp", 2, "tele"), t->tele))
		return malformed(message_r, "key ft: the full topic is too long");
	t->off = item_of(t->config, "state", 0, "OFF");
	t->on = item_of(t->config, "state", 1, "ON");
	t->own_topics = tasmota_option(t, "4");
	read_relays(t);
	return 0;
}

/* ---- relays, shutters, fan --------------------------------------------- */

/* A device with one relay calls it POWER, unless it is told to count (SetOption26): both are heard. With SetOption4 the relay's
 * own topic has both JSON and the bare word. */
void tasmota_power(struct tasmota *t, json_t *component, size_t index, const char *template_key)
{
	struct form *f = &t->form;
	size_t n = index + 1;
	char number[16] = "", topic[TASMOTA_TOPIC_SIZE + 16];
	const char *other = n == 1 ? " | default(value_json.POWER)" : "";
	int cut = t->relay_count > 1 ? str_format(number, sizeof number, "%zu", n) : 0;
	cut += str_format(topic, sizeof topic, "%sPOWER%s", t->result, number);
	(void)cut; /* they fit */
	if (t->own_topics) {
		form_set(f, component, "state_topic", json_string(topic));
		form_setf(f, component, template_key,
			  "{%% if value_json is defined %%}{{ value_json.POWER%zu%s }}{%% else %%}{{ value }}{%% endif %%}", n, other);
	} else {
		form_setf(f, component, "state_topic", "%sRESULT", t->result);
		form_setf(f, component, template_key, "{{ value_json.POWER%zu%s }}", n, other);
	}
	cut = str_format(topic, sizeof topic, "%sPOWER%zu", t->command, n);
	(void)cut;
	if (t->own_topics)
		form_ask(f, topic, "");
	form_set(f, component, "command_topic", json_string(topic));
	form_set(f, component, "payload_on", json_string(t->on));
	form_set(f, component, "payload_off", json_string(t->off));
}

static void add_relay(struct tasmota *t, size_t index)
{
	char id[24], name[32];
	int cut = str_format(id, sizeof id, "relay_%zu", index + 1);
	(void)cut; /* it fits */
	bool light = tasmota_option(t, "30") || (index == 0 && tasmota_number(t, "if"));
	json_t *c = form_component(&t->form, id, light ? "light" : "switch", tasmota_relay_name(t, index, name, sizeof name));
	tasmota_power(t, c, index, light ? "state_value_template" : "value_template");
}

/* Counted from 0. Its position comes by itself while it moves, and in answer to the command without a value. */
static void add_shutter(struct tasmota *t, size_t index)
{
	struct form *f = &t->form;
	char id[24], name[32], command[TASMOTA_TOPIC_SIZE + 32], report[TASMOTA_TOPIC_SIZE + 32];
	size_t n = index + 1;
	bool inverted = json_integer_value(json_array_get(json_object_get(t->config, "sho"), index)) & 1;
	int cut = str_format(id, sizeof id, "shutter_%zu", n) + str_format(name, sizeof name, "Shutter %zu", n) +
		  str_format(command, sizeof command, "%sShutterPosition%zu", t->command, n);
	cut += t->own_topics ? str_format(report, sizeof report, "%sSHUTTERPOSITION%zu", t->result, n)
			     : str_format(report, sizeof report, "%sRESULT", t->result);
	(void)cut; /* they fit */
	json_t *c = form_component(f, id, "cover", t->control_count == 1 ? NULL : name);
	form_set(f, c, "position_topic", json_string(report));
	form_setf(f, c, "position_template", "{{ value_json.Shutter%zu.Position }}", n);
	form_set(f, c, "state_topic", json_string(report));
	form_setf(f, c, "value_template",
		  "{%% set s = value_json.Shutter%zu %%}{%% if s.Direction > 0 %%}%s{%% elif s.Direction < 0 %%}%s"
		  "{%% elif s.Position == %d %%}closed{%% else %%}open{%% endif %%}",
		  n, inverted ? "closing" : "opening", inverted ? "opening" : "closing", inverted ? 100 : 0);
	form_set(f, c, "position_open", json_integer(inverted ? 0 : 100));
	form_set(f, c, "position_closed", json_integer(inverted ? 100 : 0));
	form_set(f, c, "set_position_topic", json_string(command));
	form_set(f, c, "command_topic", json_string(command));
	form_ask(f, command, "");
}

static void add_fan(struct tasmota *t)
{
	struct form *f = &t->form;
	const char *report = t->own_topics ? "FANSPEED" : "RESULT";
	json_t *c = form_component(f, "fan", "fan", t->control_count == 1 ? NULL : "Fan");
	form_setf(f, c, "state_topic", "%s%s", t->result, report);
	form_set(f, c, "state_value_template", json_string("{% if value_json.FanSpeed > 0 %}ON{% else %}OFF{% endif %}"));
	form_setf(f, c, "percentage_state_topic", "%s%s", t->result, report);
	form_set(f, c, "percentage_value_template", json_string("{{ value_json.FanSpeed }}"));
	form_setf(f, c, "command_topic", "%sFanSpeed", t->command);
	form_set(f, c, "command_template", json_string("{{ '1' if value == 'ON' else '0' }}"));
	form_setf(f, c, "percentage_command_topic", "%sFanSpeed", t->command);
	form_set(f, c, "speed_range_max", json_integer(3));
}

static void add_controls(struct tasmota *t)
{
	size_t shutters = 0;
	bool fan = tasmota_number(t, "if") != 0;
	for (size_t i = 0; i < t->relay_count; i++)
		switch (t->relays[i]) {
		case TASMOTA_NONE: break;
		case TASMOTA_RELAY: add_relay(t, i); break;
		case TASMOTA_LIGHT:
			if (fan && i == 0)
				add_relay(t, i);
			else
				tasmota_light(t, i);
			break;
		case TASMOTA_SHUTTER: /* two relays each, side by side */
			if (i + 1 < t->relay_count && t->relays[i + 1] == TASMOTA_SHUTTER) {
				add_shutter(t, shutters++);
				i++;
			}
			break;
		}
	if (fan)
		add_fan(t);
}

static void add_restart(struct tasmota *t)
{
	json_t *c = form_component(&t->form, "restart", "button", "Restart");
	form_setf(&t->form, c, "command_topic", "%sRestart", t->command);
	form_set(&t->form, c, "payload_press", json_string("1"));
	form_set(&t->form, c, "entity_category", json_string("config"));
}

static void add_presence(struct tasmota *t)
{
	char topic[TASMOTA_TOPIC_SIZE + 16];
	int cut = str_format(topic, sizeof topic, "%sLWT", t->tele);
	form_availability(&t->form, topic, text_of(t->config, "onln", "Online"), text_of(t->config, "ofln", "Offline"), NULL);
	cut += str_format(topic, sizeof topic, "%sSTATE", t->command);
	form_ask(&t->form, topic, "");
	cut += str_format(topic, sizeof topic, "%sTELEPERIOD", t->command);
	form_ask(&t->form, topic, "");
	(void)cut; /* they fit */
}

/* ---- all of it --------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);
	return len >= n && strcmp(text + len - n, end) == 0;
}

static int compose(struct tasmota *t, json_t **root_r, char *message_r)
{
	int err = read_config(t, message_r);
	if (err)
		return err;
	const char *name = text_of(t->config, "dn", item_of(t->config, "fn", 0, text_of(t->config, "t", "Tasmota")));
	form_init(&t->form, name, "Tasmota", text_of(t->config, "md", NULL), text_of(t->config, "sw", NULL));
	add_presence(t);
	add_controls(t);
	tasmota_inputs(t);
	tasmota_sensors(t);
	add_restart(t);
	return form_finish(&t->form, root_r);
}

static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r)
{
	json_t *config = NULL, *sensors = NULL;
	int err = 0;
	*root_r = NULL;
	for (size_t i = 0; i < count && !err; i++) {
		json_t **part = ends_with(fragments[i].topic, "/config") ? &config : &sensors;
		json_decref(*part);
		*part = parse(fragments[i].payload, message_r);
		err = *part ? 0 : ERR_MALFORMED;
	}
	if (!err && !config)
		err = ERR_AGAIN;
	if (!err) {
		struct tasmota t = {.config = config, .sensors = json_object_get(sensors, "sn")};
		err = compose(&t, root_r, message_r);
	}
	json_decref(config);
	json_decref(sensors);
	return err;
}

static const char *const filters[] = {"tasmota/discovery/+/config", "tasmota/discovery/+/sensors", NULL};

const struct dialect dialect_tasmota = {
	.name = "tasmota",
	.title = "Tasmota",
	.filters = filters,
	.payload_max = 16 * 1024,
	.split = split,
	.translate = translate,
};
