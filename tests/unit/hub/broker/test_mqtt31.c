/* Clients of MQTT 3.1 (protocol name MQIsdp, level 3), which came before the OASIS standard. Where its
 * document leaves room, the broker does as mosquitto does, unless a comment says otherwise. */
#include "statements3.h"

static void start31(struct mqtt_client *client, const char *id)
{
	mqtt_client_start(client, fixture.port, MQTT_V31, id);
}

/* Without clean session. CONNACK does not tell whether there was one: that byte is reserved in 3.1. */
static void resume31(struct mqtt_client *client, const char *id)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V31, id);
	connect.connect.clean_start = false;
	mqtt_client_open(client, fixture.port, MQTT_V31);
	mqtt_client_send(client, &connect);
	EXPECT_BYTES(client, "\x20\x02\x00\x00");
}

#define CONNECT_BYTES(client, bytes) \
	do { \
		mqtt_client_open((client), fixture.port, MQTT_V31); \
		SEND_BYTES((client), (bytes)); \
	} while (0)

/* --- CONNECT ------------------------------------------------------------------ */

START_TEST(name_and_level_belong_together)
{
	setup(1);
	CONNECT_BYTES(&a, "\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x00\x00\x01x");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	CONNECT_BYTES(&a, "\x10\x0f\x00\x06MQIsdp\x04\x02\x00\x00\x00\x01x");
	EXPECT_BYTES(&a, "\x20\x02\x00\x01");
	expect_closed(&a);
	CONNECT_BYTES(&a, "\x10\x0f\x00\x06MQIsdp\x02\x02\x00\x00\x00\x01x");
	EXPECT_BYTES(&a, "\x20\x02\x00\x01");
	expect_closed(&a);
	CONNECT_BYTES(&a, "\x10\x0d\x00\x04MQTT\x03\x02\x00\x00\x00\x01x");
	EXPECT_BYTES(&a, "\x20\x02\x00\x01");
	expect_closed(&a);
	teardown();
}
END_TEST

/* A bridge of mosquitto sets bit 7 of the level, and comes again without it when it reads return code 1. */
START_TEST(private_levels_of_bridges_are_refused_in_their_form)
{
	setup(1);
	CONNECT_BYTES(&a, "\x10\x0f\x00\x06MQIsdp\x83\x02\x00\x00\x00\x01x");
	EXPECT_BYTES(&a, "\x20\x02\x00\x01");
	expect_closed(&a);
	CONNECT_BYTES(&a, "\x10\x0d\x00\x04MQTT\x84\x02\x00\x00\x00\x01x");
	EXPECT_BYTES(&a, "\x20\x02\x00\x01");
	expect_closed(&a);
	teardown();
}
END_TEST

/* 3.1 allows 1 to 23 characters; longer ones work too, as many clients use them. An empty one does not. */
START_TEST(client_ids)
{
	setup(1);
	char id[200];
	memset(id, 'i', sizeof id);
	for (int len = 1; len < 200; len += len < 25 ? 1 : 25) {
		id[len] = 0;
		start31(&a, id);
		mqtt_client_expect_silence(&a);
		id[len] = 'i';
	}
	CONNECT_BYTES(&a, "\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x00\x00\x00"); /* with clean session */
	EXPECT_BYTES(&a, "\x20\x02\x00\x02");
	expect_closed(&a);
	CONNECT_BYTES(&a, "\x10\x0e\x00\x06MQIsdp\x03\x00\x00\x00\x00\x00"); /* without */
	EXPECT_BYTES(&a, "\x20\x02\x00\x02");
	expect_closed(&a);
	teardown();
}
END_TEST

START_TEST(return_codes)
{
	static const struct access_rule rules[] = {{"mine/#", true, true}};
	struct access_user users[] = {{.name = "lamp", .rules = rules, .rule_count = 1, .own_client_id_only = true}, {.name = "lily"}};
	struct access_table *table;
	struct broker_config config = broker_config_default();
	config.max_connections = 1;
	access_token_hash(span_str("word"), users[0].token_hash);
	access_token_hash(span_str("word"), users[1].token_hash);
	ck_assert_int_eq(access_table_create(users, 2, &table), 0);
	broker_fixture_start(&fixture, &config, 1, NULL, table);
	CONNECT_BYTES(&a, "\x10\x1e\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x04lamp\x00\x04lamp\x00\x04" "fake");
	EXPECT_BYTES(&a, "\x20\x02\x00\x04"); /* user name or password */
	expect_closed(&a);
	CONNECT_BYTES(&a, "\x10\x1e\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x04lime\x00\x04lamp\x00\x04word");
	EXPECT_BYTES(&a, "\x20\x02\x00\x02"); /* identifier */
	expect_closed(&a);
	CONNECT_BYTES(&a, "\x10\x27\x00\x06MQIsdp\x03\xc6\x00\x00\x00\x04lamp\x00\x02no\x00\x03" "bye"
			  "\x00\x04lamp\x00\x04word");
	EXPECT_BYTES(&a, "\x20\x02\x00\x05"); /* a will where it may not publish */
	expect_closed(&a);
	CONNECT_BYTES(&a, "\x10\x1e\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x04lamp\x00\x04lamp\x00\x04word");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	CONNECT_BYTES(&b, "\x10\x1e\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x04lily\x00\x04lily\x00\x04word");
	EXPECT_BYTES(&b, "\x20\x02\x00\x03"); /* no room */
	expect_closed(&b);
	teardown();
}
END_TEST

/* §3.1 of its document: the length counts, not the flags of user name and password, as older clients set them. */
START_TEST(credentials_may_be_missing)
{
	setup(1);
	CONNECT_BYTES(&a, "\x10\x0f\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x01x");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	CONNECT_BYTES(&a, "\x10\x12\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x01x\x00\x01u");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	CONNECT_BYTES(&a, "\x10\x12\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x01x\x00\x05u"); /* but not cut short */
	expect_closed(&a);
	teardown();
}
END_TEST

START_TEST(second_connect_ends_the_connection)
{
	setup(1);
	start31(&a, "x");
	SEND_BYTES(&a, "\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x00\x00\x01x");
	expect_closed(&a);
	teardown();
}
END_TEST

/* --- bits that 3.1 does not use ------------------------------------------------------ */

START_TEST(unused_bits_are_ignored)
{
	setup(1);
	CONNECT_BYTES(&a, "\x1f\x0f\x00\x06MQIsdp\x03\x03\x00\x00\x00\x01x"); /* of the header, and of the flags */
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	for (unsigned flags = 0; flags < 16; flags++) {
		uint8_t ping[] = {(uint8_t)(0xc0 | flags), 0};
		mqtt_client_send_raw(&a, ping, 2);
		EXPECT_BYTES(&a, "\xd0\x00");
	}
	SEND_BYTES(&a, "\x83\x06\x00\x01\x00\x01t\xfe"); /* retain; QoS 2 beside bits of no meaning */
	EXPECT_BYTES(&a, "\x90\x03\x00\x01\x02");
	SEND_BYTES(&a, "\xa3\x05\x00\x02\x00\x01t");
	EXPECT_BYTES(&a, "\xb0\x02\x00\x02");
	SEND_BYTES(&a, "\x82\x06\x00\x03\x00\x01t\x03"); /* QoS 3 means nothing in 3.1 either */
	expect_closed(&a);
	teardown();
}
END_TEST

/* In 3.1 these packets have a QoS, which is 1, and a DUP, which is set when they are sent again. */
START_TEST(dup_of_requests_is_ignored)
{
	setup(1);
	start31(&a, "a");
	start31(&b, "b");
	for (int i = 0; i < 2; i++) {
		SEND_BYTES(&a, "\x8a\x06\x00\x01\x00\x01t\x01");
		EXPECT_BYTES(&a, "\x90\x03\x00\x01\x01");
	}
	mqtt_client_publish(&b, "t", "x", 2, false);
	mqtt_client_expect(&b, PACKET_PUBREC);
	for (int i = 0; i < 2; i++) {
		SEND_BYTES(&b, "\x6a\x02\x00\x01");
		EXPECT_BYTES(&b, "\x70\x02\x00\x01");
	}
	take(&a, "t", "x");
	SEND_BYTES(&a, "\xaa\x05\x00\x02\x00\x01t");
	EXPECT_BYTES(&a, "\xb0\x02\x00\x02");
	SEND_BYTES(&a, "\x84\x06\x00\x03\x00\x01t\x01"); /* but another QoS is wrong */
	expect_closed(&a);
	teardown();
}
END_TEST

START_TEST(disconnect_with_unused_bits_discards_the_will)
{
	setup(1);
	start(&b, "b");
	mqtt_client_subscribe(&b, "#", 0);
	CONNECT_BYTES(&a, "\x10\x15\x00\x06MQIsdp\x03\x06\x00\x00\x00\x01x\x00\x01w\x00\x01m");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	SEND_BYTES(&a, "\xef\x00");
	expect_closed(&a);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* --- messages -------------------------------------------------------------------------- */

START_TEST(every_qos_arrives)
{
	setup(1);
	uint8_t published = (uint8_t)(_i / 3), granted = (uint8_t)(_i % 3);
	uint8_t lower = published < granted ? published : granted;
	start31(&a, "pub");
	start31(&b, "sub");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "a/+", granted), granted);
	publish(&a, "a/b", "x", published, false);
	struct packet_publish p = take(&b, "a/b", "x");
	ck_assert(p.qos == lower && !p.dup && !p.retain);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(qos_2_is_delivered_once)
{
	setup(1);
	start31(&a, "pub");
	start31(&b, "sub");
	mqtt_client_subscribe(&b, "t", 2);
	for (int i = 0; i < 3; i++) {
		mqtt_client_send(&a, &(struct packet){.type = PACKET_PUBLISH,
						      .publish = {.dup = i > 0, .qos = 2, .id = 5, .topic = span_str("t"),
								  .payload = span_str("x")}});
		EXPECT_BYTES(&a, "\x50\x02\x00\x05");
	}
	mqtt_client_ack(&a, PACKET_PUBREL, 5);
	EXPECT_BYTES(&a, "\x70\x02\x00\x05");
	EXPECT_BYTES(&b, "\x34\x06\x00\x01t\x00\x01x");
	mqtt_client_ack(&b, PACKET_PUBREC, 1);
	EXPECT_BYTES(&b, "\x62\x02\x00\x01");
	mqtt_client_ack(&b, PACKET_PUBCOMP, 1);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(retained_messages)
{
	setup(1);
	start31(&a, "pub");
	start31(&b, "sub");
	publish(&a, "r/1", "old", 1, true);
	publish(&a, "r/1", "new", 1, true);
	publish(&a, "r/2", "gone", 1, true);
	publish(&a, "r/2", "", 1, true);
	for (int i = 0; i < 2; i++) { /* again with each SUBSCRIBE */
		mqtt_client_subscribe(&b, "r/+", 1);
		ck_assert(take(&b, "r/1", "new").retain);
		mqtt_client_expect_silence(&b);
	}
	publish(&a, "r/1", "live", 1, true);
	ck_assert(!take(&b, "r/1", "live").retain);
	teardown();
}
END_TEST

START_TEST(wills)
{
	setup(1);
	start31(&b, "watcher");
	mqtt_client_subscribe(&b, "will", 2);
	/* QoS 2, retained */
	CONNECT_BYTES(&a, "\x10\x18\x00\x06MQIsdp\x03\x36\x00\x00\x00\x01x\x00\x04will\x00\x01m");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	mqtt_client_close(&a);
	struct packet_publish p = take(&b, "will", "m");
	ck_assert(p.qos == 2 && !p.retain);
	start31(&c, "later");
	mqtt_client_subscribe(&c, "#", 0);
	ck_assert(take(&c, "will", "m").retain);
	CONNECT_BYTES(&a, "\x10\x18\x00\x06MQIsdp\x03\x36\x00\x00\x00\x01x\x00\x04will\x00\x01m");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	mqtt_client_stop(&a, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 2);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(lasting_and_clean_sessions)
{
	setup(1);
	start31(&a, "pub");
	resume31(&b, "sub");
	mqtt_client_subscribe(&b, "t", 2);
	publish(&a, "t", "sent", 1, false);
	uint16_t id = mqtt_client_expect_publish(&b, "t", "sent").id;
	vanish(&b, 1);
	publish(&a, "t", "queued", 2, false);
	resume31(&b, "sub"); /* and still nothing in the reserved byte */
	struct packet_publish p = mqtt_client_expect_publish(&b, "t", "sent");
	ck_assert(p.dup && p.id == id);
	mqtt_client_expect_publish(&b, "t", "queued");
	vanish(&b, 1);
	ck_assert(resume(&c, "sub")); /* the session is the client's, whatever it speaks */
	ck_assert(mqtt_client_expect_publish(&c, "t", "sent").dup);
	ck_assert(mqtt_client_expect_publish(&c, "t", "queued").dup);
	start31(&b, "sub"); /* clean, and the elder has to go */
	expect_closed(&c);
	publish(&a, "t", "x", 1, false);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

START_TEST(silence_ends_the_connection)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V31, "a");
	connect.connect.keep_alive_s = 1;
	mqtt_client_login(&a, fixture.port, &connect);
	expect_closed(&a);
	teardown();
}
END_TEST

/* 3.1 has no SUBACK code for failure: mosquitto claims to have granted what was asked for. We answer 0x80 as
 * to 3.1.1: a client that knows the code learns the truth, and one that reads the QoS out of the two lowest bits,
 * as its document says, expects no more than QoS 0. Nobody is told of a QoS that never comes. */
START_TEST(refused_filter_gets_code_0x80)
{
	static const struct access_rule rules[] = {{"mine/#", true, true}};
	struct access_user user = {.name = "lamp", .rules = rules, .rule_count = 1};
	struct access_table *table;
	access_token_hash(span_str("word"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	broker_fixture_start(&fixture, NULL, 1, NULL, table);
	CONNECT_BYTES(&a, "\x10\x1e\x00\x06MQIsdp\x03\xc2\x00\x00\x00\x04lamp\x00\x04lamp\x00\x04word");
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	SEND_BYTES(&a, "\x82\x0e\x00\x01\x00\x01#\x02\x00\x05mine/\x02");
	EXPECT_BYTES(&a, "\x90\x04\x00\x01\x80\x02");
	/* a forbidden message is acknowledged and goes nowhere */
	publish(&a, "other", "x", 1, true);
	mqtt_client_publish(&a, "mine/", "x", 0, false);
	mqtt_client_expect_publish(&a, "mine/", "x");
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0 && stats.subscriptions == 1);
	teardown();
}
END_TEST

START_TEST(malformed_packets_end_the_connection)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"\x36\x05\x00\x01t\x00\x01", 7},         /* QoS 3 */
		{"\x32\x05\x00\x01t\x00\x00", 7},         /* identifier 0 */
		{"\x30\x03\x00\x01#", 5},                 /* a wildcard */
		{"\x30\x02\x00\x00", 4},                  /* no topic */
		{"\x82\x02\x00\x01", 4},                  /* no filter */
		{"\x82\x07\x00\x01\x00\x02#a\x00", 9},
		{"\x60\x02\x00\x01", 4},                  /* PUBREL with QoS 0 */
		{"\xf0\x00", 2},
		{"\x20\x02\x00\x00", 4},
	};
	setup(1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		start31(&a, "a");
		mqtt_client_send_raw(&a, cases[i].bytes, cases[i].len);
		expect_closed(&a);
	}
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		name_and_level_belong_together,
		private_levels_of_bridges_are_refused_in_their_form,
		client_ids,
		return_codes,
		credentials_may_be_missing,
		second_connect_ends_the_connection,
		unused_bits_are_ignored,
		dup_of_requests_is_ignored,
		disconnect_with_unused_bits_discards_the_will,
		qos_2_is_delivered_once,
		retained_messages,
		wills,
		lasting_and_clean_sessions,
		silence_ends_the_connection,
		refused_filter_gets_code_0x80,
		malformed_packets_end_the_connection,
	};
	Suite *suite = suite_create("mqtt31");
	TCase *tc = tcase_create("mqtt31");
	tcase_set_timeout(tc, 60);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_test(tc, tests[i]);
	tcase_add_loop_test(tc, every_qos_arrives, 0, 9);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
