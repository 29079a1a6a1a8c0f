/* Values: their JSON, their samples, and when a report grants a wish. */
#include "model/value.h"

#include <check.h>
#include <math.h>

#include "model/entity.h"
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
	ck_assert_str_eq(json_of(&(struct value){.kind = VALUE_LIGHT}), "{\"state\":\"OFF\"}");
	ck_assert_str_eq(json_of(&(struct value){.kind = VALUE_LIGHT,
						 .on = true,
						 .has_brightness = true,
						 .brightness = 128,
						 .has_color = true,
						 .red = 255,
						 .blue = 7}),
			 "{\"state\":\"ON\",\"brightness\":128,\"color\":{\"r\":255,\"g\":0,\"b\":7}}");
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

START_TEST(reports_grant_wishes)
{
	struct value report = {.kind = VALUE_LIGHT, .on = true, .has_brightness = true, .brightness = 100};
	struct value wish = {.kind = VALUE_LIGHT, .on = true};
	ck_assert(value_grants(&report, &wish, 0));
	wish.has_brightness = true;
	wish.brightness = 101;
	ck_assert(!value_grants(&report, &wish, 0));
	wish.brightness = 100;
	ck_assert(value_grants(&report, &wish, 0));
	wish.has_color = true;
	ck_assert(!value_grants(&report, &wish, 0));
	report.has_color = true;
	ck_assert(value_grants(&report, &wish, 0));
	report.green = 1;
	ck_assert(!value_grants(&report, &wish, 0));
	wish.on = report.on = false; /* off is off, whatever colour */
	ck_assert(value_grants(&report, &wish, 0));

	struct value number = {.kind = VALUE_NUMBER, .number = 21.4}, asked = {.kind = VALUE_NUMBER, .number = 21.5};
	ck_assert(!value_grants(&number, &asked, 0.05));
	ck_assert(value_grants(&number, &asked, 0.25));
	ck_assert(!value_grants(&number, &wish, 1));
}
END_TEST

START_TEST(samples_of_values)
{
	double sample = -1;
	ck_assert(value_sample(&(struct value){.kind = VALUE_LIGHT, .on = true}, &sample));
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
	ck_assert_uint_eq(color_mode_parse(span_str("xy")), 0);
	ck_assert_str_eq(color_mode_name(COLOR_MODE_BRIGHTNESS), "brightness");
	struct entity counter = {.component = COMPONENT_SENSOR, .state_class = "total_increasing"};
	ck_assert_int_eq(entity_series_kind(&counter), SERIES_COUNTER);
	ck_assert(entity_is_numeric(&counter));
	struct entity lamp = {.component = COMPONENT_LIGHT};
	ck_assert_int_eq(entity_series_kind(&lamp), SERIES_BINARY);
	ck_assert(!entity_is_numeric(&lamp));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {json_of_each_kind, members_and_elements, reports_grant_wishes, samples_of_values,
				      vocabulary};
	return suite_run("model/value", tests, sizeof tests / sizeof tests[0]);
}
