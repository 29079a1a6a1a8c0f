/* Logins by pass: what a browser's session opens, and that it opens nothing else. A real broker behind real WebSocket
 * frames; the web's part is played by the test, which hands the socket over. */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/broker_fixture.h"
#include "support/ws_visitor.h"

static struct broker_fixture fixture;
static struct {
	char connected_as[64], connected_id[64], failed_user[64];
	atomic_int connected, failed, denied;
} seen;

static void on_connected(void *ctx, const struct broker_client *client)
{
	(void)ctx;
	snprintf(seen.connected_as, sizeof seen.connected_as, "%s", client->username);
	snprintf(seen.connected_id, sizeof seen.connected_id, "%s", client->client_id);
	seen.connected++;
}

static void on_failed(void *ctx, const struct broker_client *client)
{
	(void)ctx;
	snprintf(seen.failed_user, sizeof seen.failed_user, "%s", client->username);
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

static const struct broker_events events = {.connected = on_connected, .login_failed = on_failed, .denied = on_denied};

/* lamp, whose token is "lamp", and the owners, whose token nobody has: it is said to be "owner". */
static struct access_table *make_table(void)
{
	static const struct access_rule lamp_rules[] = {{"tomte/lamp/#", true, true}},
					all[] = {{"#", true, true}, {"$SYS/#", false, true}};
	struct access_user users[] = {
		{.name = "lamp", .rules = lamp_rules, .rule_count = 1, .own_client_id_only = true},
		{.name = "@owner", .rules = all, .rule_count = 2, .pass_only = true},
	};
	ck_assert_int_ge(sodium_init(), 0);
	access_token_hash(span_str("lamp"), users[0].token_hash);
	access_token_hash(span_str("owner"), users[1].token_hash);
	struct access_table *table;
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	return table;
}

static void setup(void)
{
	memset(&seen, 0, sizeof seen);
	broker_fixture_start(&fixture, NULL, 2, &events, make_table());
}

/* Comes with the pass and this CONNECT. Returns the CONNACK, borrowed until the next packet. */
static struct packet come(struct visitor *v, const struct stream_pass *pass, const struct packet *connect, uint8_t version)
{
	visitor_come(v, fixture.broker, pass);
	v->version = version;
	visitor_send(v, connect);
	return visitor_expect(v, PACKET_CONNACK);
}

static const struct stream_pass owners = {.user = "@owner", .client_id = "browser-1"};

/* The reason with which this CONNECT is refused. */
static uint8_t refusal(const struct stream_pass *pass, const struct packet *connect)
{
	struct visitor v;
	struct packet ack = come(&v, pass, connect, MQTT_V5);
	uint8_t reason = ack.connack.reason;
	ck_assert_uint_ge(reason, 0x80);
	ck_assert(!visitor_receive(&v, &ack));
	visitor_leave(&v);
	ck_assert_int_eq(seen.connected, 0);
	return reason;
}

static struct packet with_login(const char *client_id, const char *user, const char *password)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, client_id);
	connect.connect.has_username = user != NULL;
	connect.connect.has_password = password != NULL;
	connect.connect.username = span_str(user ? user : "");
	connect.connect.password = span_str(password ? password : "");
	return connect;
}

/* ---- what it opens -------------------------------------------------------------- */

static uint8_t subscribe(struct visitor *v, const char *filter)
{
	uint8_t bytes[64];
	struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
	wire_write_binary(&w, span_str(filter));
	wire_write_u8(&w, 0);
	visitor_send(v, &(struct packet){.type = PACKET_SUBSCRIBE,
					 .subscribe = {.id = 1, .count = 1, .filters = span_of(bytes, w.len)}});
	return visitor_expect(v, PACKET_SUBACK).suback.codes.data[0];
}

static uint8_t publish(struct visitor *v, const char *topic)
{
	visitor_send(v, &(struct packet){.type = PACKET_PUBLISH,
					 .publish = {.topic = span_str(topic), .payload = span_str("x"), .qos = 1, .id = 7}});
	return visitor_expect(v, PACKET_PUBACK).ack.reason;
}

START_TEST(a_pass_opens_what_its_user_may)
{
	struct visitor v;
	setup();
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	struct packet ack = come(&v, &owners, &connect, MQTT_V5);
	ck_assert_uint_eq(ack.connack.reason, 0);
	ck_assert(span_is(ack.connack.props.assigned_client_id, "browser-1"));
	ck_assert_str_eq(seen.connected_as, "@owner");
	ck_assert_str_eq(seen.connected_id, "browser-1");
	ck_assert_uint_eq(subscribe(&v, "#"), 0);
	ck_assert_uint_eq(subscribe(&v, "$SYS/#"), 0);
	ck_assert_uint_eq(subscribe(&v, "$other/#"), REASON_NOT_AUTHORIZED);
	ck_assert_uint_eq(publish(&v, "tomte/lamp/set/light"), 0);
	ck_assert_uint_eq(publish(&v, "$SYS/broker/version"), REASON_NOT_AUTHORIZED);
	ck_assert_int_eq(seen.denied, 2);
	visitor_leave(&v);
	broker_fixture_stop(&fixture);
}
END_TEST

START_TEST(each_session_is_one_of_its_own)
{
	enum { MANY = 6 };
	struct visitor v[MANY];
	char ids[MANY][24];
	setup();
	const struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	for (int i = 0; i < MANY; i++) { /* on both workers */
		snprintf(ids[i], sizeof ids[i], "browser-%d", i);
		const struct stream_pass pass = {"@owner", ids[i], NULL};
		struct packet ack = come(&v[i], &pass, &connect, MQTT_V5);
		ck_assert_uint_eq(ack.connack.reason, 0);
		ck_assert(!ack.connack.session_present);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == MANY);
	for (int i = 0; i < MANY; i++) {
		ck_assert_uint_eq(publish(&v[i], "a"), REASON_NO_MATCHING_SUBSCRIBERS);
		visitor_leave(&v[i]);
	}
	broker_fixture_stop(&fixture);
}
END_TEST

/* Not even when it is asked to. */
START_TEST(the_session_ends_with_its_connection)
{
	struct visitor v;
	setup();
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	connect.connect.clean_start = false;
	connect.connect.props.session_expiry_s = 3600;
	props_set(&connect.connect.props, PROP_SESSION_EXPIRY);
	struct packet ack = come(&v, &owners, &connect, MQTT_V5);
	ck_assert_uint_eq(ack.connack.reason, 0);
	ck_assert(props_has(&ack.connack.props, PROP_SESSION_EXPIRY));
	ck_assert_uint_eq(ack.connack.props.session_expiry_s, 0);
	visitor_leave(&v);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0);
	/* 3.1.1: a session that is to last needs an identifier of the client's own */
	connect = mqtt_client_connect_packet(MQTT_V311, "");
	ck_assert_uint_eq(come(&v, &owners, &connect, MQTT_V311).connack.reason, 0);
	visitor_leave(&v);
	connect.connect.clean_start = false;
	ck_assert_uint_ne(come(&v, &owners, &connect, MQTT_V311).connack.reason, 0);
	visitor_leave(&v);
	broker_fixture_stop(&fixture);
}
END_TEST

/* ---- what it does not open -------------------------------------------------------- */

START_TEST(who_names_somebody_goes_by_that_name)
{
	struct visitor v;
	setup();
	static const struct {
		const char *user, *password;
	} wrong[] = {{"@owner", NULL}, {"@owner", ""}, {"@owner", "owner"}, {"lamp", NULL}, {"lamp", "owner"}, {"", NULL}, {NULL, "owner"}};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct packet connect = with_login("", wrong[i].user, wrong[i].password);
		ck_assert_uint_eq(refusal(&owners, &connect), REASON_BAD_USER_NAME_OR_PASSWORD);
		ck_assert_int_eq(seen.failed, (int)i + 1);
	}
	/* and has that one's rights, not the pass's */
	struct packet connect = with_login("lamp", "lamp", "lamp");
	ck_assert_uint_eq(come(&v, &owners, &connect, MQTT_V5).connack.reason, 0);
	ck_assert_str_eq(seen.connected_as, "lamp");
	ck_assert_uint_eq(subscribe(&v, "#"), REASON_NOT_AUTHORIZED);
	visitor_leave(&v);
	broker_fixture_stop(&fixture);
}
END_TEST

START_TEST(a_client_identifier_is_not_for_choosing)
{
	setup();
	static const char *const ids[] = {"lamp", "browser-2", "browser-1", "@owner", "x"};
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		struct packet connect = mqtt_client_connect_packet(MQTT_V5, ids[i]);
		ck_assert_uint_eq(refusal(&owners, &connect), REASON_CLIENT_ID_NOT_VALID);
	}
	/* nor may the web choose a device's */
	const struct stream_pass forged = {"@owner", "lamp", NULL};
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	ck_assert_uint_eq(refusal(&forged, &connect), REASON_CLIENT_ID_NOT_VALID);
	broker_fixture_stop(&fixture);
}
END_TEST

START_TEST(no_will_is_left)
{
	setup();
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("a");
	connect.connect.will.payload = span_str("x");
	ck_assert_uint_eq(refusal(&owners, &connect), REASON_NOT_AUTHORIZED);
	broker_fixture_stop(&fixture);
}
END_TEST

START_TEST(the_pass_must_name_one_who_needs_it)
{
	setup();
	static const char *const users[] = {"@adult", "lamp", ""};
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
		const struct stream_pass pass = {users[i], "browser-1", NULL};
		ck_assert_uint_eq(refusal(&pass, &connect), REASON_NOT_AUTHORIZED);
		ck_assert_str_eq(seen.failed_user, users[i]);
	}
	ck_assert_uint_eq(refusal(NULL, &connect), REASON_BAD_USER_NAME_OR_PASSWORD); /* without one all is as before */
	broker_fixture_stop(&fixture);
}
END_TEST

START_TEST(a_role_that_is_gone_ends_its_connections)
{
	struct visitor v;
	struct packet packet;
	setup();
	const struct packet connect = mqtt_client_connect_packet(MQTT_V5, "");
	ck_assert_uint_eq(come(&v, &owners, &connect, MQTT_V5).connack.reason, 0);
	struct access_table *same = make_table(), *empty;
	ck_assert_int_eq(broker_set_access(fixture.broker, same), 0); /* devices come and go, it stays */
	ck_assert_uint_eq(publish(&v, "a"), REASON_NO_MATCHING_SUBSCRIBERS);
	ck_assert_int_eq(access_table_create(NULL, 0, &empty), 0);
	ck_assert_int_eq(broker_set_access(fixture.broker, empty), 0);
	packet = visitor_expect(&v, PACKET_DISCONNECT);
	ck_assert_uint_eq(packet.reason.reason, REASON_NOT_AUTHORIZED);
	ck_assert(!visitor_receive(&v, &packet));
	visitor_leave(&v);
	access_table_unref(&same);
	access_table_unref(&empty);
	broker_fixture_stop(&fixture);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_pass_opens_what_its_user_may, each_session_is_one_of_its_own, the_session_ends_with_its_connection,
		who_names_somebody_goes_by_that_name, a_client_identifier_is_not_for_choosing, no_will_is_left,
		the_pass_must_name_one_who_needs_it, a_role_that_is_gone_ends_its_connections,
	};
	return suite_run("broker_pass", tests, sizeof tests / sizeof tests[0]);
}
