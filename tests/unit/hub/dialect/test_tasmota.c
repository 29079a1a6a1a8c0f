/* Tasmota: what its devices published becomes entities, follows its reports and obeys in its own words. */
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

/* A configuration of one's own; rest: what differs from a plain one-relay plug, with a comma before. */
static const struct description *configured(const char *rest)
{
	char payload[2048];
	snprintf(payload, sizeof payload,
		 "{'dn':'Thing','hn':'thing-1','mac':'AABBCCDDEEFF','md':'Generic','state':['OFF','ON','TOGGLE','HOLD'],"
		 "'sw':'14.2.0','t':'thing','ft':'%%prefix%%/%%topic%%/','tp':['cmnd','stat','tele'],'ver':1%s}", rest);
	ck_assert_int_eq(ear_hear("tasmota/discovery/AABBCCDDEEFF/config", payload), 0);
	const struct description *d = ear_describe("AABBCCDDEEFF");
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->note, "");
	return d;
}

START_TEST(a_plug)
{
	ear_open(&dialect_tasmota);
	ck_assert_int_eq(ear_hear_file("tasmota/discovery/E09806F17F56/sensors", "tasmota/athom_plug.sensors.json"), 0);
	ck_assert_ptr_null(ear_describe("E09806F17F56")); /* its sensors alone do not show it */
	ck_assert_int_eq(ear_hear_file("tasmota/discovery/E09806F17F56/config", "tasmota/athom_plug.config.json"), 0);
	ck_assert_str_eq(ear_devices(), "E09806F17F56");

	const struct description *d = ear_describe("E09806F17F56");
	ck_assert_str_eq(d->name, "Tasmota");
	ck_assert_str_eq(d->manufacturer, "Tasmota");
	ck_assert_str_eq(d->model, "Athom Plug V2");
	ck_assert_str_eq(d->sw_version, "10.1.0");
	ck_assert_str_eq(d->note, "");
	ck_assert_int_eq(d->availability_count, 1);
	ck_assert_str_eq(d->availability[0].topic, "tele/tasmota_F17F56/LWT");
	ck_assert_str_eq(d->availability[0].available, "Online");
	ck_assert_str_eq(d->availability[0].unavailable, "Offline");
	ck_assert_int_eq(d->ask_count, 2);
	ck_assert_str_eq(d->asks[0].topic, "cmnd/tasmota_F17F56/STATE");
	ck_assert_str_eq(d->asks[1].topic, "cmnd/tasmota_F17F56/TELEPERIOD");
	ck_assert_str_eq(d->asks[1].payload, "");

	const struct entity *relay = entity(d, "relay_1");
	ck_assert_int_eq(relay->component, COMPONENT_SWITCH);
	ck_assert_str_eq(relay->name, "");
	ck_assert_str_eq(ear_after("relay_1", "stat/tasmota_F17F56/RESULT", "{'POWER':'ON'}"), "'ON'");
	ck_assert_str_eq(ear_after("relay_1", "stat/tasmota_F17F56/RESULT", "{'TelePeriod':300}"), "'ON'");
	ck_assert_str_eq(ear_after("relay_1", "stat/tasmota_F17F56/RESULT", "{'POWER1':'OFF'}"), "'OFF'"); /* SetOption26 */
	ck_assert_str_eq(ear_wish("relay_1", "'ON'"), "cmnd/tasmota_F17F56/POWER1 ON");
	ck_assert_str_eq(ear_wish("relay_1", "'OFF'"), "cmnd/tasmota_F17F56/POWER1 OFF");
	ear_close();
}
END_TEST

START_TEST(what_a_plug_measures)
{
	ear_open(&dialect_tasmota);
	static const char sensor[] = "tele/tasmota_F17F56/SENSOR";
	ear_hear_file("tasmota/discovery/E09806F17F56/sensors", "tasmota/athom_plug.sensors.json");
	ear_hear_file("tasmota/discovery/E09806F17F56/config", "tasmota/athom_plug.config.json");
	const struct description *d = ear_describe("E09806F17F56");
	static const struct {
		const char *id, *name, *unit, *device_class, *state_class;
	} expected[] = {
		{"ENERGY_Power", "ENERGY Power", "W", "power", "measurement"},
		{"ENERGY_Voltage", "ENERGY Voltage", "V", "voltage", "measurement"},
		{"ENERGY_Current", "ENERGY Current", "A", "current", "measurement"},
		{"ENERGY_Factor", "ENERGY Factor", "", "power_factor", "measurement"},
		{"ENERGY_ApparentPower", "ENERGY ApparentPower", "VA", "apparent_power", "measurement"},
		{"ENERGY_ReactivePower", "ENERGY ReactivePower", "var", "reactive_power", "measurement"},
		{"ENERGY_Total", "ENERGY Total", "kWh", "energy", "total"},
		{"ENERGY_Today", "ENERGY Today", "kWh", "energy", "total_increasing"},
		{"ENERGY_Yesterday", "ENERGY Yesterday", "kWh", "energy", ""},
		{"ENERGY_TotalStartTime", "ENERGY TotalStartTime", "", "", ""},
		{"wifi_signal", "Wi-Fi signal", "dBm", "signal_strength", "measurement"},
		{"uptime", "Uptime", "s", "duration", "measurement"},
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct entity *e = entity(d, expected[i].id);
		ck_assert_int_eq(e->component, COMPONENT_SENSOR);
		ck_assert_str_eq(e->name, expected[i].name);
		ck_assert_str_eq(e->unit, expected[i].unit);
		ck_assert_str_eq(e->device_class, expected[i].device_class);
		ck_assert_str_eq(e->state_class, expected[i].state_class);
	}
	ck_assert(!has(d, "Time"));
	static const char report[] = "{'Time':'2023-06-24T09:19:26','ENERGY':{'TotalStartTime':'2023-06-24T08:32:22','Total':0.001,"
				     "'Period':0,'Power':12,'Voltage':231,'Current':0.052}}";
	ck_assert_str_eq(ear_after("ENERGY_Power", sensor, report), "12");
	ck_assert_str_eq(ear_after("ENERGY_Total", sensor, report), "0.001");
	ck_assert_str_eq(ear_after("ENERGY_TotalStartTime", sensor, report), "'2023-06-24T08:32:22'");
	ck_assert_str_eq(ear_after("ENERGY_Power", sensor, "{'Time':'2023-06-24T09:19:26'}"), "12");
	ck_assert_str_eq(ear_after("wifi_signal", "tele/tasmota_F17F56/STATE", "{'POWER':'ON','UptimeSec':2409,'Wifi':{'RSSI':92,'Signal':-54}}"),
			 "-54");
	ck_assert_str_eq(ear_after("uptime", "tele/tasmota_F17F56/STATE", "{'POWER':'ON','UptimeSec':2409,'Wifi':{'RSSI':92,'Signal':-54}}"),
			 "2409");
	ck_assert_str_eq(ear_wish("restart", "'PRESS'"), "cmnd/tasmota_F17F56/Restart 1");
	ear_close();
}
END_TEST

START_TEST(two_relays)
{
	ear_open(&dialect_tasmota);
	ear_hear_file("tasmota/discovery/D8F15BB3DB2D/config", "tasmota/sonoff_t1.config.json");
	const struct description *d = ear_describe("D8F15BB3DB2D");
	ck_assert_str_eq(entity(d, "relay_1")->name, "Tasmota");
	ck_assert_str_eq(entity(d, "relay_2")->name, "Tasmota2");
	ck_assert_str_eq(ear_after("relay_1", "stat/tasmota_B3DB2D/RESULT", "{'POWER1':'ON'}"), "'ON'");
	ck_assert_str_eq(ear_after("relay_2", "stat/tasmota_B3DB2D/RESULT", "{'POWER2':'OFF'}"), "'OFF'");
	ck_assert_str_eq(ear_after("relay_2", "stat/tasmota_B3DB2D/RESULT", "{'POWER1':'ON'}"), "'OFF'");
	ck_assert_str_eq(ear_wish("relay_2", "'TOGGLE'"), "cmnd/tasmota_B3DB2D/POWER2 ON");
	ear_close();
}
END_TEST

START_TEST(a_lamp_of_all_colours)
{
	ear_open(&dialect_tasmota);
	static const char result[] = "stat/SONOFF_RGBW1/RESULT";
	ear_hear_file("tasmota/discovery/6001946F966E/config", "tasmota/h801.config.json");
	const struct description *d = ear_describe("6001946F966E");
	const struct entity *light = entity(d, "light_1");
	ck_assert_int_eq(light->component, COMPONENT_LIGHT);
	ck_assert_str_eq(light->name, "");
	ck_assert_uint_eq(light->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_COLOR_TEMP | COLOR_MODE_HS);
	ck_assert(light->min_kelvin == 2000 && light->max_kelvin == 6536);
	ck_assert_uint_eq(light->effects.count, 5);
	ck_assert_str_eq(ear_after("light_1", result,
				   "{'POWER':'ON','Dimmer':100,'Color':'FF00000000','HSBColor':'0,100,100','White':0,'CT':479,'Channel':[100,0,0,0,0]}"),
			 "{'state':'ON','brightness':255,'color':{'h':0,'s':100}}");
	ck_assert_str_eq(ear_after("light_1", result, "{'POWER':'OFF'}"), "{'state':'OFF','brightness':255,'color':{'h':0,'s':100}}");
	ck_assert_ptr_nonnull(strstr(ear_after("light_1", result,
					       "{'POWER':'ON','Dimmer':40,'Color':'0000006600','HSBColor':'0,0,0','White':40,'CT':250,"
					       "'Channel':[0,0,0,40,0],'Scheme':0}"),
				     "'color_temp':4000"));

	ck_assert_str_eq(ear_wish("light_1", "'OFF'"), "cmnd/SONOFF_RGBW1/POWER1 OFF");
	ck_assert_str_eq(ear_wish("light_1", "{'brightness':128}"), "cmnd/SONOFF_RGBW1/Dimmer 50, cmnd/SONOFF_RGBW1/POWER1 ON");
	ck_assert_str_eq(ear_wish("light_1", "{'color_temp':4000}"), "cmnd/SONOFF_RGBW1/CT 250, cmnd/SONOFF_RGBW1/POWER1 ON");
	ck_assert_str_eq(ear_wish("light_1", "{'color':{'h':119.6,'s':80}}"),
			 "cmnd/SONOFF_RGBW1/Backlog NoDelay;HSBColor1 120;NoDelay;HSBColor2 80, cmnd/SONOFF_RGBW1/POWER1 ON");
	ck_assert_str_eq(ear_wish("light_1", "{'color':{'r':0,'g':0,'b':255}}"),
			 "cmnd/SONOFF_RGBW1/Backlog NoDelay;HSBColor1 240;NoDelay;HSBColor2 100, cmnd/SONOFF_RGBW1/POWER1 ON");
	ck_assert_str_eq(ear_wish("light_1", "{'effect':'Cycle up'}"), "cmnd/SONOFF_RGBW1/Scheme 2, cmnd/SONOFF_RGBW1/POWER1 ON");
	ear_close();
}
END_TEST

START_TEST(other_lamps)
{
	ear_open(&dialect_tasmota);
	const struct description *d = configured(",'rl':[2],'lt_st':1");
	ck_assert_uint_eq(entity(d, "light_1")->color_modes, COLOR_MODE_BRIGHTNESS);
	ck_assert_str_eq(ear_after("light_1", "stat/thing/RESULT", "{'POWER':'ON','Dimmer':20}"), "{'state':'ON','brightness':51}");

	d = configured(",'rl':[2],'lt_st':2,'so':{'82':1}");
	ck_assert_uint_eq(entity(d, "light_1")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_COLOR_TEMP);
	ck_assert(entity(d, "light_1")->max_kelvin == 5000);
	ck_assert_str_eq(ear_after("light_1", "stat/thing/RESULT", "{'POWER':'ON','Dimmer':20,'Color':'3300','White':20,'CT':200}"),
			 "{'state':'ON','brightness':51,'color_temp':5000}");

	d = configured(",'rl':[2],'lt_st':3");
	ck_assert_uint_eq(entity(d, "light_1")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_HS);

	d = configured(",'rl':[2],'lt_st':4,'lk':1");
	ck_assert_str_eq(ear_after("white", "stat/thing/RESULT", "{'POWER':'ON','White':70}"), "70");
	ck_assert_str_eq(ear_wish("white", "30"), "cmnd/thing/White 30");

	/* unlinked: the colours and the white are two lamps */
	d = configured(",'rl':[2,2],'lt_st':5,'lk':0");
	ck_assert_uint_eq(entity(d, "light_1")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_HS);
	ck_assert_uint_eq(entity(d, "light_2")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_COLOR_TEMP);
	ck_assert_str_eq(ear_wish("light_2", "{'brightness':255}"), "cmnd/thing/Dimmer2 100, cmnd/thing/POWER2 ON");
	ck_assert_str_eq(ear_after("light_2", "stat/thing/RESULT", "{'POWER2':'ON','Dimmer1':10,'Dimmer2':60}"), "{'state':'ON','brightness':153}");

	/* each channel a dimmer */
	d = configured(",'rl':[2,2],'lt_st':2,'so':{'68':1}");
	ck_assert_uint_eq(entity(d, "light_2")->color_modes, COLOR_MODE_BRIGHTNESS);
	ck_assert_str_eq(ear_wish("light_2", "{'brightness':51}"), "cmnd/thing/Channel2 20, cmnd/thing/POWER2 ON");

	/* a TuyaMCU's dimmer */
	configured(",'rl':[2],'lt_st':1,'ty':1");
	ck_assert_str_eq(ear_wish("light_1", "{'brightness':51}"), "cmnd/thing/Dimmer3 20, cmnd/thing/POWER1 ON");
	ear_close();
}
END_TEST

START_TEST(relays_shown_as_lamps)
{
	ear_open(&dialect_tasmota);
	const struct description *d = configured(",'rl':[1],'so':{'30':1}");
	ck_assert_int_eq(entity(d, "relay_1")->component, COMPONENT_LIGHT);
	ck_assert_uint_eq(entity(d, "relay_1")->color_modes, COLOR_MODE_ONOFF);
	ck_assert_str_eq(ear_after("relay_1", "stat/thing/RESULT", "{'POWER':'ON'}"), "{'state':'ON'}");
	ck_assert_str_eq(ear_wish("relay_1", "'OFF'"), "cmnd/thing/POWER1 OFF");
	ear_close();
}
END_TEST

START_TEST(shutters)
{
	ear_open(&dialect_tasmota);
	const struct description *d = configured(",'rl':[3,3,3,3],'sho':[0,1]");
	ck_assert_int_eq(entity(d, "shutter_1")->component, COMPONENT_COVER);
	ck_assert(!has(d, "shutter_3"));
	ck_assert_int_eq(d->ask_count, 4);
	ck_assert_str_eq(d->asks[2].topic, "cmnd/thing/ShutterPosition1");
	ck_assert_str_eq(ear_after("shutter_1", "stat/thing/RESULT", "{'Shutter1':{'Position':0,'Direction':1,'Target':100,'Tilt':0}}"),
			 "{'state':'opening','position':0}");
	ck_assert_str_eq(ear_after("shutter_1", "stat/thing/RESULT", "{'Shutter1':{'Position':60,'Direction':0,'Target':60,'Tilt':0}}"),
			 "{'state':'open','position':60}");
	ck_assert_str_eq(ear_after("shutter_1", "stat/thing/RESULT", "{'Shutter2':{'Position':0,'Direction':0,'Target':0,'Tilt':0}}"),
			 "{'state':'open','position':60}");
	ck_assert_str_eq(ear_after("shutter_1", "stat/thing/RESULT", "{'POWER1':'OFF'}"), "{'state':'open','position':60}");
	ck_assert_str_eq(ear_after("shutter_1", "stat/thing/RESULT", "{'Shutter1':{'Position':0,'Direction':0,'Target':0,'Tilt':0}}"),
			 "{'state':'closed','position':0}");
	ck_assert_str_eq(ear_wish("shutter_1", "'OPEN'"), "cmnd/thing/ShutterPosition1 OPEN");
	ck_assert_str_eq(ear_wish("shutter_1", "'STOP'"), "cmnd/thing/ShutterPosition1 STOP");
	ck_assert_str_eq(ear_wish("shutter_1", "{'position':25}"), "cmnd/thing/ShutterPosition1 25");
	/* the second one counts from the other end */
	ck_assert_str_eq(ear_after("shutter_2", "stat/thing/RESULT", "{'Shutter2':{'Position':100,'Direction':0,'Target':100}}"),
			 "{'state':'closed','position':0}");
	ck_assert_str_eq(ear_after("shutter_2", "stat/thing/RESULT", "{'Shutter2':{'Position':90,'Direction':-1,'Target':0}}"),
			 "{'state':'opening','position':10}");
	ck_assert_str_eq(ear_wish("shutter_2", "{'position':25}"), "cmnd/thing/ShutterPosition2 75");
	ear_close();
}
END_TEST

START_TEST(everything_at_once)
{
	ear_open(&dialect_tasmota);
	ear_hear_file("tasmota/discovery/AABBCCDDEEFF/config", "tasmota/all_classes.config.json");
	const struct description *d = ear_describe("AABBCCDDEEFF");
	ck_assert_str_eq(d->availability[0].topic, "all-classes/tele/all_classes/DDEEFF/LWT");
	ck_assert_str_eq(entity(d, "light_1")->name, "Color Light");
	ck_assert_int_eq(entity(d, "shutter_1")->component, COMPONENT_COVER);
	ck_assert_str_eq(ear_wish("light_1", "'ON'"), "all-classes/cmnd/all_classes/DDEEFF/POWER1 ON");
	/* its switches and buttons */
	ck_assert_int_eq(entity(d, "switch_1")->component, COMPONENT_EVENT);
	ck_assert_int_eq(entity(d, "switch_2")->component, COMPONENT_BINARY_SENSOR);
	ck_assert_str_eq(entity(d, "switch_2")->name, "Motion");
	ck_assert_int_eq(entity(d, "button_1")->component, COMPONENT_EVENT);
	ck_assert(!has(d, "button_2"));
	static const char result[] = "all-classes/stat/all_classes/DDEEFF/RESULT";
	ck_assert_str_eq(ear_after("switch_2", result, "{'Switch2':{'Action':'ON'}}"), "'ON'");
	ck_assert_str_eq(ear_after("switch_2", result, "{'Switch1':{'Action':'OFF'}}"), "'ON'");
	ck_assert_str_eq(ear_after("button_1", result, "{'Button1':{'Action':'DOUBLE'}}"), "'DOUBLE'");
	ck_assert_str_eq(ear_after("button_1", result, "{'POWER':'ON'}"), "'DOUBLE'");
	ck_assert_str_eq(ear_after("switch_1", result, "{'Switch1':{'Action':'HOLD'}}"), "'HOLD'");
	ear_close();
}
END_TEST

START_TEST(a_fan)
{
	ear_open(&dialect_tasmota);
	const struct description *d = configured(",'rl':[2,0,0,0],'if':1");
	ck_assert_int_eq(entity(d, "relay_1")->component, COMPONENT_LIGHT);
	ck_assert_int_eq(entity(d, "fan")->component, COMPONENT_FAN);
	ck_assert_str_eq(ear_after("fan", "stat/thing/RESULT", "{'FanSpeed':3}"), "{'state':'ON','percentage':100}");
	ck_assert_str_eq(ear_after("fan", "stat/thing/RESULT", "{'POWER1':'ON'}"), "{'state':'ON','percentage':100}");
	ck_assert_str_eq(ear_wish("fan", "'OFF'"), "cmnd/thing/FanSpeed 0");
	ck_assert_str_eq(ear_wish("fan", "{'percentage':67}"), "cmnd/thing/FanSpeed 1, cmnd/thing/FanSpeed 2");
	ear_close();
}
END_TEST

START_TEST(all_kinds_of_sensors)
{
	ear_open(&dialect_tasmota);
	ear_hear("tasmota/discovery/AABBCCDDEEFF/sensors",
		 "{'sn':{'Time':'2022-11-28T16:17:32','ANALOG':{'Temperature1':23.2,'A0':169},'DS18B20-1':{'Id':'01131B123456','Temperature':20.6},"
		 "'SHT3X':{'Temperature':26.1,'Humidity':44.5,'DewPoint':13.1},'BME280':{'Temperature':70.1,'Humidity':40,'Pressure':29.9},"
		 "'ENERGY':{'Power':[10,20],'Total':3.5},'TX23':{'Speed':{'Act':14.8,'Max':20.1},'Dir':{'Card':'WSW'}},"
		 "'Switch1':'ON','Shutter1':{'Position':5},'TempUnit':'F','PressureUnit':'inHg','SpeedUnit':'km/h','it\\u0027s':{'odd':1}},'ver':1}");
	const struct description *d = configured("");
	static const struct {
		const char *id, *unit, *device_class;
	} expected[] = {
		{"ANALOG_Temperature1", "°F", "temperature"}, {"ANALOG_A0", "", ""},
		{"DS18B20-1_Temperature", "°F", "temperature"}, {"SHT3X_Humidity", "%", "humidity"},
		{"SHT3X_DewPoint", "°F", "temperature"}, {"BME280_Pressure", "inHg", "pressure"},
		{"ENERGY_Power_0", "W", "power"}, {"ENERGY_Power_1", "W", "power"},
		{"TX23_Speed_Act", "km/h", "wind_speed"}, {"TX23_Dir_Card", "", ""},
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		ck_assert_str_eq(entity(d, expected[i].id)->unit, expected[i].unit);
		ck_assert_str_eq(entity(d, expected[i].id)->device_class, expected[i].device_class);
	}
	ck_assert(!has(d, "DS18B20-1_Id") && !has(d, "Shutter1_Position") && !has(d, "Switch1"));
	static const char report[] = "{'DS18B20-1':{'Id':'01131B123456','Temperature':70.5},'ENERGY':{'Power':[10,25]},"
				     "'TX23':{'Speed':{'Act':3.5},'Dir':{'Card':'N'}}}";
	ck_assert_str_eq(ear_after("DS18B20-1_Temperature", "tele/thing/SENSOR", report), "70.5");
	ck_assert_str_eq(ear_after("ENERGY_Power_1", "tele/thing/SENSOR", report), "25");
	ck_assert_str_eq(ear_after("TX23_Speed_Act", "tele/thing/SENSOR", report), "3.5");
	ck_assert_str_eq(ear_after("TX23_Dir_Card", "tele/thing/SENSOR", report), "'N'");
	/* a meter that announced two phases and tells of one */
	ck_assert_str_eq(ear_after("ENERGY_Power_0", "tele/thing/SENSOR", "{'ENERGY':{'Power':7}}"), "7");
	ck_assert_str_eq(ear_after("ENERGY_Power_1", "tele/thing/SENSOR", "{'ENERGY':{'Power':7}}"), "25");
	ear_close();
}
END_TEST

START_TEST(other_words_and_topics)
{
	ear_open(&dialect_tasmota);
	const struct description *d = configured(",'rl':[1],'tp':['c','s','t'],'ft':'home/%topic%/%prefix%','state':['AUS','AN','x','y'],"
						 "'ofln':'weg','onln':'da'");
	ck_assert_str_eq(d->availability[0].topic, "home/thing/t/LWT");
	ck_assert_str_eq(d->availability[0].available, "da");
	ck_assert_str_eq(ear_after("relay_1", "home/thing/s/RESULT", "{'POWER':'AN'}"), "'ON'");
	ck_assert_str_eq(ear_wish("relay_1", "'OFF'"), "home/thing/c/POWER1 AUS");

	/* SetOption4: no RESULT */
	d = configured(",'rl':[1,1],'so':{'4':1}");
	ck_assert_str_eq(ear_after("relay_2", "stat/thing/POWER2", "{'POWER2':'ON'}"), "'ON'");
	ck_assert_str_eq(ear_after("relay_2", "stat/thing/POWER2", "OFF"), "'OFF'");
	ck_assert_str_eq(d->asks[2].topic, "cmnd/thing/POWER1");
	d = configured(",'rl':[2],'lt_st':1,'so':{'4':1}");
	ck_assert_str_eq(ear_after("light_1", "tele/thing/STATE", "{'POWER':'ON','Dimmer':20}"), "{'state':null,'brightness':51}");
	ear_close();
}
END_TEST

START_TEST(bad_and_gone)
{
	ear_open(&dialect_tasmota);
	ck_assert_int_eq(ear_hear("tasmota/discovery/AABBCCDDEEFF/config", "oops"), ERR_MALFORMED);
	ck_assert_str_eq(ear_message(), "Tasmota's description is not a JSON object");
	ck_assert_int_eq(ear_hear("tasmota/discovery/AABBCCDDEEFF/config", "{'mac':'001122334455'}"), ERR_MALFORMED);
	ck_assert_str_eq(ear_message(), "key mac: is another one than the topic's");
	ck_assert_int_eq(ear_hear("tasmota/discovery/short/config", "{}"), 0);
	ck_assert_str_eq(ear_devices(), "");

	ear_hear_file("tasmota/discovery/E09806F17F56/sensors", "tasmota/athom_plug.sensors.json");
	ear_hear_file("tasmota/discovery/E09806F17F56/config", "tasmota/athom_plug.config.json");
	ck_assert_str_eq(ear_devices(), "E09806F17F56");
	ear_hear("tasmota/discovery/E09806F17F56/config", "");
	ear_hear("tasmota/discovery/E09806F17F56/sensors", "");
	ck_assert_str_eq(ear_devices(), "");
	ear_close();
}
END_TEST

START_TEST(nothing_in_it)
{
	ear_open(&dialect_tasmota);
	/* every key may lack or be of another kind */
	const struct description *d = configured(",'rl':'x','fn':7,'so':[],'swc':{},'btn':null,'lt_st':'9','sho':1");
	ck_assert_str_eq(d->name, "Thing");
	ck_assert_int_eq(ear_hear("tasmota/discovery/AABBCCDDEEFF/config", "{}"), 0);
	d = ear_describe("AABBCCDDEEFF");
	ck_assert_str_eq(d->name, "Tasmota");
	/* half a shutter, relays without end */
	d = configured(",'rl':[3,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]");
	ck_assert(!has(d, "shutter_1") && has(d, "relay_32") && !has(d, "relay_33"));
	ear_close();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_plug, what_a_plug_measures, two_relays, a_lamp_of_all_colours, other_lamps,
				      relays_shown_as_lamps, shutters, everything_at_once, a_fan, all_kinds_of_sensors,
				      other_words_and_topics, bad_and_gone, nothing_in_it};
	return suite_run("tasmota", tests, sizeof tests / sizeof *tests);
}
