/* Homie 5: a device's $description is one JSON document. Its $state is where it says whether it is there; as part of the
 * description counts only that there is one, as a device without it has been removed. $target is not followed: it tells
 * where a value is going, and the value itself follows. Homie 5.0, "Devices". */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/homie.h"

enum { PAYLOAD_MAX = 256 * 1024, PREFIX_LEN = sizeof "homie/5/" - 1 };

static const char description_end[] = "/$description", state_end[] = "/$state";

static bool ends(struct span topic, const char *end, struct span *device_r)
{
	size_t len = strlen(end);
	if (topic.len <= PREFIX_LEN + len || memcmp(topic.data + topic.len - len, end, len) != 0)
		return false;
	*device_r = span_of(topic.data + PREFIX_LEN, topic.len - PREFIX_LEN - len);
	return true;
}

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	char device[DIALECT_NATIVE_SIZE];
	struct span id;
	(void)message_r;
	bool described = ends(topic, description_end, &id);
	if ((!described && !ends(topic, state_end, &id)) || str_copy_span(device, sizeof device, id) != 0 || device[0] == '$' ||
	    !str_utf8_valid(id))
		return 0; /* no device has such an id */
	return sink->fragment(sink->ctx, device, described || payload.len == 0 ? payload : span_str("known"));
}

/* ---- the document ----------------------------------------------------------- */

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}

static bool id_fits(const char *id)
{
	return str_id_valid(span_str(id), 64);
}

static void add_node(struct form *f, const char *root, const char *id, const json_t *node, bool only_one)
{
	const char *property_id, *name = text(node, "name");
	json_t *property;
	json_object_foreach(json_object_get(node, "properties"), property_id, property) {
		const json_t *retained = json_object_get(property, "retained");
		const struct homie_property p = {
			.root = root,
			.node = id,
			.id = property_id,
			.node_name = only_one ? NULL : name[0] ? name : id,
			.name = text(property, "name"),
			.datatype = text(property, "datatype"),
			.format = text(property, "format"),
			.unit = text(property, "unit"),
			.settable = json_is_true(json_object_get(property, "settable")),
			.retained = !retained || json_is_true(retained),
			.version = 5,
		};
		if (id_fits(property_id) && json_is_object(property))
			homie_component(f, &p);
	}
}

/* A child is reached through its root, whose connection it shares. */
static void set_availability(struct form *f, const char *topic, const json_t *description)
{
	const char *root = text(description, "root");
	homie_availability(f, topic, false);
	if (!root[0] || !id_fits(root))
		return;
	json_t *other = json_sprintf("homie/5/%s", root);
	if (other)
		homie_availability(f, json_string_value(other), true);
	else
		f->failed = true;
	form_availability_mode(f, "all");
	json_decref(other);
}

static int describe(const char *device, const json_t *description, json_t **root_r)
{
	struct form f;
	char name[MODEL_NAME_SIZE], topic[PREFIX_LEN + DIALECT_NATIVE_SIZE];
	const json_t *nodes = json_object_get(description, "nodes");
	const char *id, *type = text(description, "type");
	json_t *node;
	char model[MODEL_NAME_SIZE];
	form_fit(model, sizeof model, type);
	form_fit(name, sizeof name, text(description, "name")[0] ? text(description, "name") : device);
	int cut = str_format(topic, sizeof topic, "homie/5/%s", device);
	(void)cut; /* it has room */
	form_init(&f, name, NULL, model, NULL);
	set_availability(&f, topic, description);
	json_object_foreach((json_t *)(uintptr_t)nodes, id, node)
		if (id_fits(id))
			add_node(&f, topic, id, node, json_object_size(nodes) == 1);
	return form_finish(&f, root_r);
}

static int fail(char *message_r, const char *text)
{
	(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, text);
	return ERR_MALFORMED;
}

static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r)
{
	const struct fragment *document = NULL;
	bool has_state = false;
	char device[DIALECT_NATIVE_SIZE];
	struct span id = {0};
	*root_r = NULL;
	for (size_t i = 0; i < count; i++) {
		struct span any;
		if (ends(span_str(fragments[i].topic), description_end, &id))
			document = &fragments[i];
		else
			has_state |= ends(span_str(fragments[i].topic), state_end, &any);
	}
	if (!document || !has_state)
		return ERR_AGAIN;
	(void)str_copy_span(device, sizeof device, id); /* split has seen that it fits */
	json_error_t error;
	json_t *description = json_loadb((const char *)document->payload.data, document->payload.len, 0, &error);
	int err;
	if (!json_is_object(description))
		err = fail(message_r, "$description is no JSON object");
	else if (strncmp(text(description, "homie"), "5.", 2) != 0)
		err = fail(message_r, "$description is of another version than 5");
	else
		err = describe(device, description, root_r);
	json_decref(description);
	return err;
}

static const char *const filters[] = {"homie/5/+/$description", "homie/5/+/$state", NULL};

const struct dialect dialect_homie5 = {
	.name = "homie5",
	.title = "Homie 5",
	.filters = filters,
	.payload_max = PAYLOAD_MAX,
	.split = split,
	.translate = translate,
};
