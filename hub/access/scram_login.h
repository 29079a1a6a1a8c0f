/* A login by SCRAM-SHA-256 against an access table: who the client says they are, and
 * whether they are. It outlives changes of the table: at the end, the newest counts. */
#ifndef ACCESS_SCRAM_LOGIN_H
#define ACCESS_SCRAM_LOGIN_H

#include "access/access.h"

struct scram_login; /* one exchange under way: less than a KiB */

/* What is sent to the client: data is text without terminator. */
struct scram_reply {
	char data[256];
	size_t len;
};

/* The name under which MQTT's Authentication Method asks for it. */
#define SCRAM_METHOD "SCRAM-SHA-256"

/* Begins with the client's first message; fills reply_r in any case. An unknown name, or one whose secret was given out
 * before verifiers were kept, gets as far as a known one. Returns 0, ERR_NOMEM (no reply), or as scram_read_first. */
int scram_login_begin(struct access_table *table, struct span message, struct scram_login **login_r,
		      struct scram_reply *reply_r);

/* The user name that the client has given, not proven yet. Borrowed from the login. */
struct span scram_login_name(const struct scram_login *login);

/* Checks the client's last message against `now`, the newest table, and ends the login (clears the pointer); fills
 * reply_r in any case. The identity is borrowed from `now`. Returns 0; ERR_DENIED; ERR_MALFORMED; or ERR_INVALID: the user is who they
 * say, but may not use this client id. */
int scram_login_finish(struct scram_login **login, struct access_table *now, struct span client_id, struct span message,
		       const struct access_identity **identity_r, struct scram_reply *reply_r);

/* Wipes and frees it. NULL inside is fine. */
void scram_login_destroy(struct scram_login **login);

#endif
