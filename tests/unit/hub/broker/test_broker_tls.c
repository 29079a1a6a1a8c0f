/* The broker over TLS, two workers: connections move after CONNECT with what
 * TLS had read ahead, large messages pass whole both ways. */
#include <stdio.h>
#include <stdlib.h>

#include "../net/client.h"
#include "base/err.h"
#include "net/pki.h"
#include "support/broker_fixture.h"
#include "support/scratch.h"

enum { CLIENTS = 6, MESSAGES = 40, PAYLOAD = 30000 };

static struct broker *broker;
static uint16_t port;

static void send_packet(struct client *c, const struct packet *packet)
{
	size_t size = packet_size(packet, MQTT_V5);
	struct wire_writer w = {.data = malloc(size), .cap = size};
	ck_assert_int_eq(packet_encode(&w, packet, MQTT_V5), 0);
	ck_assert(client_send(c, w.data, w.len));
	free(w.data);
}

/* Receives packets into in (consumed by the next call) until one of this type. */
static struct packet expect(struct client *c, struct buf *in, uint8_t type)
{
	struct wire_frame frame;
	struct packet packet;
	for (;;) {
		int err = wire_next(buf_span(in), 1 << 20, &frame);
		if (err == 0) {
			ck_assert_int_eq(packet_decode(&frame, MQTT_V5, &packet), 0);
			ck_assert_uint_eq(packet.type, type);
			size_t len = packet.type == PACKET_PUBLISH ? packet.publish.payload.len : 0;
			if (len)
				ck_assert_uint_eq(packet.publish.payload.data[len - 1], 'z');
			buf_consume(in, frame.size);
			return packet;
		}
		ck_assert_int_eq(err, ERR_AGAIN);
		ck_assert_int_eq(buf_reserve(in, 65536), 0);
		ssize_t n = client_receive(c, in->data + in->len, in->cap - in->len);
		ck_assert_int_gt(n, 0);
		in->len += (size_t)n;
	}
}

/* CONNECT and SUBSCRIBE in one breath: the second is read ahead of the move. */
static void start(struct client *c, struct buf *in, int number, const struct buf *ca)
{
	char id[32];
	snprintf(id, sizeof id, "tls-%d", number);
	client_connect(c, &(struct client_config){.port = port, .tls = true, .ca_pem = ca, .name = "localhost"});
	static const uint8_t filter[] = {0, 3, 'b', 'i', 'g', 1};
	struct packet connect = mqtt_client_connect_packet(MQTT_V5, id);
	struct packet subscribe = {.type = PACKET_SUBSCRIBE,
				   .subscribe = {.id = 1, .filters = span_of(filter, sizeof filter), .count = 1}};
	send_packet(c, &connect);
	send_packet(c, &subscribe);
	ck_assert_uint_eq(expect(c, in, PACKET_CONNACK).connack.reason, 0);
	ck_assert_uint_eq(expect(c, in, PACKET_SUBACK).suback.codes.len, 1);
}

static struct tls_server *make_tls(const struct scratch *scratch, struct buf *ca)
{
	const struct pki_paths paths = {scratch->path, "abcdefghij"};
	struct buf chain = {0}, key = {0};
	struct tls_server *tls = NULL;
	char message[256] = "";
	bool renewed;
	ck_assert_msg(pki_ensure(&paths, &renewed, message) == 0, "%s", message);
	ck_assert_int_eq(pki_load(&paths, ca, &chain, &key), 0);
	ck_assert_msg(tls_server_create(&(struct tls_config){.certificate = buf_span(&chain), .key = buf_span(&key)}, &tls, message) == 0, "%s", message);
	buf_finish(&chain);
	buf_finish(&key);
	return tls;
}

START_TEST(messages_pass_whole)
{
	struct scratch scratch;
	struct buf ca = {0};
	char message[256] = "";
	ck_assert_int_ge(sodium_init(), 0);
	scratch_create(&scratch);
	struct tls_server *tls = make_tls(&scratch, &ca);
	struct broker_config config = broker_config_default();
	config.workers = 2;
	struct access_table *table;
	ck_assert_int_eq(access_table_create_open(&table), 0);
	ck_assert_int_eq(broker_create(&config, NULL, table, &broker), 0);
	ck_assert_msg(broker_listen(broker, "127.0.0.1", 0, tls, &port, message) == 0, "%s", message);
	ck_assert_int_eq(broker_start(broker), 0);

	static struct client clients[CLIENTS];
	static struct buf in[CLIENTS];
	static uint8_t payload[PAYLOAD];
	memset(payload, 'z', sizeof payload);
	for (int i = 0; i < CLIENTS; i++)
		start(&clients[i], &in[i], i, &ca);
	struct packet publish = {.type = PACKET_PUBLISH,
				 .publish = {.topic = span_str("big"), .payload = span_of(payload, PAYLOAD)}};
	for (int m = 0; m < MESSAGES; m++) {
		send_packet(&clients[m % CLIENTS], &publish);
		for (int i = 0; i < CLIENTS; i++)
			ck_assert_uint_eq(expect(&clients[i], &in[i], PACKET_PUBLISH).publish.payload.len, PAYLOAD);
	}
	for (int i = 0; i < CLIENTS; i++) {
		client_close(&clients[i]);
		buf_finish(&in[i]);
	}
	broker_destroy(&broker);
	tls_server_destroy(&tls);
	access_table_unref(&table);
	buf_finish(&ca);
	scratch_remove(&scratch);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {messages_pass_whole};
	return suite_run("broker_tls", tests, 1);
}
