/* What the codec costs: nanoseconds of CPU for decoding and encoding a PUBLISH
 * with 64 bytes of payload. Prints one line a case; judges nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mqtt/packet.h"

enum { ROUNDS = 20000000, PACKETS = 64 };

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Finds and decodes packets in a buffer of many, as a receive buffer has them. */
static double decode_ns(struct span stream, uint8_t version)
{
	uint64_t sum = 0;
	struct span left = stream;
	double start = cpu_ns();
	for (int i = 0; i < ROUNDS; i++) {
		struct wire_frame frame;
		struct packet_publish publish;
		if (wire_next(left, SIZE_MAX, &frame) || packet_decode_publish(&frame, version, &publish))
			abort();
		sum += publish.topic.len + publish.payload.data[0];
		left = span_of(left.data + frame.size, left.len - frame.size);
		if (left.len == 0)
			left = stream;
	}
	double ns = (cpu_ns() - start) / ROUNDS;
	if (sum == 0) /* so that the compiler keeps the work */
		abort();
	return ns;
}

static double encode_ns(const struct packet_publish *publish, uint8_t version)
{
	uint8_t bytes[256];
	uint64_t sum = 0;
	double start = cpu_ns();
	for (int i = 0; i < ROUNDS; i++) {
		struct wire_writer w = {.data = bytes, .cap = sizeof bytes};
		if (packet_encode_publish_head(&w, publish, publish->payload.len, version))
			abort();
		sum += w.len + bytes[w.len - 1];
	}
	double ns = (cpu_ns() - start) / ROUNDS;
	if (sum == 0)
		abort();
	return ns;
}

static void measure(const char *name, const struct packet_publish *publish, uint8_t version)
{
	static uint8_t memory[PACKETS * 256];
	struct wire_writer w = {.data = memory, .cap = sizeof memory};
	struct packet p = {.type = PACKET_PUBLISH, .publish = *publish};
	for (int i = 0; i < PACKETS; i++)
		if (packet_encode(&w, &p, version))
			abort();
	printf("%-34s decode %5.1f ns   encode %5.1f ns\n", name,
	       decode_ns(span_of(memory, w.len), version), encode_ns(publish, version));
}

int main(void)
{
	static const uint8_t payload[64] = {1};
	struct packet_publish p = {.topic = span_str("tomte/livingroom-lamp/state/power"),
				   .payload = span_of(payload, sizeof payload)};
	measure("3.1.1 QoS 0", &p, MQTT_V311);
	measure("5.0 QoS 0", &p, MQTT_V5);
	p.qos = 1;
	p.id = 7;
	measure("5.0 QoS 1", &p, MQTT_V5);
	p.props.topic_alias = 3;
	p.props.message_expiry_s = 60;
	props_set(&p.props, PROP_TOPIC_ALIAS);
	props_set(&p.props, PROP_MESSAGE_EXPIRY);
	measure("5.0 QoS 1, expiry and alias", &p, MQTT_V5);
	return 0;
}
