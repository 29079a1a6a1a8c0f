/* MQTT 3.1.1, sessions: clean and lasting (§3.1.2.4), client ids (§3.1.3.1), state (§4.1). The numbers above
 * a test are those of the standard's statements. */
#include "statements3.h"

static void start_clean(struct mqtt_client *client, const char *id)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, id);
	struct packet ack = mqtt_client_login(client, fixture.port, &connect);
	ck_assert_uint_eq(ack.connack.reason, 0);
	ck_assert(!ack.connack.session_present);
}

/* MQTT-3.1.2-4, MQTT-4.1.0-1: created when there is none, kept, resumed; all its parts. */
START_TEST(lasting_session_is_resumed)
{
	setup(1);
	start(&a, "other");
	mqtt_client_subscribe(&a, "from/b", 2);
	ck_assert(!resume(&b, "b"));
	mqtt_client_subscribe(&b, "one/#", 1);
	mqtt_client_subscribe(&b, "two/#", 2);
	publish(&a, "one/x", "unacknowledged", 1, false);
	uint16_t sent = mqtt_client_expect_publish(&b, "one/x", "unacknowledged").id;
	publish(&a, "two/x", "half done", 2, false);
	uint16_t half = mqtt_client_expect_publish(&b, "two/x", "half done").id;
	mqtt_client_ack(&b, PACKET_PUBREC, half);
	mqtt_client_expect(&b, PACKET_PUBREL);
	mqtt_client_publish(&b, "from/b", "received", 2, false);
	mqtt_client_expect(&b, PACKET_PUBREC);
	take(&a, "from/b", "received");
	vanish(&b, 1);
	publish(&a, "two/y", "queued", 2, false);

	ck_assert(resume(&b, "b"));
	struct packet_publish p = mqtt_client_expect_publish(&b, "one/x", "unacknowledged");
	ck_assert(p.id == sent && p.dup);
	ck_assert_uint_eq(mqtt_client_expect(&b, PACKET_PUBREL).ack.id, half);
	p = mqtt_client_expect_publish(&b, "two/y", "queued");
	ck_assert(!p.dup && p.qos == 2);
	mqtt_client_publish(&b, "from/b", "received", 2, false); /* the same again: PUBREL has not been sent */
	mqtt_client_expect(&b, PACKET_PUBREC);
	mqtt_client_expect_silence(&a);
	publish(&a, "one/z", "subscribed", 0, false);
	mqtt_client_expect_publish(&b, "one/z", "subscribed");
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.2-5: QoS 1 and 2 that match what it had subscribed; the rest is not kept. */
START_TEST(messages_are_kept_for_the_absent)
{
	setup(1);
	start(&a, "pub");
	resume(&b, "sub");
	mqtt_client_subscribe(&b, "kept/1", 1);
	mqtt_client_subscribe(&b, "kept/2", 2);
	mqtt_client_subscribe(&b, "not/0", 0);
	mqtt_client_subscribe(&b, "not/any/more", 2);
	unsubscribe(&b, "not/any/more");
	mqtt_client_stop(&b, 0); /* a proper DISCONNECT changes nothing of it */
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	for (uint8_t qos = 1; qos < 3; qos++) {
		publish(&a, "kept/1", "one", qos, false);
		publish(&a, "kept/2", "two", qos, false);
		publish(&a, "not/0", "x", qos, false);
		publish(&a, "not/any/more", "x", qos, false);
	}
	ck_assert(resume(&b, "sub"));
	for (uint8_t qos = 1; qos < 3; qos++) {
		ck_assert_uint_eq(take(&b, "kept/1", "one").qos, 1);
		ck_assert_uint_eq(take(&b, "kept/2", "two").qos, qos);
	}
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.2-6, MQTT-3.1.4-3: all that the older session had is gone, also for those that come after. */
START_TEST(clean_session_discards_the_older)
{
	setup(1);
	start(&a, "other");
	mqtt_client_subscribe(&a, "from/b", 0);
	resume(&b, "b");
	mqtt_client_subscribe(&b, "t", 1);
	publish(&a, "t", "unacknowledged", 1, false);
	mqtt_client_expect_publish(&b, "t", "unacknowledged");
	mqtt_client_publish(&b, "from/b", "once", 2, false);
	mqtt_client_expect(&b, PACKET_PUBREC);
	mqtt_client_expect_publish(&a, "from/b", "once");
	vanish(&b, 1);
	publish(&a, "t", "queued", 1, false);

	start_clean(&b, "b");
	publish(&a, "t", "live", 1, false);
	mqtt_client_expect_silence(&b); /* neither messages nor subscriptions */
	mqtt_client_publish(&b, "from/b", "new", 2, false); /* nor identifiers */
	mqtt_client_expect(&b, PACKET_PUBREC);
	mqtt_client_expect_publish(&a, "from/b", "new");
	mqtt_client_subscribe(&b, "u", 1);
	vanish(&b, 1);
	publish(&a, "u", "for nobody", 1, false);
	ck_assert(!resume(&b, "b")); /* its own state is not reused either */
	publish(&a, "u", "for nobody", 1, false);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.1.2-6: also when the older session is connected at that time. */
START_TEST(clean_session_discards_a_connected_one)
{
	setup(1);
	start(&c, "pub");
	resume(&a, "same");
	mqtt_client_subscribe(&a, "t", 1);
	publish(&c, "t", "x", 1, false);
	mqtt_client_expect_publish(&a, "t", "x");
	start_clean(&b, "same");
	expect_closed(&a);
	publish(&c, "t", "y", 1, false);
	mqtt_client_expect_silence(&b);
	/* and a lasting one that follows a clean one, connected, starts with nothing */
	mqtt_client_subscribe(&b, "t", 1);
	ck_assert(!resume(&a, "same"));
	expect_closed(&b);
	publish(&c, "t", "z", 1, false);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.1.2-7 */
START_TEST(retained_messages_outlive_the_session)
{
	setup(1);
	start(&a, "a");
	publish(&a, "r/clean", "1", 1, true);
	mqtt_client_stop(&a, 0);
	resume(&a, "a");
	publish(&a, "r/lasting", "2", 1, true);
	vanish(&a, 0);
	start_clean(&a, "a"); /* ends the lasting one */
	mqtt_client_close(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0);
	start(&b, "b");
	mqtt_client_subscribe(&b, "r/clean", 0);
	mqtt_client_expect_publish(&b, "r/clean", "1");
	mqtt_client_subscribe(&b, "r/lasting", 0);
	mqtt_client_expect_publish(&b, "r/lasting", "2");
	teardown();
}
END_TEST

/* MQTT-3.1.3-2: the client id, and nothing else, tells the sessions apart. */
START_TEST(client_id_identifies_the_session)
{
	setup(3);
	static const char *const ids[] = {"lamp", "Lamp", "lamp ", "lam", "lamp/1", "l\xc3\xa4mp", "la\xcc\x88mp"};
	enum { COUNT = sizeof ids / sizeof *ids };
	for (int i = 0; i < COUNT; i++) {
		ck_assert(!resume(&a, ids[i]));
		mqtt_client_subscribe(&a, ids[i], 1);
		mqtt_client_close(&a);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0 && stats.sessions == COUNT);
	start(&b, "pub");
	for (int i = 0; i < COUNT; i++) {
		mqtt_client_publish(&b, ids[i], ids[i], 1, false);
		mqtt_client_expect(&b, PACKET_PUBACK);
	}
	for (int i = 0; i < COUNT; i++) {
		ck_assert(resume(&a, ids[i]));
		take(&a, ids[i], ids[i]);
		mqtt_client_expect_silence(&a);
		mqtt_client_close(&a);
	}
	teardown();
}
END_TEST

/* MQTT-4.1.0-2: a session, clean or not, is there as long as its connection. */
START_TEST(session_lasts_as_long_as_its_connection)
{
	struct broker_config config = broker_config_default();
	config.max_session_expiry_s = 0; /* kept no longer than that */
	broker_fixture_start(&fixture, &config, 1, NULL, NULL);
	start(&a, "clean");
	resume(&b, "lasting");
	mqtt_client_subscribe(&a, "t", 1);
	mqtt_client_subscribe(&b, "t", 1);
	for (int i = 0; i < 50; i++) { /* others come and go meanwhile */
		start(&c, "visitor");
		publish(&c, "t", "x", 1, false);
		take(&a, "t", "x");
		take(&b, "t", "x");
		mqtt_client_close(&c);
	}
	vanish(&a, 1);
	vanish(&b, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 0);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lasting_session_is_resumed,
		messages_are_kept_for_the_absent,
		clean_session_discards_the_older,
		clean_session_discards_a_connected_one,
		retained_messages_outlive_the_session,
		client_id_identifies_the_session,
		session_lasts_as_long_as_its_connection,
	};
	return suite_run("statements3_session", tests, sizeof tests / sizeof *tests);
}
