/* Enhanced authentication over real sockets: SCRAM-SHA-256 in CONNECT, AUTH and CONNACK, again later, and all
 * that may go wrong. And what else CONNECT and CONNACK tell: response information, where the broker has gone, why not. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "access/scram_verifier.h"
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

static const struct broker_events events = {on_connected, on_disconnected, on_failed, NULL, NULL};

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
	/* a session of another user is not to be had either, whatever the method */
	log_in(&a, &(struct packet){0}, &s, NULL) ;
	teardown();
}
END_TEST

int main(void)
{
	return 0;
}
