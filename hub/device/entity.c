/* Entities: memory, and what follows from their kind. Pure. */
#include "device/entity.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "device/template.h"

static void channels_finish(struct channel *channels, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct channel *c = &channels[i];
		for (size_t k = 0; k < c->word_count; k++)
			free(c->words[k].theirs);
		free(c->words);
		free(c->topic);
		template_destroy(&c->template);
	}
	free(channels);
}

static void choices_finish(struct choices *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->items[i]);
	free(c->items);
}

void entity_finish(struct entity *e)
{
	channels_finish(e->reports, e->report_count);
	channels_finish(e->controls, e->control_count);
	choices_finish(&e->options);
	choices_finish(&e->effects);
	choices_finish(&e->fan_modes);
	choices_finish(&e->swing_modes);
	choices_finish(&e->presets);
	*e = (struct entity){0};
}

static struct channel *add_channel(struct channel **channels, size_t *count, const char *topic, enum property property)
{
	if (*count == ENTITY_CHANNELS_MAX)
		return NULL;
	struct channel *more = realloc(*channels, (*count + 1) * sizeof *more);
	if (!more)
		return NULL;
	*channels = more;
	more[*count] = (struct channel){.topic = strdup(topic), .property = property};
	return more[*count].topic ? &more[(*count)++] : NULL;
}

struct channel *entity_add_report(struct entity *e, const char *topic, enum property property)
{
	return add_channel(&e->reports, &e->report_count, topic, property);
}

struct channel *entity_add_control(struct entity *e, const char *topic, enum property property)
{
	return add_channel(&e->controls, &e->control_count, topic, property);
}

int channel_add_word(struct channel *c, const char *theirs, const char *ours)
{
	struct channel_word *more = realloc(c->words, (c->word_count + 1) * sizeof *more);
	if (!more)
		return ERR_NOMEM;
	c->words = more;
	more[c->word_count] = (struct channel_word){strdup(theirs), ours};
	if (!more[c->word_count].theirs)
		return ERR_NOMEM;
	c->word_count++;
	return 0;
}

const char *channel_ours(const struct channel *c, struct span theirs)
{
	for (size_t i = 0; i < c->word_count; i++)
		if (span_is(theirs, c->words[i].theirs))
			return c->words[i].ours;
	return NULL;
}

const char *channel_theirs(const struct channel *c, const char *ours)
{
	for (size_t i = 0; i < c->word_count; i++)
		if (strcmp(c->words[i].ours, ours) == 0)
			return c->words[i].theirs;
	return NULL;
}

int choices_add(struct choices *choices, const char *item)
{
	if (choices->count == ENTITY_CHOICES_MAX)
		return ERR_FULL;
	char **more = realloc(choices->items, (choices->count + 1) * sizeof *more);
	if (!more)
		return ERR_NOMEM;
	choices->items = more;
	more[choices->count] = strdup(item);
	if (!more[choices->count])
		return ERR_NOMEM;
	choices->count++;
	return 0;
}

bool choices_have(const struct choices *choices, struct span item)
{
	for (size_t i = 0; i < choices->count; i++)
		if (span_is(item, choices->items[i]))
			return true;
	return false;
}

static bool is_light_codec(enum codec codec)
{
	return codec == CODEC_LIGHT || codec == CODEC_LIGHT_KELVIN;
}

const struct channel *entity_control(const struct entity *e, enum property property)
{
	for (size_t i = 0; i < e->control_count; i++)
		if (e->controls[i].property == property)
			return &e->controls[i];
	return NULL;
}

/* What a light with the JSON schema can do is in its modes. */
static bool light_can(const struct entity *e, enum property property)
{
	switch (property) {
	case PROPERTY_STATE: return true;
	case PROPERTY_BRIGHTNESS: return e->color_modes & ~(unsigned)COLOR_MODE_ONOFF;
	case PROPERTY_COLOR_TEMP: return e->color_modes & COLOR_MODE_COLOR_TEMP;
	case PROPERTY_WHITE: return e->color_modes & COLOR_MODE_WHITE;
	case PROPERTY_EFFECT: return e->effects.count > 0;
	default: return false;
	}
}

bool entity_can(const struct entity *e, enum property property)
{
	bool is_color = property >= PROPERTY_RED && property <= PROPERTY_Y;
	if (is_color) /* one is turned into the other */
		return e->control_count && e->color_modes & (COLOR_MODE_RGB | COLOR_MODE_HS | COLOR_MODE_XY);
	for (size_t i = 0; i < e->control_count; i++)
		if (is_light_codec(e->controls[i].codec))
			return light_can(e, property);
	return entity_control(e, property) != NULL;
}

struct range entity_range(const struct entity *e, enum property property)
{
	switch (property) {
	case PROPERTY_BRIGHTNESS:
	case PROPERTY_WHITE:
	case PROPERTY_RED:
	case PROPERTY_GREEN:
	case PROPERTY_BLUE: return (struct range){0, 255};
	case PROPERTY_HUE: return (struct range){0, 360};
	case PROPERTY_X:
	case PROPERTY_Y:
	case PROPERTY_OSCILLATING: return (struct range){0, 1};
	case PROPERTY_COLOR_TEMP: return (struct range){e->min_kelvin, e->max_kelvin};
	case PROPERTY_STATE:
	case PROPERTY_TARGET:
	case PROPERTY_TARGET_LOW:
	case PROPERTY_TARGET_HIGH: return (struct range){e->min, e->max};
	default: return (struct range){0, 100};
	}
}

double channel_from_scale(const struct channel *c, const struct entity *e, enum property property, double number)
{
	struct range range = entity_range(e, property);
	if (c->low == c->high)
		return number;
	double share = fmin(fmax((number - c->low) / (c->high - c->low), 0), 1);
	return round(range.low + share * (range.high - range.low));
}

double channel_to_scale(const struct channel *c, const struct entity *e, enum property property, double number)
{
	struct range range = entity_range(e, property);
	if (c->low == c->high || range.low == range.high)
		return number;
	return round(c->low + (number - range.low) / (range.high - range.low) * (c->high - c->low));
}

double kelvin_of_mired(double mired)
{
	return round(1e6 / mired);
}

double mired_of_kelvin(double kelvin)
{
	return round(1e6 / kelvin);
}

const struct choices *entity_choices(const struct entity *e, enum property property)
{
	switch (property) {
	case PROPERTY_STATE: return e->options.count ? &e->options : NULL;
	case PROPERTY_EFFECT: return &e->effects;
	case PROPERTY_FAN_MODE: return &e->fan_modes;
	case PROPERTY_SWING_MODE: return &e->swing_modes;
	case PROPERTY_PRESET: return &e->presets;
	default: return NULL;
	}
}

bool entity_is_numeric(const struct entity *e)
{
	if (e->component == COMPONENT_NUMBER)
		return true;
	return e->component == COMPONENT_SENSOR && e->options.count == 0 && (e->unit[0] || e->state_class[0]);
}

bool entity_is_loose(const struct entity *e)
{
	return e->component == COMPONENT_SENSOR && !entity_is_numeric(e) && e->options.count == 0 && !e->device_class[0];
}

enum series_kind entity_series_kind(const struct entity *e)
{
	if (component_is_on_off(e->component))
		return SERIES_BINARY;
	if (!entity_is_numeric(e) && !entity_is_loose(e))
		return SERIES_TEXT;
	return strcmp(e->state_class, "total_increasing") == 0 ? SERIES_COUNTER : SERIES_GAUGE;
}
