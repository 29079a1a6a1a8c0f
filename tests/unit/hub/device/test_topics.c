/* What the house tells the broker of its devices' topics and rooms. Devices of others come in a dialect made for the test: "say/<device>" is its whole
 * description. */
#include <check.h>
#include <stdatomic.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "dialect/dialect.h"
#include "fixture.h"
#include "model/topic_rooms.h"
#include "support/fake_store.h"
#include "support/suite.h"

/* ---- the dialect ----------------------------------------------------------- */

static int split(struct span topic, struct span payload, const struct dialect_sink *sink, char *message)
{
	char text[128];
	(void)message;
	ck_assert_int_eq(str_copy_span(text, sizeof text, topic), 0);
	return sink->fragment(sink->ctx, text + strlen("say/"), payload);
}

static int translate(const struct fragment *fragments, size_t count, json_t **root_r, char *message)
{
	(void)message;
	ck_assert_uint_eq(count, 1);
	*root_r = json_loadb((const char *)fragments[0].payload.data, fragments[0].payload.len, 0, NULL);
	return *root_r ? 0 : ERR_MALFORMED;
}

static bool stays(const char *topic)
{
	return strncmp(topic, "bridge/", strlen("bridge/")) == 0;
}

static const char *const filters[] = {"say/+", NULL};
static const struct dialect test_dialect = {.name = "test", .title = "Test", .filters = filters, .payload_max = 4096, .shared = true,
					    .stays = stays, .split = split, .translate = translate};
#include "one_dialect.h"

/* ---- the house --------------------------------------------------------------- */

static struct fixture f;

/* Whether who sees this room alone may hear the topic. */
static bool heard_in(const char *room, const char *topic)
{
	struct rooms rooms = {0};
	struct room_set set;
	ck_assert_int_eq(rooms_add(&rooms, span_str(room)), 0);
	fixture_sync(&f);
	ck_assert_int_eq(room_set_init(&set, f.topics, &rooms), 0);
	bool yes = room_set_hears(&set, topic_rooms_find(f.topics, span_str(topic)));
	room_set_finish(&set);
	return yes;
}

static void move(const char *device, const char *room)
{
	ck_assert_int_eq(f.port.edit(f.port.ctx, device, NULL, room), 0);
}

/* A sensor of others with this state topic, which says on "<name>/there" and on its bridge's topic whether it is there. */
static void describe(const char *name, const char *state, const char *room)
{
	char topic[64], text[512];
	ck_assert_int_eq(str_format(topic, sizeof topic, "say/%s", name), 0);
	ck_assert_int_eq(str_format(text, sizeof text,
				    "{\"device\":{\"name\":\"%s\",\"suggested_area\":\"%s\"},\"availability\":[{\"topic\":\"bridge/state\"},"
				    "{\"topic\":\"%s/there\"}],\"components\":{\"main\":{\"p\":\"sensor\",\"stat_t\":\"%s\"},"
				    "\"lamp\":{\"p\":\"switch\",\"stat_t\":\"%s/lamp\",\"cmd_t\":\"%s/set\"}}}",
				    name, room, name, state, name, name), 0);
	f.sender = "bridge";
	fixture_say(&f, topic, text);
	f.sender = NULL;
	fixture_pass(&f, 600);
}

START_TEST(our_devices_say_what_their_entities_report)
{
	fixture_begin(&f);
	ck_assert_int_eq(atomic_load(&f.topics_told), 1); /* before anything was heard: its status, and no room yet */
	ck_assert(!heard_in("Hall", "tomte/pi/status"));
	fixture_introduce(&f);
	fixture_pass(&f, 600);
	int told = atomic_load(&f.topics_told);
	move("pi", "Hall");
	ck_assert_int_eq(atomic_load(&f.topics_told), told + 1); /* and the answer has waited for it */
	ck_assert_int_eq(atomic_load(&f.topics_told_now), 1);
	ck_assert(heard_in("Hall", "tomte/pi/status") && heard_in("Hall", "tomte/pi/state/lamp"));
	static const char *const never[] = {"tomte/pi/set/lamp", "tomte/pi/renew", "homeassistant/device/pi/config", "tomte/pi", "tomte/pi/state/other"};
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		ck_assert_msg(!heard_in("Hall", never[i]), "%s", never[i]);
	ck_assert(!heard_in("Kitchen", "tomte/pi/status"));
	move("pi", "Kitchen");
	ck_assert(!heard_in("Hall", "tomte/pi/status") && heard_in("Kitchen", "tomte/pi/status") && heard_in("Kitchen", "tomte/pi/state/lamp"));
	move("pi", "");
	ck_assert(!heard_in("Hall", "tomte/pi/status") && !heard_in("Kitchen", "tomte/pi/status"));
	fixture_end(&f);
}
END_TEST

START_TEST(devices_of_others_say_what_they_are_described_to)
{
	fixture_begin(&f);
	describe("oven", "oven/heat", "Kitchen");
	ck_assert(heard_in("Kitchen", "oven/heat") && heard_in("Kitchen", "oven/lamp") && heard_in("Kitchen", "oven/there"));
	ck_assert(!heard_in("Kitchen", "oven/set") && !heard_in("Kitchen", "say/oven"));
	ck_assert(!heard_in("Kitchen", "bridge/state")); /* the gateway's word about itself, though all of its devices stand here */
	describe("oven", "oven/warmth", "Kitchen"); /* another description */
	ck_assert(!heard_in("Kitchen", "oven/heat") && heard_in("Kitchen", "oven/warmth"));
	f.sender = "bridge";
	fixture_say(&f, "say/oven", ""); /* it goes */
	f.sender = NULL;
	fixture_pass(&f, 600);
	ck_assert(!heard_in("Kitchen", "oven/warmth") && !heard_in("Kitchen", "oven/there"));
	fixture_end(&f);
}
END_TEST

START_TEST(nobody_lends_a_topic_to_another_room)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	move("pi", "Hall");
	describe("spy", "tomte/pi/state/lamp", "Kitchen");
	describe("config", "homeassistant/device/pi/config", "Kitchen");
	describe("health", "$SYS/broker/uptime", "Kitchen");
	ck_assert(heard_in("Hall", "tomte/pi/state/lamp")); /* it stays the lamp's */
	ck_assert(!heard_in("Kitchen", "tomte/pi/state/lamp") && !heard_in("Kitchen", "homeassistant/device/pi/config"));
	ck_assert(!heard_in("Kitchen", "$SYS/broker/uptime") && heard_in("Kitchen", "spy/lamp"));
	/* what two rooms' devices say on one topic is for who sees both */
	describe("oven", "meter/all", "Kitchen");
	ck_assert(heard_in("Kitchen", "meter/all"));
	describe("fan", "meter/all", "Attic");
	ck_assert(!heard_in("Kitchen", "meter/all") && !heard_in("Attic", "meter/all"));
	move("fan", "Kitchen");
	ck_assert(heard_in("Kitchen", "meter/all"));
	fixture_end(&f);
}
END_TEST

START_TEST(what_does_not_change_is_not_told)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	move("pi", "Hall");
	fixture_pass(&f, 600);
	int told = atomic_load(&f.topics_told);
	fixture_say(&f, "tomte/pi/state/lamp", "ON");
	fixture_say(&f, "tomte/pi/status", "offline");
	fixture_say(&f, "tomte/pi/status", "online");
	ck_assert_int_eq(f.port.edit(f.port.ctx, "pi", "Another name", NULL), 0);
	move("pi", "Hall");
	fixture_pass(&f, 600);
	ck_assert_int_eq(atomic_load(&f.topics_told), told);
	fixture_end(&f);
}
END_TEST

START_TEST(an_erased_device_is_no_longer_heard)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	move("pi", "Hall");
	ck_assert(heard_in("Hall", "tomte/pi/status"));
	ck_assert_int_eq(f.port.erase(f.port.ctx, "pi"), 0);
	fixture_pass(&f, 600);
	ck_assert(!heard_in("Hall", "tomte/pi/status") && topic_rooms_count(f.topics) == 0);
	fixture_end(&f);
}
END_TEST

START_TEST(a_restart_tells_all_at_once)
{
	fixture_begin(&f);
	fixture_introduce(&f);
	move("pi", "Hall");
	describe("oven", "oven/heat", "Kitchen");
	fixture_restart(&f);
	ck_assert(heard_in("Hall", "tomte/pi/state/lamp") && heard_in("Kitchen", "oven/heat"));
	fixture_end(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {our_devices_say_what_their_entities_report, devices_of_others_say_what_they_are_described_to,
				      nobody_lends_a_topic_to_another_room, what_does_not_change_is_not_told, an_erased_device_is_no_longer_heard,
				      a_restart_tells_all_at_once};
	return suite_run("device/topics", tests, sizeof tests / sizeof tests[0]);
}
