/* States: properties in and out, merging, JSON, and when a report grants a wish; colours from one form to another. */
#include "model/state.h"

#include <check.h>
#include <math.h>

#include "base/err.h"
#include "model/color.h"
#include "support/suite.h"

static const char *json_of(const struct state *s, bool whole)
{
	static struct buf text;
	text.len = 0;
	struct json_out o = {.buf = &text};
	state_json(&o, s, whole);
	ck_assert_int_eq(o.err, 0);
	return buf_cstr(&text);
}

START_TEST(names)
{
	for (enum property p = 0; p < PROPERTY_COUNT; p++)
		ck_assert_int_eq(property_of(span_str(property_name(p))), p);
	ck_assert_int_eq(property_of(span_str("colour")), PROPERTY_COUNT);
	ck_assert_int_eq(property_of(span_str("")), PROPERTY_COUNT);
}
END_TEST

START_TEST(nothing_is_known_at_first)
{
	struct state s = {0};
	ck_assert_str_eq(json_of(&s, false), "null");
	ck_assert_str_eq(json_of(&s, true), "null");
	ck_assert(state_number(&s, PROPERTY_BRIGHTNESS) == 0 && state_word(&s, PROPERTY_EFFECT)[0] == 0);
	for (enum property p = 0; p < PROPERTY_COUNT; p++)
		ck_assert(!state_has(&s, p));
}
END_TEST

START_TEST(properties_in_and_out)
{
	struct state s = {0};
	for (enum property p = PROPERTY_STATE + 1; p < PROPERTY_FIRST_WORD; p++)
		state_set_number(&s, p, p * 1.5);
	for (enum property p = PROPERTY_FIRST_WORD; p < PROPERTY_COUNT; p++)
		ck_assert_int_eq(state_set_word(&s, p, span_str(property_name(p))), 0);
	state_set(&s, value_on_off(true));
	for (enum property p = PROPERTY_STATE + 1; p < PROPERTY_FIRST_WORD; p++)
		ck_assert(state_number(&s, p) == p * 1.5);
	for (enum property p = PROPERTY_FIRST_WORD; p < PROPERTY_COUNT; p++)
		ck_assert_str_eq(state_word(&s, p), property_name(p));
	state_forget(&s, PROPERTY_TILT);
	state_forget(&s, PROPERTY_STATE);
	ck_assert(!state_has(&s, PROPERTY_TILT) && !state_has(&s, PROPERTY_STATE) && s.value.kind == VALUE_NONE);
	char longer[STATE_WORD_SIZE + 1];
	memset(longer, 'x', sizeof longer);
	ck_assert_int_eq(state_set_word(&s, PROPERTY_EFFECT, span_of(longer, STATE_WORD_SIZE)), ERR_TOO_LARGE);
	ck_assert_int_eq(state_set_word(&s, PROPERTY_EFFECT, span_str("\xc3")), ERR_MALFORMED);
	ck_assert_str_eq(state_word(&s, PROPERTY_EFFECT), "effect");
}
END_TEST

START_TEST(json_of_the_whole)
{
	struct state s = {0};
	state_set(&s, value_on_off(true));
	state_set_number(&s, PROPERTY_BRIGHTNESS, 128);
	state_set_number(&s, PROPERTY_RED, 255);
	state_set_number(&s, PROPERTY_GREEN, 0);
	state_set_number(&s, PROPERTY_BLUE, 7);
	ck_assert_int_eq(state_set_word(&s, PROPERTY_EFFECT, span_str("a\"b")), 0);
	ck_assert_str_eq(json_of(&s, true),
			 "{\"state\":\"ON\",\"brightness\":128,\"effect\":\"a\\\"b\",\"color\":{\"r\":255,\"g\":0,\"b\":7}}");
	ck_assert_str_eq(json_of(&s, false), "\"ON\"");
}
END_TEST

START_TEST(a_lamp_shows_one_colour_at_a_time)
{
	struct state s = {0}, rgb = {0}, temp = {0}, dimmed = {0};
	state_set_number(&rgb, PROPERTY_RED, 1);
	state_set_number(&rgb, PROPERTY_GREEN, 2);
	state_set_number(&rgb, PROPERTY_BLUE, 3);
	state_set_number(&temp, PROPERTY_COLOR_TEMP, 2700);
	state_set_number(&dimmed, PROPERTY_BRIGHTNESS, 5);
	state_merge(&s, &rgb);
	state_merge(&s, &dimmed);
	ck_assert_str_eq(json_of(&s, true), "{\"state\":null,\"brightness\":5,\"color\":{\"r\":1,\"g\":2,\"b\":3}}");
	state_merge(&s, &temp);
	ck_assert_str_eq(json_of(&s, true), "{\"state\":null,\"brightness\":5,\"color_temp\":2700}");
	state_merge(&s, &rgb);
	ck_assert(!state_has(&s, PROPERTY_COLOR_TEMP) && state_has(&s, PROPERTY_GREEN));
}
END_TEST

START_TEST(reports_grant_wishes)
{
	struct state report = {0}, wish = {0};
	state_set(&report, value_on_off(true));
	state_set_number(&report, PROPERTY_BRIGHTNESS, 100);
	state_set(&wish, value_on_off(true));
	ck_assert(state_grants(&report, &wish, 0));
	state_set_number(&wish, PROPERTY_BRIGHTNESS, 101);
	ck_assert(!state_grants(&report, &wish, 0));
	state_set_number(&wish, PROPERTY_BRIGHTNESS, 100);
	ck_assert(state_grants(&report, &wish, 0));
	state_set_number(&report, PROPERTY_HUE, 120);
	state_set_number(&wish, PROPERTY_HUE, 121); /* many lamps keep it in one byte */
	ck_assert(state_grants(&report, &wish, 0));
	ck_assert_int_eq(state_set_word(&wish, PROPERTY_EFFECT, span_str("blink")), 0);
	ck_assert(!state_grants(&report, &wish, 0));
	ck_assert_int_eq(state_set_word(&report, PROPERTY_EFFECT, span_str("blink")), 0);
	ck_assert(state_grants(&report, &wish, 0));
	state_set_number(&wish, PROPERTY_HUE, 10);
	ck_assert(!state_grants(&report, &wish, 0));
	state_set(&wish, value_on_off(false)); /* off is off, whatever colour */
	ck_assert(!state_grants(&report, &wish, 0));
	state_set(&report, value_on_off(false));
	ck_assert(state_grants(&report, &wish, 0));
	struct state warm = {0}, asked = {0};
	state_set(&warm, value_number(21.4));
	state_set(&asked, value_number(21.5));
	ck_assert(!state_grants(&warm, &asked, 0.05));
	ck_assert(state_grants(&warm, &asked, 0.25));
	ck_assert(!state_grants(&warm, &wish, 1));
}
END_TEST

static bool near(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

/* Values by the formulas of HSV, and of sRGB's primaries and white (IEC 61966-2-1). */
START_TEST(colours)
{
	static const struct {
		struct color_rgb rgb;
		struct color_hs hs;
		struct color_xy xy;
	} known[] = {
		{{255, 0, 0}, {0, 100}, {0.6400, 0.3300}},   {{0, 255, 0}, {120, 100}, {0.3000, 0.6000}},
		{{0, 0, 255}, {240, 100}, {0.1500, 0.0600}}, {{255, 255, 255}, {0, 0}, {0.3127, 0.3290}},
		{{255, 255, 0}, {60, 100}, {0.4193, 0.5053}}, {{255, 0, 255}, {300, 100}, {0.3209, 0.1542}},
		{{255, 127.5, 0}, {30, 100}, {0.5436, 0.4066}}, {{255, 191.25, 191.25}, {0, 25}, {0.3658, 0.3292}},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct color_hs hs = color_hs_of_rgb(known[i].rgb);
		struct color_rgb from_hs = color_rgb_of_hs(known[i].hs), from_xy = color_rgb_of_xy(known[i].xy);
		struct color_xy xy = color_xy_of_rgb(known[i].rgb);
		ck_assert_msg(near(hs.hue, known[i].hs.hue, 1e-6) && near(hs.saturation, known[i].hs.saturation, 1e-6), "hs of %zu: %g %g", i,
			      hs.hue, hs.saturation);
		ck_assert_msg(near(from_hs.red, known[i].rgb.red, 1e-6) && near(from_hs.green, known[i].rgb.green, 1e-6) &&
				      near(from_hs.blue, known[i].rgb.blue, 1e-6), "rgb of hs %zu", i);
		ck_assert_msg(near(xy.x, known[i].xy.x, 3e-3) && near(xy.y, known[i].xy.y, 3e-3), "xy of %zu: %g %g", i, xy.x, xy.y);
		ck_assert_msg(near(from_xy.red, known[i].rgb.red, 4) && near(from_xy.green, known[i].rgb.green, 4) &&
				      near(from_xy.blue, known[i].rgb.blue, 4), "rgb of xy %zu: %g %g %g", i, from_xy.red, from_xy.green,
			      from_xy.blue);
	}
	struct color_rgb none = color_rgb_of_xy((struct color_xy){0, 0}), outside = color_rgb_of_xy((struct color_xy){0.7, 0.2});
	ck_assert(none.red == 255 && none.green == 255 && none.blue == 255);
	ck_assert(near(outside.red, 255, 1e-6) && outside.green == 0);
	ck_assert(color_hs_of_rgb((struct color_rgb){0, 0, 0}).saturation == 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {names, nothing_is_known_at_first, properties_in_and_out, json_of_the_whole,
				      a_lamp_shows_one_colour_at_a_time, reports_grant_wishes, colours};
	return suite_run("model/state", tests, sizeof tests / sizeof tests[0]);
}
