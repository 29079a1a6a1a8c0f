/* One description of all that was said about a device: its components, each from a message of its own or several from one, with
 * what they say about the device itself and about whether it is there. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/homeassistant.h"

enum {
	COMPONENTS_MAX = 256,
	SW_VERSION_SIZE = 64,
	PRESENCE_MAX = 16, /* topics of availability that one component names, and four times as many of a device: each is compared with each */
};

struct merge {
	struct form form;
	json_t *device;      /* borrowed from form */
	json_t *common;      /* owned: the availability that all components which name any share; NULL: none has named any yet */
	json_t *all;         /* owned: of any component */
	char mode[8];        /* "all", "any", "latest"; "": none said */
	char alone[MODEL_NAME_SIZE]; /* the name of a component without a device */
};

/* Where a component comes from. */
struct source {
	struct ha_place place;
	const json_t *root; /* the message */
	bool device;        /* it describes several */
};

/* ---- the device itself -------------------------------------------------- */

/* Sets a text of the device if nobody has; too long a one is cut, where a character ends. */
static void set_text(struct merge *m, const char *key, const json_t *value, size_t size)
{
	char text[HA_STRING_SIZE];
	if (json_object_get(m->device, key) || !ha_string(value, text, sizeof text) || !text[0])
		return;
	size_t len = strlen(text);
	for (len = len < size ? len : size - 1; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	form_set(&m->form, m->device, key, json_stringn(text, len));
}

static void take_device(struct merge *m, const json_t *device)
{
	set_text(m, "name", json_object_get(device, "name"), MODEL_NAME_SIZE);
	set_text(m, "manufacturer", ha_find(device, "manufacturer", "mf"), MODEL_NAME_SIZE);
	set_text(m, "model", ha_find(device, "model", "mdl"), MODEL_NAME_SIZE);
	set_text(m, "suggested_area", ha_find(device, "suggested_area", "sa"), MODEL_NAME_SIZE);
	set_text(m, "sw_version", ha_find(device, "sw_version", "sw"), SW_VERSION_SIZE);
}

/* ---- topics ------------------------------------------------------------- */

static const char *base_of(const json_t *object)
{
	return json_string_value(json_object_get(object, "~"));
}

/* The topic with its "~", at the start or the end, filled in. */
static json_t *whole_topic(const char *topic, const char *base)
{
	size_t len = strlen(topic);
	if (base && topic[0] == '~')
		return json_sprintf("%s%s", base, topic + 1);
	if (base && len > 0 && topic[len - 1] == '~')
		return json_sprintf("%.*s%s", (int)(len - 1), topic, base);
	return json_string(topic);
}

/* ---- availability ------------------------------------------------------- */

static void set_word(struct merge *m, json_t *dst, const char *key, const json_t *value, const char *standard)
{
	char text[HA_STRING_SIZE];
	form_set(&m->form, dst, key, json_string(value && ha_string(value, text, sizeof text) ? text : standard));
}

/* One topic that tells of it, written in one way, so that the same is seen to be the same. */
static void add_presence(struct merge *m, json_t *list, const json_t *object, bool listed, const char *base)
{
	const json_t *topic = listed ? ha_find(object, "topic", "t") : ha_find(object, "availability_topic", "avty_t");
	const json_t *template = listed ? ha_find(object, "value_template", "val_tpl") : ha_find(object, "availability_template", "avty_tpl");
	if (!json_is_string(topic) || !json_string_length(topic))
		return;
	json_t *one = json_object();
	form_set(&m->form, one, "topic", whole_topic(json_string_value(topic), base));
	set_word(m, one, "payload_available", ha_find(object, "payload_available", "pl_avail"), TOPIC_STATUS_ONLINE);
	set_word(m, one, "payload_not_available", ha_find(object, "payload_not_available", "pl_not_avail"), TOPIC_STATUS_OFFLINE);
	if (json_is_string(template))
		form_set(&m->form, one, "value_template", json_string(json_string_value(template)));
	if (json_array_append_new(list, one) != 0)
		m->form.failed = true;
}

/* All that an object, a component or the root, says of it; an owned list, maybe empty; NULL without memory. */
static json_t *presence_of(struct merge *m, const json_t *object, const char *base)
{
	const json_t *said = ha_find(object, "availability", "avty"), *item;
	json_t *list = json_array();
	size_t i;
	if (json_is_array(said)) {
		json_array_foreach(said, i, item)
			if (i < PRESENCE_MAX)
				add_presence(m, list, item, true, base);
	} else if (json_is_object(said)) {
		add_presence(m, list, said, true, base);
	} else {
		add_presence(m, list, object, false, base);
	}
	return list;
}

static bool holds(const json_t *list, const json_t *value)
{
	const json_t *item;
	size_t i;
	json_array_foreach(list, i, item)
		if (json_equal(item, value))
			return true;
	return false;
}

/* Takes a component's word about its availability, which in this hub is the device's. What all components name is about the
 * device; what only some name is about themselves. */
static void take_presence(struct merge *m, const struct source *s, const json_t *object)
{
	const json_t *root = s->device ? s->root : NULL;
	const char *base = base_of(object) ? base_of(object) : base_of(root);
	json_t *list = presence_of(m, object, base);
	const json_t *sayer = object, *item;
	size_t i;
	if (root && json_array_size(list) == 0) {
		json_decref(list);
		list = presence_of(m, root, base_of(root));
		sayer = root;
	}
	const char *mode = json_string_value(ha_find(sayer, "availability_mode", "avty_mode"));
	if (mode && !m->mode[0] && json_array_size(list) > 0 && str_copy(m->mode, sizeof m->mode, mode) != 0)
		m->mode[0] = 0;
	json_array_foreach(list, i, item)
		if (json_array_size(m->all) < 4 * PRESENCE_MAX && !holds(m->all, item) &&
		    json_array_append(m->all, (json_t *)(uintptr_t)item) != 0)
			m->form.failed = true;
	if (!m->common && json_array_size(list) > 0)
		m->common = json_copy(list);
	for (i = json_array_size(m->common); i-- > 0 && json_array_size(list) > 0;)
		if (!holds(list, json_array_get(m->common, i)))
			json_array_remove(m->common, i);
	json_decref(list);
}

static void put_presence(struct merge *m)
{
	static const char *const modes[] = {"all", "any", "latest"};
	bool shared = json_array_size(m->common) > 0;
	if (json_array_size(m->all) == 0)
		return;
	form_set(&m->form, m->form.root, "availability", json_incref(shared ? m->common : m->all));
	/* Nothing is said of the device as a whole: it is there when any of its components is. */
	if (!shared)
		form_availability_mode(&m->form, "any");
	for (size_t i = 0; i < sizeof modes / sizeof *modes && shared; i++)
		if (strcmp(m->mode, modes[i]) == 0)
			form_availability_mode(&m->form, m->mode);
}

/* ---- components --------------------------------------------------------- */

/* What is shown elsewhere: of all components that share a device, or nowhere, as they are no state and no command. */
static bool is_left_to_device(const char *key)
{
	static const char *const keys[] = {
		"availability", "avty", "availability_topic", "avty_t", "availability_template", "avty_tpl", "availability_mode",
		"avty_mode", "payload_available", "pl_avail", "payload_not_available", "pl_not_avail", "device", "dev", "origin", "o",
		"platform", "p", "name", "qos", "encoding", "e",
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static bool is_text_encoding(const json_t *encoding)
{
	static const char *const names[] = {"utf-8", "UTF-8", "utf8", "UTF8", "ascii", "us-ascii"};
	const char *name = json_string_value(encoding);
	for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return !name;
}

/* Whether people want to see it. What its maker disables takes a decision of the owner's in Home Assistant, for good reason: some
 * devices offer hundreds of settings in that way. What is not text in UTF-8 (an image, mostly) the hub cannot read; triggers,
 * tags and pictures have no state. */
static bool is_wanted(const json_t *object, const char *platform)
{
	static const char *const stateless[] = {"device_automation", "tag", "camera", "image"};
	for (size_t i = 0; i < sizeof stateless / sizeof *stateless; i++)
		if (strcmp(platform, stateless[i]) == 0)
			return false;
	return !json_is_false(ha_find(object, "enabled_by_default", "en")) && is_text_encoding(ha_find(object, "encoding", "e"));
}

/* What history is kept under: the unique id, which stays when a component moves from its own message to its device's; without one
 * the id that it wants to have in Home Assistant, or what it is called here. */
static void native_of(const json_t *object, const char *key, char native_r[HA_STRING_SIZE])
{
	if (ha_string(ha_find(object, "unique_id", "uniq_id"), native_r, HA_STRING_SIZE) && native_r[0])
		return;
	const char *wanted = json_string_value(ha_find(object, "default_entity_id", "def_ent_id"));
	const char *point = wanted ? strchr(wanted, '.') : NULL;
	if (wanted && str_copy(native_r, HA_STRING_SIZE, point ? point + 1 : wanted) == 0 && native_r[0])
		return;
	if (!ha_string(ha_find(object, "object_id", "obj_id"), native_r, HA_STRING_SIZE) || !native_r[0])
		(void)str_copy(native_r, HA_STRING_SIZE, key); /* checked: an id, or cut */
}

/* Home Assistant lets components of different platforms share a unique id. */
static void keep_apart(const struct merge *m, const char *platform, char native[HA_STRING_SIZE])
{
	char id[MODEL_ID_SIZE];
	form_id(id, native);
	const char *other = json_string_value(json_object_get(json_object_get(m->form.components, id), "platform"));
	size_t len = strlen(native);
	if (other && strcmp(other, platform) != 0 && str_format(native + len, HA_STRING_SIZE - len, " %s", platform) != 0)
		native[len] = 0;
}

/* The name to show; "": the device's main feature. Without one it is called by what it measures. */
static void name_of(const json_t *object, const char *key, char *name_r, size_t size)
{
	const json_t *name = json_object_get(object, "name");
	char text[HA_STRING_SIZE];
	const char *class = json_string_value(ha_find(object, "device_class", "dev_cla"));
	name_r[0] = 0;
	if (name && (json_is_null(name) || ha_string(name, text, sizeof text))) {
		if (!json_is_null(name) && str_copy(name_r, size, text) != 0)
			(void)str_copy(name_r, size, key);
		return;
	}
	if (str_copy(name_r, size, class && class[0] ? class : key) != 0)
		name_r[0] = 0;
	for (char *c = name_r; class && class[0] && *c; c++)
		*c = *c == '_' ? ' ' : c == name_r && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
}

/* Lists hold strings, payloads are strings: Home Assistant makes them of numbers and truth values. */
static json_t *worded(const char *key, const json_t *value)
{
	char text[HA_STRING_SIZE];
	const json_t *item;
	size_t i;
	bool payload = strncmp(key, "payload_", 8) == 0 || strncmp(key, "pl_", 3) == 0 || strncmp(key, "state_", 6) == 0 ||
		       strncmp(key, "stat_", 5) == 0;
	if (!json_is_array(value))
		return payload && !json_is_string(value) && ha_string(value, text, sizeof text) ? json_string(text)
											       : json_deep_copy(value);
	json_t *list = json_array();
	json_array_foreach(value, i, item)
		if (json_array_append_new(list, ha_string(item, text, sizeof text) ? json_string(text) : json_deep_copy(item)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* A component of a device's message takes topics of the message where it has none. */
static void inherit(struct merge *m, json_t *component, const json_t *root, const char *name, const char *brief)
{
	const json_t *topic = ha_find(root, name, brief);
	if (json_is_string(topic) && !ha_find(component, name, brief))
		form_set(&m->form, component, name, whole_topic(json_string_value(topic), base_of(root)));
}

/* Components that are another one by a different name. */
static const char *adapt(struct merge *m, json_t *component, const char *platform)
{
	if (strcmp(platform, "scene") == 0) { /* a button that says "ON" */
		const json_t *word = ha_find(component, "payload_on", "pl_on");
		form_set(&m->form, component, "payload_press", word ? json_deep_copy(word) : json_string("ON"));
		return "button";
	}
	if (strcmp(platform, "valve") != 0)
		return platform;
	if (!json_is_true(ha_find(component, "reports_position", "pos"))) /* a cover that lets water through */
		return "cover";
	const json_t *state = ha_find(component, "state_topic", "stat_t"), *command = ha_find(component, "command_topic", "cmd_t");
	if (state)
		form_set(&m->form, component, "position_topic", json_deep_copy(state));
	if (command)
		form_set(&m->form, component, "set_position_topic", json_deep_copy(command));
	static const char *const taken[] = {"state_topic", "stat_t", "command_topic", "cmd_t"};
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		(void)json_object_del(component, taken[i]); /* whether it is there or not */
	return "cover";
}

/* key: what it is called in its message, or by its topic. */
static void take_component(struct merge *m, const struct source *s, const char *key, const json_t *object)
{
	char native[HA_STRING_SIZE], name[MODEL_NAME_SIZE], platform[MODEL_ID_SIZE];
	const char *other;
	json_t *value;
	(void)ha_string(s->device ? ha_find(object, "platform", "p") : NULL, platform, sizeof platform);
	if (!s->device)
		(void)str_copy(platform, sizeof platform, s->place.platform); /* of the same size */
	if (!platform[0] || !is_wanted(object, platform) || json_object_size(m->form.components) >= COMPONENTS_MAX)
		return;
	native_of(object, key, native);
	name_of(object, key, name, sizeof name);
	take_presence(m, s, object);
	json_t *copy = json_object();
	json_object_foreach((json_t *)(uintptr_t)object, other, value)
		if (!is_left_to_device(other))
			form_set(&m->form, copy, other, worded(other, value));
	if (s->device) {
		inherit(m, copy, s->root, "state_topic", "stat_t");
		inherit(m, copy, s->root, "command_topic", "cmd_t");
		if (base_of(s->root) && !base_of(copy))
			form_set(&m->form, copy, "~", json_string(base_of(s->root)));
	}
	const char *kind = adapt(m, copy, platform);
	keep_apart(m, kind, native);
	json_t *component = form_component(&m->form, native, kind, name[0] ? name : NULL);
	if (component && json_object_update_missing(component, copy) != 0)
		m->form.failed = true;
	json_decref(copy);
}

static void take_root(struct merge *m, const struct source *s)
{
	const json_t *components = ha_find(s->root, "components", "cmps"), *device = ha_find(s->root, "device", "dev");
	const char *key;
	json_t *object;
	if (json_is_object(device))
		take_device(m, device);
	if (!s->device) {
		if (json_object_size(device) == 0)
			name_of(s->root, s->place.object, m->alone, sizeof m->alone);
		take_component(m, s, s->place.object, s->root);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)components, key, object)
		if (json_object_size(object) > 1) /* only its platform: it is taken away */
			take_component(m, s, key, object);
}

/* ---- all of it ---------------------------------------------------------- */

/* Many name their components after the device, as Home Assistant once wanted it: "Boiler pump" of the device "Boiler". */
static void shorten_names(struct merge *m)
{
	const char *device = json_string_value(json_object_get(m->device, "name")), *id;
	json_t *component;
	size_t len = device ? strlen(device) : 0;
	json_object_foreach(m->form.components, id, component) {
		const char *name = json_string_value(json_object_get(component, "name"));
		if (!name || !len || strncmp(name, device, len) != 0)
			continue;
		const char *rest = name + len + strspn(name + len, " _-:");
		if (!*rest)
			form_set(&m->form, component, "name", json_null());
		else if (rest > name + len)
			form_set(&m->form, component, "name", json_string(rest));
	}
}

static int take_fragment(struct merge *m, const struct fragment *fragment, bool devices, char *message_r)
{
	struct source s = {0};
	json_error_t error;
	if (!ha_place_read(&s.place, span_str(fragment->topic)))
		return 0; /* split lets none through */
	s.device = ha_place_is_device(&s.place);
	if (s.device != devices)
		return 0;
	json_t *root = json_loadb((const char *)fragment->payload.data, fragment->payload.len, 0, &error);
	s.root = root;
	int err = json_is_object(root) ? 0 : ERR_MALFORMED;
	if (!err) {
		take_root(m, &s);
	} else {
		int cut = str_format(message_r, DIALECT_MESSAGE_SIZE, "%s: not a JSON object", fragment->topic);
		(void)cut;
	}
	json_decref(root);
	return err;
}

/* A component without a device is a device of its own, of that name. */
static void name_alone(struct merge *m)
{
	if (!m->alone[0])
		return;
	form_set(&m->form, m->device, "name", json_string(m->alone));
	shorten_names(m);
}

int ha_translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r)
{
	struct merge m = {.all = json_array()};
	int err = 0;
	*root_r = NULL;
	form_init(&m.form, NULL, NULL, NULL, NULL);
	m.device = json_object_get(m.form.root, "device");
	/* Messages of devices come last: what they describe replaces what is left of its old message. */
	for (size_t i = 0; i < 2 * count && !err; i++)
		err = take_fragment(&m, &fragments[i % count], i >= count, message_r);
	bool empty = json_object_size(m.form.components) == 0;
	put_presence(&m);
	name_alone(&m);
	shorten_names(&m);
	form_set(&m.form, m.form.root, "apart", json_true());
	json_decref(m.common);
	json_decref(m.all);
	if (!err && empty && !m.form.failed)
		err = ERR_AGAIN;
	if (!err)
		return form_finish(&m.form, root_r);
	form_drop(&m.form);
	return err;
}
