/* Zigbee2MQTT's devices and groups: what its own converters say of real models (corpus/zigbee2mqtt, made by
 * support/zigbee2mqtt_corpus.mjs), and their reports and commands as its documentation has them. */
#include <string.h>

#include "base/err.h"
#include "device/template.h"
#include "dialect/dialect_private.h"
#include "support/dialect_ear.h"
#include "support/suite.h"

static void hear_corpus(void)
{
	ear_open(&dialect_zigbee2mqtt);
	ck_assert_int_eq(ear_hear_file("zigbee2mqtt/bridge/devices", "zigbee2mqtt/devices.json"), 0);
}

static const struct entity *entity(const struct description *d, const char *id)
{
	for (size_t i = 0; i < d->entity_count; i++)
		if (strcmp(d->entities[i].id, id) == 0)
			return &d->entities[i];
	return NULL;
}

/* Describes the device of the corpus that has this name. */
static const struct description *named(const char *name)
{
	char *all = strdup(ear_devices());
	const struct description *found = NULL;
	for (char *rest = NULL, *native = strtok_r(all, ",", &rest); native && !found; native = strtok_r(NULL, ",", &rest)) {
		const struct description *d = ear_describe(native);
		found = d && strcmp(d->name, name) == 0 ? d : NULL;
	}
	free(all);
	ck_assert_msg(found != NULL, "%s", name);
	return found;
}

START_TEST(every_model_is_read_without_a_note)
{
	hear_corpus();
	char *all = strdup(ear_devices());
	size_t count = 0, entities = 0;
	for (char *rest = NULL, *native = strtok_r(all, ",", &rest); native; native = strtok_r(NULL, ",", &rest)) {
		const struct description *d = ear_describe(native);
		ck_assert_msg(d != NULL, "%s", native);
		ck_assert_msg(d->note[0] == 0, "%s: %s", d->name, d->note);
		ck_assert_msg(d->entity_count > 0 && d->manufacturer[0] && d->model[0], "%s", d->name);
		ck_assert_int_eq(d->availability_count, strcmp(d->name, "Zigbee2MQTT") == 0 ? 1 : 2);
		for (size_t i = 0; i < d->entity_count; i++)
			ck_assert_msg(d->entities[i].component != COMPONENT_OTHER &&
				      d->entities[i].report_count + d->entities[i].control_count > 0, "%s: %s", d->name, d->entities[i].id);
		entities += d->entity_count;
		count++;
	}
	free(all);
	ck_assert_int_eq(count, 49);
	ck_assert_int_gt(entities, 500);
	ear_close();
}
END_TEST

START_TEST(lights)
{
	hear_corpus();
	const char *topic = "zigbee2mqtt/Living room/White bulb";
	const struct description *d = named("Living room/White bulb");
	const struct entity *light = entity(d, "light");
	ck_assert_str_eq(d->manufacturer, "IKEA");
	ck_assert_str_eq(light->name, "");
	ck_assert_int_eq(light->color_modes, COLOR_MODE_COLOR_TEMP);
	ck_assert(light->min_kelvin == 2202 && light->max_kelvin == 4000);
	ck_assert_str_eq(ear_after("light", topic, "{'state':'ON','brightness':254,'color_temp':250,'color_mode':'color_temp','linkquality':80}"),
			 "{'state':'ON','brightness':255,'color_temp':4000}");
	ck_assert_str_eq(ear_after("light", topic, "{'state':'OFF','brightness':null}"),
			 "{'state':'OFF','brightness':255,'color_temp':4000}");
	ck_assert_str_eq(ear_after("linkquality", topic, "{'linkquality':80}"), "80");
	ck_assert_str_eq(ear_wish("light", "{'brightness':255}"),
			 "zigbee2mqtt/Living room/White bulb/set {'state':'ON','brightness':254}");
	ck_assert_str_eq(ear_wish("light", "'OFF'"), "zigbee2mqtt/Living room/White bulb/set {'state':'OFF'}");
	ck_assert_str_eq(ear_wish("light", "{'color_temp':4000,'transition':2}"),
			 "zigbee2mqtt/Living room/White bulb/set {'state':'ON','color_temp':250,'transition':2}");
	ck_assert_str_eq(ear_wish("effect", "'blink'"), "zigbee2mqtt/Living room/White bulb/set {'effect':'blink'}");
	ck_assert_str_eq(ear_wish("identify", "'PRESS'"), "zigbee2mqtt/Living room/White bulb/set {'identify':'identify'}");
	ck_assert_int_eq(d->ask_count, 1);
	ck_assert_str_eq(d->asks[0].topic, "zigbee2mqtt/Living room/White bulb/get");
	ck_assert_str_eq(d->asks[0].payload, "{\"state\":\"\",\"brightness\":\"\",\"color_temp\":\"\"}");

	ck_assert_int_eq(entity(named("Colour bulb"), "light")->color_modes, COLOR_MODE_COLOR_TEMP | COLOR_MODE_XY);
	ck_assert_str_eq(ear_after("light", "zigbee2mqtt/Colour bulb",
				   "{'state':'ON','color':{'x':0.7,'y':0.3,'hue':0,'saturation':100},'color_temp':300,'color_mode':'xy'}"),
			 "{'state':'ON','color':{'x':0.7,'y':0.3}}");
	ck_assert_str_eq(ear_wish("light", "{'color':{'r':255,'g':0,'b':0}}"),
			 "zigbee2mqtt/Colour bulb/set {'state':'ON','color':{'x':0.6401,'y':0.33}}");
	ear_close();
}
END_TEST

START_TEST(lights_of_several_channels)
{
	hear_corpus();
	const char *topic = "zigbee2mqtt/Two lights";
	const struct description *d = named("Two lights");
	ck_assert_str_eq(entity(d, "light_white")->name, "White");
	ck_assert_str_eq(entity(d, "light_rgb")->name, "Rgb");
	ck_assert_str_eq(ear_after("light_white", topic, "{'state_white':'ON','brightness_white':127,'state_rgb':'OFF'}"),
			 "{'state':'ON','brightness':128}");
	ck_assert_str_eq(ear_after("light_rgb", topic, "{'state_white':'ON','brightness_white':127,'state_rgb':'OFF'}"), "{'state':'OFF'}");
	ck_assert_str_eq(ear_after("light_rgb", topic, "{'color_rgb':{'x':0.3,'y':0.2}}"),
			 "{'state':'OFF','color':{'x':0.3,'y':0.2}}");
	ck_assert_str_eq(ear_wish("light_white", "'OFF'"), "zigbee2mqtt/Two lights/set {'state_white':'OFF'}");
	ck_assert_str_eq(ear_wish("light_white", "{'brightness':128}"),
			 "zigbee2mqtt/Two lights/set {'brightness_white':127}, zigbee2mqtt/Two lights/set {'state_white':'ON'}");
	ck_assert_str_eq(ear_wish("light_rgb", "{'color':{'x':0.3,'y':0.2}}"),
			 "zigbee2mqtt/Two lights/set {'color_rgb':{'x':0.3,'y':0.2}}, zigbee2mqtt/Two lights/set {'state_rgb':'ON'}");
	ear_close();
}
END_TEST

START_TEST(switches_and_plugs)
{
	hear_corpus();
	const char *topic = "zigbee2mqtt/Metering plug";
	const struct description *d = named("Metering plug");
	ck_assert_str_eq(entity(d, "energy")->device_class, "energy");
	ck_assert_str_eq(entity(d, "energy")->state_class, "total_increasing");
	ck_assert_str_eq(entity(d, "power")->unit, "W");
	ck_assert_str_eq(entity(d, "voltage")->category, "diagnostic");
	ck_assert_str_eq(entity(d, "child_lock")->category, "config");
	ck_assert_str_eq(ear_after("switch", topic, "{'state':'ON','power':12.5}"), "'ON'");
	ck_assert_str_eq(ear_after("power", topic, "{'state':'ON','power':12.5}"), "12.5");
	ck_assert_str_eq(ear_after("power", topic, "{'state':'OFF'}"), "12.5"); /* no word of it: no news */
	ck_assert_str_eq(ear_after("child_lock", topic, "{'child_lock':'LOCK'}"), "'ON'");
	ck_assert_str_eq(ear_wish("child_lock", "'OFF'"), "zigbee2mqtt/Metering plug/set {'child_lock':'UNLOCK'}");
	ck_assert_str_eq(ear_wish("switch", "'TOGGLE'"), "zigbee2mqtt/Metering plug/set {'state':'OFF'}");
	ck_assert_str_eq(ear_wish("power_outage_memory", "'restore'"), "zigbee2mqtt/Metering plug/set {'power_outage_memory':'restore'}");
	ck_assert_str_eq(ear_wish("countdown", "60"), "zigbee2mqtt/Metering plug/set {'countdown':60}");

	ck_assert_str_eq(entity(named("Double rocker"), "switch_left")->name, "Left");
	ck_assert_str_eq(ear_wish("switch_left", "'ON'"), "zigbee2mqtt/Double rocker/set {'state_left':'ON'}");
	ck_assert_str_eq(ear_after("switch_right", "zigbee2mqtt/Double rocker", "{'state_left':'ON','state_right':'OFF'}"), "'OFF'");

	named("Air purifier"); /* true and false */
	ck_assert_str_eq(ear_after("led_enable", "zigbee2mqtt/Air purifier", "{'led_enable':true}"), "'ON'");
	ck_assert_str_eq(ear_wish("led_enable", "'OFF'"), "zigbee2mqtt/Air purifier/set {'led_enable':false}");

	ck_assert_str_eq(entity(named("Tuya valve"), "window_detection")->name, "Window detection");
	ck_assert_str_eq(ear_wish("window_detection", "'ON'"), "zigbee2mqtt/Tuya valve/set {'window_detection':'ON'}");
	ear_close();
}
END_TEST

START_TEST(sensors)
{
	hear_corpus();
	const struct entity *contact = entity(named("Door"), "contact");
	ck_assert_str_eq(contact->device_class, "door");
	ck_assert_str_eq(ear_after("contact", "zigbee2mqtt/Door", "{'contact':false}"), "'ON'"); /* no contact: open */
	ck_assert_str_eq(ear_after("contact", "zigbee2mqtt/Door", "{'contact':true,'battery':91}"), "'OFF'");
	ck_assert_str_eq(ear_after("battery", "zigbee2mqtt/Door", "{'contact':true,'battery':91}"), "91");
	ck_assert_str_eq(ear_after("battery", "zigbee2mqtt/Door", "{'battery':null}"), "null");

	const struct description *d = named("Weather");
	ck_assert_str_eq(entity(d, "temperature")->unit, "°C");
	ck_assert_str_eq(entity(d, "temperature")->device_class, "temperature");
	ck_assert_int_eq(d->ask_count, 0); /* it sleeps */
	ck_assert_str_eq(ear_after("temperature", "zigbee2mqtt/Weather", "{'temperature':21.37,'humidity':40}"), "21.37");

	d = named("Hue motion");
	ck_assert_str_eq(entity(d, "occupancy")->device_class, "motion");
	ck_assert_str_eq(entity(d, "motion_sensitivity")->category, "config");
	ck_assert_str_eq(ear_wish("occupancy_timeout", "90"), "zigbee2mqtt/Hue motion/set {'occupancy_timeout':90}");
	ck_assert_str_eq(ear_wish("led_indication", "'ON'"), "zigbee2mqtt/Hue motion/set {'led_indication':true}");

	named("Dimmable bulb"); /* an object is shown as what it is */
	ck_assert_str_eq(ear_after("level_config", "zigbee2mqtt/Dimmable bulb", "{'level_config':{'on_level':'previous'}}"),
			 "'{\\'on_level\\': \\'previous\\'}'");
	ear_close();
}
END_TEST

START_TEST(actions_are_events)
{
	hear_corpus();
	const struct entity *action = entity(named("Remote"), "action");
	ck_assert_int_eq(action->component, COMPONENT_EVENT);
	ck_assert(choices_have(&action->options, span_str("toggle")));
	ck_assert_str_eq(ear_after("action", "zigbee2mqtt/Remote", "{'action':'toggle','battery':80}"), "'toggle'");
	ck_assert_str_eq(ear_after("action", "zigbee2mqtt/Remote", "{'action':''}"), "'toggle'");
	ck_assert_str_eq(ear_after("action", "zigbee2mqtt/Remote", "{'action':null}"), "'toggle'");
	ck_assert_str_eq(ear_after("action", "zigbee2mqtt/Remote", "{'battery':79}"), "'toggle'");
	ear_close();
}
END_TEST

START_TEST(actions_of_open_ends)
{
	hear_corpus();
	ck_assert_int_eq(ear_hear("zigbee2mqtt/bridge/devices",
				  "[{'ieee_address':'0x1','friendly_name':'Remote','type':'EndDevice','definition':{'vendor':'V','model':'M',"
				  "'description':'D','exposes':[{'type':'enum','name':'action','property':'action','access':1,"
				  "'values':['on','recall_*','scene_*']}]}}]"), 0);
	ck_assert_str_eq(ear_devices(), "0x1");
	ck_assert_ptr_nonnull(ear_describe("0x1"));
	ck_assert_str_eq(ear_after("action", "zigbee2mqtt/Remote", "{'action':'recall_3'}"), "'recall_*'");
	ck_assert_str_eq(ear_after("action", "zigbee2mqtt/Remote", "{'action':'scene_9'}"), "'scene_*'");
	ck_assert_str_eq(ear_after("action", "zigbee2mqtt/Remote", "{'action':'on'}"), "'on'");
	ear_close();
}
END_TEST

START_TEST(covers)
{
	hear_corpus();
	named("Blind");
	ck_assert_str_eq(ear_after("cover", "zigbee2mqtt/Blind", "{'position':40,'state':'STOP'}"), "{'state':'open','position':40}");
	ck_assert_str_eq(ear_after("cover", "zigbee2mqtt/Blind", "{'position':0,'state':'CLOSE'}"), "{'state':'closed','position':0}");
	ck_assert_str_eq(ear_wish("cover", "'OPEN'"), "zigbee2mqtt/Blind/set {'state':'OPEN'}");
	ck_assert_str_eq(ear_wish("cover", "'STOP'"), "zigbee2mqtt/Blind/set {'state':'STOP'}");
	ck_assert_str_eq(ear_wish("cover", "{'position':30}"), "zigbee2mqtt/Blind/set {'position':30}");

	named("Curtain switch"); /* "moving" */
	ck_assert_str_eq(ear_after("cover", "zigbee2mqtt/Curtain switch", "{'moving':'UP','position':40}"), "{'state':'opening','position':40}");
	ck_assert_str_eq(ear_after("cover", "zigbee2mqtt/Curtain switch", "{'moving':'STOP','position':60}"), "{'state':'open','position':60}");

	named("Ubisys shutter");
	ck_assert_str_eq(ear_after("cover", "zigbee2mqtt/Ubisys shutter", "{'position':50,'tilt':20}"), "{'state':'open','position':50,'tilt':20}");
	ck_assert_str_eq(ear_wish("cover", "{'tilt':70}"), "zigbee2mqtt/Ubisys shutter/set {'tilt':70}");
	ear_close();
}
END_TEST

START_TEST(locks)
{
	hear_corpus();
	const struct description *d = named("Front door lock");
	ck_assert_str_eq(ear_after("lock", "zigbee2mqtt/Front door lock", "{'state':'LOCK','lock_state':'locked'}"), "'locked'");
	ck_assert_str_eq(ear_after("lock", "zigbee2mqtt/Front door lock", "{'state':'UNLOCK'}"), "'unlocked'");
	ck_assert_str_eq(ear_wish("lock", "'LOCK'"), "zigbee2mqtt/Front door lock/set {'state':'LOCK'}");
	ck_assert_ptr_null(entity(d, "pin_code"));
	ear_close();
}
END_TEST

START_TEST(climates)
{
	hear_corpus();
	const char *topic = "zigbee2mqtt/Tuya valve";
	const struct entity *climate = entity(named("Tuya valve"), "climate");
	ck_assert(climate->min == 5 && climate->max == 35 && climate->step == 0.5);
	ck_assert(choices_have(&climate->options, span_str("heat")));
	ck_assert(choices_have(&climate->presets, span_str("boost")));
	ck_assert_str_eq(ear_after("climate", topic,
				   "{'current_heating_setpoint':21.5,'local_temperature':19.4,'system_mode':'heat','running_state':'heat','preset':'manual'}"),
			 "{'state':'heat','target':21.5,'current':19.4,'action':'heating','preset':'manual'}");
	ck_assert_str_eq(ear_wish("climate", "{'target':20}"), "zigbee2mqtt/Tuya valve/set {'current_heating_setpoint':20}");
	ck_assert_str_eq(ear_wish("climate", "'off'"), "zigbee2mqtt/Tuya valve/set {'system_mode':'off'}");
	ck_assert_str_eq(ear_wish("climate", "{'preset':'boost'}"), "zigbee2mqtt/Tuya valve/set {'preset':'boost'}");
	ck_assert_str_eq(ear_wish("local_temperature_calibration", "-1.5"), "zigbee2mqtt/Tuya valve/set {'local_temperature_calibration':-1.5}");
	ck_assert_str_eq(ear_wish("workdays_schedule", "'0123'"), "zigbee2mqtt/Tuya valve/set/workdays_schedule 0123");

	named("Air conditioner"); /* heats and cools */
	ck_assert_str_eq(ear_after("climate", "zigbee2mqtt/Air conditioner", "{'occupied_heating_setpoint':20,'occupied_cooling_setpoint':26}"),
			 "{'state':null,'target_low':20,'target_high':26}");
	ck_assert_str_eq(ear_wish("climate", "{'target_high':25}"), "zigbee2mqtt/Air conditioner/set {'occupied_cooling_setpoint':25}");
	ear_close();
}
END_TEST

START_TEST(fans)
{
	hear_corpus();
	const char *topic = "zigbee2mqtt/Air purifier";
	const struct entity *fan = entity(named("Air purifier"), "fan");
	ck_assert_int_eq(fan->presets.count, 1);
	ck_assert_str_eq(ear_after("fan", topic, "{'fan_state':'ON','fan_mode':'9'}"), "{'state':'ON','percentage':100}");
	ck_assert_str_eq(ear_after("fan", topic, "{'fan_state':'ON','fan_mode':'auto'}"), "{'state':'ON','percentage':100,'preset':'auto'}");
	ck_assert_str_eq(ear_wish("fan", "{'percentage':100}"),
			 "zigbee2mqtt/Air purifier/set {'fan_state':'ON'}, zigbee2mqtt/Air purifier/set {'fan_mode':'9'}");
	ck_assert_str_eq(ear_wish("fan", "{'preset':'auto'}"),
			 "zigbee2mqtt/Air purifier/set {'fan_state':'ON'}, zigbee2mqtt/Air purifier/set {'fan_mode':'auto'}");
	ck_assert_str_eq(ear_wish("fan", "'OFF'"), "zigbee2mqtt/Air purifier/set {'fan_state':'OFF'}");
	ear_close();
}
END_TEST

START_TEST(firmware)
{
	hear_corpus();
	const char *topic = "zigbee2mqtt/Outlet";
	named("Outlet");
	ck_assert_str_eq(ear_after("update", topic, "{'update':{'state':'idle','installed_version':16777216,'latest_version':16777216}}"),
			 "{'state':'OFF','installed':'16777216','latest':'16777216'}");
	ck_assert_str_eq(ear_after("update", topic, "{'update':{'state':'available','installed_version':16777216,'latest_version':16777232}}"),
			 "{'state':'ON','installed':'16777216','latest':'16777232'}");
	ck_assert_str_eq(ear_after("update", topic, "{'update':{'state':'updating','progress':13.5,'remaining':219}}"),
			 "{'state':'ON','progress':13.5,'installed':'16777216','latest':'16777232'}");
	ck_assert_str_eq(ear_after("update", topic, "{'state':'ON'}"),
			 "{'state':'ON','progress':13.5,'installed':'16777216','latest':'16777232'}");
	ck_assert_str_eq(ear_wish("update", "'INSTALL'"),
			 "zigbee2mqtt/bridge/request/device/ota_update/update {'id':'0x00158d0000100004'}");
	ear_close();
}
END_TEST

/* ---- presence ------------------------------------------------------------ */

static int presence(const struct availability *a, const char *payload)
{
	struct template_input input;
	template_input_init(&input, span_str(payload));
	int there = availability_read(a, &input);
	template_input_finish(&input);
	return there;
}

START_TEST(availability)
{
	hear_corpus();
	const struct description *d = named("Outlet");
	ck_assert_int_eq(d->availability_count, 2);
	ck_assert_int_eq(d->availability_mode, AVAILABILITY_ALL);
	ck_assert_str_eq(d->availability[0].topic, "zigbee2mqtt/bridge/state");
	ck_assert_str_eq(d->availability[1].topic, "zigbee2mqtt/Outlet/availability");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(presence(&d->availability[i], "{\"state\":\"online\"}"), 1);
		ck_assert_int_eq(presence(&d->availability[i], "{\"state\":\"offline\"}"), 0);
		ck_assert_int_eq(presence(&d->availability[i], "online"), 1);
		ck_assert_int_eq(presence(&d->availability[i], "offline"), 0);
		ck_assert_int_eq(presence(&d->availability[i], "{}"), -1);
	}
	ck_assert_str_eq(d->leave.topic, "zigbee2mqtt/bridge/request/device/remove");
	ck_assert_str_eq(d->leave.payload, "{\"id\":\"0x00158d0000100004\",\"transaction\":\"tomte removes 0x00158d0000100004\"}");
	ear_close();
}
END_TEST

#define ANSWER "home/zigbee/bridge/response/device/remove"

START_TEST(a_dead_device_is_forgotten_by_force)
{
	ear_open(&dialect_zigbee2mqtt);
	ear_hear(ANSWER, "{\"data\":{},\"status\":\"error\",\"error\":\"no answer\",\"transaction\":\"tomte removes 0x8\"}");
	ck_assert_str_eq(ear_asked(), "home/zigbee/bridge/request/device/remove {'id':'0x8','force':true}");
	ear_close();
	ear_open(&dialect_zigbee2mqtt);
	ear_hear(ANSWER, "{\"data\":{\"id\":\"0x8\"},\"status\":\"ok\",\"transaction\":\"tomte removes 0x8\"}");
	ear_hear(ANSWER, "{\"data\":{},\"status\":\"error\",\"error\":\"no answer\",\"transaction\":\"another\"}");
	ear_hear(ANSWER, "{\"data\":{},\"status\":\"error\",\"error\":\"no answer\"}");
	ear_hear(ANSWER, "nonsense");
	ck_assert_str_eq(ear_asked(), "");
	ear_close();
}
END_TEST

#define KNOWN "'definition':{'vendor':'V','model':'M','description':'D','exposes':[{'type':'numeric','name':'battery',"                    \
	      "'property':'battery','access':1,'unit':'%'}]}"

START_TEST(devices_that_are_not_ready)
{
	hear_corpus();
	ck_assert_int_eq(ear_hear("zigbee2mqtt/bridge/devices",
				  "[{'ieee_address':'0x1','friendly_name':'New','type':'EndDevice','definition':null,'interview_state':'IN_PROGRESS'},"
				  "{'ieee_address':'0x2','friendly_name':'Old style','type':'EndDevice','definition':null,'interviewing':true},"
				  "{'ieee_address':'0x3','friendly_name':'Odd','type':'EndDevice','definition':null,'interview_state':'SUCCESSFUL',"
				  "'manufacturer':'ACME','model_id':'X1','supported':false},"
				  "{'ieee_address':'0x4','friendly_name':'Off','type':'Router','disabled':true," KNOWN "},"
				  "{'friendly_name':'no address'}, 7]"), 0);
	ck_assert_str_eq(ear_devices(), "0x1,0x2,0x3,0x4");
	ck_assert_ptr_null(ear_describe("0x1"));
	ck_assert_ptr_null(ear_describe("0x2"));
	const struct description *d = ear_describe("0x3");
	ck_assert_str_eq(d->manufacturer, "ACME");
	ck_assert_str_eq(d->model, "X1");
	ck_assert_str_eq(d->entities[0].id, "linkquality");
	d = ear_describe("0x4");
	ck_assert_int_eq(presence(&d->availability[0], "online"), 0);
	ck_assert_int_eq(d->ask_count, 0);
	ear_close();
}
END_TEST

START_TEST(the_list_names_all)
{
	hear_corpus();
	ck_assert_int_eq(ear_hear("zigbee2mqtt/bridge/devices", "[{'ieee_address':'0x7','friendly_name':'Only one'," KNOWN "}]"), 0);
	ck_assert_str_eq(ear_devices(), "0x7");
	ck_assert_int_eq(ear_hear("home/zigbee/bridge/devices", "[{'ieee_address':'0x8','friendly_name':'Other'," KNOWN "}]"), 0);
	ck_assert_str_eq(ear_devices(), "0x7,0x8");
	ck_assert_str_eq(ear_describe("0x8")->leave.topic, "home/zigbee/bridge/request/device/remove");
	ck_assert_int_eq(ear_hear("zigbee2mqtt/bridge/devices", ""), 0);
	ck_assert_str_eq(ear_devices(), "0x8");
	ck_assert_int_eq(ear_hear("home/zigbee/bridge/devices", "{'a':1}"), ERR_MALFORMED);
	ck_assert_str_eq(ear_message(), "the list of devices is no list");
	ck_assert_int_eq(ear_hear("home/zigbee/bridge/devices", "[{"), ERR_MALFORMED);
	ck_assert_str_eq(ear_devices(), "0x8");
	ear_close();
}
END_TEST

START_TEST(sirens)
{
	hear_corpus();
	ck_assert_int_eq(ear_hear("zigbee2mqtt/bridge/devices",
				  "[{'ieee_address':'0x9','friendly_name':'Horn','type':'Router','definition':{'exposes':["
				  "{'type':'binary','name':'alarm','property':'alarm','access':7,'value_on':true,'value_off':false}]}}]"), 0);
	const struct entity *alarm = entity(ear_describe("0x9"), "alarm");
	ck_assert(alarm->siren && alarm->component == COMPONENT_SWITCH);
	ck_assert_str_eq(ear_wish("alarm", "'ON'"), "zigbee2mqtt/Horn/set {'alarm':true}");
	ck_assert_str_eq(ear_after("alarm", "zigbee2mqtt/Horn", "{'alarm':true}"), "'ON'");
	ck_assert_str_eq(ear_after("alarm", "zigbee2mqtt/Horn", "{'alarm':false}"), "'OFF'");
	ear_close();
}
END_TEST

START_TEST(nonsense_in_exposes_is_left_out)
{
	hear_corpus();
	ck_assert_int_eq(ear_hear("zigbee2mqtt/bridge/devices",
				  "[{'ieee_address':'0x9','friendly_name':'Odd','type':'Router','definition':{'exposes':[7,null,{},{'type':'light'},"
				  "{'type':'light','features':[{'name':'state'}]},{'type':'switch','features':7},{'type':'lock'},{'type':'cover'},"
				  "{'type':'fan'},{'type':'climate'},{'type':'numeric','property':'a\\u007d\\u007d','access':1},"
				  "{'type':'numeric','property':'n','access':7,'value_min':5,'value_max':5,'value_step':-1},"
				  "{'type':'enum','property':'e','access':7},{'type':'enum','property':'e2','access':3,'values':[1,2]},"
				  "{'type':'binary','property':'b','access':3,'value_on':1,'value_off':0},{'type':'future','property':'f','access':1},"
				  "{'type':'numeric','property':'m','access':0}]}}]"), 0);
	const struct description *d = ear_describe("0x9");
	ck_assert_str_eq(d->note, "");
	ck_assert_ptr_null(entity(d, "light"));
	ck_assert_str_eq(entity(d, "n")->platform, "sensor"); /* nothing to choose from */
	ck_assert_str_eq(ear_wish("e2", "'2'"), "zigbee2mqtt/Odd/set {'e2':2}");
	ck_assert_str_eq(ear_wish("b", "'ON'"), "zigbee2mqtt/Odd/set {'b':1}");
	ck_assert_str_eq(ear_after("b", "zigbee2mqtt/Odd", "{'b':0}"), "'OFF'");
	ck_assert_ptr_null(entity(d, "f"));
	ck_assert_ptr_null(entity(d, "m"));
	ear_close();
}
END_TEST

/* ---- groups and the bridge ------------------------------------------------- */

START_TEST(groups)
{
	hear_corpus();
	ck_assert_int_eq(ear_hear("zigbee2mqtt/bridge/groups",
				  "[{'id':1,'friendly_name':'Kitchen lamps','members':[{'ieee_address':'0x1','endpoint':1}],"
				  "'scenes':[{'id':2,'name':'Evening'}]},{'id':9,'friendly_name':'default_bind_group','members':[]}]"), 0);
	ck_assert_int_eq(ear_hear("upstairs/bridge/groups", "[{'id':1,'friendly_name':'Bath','members':[{'ieee_address':'0x1'}]}]"), 0);
	ck_assert_ptr_null(ear_describe("group_9"));
	ck_assert_str_eq(ear_describe("upstairs_group_1")->name, "Bath");
	const struct description *d = ear_describe("group_1");
	ck_assert_str_eq(d->name, "Kitchen lamps");
	ck_assert_str_eq(d->leave.topic, "zigbee2mqtt/bridge/request/group/remove");
	ck_assert_str_eq(d->leave.payload, "{\"id\":1}");
	ck_assert_str_eq(ear_after("light", "zigbee2mqtt/Kitchen lamps", "{'state':'ON','brightness':127}"), "{'state':'ON','brightness':128}");
	ck_assert_str_eq(ear_wish("light", "'OFF'"), "zigbee2mqtt/Kitchen lamps/set {'state':'OFF'}");
	ck_assert_str_eq(ear_wish("scene_2", "'PRESS'"), "zigbee2mqtt/Kitchen lamps/set {'scene_recall':2}");
	ear_close();
}
END_TEST

START_TEST(the_bridge)
{
	hear_corpus();
	ck_assert_ptr_nonnull(ear_describe("0x00158d0000100000"));
	ck_assert_str_eq(ear_after("permit_join", "zigbee2mqtt/bridge/info", "{'permit_join':true,'version':'2.6.0'}"), "'ON'");
	ck_assert_str_eq(ear_after("version", "zigbee2mqtt/bridge/info", "{'permit_join':true,'version':'2.6.0'}"), "'2.6.0'");
	ck_assert_str_eq(ear_wish("permit_join", "'ON'"), "zigbee2mqtt/bridge/request/permit_join {'value':true,'time':254}");
	ck_assert_str_eq(ear_wish("permit_join", "'OFF'"), "zigbee2mqtt/bridge/request/permit_join {'value':false,'time':0}");
	ear_close();
}
END_TEST

START_TEST(what_the_bridge_says_of_itself_stays)
{
	static const char *const stay[] = {"zigbee2mqtt/bridge/info", "home/zigbee/bridge/devices", "zigbee2mqtt/bridge/state"};
	static const char *const go[] = {"zigbee2mqtt/lamp", "zigbee2mqtt/garden/bridge/lamp", "zigbee2mqtt/lamp/availability", "bridge/info"};
	const struct dialect *z2m = dialect_find("zigbee2mqtt");
	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		ck_assert_msg(z2m->stays(stay[i]), "%s", stay[i]);
	for (size_t i = 0; i < sizeof go / sizeof *go; i++)
		ck_assert_msg(!z2m->stays(go[i]), "%s", go[i]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_model_is_read_without_a_note, lights, lights_of_several_channels, switches_and_plugs, sensors, actions_are_events,
		actions_of_open_ends, covers, locks, climates, fans, firmware, availability, devices_that_are_not_ready, the_list_names_all,
		sirens, nonsense_in_exposes_is_left_out, groups, the_bridge, a_dead_device_is_forgotten_by_force,
		what_the_bridge_says_of_itself_stays,
	};
	return suite_run("zigbee2mqtt", tests, sizeof tests / sizeof *tests);
}
