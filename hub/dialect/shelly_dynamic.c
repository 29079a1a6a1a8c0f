/* Components that are not there from the beginning: what people make of a Shelly's own (virtual components), and the Bluetooth devices that
 * it hears. Shelly.GetConfig and GetStatus leave them out; Shelly.GetComponents lists them, as many in an answer as fit (shelly-api-docs,
 * Dynamic Components). The answers come on topics of their own, <prefix>/hub/components/<page>/rpc, so that each replaces the one before.
 * A Bluetooth device is one of its own here, named by the prefix and its address. Pure, any thread. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/shelly_private.h"

enum {
	PAGES_MAX = 64,
	DYNAMIC_FIRST = 200, /* ids of dynamic components begin here */
	ADDRESS_LEN = 17,    /* "fc:4d:6a:38:e2:f2" */
	ID_PAGE = 4,	     /* the request's id, which its answer repeats */
	ID_BEYOND = 5,	     /* of a page that should have nothing on it: an error says the same */
};

/* ---- pages --------------------------------------------------------------- */

static int ask(const char *prefix, int page, size_t offset, int id, const struct dialect_sink *sink)
{
	char topic[SHELLY_PREFIX_SIZE + 16], payload[SHELLY_PREFIX_SIZE + 192];
	int cut = str_format(topic, sizeof topic, "%s/rpc", prefix) +
		  str_format(payload, sizeof payload,
			     "{\"id\":%d,\"src\":\"%s/hub/components/%d\",\"method\":\"Shelly.GetComponents\",\"params\":{\"offset\":%zu,"
			     "\"dynamic_only\":true,\"include\":[\"config\",\"status\"]}}",
			     id, prefix, page, offset);
	(void)cut; /* they fit */
	return sink->ask(sink->ctx, topic, payload);
}

int shelly_ask_page(const char *prefix, const struct dialect_sink *sink)
{
	return ask(prefix, 0, 0, ID_PAGE, sink);
}

bool shelly_page_topic(struct span topic, char prefix_r[SHELLY_PREFIX_SIZE], int *page_r)
{
	static const char middle[] = "/hub/components/", end[] = "/rpc";
	const size_t middle_len = sizeof middle - 1, end_len = sizeof end - 1;
	char text[SHELLY_PREFIX_SIZE + sizeof middle + sizeof end + 4];
	int64_t page;
	if (str_copy_span(text, sizeof text, topic) != 0 || topic.len <= end_len || strcmp(text + topic.len - end_len, end) != 0)
		return false;
	text[topic.len - end_len] = 0;
	char *number = strrchr(text, '/');
	size_t len = number ? (size_t)(number + 1 - text) : 0;
	if (len <= middle_len || memcmp(text + len - middle_len, middle, middle_len) != 0 || str_to_int(number + 1, 0, PAGES_MAX - 1, &page) != 0)
		return false;
	text[len - middle_len] = 0;
	*page_r = (int)page;
	return str_copy(prefix_r, SHELLY_PREFIX_SIZE, text) == 0 && !strpbrk(prefix_r, "\"'\\{}%#+$");
}

static bool is_address(const char *text)
{
	return strlen(text) == ADDRESS_LEN && strspn(text, "0123456789abcdefABCDEF:") == ADDRESS_LEN;
}

/* The fragment under construction of whom a component belongs to, borrowed from groups; NULL: no memory. */
static json_t *group_of(json_t *groups, const char *prefix, const char *address)
{
	char native[DIALECT_NATIVE_SIZE];
	int cut = str_format(native, sizeof native, "%s%s%s", prefix, address ? "/" : "", address ? address : "");
	(void)cut; /* it fits */
	json_t *group = json_object_get(groups, native);
	if (group)
		return group;
	group = address ? json_pack("{s:s, s:{}}", "addr", address, "components") : json_pack("{s:{}}", "components");
	return json_object_set_new(groups, native, group) == 0 ? group : NULL;
}

/* Returns 0 or ERR_NOMEM. */
static int sort_in(json_t *groups, const char *prefix, const json_t *component)
{
	struct shelly_part part;
	const char *key = json_string_value(json_object_get(component, "key"));
	json_t *config = json_object_get(component, "config");
	const char *address = json_string_value(json_object_get(config, "addr"));
	if (!key || !shelly_key(key, &part) || part.id < DYNAMIC_FIRST || !json_is_object(config) || (address && !is_address(address)))
		return 0;
	json_t *group = group_of(groups, prefix, address);
	json_t *entry = json_pack("{s:O, s:o}", "config", config, "status", shelly_shape(json_object_get(component, "status")));
	return group && json_object_set_new(json_object_get(group, "components"), key, entry) == 0 ? 0 : ERR_NOMEM;
}

static int hand_over(const json_t *groups, const struct dialect_sink *sink)
{
	const char *native;
	json_t *group;
	int err = 0;
	json_object_foreach((json_t *)(uintptr_t)groups, native, group) {
		char *text = err ? NULL : json_dumps(group, JSON_COMPACT | JSON_SORT_KEYS);
		if (!err)
			err = text ? sink->fragment(sink->ctx, native, span_str(text)) : ERR_NOMEM;
		free(text);
	}
	return err ? err : sink->complete(sink->ctx);
}

/* The one behind the last has nothing on it, which it is asked for all the same: it may have had something. */
static int ask_next(const char *prefix, int page, const json_t *result, size_t count, const struct dialect_sink *sink)
{
	size_t next = (size_t)json_integer_value(json_object_get(result, "offset")) + count;
	bool more = (size_t)json_integer_value(json_object_get(result, "total")) > next;
	if (count == 0 || page + 1 >= PAGES_MAX)
		return 0;
	return ask(prefix, page + 1, next, more ? ID_PAGE : ID_BEYOND, sink);
}

static int take(const char *prefix, int page, const json_t *result, const struct dialect_sink *sink)
{
	const json_t *components = json_object_get(result, "components"), *component;
	json_t *groups = json_object();
	size_t i;
	int err = groups ? 0 : ERR_NOMEM;
	json_array_foreach(components, i, component)
		if (!err)
			err = sort_in(groups, prefix, component);
	if (!err)
		err = hand_over(groups, sink);
	json_decref(groups);
	return err ? err : ask_next(prefix, page, result, json_array_size(components), sink);
}

/* What is emptied with a device that is deleted is its own part alone, which the house drops. */
int shelly_page(const char *prefix, int page, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	json_error_t error;
	if (payload.len == 0)
		return 0;
	json_t *root = json_loadb((const char *)payload.data, payload.len, 0, &error);
	const json_t *result = json_object_get(root, "result");
	int err = 0;
	if (json_is_array(json_object_get(result, "components"))) {
		err = take(prefix, page, result, sink);
	} else if (!json_object_get(root, "error")) {
		(void)str_copy(message_r, DIALECT_MESSAGE_SIZE, "the answer of a Shelly has no components");
		err = ERR_MALFORMED;
	} else if (json_integer_value(json_object_get(root, "id")) == ID_BEYOND) {
		err = sink->complete(sink->ctx);
	}
	json_decref(root);
	return err;
}

bool shelly_take_page(const json_t *fragment, json_t *config, json_t *status)
{
	const char *key;
	json_t *component;
	bool ok = true;
	json_object_foreach(json_object_get(fragment, "components"), key, component)
		ok = ok && json_object_set(config, key, json_object_get(component, "config")) == 0 &&
		     json_object_set(status, key, json_object_get(component, "status")) == 0;
	return ok;
}

/* ---- their status -------------------------------------------------------- */

/* Shelly.GetStatus leaves it out, too: each is asked under a number of its own, which its answer repeats. Those beyond the most that a device
 * is asked (DISCOVERY_ASKS_MAX) come when they change. */
static const struct kind {
	const char *type, *space;
} kinds[] = {
	{"boolean", "Boolean"}, {"number", "Number"}, {"text", "Text"}, {"enum", "Enum"}, {"bthomesensor", "BTHomeSensor"}, {"blutrv", "BluTrv"},
	{"bthomedevice", "BTHomeDevice"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t kind_of(const char *type)
{
	size_t i = 0;
	while (i < KINDS && strcmp(kinds[i].type, type) != 0)
		i++;
	return i;
}

int shelly_question(const char *type, int id)
{
	size_t i = kind_of(type);
	return i < KINDS && id >= DYNAMIC_FIRST ? 1000 * (int)(i + 1) + id : 0;
}

void shelly_ask_parts(struct shelly *s)
{
	const char *key;
	json_t *member;
	struct shelly_part part;
	json_object_foreach((json_t *)(uintptr_t)s->config, key, member) {
		char payload[SHELLY_PREFIX_SIZE + 128];
		if (!shelly_key(key, &part) || !part.question)
			continue;
		int cut = str_format(payload, sizeof payload, "{\"id\":%d,\"src\":\"%s/events\",\"method\":\"%s.GetStatus\",\"params\":{\"id\":%d}}",
				     part.question, s->prefix, kinds[kind_of(part.type)].space, part.id);
		(void)cut; /* it fits */
		form_ask(&s->form, s->rpc, payload);
	}
}
