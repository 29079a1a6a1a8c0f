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

/* Appends what is retained on the topics that the filter matches and the guest may hear. It looks for these topics, and not for the filter's
 * messages: how much others have retained shows in nothing. Returns 0 or ERR_NOMEM (what was found by then is in matches). */
int guest_match_retained(struct session *session, struct span filter, struct retained_matches *matches);

/* A filter with a wildcard means a look at each topic of the house, so one packet of a guest's may have so many of them. begin when it comes; then
 * whether the next filter is one of those, NULL, or the sentence for the client. Connections of others are free of it. */
void guest_begin_packet(struct connection *connection);
const char *guest_asks_too_much(struct connection *connection, struct span filter);

/* The house has another table: from now on guests hear by that. What waits for them and is not for them any more is dropped; of what they
 * hear now and have not heard before comes what is retained, where they subscribe to it. */
void guests_renew(struct worker *worker, struct topic_rooms *topics);

#endif
