/* Publishing from inside the hub, with nobody's access rules in the way. */
#ifndef BROKER_INTERNAL_CLIENT_H
#define BROKER_INTERNAL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct broker;

/* Publishes (copies) a message. Any thread, never blocks; messages of one
 * thread keep their order. An empty payload with retain clears the topic.
 * Returns 0, ERR_INVALID (topic), ERR_NOMEM or ERR_CLOSED (the broker has stopped). */
int internal_publish(struct broker *broker, struct span topic, struct span payload, uint8_t qos, bool retain);

#endif
