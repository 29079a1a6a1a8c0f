/* Frames of WebSocket: however the input is cut, the decoder says the same and gives the same bytes. The first byte chooses the
 * cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/ws_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	struct buf payload, controls; /* of control frames: opcode, length, payload */
	int code;
};

static void keep(struct buf *out, const void *data, size_t len)
{
	if (buf_append(out, data, len))
		abort();
}

static void on_control(void *ctx, enum ws_opcode opcode, struct span payload)
{
	struct result *result = ctx;
	if (payload.len > WS_CONTROL_BYTES)
		abort();
	const uint8_t head[] = {(uint8_t)opcode, (uint8_t)payload.len};
	keep(&result->controls, head, sizeof head);
	keep(&result->controls, payload.data, payload.len);
}

static void decode(const uint8_t *data, size_t size, size_t chunk, struct result *result)
{
	const struct ws_decoder_events events = {on_control, result};
	struct ws_decoder d = {0};
	for (size_t at = 0; at < size && !result->code; at += chunk) {
		size_t len = size - at < chunk ? size - at : chunk, payload;
		uint8_t *piece = malloc(len); /* exactly that size, so that over-reads show */
		if (!piece)
			abort();
		memcpy(piece, data + at, len);
		result->code = ws_decode(&d, piece, len, &events, &payload);
		if (payload > len)
			abort();
		keep(&result->payload, piece, payload);
		free(piece);
		if (!result->code && !d.in_frame && d.parsing == 0 && d.frames)
			abort(); /* silence costs memory */
	}
	ws_decoder_finish(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct result whole = {0}, cut = {0};
	decode(data + 1, size - 1, size, &whole);
	decode(data + 1, size - 1, (size_t)data[0] + 1, &cut);
	if (whole.code != cut.code || !span_equal(buf_span(&whole.payload), buf_span(&cut.payload)) ||
	    !span_equal(buf_span(&whole.controls), buf_span(&cut.controls)))
		abort();
	buf_finish(&whole.payload);
	buf_finish(&whole.controls);
	buf_finish(&cut.payload);
	buf_finish(&cut.controls);
	return 0;
}
