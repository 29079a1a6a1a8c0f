/* MQTT 3.1.1, CONNECT and CONNACK (§3.1, §3.2): who is let in, what is refused, and how. The numbers above
 * a test are those of the standard's statements. */
#include <time.h>

#include "statements3.h"

/* A CONNECT as bytes. */
struct raw {
	const char *bytes;
	size_t len;
};
#define RAW(bytes) {(bytes), sizeof(bytes) - 1}

static void send_first(struct mqtt_client *client, struct raw raw)
{
	mqtt_client_open(client, fixture.port, MQTT_V311);
	mqtt_client_send_raw(client, raw.bytes, raw.len);
}

/* None of them may get as much as a CONNACK. */
static void all_closed(const struct raw *raws, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct packet packet;
		send_first(&a, raws[i]);
		ck_assert_msg(!mqtt_client_receive(&a, &packet), "case %zu: a packet of type %d came", i, packet.type);
		mqtt_client_close(&a);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0);
}
#define ALL_CLOSED(raws) all_closed((raws), sizeof(raws) / sizeof *(raws))

/* MQTT-3.1.0-1 */
START_TEST(first_packet_must_be_connect)
{
	static const struct raw raws[] = {
		RAW("\x30\x03\x00\x01t"),             /* PUBLISH */
		RAW("\x32\x05\x00\x01t\x00\x01"),
		RAW("\x40\x02\x00\x01"),
		RAW("\x50\x02\x00\x01"),
		RAW("\x62\x02\x00\x01"),
		RAW("\x70\x02\x00\x01"),
		RAW("\x82\x06\x00\x01\x00\x01t\x00"),
		RAW("\xa2\x05\x00\x01\x00\x01t"),
		RAW("\xc0\x00"),
		RAW("\xe0\x00"),
		RAW("\x20\x02\x00\x00"),
		RAW("GET / HTTP/1.1\r\n\r\n"),
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.0-2: and because that is no DISCONNECT, the will is published. */
START_TEST(second_connect_ends_the_connection)
{
	setup(1);
	start(&b, "b");
	mqtt_client_subscribe(&b, "will", 0);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "a");
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("will");
	connect.connect.will.payload = span_str("twice");
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_expect_silence(&a);
	mqtt_client_send(&a, &connect);
	expect_closed(&a);
	mqtt_client_expect_publish(&b, "will", "twice");
	teardown();
}
END_TEST

/* MQTT-3.1.2-1: such a CONNECT is refused, or cut off; in no case served. */
START_TEST(other_protocol_names_are_not_served)
{
	static const struct raw raws[] = {
		RAW("\x10\x0d\x00\x04MQXX\x04\x02\x00\x00\x00\x01x"),
		RAW("\x10\x0d\x00\x04mqtt\x04\x02\x00\x00\x00\x01x"),
		RAW("\x10\x0f\x00\x06MQIsdp\x04\x02\x00\x00\x00\x01x"),
		RAW("\x10\x0e\x00\x05MQTTX\x04\x02\x00\x00\x00\x01x"),
		RAW("\x10\x0c\x00\x03MQT\x04\x02\x00\x00\x00\x01x"),
		RAW("\x10\x09\x00\x00\x04\x02\x00\x00\x00\x01x"),
	};
	setup(1);
	for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
		struct packet packet;
		send_first(&a, raws[i]);
		if (mqtt_client_receive(&a, &packet))
			ck_assert(packet.type == PACKET_CONNACK && packet.connack.reason != 0);
		ck_assert(!mqtt_client_receive(&a, &packet));
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0);
	teardown();
}
END_TEST

/* MQTT-3.1.2-2, MQTT-3.2.2-5. Levels above 5 are no 3.1.1 client's: they get 5.0's form of the same answer. */
START_TEST(unknown_levels_are_told_and_cut_off)
{
	static const uint8_t levels[] = {0, 1, 2, 3};
	setup(1);
	for (size_t i = 0; i < sizeof levels; i++) {
		uint8_t bytes[] = "\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01x";
		bytes[8] = levels[i];
		send_first(&a, (struct raw){(const char *)bytes, sizeof bytes - 1});
		EXPECT_BYTES(&a, "\x20\x02\x00\x01");
		expect_closed(&a);
	}
	teardown();
}
END_TEST

/* MQTT-3.1.2-3 */
START_TEST(reserved_connect_flag_ends_the_connection)
{
	static const struct raw raws[] = {
		RAW("\x10\x0d\x00\x04MQTT\x04\x03\x00\x00\x00\x01x"),
		RAW("\x10\x0d\x00\x04MQTT\x04\x01\x00\x00\x00\x01x"),
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.2-9, MQTT-3.1.2-11: the will's fields are there when its flag is, and only then. */
START_TEST(will_flag_and_fields_must_agree)
{
	static const struct raw raws[] = {
		RAW("\x10\x0d\x00\x04MQTT\x04\x06\x00\x00\x00\x01x"),                     /* neither field */
		RAW("\x10\x10\x00\x04MQTT\x04\x06\x00\x00\x00\x01x\x00\x01w"),            /* no message */
		RAW("\x10\x13\x00\x04MQTT\x04\x02\x00\x00\x00\x01x\x00\x01w\x00\x01m"),   /* no flag */
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.2-11, MQTT-3.1.2-13, MQTT-3.1.2-15 */
START_TEST(will_qos_and_retain_need_the_will_flag)
{
	static const struct raw raws[] = {
		RAW("\x10\x0d\x00\x04MQTT\x04\x0a\x00\x00\x00\x01x"), /* QoS 1 */
		RAW("\x10\x0d\x00\x04MQTT\x04\x12\x00\x00\x00\x01x"), /* QoS 2 */
		RAW("\x10\x0d\x00\x04MQTT\x04\x22\x00\x00\x00\x01x"), /* retain */
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.2-14 */
START_TEST(will_qos_3_ends_the_connection)
{
	static const struct raw raws[] = {
		RAW("\x10\x13\x00\x04MQTT\x04\x1e\x00\x00\x00\x01x\x00\x01w\x00\x01m"),
		RAW("\x10\x0d\x00\x04MQTT\x04\x1a\x00\x00\x00\x01x"),
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.2-18, MQTT-3.1.2-19, MQTT-3.1.2-20, MQTT-3.1.2-21: fields and flags agree. */
START_TEST(credential_flags_and_fields_must_agree)
{
	static const struct raw raws[] = {
		RAW("\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x01x\x00\x01u"),            /* a name without flag */
		RAW("\x10\x0d\x00\x04MQTT\x04\x82\x00\x00\x00\x01x"),                     /* a flag without name */
		RAW("\x10\x13\x00\x04MQTT\x04\x82\x00\x00\x00\x01x\x00\x01u\x00\x01p"),   /* a password without flag */
		RAW("\x10\x10\x00\x04MQTT\x04\xc2\x00\x00\x00\x01x\x00\x01u"),            /* a flag without password */
		RAW("\x10\x13\x00\x04MQTT\x04\xc2\x00\x00\x00\x01x\x00\x01u\x00\x05p"),   /* a password cut short */
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.2-22 */
START_TEST(password_needs_a_user_name)
{
	static const struct raw raws[] = {
		RAW("\x10\x10\x00\x04MQTT\x04\x42\x00\x00\x00\x01x\x00\x01p"),
		RAW("\x10\x13\x00\x04MQTT\x04\x42\x00\x00\x00\x01x\x00\x01u\x00\x01p"),
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.2-24: not before one and a half times the keep-alive, and as if the network had failed. */
START_TEST(silence_ends_the_connection)
{
	struct timespec from, to;
	setup(1);
	start(&b, "b");
	mqtt_client_subscribe(&b, "will", 0);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "a");
	connect.connect.keep_alive_s = 1;
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("will");
	connect.connect.will.payload = span_str("silent");
	clock_gettime(CLOCK_MONOTONIC, &from);
	mqtt_client_login(&a, fixture.port, &connect);
	expect_closed(&a);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ck_assert_int_ge((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000, 1500);
	mqtt_client_expect_publish(&b, "will", "silent");
	mqtt_client_expect_silence(&b); /* keep-alive 0: nobody waits for it */
	teardown();
}
END_TEST

/* MQTT-3.1.3-1: client id, will topic, will message, user name, password, in this order. */
START_TEST(fields_are_read_in_their_order)
{
	static const struct access_rule rules[] = {{"#", true, true}};
	struct access_user user = {.name = "user", .rules = rules, .rule_count = 1};
	struct access_table *table;
	access_token_hash(span_str("word"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	broker_fixture_start(&fixture, NULL, 1, NULL, table);
	static const struct raw ordered = RAW("\x10\x25\x00\x04MQTT\x04\xc6\x00\x00"
					      "\x00\x02id\x00\x03top\x00\x04mess\x00\x04user\x00\x04word");
	static const struct raw swapped = RAW("\x10\x25\x00\x04MQTT\x04\xc6\x00\x00"
					      "\x00\x02id\x00\x03top\x00\x04mess\x00\x04word\x00\x04user");
	static const struct raw early = RAW("\x10\x25\x00\x04MQTT\x04\xc6\x00\x00"
					    "\x00\x02id\x00\x04user\x00\x04word\x00\x03top\x00\x04mess");
	struct packet watcher = mqtt_client_connect_packet(MQTT_V311, "b");
	watcher.connect.has_username = watcher.connect.has_password = true;
	watcher.connect.username = span_str("user");
	watcher.connect.password = span_str("word");
	ck_assert_uint_eq(mqtt_client_login(&b, fixture.port, &watcher).connack.reason, 0);
	mqtt_client_subscribe(&b, "#", 0);
	send_first(&a, swapped);
	EXPECT_BYTES(&a, "\x20\x02\x00\x04");
	send_first(&a, early);
	EXPECT_BYTES(&a, "\x20\x02\x00\x04");
	send_first(&a, ordered);
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	mqtt_client_close(&a);
	mqtt_client_expect_publish(&b, "top", "mess");
	teardown();
}
END_TEST

/* MQTT-3.1.3-3 */
START_TEST(client_id_must_be_present)
{
	static const struct raw raws[] = {
		RAW("\x10\x0a\x00\x04MQTT\x04\x02\x00\x00"),         /* no payload */
		RAW("\x10\x0b\x00\x04MQTT\x04\x02\x00\x00\x00"),     /* half a length */
		RAW("\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x02x"), /* cut short */
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.3-5 */
START_TEST(plain_client_ids_are_allowed)
{
	static const char *const alphabet[] = {"0123456789abcdefghijklm", "nopqrstuvwxyzABCDEFGHIJ", "KLMNOPQRSTUVWXYZ"};
	setup(1);
	for (int i = 0; i < 3; i++)
		start(&a, alphabet[i]);
	for (int len = 1; len <= 23; len++) {
		char id[24] = "";
		memcpy(id, alphabet[1], (size_t)len);
		start(&b, id);
		mqtt_client_expect_silence(&b);
	}
	teardown();
}
END_TEST

/* MQTT-3.1.3-6: each gets a session of its own, and is served like anybody. */
START_TEST(empty_client_id_is_given_a_unique_one)
{
	setup(2);
	start(&a, "");
	start(&b, "");
	start(&c, "");
	mqtt_client_subscribe(&b, "t", 1);
	mqtt_client_subscribe(&c, "t", 1);
	mqtt_client_publish(&a, "t", "x", 1, false);
	mqtt_client_expect(&a, PACKET_PUBACK);
	mqtt_client_expect_publish(&b, "t", "x");
	mqtt_client_expect_publish(&c, "t", "x");
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 3);
	teardown();
}
END_TEST

/* MQTT-3.1.3-8, and MQTT-3.1.3-7 for the client that ignores it; MQTT-3.2.2-4, MQTT-3.2.2-5 */
START_TEST(empty_client_id_needs_a_clean_session)
{
	static const struct raw raw = RAW("\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00");
	setup(1);
	send_first(&a, raw);
	EXPECT_BYTES(&a, "\x20\x02\x00\x02");
	expect_closed(&a);
	teardown();
}
END_TEST

/* MQTT-3.1.3-9: ours are refused when they are somebody else's. */
START_TEST(rejected_client_id_gets_code_2)
{
	static const struct access_rule rules[] = {{"#", true, true}};
	struct access_user user = {.name = "lamp", .rules = rules, .rule_count = 1, .own_client_id_only = true};
	struct access_table *table;
	access_token_hash(span_str("word"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	broker_fixture_start(&fixture, NULL, 1, NULL, table);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "other");
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str("lamp");
	connect.connect.password = span_str("word");
	mqtt_client_open(&a, fixture.port, MQTT_V311);
	mqtt_client_send(&a, &connect);
	EXPECT_BYTES(&a, "\x20\x02\x00\x02");
	expect_closed(&a);
	connect.connect.client_id = span_str("lamp");
	ck_assert_uint_eq(mqtt_client_login(&a, fixture.port, &connect).connack.reason, 0);
	teardown();
}
END_TEST

/* MQTT-3.1.4-1, MQTT-3.2.2-6: nothing of what is wrong with these has a return code. */
START_TEST(malformed_connect_gets_no_connack)
{
	static const struct raw raws[] = {
		RAW("\x10\x00"),
		RAW("\x10\x06\x00\x04MQTT"),
		RAW("\x10\x08\x00\x04MQTT\x04\x02"),
		RAW("\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x01x?"),                   /* something behind */
		RAW("\x10\x13\x00\x04MQTT\x04\x06\x00\x00\x00\x01x\x00\x01+\x00\x01m"), /* a will for a filter */
		RAW("\x10\x12\x00\x04MQTT\x04\x06\x00\x00\x00\x01x\x00\x00\x00\x01m"),  /* or for nothing */
		RAW("\x10\xff\xff\xff\x7f\x00\x04MQTT\x04\x02\x00\x00\x00\x01x"),       /* 256 MB of it to come */
	};
	setup(1);
	ALL_CLOSED(raws);
	teardown();
}
END_TEST

/* MQTT-3.1.4-2, on the worker of the first connection and from any other. */
START_TEST(second_connection_ends_the_first)
{
	setup(3);
	for (int i = 0; i < 10; i++) {
		char id[24];
		snprintf(id, sizeof id, "same-%d", i);
		start(&a, id);
		start(&b, id);
		expect_closed(&a);
		mqtt_client_expect_silence(&b);
	}
	teardown();
}
END_TEST

/* MQTT-3.1.4-4, MQTT-3.2.0-1: the answer to CONNECT comes first, whatever follows it at once. */
START_TEST(connack_comes_first)
{
	setup(1);
	start(&b, "pub");
	publish(&b, "t", "kept", 1, true);
	static const struct raw eager = RAW("\x10\x0d\x00\x04MQTT\x04\x00\x00\x00\x00\x01x"
					    "\x82\x06\x00\x01\x00\x01t\x01\xc0\x00");
	send_first(&a, eager);
	EXPECT_BYTES(&a, "\x20\x02\x00\x00");
	EXPECT_BYTES(&a, "\x90\x03\x00\x01\x01");
	vanish(&a, 1);
	publish(&b, "t", "queued", 1, false);
	send_first(&a, eager); /* what waited for it comes behind the CONNACK too */
	EXPECT_BYTES(&a, "\x20\x02\x01\x00");
	bool queued = false;
	for (struct packet packet = {0}; packet.type != PACKET_PINGRESP;) {
		ck_assert(mqtt_client_receive(&a, &packet));
		queued |= packet.type == PACKET_PUBLISH && span_is(packet.publish.payload, "queued");
	}
	ck_assert(queued);
	teardown();
}
END_TEST

/* MQTT-3.1.4-5 */
START_TEST(data_behind_a_refused_connect_is_not_processed)
{
	static const struct raw raws[] = {
		RAW("\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00" "\x31\x04\x00\x01tx"),     /* empty client id */
		RAW("\x10\x0d\x00\x04MQTT\x01\x02\x00\x00\x00\x01x" "\x31\x04\x00\x01tx"),    /* level 1 */
		RAW("\x10\x0c\x00\x04MQTT\x04\x00\x00\x00\x00\x00"
		    "\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01x\x31\x04\x00\x01tx"),       /* a second attempt */
	};
	setup(1);
	start(&b, "b");
	mqtt_client_subscribe(&b, "#", 0);
	for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
		send_first(&a, raws[i]);
		ck_assert_uint_ne(mqtt_client_expect(&a, PACKET_CONNACK).connack.reason, 0);
		expect_closed(&a);
	}
	mqtt_client_expect_silence(&b);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 0 && stats.sessions == 1);
	teardown();
}
END_TEST

/* MQTT-3.2.2-1, MQTT-3.2.2-2, MQTT-3.2.2-3, MQTT-3.1.4-3 */
START_TEST(session_present_tells_the_truth)
{
	setup(1);
	ck_assert(!resume(&a, "a"));
	vanish(&a, 0);
	ck_assert(resume(&a, "a"));
	ck_assert(resume(&b, "a")); /* taken over from a connected one */
	expect_closed(&a);
	vanish(&b, 0);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "a");
	mqtt_client_open(&a, fixture.port, MQTT_V311);
	mqtt_client_send(&a, &connect);
	EXPECT_BYTES(&a, "\x20\x02\x00\x00"); /* clean session, although there was one */
	vanish(&a, 0);
	ck_assert(!resume(&a, "a")); /* a clean one leaves nothing behind */
	teardown();
}
END_TEST

/* MQTT-3.2.2-4, MQTT-3.2.2-5: also when there is a session of that name. */
START_TEST(refusal_says_no_session_and_closes)
{
	struct broker_config config = broker_config_default();
	config.max_connections = 1;
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	resume(&a, "kept");
	vanish(&a, 0);
	start(&b, "b");
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "kept");
	connect.connect.clean_start = false;
	mqtt_client_open(&a, fixture.port, MQTT_V311);
	mqtt_client_send(&a, &connect);
	EXPECT_BYTES(&a, "\x20\x02\x00\x03");
	expect_closed(&a);
	vanish(&b, 0);
	ck_assert(resume(&a, "kept"));
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		first_packet_must_be_connect,
		second_connect_ends_the_connection,
		other_protocol_names_are_not_served,
		unknown_levels_are_told_and_cut_off,
		reserved_connect_flag_ends_the_connection,
		will_flag_and_fields_must_agree,
		will_qos_and_retain_need_the_will_flag,
		will_qos_3_ends_the_connection,
		credential_flags_and_fields_must_agree,
		password_needs_a_user_name,
		silence_ends_the_connection,
		fields_are_read_in_their_order,
		client_id_must_be_present,
		plain_client_ids_are_allowed,
		empty_client_id_is_given_a_unique_one,
		empty_client_id_needs_a_clean_session,
		rejected_client_id_gets_code_2,
		malformed_connect_gets_no_connack,
		second_connection_ends_the_first,
		connack_comes_first,
		data_behind_a_refused_connect_is_not_processed,
		session_present_tells_the_truth,
		refusal_says_no_session_and_closes,
	};
	return suite_run("statements3_connect", tests, sizeof tests / sizeof *tests);
}
