/* Packets that are nearly right: valid ones of each type and version, then bits flipped, bytes cut, lengths off by
 * one, properties that do not exist, thousands of levels. The same seed gives the same packets on every machine. */
#ifndef TESTS_SUPPORT_MALFORMED_H
#define TESTS_SUPPORT_MALFORMED_H

#include <stdbool.h>

#include "base/buf.h"
#include "mqtt/packet.h"

struct malformed {
	uint64_t random; /* state; begin with a seed > 0 */
	uint64_t made;
};

enum malformed_kind {
	MALFORMED_NOT,  /* still decodes, as one packet of a client that goes on */
	MALFORMED_LAST, /* still decodes, but ends the connection: DISCONNECT, a second CONNECT, AUTH, a server's packet */
	MALFORMED_BAD,  /* what the decoder must refuse */
	MALFORMED_CUT,  /* less than a packet */
};

/* Appends a CONNECT that is right, with this version. */
void malformed_hello(struct malformed *m, uint8_t version, struct buf *out);

/* Appends one packet of this version, mutated. first: the connection has no CONNECT yet. Says what has become of it. */
enum malformed_kind malformed_next(struct malformed *m, uint8_t version, bool first, struct buf *out);

#endif
