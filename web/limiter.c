/* Token buckets by address in a fixed table: 64-bit keyed hash of the address
 * to a slot among a few neighbours, the longest unused of which makes room. Any
 * thread; the lock is held for nanoseconds. */
#include "web/limiter.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "thread/thread.h"

enum { NEIGHBOURS = 8 };

struct bucket {
	uint64_t address;        /* keyed hash; 0: free */
	int64_t credit_ms;       /* LIMITER_REFILL_MS are one token */
	struct mono_ms updated;
};

struct limiter {
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct lock lock; /* guards the buckets */
	struct bucket buckets[LIMITER_ADDRESSES];
};

_Static_assert(LIMITER_ADDRESSES % NEIGHBOURS == 0, "neighbourhoods must fill the table");

int limiter_create(struct limiter **limiter_r)
{
	struct limiter *limiter = calloc(1, sizeof *limiter);
	if (!limiter)
		return ERR_NOMEM;
	rand_bytes(limiter->key, sizeof limiter->key);
	lock_init(&limiter->lock, "limiter");
	*limiter_r = limiter;
	return 0;
}

void limiter_destroy(struct limiter **limiter)
{
	if (!*limiter)
		return;
	lock_finish(&(*limiter)->lock);
	free(*limiter);
	*limiter = NULL;
}

static uint64_t address_hash(const struct limiter *limiter, const char *address)
{
	uint8_t six[16], digest[crypto_shorthash_BYTES];
	/* whoever has one IPv6 address has a /64 of them */
	if (inet_pton(AF_INET6, address, six) == 1)
		crypto_shorthash(digest, six, 8, limiter->key);
	else
		crypto_shorthash(digest, (const uint8_t *)address, strlen(address), limiter->key);
	uint64_t hash;
	memcpy(&hash, digest, sizeof hash);
	return hash ? hash : 1;
}

static struct bucket *find(struct limiter *limiter, uint64_t address, struct mono_ms now)
{
	struct bucket *first = &limiter->buckets[address % (LIMITER_ADDRESSES / NEIGHBOURS) * NEIGHBOURS];
	struct bucket *oldest = first;
	for (struct bucket *b = first; b < first + NEIGHBOURS; b++) {
		if (b->address == address)
			return b;
		if (b->updated.ms < oldest->updated.ms)
			oldest = b;
	}
	*oldest = (struct bucket){address, (int64_t)LIMITER_BURST * LIMITER_REFILL_MS, now};
	return oldest;
}

static void add_credit(struct bucket *b, int64_t ms)
{
	b->credit_ms += ms;
	if (b->credit_ms > (int64_t)LIMITER_BURST * LIMITER_REFILL_MS)
		b->credit_ms = (int64_t)LIMITER_BURST * LIMITER_REFILL_MS;
}

int limiter_take(struct limiter *limiter, const char *address, struct mono_ms now)
{
	uint64_t hash = address_hash(limiter, address);
	int wait_s = 0;
	lock_take(&limiter->lock);
	struct bucket *b = find(limiter, hash, now);
	add_credit(b, mono_diff_ms(b->updated, now));
	b->updated = now;
	if (b->credit_ms >= LIMITER_REFILL_MS)
		b->credit_ms -= LIMITER_REFILL_MS;
	else
		wait_s = (int)((LIMITER_REFILL_MS - b->credit_ms + 999) / 1000);
	lock_release(&limiter->lock);
	return wait_s;
}

void limiter_give_back(struct limiter *limiter, const char *address, struct mono_ms now)
{
	uint64_t hash = address_hash(limiter, address);
	lock_take(&limiter->lock);
	add_credit(find(limiter, hash, now), LIMITER_REFILL_MS);
	lock_release(&limiter->lock);
}
