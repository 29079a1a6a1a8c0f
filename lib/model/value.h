/* A value: one thing that is known of an entity, or of a topic that somebody records. */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "model/json_out.h"

enum value_kind {
	VALUE_NONE,   /* unknown */
	VALUE_NUMBER, /* number */
	VALUE_ON_OFF, /* on */
	VALUE_TEXT,   /* text */
};

enum { VALUE_TEXT_SIZE = 256 }; /* with terminator; Home Assistant's own limit */

struct value {
	enum value_kind kind;
	bool on;
	double number;              /* finite */
	char text[VALUE_TEXT_SIZE]; /* valid UTF-8 */
};

/* A value of each kind. A text that is too long or no UTF-8 gives VALUE_NONE. */
struct value value_number(double number);
struct value value_on_off(bool on);
struct value value_text(struct span text);

/* Appends the value as ports.h describes it; VALUE_NONE gives null. */
void value_json(struct json_out *o, const struct value *v);

/* Whether two values say the same; numbers may differ by tolerance (≥ 0). */
bool value_equal(const struct value *a, const struct value *b, double tolerance);

/* The value as a sample: the number, or 0 and 1. Returns false when it has none. */
bool value_sample(const struct value *v, double *sample_r);

#endif
