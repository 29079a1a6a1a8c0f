/* Sessions, limits and rights of the real broker over real sockets: CONNECT,
 * take-over, persistence, keep-alive, malformed input, access rules that change, several workers. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "support/broker_fixture.h"

static struct broker_fixture fixture;
static struct mqtt_client a, b, c;

static void setup(unsigned workers)
{
	broker_fixture_start(&fixture, NULL, workers, NULL, NULL);
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

START_TEST(connack_tells_the_limits)
{
	struct broker_config config = broker_config_default();
	config.max_keep_alive_s = 100;
	config.max_session_expiry_s = 50;
	config.max_inflight = 7;
	config.max_packet_bytes = 5000;
	broker_fixture_start(&fixture, &config, 2, NULL, NULL);
	struct packet connect = lasting(MQTT_V5, "");
	connect.connect.clean_start = true;
	struct packet ack = mqtt_client_login(&a, fixture.port, &connect);
	const struct props *p = &ack.connack.props;
	ck_assert_uint_eq(ack.connack.reason, 0);
	ck_assert(props_has(p, PROP_ASSIGNED_CLIENT_ID) && p->assigned_client_id.len > 10);
	ck_assert(props_has(p, PROP_SERVER_KEEP_ALIVE) && p->server_keep_alive == 100);
	ck_assert(props_has(p, PROP_SESSION_EXPIRY) && p->session_expiry_s == 50);
	ck_assert(props_has(p, PROP_RECEIVE_MAXIMUM) && p->receive_maximum == 7);
	ck_assert(props_has(p, PROP_MAXIMUM_PACKET_SIZE) && p->maximum_packet_size_bytes == 5000);
	ck_assert(!props_has(p, PROP_SHARED_AVAILABLE)); /* they are: that needs no words, §3.2.2.3.13 */
	char big[6000];
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = 0;
	mqtt_client_publish(&a, "t", big, 0, false);
	mqtt_client_expect_end(&a, REASON_PACKET_TOO_LARGE);

	mqtt_client_start(&a, fixture.port, MQTT_V5, "many");
	for (uint16_t id = 1; id <= 8; id++)
		mqtt_client_send(&a, &(struct packet){.type = PACKET_PUBLISH,
						      .publish = {.qos = 2, .id = id, .topic = span_str("t")}});
	mqtt_client_expect_end(&a, REASON_RECEIVE_MAXIMUM_EXCEEDED);
	teardown();
}
END_TEST

/* A turn's share of packets that ends with the bytes that were read. */
START_TEST(a_share_that_ends_with_the_input_is_not_the_end)
{
	enum { SHARE = 4096 };
	static uint8_t pings[2 * SHARE];
	setup(1);
	mqtt_client_start(&a, fixture.port, MQTT_V311, "a");
	for (size_t i = 0; i < sizeof pings; i += 2)
		pings[i] = PACKET_PINGREQ << 4;
	mqtt_client_send_raw(&a, pings, sizeof pings);
	for (int i = 0; i < SHARE; i++)
		mqtt_client_expect(&a, PACKET_PINGRESP);
	mqtt_client_expect_silence(&a); /* this one is answered too */
	teardown();
}
END_TEST

START_TEST(empty_client_ids)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "");
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0);
	connect.connect.clean_start = false;
	ck_assert_uint_eq(mqtt_client_login(&b, fixture.port, &connect).connack.reason,
			  REASON_CLIENT_ID_NOT_VALID);
	teardown();
}
END_TEST

START_TEST(wrong_first_words)
{
	setup(1);
	static const struct {
		const char *bytes;
		size_t len;
		const char *answer; /* first bytes; "": closed without a word */
		size_t answer_len;
	} cases[] = {
		{"\x10\x0c\x00\x04MQTT\x09\x02\x00\x00\x00\x00", 14, "\x20\x03\x00\x84", 4}, /* level 9 */
		{"\x10\x0c\x00\x04MQTT\x01\x02\x00\x00\x00\x00", 14, "\x20\x02\x00\x01", 4}, /* level 1 */
		{"\x10\x0c\x00\x04MQXX\x04\x02\x00\x00\x00\x00", 14, "\x20\x02\x00\x01", 4},
		{"\x10\x0d\x00\x04MQTT\x05\x03\x00\x00\x00\x00\x00", 15, "\x20\x03\x00\x81", 4}, /* reserved flag */
		{"\x10\x0c\x00\x04MQTT\x04\x03\x00\x00\x00\x00", 14, "", 0},
		{"\xc0\x00", 2, "", 0},                   /* PINGREQ first */
		{"\x30\x03\x00\x01t", 5, "", 0},          /* PUBLISH first */
		{"\x10\xff\xff\xff\x7f", 5, "", 0},       /* a CONNECT of 256 MB */
		{"\x10\xff\xff\xff\xff\x01", 6, "", 0},   /* a length of five bytes */
		{"GET / HTTP/1.1\r\n\r\n", 18, "", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		mqtt_client_open(&a, fixture.port, MQTT_V311);
		mqtt_client_send_raw(&a, cases[i].bytes, cases[i].len);
		uint8_t got[64];
		size_t len = 0;
		ssize_t n;
		while ((n = read(a.fd, got + len, sizeof got - len)) > 0)
			len += (size_t)n;
		ck_assert_msg(len >= cases[i].answer_len && (cases[i].answer_len || !len) &&
				      memcmp(got, cases[i].answer, cases[i].answer_len) == 0,
			      "case %zu: %zu bytes", i, len);
		mqtt_client_close(&a);
	}
	teardown();
}
END_TEST

START_TEST(malformed_packets_end_only_their_sender)
{
	setup(1);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	mqtt_client_subscribe(&b, "#", 0);
	static const struct {
		const char *bytes;
		size_t len;
		uint8_t reason;
	} cases[] = {
		{"\x36\x05\x00\x01t\x00\x01", 7, REASON_MALFORMED_PACKET},          /* QoS 3 */
		{"\x30\x05\x00\x09t\x00\x01", 7, REASON_MALFORMED_PACKET},          /* topic longer than the packet */
		{"\x80\x00", 2, REASON_MALFORMED_PACKET},                           /* SUBSCRIBE with wrong flags */
		{"\x10\x0d\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x00", 15, REASON_PROTOCOL_ERROR}, /* CONNECT again */
		{"\xf0\x02\x18\x00", 4, REASON_PROTOCOL_ERROR},                     /* AUTH without a method */
		{"\x20\x03\x00\x00\x00", 5, REASON_PROTOCOL_ERROR},                 /* a server's packet */
		{"\x00\x00", 2, REASON_MALFORMED_PACKET},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
		mqtt_client_send_raw(&a, cases[i].bytes, cases[i].len);
		struct packet packet;
		uint8_t reason = 0;
		while (mqtt_client_receive(&a, &packet))
			if (packet.type == PACKET_DISCONNECT)
				reason = packet.reason.reason;
		ck_assert_msg(reason == cases[i].reason || (reason == REASON_PROTOCOL_ERROR) ||
				      reason == REASON_MALFORMED_PACKET, "case %zu: 0x%02x", i, reason);
		mqtt_client_close(&a);
	}
	mqtt_client_publish(&b, "still", "here", 0, false);
	mqtt_client_expect_publish(&b, "still", "here");
	teardown();
}
END_TEST

START_TEST(take_over_ends_the_elder)
{
	setup(2);
	for (int i = 0; i < 20; i++) {
		mqtt_client_start(&a, fixture.port, MQTT_V5, "same");
		mqtt_client_start(&b, fixture.port, MQTT_V311, "same");
		mqtt_client_expect_end(&a, REASON_SESSION_TAKEN_OVER);
		mqtt_client_expect_silence(&b);
		mqtt_client_close(&b);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0 && stats.connections == 0);
	teardown();
}
END_TEST

/* Ten threads fight for one client id; in the end one session is left. */
static void *fight(void *arg)
{
	(void)arg;
	for (int i = 0; i < 30; i++) {
		struct mqtt_client me = {0};
		struct packet connect = lasting(i % 2 ? MQTT_V5 : MQTT_V311, "contested"), packet;
		mqtt_client_open(&me, fixture.port, connect.connect.version);
		mqtt_client_send(&me, &connect);
		ck_assert(mqtt_client_receive(&me, &packet));
		ck_assert_uint_eq(packet.connack.reason, 0);
		mqtt_client_close(&me);
	}
	return NULL;
}

START_TEST(take_over_race_leaves_one_session)
{
	setup(2);
	pthread_t threads[10];
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, fight, NULL), 0);
	for (int i = 0; i < 10; i++)
		pthread_join(threads[i], NULL);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 1 && stats.connections == 0);
	teardown();
}
END_TEST

START_TEST(unfinished_messages_come_again)
{
	setup(1);
	uint8_t version = _i ? MQTT_V5 : MQTT_V311;
	struct packet connect = lasting(version, "lasting");
	ck_assert(!mqtt_client_login(&a, fixture.port, &connect).connack.session_present);
	mqtt_client_subscribe(&a, "q/#", 2);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	static const char *const texts[] = {"one", "two", "three"};
	uint16_t ids[3];
	for (int i = 0; i < 3; i++) {
		mqtt_client_publish(&b, "q/t", texts[i], i == 0 ? 1 : 2, false);
		if (i == 0) {
			mqtt_client_expect(&b, PACKET_PUBACK);
		} else {
			mqtt_client_expect(&b, PACKET_PUBREC);
			mqtt_client_ack(&b, PACKET_PUBREL, 1);
			mqtt_client_expect(&b, PACKET_PUBCOMP);
		}
		ids[i] = mqtt_client_expect_publish(&a, "q/t", texts[i]).id;
	}
	mqtt_client_ack(&a, PACKET_PUBREC, ids[1]); /* "two" is half done */
	mqtt_client_expect(&a, PACKET_PUBREL);
	mqtt_client_close(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	mqtt_client_publish(&b, "q/later", "four", 1, false); /* while it is away */
	mqtt_client_publish(&b, "q/later", "lost", 0, false);
	mqtt_client_expect(&b, PACKET_PUBACK);

	ck_assert(mqtt_client_login(&a, fixture.port, &connect).connack.session_present);
	struct packet_publish p = mqtt_client_expect_publish(&a, "q/t", "one");
	ck_assert(p.dup && p.id == ids[0] && p.qos == 1);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREL).ack.id, ids[1]);
	p = mqtt_client_expect_publish(&a, "q/t", "three");
	ck_assert(p.dup && p.id == ids[2] && p.qos == 2);
	p = mqtt_client_expect_publish(&a, "q/later", "four");
	ck_assert(!p.dup && p.qos == 1);
	mqtt_client_ack(&a, PACKET_PUBACK, ids[0]);
	mqtt_client_ack(&a, PACKET_PUBCOMP, ids[1]);
	mqtt_client_ack(&a, PACKET_PUBREC, ids[2]);
	mqtt_client_expect(&a, PACKET_PUBREL);
	mqtt_client_ack(&a, PACKET_PUBCOMP, ids[2]);
	mqtt_client_ack(&a, PACKET_PUBACK, p.id);
	mqtt_client_expect_silence(&a);
	mqtt_client_close(&a);
	ck_assert(mqtt_client_login(&a, fixture.port, &connect).connack.session_present);
	mqtt_client_expect_silence(&a);
	mqtt_client_close(&a);
	connect.connect.clean_start = true;
	ck_assert(!mqtt_client_login(&a, fixture.port, &connect).connack.session_present);
	teardown();
}
END_TEST

START_TEST(receive_maximum_holds_back)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "narrow");
	connect.connect.props.receive_maximum = 2;
	props_set(&connect.connect.props, PROP_RECEIVE_MAXIMUM);
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_subscribe(&a, "t", 1);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	for (int i = 0; i < 5; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		mqtt_client_publish(&b, "t", text, 1, false);
		mqtt_client_expect(&b, PACKET_PUBACK);
	}
	uint16_t first = mqtt_client_expect_publish(&a, "t", "0").id;
	uint16_t second = mqtt_client_expect_publish(&a, "t", "1").id;
	mqtt_client_expect_silence(&a);
	mqtt_client_ack(&a, PACKET_PUBACK, second);
	uint16_t third = mqtt_client_expect_publish(&a, "t", "2").id;
	mqtt_client_expect_silence(&a);
	mqtt_client_ack(&a, PACKET_PUBACK, first);
	mqtt_client_ack(&a, PACKET_PUBACK, third);
	mqtt_client_expect_publish(&a, "t", "3");
	mqtt_client_expect_publish(&a, "t", "4");
	/* a closed window with a QoS 0 message behind it is waited for, not spun on */
	mqtt_client_publish(&b, "t", "5", 1, false);
	mqtt_client_expect(&b, PACKET_PUBACK);
	mqtt_client_publish(&b, "t", "6", 0, false);
	mqtt_client_expect_silence(&b);
	clock_t before = clock();
	usleep(200 * 1000);
	ck_assert_int_lt(clock() - before, CLOCKS_PER_SEC / 10);
	teardown();
}
END_TEST

START_TEST(maximum_packet_size_of_clients)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "small");
	connect.connect.props.maximum_packet_size_bytes = 30;
	props_set(&connect.connect.props, PROP_MAXIMUM_PACKET_SIZE);
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_subscribe(&a, "t", 1);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	mqtt_client_publish(&b, "t", "this does not fit into thirty bytes", 1, false);
	mqtt_client_expect(&b, PACKET_PUBACK);
	mqtt_client_publish(&b, "t", "this does", 1, false);
	mqtt_client_expect_publish(&a, "t", "this does");
	teardown();
}
END_TEST

START_TEST(silence_ends_a_connection)
{
	struct broker_config config = broker_config_default();
	config.connect_timeout_s = 1;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "quiet"), packet;
	connect.connect.keep_alive_s = 1;
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_open(&b, fixture.port, MQTT_V311); /* says nothing, or half a CONNECT */
	mqtt_client_send_raw(&b, "\x10\x20\x00\x04MQ", 6);
	mqtt_client_expect_end(&a, REASON_KEEP_ALIVE_TIMEOUT);
	ck_assert(!mqtt_client_receive(&b, &packet));
	teardown();
}
END_TEST

START_TEST(sessions_expire)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "short");
	connect.connect.props.session_expiry_s = 1;
	props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_subscribe(&a, "t", 1);
	mqtt_client_close(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0 && stats.subscriptions == 0);
	teardown();
}
END_TEST

START_TEST(too_many_connections_are_told)
{
	struct broker_config config = broker_config_default();
	config.max_connections = 1;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "b");
	ck_assert_uint_eq(mqtt_client_login(&b, fixture.port, &connect).connack.reason, REASON_QUOTA_EXCEEDED);
	mqtt_client_stop(&a, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0);
	mqtt_client_start(&c, fixture.port, MQTT_V5, "c");
	teardown();
}
END_TEST

START_TEST(one_client_cannot_fill_the_house)
{
	struct broker_config config = broker_config_default();
	config.max_subscriptions = 2;
	config.max_retained_messages = 1;
	broker_fixture_start(&fixture, &config, 2, NULL, NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	mqtt_client_start(&c, fixture.port, MQTT_V5, "c");
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "x/+", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "y/+", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "z/+", 1), REASON_QUOTA_EXCEEDED);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "x/+", 0), 0);
	/* what is not kept is still delivered */
	mqtt_client_publish(&c, "x/1", "kept", 0, true);
	mqtt_client_expect_publish(&b, "x/1", "kept");
	mqtt_client_publish(&c, "x/2", "not kept", 0, true);
	mqtt_client_expect_publish(&b, "x/2", "not kept");
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1 && stats.limit_retained == 1);
	teardown();
}
END_TEST

START_TEST(unsubscribe_and_many_filters)
{
	setup(1);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "x/+", 1), 1);
	char deep[500];
	for (int i = 0; i < 499; i++)
		deep[i] = i % 2 ? '/' : 'a';
	deep[499] = 0;
	ck_assert_uint_eq(mqtt_client_subscribe(&a, deep, 1), REASON_TOPIC_FILTER_INVALID);
	mqtt_client_publish(&a, deep, "", 1, true);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, REASON_TOPIC_NAME_INVALID);
	static const uint8_t filters[] = "\0\3x/+\0\1y";
	mqtt_client_send(&a, &(struct packet){.type = PACKET_UNSUBSCRIBE,
					      .subscribe = {.id = 9, .filters = span_of(filters, 8), .count = 2}});
	struct packet ack = mqtt_client_expect(&a, PACKET_UNSUBACK);
	ck_assert_uint_eq(ack.suback.codes.data[0], 0);
	ck_assert_uint_eq(ack.suback.codes.data[1], REASON_NO_SUBSCRIPTION_EXISTED);
	mqtt_client_publish(&a, "x/1", "", 1, false);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, REASON_NO_MATCHING_SUBSCRIBERS);
	teardown();
}
END_TEST

/* --- rights ----------------------------------------------------------------- */

static struct {
	_Atomic int connected, disconnected, failed, denied, arrived, arrived_at_lamp;
} seen;

static void on_connected(void *ctx, const struct broker_client *client)
{
	(void)ctx;
	(void)client;
	seen.connected++;
}

static void on_disconnected(void *ctx, const struct broker_client *client, uint8_t reason)
{
	(void)ctx;
	(void)client;
	(void)reason;
	seen.disconnected++;
}

static void on_failed(void *ctx, const struct broker_client *client)
{
	(void)ctx;
	(void)client;
	seen.failed++;
}

static void on_denied(void *ctx, const struct broker_client *client, const char *action, struct span topic)
{
	(void)ctx;
	(void)client;
	(void)action;
	(void)topic;
	seen.denied++;
}

static void on_arrived(void *ctx, const char *username, struct span topic)
{
	(void)ctx;
	seen.arrived_at_lamp += strcmp(username, "lamp") == 0;
	ck_assert(span_is(topic, "lamp/set"));
	seen.arrived++;
}

static const struct broker_events events = {.connected = on_connected, .disconnected = on_disconnected, .login_failed = on_failed,
					    .denied = on_denied, .arrived = on_arrived};

/* Users lamp (own topics, own client id) and boss (everything), with these tokens. */
static struct access_table *table_of(const char *lamp_filter, const char *lamp_token, const char *boss_token)
{
	const struct access_rule lamp_rules[] = {{lamp_filter, true, true}}, boss_rules[] = {{"#", true, true}};
	struct access_user users[] = {
		{.name = "lamp", .rules = lamp_rules, .rule_count = 1, .own_client_id_only = true},
		{.name = "boss", .rules = boss_rules, .rule_count = 1},
	};
	access_token_hash(span_str(lamp_token), users[0].token_hash);
	access_token_hash(span_str(boss_token), users[1].token_hash);
	struct access_table *table;
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	return table;
}

static struct packet with_user(struct packet connect, const char *user, const char *token)
{
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str(user);
	connect.connect.password = span_str(token);
	return connect;
}

static uint8_t login_as(struct mqtt_client *client, const char *id, const char *user, const char *token)
{
	struct packet connect = with_user(lasting(MQTT_V5, id), user, token);
	return mqtt_client_login(client, fixture.port, &connect).connack.reason;
}

/* What the hub publishes is told to have arrived once a client has acknowledged it; what clients publish is not. */
START_TEST(what_the_hub_publishes_arrives)
{
	broker_fixture_start(&fixture, NULL, 2, &events, NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "lamp");
	mqtt_client_start(&b, fixture.port, MQTT_V311, "boss");
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "lamp/set", 1), 1);
	mqtt_client_publish(&b, "lamp/set", "from a client", 1, false);
	mqtt_client_expect(&b, PACKET_PUBACK);
	mqtt_client_ack(&a, PACKET_PUBACK, mqtt_client_expect_publish(&a, "lamp/set", "from a client").id);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("lamp/set"), span_str("ON"), 1, false), 0);
	uint16_t id = mqtt_client_expect_publish(&a, "lamp/set", "ON").id;
	mqtt_client_expect_silence(&a);
	ck_assert_int_eq(seen.arrived, 0);
	mqtt_client_ack(&a, PACKET_PUBACK, id);
	mqtt_client_expect_silence(&a);
	ck_assert_int_eq(seen.arrived, 1);
	mqtt_client_ack(&a, PACKET_PUBACK, id); /* once more is nothing */
	mqtt_client_expect_silence(&a);
	ck_assert_int_eq(seen.arrived, 1);
	mqtt_client_stop(&a, 0);
	mqtt_client_stop(&b, 0);
	broker_fixture_stop(&fixture);
}
END_TEST

/* Whoever acknowledges is named, and each for itself. */
START_TEST(who_has_it_is_told)
{
	broker_fixture_start(&fixture, NULL, 2, &events, table_of("lamp/#", "l", "b"));
	ck_assert_uint_eq(login_as(&a, "lamp", "lamp", "l"), 0);
	ck_assert_uint_eq(login_as(&b, "logger", "boss", "b"), 0);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "lamp/set", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "#", 1), 1);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("lamp/set"), span_str("ON"), 1, false), 0);
	mqtt_client_ack(&b, PACKET_PUBACK, mqtt_client_expect_publish(&b, "lamp/set", "ON").id);
	mqtt_client_expect_silence(&b);
	ck_assert_int_eq(seen.arrived, 1);
	ck_assert_int_eq(seen.arrived_at_lamp, 0);
	mqtt_client_ack(&a, PACKET_PUBACK, mqtt_client_expect_publish(&a, "lamp/set", "ON").id);
	mqtt_client_expect_silence(&a);
	ck_assert_int_eq(seen.arrived, 2);
	ck_assert_int_eq(seen.arrived_at_lamp, 1);
	mqtt_client_stop(&a, 0);
	mqtt_client_stop(&b, 0);
	broker_fixture_stop(&fixture);
}
END_TEST

/* What has expired while a session was away is not handed to it any more. */
START_TEST(what_has_expired_inside_goes_nowhere)
{
	broker_fixture_start(&fixture, NULL, 1, &events, NULL);
	struct packet connect = lasting(MQTT_V5, "lamp");
	mqtt_client_login(&a, fixture.port, &connect);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "lamp/set", 1), 1);
	mqtt_client_stop(&a, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0);
	const struct internal_message brief = {span_str("lamp/set"), span_str("UNLOCK"), 1, false, 0},
				      lasting_one = {span_str("lamp/set"), span_str("LOCK"), 1, false, 600};
	ck_assert_int_eq(internal_publish_message(fixture.broker, &brief), 0);
	ck_assert_int_eq(internal_publish_message(fixture.broker, &lasting_one), 0);
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_ack(&a, PACKET_PUBACK, mqtt_client_expect_publish(&a, "lamp/set", "LOCK").id);
	mqtt_client_expect_silence(&a);
	mqtt_client_stop(&a, 0);
	broker_fixture_stop(&fixture);
}
END_TEST

START_TEST(only_the_allowed)
{
	broker_fixture_start(&fixture, NULL, 1, &events, table_of("lamp/#", "l", "b"));
	ck_assert_uint_eq(login_as(&a, "lamp", "lamp", "wrong"), REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert_uint_eq(login_as(&a, "lamp", "nobody", "l"), REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert_uint_eq(login_as(&a, "other", "lamp", "l"), REASON_CLIENT_ID_NOT_VALID);
	struct packet anonymous = mqtt_client_connect_packet(MQTT_V311, "x");
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &anonymous).connack.reason,
			  REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert_int_eq(seen.failed, 4);

	ck_assert_uint_eq(login_as(&a, "lamp", "lamp", "l"), 0);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "lamp/+", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "#", 1), REASON_NOT_AUTHORIZED);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "+/x", 1), REASON_NOT_AUTHORIZED);
	mqtt_client_publish(&a, "lamp-2/x", "", 1, true);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, REASON_NOT_AUTHORIZED);
	ck_assert_int_eq(seen.denied, 3);
	/* a 3.1.1 client is acknowledged, and the message goes nowhere */
	struct packet old = with_user(mqtt_client_connect_packet(MQTT_V311, "lamp"), "lamp", "l");
	ck_assert_uint_eq(mqtt_client_login(&b, fixture.port, &old).connack.reason, 0);
	mqtt_client_expect_end(&a, REASON_SESSION_TAKEN_OVER);
	mqtt_client_publish(&b, "elsewhere", "x", 2, true);
	mqtt_client_expect(&b, PACKET_PUBREC);
	mqtt_client_ack(&b, PACKET_PUBREL, 1);
	mqtt_client_expect(&b, PACKET_PUBCOMP);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "elsewhere", 0), 0x80);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0);
	/* the session of another user cannot be taken */
	ck_assert_uint_eq(login_as(&c, "lamp", "boss", "b"), REASON_CLIENT_ID_NOT_VALID);
	/* nor a will left where one may not publish */
	struct packet will = with_user(mqtt_client_connect_packet(MQTT_V5, "lamp"), "lamp", "l");
	will.connect.has_will = true;
	will.connect.will.topic = span_str("elsewhere");
	mqtt_client_close(&c);
	ck_assert_uint_eq(mqtt_client_login(&c, fixture.port, &will).connack.reason, REASON_NOT_AUTHORIZED);
	teardown();
}
END_TEST

START_TEST(changed_rules_reach_living_sessions)
{
	broker_fixture_start(&fixture, NULL, 2, &events, table_of("lamp/#", "l", "b"));
	ck_assert_uint_eq(login_as(&a, "lamp", "lamp", "l"), 0);
	ck_assert_uint_eq(login_as(&b, "boss", "boss", "b"), 0);
	mqtt_client_subscribe(&a, "lamp/#", 0);
	mqtt_client_subscribe(&a, "lamp/deep/#", 0);
	mqtt_client_subscribe(&b, "#", 0);
	struct access_table *narrow = table_of("lamp/deep/#", "l", "b");
	ck_assert_int_eq(broker_set_access(fixture.broker, narrow), 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 2);
	mqtt_client_publish(&b, "lamp/x", "no", 0, false);
	mqtt_client_publish(&b, "lamp/deep/x", "yes", 0, false);
	mqtt_client_expect_publish(&a, "lamp/deep/x", "yes");
	mqtt_client_publish(&a, "lamp/x", "no", 1, false);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, REASON_NOT_AUTHORIZED);
	/* a rotated token ends the connection and its session */
	struct access_table *rotated = table_of("lamp/#", "l2", "b");
	ck_assert_int_eq(broker_set_access(fixture.broker, rotated), 0);
	mqtt_client_expect_end(&a, REASON_NOT_AUTHORIZED);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 1);
	ck_assert_uint_eq(login_as(&a, "lamp", "lamp", "l"), REASON_BAD_USER_NAME_OR_PASSWORD);
	mqtt_client_close(&a);
	ck_assert_uint_eq(login_as(&a, "lamp", "lamp", "l2"), 0);
	access_table_unref(&narrow);
	access_table_unref(&rotated);
	teardown();
}
END_TEST

START_TEST(purge_forgets_a_device)
{
	broker_fixture_start(&fixture, NULL, 2, &events, table_of("lamp/#", "l", "b"));
	struct packet connect = with_user(lasting(MQTT_V5, "lamp"), "lamp", "l");
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("lamp/status");
	connect.connect.will.payload = span_str("offline");
	connect.connect.will.retain = true;
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0);
	ck_assert_uint_eq(login_as(&b, "boss", "boss", "b"), 0);
	mqtt_client_publish(&a, "lamp/status", "online", 1, true);
	mqtt_client_publish(&b, "keep", "x", 1, true);
	mqtt_client_expect(&b, PACKET_PUBACK);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 2);
	broker_purge(fixture.broker, span_str("lamp/#"), "lamp");
	mqtt_client_expect(&a, PACKET_PUBACK);
	mqtt_client_expect_end(&a, REASON_ADMINISTRATIVE_ACTION);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1 && stats.sessions == 1);
	mqtt_client_subscribe(&b, "#", 0);
	mqtt_client_expect_publish(&b, "keep", "x");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(stop_tells_why)
{
	broker_fixture_start(&fixture, NULL, 2, &events, NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	mqtt_client_start(&b, fixture.port, MQTT_V311, "b");
	ck_assert(broker_alive(fixture.broker));
	broker_stop(fixture.broker);
	mqtt_client_expect_end(&a, REASON_SERVER_SHUTTING_DOWN);
	mqtt_client_expect_end(&b, 0);
	ck_assert_int_ne(internal_publish(fixture.broker, span_str("a"), span_str("b"), 0, false), 0);
	ck_assert_int_eq(seen.connected, 2);
	ck_assert_int_eq(seen.disconnected, 2);
	teardown();
}
END_TEST

/* --- several workers ------------------------------------------------------------ */

enum { PAIRS = 12, MESSAGES = 300 };

/* Each pair exchanges messages at its own QoS; a third subscriber hears them all. */
START_TEST(clients_on_both_workers)
{
	setup(2);
	static struct mqtt_client pubs[PAIRS], subs[PAIRS];
	mqtt_client_start(&a, fixture.port, MQTT_V5, "all");
	mqtt_client_subscribe(&a, "pair/#", 0);
	for (int i = 0; i < PAIRS; i++) {
		char id[24], topic[32];
		snprintf(id, sizeof id, "sub-%d", i);
		snprintf(topic, sizeof topic, "pair/%d", i);
		mqtt_client_start(&subs[i], fixture.port, i % 2 ? MQTT_V5 : MQTT_V311, id);
		mqtt_client_subscribe(&subs[i], topic, 1);
		snprintf(id, sizeof id, "pub-%d", i);
		mqtt_client_start(&pubs[i], fixture.port, i % 3 ? MQTT_V5 : MQTT_V311, id);
	}
	for (int m = 0; m < MESSAGES; m++)
		for (int i = 0; i < PAIRS; i++) {
			char topic[32], text[16];
			snprintf(topic, sizeof topic, "pair/%d", i);
			snprintf(text, sizeof text, "%d", m);
			mqtt_client_publish(&pubs[i], topic, text, (uint8_t)(i % 2), false);
		}
	for (int i = 0; i < PAIRS; i++)
		for (int m = 0; m < MESSAGES; m++) {
			char topic[32], text[16];
			snprintf(topic, sizeof topic, "pair/%d", i);
			snprintf(text, sizeof text, "%d", m);
			struct packet_publish p = mqtt_client_expect_publish(&subs[i], topic, text);
			if (p.qos)
				mqtt_client_ack(&subs[i], PACKET_PUBACK, p.id);
		}
	for (int m = 0; m < MESSAGES * PAIRS; m++)
		mqtt_client_expect(&a, PACKET_PUBLISH);
	mqtt_client_expect_silence(&a);
	for (int i = 0; i < PAIRS; i++) {
		mqtt_client_close(&subs[i]);
		mqtt_client_close(&pubs[i]);
	}
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		connack_tells_the_limits,
		a_share_that_ends_with_the_input_is_not_the_end,
		empty_client_ids,
		wrong_first_words,
		malformed_packets_end_only_their_sender,
		take_over_ends_the_elder,
		take_over_race_leaves_one_session,
		receive_maximum_holds_back,
		maximum_packet_size_of_clients,
		silence_ends_a_connection,
		sessions_expire,
		too_many_connections_are_told,
		one_client_cannot_fill_the_house,
		unsubscribe_and_many_filters,
		what_the_hub_publishes_arrives, who_has_it_is_told, what_has_expired_inside_goes_nowhere, only_the_allowed,
		changed_rules_reach_living_sessions,
		purge_forgets_a_device,
		stop_tells_why,
		clients_on_both_workers,
	};
	Suite *suite = suite_create("broker_session");
	TCase *tc = tcase_create("session");
	tcase_set_timeout(tc, 60);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	tcase_add_loop_test(tc, unfinished_messages_come_again, 0, 2);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
