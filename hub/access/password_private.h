/* The inside of the password desk, for its tests. */
#ifndef ACCESS_PASSWORD_PRIVATE_H
#define ACCESS_PASSWORD_PRIVATE_H

#include <stddef.h>

#include "access/password.h"
#include "thread/thread.h"

struct password_cost {
	unsigned long long passes; /* Argon2's t */
	size_t memory_bytes;       /* Argon2's m */
};

/* The cost that comes near target_ms on a machine where the floor takes
 * floor_ms: never below the floor, memory before passes. */
struct password_cost password_cost_for(double floor_ms, int target_ms);

/* Waits for the turn to compute. Returns 0, then leave; or ERR_BUSY at once
 * when four wait already. Any thread. */
int password_desk_enter(struct password_desk *desk);
void password_desk_leave(struct password_desk *desk);

/* How many compute or wait now. */
size_t password_desk_inside(struct password_desk *desk);

#endif
