/* Devices of others, in a dialect made for the test: "say/<device>/<part>" is a component in JSON, "all/x" names all that
 * there are, with "-" between: each is a switch. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "device/flood.h"
#include "dialect/dialect.h"
#include "fixture.h"
#include "support/fake_store.h"
#include "support/suite.h"

#define SWITCH "{\"p\":\"switch\",\"stat_t\":\"lamp/state\",\"cmd_t\":\"lamp/set\"}"
#define SENSOR "{\"p\":\"sensor\",\"unit_of_meas\":\"W\",\"stat_t\":\"lamp/power\",\"val_tpl\":\"{{ value_json.p }}\"}"

/* ---- the dialect ----------------------------------------------------------- */

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message)
{
	char text[128], *save;
	ck_assert_int_eq(str_copy_span(text, sizeof text, topic), 0);
	if (span_is(payload, "nonsense")) {
		(void)str_copy(message, DIALECT_MESSAGE_SIZE, "it is nonsense");
		return ERR_MALFORMED;
	}
	if (span_is(payload, "ask"))
		return sink->ask(sink->ctx, "lamp/tell", "all");
	if (!payload.len)
		return sink->fragment(sink->ctx, NULL, payload);
	if (strncmp(text, "say/", 4) == 0)
		return strtok_r(text, "/", &save), sink->fragment(sink->ctx, strtok_r(NULL, "/", &save), payload);
	int err = str_copy_span(text, sizeof text, payload);
	for (char *name = strtok_r(text, "-", &save); name && !err; name = strtok_r(NULL, "-", &save))
		err = sink->fragment(sink->ctx, name, span_str(SWITCH));
	return err ? err : sink->complete(sink->ctx);
}

/* The part that is JSON with "wait" lacks something. */
static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message)
{
	json_t *root = json_pack("{s:{s:s},s:{},s:[{s:s}],s:{s:s,s:s},s:[{s:s,s:s}]}", "device", "name", "Lamp of others", "components",
				 "availability", "topic", "lamp/there", "leave", "topic", "lamp/leave", "payload", "now", "asks",
				 "topic", "lamp/get", "payload", "state");
	for (size_t i = 0; i < count; i++) {
		json_t *component = json_loadb((const char *)fragments[i].payload.data, fragments[i].payload.len, 0, NULL);
		if (!component || json_object_get(component, "wait")) {
			(void)str_copy(message, DIALECT_MESSAGE_SIZE, "no component");
			int err = component ? ERR_AGAIN : ERR_MALFORMED;
			json_decref(component);
			json_decref(root);
			return err;
		}
		json_object_set_new(json_object_get(root, "components"), strrchr(fragments[i].topic, '/') + 1, component);
	}
	*root_r = root;
	return 0;
}

static const char *const filters[] = {"say/+/+", "all/+", NULL};
static const struct dialect test_dialect = {
	.name = "test", .title = "Test", .filters = filters, .payload_max = 4096, .split = split, .translate = translate};
#include "one_dialect.h"

/* ---- the house --------------------------------------------------------------- */

static struct fixture f;

static void begin(void)
{
	fixture_begin(&f);
	f.sender = "bridge";
}

static const char *device(const char *id)
{
	static char text[16384];
	struct buf json = {0};
	int err = f.port.device(f.port.ctx, NULL, id, &json);
	ck_assert(err == 0 || err == ERR_NOT_FOUND);
	snprintf(text, sizeof text, "%s", err == 0 ? buf_cstr(&json) : "");
	buf_finish(&json);
	return text;
}

static void has(const char *id, const char *part)
{
	ck_assert_msg(strstr(device(id), part) != NULL, "no %s in %s", part, device(id));
}

static void introduce(void)
{
	fixture_say(&f, "say/lamp/main", SWITCH);
	fixture_pass(&f, 300);
}

static int command(const char *value)
{
	struct buf json = {0};
	const struct house_command c = {.device = "lamp", .entity = "main", .value_json = value, .by = "ada"};
	int err = f.port.command(f.port.ctx, &c, &json);
	buf_finish(&json);
	return err;
}

START_TEST(appears_with_its_controls)
{
	begin();
	fixture_say(&f, "say/lamp/main", SWITCH);
	fixture_sync(&f);
	ck_assert_str_eq(device("lamp"), ""); /* more may come in a moment */
	fixture_say(&f, "say/lamp/power", SENSOR);
	fixture_pass(&f, 300);
	has("lamp", "\"name\":\"Lamp of others\"");
	has("lamp", "\"dialect\":\"test\",\"client\":\"bridge\"");
	has("lamp", "\"id\":\"power\"");
	has("lamp", "\"online\":null");
	ck_assert_str_eq(fixture_published(&f), "lamp/get state q0 r0"); /* so that it says how it is */

	fixture_say(&f, "lamp/there", "online");
	fixture_say(&f, "lamp/state", "ON");
	fixture_say(&f, "lamp/power", "{\"p\":7.5}");
	fixture_sync(&f);
	has("lamp", "\"online\":true");
	has("lamp", "\"state\":\"ON\"");
	has("lamp", "\"state\":7.5");
	ck_assert_int_eq(command("\"OFF\""), 0);
	ck_assert_str_eq(fixture_published(&f), "lamp/set OFF q1 r0");
	fixture_say_with(&f, "lamp/there", "offline", MESSAGE_WILL, false);
	fixture_sync(&f);
	has("lamp", "\"online\":false,\"lost\":true");
	ck_assert_uint_eq(fake_store_alerts(f.store, NULL, 0), 1);
	fixture_end(&f);
}
END_TEST

START_TEST(changes_and_goes)
{
	begin();
	introduce();
	fixture_say(&f, "lamp/state", "ON");
	fixture_say(&f, "say/lamp/power", SENSOR);
	fixture_pass(&f, 300);
	has("lamp", "\"state\":\"ON\""); /* what is known stays */
	fixture_say(&f, "say/lamp/power", "");
	fixture_pass(&f, 300);
	ck_assert_ptr_null(strstr(device("lamp"), "power"));
	fixture_say(&f, "say/lamp/main", "broken");
	fixture_pass(&f, 300);
	has("lamp", "\"id\":\"main\""); /* the last good one */
	fixture_say(&f, "say/lamp/main", "");
	fixture_pass(&f, 300);
	ck_assert_str_eq(device("lamp"), "");
	introduce();
	has("lamp", "\"id\":\"main\"");
	fixture_end(&f);
}
END_TEST

START_TEST(one_message_for_all)
{
	begin();
	fixture_say(&f, "all/x", "a-b-c");
	fixture_pass(&f, 300);
	has("a", "switch");
	has("c", "switch");
	fixture_say(&f, "say/b/more", SENSOR);
	fixture_say(&f, "all/x", "a-b");
	fixture_pass(&f, 300);
	has("a", "switch");
	has("b", "sensor");
	ck_assert_str_eq(device("c"), "");
	fixture_say(&f, "all/x", "b");
	fixture_pass(&f, 300);
	ck_assert_str_eq(device("a"), "");
	ck_assert_str_eq(device("c"), "");
	fixture_end(&f);
}
END_TEST

START_TEST(too_little_or_nonsense_shows_nothing)
{
	begin();
	fixture_say(&f, "say/lamp/main", "{\"wait\":1}");
	fixture_say(&f, "say/other/main", "broken");
	fixture_say(&f, "say/third/main", "nonsense");
	fixture_pass(&f, 300);
	ck_assert_str_eq(device("lamp"), "");
	ck_assert_str_eq(device("other"), "");
	introduce();
	has("lamp", "switch");
	fixture_say(&f, "say/lamp/more", "ask");
	fixture_sync(&f);
	ck_assert_str_eq(fixture_published(&f), "lamp/tell all q0 r0");
	fixture_end(&f);
}
END_TEST

/* Topics that the sender has nothing to do with are neither heard nor spoken on. */
START_TEST(nobody_lends_the_hub_to_reach_another)
{
	begin();
	f.forbidden = "lamp/set";
	introduce();
	has("lamp", "\"controllable\":false");
	has("lamp", "\"note\":\"component main, key command_topic: is not a topic that who described it may subscribe to, and is not followed\"");
	ck_assert_int_eq(command("\"ON\""), ERR_UNSUPPORTED);
	f.forbidden = NULL;
	house_client_changed(f.house, "bridge", false);
	fixture_pass(&f, 300);
	has("lamp", "\"controllable\":true");
	house_client_changed(f.house, "bridge", true);
	fixture_sync(&f);
	ck_assert_str_eq(device("lamp"), "");
	fixture_end(&f);
}
END_TEST

#define HEARD(filter) "{\"p\":\"sensor\",\"unit_of_meas\":\"%\",\"stat_t\":\"" filter "\",\"val_tpl\":\"{{ value_json.hum | is_defined }}\"}"

/* A sensor that two gateways hear, and each passes on under its own name. */
START_TEST(several_gateways_hear_one_sensor)
{
	begin();
	fixture_say(&f, "say/lamp/main", HEARD("+/+/BTtoMQTT/A4C138"));
	fixture_pass(&f, 300);
	has("lamp", "\"note\":null");
	fixture_say(&f, "home/attic/BTtoMQTT/A4C138", "{\"hum\":41}");
	has("lamp", "\"state\":41,");
	fixture_say(&f, "home/cellar/BTtoMQTT/A4C138", "{\"tempc\":20.5}"); /* of something else */
	has("lamp", "\"state\":41,");
	fixture_say(&f, "home/cellar/BTtoMQTT/A4C138", "{\"hum\":43}");
	has("lamp", "\"state\":43,");
	fixture_say(&f, "home/cellar/BTtoMQTT/A4C139", "{\"hum\":44}");
	fixture_say(&f, "home/cellar/BTtoMQTT/A4C138/x", "{\"hum\":44}");
	f.forbidden = "home/garden/BTtoMQTT/A4C138"; /* another's, who is not believed */
	fixture_say(&f, "home/garden/BTtoMQTT/A4C138", "{\"hum\":44}");
	has("lamp", "\"state\":43,");
	f.forbidden = NULL;
	fixture_say(&f, "say/lamp/main", HEARD("home/cellar/BTtoMQTT/A4C138"));
	fixture_pass(&f, 300);
	fixture_say(&f, "home/attic/BTtoMQTT/A4C138", "{\"hum\":45}"); /* not any more */
	has("lamp", "\"state\":43,");
	fixture_end(&f);
}
END_TEST

START_TEST(a_filter_names_one_thing)
{
	static const char *const wide[] = {
		HEARD("#"), HEARD("home/#"), HEARD("+"), HEARD("home/+"), HEARD("home/+/"), HEARD("$SYS/+/x"), HEARD("$share/all/+/x")};
	static const char *const wrong[] = {HEARD("home/a+/x"), HEARD("home/#/x")};
	begin();
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
		fixture_say(&f, "say/lamp/main", wide[i]);
		fixture_pass(&f, 60000);
		has("lamp", "is a filter for too much and is not followed");
	}
	fixture_say(&f, "say/lamp/main", "{\"p\":\"switch\",\"stat_t\":\"home/x\",\"cmd_t\":\"home/+/set\"}"); /* nobody obeys everywhere */
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		fixture_say(&f, "say/lamp/main", wrong[i]);
		fixture_pass(&f, 60000);
		has("lamp", "is a filter for too much and is not followed"); /* the last good one */
	}
	fixture_end(&f);
}
END_TEST

START_TEST(a_client_has_so_many_filters)
{
	char topic[64], payload[256];
	begin();
	for (int i = 0; i < 260; i++) {
		snprintf(topic, sizeof topic, "say/lamp%d/p%d", i / 50, i);
		snprintf(payload, sizeof payload, "{\"p\":\"sensor\",\"unit_of_meas\":\"W\",\"stat_t\":\"+/x%d\",\"val_tpl\":\"{{ value_json.hum }}\"}", i);
		fixture_say(&f, topic, payload);
	}
	fixture_pass(&f, 3000);
	has("lamp5", "\"id\":\"p259\"");
	fixture_say(&f, "home/x0", "{\"hum\":1}");
	has("lamp0", "\"state\":1,");
	for (int i = 250; i < 260; i++) {
		snprintf(topic, sizeof topic, "home/x%d", i);
		fixture_say(&f, topic, "{\"hum\":2}");
	}
	fixture_sync(&f);
	const char *d = device("lamp5");
	size_t heard = 0;
	while ((d = strstr(d, "\"state\":2,")))
		heard++, d++;
	ck_assert_uint_eq(heard, 6); /* which of them is the map's to say */
	f.sender = "other"; /* whose are not touched by that */
	fixture_say(&f, "say/hall/main", HEARD("+/hall"));
	fixture_pass(&f, 300);
	fixture_say(&f, "home/hall", "{\"hum\":3}");
	has("hall", "\"state\":3,");
	fixture_end(&f);
}
END_TEST

START_TEST(senders_are_kept_apart)
{
	begin();
	introduce();
	f.sender = "stranger";
	fixture_say(&f, "say/lamp/main", ""); /* has none */
	fixture_say(&f, "say/pi/main", SENSOR);
	fixture_say(&f, "homeassistant/device/pi/config", "{\"dev\":{},\"o\":{},\"cmps\":{}}");
	fixture_pass(&f, 300);
	has("lamp", "switch");
	has("pi", "\"name\":\"Attic\"");
	ck_assert_ptr_null(strstr(device("pi"), "dialect\":\"test"));
	has("pi-2", "sensor");
	f.sender = NULL;
	fixture_introduce(&f);
	has("pi", "\"name\":\"Attic\"");
	fixture_end(&f);
}
END_TEST

START_TEST(a_restart_keeps_them)
{
	begin();
	introduce();
	fixture_restart(&f);
	has("lamp", "switch");
	fixture_say(&f, "lamp/there", "online");
	fixture_say(&f, "lamp/state", "ON");
	fixture_sync(&f);
	has("lamp", "\"state\":\"ON\"");
	has("lamp", "\"online\":true");
	fixture_end(&f);
}
END_TEST

START_TEST(deleting_leaves_nothing)
{
	begin();
	introduce();
	size_t before = fixture_published_count(&f);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "lamp"), 0);
	ck_assert_str_eq(device("lamp"), "");
	/* leave, the description, its state and whether it is there */
	ck_assert_uint_eq(fixture_published_count(&f) - before, 4);
	fixture_say(&f, "lamp/state", "ON");
	fixture_sync(&f);
	introduce();
	has("lamp", "\"state\":null"); /* it has come again, as another */
	fixture_end(&f);
}
END_TEST

START_TEST(what_was_said_before_the_erasure_does_not_bring_it_back)
{
	begin();
	introduce();
	fixture_say(&f, "say/lamp/more", SENSOR);
	fixture_say(&f, "say/lamp/main", "");
	fixture_say(&f, "say/lamp/more", "");
	fixture_sync(&f);
	ck_assert_int_eq(f.port.erase(f.port.ctx, "lamp"), 0);
	fixture_pass(&f, 3000);
	ck_assert_str_eq(device("lamp"), "");
	fixture_restart(&f);
	ck_assert_str_eq(device("lamp"), "");
	fixture_end(&f);
}
END_TEST

START_TEST(who_comes_back_has_its_name_and_room)
{
	begin();
	introduce();
	ck_assert_int_eq(f.port.edit(f.port.ctx, "lamp", "Mine", "Hall"), 0);
	fixture_say(&f, "say/lamp/main", "");
	fixture_pass(&f, 300);
	ck_assert_str_eq(device("lamp"), "");
	f.sender = "other";
	fixture_say(&f, "say/lamp/main", SENSOR);
	fixture_pass(&f, 300);
	has("lamp-2", "sensor"); /* nobody gets another's history */
	fixture_restart(&f);
	ck_assert_str_eq(device("lamp"), "");
	f.sender = "bridge";
	introduce();
	has("lamp", "\"name\":\"Mine\",\"area\":\"Hall\"");
	fixture_end(&f);
}
END_TEST

static int command_waiting(const char *value)
{
	struct buf json = {0};
	const struct house_command c = {.device = "lamp", .entity = "main", .value_json = value, .by = "ada", .wait_s = 300};
	int err = f.port.command(f.port.ctx, &c, &json);
	buf_finish(&json);
	return err;
}

static void describe(const char *component)
{
	fixture_say(&f, "say/lamp/main", component);
	fixture_pass(&f, 300);
}

static void be(const char *status)
{
	fixture_say(&f, "lamp/there", status);
	fixture_sync(&f);
}

START_TEST(what_nobody_can_confirm_is_sent_once)
{
	begin();
	describe("{\"p\":\"switch\",\"cmd_t\":\"lamp/press\"}");
	be("offline");
	ck_assert_int_eq(command_waiting("\"ON\""), 0);
	be("online");
	size_t before = fixture_published_count(&f);
	for (int i = 0; i < 10; i++)
		fixture_pass(&f, 2000);
	ck_assert_uint_eq(fixture_published_count(&f) - before, 1);
	ck_assert_ptr_nonnull(strstr(fixture_published(&f), "lamp/press ON"));
	fixture_end(&f);
}
END_TEST

START_TEST(a_press_does_not_wait)
{
	begin();
	describe("{\"p\":\"button\",\"cmd_t\":\"lamp/press\"}");
	be("offline");
	ck_assert_int_eq(command_waiting("null"), ERR_STATE);
	be("online");
	ck_assert_int_eq(command_waiting("null"), 0);
	ck_assert_ptr_nonnull(strstr(fixture_published(&f), "lamp/press PRESS"));
	fixture_end(&f);
}
END_TEST

#define COVER(class) "{\"p\":\"cover\"," class "\"stat_t\":\"lamp/way\",\"cmd_t\":\"lamp/way/set\"}"

START_TEST(what_has_become_unsafe_is_not_done)
{
	begin();
	describe(COVER("\"dev_cla\":\"blind\","));
	be("offline");
	ck_assert_int_eq(command_waiting("\"OPEN\""), 0);
	describe(COVER("\"dev_cla\":\"garage\","));
	be("online");
	ck_assert_ptr_null(strstr(fixture_published(&f), "lamp/way/set"));
	ck_assert_uint_eq(live_log_count(f.live, "command", "\"state\":\"failed\",\"reason\":\"later it could be unsafe\""), 1);
	ck_assert_uint_eq(live_log_count(f.live, "command", "\"state\":\"sent\""), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(who_speaks_for_it_acknowledges)
{
	begin();
	introduce();
	be("online");
	ck_assert_int_eq(command_waiting("\"ON\""), 0);
	const char *said = fixture_published(&f);
	struct span topic = span_of(said, strcspn(said, " "));
	house_message_arrived(f.house, "lamp", topic); /* its id is nobody's user name */
	house_message_arrived(f.house, "other", topic);
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "command", "acknowledged"), 0);
	house_message_arrived(f.house, "bridge", topic);
	fixture_sync(&f);
	ck_assert_uint_eq(live_log_count(f.live, "command", "\"state\":\"acknowledged\""), 1);
	fixture_end(&f);
}
END_TEST

/* ---- replaced ------------------------------------------------------------------ */

static void *replace(void *arg)
{
	struct buf json = {0};
	int *err = arg;
	*err = f.port.replace(f.port.ctx, "lamp", "hall", false, &json);
	buf_finish(&json);
	return NULL;
}

/* The decision is on its way to the disk while the new one is described anew. */
START_TEST(what_is_said_during_the_replacement_is_kept)
{
	for (int fails = 0; fails < 2; fails++) {
		pthread_t thread;
		int err = 1;
		begin();
		introduce();
		fixture_say(&f, "say/hall/main", SWITCH);
		fixture_pass(&f, 300);
		fake_store_settle(f.store);
		fake_store_hold(f.store, true);
		fake_store_fail(f.store, fails ? ERR_DISK_FULL : 0, false);
		ck_assert_int_eq(pthread_create(&thread, NULL, replace, &err), 0);
		fake_store_await_held(f.store);
		fake_store_fail(f.store, 0, false);
		fixture_say(&f, "say/hall/power", SENSOR);
		(void)device("hall"); /* it was heard */
		fake_store_hold(f.store, false);
		pthread_join(thread, NULL);
		ck_assert_int_eq(err, fails ? ERR_DISK_FULL : 0);
		fixture_pass(&f, 300);
		has(fails ? "hall" : "lamp", "\"id\":\"power\"");
		fake_store_settle(f.store);
		fixture_restart(&f);
		has(fails ? "hall" : "lamp", "\"id\":\"power\"");
		fixture_end(&f);
	}
}
END_TEST

START_TEST(an_id_is_nobodys_while_its_traces_are_erased)
{
	begin();
	fake_store_erasing(f.store, "lamp");
	introduce();
	ck_assert_str_eq(device("lamp"), "");
	has("lamp-2", "\"name\":\"Lamp of others\"");
	fixture_end(&f);
}
END_TEST

/* Who describes without end is not read any more, and nobody else is the worse for it. */
START_TEST(a_flood_costs_its_sender_only)
{
	struct house_stats stats;
	begin();
	for (int i = 0; i < FLOOD_BURST + 500; i++)
		fixture_say(&f, "say/lamp/main", i % 2 ? SENSOR : SWITCH);
	fixture_sync(&f);
	house_stats_get(f.house, &stats);
	ck_assert_uint_eq(stats.descriptions_refused, 500);
	ck_assert_uint_eq(live_log_count(f.live, "alert", "bridge describes devices without end"), 1);
	f.sender = "other";
	fixture_say(&f, "say/hall/main", SENSOR);
	fixture_pass(&f, 300);
	has("hall", "sensor");
	f.sender = "bridge";
	fixture_say(&f, "say/shed/main", SENSOR); /* 300 ms are 60 more */
	fixture_pass(&f, 300);
	has("shed", "sensor");
	house_stats_get(f.house, &stats);
	ck_assert_uint_eq(stats.descriptions_refused, 500);
	/* another one that does so is told of as well */
	const size_t bytes = (size_t)FLOOD_BURST / 2 * FLOOD_TOKEN_BYTES;
	char *large = malloc(bytes + 1);
	ck_assert_ptr_nonnull(large);
	memset(large, 'x', bytes);
	large[bytes] = 0;
	f.sender = "other";
	for (int i = 0; i < 3; i++)
		fixture_say(&f, "say/hall/main", large);
	free(large);
	fixture_sync(&f);
	fake_store_settle(f.store);
	ck_assert_uint_eq(live_log_count(f.live, "alert", "bridge describes devices without end"), 1);
	ck_assert_uint_eq(live_log_count(f.live, "alert", "other describes devices without end"), 1);
	fixture_end(&f);
}
END_TEST

/* A message costs by its size, too. */
START_TEST(large_descriptions_take_more)
{
	static struct flood flood;
	const struct mono_ms now = {1000}, later = {1000 + 1000 * 4097 / FLOOD_REFILL + 1};
	flood_init(&flood);
	ck_assert_int_eq(flood_look(&flood, "z2m", 16 << 20, now), FLOOD_FINE);
	ck_assert_int_eq(flood_look(&flood, "z2m", 16 << 20, now), FLOOD_FINE);
	ck_assert_int_eq(flood_look(&flood, "z2m", 16 << 20, now), FLOOD_BEGUN);
	ck_assert_int_eq(flood_look(&flood, "z2m", 16 << 20, now), FLOOD_OVER);
	ck_assert_int_eq(flood_look(&flood, "z2m", 100, now), FLOOD_FINE);
	ck_assert_int_eq(flood_look(&flood, "z2m", 16 << 20, later), FLOOD_FINE);
	for (int i = 0; i < 3 * FLOOD_CLIENTS; i++) { /* of many none is mistaken for another */
		char name[24];
		snprintf(name, sizeof name, "client-%d", i);
		ck_assert_int_eq(flood_look(&flood, name, 0, later), FLOOD_FINE);
	}
	ck_assert_int_eq(flood_look(&flood, "z2m", 16 << 20, later), FLOOD_BEGUN); /* again, as it has been quiet */
	flood_finish(&flood);
}
END_TEST

START_TEST(what_is_not_about_it_changes_nothing)
{
	begin();
	fixture_say(&f, "say/lamp/one", "{\"p\":\"sensor\",\"unit_of_meas\":\"W\",\"stat_t\":\"lamp/all\","
		    "\"val_tpl\":\"{{ value_json.p if value_json.n == 1 else '' }}\"}");
	fixture_pass(&f, 300);
	fixture_say(&f, "lamp/all", "{\"n\":1,\"p\":7}");
	fixture_pass(&f, 1000);
	fixture_say(&f, "lamp/all", "{\"n\":2,\"p\":8}");
	fixture_pass(&f, 1000);
	ck_assert_uint_eq(fake_store_samples(f.store, NULL, 0), 1);
	has("lamp", "\"state\":7,\"at\":1700001000300");
	fixture_end(&f);
}
END_TEST

/* A sensor may speak before its bridge has described it. What it left counts, once, at its own time. */
START_TEST(what_was_said_before_the_description_is_recorded)
{
	struct sample samples[4];
	begin();
	fixture_say(&f, "say/lamp/main", SENSOR);
	fixture_pass(&f, 300);
	fixture_say_with(&f, "lamp/power", "{\"p\":7}", MESSAGE_RETAIN, true);
	fixture_pass(&f, 1000);
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 4), 1);
	ck_assert_double_eq(samples[0].value, 7);
	fixture_say_with(&f, "lamp/power", "{\"p\":7}", MESSAGE_RETAIN, true); /* described anew, and listened to again */
	fixture_pass(&f, 1000);
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 4), 1);
	fixture_restart_cleanly(&f);
	fixture_say_with(&f, "lamp/power", "{\"p\":7}", MESSAGE_RETAIN, true); /* as it does at each start */
	fixture_pass(&f, 1000);
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 4), 1);
	fixture_say(&f, "lamp/power", "{\"p\":8}");
	fixture_pass(&f, 1000);
	ck_assert_uint_eq(fake_store_samples(f.store, samples, 4), 2);
	fixture_end(&f);
}
END_TEST

START_TEST(quick_changes_are_described_once)
{
	begin();
	char part[64];
	for (int i = 0; i < 30; i++) {
		snprintf(part, sizeof part, "say/lamp/part%d", i);
		fixture_say(&f, part, SENSOR);
	}
	fixture_pass(&f, 300);
	has("lamp", "part29");
	ck_assert_uint_eq(fixture_published_count(&f), 1);
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		appears_with_its_controls, changes_and_goes, one_message_for_all, too_little_or_nonsense_shows_nothing,
		nobody_lends_the_hub_to_reach_another, several_gateways_hear_one_sensor, a_filter_names_one_thing, a_client_has_so_many_filters, senders_are_kept_apart, a_restart_keeps_them, deleting_leaves_nothing,
		quick_changes_are_described_once, what_was_said_before_the_erasure_does_not_bring_it_back,
		who_comes_back_has_its_name_and_room, what_was_said_before_the_description_is_recorded, what_nobody_can_confirm_is_sent_once, a_press_does_not_wait, what_has_become_unsafe_is_not_done,
		who_speaks_for_it_acknowledges, a_flood_costs_its_sender_only, large_descriptions_take_more, what_is_said_during_the_replacement_is_kept,
		an_id_is_nobodys_while_its_traces_are_erased, what_is_not_about_it_changes_nothing,
	};
	return suite_run("device/others", tests, sizeof tests / sizeof *tests);
}
