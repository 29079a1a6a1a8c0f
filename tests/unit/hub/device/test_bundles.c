/* Rooms, groups and scenes: one wish becomes a command for each entity, with the reason why, and scenes outlive the hub. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "device/house.h"
#include "fixture.h"
#include "model/component.h"
#include "support/fake_store.h"
#include "support/suite.h"

static struct fixture f;
static char answer[8192];

static const struct rooms attic = {.names = "Attic\n"}, hall = {.names = "Hall\n"}, cellar = {.names = "Cellar\n"};

/* "pi" stands in the attic with a lamp and an LED; "hall" in the hall with a lamp that only switches, a switch that configures it, and a
 * thermometer. */
static void begin(void)
{
	static const char description[] =
		"{\"dev\":{\"ids\":[\"hall\"]},\"~\":\"tomte/hall\",\"cmps\":{"
		"\"lamp\":{\"p\":\"light\",\"stat_t\":\"~/state/lamp\",\"cmd_t\":\"~/set/lamp\"},"
		"\"led\":{\"p\":\"switch\",\"stat_t\":\"~/state/led\",\"cmd_t\":\"~/set/led\",\"ent_cat\":\"config\"},"
		"\"warm\":{\"p\":\"sensor\",\"stat_t\":\"~/tele/warm\",\"unit_of_meas\":\"°C\"}}}";
	const struct device_record record = {.id = "hall", .name = "Hall lamp", .area = "Hall", .enrolled_at = {FIXTURE_EPOCH}};
	fixture_begin(&f);
	fixture_introduce(&f);
	ck_assert_int_eq(store_device_put(f.store, &record, NULL), 0);
	house_device_enrolled(f.house, "hall");
	f.sender = "hall";
	fixture_say(&f, "homeassistant/device/hall/config", description);
	fixture_say(&f, "tomte/hall/status", "online");
	f.sender = NULL;
	fixture_sync(&f);
	live_log_clear(f.live);
}

static int keep(int err, struct buf *json)
{
	ck_assert_int_eq(str_copy(answer, sizeof answer, json->len ? buf_cstr(json) : ""), 0);
	buf_finish(json);
	fixture_sync(&f);
	return err;
}

static int in_room(const char *area, unsigned components, const char *value, const struct rooms *rooms)
{
	struct buf json = {0};
	const struct house_many many = {area, components, value, "ada", 0, rooms};
	return keep(f.port.command_many(f.port.ctx, &many, &json), &json);
}

static int command(enum bundle_kind kind, int64_t id, const char *value, const struct rooms *rooms)
{
	struct buf json = {0};
	const struct house_many many = {.value_json = value, .by = "ada", .wait_s = 0, .rooms = rooms};
	return keep(f.bundles.command(f.bundles.ctx, kind, id, &many, &json), &json);
}

static int add(enum bundle_kind kind, const char *wish)
{
	struct buf json = {0};
	return keep(f.bundles.add(f.bundles.ctx, kind, span_str(wish), &json), &json);
}

static int edit(enum bundle_kind kind, int64_t id, const char *wish)
{
	struct buf json = {0};
	return keep(f.bundles.edit(f.bundles.ctx, kind, id, span_str(wish), &json), &json);
}

static const char *list(enum bundle_kind kind, const struct rooms *rooms)
{
	struct buf json = {0};
	ck_assert_int_eq(keep(f.bundles.list(f.bundles.ctx, kind, rooms, &json), &json), 0);
	return answer;
}

static void answered(const char *text)
{
	ck_assert_msg(strstr(answer, text) != NULL, "%s lacks %s", answer, text);
}

static void not_answered(const char *text)
{
	ck_assert_msg(strstr(answer, text) == NULL, "%s has %s", answer, text);
}

static size_t posted(const char *name, const char *text)
{
	fixture_sync(&f);
	return live_log_count(f.live, name, text);
}

enum { LIGHTS = 1u << COMPONENT_LIGHT, SWITCHES = 1u << COMPONENT_SWITCH };

/* ---- rooms -------------------------------------------------------------------- */

START_TEST(all_of_a_kind_in_a_room)
{
	begin();
	ck_assert_int_eq(in_room("Hall", LIGHTS, "\"OFF\"", NULL), 0);
	answered("{\"commands\":[{\"id\":");
	answered("\"device\":\"hall\",\"entity\":\"lamp\",\"value\":\"OFF\",\"state\":\"sent\",\"reason\":null,\"by\":\"ada\",\"cause\":\"room\","
		 "\"cause_name\":\"Hall\"");
	answered("],\"refused\":[]}");
	not_answered("\"pi\"");
	ck_assert_str_eq(fixture_published(&f), "tomte/hall/set/lamp OFF q1 r0");
	ck_assert_uint_eq(fixture_published_count(&f), 1);
	fixture_say(&f, "tomte/hall/state/lamp", "OFF");
	ck_assert_uint_eq(posted("command", "\"state\":\"confirmed\",\"reason\":null,\"by\":\"ada\",\"cause\":\"room\",\"cause_name\":\"Hall\""), 1);
	struct command_record stored;
	ck_assert_uint_eq(fake_store_commands(f.store, &stored, 1), 1);
	ck_assert_int_eq(stored.cause, CAUSE_ROOM);
	ck_assert_str_eq(stored.cause_name, "Hall");
	fixture_end(&f);
}
END_TEST

START_TEST(all_of_a_kind_in_the_house)
{
	begin();
	ck_assert_int_eq(in_room(NULL, LIGHTS, "{\"brightness\":100}", NULL), 0);
	answered("\"device\":\"pi\",\"entity\":\"lamp\",\"value\":{\"brightness\":100}");
	answered("\"device\":\"hall\",\"entity\":\"lamp\",\"value\":{\"state\":\"ON\"}"); /* as much of it as it can */
	answered("\"cause\":\"house\",\"cause_name\":null");
	ck_assert_uint_eq(fixture_published_count(&f), 2);
	ck_assert_int_eq(in_room(NULL, LIGHTS | SWITCHES, "\"OFF\"", &attic), 0);
	answered("\"entity\":\"led0\"");
	not_answered("\"hall\""); /* a guest of the attic */
	ck_assert_int_eq(in_room(NULL, SWITCHES, "\"ON\"", &hall), 0);
	ck_assert_str_eq(answer, "{\"commands\":[],\"refused\":[]}"); /* what configures a device is left alone */
	fixture_end(&f);
}
END_TEST

START_TEST(a_room_that_is_not_seen_is_not_there)
{
	begin();
	ck_assert_int_eq(in_room("Hall", LIGHTS, "\"OFF\"", &attic), ERR_NOT_FOUND);
	ck_assert_str_eq(answer, "");
	ck_assert_int_eq(in_room("Nowhere", LIGHTS, "\"OFF\"", NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(in_room("Hall", LIGHTS, "OFF", NULL), ERR_MALFORMED);
	ck_assert_str_eq(answer, "");
	ck_assert_uint_eq(fixture_published_count(&f), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(each_refusal_has_its_reason)
{
	begin();
	fixture_say(&f, "tomte/hall/status", "offline");
	ck_assert_int_eq(in_room(NULL, LIGHTS | SWITCHES, "{\"color\":{\"r\":300}}", NULL), 0);
	answered("{\"device\":\"hall\",\"entity\":\"lamp\",\"code\":\"offline\",\"reason\":\"The device is offline. ");
	answered("{\"device\":\"pi\",\"entity\":\"lamp\",\"code\":\"value_colour\",\"reason\":\"A colour is ");
	answered("\"device\":\"pi\",\"entity\":\"led0\",\"value\":{\"state\":\"ON\"}");
	fixture_end(&f);
}
END_TEST

START_TEST(a_toggle_is_the_same_for_all)
{
	begin();
	fixture_say(&f, "tomte/hall/state/lamp", "ON");
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"OFF\"}");
	ck_assert_int_eq(in_room(NULL, LIGHTS, "\"TOGGLE\"", NULL), 0);
	answered("\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"OFF\"");
	answered("\"device\":\"hall\",\"entity\":\"lamp\",\"value\":\"OFF\"");
	fixture_say(&f, "tomte/hall/state/lamp", "OFF");
	ck_assert_int_eq(in_room(NULL, LIGHTS, "{\"state\":\"TOGGLE\"}", NULL), 0);
	answered("\"device\":\"pi\",\"entity\":\"lamp\",\"value\":{\"state\":\"ON\"}");
	answered("\"device\":\"hall\",\"entity\":\"lamp\",\"value\":{\"state\":\"ON\"}");
	fixture_end(&f);
}
END_TEST

/* ---- groups -------------------------------------------------------------------- */

static const char both_lamps[] = "{\"name\":\"Lamps\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"},{\"device\":\"hall\",\"entity\":\"lamp\"}]}";

START_TEST(a_group_is_one)
{
	begin();
	ck_assert_int_eq(add(BUNDLE_GROUP, both_lamps), 0);
	ck_assert_str_eq(answer, "{\"id\":1,\"name\":\"Lamps\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"},"
				 "{\"device\":\"hall\",\"entity\":\"lamp\"}],\"areas\":[\"Attic\",\"Hall\"],\"state\":null,\"on\":0}");
	ck_assert_uint_eq(posted("groups", "{}"), 1);
	fixture_say(&f, "tomte/hall/state/lamp", "OFF");
	ck_assert(strstr(list(BUNDLE_GROUP, NULL), "\"state\":\"OFF\",\"on\":0}"));
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\"}");
	ck_assert(strstr(list(BUNDLE_GROUP, NULL), "\"state\":\"ON\",\"on\":1}"));
	ck_assert_int_eq(command(BUNDLE_GROUP, 1, "\"TOGGLE\"", NULL), 0);
	answered("\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"OFF\",\"state\":\"sent\",\"reason\":null,\"by\":\"ada\",\"cause\":\"group\","
		 "\"cause_name\":\"Lamps\"");
	answered("\"device\":\"hall\",\"entity\":\"lamp\",\"value\":\"OFF\"");
	ck_assert_int_eq(command(BUNDLE_GROUP, 1, "nonsense", NULL), ERR_MALFORMED);
	ck_assert_int_eq(command(BUNDLE_SCENE, 1, "\"ON\"", NULL), ERR_NOT_FOUND); /* it is no scene */
	ck_assert_int_eq(command(BUNDLE_GROUP, 2, "\"ON\"", NULL), ERR_NOT_FOUND);
	fixture_end(&f);
}
END_TEST

START_TEST(only_who_sees_all_of_it_sees_it)
{
	static const struct rooms two = {.names = "Hall\nAttic\n"};
	begin();
	ck_assert_int_eq(add(BUNDLE_GROUP, both_lamps), 0);
	ck_assert_str_eq(list(BUNDLE_GROUP, &hall), "[]");
	ck_assert_str_eq(list(BUNDLE_GROUP, &cellar), "[]");
	ck_assert(strstr(list(BUNDLE_GROUP, &two), "Lamps"));
	ck_assert_int_eq(command(BUNDLE_GROUP, 1, "\"OFF\"", &hall), ERR_NOT_FOUND);
	ck_assert_uint_eq(fixture_published_count(&f), 0);
	ck_assert_int_eq(command(BUNDLE_GROUP, 1, "\"OFF\"", &two), 0);
	live_log_clear(f.live);
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", NULL, "Hall"), 0);
	ck_assert_uint_eq(posted("groups", "{}"), 1); /* who sees what has changed */
	ck_assert_uint_eq(posted("scenes", "{}"), 0);
	ck_assert(strstr(list(BUNDLE_GROUP, &hall), "\"areas\":[\"Hall\"]"));
	fixture_end(&f);
}
END_TEST

START_TEST(what_is_no_group)
{
	static const struct {
		const char *wish, *said;
	} cases[] = {
		{"{\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"}]}", "\"field\":\"name\""},
		{"{\"name\":\"\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"}]}", "\"field\":\"name\""},
		{"{\"name\":\"a\\u0007\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"}]}", "\"field\":\"name\""},
		{"{\"name\":\"A\"}", "\"field\":\"members\""},
		{"{\"name\":\"A\",\"members\":[]}", "\"field\":\"members\""},
		{"{\"name\":\"A\",\"members\":{}}", "\"field\":\"members\""},
		{"{\"name\":\"A\",\"members\":[7]}", "A member has a device"},
		{"{\"name\":\"A\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"colour\":1}]}", "A member has a device"},
		{"{\"name\":\"A\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"},{\"device\":\"pi\",\"entity\":\"lamp\"}]}", "pi/lamp: It is in the list twice"},
		{"{\"name\":\"A\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"ON\"}]}", "no value of its own"},
		{"{\"name\":\"A\",\"members\":[{\"device\":\"pi\",\"entity\":\"lump\"}]}", "pi/lump: There is no such entity"},
		{"{\"name\":\"A\",\"members\":[{\"device\":\"hall\",\"entity\":\"warm\"}]}", "hall/warm: This only reports"},
		{"{\"name\":\"A\",\"rooms\":[]}", "nothing else"},
		{"[]", "no JSON object"},
	};
	begin();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_msg(add(BUNDLE_GROUP, cases[i].wish) == ERR_INVALID, "%s", cases[i].wish);
		answered(cases[i].said);
	}
	ck_assert_str_eq(list(BUNDLE_GROUP, NULL), "[]");
	ck_assert_int_eq(add(BUNDLE_GROUP, both_lamps), 0);
	ck_assert_int_eq(add(BUNDLE_GROUP, "{\"name\":\"LAMPS\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"}]}"), ERR_EXISTS);
	fake_store_fail(f.store, ERR_DISK_FULL, false);
	ck_assert_int_eq(add(BUNDLE_GROUP, "{\"name\":\"More\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"}]}"), ERR_DISK_FULL);
	ck_assert_int_eq(f.bundles.remove(f.bundles.ctx, BUNDLE_GROUP, 1), ERR_DISK_FULL);
	fake_store_fail(f.store, 0, false);
	list(BUNDLE_GROUP, NULL);
	answered("Lamps");
	not_answered("More");
	fixture_end(&f);
}
END_TEST

START_TEST(no_more_than_there_may_be)
{
	char wish[128];
	begin();
	for (int i = 0; i < BUNDLES_MAX; i++) {
		snprintf(wish, sizeof wish, "{\"name\":\"Group %d\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"}]}", i);
		struct buf json = {0};
		ck_assert_int_eq(f.bundles.add(f.bundles.ctx, BUNDLE_GROUP, span_str(wish), &json), 0);
		buf_finish(&json);
	}
	ck_assert_int_eq(add(BUNDLE_GROUP, "{\"name\":\"One more\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"}]}"), ERR_FULL);
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"One more\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"ON\"}]}"), 0);
	fixture_end(&f);
}
END_TEST

/* ---- scenes -------------------------------------------------------------------- */

START_TEST(a_scene_is_as_it_was)
{
	begin();
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":40,\"color_mode\":\"rgb\",\"color\":{\"r\":255,\"g\":160,\"b\":0}}");
	fixture_say(&f, "tomte/hall/state/lamp", "OFF");
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"Evening\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"},"
					   "{\"device\":\"hall\",\"entity\":\"lamp\"},{\"device\":\"pi\",\"entity\":\"led0\",\"value\":\"ON\"}]}"), 0);
	ck_assert_str_eq(answer, "{\"id\":1,\"name\":\"Evening\",\"members\":["
				 "{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":{\"state\":\"ON\",\"brightness\":40,\"color\":{\"r\":255,\"g\":160,\"b\":0}}},"
				 "{\"device\":\"hall\",\"entity\":\"lamp\",\"value\":{\"state\":\"OFF\"}},"
				 "{\"device\":\"pi\",\"entity\":\"led0\",\"value\":\"ON\"}],\"areas\":[\"Attic\",\"Hall\"]}");
	ck_assert_uint_eq(posted("scenes", "{}"), 1);
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"OFF\"}");
	ck_assert_int_eq(command(BUNDLE_SCENE, 1, NULL, NULL), 0);
	answered("\"value\":{\"state\":\"ON\",\"brightness\":40,\"color\":{\"r\":255,\"g\":160,\"b\":0}},\"state\":\"sent\",\"reason\":null,\"by\":\"ada\","
		 "\"cause\":\"scene\",\"cause_name\":\"Evening\"");
	answered("\"refused\":[]");
	ck_assert_uint_eq(fixture_published_count(&f), 3);
	fixture_say(&f, "tomte/pi/state/lamp", "{\"state\":\"ON\",\"brightness\":40,\"color_mode\":\"rgb\",\"color\":{\"r\":255,\"g\":160,\"b\":0}}");
	ck_assert_uint_eq(posted("command", "\"state\":\"confirmed\",\"reason\":null,\"by\":\"ada\",\"cause\":\"scene\",\"cause_name\":\"Evening\""), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(a_scene_outlives_the_hub)
{
	begin();
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"Night\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"OFF\"}]}"), 0);
	fixture_restart(&f);
	list(BUNDLE_SCENE, NULL);
	answered("{\"id\":1,\"name\":\"Night\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"OFF\"}]");
	ck_assert_int_eq(command(BUNDLE_SCENE, 1, NULL, &attic), 0);
	ck_assert_str_eq(fixture_published(&f), "tomte/pi/set/lamp {\"state\":\"OFF\"} q1 r0");
	ck_assert_int_eq(f.bundles.remove(f.bundles.ctx, BUNDLE_SCENE, 1), 0);
	ck_assert_int_eq(f.bundles.remove(f.bundles.ctx, BUNDLE_SCENE, 1), ERR_NOT_FOUND);
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"Day\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"ON\"}]}"), 0);
	answered("\"id\":2");
	fixture_restart(&f);
	ck_assert(!strstr(list(BUNDLE_SCENE, NULL), "Night"));
	fixture_end(&f);
}
END_TEST

START_TEST(edits_leave_the_rest)
{
	begin();
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"Night\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"OFF\"}]}"), 0);
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"Day\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"ON\"}]}"), 0);
	ck_assert_int_eq(edit(BUNDLE_SCENE, 1, "{\"name\":\"NIGHT\"}"), 0);
	answered("\"name\":\"NIGHT\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"OFF\"}]");
	ck_assert_int_eq(edit(BUNDLE_SCENE, 1, "{\"name\":\"day\"}"), ERR_EXISTS);
	fixture_say(&f, "tomte/pi/state/led0", "ON");
	ck_assert_int_eq(edit(BUNDLE_SCENE, 1, "{\"members\":[{\"device\":\"pi\",\"entity\":\"led0\"}]}"), 0);
	answered("\"name\":\"NIGHT\",\"members\":[{\"device\":\"pi\",\"entity\":\"led0\",\"value\":\"ON\"}]");
	ck_assert_int_eq(edit(BUNDLE_SCENE, 9, "{\"name\":\"x\"}"), ERR_NOT_FOUND);
	ck_assert_int_eq(edit(BUNDLE_GROUP, 1, "{\"name\":\"x\"}"), ERR_NOT_FOUND);
	fixture_say(&f, "homeassistant/device/pi/config", "{\"dev\":{},\"cmps\":{\"lamp\":{\"p\":\"light\",\"cmd_t\":\"tomte/pi/set/lamp\"}}}");
	ck_assert_int_eq(edit(BUNDLE_SCENE, 1, "{\"name\":\"Dusk\"}"), 0); /* also when a member is no more */
	ck_assert_int_eq(command(BUNDLE_SCENE, 1, NULL, NULL), 0);
	ck_assert_str_eq(answer, "{\"commands\":[],\"refused\":[{\"device\":\"pi\",\"entity\":\"led0\",\"code\":\"vanished\",\"reason\":\"The device no longer has this.\"}]}");
	fixture_end(&f);
}
END_TEST

START_TEST(what_has_vanished_stays_or_goes_as_one_likes)
{
	begin();
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"Night\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"OFF\"},"
					   "{\"device\":\"pi\",\"entity\":\"led0\",\"value\":\"ON\"}]}"), 0);
	ck_assert_int_eq(add(BUNDLE_GROUP, "{\"name\":\"All\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"},"
					   "{\"device\":\"pi\",\"entity\":\"led0\"}]}"), 0);
	fixture_say(&f, "homeassistant/device/pi/config", "{\"dev\":{},\"cmps\":{\"lamp\":{\"p\":\"light\",\"cmd_t\":\"tomte/pi/set/lamp\"}}}");
	/* it stays, with the value that it had, whatever is said of it now: that cannot be looked at */
	ck_assert_int_eq(edit(BUNDLE_SCENE, 1, "{\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"ON\"},"
					       "{\"device\":\"pi\",\"entity\":\"led0\",\"value\":\"BLUE\"}]}"), 0);
	answered("{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"ON\"},{\"device\":\"pi\",\"entity\":\"led0\",\"value\":\"ON\"}");
	ck_assert_int_eq(edit(BUNDLE_GROUP, 2, "{\"members\":[{\"device\":\"pi\",\"entity\":\"led0\"}]}"), 0);
	answered("\"members\":[{\"device\":\"pi\",\"entity\":\"led0\"}]");
	ck_assert_int_eq(edit(BUNDLE_SCENE, 1, "{\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"ON\"}]}"), 0);
	not_answered("led0");
	ck_assert_int_eq(edit(BUNDLE_SCENE, 1, "{\"members\":[{\"device\":\"pi\",\"entity\":\"led0\",\"value\":\"ON\"}]}"), ERR_INVALID);
	answered("pi/led0: There is no such entity."); /* it is none of its members any more */
	fixture_end(&f);
}
END_TEST

START_TEST(what_is_no_scene)
{
	begin();
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"A\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\"}]}"), ERR_INVALID);
	answered("pi/lamp: How it is now is not known");
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"A\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"GLOW\"}]}"), ERR_INVALID);
	answered("pi/lamp: Its state is ");
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"A\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"TOGGLE\"}]}"), ERR_INVALID);
	answered("not that it shall change");
	ck_assert_str_eq(list(BUNDLE_SCENE, NULL), "[]");
	fixture_end(&f);
}
END_TEST

START_TEST(members_go_with_their_device)
{
	begin();
	ck_assert_int_eq(add(BUNDLE_GROUP, both_lamps), 0);
	ck_assert_int_eq(add(BUNDLE_SCENE, "{\"name\":\"Night\",\"members\":[{\"device\":\"pi\",\"entity\":\"lamp\",\"value\":\"OFF\"}]}"), 0);
	live_log_clear(f.live);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), 0);
	ck_assert_uint_eq(posted("groups", "{}"), 1);
	ck_assert_uint_eq(posted("scenes", "{}"), 1);
	ck_assert(strstr(list(BUNDLE_GROUP, NULL), "\"members\":[{\"device\":\"hall\",\"entity\":\"lamp\"}],\"areas\":[\"Hall\"]"));
	ck_assert(strstr(list(BUNDLE_SCENE, NULL), "\"members\":[],\"areas\":[]"));
	ck_assert_str_eq(list(BUNDLE_SCENE, &hall), "[]");
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {all_of_a_kind_in_a_room, all_of_a_kind_in_the_house, a_room_that_is_not_seen_is_not_there,
				      each_refusal_has_its_reason, a_toggle_is_the_same_for_all, a_group_is_one, only_who_sees_all_of_it_sees_it,
				      what_is_no_group, no_more_than_there_may_be, a_scene_is_as_it_was, a_scene_outlives_the_hub,
				      edits_leave_the_rest, what_has_vanished_stays_or_goes_as_one_likes, what_is_no_scene, members_go_with_their_device};
	return suite_run("device/bundles", tests, sizeof tests / sizeof tests[0]);
}
