/* Acknowledged delivery as other brokers have got it wrong: replays of QoS 2, quota that does not come back, a
 * receive maximum that is forgotten, aliases that survive, subscriptions that change in the middle, queues
 * that drop without a word. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/broker_fixture.h"
#include "support/heap.h"

static struct broker_fixture fixture;
static struct mqtt_client a, b, c;

static void setup(const struct broker_config *config)
{
	broker_fixture_start(&fixture, config, 2, NULL, NULL);
}

static void teardown(void)
{
	mqtt_client_close(&a);
	mqtt_client_close(&b);
	mqtt_client_close(&c);
	broker_fixture_stop(&fixture);
}

static struct packet lasting(uint8_t version, const char *id)
{
	struct packet connect = mqtt_client_connect_packet(version, id);
	connect.connect.clean_start = false;
	if (version == MQTT_V5) {
		connect.connect.props.session_expiry_s = 3600;
		props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	}
	return connect;
}

static void publish(struct mqtt_client *client, const char *topic, const char *payload, uint8_t qos, uint16_t id, bool dup)
{
	mqtt_client_send(client, &(struct packet){.type = PACKET_PUBLISH,
						  .publish = {.dup = dup, .qos = qos, .id = id, .topic = span_str(topic),
							      .payload = span_str(payload)}});
}

static void expect_pubrec(struct mqtt_client *client, uint16_t id)
{
	struct packet packet = mqtt_client_expect(client, PACKET_PUBREC);
	ck_assert_uint_eq(packet.ack.id, id);
	ck_assert_uint_lt(packet.ack.reason, 0x80);
}

static void release(struct mqtt_client *client, uint16_t id)
{
	mqtt_client_ack(client, PACKET_PUBREL, id);
	struct packet packet = mqtt_client_expect(client, PACKET_PUBCOMP);
	ck_assert_uint_eq(packet.ack.id, id);
	ck_assert_uint_eq(packet.ack.reason, 0);
}

/* --- QoS 2 replays ------------------------------------------------------------------------------ */

/* A subscriber's side of whatever comes. */
static void take(struct mqtt_client *client, const char *topic, const char *payload)
{
	struct packet_publish p = mqtt_client_expect_publish(client, topic, payload);
	uint16_t id = p.id;
	if (p.qos == 1)
		mqtt_client_ack(client, PACKET_PUBACK, id);
	if (p.qos != 2)
		return;
	mqtt_client_ack(client, PACKET_PUBREC, id);
	ck_assert_uint_eq(mqtt_client_expect(client, PACKET_PUBREL).ack.id, id);
	mqtt_client_ack(client, PACKET_PUBCOMP, id);
}

/* CVE-2023-28366: one identifier sent again and again without its PUBREL kept a message each time. */
START_TEST(qos2_repeated_id_without_pubrel_holds_nothing)
{
	static char payload[20000];
	setup(NULL);
	memset(payload, 'x', sizeof payload - 1);
	uint8_t version = _i ? MQTT_V5 : MQTT_V311;
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	mqtt_client_subscribe(&b, "t", 0);
	mqtt_client_start(&a, fixture.port, version, "a");
	size_t before = 0;
	for (int i = 0; i < 1000; i++) {
		publish(&a, "t", payload, 2, 7, i > 0 && i % 2);
		expect_pubrec(&a, 7);
		if (i == 100)
			before = heap_bytes();
	}
	ck_assert_uint_lt(heap_growth(before), 400 * 1024); /* of 18 MB */
	mqtt_client_expect_publish(&b, "t", payload);
	mqtt_client_expect_silence(&b);
	release(&a, 7);
	teardown();
}
END_TEST

START_TEST(qos2_without_pubrel_is_bounded)
{
	setup(NULL);
	/* a 3.1.1 client may use every identifier there is */
	mqtt_client_start(&a, fixture.port, MQTT_V311, "a");
	size_t before = heap_bytes();
	for (uint32_t id = 1; id <= 65535; id++) {
		publish(&a, "nobody/listens", "payload", 2, (uint16_t)id, false);
		if (id % 1000 == 0 || id == 65535)
			while (mqtt_client_expect(&a, PACKET_PUBREC).ack.id != id)
				;
	}
	ck_assert_uint_lt(heap_growth(before), 1024 * 1024);
	release(&a, 65535);
	release(&a, 1);
	/* what it holds goes with it */
	mqtt_client_close(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0);
	teardown();
}
END_TEST

START_TEST(qos2_dup_seen_first_is_accepted)
{
	setup(NULL);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	mqtt_client_subscribe(&b, "t", 2);
	mqtt_client_start(&a, fixture.port, _i ? MQTT_V5 : MQTT_V311, "a");
	publish(&a, "t", "the first was lost on the way", 2, 3, true);
	expect_pubrec(&a, 3);
	take(&b, "t", "the first was lost on the way");
	release(&a, 3);
	publish(&a, "t", "and QoS 1", 1, 3, true);
	mqtt_client_expect(&a, PACKET_PUBACK);
	take(&b, "t", "and QoS 1");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(qos2_third_dup_is_accepted)
{
	setup(NULL);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	mqtt_client_subscribe(&b, "t", 1);
	struct packet connect = lasting(_i ? MQTT_V5 : MQTT_V311, "a");
	for (int i = 0; i < 5; i++) { /* each time on a new connection, as clients do */
		mqtt_client_login(&a, fixture.port, &connect);
		publish(&a, "t", "once", 2, 9, i > 0);
		expect_pubrec(&a, 9);
		publish(&a, "t", "once", 2, 9, true);
		expect_pubrec(&a, 9);
	}
	take(&b, "t", "once");
	release(&a, 9);
	publish(&a, "t", "the identifier is free again", 2, 9, false);
	expect_pubrec(&a, 9);
	take(&b, "t", "the identifier is free again");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* PUBREL again, when its PUBCOMP was lost, is answered and not an error. */
START_TEST(qos2_pubrel_comes_again)
{
	setup(NULL);
	struct packet connect = lasting(MQTT_V311, "a");
	mqtt_client_login(&a, fixture.port, &connect);
	publish(&a, "t", "x", 2, 5, false);
	expect_pubrec(&a, 5);
	release(&a, 5);
	mqtt_client_login(&a, fixture.port, &connect);
	release(&a, 5);
	release(&a, 6); /* never heard of */
	teardown();
}
END_TEST

/* --- quota ------------------------------------------------------------------------------------------ */

/* What the broker takes (its receive maximum) comes back with every end of a handshake, good or bad. */
START_TEST(our_quota_comes_back)
{
	struct broker_config config = broker_config_default();
	config.max_inflight = 4;
	setup(&config);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	for (int i = 0; i < 50; i++) {
		uint16_t id = (uint16_t)(1 + i % 4);
		publish(&a, "t", "x", 2, id, false);
		expect_pubrec(&a, id);
		if (i >= 3)
			release(&a, (uint16_t)(1 + (i + 1) % 4)); /* the oldest */
	}
	/* refusals take none */
	for (uint16_t id = 100; id < 150; id++) {
		publish(&a, "$SYS/refused", "x", 2, id, false);
		ck_assert_uint_ge(mqtt_client_expect(&a, PACKET_PUBREC).ack.reason, 0x80);
		publish(&a, "fine", "x", 1, id, false);
		ck_assert_uint_lt(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, 0x80);
	}
	mqtt_client_expect_silence(&a);
	/* one more than announced ends it */
	for (uint16_t id = 200; id < 205; id++)
		publish(&a, "t", "x", 2, id, false);
	mqtt_client_expect_end(&a, REASON_RECEIVE_MAXIMUM_EXCEEDED);
	/* and a new connection of a new session has it all */
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	for (uint16_t id = 1; id <= 4; id++) {
		publish(&a, "t", "x", 2, id, false);
		expect_pubrec(&a, id);
	}
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* What the client takes comes back with PUBACK, PUBCOMP, and with a PUBREC that refuses. */
START_TEST(client_quota_comes_back)
{
	setup(NULL);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "b");
	connect.connect.props.receive_maximum = 1;
	props_set(&connect.connect.props, PROP_RECEIVE_MAXIMUM);
	mqtt_client_login(&b, fixture.port, &connect);
	mqtt_client_subscribe(&b, "t", 2);
	mqtt_client_start(&a, fixture.port, MQTT_V311, "a");
	for (uint16_t i = 1; i <= 30; i++) {
		publish(&a, "t", "x", i % 3 == 0 ? 1 : 2, i, false);
		mqtt_client_expect(&a, i % 3 == 0 ? PACKET_PUBACK : PACKET_PUBREC);
	}
	for (int i = 1; i <= 30; i++) {
		uint16_t id = mqtt_client_expect_publish(&b, "t", "x").id;
		mqtt_client_ack(&b, PACKET_PUBACK, (uint16_t)(id + 1)); /* of nothing: it buys nothing */
		mqtt_client_ack(&b, PACKET_PUBCOMP, id);                /* nor does this, yet */
		mqtt_client_expect_silence(&b);
		if (i % 3 == 0) {
			mqtt_client_ack(&b, PACKET_PUBACK, id);
		} else if (i % 3 == 1) {
			mqtt_client_send(&b, &(struct packet){.type = PACKET_PUBREC,
							      .ack = {.id = id, .reason = REASON_QUOTA_EXCEEDED}});
		} else {
			mqtt_client_ack(&b, PACKET_PUBREC, id);
			ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, id);
			mqtt_client_expect_silence(&b); /* the window is still full */
			mqtt_client_ack(&b, PACKET_PUBCOMP, id);
		}
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

static void subscribe_numbered(struct mqtt_client *client)
{
	struct packet packet = {.type = PACKET_SUBSCRIBE,
				.subscribe = {.id = 7, .filters = span_of((const uint8_t *)"\0\1t\1", 4), .count = 1}};
	packet.subscribe.props.subscription_id = 5;
	props_set(&packet.subscribe.props, PROP_SUBSCRIPTION_ID);
	mqtt_client_send(client, &packet);
	mqtt_client_expect(client, PACKET_SUBACK);
}

/* One message is not acknowledged while so many others are that its identifier would come again: what comes then waits. */
START_TEST(the_next_message_waits_for_a_free_identifier)
{
	enum { IDS = 65535, BATCH = 434 };
	setup(NULL);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	if (_i)
		subscribe_numbered(&b);
	else
		mqtt_client_subscribe(&b, "t", 1);
	mqtt_client_start(&a, fixture.port, MQTT_V311, "a");
	publish(&a, "t", "first", 1, 1, false);
	mqtt_client_expect(&a, PACKET_PUBACK);
	uint16_t first = mqtt_client_expect_publish(&b, "t", "first").id;
	ck_assert_uint_eq((IDS - 1) % BATCH, 0);
	for (uint32_t sent = 1; sent < IDS; sent += BATCH) {
		for (uint16_t id = 1; id <= BATCH; id++)
			publish(&a, "t", "x", 1, id, false);
		for (uint16_t id = 1; id <= BATCH; id++)
			mqtt_client_ack(&b, PACKET_PUBACK, mqtt_client_expect_publish(&b, "t", "x").id);
		for (uint16_t id = 1; id <= BATCH; id++)
			mqtt_client_expect(&a, PACKET_PUBACK);
	}
	publish(&a, "t", "waits", 1, 1, false);
	publish(&a, "t", "and this", 1, 2, false);
	for (int i = 0; i < 2; i++)
		mqtt_client_expect(&a, PACKET_PUBACK);
	mqtt_client_expect_silence(&b);
	mqtt_client_ack(&b, PACKET_PUBACK, first);
	take(&b, "t", "waits");
	take(&b, "t", "and this");
	teardown();
}
END_TEST

START_TEST(receive_maximum_holds_for_retained_and_resent)
{
	setup(NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V311, "a");
	for (uint16_t i = 0; i < 6; i++) {
		char topic[16];
		snprintf(topic, sizeof topic, "r/%d", i);
		mqtt_client_publish(&a, topic, "kept", 1, true);
		mqtt_client_expect(&a, PACKET_PUBACK);
	}
	struct packet connect = lasting(MQTT_V5, "b");
	connect.connect.props.receive_maximum = 3;
	props_set(&connect.connect.props, PROP_RECEIVE_MAXIMUM);
	mqtt_client_login(&b, fixture.port, &connect);
	mqtt_client_subscribe(&b, "r/+", 1);
	for (int i = 0; i < 3; i++)
		mqtt_client_expect(&b, PACKET_PUBLISH);
	mqtt_client_expect_silence(&b);
	/* it comes back narrower */
	connect.connect.props.receive_maximum = 2;
	ck_assert(mqtt_client_login(&b, fixture.port, &connect).connack.session_present);
	for (int i = 0; i < 6; i += 2) {
		struct packet first = mqtt_client_expect(&b, PACKET_PUBLISH);
		uint16_t first_id = first.publish.id;
		struct packet second = mqtt_client_expect(&b, PACKET_PUBLISH);
		uint16_t second_id = second.publish.id;
		mqtt_client_expect_silence(&b);
		mqtt_client_ack(&b, PACKET_PUBACK, first_id);
		mqtt_client_ack(&b, PACKET_PUBACK, second_id);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* --- topic aliases -------------------------------------------------------------------------------------- */

static void publish_alias(struct mqtt_client *client, const char *topic, uint16_t alias)
{
	struct packet packet = {.type = PACKET_PUBLISH, .publish = {.topic = span_str(topic)}};
	packet.publish.props.topic_alias = alias;
	props_set(&packet.publish.props, PROP_TOPIC_ALIAS);
	mqtt_client_send(client, &packet);
}

START_TEST(topic_alias_of_earlier_connection_is_unset)
{
	setup(NULL);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	mqtt_client_subscribe(&b, "#", 0);
	struct packet connect = lasting(MQTT_V5, "a"); /* the session stays, its aliases do not */
	mqtt_client_login(&a, fixture.port, &connect);
	publish_alias(&a, "secret/of/the/first", 1);
	mqtt_client_expect_publish(&b, "secret/of/the/first", "");
	ck_assert(mqtt_client_login(&a, fixture.port, &connect).connack.session_present);
	publish_alias(&a, "", 1);
	mqtt_client_expect_end(&a, REASON_PROTOCOL_ERROR);
	/* nor does another client have them */
	mqtt_client_login(&a, fixture.port, &connect);
	publish_alias(&a, "mine", 1);
	mqtt_client_expect_publish(&b, "mine", "");
	mqtt_client_start(&c, fixture.port, MQTT_V5, "c");
	publish_alias(&c, "", 1);
	mqtt_client_expect_end(&c, REASON_PROTOCOL_ERROR);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(topic_alias_zero_and_over_the_maximum)
{
	setup(NULL);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	mqtt_client_subscribe(&b, "#", 0);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "a");
	uint16_t max = mqtt_client_login(&a, fixture.port, &connect).connack.props.topic_alias_maximum;
	ck_assert_uint_gt(max, 0);
	publish_alias(&a, "the/last", max);
	publish_alias(&a, "", max);
	publish_alias(&a, "changed", max);
	publish_alias(&a, "", max);
	mqtt_client_expect_publish(&b, "the/last", "");
	mqtt_client_expect_publish(&b, "the/last", "");
	mqtt_client_expect_publish(&b, "changed", "");
	mqtt_client_expect_publish(&b, "changed", "");
	publish_alias(&a, "one/more", (uint16_t)(max + 1));
	mqtt_client_expect_end(&a, REASON_TOPIC_ALIAS_INVALID);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	mqtt_client_send_raw(&a, "\x30\x07\x00\x01t\x03\x23\x00\x00", 9); /* 0 is none */
	struct packet packet = mqtt_client_expect(&a, PACKET_DISCONNECT);
	ck_assert(packet.reason.reason == REASON_PROTOCOL_ERROR || packet.reason.reason == REASON_TOPIC_ALIAS_INVALID);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* Aliases that we give: none without leave, none over the client's maximum, and none that an earlier connection knew. */
START_TEST(topic_alias_to_clients_begins_anew)
{
	setup(NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V311, "a");
	struct packet connect = lasting(MQTT_V5, "b");
	for (uint16_t max = 0; max <= 2; max++) {
		connect.connect.props.topic_alias_maximum = max;
		props_set(&connect.connect.props, PROP_TOPIC_ALIAS_MAXIMUM);
		for (int time = 0; time < 2; time++) {
			char known[3][32] = {"", "", ""};
			mqtt_client_login(&b, fixture.port, &connect);
			mqtt_client_subscribe(&b, "alias/#", 0);
			for (int i = 0; i < 12; i++) {
				char topic[32];
				snprintf(topic, sizeof topic, "alias/of/a/long/topic/%d", i % 4);
				mqtt_client_publish(&a, topic, "x", 0, false);
				struct packet_publish p = mqtt_client_expect(&b, PACKET_PUBLISH).publish;
				uint16_t alias = props_has(&p.props, PROP_TOPIC_ALIAS) ? p.props.topic_alias : 0;
				ck_assert_uint_le(alias, max);
				if (alias && p.topic.len)
					snprintf(known[alias], sizeof known[alias], "%.*s", (int)p.topic.len,
						 (const char *)p.topic.data);
				if (alias)
					ck_assert_str_eq(known[alias], topic);
				else
					ck_assert(span_is(p.topic, topic));
			}
		}
	}
	teardown();
}
END_TEST

/* --- change in the middle --------------------------------------------------------------------------------- */

/* All in one segment: each message goes by the subscriptions that stand when it is handled. */
START_TEST(subscriptions_change_within_one_read)
{
	static const char packets[] =
		"\x82\x06\0\1\0\1t\0"  "\x30\x04\0\1t1" "\xa2\x05\0\2\0\1t" "\x30\x04\0\1t2"
		"\x82\x06\0\3\0\1+\0"  "\x30\x04\0\1t3" "\x82\x06\0\4\0\1#\0" "\x30\x04\0\1t4" "\xa2\x05\0\5\0\1+"
		"\x30\x04\0\1t5" "\xa2\x05\0\6\0\1#" "\x30\x04\0\1t6";
	setup(NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V311, "a");
	mqtt_client_send_raw(&a, packets, sizeof packets - 1);
	mqtt_client_expect(&a, PACKET_SUBACK);
	mqtt_client_expect_publish(&a, "t", "1");
	mqtt_client_expect(&a, PACKET_UNSUBACK);
	mqtt_client_expect(&a, PACKET_SUBACK);
	mqtt_client_expect_publish(&a, "t", "3");
	mqtt_client_expect(&a, PACKET_SUBACK);
	mqtt_client_expect_publish(&a, "t", "4");
	mqtt_client_expect(&a, PACKET_UNSUBACK);
	mqtt_client_expect_publish(&a, "t", "5");
	mqtt_client_expect(&a, PACKET_UNSUBACK);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

static atomic_bool enough;

/* Comes, subscribes, unsubscribes and goes in all ways while messages are on their way to it. */
static void *come_and_go(void *arg)
{
	int n = *(int *)arg;
	char id[16];
	struct mqtt_client me = {0};
	snprintf(id, sizeof id, "fickle-%d", n % 2); /* two fight for each name */
	for (int i = 0; !enough; i++) {
		struct packet connect = lasting(i % 2 ? MQTT_V5 : MQTT_V311, id);
		connect.connect.clean_start = i % 5 == 0;
		mqtt_client_open(&me, fixture.port, connect.connect.version);
		mqtt_client_send(&me, &connect);
		static const char both[] = "\x82\x0c\0\1\0\3s/+\1\0\1#\2", none[] = "\xa2\x0a\0\2\0\3s/+\0\1#";
		static const char both5[] = "\x82\x0d\0\1\0\0\3s/+\1\0\1#\2", none5[] = "\xa2\x0b\0\2\0\0\3s/+\0\1#";
		for (int k = 0; k < 3; k++) {
			mqtt_client_send_raw(&me, i % 2 ? both5 : both, (i % 2 ? sizeof both5 : sizeof both) - 1);
			mqtt_client_send_raw(&me, i % 2 ? none5 : none, (i % 2 ? sizeof none5 : sizeof none) - 1);
		}
		if (i % 3) { /* reads a little, or nothing at all */
			struct packet packet;
			mqtt_client_receive(&me, &packet);
		}
		mqtt_client_close(&me);
	}
	return NULL;
}

START_TEST(subscriptions_change_while_messages_are_sent)
{
	enum { FICKLE = 4, MESSAGES = 400 };
	static char payload[5000]; /* over what is copied: referenced while it waits */
	memset(payload, 'p', sizeof payload - 1);
	setup(NULL);
	pthread_t threads[FICKLE];
	int numbers[FICKLE];
	enough = false;
	mqtt_client_start(&b, fixture.port, MQTT_V5, "steady");
	mqtt_client_subscribe(&b, "s/#", 1);
	mqtt_client_start(&a, fixture.port, MQTT_V311, "pub");
	for (int i = 0; i < FICKLE; i++) {
		numbers[i] = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, come_and_go, &numbers[i]), 0);
	}
	for (int i = 0; i < MESSAGES; i++) {
		char topic[16];
		snprintf(topic, sizeof topic, "s/%d", i % 7);
		publish(&a, topic, i % 2 ? payload : "small", (uint8_t)(1 + i % 2), (uint16_t)(1 + i), false);
		mqtt_client_expect(&a, i % 2 ? PACKET_PUBREC : PACKET_PUBACK);
		struct packet_publish p = mqtt_client_expect_publish(&b, topic, i % 2 ? payload : "small");
		mqtt_client_ack(&b, PACKET_PUBACK, p.id);
	}
	enough = true;
	for (int i = 0; i < FICKLE; i++)
		pthread_join(threads[i], NULL);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* --- caps are never silent ------------------------------------------------------------------------------------ */

START_TEST(full_queue_is_counted)
{
	struct broker_config config = broker_config_default();
	config.max_queued_messages = 10;
	setup(&config);
	struct packet connect = lasting(MQTT_V311, "away");
	mqtt_client_login(&b, fixture.port, &connect);
	mqtt_client_subscribe(&b, "q", 1);
	mqtt_client_close(&b);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	for (int i = 0; i < 25; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		publish(&a, "q", text, 1, (uint16_t)(i + 1), false);
		mqtt_client_expect(&a, PACKET_PUBACK);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.dropped == 15);
	ck_assert(mqtt_client_login(&b, fixture.port, &connect).connack.session_present);
	for (int i = 0; i < 10; i++)
		take(&b, "q", (char[3]){(char)('0' + i), 0});
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(full_retained_store_is_counted)
{
	struct broker_config config = broker_config_default();
	config.max_retained_messages = 3;
	setup(&config);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	mqtt_client_subscribe(&b, "r/+", 0);
	for (uint16_t i = 0; i < 5; i++) {
		char topic[16];
		snprintf(topic, sizeof topic, "r/%d", i);
		mqtt_client_publish(&a, topic, "x", 1, true);
		ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, i < 3 ? REASON_SUCCESS : REASON_QUOTA_EXCEEDED);
		mqtt_client_expect_publish(&b, topic, "x"); /* delivered all the same */
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 3 && stats.limit_retained == 2);
	/* those that are there can be changed and cleared, and then there is room */
	mqtt_client_publish(&a, "r/0", "y", 1, true);
	mqtt_client_expect(&a, PACKET_PUBACK);
	mqtt_client_publish(&a, "r/1", "", 1, true);
	mqtt_client_expect(&a, PACKET_PUBACK);
	mqtt_client_publish(&a, "r/9", "new", 1, true);
	mqtt_client_expect(&a, PACKET_PUBACK);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 3 && stats.limit_retained == 2);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const once[] = {
		qos2_without_pubrel_is_bounded,
		qos2_pubrel_comes_again,
		our_quota_comes_back,
		client_quota_comes_back,
		receive_maximum_holds_for_retained_and_resent,
		topic_alias_of_earlier_connection_is_unset,
		topic_alias_zero_and_over_the_maximum,
		topic_alias_to_clients_begins_anew,
		subscriptions_change_within_one_read,
		subscriptions_change_while_messages_are_sent,
		full_queue_is_counted,
		full_retained_store_is_counted,
	};
	Suite *suite = suite_create("regress_flow");
	TCase *tc = tcase_create("flow");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, qos2_repeated_id_without_pubrel_holds_nothing, 0, 2);
	tcase_add_loop_test(tc, qos2_dup_seen_first_is_accepted, 0, 2);
	tcase_add_loop_test(tc, qos2_third_dup_is_accepted, 0, 2);
	tcase_add_loop_test(tc, the_next_message_waits_for_a_free_identifier, 0, 2);
	for (size_t i = 0; i < sizeof once / sizeof *once; i++)
		tcase_add_test(tc, once[i]);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
