/* The set-up token: who can read <state_dir>/setup-token may make the first account. */
#ifndef WEB_SETUP_H
#define WEB_SETUP_H

#include <stdbool.h>

struct setup;

enum { SETUP_TOKEN_CHARS = 32 }; /* 160 bits */

/* needed: no account exists yet. Then the token of an earlier start is read
 * or a new one is made, 0600; otherwise a left-over file is removed.
 * Returns 0, ERR_NOMEM, or the error of writing the file. */
int setup_create(const char *state_dir, bool needed, struct setup **setup_r);
void setup_destroy(struct setup **setup);

/* Whether set-up is still to be done. Any thread. */
bool setup_needed(struct setup *setup);

/* Compares in constant time; false for all when set-up is done. Any thread. */
bool setup_token_matches(struct setup *setup, const char *token);

/* Copies the token. Returns 0 or ERR_STATE when set-up is done. Any thread. */
int setup_token(struct setup *setup, char token_r[SETUP_TOKEN_CHARS + 1]);

/* Set-up is done: forgets the token and removes the file. Any thread. */
void setup_finish(struct setup *setup);

#endif
