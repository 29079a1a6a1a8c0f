/* Makes what is kept of a secret for SCRAM-SHA-256 (model/verifier.h). */
#ifndef ACCESS_SCRAM_VERIFIER_H
#define ACCESS_SCRAM_VERIFIER_H

#include "base/span.h"
#include "model/verifier.h"

/* RFC 7677's least, and enough: our secrets are random, 256 bits long, and nobody guesses them. */
enum { SCRAM_ITERATIONS = 4096 };

/* Makes the verifier of a secret (ASCII, so that SASLprep has nothing to do) with a fresh salt; some
 * milliseconds of computing. Returns 0 or ERR_CRYPTO (*verifier_r is zeroed then). Any thread. */
int scram_verifier_make(struct span secret, struct scram_verifier *verifier_r);

/* The same with a salt and iterations (≥ 1) that are in *verifier already. */
int scram_verifier_derive(struct span secret, struct scram_verifier *verifier);

#endif
