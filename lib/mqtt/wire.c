/* MQTT's framing and data types. Any thread, no state; part of the firmware,
 * so it allocates nothing and knows no packet, only bytes. */
#include "mqtt/wire.h"

#include "base/err.h"
#include "base/utf8.h"

/* The Remaining Length behind the first byte, and where the body begins. */
static int read_remaining(struct span bytes, size_t *remaining_r, size_t *header_r)
{
	size_t remaining = 0, header = 1;
	for (unsigned shift = 0;; shift += 7) {
		if (shift > 21) /* a fifth byte of length, §1.5.5 */
			return ERR_MALFORMED;
		if (header == bytes.len)
			return ERR_AGAIN;
		uint8_t c = bytes.data[header++];
		remaining |= (size_t)(c & 0x7f) << shift;
		if (c & 0x80)
			continue;
		if (c == 0 && shift) /* not the shortest form, MQTT-1.5.5-1 */
			return ERR_MALFORMED;
		break;
	}
	*remaining_r = remaining;
	*header_r = header;
	return 0;
}

int wire_next(struct span bytes, size_t max_size, struct wire_frame *frame_r)
{
	frame_r->size = 0;
	if (bytes.len == 0)
		return ERR_AGAIN;
	frame_r->type = bytes.data[0] >> 4;
	frame_r->flags = bytes.data[0] & 15;
	if (frame_r->type == 0) /* forbidden, §2.1.2 */
		return ERR_MALFORMED;
	size_t remaining = 0, header = 2;
	if (bytes.len >= 2 && bytes.data[1] < 0x80) { /* as in most */
		remaining = bytes.data[1];
	} else {
		int err = read_remaining(bytes, &remaining, &header);
		if (err)
			return err;
	}
	frame_r->size = header + remaining;
	if (frame_r->size > max_size)
		return ERR_TOO_LARGE;
	if (frame_r->size > bytes.len)
		return ERR_AGAIN;
	frame_r->body = span_of(bytes.data + header, remaining);
	return 0;
}

/* The next n bytes, or NULL when there are fewer: then nothing is left, so
 * that every later read fails too. */
static const uint8_t *take(struct wire_reader *r, size_t n)
{
	if (r->left.len < n) {
		r->failed = ERR_MALFORMED;
		r->left.len = 0;
		return NULL;
	}
	const uint8_t *p = r->left.data;
	r->left = span_of(p + n, r->left.len - n);
	return p;
}

uint8_t wire_read_u8(struct wire_reader *r)
{
	const uint8_t *p = take(r, 1);
	return p ? p[0] : 0;
}

uint16_t wire_read_u16(struct wire_reader *r)
{
	const uint8_t *p = take(r, 2);
	if (!p)
		return 0;
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t wire_read_u32(struct wire_reader *r)
{
	const uint8_t *p = take(r, 4);
	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

uint32_t wire_read_varint(struct wire_reader *r)
{
	uint32_t v = 0;
	for (unsigned shift = 0; shift <= 21; shift += 7) {
		const uint8_t *p = take(r, 1);
		if (!p)
			return 0;
		v |= (uint32_t)(*p & 0x7f) << shift;
		if (*p & 0x80)
			continue;
		if (*p == 0 && shift) /* not the shortest form, MQTT-1.5.5-1 */
			break;
		return v;
	}
	r->failed = ERR_MALFORMED;
	r->left.len = 0;
	return 0;
}

struct span wire_read_binary(struct wire_reader *r)
{
	size_t len = wire_read_u16(r);
	const uint8_t *p = r->failed ? NULL : take(r, len);
	return p ? span_of(p, len) : (struct span){NULL, 0};
}

struct span wire_read_string(struct wire_reader *r)
{
	struct span s = wire_read_binary(r);
	if (utf8_valid(s))
		return s;
	r->failed = ERR_MALFORMED; /* MQTT-1.5.4-1, MQTT-1.5.4-2 */
	r->left.len = 0;
	return (struct span){NULL, 0};
}

/* Takes n bytes of room. Returns where to write them, or NULL: no room, or a
 * writer without memory, which only counts. */
static uint8_t *make_room(struct wire_writer *w, size_t n)
{
	if (w->failed || w->cap - w->len < n) {
		w->failed = ERR_TOO_LARGE;
		return NULL;
	}
	uint8_t *p = w->data ? w->data + w->len : NULL;
	w->len += n;
	return p;
}

void wire_write_u8(struct wire_writer *w, uint8_t v)
{
	uint8_t *p = make_room(w, 1);
	if (p)
		p[0] = v;
}

void wire_write_u16(struct wire_writer *w, uint16_t v)
{
	uint8_t *p = make_room(w, 2);
	if (!p)
		return;
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void wire_write_u32(struct wire_writer *w, uint32_t v)
{
	uint8_t *p = make_room(w, 4);
	if (!p)
		return;
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

void wire_write_varint(struct wire_writer *w, uint32_t v)
{
	size_t size = wire_varint_size(v);
	if (size == 0) {
		w->failed = ERR_TOO_LARGE;
		return;
	}
	uint8_t *p = make_room(w, size);
	if (!p)
		return;
	for (; v > 0x7f; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p = (uint8_t)v;
}

void wire_write_raw(struct wire_writer *w, struct span s)
{
	uint8_t *p = make_room(w, s.len);
	if (p && s.len)
		memcpy(p, s.data, s.len);
}

void wire_write_binary(struct wire_writer *w, struct span s)
{
	if (s.len > UINT16_MAX) {
		w->failed = ERR_TOO_LARGE;
		return;
	}
	wire_write_u16(w, (uint16_t)s.len);
	wire_write_raw(w, s);
}

size_t wire_varint_size(uint32_t v)
{
	if (v > WIRE_MAX_REMAINING)
		return 0;
	return v < 128 ? 1 : v < 16384 ? 2 : v < 2097152 ? 3 : 4;
}
