/* MQTT 5.0, topic aliases both ways (§3.3.2.3.4). The numbers above a test are those of the standard's
 * statements. */
#include "statements5.h"

/* A message with an alias; topic NULL: the alias alone. */
static struct packet aliased(const char *topic, uint16_t alias, const char *payload, uint8_t qos)
{
	struct packet packet = message_to(topic, payload, qos);
	SET_PROP(&packet.publish.props, PROP_TOPIC_ALIAS, topic_alias, alias);
	return packet;
}

/* Topic Alias Maximum of the server; a is connected. */
static uint16_t join_for_maximum(const char *id)
{
	struct packet connect = lasting(id, LONG_S);
	struct packet_connack ack = join(&a, &connect);
	ck_assert(props_has(&ack.props, PROP_TOPIC_ALIAS_MAXIMUM));
	ck_assert_uint_gt(ack.props.topic_alias_maximum, 0);
	return ack.props.topic_alias_maximum;
}

/* MQTT-3.3.2-12: each alias up to the maximum can be set, used, and set to another topic */
START_TEST(every_alias_of_a_client_is_taken)
{
	setup(1);
	start(&b, "sub");
	mqtt_client_subscribe(&b, "#", 2);
	uint16_t max = join_for_maximum("pub");
	char topic[32];
	for (uint16_t alias = 1; alias <= max; alias++) {
		snprintf(topic, sizeof topic, "alias/%u", alias);
		struct packet packet = aliased(topic, alias, "set", (uint8_t)(alias % 3));
		publish_packet(&a, &packet);
		take(&b, topic, "set");
	}
	for (uint16_t alias = max; alias >= 1; alias--) {
		snprintf(topic, sizeof topic, "alias/%u", alias);
		struct packet packet = aliased(NULL, alias, "used", (uint8_t)(alias % 3));
		publish_packet(&a, &packet);
		struct packet_publish p = mqtt_client_expect_publish(&b, topic, "used");
		ck_assert(!props_has(&p.props, PROP_TOPIC_ALIAS)); /* the sender's alias is nobody else's */
		finish_receive(&b, p.qos, p.id);
	}
	struct packet packet = aliased("elsewhere", 1, "set anew", 0);
	publish_packet(&a, &packet);
	take(&b, "elsewhere", "set anew");
	packet = aliased(NULL, 1, "used anew", 0);
	publish_packet(&a, &packet);
	take(&b, "elsewhere", "used anew");
	/* another client's aliases are its own */
	start(&c, "other");
	mqtt_client_send(&c, &packet);
	mqtt_client_expect_end(&c, REASON_PROTOCOL_ERROR);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.2-8, MQTT-3.3.2-9, MQTT-3.2.2-17 from the server's side: 0 and what is over the maximum get 0x94, one that
 * was never set 0x82 */
START_TEST(impossible_aliases_are_refused)
{
	setup(1);
	start(&b, "sub");
	mqtt_client_subscribe(&b, "#", 0);
	uint16_t max = join_for_maximum("pub");
	SEND_BYTES(&a, "\x30\x07\x00\x01t\x03\x23\x00\x00"); /* the codec writes no alias 0 */
	mqtt_client_expect_end(&a, REASON_TOPIC_ALIAS_INVALID);
	uint16_t over[] = {(uint16_t)(max + 1), UINT16_MAX};
	for (size_t i = 0; i < LENGTH(over); i++)
		for (int named = 0; named <= 1; named++) {
			start(&a, "pub");
			struct packet packet = aliased(named ? "t" : NULL, over[i], "x", 1);
			mqtt_client_send(&a, &packet);
			mqtt_client_expect_end(&a, REASON_TOPIC_ALIAS_INVALID);
		}
	start(&a, "pub");
	struct packet packet = aliased(NULL, 1, "x", 1);
	mqtt_client_send(&a, &packet);
	mqtt_client_expect_end(&a, REASON_PROTOCOL_ERROR);
	start(&a, "pub");
	SEND_BYTES(&a, "\x30\x0a\x00\x01t\x06\x23\x00\x01\x23\x00\x02"); /* two of them */
	mqtt_client_expect_end(&a, REASON_PROTOCOL_ERROR);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.3.2-7: a new connection to the same session knows none of the old one's aliases */
START_TEST(aliases_end_with_their_connection)
{
	setup(1);
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t", 0);
	join_for_maximum("pub");
	struct packet packet = aliased("t", 1, "x", 0), bare = aliased(NULL, 1, "y", 0);
	publish_packet(&a, &packet);
	publish_packet(&a, &bare);
	take(&b, "t", "x");
	take(&b, "t", "y");
	vanish(&a, 1);
	ck_assert(resume(&a, "pub"));
	mqtt_client_send(&a, &bare);
	mqtt_client_expect_end(&a, REASON_PROTOCOL_ERROR);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

enum { TOPICS = 10, ROUNDS = 5, MAX_ALIASES = 64 };

/* What a client knows of the aliases that the broker has set, and which it may set. */
struct known {
	uint16_t max;
	char topics[MAX_ALIASES + 1][32];
	unsigned set, used; /* how often an alias came with a topic, and alone */
};

/* The topic that a delivery means; its alias must be allowed, and known where it stands alone. */
static const char *topic_meant(struct known *known, const struct packet_publish *p, char room[32])
{
	ck_assert_uint_lt(p->topic.len, 32);
	memcpy(room, p->topic.data, p->topic.len);
	room[p->topic.len] = 0;
	if (!props_has(&p->props, PROP_TOPIC_ALIAS)) {
		ck_assert_uint_gt(p->topic.len, 0);
		return room;
	}
	uint16_t alias = p->props.topic_alias;
	ck_assert_uint_ge(alias, 1);
	ck_assert_msg(alias <= known->max, "alias %u, at most %u was allowed", alias, known->max);
	if (p->topic.len == 0) {
		known->used++;
		ck_assert_msg(known->topics[alias][0], "alias %u was never set", alias);
		return known->topics[alias];
	}
	known->set++;
	memcpy(known->topics[alias], room, 32);
	return room;
}

static void subscribe_all(struct mqtt_client *client, uint16_t max)
{
	struct packet connect = lasting("sub", LONG_S);
	if (max)
		SET_PROP(&connect.connect.props, PROP_TOPIC_ALIAS_MAXIMUM, topic_alias_maximum, max);
	join(client, &connect);
	ck_assert_uint_eq(subscribe_with(client, "#", RETAINED_NEVER | 2, 0), 2);
}

/* Publishes to each of the topics some rounds long; what the client gets must mean just that. */
static void exchange(struct mqtt_client *client, struct known *known)
{
	for (unsigned i = 0; i < ROUNDS * TOPICS; i++) {
		char topic[32], payload[32], room[32];
		snprintf(topic, sizeof topic, "topic/number/%u", i % TOPICS);
		snprintf(payload, sizeof payload, "message %u", i);
		publish(&b, topic, payload, (uint8_t)(i % 3), i % 2);
		struct packet packet = mqtt_client_expect(client, PACKET_PUBLISH);
		ck_assert(span_is(packet.publish.payload, payload));
		ck_assert_str_eq(topic_meant(known, &packet.publish, room), topic);
		finish_receive(client, packet.publish.qos, packet.publish.id);
	}
}

/* MQTT-3.1.2-27: who names no maximum, or 0, gets no alias */
START_TEST(no_alias_for_those_who_want_none)
{
	struct known known = {0};
	setup(1);
	start(&b, "pub");
	subscribe_all(&a, 0);
	exchange(&a, &known);
	ck_assert_uint_eq(known.set + known.used, 0);
	struct packet connect = lasting("sub", LONG_S);
	SET_PROP(&connect.connect.props, PROP_TOPIC_ALIAS_MAXIMUM, topic_alias_maximum, 0);
	ck_assert(join(&a, &connect).session_present);
	exchange(&a, &known);
	ck_assert_uint_eq(known.set + known.used, 0);
	teardown();
}
END_TEST

/* MQTT-3.1.2-26, MQTT-3.3.2-11: aliases to a client are within its maximum, set before they stand alone, and used */
START_TEST(aliases_to_a_client_are_within_its_maximum)
{
	static const uint16_t maxima[] = {1, 2, TOPICS, MAX_ALIASES};
	setup(1);
	start(&b, "pub");
	for (size_t i = 0; i < LENGTH(maxima); i++) {
		struct known known = {.max = maxima[i]};
		subscribe_all(&a, maxima[i]); /* a new connection: nothing is known, MQTT-3.3.2-7 */
		exchange(&a, &known);
		ck_assert_uint_gt(known.set, 0);
		if (maxima[i] >= TOPICS)
			ck_assert_uint_gt(known.used, 0);
	}
	teardown();
}
END_TEST

/* MQTT-3.1.2-24: where an alias makes all lengths of a packet longer, too, it may not make it larger than the client takes */
START_TEST(no_alias_makes_a_packet_too_large)
{
	enum { PROPS = 127, REMAINING = 16383, SIZE = 1 + 2 + REMAINING, ALIAS = 5 };
	static char payload[REMAINING - 3 - 1 - PROPS + 1];
	static uint8_t data[PROPS - 3];
	memset(payload, 'x', sizeof payload - 1);
	struct packet packet = message_to("t", payload, 0);
	SET_PROP(&packet.publish.props, PROP_CORRELATION_DATA, correlation_data, span_of(data, sizeof data));
	setup(1);
	start(&b, "pub");
	for (uint32_t room = 0; room <= ALIAS; room++) {
		struct packet connect = lasting("sub", LONG_S);
		SET_PROP(&connect.connect.props, PROP_TOPIC_ALIAS_MAXIMUM, topic_alias_maximum, 1);
		SET_PROP(&connect.connect.props, PROP_MAXIMUM_PACKET_SIZE, maximum_packet_size_bytes, SIZE + room);
		join(&a, &connect);
		ck_assert_uint_eq(subscribe_with(&a, "t", 0, 0), 0);
		publish_packet(&b, &packet);
		struct packet_publish p = mqtt_client_expect_publish(&a, "t", payload);
		ck_assert_uint_eq(a.frame_size, room < ALIAS ? SIZE : SIZE + ALIAS);
		ck_assert_int_eq(props_has(&p.props, PROP_TOPIC_ALIAS), room == ALIAS);
	}
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_alias_of_a_client_is_taken,
		impossible_aliases_are_refused,
		aliases_end_with_their_connection,
		no_alias_for_those_who_want_none,
		aliases_to_a_client_are_within_its_maximum,
		no_alias_makes_a_packet_too_large,
	};
	return suite_run("statements5_aliases", tests, LENGTH(tests));
}
