/* Zigbee2MQTT: a bridge to a Zigbee network. Two retained messages describe all that it has: <base>/bridge/devices, a list of
 * devices with what their converters expose, and <base>/bridge/groups. A device reports and obeys JSON objects on
 * <base>/<friendly name> and <base>/<friendly name>/set. The base topic is "zigbee2mqtt" unless configured: it may have two
 * levels here.
 *
 * Names of devices: the IEEE address, which no two have; of groups "group_<id>", with the base topic before it when that is not
 * the usual one, since each bridge counts its own.
 *
 * A device that is to leave the network may be dead and cannot be asked to. The bridge answers our request with an error then, and is told to forget the
 * device by force: it would stay in the list otherwise, and come back here. It is listed again when it shows a sign of life.
 *
 * A group is shown as a dimmable light, which most groups are: what its members can do is in the other message, so that
 * colours have to be set on the lamps, and a group of covers is not understood. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/zigbee2mqtt.h"

enum { BASE_SIZE = 128, PAYLOAD_MAX = 16 * 1024 * 1024 };

static const char devices[] = "/bridge/devices", groups[] = "/bridge/groups", removed[] = "/bridge/response/device/remove";

/* Before the address in the transaction of a request to remove it, which the bridge repeats in its answer: who else removes devices decides
 * for himself whether to do it by force. */
static const char removal[] = "tomte removes ";

static bool ends_with(struct span topic, const char *end)
{
	size_t len = strlen(end);
	return topic.len > len && memcmp(topic.data + topic.len - len, end, len) == 0;
}

/* Whether the topic ends so; base_r is what is before that. */
static bool is_topic(struct span topic, const char *end, char base_r[BASE_SIZE])
{
	return ends_with(topic, end) && str_copy_span(base_r, BASE_SIZE, span_of(topic.data, topic.len - strlen(end))) == 0;
}

/* ---- taking the message apart --------------------------------------------- */

/* The name of an element of the list. False: it has none, and is no device. */
static bool native_of(const json_t *item, const char *base, bool group, char native_r[DIALECT_NATIVE_SIZE])
{
	const json_t *id = json_object_get(item, "id");
	const char *address = z2m_text(item, "ieee_address");
	if (!group)
		return address[0] && str_copy(native_r, DIALECT_NATIVE_SIZE, address) == 0;
	if (!json_is_integer(id))
		return false;
	bool usual = strcmp(base, "zigbee2mqtt") == 0;
	return str_format(native_r, DIALECT_NATIVE_SIZE, "%s%sgroup_%" JSON_INTEGER_FORMAT, usual ? "" : base, usual ? "" : "_",
			  json_integer_value(id)) == 0;
}

static int name_each(const json_t *list, const char *base, bool group, const struct dialect_sink *sink)
{
	const json_t *item;
	size_t i;
	json_array_foreach(list, i, item) {
		char native[DIALECT_NATIVE_SIZE];
		if (!native_of(item, base, group, native))
			continue;
		char *text = json_dumps(item, JSON_COMPACT);
		int err = text ? sink->fragment(sink->ctx, native, span_str(text)) : ERR_NOMEM;
		free(text);
		if (err)
			return err;
	}
	return sink->complete(sink->ctx);
}

/* The bridge's answer to a request to remove a device. */
static int hear_removal(const char *base, struct span payload, const struct dialect_sink *sink)
{
	char topic[BASE_SIZE + 64];
	json_t *answer = json_loadb((const char *)payload.data, payload.len, 0, NULL);
	const char *transaction = z2m_text(answer, "transaction");
	bool failed = strcmp(z2m_text(answer, "status"), "error") == 0 && strncmp(transaction, removal, strlen(removal)) == 0;
	int err = failed ? str_format(topic, sizeof topic, "%s/bridge/request/device/remove", base) : 0;
	json_t *request = failed && !err ? json_pack("{s:s,s:b}", "id", transaction + strlen(removal), "force", 1) : NULL;
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	if (text)
		err = sink->ask(sink->ctx, topic, text);
	free(text);
	json_decref(request);
	json_decref(answer);
	return err;
}

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	char base[BASE_SIZE];
	if (is_topic(topic, removed, base) && str_utf8_valid(span_str(base)))
		return hear_removal(base, payload, sink);
	bool group = is_topic(topic, groups, base);
	if ((!group && !is_topic(topic, devices, base)) || !str_utf8_valid(span_str(base)))
		return 0; /* a base topic of absurd length, or of no characters */
	if (payload.len == 0)
		return sink->complete(sink->ctx);
	json_error_t error;
	json_t *list = json_loadb((const char *)payload.data, payload.len, 0, &error);
	int err = ERR_MALFORMED;
	if (json_is_array(list))
		err = name_each(list, base, group, sink);
	else
		(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, list ? "the list of devices is no list" : "the list of devices is not JSON");
	json_decref(list);
	return err;
}

/* ---- what all have ---------------------------------------------------------- */

/* Zigbee2MQTT 2 says {"state":"online"}, version 1 the bare word by default. */
static const char presence[] = "{{ value_json['state'] if value_json is mapping else value }}";

static void set_availability(struct z2m *z, bool disabled)
{
	const char *template = disabled ? "offline" : presence; /* a disabled device is left alone by its bridge */
	json_t *bridge = json_sprintf("%s/bridge/state", z->base), *own = json_sprintf("%s/%s/availability", z->base, z->name);
	if (!bridge || !own)
		z->form.failed = true;
	form_availability(&z->form, bridge ? json_string_value(bridge) : "", NULL, NULL, template);
	form_availability(&z->form, own ? json_string_value(own) : "", NULL, NULL, template);
	form_availability_mode(&z->form, "all");
	json_decref(bridge);
	json_decref(own);
}

/* What removes it from the Zigbee network; takes id. */
static void set_leave(struct z2m *z, const char *kind, json_t *id)
{
	bool device = json_is_string(id);
	json_t *request = json_pack("{s:o}", "id", id), *topic = json_sprintf("%s/bridge/request/%s/remove", z->base, kind);
	if (request && device)
		form_set(&z->form, request, "transaction", json_sprintf("%s%s", removal, json_string_value(id)));
	char *payload = request ? json_dumps(request, JSON_COMPACT) : NULL;
	if (payload && topic)
		form_leave(&z->form, json_string_value(topic), payload);
	else
		z->form.failed = true;
	free(payload);
	json_decref(request);
	json_decref(topic);
}

static void add_scenes(struct z2m *z, const json_t *scenes)
{
	const json_t *scene;
	size_t i;
	json_array_foreach(scenes, i, scene) {
		const json_t *id = json_object_get(scene, "id");
		char native[32];
		if (!json_is_integer(id) ||
		    str_format(native, sizeof native, "scene_%" JSON_INTEGER_FORMAT, json_integer_value(id)) != 0)
			continue;
		json_t *c = z2m_component(z, native, "button", z2m_text(scene, "name"));
		z2m_command_topic(z, c, "command_topic");
		form_setf(&z->form, c, "payload_press", "{\"scene_recall\":%" JSON_INTEGER_FORMAT "}", json_integer_value(id));
	}
}

/* ---- devices ---------------------------------------------------------------- */

/* Firmware that the bridge can renew. The versions are numbers, and unknown at first. */
static void add_update(struct z2m *z, const char *address)
{
	json_t *c = z2m_component(z, "update", "update", "Firmware");
	z2m_state_topic(z, c, "state_topic");
	form_set(&z->form, c, "value_template",
		 json_string("{% set u = value_json['update'] %}{% if u is mapping %}{\"state\":{{ u['state'] | tojson }}"
			     "{% if u['installed_version'] is number or u['installed_version'] is string %}"
			     ",\"installed_version\":\"{{ u['installed_version'] }}\"{% endif %}"
			     "{% if u['latest_version'] is number or u['latest_version'] is string %}"
			     ",\"latest_version\":\"{{ u['latest_version'] }}\"{% endif %}"
			     "{% if u['progress'] is number %},\"update_percentage\":{{ u['progress'] }}{% endif %}}{% endif %}"));
	form_setf(&z->form, c, "command_topic", "%s/bridge/request/device/ota_update/update", z->base);
	form_setf(&z->form, c, "payload_install", "{\"id\":\"%s\"}", address);
	form_set(&z->form, c, "device_class", json_string("firmware"));
	form_set(&z->form, c, "entity_category", json_string("config"));
}

/* A device that no converter knows: that it is there, and how well it is heard. */
static void add_linkquality(struct z2m *z)
{
	json_t *expose = json_pack("{s:s,s:s,s:s,s:s,s:i,s:s}", "type", "numeric", "name", "linkquality", "property", "linkquality",
				   "label", "Linkquality", "access", Z2M_PUBLISHED, "unit", "lqi");
	if (!expose)
		z->form.failed = true;
	z2m_value(z, expose);
	json_decref(expose);
}

static void add_exposes(struct z2m *z, const json_t *definition)
{
	const json_t *exposes = json_object_get(definition, "exposes"), *expose;
	size_t i;
	json_array_foreach(exposes, i, expose)
		if (!z2m_thing(z, expose, exposes))
			z2m_value(z, expose);
	if (json_array_size(exposes) == 0)
		add_linkquality(z);
}

static void add_endpoint_scenes(struct z2m *z, const json_t *device)
{
	const char *id;
	json_t *endpoint;
	json_object_foreach(json_object_get(device, "endpoints"), id, endpoint)
		add_scenes(z, json_object_get(endpoint, "scenes"));
}

/* Whether it can be asked now: what runs on a battery sleeps, and Zigbee2MQTT would report failures. */
static bool is_awake(const json_t *device)
{
	const char *source = z2m_text(device, "power_source");
	return strcmp(z2m_text(device, "type"), "Router") == 0 || strncmp(source, "Mains", 5) == 0 || strcmp(source, "DC Source") == 0;
}

/* Whether the bridge is still finding out what it is (states of 2.x, flags of 1.x). */
static bool is_interviewing(const json_t *device)
{
	const char *state = z2m_text(device, "interview_state");
	if (json_is_object(json_object_get(device, "definition")))
		return false;
	return strcmp(state, "PENDING") == 0 || strcmp(state, "IN_PROGRESS") == 0 || json_is_true(json_object_get(device, "interviewing"));
}

static void form_begin(struct z2m *z, const json_t *item, const char *manufacturer, const char *model)
{
	char name[MODEL_NAME_SIZE], maker[MODEL_NAME_SIZE], kind[MODEL_NAME_SIZE], version[64];
	form_fit(name, sizeof name, z->name);
	form_fit(maker, sizeof maker, manufacturer);
	form_fit(kind, sizeof kind, model);
	form_fit(version, sizeof version, z2m_text(item, "software_build_id"));
	form_init(&z->form, name, maker, kind, version);
}

static int device(struct z2m *z, const json_t *item)
{
	const json_t *definition = json_object_get(item, "definition");
	bool disabled = json_is_true(json_object_get(item, "disabled")), known = json_is_object(definition);
	const char *address = z2m_text(item, "ieee_address"), *model = z2m_text(item, "model_id");
	const char *maker = z2m_text(item, "manufacturer");
	if (is_interviewing(item))
		return ERR_AGAIN;
	json_t *title = known ? json_sprintf("%s (%s)", z2m_text(definition, "description"), z2m_text(definition, "model")) : NULL;
	form_begin(z, item, known ? z2m_text(definition, "vendor") : maker, title ? json_string_value(title) : model);
	json_decref(title);
	if (is_awake(item) && !disabled)
		z->gets = json_object();
	set_availability(z, disabled);
	add_exposes(z, definition);
	add_endpoint_scenes(z, item);
	if (json_is_true(json_object_get(definition, "supports_ota")))
		add_update(z, address);
	z2m_ask(z);
	set_leave(z, "device", json_string(address));
	return 0;
}

/* ---- the bridge itself --------------------------------------------------------- */

/* The coordinator stands for the bridge: new devices are let in here. */
static int coordinator(struct z2m *z, const json_t *item)
{
	z->name = "Zigbee2MQTT";
	form_begin(z, item, "Zigbee2MQTT", "Zigbee bridge");
	json_t *state = json_sprintf("%s/bridge/state", z->base);
	if (!state)
		z->form.failed = true;
	form_availability(&z->form, state ? json_string_value(state) : "", NULL, NULL, presence);
	json_decref(state);

	json_t *c = z2m_component(z, "permit_join", "switch", "Permit join");
	form_setf(&z->form, c, "state_topic", "%s/bridge/info", z->base);
	form_set(&z->form, c, "value_template", json_string("{{ value_json['permit_join'] }}"));
	form_set(&z->form, c, "state_on", json_string("True"));
	form_set(&z->form, c, "state_off", json_string("False"));
	form_setf(&z->form, c, "command_topic", "%s/bridge/request/permit_join", z->base);
	form_set(&z->form, c, "payload_on", json_string("{\"value\":true,\"time\":254}")); /* version 1 wants a value, version 2 a time */
	form_set(&z->form, c, "payload_off", json_string("{\"value\":false,\"time\":0}"));

	c = z2m_component(z, "version", "sensor", "Version");
	form_setf(&z->form, c, "state_topic", "%s/bridge/info", z->base);
	form_set(&z->form, c, "value_template", json_string("{{ value_json['version'] }}"));
	form_set(&z->form, c, "device_class", json_string("enum"));
	form_set(&z->form, c, "entity_category", json_string("diagnostic"));

	c = z2m_component(z, "restart", "button", "Restart");
	form_setf(&z->form, c, "command_topic", "%s/bridge/request/restart", z->base);
	form_set(&z->form, c, "payload_press", json_string("{}"));
	form_set(&z->form, c, "entity_category", json_string("config"));
	return 0;
}

/* ---- groups ---------------------------------------------------------------- */

static int group(struct z2m *z, const json_t *item)
{
	if (json_array_size(json_object_get(item, "members")) == 0)
		return ERR_AGAIN; /* it would do nothing */
	form_begin(z, item, "Zigbee2MQTT", "Group");
	set_availability(z, false);
	json_t *c = z2m_component(z, "light", "light", NULL);
	form_set(&z->form, c, "schema", json_string("json"));
	form_set(&z->form, c, "brightness", json_true());
	form_set(&z->form, c, "brightness_scale", json_integer(254));
	z2m_state_topic(z, c, "state_topic");
	z2m_command_topic(z, c, "command_topic");
	add_scenes(z, json_object_get(item, "scenes"));
	set_leave(z, "group", json_incref(json_object_get(item, "id")));
	return 0;
}

static int describe(struct z2m *z, const json_t *item, bool is_group)
{
	z->name = z2m_text(item, "friendly_name");
	if (!z->name[0])
		z->name = z2m_text(item, "ieee_address");
	if (is_group)
		return group(z, item);
	return strcmp(z2m_text(item, "type"), "Coordinator") == 0 ? coordinator(z, item) : device(z, item);
}

/* A device that has been moved to another bridge may still be in the list of the old one: the first that knows it counts. */
static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r)
{
	int err = ERR_AGAIN;
	*root_r = NULL;
	for (size_t i = 0; i < count && err == ERR_AGAIN; i++) {
		char base[BASE_SIZE];
		struct span topic = span_str(fragments[i].topic);
		json_error_t error;
		json_t *item = json_loadb((const char *)fragments[i].payload.data, fragments[i].payload.len, 0, &error);
		struct z2m z = {.base = base};
		bool is_group = is_topic(topic, groups, base);
		err = ERR_MALFORMED;
		if (!json_is_object(item) || (!is_group && !is_topic(topic, devices, base)))
			(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, "a device in the list is no object");
		else
			err = describe(&z, item, is_group);
		if (!err)
			err = form_finish(&z.form, root_r);
		json_decref(item);
	}
	return err;
}

/* bridge/info and the like are published once, when the bridge starts, and all its devices and followers live by them. */
static bool stays(const char *topic)
{
	static const char *const ends[] = {"/bridge/info",       "/bridge/devices",    "/bridge/groups",      "/bridge/state",
					   "/bridge/extensions", "/bridge/converters", "/bridge/definitions", "/bridge/logging"};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends_with(span_str(topic), ends[i]))
			return true;
	return false;
}

static const char *const filters[] = {"+/bridge/devices", "+/bridge/groups", "+/+/bridge/devices", "+/+/bridge/groups",
					 "+/bridge/response/device/remove", "+/+/bridge/response/device/remove", NULL};

const struct dialect dialect_zigbee2mqtt = {
	.name = "zigbee2mqtt",
	.title = "Zigbee2MQTT",
	.filters = filters,
	.payload_max = PAYLOAD_MAX,
	.shared = true,
	.stays = stays,
	.split = split,
	.translate = translate,
};
