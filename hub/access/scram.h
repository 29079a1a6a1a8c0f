/* SCRAM-SHA-256 (RFC 5802, RFC 7677): the server's side of the exchange, sans I/O. Four
 * messages: client-first, server-first, client-final, server-final. Who the client is and what is kept of
 * their secret is the caller's to find, between the two halves. Any thread, one exchange at a time each. */
#ifndef ACCESS_SCRAM_H
#define ACCESS_SCRAM_H

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "model/verifier.h"

enum {
	SCRAM_NAME_MAX = 128,  /* bytes of a user name as it is sent, escapes included */
	SCRAM_NONCE_MAX = 128, /* of a client's nonce */
	SCRAM_OWN_NONCE_MAX = 32,
	SCRAM_REPLY_SIZE = 256, /* of what the server sends, with its terminator */
	SCRAM_HEADER_MAX = SCRAM_NAME_MAX + 5,
};

/* A client-first message taken apart; the spans borrow from it. */
struct scram_first {
	struct span header; /* the GS2 header, which the client has to repeat */
	struct span bare;   /* all behind it */
	struct span nonce;  /* the client's */
	size_t name_len;
	uint8_t name[SCRAM_NAME_MAX]; /* without escapes */
};

/* An exchange that waits for client-final. Zeroed: none. */
struct scram {
	crypto_auth_hmacsha256_state client, server; /* signatures of the messages so far */
	uint8_t stored_key[32];
	uint8_t header_len, nonce_len;
	uint8_t header[SCRAM_HEADER_MAX];
	uint8_t nonce[SCRAM_NONCE_MAX + SCRAM_OWN_NONCE_MAX];
	bool genuine;
};

/* Takes client-first apart (RFC 5802 §7). Channel binding is not offered: "p=" is refused, "y" and "n" are fine;
 * an authorization identity must be the user's own. Returns 0; or ERR_MALFORMED, ERR_UNSUPPORTED (channel binding, mandatory
 * extension), ERR_DENIED (acting for another) with "e=…" for the client in reply_r. */
int scram_read_first(struct span message, struct scram_first *first_r, char reply_r[SCRAM_REPLY_SIZE]);

/* Begins the exchange and writes server-first. nonce: ours, printable without comma, 1..SCRAM_OWN_NONCE_MAX bytes,
 * never the same twice. genuine false: the verifier is a decoy, and whatever the client answers is wrong. */
void scram_begin(struct scram *s, const struct scram_first *first, const struct scram_verifier *verifier, bool genuine,
		 struct span nonce, char reply_r[SCRAM_REPLY_SIZE]);

/* Checks client-final and writes server-final, or "e=…". Ends the exchange in any case. Returns 0 (the client
 * knows the secret), ERR_DENIED, or ERR_MALFORMED. */
int scram_finish(struct scram *s, struct span message, char reply_r[SCRAM_REPLY_SIZE]);

#endif
