/* MQTT 5.0, CONNECT (§3.1): its place, its form, client identifiers, take-over, clean start. The
 * numbers above a test are those of the standard's statements. */
#include "statements5.h"

/* Sends these bytes on a fresh connection. */
static void send_first(struct mqtt_client *client, struct span bytes)
{
	mqtt_client_open(client, fixture.port, MQTT_V5);
	mqtt_client_send_raw(client, bytes.data, bytes.len);
}

/* MQTT-3.1.0-1: whatever comes before CONNECT ends the connection, and no DISCONNECT may be sent (MQTT-3.14.0-1) */
START_TEST(first_packet_must_be_connect)
{
	static const struct span firsts[] = {
		BYTES("\xc0\x00"),
		BYTES("\x30\x04\x00\x01t\x00"),
		BYTES("\x32\x06\x00\x01t\x00\x01\x00"),
		BYTES("\x82\x07\x00\x01\x00\x00\x01t\x00"),
		BYTES("\xe0\x00"),
		BYTES("\xf0\x06\x18\x04\x15\x00\x01m"),
		BYTES("\x62\x02\x00\x01"),
		/* nor does a CONNECT behind it help */
		BYTES("\xc0\x00\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01i"),
	};
	setup(1);
	for (size_t i = 0; i < LENGTH(firsts); i++) {
		send_first(&a, firsts[i]);
		expect_closed(&a);
	}
	start(&a, "polite");
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.1.0-2 */
START_TEST(second_connect_is_a_protocol_error)
{
	static const struct offence offences[] = {
		{BYTES("\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01i"), REASON_PROTOCOL_ERROR},
		{BYTES("\x10\x14\x00\x04MQTT\x05\x00\x00\x00\x00\x00\x07" "another"), REASON_PROTOCOL_ERROR},
		{BYTES("\x10\x00"), REASON_PROTOCOL_ERROR}, /* a second one, whatever it says */
	};
	setup(1);
	offend(offences, LENGTH(offences));
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 1); /* the bystander's */
	teardown();
}
END_TEST

/* MQTT-3.1.2-1, MQTT-3.1.2-2: other protocols and versions get 0x84 in the words of the version nearest to theirs */
START_TEST(other_protocols_are_refused)
{
	setup(1);
	static const struct {
		struct span connect, answer;
	} cases[] = {
		{BYTES("\x10\x0f\x00\x04MQTT\x06\x02\x00\x00\x00\x00\x01i\x00"), BYTES("\x20\x03\x00\x84\x00")},
		{BYTES("\x10\x0f\x00\x04MQTT\x7f\x02\x00\x00\x00\x00\x01i\x00"), BYTES("\x20\x03\x00\x84\x00")},
		{BYTES("\x10\x0f\x00\x04MQTT\xff\x02\x00\x00\x00\x00\x01i\x00"), BYTES("\x20\x02\x00\x01")}, /* a bridge's */
		{BYTES("\x10\x0d\x00\x04MQTT\x02\x02\x00\x00\x00\x01i"), BYTES("\x20\x02\x00\x01")},
		{BYTES("\x10\x0e\x00\x04MQTX\x05\x02\x00\x00\x00\x00\x01i"), {0}},
		{BYTES("\x10\x0e\x00\x04mqtt\x05\x02\x00\x00\x00\x00\x01i"), {0}},
		{BYTES("\x10\x10\x00\x06MQIsdp\x05\x02\x00\x00\x00\x00\x01i"), {0}},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint8_t got[64];
		size_t len = 0;
		ssize_t n;
		send_first(&a, cases[i].connect);
		while ((n = read(a.fd, got + len, sizeof got - len)) > 0)
			len += (size_t)n;
		if (cases[i].answer.len) {
			ck_assert_uint_eq(len, cases[i].answer.len);
			ck_assert_mem_eq(got, cases[i].answer.data, len);
		} else if (len) { /* it may say nothing; what it says is a refusal */
			ck_assert_uint_ge(len, 4);
			ck_assert(got[0] == PACKET_CONNACK << 4 && (got[3] == 1 || got[3] == 0x84));
		}
		mqtt_client_close(&a);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0 && stats.connections == 0);
	teardown();
}
END_TEST

/* MQTT-3.1.4-1; MQTT-3.1.2-3 (reserved flag), MQTT-3.1.2-9 (will fields), MQTT-3.1.2-11, MQTT-3.1.2-12,
 * MQTT-3.1.2-13 (will QoS and retain), MQTT-3.1.2-16 to MQTT-3.1.2-19 (user name, password), MQTT-3.1.3-3 */
START_TEST(form_of_connect_is_checked)
{
	static const struct span connects[] = {
		BYTES("\x10\x0e\x00\x04MQTT\x05\x03\x00\x00\x00\x00\x01i"),         /* reserved flag */
		BYTES("\x10\x0e\x00\x04MQTT\x05\x0a\x00\x00\x00\x00\x01i"),         /* will QoS 1, no will */
		BYTES("\x10\x0e\x00\x04MQTT\x05\x12\x00\x00\x00\x00\x01i"),         /* will QoS 2, no will */
		BYTES("\x10\x0e\x00\x04MQTT\x05\x22\x00\x00\x00\x00\x01i"),         /* will retain, no will */
		BYTES("\x10\x14\x00\x04MQTT\x05\x1e\x00\x00\x00\x00\x01i\x00\x00\x01w\x00\x00"), /* will QoS 3 */
		BYTES("\x10\x0e\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x01i"),         /* no will at all */
		BYTES("\x10\x0f\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x01i\x00"),     /* only its properties */
		BYTES("\x10\x12\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x01i\x00\x00\x01w"), /* no payload */
		BYTES("\x10\x13\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x01i\x00\x01w\x00\x00"), /* no properties */
		BYTES("\x10\x13\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01i\x00\x01w\x00\x00"), /* a will without the flag */
		BYTES("\x10\x11\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01i\x00\x01u"), /* user name without the flag */
		BYTES("\x10\x0e\x00\x04MQTT\x05\x82\x00\x00\x00\x00\x01i"),         /* flag without user name */
		BYTES("\x10\x14\x00\x04MQTT\x05\x82\x00\x00\x00\x00\x01i\x00\x01u\x00\x01p"), /* password without flag */
		BYTES("\x10\x11\x00\x04MQTT\x05\xc2\x00\x00\x00\x00\x01i\x00\x01u"), /* flag without password */
		BYTES("\x10\x0b\x00\x04MQTT\x05\x02\x00\x00\x00"),                   /* no client identifier */
		BYTES("\x10\x0d\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x02"),           /* a cut one */
		BYTES("\x10\x0f\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01i\x00"),     /* more than there should be */
		BYTES("\x10\x09\x00\x04MQTT\x05\x02\x00"),                           /* half a keep-alive */
		BYTES("\x10\x07\x00\x04MQTT\x05"),
	};
	setup(1);
	for (size_t i = 0; i < LENGTH(connects); i++) {
		send_first(&a, connects[i]);
		expect_refusal(&a, REASON_MALFORMED_PACKET);
	}
	/* not even the version can be read: closed */
	send_first(&a, (struct span)BYTES("\x10\x04\x00\x04MQ"));
	expect_closed(&a);
	send_first(&a, (struct span)BYTES("\x10\x00"));
	expect_closed(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0 && stats.connections == 0);
	teardown();
}
END_TEST

/* MQTT-3.1.3-1: client identifier, will properties, topic and payload, user name, password stand in this order; and
 * 5.0 takes a password without a user name, §3.1.2.9 */
START_TEST(fields_come_in_their_order)
{
	setup(1);
	start(&b, "sub");
	mqtt_client_subscribe(&b, "w", 0);
	send_first(&a, (struct span)BYTES("\x10\x20\x00\x04MQTT\x05\xc6\x00\x00\x00\x00\x01i"
					  "\x02\x01\x01\x00\x01w\x00\x04last\x00\x01u\x00\x01p"));
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_CONNACK).connack.reason, 0);
	mqtt_client_close(&a);
	struct packet_publish p = mqtt_client_expect_publish(&b, "w", "last");
	ck_assert(props_has(&p.props, PROP_PAYLOAD_FORMAT) && p.props.payload_format == 1);
	send_first(&a, (struct span)BYTES("\x10\x11\x00\x04MQTT\x05\x42\x00\x00\x00\x00\x01i\x00\x01p"));
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_CONNACK).connack.reason, 0);
	teardown();
}
END_TEST

/* MQTT-3.1.3-2, MQTT-3.1.3-5: identifiers of 1 to 23 letters and digits name a session each */
START_TEST(client_identifiers_name_sessions)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	setup(2);
	unsigned sessions = 0;
	for (size_t len = 1; len <= 23; len++)
		for (size_t from = 0; from + len < sizeof letters; from += 23) {
			char id[24] = "";
			memcpy(id, letters + from, len);
			ck_assert(!resume(&a, id));
			mqtt_client_expect_silence(&a);
			sessions++;
		}
	mqtt_client_close(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == sessions && stats.connections == 0);
	for (size_t len = 1; len <= 23; len++)
		for (size_t from = 0; from + len < sizeof letters; from += 23) {
			char id[24] = "";
			memcpy(id, letters + from, len);
			ck_assert(resume(&a, id));
		}
	/* case and length matter; longer ones and other characters are allowed */
	ck_assert(!resume(&a, "A1"));
	ck_assert(!resume(&a, "a1"));
	ck_assert(!resume(&a, "an identifier that is longer than twenty-three bytes, with +, # and / in it"));
	teardown();
}
END_TEST

/* MQTT-3.1.3-6, MQTT-3.1.3-7, MQTT-3.2.2-16: an empty identifier gets a new one, which works as if it had been sent */
START_TEST(empty_identifier_gets_one_of_its_own)
{
	setup(2);
	struct packet connect = lasting("", LONG_S);
	char ids[3][64];
	for (int i = 0; i < 3; i++) {
		struct packet_connack ack = join(&a, &connect);
		ck_assert(!ack.session_present);
		ck_assert(props_has(&ack.props, PROP_ASSIGNED_CLIENT_ID));
		struct span id = ack.props.assigned_client_id;
		ck_assert(id.len > 0 && id.len < sizeof ids[i]);
		memcpy(ids[i], id.data, id.len);
		ids[i][id.len] = 0;
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(ids[i], ids[k]);
		ck_assert_uint_eq(mqtt_client_subscribe(&a, "kept", 1), 1);
		mqtt_client_close(&a);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 3 && stats.connections == 0);
	start(&b, "pub");
	publish(&b, "kept", "waiting", 1, false);
	ck_assert(resume(&a, ids[1]));
	take(&a, "kept", "waiting");
	teardown();
}
END_TEST

/* A table with the user "lamp", whose token is "right" and whose client identifier is its name. */
static struct access_table *lamp_alone(void)
{
	static const struct access_rule rules[] = {{"lamp/#", true, true}};
	struct access_user user = {.name = "lamp", .rules = rules, .rule_count = 1, .own_client_id_only = true};
	struct access_table *table;
	access_token_hash(span_str("right"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	return table;
}

static struct packet as_lamp(const char *id, const char *token)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, id);
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = span_str("lamp");
	connect.connect.password = span_str(token);
	return connect;
}

/* MQTT-3.1.3-8: an identifier that the server does not take from this user is refused with 0x85 */
START_TEST(unacceptable_identifier_is_refused)
{
	broker_fixture_start(&fixture, NULL, 2, NULL, lamp_alone());
	static const char *const ids[] = {"lamp2", "lam", "LAMP", "lamp/"};
	for (size_t i = 0; i < LENGTH(ids); i++) {
		struct packet connect = as_lamp(ids[i], "right");
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send(&a, &connect);
		expect_refusal(&a, REASON_CLIENT_ID_NOT_VALID);
	}
	struct packet connect = as_lamp("lamp", "right");
	join(&a, &connect);
	teardown();
}
END_TEST

/* MQTT-3.1.4-2 and MQTT-3.2.2-7: checks beyond the form; a refusal ends the connection */
START_TEST(failed_checks_refuse_and_close)
{
	broker_fixture_start(&fixture, NULL, 1, NULL, lamp_alone());
	struct packet connects[] = {mqtt_client_connect_packet(MQTT_V5, "lamp"), as_lamp("lamp", "wrong"),
				    as_lamp("lamp", "right")};
	static const uint8_t reasons[] = {REASON_BAD_USER_NAME_OR_PASSWORD, REASON_BAD_USER_NAME_OR_PASSWORD,
					  REASON_NOT_AUTHORIZED};
	connects[2].connect.has_will = true;
	connects[2].connect.will.topic = span_str("elsewhere");
	for (size_t i = 0; i < LENGTH(connects); i++) {
		mqtt_client_open(&a, fixture.port, MQTT_V5);
		mqtt_client_send(&a, &connects[i]);
		expect_refusal(&a, reasons[i]);
	}
	connects[2].connect.will.topic = span_str("lamp/status");
	join(&a, &connects[2]);
	teardown();
}
END_TEST

/* MQTT-3.1.4-3: the elder connection is told 0x8E and closed, on whatever worker the two come in */
START_TEST(take_over_ends_the_elder_connection)
{
	setup(2);
	for (int i = 0; i < 8; i++) {
		bool clean = i % 2;
		struct packet connect = lasting("same", LONG_S);
		connect.connect.clean_start = clean;
		join(&a, &connect);
		ck_assert_int_eq(join(&b, &connect).session_present, !clean);
		mqtt_client_expect_end(&a, REASON_SESSION_TAKEN_OVER);
		mqtt_client_expect_silence(&b);
		vanish(&b, 0);
	}
	teardown();
}
END_TEST

/* MQTT-3.1.2-4, MQTT-3.1.4-4, MQTT-3.2.2-2: clean start forgets subscriptions, queue and unfinished messages */
START_TEST(clean_start_discards_the_session)
{
	setup(1);
	start(&c, "pub");
	ck_assert(!resume(&a, "again"));
	mqtt_client_subscribe(&a, "t", 2);
	publish(&c, "t", "unfinished", 2, false);
	mqtt_client_expect_publish(&a, "t", "unfinished");
	mqtt_client_publish(&a, "mine", "x", 2, false); /* an identifier that waits for PUBREL */
	mqtt_client_expect(&a, PACKET_PUBREC);
	vanish(&a, 1);
	publish(&c, "t", "queued", 1, false);
	struct packet connect = lasting("again", LONG_S);
	connect.connect.clean_start = true;
	ck_assert(!join(&a, &connect).session_present);
	mqtt_client_expect_silence(&a);
	publish(&c, "t", "nobody hears", 1, false);
	mqtt_client_expect_silence(&a);
	mqtt_client_ack(&a, PACKET_PUBREL, 1);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBCOMP).ack.reason, REASON_PACKET_ID_NOT_FOUND);
	/* and it is a new session that lasts */
	mqtt_client_subscribe(&a, "t", 1);
	vanish(&a, 1);
	publish(&c, "t", "anew", 1, false);
	ck_assert(resume(&a, "again"));
	take(&a, "t", "anew");
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.1.2-5, MQTT-3.1.2-6, MQTT-3.2.2-3: without clean start a session is gone on with, or made */
START_TEST(session_is_resumed_or_made)
{
	setup(1);
	start(&c, "pub");
	ck_assert(!resume(&a, "again"));
	mqtt_client_subscribe(&a, "t", 1);
	vanish(&a, 1);
	publish(&c, "t", "while away", 1, false);
	ck_assert(resume(&a, "again"));
	take(&a, "t", "while away");
	publish(&c, "t", "live", 1, false);
	take(&a, "t", "live");
	/* a session that has ended with its connection is not there any more */
	struct packet connect = lasting("brief", 0);
	ck_assert(!join(&b, &connect).session_present);
	mqtt_client_subscribe(&b, "t", 1);
	vanish(&b, 2);
	ck_assert(!join(&b, &connect).session_present);
	publish(&c, "t", "more", 1, false);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.4-5, MQTT-3.1.4-6: what comes in one segment behind CONNECT is served behind CONNACK, and not at all when
 * the CONNECT is refused */
START_TEST(packets_behind_connect_wait_for_its_answer)
{
	setup(2);
	start(&b, "sub");
	mqtt_client_subscribe(&b, "early/#", 1);
	send_first(&a, (struct span)BYTES("\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01i"
					  "\x82\x09\x00\x01\x00\x00\x03own\x00"
					  "\x33\x0e\x00\x09" "early/yes\x00\x02\x00"
					  "\x30\x07\x00\x03own\x00!"
					  "\xc0\x00"));
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_CONNACK).connack.reason, 0);
	mqtt_client_expect(&a, PACKET_SUBACK);
	mqtt_client_expect(&a, PACKET_PUBACK);
	mqtt_client_expect_publish(&a, "own", "!");
	mqtt_client_expect(&a, PACKET_PINGRESP);
	take(&b, "early/yes", "");
	/* the same behind a CONNECT with QoS 3 for its will */
	send_first(&c, (struct span)BYTES("\x10\x14\x00\x04MQTT\x05\x1e\x00\x00\x00\x00\x01j\x00\x00\x01w\x00\x00"
					  "\x82\x09\x00\x01\x00\x00\x03own\x00"
					  "\x33\x0e\x00\x08" "early/no\x00\x02\x00!"
					  "\xc0\x00"));
	expect_refusal(&c, REASON_MALFORMED_PACKET);
	mqtt_client_expect_silence(&b);
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 2 && stats.retained == 0 && stats.connections == 2);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		first_packet_must_be_connect,
		second_connect_is_a_protocol_error,
		other_protocols_are_refused,
		form_of_connect_is_checked,
		fields_come_in_their_order,
		client_identifiers_name_sessions,
		empty_identifier_gets_one_of_its_own,
		unacceptable_identifier_is_refused,
		failed_checks_refuse_and_close,
		take_over_ends_the_elder_connection,
		clean_start_discards_the_session,
		session_is_resumed_or_made,
		packets_behind_connect_wait_for_its_answer,
	};
	return suite_run("statements5_connect", tests, LENGTH(tests));
}
