/* MQTT's framing and data types: bytes <-> numbers and spans. Sans I/O, no
 * allocation; the firmware compiles this file unchanged. (MQTT 5.0 §1.5, §2.1) */
#ifndef MQTT_WIRE_H
#define MQTT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum {
	WIRE_MAX_REMAINING = 268435455, /* MQTT 5.0 §2.1.4 */
	WIRE_MAX_HEADER = 5,            /* fixed header: 1 byte and 1..4 of length */
};

/* One control packet as it lies in a receive buffer. */
struct wire_frame {
	uint8_t type;     /* enum packet_type, 1..15 */
	uint8_t flags;    /* low four bits of the first byte */
	struct span body; /* variable header and payload, borrowed */
	size_t size;      /* bytes of the whole packet, fixed header included */
};

/* Finds the packet at the start of bytes. Returns
 * 0 (*frame_r is filled), ERR_AGAIN (incomplete; frame_r->size is the size of
 * the whole packet when it is known already, else 0), ERR_MALFORMED (a length of
 * more than four bytes or not in its shortest form, or the forbidden type 0) or ERR_TOO_LARGE (size over max_size). */
int wire_next(struct span bytes, size_t max_size, struct wire_frame *frame_r);

/* A cursor over a packet's bytes. Reading past the end sets failed and yields
 * zeroes, so that a caller may read a whole header and check once. */
struct wire_reader {
	struct span left;
	int failed; /* 0, ERR_MALFORMED */
};

/* Each takes what it names from the front; integers are big-endian (§1.5.2, §1.5.3). */
uint8_t wire_read_u8(struct wire_reader *r);
uint16_t wire_read_u16(struct wire_reader *r);
uint32_t wire_read_u32(struct wire_reader *r);
uint32_t wire_read_varint(struct wire_reader *r);            /* §1.5.5, shortest form only */
struct span wire_read_binary(struct wire_reader *r);         /* §1.5.6 */
struct span wire_read_string(struct wire_reader *r);         /* §1.5.4, UTF-8 checked */

/* A cursor over memory to be written. Writing past the end sets failed, and
 * nothing more is written. Without memory it only counts, up to cap. */
struct wire_writer {
	uint8_t *data; /* borrowed; NULL: count only */
	size_t len, cap;
	int failed; /* 0, ERR_TOO_LARGE */
};

/* Each appends what it names. */
void wire_write_u8(struct wire_writer *w, uint8_t v);
void wire_write_u16(struct wire_writer *w, uint16_t v);
void wire_write_u32(struct wire_writer *w, uint32_t v);
void wire_write_varint(struct wire_writer *w, uint32_t v);
void wire_write_binary(struct wire_writer *w, struct span s); /* length prefix and bytes; also strings */
void wire_write_raw(struct wire_writer *w, struct span s);

/* Bytes that a variable byte integer takes, 1..4; 0 over WIRE_MAX_REMAINING. */
size_t wire_varint_size(uint32_t v);

#endif
