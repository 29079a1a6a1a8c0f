/* MQTT 5.0, UNSUBSCRIBE and UNSUBACK (§3.10, §3.11). The numbers above a test are those of the
 * standard's statements. */
#include "statements5.h"

/* MQTT-3.10.3-2, MQTT-4.7.1-1, MQTT-4.7.1-2 */
START_TEST(form_of_unsubscribe_is_checked)
{
	static const struct offence offences[] = {
		{BYTES("\xa2\x03\x00\x01\x00"), REASON_PROTOCOL_ERROR},                 /* no filter */
		{BYTES("\xa2\x05\x00\x01\x00\x00\x00"), REASON_MALFORMED_PACKET},       /* an empty one */
		{BYTES("\xa2\x07\x00\x01\x00\x00\x02" "a#"), REASON_MALFORMED_PACKET},  /* no filter at all */
		{BYTES("\xa2\x07\x00\x01\x00\x00\x05" "ab"), REASON_MALFORMED_PACKET},  /* longer than the packet */
		{BYTES("\xa2\x08\x00\x01\x02\x0b\x01\x00\x01t"), REASON_MALFORMED_PACKET}, /* a subscription's property */
	};
	setup(1);
	offend(offences, LENGTH(offences));
	teardown();
}
END_TEST

/* MQTT-3.10.4-1: filters are compared character by character; a wildcard stands for itself alone */
START_TEST(filters_are_compared_by_character)
{
	static const char *const held[] = {"a/+", "a/#", "a/b", "#", "A/b", "\xc3\xa9"};
	static const char *const others[] = {"a/c", "+/b", "a", "a/+/", "+/+", "A/+", "/#", "e\xcc\x81", "a/b/", "$SYS/#"};
	setup(1);
	start(&a, "client");
	for (size_t i = 0; i < LENGTH(held); i++)
		mqtt_client_subscribe(&a, held[i], 0);
	for (size_t i = 0; i < LENGTH(others); i++)
		ck_assert_uint_eq(unsubscribe(&a, others[i]), REASON_NO_SUBSCRIPTION_EXISTED);
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == LENGTH(held));
	for (size_t i = 0; i < LENGTH(held); i++) {
		ck_assert_uint_eq(unsubscribe(&a, held[i]), 0);
		ck_assert_uint_eq(unsubscribe(&a, held[i]), REASON_NO_SUBSCRIPTION_EXISTED);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 0);
	teardown();
}
END_TEST

/* MQTT-3.10.4-2: nothing new comes by that filter, but by others */
START_TEST(nothing_new_comes_afterwards)
{
	setup(2);
	start(&a, "pub");
	start(&b, "sub");
	mqtt_client_subscribe(&b, "t/#", 2);
	mqtt_client_subscribe(&b, "t/+", 0);
	publish(&a, "t/1", "x", 1, false);
	ck_assert_uint_eq(take(&b, "t/1", "x").qos, 1);
	ck_assert_uint_eq(unsubscribe(&b, "t/#"), 0);
	publish(&a, "t/1/2", "x", 1, false);
	publish(&a, "t/1", "y", 1, false);
	ck_assert_uint_eq(take(&b, "t/1", "y").qos, 0);
	ck_assert_uint_eq(unsubscribe(&b, "t/+"), 0);
	for (uint8_t qos = 0; qos <= 2; qos++)
		publish(&a, "t/1", "z", qos, false);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.10.4-3: what is under way at QoS 1 and 2 is brought to its end, also over a new connection */
START_TEST(begun_deliveries_are_completed)
{
	setup(1);
	start(&a, "pub");
	ck_assert(!resume(&b, "sub"));
	mqtt_client_subscribe(&b, "t", 2);
	publish(&a, "t", "one", 1, false);
	publish(&a, "t", "two", 2, false);
	uint16_t one = mqtt_client_expect_publish(&b, "t", "one").id;
	uint16_t two = mqtt_client_expect_publish(&b, "t", "two").id;
	ck_assert_uint_eq(unsubscribe(&b, "t"), 0);
	vanish(&b, 1);
	ck_assert(resume(&b, "sub"));
	struct packet_publish p = mqtt_client_expect_publish(&b, "t", "one");
	ck_assert(p.dup && p.id == one);
	p = mqtt_client_expect_publish(&b, "t", "two");
	ck_assert(p.dup && p.id == two);
	mqtt_client_ack(&b, PACKET_PUBACK, one);
	finish_receive(&b, 2, two);
	mqtt_client_expect_silence(&b);
	teardown();
}
END_TEST

/* MQTT-3.10.4-4, MQTT-3.10.4-5, MQTT-3.10.4-6, MQTT-3.11.3-1, MQTT-3.11.3-2: one UNSUBACK with the packet's identifier and a
 * code for each filter in its place, even when nothing was held */
START_TEST(unsuback_has_a_code_for_each_filter)
{
	static const char *const filters[] = {"none", "held/1", "held/+", "held/1", "#", "held/2"};
	static const uint8_t codes[] = {REASON_NO_SUBSCRIPTION_EXISTED, 0, 0, REASON_NO_SUBSCRIPTION_EXISTED,
					REASON_NO_SUBSCRIPTION_EXISTED, 0};
	uint8_t list[128];
	struct wire_writer w = {.data = list, .cap = sizeof list};
	for (size_t i = 0; i < LENGTH(filters); i++)
		wire_write_binary(&w, span_str(filters[i]));
	setup(1);
	start(&a, "client");
	mqtt_client_subscribe(&a, "held/1", 1);
	mqtt_client_subscribe(&a, "held/2", 1);
	mqtt_client_subscribe(&a, "held/+", 1);
	for (int round = 0; round < 2; round++) {
		struct packet packet = {.type = PACKET_UNSUBSCRIBE,
					.subscribe = {.id = (uint16_t)(300 + round), .filters = span_of(list, w.len),
						      .count = LENGTH(filters)}};
		mqtt_client_send(&a, &packet);
		packet = mqtt_client_expect(&a, PACKET_UNSUBACK);
		ck_assert_uint_eq(packet.suback.id, 300 + round);
		ck_assert_uint_eq(packet.suback.codes.len, LENGTH(filters));
		for (size_t i = 0; i < LENGTH(filters); i++)
			ck_assert_uint_eq(packet.suback.codes.data[i],
					  round ? REASON_NO_SUBSCRIPTION_EXISTED : codes[i]);
		mqtt_client_expect_silence(&a);
	}
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		form_of_unsubscribe_is_checked,
		filters_are_compared_by_character,
		nothing_new_comes_afterwards,
		begun_deliveries_are_completed,
		unsuback_has_a_code_for_each_filter,
	};
	return suite_run("statements5_unsubscribe", tests, LENGTH(tests));
}
