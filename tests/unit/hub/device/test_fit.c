/* One value for entities of many kinds, and the wish that a state answers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "device/discovery.h"
#include "device/report.h"
#include "device/wish.h"
#include "support/suite.h"

static const char simple_lamp[] = "{'p':'light','cmd_t':'~/set/it','stat_t':'~/state/state'}";
static const char dimmer[] = "{'p':'light','schema':'json','cmd_t':'~/set/it','stat_t':'~/state/state','brightness':true,'supported_color_modes':['brightness']}";
static const char white_lamp[] = "{'p':'light','schema':'json','cmd_t':'~/set/it','stat_t':'~/state/state','brightness':true,'effect':true,"
				 "'effect_list':['Sunrise'],'supported_color_modes':['color_temp'],'min_mireds':154,'max_mireds':500}";
static const char color_lamp[] = "{'p':'light','schema':'json','cmd_t':'~/set/it','stat_t':'~/state/state','brightness':true,'effect':true,"
				 "'effect_list':['Rainbow'],'supported_color_modes':['rgb']}";
static const char plug[] = "{'p':'switch','cmd_t':'~/set/it','stat_t':'~/state/state'}";
static const char blind[] = "{'p':'cover','cmd_t':'~/set/it','stat_t':'~/state/state','set_pos_t':'~/set/pos','pos_t':'~/state/pos'}";
static const char gate[] = "{'p':'cover','cmd_t':'~/set/it','stat_t':'~/state/state'}";
static const char lock[] = "{'p':'lock','cmd_t':'~/set/it','stat_t':'~/state/state'}";
static const char number[] = "{'p':'number','cmd_t':'~/set/it','stat_t':'~/state/state','min':0,'max':10}";
static const char button[] = "{'p':'button','cmd_t':'~/set/it'}";
static const char heating[] = "{'p':'climate','mode_cmd_t':'~/set/mode','mode_stat_t':'~/state/mode','modes':['off','heat'],'temp_cmd_t':'~/set/temp',"
			      "'temp_stat_t':'~/state/temp','curr_temp_t':'~/state/now','min_temp':5,'max_temp':30}";
static const char sensor[] = "{'p':'sensor','stat_t':'~/state/state','unit_of_meas':'W'}";

static struct description described;
static struct entity *it;
static struct state state;

static void given(const char *component)
{
	char text[4096], message[DISCOVERY_MESSAGE_SIZE];
	const struct topic_gate gate_of_pi = topic_gate_own("pi");
	snprintf(text, sizeof text, "{'dev':{'ids':['pi']},'~':'tomte/pi','cmps':{'it':%s}}", component);
	for (char *c = text; (c = strchr(c, '\'')); c++)
		*c = '"';
	ck_assert_msg(discovery_read(span_str(text), &gate_of_pi, &described, message) == 0, "%s: %s", component, message);
	it = &described.entities[0];
	state = (struct state){0};
}

/* What the entity reports, on the topic below its own. */
static void hears(const char *topic, const char *payload)
{
	struct report report = {0};
	int heard = 0;
	template_input_init(&report.input, span_str(payload));
	for (size_t i = 0; i < it->report_count; i++)
		if (strcmp(it->reports[i].topic + strlen("tomte/pi/state/"), topic) == 0)
			heard += report_read(&report, it, &it->reports[i], &state) == 0;
	report_finish(&report);
	ck_assert_int_gt(heard, 0);
}

/* ---- fit ------------------------------------------------------------------------ */

static void fits(const char *component, const char *value, const char *want)
{
	char *fit;
	given(component);
	ck_assert_int_eq(wish_fit(it, value, &fit), 0);
	ck_assert_msg(strcmp(fit, want) == 0, "%s for %s: %s", value, component, fit);
	struct wish wish;
	int err = wish_read(it, &state, fit, &wish);
	ck_assert_msg(err == 0, "%s for %s: %s", fit, component, wish.detail);
	wish_finish(&wish);
	free(fit);
	description_finish(&described);
}

START_TEST(what_is_lacking_is_left_out)
{
	static const char cosy[] = "{\"state\":\"ON\",\"brightness\":40,\"color_temp\":2200,\"transition\":2}";
	fits(white_lamp, cosy, cosy);
	fits(dimmer, cosy, "{\"state\":\"ON\",\"brightness\":40,\"transition\":2}");
	fits(simple_lamp, cosy, "{\"state\":\"ON\",\"transition\":2}");
	fits(plug, cosy, "{\"state\":\"ON\"}");
	fits(color_lamp, "{\"color\":{\"r\":255,\"g\":0,\"b\":0}}", "{\"color\":{\"r\":255,\"g\":0,\"b\":0}}");
	fits(color_lamp, "{\"effect\":\"Rainbow\",\"brightness\":9}", "{\"effect\":\"Rainbow\",\"brightness\":9}");
	fits(white_lamp, "{\"effect\":\"Rainbow\",\"brightness\":9}", "{\"brightness\":9}");
	fits(plug, "\"OFF\"", "\"OFF\"");
	fits(blind, "{\"position\":30,\"tilt\":10}", "{\"position\":30}");
}
END_TEST

START_TEST(what_only_switches_is_switched)
{
	fits(simple_lamp, "{\"brightness\":40}", "{\"state\":\"ON\"}");
	fits(plug, "{\"brightness\":0}", "{\"state\":\"OFF\"}");
	fits(dimmer, "{\"color\":{\"h\":10,\"s\":50}}", "{\"state\":\"ON\"}");
	fits(simple_lamp, "{\"color_temp\":2700,\"transition\":1}", "{\"transition\":1,\"state\":\"ON\"}");
	fits(plug, "{\"percentage\":50}", "{\"state\":\"ON\"}");
}
END_TEST

START_TEST(numbers_come_into_range)
{
	fits(white_lamp, "{\"color_temp\":9000}", "{\"color_temp\":6494.0}");
	fits(white_lamp, "{\"color_temp\":1000}", "{\"color_temp\":2000.0}");
	fits(heating, "{\"target\":40}", "{\"target\":30.0}");
	fits(dimmer, "{\"brightness\":128}", "{\"brightness\":128}");
}
END_TEST

START_TEST(what_is_not_understood_is_left_to_be_refused)
{
	char *fit;
	struct wish wish;
	given(plug);
	ck_assert_int_eq(wish_fit(it, "{\"state\":\"ON\",\"colour\":1}", &fit), 0);
	ck_assert_str_eq(fit, "{\"state\":\"ON\",\"colour\":1}");
	ck_assert_int_eq(wish_read(it, &state, fit, &wish), ERR_INVALID);
	wish_finish(&wish);
	free(fit);
	ck_assert_int_eq(wish_fit(it, "{\"state\":", &fit), ERR_MALFORMED);
	ck_assert_ptr_null(fit);
	description_finish(&described);
	given(blind);
	ck_assert_int_eq(wish_fit(it, "{\"brightness\":7}", &fit), 0);
	ck_assert_str_eq(fit, "{}"); /* a blind is not switched */
	free(fit);
	description_finish(&described);
}
END_TEST

/* ---- capture ---------------------------------------------------------------------- */

/* The wish of what is known now; it must be one that the entity takes, and that is granted already. */
static void captures(const char *want)
{
	char *json;
	struct wish wish;
	ck_assert_int_eq(wish_capture(it, &state, &json), 0);
	ck_assert_str_eq(json, want);
	int err = wish_read(it, &state, json, &wish);
	ck_assert_msg(err == 0, "%s: %s", json, wish.detail);
	ck_assert(state_grants(&state, &wish.expect, wish.tolerance));
	wish_finish(&wish);
	free(json);
	description_finish(&described);
}

static void captures_nothing(int err)
{
	char *json;
	ck_assert_int_eq(wish_capture(it, &state, &json), err);
	ck_assert_ptr_null(json);
	description_finish(&described);
}

START_TEST(what_can_be_wished_of_a_state)
{
	given(dimmer);
	hears("state", "{\"state\":\"ON\",\"brightness\":40}");
	captures("{\"state\":\"ON\",\"brightness\":40}");
	given(dimmer);
	hears("state", "{\"state\":\"OFF\",\"brightness\":40}");
	captures("{\"state\":\"OFF\"}");
	given(color_lamp);
	hears("state", "{\"state\":\"ON\",\"brightness\":255,\"color_mode\":\"rgb\",\"color\":{\"r\":255,\"g\":160,\"b\":0},\"effect\":\"none\"}");
	captures("{\"state\":\"ON\",\"brightness\":255,\"color\":{\"r\":255,\"g\":160,\"b\":0}}");
	given(plug);
	hears("state", "ON");
	captures("\"ON\"");
	given(number);
	hears("state", "2.5");
	captures("2.5");
	given(heating);
	hears("mode", "heat");
	hears("temp", "21");
	hears("now", "18.5");
	captures("{\"state\":\"heat\",\"target\":21}");
}
END_TEST

START_TEST(things_that_are_told_what_to_do)
{
	given(blind);
	hears("state", "open");
	hears("pos", "40");
	captures("{\"position\":40}");
	given(gate);
	hears("state", "closing");
	char *json;
	ck_assert_int_eq(wish_capture(it, &state, &json), 0);
	ck_assert_str_eq(json, "{\"state\":\"CLOSE\"}");
	free(json);
	description_finish(&described);
	given(lock);
	hears("state", "LOCKED");
	captures("\"LOCK\"");
}
END_TEST

START_TEST(what_has_nothing_to_go_back_to)
{
	given(dimmer);
	captures_nothing(ERR_NOT_FOUND);
	given(gate);
	hears("state", "stopped");
	captures_nothing(ERR_NOT_FOUND);
	given(button);
	captures_nothing(ERR_UNSUPPORTED);
	given(sensor);
	hears("state", "5");
	captures_nothing(ERR_UNSUPPORTED);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {what_is_lacking_is_left_out, what_only_switches_is_switched, numbers_come_into_range,
				      what_is_not_understood_is_left_to_be_refused, what_can_be_wished_of_a_state, things_that_are_told_what_to_do,
				      what_has_nothing_to_go_back_to};
	return suite_run("device/fit", tests, sizeof tests / sizeof tests[0]);
}
