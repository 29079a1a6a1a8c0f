/* Shelly, first generation: what a device is follows from the model that it announces. */
#include <stdio.h>
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
	ck_abort_msg("no entity %s in %s", id, ear_json());
	return NULL;
}

static bool has(const struct description *d, const char *id)
{
	for (size_t i = 0; i < d->entity_count; i++)
		if (strcmp(d->entities[i].id, id) == 0)
			return true;
	return false;
}

/* A device "x" of this model and mode. */
static const struct description *announced(const char *model, const char *mode)
{
	char payload[256];
	snprintf(payload, sizeof payload, "{'id':'x','model':'%s','mac':'98CDAC38E9F5','ip':'192.168.76.119','new_fw':false,"
					  "'fw_ver':'20220209-093016/v1.11.8-g8c7bb8d','mode':'%s'}", model, mode);
	ck_assert_int_eq(ear_hear("shellies/x/announce", payload), 0);
	const struct description *d = ear_describe("x");
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->note, "");
	return d;
}

START_TEST(two_relays)
{
	ear_open(&dialect_shelly_gen1);
	ck_assert_int_eq(ear_hear("shellies/shellyswitch25-98CDAC38E9F5/online", "true"), 0);
	ck_assert_str_eq(ear_asked(), "shellies/shellyswitch25-98CDAC38E9F5/command announce");
	ck_assert_int_eq(ear_hear("shellies/shellyswitch25-98CDAC38E9F5/online", "false"), 0);
	ck_assert_str_eq(ear_asked(), "");
	ck_assert_int_eq(ear_hear_file("shellies/shellyswitch25-98CDAC38E9F5/announce", "shelly_gen1/shelly25.json"), 0);
	ck_assert_str_eq(ear_devices(), "shellyswitch25-98CDAC38E9F5");
	const struct description *d = ear_describe("shellyswitch25-98CDAC38E9F5");
	ck_assert_str_eq(d->name, "shellyswitch25-98CDAC38E9F5");
	ck_assert_str_eq(d->model, "Shelly 2.5");
	ck_assert_str_eq(d->sw_version, "20220209-093016/v1.11.8-g8c7bb8d");
	ck_assert_str_eq(d->availability[0].topic, "shellies/shellyswitch25-98CDAC38E9F5/online");
	ck_assert_str_eq(d->asks[0].topic, "shellies/shellyswitch25-98CDAC38E9F5/command");
	ck_assert_str_eq(d->asks[0].payload, "update");
	ck_assert_str_eq(entity(d, "relay_1")->name, "Relay 2");
	ck_assert_str_eq(ear_after("relay_1", "shellies/shellyswitch25-98CDAC38E9F5/relay/1", "on"), "'ON'");
	ck_assert_str_eq(ear_after("relay_1", "shellies/shellyswitch25-98CDAC38E9F5/relay/1", "overpower"), "'OFF'");
	ck_assert_str_eq(ear_wish("relay_1", "'ON'"), "shellies/shellyswitch25-98CDAC38E9F5/relay/1/command on");
	ck_assert_str_eq(ear_after("relay_0_power", "shellies/shellyswitch25-98CDAC38E9F5/relay/0/power", "23.5"), "23.5");
	ck_assert_str_eq(ear_after("relay_0_energy", "shellies/shellyswitch25-98CDAC38E9F5/relay/0/energy", "600"), "10");
	ck_assert_str_eq(entity(d, "relay_0_energy")->state_class, "total_increasing");
	ck_assert_str_eq(ear_after("input_1", "shellies/shellyswitch25-98CDAC38E9F5/input/1", "1"), "'ON'");
	ck_assert_str_eq(ear_after("inside_temperature", "shellies/shellyswitch25-98CDAC38E9F5/temperature", "51.2"), "51.2");
	ck_assert_str_eq(ear_after("wifi_signal", "shellies/shellyswitch25-98CDAC38E9F5/info", "{'wifi_sta':{'connected':true,'rssi':-37}}"), "-37");
	ear_close();
}
END_TEST

START_TEST(a_roller)
{
	ear_open(&dialect_shelly_gen1);
	const struct description *d = announced("SHSW-25", "roller");
	ck_assert(!has(d, "relay_0"));
	ck_assert_int_eq(entity(d, "roller_0")->component, COMPONENT_COVER);
	ck_assert_str_eq(ear_after("roller_0", "shellies/x/roller/0/pos", "40"), "{'state':null,'position':40}");
	ck_assert_str_eq(ear_after("roller_0", "shellies/x/roller/0/pos", "-1"), "{'state':null,'position':40}");
	ck_assert_str_eq(ear_wish("roller_0", "'CLOSE'"), "shellies/x/roller/0/command close");
	ck_assert_str_eq(ear_wish("roller_0", "'STOP'"), "shellies/x/roller/0/command stop");
	ck_assert_str_eq(ear_wish("roller_0", "{'position':70}"), "shellies/x/roller/0/command/pos 70");
	ck_assert_str_eq(ear_after("roller_0_power", "shellies/x/roller/0/power", "120"), "120");
	ear_close();
}
END_TEST

START_TEST(lamps)
{
	ear_open(&dialect_shelly_gen1);
	const struct description *d = announced("SHDM-2", "white");
	ck_assert_uint_eq(entity(d, "light_0")->color_modes, COLOR_MODE_BRIGHTNESS);
	ck_assert_str_eq(ear_after("light_0", "shellies/x/light/0/status", "{'ison':true,'source':'mqtt','mode':'white','brightness':40,'transition':0}"),
			 "{'state':'ON','brightness':102}");
	ck_assert_str_eq(ear_wish("light_0", "{'brightness':51}"), "shellies/x/light/0/set {'turn':'on','brightness':20}, shellies/x/light/0/command on");
	ck_assert_str_eq(ear_wish("light_0", "'OFF'"), "shellies/x/light/0/command off");
	ck_assert(has(d, "light_0_power") && has(d, "input_1"));

	d = announced("SHBDUO-1", "white");
	ck_assert_uint_eq(entity(d, "light_0")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_COLOR_TEMP);
	ck_assert_str_eq(ear_after("light_0", "shellies/x/light/0/status", "{'ison':true,'brightness':100,'white':5,'temp':3000}"),
			 "{'state':'ON','brightness':255,'color_temp':3000}");
	ck_assert_str_eq(ear_wish("light_0", "{'color_temp':4000}"), "shellies/x/light/0/set {'turn':'on','temp':4000}, shellies/x/light/0/command on");

	d = announced("SHCB-1", "color");
	ck_assert_uint_eq(entity(d, "color_0")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_COLOR_TEMP | COLOR_MODE_RGB);
	ck_assert_str_eq(ear_after("color_0", "shellies/x/color/0/status",
				   "{'ison':true,'mode':'color','red':255,'green':10,'blue':0,'white':0,'gain':20,'temp':4000,'brightness':90,'effect':0}"),
			 "{'state':'ON','brightness':51,'color':{'r':255,'g':10,'b':0}}");
	ck_assert_str_eq(ear_wish("color_0", "{'color':{'r':1,'g':2,'b':3}}"),
			 "shellies/x/color/0/set {'mode':'color','turn':'on','red':1,'green':2,'blue':3}, shellies/x/color/0/command on");
	ck_assert_str_eq(ear_wish("color_0", "{'color_temp':4000}"),
			 "shellies/x/color/0/set {'mode':'white','turn':'on','temp':4000}, shellies/x/color/0/command on");

	d = announced("SHRGBW2", "color");
	ck_assert_uint_eq(entity(d, "color_0")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_RGB);
	ck_assert_str_eq(ear_wish("color_0", "{'brightness':255}"), "shellies/x/color/0/set {'turn':'on','gain':100}, shellies/x/color/0/command on");

	d = announced("SHRGBW2", "white");
	ck_assert_uint_eq(entity(d, "white_3")->color_modes, COLOR_MODE_BRIGHTNESS);
	ck_assert_str_eq(entity(d, "white_3")->name, "Channel 4");
	ck_assert_str_eq(ear_wish("white_3", "'OFF'"), "shellies/x/white/3/command off");
	ear_close();
}
END_TEST

START_TEST(meters)
{
	ear_open(&dialect_shelly_gen1);
	const struct description *d = announced("SHEM-3", "");
	ck_assert_str_eq(entity(d, "relay_0")->name, "");
	ck_assert_str_eq(entity(d, "emeter_2_voltage")->name, "Meter 3 Voltage");
	ck_assert_str_eq(ear_after("emeter_2_total", "shellies/x/emeter/2/total", "12345.6"), "12345.6");
	ck_assert_str_eq(entity(d, "emeter_0_pf")->device_class, "power_factor");
	ear_close();
}
END_TEST

START_TEST(sensors)
{
	ear_open(&dialect_shelly_gen1);
	const struct description *d = announced("SHHT-1", "");
	ck_assert_int_eq(d->availability_count, 0);
	ck_assert_int_eq(d->ask_count, 0);
	ck_assert_str_eq(ear_after("temperature", "shellies/x/sensor/temperature", "21.6"), "21.6");
	ck_assert_str_eq(ear_after("humidity", "shellies/x/sensor/humidity", "47.5"), "47.5");
	ck_assert_str_eq(ear_after("battery", "shellies/x/sensor/battery", "88"), "88");

	announced("SHWT-1", "");
	ck_assert_str_eq(ear_after("moisture", "shellies/x/sensor/flood", "true"), "'ON'");
	announced("SHDW-2", "");
	ck_assert_str_eq(ear_after("opening", "shellies/x/sensor/state", "open"), "'ON'");
	ck_assert_str_eq(ear_after("opening", "shellies/x/sensor/state", "close"), "'OFF'");
	ck_assert_str_eq(ear_after("lux", "shellies/x/sensor/lux", "310"), "310");
	announced("SHMOS-01", "");
	ck_assert_str_eq(ear_after("motion", "shellies/x/status", "{'motion':true,'timestamp':1605112210,'active':true,'vibration':false,'lux':10,'bat':97}"),
			 "'ON'");
	announced("SHSM-01", "");
	ck_assert_str_eq(ear_after("smoke", "shellies/x/sensor/smoke", "false"), "'OFF'");
	announced("SHGS-1", "");
	ck_assert_str_eq(ear_after("gas", "shellies/x/sensor/gas", "heavy"), "'ON'");
	ck_assert_str_eq(ear_after("gas", "shellies/x/sensor/gas", "unknown"), "'ON'");
	ck_assert_str_eq(ear_after("gas", "shellies/x/sensor/gas", "none"), "'OFF'");
	ear_close();
}
END_TEST

START_TEST(buttons)
{
	ear_open(&dialect_shelly_gen1);
	const struct description *d = announced("SHIX3-1", "");
	ck_assert_int_eq(d->ask_count, 0); /* it would tell its last events again */
	ck_assert_str_eq(ear_after("button_2", "shellies/x/input_event/2", "{'event':'SS','event_cnt':2}"), "'double_push'");
	ck_assert_str_eq(ear_after("button_2", "shellies/x/input_event/2", "{'event':'','event_cnt':0}"), "'double_push'");
	d = announced("SHBTN-2", "");
	ck_assert_str_eq(entity(d, "button_0")->name, "");
	ck_assert_str_eq(ear_after("button_0", "shellies/x/input_event/0", "{'event':'L','event_cnt':3}"), "'long_push'");
	ear_close();
}
END_TEST

START_TEST(a_valve)
{
	static const char info[] = "{'wifi_sta':{'rssi':-61},'bat':{'value':77,'voltage':3.9},'thermostats':[{'pos':%s,'target_t':{'enabled':true,'value':21.5,"
				   "'units':'C'},'tmp':{'value':19.8,'units':'C','is_valid':true},'schedule':false}]}";
	char text[512];
	ear_open(&dialect_shelly_gen1);
	const struct description *d = announced("SHTRV-01", "");
	ck_assert_str_eq(d->note, "");
	ck_assert_int_eq(entity(d, "thermostat_0")->component, COMPONENT_CLIMATE);
	ck_assert_str_eq(d->availability[0].topic, "shellies/x/online");
	snprintf(text, sizeof text, info, "35.5");
	ck_assert_str_eq(ear_after("thermostat_0", "shellies/x/info", text), "{'state':'heat','target':21.5,'current':19.8,'action':'heating'}");
	ck_assert_str_eq(ear_after("valve", "shellies/x/info", text), "35.5");
	ck_assert_str_eq(ear_after("battery", "shellies/x/info", text), "77");
	snprintf(text, sizeof text, info, "0");
	ck_assert_str_eq(ear_after("thermostat_0", "shellies/x/info", text), "{'state':'heat','target':21.5,'current':19.8,'action':'idle'}");
	ck_assert_str_eq(ear_wish("thermostat_0", "{'target':18}"), "shellies/x/thermostat/0/command/target_t 18");
	ear_close();
}
END_TEST

START_TEST(bad_and_gone)
{
	ear_open(&dialect_shelly_gen1);
	ck_assert_int_eq(ear_hear("shellies/x/announce", "oops"), ERR_MALFORMED);
	ck_assert_str_eq(ear_message(), "a Shelly's announcement is not a JSON object");
	announced("SHSW-1", "");
	ck_assert_str_eq(ear_devices(), "x");
	ear_hear("shellies/x/announce", "");
	ck_assert_str_eq(ear_devices(), "");

	const struct fragment unknown = {"shellies/x/announce", span_str("{\"id\":\"x\",\"model\":\"SHNEW-9\"}")};
	json_t *root;
	char message[DIALECT_MESSAGE_SIZE];
	ck_assert_int_eq(dialect_shelly_gen1.translate(&unknown, 1, &root, message), ERR_MALFORMED);
	ck_assert_str_eq(message, "key model: no Shelly of the first generation is a \"SHNEW-9\"");
	ck_assert_ptr_null(root);
	ear_close();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {two_relays, a_roller, lamps, meters, sensors, buttons, a_valve, bad_and_gone};
	return suite_run("shelly_gen1", tests, sizeof tests / sizeof *tests);
}
