/* WebSocket frames (RFC 6455 §5) as a server reads and writes them: sans I/O, binary messages only. The messages
 * of one direction are one stream of bytes; where frames and messages begin and end means nothing to its reader. */
#ifndef NET_WS_FRAMES_H
#define NET_WS_FRAMES_H

#include <stdbool.h>

#include "base/span.h"

/* Codes of close frames (RFC 6455 §7.4.1). */
enum ws_code {
	WS_NORMAL = 1000,
	WS_PROTOCOL_ERROR = 1002,
	WS_UNSUPPORTED_DATA = 1003, /* a text message */
	WS_INTERNAL_ERROR = 1011,   /* no memory */
};

enum ws_opcode {
	WS_BINARY = 0x2,
	WS_CLOSE = 0x8,
	WS_PING = 0x9,
	WS_PONG = 0xa,
};

enum {
	WS_CONTROL_BYTES = 125, /* a control frame's payload at most */
	WS_HEADER_BYTES = 10,   /* of a frame from server to client at most */
};

struct wslay_frame_context;
struct ws_control;

/* The reading side. Zeroed memory is a fresh one; one that waits for a frame holds no memory beyond itself. */
struct ws_decoder {
	struct wslay_frame_context *frames; /* owned; NULL between frames */
	struct ws_control *control;         /* owned; the control frame that is coming in, or NULL */
	struct span source;                 /* what is still to be decoded, within a call */
	uint64_t left;                      /* bytes to come of the payload */
	uint32_t parsing;                   /* bytes that were decoded and belong to no known frame yet: of a header */
	uint8_t opcode;                     /* of the frame */
	bool in_frame;                      /* its header was seen, its end not */
	bool in_message;                    /* the last fragment of a message is still to come */
};

/* What the decoder tells, within the call. payload: borrowed. After a close frame nothing more is decoded. */
struct ws_decoder_events {
	void (*control)(void *ctx, enum ws_opcode opcode, struct span payload);
	void *ctx;
};

/* Decodes len > 0 bytes in place: the payload of binary messages moves to data's begin, *payload_len_r bytes of it.
 * Returns 0, WS_CLOSE when the client's close frame was told, or the code (enum ws_code) with which the connection
 * must be closed; the payload that came before that is valid, and the decoder must not be called any more. */
int ws_decode(struct ws_decoder *d, uint8_t *data, size_t len, const struct ws_decoder_events *events,
	      size_t *payload_len_r);

/* Frees what it holds. */
void ws_decoder_finish(struct ws_decoder *d);

/* Writes the header of an unmasked frame that is a whole message with len < 2^63 bytes of payload. Returns its size. */
size_t ws_header(enum ws_opcode opcode, uint64_t len, uint8_t header_r[WS_HEADER_BYTES]);

/* The code in a close frame's payload; 0: there is none; WS_PROTOCOL_ERROR for one that nobody may send. */
int ws_close_code(struct span payload);

#endif
