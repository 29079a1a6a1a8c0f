/* Passwords of people. Web-pool threads: each computation blocks its caller for a quarter of a second, so they
 * queue. Must not know accounts. */
#include "access/password.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "access/turnstile.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

_Static_assert(crypto_pwhash_argon2id_STRBYTES <= 128, "the port's hashes have 128 bytes");

enum {
	MAX_WAITING = 4,
	MIB = 1024 * 1024,
	FLOOR_MIB = 19, /* OWASP's minimum for Argon2id: m = 19 MiB, t = 2, p = 1 */
	FLOOR_PASSES = 2,
	MOST_MIB = 64,
	MOST_PASSES = 12,
	SAMPLES = 3, /* of which the fastest counts */
};

struct password_desk {
	struct turnstile turnstile;
	size_t memory_bytes;      /* constant once created, as all below */
	unsigned long long passes;
	char nobody[crypto_pwhash_argon2id_STRBYTES]; /* the hash that unknown users are checked against */
};

static int compute(const struct password_desk *desk, const char *password, char hash_r[128])
{
	return crypto_pwhash_argon2id_str(hash_r, password, strlen(password), desk->passes, desk->memory_bytes) ? ERR_NOMEM : 0;
}

/* The work, in MiB times passes, that takes target_ms here. */
static int measure(struct password_desk *desk, int target_ms, int64_t *work_r)
{
	char hash[128];
	int64_t fastest_ms = INT64_MAX;
	for (int i = 0; i < SAMPLES; i++) {
		struct mono_ms start = clock_mono();
		int err = compute(desk, "calibration", hash);
		if (err)
			return err;
		int64_t took_ms = mono_diff_ms(start, clock_mono());
		if (took_ms < fastest_ms)
			fastest_ms = took_ms;
	}
	*work_r = (int64_t)FLOOR_MIB * FLOOR_PASSES * target_ms / (fastest_ms > 0 ? fastest_ms : 1);
	return 0;
}

/* Memory first, which costs an attacker more than time. */
static int calibrate(struct password_desk *desk, int target_ms)
{
	int64_t work, mib, passes;
	int err = measure(desk, target_ms, &work);
	if (err)
		return err;
	mib = work / FLOOR_PASSES;
	mib = mib < FLOOR_MIB ? FLOOR_MIB : mib > MOST_MIB ? MOST_MIB : mib;
	passes = work / mib;
	passes = passes < FLOOR_PASSES ? FLOOR_PASSES : passes > MOST_PASSES ? MOST_PASSES : passes;
	desk->memory_bytes = (size_t)mib * MIB;
	desk->passes = (unsigned long long)passes;
	log_info("password", "a log-in costs %lld MiB and %lld passes of Argon2id", (long long)mib, (long long)passes);
	return 0;
}

int password_desk_create(int target_ms, struct password_desk **desk_r)
{
	*desk_r = NULL;
	struct password_desk *desk = calloc(1, sizeof *desk);
	if (!desk)
		return ERR_NOMEM;
	turnstile_init(&desk->turnstile, "password", MAX_WAITING);
	desk->memory_bytes = (size_t)FLOOR_MIB * MIB;
	desk->passes = FLOOR_PASSES;
	char random[33];
	uint8_t bytes[16];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(random, sizeof random, bytes, sizeof bytes);
	int err = target_ms > 0 ? calibrate(desk, target_ms) : 0;
	if (!err)
		err = compute(desk, random, desk->nobody);
	if (err)
		password_desk_destroy(&desk);
	*desk_r = desk;
	return err;
}

void password_desk_destroy(struct password_desk **desk)
{
	if (!*desk)
		return;
	turnstile_finish(&(*desk)->turnstile);
	free(*desk);
	*desk = NULL;
}

static int desk_hash(void *ctx, const char *password, char hash_r[128])
{
	struct password_desk *desk = ctx;
	int err = turnstile_enter(&desk->turnstile);
	if (err)
		return err;
	err = compute(desk, password, hash_r);
	turnstile_leave(&desk->turnstile);
	return err;
}

static int desk_verify(void *ctx, const char *password, const char *hash)
{
	struct password_desk *desk = ctx;
	int err = turnstile_enter(&desk->turnstile);
	if (err)
		return err;
	errno = 0;
	int wrong = crypto_pwhash_argon2id_str_verify(hash ? hash : desk->nobody, password, strlen(password));
	if (wrong && errno == ENOMEM)
		err = ERR_BUSY; /* no memory for it now: says nothing about the password */
	else if (wrong || !hash)
		err = ERR_DENIED;
	turnstile_leave(&desk->turnstile);
	return err;
}

struct password_port password_desk_port(struct password_desk *desk)
{
	return (struct password_port){.hash = desk_hash, .verify = desk_verify, .ctx = desk};
}
