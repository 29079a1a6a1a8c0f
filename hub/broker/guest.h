/* Guests: sessions that hear what is in chosen rooms, and nothing else. Which rooms comes with the pass (net/stream.h) and holds as long as
 * the connection; in which rooms the topics are is a table of the house's (model/topic_rooms.h), the same for all. A guest subscribes
 * to what it likes, and of each message it is asked whether it may hear that one: SUBSCRIBER_GUEST is a kind of its own, so that others
 * pay nothing for the question. On the worker's thread. */
#ifndef BROKER_GUEST_H
#define BROKER_GUEST_H

#include "broker/session.h"
#include "model/topic_rooms.h"

/* Makes the session, which is new, a guest's, for as long as the connection lives. rooms: as struct rooms has their names. Returns
 * 0, ERR_TOO_LARGE or ERR_NOMEM. */
int guest_create(struct connection *connection, struct session *session, const char *rooms);

/* With the connection. */
void guest_destroy(struct guest **guest);

static inline bool session_is_guest(const struct session *s)
{
	return s->subscriber.kind == SUBSCRIBER_GUEST;
}

/* Whether the guest may hear a message on this topic, now. */
bool guest_hears(const struct session *session, struct span topic);

/* Whether a guest may have this subscription: it reaches a topic that the guest may hear, or asks for whatever there is (its first level
 * is a wildcard). Shared ones and those below '$' are none. The answer follows from what the guest may hear, and tells nothing of
 * other topics. */
bool guest_may_subscribe(struct session *session, struct span filter);

/* Takes out of what a subscription has found what the guest may not hear. */
void guest_restrict_matches(const struct session *session, struct retained_matches *matches);

/* What one packet of a guest's may cost, in units of worker.work: looking for the few topics that are for it may mean looking at many.
 * begin when it comes, then whether the next filter may be looked at. Connections of others are free of it. */
void guest_begin_packet(struct connection *connection);
bool guest_may_ask(const struct connection *connection);

/* The house has another table: from now on guests hear by that. What waits for them and is not for them any more is dropped; of what they
 * hear now and have not heard before comes what is retained, where they subscribe to it. */
void guests_renew(struct worker *worker, struct topic_rooms *topics);

#endif
