/* Values as JSON, as samples, and compared with wishes. Any thread. */
#include "model/value.h"

#include <math.h>
#include <string.h>

static void light_json(struct json_out *o, const struct value *v)
{
	json_out_raw(o, "{");
	json_out_member_string(o, "state", v->on ? "ON" : "OFF");
	if (v->has_brightness)
		json_out_member_int(o, "brightness", v->brightness);
	if (v->has_color) {
		json_out_key(o, "color");
		json_out_raw(o, "{");
		json_out_member_int(o, "r", v->red);
		json_out_member_int(o, "g", v->green);
		json_out_member_int(o, "b", v->blue);
		json_out_raw(o, "}");
	}
	json_out_raw(o, "}");
}

void value_json(struct json_out *o, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NONE: json_out_raw(o, "null"); break;
	case VALUE_NUMBER: json_out_number(o, v->number); break;
	case VALUE_ON_OFF: json_out_string(o, v->on ? "ON" : "OFF"); break;
	case VALUE_LIGHT: light_json(o, v); break;
	case VALUE_TEXT: json_out_string(o, v->text); break;
	}
}

static bool light_grants(const struct value *report, const struct value *wish)
{
	if (report->on != wish->on)
		return false;
	if (!wish->on)
		return true;
	if (wish->has_brightness && (!report->has_brightness || report->brightness != wish->brightness))
		return false;
	return !wish->has_color || (report->has_color && report->red == wish->red && report->green == wish->green &&
				    report->blue == wish->blue);
}

bool value_grants(const struct value *report, const struct value *wish, double tolerance)
{
	if (report->kind != wish->kind)
		return false;
	switch (wish->kind) {
	case VALUE_NONE: return true;
	case VALUE_NUMBER: return fabs(report->number - wish->number) <= tolerance;
	case VALUE_ON_OFF: return report->on == wish->on;
	case VALUE_LIGHT: return light_grants(report, wish);
	case VALUE_TEXT: return strcmp(report->text, wish->text) == 0;
	}
	return false;
}

bool value_sample(const struct value *v, double *sample_r)
{
	switch (v->kind) {
	case VALUE_NUMBER: *sample_r = v->number; return true;
	case VALUE_ON_OFF:
	case VALUE_LIGHT: *sample_r = v->on ? 1 : 0; return true;
	default: return false;
	}
}
