/* What outlives the hub, and when a client hears that it does: the real broker over the real store, with answers of the
 * disk that the test holds back or makes failures of. */
#include <check.h>
#include <stdio.h>

#include "base/err.h"
#include "durable_fixture.h"

START_TEST(acknowledgements_wait_for_the_disk_and_only_for_it)
{
	setup(1);
	ck_assert(!come(&sub, MQTT_V5, "sub"));
	ck_assert_uint_le(mqtt_client_subscribe(&sub, "kept/#", 2), 2);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	mqtt_client_start(&other, fixture.port, MQTT_V311, "other");
	ck_assert_uint_eq(mqtt_client_subscribe(&other, "live", 1), 1);
	held_port_hold(&held, true);
	mqtt_client_publish(&pub, "room/t", "21", 1, true);
	mqtt_client_expect_silence(&pub);
	/* what nobody has to keep is acknowledged at once, for another client */
	mqtt_client_publish(&other, "live", "x", 1, false);
	bool got_ack = false, got_message = false;
	while (!got_ack || !got_message) {
		struct packet p;
		ck_assert(mqtt_client_receive(&other, &p));
		got_ack |= p.type == PACKET_PUBACK;
		got_message |= p.type == PACKET_PUBLISH;
	}
	/* to a kept session: at QoS 1 delivered at once, acknowledged later */
	publish_id(&pub, "kept/a", "1", 1, 2);
	struct packet_publish m = mqtt_client_expect_publish(&sub, "kept/a", "1");
	mqtt_client_ack(&sub, PACKET_PUBACK, m.id);
	mqtt_client_expect_silence(&pub);
	/* at QoS 2 not even delivered */
	publish_id(&pub, "kept/b", "2", 2, 3);
	mqtt_client_expect_silence(&sub);
	held_port_hold(&held, false);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.id, 1);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.id, 2);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBREC).ack.id, 3);
	mqtt_client_expect_publish(&sub, "kept/b", "2");
	teardown();
}
END_TEST

START_TEST(everything_of_a_session_comes_back)
{
	uint8_t version = _i ? MQTT_V5 : MQTT_V311;
	setup(1);
	come(&sub, version, "sub");
	mqtt_client_subscribe(&sub, "a/#", 1);
	mqtt_client_subscribe(&sub, "b", 2);
	mqtt_client_subscribe(&sub, "gone", 2);
	mqtt_client_send(&sub, &(struct packet){.type = PACKET_UNSUBSCRIBE,
						.subscribe = {.id = 7, .filters = span_of("\0\4gone", 6), .count = 1}});
	mqtt_client_expect(&sub, PACKET_UNSUBACK);
	mqtt_client_stop(&sub, 0);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	publish_id(&pub, "a/1", "one", 1, 1);
	publish_id(&pub, "b", "two", 2, 2);
	publish_id(&pub, "gone", "no", 2, 3);
	mqtt_client_expect(&pub, PACKET_PUBACK);
	mqtt_client_expect(&pub, PACKET_PUBREC);
	mqtt_client_expect(&pub, PACKET_PUBREC);
	restart(_i ? 3 : 1);
	ck_assert(come(&sub, version, "sub"));
	struct packet_publish first = mqtt_client_expect_publish(&sub, "a/1", "one");
	ck_assert_uint_eq(first.qos, 1);
	struct packet_publish second = mqtt_client_expect_publish(&sub, "b", "two");
	ck_assert_uint_eq(second.qos, 2);
	mqtt_client_ack(&sub, PACKET_PUBACK, first.id);
	mqtt_client_ack(&sub, PACKET_PUBREC, second.id);
	mqtt_client_expect(&sub, PACKET_PUBREL);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	publish_id(&pub, "a/2", "three", 1, 1);
	mqtt_client_expect_publish(&sub, "a/2", "three");
	teardown();
}
END_TEST

/* A new connection asks again while the disk is slow: the answer vouches for the same change as the first. */
START_TEST(an_answer_asked_for_again_waits_all_the_same)
{
	setup(1);
	come(&sub, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "t", 2);
	come(&pub, MQTT_V5, "pub");
	held_port_hold(&held, true);
	publish_id(&pub, "t", "1", 2, 1);
	mqtt_client_expect_silence(&pub);
	come(&pub, MQTT_V5, "pub");
	publish_id(&pub, "t", "1", 2, 1);
	mqtt_client_expect_silence(&pub);
	held_port_hold(&held, false);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBREC).ack.reason, REASON_SUCCESS);
	mqtt_client_expect_publish(&sub, "t", "1");
	held_port_hold(&held, true);
	mqtt_client_ack(&pub, PACKET_PUBREL, 1);
	mqtt_client_expect_silence(&pub);
	come(&pub, MQTT_V5, "pub");
	mqtt_client_ack(&pub, PACKET_PUBREL, 1);
	mqtt_client_expect_silence(&pub);
	held_port_hold(&held, false);
	mqtt_client_expect(&pub, PACKET_PUBCOMP);
	teardown();
}
END_TEST

/* The same when what the answer vouches for is somebody else's to bring to the disk. */
START_TEST(an_answer_asked_for_again_waits_for_others)
{
	setup(1);
	ck_assert_int_eq(tap_add(fixture.broker, span_str("t"), &(struct tap_sink){.message = keep_receipt}), 0);
	come(&pub, MQTT_V311, "pub");
	publish_id(&pub, "t", "1", 2, 1);
	struct receipt *first = await_receipt();
	come(&pub, MQTT_V311, "pub");
	publish_id(&pub, "t", "1", 2, 1);
	publish_id(&pub, "t", "1", 2, 1);
	mqtt_client_expect_silence(&pub);
	receipt_release(first, 0);
	mqtt_client_expect(&pub, PACKET_PUBREC);
	mqtt_client_expect(&pub, PACKET_PUBREC);
	/* it is done while nobody is there */
	publish_id(&pub, "t", "2", 2, 2);
	struct receipt *second = await_receipt();
	mqtt_client_close(&pub);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0);
	receipt_release(second, 0);
	come(&pub, MQTT_V311, "pub");
	publish_id(&pub, "t", "2", 2, 2);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBREC).ack.id, 2);
	ck_assert_ptr_null(atomic_load(&wanted)); /* routed once */
	/* it cannot be done: what comes again is new */
	publish_id(&pub, "t", "3", 2, 3);
	struct receipt *third = await_receipt();
	mqtt_client_close(&pub);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0);
	receipt_release(third, ERR_FULL);
	come(&pub, MQTT_V311, "pub");
	publish_id(&pub, "t", "3", 2, 3);
	receipt_release(await_receipt(), 0);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBREC).ack.id, 3);
	/* its session ends meanwhile */
	publish_id(&pub, "t", "4", 2, 4);
	struct receipt *fourth = await_receipt();
	mqtt_client_close(&pub);
	mqtt_client_start(&pub, fixture.port, MQTT_V311, "pub"); /* a clean one */
	receipt_release(fourth, 0);
	publish_id(&pub, "t", "4", 2, 4);
	receipt_release(await_receipt(), 0);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBREC).ack.id, 4);
	teardown();
}
END_TEST

START_TEST(handshakes_go_on_where_they_were)
{
	setup(1);
	come(&sub, MQTT_V311, "sub");
	mqtt_client_subscribe(&sub, "t", 2);
	come(&pub, MQTT_V311, "pub");
	publish_id(&pub, "t", "1", 2, 11);
	mqtt_client_expect(&pub, PACKET_PUBREC);
	struct packet_publish one = mqtt_client_expect_publish(&sub, "t", "1");
	mqtt_client_ack(&sub, PACKET_PUBREC, one.id);
	mqtt_client_expect(&sub, PACKET_PUBREL);
	publish_id(&pub, "t", "2", 2, 12);
	mqtt_client_expect(&pub, PACKET_PUBREC);
	struct packet_publish two = mqtt_client_expect_publish(&sub, "t", "2");
	restart(1);
	/* the receiver: the first waits for its PUBCOMP, the second for its PUBREC, under the same identifiers */
	ck_assert(come(&sub, MQTT_V311, "sub"));
	ck_assert_uint_eq(mqtt_client_expect(&sub, PACKET_PUBREL).ack.id, one.id);
	struct packet_publish again = mqtt_client_expect_publish(&sub, "t", "2");
	ck_assert_uint_eq(again.id, two.id);
	ck_assert(again.dup);
	mqtt_client_ack(&sub, PACKET_PUBCOMP, one.id);
	mqtt_client_ack(&sub, PACKET_PUBREC, two.id);
	ck_assert_uint_eq(mqtt_client_expect(&sub, PACKET_PUBREL).ack.id, two.id);
	mqtt_client_ack(&sub, PACKET_PUBCOMP, two.id);
	/* the sender: what it repeats is not delivered twice */
	ck_assert(come(&pub, MQTT_V311, "pub"));
	mqtt_client_send(&pub, &(struct packet){.type = PACKET_PUBLISH, .publish = {.qos = 2, .id = 12, .dup = true,
					.topic = span_str("t"), .payload = span_str("2")}});
	mqtt_client_expect(&pub, PACKET_PUBREC);
	mqtt_client_ack(&pub, PACKET_PUBREL, 12);
	mqtt_client_expect(&pub, PACKET_PUBCOMP);
	mqtt_client_expect_silence(&sub);
	publish_id(&pub, "t", "3", 2, 12);
	mqtt_client_expect_publish(&sub, "t", "3");
	restart(1);
	ck_assert(come(&sub, MQTT_V311, "sub"));
	mqtt_client_expect_publish(&sub, "t", "3"); /* and nothing of the others */
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

/* An older message that is not acknowledged does not block its session because a newer one is half done. */
START_TEST(a_newer_handshake_holds_nothing_up)
{
	setup(1);
	come(&sub, MQTT_V311, "sub");
	ck_assert_uint_eq(mqtt_client_subscribe(&sub, "q", 2), 2);
	mqtt_client_start(&pub, fixture.port, MQTT_V311, "pub");
	publish_id(&pub, "q", "older", 1, 1);
	uint16_t older = mqtt_client_expect_publish(&sub, "q", "older").id;
	mqtt_client_expect(&pub, PACKET_PUBACK);
	publish_id(&pub, "q", "newer", 2, 2);
	uint16_t newer = mqtt_client_expect_publish(&sub, "q", "newer").id;
	mqtt_client_expect(&pub, PACKET_PUBREC);
	mqtt_client_ack(&sub, PACKET_PUBREC, newer);
	mqtt_client_expect(&sub, PACKET_PUBREL);
	restart(1);
	ck_assert(come(&sub, MQTT_V311, "sub"));
	bool released = false, sent = false;
	while (!released || !sent) {
		struct packet p;
		ck_assert(mqtt_client_receive(&sub, &p));
		if (p.type == PACKET_PUBREL) {
			ck_assert_uint_eq(p.ack.id, newer);
			released = true;
		} else {
			ck_assert_int_eq(p.type, PACKET_PUBLISH);
			ck_assert(p.publish.dup && p.publish.id == older && span_is(p.publish.payload, "older"));
			sent = true;
		}
	}
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

START_TEST(retained_messages_come_back_and_cleared_ones_do_not)
{
	setup(3);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	struct packet m = {.type = PACKET_PUBLISH, .publish = {.qos = 1, .id = 1, .retain = true, .topic = span_str("r/props"),
							       .payload = span_str("p")}};
	m.publish.props.content_type = span_str("text/plain");
	props_set(&m.publish.props, PROP_CONTENT_TYPE);
	m.publish.props.message_expiry_s = 1000;
	props_set(&m.publish.props, PROP_MESSAGE_EXPIRY);
	mqtt_client_send(&pub, &m);
	mqtt_client_expect(&pub, PACKET_PUBACK);
	mqtt_client_publish(&pub, "r/old", "1", 1, true);
	mqtt_client_expect(&pub, PACKET_PUBACK);
	mqtt_client_publish(&pub, "r/old", "", 1, true);
	mqtt_client_expect(&pub, PACKET_PUBACK);
	restart(2);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "r/#", 1);
	struct packet_publish got = mqtt_client_expect_publish(&sub, "r/props", "p");
	ck_assert(span_is(got.props.content_type, "text/plain"));
	ck_assert_uint_le(got.props.message_expiry_s, 1000);
	ck_assert_uint_gt(got.props.message_expiry_s, 900);
	mqtt_client_ack(&sub, PACKET_PUBACK, got.id);
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

static int count_retained(void *ctx, const struct persist_change *change)
{
	*(unsigned *)ctx += change->type == PERSIST_RETAINED_SET;
	return 0;
}

START_TEST(expired_messages_leave_memory_and_the_disk)
{
	setup(2);
	end();
	config.sweep_ms = 20;
	begin(2);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	struct packet m = {.type = PACKET_PUBLISH, .publish = {.qos = 1, .id = 1, .retain = true, .topic = span_str("r/brief"),
							       .payload = span_str("b")}};
	m.publish.props.message_expiry_s = 1;
	props_set(&m.publish.props, PROP_MESSAGE_EXPIRY);
	mqtt_client_send(&pub, &m);
	mqtt_client_expect(&pub, PACKET_PUBACK);
	mqtt_client_publish(&pub, "r/lasting", "l", 1, true);
	mqtt_client_expect(&pub, PACKET_PUBACK);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1); /* nobody has asked for it */
	mqtt_client_close(&pub);
	end();
	unsigned left = 0;
	char message[512];
	ck_assert_int_eq(store_open(&(struct store_options){.state_dir = dir}, &store, message), 0);
	const struct persist_port inner = store_persist_port(store);
	ck_assert_int_eq(inner.load(inner.ctx, count_retained, &left), 0);
	ck_assert_uint_eq(left, 1);
	store_close(&store);
	begin(2);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "r/#", 0);
	mqtt_client_expect_publish(&sub, "r/lasting", "l");
	teardown();
}
END_TEST

START_TEST(what_was_purged_does_not_come_back)
{
	unsigned workers = (unsigned)_i;
	setup(workers);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	static const char *const topics[] = {"tree/lamp/a", "tree/lamp/b/c", "tree/lamp", "tree/other"};
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
		mqtt_client_publish(&pub, topics[i], "x", 1, true);
		mqtt_client_expect(&pub, PACKET_PUBACK);
	}
	broker_purge(fixture.broker, span_str("tree/lamp/#"), NULL);
	BROKER_FIXTURE_AWAIT(&fixture, stats.retained == 1);
	restart(workers);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "tree/#", 0);
	mqtt_client_expect_publish(&sub, "tree/other", "x");
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

/* What found no room has outdated what was there before, on the disk too. */
START_TEST(a_message_without_room_takes_the_old_one_along)
{
	static char large[2000];
	memset(large, 'x', sizeof large - 1);
	setup(1);
	config.max_retained_bytes = 1000;
	restart(1);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	mqtt_client_publish(&pub, "t", "old", 1, true);
	ck_assert_uint_lt(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, 0x80);
	mqtt_client_publish(&pub, "t", large, 1, true);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_QUOTA_EXCEEDED);
	restart(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "t", 0);
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

START_TEST(a_full_disk_refuses_what_must_be_kept_and_nothing_else)
{
	setup(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V311, "sub");
	mqtt_client_subscribe(&sub, "#", 1);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	mqtt_client_start(&other, fixture.port, MQTT_V311, "other");
	held_port_fail(&held, ERR_DISK_FULL, 0);
	mqtt_client_publish(&pub, "full", "1", 1, true);
	mqtt_client_ack(&sub, PACKET_PUBACK, mqtt_client_expect_publish(&sub, "full", "1").id);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_QUOTA_EXCEEDED);
	/* now that it is known, at once; live routing goes on */
	mqtt_client_publish(&pub, "full", "2", 2, true);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBREC).ack.reason, REASON_QUOTA_EXCEEDED);
	mqtt_client_ack(&sub, PACKET_PUBACK, mqtt_client_expect_publish(&sub, "full", "2").id);
	mqtt_client_publish(&pub, "live", "3", 1, false);
	mqtt_client_ack(&sub, PACKET_PUBACK, mqtt_client_expect_publish(&sub, "live", "3").id);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_SUCCESS);
	/* 3.x cannot be told no, so it is told nothing */
	mqtt_client_publish(&other, "old", "4", 1, true);
	mqtt_client_ack(&sub, PACKET_PUBACK, mqtt_client_expect_publish(&sub, "old", "4").id);
	mqtt_client_expect_silence(&other);
	held_port_fail(&held, 0, 0);
	mqtt_client_expect(&other, PACKET_PUBACK); /* it recovers by itself */
	mqtt_client_publish(&pub, "full", "5", 1, true);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_SUCCESS);
	restart(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V311, "sub");
	mqtt_client_subscribe(&sub, "full", 1);
	mqtt_client_expect_publish(&sub, "full", "5");
	mqtt_client_subscribe(&sub, "old", 0);
	mqtt_client_expect_publish(&sub, "old", "4");
	teardown();
}
END_TEST

START_TEST(a_store_that_falls_behind_slows_the_publisher_and_loses_nothing)
{
	enum { MANY = 3000 };
	setup(1);
	config.max_inflight = 50;
	restart(1);
	mqtt_client_start(&pub, fixture.port, MQTT_V311, "pub");
	held_port_fail(&held, 0, ERR_FULL);
	for (int i = 0; i < MANY; i++) {
		char topic[32];
		snprintf(topic, sizeof topic, "many/%d", i);
		publish_id(&pub, topic, "x", 1, (uint16_t)(i + 1));
	}
	held_port_fail(&held, 0, 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.id, i + 1);
	BROKER_FIXTURE_AWAIT(&fixture, stats.received == MANY);
	teardown();
}
END_TEST

START_TEST(a_will_waits_for_its_client_after_a_restart)
{
	setup(1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "mortal");
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("will");
	connect.connect.will.payload = span_str("dead");
	ck_assert_uint_eq(mqtt_client_login(&pub, fixture.port, &connect).connack.reason, 0);
	restart(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V311, "sub");
	mqtt_client_subscribe(&sub, "will", 0);
	mqtt_client_expect_silence(&sub);
	/* back in time: nobody has died, and the session, which was not to last, is a new one */
	connect.connect.has_will = false;
	connect.connect.clean_start = false;
	ck_assert(!mqtt_client_login(&pub, fixture.port, &connect).connack.session_present);
	mqtt_client_stop(&pub, 0);
	mqtt_client_expect_silence(&sub);
	BROKER_FIXTURE_AWAIT(&fixture, stats.sessions == 2);
	teardown();
}
END_TEST

START_TEST(a_clean_start_leaves_nothing_behind)
{
	setup(1);
	come(&sub, MQTT_V5, "sub");
	mqtt_client_subscribe(&sub, "a", 1);
	mqtt_client_stop(&sub, 0);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	mqtt_client_publish(&pub, "a", "1", 1, false);
	mqtt_client_expect(&pub, PACKET_PUBACK);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	restart(1);
	ck_assert(!come(&sub, MQTT_V5, "sub"));
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_persistence");
	TCase *tcase = tcase_create("persistence");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, acknowledgements_wait_for_the_disk_and_only_for_it);
	tcase_add_test(tcase, an_answer_asked_for_again_waits_all_the_same);
	tcase_add_test(tcase, an_answer_asked_for_again_waits_for_others);
	tcase_add_test(tcase, handshakes_go_on_where_they_were);
	tcase_add_test(tcase, a_newer_handshake_holds_nothing_up);
	tcase_add_test(tcase, retained_messages_come_back_and_cleared_ones_do_not);
	tcase_add_test(tcase, expired_messages_leave_memory_and_the_disk);
	tcase_add_test(tcase, a_message_without_room_takes_the_old_one_along);
	tcase_add_test(tcase, a_full_disk_refuses_what_must_be_kept_and_nothing_else);
	tcase_add_test(tcase, a_store_that_falls_behind_slows_the_publisher_and_loses_nothing);
	tcase_add_test(tcase, a_will_waits_for_its_client_after_a_restart);
	tcase_add_test(tcase, a_clean_start_leaves_nothing_behind);
	tcase_add_loop_test(tcase, what_was_purged_does_not_come_back, 1, 3);
	tcase_add_loop_test(tcase, everything_of_a_session_comes_back, 0, 2);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
