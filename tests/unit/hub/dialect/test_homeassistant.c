/* Home Assistant's discovery of devices of others, with what ESPHome and others really send. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dialect/dialect_private.h"
#include "support/dialect_ear.h"
#include "support/suite.h"

static void open_ear(void)
{
	ear_close(); /* of the test before, where there is no process of its own */
	ear_open(&dialect_homeassistant);
}

static const struct entity *entity(const struct description *d, const char *id)
{
	for (size_t i = 0; i < d->entity_count; i++)
		if (strcmp(d->entities[i].id, id) == 0)
			return &d->entities[i];
	ck_abort_msg("no entity %s in %s", id, ear_json());
	return NULL;
}

/* Hears a file that describes this device alone and nothing that is not understood. */
static const struct description *described(const char *file, const char *native, size_t entities)
{
	open_ear();
	ear_hear_lines(file);
	const struct description *d = ear_describe(native);
	ck_assert_ptr_nonnull(d);
	ck_assert_msg(!d->note[0], "%s: %s", file, d->note);
	ck_assert_msg(d->entity_count == entities, "%zu entities: %s", d->entity_count, ear_json());
	return d;
}

/* ---- ESPHome ------------------------------------------------------------ */

START_TEST(esphome_describes_itself)
{
	const struct description *d = described("homeassistant/esphome.txt", "a0b765112233", 17);
	ck_assert_str_eq(ear_devices(), "a0b765112233");
	ck_assert_str_eq(d->name, "Living room");
	ck_assert_str_eq(d->area, "Living room");
	ck_assert_str_eq(d->manufacturer, "acme");
	ck_assert_str_eq(d->model, "multi");
	ck_assert_str_eq(d->sw_version, "2024.6.1 (ESPHome 2024.6.0)");
	ck_assert_uint_eq(d->availability_count, 1);
	ck_assert_str_eq(d->availability[0].topic, "living/status");
	ck_assert_str_eq(d->availability[0].available, "online");
	ck_assert_str_eq(entity(d, "ESPswitchrelay")->name, ""); /* the device's main feature */
	ck_assert_str_eq(entity(d, "ESPswitchrelay")->device_class, "outlet");
	ck_assert_str_eq(entity(d, "ESPlightstatus_led")->category, "config");
	ck_assert_int_eq(entity(d, "ESPsensortemperature")->expire_after_ms, 180000);
	ck_assert_int_eq(entity(d, "ESPsensortemperature")->precision, 1);
	for (size_t i = 0; i < d->entity_count; i++)
		ck_assert_int_ne(d->entities[i].component, COMPONENT_OTHER);
}
END_TEST

START_TEST(esphome_lights)
{
	const struct description *d = described("homeassistant/esphome.txt", "a0b765112233", 17);
	ck_assert_uint_eq(entity(d, "ESPlightlamp")->color_modes, COLOR_MODE_COLOR_TEMP | COLOR_MODE_RGB);
	ck_assert_uint_eq(entity(d, "ESPlightstatus_led")->color_modes, COLOR_MODE_ONOFF);
	ck_assert_uint_eq(entity(d, "ESPlightlamp")->effects.count, 3);
	ck_assert_str_eq(ear_after("ESPlightlamp", "living/light/lamp/state",
				   "{'effect':'None','color_mode':'rgb','state':'ON','brightness':128,'color':{'r':255,'g':0,'b':16}}"),
			 "{'state':'ON','brightness':128,'effect':'None','color':{'r':255,'g':0,'b':16}}");
	ck_assert_str_eq(ear_after("ESPlightlamp", "living/light/lamp/state", "{'state':'ON','color_mode':'color_temp','brightness':255,'color_temp':250,'color':{}}"),
			 "{'state':'ON','brightness':255,'color_temp':4000,'effect':'None'}");
	ck_assert_str_eq(ear_wish("ESPlightlamp", "{'brightness':64,'transition':2}"),
			 "living/light/lamp/command {'state':'ON','brightness':64,'transition':2}");
	ck_assert_str_eq(ear_wish("ESPlightlamp", "{'color_temp':4000}"), "living/light/lamp/command {'state':'ON','color_temp':250}");
	/* red, green and blue of one that has white besides */
	ck_assert_uint_eq(entity(d, "ESPlightstrip")->color_modes, COLOR_MODE_RGB);
	ck_assert_str_eq(ear_after("ESPlightstrip", "living/light/strip/state",
				   "{'color_mode':'rgbw','state':'ON','brightness':9,'color':{'r':1,'g':2,'b':3,'w':4},'white':4}"),
			 "{'state':'ON','brightness':9,'white':4,'color':{'r':1,'g':2,'b':3}}");
	ck_assert_str_eq(ear_wish("ESPlightstrip", "{'color':{'r':255,'g':128,'b':0}}"),
			 "living/light/strip/command {'state':'ON','color':{'r':255,'g':128,'b':0}}");
}
END_TEST

START_TEST(esphome_moves_things)
{
	described("homeassistant/esphome.txt", "a0b765112233", 17);
	ck_assert_str_eq(ear_after("ESPcoverblind", "living/cover/blind/position/state", "40"), "{'state':null,'position':40}");
	ck_assert_str_eq(ear_after("ESPcoverblind", "living/cover/blind/tilt/state", "100"), "{'state':null,'position':40,'tilt':100}");
	ck_assert_str_eq(ear_wish("ESPcoverblind", "{'position':70}"), "living/cover/blind/position/command 70");
	ck_assert_str_eq(ear_wish("ESPcoverblind", "{'tilt':0}"), "living/cover/blind/tilt/command 0");
	ck_assert_str_eq(ear_wish("ESPcoverblind", "'STOP'"), "living/cover/blind/command STOP");
	ck_assert_str_eq(ear_after("ESPcovergate", "living/cover/gate/state", "closed"), "{'state':'closed'}");
	ck_assert_str_eq(ear_wish("ESPcovergate", "'OPEN'"), "living/cover/gate/command OPEN");
	ck_assert_str_eq(ear_after("ESPfanfan", "living/fan/fan/state", "ON"), "{'state':'ON'}");
	ck_assert_str_eq(ear_after("ESPfanfan", "living/fan/fan/oscillation/state", "oscillate_on"), "{'state':'ON','oscillating':1}");
	ck_assert_str_eq(ear_after("ESPfanfan", "living/fan/fan/direction/state", "reverse"),
			 "{'state':'ON','oscillating':1,'direction':'reverse'}");
	ck_assert_str_eq(ear_wish("ESPfanfan", "{'percentage':100}"), "living/fan/fan/command ON, living/fan/fan/speed_level/command 3");
	ck_assert_str_eq(ear_after("ESPlockdoor", "living/lock/door/state", "JAMMED"), "'jammed'");
	ck_assert_str_eq(ear_wish("ESPlockdoor", "'UNLOCK'"), "living/lock/door/command UNLOCK");
}
END_TEST

START_TEST(esphome_climate)
{
	const struct description *d = described("homeassistant/esphome.txt", "a0b765112233", 17);
	const struct entity *ac = entity(d, "ESPclimateac");
	ck_assert(ac->min == 16 && ac->max == 30 && ac->step == 0.5);
	ck_assert_uint_eq(ac->options.count, 5);
	ck_assert_str_eq(ear_after("ESPclimateac", "living/climate/ac/mode/state", "heat_cool"), "{'state':'heat_cool'}");
	ck_assert_str_eq(ear_after("ESPclimateac", "living/climate/ac/current_temperature/state", "21.4"),
			 "{'state':'heat_cool','current':21.4}");
	ck_assert_str_eq(ear_wish("ESPclimateac", "{'state':'cool','target':22.5,'preset':'eco','fan_mode':'low'}"),
			 "living/climate/ac/target_temperature/command 22.5, living/climate/ac/fan_mode/command low, "
			 "living/climate/ac/preset/command eco, living/climate/ac/mode/command cool");
}
END_TEST

START_TEST(esphome_everything_else)
{
	described("homeassistant/esphome.txt", "a0b765112233", 17);
	ck_assert_str_eq(ear_after("ESPswitchrelay", "living/switch/relay/state", "ON"), "'ON'");
	ck_assert_str_eq(ear_wish("ESPswitchrelay", "'TOGGLE'"), "living/switch/relay/command OFF");
	ck_assert_str_eq(ear_after("ESPsensortemperature", "living/sensor/temperature/state", "21.375"), "21.375");
	ck_assert_str_eq(ear_after("ESPsensortemperature", "living/sensor/temperature/state", "nan"), "malformed data");
	ck_assert_str_eq(ear_after("ESPbinary_sensormotion", "living/binary_sensor/motion/state", "ON"), "'ON'");
	ck_assert_str_eq(ear_after("ESPnumbervolume", "living/number/volume/state", "12.500000"), "12.5");
	ck_assert_str_eq(ear_wish("ESPnumbervolume", "30"), "living/number/volume/command 30");
	ck_assert_str_eq(ear_wish("ESPselectprogram", "'Comfort'"), "living/select/program/command Comfort");
	ck_assert_str_eq(ear_wish("ESPtextmessage", "'Dinner'"), "living/text/message/command Dinner");
	ck_assert_str_eq(ear_wish("ESPbuttonrestart", "'PRESS'"), "living/button/restart/command PRESS");
	ck_assert_str_eq(ear_after("ESPeventdoorbell", "living/event/doorbell/state", "{'event_type':'press'}"), "'press'");
	ck_assert_str_eq(ear_after("ESPupdatefirmware", "living/update/firmware/state",
				   "{'installed_version':'1.0','latest_version':'1.1','title':'Firmware'}"),
			 "{'state':'ON','installed':'1.0','latest':'1.1'}");
	ck_assert_str_eq(ear_wish("ESPupdatefirmware", "'INSTALL'"), "living/update/firmware/command INSTALL");
}
END_TEST

/* ---- others ------------------------------------------------------------- */

START_TEST(open_mqtt_gateway)
{
	open_ear();
	ear_hear_lines("homeassistant/openmqttgateway.txt");
	ck_assert_str_eq(ear_devices(), "30AEA4000001,LaCrosse-TX141THBv2-0-102");
	const struct description *d = ear_describe("LaCrosse-TX141THBv2-0-102");
	/* One is to be heard on a filter, through whichever gateway, and the other one on a topic. */
	ck_assert_str_eq(d->note, "");
	ck_assert_uint_eq(d->entity_count, 2);
	const char *topic = "home/OMG_Garage/RTL_433toMQTT/LaCrosse-TX141THBv2/0/102";
	ck_assert_str_eq(ear_after(d->entities[0].id, topic, "{'humidity':61}"), "61");
	ck_assert_str_eq(ear_after(d->entities[1].id, topic, "{'temperature_C':4.5}"), "4.5");
	ck_assert_str_eq(ear_after(d->entities[1].id, "home/OMG_Attic/RTL_433toMQTT/LaCrosse-TX141THBv2/0/102", "{'temperature_C':4.6}"), "4.6");
	d = ear_describe("30AEA4000001");
	ck_assert_str_eq(d->note, "");
	ck_assert_uint_eq(d->entity_count, 2); /* a trigger is none */
	ck_assert_str_eq(ear_after("30AEA4000001-conn", "home/OMG_Garage/LWT", "offline"), "'OFF'");
}
END_TEST

START_TEST(rtl_433)
{
	const struct description *d = described("homeassistant/rtl_433.txt", "6f4770", 2);
	ck_assert_str_eq(d->name, "Visonic-Powercode-6f4770");
	ck_assert_str_eq(entity(d, "Visonic-Powercode-6f4770-battery")->name, "battery"); /* not the device's name once more */
	ck_assert_str_eq(ear_after("Visonic-Powercode-6f4770-T", "rtl_433/kvm/devices/Visonic-Powercode/6f4770/temperature_C", "21.449"), "21.4");
}
END_TEST

START_TEST(zwave_js_ui)
{
	const struct description *d = described("homeassistant/zwave_js_ui.txt", "zwavejs2mqtt_0xe12ae2cf_node9", 3);
	ck_assert_uint_eq(d->availability_count, 3);
	ck_assert_int_eq(d->availability_mode, AVAILABILITY_ALL);
	char low[MODEL_ID_SIZE] = "";
	for (size_t i = 0; i < d->entity_count; i++)
		if (d->entities[i].component == COMPONENT_BINARY_SENSOR)
			strcpy(low, d->entities[i].id);
		else if (d->entities[i].component == COMPONENT_CLIMATE)
			ck_assert_str_eq(d->entities[i].name, "thermostat");
	/* payload_on is true, not "true", and the template makes "True" of true */
	ck_assert_str_eq(ear_after(low, "zwave/Hall/128/0/isLow", "{'value':true}"), "'ON'");
	ck_assert_str_eq(ear_after(low, "zwave/Hall/128/0/isLow", "{'value':false}"), "'OFF'");
}
END_TEST

START_TEST(open_beken)
{
	const struct description *d = described("homeassistant/openbeken.txt", "led_mood_light_1", 1);
	ck_assert_str_eq(d->availability[0].topic, "led_mood_light_1/connected");
	ck_assert_str_eq(entity(d, "led_mood_light_1_light")->name, "");
	ck_assert_str_eq(ear_after("led_mood_light_1_light", "led_mood_light_1/led_enableAll/get", "1"), "{'state':'ON'}");
	ck_assert_str_eq(ear_after("led_mood_light_1_light", "led_mood_light_1/led_basecolor_rgb/get", "#ff8000"),
			 "{'state':'ON','color':{'r':255,'g':128,'b':0}}");
	ck_assert_str_eq(ear_wish("led_mood_light_1_light", "{'color':{'r':0,'g':255,'b':16}}"),
			 "cmnd/led_mood_light_1/led_basecolor_rgb #00ff100000, cmnd/led_mood_light_1/led_enableAll 1");
}
END_TEST

START_TEST(wled)
{
	/* no device, no unique id: a device of its own */
	const struct description *d = described("homeassistant/wled.txt", "light WLED_23b31c", 1);
	ck_assert_str_eq(d->name, "WLED Light");
	ck_assert_str_eq(entity(d, "WLED_23b31c")->name, "");
	ck_assert_uint_eq(entity(d, "WLED_23b31c")->effects.count, 187);
	ck_assert_str_eq(ear_wish("WLED_23b31c", "{'effect':'[FX=09]'}"), "gardenlights/84f3eb000001/api [FX=09], gardenlights/84f3eb000001 ON");
}
END_TEST

START_TEST(nuki_hub)
{
	const struct description *d = described("homeassistant/nuki_hub.txt", "nuki_3a7d95ec", 2);
	ck_assert_uint_eq(d->availability_count, 1);
	ck_assert_str_eq(d->availability[0].topic, "nuki/maintenance/mqttConnectionState");
	ck_assert_str_eq(entity(d, "3a7d95ec_lock")->name, "");
	static const char *const words[] = {"unlocked", "unlocking", "locked", "locking", "jammed", "open", "opening"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char shown[32];
		snprintf(shown, sizeof shown, "'%s'", words[i]);
		ck_assert_str_eq(ear_after("3a7d95ec_lock", "nuki/lock/hastate", words[i]), shown);
		const char *ours = channel_ours(&entity(d, "3a7d95ec_lock")->reports[0], span_str(words[i]));
		ck_assert_ptr_nonnull(ours); /* known by its key, not shown as it came */
	}
	ck_assert_str_eq(ear_wish("3a7d95ec_lock", "'OPEN'"), "nuki/lock/action unlatch");
	ck_assert_str_eq(ear_after("3a7d95ec_battery_low", "nuki/battery/critical", "1"), "'ON'");
}
END_TEST

START_TEST(ems_esp)
{
	const struct description *d = described("homeassistant/ems_esp.txt", "ems-esp", 2);
	ck_assert_uint_eq(d->availability_count, 0);
	ck_assert_str_eq(entity(d, "system_status")->name, "status");
	ck_assert_str_eq(ear_after("system_ntp_status", "ems-esp/heartbeat", "{'ntp_status':'on'}"), "'ON'");
	d = ear_describe("ems-esp-thermostat");
	ck_assert_str_eq(d->note, "");
	ck_assert_str_eq(d->name, "Thermostat");
	/* What only one of its components waits for does not tell of the thermostat. */
	ck_assert_uint_eq(d->availability_count, 1);
	ck_assert_str_eq(d->availability[0].topic, "ems-esp/status");
	ck_assert_int_eq(d->availability_mode, AVAILABILITY_ALL);
	ck_assert_str_eq(ear_after("thermostat_hc1", "ems-esp/thermostat_data", "{'hc1':{'mode':'day','seltemp':21,'currtemp':20.5}}"),
			 "{'state':'heat','target':21,'current':20.5}");
	const struct entity *hc1 = entity(d, "thermostat_hc1");
	ck_assert(hc1->min == 5 && hc1->max == 30);
}
END_TEST

START_TEST(valetudo)
{
	const struct description *d = described("homeassistant/valetudo.txt", "olaf", 3);
	ck_assert_uint_eq(d->availability_count, 1); /* written in two ways */
	ck_assert_str_eq(d->availability[0].unavailable, "lost");
	ck_assert_int_eq(entity(d, "olaf_vacuum")->component, COMPONENT_OTHER);
	ck_assert_str_eq(ear_wish("olaf_vacuum", "'START'"), err_text(ERR_UNSUPPORTED));
	ck_assert_str_eq(ear_after("olaf_vacuum", "valetudo/olaf/hass/olaf_vacuum/state", "docked"), "'docked'");
	char preset[MODEL_ID_SIZE] = "";
	for (size_t i = 0; i < d->entity_count; i++)
		if (d->entities[i].component == COMPONENT_SELECT)
			strcpy(preset, d->entities[i].id);
	ck_assert_str_eq(ear_wish(preset, "'max'"), "valetudo/olaf/FanSpeedControlCapability/preset/set max");
}
END_TEST

START_TEST(of_the_old_days)
{
	const struct description *d = described("homeassistant/tasmota_2018.txt", "light led1", 1);
	ck_assert_str_eq(d->name, "Led1");
	ck_assert_str_eq(d->availability[0].available, "Online");
	ck_assert_str_eq(ear_after("led1", "stat/led1/RESULT", "{'POWER':'ON','Dimmer':50,'CT':250}"),
			 "{'state':'ON','brightness':128,'color_temp':4000}");
	d = described("homeassistant/ring_mqtt.txt",
		      "binary_sensor 38274077-a6d8-4f37-79c4-000000000001 e7538e27-acc8-4f86-ad4b-000000000001", 1);
	ck_assert_str_eq(d->name, "Front Door");
	d = described("homeassistant/bt_mqtt_gateway.txt", "climate thermostat_bedroom_climate", 1);
	ck_assert_str_eq(d->name, "thermostat_bedroom_climate");
	ck_assert_str_eq(ear_wish(d->entities[0].id, "{'target':20}"), "thermostat/bedroom/target_temperature/set 20");
	d = described("homeassistant/ps5_mqtt.txt", "id_device", 1);
	ck_assert_str_eq(d->entities[0].name, "activity");
	ck_assert_ptr_nonnull(d->availability[0].template);
}
END_TEST

START_TEST(zigbee2mqtt_speaks_for_itself)
{
	open_ear();
	ear_hear_lines("homeassistant/zigbee2mqtt.txt");
	ck_assert_str_eq(ear_devices(), "");
}
END_TEST

/* ---- a message for a device --------------------------------------------- */

START_TEST(device_form)
{
	const struct description *d = described("homeassistant/mira2mqtt.txt", "OVUM-AC312P", 2);
	ck_assert_str_eq(d->name, "Ovum AC312P");
	ck_assert_str_eq(entity(d, "OutdoorTemp")->name, "Temperature"); /* by what it measures */
	ck_assert_str_eq(ear_after("OutdoorTemp", "mira/OVUM-AC312P/state", "{'OutdoorTemp':-3.5}"), "-3.5");
	d = described("homeassistant/rtlamr2mqtt.txt", "ea334450945afc", 2);
	ck_assert_str_eq(ear_after("temp01ae_h", "sensorBedroom/state", "{'humidity':60}"), "60");
}
END_TEST

static const char device_message[] =
	"{'dev':{'ids':['x'],'name':'X'},'o':{'name':'x2mqtt'},'~':'x','avty_t':'~/lwt','cmd_t':'~/set','cmps':{"
	"'a':{'p':'switch','uniq_id':'x_relay','name':'Relay','stat_t':'~/a'},"
	"'b':{'p':'switch','uniq_id':'x_other','name':'Other','~':'y','stat_t':'~/b','cmd_t':'set/~'},"
	"'c':{'p':'sensor'}}}";

START_TEST(bases_and_shared_topics)
{
	open_ear();
	ck_assert_int_eq(ear_hear("homeassistant/device/x/config", device_message), 0);
	const struct description *d = ear_describe("x");
	ck_assert_uint_eq(d->entity_count, 2); /* one has nothing but a platform: it is gone */
	ck_assert_str_eq(d->availability[0].topic, "x/lwt");
	ck_assert_str_eq(ear_after("x_relay", "x/a", "ON"), "'ON'");
	ck_assert_str_eq(ear_wish("x_relay", "'ON'"), "x/set ON");
	ck_assert_str_eq(ear_after("x_other", "y/b", "ON"), "'ON'");
	ck_assert_str_eq(ear_wish("x_other", "'ON'"), "set/y ON");
}
END_TEST

static const char relay[] = "{'uniq_id':'x_relay','name':'X Relay','stat_t':'old/a','cmd_t':'old/set','dev':{'ids':'x','name':'X','sw':'1'}}";

START_TEST(migration_keeps_the_entity)
{
	open_ear();
	ck_assert_int_eq(ear_hear("homeassistant/switch/x/relay/config", relay), 0);
	ck_assert_str_eq(ear_describe("x")->entities[0].id, "x_relay");
	ck_assert_int_eq(ear_hear("homeassistant/switch/x/relay/config", "{'migrate_discovery':true}"), 0);
	ck_assert_str_eq(ear_describe("x")->entities[0].id, "x_relay"); /* there is no moment without it */
	ck_assert_int_eq(ear_hear("homeassistant/device/x/config", device_message), 0);
	const struct description *d = ear_describe("x");
	ck_assert_uint_eq(d->entity_count, 2);
	ck_assert_str_eq(ear_wish("x_relay", "'ON'"), "x/set ON"); /* as the device's message has it */
	ck_assert_int_eq(ear_hear("homeassistant/switch/x/relay/config", ""), 0);
	ck_assert_uint_eq(ear_describe("x")->entity_count, 2);
	/* and back again */
	ck_assert_int_eq(ear_hear("homeassistant/device/x/config", "{'migr_discvry':true}"), 0);
	ck_assert_int_eq(ear_hear("homeassistant/switch/x/relay/config", relay), 0);
	ck_assert_int_eq(ear_hear("homeassistant/device/x/config", ""), 0);
	d = ear_describe("x");
	ck_assert_uint_eq(d->entity_count, 1);
	ck_assert_str_eq(d->entities[0].id, "x_relay");
	ck_assert_str_eq(ear_wish("x_relay", "'ON'"), "old/set ON");
}
END_TEST

START_TEST(removal)
{
	open_ear();
	ck_assert_int_eq(ear_hear("homeassistant/switch/x/relay/config", relay), 0);
	ck_assert_int_eq(ear_hear("homeassistant/sensor/x/t/config", "{'uniq_id':'x_t','stat_t':'x/t','dev':{'ids':['x']}}"), 0);
	ck_assert_uint_eq(ear_describe("x")->entity_count, 2);
	ck_assert_int_eq(ear_hear("homeassistant/switch/x/relay/config", ""), 0);
	ck_assert_uint_eq(ear_describe("x")->entity_count, 1);
	/* it moves to another device */
	ck_assert_int_eq(ear_hear("homeassistant/sensor/x/t/config", "{'uniq_id':'x_t','stat_t':'x/t','dev':{'ids':['z']}}"), 0);
	ck_assert_str_eq(ear_devices(), "z");
	ck_assert_int_eq(ear_hear("homeassistant/sensor/x/t/config", ""), 0);
	ck_assert_int_eq(ear_hear("homeassistant/sensor/x/t/config", ""), 0);
	ck_assert_str_eq(ear_devices(), "");
}
END_TEST

/* ---- names, availability and what is left out --------------------------- */

/* Describes the device x by components that have no more in common than that. */
static const struct description *given(const char *const components[])
{
	open_ear();
	for (size_t i = 0; components[i]; i++) {
		char topic[64], payload[1024];
		snprintf(topic, sizeof topic, "homeassistant/sensor/n%zu/o/config", i);
		snprintf(payload, sizeof payload, "{'dev':{'ids':['x'],'name':'Box'},'stat_t':'x/%zu',%s}", i, components[i]);
		ck_assert_msg(ear_hear(topic, payload) == 0, "%s: %s", payload, ear_message());
	}
	return ear_describe("x");
}
#define GIVEN(...) given((const char *const[]){__VA_ARGS__, NULL})

START_TEST(who_a_device_is)
{
	open_ear();
	ck_assert_int_eq(ear_hear("homeassistant/sensor/a/config", "{'stat_t':'a','device':{'connections':[['mac','AA:BB']]}}"), 0);
	ck_assert_int_eq(ear_hear("homeassistant/sensor/b/config", "{'stat_t':'b','device':{'identifiers':7}}"), 0);
	ck_assert_int_eq(ear_hear("homeassistant/sensor/n/c/config", "{'stat_t':'c','device':{}}"), 0);
	ck_assert_str_eq(ear_devices(), "7,mac:AA:BB,sensor n c");
	ck_assert_str_eq(ear_describe("sensor n c")->name, "c");
	ck_assert_int_eq(ear_hear("homeassistant/sensor/d/config", "{'stat_t':'d','dev':{'ids':'\\u0007'}}"), 0);
	ck_assert_ptr_nonnull(strstr(ear_devices(), "_"));
}
END_TEST

START_TEST(long_texts_are_cut)
{
	char message[1200];
	open_ear();
	snprintf(message, sizeof message, "{'stat_t':'d','dev':{'ids':'%0200d','name':'a%s','sw':'%0100d'}}", 1,
		 "ööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööö", 3);
	ck_assert_int_eq(ear_hear("homeassistant/sensor/d/config", message), 0);
	const struct description *d = ear_describe(ear_devices());
	ck_assert_uint_eq(strlen(d->name), 127);
	ck_assert_uint_eq(strlen(d->sw_version), 63);
	ck_assert_str_eq(d->note, "");
}
END_TEST

START_TEST(what_components_are_called)
{
	const struct description *d = GIVEN("'name':'Box'", "'name':'Box_Load'", "'name':'Boxer','uniq_id':'b'", "'name':null,'obj_id':'n'",
					    "'dev_cla':'signal_strength','def_ent_id':'sensor.rssi'", "'uniq_id':'plain'");
	ck_assert_uint_eq(d->entity_count, 5); /* the first two have the same id: the topic's */
	ck_assert_str_eq(entity(d, "o")->name, "Load");
	ck_assert_str_eq(entity(d, "b")->name, "Boxer");
	ck_assert_str_eq(entity(d, "n")->name, "");
	ck_assert_str_eq(entity(d, "rssi")->name, "Signal strength");
	ck_assert_str_eq(entity(d, "plain")->name, "o");
}
END_TEST

START_TEST(platforms_may_share_an_id)
{
	open_ear();
	ck_assert_int_eq(ear_hear("homeassistant/sensor/x/config", "{'uniq_id':'u','stat_t':'a','dev':{'ids':'x'}}"), 0);
	ck_assert_int_eq(ear_hear("homeassistant/switch/x/config", "{'uniq_id':'u','stat_t':'b','cmd_t':'c','dev':{'ids':'x'}}"), 0);
	const struct description *d = ear_describe("x");
	ck_assert_uint_eq(d->entity_count, 2);
	ck_assert_int_eq(entity(d, "u")->component, COMPONENT_SENSOR);
	ck_assert_int_eq(entity(d, "u_switch")->component, COMPONENT_SWITCH);
}
END_TEST

START_TEST(availability)
{
	const struct description *d = GIVEN("'uniq_id':'a','avty':[{'t':'gw','pl_avail':'1'},{'t':'a'}],'avty_mode':'all'",
					    "'uniq_id':'b','avty':[{'t':'b'},{'t':'gw','pl_avail':'1'}],'avty_mode':'all'", "'uniq_id':'c'");
	ck_assert_uint_eq(d->availability_count, 1);
	ck_assert_str_eq(d->availability[0].topic, "gw");
	ck_assert_str_eq(d->availability[0].available, "1");
	ck_assert_int_eq(d->availability_mode, AVAILABILITY_ALL);
	d = GIVEN("'uniq_id':'a','avty_t':'a','avty_mode':'all'", "'uniq_id':'b','avty_t':'b','avty_mode':'all'");
	ck_assert_uint_eq(d->availability_count, 2); /* there is no word about the whole */
	ck_assert_int_eq(d->availability_mode, AVAILABILITY_ANY);
	d = GIVEN("'uniq_id':'a','avty_t':'~/s','~':'base','pl_avail':true,'avty_tpl':'{{ value }}'");
	ck_assert_str_eq(d->availability[0].topic, "base/s");
	ck_assert_str_eq(d->availability[0].available, "True");
	ck_assert_ptr_nonnull(d->availability[0].template);
	ck_assert_int_eq(d->availability_mode, AVAILABILITY_LATEST);
	d = GIVEN("'uniq_id':'a','avty_t':'no/+/topic'");
	ck_assert_uint_eq(d->entity_count, 1);
	ck_assert_ptr_nonnull(strstr(d->note, "key topic: is not a topic"));
}
END_TEST

START_TEST(what_is_left_out)
{
	const struct description *d = GIVEN("'uniq_id':'a'", "'uniq_id':'b','en':false", "'uniq_id':'c','e':''", "'uniq_id':'d','encoding':'utf-8'",
					    "'uniq_id':'e','stat_t':[]");
	ck_assert_uint_eq(d->entity_count, 2);
	ck_assert_ptr_nonnull(strstr(d->note, "component e, key state_topic: must be a string"));
	ck_assert_ptr_null(GIVEN("'en':false"));
	d = GIVEN("'uniq_id':'a','val_tpl':'{% for x in value %}{% endfor %}'");
	ck_assert_ptr_nonnull(strstr(d->note, "component a, key value_template: "));
	ck_assert_uint_eq(d->entities[0].report_count, 0);
}
END_TEST

/* McLighting, of before there were supported_color_modes (github.com/home-assistant/core/issues/19420), and a remote. */
START_TEST(older_keys)
{
	open_ear();
	ck_assert_int_eq(ear_hear("homeassistant/light/McLighting01/config",
				  "{'name':'McLighting01','schema':'json','stat_t':'m/out','cmd_t':'m/in','on_cmd_type':'first',"
				  "'brightness':'true','rgb':'true','opt':'false','color_temp':'true','effect':'true','fx_list':['Static',2]}"), 0);
	const struct description *d = ear_describe("light McLighting01");
	ck_assert_str_eq(d->note, "");
	ck_assert_uint_eq(d->entities[0].color_modes, COLOR_MODE_RGB | COLOR_MODE_COLOR_TEMP);
	ck_assert_str_eq(d->entities[0].effects.items[1], "2");
	char code[600], message[800], sent[700];
	memset(code, 'A', sizeof code - 1);
	code[sizeof code - 1] = 0;
	snprintf(message, sizeof message, "{'cmd_t':'ir','pl_on':'%s'}", code);
	snprintf(sent, sizeof sent, "ir %s", code);
	ck_assert_int_eq(ear_hear("homeassistant/switch/ir/config", message), 0);
	(void)ear_describe("switch ir");
	ck_assert_str_eq(ear_wish("ir", "'ON'"), sent);
}
END_TEST

START_TEST(scenes_and_valves)
{
	open_ear();
	ck_assert_int_eq(ear_hear("homeassistant/scene/x/config", "{'uniq_id':'s','cmd_t':'s/set','pl_on':'GO','dev':{'ids':'x'}}"), 0);
	ck_assert_int_eq(ear_hear("homeassistant/valve/v/config", "{'uniq_id':'v','cmd_t':'v/set','stat_t':'v','dev':{'ids':'x'}}"), 0);
	ck_assert_int_eq(ear_hear("homeassistant/valve/p/config",
				  "{'uniq_id':'p','cmd_t':'p/set','stat_t':'p','reports_position':true,'dev':{'ids':'x'}}"), 0);
	(void)ear_describe("x");
	ck_assert_str_eq(ear_wish("s", "'PRESS'"), "s/set GO");
	ck_assert_str_eq(ear_after("v", "v", "opening"), "{'state':'opening'}");
	ck_assert_str_eq(ear_wish("v", "'CLOSE'"), "v/set CLOSE");
	ck_assert_str_eq(ear_after("p", "p", "30"), "{'state':null,'position':30}");
	ck_assert_str_eq(ear_wish("p", "'OPEN'"), "p/set 100");
}
END_TEST

START_TEST(nonsense)
{
	open_ear();
	ck_assert_int_eq(ear_hear("homeassistant/sensor/rörkrökare/config", "{}"), ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(ear_message(), "topic"));
	ck_assert_int_eq(ear_hear("homeassistant/sensor/x/config", "not json"), ERR_MALFORMED);
	ck_assert_int_eq(ear_hear("homeassistant/sensor/x/config", "[]"), ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(ear_message(), "another type"));
	ck_assert_int_eq(ear_hear("homeassistant/device/x/config", "{'cmps':{}}"), ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(ear_message(), "key device"));
	ck_assert_int_eq(ear_hear("homeassistant/device/x/config", "{'dev':{'ids':'x'}}"), ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(ear_message(), "key components"));
	ck_assert_str_eq(ear_devices(), "");
	ck_assert_int_eq(ear_hear("homeassistant/device/x/config", "{'dev':{'ids':'x'},'cmps':{'a':5,'b':{'p':7,'x':1},'c':null}}"), 0);
	(void)ear_describe("x"); /* a component of platform 7, of which nothing is known */
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		esphome_describes_itself, esphome_lights, esphome_moves_things, esphome_climate, esphome_everything_else,
		open_mqtt_gateway, rtl_433, zwave_js_ui, open_beken, wled, nuki_hub, ems_esp, valetudo, of_the_old_days,
		zigbee2mqtt_speaks_for_itself, device_form, bases_and_shared_topics, migration_keeps_the_entity, removal,
		who_a_device_is, long_texts_are_cut, what_components_are_called, platforms_may_share_an_id, availability,
		what_is_left_out, older_keys, scenes_and_valves, nonsense,
	};
	return suite_run("homeassistant", tests, sizeof tests / sizeof *tests);
}
