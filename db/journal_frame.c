/* Headers and frames to bytes and back. Pure; knows neither files nor what a payload means. */
#include "db/journal_frame.h"

#include <string.h>
#include <zlib.h>

#include "base/err.h"

static const char magic[8] = {'t', 'o', 'm', 't', 'e', 'j', 'n', 'l'};

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void put_u64(uint8_t *to, uint64_t value)
{
	put_u32(to, (uint32_t)value);
	put_u32(to + 4, (uint32_t)(value >> 32));
}

static uint32_t get_u32(const uint8_t *from)
{
	return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static uint64_t get_u64(const uint8_t *from)
{
	return get_u32(from) | (uint64_t)get_u32(from + 4) << 32;
}

static uint32_t crc_of(uint32_t seed, const uint8_t *data, size_t len)
{
	return len ? (uint32_t)crc32_z(seed, data, len) : seed; /* zlib starts anew on NULL */
}

/* ---- headers of segments ----------------------------------------------- */

enum { HEADER_CRC = 8, HEADER_VERSION = 12, HEADER_NUMBER = 16, HEADER_SALT = 24 };

void segment_header_encode(uint8_t header_r[SEGMENT_HEADER_BYTES], const struct segment_life *life)
{
	memset(header_r, 0, SEGMENT_HEADER_BYTES);
	memcpy(header_r, magic, sizeof magic);
	put_u32(header_r + HEADER_VERSION, JOURNAL_VERSION);
	put_u64(header_r + HEADER_NUMBER, life->number);
	put_u64(header_r + HEADER_SALT, life->salt);
	put_u32(header_r + HEADER_CRC,
		crc_of(0, header_r + HEADER_VERSION, SEGMENT_HEADER_BYTES - HEADER_VERSION));
}

int segment_header_decode(const uint8_t header[SEGMENT_HEADER_BYTES], struct segment_life *life_r)
{
	*life_r = (struct segment_life){0};
	uint32_t crc = crc_of(0, header + HEADER_VERSION, SEGMENT_HEADER_BYTES - HEADER_VERSION);
	if (memcmp(header, magic, sizeof magic) != 0 || get_u32(header + HEADER_CRC) != crc)
		return ERR_DAMAGED;
	if (get_u32(header + HEADER_VERSION) > JOURNAL_VERSION)
		return ERR_NEWER;
	uint64_t number = get_u64(header + HEADER_NUMBER);
	if (get_u32(header + HEADER_VERSION) < JOURNAL_VERSION || number == 0 || number > JOURNAL_NUMBER_MAX)
		return ERR_DAMAGED;
	*life_r = (struct segment_life){number, get_u64(header + HEADER_SALT)};
	return 0;
}

uint32_t segment_seed(const struct segment_life *life)
{
	uint8_t bytes[16];
	put_u64(bytes, life->salt);
	put_u64(bytes + 8, life->number);
	return crc_of(0, bytes, sizeof bytes);
}

/* ---- frames ------------------------------------------------------------ */

enum { HEAD_PAYLOAD_CRC = 4, HEAD_LENGTH = 8, HEAD_ZERO = 12, HEAD_SEQ = 16, HEAD_DURABLE = 24 };

static uint32_t head_crc(uint32_t seed, const uint8_t *head)
{
	return crc_of(seed, head + HEAD_PAYLOAD_CRC, FRAME_HEAD_BYTES - HEAD_PAYLOAD_CRC);
}

void frame_encode(uint8_t *frame_r, uint32_t seed, uint64_t seq, uint64_t durable, struct span payload)
{
	size_t end = FRAME_HEAD_BYTES + payload.len;
	put_u32(frame_r + HEAD_PAYLOAD_CRC, crc_of(seed, payload.data, payload.len));
	put_u32(frame_r + HEAD_LENGTH, (uint32_t)payload.len);
	put_u32(frame_r + HEAD_ZERO, 0);
	put_u64(frame_r + HEAD_SEQ, seq);
	put_u64(frame_r + HEAD_DURABLE, durable);
	put_u32(frame_r, head_crc(seed, frame_r));
	if (payload.len)
		memcpy(frame_r + FRAME_HEAD_BYTES, payload.data, payload.len);
	memset(frame_r + end, 0, frame_size(payload.len) - end);
}

bool frame_head_decode(struct span bytes, uint32_t seed, struct frame_head *head_r)
{
	if (bytes.len < FRAME_HEAD_BYTES || get_u32(bytes.data) != head_crc(seed, bytes.data))
		return false;
	*head_r = (struct frame_head){
		.seq = get_u64(bytes.data + HEAD_SEQ),
		.durable = get_u64(bytes.data + HEAD_DURABLE),
		.length = get_u32(bytes.data + HEAD_LENGTH),
		.payload_crc = get_u32(bytes.data + HEAD_PAYLOAD_CRC),
	};
	return head_r->seq <= JOURNAL_NUMBER_MAX && head_r->durable < head_r->seq;
}

bool frame_decode(struct span bytes, uint32_t seed, struct frame_head *head_r, struct span *payload_r)
{
	if (!frame_head_decode(bytes, seed, head_r) || frame_size(head_r->length) > bytes.len)
		return false;
	*payload_r = span_of(bytes.data + FRAME_HEAD_BYTES, head_r->length);
	return crc_of(seed, payload_r->data, payload_r->len) == head_r->payload_crc;
}
