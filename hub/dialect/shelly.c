/* Shelly's second and later generations. Nothing describes such a device by itself, so it is asked: calls on <prefix>/rpc, whose
 * answers come on <src>/rpc (shelly-api-docs, RPC Protocol and MQTT). The src names topics below the device's own prefix, where
 * its account may publish: <prefix>/hub/info, /config and /status for what describes it, and <prefix>/events for its state, so that an
 * answer comes where its notifications do. What people have made, and its Bluetooth devices, come by shelly_dynamic.c. Pure, any thread. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/shelly_private.h"

static const struct question {
	const char *topic, *source, *method; /* where the answer comes, behind the prefix */
} questions[] = {
	{"/hub/info/rpc", "/hub/info", "Shelly.GetDeviceInfo"},
	{"/hub/config/rpc", "/hub/config", "Shelly.GetConfig"},
	{"/hub/status/rpc", "/hub/status", "Shelly.GetStatus"},
};
enum { INFO, CONFIG, STATUS, QUESTIONS };

/* ---- hearing ----------------------------------------------------------- */

/* Splits off the end of the topic. False: it ends otherwise, or the prefix could not stand in a template. */
static bool prefix_of(struct span topic, const char *end, char prefix_r[SHELLY_PREFIX_SIZE])
{
	size_t n = strlen(end);
	if (topic.len <= n || memcmp(topic.data + topic.len - n, end, n) != 0 ||
	    str_copy_span(prefix_r, SHELLY_PREFIX_SIZE, span_of(topic.data, topic.len - n)) != 0)
		return false;
	return !strpbrk(prefix_r, "\"'\\{}%#+$");
}

static int ask_all(const char *prefix, const struct dialect_sink *sink)
{
	int err = 0;
	for (size_t i = 0; i < QUESTIONS && !err; i++) {
		char topic[SHELLY_PREFIX_SIZE + 16], payload[256];
		int cut = str_format(topic, sizeof topic, "%s/rpc", prefix) +
			  str_format(payload, sizeof payload, "{\"id\":%zu,\"src\":\"%s%s\",\"method\":\"%s\"}", i + 1, prefix,
				     questions[i].source, questions[i].method);
		(void)cut; /* they fit */
		err = sink->ask(sink->ctx, topic, payload);
	}
	return err ? err : shelly_ask_page(prefix, sink);
}

/* Whether a notification says that the device may be another than it was: it woke or came back, or was configured. */
static bool is_renewal(const json_t *root)
{
	const json_t *events = json_object_get(json_object_get(root, "params"), "events"), *event;
	const char *method = json_string_value(json_object_get(root, "method"));
	size_t i;
	if (method && strcmp(method, "NotifyFullStatus") == 0)
		return true;
	json_array_foreach(events, i, event) {
		const char *word = json_string_value(json_object_get(event, "event"));
		if (word && (strcmp(word, "config_changed") == 0 || strcmp(word, "component_added") == 0 || strcmp(word, "component_removed") == 0))
			return true;
	}
	return false;
}

/* ---- what is kept of the answers ---------------------------------------- */

/* Values that decide what is shown; all others of a status only come and go. */
static bool decides(const char *key)
{
	return strcmp(key, "pos_control") == 0 || strcmp(key, "wakeup_period") == 0;
}

json_t *shelly_shape(const json_t *value)
{
	if (json_is_number(value))
		return json_integer(0);
	if (json_is_boolean(value))
		return json_false();
	if (json_is_string(value))
		return json_string("");
	if (!json_is_object(value))
		return json_null();
	json_t *object = json_object();
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)(uintptr_t)value, key, member) {
		json_t *shape = decides(key) ? json_incref(member) : strcmp(key, "available_updates") == 0 ? json_object() : shelly_shape(member);
		if (json_object_set_new(object, key, shape) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* The configuration of the components; the rest of it is no concern of the house's. */
static json_t *components_of(const json_t *config)
{
	json_t *object = json_object();
	const char *key;
	json_t *member;
	int err = object ? 0 : -1;
	json_object_foreach((json_t *)(uintptr_t)config, key, member)
		if (!err && strchr(key, ':'))
			err = json_object_set(object, key, member);
	const json_t *control = json_object_get(json_object_get(config, "mqtt"), "enable_control");
	const char *name = json_string_value(json_object_get(json_object_get(json_object_get(config, "sys"), "device"), "name"));
	if (!err)
		err = json_object_set_new(object, "enable_control", json_boolean(!json_is_false(control)));
	if (!err && name)
		err = json_object_set_new(object, "name", json_string(name));
	if (err)
		json_decref(object);
	return err ? NULL : object;
}

static int keep_answer(const char *prefix, size_t which, const json_t *result, const struct dialect_sink *sink)
{
	json_t *kept = which == INFO ? json_deep_copy(result) : which == CONFIG ? components_of(result) : shelly_shape(result);
	char *text = kept ? json_dumps(kept, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	int err = text ? sink->fragment(sink->ctx, prefix, span_str(text)) : ERR_NOMEM;
	free(text);
	json_decref(kept);
	return err;
}

static int on_answer(const char *prefix, size_t which, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	json_error_t error;
	if (payload.len == 0)
		return sink->fragment(sink->ctx, prefix, payload);
	json_t *root = json_loadb((const char *)payload.data, payload.len, 0, &error);
	const json_t *result = json_object_get(root, "result");
	int err = 0;
	if (json_is_object(result)) {
		err = keep_answer(prefix, which, result, sink);
	} else if (!json_object_get(root, "error")) {
		(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, "the answer of a Shelly has no result");
		err = ERR_MALFORMED;
	}
	json_decref(root);
	return err;
}

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	char prefix[SHELLY_PREFIX_SIZE];
	int page;
	for (size_t i = 0; i < QUESTIONS; i++)
		if (prefix_of(topic, questions[i].topic, prefix))
			return on_answer(prefix, i, payload, sink, message_r);
	if (shelly_page_topic(topic, prefix, &page))
		return shelly_page(prefix, page, payload, sink, message_r);
	if (prefix_of(topic, "/online", prefix))
		return span_is(payload, "true") ? ask_all(prefix, sink) : 0;
	if (!prefix_of(topic, "/events/rpc", prefix))
		return 0;
	json_error_t error;
	json_t *root = json_loadb((const char *)payload.data, payload.len, 0, &error);
	bool renewal = is_renewal(root);
	json_decref(root);
	return renewal ? ask_all(prefix, sink) : 0;
}

/* ---- entities ----------------------------------------------------------- */

json_t *shelly_entity(struct shelly *s, const struct shelly_part *part, const char *suffix, const char *platform, const char *what)
{
	char id[96], whole[SHELLY_LABEL_SIZE * 2 + 2], name[MODEL_NAME_SIZE];
	int cut = str_format(id, sizeof id, "%s_%d%s%s", part->type, part->id, suffix ? "_" : "", suffix ? suffix : "") +
		  str_format(whole, sizeof whole, "%s%s%s", part->label, part->label[0] && what ? " " : "", what ? what : "");
	(void)cut; /* they fit */
	form_fit(name, sizeof name, whole);
	json_t *entity = form_component(&s->form, id, platform, name[0] ? name : NULL);
	if (s->expire_s > 0)
		form_set(&s->form, entity, "expire_after", json_real(s->expire_s));
	return entity;
}

void shelly_report(struct shelly *s, json_t *entity, const struct shelly_part *part, const char *const keys[2], const char *expression)
{
	form_set(&s->form, entity, keys[0], json_string(s->events));
	if (part->question)
		form_setf(&s->form, entity, keys[1],
			  "{%% set s = value_json.params['%s'] if value_json.params is defined else value_json.result if value_json.id == %d else {} %%}%s",
			  part->key, part->question, expression);
	else
		form_setf(&s->form, entity, keys[1],
			  "{%% set s = (value_json.params if value_json.params is defined else value_json.result)['%s'] %%}%s", part->key, expression);
}

void shelly_call(struct shelly *s, json_t *entity, const struct shelly_part *part, const char *const keys[2], const char *method,
		 const char *parameters)
{
	form_set(&s->form, entity, keys[0], json_string(s->rpc));
	form_setf(&s->form, entity, keys[1], "{\"id\":1,\"src\":\"%s/events\",\"method\":\"%s\",\"params\":{\"id\":%d,%s}}", s->prefix, method,
		  part->id, parameters);
}

/* ---- the device --------------------------------------------------------- */

static bool is_main(const char *type)
{
	static const char *const types[] = {"switch", "light", "rgb", "rgbw", "cct", "rgbcct", "cover", "thermostat"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

bool shelly_key(const char *key, struct shelly_part *part)
{
	const char *colon = strchr(key, ':');
	int64_t id;
	if (!colon || str_copy_span(part->type, sizeof part->type, span_of((const uint8_t *)key, (size_t)(colon - key))) != 0 ||
	    str_to_int(colon + 1, 0, 999, &id) != 0 || !str_id_valid(span_str(part->type), sizeof part->type))
		return false;
	part->key = key;
	part->id = (int)id;
	part->question = shelly_question(part->type, part->id);
	return true;
}

static size_t count_type(const json_t *config, const char *type)
{
	struct shelly_part part;
	const char *key;
	json_t *member;
	size_t count = 0;
	json_object_foreach((json_t *)(uintptr_t)config, key, member)
		count += shelly_key(key, &part) && (type ? strcmp(part.type, type) == 0 : is_main(part.type));
	return count;
}

/* What people call the part: as they named it, or by its kind and number. */
static void label(const struct shelly *s, struct shelly_part *part)
{
	static const struct {
		const char *type, *title;
	} titles[] = {
		{"cct", "White light"}, {"rgb", "Light"}, {"rgbw", "Light"}, {"rgbcct", "Light"}, {"em", "Meter"}, {"em1", "Meter"},
		{"pm1", "Meter"}, {"emdata", "Meter"}, {"em1data", "Meter"}, {"devicepower", "Power supply"}, {"boolean", "Switch"},
		{"enum", "Choice"},
	};
	const char *name = json_string_value(json_object_get(part->config, "name")), *title = part->type;
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (strcmp(titles[i].type, part->type) == 0)
			title = titles[i].title;
	bool sole = count_type(s->config, part->type) == 1;
	part->label[0] = 0;
	int cut = 0;
	if (name && name[0])
		form_fit(part->label, sizeof part->label, name);
	else if (is_main(part->type) ? s->main_count > 1 : !sole || strcmp(part->type, "input") == 0)
		cut = str_format(part->label, sizeof part->label, "%s %d", title, part->id % 100 + 1);
	(void)cut; /* it fits */
	if (part->label[0] >= 'a' && part->label[0] <= 'z' && !(name && name[0]))
		part->label[0] = (char)(part->label[0] - 'a' + 'A');
}

/* Meters keep their sums in a component that has no configuration of its own. */
static void add_part(struct shelly *s, const char *key)
{
	struct shelly_part part = {.config = json_object_get(s->config, key), .status = json_object_get(s->status, key)};
	if (!shelly_key(key, &part))
		return;
	label(s, &part);
	if (!shelly_light(s, &part))
		shelly_control(s, &part);
	shelly_measures(s, &part);
}

static void add_parts(struct shelly *s)
{
	const char *key;
	json_t *member;
	s->main_count = count_type(s->config, NULL);
	json_object_foreach((json_t *)(uintptr_t)s->config, key, member)
		add_part(s, key);
	json_object_foreach((json_t *)(uintptr_t)s->status, key, member)
		if (!json_object_get(s->config, key))
			add_part(s, key);
}

static void set_topics(struct shelly *s)
{
	int cut = str_format(s->events, sizeof s->events, "%s/events/rpc", s->prefix) + str_format(s->rpc, sizeof s->rpc, "%s/rpc", s->prefix);
	(void)cut; /* they fit */
}

static void add_presence(struct shelly *s)
{
	char topic[SHELLY_PREFIX_SIZE + 16], payload[256];
	int cut = str_format(topic, sizeof topic, "%s/online", s->prefix) +
		  str_format(payload, sizeof payload, "{\"id\":1,\"src\":\"%s/events\",\"method\":\"Shelly.GetStatus\"}", s->prefix);
	(void)cut; /* they fit */
	if (s->expire_s == 0)
		form_availability(&s->form, topic, "true", "false", NULL);
	if (s->info)
		form_ask(&s->form, s->rpc, payload);
	shelly_ask_parts(s);
}

static int compose(struct shelly *s, json_t **root_r)
{
	const char *name = json_string_value(json_object_get(s->info, "name"));
	const char *id = json_string_value(json_object_get(s->info, "id"));
	if (!name || !name[0])
		name = json_string_value(json_object_get(s->config, "name"));
	s->control = json_is_true(json_object_get(s->config, "enable_control"));
	s->expire_s = 2 * json_number_value(json_object_get(json_object_get(s->status, "sys"), "wakeup_period"));
	const char *model = json_string_value(json_object_get(s->info, "app"));
	form_init(&s->form, name && name[0] ? name : id ? id : s->prefix, "Shelly", model,
		  json_string_value(json_object_get(s->info, "ver")));
	add_presence(s);
	add_parts(s);
	shelly_diagnostics(s);
	return form_finish(&s->form, root_r);
}

/* One of its Bluetooth devices: it is there when the device is by which it is heard. */
static int compose_bluetooth(struct shelly *s, const char *address, json_t **root_r)
{
	const char *name = shelly_bluetooth_name(s->config);
	form_init(&s->form, name ? name : address, NULL, "Bluetooth", NULL);
	add_presence(s);
	shelly_bluetooth(s);
	return form_finish(&s->form, root_r);
}

/* What is known of a device. */
struct known {
	json_t *answers[QUESTIONS];
	json_t *config, *status; /* of its dynamic components */
	char address[24];	 /* of a Bluetooth device; else "" */
};

static bool take_page(struct known *k, const json_t *fragment)
{
	const char *address = json_string_value(json_object_get(fragment, "addr"));
	if (address && str_copy(k->address, sizeof k->address, address) != 0)
		return true; /* shelly_page keeps none that is so long */
	return shelly_take_page(fragment, k->config, k->status);
}

/* False: no memory. */
static bool take_fragment(struct known *k, const struct fragment *fragment, char prefix_r[SHELLY_PREFIX_SIZE])
{
	json_error_t error;
	int page;
	json_t *root = json_loadb((const char *)fragment->payload.data, fragment->payload.len, 0, &error);
	bool ok = root != NULL;
	for (size_t i = 0; i < QUESTIONS; i++)
		if (ok && prefix_of(span_str(fragment->topic), questions[i].topic, prefix_r)) {
			json_decref(k->answers[i]);
			k->answers[i] = json_incref(root);
		}
	if (ok && shelly_page_topic(span_str(fragment->topic), prefix_r, &page))
		ok = take_page(k, root);
	json_decref(root);
	return ok;
}

/* Its own components beside those that people have made. */
static int compose_known(struct shelly *s, struct known *k, json_t **root_r)
{
	json_t *config = k->answers[CONFIG], *status = k->answers[STATUS];
	s->config = k->config;
	s->status = k->status;
	if (k->address[0])
		return compose_bluetooth(s, k->address, root_r);
	s->info = k->answers[INFO];
	s->config = config;
	s->status = status;
	if (!s->info || !config || !status)
		return ERR_AGAIN;
	if (json_object_update_missing(config, k->config) != 0 || json_object_update_missing(status, k->status) != 0)
		return ERR_NOMEM;
	return compose(s, root_r);
}

static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r)
{
	struct shelly s = {0};
	struct known k = {.config = json_object(), .status = json_object()};
	bool ok = k.config && k.status;
	*root_r = NULL;
	message_r[0] = 0;
	for (size_t i = 0; i < count && ok; i++)
		ok = take_fragment(&k, &fragments[i], s.prefix);
	set_topics(&s);
	int err = ok ? compose_known(&s, &k, root_r) : ERR_NOMEM;
	for (size_t i = 0; i < QUESTIONS; i++)
		json_decref(k.answers[i]);
	json_decref(k.config);
	json_decref(k.status);
	return err;
}

/* The prefix is the device's id, or a path of two levels. */
static const char *const filters[] = {
	"+/online",	   "+/events/rpc",    "+/hub/info/rpc",	  "+/hub/config/rpc",	"+/hub/status/rpc",   "+/hub/components/+/rpc",
	"+/+/online",	   "+/+/events/rpc",  "+/+/hub/info/rpc", "+/+/hub/config/rpc", "+/+/hub/status/rpc", "+/+/hub/components/+/rpc",
	NULL,
};

const struct dialect dialect_shelly = {
	.name = "shelly",
	.title = "Shelly",
	.filters = filters,
	.payload_max = 64 * 1024,
	.split = split,
	.translate = translate,
};
