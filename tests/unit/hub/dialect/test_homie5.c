/* Homie 5: the convention's own examples and all its datatypes. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "device/template.h"
#include "dialect/dialect_private.h"
#include "support/dialect_ear.h"
#include "support/suite.h"

static const struct entity *entity(const struct description *d, const char *id)
{
	for (size_t i = 0; i < d->entity_count; i++)
		if (strcmp(d->entities[i].id, id) == 0)
			return &d->entities[i];
	ck_abort_msg("no entity %s", id);
	return NULL;
}

static int presence(const struct availability *a, const char *payload)
{
	struct template_input input;
	template_input_init(&input, span_str(payload));
	int there = availability_read(a, &input);
	template_input_finish(&input);
	return there;
}

static const struct description *hear(const char *file, const char *device)
{
	char topic[256];
	ear_open(&dialect_homie5);
	snprintf(topic, sizeof topic, "homie/5/%s/$state", device);
	ck_assert_int_eq(ear_hear(topic, "init"), 0);
	ck_assert_ptr_null(ear_describe(device));
	snprintf(topic, sizeof topic, "homie/5/%s/$description", device);
	ck_assert_int_eq(ear_hear_file(topic, file), 0);
	const struct description *d = ear_describe(device);
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->note, "");
	return d;
}

START_TEST(the_conventions_example)
{
	const struct description *d = hear("homie5/light-switch.json", "light-switch");
	ck_assert_str_eq(d->name, "Light switch");
	ck_assert_int_eq(d->entity_count, 1);
	const struct entity *power = entity(d, "switch_state");
	ck_assert_str_eq(power->platform, "switch");
	ck_assert_str_eq(power->name, "State");
	ck_assert_str_eq(ear_after("switch_state", "homie/5/light-switch/switch/state", "true"), "'ON'");
	ck_assert_str_eq(ear_after("switch_state", "homie/5/light-switch/switch/state", "TRUE"), "malformed data");
	ck_assert_str_eq(ear_wish("switch_state", "'OFF'"), "homie/5/light-switch/switch/state/set false");
	ear_close();
}
END_TEST

START_TEST(numbers)
{
	const struct description *d = hear("homie5/workshop.json", "workshop");
	const struct entity *e = entity(d, "climate_temperature");
	ck_assert_str_eq(e->platform, "sensor");
	ck_assert_str_eq(e->name, "Climate Temperature");
	ck_assert_str_eq(e->device_class, "temperature");
	ck_assert_str_eq(e->unit, "°C");
	ck_assert_str_eq(ear_after("climate_temperature", "homie/5/workshop/climate/temperature", "21.5"), "21.5");
	e = entity(d, "climate_setpoint");
	ck_assert_str_eq(e->platform, "number");
	ck_assert(e->min == 5 && e->max == 30 && e->step == 0.5);
	ck_assert_str_eq(ear_wish("climate_setpoint", "20.5"), "homie/5/workshop/climate/setpoint/set 20.5");
	e = entity(d, "lamps_intensity");
	ck_assert(e->min == 0 && e->max == 1e6 && e->step == 1); /* open at the end */
	e = entity(d, "climate_energy");
	ck_assert_str_eq(e->state_class, "total_increasing");
	e = entity(d, "climate_visitors");
	ck_assert_str_eq(e->unit, "");
	ck_assert_str_eq(ear_after("climate_visitors", "homie/5/workshop/climate/visitors", "7"), "7");
	ear_close();
}
END_TEST

START_TEST(words)
{
	const struct description *d = hear("homie5/workshop.json", "workshop");
	ck_assert_str_eq(ear_after("climate_mode", "homie/5/workshop/climate/mode", "eco"), "'eco'");
	ck_assert_str_eq(ear_wish("climate_mode", "'comfort'"), "homie/5/workshop/climate/mode/set comfort");
	ck_assert_str_eq(entity(d, "climate_status")->platform, "sensor");
	ck_assert_str_eq(ear_after("climate_status", "homie/5/workshop/climate/status", "7"), "'7'");
	ck_assert_str_eq(ear_wish("door_message", "'Hello'"), "homie/5/workshop/door/message/set Hello");
	ck_assert_str_eq(ear_wish("door_message", "''"), "The number of characters must lie between 1 and 255.");
	ck_assert_str_eq(entity(d, "door_open")->platform, "binary_sensor");
	ck_assert_str_eq(ear_after("door_open", "homie/5/workshop/door/open", "true"), "'ON'");
	ck_assert_str_eq(ear_after("door_since", "homie/5/workshop/door/since", "2026-11-30T12:00:00Z"), "'2026-11-30T12:00:00Z'");
	ck_assert_str_eq(ear_after("door_uptime", "homie/5/workshop/door/uptime", "PT12H5M46S"), "'PT12H5M46S'");
	ck_assert_str_eq(ear_after("door_details", "homie/5/workshop/door/details", "{'a':1}"), "'{\\'a\\':1}'");
	ck_assert_str_eq(entity(d, "door_later")->platform, "sensor"); /* a datatype of the future */
	ear_close();
}
END_TEST

START_TEST(moments)
{
	const struct description *d = hear("homie5/workshop.json", "workshop");
	ck_assert_int_eq(entity(d, "door_bell")->component, COMPONENT_EVENT);
	ck_assert_str_eq(ear_after("door_bell", "homie/5/workshop/door/bell", "long"), "'long'");
	ck_assert_int_eq(entity(d, "door_motion")->component, COMPONENT_EVENT);
	ck_assert_str_eq(ear_after("door_motion", "homie/5/workshop/door/motion", "true"), "'true'");
	ck_assert_str_eq(entity(d, "door_unlatch")->platform, "button");
	ck_assert_str_eq(ear_wish("door_unlatch", "'PRESS'"), "homie/5/workshop/door/unlatch/set true");
	ck_assert_str_eq(ear_wish("door_brew", "'PRESS'"), "homie/5/workshop/door/brew/set coffee");
	ear_close();
}
END_TEST

START_TEST(colors)
{
	const struct description *d = hear("homie5/workshop.json", "workshop");
	ck_assert_int_eq(entity(d, "lamps_color")->color_modes, COLOR_MODE_RGB);
	ck_assert_str_eq(ear_after("lamps_color", "homie/5/workshop/lamps/color", "rgb,255,128,0"), "{'state':'ON','color':{'r':255,'g':128,'b':0}}");
	ck_assert_str_eq(ear_after("lamps_color", "homie/5/workshop/lamps/color", "hsv,30,100,100"), "{'state':'ON','color':{'r':255,'g':128,'b':0}}");
	ck_assert_str_eq(ear_after("lamps_color", "homie/5/workshop/lamps/color", "rgb,0,0,0"), "{'state':'OFF','color':{'r':0,'g':0,'b':0}}");
	ck_assert_str_eq(ear_wish("lamps_color", "{'color':{'r':1,'g':2,'b':3}}"),
			 "homie/5/workshop/lamps/color/set rgb,255,255,255, homie/5/workshop/lamps/color/set rgb,1,2,3");
	ck_assert_str_eq(ear_wish("lamps_color", "'OFF'"), "homie/5/workshop/lamps/color/set rgb,0,0,0");
	ck_assert_int_eq(entity(d, "lamps_hue")->color_modes, COLOR_MODE_HS);
	ck_assert_str_eq(ear_after("lamps_hue", "homie/5/workshop/lamps/hue", "hsv,30,100,50"), "{'state':'ON','color':{'h':30,'s':100}}");
	ck_assert_str_eq(ear_wish("lamps_hue", "{'color':{'h':29.6,'s':99.7}}"),
			 "homie/5/workshop/lamps/hue/set hsv,0,0,100, homie/5/workshop/lamps/hue/set hsv,30,100,100");
	ck_assert_str_eq(entity(d, "lamps_xyz")->platform, "text");
	ck_assert_str_eq(entity(d, "lamps_shown")->platform, "sensor");
	ear_close();
}
END_TEST

START_TEST(what_states_mean)
{
	static const struct {
		const char *state;
		int own, as_root;
	} states[] = {{"init", 0, 1}, {"ready", 1, 1}, {"sleeping", 1, 1}, {"disconnected", 0, 0}, {"lost", 0, 0}};
	const struct description *d = hear("homie5/child.json", "bridge-lamp");
	ck_assert_int_eq(d->availability_count, 2);
	ck_assert_int_eq(d->availability_mode, AVAILABILITY_ALL);
	ck_assert_str_eq(d->availability[0].topic, "homie/5/bridge-lamp/$state");
	ck_assert_str_eq(d->availability[1].topic, "homie/5/bridge/$state");
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		ck_assert_int_eq(presence(&d->availability[0], states[i].state), states[i].own);
		ck_assert_int_eq(presence(&d->availability[1], states[i].state), states[i].as_root);
	}
	ear_close();
}
END_TEST

START_TEST(coming_and_going)
{
	hear("homie5/light-switch.json", "light-switch");
	ck_assert_int_eq(ear_hear("homie/5/light-switch/$state", "lost"), 0);
	ck_assert_ptr_nonnull(ear_describe("light-switch"));
	ck_assert_int_eq(ear_hear("homie/5/light-switch/$state", ""), 0);
	ck_assert_ptr_null(ear_describe("light-switch"));
	ck_assert_int_eq(ear_hear("homie/5/light-switch/$description", ""), 0);
	ck_assert_str_eq(ear_devices(), "");
	ear_close();
}
END_TEST

static const char *refused(const char *payload)
{
	static char message[DIALECT_MESSAGE_SIZE];
	json_t *root;
	const struct fragment fragments[] = {{"homie/5/x/$description", span_str(payload)}, {"homie/5/x/$state", span_str("known")}};
	message[0] = 0;
	ck_assert_int_eq(dialect_homie5.translate(fragments, 2, &root, message), ERR_MALFORMED);
	ck_assert_ptr_null(root);
	return message;
}

START_TEST(nonsense)
{
	ck_assert_str_eq(refused("7"), "$description is no JSON object");
	ck_assert_str_eq(refused("{\"homie\":"), "$description is no JSON object");
	ck_assert_str_eq(refused("{}"), "$description is of another version than 5");
	ear_open(&dialect_homie5);
	ck_assert_int_eq(ear_hear("homie/5/$broadcast/$state", "ready"), 0);
	ck_assert_str_eq(ear_devices(), "");
	ck_assert_int_eq(ear_hear("homie/5/x/$state", "ready"), 0);
	ck_assert_int_eq(ear_hear("homie/5/x/$description",
				  "{'homie':'5.0','nodes':{'a':7,'b':{'properties':7},'c':{'properties':{'p':{},'q':7,'r/s':{'datatype':'string'}}},"
				  "'d/e':{'properties':{'p':{'datatype':'string'}}}}}"), 0);
	const struct description *d = ear_describe("x");
	ck_assert_str_eq(d->name, "x");
	ck_assert_int_eq(d->entity_count, 1);
	ear_close();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_conventions_example, numbers, words, moments, colors, what_states_mean, coming_and_going, nonsense};
	return suite_run("homie5", tests, sizeof tests / sizeof *tests);
}
