/* What a worker's sessions and the retained store must not forget, on its way to the persist port
 * (model/persist.h). Changes gather during a turn and go to the port as one group at its end; whoever must wait until
 * they are on the disk keeps the ticket of their group. Groups that the disk did not take are kept and tried again, in
 * order. One for each worker, on its thread; the port's answers come as mail.
 *
 * Without a port there is none (NULL), nothing is kept, every ticket is 0 and reached. */
#ifndef BROKER_PERSISTENCE_H
#define BROKER_PERSISTENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/delivery.h"
#include "model/persist.h"

struct broker;
struct persistence;
struct receipt;
struct session;
struct worker;

/* port: borrowed. Returns 0 or ERR_NOMEM. */
int persistence_create(struct worker *worker, const struct persist_port *port, struct persistence **persistence_r);

/* The port has answered everything, and nothing runs any more. NULL inside is fine. */
void persistence_destroy(struct persistence **persistence);

/* Takes in what the port's store has kept. Before the workers run; every worker has its persistence. Blocks on the disk.
 * Returns 0, ERR_NOMEM, or the port's error. */
int persistence_load(struct broker *broker);

/* Turn's end: hands the turn's changes to the port. NULL is fine. */
void persistence_flush(struct persistence *persistence);

/* Between two packets: the same, when very much has gathered. NULL is fine. */
void persistence_between(struct persistence *persistence);

/* Whether the group of this ticket, and all before it, are on the disk. */
bool persistence_reached(const struct persistence *persistence, uint32_t ticket);

/* Releases a receipt (NULL: none) when the group of this ticket is on the disk; at once for 0. p NULL is fine. */
void persistence_release(struct persistence *p, uint32_t ticket, struct receipt *receipt);

/* Whether the disk takes nothing at the time: what must survive should be refused. NULL: no. */
bool persistence_failing(const struct persistence *persistence);

/* Whether so much waits for the disk that those who bring more should be made to wait. NULL: no. */
bool persistence_is_behind(const struct persistence *persistence);

/* Whether an answer of the port is still to come. NULL: no. */
bool persistence_is_asking(const struct persistence *persistence);

/* Each notes a change and returns its ticket; 0 when nothing of it is kept (session->kept). */
uint32_t persistence_retained(struct worker *worker, struct message *message); /* an empty payload clears the topic */
uint32_t persistence_retained_expired(struct worker *worker, struct message *message); /* the topic has none any more */
uint32_t persistence_session(struct session *session); /* made, or its fields changed; notes what kept says */
uint32_t persistence_session_end(struct session *session);
uint32_t persistence_subscription(struct session *session, const struct persist_subscription *subscription);
uint32_t persistence_unsubscription(struct session *session, struct span filter);
uint32_t persistence_queued(struct session *session, const struct delivery *delivery);
uint32_t persistence_queue_end(struct session *session, const struct delivery *delivery); /* acknowledged, expired or dropped */
uint32_t persistence_qos2(struct session *session, const struct persist_qos2 *handshake);
uint32_t persistence_qos2_end(struct session *session, enum persist_direction direction, uint16_t packet_id);
uint32_t persistence_will(struct session *session); /* set; NULL: taken back or published */

/* The ticket of all that was noted so far of a session: for an answer that a client has asked for again, while the
 * change that it vouches for may still be on its way to the disk. 0 when nothing of it is kept. */
uint32_t persistence_so_far(const struct session *session);

#endif
