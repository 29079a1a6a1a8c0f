/* Descriptions: what a device says about itself. There is one form, Home Assistant's device discovery; other dialects are
 * translated into it (dialect/dialect.h). Reading is pure: bytes in, description out, and no topic accepted that the gate
 * does not let through. */
#ifndef DEVICE_DISCOVERY_H
#define DEVICE_DISCOVERY_H

#include <jansson.h>
#include <stddef.h>

#include "base/span.h"
#include "device/entity.h"

struct template_input;

enum {
	DISCOVERY_PAYLOAD_MAX = 64 * 1024, /* bytes of a description */
	DISCOVERY_ENTITIES_MAX = 256,
	DISCOVERY_MESSAGE_SIZE = 256,
	DISCOVERY_TOPIC_SIZE = 256, /* of a topic that a description names, with terminator */
	DISCOVERY_AVAILABILITY_MAX = 8,
	DISCOVERY_ASKS_MAX = 16,
};

/* Where it is said whether a device is there. */
struct availability {
	char *topic;                /* owned */
	struct template *template; /* owned; NULL: the payload as it is */
	char available[ENTITY_WORD_SIZE], unavailable[ENTITY_WORD_SIZE];
};

/* What several of them mean together. */
enum availability_mode {
	AVAILABILITY_LATEST, /* the last word counts */
	AVAILABILITY_ALL,
	AVAILABILITY_ANY,
};

/* Something to be published, not retained. */
struct device_message {
	char *topic, *payload; /* owned; NULL: none */
};

struct description {
	char name[MODEL_NAME_SIZE], model[MODEL_NAME_SIZE], manufacturer[MODEL_NAME_SIZE]; /* "" when not said */
	char area[MODEL_NAME_SIZE]; /* where the device thinks it is */
	char sw_version[64];
	struct availability availability[DISCOVERY_AVAILABILITY_MAX];
	size_t availability_count;
	enum availability_mode availability_mode;
	struct device_message asks[DISCOVERY_ASKS_MAX]; /* what makes it report its state */
	size_t ask_count;
	struct device_message leave; /* what makes it leave its gateway */
	bool renewable; /* "renewable": true: it can renew its credentials (model/topics.h); of ours alone */
	struct entity *entities; /* owned */
	size_t entity_count;
	/* What was left out and why, e.g. a topic of another device; "" when all was understood. For the log. */
	char note[DISCOVERY_MESSAGE_SIZE];
};

/* Frees what the description owns and zeroes it. Zeroed is fine. */
void description_finish(struct description *d);

/* Frees its entities alone. */
void description_drop_entities(struct description *d);

/* Who may use which topics. The hub publishes with all rights and hears everything: no device may borrow them to reach
 * another by naming its topics. */
enum topic_use {
	TOPIC_USE_REPORT,       /* the device speaks there */
	TOPIC_USE_AVAILABILITY, /* the same, of whether it is there */
	TOPIC_USE_CONTROL,      /* the device obeys there */
};
struct topic_gate {
	/* NULL when the describing device may; else why the topic is not followed, a phrase without subject. Static string. */
	const char *(*refusal)(void *ctx, const char *topic, enum topic_use use);
	void *ctx;
	bool filters; /* reports may be described by topic filters, too: several gateways hear one sensor */
};

/* Lets each of our own devices use its own topics (model/topics.h) and no other; device: its id, borrowed by the gate. */
struct topic_gate topic_gate_own(const char *device);

/* Reads a message of Home Assistant's device discovery (MQTT-CONVENTIONS: homeassistant/device/<id>/config), short and long
 * keys, and what dialect.h says of "asks" and "leave". What the gate refuses, and what is beyond us, is left out and
 * noted; what is nonsense refuses the whole. On failure message_r (DISCOVERY_MESSAGE_SIZE) names the key and what is
 * wrong with it. Returns 0, ERR_TOO_LARGE, ERR_MALFORMED or ERR_NOMEM; description_r is empty on error. */
int discovery_read(struct span payload, const struct topic_gate *gate, struct description *description_r, char *message_r);
/* The same of the root object. */
int discovery_read_json(const json_t *root, const struct topic_gate *gate, struct description *description_r, char *message_r);

/* What a message on the topic of an availability says: 1 the device is there, 0 it is not, -1 neither. */
int availability_read(const struct availability *a, struct template_input *in);

#endif
