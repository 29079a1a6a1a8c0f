/* Descriptions: what a device says about itself, whatever the dialect. A parser
 * is pure: bytes in, description out, no topic of anybody else's accepted. */
#ifndef DEVICE_DISCOVERY_H
#define DEVICE_DISCOVERY_H

#include <stddef.h>

#include "base/span.h"
#include "device/entity.h"

enum {
	DISCOVERY_PAYLOAD_MAX = 64 * 1024, /* bytes of a description */
	DISCOVERY_ENTITIES_MAX = 256,
	DISCOVERY_MESSAGE_SIZE = 256,
};

struct description {
	char name[MODEL_NAME_SIZE], model[MODEL_NAME_SIZE], manufacturer[MODEL_NAME_SIZE]; /* "" when not said */
	char area[MODEL_NAME_SIZE]; /* where the device thinks it is */
	char sw_version[64];
	char available[ENTITY_WORD_SIZE], unavailable[ENTITY_WORD_SIZE]; /* what the status topic says */
	struct entity *entities; /* owned */
	size_t entity_count;
	/* What was left out and why, e.g. a topic of another device; "" when all was understood. For the log. */
	char note[DISCOVERY_MESSAGE_SIZE];
};

/* Frees what the description owns and zeroes it. Zeroed is fine. */
void description_finish(struct description *d);

/* Home Assistant's device discovery (MQTT-CONVENTIONS: homeassistant/device/<id>/config), short and long
 * keys. device: the id from the topic. On failure message_r (DISCOVERY_MESSAGE_SIZE) names the key and what is
 * wrong with it. Returns 0, ERR_TOO_LARGE, ERR_MALFORMED or ERR_NOMEM; description_r is empty on error. */
int discovery_homeassistant(const char *device, struct span payload, struct description *description_r,
			    char *message_r);

#endif
