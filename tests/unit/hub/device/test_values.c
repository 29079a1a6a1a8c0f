/* Reports read and wishes put into words, component by component. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "device/command_value.h"
#include "device/report.h"
#include "support/suite.h"

static char eco[] = "eco", day[] = "day", *modes[] = {eco, day};
static const struct entity thermometer = {.component = COMPONENT_SENSOR, .unit = "°C"};
static const struct entity words = {.component = COMPONENT_SENSOR};
static const struct entity relay = {.component = COMPONENT_SWITCH, .command_topic = "tomte/pi/set/relay",
				    .payload_on = "1", .payload_off = "0", .state_on = "on", .state_off = "off"};
static const struct entity lamp = {.component = COMPONENT_LIGHT, .command_topic = "tomte/pi/set/lamp",
				   .brightness = true, .color_modes = COLOR_MODE_RGB};
static const struct entity bulb = {.component = COMPONENT_LIGHT, .command_topic = "tomte/pi/set/bulb",
				   .color_modes = COLOR_MODE_ONOFF};
static const struct entity target = {.component = COMPONENT_NUMBER, .command_topic = "tomte/pi/set/target",
				     .min = 5, .max = 30, .step = 0.5};
static const struct entity mode = {.component = COMPONENT_SELECT, .command_topic = "tomte/pi/set/mode",
				   .options = modes, .option_count = 2};
static const struct entity bell = {.component = COMPONENT_BUTTON, .command_topic = "tomte/pi/set/bell",
				   .payload_on = "PRESS"};

static int read_report(const struct entity *e, const char *payload, struct value *v)
{
	return report_read(e, span_str(payload), v);
}

START_TEST(numbers_are_strict)
{
	struct value v = {0};
	ck_assert_int_eq(read_report(&thermometer, "21.50", &v), 0);
	ck_assert(v.kind == VALUE_NUMBER && v.number == 21.5);
	static const char *const bad[] = {"21.5 C", "nan", "inf", "1e999", "--1", "0x10", "21,5", "{}"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(read_report(&thermometer, bad[i], &v) == ERR_MALFORMED, "%s", bad[i]);
	ck_assert(v.number == 21.5);
	ck_assert_int_eq(read_report(&thermometer, "", &v), 0);
	ck_assert(v.number == 21.5);
	ck_assert_int_eq(read_report(&thermometer, "None", &v), 0);
	ck_assert_int_eq(v.kind, VALUE_NONE);
}
END_TEST

START_TEST(words_and_switches)
{
	struct value v = {0};
	ck_assert_int_eq(read_report(&words, "12", &v), 0);
	ck_assert_int_eq(v.kind, VALUE_NUMBER);
	ck_assert_int_eq(read_report(&words, "raining", &v), 0);
	ck_assert_str_eq(v.text, "raining");
	ck_assert_int_eq(read_report(&words, "\xff\xfe", &v), ERR_MALFORMED);
	char longer[300];
	memset(longer, 'a', sizeof longer);
	longer[VALUE_TEXT_SIZE] = 0;
	ck_assert_int_eq(read_report(&words, longer, &v), ERR_MALFORMED);
	ck_assert_str_eq(v.text, "raining");
	ck_assert_int_eq(read_report(&relay, "on", &v), 0);
	ck_assert(v.kind == VALUE_ON_OFF && v.on);
	ck_assert_int_eq(read_report(&relay, "ON", &v), ERR_MALFORMED);
	ck_assert_int_eq(read_report(&relay, "off", &v), 0);
	ck_assert(!v.on);
	ck_assert_int_eq(read_report(&mode, "night", &v), ERR_MALFORMED);
	ck_assert_int_eq(read_report(&mode, "eco", &v), 0);
}
END_TEST

START_TEST(light_reports_merge)
{
	struct value v = {0};
	ck_assert_int_eq(read_report(&lamp, "{\"brightness\":5}", &v), ERR_MALFORMED); /* on or off? nobody knows */
	ck_assert_int_eq(read_report(&lamp, "{\"state\":\"ON\",\"brightness\":128,\"color_mode\":\"rgb\","
					    "\"color\":{\"r\":1,\"g\":2,\"b\":3}}", &v), 0);
	ck_assert(v.on && v.brightness == 128 && v.blue == 3);
	ck_assert_int_eq(read_report(&lamp, "{\"state\":\"OFF\"}", &v), 0);
	ck_assert(!v.on && v.has_brightness && v.brightness == 128);
	ck_assert_int_eq(read_report(&lamp, "{\"brightness\":7}", &v), 0);
	ck_assert(v.brightness == 7);
	static const char *const bad[] = {"ON", "[]", "{\"state\":1}", "{\"state\":\"on\"}", "{\"brightness\":256}",
					  "{\"brightness\":1.5}", "{\"state\":\"ON\",\"color\":{\"r\":1,\"g\":2}}",
					  "{\"state\":\"ON\",\"color\":{\"r\":-1,\"g\":2,\"b\":3}}", "{\"state\":\"ON\"",
					  "{\"state\":\"ON\",\"state\":\"OFF\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(read_report(&lamp, bad[i], &v) == ERR_MALFORMED, "%s", bad[i]);
	ck_assert(!v.on && v.brightness == 7 && v.red == 1);
}
END_TEST

/* What is published for a wish, or the detail of its refusal. */
static const char *wish(const struct entity *e, const struct value *present, const char *json, int expected)
{
	static char text[COMMAND_DETAIL_SIZE];
	struct wish w;
	int err = wish_read(e, present, json, &w);
	ck_assert_msg(err == expected, "%s: %d", json, err);
	snprintf(text, sizeof text, "%s", err == 0 ? buf_cstr(&w.payload) : w.detail);
	wish_finish(&w);
	return text;
}

static const struct value unknown = {.kind = VALUE_NONE};

START_TEST(wishes_of_switches)
{
	struct value on = {.kind = VALUE_ON_OFF, .on = true};
	ck_assert_str_eq(wish(&relay, &unknown, "\"ON\"", 0), "1");
	ck_assert_str_eq(wish(&relay, &unknown, "\"OFF\"", 0), "0");
	ck_assert_str_eq(wish(&relay, &unknown, "\"TOGGLE\"", 0), "1");
	ck_assert_str_eq(wish(&relay, &on, "\"TOGGLE\"", 0), "0");
	static const char *const bad[] = {"true", "\"on\"", "1", "{}", "null", "ON", "", "\"ON\" x"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_str_ne(wish(&relay, &on, bad[i], ERR_INVALID), "");
	ck_assert_str_eq(wish(&bell, &unknown, "null", 0), "PRESS");
	wish(&thermometer, &unknown, "1", ERR_UNSUPPORTED);
}
END_TEST

START_TEST(wishes_of_lights)
{
	struct value on = {.kind = VALUE_LIGHT, .on = true};
	ck_assert_str_eq(wish(&lamp, &on, "\"TOGGLE\"", 0), "{\"state\":\"OFF\"}");
	ck_assert_str_eq(wish(&lamp, &on, "{\"state\":\"ON\"}", 0), "{\"state\":\"ON\"}");
	ck_assert_str_eq(wish(&lamp, &on, "{\"brightness\":128}", 0), "{\"state\":\"ON\",\"brightness\":128}");
	ck_assert_str_eq(wish(&lamp, &on, "{\"brightness\":0}", 0), "{\"state\":\"OFF\"}");
	ck_assert_str_eq(wish(&lamp, &on, "{\"color\":{\"r\":255,\"g\":0,\"b\":9},\"transition\":1.5}", 0),
			 "{\"state\":\"ON\",\"color\":{\"r\":255,\"g\":0,\"b\":9},\"transition\":1.5}");
	static const char *const bad[] = {"{}", "{\"brightness\":-1}", "{\"brightness\":\"5\"}", "{\"transition\":1}",
					  "{\"state\":\"ON\",\"transition\":-1}", "{\"state\":\"ON\",\"effect\":\"x\"}",
					  "{\"color\":{\"r\":1,\"g\":2}}", "{\"color\":{\"r\":1,\"g\":2,\"b\":3,\"w\":4}}",
					  "{\"state\":\"UP\"}", "[]", "5"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_str_ne(wish(&lamp, &on, bad[i], ERR_INVALID), "");
	ck_assert_str_eq(wish(&bulb, &on, "{\"brightness\":1}", ERR_INVALID), "This light cannot be dimmed.");
	ck_assert_str_eq(wish(&bulb, &on, "{\"color\":{\"r\":1,\"g\":2,\"b\":3}}", ERR_INVALID),
			 "This light has no colours.");
}
END_TEST

START_TEST(wishes_of_numbers_and_choices)
{
	ck_assert_str_eq(wish(&target, &unknown, "21.5", 0), "21.5");
	ck_assert_str_eq(wish(&target, &unknown, "\"7\"", 0), "7");
	ck_assert_str_eq(wish(&target, &unknown, "31", ERR_INVALID), "The number must lie between 5 and 30.");
	wish(&target, &unknown, "\"x\"", ERR_INVALID);
	wish(&target, &unknown, "[1]", ERR_INVALID);
	ck_assert_str_eq(wish(&mode, &unknown, "\"day\"", 0), "day");
	wish(&mode, &unknown, "\"night\"", ERR_INVALID);
	wish(&mode, &unknown, "7", ERR_INVALID);
	char longer[COMMAND_JSON_MAX + 8];
	memset(longer, ' ', sizeof longer);
	memcpy(longer, "7", 1);
	longer[COMMAND_JSON_MAX + 1] = 0;
	wish(&target, &unknown, longer, ERR_INVALID);
	longer[COMMAND_JSON_MAX] = 0;
	wish(&target, &unknown, longer, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {numbers_are_strict, words_and_switches, light_reports_merge, wishes_of_switches,
				      wishes_of_lights, wishes_of_numbers_and_choices};
	return suite_run("device/values", tests, sizeof tests / sizeof tests[0]);
}
