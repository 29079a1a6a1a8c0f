/* An outgoing PUBLISH as bytes. The properties of a message are kept encoded,
 * so writing one is copying, unlike lib/mqtt's encoder, which starts from decoded
 * properties. Sans I/O. */
#ifndef BROKER_PUBLISH_WIRE_H
#define BROKER_PUBLISH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "mqtt/packet.h"

struct publish_wire {
	struct span topic;
	struct span props;   /* encoded, without their length */
	uint32_t payload_len;
	uint32_t expiry_s;   /* what is left; UINT32_MAX: none */
	uint32_t sub_id;     /* 0: none */
	uint16_t packet_id;  /* for QoS 1, 2 */
	uint16_t alias;      /* 0: none */
	uint8_t version;     /* enum mqtt_version */
	uint8_t qos;
	bool retain, dup;
};

/* Bytes before the payload, as publish_wire_head writes them. */
size_t publish_wire_head_size(const struct publish_wire *w);

/* Writes the head to `to` and returns where the payload goes; *id_at_r (may be NULL): where the
 * packet identifier lies, for QoS 1, 2. */
uint8_t *publish_wire_head(const struct publish_wire *w, uint8_t *to, size_t *id_at_r);

/* Encodes the forwarded properties of p, in the standard's order with user properties as they came, into props_r
 * (cleared first). Returns 0 or ERR_NOMEM. */
int publish_wire_props(const struct props *p, struct buf *props_r);

#endif
