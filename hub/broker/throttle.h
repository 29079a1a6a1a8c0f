/* Slowing a client down by not reading its socket: who publishes faster than max_publish_rate, and who
 * publishes at all while memory is short. Worker's thread. */
#ifndef BROKER_THROTTLE_H
#define BROKER_THROTTLE_H

#include "broker/connection.h"

/* A PUBLISH was taken: the connection may have to pause. See throttle_publish. */
void throttle_take(struct connection *connection);

/* Nobody waits for the disk with a retained message of QoS 0: for as long as it is behind its publishers are slowed. */
void throttle_for_disk(struct connection *connection);

/* A message has come; for_disk: one of that kind. */
static inline void throttle_publish(struct connection *connection, bool for_disk)
{
	if (connection->worker->throttling)
		throttle_take(connection);
	if (for_disk)
		throttle_for_disk(connection);
}

/* Frees that of connection.extras. NULL inside is fine. */
void throttle_destroy(struct throttle **throttle);

#endif
