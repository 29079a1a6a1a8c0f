/* Dialects: the ways in which devices of others describe themselves on MQTT. Each is a translation of what was said on
 * some topics into Home Assistant's device discovery, the one form that the house reads (device/discovery.h); what
 * devices report and obey afterwards is in its channels. Pure functions of bytes, any thread. */
#ifndef DIALECT_DIALECT_H
#define DIALECT_DIALECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum {
	DIALECT_NATIVE_SIZE = 128,   /* of the name by which a dialect tells devices apart, UTF-8 with terminator */
	DIALECT_MESSAGE_SIZE = 256,  /* of a sentence that says what is wrong */
	DIALECT_FRAGMENTS_MAX = 512, /* of one device */
};

/* A part of what describes a device. */
struct fragment {
	const char *topic;   /* where it was said; the same in the fragments of devices that one message describes */
	struct span payload; /* this device's part of that, not empty */
};

/* Takes what a dialect finds in a message. Each function returns 0 or an error that ends the reading. */
struct dialect_sink {
	/* What the message says about the device of that name: its fragment of this topic from now on. Empty: it has none of this
	 * topic any more, which for its last one means that it is gone. native NULL with an empty payload: whoever has a
	 * fragment of this topic loses it. */
	int (*fragment)(void *ctx, const char *native, struct span payload);
	/* All devices that the topic describes have been named: others lose their fragment of it. */
	int (*complete)(void *ctx);
	/* Something to be published, not retained, so that the device tells more about itself. */
	int (*ask)(void *ctx, const char *topic, const char *payload);
	void *ctx;
};

struct dialect {
	const char *name;  /* in the store and the API, e.g. "zigbee2mqtt" */
	const char *title; /* for people, e.g. "Zigbee2MQTT" */
	const char *const *filters; /* topic filters of the messages that describe; ends with NULL */
	size_t payload_max; /* bytes of such a message */
	bool shared; /* its topics describe several devices at once: they stay when one of those is deleted */
	/* Whether what is retained on the topic is the gateway's word about itself, which stays when one of its devices is deleted, be it the one
	 * that stands for the gateway. NULL: there is nothing of that kind. */
	bool (*stays)(const char *topic);

	/* Finds the devices that a message on one of the filters describes; a message that describes none is fine. Returns 0,
	 * ERR_MALFORMED (message_r of DIALECT_MESSAGE_SIZE says why), ERR_NOMEM, or the sink's error. */
	int (*split)(struct span topic, struct span payload, const struct dialect_sink *sink, char *message_r);

	/* All fragments of one device, in order of their topics, as the root object of Home Assistant's device discovery, which
	 * becomes the caller's. Beyond that form it may hold
	 *   "asks": [{"topic":…,"payload":…}]  published when the device has been described and each time it comes back: what
	 *                                      makes it report its state
	 *   "leave": {"topic":…,"payload":…}   published when the device is deleted: what makes it leave its gateway
	 *   "apart": true                      its components were described apart from each other, by whomever: one that makes
	 *                                      no sense is left out and noted, where else it refuses the whole
	 * Returns 0, ERR_AGAIN (too little is known yet to show the device), ERR_MALFORMED (message_r says why) or ERR_NOMEM. */
	int (*translate)(const struct fragment *fragments, size_t count, json_t **root_r, char *message_r);
};

/* All dialects; ends with NULL. */
extern const struct dialect *const dialects[];

/* The dialect of this name, or NULL. */
const struct dialect *dialect_find(const char *name);

/* An id for a device of that native name: 1..32 of [A-Za-z0-9_-], different for different names but for chance. */
void dialect_id(char id_r[33], const char *native);

#endif
