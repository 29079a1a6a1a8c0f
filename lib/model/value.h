/* The value of an entity: what it last reported, or what someone asks of it. */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/json_out.h"

enum value_kind {
	VALUE_NONE,   /* unknown */
	VALUE_NUMBER, /* number */
	VALUE_ON_OFF, /* on */
	VALUE_LIGHT,  /* on, and what has_… says */
	VALUE_TEXT,   /* text */
};

enum { VALUE_TEXT_SIZE = 256 }; /* with terminator; Home Assistant's own limit */

struct value {
	enum value_kind kind;
	bool on;
	bool has_brightness, has_color;
	uint8_t brightness;       /* 0..255 */
	uint8_t red, green, blue; /* 0..255 */
	double number;            /* finite */
	char text[VALUE_TEXT_SIZE]; /* valid UTF-8 */
};

/* Appends the value as ports.h describes it; VALUE_NONE gives null. */
void value_json(struct json_out *o, const struct value *v);

/* Whether a report grants a wish: same kind, and each part that the wish has is
 * as wished. Numbers may differ by tolerance (≥ 0). A lamp that was switched off need not show
 * the brightness that came along. */
bool value_grants(const struct value *report, const struct value *wish, double tolerance);

/* The value as a sample: the number, or 0 and 1. Returns false when it has none. */
bool value_sample(const struct value *v, double *sample_r);

#endif
