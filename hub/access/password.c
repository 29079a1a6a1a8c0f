/* Hashing and checking the passwords of people, one at a time. Any thread that
 * may block. Knows no accounts: who asks how often is the log-in's business.
 *
 * One computation holds up to 64 MiB and a core for a quarter of a second, so callers
 * pass a turnstile: one computes, four wait in the order they came, all others hear
 * ERR_BUSY at once. */
#include "access/password.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access/password_private.h"
#include "base/err.h"
#include "base/log.h"

enum {
	MIB = 1024 * 1024,
	FLOOR_MEMORY = 19 * MIB, /* OWASP's least for Argon2id with t = 2, p = 1 */
	FLOOR_PASSES = 2,
	MAX_MEMORY = 64 * MIB,
	MAX_TARGET_MS = 5000,
	MAX_WAITING = 4,
};

struct password_desk {
	struct password_cost cost;              /* constant after create */
	char nobody[crypto_pwhash_STRBYTES];    /* hash of a password that nobody knows; constant after create */

	struct lock lock; /* "password": guards what follows */
	pthread_cond_t turn;
	uint64_t next_ticket; /* of the next caller */
	uint64_t serving;     /* the ticket whose turn it is */
};

/* ---- the turnstile ----------------------------------------------------- */

int password_desk_enter(struct password_desk *desk)
{
	lock_take(&desk->lock);
	if (desk->next_ticket - desk->serving > MAX_WAITING) {
		lock_release(&desk->lock);
		return ERR_BUSY;
	}
	uint64_t ticket = desk->next_ticket++;
	while (desk->serving != ticket)
		pthread_cond_wait(&desk->turn, &desk->lock.mutex);
	lock_release(&desk->lock);
	return 0;
}

void password_desk_leave(struct password_desk *desk)
{
	lock_take(&desk->lock);
	desk->serving++;
	pthread_cond_broadcast(&desk->turn);
	lock_release(&desk->lock);
}

size_t password_desk_inside(struct password_desk *desk)
{
	lock_take(&desk->lock);
	size_t inside = (size_t)(desk->next_ticket - desk->serving);
	lock_release(&desk->lock);
	return inside;
}

/* ---- cost -------------------------------------------------------------- */

struct password_cost password_cost_for(double floor_ms, int target_ms)
{
	struct password_cost cost = {FLOOR_PASSES, FLOOR_MEMORY};
	if (floor_ms <= 0 || floor_ms >= target_ms)
		return cost;
	/* Time grows with memory times passes. Memory first: it is what hurts who
	 * guesses on graphics cards. */
	double factor = target_ms / floor_ms;
	double memory_factor = (double)MAX_MEMORY / FLOOR_MEMORY;
	if (factor < memory_factor)
		cost.memory_bytes = (size_t)(FLOOR_MEMORY * factor) / MIB * MIB;
	else
		cost.memory_bytes = MAX_MEMORY;
	cost.passes = (unsigned long long)(factor * FLOOR_PASSES * FLOOR_MEMORY / (double)cost.memory_bytes);
	if (cost.passes < FLOOR_PASSES)
		cost.passes = FLOOR_PASSES;
	return cost;
}

/* Of this thread's own CPU, so that a machine that is busy starting other
 * things does not make passwords cheap. */
static double cpu_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Hashes a random password at the desk's cost. Returns 0 or ERR_NOMEM. */
static int make_nobody(struct password_desk *desk, double *took_ms_r)
{
	char secret[32];
	double start = cpu_ms();
	randombytes_buf(secret, sizeof secret);
	int failed = crypto_pwhash_str(desk->nobody, secret, sizeof secret, desk->cost.passes, desk->cost.memory_bytes);
	sodium_memzero(secret, sizeof secret);
	*took_ms_r = cpu_ms() - start;
	return failed ? ERR_NOMEM : 0;
}

static int calibrate(struct password_desk *desk, int target_ms)
{
	double took_ms;
	desk->cost = (struct password_cost){FLOOR_PASSES, FLOOR_MEMORY};
	int err = make_nobody(desk, &took_ms);
	if (err || target_ms <= 0)
		return err;
	desk->cost = password_cost_for(took_ms, target_ms < MAX_TARGET_MS ? target_ms : MAX_TARGET_MS);
	err = make_nobody(desk, &took_ms);
	if (err) { /* a small machine: the floor has just fitted */
		desk->cost = (struct password_cost){FLOOR_PASSES, FLOOR_MEMORY};
		err = make_nobody(desk, &took_ms);
	}
	log_info("access", "a password costs m=%zu MiB t=%llu, %.0f ms here", desk->cost.memory_bytes / MIB,
		 desk->cost.passes, took_ms);
	return err;
}

/* ---- life -------------------------------------------------------------- */

int password_desk_create(int target_ms, struct password_desk **desk_r)
{
	struct password_desk *desk = calloc(1, sizeof *desk);
	if (!desk)
		return ERR_NOMEM;
	int err = calibrate(desk, target_ms);
	if (err) {
		free(desk);
		return err;
	}
	lock_init(&desk->lock, "password");
	pthread_cond_init(&desk->turn, NULL);
	*desk_r = desk;
	return 0;
}

void password_desk_destroy(struct password_desk **desk)
{
	struct password_desk *d = *desk;
	*desk = NULL;
	if (!d)
		return;
	pthread_cond_destroy(&d->turn);
	lock_finish(&d->lock);
	free(d);
}

/* ---- the port ---------------------------------------------------------- */

static int hash(void *ctx, const char *password, char hash_r[128])
{
	struct password_desk *desk = ctx;
	_Static_assert(crypto_pwhash_STRBYTES == 128, "the port's buffer");
	int err = password_desk_enter(desk);
	if (err)
		return err;
	if (crypto_pwhash_str(hash_r, password, strlen(password), desk->cost.passes, desk->cost.memory_bytes))
		err = ERR_NOMEM;
	password_desk_leave(desk);
	return err;
}

static int verify(void *ctx, const char *password, const char *expected)
{
	struct password_desk *desk = ctx;
	int err = password_desk_enter(desk);
	if (err)
		return err;
	errno = 0;
	int failed = crypto_pwhash_str_verify(expected ? expected : desk->nobody, password, strlen(password));
	if (failed)
		/* Want of memory says nothing about the password: try again later. */
		err = errno == ENOMEM ? ERR_BUSY : ERR_DENIED;
	else if (!expected)
		err = ERR_DENIED;
	password_desk_leave(desk);
	return err;
}

struct password_port password_desk_port(struct password_desk *desk)
{
	return (struct password_port){.hash = hash, .verify = verify, .ctx = desk};
}
