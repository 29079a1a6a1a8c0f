/* A token bucket per address, so that guessing passwords is slow for the one
 * who guesses and for nobody else. */
#ifndef WEB_LIMITER_H
#define WEB_LIMITER_H

#include "base/clock.h"

struct limiter;

enum {
	LIMITER_BURST = 8,           /* attempts at once */
	LIMITER_REFILL_MS = 6000,    /* one more each: at most 18 in any minute */
	LIMITER_ADDRESSES = 1024,    /* the longest unused is forgotten */
};

/* Returns 0 or ERR_NOMEM. */
int limiter_create(struct limiter **limiter_r);
void limiter_destroy(struct limiter **limiter);

/* Takes a token for the address (text; IPv6 counts per /64). Returns 0, or the seconds
 * to wait (≥ 1). Any thread. */
int limiter_take(struct limiter *limiter, const char *address, struct mono_ms now);

/* Gives the token back: the attempt was a good one. Any thread. */
void limiter_give_back(struct limiter *limiter, const char *address, struct mono_ms now);

#endif
