/* What decoding and encoding of packets share. Only lib/mqtt/ includes it. */
#ifndef MQTT_PACKET_PRIVATE_H
#define MQTT_PACKET_PRIVATE_H

#include "mqtt/packet.h"

/* Bits of CONNECT's flags, §3.1.2.3 */
enum {
	CONNECT_RESERVED = 1 << 0,
	CONNECT_CLEAN_START = 1 << 1,
	CONNECT_WILL = 1 << 2,
	CONNECT_WILL_QOS_SHIFT = 3, /* two bits */
	CONNECT_WILL_RETAIN = 1 << 5,
	CONNECT_PASSWORD = 1 << 6,
	CONNECT_USERNAME = 1 << 7,
};

/* Bits of a subscription's options, §3.8.3.1 */
enum {
	FILTER_QOS = 3,
	FILTER_NO_LOCAL = 1 << 2,
	FILTER_RETAIN_AS_PUBLISHED = 1 << 3,
	FILTER_RETAIN_HANDLING_SHIFT = 4, /* two bits */
	FILTER_RESERVED = 3 << 6,
	FILTER_RESERVED_V3 = 0xff & ~FILTER_QOS,
};

enum { SUBACK_FAILURE_V3 = 0x80 }; /* MQTT 3.1.1 §3.9.3 */

/* Decoders of one packet's body; each takes the whole body, refuses what is
 * left behind it and returns as packet_decode does. */
int decode_connect(const struct wire_frame *frame, struct packet_connect *p);
int decode_connack(struct span body, uint8_t version, struct packet_connack *p);
int decode_subscribe(struct span body, uint8_t type, uint8_t version, struct packet_subscribe *p);
int decode_suback(struct span body, uint8_t type, uint8_t version, struct packet_suback *p);

/* Checks the payload of a SUBSCRIBE or UNSUBSCRIBE and counts its entries.
 * Returns 0, ERR_MALFORMED or ERR_PROTOCOL. */
int check_filters(struct span filters, uint8_t type, uint8_t version, uint32_t *count_r);

/* Checks the codes of a SUBACK or UNSUBACK. Returns 0 or ERR_PROTOCOL. */
int check_codes(struct span codes, uint8_t type, uint8_t version);

#endif
