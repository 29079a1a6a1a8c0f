/* What is kept of a secret so that SCRAM-SHA-256 logins can be checked: who steals it can
 * neither log in with it nor, the secret being random, find the secret (RFC 5802 §3, RFC 7677).
 * hub/access makes and uses it, db keeps it. Plain data. */
#ifndef MODEL_VERIFIER_H
#define MODEL_VERIFIER_H

#include <stdint.h>

struct scram_verifier {
	uint32_t iterations; /* of PBKDF2; 0: there is no verifier */
	uint8_t salt[16];
	uint8_t stored_key[32], server_key[32];
};

#endif
