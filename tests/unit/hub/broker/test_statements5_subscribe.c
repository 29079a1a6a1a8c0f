/* MQTT 5.0, SUBSCRIBE and SUBACK (§3.8, §3.9), overlapping subscriptions and subscription identifiers
 * (§3.3.4). The numbers above a test are those of the standard's statements. */
#include <pthread.h>

#include "statements5.h"

/* MQTT-3.8.3-2, MQTT-3.8.3-4, MQTT-3.8.3-5, and the values that §3.8.3.1 forbids */
START_TEST(form_of_subscribe_is_checked)
{
	static const struct offence offences[] = {
		{BYTES("\x82\x03\x00\x01\x00"), REASON_PROTOCOL_ERROR},                   /* no filter */
		{BYTES("\x82\x07\x00\x01\x00\x00\x01t\x40"), REASON_MALFORMED_PACKET},   /* reserved bits */
		{BYTES("\x82\x07\x00\x01\x00\x00\x01t\x80"), REASON_MALFORMED_PACKET},
		{BYTES("\x82\x07\x00\x01\x00\x00\x01t\xc1"), REASON_MALFORMED_PACKET},
		{BYTES("\x82\x07\x00\x01\x00\x00\x01t\x03"), REASON_PROTOCOL_ERROR},     /* QoS 3 */
		{BYTES("\x82\x07\x00\x01\x00\x00\x01t\x30"), REASON_PROTOCOL_ERROR},     /* retain handling 3 */
		{BYTES("\x82\x10\x00\x01\x00\x00\x0a$share/g/t\x04"), REASON_PROTOCOL_ERROR}, /* no local, shared */
		{BYTES("\x82\x06\x00\x01\x00\x00\x01t"), REASON_MALFORMED_PACKET},       /* no options */
		{BYTES("\x82\x0b\x00\x01\x00\x00\x01t\x00\x00\x01u\x40"), REASON_MALFORMED_PACKET}, /* the second entry */
		{BYTES("\x82\x08\x00\x01\x00\x00\x01t\x00\x00"), REASON_MALFORMED_PACKET}, /* half an entry */
	};
	setup(1);
	offend(offences, LENGTH(offences));
	/* nothing of such a packet was taken */
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 1);
	teardown();
}
END_TEST

/* MQTT-3.8.3-3, also by way of another of the client's own subscriptions and on both workers */
START_TEST(no_local_keeps_own_messages_away)
{
	setup(2);
	start(&a, "self");
	start(&b, "other");
	start(&c, "third");
	ck_assert_uint_eq(subscribe_with(&a, "n/#", NO_LOCAL | 2, 0), 2);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "n/#", 2), 2);
	for (uint8_t qos = 0; qos <= 2; qos++) {
		publish(&a, "n/1", "mine", qos, false);
		mqtt_client_expect_silence(&a);
		take(&b, "n/1", "mine");
		publish(&c, "n/2", "theirs", qos, false);
		take(&a, "n/2", "theirs");
		take(&b, "n/2", "theirs");
	}
	/* without no local one hears oneself */
	mqtt_client_publish(&b, "n/3", "own", 0, false);
	take(&b, "n/3", "own");
	take(&a, "n/3", "own");
	/* it is the client identifier that counts, not the connection */
	start(&c, "self");
	mqtt_client_expect_end(&a, REASON_SESSION_TAKEN_OVER);
	ck_assert_uint_eq(subscribe_with(&c, "n/#", NO_LOCAL | 1, 0), 1);
	publish(&c, "n/1", "mine", 1, false);
	mqtt_client_expect_silence(&c);
	teardown();
}
END_TEST

/* MQTT-3.8.4-1, MQTT-3.8.4-5, MQTT-3.8.4-6, MQTT-3.8.4-7, MQTT-3.9.3-1, MQTT-3.9.3-2: one SUBACK, a code for each filter in
 * its place, the QoS granted or why not */
START_TEST(suback_has_a_code_for_each_filter)
{
	static const struct access_rule rules[] = {{"own/#", true, true}};
	struct access_user user = {.name = "u", .rules = rules, .rule_count = 1};
	struct access_table *table;
	struct broker_config config = broker_config_default();
	config.max_subscriptions = 4;
	access_token_hash(span_str("p"), user.token_hash);
	ck_assert_int_eq(access_table_create(&user, 1, &table), 0);
	broker_fixture_start(&fixture, &config, 1, NULL, table);
	struct packet packet = mqtt_client_connect_packet(MQTT_V5, "u");
	packet.connect.has_username = packet.connect.has_password = true;
	packet.connect.username = span_str("u");
	packet.connect.password = span_str("p");
	join(&a, &packet);
	static const struct {
		const char *filter;
		uint8_t qos, code;
	} entries[] = {
		{"own/1", 1, 1}, {"foreign", 0, REASON_NOT_AUTHORIZED}, {"own/2", 0, 0}, {"own/3", 2, 2},
		{"#", 2, REASON_NOT_AUTHORIZED}, {"own/1", 2, 2}, {"own/4", 1, 1}, {"own/5", 1, REASON_QUOTA_EXCEEDED},
	};
	uint8_t list[256];
	struct wire_writer w = {.data = list, .cap = sizeof list};
	for (size_t i = 0; i < LENGTH(entries); i++) {
		wire_write_binary(&w, span_str(entries[i].filter));
		wire_write_u8(&w, entries[i].qos);
	}
	packet = (struct packet){.type = PACKET_SUBSCRIBE,
				 .subscribe = {.id = 4711, .filters = span_of(list, w.len), .count = LENGTH(entries)}};
	mqtt_client_send(&a, &packet);
	packet = mqtt_client_expect(&a, PACKET_SUBACK);
	ck_assert_uint_eq(packet.suback.id, 4711);
	ck_assert_uint_eq(packet.suback.codes.len, LENGTH(entries));
	for (size_t i = 0; i < LENGTH(entries); i++)
		ck_assert_msg(packet.suback.codes.data[i] == entries[i].code, "filter %s: 0x%02x, expected 0x%02x",
			      entries[i].filter, packet.suback.codes.data[i], entries[i].code);
	/* as if they had come one after the other: the second entry for own/1 has replaced the first */
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("own/1"), span_str("x"), 2, false), 0);
	ck_assert_uint_eq(take(&a, "own/1", "x").qos, 2);
	ck_assert_int_eq(internal_publish(fixture.broker, span_str("own/2"), span_str("x"), 2, false), 0);
	ck_assert_uint_eq(take(&a, "own/2", "x").qos, 0);
	mqtt_client_expect_silence(&a);
	teardown();
}
END_TEST

/* MQTT-3.8.4-8: the lesser of the message's and the subscription's QoS */
START_TEST(lesser_qos_counts)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	for (uint8_t granted = 0; granted <= 2; granted++) {
		ck_assert_uint_eq(mqtt_client_subscribe(&b, "t", granted), granted);
		for (uint8_t qos = 0; qos <= 2; qos++) {
			publish(&a, "t", "x", qos, false);
			ck_assert_uint_eq(take(&b, "t", "x").qos, qos < granted ? qos : granted);
		}
	}
	teardown();
}
END_TEST

/* MQTT-3.8.4-3: the same filter again replaces the subscription with all its options */
START_TEST(same_filter_replaces_the_subscription)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	ck_assert_uint_eq(subscribe_with(&b, "t/+", 2, 7), 2);
	publish(&a, "t/1", "x", 2, true);
	struct packet_publish p = mqtt_client_expect_publish(&b, "t/1", "x");
	ck_assert(p.qos == 2 && !p.retain && p.props.subscription_id == 7);
	finish_receive(&b, p.qos, p.id);
	ck_assert_uint_eq(subscribe_with(&b, "t/+", RETAINED_NEVER | AS_PUBLISHED | NO_LOCAL | 1, 8), 1);
	publish(&a, "t/1", "y", 2, true);
	p = mqtt_client_expect_publish(&b, "t/1", "y"); /* one copy */
	ck_assert(p.qos == 1 && p.retain && p.props.subscription_id == 8);
	finish_receive(&b, p.qos, p.id);
	mqtt_client_publish(&b, "t/1", "own", 0, false);
	mqtt_client_expect_silence(&b);
	ck_assert_uint_eq(subscribe_with(&b, "t/+", RETAINED_NEVER, 0), 0);
	mqtt_client_publish(&b, "t/1", "own", 0, false);
	p = mqtt_client_expect_publish(&b, "t/1", "own");
	ck_assert(!props_has(&p.props, PROP_SUBSCRIPTION_ID));
	mqtt_client_expect_silence(&b);
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 1);
	teardown();
}
END_TEST

enum { STREAM = 2000 };

/* Publishes the numbers from 0 to STREAM at QoS 1, as fast as they are acknowledged. */
static void *publish_stream(void *arg)
{
	struct mqtt_client client = {0};
	(void)arg;
	mqtt_client_start(&client, fixture.port, MQTT_V5, "stream");
	for (int i = 0; i < STREAM; i++) {
		char payload[16];
		snprintf(payload, sizeof payload, "%d", i);
		mqtt_client_publish(&client, "stream", payload, 1, false);
		mqtt_client_expect(&client, PACKET_PUBACK);
	}
	mqtt_client_close(&client);
	return NULL;
}

/* MQTT-3.8.4-4: with retain handling 0 the retained messages come again, and while a subscription is replaced nothing is
 * lost and nothing doubled */
START_TEST(replacing_a_subscription_loses_nothing)
{
	pthread_t thread;
	static const uint8_t entry[] = "\0\6stream\1";
	setup(2);
	start(&b, "pub");
	publish(&b, "kept", "retained", 1, true);
	start(&a, "sub");
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(mqtt_client_subscribe(&a, "kept", 1), 1);
		ck_assert(take(&a, "kept", "retained").retain);
	}
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "stream", 1), 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, publish_stream, NULL), 0);
	for (int next = 0; next < STREAM;) {
		struct packet packet;
		char payload[16];
		if (next % 10 == 0) {
			packet = (struct packet){.type = PACKET_SUBSCRIBE,
						 .subscribe = {.id = 9, .filters = span_of(entry, 9), .count = 1}};
			mqtt_client_send(&a, &packet);
		}
		ck_assert(mqtt_client_receive(&a, &packet));
		if (packet.type == PACKET_SUBACK)
			continue;
		ck_assert_uint_eq(packet.type, PACKET_PUBLISH);
		snprintf(payload, sizeof payload, "%d", next++);
		ck_assert_msg(span_is(packet.publish.payload, payload), "%.*s came instead of %s",
			      (int)packet.publish.payload.len, (const char *)packet.publish.payload.data, payload);
		mqtt_client_ack(&a, PACKET_PUBACK, packet.publish.id);
	}
	pthread_join(thread, NULL);
	teardown();
}
END_TEST

/* --- overlapping subscriptions ------------------------------------------------ */

/* The subscription identifiers of the PUBLISH that client has just received, which has no other properties. */
static unsigned identifiers(const struct mqtt_client *client, const struct packet_publish *p, uint32_t ids[8])
{
	struct wire_reader r = {.left = span_of(client->in.data, client->frame_size)};
	unsigned count = 0;
	wire_read_u8(&r);
	wire_read_varint(&r);
	wire_read_binary(&r);
	if (p->qos)
		wire_read_u16(&r);
	size_t len = wire_read_varint(&r);
	struct wire_reader props = {.left = span_of(r.left.data, len)};
	while (props.left.len) {
		ck_assert_uint_eq(wire_read_u8(&props), PROP_SUBSCRIPTION_ID);
		ck_assert_uint_lt(count, 8);
		ids[count++] = wire_read_varint(&props);
	}
	ck_assert_int_eq(r.failed, 0);
	ck_assert_int_eq(props.failed, 0);
	return count;
}

/* All copies of a message, their handshakes done. */
struct copies {
	unsigned count;   /* messages */
	uint8_t max_qos;
	uint32_t ids[16]; /* their subscription identifiers */
	uint8_t qos[16];  /* of the message that had this identifier */
	unsigned id_count, without; /* identifiers; messages without one */
};

static struct copies collect(struct mqtt_client *client, const char *topic)
{
	struct copies all = {0};
	struct packet packet;
	unsigned open = 0; /* handshakes that wait for PUBREL */
	mqtt_client_send(client, &(struct packet){.type = PACKET_PINGREQ});
	for (;;) {
		ck_assert(mqtt_client_receive(client, &packet));
		if (packet.type == PACKET_PINGRESP && open == 0)
			return all;
		if (packet.type == PACKET_PINGRESP) {
			mqtt_client_send(client, &(struct packet){.type = PACKET_PINGREQ});
			continue;
		}
		if (packet.type == PACKET_PUBREL) {
			mqtt_client_ack(client, PACKET_PUBCOMP, packet.ack.id);
			open--;
			continue;
		}
		ck_assert_uint_eq(packet.type, PACKET_PUBLISH);
		const struct packet_publish *p = &packet.publish;
		ck_assert(span_is(p->topic, topic));
		uint32_t ids[8];
		unsigned count = identifiers(client, p, ids);
		for (unsigned i = 0; i < count; i++) {
			ck_assert_uint_lt(all.id_count, LENGTH(all.ids));
			all.qos[all.id_count] = p->qos;
			all.ids[all.id_count++] = ids[i];
		}
		all.without += count == 0;
		all.count++;
		open += p->qos == 2;
		all.max_qos = p->qos > all.max_qos ? p->qos : all.max_qos;
		if (p->qos)
			mqtt_client_ack(client, p->qos == 1 ? PACKET_PUBACK : PACKET_PUBREC, p->id);
	}
}

/* MQTT-3.3.4-2: where subscriptions overlap the highest QoS is kept, with no more copies than subscriptions */
START_TEST(overlapping_subscriptions_keep_the_highest_qos)
{
	setup(1);
	start(&a, "pub");
	start(&b, "sub");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "o/#", 0), 0);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "o/+", 2), 2);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "+/t", 1), 1);
	for (uint8_t qos = 0; qos <= 2; qos++) {
		publish(&a, "o/t", "x", qos, false);
		struct copies got = collect(&b, "o/t");
		ck_assert_uint_ge(got.count, 1);
		ck_assert_uint_le(got.count, 3);
		ck_assert_uint_eq(got.max_qos, qos);
		ck_assert_uint_eq(got.id_count, 0);
	}
	teardown();
}
END_TEST

/* MQTT-3.3.4-3, MQTT-3.3.4-4, MQTT-3.3.4-5: the identifiers of all subscriptions that match come, each once, in one copy
 * or in several; those of others do not */
START_TEST(subscription_identifiers_come_with_the_message)
{
	static const uint32_t ids[] = {1, 127, 16384, 268435455};
	setup(1);
	start(&a, "pub");
	ck_assert(!resume(&b, "sub"));
	ck_assert_uint_eq(subscribe_with(&b, "o/#", 0, ids[0]), 0);
	ck_assert_uint_eq(subscribe_with(&b, "o/+", 2, ids[1]), 2);
	ck_assert_uint_eq(subscribe_with(&b, "+/t", 1, ids[2]), 1);
	ck_assert_uint_eq(subscribe_with(&b, "o/t", 1, 0), 1); /* none */
	ck_assert_uint_eq(subscribe_with(&b, "other", 2, ids[3]), 2);
	for (int round = 0; round < 2; round++) {
		if (round == 1) /* from the queue */
			vanish(&b, 1);
		publish(&a, "o/t", "x", 2, false);
		if (round == 1)
			ck_assert(resume(&b, "sub"));
		struct copies got = collect(&b, "o/t");
		ck_assert_uint_eq(got.max_qos, 2);
		ck_assert_uint_le(got.count, 4);
		unsigned found[LENGTH(ids)] = {0};
		for (unsigned i = 0; i < got.id_count; i++)
			for (size_t k = 0; k < LENGTH(ids); k++)
				found[k] += got.ids[i] == ids[k];
		/* at QoS 0 nobody keeps a copy for the absent: its identifier need not come */
		ck_assert_uint_le(found[0], 1);
		ck_assert(round == 1 || found[0] == 1);
		ck_assert(found[1] == 1 && found[2] == 1 && found[3] == 0);
		ck_assert_uint_eq(got.id_count, found[0] + 2);
	}
	/* also with a retained message, of the one subscription that brings it */
	publish(&a, "kept", "x", 1, true);
	ck_assert_uint_eq(subscribe_with(&b, "kept", 1, 99), 1);
	struct copies got = collect(&b, "kept");
	ck_assert(got.count == 1 && got.id_count == 1 && got.ids[0] == 99);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		form_of_subscribe_is_checked,
		no_local_keeps_own_messages_away,
		suback_has_a_code_for_each_filter,
		lesser_qos_counts,
		same_filter_replaces_the_subscription,
		replacing_a_subscription_loses_nothing,
		overlapping_subscriptions_keep_the_highest_qos,
		subscription_identifiers_come_with_the_message,
	};
	return suite_run("statements5_subscribe", tests, LENGTH(tests));
}
