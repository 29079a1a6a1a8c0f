/* The topics of tomte's own devices, in one place for hub, agent and firmware.
 *
 *   tomte/<device>/status          "online" / "offline", retained, the last will
 *   tomte/<device>/tele/<entity>   readings: a bare decimal number, not retained
 *   tomte/<device>/state/<entity>  states, retained: ON/OFF for switches and binary sensors;
 *                                  for lights Home Assistant's JSON schema
 *                                  {"state":"ON","brightness":0-255,"color_mode":"rgb","color":{"r":,"g":,"b":}}
 *   tomte/<device>/set/<entity>    commands in the same form as the state
 *   tomte/<device>/renew           the text of an enrolment's QR code (enrol/code.h): a device that says that it is
 *                                  "renewable" renews its credentials with it
 *   homeassistant/device/<device>/config   the description (Home Assistant's device
 *                                  discovery), retained
 *
 * Device and entity ids are 1..32 characters of [A-Za-z0-9_-]. */
#ifndef MODEL_TOPICS_H
#define MODEL_TOPICS_H

#include <stddef.h>

#include "base/span.h"

#define TOPIC_ROOT "tomte"
#define TOPIC_RENEW_FILTER TOPIC_ROOT "/+/renew" /* all of that kind */
#define TOPIC_STATUS_ONLINE "online"
#define TOPIC_STATUS_OFFLINE "offline"

enum {
	MODEL_ID_MAX = 32,     /* characters of a device or entity id */
	MODEL_ID_SIZE = 33,    /* with terminator */
	MODEL_TOPIC_SIZE = 96, /* of every topic that these functions write */
	MODEL_NAME_SIZE = 128, /* of a device's, entity's or area's name in UTF-8, with terminator */
};

/* The part of a device's topics: <root>/<device>/<kind>/<entity>. */
enum topic_kind {
	TOPIC_STATUS, /* has no entity, */
	TOPIC_RENEW,  /* nor has this */
	TOPIC_TELE,
	TOPIC_STATE,
	TOPIC_SET,
};

/* Writes the topic; entity is ignored for what has none. Returns 0, or ERR_INVALID
 * when an id is not one. */
int topic_format(char topic_r[MODEL_TOPIC_SIZE], enum topic_kind kind, const char *device, const char *entity);

/* Writes homeassistant/device/<device>/config. Returns 0 or ERR_INVALID. */
int topic_format_discovery(char topic_r[MODEL_TOPIC_SIZE], const char *device);

/* A topic of one of our devices, taken apart. */
struct topic_parts {
	struct span device, entity; /* borrowed from the topic; entity empty where there is none */
	enum topic_kind kind;
};

/* Returns 0, or ERR_NOT_FOUND for any topic that is not of this form. */
int topic_parse(struct span topic, struct topic_parts *parts_r);

#endif
