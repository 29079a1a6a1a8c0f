/* The vocabulary of components and light modes, as tables. Any thread. */
#include "model/component.h"

#include <stddef.h>

static const struct {
	const char *name;
	bool on_off, whole;
} components[COMPONENT_COUNT] = {
	[COMPONENT_OTHER] = {"", false, false},
	[COMPONENT_SENSOR] = {"sensor", false, false},
	[COMPONENT_BINARY_SENSOR] = {"binary_sensor", true, false},
	[COMPONENT_SWITCH] = {"switch", true, false},
	[COMPONENT_LIGHT] = {"light", true, true},
	[COMPONENT_BUTTON] = {"button", false, false},
	[COMPONENT_NUMBER] = {"number", false, false},
	[COMPONENT_SELECT] = {"select", false, false},
	[COMPONENT_COVER] = {"cover", false, true},
	[COMPONENT_CLIMATE] = {"climate", false, true},
	[COMPONENT_EVENT] = {"event", false, false},
	[COMPONENT_TEXT] = {"text", false, false},
	[COMPONENT_FAN] = {"fan", true, true},
	[COMPONENT_LOCK] = {"lock", false, false},
	[COMPONENT_UPDATE] = {"update", true, true},
};

static const struct {
	enum color_mode mode;
	const char *name;
} color_modes[] = {
	{COLOR_MODE_ONOFF, "onoff"}, {COLOR_MODE_BRIGHTNESS, "brightness"},
	{COLOR_MODE_COLOR_TEMP, "color_temp"}, {COLOR_MODE_HS, "hs"},
	{COLOR_MODE_XY, "xy"}, {COLOR_MODE_RGB, "rgb"},
	{COLOR_MODE_WHITE, "white"},
};

/* Home Assistant's classes of these kinds (developers.home-assistant.io, cover and binary sensor entities), in order of the alphabet. */
static const char *const cover_classes[] = {"awning", "blind", "curtain", "damper", "door", "garage", "gate", "shade", "shutter", "window", NULL};
static const char *const binary_sensor_classes[] = {
	"battery", "battery_charging", "carbon_monoxide", "cold",     "connectivity", "door",   "garage_door", "gas",     "heat",  "light",
	"lock",    "moisture",         "motion",          "moving",   "occupancy",    "opening", "plug",       "power",   "presence", "problem",
	"running", "safety",           "smoke",           "sound",    "tamper",       "update", "vibration",   "window",  NULL};

static const char *const *classes_of(enum component component)
{
	return component == COMPONENT_COVER ? cover_classes : component == COMPONENT_BINARY_SENSOR ? binary_sensor_classes : NULL;
}

enum component component_parse(struct span name)
{
	for (enum component c = COMPONENT_OTHER + 1; c < COMPONENT_COUNT; c++)
		if (span_is(name, components[c].name))
			return c;
	return COMPONENT_OTHER;
}

const char *component_name(enum component component)
{
	return components[component].name;
}

bool component_is_on_off(enum component component)
{
	return components[component].on_off;
}

bool component_is_whole(enum component component)
{
	return components[component].whole;
}

bool component_has_classes(enum component component)
{
	return classes_of(component) != NULL;
}

bool component_has_class(enum component component, struct span device_class)
{
	for (const char *const *c = classes_of(component); c && *c; c++)
		if (span_is(device_class, *c))
			return true;
	return false;
}

unsigned color_mode_parse(struct span name)
{
	for (size_t i = 0; i < sizeof color_modes / sizeof color_modes[0]; i++)
		if (span_is(name, color_modes[i].name))
			return color_modes[i].mode;
	return 0;
}

const char *color_mode_name(enum color_mode mode)
{
	for (size_t i = 0; i < sizeof color_modes / sizeof color_modes[0]; i++)
		if (color_modes[i].mode == mode)
			return color_modes[i].name;
	return "unknown";
}
