/* The hub's Ed25519 identity, by which enrolled devices know it. */
#ifndef ENROLMENT_IDENTITY_H
#define ENROLMENT_IDENTITY_H

#include <stdint.h>

struct identity {
	uint8_t seed[32]; /* secret */
	uint8_t public[32];
};

/* Reads the seed from <state_dir>/identity.key (32 bytes, 0600), or makes it
 * when there is none: wholly or not at all. Blocks. Returns 0, ERR_DAMAGED (the file is not a seed),
 * ERR_DENIED (others may read it) or the error of the disk; message_r is then a sentence for people. */
int identity_load(const char *state_dir, struct identity *identity_r, char message_r[256]);

/* Wipes it. */
void identity_finish(struct identity *identity);

#endif
