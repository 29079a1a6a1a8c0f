/* What an entity is: one sensor, switch or light of a device, in the vocabulary
 * of Home Assistant's MQTT discovery. A plain description without behaviour;
 * how a dialect becomes this struct is the device room's business. */
#ifndef MODEL_ENTITY_H
#define MODEL_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "model/sample.h"
#include "model/topics.h"

/* Components that the hub understands; all others are kept as read-only text. */
enum component {
	COMPONENT_OTHER,
	COMPONENT_SENSOR,
	COMPONENT_BINARY_SENSOR,
	COMPONENT_SWITCH,
	COMPONENT_LIGHT,
	COMPONENT_BUTTON,
	COMPONENT_NUMBER,
	COMPONENT_SELECT,
};

/* The component of this name, e.g. "binary_sensor"; COMPONENT_OTHER for all that we do not know. */
enum component component_parse(struct span name);

/* What a light can do besides on and off; bits. */
enum color_mode {
	COLOR_MODE_ONOFF = 1,
	COLOR_MODE_BRIGHTNESS = 2,
	COLOR_MODE_RGB = 4,
};

/* The bit of a mode's name in discovery ("rgb"), 0 for those that we do not drive. */
unsigned color_mode_parse(struct span name);

/* The name of exactly one bit. Static string. */
const char *color_mode_name(enum color_mode mode);

enum {
	ENTITY_WORD_SIZE = 48,    /* device class, unit and such, with terminator */
	ENTITY_PAYLOAD_SIZE = 48, /* of payload_on and its like, with terminator */
	ENTITY_OPTIONS_MAX = 64,  /* choices of a select */
};

struct entity {
	char id[MODEL_ID_SIZE];
	char name[MODEL_NAME_SIZE]; /* "": the device's main feature, shown under the device's name */
	char platform[MODEL_ID_SIZE]; /* the component as the device calls it, also when we do not know it */
	enum component component;

	char device_class[ENTITY_WORD_SIZE], unit[32], state_class[ENTITY_WORD_SIZE]; /* "" for none */
	char icon[64];                   /* "mdi:lamp"; "" for none */
	char category[ENTITY_WORD_SIZE]; /* "diagnostic", "config"; "" for none */
	int precision;                   /* digits to show behind the point; -1: as they come */
	int64_t expire_after_ms;         /* a value this old is unknown while the device lives; 0: never */

	char state_topic[MODEL_TOPIC_SIZE];   /* "": nothing is heard of it */
	char command_topic[MODEL_TOPIC_SIZE]; /* "": it cannot be commanded */

	/* switch, binary sensor (state_on/off); switch, button: payload_on is also the press */
	char payload_on[ENTITY_PAYLOAD_SIZE], payload_off[ENTITY_PAYLOAD_SIZE];
	char state_on[ENTITY_PAYLOAD_SIZE], state_off[ENTITY_PAYLOAD_SIZE];
	double min, max, step;   /* number */
	char **options;          /* select, and sensors of class enum: owned */
	size_t option_count;
	bool brightness;         /* light */
	unsigned color_modes;    /* light: bits of enum color_mode */
};

/* Frees what the entity owns and zeroes it. Zeroed is fine. */
void entity_finish(struct entity *e);

/* Whether its reports are a number and nothing else. */
bool entity_is_numeric(const struct entity *e);

/* Whether only its reports tell if they are numbers or words: a sensor that says neither what it
 * measures nor which words it knows. */
bool entity_is_loose(const struct entity *e);

/* The kind of series that its values make; of a loose one: if they are numbers. */
enum series_kind entity_series_kind(const struct entity *e);

#endif
