/* Values as JSON, as samples, and compared. Any thread. */
#include "model/value.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

struct value value_number(double number)
{
	return (struct value){.kind = VALUE_NUMBER, .number = number};
}

struct value value_on_off(bool on)
{
	return (struct value){.kind = VALUE_ON_OFF, .on = on};
}

struct value value_text(struct span text)
{
	struct value v = {.kind = VALUE_TEXT};
	if (!str_utf8_valid(text) || str_copy_span(v.text, sizeof v.text, text) != 0)
		v.kind = VALUE_NONE;
	return v;
}

void value_json(struct json_out *o, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NONE: json_out_raw(o, "null"); break;
	case VALUE_NUMBER: json_out_number(o, v->number); break;
	case VALUE_ON_OFF: json_out_string(o, v->on ? "ON" : "OFF"); break;
	case VALUE_TEXT: json_out_string(o, v->text); break;
	}
}

bool value_equal(const struct value *a, const struct value *b, double tolerance)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_NONE: return true;
	case VALUE_NUMBER: return fabs(a->number - b->number) <= tolerance;
	case VALUE_ON_OFF: return a->on == b->on;
	case VALUE_TEXT: return strcmp(a->text, b->text) == 0;
	}
	return false;
}

bool value_sample(const struct value *v, double *sample_r)
{
	switch (v->kind) {
	case VALUE_NUMBER: *sample_r = v->number; return true;
	case VALUE_ON_OFF: *sample_r = v->on ? 1 : 0; return true;
	default: return false;
	}
}
