/* From the key that a device was given to its login at the broker: enrolment, store, access table, CONNECT and AUTH
 * together, as the hub wires them. */
#include <check.h>
#include <unistd.h>

#include "base/err.h"
#include "main/credentials.h"
#include "support/broker_fixture.h"
#include "support/scram_client.h"
#include "unit/hub/enrolment/desk_fixture.h"

static struct desk_fixture house;
static struct broker_fixture fixture;
static struct mqtt_client client;
static struct device lamp;
static struct credentials credentials;
static const char metrics_token[] = "what the watcher knows";

/* What the hub does when the desk tells it of a device. */
static struct access_table *make_table(void)
{
	struct access_table *table;
	ck_assert_int_eq(credentials_table(&credentials, house.store, &table), 0);
	return table;
}

static void renew_access(void)
{
	struct access_table *table = make_table();
	ck_assert_int_eq(broker_set_access(fixture.broker, table), 0);
	access_table_unref(&table);
}

static void join(void)
{
	struct code code;
	code_make(&house, 0, "lamp", &code);
	ck_assert_int_eq(device_join(&house, &lamp, &code), 0);
}

static void setup(void)
{
	fixture_create(&house);
	ck_assert_int_eq(credentials_load(&credentials, house.store, span_str(metrics_token)), 0);
	device_init(&lamp, "{\"name\":\"lamp\",\"model\":\"Lamp 3000\"}");
	broker_fixture_start(&fixture, NULL, 1, NULL, make_table());
}

static void teardown(void)
{
	mqtt_client_close(&client);
	broker_fixture_stop(&fixture);
	device_finish(&lamp);
	fixture_destroy(&house);
}

/* Logs in as the lamp with this token by SCRAM. Returns the reason of the CONNACK. */
static uint8_t scram_in(const char *token, struct packet *ack_r)
{
	struct scram_client s = {0};
	struct packet packet = mqtt_client_connect_packet(MQTT_V5, lamp.id);
	struct props *props = &packet.connect.props;
	scram_client_first(&s, lamp.id, "rOprNGfwEbeRWgbNEkqO");
	props->auth_method = span_str("SCRAM-SHA-256");
	props->auth_data = span_str(s.first);
	props->request_response_info = 1;
	props_set(props, PROP_AUTH_METHOD);
	props_set(props, PROP_AUTH_DATA);
	props_set(props, PROP_REQUEST_RESPONSE_INFO);
	mqtt_client_open(&client, fixture.port, MQTT_V5);
	mqtt_client_send(&client, &packet);
	packet = mqtt_client_expect(&client, PACKET_AUTH);
	scram_client_final(&s, packet.reason.props.auth_data, token);
	packet.reason.props.auth_data = span_str(s.final);
	packet.reason.props.auth_method = span_str("SCRAM-SHA-256");
	mqtt_client_send(&client, &packet);
	*ack_r = mqtt_client_expect(&client, PACKET_CONNACK);
	if (!ack_r->connack.reason)
		ck_assert(span_is(ack_r->connack.props.auth_data, s.expected));
	return ack_r->connack.reason;
}

/* The same by password. */
static uint8_t password_in(const char *token)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, lamp.id);
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str(lamp.id);
	connect.connect.password = span_str(token);
	return mqtt_client_login(&client, fixture.port, &connect).connack.reason;
}

START_TEST(a_device_that_has_joined_logs_in_by_either)
{
	struct packet ack;
	char prefix[128];
	setup();
	join();
	renew_access();
	ck_assert_uint_eq(scram_in(lamp.token, &ack), 0);
	snprintf(prefix, sizeof prefix, "tomte/%s/reply/", lamp.id);
	ck_assert(span_is(ack.connack.props.response_info, prefix));
	snprintf(prefix, sizeof prefix, "tomte/%s/set/#", lamp.id);
	ck_assert_uint_eq(mqtt_client_subscribe(&client, prefix, 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&client, "#", 1), REASON_NOT_AUTHORIZED);
	ck_assert_uint_eq(password_in(lamp.token), 0);
	ck_assert_uint_eq(scram_in("wrong", &ack), REASON_BAD_USER_NAME_OR_PASSWORD);
	teardown();
}
END_TEST

START_TEST(a_new_token_ends_the_old_one)
{
	struct packet ack;
	char old[65];
	setup();
	join();
	renew_access();
	memcpy(old, lamp.token, sizeof old);
	ck_assert_uint_eq(scram_in(old, &ack), 0);
	join(); /* the same device with another key */
	ck_assert_str_ne(old, lamp.token);
	renew_access();
	mqtt_client_expect_end(&client, REASON_NOT_AUTHORIZED);
	ck_assert_uint_eq(scram_in(old, &ack), REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert_uint_eq(scram_in(lamp.token, &ack), 0);
	teardown();
}
END_TEST

START_TEST(a_device_from_before_has_its_password_only)
{
	struct packet ack;
	struct device_record record;
	setup();
	join();
	ck_assert_int_eq(store_device_get(house.store, lamp.id, &record), 0);
	record.scram = (struct scram_verifier){0};
	ck_assert_int_eq(store_device_put(house.store, &record, NULL), 0);
	device_record_finish(&record);
	renew_access();
	ck_assert_uint_eq(scram_in(lamp.token, &ack), REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert_uint_eq(password_in(lamp.token), 0);
	teardown();
}
END_TEST

START_TEST(the_decoy_key_stays)
{
	struct credentials again;
	setup();
	ck_assert(!sodium_is_zero(credentials.decoy_key, sizeof credentials.decoy_key));
	fixture_restart(&house);
	ck_assert_int_eq(credentials_load(&again, house.store, span_str("")), 0);
	ck_assert_mem_eq(again.decoy_key, credentials.decoy_key, sizeof again.decoy_key);
	teardown();
}
END_TEST

/* CONNACK's reason for this name and password, under an id of its own choice. */
static uint8_t log_in_under(const char *client_id, const char *name, const char *password)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, client_id);
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str(name);
	connect.connect.password = span_str(password);
	return mqtt_client_login(&client, fixture.port, &connect).connack.reason;
}

static uint8_t log_in_as(const char *name, const char *password)
{
	return log_in_under("exporter-1", name, password);
}

/* They would get the device's session or keep it out for as long as theirs is kept. */
START_TEST(the_metrics_user_takes_no_device_id)
{
	struct packet ack;
	setup();
	join();
	renew_access();
	ck_assert_uint_eq(log_in_under(lamp.id, "metrics", metrics_token), REASON_CLIENT_ID_NOT_VALID);
	ck_assert_uint_eq(scram_in(lamp.token, &ack), 0);
	ck_assert_uint_eq(password_in(lamp.token), 0);
	teardown();
}
END_TEST

START_TEST(the_metrics_user_sees_sys_and_nothing_else)
{
	setup();
	ck_assert_uint_eq(log_in_as("metrics", "what others think"), REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert_uint_eq(log_in_as("metrics", metrics_token), 0);
	ck_assert_uint_eq(mqtt_client_subscribe(&client, "#", 0), REASON_NOT_AUTHORIZED);
	ck_assert_uint_eq(mqtt_client_subscribe(&client, "tomte/#", 0), REASON_NOT_AUTHORIZED);
	ck_assert_uint_eq(mqtt_client_subscribe(&client, "$SYS/#", 0), 0);
	mqtt_client_publish(&client, "tomte/lamp/set", "on", 1, false);
	struct packet p;
	do
		ck_assert(mqtt_client_receive(&client, &p));
	while (p.type != PACKET_PUBACK); /* values of $SYS may come before */
	ck_assert_uint_eq(p.ack.reason, REASON_NOT_AUTHORIZED);
	mqtt_client_close(&client);
	/* without a token there is no such user, not even with an empty password */
	ck_assert_int_eq(credentials_load(&credentials, house.store, span_str("")), 0);
	renew_access();
	ck_assert_uint_eq(log_in_as("metrics", metrics_token), REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert_uint_eq(log_in_as("metrics", ""), REASON_BAD_USER_NAME_OR_PASSWORD);
	teardown();
}
END_TEST

/* Not with any password, and only by a role's name; who is no owner hears and says nothing. */
START_TEST(people_come_by_their_pass)
{
	const struct access_identity *owner = NULL;
	setup();
	join();
	renew_access();
	ck_assert_uint_eq(log_in_as("@owner", ""), REASON_BAD_USER_NAME_OR_PASSWORD);
	ck_assert_uint_eq(log_in_as("@owner", metrics_token), REASON_BAD_USER_NAME_OR_PASSWORD);
	struct access_table *table = make_table();
	static const char *const readers[] = {"@adult", "@viewer"};
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		const struct access_identity *reader = NULL;
		ck_assert_int_eq(access_login_pass(table, span_str(readers[i]), span_str("browser-1"), &reader), 0);
		ck_assert(access_may_subscribe(reader, span_str("#")) && !access_may_subscribe(reader, span_str("$SYS/#")));
		ck_assert(!access_may_publish(reader, span_str("tomte/x/set/light")) && !access_may_publish(reader, span_str("x")));
	}
	const struct access_identity *guest = NULL; /* hears by rooms (broker/guest.h), and has no rights besides */
	ck_assert_int_eq(access_login_pass(table, span_str("@guest"), span_str("browser-1"), &guest), 0);
	ck_assert(!access_may_subscribe(guest, span_str("#")) && !access_may_subscribe(guest, span_str("x")) && !access_may_publish(guest, span_str("x")));
	ck_assert_int_eq(access_login_pass(table, span_str(lamp.id), span_str(lamp.id), &owner), ERR_DENIED);
	ck_assert_int_eq(access_login_pass(table, span_str("@owner"), span_str(lamp.id), &owner), ERR_INVALID);
	ck_assert_int_eq(access_login_pass(table, span_str("@owner"), span_str("browser-1"), &owner), 0);
	ck_assert(access_may_subscribe(owner, span_str("#")) && access_may_subscribe(owner, span_str("$SYS/#")));
	ck_assert(access_may_publish(owner, span_str("tomte/x/set/light")) && !access_may_publish(owner, span_str("$SYS/x")));
	ck_assert(!access_may_subscribe(owner, span_str("$x/#")));
	access_table_unref(&table);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_device_that_has_joined_logs_in_by_either,
		a_new_token_ends_the_old_one,
		a_device_from_before_has_its_password_only,
		the_decoy_key_stays,
		the_metrics_user_takes_no_device_id,
		the_metrics_user_sees_sys_and_nothing_else,
		people_come_by_their_pass,
	};
	return suite_run("credentials", tests, sizeof tests / sizeof tests[0]);
}
