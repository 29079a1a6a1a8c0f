/* Devices that their owner describes by hand: in Home Assistant's device discovery already. Nothing on MQTT does. */
#include "base/err.h"
#include "base/str.h"
#include "dialect/dialect_private.h"

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r)
{
	(void)topic, (void)payload, (void)sink, (void)message_r;
	return 0;
}

static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r)
{
	json_error_t error;
	(void)count; /* there is one */
	*root_r = json_loadb((const char *)fragments[0].payload.data, fragments[0].payload.len, JSON_REJECT_DUPLICATES, &error);
	if (*root_r)
		return 0;
	(void)str_format(message_r, DIALECT_MESSAGE_SIZE, "not JSON: %s", error.text); /* cut is fine */
	return ERR_MALFORMED;
}

static const char *const filters[] = {NULL};

const struct dialect dialect_hand = {
	.name = "hand",
	.title = "the owner",
	.filters = filters,
	.split = split,
	.translate = translate,
	.shared = true, /* its fragment is no topic */
};
