/* Components: the kinds of entities, in the vocabulary of Home Assistant's MQTT discovery. */
#ifndef MODEL_COMPONENT_H
#define MODEL_COMPONENT_H

#include <stdbool.h>

#include "base/span.h"

/* Those that the hub understands; all others are kept as read-only text. */
enum component {
	COMPONENT_OTHER,
	COMPONENT_SENSOR,
	COMPONENT_BINARY_SENSOR,
	COMPONENT_SWITCH,
	COMPONENT_LIGHT,
	COMPONENT_BUTTON,
	COMPONENT_NUMBER,
	COMPONENT_SELECT,
	COMPONENT_COVER,
	COMPONENT_CLIMATE,
	COMPONENT_EVENT,
	COMPONENT_TEXT,
	COMPONENT_FAN,
	COMPONENT_LOCK,
	COMPONENT_UPDATE,
	COMPONENT_COUNT
};

/* The component of this name, e.g. "binary_sensor"; COMPONENT_OTHER for all that we do not know. */
enum component component_parse(struct span name);

/* Its name; "" for COMPONENT_OTHER. Static string. */
const char *component_name(enum component component);

/* Whether its value is ON or OFF. */
bool component_is_on_off(enum component component);

/* Whether its state is told as an object, as there may be more to it than one value. */
bool component_is_whole(enum component component);

/* Whether it is of a kind of which many devices do not say the class, so that the owner may: cover and binary_sensor. */
bool component_has_classes(enum component component);

/* Whether an entity of that kind may have this class, e.g. "shutter"; only for those above. */
bool component_has_class(enum component component, struct span device_class);

/* What a light can do besides on and off; bits. */
enum color_mode {
	COLOR_MODE_ONOFF = 1,
	COLOR_MODE_BRIGHTNESS = 2,
	COLOR_MODE_COLOR_TEMP = 4,
	COLOR_MODE_HS = 8,
	COLOR_MODE_XY = 16,
	COLOR_MODE_RGB = 32,
	COLOR_MODE_WHITE = 64,
	COLOR_MODE_LAST = COLOR_MODE_WHITE,
};

/* The bit of a mode's name in discovery ("rgb"), 0 for those that we do not drive. */
unsigned color_mode_parse(struct span name);

/* The name of exactly one bit. Static string. */
const char *color_mode_name(enum color_mode mode);

#endif
