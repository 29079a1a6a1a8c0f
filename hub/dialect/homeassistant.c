/* Home Assistant's MQTT discovery, as devices of others speak it: a component a message, or a device a message. Here a message
 * finds its device; homeassistant_merge.c makes one description of all that was said about it. ESPHome describes
 * itself in this dialect too. Pure, any thread. */
#include "dialect/homeassistant.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

/* ---- topics ------------------------------------------------------------- */

/* Takes the level before the next "/" off the topic. */
static struct span next_level(struct span *topic)
{
	const uint8_t *slash = topic->len ? memchr(topic->data, '/', topic->len) : NULL;
	struct span level = span_of(topic->data, slash ? (size_t)(slash - topic->data) : topic->len);
	*topic = slash ? span_of(slash + 1, topic->len - level.len - 1) : (struct span){0};
	return level;
}

static bool take_id(char *dst, size_t size, struct span level)
{
	return str_id_valid(level, size - 1) && str_copy_span(dst, size, level) == 0;
}

bool ha_place_read(struct ha_place *place, struct span topic)
{
	*place = (struct ha_place){0};
	struct span root = next_level(&topic), platform = next_level(&topic), first = next_level(&topic), second = next_level(&topic);
	bool has_node = topic.len > 0;
	return span_is(root, "homeassistant") && take_id(place->platform, sizeof place->platform, platform) &&
	       (!has_node || take_id(place->node, sizeof place->node, first)) &&
	       take_id(place->object, sizeof place->object, has_node ? second : first) && span_is(has_node ? topic : second, "config");
}

bool ha_place_is_device(const struct ha_place *place)
{
	return strcmp(place->platform, "device") == 0;
}

/* ---- values ------------------------------------------------------------- */

const json_t *ha_find(const json_t *object, const char *name, const char *brief)
{
	const json_t *value = json_object_get(object, name);
	return value ? value : json_object_get(object, brief);
}

bool ha_string(const json_t *value, char *text_r, size_t size)
{
	text_r[0] = 0;
	if (json_is_string(value))
		return str_copy(text_r, size, json_string_value(value)) == 0;
	if (json_is_boolean(value))
		return str_copy(text_r, size, json_is_true(value) ? "True" : "False") == 0;
	if (json_is_integer(value))
		return str_format(text_r, size, "%lld", (long long)json_integer_value(value)) == 0;
	char number[32];
	if (!json_is_real(value))
		return false;
	str_from_double(number, sizeof number, json_real_value(value));
	return str_format(text_r, size, "%s%s", number, strpbrk(number, ".en") ? "" : ".0") == 0;
}

/* ---- devices ------------------------------------------------------------ */

/* A name that is too long or has control characters is replaced by an id made of it. */
static void set_native(char native_r[DIALECT_NATIVE_SIZE], const char *name)
{
	bool fits = strlen(name) < DIALECT_NATIVE_SIZE;
	for (const char *s = name; *s; s++)
		fits &= (unsigned char)*s >= 0x20 && *s != 0x7f;
	if (fits)
		(void)str_copy(native_r, DIALECT_NATIVE_SIZE, name);
	else
		form_id(native_r, name);
}

/* The first of the device's identifiers: one, or a list of them. */
static bool name_by_identifier(const json_t *device, char native_r[DIALECT_NATIVE_SIZE])
{
	const json_t *ids = ha_find(device, "identifiers", "ids");
	const json_t *first = json_is_array(ids) ? json_array_get(ids, 0) : ids;
	char text[HA_STRING_SIZE];
	if (!ha_string(first, text, sizeof text) || !text[0])
		return false;
	set_native(native_r, text);
	return true;
}

/* The first of its connections: [["mac","aa:…"],…]. */
static bool name_by_connection(const json_t *device, char native_r[DIALECT_NATIVE_SIZE])
{
	const json_t *pair = json_array_get(ha_find(device, "connections", "cns"), 0);
	const char *kind = json_string_value(json_array_get(pair, 0)), *value = json_string_value(json_array_get(pair, 1));
	char text[HA_STRING_SIZE];
	if (!kind || !value || !value[0] || str_format(text, sizeof text, "%s:%s", kind, value) != 0)
		return false;
	set_native(native_r, text);
	return true;
}

/* Home Assistant tells components without a device apart by platform, node and object. */
static void name_by_place(const struct ha_place *place, char native_r[DIALECT_NATIVE_SIZE])
{
	char text[sizeof *place];
	int cut = str_format(text, sizeof text, "%s%s%s %s", place->platform, place->node[0] ? " " : "", place->node, place->object);
	(void)cut; /* it has room for all three */
	set_native(native_r, text);
}

/* Zigbee2MQTT describes its devices in this way for Home Assistant's sake. Here they are known from what it says natively
 * (bridge/devices), which tells more of them; they are not to appear twice. Old versions name no origin. */
static bool is_known_otherwise(const json_t *root, const char *native)
{
	const char *origin = json_string_value(json_object_get(ha_find(root, "origin", "o"), "name"));
	return (origin && strcmp(origin, "Zigbee2MQTT") == 0) || strncmp(native, "zigbee2mqtt_", strlen("zigbee2mqtt_")) == 0;
}

static int split_root(const struct ha_place *place, const json_t *root, struct span payload, const struct dialect_sink *sink,
		      char *message_r)
{
	const json_t *device = ha_find(root, "device", "dev");
	char native[DIALECT_NATIVE_SIZE];
	/* The component is about to be described by its device's message, and then its own will be emptied. Until then it stays:
	 * the device's message takes precedence, and gives it the same id. */
	if (json_is_true(ha_find(root, "migrate_discovery", "migr_discvry")))
		return 0;
	bool named = name_by_identifier(device, native) || name_by_connection(device, native);
	if (ha_place_is_device(place) && (!named || !json_is_object(ha_find(root, "components", "cmps")))) {
		(void)str_copy(message_r, DIALECT_MESSAGE_SIZE,
			       named ? "key components: must be an object" : "key device: names neither identifiers nor connections");
		return ERR_MALFORMED;
	}
	if (!named)
		name_by_place(place, native);
	if (is_known_otherwise(root, native))
		return 0;
	int err = sink->fragment(sink->ctx, native, payload);
	return err ? err : sink->complete(sink->ctx);
}

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	struct ha_place place;
	json_error_t error;
	if (!ha_place_read(&place, topic)) {
		(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, "the ids in the topic may hold letters, digits, \"_\" and \"-\" only");
		return ERR_MALFORMED;
	}
	if (payload.len == 0)
		return sink->fragment(sink->ctx, NULL, payload);
	json_t *root = json_loadb((const char *)payload.data, payload.len, 0, &error); /* of a key that is there twice the last counts */
	int err = ERR_MALFORMED;
	if (json_is_object(root)) {
		err = split_root(&place, root, payload, sink, message_r);
	} else {
		int cut = str_format(message_r, DIALECT_MESSAGE_SIZE, "not a JSON object (%s, byte %d)",
				     root ? "another type" : error.text, error.position);
		(void)cut;
	}
	json_decref(root);
	return err;
}

static const char *const filters[] = {"homeassistant/+/+/config", "homeassistant/+/+/+/config", NULL};

const struct dialect dialect_homeassistant = {
	.name = "homeassistant",
	.title = "Home Assistant discovery",
	.filters = filters,
	.payload_max = 128 * 1024,
	.split = split,
	.translate = ha_translate,
};
