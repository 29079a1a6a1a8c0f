/* Slowing a client down by not reading its socket: who publishes faster than max_publish_rate, and who
 * publishes at all while memory is short. Worker's thread. */
#ifndef BROKER_THROTTLE_H
#define BROKER_THROTTLE_H

#include "broker/connection.h"

/* A PUBLISH was taken: the connection may have to pause. See throttle_publish. */
void throttle_take(struct connection *connection);

static inline void throttle_publish(struct connection *connection)
{
	if (connection->worker->throttling)
		throttle_take(connection);
}

/* Frees that of connection.extras. NULL inside is fine. */
void throttle_destroy(struct throttle **throttle);

#endif
