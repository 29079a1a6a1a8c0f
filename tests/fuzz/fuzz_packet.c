/* Any stream of packets, in every version: what decodes must encode again and
 * then decode to the same; the fast path must agree with the rest. */
#include <stdlib.h>

#include "base/err.h"
#include "mqtt/packet.h"
#include "support/packet_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

static void walk_filters(const struct packet *p, uint8_t version)
{
	struct span cursor = p->subscribe.filters;
	struct packet_filter filter;
	uint32_t count = 0;
	while (packet_next_filter(&cursor, p->type, version, &filter)) {
		check(filter.qos <= 2 && filter.retain_handling <= 2 && filter.filter.len > 0);
		count++;
	}
	check(count == p->subscribe.count && cursor.len == 0);
}

static void encode_and_decode(const struct packet *p, uint8_t version)
{
	size_t size = packet_size(p, version);
	check(size >= 2);
	uint8_t *bytes = malloc(size);
	check(bytes != NULL);
	struct wire_writer w = {.data = bytes, .cap = size};
	check(packet_encode(&w, p, version) == 0);
	check(w.len == size && w.failed == 0);
	struct wire_frame frame;
	struct packet again;
	check(wire_next(span_of(bytes, size), size, &frame) == 0);
	check(frame.size == size);
	check(packet_decode(&frame, version, &again) == 0);
	check(packets_equal(p, &again));
	free(bytes);
}

static void try_version(const struct wire_frame *frame, uint8_t version)
{
	/* exactly the body, so that ASan sees over-reads into the next packet */
	uint8_t *body = malloc(frame->body.len ? frame->body.len : 1);
	check(body != NULL);
	memcpy(body, frame->body.data, frame->body.len);
	struct wire_frame exact = *frame;
	exact.body.data = body;
	struct packet p;
	int err = packet_decode(&exact, version, &p);
	check(err == 0 || err == ERR_MALFORMED || err == ERR_PROTOCOL ||
	      (err == ERR_UNSUPPORTED && frame->type == PACKET_CONNECT));
	if (frame->type == PACKET_PUBLISH) {
		struct packet_publish publish;
		check(packet_decode_publish(&exact, version, &publish) == err);
		check(err || publishes_equal(&publish, &p.publish));
	}
	if (err == 0 && (p.type == PACKET_SUBSCRIBE || p.type == PACKET_UNSUBSCRIBE))
		walk_filters(&p, version);
	if (err == 0)
		encode_and_decode(&p, version);
	free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span left = span_of(data, size);
	struct wire_frame frame;
	while (wire_next(left, 65536, &frame) == 0) {
		check(frame.size >= 2 && frame.size <= left.len);
		for (uint8_t version = MQTT_V31; version <= MQTT_V5; version++)
			try_version(&frame, version);
		left = span_of(left.data + frame.size, left.len - frame.size);
	}
	return 0;
}
