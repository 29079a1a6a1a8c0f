/* Names, models and the discovery message (MQTT-device discovery of Home Assistant:
 * dev, o, cmps). Main thread. */
#include "describe.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

static const char *const platforms[] = {
	[ENTITY_SENSOR] = "sensor",
	[ENTITY_BINARY_SENSOR] = "binary_sensor",
	[ENTITY_SWITCH] = "switch",
	[ENTITY_LIGHT] = "light",
};

/* UTF-8 without control characters, which JSON would blow up sixfold. */
static bool is_plain(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return str_utf8_valid(span_str(text));
}

/* The first line of a file when it is text that says something. PC makers fill
 * such fields with words like these. */
static bool read_word(const struct kernel *kernel, const char *path, char text[MODEL_NAME_SIZE])
{
	static const char *const empty_words[] = {"", "To Be Filled By O.E.M.", "System Product Name",
						  "System manufacturer", "Default string", "None"};
	int err = kernel_read_line(kernel, path, text, MODEL_NAME_SIZE);
	bool good = !err && is_plain(text);
	for (size_t i = 0; good && i < sizeof empty_words / sizeof empty_words[0]; i++)
		good = strcmp(text, empty_words[i]) != 0;
	if (!good)
		text[0] = 0;
	return good;
}

static void read_model(struct identity *identity, const struct kernel *kernel)
{
	char text[MODEL_NAME_SIZE];
	/* the device tree's string comes with its NUL */
	int err = kernel_read_line(kernel, "/proc/device-tree/model", text, sizeof text);
	if ((!err || err == ERR_MALFORMED) && text[0] && is_plain(text)) {
		memcpy(identity->model, text, sizeof text);
		if (strncmp(text, "Raspberry Pi", 12) == 0)
			str_copy(identity->manufacturer, sizeof identity->manufacturer, "Raspberry Pi");
		return;
	}
	read_word(kernel, "/sys/class/dmi/id/sys_vendor", identity->manufacturer);
	if (!read_word(kernel, "/sys/class/dmi/id/product_name", identity->model))
		str_copy(identity->model, sizeof identity->model, "Linux computer");
}

static void read_mac(struct identity *identity, const struct kernel *kernel)
{
	enum { MAX_INTERFACES = 64 };
	char names[MAX_INTERFACES][KERNEL_NAME_SIZE], path[KERNEL_PATH_SIZE], text[32];
	size_t count = kernel_list(kernel, "/sys/class/net", "", names, MAX_INTERFACES);
	for (size_t i = 0; i < count && !identity->mac[0]; i++) {
		str_format(path, sizeof path, "/sys/class/net/%s/device", names[i]);
		if (!kernel_exists(kernel, path))
			continue; /* a virtual one */
		str_format(path, sizeof path, "/sys/class/net/%s/address", names[i]);
		if (kernel_read_line(kernel, path, text, sizeof text) == 0 && strlen(text) == 17 &&
		    strspn(text, "0123456789abcdef:") == 17)
			memcpy(identity->mac, text, sizeof identity->mac);
	}
}

void identity_read(struct identity *identity, const struct conf *conf, const struct kernel *kernel)
{
	*identity = (struct identity){0};
	memcpy(identity->name, conf->name, sizeof identity->name);
	memcpy(identity->area, conf->area, sizeof identity->area);
	if (!identity->name[0] && (gethostname(identity->name, sizeof identity->name - 1) != 0 ||
				   !is_plain(identity->name) || !identity->name[0]))
		str_copy(identity->name, sizeof identity->name, "tomte-agent");
	read_model(identity, kernel);
	read_mac(identity, kernel);
}

/* Sets a string unless it is NULL or empty. Returns whether memory sufficed. */
static bool put(json_t *object, const char *key, const char *value)
{
	return !value || !value[0] || json_object_set_new(object, key, json_string(value)) == 0;
}

static bool put_topic(json_t *object, const char *key, enum topic_kind kind, const char *device, const char *entity)
{
	char topic[MODEL_TOPIC_SIZE];
	return topic_format(topic, kind, device, entity) == 0 && put(object, key, topic);
}

static bool put_class(json_t *c, const struct entity_class *class)
{
	return put(c, "device_class", class->device_class) && put(c, "state_class", class->state_class) &&
	       put(c, "unit_of_measurement", class->unit) && put(c, "icon", class->icon) &&
	       (!class->diagnostic || put(c, "entity_category", "diagnostic")) &&
	       (class->precision < 0 ||
		json_object_set_new(c, "suggested_display_precision", json_integer(class->precision)) == 0);
}

static bool fill_component(json_t *c, const struct entity *e, const char *device_id, int64_t interval_s)
{
	char unique[2 * MODEL_ID_SIZE];
	str_format(unique, sizeof unique, "%s_%s", device_id, e->id);
	bool number = e->kind == ENTITY_SENSOR;
	bool good = put(c, "p", platforms[e->kind]) && put(c, "name", e->name) && put(c, "unique_id", unique) &&
		    put_topic(c, "state_topic", number ? TOPIC_TELE : TOPIC_STATE, device_id, e->id);
	if (good && e->class)
		good = put_class(c, e->class);
	if (good && number) /* a sensor that falls silent while the device lives has no value any more */
		good = json_object_set_new(c, "expire_after", json_integer(interval_s * 3 + 30)) == 0;
	if (good && (e->kind == ENTITY_SWITCH || e->kind == ENTITY_LIGHT))
		good = put_topic(c, "command_topic", TOPIC_SET, device_id, e->id);
	if (good && e->kind == ENTITY_LIGHT)
		good = put(c, "schema", "json") && json_object_set_new(c, "brightness", json_true()) == 0 &&
		       json_object_set_new(c, "supported_color_modes", json_pack("[s]", "rgb")) == 0;
	return good;
}

static json_t *make_device(const struct identity *identity, const char *device_id)
{
	json_t *dev = json_object();
	bool good = dev && json_object_set_new(dev, "ids", json_pack("[s]", device_id)) == 0 &&
		    put(dev, "name", identity->name) && put(dev, "mf", identity->manufacturer) &&
		    put(dev, "mdl", identity->model) && put(dev, "sw", PACKAGE_VERSION) &&
		    put(dev, "sa", identity->area) &&
		    (!identity->mac[0] ||
		     json_object_set_new(dev, "cns", json_pack("[[ss]]", "mac", identity->mac)) == 0);
	if (good)
		return dev;
	json_decref(dev);
	return NULL;
}

static json_t *make_components(const struct entities *entities, const char *device_id, int64_t interval_s)
{
	json_t *all = json_object();
	for (size_t i = 0; all && i < entities->count; i++) {
		json_t *c = json_object();
		if (!c || json_object_set_new(all, entities->items[i].id, c) != 0 ||
		    !fill_component(c, &entities->items[i], device_id, interval_s)) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

char *describe_device(const struct identity *identity, const struct entities *entities, const char *device_id,
		      int64_t interval_s)
{
	json_t *root = json_object();
	bool good = root && json_object_set_new(root, "dev", make_device(identity, device_id)) == 0 &&
		    json_object_set_new(root, "o", json_pack("{ssss}", "name", "tomte-agent", "sw", PACKAGE_VERSION)) == 0 &&
		    put_topic(root, "availability_topic", TOPIC_STATUS, device_id, NULL) &&
		    put(root, "payload_available", TOPIC_STATUS_ONLINE) &&
		    put(root, "payload_not_available", TOPIC_STATUS_OFFLINE) &&
		    json_object_set_new(root, "qos", json_integer(1)) == 0 &&
		    json_object_set_new(root, "renewable", json_true()) == 0 && /* renewal.c */
		    json_object_set_new(root, "cmps", make_components(entities, device_id, interval_s)) == 0;
	char *text = good ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return text;
}

char *describe_meta(const struct identity *identity)
{
	json_t *meta = json_object();
	bool good = meta && put(meta, "name", identity->name) && put(meta, "model", identity->model) &&
		    put(meta, "manufacturer", identity->manufacturer) && put(meta, "sw_version", PACKAGE_VERSION) &&
		    put(meta, "mac", identity->mac);
	char *text = good ? json_dumps(meta, JSON_COMPACT) : NULL;
	json_decref(meta);
	return text;
}
