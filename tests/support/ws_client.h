/* Builds and takes apart frames of WebSocket as a client does, right or wrong on purpose. Header only; the tests' own
 * view of RFC 6455 §5.2. */
#ifndef TESTS_SUPPORT_WS_CLIENT_H
#define TESTS_SUPPORT_WS_CLIENT_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct ws_shape {
	uint8_t first;        /* FIN, RSV and opcode */
	bool unmasked;
	int length_bytes;     /* of the extended length: 0, 2, 8; -1: as many as it takes */
	uint64_t announced;   /* payload length in the header; 0: the true one */
};

static inline void ws_put(struct buf *out, const void *data, size_t len)
{
	if (buf_append(out, data, len))
		abort();
}

/* Appends a frame. */
static inline void ws_frame(struct buf *out, struct ws_shape shape, const void *payload, size_t len)
{
	static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
	uint64_t said = shape.announced ? shape.announced : len;
	int more = shape.length_bytes >= 0 ? shape.length_bytes : said < 126 ? 0 : said < 65536 ? 2 : 8;
	uint8_t head[14] = {shape.first, (uint8_t)(more == 0 ? said : more == 2 ? 126 : 127)};
	if (!shape.unmasked)
		head[1] |= 0x80;
	for (int i = 0; i < more; i++)
		head[2 + i] = (uint8_t)(said >> (8 * (more - 1 - i)));
	size_t head_len = 2 + (size_t)more;
	if (!shape.unmasked) {
		memcpy(head + head_len, mask, sizeof mask);
		head_len += sizeof mask;
	}
	ws_put(out, head, head_len);
	size_t at = out->len;
	ws_put(out, payload, len);
	for (size_t i = 0; i < len && !shape.unmasked; i++)
		out->data[at + i] ^= mask[i % 4];
}

/* Appends a well-formed frame. */
static inline void ws_good(struct buf *out, uint8_t first, const void *payload, size_t len)
{
	ws_frame(out, (struct ws_shape){.first = first, .length_bytes = -1}, payload, len);
}

/* A frame of a server at data. Returns its size, 0 when it is not whole yet. */
static inline size_t ws_parse(const uint8_t *data, size_t len, uint8_t *first_r, const uint8_t **payload_r, size_t *payload_len_r)
{
	if (len < 2)
		return 0;
	if (data[1] & 0x80)
		abort(); /* servers do not mask */
	size_t more = data[1] == 126 ? 2 : data[1] == 127 ? 8 : 0;
	if (len < 2 + more)
		return 0;
	uint64_t payload = more ? 0 : data[1];
	for (size_t i = 0; i < more; i++)
		payload = payload << 8 | data[2 + i];
	if (len - 2 - more < payload)
		return 0;
	*first_r = data[0];
	*payload_r = data + 2 + more;
	*payload_len_r = (size_t)payload;
	return 2 + more + (size_t)payload;
}

#endif
