/* What nobody may exceed. Whoever meets a limit is told (5.0: reason code and sentence), it is counted
 * (tomte_limit_met_total), and the log says once an episode who it was and what can be done. */
#ifndef BROKER_LIMITS_H
#define BROKER_LIMITS_H

#include "broker/broker_private.h"
#include "mqtt/packet.h"

struct connection;
struct session;

/* The connection's peer has met a limit. Returns the sentence for the client (static). On the connection's worker. */
const char *limits_met(struct connection *connection, enum limit limit);

/* The same where nobody owns the connection yet: address is the peer's. Any thread. */
void limits_met_by(struct broker *broker, const char *address, enum limit limit);

/* The session's queue was full: `dropped` messages were lost. The session itself tells the log. */
void limits_queue_full(struct session *session, unsigned dropped);

/* Whether a topic or filter has at most max_topic_levels. */
bool limits_levels_ok(const struct broker *broker, struct span topic);

/* Whether one more socket may be served, if only to be told why its CONNECT is refused; counts it, on success as its
 * address' too. Any thread. */
bool limits_admit_socket(struct connection *connection, struct broker *broker);

/* Counts a client in, whose CONNECT is good. Returns NULL, or the sentence with which it is to be refused (0x97). client_id
 * says which session it is after: memory is not short for one that is there, nor is the house full for who takes its own
 * connection's place. */
const char *limits_admit_client(struct connection *connection, struct span client_id);

/* The connection is gone. */
void limits_leave(struct connection *connection);

#endif
