/* Components as devices describe them, with what they report, and what is published when somebody wishes something. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "device/discovery.h"
#include "device/report.h"
#include "device/wish.h"
#include "support/suite.h"

static struct description described;
static struct entity *it;
static struct state state;

static int describe_pi(struct span payload, struct description *d, char *message)
{
	const struct topic_gate gate = topic_gate_own("pi");
	return discovery_read(payload, &gate, d, message);
}

/* One component of the device pi; ~ is tomte/pi, and quotes are single. */
static void given(const char *component)
{
	char text[4096], message[DISCOVERY_MESSAGE_SIZE];
	snprintf(text, sizeof text, "{'dev':{'ids':['pi']},'~':'tomte/pi','cmps':{'it':%s}}", component);
	for (char *c = text; (c = strchr(c, '\'')); c++)
		*c = '"';
	ck_assert_msg(describe_pi(span_str(text), &described, message) == 0, "%s: %s", component, message);
	ck_assert_str_eq(described.note, "");
	it = &described.entities[0];
	state = (struct state){0};
}

static void done(void)
{
	description_finish(&described);
}

/* What the entity's channels on this topic make of the payload: the first error, or 0. */
static int hears(const char *topic, const char *payload)
{
	struct report report = {0};
	int err = 0, known = 0;
	template_input_init(&report.input, span_str(payload));
	for (size_t i = 0; i < it->report_count; i++) {
		if (strcmp(it->reports[i].topic + strlen("tomte/pi/"), topic) != 0)
			continue;
		known++;
		int failed = report_read(&report, it, &it->reports[i], &state);
		err = err ? err : failed;
	}
	report_finish(&report);
	ck_assert_msg(known > 0, "nobody listens to %s", topic);
	return err;
}

static const char *json_of(const struct state *s)
{
	static char text[2048];
	struct buf out = {0};
	struct json_out o = {.buf = &out};
	state_json(&o, s, component_is_whole(it->component));
	snprintf(text, sizeof text, "%s", buf_cstr(&out));
	buf_finish(&out);
	for (char *c = text; (c = strchr(c, '"')); c++)
		*c = '\'';
	return text;
}

/* The state behind the payload. */
static const char *after(const char *topic, const char *payload)
{
	int err = hears(topic, payload);
	ck_assert_msg(err == 0, "%s %s: %s", topic, payload, err_text(err));
	return json_of(&state);
}

static char detail[WISH_DETAIL_SIZE], expected[2048];

/* What is published for a wish, "topic payload" with a comma between; or the error. Sets detail and expected. */
static const char *wish(const char *json)
{
	static char text[4096];
	char quoted[WISH_JSON_MAX + 16];
	struct wish w;
	snprintf(quoted, sizeof quoted, "%s", json);
	for (char *c = quoted; (c = strchr(c, '\'')); c++)
		*c = '"';
	int err = wish_read(it, &state, quoted, &w);
	snprintf(text, sizeof text, "%s", err ? err_text(err) : "");
	for (size_t i = 0; i < w.message_count && !err; i++) {
		size_t len = strlen(text);
		snprintf(text + len, sizeof text - len, "%s%s %s%s", i ? ", " : "", w.messages[i].topic + strlen("tomte/pi/"),
			 buf_cstr(&w.messages[i].payload), w.messages[i].retain ? " (retained)" : "");
	}
	memcpy(detail, w.detail, sizeof detail);
	snprintf(expected, sizeof expected, "%s", json_of(&w.expect));
	wish_finish(&w);
	for (char *c = text; (c = strchr(c, '"')); c++)
		*c = '\'';
	return text;
}

static void refuses(const char *json, const char *why)
{
	ck_assert_str_eq(wish(json), err_text(ERR_INVALID));
	ck_assert_msg(detail[0] && strstr(detail, why), "%s: %s", json, detail);
}

START_TEST(sensors)
{
	given("{'p':'sensor','stat_t':'~/tele/t','unit_of_meas':'°C'}");
	ck_assert_str_eq(after("tele/t", "21.50"), "21.5");
	static const char *const bad[] = {"21.5 C", "nan", "inf", "1e999", "--1", "0x10", "21,5", "{}"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(hears("tele/t", bad[i]) == ERR_MALFORMED, "%s", bad[i]);
	ck_assert_str_eq(after("tele/t", ""), "21.5");
	ck_assert_str_eq(after("tele/t", "None"), "null");
	ck_assert_str_eq(wish("1"), err_text(ERR_UNSUPPORTED));
	done();
	given("{'p':'sensor','stat_t':'~/tele/x'}");
	ck_assert_str_eq(after("tele/x", "12"), "12");
	ck_assert_str_eq(after("tele/x", "raining"), "'raining'");
	ck_assert_int_eq(hears("tele/x", "\xff\xfe"), ERR_MALFORMED);
	char longer[VALUE_TEXT_SIZE + 1];
	memset(longer, 'a', sizeof longer);
	longer[VALUE_TEXT_SIZE] = 0;
	ck_assert_int_eq(hears("tele/x", longer), ERR_MALFORMED);
	ck_assert_str_eq(json_of(&state), "'raining'");
	done();
	given("{'p':'sensor','stat_t':'~/tele/x','dev_cla':'enum','ops':['dry','wet']}");
	ck_assert_str_eq(after("tele/x", "wet"), "'wet'");
	ck_assert_int_eq(hears("tele/x", "moist"), ERR_MALFORMED);
	done();
}
END_TEST

START_TEST(templates_of_sensors)
{
	given("{'p':'sensor','stat_t':'~/tele/bme','unit_of_meas':'%','val_tpl':'{{ value_json.BME280.Humidity | float | round(0) }}'}");
	ck_assert_str_eq(after("tele/bme", "{\"BME280\":{\"Humidity\":41.6}}"), "42");
	ck_assert_int_eq(hears("tele/bme", "{\"DS18B20\":{\"Temperature\":20}}"), ERR_NOT_FOUND);
	ck_assert_int_eq(hears("tele/bme", "{\"BME280\":{\"Humidity\":\"wet\"}}"), ERR_MALFORMED);
	ck_assert_str_eq(json_of(&state), "42");
	done();
	given("{'p':'binary_sensor','stat_t':'~/state/door','val_tpl':'{{ \\\"ON\\\" if value_json.contact == false else \\\"OFF\\\" }}'}");
	ck_assert_str_eq(after("state/door", "{\"contact\":false}"), "'ON'");
	ck_assert_str_eq(after("state/door", "{\"contact\":true}"), "'OFF'");
	done();
}
END_TEST

START_TEST(switches)
{
	given("{'p':'switch','stat_t':'~/state/r','cmd_t':'~/set/r','pl_on':'1','pl_off':'0','stat_on':'on','stat_off':'off','ret':true}");
	ck_assert_str_eq(after("state/r", "on"), "'ON'");
	ck_assert_int_eq(hears("state/r", "ON"), ERR_MALFORMED);
	ck_assert_str_eq(wish("'TOGGLE'"), "set/r 0 (retained)");
	ck_assert_str_eq(expected, "'OFF'");
	ck_assert_str_eq(after("state/r", "off"), "'OFF'");
	ck_assert_str_eq(wish("'TOGGLE'"), "set/r 1 (retained)");
	ck_assert_str_eq(wish("{'state':'ON'}"), "set/r 1 (retained)");
	static const char *const bad[] = {"true", "'on'", "1", "{}", "null", "ON", "", "'ON' x", "{'brightness':1}", "[]"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		refuses(bad[i], "");
	done();
	given("{'p':'switch','cmd_t':'~/set/r','cmd_tpl':'{\\\"on\\\":{{ \\\"true\\\" if value == \\\"ON\\\" else \\\"false\\\" }}}'}");
	ck_assert_str_eq(wish("'ON'"), "set/r {'on':true}");
	ck_assert_str_eq(expected, "null"); /* it reports nothing */
	done();
}
END_TEST

START_TEST(sirens_are_switches)
{
	given("{'p':'siren','stat_t':'~/state/it','cmd_t':'~/set/it','pl_on':'1','pl_off':'0','available_tones':['ding','loud']}");
	ck_assert_str_eq(it->platform, "switch");
	ck_assert_str_eq(after("state/it", "{\"state\":\"1\",\"tone\":\"loud\"}"), "'ON'");
	ck_assert_str_eq(after("state/it", "0"), "'OFF'");
	ck_assert_int_eq(hears("state/it", "{\"tone\":\"ding\"}"), ERR_NOT_FOUND); /* nothing of whether it is on */
	ck_assert_str_eq(wish("'ON'"), "set/it {'state':'1'}");
	ck_assert_str_eq(expected, "'ON'");
	done();
	given("{'p':'siren','cmd_t':'~/set/it','cmd_tpl':'{{ value | lower }}'}");
	ck_assert_str_eq(wish("'ON'"), "set/it on");
	done();
}
END_TEST

START_TEST(lights_in_json)
{
	given("{'p':'light','schema':'json','stat_t':'~/state/l','cmd_t':'~/set/l','sup_clrm':['rgb']}");
	ck_assert_str_eq(after("state/l", "{\"brightness\":5}"), "{'state':null,'brightness':5}");
	ck_assert_str_eq(after("state/l", "{\"state\":\"ON\",\"brightness\":128,\"color_mode\":\"rgb\",\"color\":{\"r\":1,\"g\":2,\"b\":3}}"),
			 "{'state':'ON','brightness':128,'color':{'r':1,'g':2,'b':3}}");
	ck_assert_str_eq(after("state/l", "{\"state\":\"OFF\"}"), "{'state':'OFF','brightness':128,'color':{'r':1,'g':2,'b':3}}");
	static const char *const bad[] = {"ON", "[]", "{\"state\":1}", "{\"state\":\"on\"}", "{\"state\":\"ON\",\"color\":{\"r\":1,\"g\":2}}",
					  "{\"state\":\"ON\",\"color\":{\"r\":-1,\"g\":2,\"b\":3}}", "{\"state\":\"ON\"", "{\"brightness\":\"9\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(hears("state/l", bad[i]) == ERR_MALFORMED, "%s", bad[i]);
	ck_assert_str_eq(wish("'TOGGLE'"), "set/l {'state':'ON'}");
	ck_assert_str_eq(wish("{'brightness':128}"), "set/l {'state':'ON','brightness':128}");
	ck_assert_str_eq(expected, "{'state':'ON','brightness':128}");
	ck_assert_str_eq(wish("{'brightness':0}"), "set/l {'state':'OFF'}");
	ck_assert_str_eq(wish("{'color':{'r':255,'g':0,'b':9},'transition':1.5}"),
			 "set/l {'state':'ON','color':{'r':255,'g':0,'b':9},'transition':1.5}");
	ck_assert_str_eq(wish("{'color':{'h':120,'s':100}}"), "set/l {'state':'ON','color':{'r':0,'g':255,'b':0}}");
	static const char *const wrong[] = {"{}", "{'brightness':-1}", "{'brightness':256}", "{'brightness':'5'}", "{'transition':1}",
					    "{'state':'ON','transition':-1}", "{'state':'ON','effect':'x'}", "{'color':{'r':1,'g':2}}",
					    "{'color':{'r':1,'g':2,'b':3,'w':4}}", "{'state':'UP'}", "[]", "5", "{'color_temp':3000}"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		refuses(wrong[i], "");
	done();
	given("{'p':'light','schema':'json','cmd_t':'~/set/b'}");
	refuses("{'brightness':1}", "This takes state, transition and nothing else.");
	refuses("{'color':{'r':1,'g':2,'b':3}}", "no colours");
	done();
}
END_TEST

/* As Zigbee2MQTT describes a colour lamp. */
START_TEST(a_lamp_in_xy_and_mired)
{
	given("{'p':'light','schema':'json','stat_t':'~/state/l','cmd_t':'~/set/l','sup_clrm':['xy','color_temp'],'bri_scl':254,"
	      "'min_mirs':150,'max_mirs':500,'effect':true,'fx_list':['blink','okay']}");
	ck_assert_str_eq(after("state/l", "{\"state\":\"ON\",\"brightness\":254,\"color_mode\":\"color_temp\",\"color_temp\":370,"
					  "\"color\":{\"x\":0.4599,\"y\":0.4106}}"),
			 "{'state':'ON','brightness':255,'color_temp':2703}");
	ck_assert_str_eq(after("state/l", "{\"color_mode\":\"xy\",\"color\":{\"x\":0.7,\"y\":0.3}}"),
			 "{'state':'ON','brightness':255,'color':{'x':0.7,'y':0.3}}");
	ck_assert_str_eq(wish("{'color_temp':2700,'brightness':128}"), "set/l {'state':'ON','brightness':127,'color_temp':370}");
	ck_assert_str_eq(after("state/l", "{\"brightness\":127,\"color_mode\":\"color_temp\",\"color_temp\":370}"),
			 "{'state':'ON','brightness':128,'color_temp':2703}");
	struct wish w;
	ck_assert_int_eq(wish_read(it, &state, "{\"color_temp\":2700,\"brightness\":128}", &w), 0);
	ck_assert(state_grants(&state, &w.expect, w.tolerance));
	wish_finish(&w);
	ck_assert_str_eq(wish("{'color':{'r':255,'g':0,'b':0}}"), "set/l {'state':'ON','color':{'x':0.6401,'y':0.33}}");
	ck_assert_str_eq(wish("{'effect':'blink'}"), "set/l {'state':'ON','effect':'blink'}");
	refuses("{'effect':'dance'}", "one of a few words");
	refuses("{'color_temp':1000}", "must lie between 2000 and 6667");
	done();
}
END_TEST

/* The default schema, as OpenBeken and many sketches speak it. */
START_TEST(a_lamp_on_many_topics)
{
	given("{'p':'light','stat_t':'~/state/p','cmd_t':'~/set/p','pl_on':'1','pl_off':'0','bri_stat_t':'~/state/d','bri_cmd_t':'~/set/d',"
	      "'bri_scl':100,'rgb_cmd_t':'~/set/rgb','rgb_stat_t':'~/state/rgb','clr_temp_cmd_t':'~/set/ct','clr_temp_stat_t':'~/state/ct'}");
	ck_assert_str_eq(after("state/p", "1"), "{'state':'ON'}");
	ck_assert_str_eq(after("state/d", "50"), "{'state':'ON','brightness':128}");
	ck_assert_str_eq(after("state/rgb", "255,0,10"), "{'state':'ON','brightness':128,'color':{'r':255,'g':0,'b':10}}");
	ck_assert_str_eq(after("state/ct", "250"), "{'state':'ON','brightness':128,'color_temp':4000}");
	static const char *const bad[] = {"255,0", "255,0,10,", "256,0,0", "a,b,c", "255;0;0"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(hears("state/rgb", bad[i]) == ERR_MALFORMED, "%s", bad[i]);
	ck_assert_str_eq(wish("{'brightness':128}"), "set/d 50, set/p 1");
	ck_assert_str_eq(wish("{'color':{'r':255,'g':0,'b':9}}"), "set/rgb 255,0,9, set/p 1");
	ck_assert_str_eq(wish("{'color_temp':4000}"), "set/ct 250, set/p 1");
	ck_assert_str_eq(wish("'OFF'"), "set/p 0");
	done();
	given("{'p':'light','cmd_t':'~/set/p','bri_cmd_t':'~/set/d','on_cmd_type':'first'}");
	ck_assert_str_eq(wish("{'brightness':1}"), "set/p ON, set/d 1");
	done();
	given("{'p':'light','cmd_t':'~/set/p','bri_cmd_t':'~/set/d','on_cmd_type':'brightness'}");
	ck_assert_str_eq(wish("'ON'"), "set/d 255");
	ck_assert_str_eq(wish("{'brightness':9}"), "set/d 9");
	ck_assert_str_eq(wish("'OFF'"), "set/p OFF");
	done();
}
END_TEST

START_TEST(numbers_choices_and_texts)
{
	given("{'p':'number','stat_t':'~/state/n','cmd_t':'~/set/n','min':5,'max':30,'step':0.5}");
	ck_assert_str_eq(wish("21.5"), "set/n 21.5");
	ck_assert_str_eq(wish("'7'"), "set/n 7");
	refuses("31", "The number must lie between 5 and 30.");
	refuses("'x'", "number");
	refuses("[1]", "number");
	char longer[WISH_JSON_MAX + 8];
	memset(longer, ' ', sizeof longer);
	memcpy(longer, "7", 1);
	longer[WISH_JSON_MAX + 1] = 0;
	refuses(longer, "1024");
	longer[WISH_JSON_MAX] = 0;
	ck_assert_str_eq(wish(longer), "set/n 7");
	done();
	given("{'p':'select','stat_t':'~/state/m','cmd_t':'~/set/m','ops':['eco','day']}");
	ck_assert_str_eq(after("state/m", "eco"), "'eco'");
	ck_assert_int_eq(hears("state/m", "night"), ERR_MALFORMED);
	ck_assert_str_eq(wish("'day'"), "set/m day");
	refuses("'night'", "options");
	refuses("7", "options");
	done();
	given("{'p':'text','stat_t':'~/state/x','cmd_t':'~/set/x','min':2,'max':4}");
	ck_assert_str_eq(wish("'äöü'"), "set/x äöü");
	refuses("'a'", "characters must lie between 2 and 4");
	ck_assert_str_eq(after("state/x", "None"), "'None'");
	done();
	given("{'p':'button','cmd_t':'~/set/b','pl_prs':'now'}");
	ck_assert_str_eq(wish("null"), "set/b now");
	ck_assert_str_eq(expected, "null");
	done();
}
END_TEST

START_TEST(covers)
{
	given("{'p':'cover','stat_t':'~/state/c','cmd_t':'~/set/c','pos_t':'~/state/pos','set_pos_t':'~/set/pos','pos_open':0,'pos_clsd':255,"
	      "'stat_open':'OFFEN'}");
	ck_assert_str_eq(after("state/c", "OFFEN"), "{'state':'open'}");
	ck_assert_str_eq(after("state/pos", "255"), "{'state':'open','position':0}");
	ck_assert_str_eq(after("state/c", "closing"), "{'state':'closing','position':0}");
	ck_assert_str_eq(wish("'OPEN'"), "set/c OPEN");
	ck_assert_str_eq(expected, "{'state':'open'}");
	ck_assert_str_eq(wish("'STOP'"), "set/c STOP");
	ck_assert_str_eq(expected, "null");
	ck_assert_str_eq(wish("{'position':100}"), "set/pos 0");
	ck_assert_str_eq(expected, "{'state':null,'position':100}");
	refuses("'UP'", "\"OPEN\", \"CLOSE\", \"STOP\"");
	refuses("{'tilt':5}", "state, position");
	done();
	given("{'p':'cover','pos_t':'~/state/pos','set_pos_t':'~/set/pos','set_pos_tpl':'{\\\"position\\\":{{ position }}}'}");
	ck_assert_str_eq(wish("'CLOSE'"), "set/pos {'position':0}");
	ck_assert_str_eq(expected, "{'state':null,'position':0}");
	done();
}
END_TEST

START_TEST(climates)
{
	given("{'p':'climate','mode_stat_t':'~/state/m','mode_cmd_t':'~/set/m','modes':['off','heat'],'temp_stat_t':'~/state/t','temp_cmd_t':'~/set/t',"
	      "'curr_temp_t':'~/tele/t','min_temp':5,'max_temp':30,'act_t':'~/state/a','pr_modes':['eco'],'pr_mode_cmd_t':'~/set/p'}");
	ck_assert_str_eq(after("state/m", "heat"), "{'state':'heat'}");
	ck_assert_str_eq(after("tele/t", "19.8"), "{'state':'heat','current':19.8}");
	ck_assert_str_eq(after("state/t", "21.5"), "{'state':'heat','target':21.5,'current':19.8}");
	ck_assert_str_eq(after("state/a", "heating"), "{'state':'heat','target':21.5,'current':19.8,'action':'heating'}");
	ck_assert_str_eq(wish("{'target':22,'state':'off'}"), "set/t 22, set/m off");
	ck_assert_str_eq(wish("'heat'"), "set/m heat");
	ck_assert_str_eq(wish("{'preset':'eco'}"), "set/p eco");
	refuses("{'target':31}", "\"target\" must lie between 5 and 30.");
	refuses("'cool'", "options");
	refuses("{'current':20}", "state, target, preset");
	ck_assert_str_eq(it->unit, "°C");
	done();
}
END_TEST

START_TEST(fans_and_locks)
{
	given("{'p':'fan','stat_t':'~/state/f','cmd_t':'~/set/f','pct_stat_t':'~/state/s','pct_cmd_t':'~/set/s','spd_rng_min':1,'spd_rng_max':4,"
	      "'osc_cmd_t':'~/set/o','osc_stat_t':'~/state/o'}");
	ck_assert_str_eq(after("state/s", "2"), "{'state':null,'percentage':50}");
	ck_assert_str_eq(after("state/o", "oscillate_on"), "{'state':null,'percentage':50,'oscillating':1}");
	ck_assert_str_eq(wish("{'percentage':75}"), "set/f ON, set/s 3");
	ck_assert_str_eq(wish("{'percentage':0}"), "set/f OFF");
	ck_assert_str_eq(wish("{'oscillating':false}"), "set/f ON, set/o oscillate_off");
	done();
	given("{'p':'lock','stat_t':'~/state/k','cmd_t':'~/set/k','pl_lock':'zu','stat_locked':'ZU'}");
	ck_assert_str_eq(after("state/k", "ZU"), "'locked'");
	ck_assert_str_eq(after("state/k", "JAMMED"), "'jammed'");
	ck_assert_str_eq(wish("'LOCK'"), "set/k zu");
	ck_assert_str_eq(expected, "'locked'");
	refuses("'ON'", "\"LOCK\", \"UNLOCK\", \"OPEN\"");
	done();
}
END_TEST

START_TEST(events_and_updates)
{
	given("{'p':'event','stat_t':'~/state/e','evt_typ':['press','hold']}");
	ck_assert_str_eq(after("state/e", "{\"event_type\":\"hold\",\"seconds\":3}"), "'hold'");
	ck_assert_int_eq(hears("state/e", "{\"event_type\":\"kick\"}"), ERR_MALFORMED);
	ck_assert_int_eq(hears("state/e", "hold"), ERR_MALFORMED);
	done();
	given("{'p':'update','stat_t':'~/state/u','cmd_t':'~/set/u','l_ver_t':'~/state/latest','pl_inst':'go'}");
	ck_assert_str_eq(after("state/u", "1.0"), "{'state':null,'installed':'1.0'}");
	ck_assert_str_eq(after("state/latest", "1.1"), "{'state':'ON','installed':'1.0','latest':'1.1'}");
	ck_assert_str_eq(after("state/u", "{\"installed_version\":\"1.0\",\"update_percentage\":40}"),
			 "{'state':'ON','progress':40,'installed':'1.0','latest':'1.1'}");
	ck_assert_str_eq(after("state/u", "{\"installed_version\":\"1.1\",\"update_percentage\":null}"),
			 "{'state':'OFF','installed':'1.1','latest':'1.1'}");
	ck_assert_str_eq(wish("'INSTALL'"), "set/u go");
	done();
}
END_TEST

START_TEST(what_cannot_be_evaluated_is_noted)
{
	char message[DISCOVERY_MESSAGE_SIZE];
	ck_assert_int_eq(describe_pi(span_str("{\"dev\":{},\"cmps\":{\"a\":{\"p\":\"sensor\",\"stat_t\":\"tomte/pi/tele/a\","
							       "\"val_tpl\":\"{{ value | regex_replace('a','b') }}\"}}}"),
						 &described, message), 0);
	ck_assert_msg(strstr(described.note, "component a, key value_template: ") && strstr(described.note, "regex_replace"), "%s",
		      described.note);
	ck_assert_uint_eq(described.entities[0].report_count, 0);
	done();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		sensors, templates_of_sensors, switches, sirens_are_switches, lights_in_json, a_lamp_in_xy_and_mired, a_lamp_on_many_topics,
		numbers_choices_and_texts, covers, climates, fans_and_locks, events_and_updates, what_cannot_be_evaluated_is_noted,
	};
	return suite_run("device/values", tests, sizeof tests / sizeof tests[0]);
}
