/* Acknowledgements that wait: PUBACK, PUBREC, PUBREL, PUBCOMP and SUBACK of one connection, each sent when what it
 * vouches for is on the disk. Those of one type go out in the order of what they answer (MQTT 5.0 §4.6). Nothing
 * is kept for a connection on which nothing waits. Worker's thread. */
#ifndef BROKER_ACKS_H
#define BROKER_ACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/receipt.h"

struct connection;
struct packet;
struct session;
struct traffic;
struct worker;

/* An acknowledgement and what it waits for. */
struct ack {
	struct receipt *receipt; /* owned by the acknowledgement; NULL: none */
	uint32_t ticket;         /* of persistence.h; 0: none */
	uint16_t id;
	uint8_t type;            /* enum packet_type */
	uint8_t reason;
	bool again;              /* the answer to a repeated PUBLISH: waits, and does not become a refusal */
};

/* Sends it, or keeps it until its time has come. Without memory the connection is marked broken. */
void acks_send(struct connection *connection, const struct ack *ack);

/* The same for a PUBACK or PUBREC that says more than its code: a 5.0 client gets the sentence (NULL: none) as its Reason String. */
void acks_send_with(struct connection *connection, const struct ack *ack, const char *detail);

/* The same for any other packet: SUBACK, UNSUBACK. */
void acks_send_encoded(struct connection *connection, const struct packet *packet, uint32_t ticket);

/* Notes for the store that a QoS 2 message of the client has come; its PUBREC waits for that. */
void acks_note_handshake(struct connection *connection, struct ack *ack);

/* The connection's queue stopped at a message that is not on the disk yet: it is touched when more is. */
void acks_hold_queue(struct connection *connection);

/* How many of one type (enum packet_type) wait here, and how many in all. */
uint32_t acks_of_type(const struct connection *connection, uint8_t type);
uint32_t acks_count(const struct connection *connection);

/* More is on the disk: sends what has waited for it, on all connections of the worker. */
void acks_progress(struct worker *worker);

/* The disk takes nothing: a 5.0 client is told that its messages were not taken (0x97), one of 3.x, which cannot be
 * told, goes on waiting. Subscriptions hold all the same. Called as long as it lasts, for those who have come since. */
void acks_fail(struct worker *worker);

/* The connection is going: nobody is to be told any more. Its session, if it has one, keeps the receipts of QoS 2 messages. */
void acks_drop(struct connection *connection);

/* A receipt for the publication that this connection is sending, with one hold, the connection's own. patient: its client
 * cannot be told of failure, and waits as long as the disk takes nothing. NULL without memory. */
struct receipt *receipt_create(struct worker *worker, bool patient);

/* Gives up the connection's own hold when the routing is done. True: others hold it still, and it goes into an
 * acknowledgement. False: it is gone. */
bool receipt_pending(struct receipt *receipt);

/* The receipt of a QoS 2 message whose connection ended before all that it waits for was done; it goes into the acknowledgement
 * of the same message, sent again. NULL: there is none (any more). */
struct receipt *receipt_left(struct session *session, uint16_t packet_id);

/* The session ends: nobody will ask. */
void receipts_forget(struct traffic *traffic);

#endif
