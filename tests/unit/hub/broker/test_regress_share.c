/* Shared subscriptions where others lost messages, sent them twice or crashed: members who are away, plain
 * subscriptions beside shared ones, members who leave with half of a message. (MQTT 5.0 §4.8.2) */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "mqtt/reason.h"
#include "support/suite.h"
#include "support/virtual_check.h"

enum { MESSAGES = 30 };

static struct access_table *table;
static struct virtual_client pub, a, b, c;

static void begin_with(struct broker_config config)
{
	config.workers = 2; /* members live on different workers */
	ck_assert_int_ge(sodium_init(), 0);
	ck_assert_int_eq(access_table_create_open(&table), 0);
	virtual_broker_start(&config, NULL, table);
	struct packet connect = virtual_connect("pub", 0);
	ck_assert_uint_eq(virtual_login(&pub, &connect).connack.reason, 0);
}

static void begin(void)
{
	begin_with(broker_config_default());
}

static void end(void)
{
	virtual_client_close(&pub);
	virtual_client_close(&a);
	virtual_client_close(&b);
	virtual_client_close(&c);
	virtual_broker_stop();
	access_table_unref(&table);
}

static void join(struct virtual_client *client, const char *id, uint32_t expiry_s, const char *filter, uint8_t qos)
{
	struct packet connect = virtual_connect(id, expiry_s);
	ck_assert_uint_eq(virtual_login(client, &connect).connack.reason, 0);
	ck_assert_uint_eq(virtual_subscribe(client, filter, qos), qos);
}

static bool come_back(struct virtual_client *client, const char *id)
{
	struct packet connect = virtual_connect(id, 3600);
	connect.connect.clean_start = false;
	return virtual_login(client, &connect).connack.session_present;
}

static void publish(const char *topic, int number, uint8_t qos)
{
	char text[16];
	snprintf(text, sizeof text, "%d", number);
	virtual_publish(&pub, topic, text, qos, false);
	if (qos == 1)
		virtual_expect(&pub, PACKET_PUBACK);
	if (qos != 2)
		return;
	virtual_expect(&pub, PACKET_PUBREC);
	virtual_client_send(&pub, &(struct packet){.type = PACKET_PUBREL, .ack = {.id = 1}});
	virtual_expect(&pub, PACKET_PUBCOMP);
}

static void ack(struct virtual_client *client, uint8_t type, uint16_t id)
{
	virtual_client_send(client, &(struct packet){.type = type, .ack = {.id = id}});
}

/* Takes and acknowledges all PUBLISH that have come; marks their numbers. Returns how many. */
static unsigned take_all(struct virtual_client *client, unsigned seen[MESSAGES])
{
	struct packet packet;
	struct wire_frame frame;
	unsigned count = 0;
	while (client->stream && virtual_client_receive(client, &packet, &frame)) {
		if (packet.type != PACKET_PUBLISH)
			continue;
		char text[16] = "";
		ck_assert_uint_lt(packet.publish.payload.len, sizeof text);
		memcpy(text, packet.publish.payload.data, packet.publish.payload.len);
		seen[strtol(text, NULL, 10)]++;
		count++;
		uint16_t id = packet.publish.id;
		if (packet.publish.qos == 1)
			ack(client, PACKET_PUBACK, id);
		if (packet.publish.qos == 2) {
			ack(client, PACKET_PUBREC, id);
			ack(client, PACKET_PUBCOMP, id);
		}
	}
	return count;
}

static void expect_each_once(const unsigned seen[MESSAGES], int from, int to)
{
	for (int i = from; i < to; i++)
		ck_assert_msg(seen[i] == 1, "message %d came %u times", i, seen[i]);
}

START_TEST(share_spreads_and_repeats_nothing)
{
	begin();
	uint8_t qos = (uint8_t)_i;
	unsigned seen[MESSAGES] = {0};
	join(&a, "a", 0, "$share/g/t/#", qos);
	join(&b, "b", 0, "$share/g/t/#", qos);
	join(&c, "c", 0, "$share/g/t/#", qos);
	for (int i = 0; i < MESSAGES; i++)
		publish("t/x", i, qos);
	unsigned counts[] = {take_all(&a, seen), take_all(&b, seen), take_all(&c, seen)};
	expect_each_once(seen, 0, MESSAGES);
	for (int i = 0; i < 3; i++)
		ck_assert_msg(counts[i] > 0, "member %d got nothing of %d messages", i, MESSAGES);
	end();
}
END_TEST

/* Who is away gets nothing while somebody is there; when nobody is, a session that lasts keeps it. */
START_TEST(share_with_absent_members)
{
	begin();
	unsigned seen[MESSAGES] = {0};
	join(&a, "a", 3600, "$share/g/t", 1);
	join(&c, "c", 3600, "$share/g/t", 1);
	join(&b, "b", 0, "$share/g/t", 1);
	virtual_die(&a);
	virtual_die(&c);
	for (int i = 0; i < 20; i++)
		publish("t", i, 1);
	ck_assert_uint_eq(take_all(&b, seen), 20);
	virtual_die(&b);
	for (int i = 20; i < MESSAGES; i++)
		publish("t", i, 1);
	ck_assert(come_back(&a, "a"));
	take_all(&a, seen);
	ck_assert(come_back(&c, "c"));
	take_all(&c, seen);
	expect_each_once(seen, 0, MESSAGES);
	end();
}
END_TEST

/* A group of none but absent members who keep nothing is no subscription: it must not swallow or crash. */
START_TEST(share_of_nobody)
{
	begin();
	unsigned seen[MESSAGES] = {0};
	join(&a, "a", 0, "$share/g/t", 1);
	virtual_die(&a);
	virtual_publish(&pub, "t", "x", 1, false);
	ck_assert_uint_eq(virtual_expect(&pub, PACKET_PUBACK).ack.reason, REASON_NO_MATCHING_SUBSCRIBERS);
	join(&a, "a", 0, "$share/g/t", 1);
	publish("t", 0, 1);
	ck_assert_uint_eq(take_all(&a, seen), 1);
	virtual_client_send(&a, &(struct packet){.type = PACKET_UNSUBSCRIBE,
						 .subscribe = {.id = 3, .filters = span_of("\0\012$share/g/t", 12), .count = 1}});
	ck_assert_uint_eq(*virtual_expect(&a, PACKET_UNSUBACK).suback.codes.data, 0);
	publish("t", 1, 1);
	virtual_expect_silence(&a);
	end();
}
END_TEST

/* Each plain subscriber gets everything, also one who is in a group; each group gets everything once. */
START_TEST(share_mixed_with_plain_subscriptions)
{
	begin();
	unsigned plain[MESSAGES] = {0}, g[MESSAGES] = {0}, h[MESSAGES] = {0};
	join(&a, "a", 0, "$share/g/t", 0);
	join(&b, "b", 0, "$share/h/+", 0);
	join(&c, "c", 0, "t", 0);
	for (int i = 0; i < MESSAGES; i++)
		publish("t", i, 1);
	ck_assert_uint_eq(take_all(&c, plain), MESSAGES);
	ck_assert_uint_eq(take_all(&a, g), MESSAGES);
	ck_assert_uint_eq(take_all(&b, h), MESSAGES);
	/* the same client: its plain copy always, the group's among its members */
	memset(plain, 0, sizeof plain);
	ck_assert_uint_eq(virtual_subscribe(&c, "$share/g/t", 0), 0);
	for (int i = 0; i < MESSAGES; i++)
		publish("t", i, 1);
	unsigned from_a = take_all(&a, plain), from_c = take_all(&c, plain);
	ck_assert_uint_eq(from_a + from_c, 2 * MESSAGES);
	ck_assert_uint_ge(from_c, MESSAGES);
	for (int i = 0; i < MESSAGES; i++)
		ck_assert_msg(plain[i] == 2, "message %d came %u times", i, plain[i]);
	end();
}
END_TEST

/* What a member has not acknowledged when its session ends goes to another (QoS 1); half of a QoS 2 message goes to
 * nobody else (MQTT-4.8.2-5), and is finished when its member is back (MQTT-4.8.2-4). */
START_TEST(share_member_leaves_with_unacknowledged_messages)
{
	begin();
	unsigned seen[MESSAGES] = {0};
	join(&a, "a", 0, "$share/g/t", 1);
	for (int i = 0; i < 10; i++)
		publish("t", i, 1);
	join(&b, "b", 0, "$share/g/t", 1);
	virtual_die(&a); /* its session ends with the connection */
	ck_assert_uint_eq(take_all(&b, seen), 10);
	expect_each_once(seen, 0, 10);
	end();
}
END_TEST

static uint8_t unsubscribe(struct virtual_client *client, const char *filter)
{
	uint8_t entry[64];
	struct wire_writer w = {.data = entry, .cap = sizeof entry};
	wire_write_binary(&w, span_str(filter));
	virtual_client_send(client, &(struct packet){.type = PACKET_UNSUBSCRIBE,
						     .subscribe = {.id = 3, .filters = span_of(entry, w.len), .count = 1}});
	return *virtual_expect(client, PACKET_UNSUBACK).suback.codes.data;
}

/* MQTT-3.3.2-5, MQTT-3.3.2-6: what is passed on has not become younger */
START_TEST(share_member_leaves_with_an_old_message)
{
	begin();
	join(&a, "a", 0, "$share/g/t", 1);
	struct packet packet = {.type = PACKET_PUBLISH,
				.publish = {.qos = 1, .id = 1, .topic = span_str("t"), .payload = span_str("x")}};
	packet.publish.props.message_expiry_s = 10;
	props_set(&packet.publish.props, PROP_MESSAGE_EXPIRY);
	virtual_client_send(&pub, &packet);
	virtual_expect(&pub, PACKET_PUBACK);
	virtual_expect_publish(&a, "t", "x");
	join(&b, "b", 0, "$share/g/t", 1);
	virtual_broker_advance(_i ? 11000 : 4000);
	virtual_die(&a);
	if (_i)
		virtual_expect_silence(&b);
	else
		ck_assert_uint_eq(virtual_expect_publish(&b, "t", "x").props.message_expiry_s, 6);
	end();
}
END_TEST

/* Who dies does not inherit from itself: its will goes to another of the group, though nobody is connected. */
START_TEST(share_member_is_not_chosen_for_its_own_will)
{
	begin();
	struct packet connect = virtual_connect("a", 0);
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("t");
	connect.connect.will.payload = span_str("0");
	connect.connect.will.qos = 1;
	ck_assert_uint_eq(virtual_login(&a, &connect).connack.reason, 0);
	/* whoever's turn it is */
	if (_i == 0)
		ck_assert_uint_eq(virtual_subscribe(&a, "$share/g/t", 1), 1);
	join(&b, "b", 3600, "$share/g/t", 1);
	if (_i == 1)
		ck_assert_uint_eq(virtual_subscribe(&a, "$share/g/t", 1), 1);
	virtual_die(&b);
	virtual_die(&a);
	ck_assert(come_back(&b, "b"));
	virtual_expect_publish(&b, "t", "0");
	end();
}
END_TEST

START_TEST(share_that_has_ended_counts_no_more)
{
	struct broker_config config = broker_config_default();
	config.max_subscriptions = 2;
	begin_with(config);
	join(&a, "a", 0, "t", 0);
	ck_assert_uint_eq(virtual_subscribe(&a, "$share/g/1", 0), 0);
	ck_assert_uint_eq(virtual_subscribe(&a, "$share/g/2", 0), REASON_QUOTA_EXCEEDED);
	ck_assert_uint_eq(unsubscribe(&a, "$share/g/1"), 0);
	ck_assert_uint_eq(virtual_subscribe(&a, "other", 0), 0);
	ck_assert_uint_eq(virtual_subscribe(&a, "$share/g/2", 0), REASON_QUOTA_EXCEEDED);
	end();
}
END_TEST

/* What came through one group goes to no other, though its place among the session's groups is another one's by now: that
 * one's members may not read it, or have had it already. */
START_TEST(share_member_has_changed_groups_before_it_leaves)
{
	const char *filter = _i ? "$share/h/t" : "$share/h/other";
	begin();
	unsigned seen[MESSAGES] = {0};
	join(&a, "a", 0, "$share/g/t", 1);
	for (int i = 0; i < 10; i++)
		publish("t", i, 1);
	for (int i = 0; i < 10; i++)
		virtual_expect(&a, PACKET_PUBLISH);
	ck_assert_uint_eq(unsubscribe(&a, "$share/g/t"), 0);
	ck_assert_uint_eq(virtual_subscribe(&a, filter, 1), 1);
	join(&b, "b", 0, filter, 1);
	virtual_die(&a);
	ck_assert_uint_eq(take_all(&b, seen), 0);
	end();
}
END_TEST

START_TEST(share_member_leaves_with_half_of_qos2)
{
	begin();
	unsigned seen[MESSAGES] = {0};
	join(&a, "a", 3600, "$share/g/t", 2);
	publish("t", 0, 2);
	struct packet_publish p = virtual_expect_publish(&a, "t", "0");
	ck_assert_uint_eq(p.qos, 2);
	uint16_t id = p.id;
	join(&b, "b", 0, "$share/g/t", 2);
	virtual_die(&a);
	ck_assert_uint_eq(take_all(&b, seen), 0);
	ck_assert(come_back(&a, "a"));
	p = virtual_expect_publish(&a, "t", "0");
	ck_assert(p.dup && p.id == id);
	virtual_die(&a);
	virtual_broker_advance(3601 * 1000);
	virtual_broker_advance(1000);
	ck_assert_uint_eq(take_all(&b, seen), 0); /* the session is over: still to nobody */
	end();
}
END_TEST

START_TEST(share_brings_no_retained_and_no_bad_names)
{
	static const char *const bad[] = {"$share/", "$share/g", "$share/g/", "$share//t", "$share/+/t",
					  "$share/#/t", "$share/g+/t", "$share/g/t/#/x", "$share/g/t+"};
	begin();
	virtual_publish(&pub, "t", "kept", 1, true);
	virtual_expect(&pub, PACKET_PUBACK);
	join(&a, "a", 0, "$share/g/t", 1);
	virtual_expect_silence(&a);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		uint8_t entry[64];
		struct wire_writer w = {.data = entry, .cap = sizeof entry};
		wire_write_u8(&w, PACKET_SUBSCRIBE << 4 | 2);
		wire_write_u8(&w, (uint8_t)(strlen(bad[i]) + 6));
		wire_write_raw(&w, span_of((const uint8_t *)"\0\1\0", 3));
		wire_write_binary(&w, span_str(bad[i]));
		wire_write_u8(&w, 0);
		join(&b, "b", 0, "other", 0);
		virtual_client_feed(&b, entry, w.len);
		virtual_broker_settle();
		struct packet answer;
		struct wire_frame frame;
		ck_assert(virtual_client_receive(&b, &answer, &frame));
		uint8_t reason = answer.type == PACKET_SUBACK ? *answer.suback.codes.data : answer.reason.reason;
		ck_assert_msg(reason >= 0x80, "%s: 0x%02x", bad[i], reason); /* malformed, or an invalid filter */
	}
	/* no local with a group is against the protocol (MQTT-3.8.3-4) */
	virtual_client_feed(&a, "\x82\x10\0\3\0\0\012$share/g/t\5", 18);
	virtual_broker_settle();
	ck_assert_uint_eq(virtual_expect(&a, PACKET_DISCONNECT).reason.reason, REASON_PROTOCOL_ERROR);
	end();
}
END_TEST

/* The right to read is judged by the filter behind the group's name. */
START_TEST(share_opens_no_foreign_topics)
{
	const struct access_rule rules[] = {{"own/#", true, true}};
	struct access_user user = {.name = "u", .rules = rules, .rule_count = 1};
	struct broker_config config = broker_config_default();
	ck_assert_int_ge(sodium_init(), 0);
	access_token_hash(span_str("u"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	virtual_broker_start(&config, NULL, table);
	struct packet connect = virtual_connect("x", 3600);
	connect.connect.has_username = connect.connect.has_password = true;
	connect.connect.username = connect.connect.password = span_str("u");
	ck_assert_uint_eq(virtual_login(&a, &connect).connack.reason, 0);
	ck_assert_uint_eq(virtual_subscribe(&a, "$share/g/own/+", 1), 1);
	static const char *const foreign[] = {"$share/g/#", "$share/own/#", "$share/own/x", "$share/g/+/own", "$share/g/$SYS/#"};
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		ck_assert_uint_eq(virtual_subscribe(&a, foreign[i], 1), REASON_NOT_AUTHORIZED);
	/* and ends with it */
	const struct access_rule other[] = {{"other/#", true, true}};
	struct broker_stats stats;
	user.rules = other;
	struct access_table *narrow;
	ck_assert_int_eq(access_table_create(&user, 1, &narrow), 0);
	ck_assert_int_eq(broker_set_access(virtual_broker(), narrow), 0);
	virtual_broker_settle();
	broker_stats_get(virtual_broker(), &stats);
	ck_assert_uint_eq(stats.subscriptions, 0);
	access_table_unref(&narrow);
	end();
}
END_TEST

int main(void)
{
	const TTest *const once[] = {
		share_with_absent_members,
		share_of_nobody,
		share_mixed_with_plain_subscriptions,
		share_member_leaves_with_unacknowledged_messages,
		share_member_leaves_with_half_of_qos2,
		share_that_has_ended_counts_no_more,
		share_brings_no_retained_and_no_bad_names,
		share_opens_no_foreign_topics,
	};
	Suite *suite = suite_create("regress_share");
	TCase *tc = tcase_create("share");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, share_member_has_changed_groups_before_it_leaves, 0, 2);
	tcase_add_loop_test(tc, share_member_is_not_chosen_for_its_own_will, 0, 2);
	tcase_add_loop_test(tc, share_member_leaves_with_an_old_message, 0, 2);
	tcase_add_loop_test(tc, share_spreads_and_repeats_nothing, 0, 3);
	for (size_t i = 0; i < sizeof once / sizeof *once; i++)
		tcase_add_test(tc, once[i]);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
