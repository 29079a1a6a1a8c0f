/* The steps of a login, shared by CONNECT, which begins it, and AUTH, which may end it. Each returns 0 to go on, or the
 * reason code of the CONNACK that refuses; all on the worker's thread, on which the session will live. */
#ifndef BROKER_LOGIN_H
#define BROKER_LOGIN_H

#include "access/scram_login.h"
#include "broker/connection.h"

enum { LOGIN_ASSIGNED_CHARS = 20 }; /* of an assigned client id's random part: 100 bits */

/* What the steps gather. */
struct login {
	struct connection *c;
	struct packet_connect p; /* borrows from the CONNECT's bytes */
	const struct stream_pass *pass; /* that the login goes by; NULL: it has to show who it is */
	struct span client_id;
	char assigned[8 + LOGIN_ASSIGNED_CHARS + 1]; /* "" when the client brought its own */
	const struct access_identity *identity;
	struct scram_reply proof; /* server-final of SCRAM; empty in a login by password */
	const char *detail;       /* a sentence about the refusal for who looks for the mistake; NULL: none. Static */
	uint16_t keep_alive_s;
	bool present; /* a session was there */
};

/* The pass by which this CONNECT gets in: one that brings a user name, a password or a method asks for a login by those. NULL: none. */
const struct stream_pass *login_pass(const struct connection *connection, const struct packet_connect *p);

/* Whose session; assigns an id to who has none, for a session on this worker if it can be. */
uint8_t login_check_client_id(struct login *login);

/* User name and password, or the pass. */
uint8_t login_check_token(struct login *login);

/* The identity may leave this will. */
uint8_t login_check_will(struct login *login);

/* Counts this connection in, unless the house is full. */
uint8_t login_check_room(struct login *login);

/* The identity is known: the other checks, then the session. Ends with a CONNACK, which may still refuse. Returns 0
 * (handle_connect.c). */
uint8_t login_admit(struct login *login);

/* CONNACK without a session. Returns 0: the connection is ending. detail as in struct login; more (may be NULL): further properties,
 * changed. */
uint8_t login_refuse(struct connection *connection, uint8_t reason, const char *detail, struct props *more);

/* Tells log and listener of a login that failed; names as the client gave them. */
void login_report_failure(struct connection *connection, struct span client_id, struct span username);

#endif
