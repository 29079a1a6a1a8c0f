/* What an entity is, as its device describes it: its kind, what it can do, and the channels on which its state comes and
 * commands go. All dialects end here: what they differ in is in the channels. A plain description without
 * behaviour; Home Assistant's vocabulary. */
#ifndef DEVICE_ENTITY_H
#define DEVICE_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "model/component.h"
#include "model/sample.h"
#include "model/state.h"
#include "model/topics.h"

struct template;

enum {
	ENTITY_WORD_SIZE = 48,    /* device class, unit and such, with terminator */
	ENTITY_CHOICES_MAX = 256, /* of a select, effects of a light … */
	ENTITY_CHANNELS_MAX = 32, /* each way */
};

/* How a property is written in a payload, or in what a template makes of it. */
enum codec {
	CODEC_PLAIN,  /* a number, a word, ON or OFF: by the property, the entity and the channel's words */
	CODEC_MIRED,  /* a colour temperature in reciprocal megakelvin */
	CODEC_COLOR,  /* "r,g,b", "h,s" or "x,y": the form that begins with the channel's property */
	CODEC_LIGHT,  /* Home Assistant's JSON schema of lights: all properties at once; colour temperature in mired */
	CODEC_LIGHT_KELVIN, /* the same in kelvin */
	CODEC_EVENT,  /* {"event_type":…} */
	CODEC_UPDATE, /* {"installed_version":…,"latest_version":…} or the installed version */
};

/* A word of the device's for one of ours. */
struct channel_word {
	char *theirs;     /* owned */
	const char *ours; /* static */
};

/* One way of a property, in or out. */
struct channel {
	char *topic; /* owned */
	enum property property; /* the first one that it carries */
	enum codec codec;
	struct template *template; /* owned; NULL: the payload as it is */
	double low, high; /* numbers: what stands for none and all of the property's range; equal: as it is */
	struct channel_word *words; /* owned; of CODEC_PLAIN; none: as they come */
	size_t word_count;
	bool retain;
};

struct choices {
	char **items; /* owned, and each of them */
	size_t count;
};

struct entity {
	char id[MODEL_ID_SIZE];
	char name[MODEL_NAME_SIZE]; /* "": the device's main feature, shown under the device's name */
	bool siren; /* it is one: a switch here, but for what it may do late */
	char platform[MODEL_ID_SIZE]; /* the component as the device calls it, also when we do not know it */
	enum component component;

	char device_class[ENTITY_WORD_SIZE], unit[32], state_class[ENTITY_WORD_SIZE]; /* "" for none */
	char icon[64];                   /* "mdi:lamp"; "" for none */
	char category[ENTITY_WORD_SIZE]; /* "diagnostic", "config"; "" for none */
	int precision;                   /* digits to show behind the point; -1: as they come */
	int64_t expire_after_ms;         /* a value this old is unknown while the device lives; 0: never */
	int64_t off_delay_ms;            /* binary sensor that tells only ON: so long after that it is OFF; 0: it tells both */

	struct channel *reports, *controls; /* owned */
	size_t report_count, control_count;

	double min, max, step;   /* number: of its value; climate: of targets; text: min and max characters */
	unsigned color_modes;    /* light: bits of enum color_mode */
	double min_kelvin, max_kelvin; /* light with COLOR_MODE_COLOR_TEMP */
	bool on_first, on_last;  /* light: ON is sent before or behind what goes on other topics; neither: not at all with brightness */
	struct choices options;  /* select, sensors of class enum, a climate's modes, an event's types */
	struct choices effects, fan_modes, swing_modes, presets;
};

/* Frees what the entity owns and zeroes it. Zeroed is fine. */
void entity_finish(struct entity *e);

/* One more channel (in or out), zeroed but for topic (copied) and property. It stays in its place until the next one is added.
 * NULL without memory, or when there are ENTITY_CHANNELS_MAX. */
struct channel *entity_add_report(struct entity *e, const char *topic, enum property property);
struct channel *entity_add_control(struct entity *e, const char *topic, enum property property);

/* One more word; ours is static. Returns 0 or ERR_NOMEM. */
int channel_add_word(struct channel *c, const char *theirs, const char *ours);

/* Our word for theirs, or NULL; and the other way about. */
const char *channel_ours(const struct channel *c, struct span theirs);
const char *channel_theirs(const struct channel *c, const char *ours);

/* One more choice (copied). Returns 0, ERR_NOMEM or ERR_FULL. */
int choices_add(struct choices *choices, const char *item);
bool choices_have(const struct choices *choices, struct span item);

/* Whether it carries all of a light's properties as one object. */
static inline bool channel_is_light(const struct channel *c)
{
	return c->codec == CODEC_LIGHT || c->codec == CODEC_LIGHT_KELVIN;
}

/* The control that carries this property, or NULL. */
const struct channel *entity_control(const struct entity *e, enum property property);

/* Whether a property, or one of a light's ways to the same, can be commanded. */
bool entity_can(const struct entity *e, enum property property);

/* What a property that is a number may be, of this entity. */
struct range {
	double low, high;
};
struct range entity_range(const struct entity *e, enum property property);

/* From the device's scale of a property that is a number to ours, and back, as the channel has it. */
double channel_from_scale(const struct channel *c, const struct entity *e, enum property property, double number);
double channel_to_scale(const struct channel *c, const struct entity *e, enum property property, double number);

/* Reciprocal megakelvin to kelvin, whole, and back. */
double kelvin_of_mired(double mired);
double mired_of_kelvin(double kelvin);

/* The words that a property may be; NULL: any. */
const struct choices *entity_choices(const struct entity *e, enum property property);

/* Whether its reports are a number and nothing else. */
bool entity_is_numeric(const struct entity *e);

/* Whether only its reports tell if they are numbers or words: a sensor that says neither what it
 * measures nor which words it knows. */
bool entity_is_loose(const struct entity *e);

/* The kind of series that its values make; of a loose one: if they are numbers. */
enum series_kind entity_series_kind(const struct entity *e);

#endif
