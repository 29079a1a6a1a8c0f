/* Which of the hub's addresses to dial next, and after how long. No time, no
 * sockets: numbers only. Main thread. */
#ifndef AGENT_REDIAL_H
#define AGENT_REDIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The caller reads `next` and touches nothing else. */
struct redial {
	size_t count;    /* addresses */
	size_t next;     /* the one to dial: 0 … count - 1 */
	size_t proven;   /* the one that worked last; count: none yet */
	size_t other;    /* among the others, the one tried last */
	unsigned rounds; /* gone by since a connection has lasted */
};

/* count: addresses, at least one. The first is next. */
void redial_init(struct redial *redial, size_t count);

/* `next` works. */
void redial_succeeded(struct redial *redial);

/* The connection has lasted: the pauses begin anew. One that is lost at once is no reason to hurry: another
 * machine may have the same credentials, and the two would throw each other out for ever. */
void redial_lasted(struct redial *redial);

/* The attempt at `next`, or the connection that it had become, has failed: chooses the next address. part: random,
 * 0..1. Returns how long to wait before it, in milliseconds. Only a new round waits for long, and a round is short:
 * the address that worked and one of the others, or all while none has worked. */
int64_t redial_failed(struct redial *redial, bool was_online, double part);

/* Milliseconds to wait before round number `rounds` + 1: the first retry is quick, then a
 * random part (0..1, part) of a bound that doubles from 1 s to 60 s. */
int64_t redial_backoff_ms(unsigned rounds, double part);

#endif
