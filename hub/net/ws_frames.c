/* WebSocket frames, read by libwslay's frame API. It copies what it is given into a buffer of 4 KiB in its context, and unmasks
 * there; so a context lives only while a frame is incomplete, and silent connections cost nothing. On the thread of
 * the stream; must not know sockets or MQTT. */
#include "net/ws_frames.h"

#include <stdlib.h>
#include <wslay/wslay.h>

struct ws_control {
	uint8_t len;
	uint8_t data[WS_CONTROL_BYTES];
};

static ssize_t give(uint8_t *to, size_t size, int flags, void *ctx)
{
	(void)flags;
	struct ws_decoder *d = ctx;
	size_t n = size < d->source.len ? size : d->source.len;
	if (n == 0)
		return -1; /* wslay: want read */
	memcpy(to, d->source.data, n);
	d->source = span_of(d->source.data + n, d->source.len - n);
	d->parsing += (uint32_t)n;
	return (ssize_t)n;
}

/* What wslay has taken to know this frame. */
static uint32_t header_size(const struct wslay_frame_iocb *f)
{
	uint32_t extended = f->payload_length < 126 ? 0 : f->payload_length < 65536 ? 2 : 8;
	return 2 + extended + 4;
}

/* A frame's first piece: may it come here? Lengths and the form of control frames were wslay's to judge. */
static int begin_frame(struct ws_decoder *d, const struct wslay_frame_iocb *f)
{
	if (!f->mask || f->rsv)
		return WS_PROTOCOL_ERROR; /* §5.1, and no extension was agreed upon */
	d->parsing -= header_size(f);
	d->in_frame = true;
	d->left = f->payload_length;
	d->opcode = f->opcode;
	switch (f->opcode) {
	case WSLAY_CONTINUATION_FRAME:
		if (!d->in_message)
			return WS_PROTOCOL_ERROR;
		d->in_message = !f->fin;
		return 0;
	case WSLAY_BINARY_FRAME:
		if (d->in_message)
			return WS_PROTOCOL_ERROR;
		d->in_message = !f->fin;
		return 0;
	case WSLAY_TEXT_FRAME:
		return d->in_message ? WS_PROTOCOL_ERROR : WS_UNSUPPORTED_DATA; /* MQTT-6.0.0-1 */
	case WSLAY_CONNECTION_CLOSE:
	case WSLAY_PING:
	case WSLAY_PONG:
		d->control = calloc(1, sizeof *d->control);
		return d->control ? 0 : WS_INTERNAL_ERROR;
	default:
		return WS_PROTOCOL_ERROR;
	}
}

/* The control frame is whole. */
static int end_control(struct ws_decoder *d, const struct ws_decoder_events *events)
{
	struct ws_control *control = d->control;
	d->control = NULL;
	int err = 0;
	struct span payload = span_of(control->data, control->len);
	if (d->opcode == WS_CLOSE)
		err = ws_close_code(payload) == WS_PROTOCOL_ERROR ? WS_PROTOCOL_ERROR : WS_CLOSE;
	if (err != WS_PROTOCOL_ERROR)
		events->control(events->ctx, d->opcode, payload);
	free(control);
	return err;
}

/* A piece of a frame. *out moves on behind the payload that was taken. */
static int take_piece(struct ws_decoder *d, const struct wslay_frame_iocb *f, const struct ws_decoder_events *events,
		      uint8_t **out)
{
	int err = d->in_frame ? 0 : begin_frame(d, f);
	if (err)
		return err;
	size_t len = f->data_length;
	if (len && d->control) { /* at most WS_CONTROL_BYTES, as wslay made sure */
		memcpy(d->control->data + d->control->len, f->data, len);
		d->control->len = (uint8_t)(d->control->len + len);
	} else if (len) {
		/* wslay has read at least a header more than that: nothing unread is overwritten */
		memcpy(*out, f->data, len);
		*out += len;
	}
	d->parsing -= (uint32_t)len;
	d->left -= len;
	d->in_frame = d->left > 0;
	return !d->in_frame && d->control ? end_control(d, events) : 0;
}

static int make_context(struct ws_decoder *d)
{
	static const struct wslay_frame_callbacks callbacks = {.recv_callback = give};
	if (!d->frames && wslay_frame_context_init(&d->frames, &callbacks, d))
		return WS_INTERNAL_ERROR;
	return 0;
}

int ws_decode(struct ws_decoder *d, uint8_t *data, size_t len, const struct ws_decoder_events *events,
	      size_t *payload_len_r)
{
	uint8_t *out = data;
	int err = make_context(d);
	d->source = span_of(data, len);
	while (!err) {
		struct wslay_frame_iocb f = {0};
		ssize_t n = wslay_frame_recv(d->frames, &f);
		if (n == WSLAY_ERR_WANT_READ && d->source.len == 0)
			break;
		if (n >= 0)
			err = take_piece(d, &f, events, &out);
		else if (n != WSLAY_ERR_WANT_READ)
			err = WS_PROTOCOL_ERROR;
	}
	d->source = (struct span){0};
	*payload_len_r = (size_t)(out - data);
	if (err || (!d->in_frame && d->parsing == 0)) {
		wslay_frame_context_free(d->frames);
		d->frames = NULL;
	}
	return err;
}

void ws_decoder_finish(struct ws_decoder *d)
{
	if (d->frames)
		wslay_frame_context_free(d->frames);
	free(d->control);
	*d = (struct ws_decoder){0};
}

/* ---- writing ------------------------------------------------------------- */

enum { FIN = 0x80, LEN_16 = 126, LEN_64 = 127 };

/* By hand: wslay would want a context for it, with its buffer, for every message. §5.2; a server's frames have no mask. */
size_t ws_header(enum ws_opcode opcode, uint64_t len, uint8_t header_r[WS_HEADER_BYTES])
{
	size_t bytes = len < LEN_16 ? 0 : len <= UINT16_MAX ? 2 : 8; /* of the extended length, the most significant first */
	header_r[0] = (uint8_t)(FIN | opcode);
	header_r[1] = bytes == 0 ? (uint8_t)len : bytes == 2 ? LEN_16 : LEN_64;
	for (size_t i = 0; i < bytes; i++)
		header_r[2 + i] = (uint8_t)(len >> (8 * (bytes - 1 - i)));
	return 2 + bytes;
}

int ws_close_code(struct span payload)
{
	if (payload.len == 0)
		return 0;
	int code = payload.len == 1 ? 0 : payload.data[0] << 8 | payload.data[1];
	/* §7.4: those defined, without those that never travel, and those free for libraries and applications */
	bool valid = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
	return valid ? code : WS_PROTOCOL_ERROR;
}
