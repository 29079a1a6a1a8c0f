/* A disk that is slow, full, or both in turn: what must not happen to those who wait for it, and what must not pile up. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "base/err.h"
#include "durable_fixture.h"
#include "support/suite.h"

static void await_appended(int calls)
{
	size_t changes;
	for (int tries = 0; held_port_appended(&held, &changes) < calls; tries++) {
		ck_assert_int_lt(tries, 10000);
		usleep(1000);
	}
}

/* A client waits for little while others have brought so much that all are paused. */
START_TEST(who_is_paused_for_others_goes_on)
{
	enum { LARGE = (4 << 20) + 4096, OTHERS = 4 };
	static char large[LARGE + 1];
	size_t none;
	setup(1);
	config.max_packet_bytes = 8 << 20;
	restart(1);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	mqtt_client_start(&other, fixture.port, MQTT_V5, "other");
	held_port_hold(&held, true);
	int before = held_port_appended(&held, &none);
	mqtt_client_publish(&pub, "small", "1", 1, true);
	mqtt_client_expect_silence(&pub);
	await_appended(before + 1);
	memset(large, 'x', LARGE);
	for (int i = 0; i < OTHERS; i++)
		mqtt_client_publish(&other, "large", large, 1, true);
	await_appended(before + 1 + OTHERS);
	mqtt_client_ack(&pub, PACKET_PUBREL, 77); /* with this packet it sees that too much waits */
	mqtt_client_expect(&pub, PACKET_PUBCOMP);
	held_port_hold(&held, false);
	mqtt_client_expect(&pub, PACKET_PUBACK);
	mqtt_client_expect_silence(&pub);
	for (int i = 0; i < OTHERS; i++)
		mqtt_client_expect(&other, PACKET_PUBACK);
	teardown();
}
END_TEST

/* PUBREL before PUBREC, and the session's memory is given back before the message is where it must be. */
START_TEST(a_handshake_that_its_client_ends_too_early)
{
	setup(1);
	ck_assert_int_eq(tap_add(fixture.broker, span_str("t"), &(struct tap_sink){.message = keep_receipt}), 0);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "pub");
	connect.connect.clean_start = false;
	connect.connect.keep_alive_s = 2; /* a busy machine may let us wait for one and a half */
	mqtt_client_login(&pub, fixture.port, &connect);
	publish_id(&pub, "t", "1", 2, 5);
	mqtt_client_ack(&pub, PACKET_PUBREL, 5);
	mqtt_client_expect(&pub, PACKET_PUBCOMP);
	for (time_t until = time(NULL) + 5; time(NULL) < until; usleep(100000)) /* its timer looks after the session */
		mqtt_client_expect_silence(&pub);
	mqtt_client_close(&pub);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 0);
	receipt_release(await_receipt(), 0);
	restart(1);
	ck_assert_int_eq(tap_add(fixture.broker, span_str("t"), &(struct tap_sink){.message = keep_receipt}), 0);
	ck_assert(come(&pub, MQTT_V311, "pub"));
	publish_id(&pub, "t", "2", 2, 5); /* the identifier stands for nothing any more */
	receipt_release(await_receipt(), 0);
	mqtt_client_expect(&pub, PACKET_PUBREC);
	teardown();
}
END_TEST

START_TEST(qos_2_messages_that_wait_count_once_against_the_receive_maximum)
{
	setup(1);
	config.max_inflight = 10;
	restart(1);
	come(&pub, MQTT_V5, "pub");
	held_port_hold(&held, true);
	for (uint16_t id = 1; id <= 10; id++)
		publish_id(&pub, "t", "x", 2, id);
	held_port_hold(&held, false);
	for (uint16_t id = 1; id <= 10; id++)
		ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBREC).ack.id, id);
	publish_id(&pub, "t", "x", 2, 11);
	mqtt_client_expect_end(&pub, REASON_RECEIVE_MAXIMUM_EXCEEDED);
	teardown();
}
END_TEST

/* Sends one packet over and over, without ever reading, until nothing more is taken. Returns how many bytes went. */
static size_t flood(struct mqtt_client *c, const uint8_t *packet, size_t size)
{
	enum { PACKETS = 4096, MOST = 256 << 20 };
	static uint8_t many[PACKETS * 8];
	size_t sent = 0;
	for (size_t i = 0; i < PACKETS; i++)
		memcpy(many + i * size, packet, size);
	for (;;) {
		size_t at = sent % (PACKETS * size);
		ssize_t n = send(c->fd, many + at, PACKETS * size - at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			sent += (size_t)n;
			ck_assert_msg(sent < MOST, "the broker never stops to listen");
			continue;
		}
		ck_assert_int_eq(errno, EAGAIN);
		mqtt_client_expect_silence(&other); /* it does something else meanwhile */
		n = send(c->fd, many + at, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 1)
			break;
		sent++;
	}
	return sent;
}

/* Reads that many answers, all alike. */
static void read_answers(struct mqtt_client *c, size_t count, const uint8_t *answer, size_t size)
{
	static uint8_t bytes[1 << 16];
	for (size_t at = 0; at < count * size;) {
		ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
		ck_assert_int_gt(n, 0);
		for (ssize_t i = 0; i < n; i++, at++)
			if (bytes[i] != answer[at % size])
				ck_abort_msg("answer %zu is another one", at / size);
	}
}

/* Reads the answer to every packet of a flood, the last of which may be cut off: the rest of it goes once there is room. */
static void drain(struct mqtt_client *c, size_t sent, struct span packet, struct span answer)
{
	size_t cut = sent % packet.len;
	read_answers(c, sent / packet.len, answer.data, answer.len);
	if (!cut)
		return;
	mqtt_client_send_raw(c, packet.data + cut, packet.len - cut);
	read_answers(c, 1, answer.data, answer.len);
}

START_TEST(who_does_not_read_its_answers_is_not_heard)
{
	static const uint8_t ping[] = {0xC0, 0}, ping_answer[] = {0xD0, 0};
	static const uint8_t rel[] = {0x62, 2, 0, 9}, rel_answer[] = {0x70, 3, 0, 9, REASON_PACKET_ID_NOT_FOUND};
	setup(1);
	mqtt_client_start(&other, fixture.port, MQTT_V311, "other");
	mqtt_client_start(&pub, fixture.port, MQTT_V311, "pub");
	size_t sent = flood(&pub, ping, sizeof ping);
	drain(&pub, sent, span_of(ping, sizeof ping), span_of(ping_answer, sizeof ping_answer));
	mqtt_client_expect_silence(&pub);
	mqtt_client_start(&sub, fixture.port, MQTT_V5, "sub");
	sent = flood(&sub, rel, sizeof rel);
	drain(&sub, sent, span_of(rel, sizeof rel), span_of(rel_answer, sizeof rel_answer));
	mqtt_client_expect_silence(&sub);
	teardown();
}
END_TEST

static void send_retained(struct mqtt_client *c, uint16_t id, const char *payload)
{
	mqtt_client_send(c, &(struct packet){.type = PACKET_PUBLISH,
			 .publish = {.qos = 1, .id = id, .retain = true, .topic = span_str("r"), .payload = span_str(payload)}});
}

static uint8_t retain(struct mqtt_client *c, const char *payload)
{
	send_retained(c, 1, payload);
	return mqtt_client_expect(c, PACKET_PUBACK).ack.reason;
}

START_TEST(a_store_that_is_busy_and_a_disk_that_is_full_are_told_apart)
{
	setup(1);
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	/* full, then busy, then well again: nobody is refused any more */
	held_port_fail(&held, ERR_DISK_FULL, 0);
	ck_assert_uint_eq(retain(&pub, "1"), REASON_QUOTA_EXCEEDED);
	held_port_fail(&held, ERR_FULL, 0);
	size_t none;
	await_appended(held_port_appended(&held, &none) + 1);
	held_port_fail(&held, 0, 0);
	while (retain(&pub, "2") == REASON_QUOTA_EXCEEDED)
		usleep(10000);
	ck_assert_uint_eq(retain(&pub, "3"), REASON_NO_MATCHING_SUBSCRIBERS);
	/* busy, then full: they are told */
	held_port_fail(&held, 0, ERR_FULL);
	mqtt_client_publish(&pub, "r", "4", 1, true);
	mqtt_client_expect_silence(&pub);
	held_port_fail(&held, ERR_DISK_FULL, 0);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_QUOTA_EXCEEDED);
	ck_assert_uint_eq(retain(&pub, "5"), REASON_QUOTA_EXCEEDED);
	teardown();
}
END_TEST

START_TEST(who_comes_while_the_disk_is_full_is_answered)
{
	setup(1);
	come(&sub, MQTT_V5, "sub");
	come(&pub, MQTT_V5, "pub");
	mqtt_client_subscribe(&sub, "t", 1);
	held_port_fail(&held, ERR_DISK_FULL, 0);
	publish_id(&pub, "t", "1", 1, 1);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_QUOTA_EXCEEDED);
	ck_assert_uint_eq(mqtt_client_subscribe(&pub, "u", 1), 1); /* it holds as long as the hub lives */
	held_port_fail(&held, 0, 0);
	teardown();
}
END_TEST

/* However often a topic is set while the disk takes nothing, it waits once, and comes out as it is then. */
START_TEST(an_outage_costs_a_change_a_topic)
{
	char payload[16];
	size_t before, after;
	setup(1);
	mqtt_client_start(&pub, fixture.port, MQTT_V311, "pub");
	held_port_fail(&held, ERR_DISK_FULL, 0);
	mqtt_client_publish(&pub, "r", "first", 1, true);
	mqtt_client_start(&other, fixture.port, MQTT_V5, "other");
	ck_assert_uint_eq(retain(&other, "second"), REASON_QUOTA_EXCEEDED);
	held_port_appended(&held, &before);
	for (uint16_t id = 2; id <= 60; id++) {
		snprintf(payload, sizeof payload, "%u", id);
		send_retained(&pub, id, payload);
	}
	mqtt_client_expect_silence(&pub);
	held_port_fail(&held, 0, 0);
	for (uint16_t id = 1; id <= 60; id++)
		ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.id, id);
	held_port_appended(&held, &after);
	ck_assert_uint_le(after - before, 12); /* some may have come while a group was on its way */
	restart(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V311, "sub");
	mqtt_client_subscribe(&sub, "r", 0);
	mqtt_client_expect_publish(&sub, "r", "60");
	teardown();
}
END_TEST

/* The same with several groups on their way when it begins: none of them comes after what is newer. */
START_TEST(what_was_on_its_way_does_not_come_last)
{
	setup(1);
	mqtt_client_start(&pub, fixture.port, MQTT_V311, "pub");
	held_port_hold(&held, true);
	held_port_fail(&held, ERR_DISK_FULL, 0);
	for (uint16_t id = 1; id <= 2; id++) {
		send_retained(&pub, id, "old");
		mqtt_client_expect_silence(&pub); /* a turn of its own */
	}
	held_port_hold(&held, false);
	mqtt_client_start(&other, fixture.port, MQTT_V5, "other");
	while (retain(&other, "refused") != REASON_QUOTA_EXCEEDED)
		usleep(1000); /* now it is known */
	send_retained(&pub, 3, "new");
	mqtt_client_expect_silence(&pub);
	held_port_fail(&held, 0, 0);
	for (uint16_t id = 1; id <= 3; id++)
		ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.id, id);
	restart(1);
	mqtt_client_start(&sub, fixture.port, MQTT_V311, "sub");
	mqtt_client_subscribe(&sub, "r", 0);
	mqtt_client_expect_publish(&sub, "r", "new");
	teardown();
}
END_TEST

/* The sessions that keep the message live on workers of their own; the sender hears of them all the same. */
START_TEST(other_workers_disks_are_heard_of)
{
	enum { SESSIONS = 8 };
	setup(3);
	for (int i = 0; i < SESSIONS; i++) {
		char id[16];
		snprintf(id, sizeof id, "s%d", i);
		come(&sub, MQTT_V5, id);
		mqtt_client_subscribe(&sub, "t", 1);
		mqtt_client_close(&sub);
	}
	mqtt_client_start(&pub, fixture.port, MQTT_V5, "pub");
	publish_id(&pub, "t", "0", 1, 1);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_SUCCESS);
	held_port_fail(&held, ERR_DISK_FULL, 0);
	publish_id(&pub, "t", "1", 1, 1);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_QUOTA_EXCEEDED);
	publish_id(&pub, "t", "2", 1, 1);
	ck_assert_uint_eq(mqtt_client_expect(&pub, PACKET_PUBACK).ack.reason, REASON_QUOTA_EXCEEDED);
	mqtt_client_start(&other, fixture.port, MQTT_V311, "other"); /* cannot be told: waits */
	publish_id(&other, "t", "3", 1, 1);
	mqtt_client_expect_silence(&other);
	held_port_fail(&held, 0, 0);
	mqtt_client_expect(&other, PACKET_PUBACK);
	teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		who_is_paused_for_others_goes_on,
		a_handshake_that_its_client_ends_too_early,
		qos_2_messages_that_wait_count_once_against_the_receive_maximum,
		who_does_not_read_its_answers_is_not_heard,
		a_store_that_is_busy_and_a_disk_that_is_full_are_told_apart,
		who_comes_while_the_disk_is_full_is_answered,
		an_outage_costs_a_change_a_topic,
		what_was_on_its_way_does_not_come_last,
		other_workers_disks_are_heard_of,
	};
	return suite_run("regress_disk", tests, sizeof tests / sizeof tests[0]);
}
