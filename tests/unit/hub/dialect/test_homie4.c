/* Homie 4: the attributes of the convention's example and of real devices, one retained message each. */
#include <string.h>

#include "base/err.h"
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

START_TEST(a_car)
{
	ear_open(&dialect_homie4);
	ear_hear_lines("homie4/super-car.txt");
	ck_assert_str_eq(ear_devices(), "super-car");
	const struct description *d = ear_describe("super-car");
	ck_assert_str_eq(d->note, "");
	ck_assert_str_eq(d->name, "Super car");
	ck_assert_str_eq(d->model, "esp8266");
	ck_assert_int_eq(d->entity_count, 5);
	const struct entity *e = entity(d, "engine_temperature");
	ck_assert_str_eq(e->platform, "sensor");
	ck_assert_str_eq(e->unit, "°C");
	ck_assert_str_eq(e->device_class, "temperature");
	ck_assert_str_eq(e->name, "Car engine Engine temperature");
	ck_assert_str_eq(ear_after("engine_temperature", "homie/super-car/engine/temperature", "21.5"), "21.5");
	ck_assert_str_eq(entity(d, "wheels_angle")->platform, "number");
	ck_assert_str_eq(ear_wish("wheels_angle", "12"), "homie/super-car/wheels/angle/set 12");
	ck_assert_str_eq(ear_wish("lights_power", "'ON'"), "homie/super-car/lights/power/set true");
	ck_assert_str_eq(ear_wish("engine_direction", "'reverse'"), "homie/super-car/engine/direction/set reverse");
	ck_assert_str_eq(ear_after("lights_color", "homie/super-car/lights/color", "0,0,255"), "{'state':'ON','color':{'r':0,'g':0,'b':255}}");
	ck_assert_str_eq(ear_wish("lights_color", "{'color':{'r':255,'g':0,'b':0}}"),
			 "homie/super-car/lights/color/set 255,255,255, homie/super-car/lights/color/set 255,0,0");
	ck_assert_int_eq(d->availability_count, 1);
	ck_assert_str_eq(d->availability[0].topic, "homie/super-car/$state");
	ear_close();
}
END_TEST

START_TEST(an_older_device)
{
	ear_open(&dialect_homie4);
	ear_hear_lines("homie4/sensor-3.txt"); /* version 3: datatypes may be left out, arrays of nodes are */
	const struct description *d = ear_describe("686f6d6965");
	ck_assert_str_eq(d->name, "Bath");
	ck_assert_str_eq(d->sw_version, "1.0.4");
	ck_assert_str_eq(d->model, "climate");
	ck_assert_int_eq(d->entity_count, 2);
	ck_assert_str_eq(ear_after("air_humidity", "homie/686f6d6965/air/humidity", "61.2"), "61.2");
	ck_assert_str_eq(entity(d, "air_note")->platform, "sensor");
	ear_close();
}
END_TEST

START_TEST(patience)
{
	static const char *const messages[][2] = {
		{"homie/d/$nodes", "n"}, {"homie/d/n/$properties", "p,q"}, {"homie/d/n/p/$datatype", "boolean"},
		{"homie/d/$homie", "4.0.0"}, {"homie/d/n/q/$datatype", "integer"},
	};
	ear_open(&dialect_homie4);
	for (size_t i = 0; i < 5; i++) {
		ck_assert_int_eq(ear_hear(messages[i][0], messages[i][1]), 0);
		ck_assert_int_eq(ear_describe("d") != NULL, i == 4);
	}
	ck_assert_str_eq(ear_describe("d")->name, "d");
	ck_assert_str_eq(ear_describe("d")->entities[0].platform, "binary_sensor");
	ck_assert_int_eq(ear_hear("homie/d/n/p/$settable", "true"), 0); /* a late one changes it */
	ck_assert_str_eq(ear_describe("d")->entities[0].platform, "switch");
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(ear_hear(messages[i][0], ""), 0);
	ck_assert_int_eq(ear_hear("homie/d/n/p/$settable", ""), 0);
	ck_assert_str_eq(ear_devices(), "");
	ear_close();
}
END_TEST

START_TEST(nonsense)
{
	char message[DIALECT_MESSAGE_SIZE] = "";
	json_t *root;
	ear_open(&dialect_homie4);
	ck_assert_int_eq(ear_hear("homie/5/$name", "that is version 5"), 0);
	ck_assert_int_eq(ear_hear("homie/$broadcast/$name", "x"), 0);
	ck_assert_str_eq(ear_devices(), "");
	ck_assert_int_eq(ear_hear("homie/d/$homie", "4.0"), 0);
	ck_assert_int_eq(ear_hear("homie/d/$nodes", ",a,,b[],c d,"), 0);
	ck_assert_int_eq(ear_hear("homie/d/a/$properties", ",x y,,"), 0);
	ck_assert_int_eq(ear_describe("d")->entity_count, 0);
	const struct fragment fragments[] = {{"homie/d/$homie", span_str("2.1.0")}, {"homie/d/$nodes", span_str("a")}};
	ck_assert_int_eq(dialect_homie4.translate(fragments, 2, &root, message), ERR_MALFORMED);
	ck_assert_str_eq(message, "$homie is of another version than 3 or 4");
	ck_assert_ptr_null(root);
	ear_close();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_car, an_older_device, patience, nonsense};
	return suite_run("homie4", tests, sizeof tests / sizeof *tests);
}
