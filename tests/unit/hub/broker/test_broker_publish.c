/* Messages through the real broker over real sockets: QoS 0, 1, 2 both ways,
 * retained messages, properties, wills, taps, slow readers. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "support/broker_fixture.h"

static const uint8_t versions[] = {MQTT_V31, MQTT_V311, MQTT_V5};

static struct broker_fixture fixture;
static struct mqtt_client pub, sub, third;

static void setup(unsigned workers)
{
	broker_fixture_start(&fixture, NULL, workers, NULL, NULL);
}

static void teardown(void)
{
	mqtt_client_close(&pub);
	mqtt_client_close(&sub);
	mqtt_client_close(&third);
	broker_fixture_stop(&fixture);
}

static void pair(uint8_t pub_version, uint8_t sub_version)
{
	mqtt_client_start(&pub, fixture.port, pub_version, "pub");
	mqtt_client_start(&sub, fixture.port, sub_version, "sub");
}

/* A publisher's side of a message with packet id 1. */
static void finish_publish(struct mqtt_client *c, uint8_t qos)
{
	if (qos == 1)
		ck_assert_uint_eq(mqtt_client_expect(c, PACKET_PUBACK).ack.id, 1);
	if (qos != 2)
		return;
	ck_assert_uint_eq(mqtt_client_expect(c, PACKET_PUBREC).ack.id, 1);
	mqtt_client_ack(c, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(c, PACKET_PUBCOMP).ack.id, 1);
}

/* A subscriber's side. */
static void finish_receive(struct mqtt_client *c, const struct packet_publish *p)
{
	uint16_t id = p->id;
	if (p->qos == 1)
		mqtt_client_ack(c, PACKET_PUBACK, id);
	if (p->qos != 2)
		return;
	mqtt_client_ack(c, PACKET_PUBREC, id);
	ck_assert_uint_eq(mqtt_client_expect(c, PACKET_PUBREL).ack.id, id);
	mqtt_client_ack(c, PACKET_PUBCOMP, id);
}

START_TEST(every_qos_between_every_version)
{
	setup(1);
	uint8_t from = versions[_i / 27], to = versions[_i / 9 % 3], out = (uint8_t)(_i / 3 % 3), in = (uint8_t)(_i % 3);
	pair(from, to);
	ck_assert_uint_eq(mqtt_client_subscribe(&sub, "a/+", in), in);
	mqtt_client_publish(&pub, "a/b", "hello", out, false);
	finish_publish(&pub, out);
	struct packet_publish p = mqtt_client_expect_publish(&sub, "a/b", "hello");
	ck_assert_uint_eq(p.qos, out < in ? out : in);
	ck_assert(!p.retain && !p.dup);
	finish_receive(&sub, &p);
	mqtt_client_expect_silence(&sub);
	mqtt_client_expect_silence(&pub);
	teardown();
}
END_TEST

START_TEST(qos2_is_routed_once)
{
	setup(1);
	pair(MQTT_V5, MQTT_V5);
	mqtt_client_subscribe(&sub, "t", 2);
	mqtt_client_publish(&pub, "t", "once", 2, false);
	mqtt_client_expect(&pub, PACKET_PUBREC);
	mqtt_client_send(&pub, &(struct packet){.type = PACKET_PUBLISH,
						.publish = {.dup = true, .qos = 2, .id = 1, .topic = span_str("t"),
							    .payload = span_str("once")}});
	ck_assert_uint_lt(mqtt_client_expect(&pub, PACKET_PUBREC).ack.reason, 0x80);
	mqtt_client_ack(&pub, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBCOMP).ack.reason, 0);
	mqtt_client_ack(&pub, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBCOMP).ack.reason, REASON_PACKET_ID_NOT_FOUND);
	struct packet_publish p = mqtt_client_expect_publish(&sub, "t", "once");
	finish_receive(&sub, &p);
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

START_TEST(retained_messages_follow_the_rules)
{
	setup(1);
	pair(MQTT_V311, MQTT_V5);
	mqtt_client_publish(&pub, "r/a", "1", 1, true);
	finish_publish(&pub, 1);
	mqtt_client_publish(&pub, "r/a", "2", 1, true);
	finish_publish(&pub, 1);
	mqtt_client_publish(&pub, "r/b", "gone", 1, true);
	finish_publish(&pub, 1);
	mqtt_client_publish(&pub, "r/b", "", 1, true);
	finish_publish(&pub, 1);

	mqtt_client_subscribe(&sub, "r/#", 0);
	ck_assert(mqtt_client_expect_publish(&sub, "r/a", "2").retain);
	mqtt_client_expect_silence(&sub);
	/* retain handling 1: not again for a subscription that is there; 2: never */
	mqtt_client_subscribe(&sub, "r/#", 0x10);
	mqtt_client_expect_silence(&sub);
	mqtt_client_subscribe(&sub, "r/+", 0x20);
	mqtt_client_expect_silence(&sub);
	mqtt_client_subscribe(&sub, "r/a", 0x10);
	ck_assert(mqtt_client_expect_publish(&sub, "r/a", "2").retain);

	mqtt_client_start(&third, fixture.port, MQTT_V5, "third");
	mqtt_client_subscribe(&third, "live/#", 0x08); /* retain as published */
	mqtt_client_publish(&pub, "live/x", "x", 0, true);
	ck_assert(mqtt_client_expect_publish(&third, "live/x", "x").retain);
	mqtt_client_subscribe(&third, "live/#", 0x20);
	mqtt_client_publish(&pub, "live/x", "y", 0, true);
	ck_assert(!mqtt_client_expect_publish(&third, "live/x", "y").retain);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 2);
	teardown();
}
END_TEST

START_TEST(many_retained_messages_all_arrive)
{
	enum { MANY = 5000 };
	setup(1);
	pair(MQTT_V311, MQTT_V311);
	for (int i = 0; i < MANY; i++) {
		char topic[32];
		snprintf(topic, sizeof topic, "many/%d/x", i);
		mqtt_client_publish(&pub, topic, "0123456789012345678901234567890123456789", 1, true);
		finish_publish(&pub, 1);
	}
	mqtt_client_subscribe(&sub, "many/+/x", 1);
	for (int i = 0; i < MANY; i++) {
		struct packet packet = mqtt_client_expect(&sub, PACKET_PUBLISH);
		ck_assert_uint_eq(packet.publish.qos, 1);
		ck_assert(packet.publish.retain);
		finish_receive(&sub, &packet.publish);
	}
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

/* A SUBSCRIBE that matches more than a connection's share of work in one turn is its last packet of that turn, with no
 * input left behind it: the client must be heard afterwards. */
START_TEST(a_client_is_heard_after_a_large_subscription)
{
	enum { MANY = 17000 };
	setup(1);
	pair(MQTT_V311, MQTT_V311);
	for (int i = 0; i < MANY; i++) {
		char topic[32];
		snprintf(topic, sizeof topic, "large/%d", i);
		mqtt_client_publish(&pub, topic, "x", 0, true);
	}
	mqtt_client_expect_silence(&pub); /* all are handled */
	mqtt_client_subscribe(&sub, "large/#", 0);
	for (int i = 0; i < MANY; i++)
		ck_assert(mqtt_client_expect(&sub, PACKET_PUBLISH).publish.retain);
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

/* One SUBSCRIBE with very many filters gets every retained message; a heap of '#' does not pin memory. */
START_TEST(many_filters_in_one_packet)
{
	enum { MANY = 500, HEAP = 2000 };
	static uint8_t entries[MANY * 16];
	struct broker_config config = broker_config_default();
	config.max_queued_messages = 10000;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	pair(MQTT_V311, MQTT_V5);
	struct wire_writer w = {.data = entries, .cap = sizeof entries};
	for (int i = 0; i < MANY; i++) {
		char topic[32];
		snprintf(topic, sizeof topic, "m/%d", i);
		mqtt_client_publish(&pub, topic, "x", 1, true);
		finish_publish(&pub, 1);
		wire_write_binary(&w, span_str(topic));
		wire_write_u8(&w, 0);
	}
	struct packet subscribe = {.type = PACKET_SUBSCRIBE,
				   .subscribe = {.id = 3, .filters = span_of(entries, w.len), .count = MANY}};
	mqtt_client_send(&sub, &subscribe);
	mqtt_client_expect(&sub, PACKET_SUBACK);
	for (int i = 0; i < MANY; i++) {
		char topic[32];
		snprintf(topic, sizeof topic, "m/%d", i);
		mqtt_client_expect_publish(&sub, topic, "x");
	}
	mqtt_client_expect_silence(&sub);

	w.len = 0;
	for (int i = 0; i < HEAP; i++) {
		wire_write_binary(&w, span_str("#"));
		wire_write_u8(&w, 0);
	}
	subscribe.subscribe.filters = span_of(entries, w.len);
	subscribe.subscribe.count = HEAP;
	mqtt_client_send(&sub, &subscribe);
	struct span codes = mqtt_client_expect(&sub, PACKET_SUBACK).suback.codes;
	ck_assert_uint_eq(codes.data[0], 0);
	ck_assert_uint_eq(codes.data[HEAP - 1], REASON_QUOTA_EXCEEDED);
	teardown();
}
END_TEST

START_TEST(queued_messages_expire)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "sub");
	connect.connect.clean_start = false;
	mqtt_client_login(&sub, fixture.port, &connect);
	mqtt_client_subscribe(&sub, "e", 1);
	mqtt_client_close(&sub);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	struct packet packet = {.type = PACKET_PUBLISH,
				.publish = {.qos = 1, .id = 1, .topic = span_str("e"), .payload = span_str("stale")}};
	packet.publish.props.message_expiry_s = 0;
	props_set(&packet.publish.props, PROP_MESSAGE_EXPIRY);
	mqtt_client_send(&pub, &packet);
	finish_publish(&pub, 1);
	packet.publish.payload = span_str("fresh");
	packet.publish.props.message_expiry_s = 100;
	mqtt_client_send(&pub, &packet);
	finish_publish(&pub, 1);
	mqtt_client_login(&sub, fixture.port, &connect);
	mqtt_client_expect_publish(&sub, "e", "fresh");
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

START_TEST(dollar_topics_are_apart)
{
	setup(1);
	pair(MQTT_V5, MQTT_V5);
	mqtt_client_subscribe(&sub, "#", 0);
	mqtt_client_subscribe(&sub, "+/x", 0);
	mqtt_client_publish(&pub, "$SYS/x", "forged", 1, false);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_NOT_AUTHORIZED);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("$hub/x"), span_str("1"), 0, true), 0);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("bad/+"), span_str("1"), 0, false), ERR_INVALID);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1);
	mqtt_client_expect_silence(&sub);
	mqtt_client_subscribe(&sub, "$hub/#", 0);
	mqtt_client_expect_publish(&sub, "$hub/x", "1");
	teardown();
}
END_TEST

/* Sends a 5.0 SUBSCRIBE with a subscription identifier. */
static void subscribe_with_id(struct mqtt_client *c, const char *filter, uint8_t options, uint32_t id)
{
	uint8_t entry[256];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	wire_write_u8(&w, options);
	struct packet packet = {.type = PACKET_SUBSCRIBE,
				.subscribe = {.id = 5, .filters = span_of(entry, w.len), .count = 1}};
	packet.subscribe.props.subscription_id = id;
	props_set(&packet.subscribe.props, PROP_SUBSCRIPTION_ID);
	mqtt_client_send(c, &packet);
	ck_assert_uint_lt(mqtt_client_expect(c, PACKET_SUBACK).suback.codes.data[0], 3);
}

START_TEST(subscription_identifiers_and_no_local)
{
	setup(1);
	pair(MQTT_V5, MQTT_V5);
	subscribe_with_id(&sub, "s/#", 1, 1234);
	subscribe_with_id(&sub, "s/a", 0, 268435455);
	mqtt_client_publish(&pub, "s/a", "x", 1, false);
	finish_publish(&pub, 1);
	uint32_t sum = 0;
	for (int i = 0; i < 2; i++) {
		struct packet_publish p = mqtt_client_expect_publish(&sub, "s/a", "x");
		ck_assert(props_has(&p.props, PROP_SUBSCRIPTION_ID));
		sum += p.props.subscription_id;
		finish_receive(&sub, &p);
	}
	ck_assert_uint_eq(sum, 1234 + 268435455);
	mqtt_client_subscribe(&sub, "own", 0x04); /* no local */
	mqtt_client_publish(&sub, "own", "mine", 0, false);
	mqtt_client_expect_silence(&sub);
	mqtt_client_publish(&pub, "own", "yours", 0, false);
	mqtt_client_expect_publish(&sub, "own", "yours");
	teardown();
}
END_TEST

START_TEST(properties_are_forwarded)
{
	setup(1);
	pair(MQTT_V5, MQTT_V5);
	mqtt_client_subscribe(&sub, "p", 0);
	static const uint8_t user[] = {38, 0, 1, 'a', 0, 1, '1', 38, 0, 1, 'a', 0, 1, '2', 38, 0, 1, 'b', 0, 0};
	struct packet packet = {.type = PACKET_PUBLISH, .publish = {.topic = span_str("p"), .payload = span_str("x")}};
	struct props *props = &packet.publish.props;
	props->user = span_of(user, sizeof user);
	props->payload_format = 1;
	props->content_type = span_str("text/plain");
	props->response_topic = span_str("answer/here");
	props->correlation_data = span_of("\0\1\2", 3);
	props->message_expiry_s = 1000;
	props_set(props, PROP_USER_PROPERTY);
	props_set(props, PROP_PAYLOAD_FORMAT);
	props_set(props, PROP_CONTENT_TYPE);
	props_set(props, PROP_RESPONSE_TOPIC);
	props_set(props, PROP_CORRELATION_DATA);
	props_set(props, PROP_MESSAGE_EXPIRY);
	mqtt_client_send(&pub, &packet);
	struct packet_publish p = mqtt_client_expect_publish(&sub, "p", "x");
	ck_assert(p.props.present == props->present);
	ck_assert(span_equal(p.props.user, props->user));
	ck_assert(span_equal(p.props.content_type, props->content_type));
	ck_assert(span_equal(p.props.response_topic, props->response_topic));
	ck_assert(span_equal(p.props.correlation_data, props->correlation_data));
	ck_assert_uint_eq(p.props.payload_format, 1);
	ck_assert_uint_le(p.props.message_expiry_s, 1000);
	ck_assert_uint_ge(p.props.message_expiry_s, 990);
	teardown();
}
END_TEST

START_TEST(topic_aliases_of_clients)
{
	setup(1);
	pair(MQTT_V5, MQTT_V311);
	mqtt_client_subscribe(&sub, "#", 0);
	struct packet packet = {.type = PACKET_PUBLISH, .publish = {.topic = span_str("long/topic")}};
	packet.publish.props.topic_alias = 3;
	props_set(&packet.publish.props, PROP_TOPIC_ALIAS);
	packet.publish.payload = span_str("1");
	mqtt_client_send(&pub, &packet);
	packet.publish.topic = (struct span){0};
	packet.publish.payload = span_str("2");
	mqtt_client_send(&pub, &packet);
	mqtt_client_expect_publish(&sub, "long/topic", "1");
	mqtt_client_expect_publish(&sub, "long/topic", "2");
	packet.publish.props.topic_alias = 9;
	mqtt_client_send(&pub, &packet);
	mqtt_client_expect_end(&pub, REASON_PROTOCOL_ERROR);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	packet.publish.props.topic_alias = 1000;
	mqtt_client_send(&pub, &packet);
	mqtt_client_expect_end(&pub, REASON_TOPIC_ALIAS_INVALID);
	teardown();
}
END_TEST

/* Waits for the broker to see `connections`, then for the will. */
static void start_with_will(struct mqtt_client *c, uint8_t version, uint8_t qos, bool retain, uint32_t delay_s)
{
	struct packet connect = mqtt_client_connect_packet(version, "mortal");
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("will/mortal");
	connect.connect.will.payload = span_str("dead");
	connect.connect.will.qos = qos;
	connect.connect.will.retain = retain;
	if (delay_s) {
		connect.connect.will.props.will_delay_s = delay_s;
		props_set(&connect.connect.will.props, PROP_WILL_DELAY);
		connect.connect.props.session_expiry_s = 60;
		props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	}
	ck_assert_uint_eq(mqtt_client_login(c, fixture.port, &connect).connack.reason, 0);
}

START_TEST(will_on_abrupt_close)
{
	setup(1);
	uint8_t version = versions[_i];
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "will/+", 2);
	start_with_will(&pub, version, 1, true, 0);
	mqtt_client_close(&pub);
	struct packet_publish p = mqtt_client_expect_publish(&sub, "will/mortal", "dead");
	ck_assert_uint_eq(p.qos, 1);
	finish_receive(&sub, &p);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1);
	/* a clean goodbye clears it */
	start_with_will(&pub, version, 1, true, 0);
	mqtt_client_stop(&pub, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

START_TEST(will_by_wish_and_after_protocol_error)
{
	setup(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "will/+", 0);
	start_with_will(&pub, MQTT_V5, 0, false, 0);
	mqtt_client_stop(&pub, REASON_DISCONNECT_WITH_WILL);
	mqtt_client_expect_publish(&sub, "will/mortal", "dead");
	start_with_will(&pub, MQTT_V5, 0, false, 0);
	mqtt_client_send_raw(&pub, "\xf1\xff\xff\xff\xff", 5);
	mqtt_client_expect_end(&pub, REASON_MALFORMED_PACKET);
	mqtt_client_expect_publish(&sub, "will/mortal", "dead");
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

START_TEST(delayed_will_is_called_off_by_return)
{
	setup(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "will/+", 0);
	start_with_will(&pub, MQTT_V5, 0, false, 1000);
	mqtt_client_close(&pub);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1 && stats.sessions == 2);
	mqtt_client_expect_silence(&sub);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "mortal");
	connect.connect.clean_start = false;
	ck_assert(mqtt_client_login(&pub, fixture.port, &connect).connack.session_present);
	mqtt_client_stop(&pub, 0); /* session expiry 0: the session ends, without the old will */
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 1);
	mqtt_client_expect_silence(&sub);
	/* but the end of the session brings it out */
	start_with_will(&pub, MQTT_V5, 0, false, 1000);
	mqtt_client_close(&pub);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	connect.connect.clean_start = true;
	ck_assert(!mqtt_client_login(&pub, fixture.port, &connect).connack.session_present);
	mqtt_client_expect_publish(&sub, "will/mortal", "dead");
	/* and so does its time */
	start_with_will(&third, MQTT_V5, 0, false, 1);
	mqtt_client_close(&third);
	mqtt_client_expect_publish(&sub, "will/mortal", "dead");
	teardown();
}
END_TEST

/* A will is its own client's message: with "no local" it does not come back when the session goes on. */
START_TEST(no_local_holds_for_the_own_will)
{
	setup(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "will/+", 0);
	for (uint8_t no_local = 0; no_local < 2; no_local++) {
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, "lasting");
		connect.connect.clean_start = false;
		connect.connect.props.session_expiry_s = 1000;
		props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
		connect.connect.has_will = true;
		connect.connect.will.qos = 1;
		connect.connect.will.topic = span_str("will/lasting");
		mqtt_client_login(&third, fixture.port, &connect);
		mqtt_client_subscribe(&third, "will/lasting", no_local ? 0x05 : 0x01);
		mqtt_client_close(&third);
		mqtt_client_expect_publish(&sub, "will/lasting", "");
		ck_assert(mqtt_client_login(&third, fixture.port, &connect).connack.session_present);
		if (!no_local) {
			struct packet_publish p = mqtt_client_expect_publish(&third, "will/lasting", "");
			finish_receive(&third, &p);
		}
		mqtt_client_expect_silence(&third);
		mqtt_client_stop(&third, 0);
	}
	teardown();
}
END_TEST

/* What a tap heard, for the test's thread. */
static struct {
	pthread_mutex_t mutex;
	int live, retained, inside, wills, sent;
} heard = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void listen_in(void *ctx, struct message *message, const struct tap_arrival *arrival)
{
	(void)ctx;
	pthread_mutex_lock(&heard.mutex);
	heard.live += !arrival->retained;
	heard.retained += arrival->retained;
	heard.sent += arrival->sender != NULL;
	heard.inside += (message->flags & MESSAGE_FROM_INSIDE) != 0;
	heard.wills += (message->flags & MESSAGE_WILL) != 0;
	pthread_mutex_unlock(&heard.mutex);
}

static int heard_of(const int *counter)
{
	pthread_mutex_lock(&heard.mutex);
	int value = *counter;
	pthread_mutex_unlock(&heard.mutex);
	return value;
}

static void await_heard(const int *counter, int value)
{
	for (int tries = 0; heard_of(counter) < value; tries++) {
		ck_assert_int_lt(tries, 10000);
		usleep(1000);
	}
	ck_assert_int_eq(heard_of(counter), value);
}

START_TEST(taps_hear_each_message_once)
{
	setup(2);
	const struct tap_sink sink = {.message = listen_in};
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("tap/old"), span_str("1"), 0, true), 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1);
	ck_assert_int_eq(tap_add(fixture.broker, span_str("tap/#"), &sink), 0);
	ck_assert_int_eq(tap_add(fixture.broker, span_str("+/new"), &sink), 0);
	ck_assert_int_eq(tap_add(fixture.broker, span_str("a#"), &sink), ERR_INVALID);
	await_heard(&heard.retained, 1);
	for (int i = 0; i < 20; i++) {
		char id[24];
		snprintf(id, sizeof id, "client-%d", i);
		mqtt_client_start(&pub, fixture.port, MQTT_V311, id);
		mqtt_client_publish(&pub, "tap/new", "x", 1, false);
		mqtt_client_publish(&pub, "other", "x", 1, false);
		finish_publish(&pub, 1);
		finish_publish(&pub, 1);
		mqtt_client_stop(&pub, 0);
	}
	await_heard(&heard.live, 20);
	await_heard(&heard.sent, 20); /* not the one that is retained */
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("tap/in"), span_str("1"), 2, false), 0);
	await_heard(&heard.inside, 2);

	const struct tap_sink stranger = {.message = listen_in, .ctx = &heard};
	ck_assert_int_eq(tap_remove(fixture.broker, span_str("tap/#"), &sink), 0);
	ck_assert_int_eq(tap_remove(fixture.broker, span_str("never/added"), &sink), 0);
	ck_assert_int_eq(tap_remove(fixture.broker, span_str("+/new"), &stranger), 0);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("tap/in"), span_str("1"), 2, false), 0);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("tap/new"), span_str("1"), 2, false), 0);
	await_heard(&heard.inside, 3); /* only by the other filter, and behind the first */
	await_heard(&heard.sent, 20);  /* nor those of the hub */
	teardown();
}
END_TEST

/* Nobody acknowledges what is sent here: it is heard, or it is lost. */
START_TEST(a_tap_that_is_settled_misses_nothing)
{
	enum { TIMES = 50 };
	setup(2);
	const struct tap_sink sink = {.message = listen_in};
	mqtt_client_start(&pub, fixture.port, MQTT_V311, "pub");
	for (int i = 0; i < TIMES; i++) {
		char topic[24];
		snprintf(topic, sizeof topic, "settled/%d", i);
		ck_assert_int_eq(tap_add(fixture.broker, span_str(topic), &sink), 0);
		ck_assert_int_eq(tap_settle(fixture.broker), 0);
		mqtt_client_publish(&pub, topic, "x", 0, false);
	}
	await_heard(&heard.live, TIMES);
	broker_stop(fixture.broker);
	ck_assert_int_eq(tap_settle(fixture.broker), ERR_CLOSED);
	teardown();
}
END_TEST

START_TEST(slow_reader_costs_only_itself)
{
	struct broker_config config = broker_config_default();
	config.max_queued_messages = 100;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	pair(MQTT_V311, MQTT_V311);
	mqtt_client_start(&third, fixture.port, MQTT_V5, "third");
	mqtt_client_subscribe(&sub, "flood", 0); /* and never reads */
	mqtt_client_subscribe(&third, "flood", 1);
	static char payload[60000];
	memset(payload, 'x', sizeof payload - 1);
	bool dropped = false;
	for (int i = 0; i < 2000 && !dropped; i++) {
		mqtt_client_publish(&pub, "flood", payload, 1, false);
		finish_publish(&pub, 1);
		struct packet_publish p = mqtt_client_expect_publish(&third, "flood", payload);
		finish_receive(&third, &p);
		struct broker_stats stats;
		broker_stats_get(fixture.broker, &stats);
		dropped = stats.dropped > 10;
	}
	ck_assert(dropped);
	/* what did get through is whole */
	struct packet packet;
	for (int i = 0; i < 100; i++) {
		ck_assert(mqtt_client_receive(&sub, &packet));
		ck_assert_uint_eq(packet.publish.payload.len, sizeof payload - 1);
	}
	teardown();
}
END_TEST

START_TEST(large_messages_arrive_whole)
{
	setup(2);
	pair(MQTT_V5, MQTT_V311);
	mqtt_client_subscribe(&sub, "big", 1);
	enum { SIZE = 900000 };
	char *payload = malloc(SIZE + 1);
	for (int i = 0; i < SIZE; i++)
		payload[i] = (char)('a' + i % 23);
	payload[SIZE] = 0;
	for (int i = 0; i < 5; i++) {
		mqtt_client_publish(&pub, "big", payload, 1, false);
		finish_publish(&pub, 1);
		struct packet_publish p = mqtt_client_expect_publish(&sub, "big", payload);
		finish_receive(&sub, &p);
	}
	free(payload);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_publish");
	TCase *tc = tcase_create("publish");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, every_qos_between_every_version, 0, 81);
	tcase_add_test(tc, qos2_is_routed_once);
	tcase_add_test(tc, retained_messages_follow_the_rules);
	tcase_add_test(tc, many_retained_messages_all_arrive);
	tcase_add_test(tc, a_client_is_heard_after_a_large_subscription);
	tcase_add_test(tc, many_filters_in_one_packet);
	tcase_add_test(tc, queued_messages_expire);
	tcase_add_test(tc, dollar_topics_are_apart);
	tcase_add_test(tc, subscription_identifiers_and_no_local);
	tcase_add_test(tc, properties_are_forwarded);
	tcase_add_test(tc, topic_aliases_of_clients);
	tcase_add_loop_test(tc, will_on_abrupt_close, 0, 3);
	tcase_add_test(tc, will_by_wish_and_after_protocol_error);
	tcase_add_test(tc, delayed_will_is_called_off_by_return);
	tcase_add_test(tc, no_local_holds_for_the_own_will);
	tcase_add_test(tc, taps_hear_each_message_once);
	tcase_add_test(tc, a_tap_that_is_settled_misses_nothing);
	tcase_add_test(tc, slow_reader_costs_only_itself);
	tcase_add_test(tc, large_messages_arrive_whole);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
