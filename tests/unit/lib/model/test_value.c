/* Values: their JSON, their samples, and what is equal; the words for components. */
#include "model/value.h"

#include <check.h>
#include <math.h>

#include "model/component.h"
#include "support/suite.h"

static const char *json_of(const struct value *v)
{
	static struct buf text;
	text.len = 0;
	struct json_out o = {.buf = &text};
	value_json(&o, v);
	ck_assert_int_eq(o.err, 0);
	return buf_cstr(&text);
}

START_TEST(json_of_each_kind)
{
	ck_assert_str_eq(json_of(&(struct value){.kind = VALUE_NONE}), "null");
	ck_assert_str_eq(json_of(&(struct value){.kind = VALUE_NUMBER, .number = 21.5}), "21.5");
	ck_assert_str_eq(json_of(&(struct value){.kind = VALUE_NUMBER, .number = NAN}), "null");
	ck_assert_str_eq(json_of(&(struct value){.kind = VALUE_ON_OFF, .on = true}), "\"ON\"");
	ck_assert_str_eq(json_of(&(struct value){.kind = VALUE_TEXT, .text = "a\"b\\c\nd\x01\x7f é"}),
			 "\"a\\\"b\\\\c\\nd\\u0001\\u007f é\"");
}
END_TEST

START_TEST(members_and_elements)
{
	struct buf text = {0};
	struct json_out o = {.buf = &text};
	json_out_raw(&o, "{");
	json_out_member_text(&o, "none", "");
	json_out_member_int(&o, "n", INT64_MIN);
	json_out_member_bool(&o, "yes", true);
	json_out_member_time(&o, "never", (struct wall_ms){0});
	json_out_key(&o, "list");
	json_out_raw(&o, "[");
	json_out_next(&o);
	json_out_string(&o, NULL);
	json_out_next(&o);
	json_out_number(&o, 1.0 / 0.0);
	json_out_raw(&o, "]}");
	ck_assert_int_eq(o.err, 0);
	ck_assert_str_eq(buf_cstr(&text), "{\"none\":null,\"n\":-9223372036854775808,\"yes\":true,\"never\":null,"
					  "\"list\":[null,null]}");
	buf_finish(&text);
}
END_TEST

START_TEST(equal_values)
{
	struct value near = value_number(21.4), asked = value_number(21.5), on = value_on_off(true);
	ck_assert(!value_equal(&near, &asked, 0.05));
	ck_assert(value_equal(&near, &asked, 0.25));
	ck_assert(!value_equal(&near, &on, 100));
	ck_assert(value_equal(&on, &(struct value){.kind = VALUE_ON_OFF, .on = true}, 0));
	struct value word = value_text(span_str("eco")), other = value_text(span_str("Eco"));
	ck_assert(value_equal(&word, &word, 0) && !value_equal(&word, &other, 0));
	ck_assert_int_eq(value_text(span_str("\xff")).kind, VALUE_NONE);
}
END_TEST

START_TEST(samples_of_values)
{
	double sample = -1;
	ck_assert(value_sample(&(struct value){.kind = VALUE_ON_OFF, .on = true}, &sample));
	ck_assert(sample == 1);
	ck_assert(value_sample(&(struct value){.kind = VALUE_ON_OFF}, &sample));
	ck_assert(sample == 0);
	ck_assert(value_sample(&(struct value){.kind = VALUE_NUMBER, .number = -3.25}, &sample));
	ck_assert(sample == -3.25);
	ck_assert(!value_sample(&(struct value){.kind = VALUE_TEXT}, &sample));
	ck_assert(!value_sample(&(struct value){.kind = VALUE_NONE}, &sample));
}
END_TEST

START_TEST(vocabulary)
{
	ck_assert_int_eq(component_parse(span_str("binary_sensor")), COMPONENT_BINARY_SENSOR);
	ck_assert_int_eq(component_parse(span_str("vacuum")), COMPONENT_OTHER);
	ck_assert_int_eq(component_parse(span_str("")), COMPONENT_OTHER);
	ck_assert_uint_eq(color_mode_parse(span_str("rgb")), COLOR_MODE_RGB);
	ck_assert_uint_eq(color_mode_parse(span_str("rgbww")), 0);
	ck_assert_str_eq(color_mode_name(COLOR_MODE_BRIGHTNESS), "brightness");
	for (enum component c = COMPONENT_OTHER + 1; c < COMPONENT_COUNT; c++)
		ck_assert_int_eq(component_parse(span_str(component_name(c))), c);
	ck_assert(component_has_class(COMPONENT_COVER, span_str("awning")) && component_has_class(COMPONENT_COVER, span_str("window")));
	ck_assert(component_has_class(COMPONENT_BINARY_SENSOR, span_str("battery")) && component_has_class(COMPONENT_BINARY_SENSOR, span_str("window")));
	ck_assert(!component_has_class(COMPONENT_COVER, span_str("motion")) && !component_has_class(COMPONENT_SWITCH, span_str("outlet")));
	ck_assert(!component_has_class(COMPONENT_COVER, span_str("")) && component_has_classes(COMPONENT_COVER) && !component_has_classes(COMPONENT_SENSOR));
	ck_assert(component_is_whole(COMPONENT_CLIMATE) && !component_is_on_off(COMPONENT_CLIMATE));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {json_of_each_kind, members_and_elements, equal_values, samples_of_values,
				      vocabulary};
	return suite_run("model/value", tests, sizeof tests / sizeof tests[0]);
}
