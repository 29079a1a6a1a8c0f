/* The client's side of SCRAM-SHA-256 for tests, written from RFC 5802 with GnuTLS's hashes, so that it shares
 * nothing with the server's side. What it builds may be changed before it is sent. */
#ifndef TESTS_SUPPORT_SCRAM_CLIENT_H
#define TESTS_SUPPORT_SCRAM_CLIENT_H

#include "base/span.h"

enum { SCRAM_TEXT_SIZE = 1024 };

struct scram_client {
	const char *header;                 /* GS2; NULL: "n,," */
	char first[SCRAM_TEXT_SIZE];        /* client-first, header included */
	char server_first[SCRAM_TEXT_SIZE];
	char final[SCRAM_TEXT_SIZE];        /* client-final */
	char expected[SCRAM_TEXT_SIZE];     /* the right server-final */
};

/* Writes client-first. name as it is sent (escaped); nonce of the client. */
void scram_client_first(struct scram_client *c, const char *name, const char *nonce);

/* Takes server-first apart (it must be well-formed and carry our nonce), and computes client-final and what the server has to
 * say to it. */
void scram_client_final(struct scram_client *c, struct span server_first, const char *password);

/* The final message again, with `without_proof` for what stands before ",p=" and a proof that fits it. */
void scram_client_sign(struct scram_client *c, const char *without_proof, const char *password);

#endif
