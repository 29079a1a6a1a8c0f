/* One handler for each packet that a client may send. All run on the worker's
 * thread with a connection that is not ending, and return 0 to go on or the reason code (≥ 0x80)
 * with which the connection has to end. A frame's bytes are borrowed for the call. */
#ifndef BROKER_HANDLE_H
#define BROKER_HANDLE_H

#include "broker/connection.h"
#include "mqtt/reason.h"

/* CONNECT; also refuses a second one. */
uint8_t handle_connect(struct connection *connection, const struct wire_frame *frame);
/* PUBLISH. */
uint8_t handle_publish(struct connection *connection, const struct wire_frame *frame);
/* PUBACK, PUBREC, PUBREL and PUBCOMP. */
uint8_t handle_ack(struct connection *connection, const struct wire_frame *frame);
/* SUBSCRIBE. */
uint8_t handle_subscribe(struct connection *connection, const struct wire_frame *frame);
/* UNSUBSCRIBE. */
uint8_t handle_unsubscribe(struct connection *connection, const struct wire_frame *frame);
/* PINGREQ. */
uint8_t handle_pingreq(struct connection *connection, const struct wire_frame *frame);
/* AUTH of a client with a session: a re-authentication. */
uint8_t handle_auth(struct connection *connection, const struct wire_frame *frame);
/* DISCONNECT: the connection is ending afterwards. */
uint8_t handle_disconnect(struct connection *connection, const struct wire_frame *frame);

#endif
