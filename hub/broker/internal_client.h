/* Publishing from inside the hub, with nobody's access rules in the way. */
#ifndef BROKER_INTERNAL_CLIENT_H
#define BROKER_INTERNAL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct broker;

struct internal_message {
	struct span topic, payload;
	uint8_t qos;
	bool retain;
	uint32_t expiry_s; /* who has not got it by then gets it no more (MQTT 5.0 §3.3.2.3.3); UINT32_MAX: it never expires */
};

/* Publishes (copies) a message. Any thread, never blocks; messages of one
 * thread keep their order. An empty payload with retain clears the topic.
 * Returns 0, ERR_INVALID (topic), ERR_NOMEM or ERR_CLOSED (the broker has stopped). */
int internal_publish_message(struct broker *broker, const struct internal_message *message);

/* The same for one that never expires. */
int internal_publish(struct broker *broker, struct span topic, struct span payload, uint8_t qos, bool retain);

#endif
