/* Enhanced authentication (MQTT 5.0 §4.12): SCRAM-SHA-256 in CONNECT, AUTH and CONNACK, and again later. On the
 * worker's thread. */
#ifndef BROKER_HANDLE_AUTH_H
#define BROKER_HANDLE_AUTH_H

#include "broker/login.h"

/* An authentication under way. Before CONNACK it holds the CONNECT, for a session that does not exist yet. */
struct auth;

/* A CONNECT with an Authentication Method: sends the first AUTH, or refuses. Returns 0. */
uint8_t auth_begin(struct login *login, const struct wire_frame *connect);

/* Whatever the client sends after that and before its CONNACK. Returns 0. */
uint8_t auth_go_on(struct connection *connection, const struct wire_frame *frame);

/* The time to log in is over while connection.extras has an auth: refuses. */
void auth_expire(struct connection *connection);

/* Wipes and frees it. NULL inside is fine. */
void auth_destroy(struct auth **auth);

#endif
