/* Guests at a real broker: they hear what is in their rooms, whatever they subscribe to, and at once something else when a device moves. The
 * house and the web are played by the test. */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/topic_rooms.h"
#include "support/broker_fixture.h"
#include "support/ws_visitor.h"

static struct broker_fixture fixture;
static struct topic_rooms *told; /* the last table */
static atomic_int denied;

static void on_denied(void *ctx, const struct broker_client *client, const char *action, struct span topic)
{
	(void)ctx, (void)client, (void)action, (void)topic;
	denied++;
}

static const struct broker_events events = {.denied = on_denied};

static struct access_table *make_table(void)
{
	static const struct access_rule all[] = {{"#", true, true}};
	const struct access_user users[] = {
		{.name = "@owner", .rules = all, .rule_count = 1, .pass_only = true},
		{.name = "@guest", .pass_only = true},
	};
	struct access_table *table;
	ck_assert_int_ge(sodium_init(), 0);
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	return table;
}

/* What the house tells: pairs of topic and room, ended by NULL. It is in force when this returns. */
static void tell(const char *const *pairs)
{
	struct topic_rooms *table = topic_rooms_create();
	for (; *pairs; pairs += 2)
		ck_assert_int_eq(topic_rooms_put(table, span_str(pairs[0]), pairs[1]), 0);
	ck_assert_int_eq(topic_rooms_compare(table, told), 0);
	ck_assert_int_eq(broker_set_topics(fixture.broker, table, true), 0);
	topic_rooms_unref(&told);
	told = table;
}

#define TELL(...) tell((const char *const[]){__VA_ARGS__, NULL})

static void setup(void)
{
	denied = 0;
	struct broker_config config = broker_config_default();
	config.sys_interval_s = 1;
	config.confidential = "lamp/secret";
	broker_fixture_start(&fixture, &config, 2, &events, make_table());
}

static void teardown(void)
{
	broker_fixture_stop(&fixture);
	topic_rooms_unref(&told);
}

static void come_as(struct visitor *v, const char *user, const char *id, const char *rooms)
{
	const struct stream_pass pass = {user, id, rooms};
	const struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	visitor_come(v, fixture.broker, &pass);
	visitor_send(v, &connect);
	ck_assert_uint_eq(visitor_expect(v, PACKET_CONNACK).connack.reason, 0);
}

static uint8_t subscribe_with(struct visitor *v, const char *filter, uint8_t options)
{
	uint8_t bytes[64];
	struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
	wire_write_binary(&w, span_str(filter));
	wire_write_u8(&w, options);
	visitor_send(v, &(struct packet){.type = PACKET_SUBSCRIBE,
					 .subscribe = {.id = 1, .count = 1, .filters = span_of(bytes, w.len)}});
	return visitor_expect(v, PACKET_SUBACK).suback.codes.data[0];
}

static uint8_t subscribe(struct visitor *v, const char *filter)
{
	return subscribe_with(v, filter, 0);
}

static uint8_t publish_as(struct visitor *v, const char *topic, const char *payload, bool retain)
{
	visitor_send(v, &(struct packet){.type = PACKET_PUBLISH, .publish = {.topic = span_str(topic), .payload = span_str(payload),
									     .qos = 1, .retain = retain, .id = 7}});
	return visitor_expect(v, PACKET_PUBACK).ack.reason;
}

/* The visitor hears just this next. */
static void hears(struct visitor *v, const char *topic, const char *payload, bool retained)
{
	struct packet p = visitor_expect(v, PACKET_PUBLISH);
	ck_assert_msg(span_is(p.publish.topic, topic), "heard %.*s, not %s", (int)p.publish.topic.len, (const char *)p.publish.topic.data, topic);
	ck_assert(span_is(p.publish.payload, payload));
	ck_assert_int_eq(p.publish.retain, retained);
}

/* Both workers have one. */
static const char *const ids[] = {"browser-1", "browser-2", "browser-3", "browser-4"};

START_TEST(a_guest_hears_the_rooms_whatever_it_asks_for)
{
	struct visitor owner, guests[4];
	setup();
	TELL("lamp/state", "Hall", "oven/state", "Kitchen", "gateway", "Hall", "gateway", "Kitchen", "lost/state", "");
	come_as(&owner, "@owner", "browser-0", NULL);
	ck_assert_uint_eq(publish_as(&owner, "lamp/state", "kept", true), REASON_NO_MATCHING_SUBSCRIBERS);
	ck_assert_uint_eq(publish_as(&owner, "oven/state", "kept", true), REASON_NO_MATCHING_SUBSCRIBERS);
	ck_assert_uint_eq(publish_as(&owner, "homeassistant/lamp/config", "kept", true), REASON_NO_MATCHING_SUBSCRIBERS);
	static const char *const filters[] = {"#", "+/state", "lamp/#", "lamp/state"};
	for (int i = 0; i < 4; i++) {
		come_as(&guests[i], "@guest", ids[i], "Attic\nHall\n");
		ck_assert_uint_eq(subscribe(&guests[i], filters[i]), 0);
		hears(&guests[i], "lamp/state", "kept", true);
	}
	static const char *const others[] = {"oven/state", "gateway", "lost/state", "lamp/set", "lamp", "lamp/state/x", "homeassistant/lamp/config", "x"};
	for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
		(void)publish_as(&owner, others[k], "not for guests", false);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("lamp/secret"), span_str("key"), 1, false), 0);
	ck_assert_uint_eq(publish_as(&owner, "lamp/state", "on", false), 0);
	for (int i = 0; i < 4; i++) {
		hears(&guests[i], "lamp/state", "on", false);
		visitor_leave(&guests[i]);
	}
	visitor_leave(&owner);
	teardown();
}
END_TEST

START_TEST(what_is_not_in_the_rooms_is_refused)
{
	struct visitor guest;
	setup();
	TELL("lamp/state", "Hall", "oven/state", "Kitchen", "oven/deep/state", "Kitchen");
	come_as(&guest, "@guest", ids[0], "Hall\n");
	/* neither what there is nor what there is not */
	static const char *const filters[] = {"oven/state", "nothing/like/it", "oven/#", "oven/+", "nothing/#", "lamp/set", "$SYS/#", "$SYS/broker/uptime",
					      "$other", "$share/all/lamp/state", "$share/all/#"};
	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
		ck_assert_msg(subscribe(&guest, filters[i]) == REASON_NOT_AUTHORIZED, "%s", filters[i]);
	ck_assert_int_eq(denied, 0); /* rooms change, and a page asks again for what it had */
	static const char *const topics[] = {"lamp/state", "lamp/set", "x", "$SYS/x"};
	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
		ck_assert_uint_eq(publish_as(&guest, topics[i], "x", false), REASON_NOT_AUTHORIZED);
	visitor_leave(&guest);
	teardown();
}
END_TEST

/* Of one worker, which can count. */
START_TEST(a_publisher_is_not_told_of_guests_who_hear_nothing)
{
	struct visitor owner, guest;
	broker_fixture_start(&fixture, NULL, 1, &events, make_table());
	TELL("lamp/state", "Hall");
	come_as(&owner, "@owner", ids[0], NULL);
	come_as(&guest, "@guest", ids[1], "Hall\n");
	ck_assert_uint_eq(subscribe(&guest, "#"), 0);
	ck_assert_uint_eq(publish_as(&owner, "lamp/state", "x", false), 0);
	ck_assert_uint_eq(publish_as(&owner, "oven/state", "x", false), REASON_NO_MATCHING_SUBSCRIBERS);
	hears(&guest, "lamp/state", "x", false);
	visitor_leave(&guest);
	visitor_leave(&owner);
	teardown();
}
END_TEST

START_TEST(a_device_that_moves_is_heard_where_it_is)
{
	struct visitor owner, hall[2], kitchen[2];
	setup();
	TELL("lamp/state", "Hall", "oven/state", "Kitchen");
	come_as(&owner, "@owner", "browser-0", NULL);
	(void)publish_as(&owner, "lamp/state", "kept", true);
	for (int i = 0; i < 2; i++) {
		come_as(&hall[i], "@guest", ids[i], "Hall\n");
		come_as(&kitchen[i], "@guest", ids[i + 2], "Kitchen\n");
		ck_assert_uint_eq(subscribe(&hall[i], "#"), 0);
		ck_assert_uint_eq(subscribe_with(&kitchen[i], "#", 1), 1);
		hears(&hall[i], "lamp/state", "kept", true);
	}
	TELL("lamp/state", "Kitchen", "oven/state", "Hall"); /* the connections stay as they are */
	ck_assert_uint_eq(publish_as(&owner, "lamp/state", "in the kitchen", false), 0);
	ck_assert_uint_eq(publish_as(&owner, "oven/state", "in the hall", false), 0);
	for (int i = 0; i < 2; i++) {
		hears(&hall[i], "oven/state", "in the hall", false);
		hears(&kitchen[i], "lamp/state", "kept", true); /* what is retained there comes with the right */
		hears(&kitchen[i], "lamp/state", "in the kitchen", false);
	}
	TELL("oven/state", "Hall"); /* the lamp is erased */
	(void)publish_as(&owner, "lamp/state", "to nobody", false);
	ck_assert_uint_eq(publish_as(&owner, "oven/state", "still there", false), 0);
	TELL("oven/state", "Kitchen");
	(void)publish_as(&owner, "oven/state", "moved", false);
	for (int i = 0; i < 2; i++) {
		hears(&hall[i], "oven/state", "still there", false);
		hears(&kitchen[i], "oven/state", "moved", false);
		visitor_leave(&hall[i]);
		visitor_leave(&kitchen[i]);
	}
	visitor_leave(&owner);
	teardown();
}
END_TEST

/* One that does not read has a queue; what is in it when the lamp moves away does not come any more. */
START_TEST(what_waits_is_dropped_with_the_right)
{
	enum { WAITING = 20 };
	struct visitor owner, guest;
	char payload[16];
	setup();
	TELL("lamp/state", "Hall", "fan/state", "Hall");
	come_as(&owner, "@owner", "browser-0", NULL);
	const struct stream_pass pass = {"@guest", ids[0], "Hall\n"};
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	connect.connect.props.receive_maximum = 1; /* it acknowledges nothing, so one comes and the others wait */
	props_set(&connect.connect.props, PROP_RECEIVE_MAXIMUM);
	visitor_come(&guest, fixture.broker, &pass);
	visitor_send(&guest, &connect);
	ck_assert_uint_eq(visitor_expect(&guest, PACKET_CONNACK).connack.reason, 0);
	ck_assert_uint_eq(subscribe_with(&guest, "#", 1), 1);
	for (int i = 0; i < WAITING; i++) {
		snprintf(payload, sizeof payload, "%d", i);
		ck_assert_uint_eq(publish_as(&owner, i % 2 ? "lamp/state" : "fan/state", payload, false), 0);
	}
	struct packet first = visitor_expect(&guest, PACKET_PUBLISH);
	ck_assert(span_is(first.publish.topic, "fan/state"));
	uint16_t id = first.publish.id;
	TELL("lamp/state", "Kitchen", "fan/state", "Hall");
	for (int i = 2; i < WAITING; i += 2) {
		visitor_send(&guest, &(struct packet){.type = PACKET_PUBACK, .ack = {.id = id}});
		struct packet p = visitor_expect(&guest, PACKET_PUBLISH);
		snprintf(payload, sizeof payload, "%d", i);
		ck_assert(span_is(p.publish.topic, "fan/state") && span_is(p.publish.payload, payload));
		id = p.publish.id;
	}
	visitor_leave(&guest);
	visitor_leave(&owner);
	teardown();
}
END_TEST

/* Other access rules, as with each device that is enrolled, change nothing for guests; nor does a table of the house's cost others anything. */
START_TEST(a_new_table_of_users_leaves_guests_alone)
{
	struct visitor owner, guest;
	setup();
	TELL("lamp/state", "Hall");
	come_as(&owner, "@owner", "browser-0", NULL);
	come_as(&guest, "@guest", ids[1], "Hall\n");
	ck_assert_uint_eq(subscribe(&guest, "#"), 0);
	struct access_table *same = make_table();
	ck_assert_int_eq(broker_set_access(fixture.broker, same), 0);
	TELL("lamp/state", "Hall", "fan/state", "Hall");
	ck_assert_uint_eq(publish_as(&owner, "fan/state", "x", false), 0);
	hears(&guest, "fan/state", "x", false);
	visitor_leave(&guest);
	visitor_leave(&owner);
	access_table_unref(&same);
	teardown();
}
END_TEST

START_TEST(without_a_table_nobody_hears_anything)
{
	struct visitor owner, guest;
	setup();
	come_as(&owner, "@owner", "browser-0", NULL);
	come_as(&guest, "@guest", ids[0], "Hall\n");
	ck_assert_uint_eq(subscribe(&guest, "#"), 0);
	ck_assert_uint_eq(subscribe(&guest, "lamp/state"), REASON_NOT_AUTHORIZED);
	(void)publish_as(&owner, "lamp/state", "early", false);
	TELL("lamp/state", "Hall");
	ck_assert_uint_eq(publish_as(&owner, "lamp/state", "x", false), 0);
	hears(&guest, "lamp/state", "x", false);
	visitor_leave(&guest);
	visitor_leave(&owner);
	teardown();
}
END_TEST

enum { FILTERS = 100, FOREIGN = 500 };

/* What a packet of many filters is answered: alternately all there is, a guess about others, and a topic of its own. */
static void ask_much(struct visitor *guest, uint8_t codes_r[FILTERS])
{
	static const char *const filters[] = {"#", "+/+/location", "foreign/+", "lamp/state"};
	static uint8_t bytes[FILTERS * 16];
	struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
	for (int i = 0; i < FILTERS; i++) {
		wire_write_binary(&w, span_str(filters[i % 4]));
		wire_write_u8(&w, 2 << 4); /* nothing that is retained: the answer alone is looked at */
	}
	visitor_send(guest, &(struct packet){.type = PACKET_SUBSCRIBE,
					     .subscribe = {.id = 1, .count = FILTERS, .filters = span_of(bytes, w.len)}});
	struct packet ack = visitor_expect(guest, PACKET_SUBACK);
	ck_assert_uint_eq(ack.suback.codes.len, FILTERS);
	memcpy(codes_r, ack.suback.codes.data, FILTERS);
}

/* One packet may make the broker look at so much, and how much that is follows from nothing of others. */
START_TEST(answers_tell_nothing_of_others)
{
	struct visitor owner, guest;
	uint8_t alone[FILTERS], among_many[FILTERS];
	char topic[32];
	setup();
	come_as(&owner, "@owner", "browser-0", NULL);
	TELL("lamp/state", "Hall");
	come_as(&guest, "@guest", ids[0], "Hall\n");
	ask_much(&guest, alone);
	ck_assert_uint_eq(alone[0], 0);
	ck_assert_uint_eq(alone[1], 0);
	ck_assert_uint_eq(alone[2], REASON_NOT_AUTHORIZED);
	ck_assert_uint_eq(alone[3], 0);
	ck_assert_uint_eq(alone[FILTERS - 2], REASON_QUOTA_EXCEEDED);
	ck_assert_uint_eq(alone[FILTERS - 1], 0); /* without a wildcard it costs one look */
	visitor_leave(&guest);

	struct topic_rooms *table = topic_rooms_create();
	ck_assert_int_eq(topic_rooms_put(table, span_str("lamp/state"), "Hall"), 0);
	for (int i = 0; i < FOREIGN; i++) {
		snprintf(topic, sizeof topic, "foreign/%d", i);
		ck_assert_int_eq(topic_rooms_put(table, span_str(topic), "Kitchen"), 0);
		(void)publish_as(&owner, topic, "x", true);
	}
	(void)publish_as(&owner, "a/b/location", "x", true);
	ck_assert_int_eq(broker_set_topics(fixture.broker, table, true), 0);
	come_as(&guest, "@guest", ids[1], "Hall\n");
	ask_much(&guest, among_many);
	ck_assert_mem_eq(alone, among_many, FILTERS);
	ck_assert_uint_eq(subscribe(&guest, "#"), 0); /* and the next one may ask again */
	visitor_leave(&guest);
	visitor_leave(&owner);
	topic_rooms_unref(&table);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_guest_hears_the_rooms_whatever_it_asks_for, what_is_not_in_the_rooms_is_refused, a_publisher_is_not_told_of_guests_who_hear_nothing,
		a_device_that_moves_is_heard_where_it_is, what_waits_is_dropped_with_the_right, a_new_table_of_users_leaves_guests_alone,
		without_a_table_nobody_hears_anything, answers_tell_nothing_of_others,
	};
	return suite_run("broker_guest", tests, sizeof tests / sizeof tests[0]);
}
