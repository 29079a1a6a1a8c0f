/* Passwords of people: Argon2id through libsodium. One hash at a time, at most
 * four callers wait, more are turned away, so that log-ins cannot eat the machine. */
#ifndef ACCESS_PASSWORD_H
#define ACCESS_PASSWORD_H

#include "model/ports.h"

struct password_desk;

/* Calibrates the cost towards target_ms on this machine (floor m = 19 MiB, t = 2, p = 1; memory is kept
 * at most 64 MiB); 0 takes the floor without measuring (tests). Returns 0 or ERR_NOMEM. */
int password_desk_create(int target_ms, struct password_desk **desk_r);
void password_desk_destroy(struct password_desk **desk);

/* The port over it; ctx is the desk. */
struct password_port password_desk_port(struct password_desk *desk);

#endif
