/* Enhanced authentication over real sockets: SCRAM-SHA-256 in CONNECT, AUTH and CONNACK, again later, and all
 * that may go wrong. And what else CONNECT and CONNACK tell: response information, where the broker has gone, why not. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "access/scram_verifier.h"
#include "broker/connection.h"
#include "support/broker_fixture.h"
#include "support/scram_client.h"

static struct broker_fixture fixture;
static struct mqtt_client a, b;
static struct {
	atomic_int connected, failed;
	char failed_client[64], failed_user[64];
	_Atomic(uint8_t) ended; /* reason of the last end */
	atomic_int ends;
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
	seen.ended = reason;
	seen.ends++;
}

static void on_failed(void *ctx, const struct broker_client *client)
{
	(void)ctx;
	snprintf(seen.failed_client, sizeof seen.failed_client, "%s", client->client_id);
	snprintf(seen.failed_user, sizeof seen.failed_user, "%s", client->username);
	seen.failed++;
}

static const struct broker_events events = {.connected = on_connected, .disconnected = on_disconnected, .login_failed = on_failed};

/* lamp (own topics, own client id), boss (everything) and old, a user from before verifiers; tokens as names. */
static struct access_table *table_with(const char *lamp_token)
{
	static const struct access_rule lamp_rules[] = {{"tomte/lamp/#", true, true}}, all[] = {{"#", true, true}};
	struct access_user users[] = {
		{.name = "lamp", .rules = lamp_rules, .rule_count = 1, .own_client_id_only = true},
		{.name = "boss", .rules = all, .rule_count = 1},
		{.name = "old", .rules = all, .rule_count = 1},
	};
	const char *const tokens[] = {lamp_token, "boss", "old"};
	ck_assert_int_ge(sodium_init(), 0);
	for (size_t i = 0; i < 3; i++)
		access_token_hash(span_str(tokens[i]), users[i].token_hash);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(scram_verifier_make(span_str(tokens[i]), &users[i].scram), 0);
	struct access_table *table;
	ck_assert_int_eq(access_table_create(users, 3, &table), 0);
	return table;
}

static void setup(unsigned workers, const struct broker_config *config)
{
	broker_fixture_start(&fixture, config, workers, &events, table_with("lamp"));
}

static void teardown(void)
{
	mqtt_client_close(&a);
	mqtt_client_close(&b);
	broker_fixture_stop(&fixture);
}

static void set_auth(struct props *props, const char *method, const char *data)
{
	props->auth_method = span_str(method);
	props_set(props, PROP_AUTH_METHOD);
	if (!data)
		return;
	props->auth_data = span_str(data);
	props_set(props, PROP_AUTH_DATA);
}

/* A CONNECT that begins SCRAM for the user; what it says is in s->first. */
static struct packet connect_as(struct scram_client *s, const char *client_id, const char *user)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, client_id);
	scram_client_first(s, user, "fyko+d2lbbFgONRv9qkxdawL");
	set_auth(&connect.connect.props, "SCRAM-SHA-256", s->first);
	return connect;
}

static void send_auth(struct mqtt_client *c, uint8_t reason, const char *method, const char *data)
{
	struct packet packet = {.type = PACKET_AUTH, .reason = {.reason = reason}};
	set_auth(&packet.reason.props, method, data);
	mqtt_client_send(c, &packet);
}

/* The broker's AUTH, which must carry the method. */
static struct span expect_auth(struct mqtt_client *c, uint8_t reason)
{
	struct packet packet = mqtt_client_expect(c, PACKET_AUTH);
	ck_assert_uint_eq(packet.reason.reason, reason);
	ck_assert(span_is(packet.reason.props.auth_method, "SCRAM-SHA-256"));
	return packet.reason.props.auth_data;
}

/* Sends CONNECT, takes the challenge and makes the answer, s->final. */
static void begin(struct mqtt_client *c, struct scram_client *s, const struct packet *connect, const char *token)
{
	mqtt_client_open(c, fixture.port, MQTT_V5);
	mqtt_client_send(c, connect);
	scram_client_final(s, expect_auth(c, REASON_CONTINUE_AUTHENTICATION), token);
}

static void answer(struct mqtt_client *c, const struct scram_client *s)
{
	send_auth(c, REASON_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256", s->final);
}

/* A whole login, which must succeed: the server, too, has proven that it knows the token. */
static struct packet log_in(struct mqtt_client *c, const struct packet *connect, struct scram_client *s, const char *token)
{
	begin(c, s, connect, token);
	answer(c, s);
	struct packet ack = mqtt_client_expect(c, PACKET_CONNACK);
	ck_assert_uint_eq(ack.connack.reason, REASON_SUCCESS);
	ck_assert(span_is(ack.connack.props.auth_method, "SCRAM-SHA-256"));
	ck_assert(span_is(ack.connack.props.auth_data, s->expected));
	return ack;
}

/* The end after a CONNACK that refuses: nothing more, no DISCONNECT. */
static struct packet expect_refusal(struct mqtt_client *c, uint8_t reason, const char *said)
{
	struct packet ack = mqtt_client_expect(c, PACKET_CONNACK), more;
	ck_assert_msg(ack.connack.reason == reason, "0x%02x, expected 0x%02x", ack.connack.reason, reason);
	ck_assert(!ack.connack.session_present);
	ck_assert_int_eq(props_has(&ack.connack.props, PROP_AUTH_DATA), said != NULL);
	if (said)
		ck_assert(span_is(ack.connack.props.auth_data, said));
	ck_assert(!mqtt_client_receive(c, &more));
	mqtt_client_close(c);
	return ack;
}

/* --- logins ----------------------------------------------------------------- */

static const unsigned workers[] = {1, 3};

START_TEST(a_login_keeps_all_that_connect_said)
{
	setup(workers[_i], NULL);
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp");
	connect.connect.keep_alive_s = 1000;
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("tomte/lamp/status");
	connect.connect.will.payload = span_str("offline");
	connect.connect.will.qos = 1;
	connect.connect.props.session_expiry_s = 100;
	props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	connect.connect.clean_start = false;
	ck_assert(!log_in(&a, &connect, &s, "lamp").connack.session_present);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "tomte/lamp/set/#", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "tomte/other/#", 1), REASON_NOT_AUTHORIZED);
	struct scram_client boss = {0};
	struct packet other = connect_as(&boss, "any", "boss");
	log_in(&b, &other, &boss, "boss");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "tomte/lamp/status", 1), 1);
	mqtt_client_publish(&b, "tomte/lamp/set/power", "ON", 0, false);
	mqtt_client_expect_publish(&a, "tomte/lamp/set/power", "ON");
	mqtt_client_close(&a); /* without goodbye: the will comes */
	mqtt_client_expect_publish(&b, "tomte/lamp/status", "offline");
	ck_assert(log_in(&a, &connect, &s, "lamp").connack.session_present);
	ck_assert_int_eq(seen.connected, 3);
	ck_assert_int_eq(seen.failed, 0);
	teardown();
}
END_TEST

START_TEST(an_assigned_id_serves_too)
{
	setup(workers[_i], NULL);
	for (int i = 0; i < 10; i++) {
		struct scram_client s = {0};
		struct packet connect = connect_as(&s, "", "boss");
		struct packet ack = log_in(&a, &connect, &s, "boss");
		ck_assert_uint_gt(ack.connack.props.assigned_client_id.len, 10);
		mqtt_client_expect_silence(&a);
	}
	teardown();
}
END_TEST

START_TEST(wrong_tokens_and_names_end_alike)
{
	static const struct {
		const char *user, *token;
	} wrong[] = {{"lamp", "lamp2"}, {"lamp", "boss"}, {"nobody", "lamp"}, {"old", "old"}};
	setup(1, NULL);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct scram_client s = {0};
		struct packet connect = connect_as(&s, wrong[i].user, wrong[i].user);
		begin(&a, &s, &connect, wrong[i].token);
		answer(&a, &s);
		struct packet ack = expect_refusal(&a, REASON_BAD_USER_NAME_OR_PASSWORD, "e=invalid-proof");
		ck_assert(!props_has(&ack.connack.props, PROP_REASON_STRING));
		ck_assert_int_eq(seen.failed, (int)i + 1);
		ck_assert_str_eq(seen.failed_user, wrong[i].user);
		ck_assert_str_eq(seen.failed_client, wrong[i].user);
	}
	ck_assert_int_eq(seen.connected, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0 && stats.sessions == 0);
	teardown();
}
END_TEST

START_TEST(only_its_own_client_id)
{
	setup(3, NULL);
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp2", "lamp");
	begin(&a, &s, &connect, "lamp");
	answer(&a, &s);
	struct packet ack = expect_refusal(&a, REASON_CLIENT_ID_NOT_VALID, "e=other-error");
	ck_assert(props_has(&ack.connack.props, PROP_REASON_STRING)); /* who has proven who they are may know why */
	ck_assert_int_eq(seen.failed, 1);
	/* the session of another user is not to be had either */
	struct packet old = mqtt_client_connect_packet(MQTT_V5, "shared");
	old.connect.has_username = old.connect.has_password = true;
	old.connect.username = old.connect.password = span_str("old");
	ck_assert_uint_eq(mqtt_client_login(&b, fixture.port, &old).connack.reason, 0);
	connect = connect_as(&s, "shared", "boss");
	begin(&a, &s, &connect, "boss");
	answer(&a, &s);
	expect_refusal(&a, REASON_CLIENT_ID_NOT_VALID, NULL);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(a_user_name_beside_it_must_be_the_same)
{
	setup(1, NULL);
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp");
	connect.connect.has_username = true;
	connect.connect.username = span_str("lamp");
	log_in(&a, &connect, &s, "lamp");
	mqtt_client_stop(&a, 0);
	connect.connect.username = span_str("boss");
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	mqtt_client_send(&a, &connect);
	expect_refusal(&a, REASON_BAD_USER_NAME_OR_PASSWORD, NULL);
	teardown();
}
END_TEST

START_TEST(a_password_still_opens)
{
	setup(1, NULL);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "lamp");
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = connect.connect.password = span_str("lamp");
	struct packet ack = mqtt_client_login(&a, fixture.port, &connect);
	ck_assert_uint_eq(ack.connack.reason, 0);
	ck_assert(!props_has(&ack.connack.props, PROP_AUTH_METHOD) && !props_has(&ack.connack.props, PROP_AUTH_DATA));
	teardown();
}
END_TEST

/* --- refusals ---------------------------------------------------------------- */

START_TEST(no_other_method)
{
	static const char *const methods[] = {"SCRAM-SHA-1", "PLAIN", "", "scram-sha-256", "SCRAM-SHA-256-PLUS"};
	setup(1, NULL);
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		struct scram_client s = {0};
		struct packet connect = connect_as(&s, "lamp", "lamp");
		connect.connect.props.auth_method = span_str(methods[i]);
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send(&a, &connect);
		struct packet ack = expect_refusal(&a, REASON_BAD_AUTHENTICATION_METHOD, NULL);
		ck_assert(props_has(&ack.connack.props, PROP_REASON_STRING));
	}
	teardown();
	/* where everyone may come in, nobody is asked */
	broker_fixture_start(&fixture, NULL, 1, NULL, NULL);
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp");
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	mqtt_client_send(&a, &connect);
	expect_refusal(&a, REASON_BAD_AUTHENTICATION_METHOD, NULL);
	teardown();
}
END_TEST

START_TEST(bad_first_messages)
{
	static const struct {
		const char *data, *said;
	} bad[] = {
		{NULL, "e=invalid-encoding"},
		{"", "e=invalid-encoding"},
		{"hello", "e=invalid-encoding"},
		{"p=tls-exporter,,n=lamp,r=abc", "e=channel-binding-not-supported"},
		{"n,,m=x,n=lamp,r=abc", "e=extensions-not-supported"},
		{"n,,n=la=mp,r=abc", "e=invalid-username-encoding"},
	};
	setup(1, NULL);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, "lamp");
		set_auth(&connect.connect.props, "SCRAM-SHA-256", bad[i].data);
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send(&a, &connect);
		expect_refusal(&a, REASON_NOT_AUTHORIZED, bad[i].said);
	}
	teardown();
}
END_TEST

START_TEST(an_answer_serves_once)
{
	setup(1, NULL);
	struct scram_client first = {0}, second = {0};
	struct packet connect = connect_as(&first, "lamp", "lamp");
	log_in(&a, &connect, &first, "lamp");
	mqtt_client_stop(&a, 0);
	/* somebody has listened, and says the same again, with the same nonce of the client */
	connect = connect_as(&second, "lamp", "lamp");
	begin(&a, &second, &connect, "unknown");
	answer(&a, &first);
	expect_refusal(&a, REASON_BAD_USER_NAME_OR_PASSWORD, "e=other-error");
	/* or puts the new nonce into it */
	begin(&a, &second, &connect, "unknown");
	const char *proof = strstr(first.final, ",p=");
	char *own = strstr(second.final, ",p=");
	ck_assert(proof && own);
	memcpy(own, proof, strlen(proof) + 1);
	answer(&a, &second);
	expect_refusal(&a, REASON_BAD_USER_NAME_OR_PASSWORD, "e=invalid-proof");
	/* and a second answer after a wrong one finds nobody who listens */
	begin(&a, &second, &connect, "unknown");
	answer(&a, &second);
	scram_client_sign(&second, "c=biws,r=x", "lamp");
	answer(&a, &second);
	mqtt_client_expect(&a, PACKET_CONNACK);
	ck_assert(!mqtt_client_receive(&a, &(struct packet){0}));
	teardown();
}
END_TEST

/* What may not come between CONNECT and CONNACK; entry as encoded for SUBSCRIBE. */
static uint8_t refusal_of(int step, const struct scram_client *s)
{
	static const uint8_t filter[] = {0, 1, 't', 0};
	switch (step) {
	case 0: mqtt_client_send(&a, &(struct packet){.type = PACKET_PINGREQ}); return REASON_PROTOCOL_ERROR;
	case 1: mqtt_client_publish(&a, "tomte/lamp/x", "x", 1, false); return REASON_PROTOCOL_ERROR;
	case 2:
		mqtt_client_send(&a, &(struct packet){.type = PACKET_SUBSCRIBE,
						      .subscribe = {.id = 1, .filters = span_of(filter, 4), .count = 1}});
		return REASON_PROTOCOL_ERROR;
	case 3: {
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, "lamp");
		mqtt_client_send(&a, &connect);
		return REASON_PROTOCOL_ERROR;
	}
	case 4: send_auth(&a, REASON_REAUTHENTICATE, "SCRAM-SHA-256", s->final); return REASON_PROTOCOL_ERROR;
	case 5: send_auth(&a, REASON_SUCCESS, "SCRAM-SHA-256", s->final); return REASON_PROTOCOL_ERROR;
	case 6: mqtt_client_send_raw(&a, "\xf0\x00", 2); return REASON_PROTOCOL_ERROR;
	case 7: mqtt_client_send_raw(&a, "\xf0\x02\x18\x00", 4); return REASON_PROTOCOL_ERROR; /* without method */
	case 8: mqtt_client_send_raw(&a, "\xf0\x03\x18\x01\x15", 5); return REASON_MALFORMED_PACKET;
	case 9: mqtt_client_send_raw(&a, "\xf0\xff\xff\xff\xff", 5); return REASON_MALFORMED_PACKET;
	case 10: mqtt_client_send_raw(&a, "\xf0\xff\xff\xff\x7f", 5); return REASON_PACKET_TOO_LARGE;
	case 11: mqtt_client_send_raw(&a, "\xf1\x00", 2); return REASON_MALFORMED_PACKET;
	case 12: send_auth(&a, REASON_CONTINUE_AUTHENTICATION, "SCRAM-SHA-1", s->final); return REASON_BAD_AUTHENTICATION_METHOD;
	default: send_auth(&a, REASON_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256", NULL); return REASON_NOT_AUTHORIZED;
	}
}

enum { WRONG_STEPS = 14 };

START_TEST(nothing_else_in_between)
{
	setup(2, NULL);
	for (int step = 0; step < WRONG_STEPS; step++) {
		struct scram_client s = {0};
		struct packet connect = connect_as(&s, "lamp", "lamp");
		begin(&a, &s, &connect, "lamp");
		uint8_t reason = refusal_of(step, &s);
		answer(&a, &s); /* too late */
		struct packet ack = mqtt_client_expect(&a, PACKET_CONNACK);
		ck_assert_msg(ack.connack.reason == reason, "step %d: 0x%02x", step, ack.connack.reason);
		ck_assert(!mqtt_client_receive(&a, &(struct packet){0}));
		mqtt_client_close(&a);
	}
	ck_assert_int_eq(seen.connected, 0);
	/* a goodbye is answered by the end alone */
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp");
	begin(&a, &s, &connect, "lamp");
	mqtt_client_send(&a, &(struct packet){.type = PACKET_DISCONNECT});
	ck_assert(!mqtt_client_receive(&a, &(struct packet){0}));
	teardown();
}
END_TEST

/* Byte by byte, and the answer behind whatever else is in the buffer. */
START_TEST(it_comes_in_pieces)
{
	setup(3, NULL);
	struct scram_client s = {0};
	uint8_t bytes[600];
	struct packet connect = connect_as(&s, "lamp", "lamp");
	begin(&a, &s, &connect, "lamp");
	struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
	struct packet packet = {.type = PACKET_AUTH, .reason = {.reason = REASON_CONTINUE_AUTHENTICATION}};
	set_auth(&packet.reason.props, "SCRAM-SHA-256", s.final);
	ck_assert_int_eq(packet_encode(&w, &packet, MQTT_V5), 0);
	for (size_t i = 0; i < w.len; i++)
		mqtt_client_send_raw(&a, bytes + i, 1);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_CONNACK).connack.reason, 0);
	/* a PINGREQ right behind the answer is the session's */
	begin(&a, &s, &connect, "lamp");
	w.len = 0;
	set_auth(&packet.reason.props, "SCRAM-SHA-256", s.final);
	ck_assert_int_eq(packet_encode(&w, &packet, MQTT_V5), 0);
	ck_assert_int_eq(packet_encode(&w, &(struct packet){.type = PACKET_PINGREQ}, MQTT_V5), 0);
	mqtt_client_send_raw(&a, bytes, w.len);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_CONNACK).connack.reason, 0);
	mqtt_client_expect(&a, PACKET_PINGRESP);
	teardown();
}
END_TEST

START_TEST(it_ends_in_time)
{
	struct broker_config config = broker_config_default();
	config.connect_timeout_s = 1;
	setup(2, &config);
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp");
	begin(&a, &s, &connect, "lamp");
	struct packet ack = expect_refusal(&a, REASON_NOT_AUTHORIZED, NULL);
	ck_assert(props_has(&ack.connack.props, PROP_REASON_STRING));
	ck_assert_int_eq(seen.connected, 0);
	teardown();
}
END_TEST

START_TEST(a_client_that_takes_no_such_packet)
{
	setup(1, NULL);
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp");
	connect.connect.props.maximum_packet_size_bytes = 50;
	props_set(&connect.connect.props, PROP_MAXIMUM_PACKET_SIZE);
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	mqtt_client_send(&a, &connect);
	expect_refusal(&a, REASON_PACKET_TOO_LARGE, NULL);
	teardown();
}
END_TEST

START_TEST(who_leaves_in_between_leaves_nothing)
{
	setup(3, NULL);
	for (int i = 0; i < 20; i++) {
		struct scram_client s = {0};
		struct packet connect = connect_as(&s, "lamp", "lamp");
		begin(&a, &s, &connect, "lamp");
		mqtt_client_close(&a);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0 && stats.sessions == 0);
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp");
	begin(&a, &s, &connect, "lamp"); /* and is there when the broker stops */
	broker_stop(fixture.broker);
	teardown();
}
END_TEST

START_TEST(a_session_is_taken_over_by_who_has_proven_it)
{
	setup(workers[_i], NULL);
	struct scram_client one = {0}, two = {0};
	struct packet connect = connect_as(&one, "lamp", "lamp"), again;
	log_in(&a, &connect, &one, "lamp");
	again = connect_as(&two, "lamp", "lamp");
	begin(&b, &two, &again, "wrong");
	mqtt_client_expect_silence(&a); /* the one who only asks disturbs nobody */
	answer(&b, &two);
	expect_refusal(&b, REASON_BAD_USER_NAME_OR_PASSWORD, "e=invalid-proof");
	mqtt_client_expect_silence(&a);
	begin(&b, &two, &again, "lamp");
	mqtt_client_expect_silence(&a);
	answer(&b, &two);
	mqtt_client_expect_end(&a, REASON_SESSION_TAKEN_OVER);
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_CONNACK).connack.reason, 0);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* What was wrong with one client's packet is its own matter: the next one that ends is not told so. */
START_TEST(each_is_told_its_own_fault)
{
	setup(1, NULL);
	struct scram_client s = {0}, other = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp"), take_over = connect_as(&other, "lamp", "lamp");
	log_in(&b, &connect, &s, "lamp");
	begin(&a, &s, &connect, "lamp");
	mqtt_client_send_raw(&a, "\xf0\xc0\xcf\x24", 4); /* an AUTH of 600,000 bytes */
	struct packet ack = expect_refusal(&a, REASON_PACKET_TOO_LARGE, NULL);
	ck_assert(props_has(&ack.connack.props, PROP_REASON_STRING));
	log_in(&a, &take_over, &other, "lamp");
	struct packet end = mqtt_client_expect(&b, PACKET_DISCONNECT);
	ck_assert_uint_eq(end.reason.reason, REASON_SESSION_TAKEN_OVER);
	ck_assert(!props_has(&end.reason.props, PROP_REASON_STRING));
	teardown();
}
END_TEST

/* Before anybody has proven anything. */
START_TEST(a_login_under_way_is_memory)
{
	enum { LARGE = 60000 };
	static char payload[LARGE + 1];
	memset(payload, 'x', LARGE);
	setup(1, NULL);
	struct broker_stats before;
	broker_stats_get(fixture.broker, &before);
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, "lamp", "lamp");
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("tomte/lamp/will");
	connect.connect.will.payload = span_str(payload);
	begin(&a, &s, &connect, "lamp");
	BROKER_FIXTURE_AWAIT(&fixture, stats.memory_bytes >= before.memory_bytes + LARGE);
	mqtt_client_close(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.memory_bytes < before.memory_bytes + LARGE);
	teardown();
}
END_TEST

START_TEST(a_token_changed_in_between)
{
	setup(1, NULL);
	struct scram_client one = {0}, two = {0};
	struct packet connect = connect_as(&one, "lamp", "lamp"), again = connect_as(&two, "lamp", "lamp");
	log_in(&a, &connect, &one, "lamp");
	begin(&b, &two, &again, "lamp");
	struct access_table *rotated = table_with("lamp-2");
	ck_assert_int_eq(broker_set_access(fixture.broker, rotated), 0);
	mqtt_client_expect_end(&a, REASON_NOT_AUTHORIZED); /* from here on the new token counts */
	answer(&b, &two);
	expect_refusal(&b, REASON_BAD_USER_NAME_OR_PASSWORD, "e=other-error");
	log_in(&a, &connect, &one, "lamp-2");
	access_table_unref(&rotated);
	teardown();
}
END_TEST

/* --- authentication again ------------------------------------------------------ */

/* Logged in as lamp, with a will. */
static void start_again(struct scram_client *s)
{
	struct packet connect = connect_as(s, "lamp", "lamp");
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("tomte/lamp/status");
	connect.connect.will.payload = span_str("offline");
	log_in(&a, &connect, s, "lamp");
}

static void ask_again(struct scram_client *s, const char *user, const char *nonce)
{
	scram_client_first(s, user, nonce);
	send_auth(&a, REASON_REAUTHENTICATE, "SCRAM-SHA-256", s->first);
}

START_TEST(again_while_all_goes_on)
{
	setup(workers[_i], NULL);
	struct scram_client s = {0};
	start_again(&s);
	mqtt_client_subscribe(&a, "tomte/lamp/#", 1);
	for (int i = 0; i < 3; i++) {
		ask_again(&s, "lamp", "another-nonce");
		mqtt_client_publish(&a, "tomte/lamp/x", "1", 0, false);
		scram_client_final(&s, expect_auth(&a, REASON_CONTINUE_AUTHENTICATION), "lamp");
		mqtt_client_expect_publish(&a, "tomte/lamp/x", "1");
		mqtt_client_publish(&a, "tomte/lamp/x", "2", 0, false);
		mqtt_client_expect_publish(&a, "tomte/lamp/x", "2");
		answer(&a, &s);
		ck_assert(span_is(expect_auth(&a, REASON_SUCCESS), s.expected));
		mqtt_client_publish(&a, "tomte/lamp/x", "3", 0, false);
		mqtt_client_expect_publish(&a, "tomte/lamp/x", "3");
	}
	ck_assert_int_eq(seen.connected, 1);
	ck_assert_int_eq(seen.ends, 0);
	mqtt_client_stop(&a, 0);
	teardown();
}
END_TEST

/* What ends the connection; each leaves a DISCONNECT with its reason and a Reason String, or none. */
static uint8_t fault_of(int step, struct scram_client *s, bool *told)
{
	*told = true;
	switch (step) {
	case 0: /* a wrong proof: no word on it */
		ask_again(s, "lamp", "n");
		scram_client_final(s, expect_auth(&a, REASON_CONTINUE_AUTHENTICATION), "wrong");
		answer(&a, s);
		*told = false;
		return REASON_NOT_AUTHORIZED;
	case 1: /* another user, though with the right token */
		ask_again(s, "boss", "n");
		return REASON_NOT_AUTHORIZED;
	case 2: ask_again(s, "nobody", "n"); return REASON_NOT_AUTHORIZED;
	case 3: send_auth(&a, REASON_REAUTHENTICATE, "SCRAM-SHA-256", "n,,"); return REASON_NOT_AUTHORIZED;
	case 4: send_auth(&a, REASON_REAUTHENTICATE, "SCRAM-SHA-256", NULL); return REASON_NOT_AUTHORIZED;
	case 5: send_auth(&a, REASON_REAUTHENTICATE, "SCRAM-SHA-1", s->first); return REASON_PROTOCOL_ERROR;
	case 6: answer(&a, s); return REASON_PROTOCOL_ERROR; /* to no question */
	case 7: send_auth(&a, REASON_SUCCESS, "SCRAM-SHA-256", s->first); return REASON_PROTOCOL_ERROR;
	case 8: mqtt_client_send_raw(&a, "\xf0\x00", 2); return REASON_PROTOCOL_ERROR;
	case 9: /* twice */
		ask_again(s, "lamp", "n");
		expect_auth(&a, REASON_CONTINUE_AUTHENTICATION);
		ask_again(s, "lamp", "n");
		return REASON_PROTOCOL_ERROR;
	case 10: /* another method in the middle */
		ask_again(s, "lamp", "n");
		scram_client_final(s, expect_auth(&a, REASON_CONTINUE_AUTHENTICATION), "lamp");
		send_auth(&a, REASON_CONTINUE_AUTHENTICATION, "PLAIN", s->final);
		return REASON_PROTOCOL_ERROR;
	default: /* the answer of the log-in again */
		ask_again(s, "lamp", "fyko+d2lbbFgONRv9qkxdawL");
		expect_auth(&a, REASON_CONTINUE_AUTHENTICATION);
		answer(&a, s);
		*told = false;
		return REASON_NOT_AUTHORIZED;
	}
}

enum { FAULTS = 12 };

START_TEST(again_and_wrong)
{
	setup(1, NULL);
	struct scram_client boss = {0};
	struct packet connect = connect_as(&boss, "watcher", "boss");
	log_in(&b, &connect, &boss, "boss");
	mqtt_client_subscribe(&b, "tomte/lamp/status", 0);
	for (int step = 0; step < FAULTS; step++) {
		struct scram_client s = {0};
		bool told;
		int failed = seen.failed;
		start_again(&s);
		uint8_t reason = fault_of(step, &s, &told);
		struct packet packet = mqtt_client_expect(&a, PACKET_DISCONNECT);
		ck_assert_msg(packet.reason.reason == reason, "step %d: 0x%02x", step, packet.reason.reason);
		ck_assert_msg(props_has(&packet.reason.props, PROP_REASON_STRING) == told, "step %d", step);
		ck_assert(!mqtt_client_receive(&a, &(struct packet){0}));
		mqtt_client_close(&a);
		mqtt_client_expect_publish(&b, "tomte/lamp/status", "offline"); /* it was no goodbye */
		ck_assert_msg(seen.failed == failed + (reason == REASON_NOT_AUTHORIZED), "step %d", step);
	}
	teardown();
}
END_TEST

START_TEST(not_again_without_a_first_time)
{
	setup(1, NULL);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "lamp");
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = connect.connect.password = span_str("lamp");
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0);
	struct scram_client s = {0};
	ask_again(&s, "lamp", "n");
	mqtt_client_expect_end(&a, REASON_PROTOCOL_ERROR);
	connect.connect.version = MQTT_V311;
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0);
	mqtt_client_send_raw(&a, "\xf0\x00", 2);
	mqtt_client_expect_end(&a, 0);
	/* AUTH is not what opens a connection */
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	send_auth(&a, REASON_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256", "n,,n=lamp,r=n");
	ck_assert(!mqtt_client_receive(&a, &(struct packet){0}));
	teardown();
}
END_TEST

START_TEST(again_after_a_new_token)
{
	setup(1, NULL);
	struct scram_client s = {0};
	start_again(&s);
	ask_again(&s, "lamp", "n");
	scram_client_final(&s, expect_auth(&a, REASON_CONTINUE_AUTHENTICATION), "lamp");
	struct access_table *same = table_with("lamp"); /* another device was added: another salt, the same token */
	ck_assert_int_eq(broker_set_access(fixture.broker, same), 0);
	answer(&a, &s);
	ck_assert(span_is(expect_auth(&a, REASON_SUCCESS), s.expected));
	struct access_table *rotated = table_with("lamp-2");
	ck_assert_int_eq(broker_set_access(fixture.broker, rotated), 0); /* ends the session by itself */
	mqtt_client_expect_end(&a, REASON_NOT_AUTHORIZED);
	access_table_unref(&same);
	access_table_unref(&rotated);
	teardown();
}
END_TEST

/* --- what else CONNECT asks and CONNACK tells ----------------------------------- */

/* The Response Information that a client with this wish gets; "-": none. */
static void check_response_info(const char *user, int wish, const char *expected)
{
	struct scram_client s = {0};
	struct packet connect = connect_as(&s, user, user);
	if (wish >= 0) {
		connect.connect.props.request_response_info = (uint8_t)wish;
		props_set(&connect.connect.props, PROP_REQUEST_RESPONSE_INFO);
	}
	struct packet ack = log_in(&a, &connect, &s, user);
	if (strcmp(expected, "-") == 0)
		ck_assert(!props_has(&ack.connack.props, PROP_RESPONSE_INFO));
	else
		ck_assert(props_has(&ack.connack.props, PROP_RESPONSE_INFO) &&
			  span_is(ack.connack.props.response_info, expected));
	mqtt_client_stop(&a, 0);
}

START_TEST(where_answers_may_go)
{
	setup(1, NULL);
	check_response_info("lamp", 1, "tomte/lamp/reply/");
	check_response_info("lamp", 0, "-"); /* MQTT-3.1.2-28 */
	check_response_info("lamp", -1, "-");
	check_response_info("boss", 1, "-"); /* who may everything has no place of their own */
	teardown();
}
END_TEST

START_TEST(the_broker_has_moved)
{
	struct broker_config config = broker_config_default();
	snprintf(config.moved_to, sizeof config.moved_to, "hub-2.lan:8883");
	setup(workers[_i], &config);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "lamp");
	struct packet ack = mqtt_client_login(&a, fixture.port, &connect);
	ck_assert_uint_eq(ack.connack.reason, REASON_SERVER_MOVED);
	ck_assert(span_is(ack.connack.props.server_reference, "hub-2.lan:8883"));
	ck_assert(!mqtt_client_receive(&a, &(struct packet){0}));
	struct scram_client s = {0};
	connect = connect_as(&s, "lamp", "lamp");
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, REASON_SERVER_MOVED);
	connect = mqtt_client_connect_packet(MQTT_V311, "lamp"); /* the client's codec turns the code of 3.x into this */
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, REASON_SERVER_UNAVAILABLE);
	ck_assert(!mqtt_client_receive(&a, &(struct packet){0}));
	teardown();
}
END_TEST

START_TEST(a_refusal_says_why_if_it_fits)
{
	setup(1, NULL);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "lamp");
	connect.connect.has_username = connect.connect.has_password = connect.connect.has_will = true;
	connect.connect.username = connect.connect.password = span_str("lamp");
	connect.connect.will.topic = span_str("elsewhere");
	struct packet ack = mqtt_client_login(&a, fixture.port, &connect);
	ck_assert_uint_eq(ack.connack.reason, REASON_NOT_AUTHORIZED);
	ck_assert(span_is(ack.connack.props.reason_string, "this user may not publish to the will's topic"));
	connect.connect.props.maximum_packet_size_bytes = 20;
	props_set(&connect.connect.props, PROP_MAXIMUM_PACKET_SIZE);
	ack = mqtt_client_login(&a, fixture.port, &connect); /* MQTT-3.2.2-19 */
	ck_assert_uint_eq(ack.connack.reason, REASON_NOT_AUTHORIZED);
	ck_assert(!props_has(&ack.connack.props, PROP_REASON_STRING));
	teardown();
}
END_TEST

/* A DISCONNECT with this reason, and with more than its code or not; then the end. */
static void expect_disconnect(uint8_t reason, bool told)
{
	struct packet packet = mqtt_client_expect(&a, PACKET_DISCONNECT);
	ck_assert_uint_eq(packet.reason.reason, reason);
	ck_assert_int_eq(props_has(&packet.reason.props, PROP_REASON_STRING), told);
	ck_assert(!mqtt_client_receive(&a, &(struct packet){0}));
}

static void publish_alias(uint16_t alias)
{
	struct packet packet = {.type = PACKET_PUBLISH, .publish = {.props = {.topic_alias = alias}}};
	props_set(&packet.publish.props, PROP_TOPIC_ALIAS);
	mqtt_client_send(&a, &packet);
}

START_TEST(an_end_says_why_if_it_fits)
{
	broker_fixture_start(&fixture, NULL, 1, NULL, NULL);
	for (uint32_t max = 0; max <= 20; max += 20) {
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, "a");
		if (max) {
			connect.connect.props.maximum_packet_size_bytes = max;
			props_set(&connect.connect.props, PROP_MAXIMUM_PACKET_SIZE);
		}
		for (int step = 0; step < 5; step++) {
			mqtt_client_open(&a, fixture.port, MQTT_V5);
			mqtt_client_send(&a, &connect);
			mqtt_client_expect(&a, PACKET_CONNACK);
			switch (step) {
			case 0: publish_alias(UINT16_MAX); expect_disconnect(REASON_TOPIC_ALIAS_INVALID, !max); break;
			case 1: publish_alias(1); expect_disconnect(REASON_PROTOCOL_ERROR, !max); break;
			case 2: mqtt_client_send(&a, &connect); expect_disconnect(REASON_PROTOCOL_ERROR, !max); break;
			case 3:
				mqtt_client_send(&a, &(struct packet){.type = PACKET_PINGRESP});
				expect_disconnect(REASON_PROTOCOL_ERROR, !max);
				break;
			default: /* one whose code says it all, though the one before had more to say */
				mqtt_client_send_raw(&a, "\xc1\x00", 2);
				expect_disconnect(REASON_MALFORMED_PACKET, false);
				break;
			}
		}
	}
	teardown();
}
END_TEST

/* Bytes that a packet puts into the output of a client with these wishes. */
static size_t sent_bytes(bool terse, uint32_t max, const struct packet *packet)
{
	struct worker w = {0};
	struct connection c = {.worker = &w, .version = MQTT_V5, .terse = terse, .max_packet_out = max};
	list_init(&w.dirty);
	list_init(&c.dirty);
	connection_send_packet(&c, packet);
	ck_assert(!c.broken);
	size_t bytes = c.output.bytes;
	output_finish(&c.output, &w.pool);
	output_pool_finish(&w.pool);
	return bytes;
}

/* MQTT-3.1.2-29, and MQTT-3.2.2-19, MQTT-3.2.2-20, MQTT-3.4.2-2, -3 and their like for other packets */
START_TEST(no_more_words_than_wanted)
{
	static const uint8_t user[] = {PROP_USER_PROPERTY, 0, 1, 'a', 0, 1, 'b'};
	struct props props = {.reason_string = span_str("a long story"), .user = span_of(user, sizeof user)};
	props_set(&props, PROP_REASON_STRING);
	props_set(&props, PROP_USER_PROPERTY);
	const struct packet packets[] = {
		{.type = PACKET_CONNACK, .connack = {.reason = REASON_NOT_AUTHORIZED, .props = props}},
		{.type = PACKET_DISCONNECT, .reason = {.reason = REASON_NOT_AUTHORIZED, .props = props}},
		{.type = PACKET_PUBACK, .ack = {.id = 1, .reason = REASON_NOT_AUTHORIZED, .props = props}},
		{.type = PACKET_PUBREC, .ack = {.id = 1, .reason = REASON_NOT_AUTHORIZED, .props = props}},
		{.type = PACKET_PUBREL, .ack = {.id = 1, .reason = REASON_PACKET_ID_NOT_FOUND, .props = props}},
		{.type = PACKET_PUBCOMP, .ack = {.id = 1, .reason = REASON_PACKET_ID_NOT_FOUND, .props = props}},
		{.type = PACKET_SUBACK, .suback = {.id = 1, .codes = span_of("\x87", 1), .props = props}},
		{.type = PACKET_UNSUBACK, .suback = {.id = 1, .codes = span_of("\x87", 1), .props = props}},
	};
	for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
		struct packet bare = packets[i];
		switch (i) { /* without the words */
		case 0: bare.connack.props.present = 0; break;
		case 1: bare.reason.props.present = 0; break;
		case 6:
		case 7: bare.suback.props.present = 0; break;
		default: bare.ack.props.present = 0; break;
		}
		size_t whole = packet_size(&packets[i], MQTT_V5), less = packet_size(&bare, MQTT_V5);
		ck_assert_uint_lt(less, whole);
		ck_assert_uint_eq(sent_bytes(false, UINT32_MAX, &packets[i]), whole);
		ck_assert_uint_eq(sent_bytes(false, (uint32_t)whole, &packets[i]), whole);
		ck_assert_uint_eq(sent_bytes(false, (uint32_t)whole - 1, &packets[i]), less);
		ck_assert_uint_eq(sent_bytes(false, (uint32_t)less - 1, &packets[i]), 0);
		ck_assert_uint_eq(sent_bytes(true, UINT32_MAX, &packets[i]), i < 2 ? whole : less);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_auth");
	TCase *tcase = tcase_create("broker_auth");
	tcase_set_timeout(tcase, 60);
	const TTest *const with_workers[] = {
		a_login_keeps_all_that_connect_said, an_assigned_id_serves_too, a_session_is_taken_over_by_who_has_proven_it,
		again_while_all_goes_on,             the_broker_has_moved,
	};
	const TTest *const once[] = {
		wrong_tokens_and_names_end_alike,
		only_its_own_client_id,
		a_user_name_beside_it_must_be_the_same,
		a_password_still_opens,
		no_other_method,
		bad_first_messages,
		an_answer_serves_once,
		nothing_else_in_between,
		it_comes_in_pieces,
		it_ends_in_time,
		a_client_that_takes_no_such_packet,
		who_leaves_in_between_leaves_nothing,
		each_is_told_its_own_fault,
		a_login_under_way_is_memory,
		a_token_changed_in_between,
		again_and_wrong,
		not_again_without_a_first_time,
		again_after_a_new_token,
		where_answers_may_go,
		a_refusal_says_why_if_it_fits,
		an_end_says_why_if_it_fits,
		no_more_words_than_wanted,
	};
	for (size_t i = 0; i < sizeof with_workers / sizeof with_workers[0]; i++)
		tcase_add_loop_test(tcase, with_workers[i], 0, 2);
	for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
		tcase_add_test(tcase, once[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
