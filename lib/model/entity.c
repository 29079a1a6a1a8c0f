/* The vocabulary of components and light modes, as tables. Any thread. */
#include "model/entity.h"

#include <stdlib.h>

static const char *const components[] = {
	[COMPONENT_SENSOR] = "sensor",
	[COMPONENT_BINARY_SENSOR] = "binary_sensor",
	[COMPONENT_SWITCH] = "switch",
	[COMPONENT_LIGHT] = "light",
	[COMPONENT_BUTTON] = "button",
	[COMPONENT_NUMBER] = "number",
	[COMPONENT_SELECT] = "select",
};

static const struct {
	enum color_mode mode;
	const char *name;
} color_modes[] = {
	{COLOR_MODE_ONOFF, "onoff"},
	{COLOR_MODE_BRIGHTNESS, "brightness"},
	{COLOR_MODE_RGB, "rgb"},
};

enum component component_parse(struct span name)
{
	for (size_t i = 1; i < sizeof components / sizeof components[0]; i++)
		if (span_is(name, components[i]))
			return (enum component)i;
	return COMPONENT_OTHER;
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

void entity_finish(struct entity *e)
{
	for (size_t i = 0; i < e->option_count; i++)
		free(e->options[i]);
	free(e->options);
	*e = (struct entity){0};
}

bool entity_is_numeric(const struct entity *e)
{
	if (e->component == COMPONENT_NUMBER)
		return true;
	return e->component == COMPONENT_SENSOR && e->option_count == 0 && (e->unit[0] || e->state_class[0]);
}

bool entity_is_loose(const struct entity *e)
{
	return e->component == COMPONENT_SENSOR && !entity_is_numeric(e) && e->option_count == 0 && !e->device_class[0];
}

enum series_kind entity_series_kind(const struct entity *e)
{
	switch (e->component) {
	case COMPONENT_BINARY_SENSOR:
	case COMPONENT_SWITCH:
	case COMPONENT_LIGHT: return SERIES_BINARY;
	default: break;
	}
	if (!entity_is_numeric(e) && !entity_is_loose(e))
		return SERIES_TEXT;
	return strcmp(e->state_class, "total_increasing") == 0 ? SERIES_COUNTER : SERIES_GAUGE;
}
