/* The state of an entity: what it has reported, or what somebody asks of it. A few properties, each known or not, in
 * one vocabulary for all kinds of entities and all dialects: the device room translates. */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/json_out.h"
#include "model/value.h"

/* What may be known of an entity. The first is the one that a card shows: on or off, a reading, "open", a climate's mode. */
enum property {
	PROPERTY_STATE,

	PROPERTY_BRIGHTNESS,       /* 0..255 */
	PROPERTY_COLOR_TEMP,       /* kelvin */
	PROPERTY_RED, PROPERTY_GREEN, PROPERTY_BLUE, /* 0..255 */
	PROPERTY_HUE,              /* 0..360 */
	PROPERTY_SATURATION,       /* 0..100 */
	PROPERTY_X, PROPERTY_Y,    /* CIE 1931, 0..1 */
	PROPERTY_WHITE,            /* 0..255 */
	PROPERTY_POSITION,         /* of a cover: 0 closed .. 100 open */
	PROPERTY_TILT,             /* 0 closed .. 100 open */
	PROPERTY_PERCENTAGE,       /* of a fan's speed: 0..100 */
	PROPERTY_OSCILLATING,      /* 0 or 1 */
	PROPERTY_TARGET,           /* temperature that is asked for, in the entity's unit */
	PROPERTY_TARGET_LOW, PROPERTY_TARGET_HIGH,
	PROPERTY_CURRENT,          /* temperature that is */
	PROPERTY_HUMIDITY,         /* %, that is */
	PROPERTY_TARGET_HUMIDITY,  /* % */
	PROPERTY_PROGRESS,         /* of an update: 0..100 % */
	PROPERTY_FIRST_WORD,

	PROPERTY_EFFECT = PROPERTY_FIRST_WORD, /* of a light */
	PROPERTY_ACTION,           /* what a climate does now: "heating" */
	PROPERTY_FAN_MODE, PROPERTY_SWING_MODE, PROPERTY_PRESET, PROPERTY_DIRECTION,
	PROPERTY_INSTALLED, PROPERTY_LATEST, /* versions of an update */
	PROPERTY_COUNT
};

enum {
	STATE_NUMBERS = PROPERTY_FIRST_WORD - 1,
	STATE_WORDS = PROPERTY_COUNT - PROPERTY_FIRST_WORD,
	STATE_WORD_SIZE = 48, /* with terminator */
};

/* Zeroed memory is a state of which nothing is known. Plain: may be copied. */
struct state {
	uint32_t known;    /* bits 1 << property; that of PROPERTY_STATE says whether value is more than VALUE_NONE */
	struct value value; /* PROPERTY_STATE */
	double numbers[STATE_NUMBERS];
	char words[STATE_WORDS][STATE_WORD_SIZE];
};

static inline bool state_has(const struct state *s, enum property property)
{
	return s->known >> property & 1;
}

/* Properties that are numbers: PROPERTY_BRIGHTNESS .. PROPERTY_PROGRESS. Unknown ones read as 0. */
double state_number(const struct state *s, enum property property);
void state_set_number(struct state *s, enum property property, double number);

/* Properties that are words. Unknown ones read as "". Setting returns 0, or ERR_TOO_LARGE or ERR_MALFORMED (no UTF-8). */
const char *state_word(const struct state *s, enum property property);
int state_set_word(struct state *s, enum property property, struct span word);

/* PROPERTY_STATE; VALUE_NONE makes it unknown. */
void state_set(struct state *s, struct value value);

/* Makes a property unknown. */
void state_forget(struct state *s, enum property property);

/* Takes over what is known in `newer`; colours of another kind are forgotten, as a lamp shows one at a time. */
void state_merge(struct state *s, const struct state *newer);

/* The name of a property in JSON, e.g. "brightness"; those of a colour are below "color": "r", "h" …. */
const char *property_name(enum property property);

/* The property of this name, or PROPERTY_COUNT. */
enum property property_of(struct span name);

/* Appends the state. whole: as an object {"state":…,"brightness":…,"color":{"r":…}} of all that is known (null: nothing is); else
 * the value alone. */
void state_json(struct json_out *o, const struct state *s, bool whole);

/* Whether a report grants a wish: all that the wish has is as wished, each with the tolerance that devices need which keep it
 * in steps of their own; the value's is given. What is switched off need not show what came along. */
bool state_grants(const struct state *report, const struct state *wish, double tolerance);

#endif
