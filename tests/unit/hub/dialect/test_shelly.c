/* Shelly, second generation and later: it is asked what it is, and its answers become entities that hear its notifications and
 * call its methods. */
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

/* Hears the three answers of a device of the corpus. */
static const struct description *answered(const char *prefix, const char *file)
{
	static const char *const parts[] = {"info", "config", "status"};
	for (size_t i = 0; i < 3; i++) {
		char topic[128], path[128];
		snprintf(topic, sizeof topic, "%s/hub/%s/rpc", prefix, parts[i]);
		snprintf(path, sizeof path, "shelly/%s.%s.json", file, parts[i]);
		ck_assert_ptr_null(i ? ear_describe(prefix) : NULL);
		ck_assert_int_eq(ear_hear_file(topic, path), 0);
	}
	const struct description *d = ear_describe(prefix);
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->note, "");
	return d;
}

/* A device "s" of one's own. */
static const struct description *told(const char *config, const char *status)
{
	char payload[2048];
	ear_hear("s/hub/info/rpc", "{'id':1,'src':'s','result':{'id':'s','app':'Test','ver':'1.0'}}");
	snprintf(payload, sizeof payload, "{'id':2,'src':'s','result':{%s}}", config);
	ck_assert_int_eq(ear_hear("s/hub/config/rpc", payload), 0);
	snprintf(payload, sizeof payload, "{'id':3,'src':'s','result':{%s}}", status);
	ck_assert_int_eq(ear_hear("s/hub/status/rpc", payload), 0);
	const struct description *d = ear_describe("s");
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->note, "");
	return d;
}

START_TEST(it_is_asked)
{
	ear_open(&dialect_shelly);
	ck_assert_int_eq(ear_hear("shellyplus1pm-aabbccddeeff/online", "true"), 0);
	ck_assert_str_eq(ear_asked(),
			 "shellyplus1pm-aabbccddeeff/rpc {'id':1,'src':'shellyplus1pm-aabbccddeeff/hub/info','method':'Shelly.GetDeviceInfo'}, "
			 "shellyplus1pm-aabbccddeeff/rpc {'id':2,'src':'shellyplus1pm-aabbccddeeff/hub/config','method':'Shelly.GetConfig'}, "
			 "shellyplus1pm-aabbccddeeff/rpc {'id':3,'src':'shellyplus1pm-aabbccddeeff/hub/status','method':'Shelly.GetStatus'}, "
			 "shellyplus1pm-aabbccddeeff/rpc {'id':4,'src':'shellyplus1pm-aabbccddeeff/hub/components/0','method':'Shelly.GetComponents',"
			 "'params':{'offset':0,'dynamic_only':true,'include':['config','status']}}");
	ck_assert_int_eq(ear_hear("shellyplus1pm-aabbccddeeff/online", "false"), 0);
	ck_assert_int_eq(ear_hear("other/thing/online", "1"), 0);
	ck_assert_int_eq(ear_hear("shellyplus1pm-aabbccddeeff/events/rpc", "{'method':'NotifyStatus','params':{'ts':1,'switch:0':{'output':true}}}"), 0);
	ck_assert_int_eq(ear_hear("shellyplus1pm-aabbccddeeff/events/rpc", "no json"), 0);
	ck_assert_int_eq(ear_hear("odd\"prefix/online", "true"), 0);
	ck_assert_str_eq(ear_asked(), "");
	/* it woke, or is another than it was */
	ear_hear("two/levels/events/rpc", "{'src':'x','dst':'two/levels/events','method':'NotifyFullStatus','params':{'ts':1}}");
	ck_assert_ptr_nonnull(strstr(ear_asked(), "two/levels/rpc {'id':2,'src':'two/levels/hub/config'"));
	ear_hear("a/events/rpc", "{'method':'NotifyEvent','params':{'ts':1736605194.11,'events':[{'component':'input:0','id':0,"
				 "'event':'config_changed','restart_required':false,'ts':1736605194.11,'cfg_rev':35}]}}");
	ck_assert_ptr_nonnull(strstr(ear_asked(), "a/rpc {'id':2,'src':'a/hub/config'"));
	ck_assert_str_eq(ear_devices(), "");
	ear_close();
}
END_TEST

START_TEST(a_plug)
{
	static const char events[] = "shellyplus1pm-aabbccddeeff/events/rpc";
	ear_open(&dialect_shelly);
	const struct description *d = answered("shellyplus1pm-aabbccddeeff", "plus_1pm");
	ck_assert_str_eq(ear_devices(), "shellyplus1pm-aabbccddeeff");
	ck_assert_str_eq(d->name, "Shelly Plus 1PM");
	ck_assert_str_eq(d->manufacturer, "Shelly");
	ck_assert_str_eq(d->model, "Plus1PM");
	ck_assert_str_eq(d->sw_version, "1.7.4");
	ck_assert_str_eq(d->availability[0].topic, "shellyplus1pm-aabbccddeeff/online");
	ck_assert_str_eq(d->availability[0].available, "true");
	ck_assert_int_eq(d->ask_count, 1);
	ck_assert_str_eq(d->asks[0].topic, "shellyplus1pm-aabbccddeeff/rpc");
	ck_assert_str_eq(d->asks[0].payload, "{\"id\":1,\"src\":\"shellyplus1pm-aabbccddeeff/events\",\"method\":\"Shelly.GetStatus\"}");

	ck_assert_int_eq(entity(d, "switch_0")->component, COMPONENT_SWITCH);
	ck_assert_str_eq(entity(d, "switch_0")->name, "Office Light");
	ck_assert_str_eq(entity(d, "switch_0_apower")->name, "Office Light Power");
	ck_assert_str_eq(entity(d, "switch_0_aenergy_total")->unit, "Wh");
	ck_assert_str_eq(entity(d, "switch_0_aenergy_total")->state_class, "total_increasing");
	ck_assert_str_eq(entity(d, "switch_0_temperature_tC")->category, "diagnostic");

	/* notifications tell what changed and nothing else; answers to Shelly.GetStatus come on the same topic */
	ck_assert_str_eq(ear_after("switch_0", events,
				   "{'src':'shellyplus1pm-aabbccddeeff','dst':'shellyplus1pm-aabbccddeeff/events','method':'NotifyStatus',"
				   "'params':{'ts':1736603810.49,'switch:0':{'id':0,'output':true,'source':'HTTP_in'}}}"),
			 "'ON'");
	ck_assert_str_eq(ear_after("switch_0", events, "{'method':'NotifyStatus','params':{'ts':1661517385.44,'switch:0':{'id':0,'voltage':232.7}}}"),
			 "'ON'");
	ck_assert_str_eq(ear_after("switch_0_voltage", events, "{'method':'NotifyStatus','params':{'ts':1661517385.44,'switch:0':{'id':0,'voltage':232.7}}}"),
			 "232.7");
	ck_assert_str_eq(ear_after("switch_0", events, "{'method':'NotifyStatus','params':{'ts':1736604020.06,'cloud':{'connected':true}}}"), "'ON'");
	ck_assert_str_eq(ear_after("switch_0", events, "{'id':1,'src':'x','dst':'x/events','result':{'was_on':true}}"), "'ON'");
	ck_assert_str_eq(ear_after("switch_0", events, "{'id':1,'src':'x','dst':'x/events','result':null}"), "'ON'");
	ck_assert_str_eq(ear_after("switch_0", events, "{'id':1,'src':'x','dst':'x/events','error':{'code':404,'message':'no'}}"), "'ON'");
	static const char answer[] = "{'id':1,'src':'x','dst':'x/events','result':{'switch:0':{'id':0,'output':false,'apower':12.5,"
				     "'aenergy':{'total':31.5}},'wifi':{'rssi':-61},'sys':{'available_updates':{'stable':{'version':'1.7.5'}}}}}";
	ck_assert_str_eq(ear_after("switch_0", events, answer), "'OFF'");
	ck_assert_str_eq(ear_after("switch_0_apower", events, answer), "12.5");
	ck_assert_str_eq(ear_after("switch_0_aenergy_total", events, answer), "31.5");
	ck_assert_str_eq(ear_after("wifi_signal", events, answer), "-61");
	ck_assert_str_eq(ear_after("firmware", events, answer),
			 "{'state':'ON','installed':'1.7.4','latest':'1.7.5'}");
	ck_assert_str_eq(ear_after("firmware", events, "{'method':'NotifyStatus','params':{'sys':{'available_updates':{}}}}"),
			 "{'state':'OFF','installed':'1.7.4','latest':'1.7.4'}");

	ck_assert_str_eq(ear_wish("switch_0", "'ON'"),
			 "shellyplus1pm-aabbccddeeff/rpc {'id':1,'src':'shellyplus1pm-aabbccddeeff/events','method':'Switch.Set','params':{'id':0,'on':true}}");
	ck_assert_str_eq(ear_wish("switch_0", "'OFF'"),
			 "shellyplus1pm-aabbccddeeff/rpc {'id':1,'src':'shellyplus1pm-aabbccddeeff/events','method':'Switch.Set','params':{'id':0,'on':false}}");
	ck_assert_str_eq(ear_wish("firmware", "'INSTALL'"),
			 "shellyplus1pm-aabbccddeeff/rpc {'id':1,'method':'Shelly.Update','params':{'stage':'stable'}}");
	ck_assert_str_eq(ear_wish("restart", "'PRESS'"),
			 "shellyplus1pm-aabbccddeeff/rpc {'id':1,'src':'shellyplus1pm-aabbccddeeff/events','method':'Shelly.Reboot'}");
	ear_close();
}
END_TEST

START_TEST(a_button)
{
	static const char events[] = "shellyplus1pm-aabbccddeeff/events/rpc";
	ear_open(&dialect_shelly);
	const struct description *d = answered("shellyplus1pm-aabbccddeeff", "plus_1pm");
	ck_assert_int_eq(entity(d, "input_0")->component, COMPONENT_EVENT);
	ck_assert_str_eq(entity(d, "input_0")->name, "Light button");
	ck_assert_str_eq(ear_after("input_0", events,
				   "{'src':'shellyplus1-a8032abc7158','dst':'shellyplus1-a8032abc7158/events','method':'NotifyEvent','params':{"
				   "'ts':1646945882.47,'events':[{'component':'input:0','id':0,'event':'double_push','ts':1646945882.47}]}}"),
			 "'double_push'");
	ck_assert_str_eq(ear_after("input_0", events, "{'method':'NotifyEvent','params':{'events':[{'component':'input:1','event':'long_push'}]}}"),
			 "'double_push'");
	ck_assert_str_eq(ear_after("input_0", events, "{'method':'NotifyEvent','params':{'events':[{'component':'input:1','event':'long_push'},"
						      "{'component':'input:0','event':'single_push'}]}}"),
			 "'single_push'");
	ck_assert_str_eq(ear_after("input_0", events, "{'method':'NotifyEvent','params':{'events':[{'component':'input:0','event':'config_changed'}]}}"),
			 "'single_push'");
	ck_assert_str_eq(ear_after("input_0", events, "{'method':'NotifyStatus','params':{'switch:0':{'output':true}}}"), "'single_push'");
	ear_close();
}
END_TEST

START_TEST(a_cover)
{
	static const char prefix[] = "shellies-gen3/shelly-2pm-gen3-365730", events[] = "shellies-gen3/shelly-2pm-gen3-365730/events/rpc";
	ear_open(&dialect_shelly);
	const struct description *d = answered(prefix, "2pm_gen3_cover");
	ck_assert_str_eq(d->name, "Test Name");
	ck_assert_int_eq(entity(d, "cover_0")->component, COMPONENT_COVER);
	ck_assert_str_eq(entity(d, "cover_0")->name, "");
	ck_assert_str_eq(entity(d, "cover_0_apower")->name, "Power");
	ck_assert_int_eq(entity(d, "input_1")->component, COMPONENT_BINARY_SENSOR);
	ck_assert_str_eq(entity(d, "input_1")->name, "Input 2");
	ck_assert_str_eq(ear_after("cover_0", events, "{'params':{'cover:0':{'id':0,'state':'opening'}}}"), "{'state':'opening'}");
	ck_assert_str_eq(ear_after("input_1", events, "{'params':{'input:1':{'id':1,'state':true}}}"), "'ON'");
	ck_assert_str_eq(ear_wish("cover_0", "'OPEN'"), "shellies-gen3/shelly-2pm-gen3-365730/command/cover:0 open");
	ck_assert_str_eq(ear_wish("cover_0", "'STOP'"), "shellies-gen3/shelly-2pm-gen3-365730/command/cover:0 stop");
	ck_assert_str_eq(ear_wish("cover_0", "{'position':50}"), "This takes state and nothing else.");

	/* once it has learnt its way; with its own topics switched off; with slats */
	told("'cover:0':{'id':0,'slat':{'enable':true}},'mqtt':{'enable_control':false}",
	     "'cover:0':{'id':0,'pos_control':true,'current_pos':30,'slat_pos':10,'state':'open'}");
	ck_assert_str_eq(ear_after("cover_0", "s/events/rpc", "{'params':{'cover:0':{'id':0,'state':'closing','current_pos':29,'slat_pos':20}}}"),
			 "{'state':'closing','position':29,'tilt':20}");
	ck_assert_str_eq(ear_wish("cover_0", "'CLOSE'"), "s/rpc {'id':1,'method':'Cover.Close','params':{'id':0}}");
	ck_assert_str_eq(ear_wish("cover_0", "{'position':50}"),
			 "s/rpc {'id':1,'src':'s/events','method':'Cover.GoToPosition','params':{'id':0,'pos':50}}");
	ck_assert_str_eq(ear_wish("cover_0", "{'tilt':70}"),
			 "s/rpc {'id':1,'src':'s/events','method':'Cover.GoToPosition','params':{'id':0,'slat_pos':70}}");
	ear_close();
}
END_TEST

START_TEST(lamps)
{
	static const char prefix[] = "shellyplusrgbwpm-aabbccddeeff", events[] = "shellyplusrgbwpm-aabbccddeeff/events/rpc";
	ear_open(&dialect_shelly);
	const struct description *d = answered(prefix, "plus_rgbw_pm");
	ck_assert_str_eq(d->name, "shellyplusrgbwpm-aabbccddeeff");
	ck_assert_uint_eq(entity(d, "rgbw_0")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_RGB);
	ck_assert_str_eq(ear_after("rgbw_0", events, "{'result':{'rgbw:0':{'id':0,'output':true,'rgb':[255,0,10],'brightness':50,'white':7}}}"),
			 "{'state':'ON','brightness':128,'color':{'r':255,'g':0,'b':10}}");
	ck_assert_str_eq(ear_after("rgbw_0", events, "{'params':{'rgbw:0':{'id':0,'output':false}}}"),
			 "{'state':'OFF','brightness':128,'color':{'r':255,'g':0,'b':10}}");
	ck_assert_str_eq(ear_after("rgbw_0_white", events, "{'params':{'rgbw:0':{'id':0,'white':9}}}"), "9");
	ck_assert_str_eq(ear_wish("rgbw_0", "'OFF'"), "shellyplusrgbwpm-aabbccddeeff/rpc {'id':1,'method':'RGBW.Set','params':{'id':0,'on':false}}");
	ck_assert_str_eq(ear_wish("rgbw_0", "{'color':{'r':1,'g':2,'b':3}}"),
			 "shellyplusrgbwpm-aabbccddeeff/rpc {'id':1,'src':'shellyplusrgbwpm-aabbccddeeff/events','method':'RGBW.Set','params':{'id':0,'on':true,'rgb':[1,2,3]}}, "
			 "shellyplusrgbwpm-aabbccddeeff/rpc {'id':1,'method':'RGBW.Set','params':{'id':0,'on':true}}");
	ck_assert_str_eq(ear_wish("rgbw_0_white", "20"),
			 "shellyplusrgbwpm-aabbccddeeff/rpc {'id':1,'src':'shellyplusrgbwpm-aabbccddeeff/events','method':'RGBW.Set','params':{'id':0,'white':20}}");

	d = answered("shellies-gen3/shelly-duo-bulb-gen3-aabbccdd", "duo_bulb_gen3");
	ck_assert_uint_eq(entity(d, "cct_0")->color_modes, COLOR_MODE_BRIGHTNESS | COLOR_MODE_COLOR_TEMP);
	ck_assert(entity(d, "cct_0")->min_kelvin == 2700 && entity(d, "cct_0")->max_kelvin == 6500);
	ck_assert_str_eq(ear_after("cct_0", "shellies-gen3/shelly-duo-bulb-gen3-aabbccdd/events/rpc",
				   "{'params':{'cct:0':{'id':0,'output':true,'brightness':100,'ct':3000}}}"),
			 "{'state':'ON','brightness':255,'color_temp':3000}");
	ck_assert_ptr_nonnull(strstr(ear_wish("cct_0", "{'color_temp':4000}"), "'method':'CCT.Set','params':{'id':0,'on':true,'ct':4000}}"));

	/* a dimmer, which has a topic of its own for on and off */
	d = told("'light:0':{'id':0},'light:1':{'id':1,'name':'Lamp'}", "'light:0':{'id':0,'output':false,'brightness':3},'light:1':{'id':1}");
	ck_assert_str_eq(entity(d, "light_0")->name, "Light 1");
	ck_assert_str_eq(entity(d, "light_1")->name, "Lamp");
	ck_assert_str_eq(ear_after("light_0", "s/events/rpc", "{'params':{'light:0':{'output':true,'brightness':20}}}"), "{'state':'ON','brightness':51}");
	ck_assert_str_eq(ear_wish("light_0", "{'brightness':51}"),
			 "s/rpc {'id':1,'src':'s/events','method':'Light.Set','params':{'id':0,'on':true,'brightness':20}}, s/command/light:0 on");
	ck_assert_str_eq(ear_wish("light_1", "'OFF'"), "s/command/light:1 off");

	/* a bulb of colours or whites: what the other mode has is no news */
	told("'rgbcct:0':{'id':0,'ct_range':[2700,6000]}", "'rgbcct:0':{'id':0,'mode':'cct'}");
	ck_assert_str_eq(ear_after("rgbcct_0", "s/events/rpc", "{'params':{'rgbcct:0':{'output':true,'mode':'cct','ct':2700,'rgb':[1,2,3],'brightness':100}}}"),
			 "{'state':'ON','brightness':255,'color_temp':2700}");
	ck_assert_ptr_nonnull(strstr(ear_wish("rgbcct_0", "{'color':{'r':9,'g':8,'b':7}}"),
				     "'method':'RGBCCT.Set','params':{'id':0,'on':true,'mode':'rgb','rgb':[9,8,7]}}"));
	ear_close();
}
END_TEST

START_TEST(meters)
{
	ear_open(&dialect_shelly);
	const struct description *d = told("'em:0':{'id':0,'name':null},'em1:0':{'id':0},'em1:1':{'id':1}",
		"'em:0':{'id':0,'a_current':4.029,'a_voltage':236.1,'a_act_power':951.2,'a_aprt_power':951.9,'a_pf':1,'a_freq':50,'n_current':null,"
		"'total_current':11.116,'total_act_power':2484.782},'emdata:0':{'id':0,'a_total_act_energy':0,'total_act':0,'total_act_ret':0},"
		"'em1:1':{'id':1,'act_power':1.5},'em1data:1':{'id':1,'total_act_energy':5}");
	ck_assert_str_eq(entity(d, "em_0_a_act_power")->name, "Phase A Power");
	ck_assert_str_eq(entity(d, "em_0_n_current")->name, "Neutral Current");
	ck_assert_str_eq(entity(d, "em_0_total_act_power")->name, "Total Power");
	ck_assert_str_eq(entity(d, "emdata_0_total_act")->unit, "Wh");
	ck_assert_str_eq(entity(d, "em1_1_act_power")->name, "Meter 2 Power");
	static const char report[] = "{'params':{'ts':1,'em:0':{'id':0,'a_act_power':100.5,'n_current':null},'emdata:0':{'id':0,'total_act':12.25}}}";
	ck_assert_str_eq(ear_after("em_0_a_act_power", "s/events/rpc", report), "100.5");
	ck_assert_str_eq(ear_after("emdata_0_total_act", "s/events/rpc", report), "12.25");
	ck_assert_str_eq(ear_after("em_0_n_current", "s/events/rpc", report), "null");
	ear_close();
}
END_TEST

START_TEST(sensors_and_sleep)
{
	ear_open(&dialect_shelly);
	const struct description *d = told("'temperature:0':{'id':0,'name':null},'humidity:0':{'id':0},'smoke:0':{'id':0},'flood:0':{'id':0},"
		"'input:2':{'id':2,'type':'analog'},'input:3':{'id':3,'type':'switch','enable':false},'voltmeter:100':{'id':100}",
		"'temperature:0':{'id':0,'tC':21.3,'tF':70.3},'humidity:0':{'id':0,'rh':44.1},'devicepower:0':{'id':0,'battery':{'V':5.9,'percent':96},"
		"'external':{'present':false}},'smoke:0':{'id':0,'alarm':false},'flood:0':{'id':0,'alarm':false},'input:2':{'id':2,'percent':10},"
		"'voltmeter:100':{'id':100,'voltage':4.2},'sys':{'wakeup_period':7200}");
	ck_assert_int_eq(d->availability_count, 0); /* it is away most of the time */
	ck_assert(entity(d, "temperature_0_tC")->expire_after_ms == 14400 * 1000);
	ck_assert_str_eq(entity(d, "temperature_0_tC")->name, "Temperature");
	ck_assert_str_eq(entity(d, "devicepower_0_battery_percent")->device_class, "battery");
	ck_assert_str_eq(entity(d, "smoke_0")->device_class, "smoke");
	ck_assert_str_eq(entity(d, "flood_0")->device_class, "moisture");
	ck_assert_str_eq(entity(d, "voltmeter_100_voltage")->unit, "V");
	ck_assert(!has(d, "input_2") && has(d, "input_2_percent") && !has(d, "input_3"));
	static const char report[] = "{'method':'NotifyFullStatus','params':{'ts':1,'temperature:0':{'id':0,'tC':19.5},'humidity:0':{'id':0,'rh':50},"
				     "'devicepower:0':{'id':0,'battery':{'V':5.8,'percent':95}},'smoke:0':{'id':0,'alarm':true}}}";
	ck_assert_str_eq(ear_after("temperature_0_tC", "s/events/rpc", report), "19.5");
	ck_assert_str_eq(ear_after("humidity_0_rh", "s/events/rpc", report), "50");
	ck_assert_str_eq(ear_after("devicepower_0_battery_percent", "s/events/rpc", report), "95");
	ck_assert_str_eq(ear_after("smoke_0", "s/events/rpc", report), "'ON'");
	ear_close();
}
END_TEST

/* A page of Shelly.GetComponents of the device "s". */
static int page(int number, const char *components, int offset, int total)
{
	char topic[64], payload[4096];
	snprintf(topic, sizeof topic, "s/hub/components/%d/rpc", number);
	snprintf(payload, sizeof payload, "{'id':4,'src':'s','dst':'s/hub/components/%d','result':{'components':[%s],'cfg_rev':9,'offset':%d,'total':%d}}", number,
		 components, offset, total);
	return ear_hear(topic, payload);
}

START_TEST(virtual_components)
{
	static const char events[] = "s/events/rpc";
	ear_open(&dialect_shelly);
	told("'switch:0':{'id':0}", "'switch:0':{'output':true}");
	ck_assert_int_eq(page(0,
			      "{'key':'boolean:200','status':{'value':false},'config':{'id':200,'name':'Holiday'}},"
			      "{'key':'number:200','status':{'value':6},'config':{'id':200,'min':5,'max':30,'meta':{'ui':{'step':0.5,'unit':'°C'}}}}",
			      0, 6),
			 0);
	ck_assert_str_eq(ear_asked(), "s/rpc {'id':4,'src':'s/hub/components/1','method':'Shelly.GetComponents','params':{'offset':2,'dynamic_only':true,"
				      "'include':['config','status']}}");
	ck_assert_int_eq(page(1,
			      "{'key':'text:200','config':{'id':200}},{'key':'enum:200','config':{'id':200,'options':['eco','full']}},"
			      "{'key':'enum:201','config':{'id':201,'options':[]}},{'key':'button:200','status':{},'config':{'id':200,'name':'Start'}}",
			      2, 6),
			 0);
	/* nothing should be behind the last: of that an error says the same */
	ck_assert_str_eq(ear_asked(), "s/rpc {'id':5,'src':'s/hub/components/2','method':'Shelly.GetComponents','params':{'offset':6,'dynamic_only':true,"
				      "'include':['config','status']}}");
	ck_assert_int_eq(ear_hear("s/hub/components/2/rpc", "{'id':5,'src':'s','error':{'code':-103,'message':'out of range'}}"), 0);
	ck_assert_str_eq(ear_asked(), "");

	const struct description *d = ear_describe("s");
	ck_assert_str_eq(d->note, "");
	ck_assert_str_eq(entity(d, "switch_0")->name, "");
	ck_assert_str_eq(entity(d, "boolean_200")->name, "Holiday");
	ck_assert(entity(d, "number_200")->min == 5 && entity(d, "number_200")->max == 30 && entity(d, "number_200")->step == 0.5);
	ck_assert(!has(d, "enum_201"));
	ck_assert_str_eq(ear_after("boolean_200", events, "{'params':{'boolean:200':{'value':true}}}"), "'ON'");
	ck_assert_str_eq(ear_after("number_200", events, "{'params':{'number:200':{'value':7.5}}}"), "7.5");
	ck_assert_str_eq(ear_after("text_200", events, "{'params':{'text:200':{'value':'hello'}}}"), "'hello'");
	ck_assert_str_eq(ear_after("enum_200", events, "{'params':{'enum:200':{'value':'eco'}}}"), "'eco'");
	ck_assert_ptr_nonnull(strstr(ear_wish("boolean_200", "'ON'"), "'method':'Boolean.Set','params':{'id':200,'value':true}}"));
	ck_assert_ptr_nonnull(strstr(ear_wish("number_200", "20.5"), "'method':'Number.Set','params':{'id':200,'value':20.5}}"));
	ck_assert_ptr_nonnull(strstr(ear_wish("text_200", "'a b'"), "'method':'Text.Set','params':{'id':200,'value':'a b'}}"));
	ck_assert_ptr_nonnull(strstr(ear_wish("enum_200", "'full'"), "'method':'Enum.Set','params':{'id':200,'value':'full'}}"));
	ck_assert_ptr_nonnull(strstr(ear_wish("button_200", "'PRESS'"), "'method':'Button.Trigger','params':{'id':200,'event':'single_push'}}"));

	/* the status of the whole leaves them out: each is asked, and known again by the number of its question */
	ck_assert_int_eq(d->ask_count, 6);
	ck_assert_str_eq(d->asks[1].payload, "{\"id\":1200,\"src\":\"s/events\",\"method\":\"Boolean.GetStatus\",\"params\":{\"id\":200}}");
	ck_assert_str_eq(ear_after("boolean_200", events, "{'id':1200,'src':'s','dst':'s/events','result':{'id':200,'value':false}}"), "'OFF'");
	ck_assert_str_eq(ear_after("boolean_200", events, "{'id':2200,'src':'s','dst':'s/events','result':{'id':200,'value':true}}"), "'OFF'");
	ck_assert_str_eq(ear_after("boolean_200", events, "{'id':1,'src':'s','dst':'s/events','result':{'switch:0':{'output':false}}}"), "'OFF'");
	ck_assert_str_eq(ear_after("boolean_200", events, "{'id':1200,'src':'s','dst':'s/events','error':{'code':404,'message':'no'}}"), "'OFF'");
	ck_assert_str_eq(ear_after("switch_0", events, "{'id':1200,'src':'s','dst':'s/events','result':{'id':200,'value':false}}"), "null");

	/* removed, and the page that is no longer there */
	ck_assert_int_eq(page(0, "{'key':'text:200','config':{'id':200}}", 0, 1), 0);
	ck_assert_int_eq(page(1, "", 1, 1), 0);
	d = ear_describe("s");
	ck_assert(has(d, "text_200") && has(d, "switch_0") && !has(d, "boolean_200") && !has(d, "enum_200"));
	/* firmware that has none; nonsense; what is no dynamic component; an answer that could not be given keeps what was known */
	ck_assert_int_eq(ear_hear("s/hub/components/0/rpc", "{'id':4,'src':'s','error':{'code':404,'message':'No handler'}}"), 0);
	ck_assert_int_eq(ear_hear("s/hub/components/0/rpc", "{'id':4,'result':{'components':7}}"), ERR_MALFORMED);
	ck_assert_str_eq(ear_message(), "the answer of a Shelly has no components");
	ck_assert_int_eq(ear_hear("s/hub/components/x/rpc", "{'id':4,'result':{'components':[]}}"), 0);
	ck_assert_int_eq(ear_hear("s/hub/components/99/rpc", "{'id':4,'result':{'components':[]}}"), 0);
	ck_assert_int_eq(ear_hear("s/hub/components/0/rpc", ""), 0);
	ck_assert(has(ear_describe("s"), "text_200"));
	ck_assert_int_eq(page(0, "{'key':'ble','config':{}},{'key':'switch:1','config':{}},{'key':'number:201'},7,{'key':3}", 0, 5), 0);
	d = ear_describe("s");
	ck_assert(!has(d, "text_200") && !has(d, "switch_1") && !has(d, "number_201"));
	/* it says when there are others */
	(void)ear_asked();
	ear_hear(events, "{'method':'NotifyEvent','params':{'events':[{'component':'sys','event':'component_added','target':'boolean:201','ts':1.5}]}}");
	ck_assert_ptr_nonnull(strstr(ear_asked(), "Shelly.GetComponents"));
	ear_close();
}
END_TEST

START_TEST(bluetooth_devices)
{
	static const char events[] = "s/events/rpc", ht[] = "s/fc:4d:6a:00:00:01", rc[] = "s/fc:4d:6a:00:00:02", door[] = "s/fc:4d:6a:00:00:03";
	ear_open(&dialect_shelly);
	told("'switch:0':{'id':0}", "'switch:0':{'output':true}");
	ck_assert_int_eq(page(0,
			      "{'key':'bthomedevice:200','status':{'id':200,'rssi':-70,'battery':100,'packet_id':1,'last_updated_ts':1785961497,'paired':false},"
			      "'config':{'id':200,'addr':'fc:4d:6a:00:00:01','name':'BLU HT','meta':null},'attrs':{'model_id':12}},"
			      "{'key':'bthomesensor:200','status':{'id':200,'value':100},'config':{'id':200,'addr':'fc:4d:6a:00:00:01','name':null,'obj_id':1,'idx':0}},"
			      "{'key':'bthomesensor:201','status':{'id':201,'value':false},'config':{'id':201,'addr':'fc:4d:6a:00:00:01','obj_id':30,'idx':0}},"
			      "{'key':'bthomesensor:202','status':{'id':202,'value':79},'config':{'id':202,'addr':'fc:4d:6a:00:00:01','obj_id':46,'idx':0}}",
			      0, 9),
			 0);
	ck_assert_int_eq(page(1,
			      "{'key':'bthomesensor:203','status':{'id':203,'value':22.6},'config':{'id':203,'addr':'fc:4d:6a:00:00:01','obj_id':69,'idx':0}},"
			      "{'key':'bthomesensor:204','status':{'id':204,'value':1.5},'config':{'id':204,'addr':'fc:4d:6a:00:00:01','obj_id':69,'idx':1}},"
			      "{'key':'bthomesensor:205','status':{'id':205,'value':'x'},'config':{'id':205,'addr':'fc:4d:6a:00:00:01','obj_id':83,'idx':0}},"
			      "{'key':'bthomedevice:201','status':{'id':201,'rssi':-60,'battery':90},'config':{'id':201,'addr':'fc:4d:6a:00:00:02','name':null}},"
			      "{'key':'bthomesensor:206','status':{'id':206,'value':true},'config':{'id':206,'addr':'fc:4d:6a:00:00:03','obj_id':45,'name':'Cellar'}},"
			      "{'key':'bthomesensor:207','config':{'id':207,'addr':'not an address','obj_id':45}}",
			      4, 9),
			 0);
	ck_assert_str_eq(ear_devices(), "s,s/fc:4d:6a:00:00:01,s/fc:4d:6a:00:00:02,s/fc:4d:6a:00:00:03");

	const struct description *d = ear_describe(ht);
	ck_assert_str_eq(d->note, "");
	ck_assert_str_eq(d->name, "BLU HT");
	ck_assert_str_eq(d->availability[0].topic, "s/online");
	ck_assert_str_eq(entity(d, "bthomesensor_203")->name, "Temperature");
	ck_assert_str_eq(entity(d, "bthomesensor_203")->device_class, "temperature");
	ck_assert_str_eq(entity(d, "bthomesensor_204")->name, "Temperature 2");
	ck_assert_str_eq(entity(d, "bthomesensor_202")->unit, "%");
	ck_assert_int_eq(entity(d, "bthomesensor_201")->component, COMPONENT_BINARY_SENSOR);
	ck_assert_str_eq(entity(d, "bthomesensor_201")->device_class, "light");
	ck_assert_str_eq(entity(d, "bthomesensor_205")->name, "Object 83");
	ck_assert_str_eq(entity(d, "bthomesensor_205")->category, "diagnostic");
	ck_assert_str_eq(entity(d, "bthomedevice_200_battery")->device_class, "battery");
	ck_assert_str_eq(entity(d, "bthomedevice_200_rssi")->unit, "dBm");
	ck_assert(!has(d, "bthomesensor_200") && !has(d, "bthomedevice_200") && !has(d, "switch_0"));
	ck_assert_str_eq(ear_after("bthomesensor_203", events, "{'method':'NotifyStatus','params':{'ts':1,'bthomesensor:203':{'id':203,'value':21.9,'last_updated_ts':1}}}"), "21.9");
	ck_assert_str_eq(ear_after("bthomesensor_201", events, "{'params':{'bthomesensor:201':{'value':true}}}"), "'ON'");
	ck_assert_str_eq(ear_after("bthomedevice_200_rssi", events, "{'params':{'bthomedevice:200':{'id':200,'rssi':-71,'battery':99}}}"), "-71");
	ck_assert_str_eq(ear_after("bthomesensor_203", events, "{'id':5203,'src':'s','dst':'s/events','result':{'id':203,'value':20.5}}"), "20.5");
	ck_assert_str_eq(ear_after("bthomesensor_202", events, "{'id':5203,'src':'s','dst':'s/events','result':{'id':203,'value':20.5}}"), "null");
	ck_assert_str_eq(ear_after("bthomedevice_200_battery", events, "{'id':7200,'src':'s','dst':'s/events','result':{'id':200,'rssi':-71,'battery':98}}"), "98");
	ck_assert_int_eq(d->ask_count, 7);
	ck_assert_str_eq(d->asks[0].topic, "s/rpc");
	ck_assert_ptr_nonnull(strstr(d->asks[0].payload, "{\"id\":7200,\"src\":\"s/events\",\"method\":\"BTHomeDevice.GetStatus\",\"params\":{\"id\":200}}"));
	ck_assert_ptr_nonnull(strstr(d->asks[1].payload, "\"method\":\"BTHomeSensor.GetStatus\""));

	/* a remote control, of which nothing but its presses is known */
	d = ear_describe(rc);
	ck_assert_str_eq(d->name, "fc:4d:6a:00:00:02");
	ck_assert_int_eq(entity(d, "bthomedevice_201")->component, COMPONENT_EVENT);
	ck_assert_str_eq(ear_after("bthomedevice_201", events, "{'method':'NotifyEvent','params':{'events':[{'component':'bthomedevice:201','id':201,'event':'double_push'}]}}"),
			 "'double_push'");
	d = ear_describe(door);
	ck_assert_str_eq(entity(d, "bthomesensor_206")->name, "Cellar");
	ck_assert_str_eq(entity(d, "bthomesensor_206")->device_class, "window");

	/* removed from the Shelly: gone here; the Shelly stays */
	ck_assert_int_eq(page(1, "", 4, 4), 0);
	ck_assert_str_eq(ear_devices(), "s,s/fc:4d:6a:00:00:01");
	ck_assert(!has(ear_describe(ht), "bthomesensor_203"));
	ck_assert_int_eq(page(0, "", 0, 0), 0);
	ck_assert_str_eq(ear_devices(), "s");
	ear_close();
}
END_TEST

START_TEST(thermostats)
{
	static const char events[] = "s/events/rpc", valve[] = "s/f8:44:77:00:00:01";
	ear_open(&dialect_shelly);
	const struct description *d = told("'thermostat:0':{'id':0,'enable':true,'type':'heating'},'temperature:0':{'id':0},'humidity:0':{'id':0}",
					   "'thermostat:0':{'id':0,'enable':true,'target_C':21,'current_C':20.4,'output':false},'temperature:0':{'tC':20.4},'humidity:0':{'rh':44}");
	ck_assert_int_eq(entity(d, "thermostat_0")->component, COMPONENT_CLIMATE);
	ck_assert_str_eq(entity(d, "thermostat_0")->name, "");
	ck_assert_str_eq(ear_after("thermostat_0", events, "{'id':1,'result':{'thermostat:0':{'id':0,'enable':true,'target_C':21,'current_C':20.4,'output':true}}}"),
			 "{'state':'heat','target':21,'current':20.4,'action':'heating'}");
	ck_assert_str_eq(ear_after("thermostat_0", events, "{'method':'NotifyStatus','params':{'thermostat:0':{'id':0,'output':false}}}"),
			 "{'state':'heat','target':21,'current':20.4,'action':'idle'}");
	ck_assert_str_eq(ear_after("thermostat_0", events, "{'params':{'thermostat:0':{'id':0,'enable':false}}}"),
			 "{'state':'off','target':21,'current':20.4,'action':'idle'}");
	ck_assert_str_eq(ear_wish("thermostat_0", "{'target':22.5}"),
			 "s/rpc {'id':1,'src':'s/events','method':'Thermostat.SetConfig','params':{'id':0,'config':{'target_C':22.5}}}");
	ck_assert_str_eq(ear_wish("thermostat_0", "'heat'"),
			 "s/rpc {'id':1,'src':'s/events','method':'Thermostat.SetConfig','params':{'id':0,'config':{'enable':true}}}");
	ck_assert_str_eq(ear_wish("thermostat_0", "'off'"),
			 "s/rpc {'id':1,'src':'s/events','method':'Thermostat.SetConfig','params':{'id':0,'config':{'enable':false}}}");
	ck_assert_ptr_null(strstr(ear_wish("thermostat_0", "'cool'"), "s/rpc")); /* which it has not */
	told("'thermostat:0':{'id':0,'type':'cooling'}", "'thermostat:0':{'id':0}");
	ck_assert_str_eq(ear_after("thermostat_0", events, "{'params':{'thermostat:0':{'enable':true,'output':true}}}"), "{'state':'cool','action':'cooling'}");

	ck_assert_int_eq(page(0,
			      "{'key':'blutrv:200','status':{'id':200,'target_C':19,'current_C':21,'pos':0,'rssi':-58,'battery':100,'packet_id':58,'paired':true},"
			      "'config':{'id':200,'addr':'f8:44:77:00:00:01','name':'Bedroom','trv':'bthomedevice:200'}},"
			      "{'key':'bthomedevice:200','status':{'id':200,'rssi':-58,'battery':100},'config':{'id':200,'addr':'f8:44:77:00:00:01','name':'BLU TRV'}},"
			      "{'key':'bthomesensor:201','status':{'id':201,'value':19},'config':{'id':201,'addr':'f8:44:77:00:00:01','obj_id':69}}",
			      0, 3),
			 0);
	d = ear_describe(valve);
	ck_assert_str_eq(d->note, "");
	ck_assert_str_eq(d->name, "Bedroom");
	ck_assert(entity(d, "blutrv_200")->min == 4 && entity(d, "blutrv_200")->max == 30);
	ck_assert(has(d, "blutrv_200_battery") && has(d, "blutrv_200_pos") && !has(d, "bthomesensor_201") && !has(d, "bthomedevice_200"));
	ck_assert_str_eq(ear_after("blutrv_200", events, "{'id':6200,'src':'s','dst':'s/events','result':{'id':200,'target_C':19,'current_C':17.5,'pos':40}}"),
			 "{'state':'heat','target':19,'current':17.5,'action':'heating'}");
	ck_assert_str_eq(entity(d, "blutrv_200_pos")->category, "diagnostic");
	ck_assert_str_eq(ear_after("blutrv_200_pos", events, "{'params':{'blutrv:200':{'pos':12}}}"), "12");
	ck_assert_str_eq(ear_wish("blutrv_200", "{'target':18.5}"),
			 "s/rpc {'id':1,'src':'s/events','method':'BluTrv.Call','params':{'id':200,'method':'TRV.SetTarget','params':{'id':0,'target_C':18.5}}}");
	ear_close();
}
END_TEST

START_TEST(answers_that_repeat)
{
	ear_open(&dialect_shelly);
	told("'switch:0':{'id':0}", "'switch:0':{'id':0,'output':false,'apower':1.5,'source':'init'}");
	char *first = strdup(ear_json());
	told("'switch:0':{'id':0}", "'switch:0':{'id':0,'output':true,'apower':99,'source':'MQTT'}");
	ck_assert_str_eq(ear_json(), first);
	free(first);
	/* an error keeps what was known; nonsense too */
	ck_assert_int_eq(ear_hear("s/hub/config/rpc", "{'id':2,'src':'s','error':{'code':-103,'message':'busy'}}"), 0);
	ck_assert_int_eq(ear_hear("s/hub/config/rpc", "nonsense"), ERR_MALFORMED);
	ck_assert_str_eq(ear_message(), "the answer of a Shelly has no result");
	ck_assert(has(ear_describe("s"), "switch_0"));
	/* a name that is too long ends between characters */
	char config[512], umlauts[301] = "";
	while (strlen(umlauts) < 300)
		strcat(umlauts, "ä");
	snprintf(config, sizeof config, "'switch:0':{'id':0,'name':'%s'}", umlauts);
	const struct description *long_one = told(config, "'switch:0':{'apower':1}");
	ck_assert_uint_eq(strlen(entity(long_one, "switch_0")->name), 126);
	/* odd members of odd kinds */
	const struct description *d = told("'switch:0':7,'x:y':{},'input:1':{'type':5},'number:1':{'min':3,'max':3},'cover:70000':{},'Sys':{}",
					   "'switch:0':[1],'em:0':'x'");
	ck_assert(has(d, "switch_0") && has(d, "number_1") && !has(d, "cover_70000"));
	/* gone: nothing is left of its answers */
	ear_hear("s/hub/info/rpc", "");
	ear_hear("s/hub/config/rpc", "");
	ear_hear("s/hub/status/rpc", "");
	ck_assert_str_eq(ear_devices(), "");
	ear_close();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {it_is_asked, a_plug, a_button, a_cover, lamps, meters, sensors_and_sleep, virtual_components,
				      bluetooth_devices, thermostats, answers_that_repeat};
	return suite_run("shelly", tests, sizeof tests / sizeof *tests);
}
