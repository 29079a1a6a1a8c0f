/* Writing and reading the topics of tomte's own devices. Any thread. */
#include "model/topics.h"

#include "base/err.h"
#include "base/str.h"

static const char *const kinds[] = {
	[TOPIC_STATUS] = "status",
	[TOPIC_RENEW] = "renew",
	[TOPIC_TELE] = "tele",
	[TOPIC_STATE] = "state",
	[TOPIC_SET] = "set",
};

int topic_format(char topic_r[MODEL_TOPIC_SIZE], enum topic_kind kind, const char *device, const char *entity)
{
	topic_r[0] = 0;
	if (!str_id_valid(span_str(device), MODEL_ID_MAX))
		return ERR_INVALID;
	if (kind <= TOPIC_RENEW)
		return str_format(topic_r, MODEL_TOPIC_SIZE, TOPIC_ROOT "/%s/%s", device, kinds[kind]);
	if (!str_id_valid(span_str(entity), MODEL_ID_MAX))
		return ERR_INVALID;
	return str_format(topic_r, MODEL_TOPIC_SIZE, TOPIC_ROOT "/%s/%s/%s", device, kinds[kind], entity);
}

int topic_format_discovery(char topic_r[MODEL_TOPIC_SIZE], const char *device)
{
	topic_r[0] = 0;
	if (!str_id_valid(span_str(device), MODEL_ID_MAX))
		return ERR_INVALID;
	return str_format(topic_r, MODEL_TOPIC_SIZE, "homeassistant/device/%s/config", device);
}

/* Cuts the part up to the next slash off *rest. */
static struct span take_level(struct span *rest)
{
	const uint8_t *slash = rest->len ? memchr(rest->data, '/', rest->len) : NULL;
	size_t len = slash ? (size_t)(slash - rest->data) : rest->len;
	struct span level = span_of(rest->data, len);
	size_t used = slash ? len + 1 : len;
	*rest = span_of(rest->data + used, rest->len - used);
	return level;
}

int topic_parse(struct span topic, struct topic_parts *parts_r)
{
	struct span rest = topic;
	if (!span_is(take_level(&rest), TOPIC_ROOT))
		return ERR_NOT_FOUND;
	parts_r->device = take_level(&rest);
	struct span kind = take_level(&rest);
	parts_r->entity = rest;
	if (!str_id_valid(parts_r->device, MODEL_ID_MAX))
		return ERR_NOT_FOUND;
	for (int k = TOPIC_STATUS; k <= TOPIC_RENEW; k++)
		if (span_is(kind, kinds[k]) && rest.len == 0 && topic.data[topic.len - 1] != '/') {
			parts_r->kind = (enum topic_kind)k;
			return 0;
		}
	for (int k = TOPIC_TELE; k <= TOPIC_SET; k++)
		if (span_is(kind, kinds[k]) && str_id_valid(rest, MODEL_ID_MAX)) {
			parts_r->kind = (enum topic_kind)k;
			return 0;
		}
	return ERR_NOT_FOUND;
}
