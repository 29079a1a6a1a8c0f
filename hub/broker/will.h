/* A last will: kept with the session, published when its connection dies. */
#ifndef BROKER_WILL_H
#define BROKER_WILL_H

#include "broker/message.h"
#include "mqtt/packet.h"

struct session;
struct worker;

struct will {
	struct message *message; /* a reference */
	uint32_t delay_s;
};

/* Makes a will from a valid CONNECT that has one. NULL without memory. */
struct will *will_create(const struct packet_connect *connect);

/* Forgets the will. NULL inside is fine. */
void will_destroy(struct will **will);

/* Publishes the will of this session and destroys it. NULL is fine. */
void will_publish(struct worker *worker, struct will **will, struct session *from);

#endif
