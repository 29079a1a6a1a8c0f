/* Every limit of the real broker over real sockets: who meets it is told and
 * counted, the log names them once and says what can be done, and nobody else notices. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "broker/addresses.h"
#include "support/broker_fixture.h"

static struct broker_fixture fixture;
static struct mqtt_client a, b, c, bystander;
static char log_path[64];

static struct broker_config defaults(void)
{
	struct broker_config config = broker_config_default();
	config.sys_interval_s = 0;
	return config;
}

/* Starts with standard error in a file, and a client that must not notice anything. */
static void setup(const struct broker_config *config, unsigned workers)
{
	snprintf(log_path, sizeof log_path, "/tmp/tomte-log-XXXXXX");
	int fd = mkstemp(log_path);
	ck_assert_int_ge(fd, 0);
	dup2(fd, STDERR_FILENO);
	close(fd);
	broker_fixture_start(&fixture, config, workers, NULL, NULL);
	mqtt_client_start(&bystander, fixture.port, MQTT_V5, "bystander");
	ck_assert_uint_eq(mqtt_client_subscribe(&bystander, "bystander/#", 1), 1);
}

static void teardown(void)
{
	mqtt_client_publish(&bystander, "bystander/x", "still here", 0, false);
	mqtt_client_expect_publish(&bystander, "bystander/x", "still here");
	mqtt_client_close(&bystander);
	mqtt_client_close(&a);
	mqtt_client_close(&b);
	mqtt_client_close(&c);
	broker_fixture_stop(&fixture);
	unlink(log_path);
}

/* How many lines of the log have both texts. */
static unsigned logged(const char *who, const char *what)
{
	struct buf log = {0};
	unsigned found = 0;
	ck_assert_int_eq(buf_read_file(&log, log_path, 1 << 24), 0);
	const char *text = buf_cstr(&log);
	for (const char *line = text; *line;) {
		const char *end = line + strcspn(line, "\n");
		const char *name = strstr(line, who), *sentence = strstr(line, what);
		found += name && name < end && sentence && sentence < end;
		line = *end ? end + 1 : end;
	}
	buf_finish(&log);
	return found;
}

static bool says(const struct props *props, const char *part)
{
	char text[256] = "";
	if (props_has(props, PROP_REASON_STRING))
		snprintf(text, sizeof text, "%.*s", (int)props->reason_string.len, (const char *)props->reason_string.data);
	return strstr(text, part) != NULL;
}

/* Receives until the end; the DISCONNECT before it must have this reason and sentence. */
static void expect_told_end(struct mqtt_client *client, uint8_t reason, const char *part)
{
	struct packet packet = mqtt_client_expect(client, PACKET_DISCONNECT);
	ck_assert_uint_eq(packet.reason.reason, reason);
	ck_assert(says(&packet.reason.props, part));
	ck_assert(!mqtt_client_receive(client, &packet));
	mqtt_client_close(client);
}

static void expect_refused(struct mqtt_client *client, uint8_t version, const char *id, const char *part)
{
	struct packet connect = mqtt_client_connect_packet(version, id);
	struct packet ack = mqtt_client_login(client, fixture.port, &connect);
	ck_assert_uint_eq(ack.connack.reason, version == MQTT_V5 ? REASON_QUOTA_EXCEEDED : REASON_SERVER_UNAVAILABLE);
	ck_assert(version != MQTT_V5 || says(&ack.connack.props, part));
	ck_assert(!mqtt_client_receive(client, &ack));
	mqtt_client_close(client);
}

START_TEST(connections_in_all)
{
	struct broker_config config = defaults();
	config.max_connections = 2;
	setup(&config, 2);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	expect_refused(&b, MQTT_V5, "b", "as many clients are connected as may be");
	expect_refused(&b, MQTT_V311, "b", "");
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_connections == 2);
	ck_assert_uint_eq(logged("127.0.0.1:", "raise max_connections"), 1);
	mqtt_client_expect_silence(&a);
	/* who has lost its connection before the hub has takes it over */
	mqtt_client_start(&c, fixture.port, MQTT_V5, "a");
	mqtt_client_expect_end(&a, REASON_SESSION_TAKEN_OVER);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 2 && stats.connections_max == 2);
	expect_refused(&b, MQTT_V5, "b", "as many clients are connected as may be");
	mqtt_client_stop(&c, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	teardown();
}
END_TEST

START_TEST(connections_of_an_address)
{
	struct broker_config config = defaults();
	config.max_address_connections = 3;
	config.count_loopback = true;
	setup(&config, 2);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	expect_refused(&c, MQTT_V5, "c", "too many connections come from this address");
	expect_refused(&c, MQTT_V31, "c", "");
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_address == 2);
	ck_assert_uint_eq(logged("127.0.0.1:", "raise max_connections_per_address"), 1);
	mqtt_client_stop(&b, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 2);
	mqtt_client_start(&c, fixture.port, MQTT_V311, "c");

	/* sockets that say nothing have their bound too: beyond it they are closed at once */
	enum { SILENT = 100 };
	int fds[SILENT];
	struct mqtt_client silent = {0};
	for (int i = 0; i < SILENT; i++) {
		mqtt_client_open(&silent, fixture.port, MQTT_V5);
		fds[i] = silent.fd;
		silent.fd = 0;
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_address == 2 + SILENT - 64);
	unsigned closed = 0;
	char byte;
	for (int i = 0; i < SILENT; i++) {
		closed += recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0;
		close(fds[i]);
	}
	ck_assert_uint_le(closed, SILENT - 64);
	teardown();
}
END_TEST

START_TEST(this_machines_connections_are_its_own)
{
	struct broker_config config = defaults();
	config.max_address_connections = 1;
	setup(&config, 1);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	struct broker_stats stats;
	broker_stats_get(fixture.broker, &stats);
	ck_assert_uint_eq(stats.limit_address, 0);
	teardown();
}
END_TEST

START_TEST(addresses_are_counted_without_their_port)
{
	struct addresses *addresses = addresses_create();
	ck_assert_ptr_nonnull(addresses);
	static const char *const same[][2] = {
		{"192.0.2.7:1", "192.0.2.7:65535"}, {"[2001:db8::1]:1", "[2001:db8::1]:2"}, {"unix:7", "unix:9"}};
	struct address *first[3], *second[3];
	for (size_t i = 0; i < 3; i++) {
		first[i] = addresses_enter(addresses, same[i][0]);
		ck_assert_uint_eq(addresses_count(first[i]), 1);
		second[i] = addresses_enter(addresses, same[i][1]);
		ck_assert_ptr_eq(first[i], second[i]);
		ck_assert_uint_eq(addresses_count(first[i]), 2);
	}
	ck_assert(first[0] != first[1] && first[1] != first[2]);
	for (size_t i = 0; i < 3; i++) {
		addresses_leave(addresses, &first[i]);
		ck_assert_ptr_null(first[i]);
		ck_assert_uint_eq(addresses_count(second[i]), 1);
		addresses_leave(addresses, &second[i]);
		addresses_leave(addresses, &second[i]);
	}
	addresses_destroy(&addresses);
	ck_assert_ptr_null(addresses);
}
END_TEST

START_TEST(silence_before_connect)
{
	struct broker_config config = defaults();
	config.connect_timeout_s = 1;
	setup(&config, 1);
	mqtt_client_open(&a, fixture.port, MQTT_V5);
	mqtt_client_open(&b, fixture.port, MQTT_V5);
	struct packet packet;
	ck_assert(!mqtt_client_receive(&a, &packet));
	ck_assert(!mqtt_client_receive(&b, &packet));
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_connect_timeout == 2);
	ck_assert_uint_eq(logged("127.0.0.1:", "no CONNECT came in time"), 1);
	teardown();
}
END_TEST

START_TEST(packets_too_large)
{
	struct broker_config config = defaults();
	config.max_packet_bytes = 1024;
	setup(&config, 1);
	char big[2000];
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = 0;
	for (unsigned i = 1; i <= 2; i++) {
		mqtt_client_start(&a, fixture.port, MQTT_V5, "large");
		mqtt_client_publish(&a, "t", big, 0, false);
		expect_told_end(&a, REASON_PACKET_TOO_LARGE, "larger than the hub takes");
		BROKER_FIXTURE_AWAIT(&fixture, stats.limit_packet_size == i);
		ck_assert_uint_eq(logged("large: 127.0.0.1:", "raise max_packet_kib"), i);
	}
	teardown();
}
END_TEST

START_TEST(too_much_in_flight)
{
	struct broker_config config = defaults();
	config.max_inflight = 2;
	setup(&config, 1);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "eager");
	for (uint16_t id = 1; id <= 3; id++)
		mqtt_client_send(&a, &(struct packet){.type = PACKET_PUBLISH,
						      .publish = {.qos = 2, .id = id, .topic = span_str("t")}});
	mqtt_client_expect(&a, PACKET_PUBREC);
	mqtt_client_expect(&a, PACKET_PUBREC);
	expect_told_end(&a, REASON_RECEIVE_MAXIMUM_EXCEEDED, "receive maximum");
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_inflight == 1);
	ck_assert_uint_eq(logged("eager: 127.0.0.1:", "max_inflight"), 1);
	teardown();
}
END_TEST

START_TEST(full_queues)
{
	struct broker_config config = defaults();
	config.max_queued_messages = 3;
	setup(&config, 1);
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, "away");
	connect.connect.clean_start = false;
	mqtt_client_login(&a, fixture.port, &connect);
	mqtt_client_subscribe(&a, "t", 1);
	mqtt_client_close(&a);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "b");
	for (int i = 0; i < 5; i++) {
		mqtt_client_publish(&b, "t", "x", 1, false);
		mqtt_client_expect(&b, PACKET_PUBACK);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_queue == 2 && stats.dropped == 2);
	ck_assert_uint_eq(logged("away", "raise max_queued_messages"), 1);
	teardown();
}
END_TEST

START_TEST(too_many_subscriptions)
{
	struct broker_config config = defaults();
	config.max_subscriptions = 2;
	setup(&config, 1);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "curious");
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "t/1", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "t/2", 1), 1);
	struct packet_filter filters[] = {{.filter = span_str("t/1")}, {.filter = span_str("t/3")}};
	uint8_t list[64];
	struct wire_writer w = {.data = list, .cap = sizeof list};
	for (size_t i = 0; i < 2; i++)
		packet_write_filter(&w, PACKET_SUBSCRIBE, &filters[i], MQTT_V5);
	mqtt_client_send(&a, &(struct packet){.type = PACKET_SUBSCRIBE,
					      .subscribe = {.id = 5, .filters = span_of(list, w.len), .count = 2}});
	struct packet ack = mqtt_client_expect(&a, PACKET_SUBACK);
	ck_assert_uint_eq(ack.suback.codes.data[1], REASON_QUOTA_EXCEEDED);
	ck_assert(says(&ack.suback.props, "as many subscriptions as it may"));
	/* MQTT-3.8.4-3: one that is there is no further one */
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "t/2", 0), 0);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "$share/g/t", 1), REASON_QUOTA_EXCEEDED);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "older");
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "$share/g/t", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "o/0", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&b, "$share/g/t", 0), 0);
	mqtt_client_start(&b, fixture.port, MQTT_V311, "older");
	for (int i = 0; i < 4; i++) {
		char filter[16];
		snprintf(filter, sizeof filter, "o/%d", i);
		ck_assert_uint_eq(mqtt_client_subscribe(&b, filter, 0), i < 2 ? 0 : 0x80);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_subscriptions == 4);
	ck_assert_uint_eq(logged("curious: 127.0.0.1:", "raise max_subscriptions"), 1);
	ck_assert_uint_eq(logged("older: 127.0.0.1:", "raise max_subscriptions"), 1);
	mqtt_client_publish(&a, "t/2", "both live", 0, false);
	mqtt_client_expect_publish(&a, "t/2", "both live");
	teardown();
}
END_TEST

/* Retained messages that wait for a client's acknowledgements count as its queue: it may not have ever more of them. */
START_TEST(too_many_retained_for_one_client)
{
	enum { KEPT = 5 };
	struct broker_config config = defaults();
	config.max_queued_messages = KEPT - 1;
	setup(&config, 1);
	for (int i = 0; i < KEPT; i++) {
		char topic[24];
		snprintf(topic, sizeof topic, "kept/%d", i);
		mqtt_client_publish(&bystander, topic, "x", 1, true);
		mqtt_client_expect(&bystander, PACKET_PUBACK);
	}
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "slow");
	connect.connect.props.receive_maximum = 1;
	props_set(&connect.connect.props, PROP_RECEIVE_MAXIMUM);
	mqtt_client_login(&a, fixture.port, &connect);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "kept/#", 1), 1);
	struct packet publish = mqtt_client_expect(&a, PACKET_PUBLISH);
	uint16_t id = publish.publish.id;
	mqtt_client_send(&a, &(struct packet){.type = PACKET_SUBSCRIBE,
					      .subscribe = {.id = 5, .filters = span_of((const uint8_t *)"\0\6kept/+\1", 9), .count = 1}});
	struct packet ack = mqtt_client_expect(&a, PACKET_SUBACK);
	ck_assert_uint_eq(ack.suback.codes.data[0], REASON_QUOTA_EXCEEDED);
	ck_assert(says(&ack.suback.props, "the queue is full"));
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "$share/g/kept/+", 1), 1); /* that brings none */
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_queue == 1);
	ck_assert_uint_eq(logged("slow: 127.0.0.1:", "raise max_queued_messages"), 1);
	for (int i = 1; i < KEPT; i++) {
		mqtt_client_ack(&a, PACKET_PUBACK, id);
		id = mqtt_client_expect(&a, PACKET_PUBLISH).publish.id;
	}
	mqtt_client_expect_silence(&a);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "kept/+", 0), 0);
	for (int i = 0; i < KEPT; i++)
		mqtt_client_expect(&a, PACKET_PUBLISH);
	teardown();
}
END_TEST

START_TEST(topics_too_deep)
{
	struct broker_config config = defaults();
	config.max_topic_levels = 3;
	setup(&config, 1);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "deep");
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "a/+/#", 1), 1);
	ck_assert_uint_eq(mqtt_client_subscribe(&a, "a/b/c/#", 1), REASON_TOPIC_FILTER_INVALID);
	for (uint8_t qos = 1; qos <= 2; qos++) {
		mqtt_client_publish(&a, "a/b/c/d", "x", qos, false);
		struct packet ack = mqtt_client_expect(&a, qos == 1 ? PACKET_PUBACK : PACKET_PUBREC);
		ck_assert_uint_eq(ack.ack.reason, REASON_TOPIC_NAME_INVALID);
		ck_assert(says(&ack.ack.props, "too many levels"));
	}
	mqtt_client_publish(&a, "a/b/c/d", "x", 0, false);
	mqtt_client_publish(&a, "a/b/c", "fits", 0, false);
	mqtt_client_expect_publish(&a, "a/b/c", "fits");
	mqtt_client_start(&b, fixture.port, MQTT_V311, "older");
	mqtt_client_publish(&b, "///", "x", 1, false);
	mqtt_client_expect(&b, PACKET_PUBACK); /* 3.x cannot be told */
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_topic_levels == 5);
	ck_assert_uint_eq(logged("deep: 127.0.0.1:", "raise max_topic_levels"), 1);
	ck_assert_uint_eq(logged("older: 127.0.0.1:", "raise max_topic_levels"), 1);

	struct packet connect = mqtt_client_connect_packet(MQTT_V5, "mortal");
	connect.connect.has_will = true;
	connect.connect.will.topic = span_str("a/b/c/d");
	struct packet ack = mqtt_client_login(&c, fixture.port, &connect);
	ck_assert_uint_eq(ack.connack.reason, REASON_TOPIC_NAME_INVALID);
	ck_assert(says(&ack.connack.props, "too many levels"));
	teardown();
}
END_TEST

START_TEST(too_much_retained)
{
	struct broker_config config = defaults();
	config.max_retained_messages = 1;
	setup(&config, 1);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&b, "r/#", 0);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "hoarder");
	mqtt_client_publish(&a, "r/1", "kept", 1, true);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBACK).ack.reason, 0);
	mqtt_client_expect_publish(&b, "r/1", "kept");
	for (uint8_t qos = 1; qos <= 2; qos++) {
		mqtt_client_publish(&a, "r/2", "not kept", qos, true);
		struct packet ack = mqtt_client_expect(&a, qos == 1 ? PACKET_PUBACK : PACKET_PUBREC);
		ck_assert_uint_eq(ack.ack.reason, REASON_QUOTA_EXCEEDED);
		ck_assert(says(&ack.ack.props, "delivered but is not retained"));
		mqtt_client_expect_publish(&b, "r/2", "not kept");
	}
	/* the refused handshake is over: its identifier may begin a new one */
	mqtt_client_publish(&a, "r/1", "kept again", 2, true);
	ck_assert_uint_eq(mqtt_client_expect(&a, PACKET_PUBREC).ack.reason, 0);
	mqtt_client_expect_publish(&b, "r/1", "kept again");
	mqtt_client_publish(&a, "r/3", "at most once", 0, true);
	mqtt_client_expect_publish(&b, "r/3", "at most once");
	mqtt_client_start(&c, fixture.port, MQTT_V311, "older");
	mqtt_client_publish(&c, "r/4", "from 3.1.1", 2, true);
	mqtt_client_expect(&c, PACKET_PUBREC);
	mqtt_client_expect_publish(&b, "r/4", "from 3.1.1");
	mqtt_client_ack(&c, PACKET_PUBREL, 1);
	mqtt_client_expect(&c, PACKET_PUBCOMP);
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_retained == 4 && stats.retained == 1);
	ck_assert_uint_eq(logged("hoarder: 127.0.0.1:", "raise max_retained_messages"), 1);
	teardown();
}
END_TEST

START_TEST(publishing_too_fast)
{
	enum { RATE = 20, MESSAGES = 3 * RATE };
	struct broker_config config = defaults();
	config.max_publish_rate = RATE;
	setup(&config, (unsigned)_i + 1);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "sub");
	mqtt_client_subscribe(&b, "fast/#", 0);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "hasty");
	for (int i = 0; i < MESSAGES; i++) {
		char text[16];
		snprintf(text, sizeof text, "%d", i);
		mqtt_client_publish(&a, "fast/x", text, 0, false);
	}
	/* two seconds' worth waits now; others do not */
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_publish_rate > 0);
	mqtt_client_publish(&bystander, "fast/other", "soon", 0, false);
	for (int i = 0; i <= MESSAGES; i++) {
		struct packet_publish p = mqtt_client_expect(&b, PACKET_PUBLISH).publish;
		if (span_is(p.topic, "fast/other"))
			ck_assert_int_lt(i, MESSAGES);
	}
	ck_assert_uint_eq(logged("hasty: 127.0.0.1:", "raise max_publish_rate"), 1);
	mqtt_client_expect_silence(&a); /* and it goes on */
	teardown();
}
END_TEST

static struct packet lasting(const char *id)
{
	struct packet connect = mqtt_client_connect_packet(MQTT_V311, id);
	connect.connect.clean_start = false;
	return connect;
}

enum { MEMORY = 4 * 1024 * 1024, PIECE = 100 * 1000 };

/* Publishes pieces at QoS 1 until the broker's memory is this full, whatever it does about it. Returns how many. */
static unsigned fill(struct mqtt_client *pub, unsigned percent)
{
	static char piece[PIECE + 1];
	memset(piece, 'x', PIECE);
	unsigned count = 0;
	struct broker_stats stats;
	do {
		mqtt_client_publish(pub, "q", piece, 1, false);
		mqtt_client_expect(pub, PACKET_PUBACK);
		count++;
		broker_stats_get(fixture.broker, &stats);
	} while (stats.memory_bytes < (uint64_t)MEMORY / 100 * percent);
	return count;
}

START_TEST(memory_runs_short)
{
	struct broker_config config = defaults();
	config.max_memory_bytes = MEMORY;
	config.max_queued_bytes = 2 * MEMORY;
	setup(&config, (unsigned)_i + 1);
	struct packet away = lasting("away");
	mqtt_client_login(&c, fixture.port, &away);
	mqtt_client_subscribe(&c, "q", 1);
	mqtt_client_close(&c);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "slow");
	mqtt_client_subscribe(&b, "q0", 0);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "pub");
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 3);

	/* first: no new clients */
	unsigned waiting = fill(&a, 82);
	struct mqtt_client stranger = {0};
	expect_refused(&stranger, MQTT_V5, "stranger", "memory is short");
	expect_refused(&stranger, MQTT_V311, "stranger", "");
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_memory_connections == 2 && stats.limit_memory_publishers == 0);
	ck_assert_uint_eq(logged("127.0.0.1:", "memory is short: no new clients"), 1);

	/* then: publishers are slowed down */
	waiting += fill(&a, 95);
	BROKER_FIXTURE_AWAIT(&fixture, stats.limit_memory_publishers > 0 && stats.limit_memory_qos0 == 0);
	ck_assert_uint_eq(logged("pub: 127.0.0.1:", "memory is short: publishers are slowed down"), 1);

	/* then: QoS 0 for who does not read is dropped, and nothing else */
	waiting += fill(&a, 105);
	static char big[PIECE * 9 + 1];
	memset(big, 'y', sizeof big - 1);
	struct broker_stats now;
	do { /* until the slow one's socket is full */
		mqtt_client_publish(&a, "q0", big, 0, false);
		mqtt_client_expect_silence(&a);
		broker_stats_get(fixture.broker, &now);
	} while (now.limit_memory_qos0 == 0);
	ck_assert_uint_eq(logged("slow: 127.0.0.1:", "memory is short: messages at QoS 0 are dropped"), 1);
	ck_assert_uint_eq(now.limit_queue, 0);
	ck_assert_uint_eq(now.dropped, now.limit_memory_qos0);

	/* who has a session may come for it, and takes the weight away */
	ck_assert(mqtt_client_login(&c, fixture.port, &away).connack.session_present);
	mqtt_client_close(&b);
	while (waiting--)
		mqtt_client_ack(&c, PACKET_PUBACK, mqtt_client_expect(&c, PACKET_PUBLISH).publish.id);
	BROKER_FIXTURE_AWAIT(&fixture, stats.memory_bytes < (uint64_t)MEMORY * 7 / 10);
	mqtt_client_start(&b, fixture.port, MQTT_V5, "welcome");
	teardown();
}
END_TEST

/* What is counted as memory goes away with what held it. */
START_TEST(memory_is_given_back)
{
	struct broker_config config = defaults();
	setup(&config, 2);
	struct broker_stats before;
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 1);
	broker_stats_get(fixture.broker, &before);
	struct packet away = lasting("away");
	mqtt_client_login(&c, fixture.port, &away);
	mqtt_client_subscribe(&c, "#", 1);
	mqtt_client_close(&c);
	BROKER_FIXTURE_AWAIT(&fixture, stats.connections == 1);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "a");
	static char piece[PIECE + 1];
	memset(piece, 'x', PIECE);
	for (int i = 0; i < 10; i++) {
		mqtt_client_publish(&a, "r", piece, 1, true);
		mqtt_client_expect(&a, PACKET_PUBACK);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.stored >= before.stored + 10 && stats.memory_bytes >= before.memory_bytes + 10 * PIECE);
	away.connect.clean_start = true;
	mqtt_client_login(&c, fixture.port, &away);
	mqtt_client_stop(&c, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.stored == before.stored + 1);
	mqtt_client_publish(&a, "r", "", 1, true);
	mqtt_client_expect(&a, PACKET_PUBACK);
	mqtt_client_stop(&a, 0);
	/* but for the few blocks that wait for the next output */
	BROKER_FIXTURE_AWAIT(&fixture, stats.stored == before.stored && stats.connections == 1 &&
				       stats.memory_bytes < before.memory_bytes + PIECE);
	teardown();
}
END_TEST

/* Whatever a client makes the broker keep counts, and goes with the client. */
START_TEST(filters_and_aliases_are_memory)
{
	enum { ALIASES = 32, LENGTH = 60000 };
	static char text[LENGTH + 1];
	memset(text, 'x', LENGTH);
	struct broker_config config = defaults();
	setup(&config, 1);
	struct broker_stats before;
	BROKER_FIXTURE_AWAIT(&fixture, stats.subscriptions == 1);
	broker_stats_get(fixture.broker, &before);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "talkative");
	for (int i = 0; i < ALIASES; i++) {
		text[0] = (char)('A' + i);
		struct packet packet = {.type = PACKET_PUBLISH, .publish = {.topic = span_str(text)}};
		packet.publish.props.topic_alias = (uint16_t)(i + 1);
		props_set(&packet.publish.props, PROP_TOPIC_ALIAS);
		mqtt_client_send(&a, &packet);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.memory_bytes >= before.memory_bytes + (uint64_t)ALIASES * LENGTH);
	mqtt_client_stop(&a, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.memory_bytes < before.memory_bytes + 2 * LENGTH);
	mqtt_client_start(&a, fixture.port, MQTT_V5, "curious");
	static uint8_t list[LENGTH + 16];
	for (int i = 0; i < ALIASES; i++) {
		text[0] = (char)('A' + i);
		struct wire_writer w = {.data = list, .cap = sizeof list};
		packet_write_filter(&w, PACKET_SUBSCRIBE, &(struct packet_filter){.filter = span_str(text)}, MQTT_V5);
		mqtt_client_send(&a, &(struct packet){.type = PACKET_SUBSCRIBE,
						      .subscribe = {.id = 5, .filters = span_of(list, w.len), .count = 1}});
		ck_assert_uint_eq(*mqtt_client_expect(&a, PACKET_SUBACK).suback.codes.data, 0);
	}
	BROKER_FIXTURE_AWAIT(&fixture, stats.memory_bytes >= before.memory_bytes + (uint64_t)ALIASES * LENGTH);
	mqtt_client_stop(&a, 0);
	BROKER_FIXTURE_AWAIT(&fixture, stats.memory_bytes < before.memory_bytes + 2 * LENGTH);
	teardown();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_limits");
	TCase *tcase = tcase_create("limits");
	tcase_set_timeout(tcase, 60);
	static const TTest *const *const once[] = {
		&connections_in_all,   &connections_of_an_address, &this_machines_connections_are_its_own,
		&addresses_are_counted_without_their_port, &silence_before_connect, &packets_too_large, &too_much_in_flight,
		&full_queues, &too_many_subscriptions, &too_many_retained_for_one_client, &topics_too_deep, &too_much_retained, &memory_is_given_back,
		&filters_and_aliases_are_memory};
	for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
		tcase_add_test(tcase, *once[i]);
	tcase_add_loop_test(tcase, publishing_too_fast, 0, 2);
	tcase_add_loop_test(tcase, memory_runs_short, 0, 2);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
