/* $SYS of the real broker over real sockets: values at once and when they change,
 * for those who may, never kept, never for '#'. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/broker_fixture.h"

static struct broker_fixture fixture;
static struct mqtt_client a, b;

static void setup(unsigned workers, uint32_t interval_s, const struct broker_events *events, struct access_table *table)
{
	struct broker_config config = broker_config_default();
	config.sys_interval_s = interval_s;
	broker_fixture_start(&fixture, &config, workers, events, table);
}

static void teardown(void)
{
	mqtt_client_close(&a);
	mqtt_client_close(&b);
	broker_fixture_stop(&fixture);
}

/* Whether a row's topic is to be seen; the table's order is that of the messages. */
static bool shown(const struct metric *row, bool others)
{
	bool own = strcmp(row->group, "broker") == 0 || strcmp(row->group, "load") == 0 || strcmp(row->group, "process") == 0;
	return row->topic && (own || others);
}

static void expect_all(struct mqtt_client *c, bool others)
{
	struct packet_publish p = mqtt_client_expect_publish(c, "$SYS/broker/version", "tomte version " PACKAGE_VERSION);
	ck_assert(p.retain);
	size_t count;
	const struct metric *table = metrics_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (!shown(&table[i], others))
			continue;
		char topic[128];
		snprintf(topic, sizeof topic, "$SYS/broker/%s", table[i].topic);
		p = mqtt_client_expect(c, PACKET_PUBLISH).publish;
		ck_assert_msg(span_is(p.topic, topic), "%.*s instead of %s", (int)p.topic.len, (const char *)p.topic.data, topic);
		ck_assert(p.retain && p.qos == 0 && p.payload.len > 0);
	}
	mqtt_client_expect_silence(c);
}

START_TEST(a_subscriber_gets_all_values_at_once)
{
	setup((unsigned)_i + 1, 3600, NULL, NULL);
	static const char *const ids[] = {"one", "two", "three", "four"}; /* of whatever worker */
	for (size_t i = 0; i < 4; i++) {
		mqtt_client_start(&a, fixture.port, i % 2 ? MQTT_V5 : MQTT_V311, ids[i]);
		ck_assert_uint_eq(mqtt_client_subscribe(&a, "$SYS/#", 2), 2);
		expect_all(&a, false);
		mqtt_client_close(&a);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "five");
	mqtt_client_start(&b, fixture.port, MQTT_V5, "six");
	mqtt_client_publish(&b, "kept", "12345", 1, true);
	mqtt_client_expect(&b, PACKET_PUBACK);
	mqtt_client_subscribe(&a, "$SYS/broker/clients/connected", 0);
	mqtt_client_expect_publish(&a, "$SYS/broker/clients/connected", "2");
	mqtt_client_subscribe(&a, "$SYS/broker/+/count", 0);
	mqtt_client_expect_publish(&a, "$SYS/broker/subscriptions/count", "1"); /* before this one */
	mqtt_client_expect_publish(&a, "$SYS/broker/retained messages/count", "1"); /* itself is none */
	mqtt_client_expect_publish(&a, "$SYS/broker/shared_subscriptions/count", "0");
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

static void measure(void *ctx, struct metrics *m)
{
	m->store.journal_syncs = *(const uint64_t *)ctx;
}

START_TEST(other_rooms_values_are_shown)
{
	uint64_t syncs = 4711;
	setup(1, 3600, &(struct broker_events){.measure = measure, .ctx = &syncs}, NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	mqtt_client_subscribe(&a, "$SYS/broker/tomte/store/journal/syncs", 0);
	mqtt_client_expect_publish(&a, "$SYS/broker/tomte/store/journal/syncs", "4711");
	mqtt_client_subscribe(&a, "$SYS/#", 0);
	expect_all(&a, true);
	teardown();
}
END_TEST

START_TEST(changes_come_live_and_only_there)
{
	setup((unsigned)_i + 1, 1, NULL, NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	mqtt_client_subscribe(&b, "#", 0);
	mqtt_client_subscribe(&b, "+/broker/#", 0);
	mqtt_client_subscribe(&a, "$SYS/broker/uptime", 2);
	mqtt_client_expect(&a, PACKET_PUBLISH);
	struct packet_publish p = mqtt_client_expect(&a, PACKET_PUBLISH).publish;
	ck_assert(span_is(p.topic, "$SYS/broker/uptime") && !p.retain);
	ck_assert_uint_eq(p.qos, 0); /* nobody queues it */
	mqtt_client_expect_silence(&b);

	/* what does not change does not come: only the uptime of those two does */
	mqtt_client_subscribe(&a, "$SYS/broker/clients/total", 0);
	mqtt_client_expect_publish(&a, "$SYS/broker/clients/total", "2");
	for (int i = 0; i < 2; i++)
		ck_assert(span_is(mqtt_client_expect(&a, PACKET_PUBLISH).publish.topic, "$SYS/broker/uptime"));
	mqtt_client_stop(&b, 0);
	do
		p = mqtt_client_expect(&a, PACKET_PUBLISH).publish;
	while (span_is(p.topic, "$SYS/broker/uptime"));
	ck_assert(span_is(p.topic, "$SYS/broker/clients/total") && span_is(p.payload, "1"));
	teardown();
}
END_TEST

START_TEST(nothing_waits_for_the_absent)
{
	setup(1, 1, NULL, NULL);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "away");
	connect.connect.clean_start = false;
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_subscribe(&a, "$SYS/broker/uptime", 2);
	mqtt_client_close(&a);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	mqtt_client_subscribe(&b, "$SYS/broker/uptime", 0);
	for (int i = 0; i < 3; i++)
		mqtt_client_expect(&b, PACKET_PUBLISH);
	ck_assert(mqtt_client_login(&a, fixture.port, &connect).connack.session_present);
	struct packet packet;
	mqtt_client_send(&a, &(struct packet){.type = PACKET_PINGREQ});
	ck_assert(mqtt_client_receive(&a, &packet));
	ck_assert(packet.type == PACKET_PINGRESP || (packet.type == PACKET_PUBLISH && !packet.publish.qos));
	teardown();
}
END_TEST

START_TEST(switched_off_there_is_none)
{
	setup(1, 0, NULL, NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "$SYS/#", 0), 0);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

START_TEST(rules_say_who_may_read)
{
	const struct access_rule all[] = {{"#", true, true}}, sys[] = {{"$SYS/#", false, true}};
	struct access_user users[] = {{.name = "device", .rules = all, .rule_count = 1},
				      {.name = "admin", .rules = sys, .rule_count = 1}};
	for (size_t i = 0; i < 2; i++)
		access_token_hash(span_str("secret"), users[i].token_hash);
	struct access_table *table;
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	setup(1, 3600, NULL, table);
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "c");
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.password = span_str("secret");
	connect.connect.username = span_str("device");
	mqtt_client_login(&a, fixture.port, &connect);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "$SYS/#", 0), REASON_NOT_AUTHORIZED);
	mqtt_client_publish(&a, "$SYS/broker/version", "mine", 1, true);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, REASON_NOT_AUTHORIZED);
	mqtt_client_stop(&a, 0);
	connect.connect.username = span_str("admin");
	mqtt_client_login(&a, fixture.port, &connect);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "$SYS/broker/version", 0), 0);
	mqtt_client_expect_publish(&a, "$SYS/broker/version", "tomte version " PACKAGE_VERSION);
	teardown();
}
END_TEST

/* What mosquitto counts, counted as it does. */
START_TEST(packets_and_bytes_are_counted)
{
	setup(1, 3600, NULL, NULL);
	mqtt_client_start(&a, fixture.port, MQTT_V311, "a"); /* 1 in, 1 out */
	mqtt_client_subscribe(&a, "t", 1);                   /* 2 in, 2 out */
	mqtt_client_publish(&a, "t", "12345", 1, false);     /* 3 in; out: the message and its PUBACK */
	bool acked = false, got = false;
	while (!acked || !got) {
		struct packet packet;
		ck_assert(mqtt_client_receive(&a, &packet));
		acked |= packet.type == PACKET_PUBACK;
		got |= packet.type == PACKET_PUBLISH;
	}
	mqtt_client_ack(&a, PACKET_PUBACK, 1); /* 4 in */
	mqtt_client_expect_silence(&a);        /* 5 in, 5 out */
	struct broker_stats s;
	BROKER_FIXTURE_AWAIT(&fixture, stats.bytes_out == 27); /* counted when the client has them already */
	broker_stats_get(fixture.broker, &s);
	ck_assert_uint_eq(s.packets_in, 5);
	ck_assert_uint_eq(s.packets_out, 5);
	ck_assert_uint_eq(s.received, 1);
	ck_assert_uint_eq(s.sent, 1);
	ck_assert_uint_eq(s.payload_in, 5);
	ck_assert_uint_eq(s.payload_out, 5);
	ck_assert_uint_eq(s.sockets, 1);
	ck_assert_uint_eq(s.connects, 1);
	ck_assert_uint_eq(s.connections_max, 1);
	/* CONNECT 15, SUBSCRIBE 8, PUBLISH 12, PUBACK 4, PINGREQ 2; CONNACK 4, SUBACK 5, PUBLISH 12, PUBACK 4, PINGRESP 2 */
	ck_assert_uint_eq(s.bytes_in, 41);
	mqtt_client_stop(&a, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0);
	broker_stats_get(fixture.broker, &s);
	ck_assert_uint_eq(s.connections_max, 1);
	ck_assert_uint_eq(s.sessions, 0);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_sys");
	TCase *tcase = tcase_create("sys");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_subscriber_gets_all_values_at_once, 0, 3);
	tcase_add_test(tcase, other_rooms_values_are_shown);
	tcase_add_loop_test(tcase, changes_come_live_and_only_there, 0, 2);
	tcase_add_test(tcase, nothing_waits_for_the_absent);
	tcase_add_test(tcase, switched_off_there_is_none);
	tcase_add_test(tcase, rules_say_who_may_read);
	tcase_add_test(tcase, packets_and_bytes_are_counted);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
