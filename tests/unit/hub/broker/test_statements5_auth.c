/* MQTT 5.0, AUTH (§3.15) and enhanced authentication (§4.12) with SCRAM-SHA-256, as far as the standard's
 * statements go; test_broker_auth has the rest. The numbers above a test are those of the statements. */
#include "access/scram_verifier.h"
#include "statements5.h"
#include "support/scram_client.h"

static const char METHOD[] = "SCRAM-SHA-256";

/* The user "u" with the token "secret". */
static void start_with_user(unsigned workers)
{
	static const struct access_rule rules[] = {{"#", true, true}};
	struct access_user user = {.name = "u", .rules = rules, .rule_count = 1};
	struct access_table *table;
	ck_assert_int_ge(sodium_init(), 0);
	access_token_hash(span_str("secret"), user.token_hash);
	ck_assert_int_eq(scram_verifier_make(span_str("secret"), &user.scram), 0);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	broker_fixture_start(&fixture, NULL, workers, NULL, table);
}

/* A CONNECT that begins SCRAM; what it says is in s->first. max_bytes 0: takes packets of any size. */
static struct packet connect_with(struct scram_client *s, uint32_t max_bytes)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "client");
	struct props *props = &connect.connect.props;
	scram_client_first(s, "u", "rOprNGfwEbeRWgbNEkqO");
	SET_PROP(props, PROP_AUTH_METHOD, auth_method, span_str(METHOD));
	SET_PROP(props, PROP_AUTH_DATA, auth_data, span_str(s->first));
	SET_PROP(props, PROP_REQUEST_PROBLEM_INFO, request_problem_info, max_bytes % 2 == 0);
	if (max_bytes)
		SET_PROP(props, PROP_MAXIMUM_PACKET_SIZE, maximum_packet_size_bytes, max_bytes);
	return connect;
}

static void send_auth(struct mqtt_client *client, uint8_t reason, const char *data)
{
	struct packet packet = {.type = PACKET_AUTH, .reason = {.reason = reason}};
	SET_PROP(&packet.reason.props, PROP_AUTH_METHOD, auth_method, span_str(METHOD));
	SET_PROP(&packet.reason.props, PROP_AUTH_DATA, auth_data, span_str(data));
	mqtt_client_send(client, &packet);
}

/* The broker's AUTH: this reason, the method of CONNECT, no words, and of a size that the client takes. */
static struct span expect_auth(struct mqtt_client *client, uint8_t reason, uint32_t max_bytes)
{
	struct packet packet = mqtt_client_expect(client, PACKET_AUTH);
	const struct props *props = &packet.reason.props;
	ck_assert_uint_eq(packet.reason.reason, reason);
	ck_assert(props_has(props, PROP_AUTH_METHOD) && span_is(props->auth_method, METHOD));
	ck_assert(!props_has(props, PROP_REASON_STRING) && !props_has(props, PROP_USER_PROPERTY));
	ck_assert(max_bytes == 0 || client->frame_size <= max_bytes);
	return props->auth_data;
}

/* A whole login. */
static void log_in(struct mqtt_client *client, struct scram_client *s, uint32_t max_bytes)
{
	struct packet connect = connect_with(s, max_bytes);
	mqtt_client_open(client, fixture.port, MQTT_V5);
	mqtt_client_send(client, &connect);
	scram_client_final(s, expect_auth(client, REASON_CONTINUE_AUTHENTICATION, max_bytes), "secret");
	send_auth(client, REASON_CONTINUE_AUTHENTICATION, s->final);
	struct packet packet = mqtt_client_expect(client, PACKET_CONNACK);
	ck_assert_uint_eq(packet.connack.reason, 0);
	ck_assert(props_has(&packet.connack.props, PROP_AUTH_METHOD) &&
		  span_is(packet.connack.props.auth_method, METHOD));
	ck_assert(span_is(packet.connack.props.auth_data, s->expected));
}

/* MQTT-3.15.2-1, MQTT-4.12.0-2, MQTT-4.12.0-3, MQTT-4.12.0-5, MQTT-4.12.1-1: reasons and method of each AUTH, at the login and
 * again later */
START_TEST(auth_packets_say_what_they_should)
{
	struct scram_client s = {0};
	start_with_user(2);
	log_in(&a, &s, 0);
	for (int i = 0; i < 2; i++) {
		scram_client_first(&s, "u", "again");
		send_auth(&a, REASON_REAUTHENTICATE, s.first);
		scram_client_final(&s, expect_auth(&a, REASON_CONTINUE_AUTHENTICATION, 0), "secret");
		send_auth(&a, REASON_CONTINUE_AUTHENTICATION, s.final);
		ck_assert(span_is(expect_auth(&a, REASON_SUCCESS, 0), s.expected));
	}
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.15.2-1 from the server's side: an AUTH with a reason of another packet */
START_TEST(auth_with_another_reason_is_an_error)
{
	static const uint8_t reasons[] = {0x01, 0x10, 0x17, 0x1a, 0x80, 0x87, 0xff};
	struct scram_client s = {0};
	start_with_user(1);
	for (size_t i = 0; i < LENGTH(reasons); i++) {
		uint8_t bytes[] = "\xf0\x12\x18\x10\x15\x00\x0dSCRAM-SHA-256";
		bytes[2] = reasons[i];
		log_in(&a, &s, 0);
		mqtt_client_send_raw(&a, bytes, sizeof bytes - 1);
		mqtt_client_expect_end(&a, REASON_PROTOCOL_ERROR);
	}
	teardown();
}
END_TEST

/* MQTT-3.15.2-2, MQTT-3.15.2-3, MQTT-3.1.2-29: with more room and less, problem information wished or not, AUTH has no words,
 * and where it does not fit at all the client is refused */
START_TEST(auth_packets_fit)
{
	struct scram_client s = {0};
	start_with_user(1);
	struct packet connect = connect_with(&s, 0);
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	mqtt_client_send(&a, &connect);
	expect_auth(&a, REASON_CONTINUE_AUTHENTICATION, 0);
	uint32_t size = (uint32_t)a.frame_size;
	for (uint32_t max_bytes = size; max_bytes < size + 60; max_bytes += 7)
		log_in(&a, &s, max_bytes);
	for (uint32_t max_bytes = 20; max_bytes < size; max_bytes += 11) {
		connect = connect_with(&s, max_bytes);
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send(&a, &connect);
		expect_refusal(&a, REASON_PACKET_TOO_LARGE);
	}
	teardown();
}
END_TEST

/* MQTT-4.12.0-6: who names no method gets neither AUTH nor a method in CONNACK */
START_TEST(no_auth_without_a_method)
{
	start_with_user(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "client");
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str("u");
	connect.connect.password = span_str("secret");
	struct packet_connack ack = join(&a, &connect);
	ck_assert(!props_has(&ack.props, PROP_AUTH_METHOD) && !props_has(&ack.props, PROP_AUTH_DATA));
	mqtt_client_expect_silence(&a);
	connect.connect.password = span_str("wrong");
	mqtt_client_open(&b, fixture.port, MQTT_V5);
	mqtt_client_send(&b, &connect);
	struct packet packet = mqtt_client_expect(&b, PACKET_CONNACK);
	ck_assert_uint_eq(packet.connack.reason, REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert(!props_has(&packet.connack.props, PROP_AUTH_METHOD) &&
		  !props_has(&packet.connack.props, PROP_AUTH_DATA));
	expect_closed(&b);
	/* MQTT-4.12.0-7: nor may it send one */
	send_auth(&a, REASON_REAUTHENTICATE, "n,,n=u,r=x");
	mqtt_client_expect_end(&a, REASON_PROTOCOL_ERROR);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		auth_packets_say_what_they_should,
		auth_with_another_reason_is_an_error,
		auth_packets_fit,
		no_auth_without_a_method,
	};
	return suite_run("statements5_auth", tests, LENGTH(tests));
}
