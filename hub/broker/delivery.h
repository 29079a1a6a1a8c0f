/* A message on its way to one client: what lies in its queue, and from sending to acknowledgement in its send window. */
#ifndef BROKER_DELIVERY_H
#define BROKER_DELIVERY_H

#include "broker/message.h"

enum delivery_state {
	DELIVERY_DONE, /* not sent yet, or acknowledged */
	DELIVERY_PUBACK,
	DELIVERY_PUBREC,
	DELIVERY_PUBCOMP, /* PUBREL was sent, or waits for the disk; the message is gone */
};

struct delivery {
	struct message *message; /* a reference */
	/* The low half of its place in the session's order; several may share one at QoS 0. */
	uint32_t number;
	uint32_t ticket;         /* of the batch that makes it durable (persistence.h); 0: none */
	uint32_t id;             /* subscription identifier, 0: none */
	uint16_t share;          /* through which of the session's shared subscriptions it came, + 1; 0: through none */
	uint8_t qos;             /* at which it is delivered */
	uint8_t state : 2;       /* enum delivery_state */
	uint8_t retain : 1;      /* flag to be sent */
	uint8_t stored : 1;      /* the store knows it: is to be told of its end */
	uint8_t again : 1;       /* may have been sent before a restart of the hub */
};

#endif
