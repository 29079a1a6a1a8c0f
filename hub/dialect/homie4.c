/* Homie 4, and 3 as far as it is the same: each attribute of a device, node and property is a retained message of its own
 * (Homie 4.0.0, "Topology"). The device is shown once all that its lists name has come. $state is no part of the
 * description but where the device says whether it is there. The arrays of nodes of version 3 ("lights[]") are left out. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/homie.h"

enum { PAYLOAD_MAX = 4096, ID_SIZE = 65, TOPIC_SIZE = 512 };

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	static const char root[] = "homie/";
	char device[DIALECT_NATIVE_SIZE];
	(void)message_r;
	if (topic.len < sizeof root - 1)
		return 0;
	struct span rest = span_of(topic.data + sizeof root - 1, topic.len - (sizeof root - 1));
	const uint8_t *slash = memchr(rest.data, '/', rest.len);
	if (!slash || str_copy_span(device, sizeof device, span_of(rest.data, (size_t)(slash - rest.data))) != 0)
		return 0;
	if (!str_utf8_valid(span_str(device)) || !device[0] || device[0] == '$' || strcmp(device, "5") == 0)
		return 0; /* homie/5/ belongs to version 5 */
	return sink->fragment(sink->ctx, device, payload);
}

/* ---- the fragments ----------------------------------------------------------- */

struct tree {
	const struct fragment *fragments;
	size_t count;
	char root[sizeof "homie/" + DIALECT_NATIVE_SIZE]; /* the device's topic */
};

/* Copies an attribute, cut where it is too long. False: it is not known. */
static bool attribute(const struct tree *t, const char *path, char *dst, size_t size)
{
	char topic[TOPIC_SIZE];
	dst[0] = 0;
	if (str_format(topic, sizeof topic, "%s/%s", t->root, path) != 0)
		return false;
	for (size_t i = 0; i < t->count; i++) {
		struct span payload = t->fragments[i].payload;
		if (strcmp(t->fragments[i].topic, topic) != 0)
			continue;
		char whole[PAYLOAD_MAX + 1];
		if (str_utf8_valid(payload) && str_copy_span(whole, sizeof whole, payload) == 0)
			form_fit(dst, size, whole);
		return true;
	}
	return false;
}

static bool property_attribute(const struct tree *t, const char *node, const char *id, const char *name, char *dst, size_t size)
{
	char path[2 * ID_SIZE + 32];
	dst[0] = 0;
	return str_format(path, sizeof path, "%s/%s/%s", node, id, name) == 0 && attribute(t, path, dst, size);
}

/* Takes the next id of a list "a,b,c". False: it ends. An id that is none comes as "". */
static bool next_id(const char **list, char id_r[ID_SIZE])
{
	if (!**list)
		return false;
	size_t len = strcspn(*list, ",");
	if (!str_id_valid(span_of(*list, len), ID_SIZE - 1) || str_copy_span(id_r, ID_SIZE, span_of(*list, len)) != 0)
		id_r[0] = 0;
	*list += len + ((*list)[len] == ',');
	return true;
}

/* ---- nodes and properties ------------------------------------------------------- */

static int add_property(struct form *f, const struct tree *t, const char *node, const char *node_name, const char *id, int version)
{
	char name[MODEL_NAME_SIZE], datatype[32], format[PAYLOAD_MAX], unit[32], flag[8];
	property_attribute(t, node, id, "$name", name, sizeof name);
	property_attribute(t, node, id, "$format", format, sizeof format);
	property_attribute(t, node, id, "$unit", unit, sizeof unit);
	if (!property_attribute(t, node, id, "$datatype", datatype, sizeof datatype)) {
		if (version >= 4)
			return ERR_AGAIN;
		(void)str_copy(datatype, sizeof datatype, "string"); /* version 3's default */
	}
	struct homie_property p = {
		.root = t->root, .node = node, .id = id, .node_name = node_name, .name = name,
		.datatype = datatype, .format = format, .unit = unit, .version = version,
	};
	p.settable = property_attribute(t, node, id, "$settable", flag, sizeof flag) && strcmp(flag, "true") == 0;
	p.retained = !property_attribute(t, node, id, "$retained", flag, sizeof flag) || strcmp(flag, "false") != 0;
	homie_component(f, &p);
	return 0;
}

static int add_node(struct form *f, const struct tree *t, const char *node, bool only_one, int version)
{
	char path[ID_SIZE + 32], name[MODEL_NAME_SIZE], list[PAYLOAD_MAX], id[ID_SIZE];
	int cut = str_format(path, sizeof path, "%s/$name", node);
	if (!attribute(t, path, name, sizeof name) || !name[0])
		(void)str_copy(name, sizeof name, node);
	cut = str_format(path, sizeof path, "%s/$properties", node);
	(void)cut; /* ids are short */
	if (!attribute(t, path, list, sizeof list))
		return ERR_AGAIN;
	int err = 0;
	for (const char *rest = list; !err && f->made < FORM_COMPONENTS_MAX && next_id(&rest, id);)
		if (id[0])
			err = add_property(f, t, node, only_one ? NULL : name, id, version);
	return err;
}

static int add_nodes(struct form *f, const struct tree *t, const char *nodes, int version)
{
	char node[ID_SIZE];
	int err = 0;
	for (const char *rest = nodes; !err && f->made < FORM_COMPONENTS_MAX && next_id(&rest, node);)
		if (node[0])
			err = add_node(f, t, node, !strchr(nodes, ','), version);
	return err;
}

static int describe(const struct tree *t, const char *nodes, int version, json_t **root_r)
{
	char name[MODEL_NAME_SIZE], firmware[64], model[MODEL_NAME_SIZE];
	struct form f;
	if (!attribute(t, "$name", name, sizeof name) || !name[0])
		(void)str_copy(name, sizeof name, t->root + sizeof "homie/" - 1);
	attribute(t, "$fw/version", firmware, sizeof firmware);
	if (!attribute(t, "$fw/name", model, sizeof model))
		attribute(t, "$implementation", model, sizeof model);
	form_init(&f, name, NULL, model, firmware);
	homie_availability(&f, t->root, false);
	int err = add_nodes(&f, t, nodes, version);
	if (!err)
		return form_finish(&f, root_r);
	form_drop(&f);
	return err;
}

static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r)
{
	struct tree t = {.fragments = fragments, .count = count};
	char version[16], nodes[PAYLOAD_MAX];
	const char *slash = strchr(fragments[0].topic + sizeof "homie/" - 1, '/');
	*root_r = NULL;
	if (!slash || str_copy_span(t.root, sizeof t.root, span_of(fragments[0].topic, (size_t)(slash - fragments[0].topic))) != 0)
		return ERR_AGAIN;
	if (!attribute(&t, "$homie", version, sizeof version) || !attribute(&t, "$nodes", nodes, sizeof nodes))
		return ERR_AGAIN;
	if (strncmp(version, "3.", 2) != 0 && strncmp(version, "4.", 2) != 0) {
		(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, "$homie is of another version than 3 or 4");
		return ERR_MALFORMED;
	}
	return describe(&t, nodes, version[0] - '0', root_r);
}

static const char *const filters[] = {
	"homie/+/$homie",	   "homie/+/$name",	   "homie/+/$nodes",	    "homie/+/$implementation",
	"homie/+/$fw/name",	   "homie/+/$fw/version",  "homie/+/+/$name",	    "homie/+/+/$properties",
	"homie/+/+/+/$name",	   "homie/+/+/+/$datatype", "homie/+/+/+/$format",  "homie/+/+/+/$settable",
	"homie/+/+/+/$retained", "homie/+/+/+/$unit",	   NULL,
};

const struct dialect dialect_homie4 = {
	.name = "homie4",
	.title = "Homie 4",
	.filters = filters,
	.payload_max = PAYLOAD_MAX,
	.split = split,
	.translate = translate,
};
