/* The table of exchanges under way. Any thread, under the desk's lock; no
 * allocation. Session ids and keys go the moment an exchange is over. */
#include "enrolment/pending.h"

#include <sodium.h>

static void wipe(struct pending *p, size_t i)
{
	sodium_memzero(&p->slots[i], sizeof p->slots[i]);
}

void pending_expire(struct pending *p, struct mono_ms now)
{
	for (size_t i = 0; i < PENDING_MAX; i++)
		if (p->slots[i].used && mono_diff_ms(now, p->slots[i].until) <= 0)
			wipe(p, i);
}

void pending_add(struct pending *p, const struct exchange *exchange, struct mono_ms now)
{
	size_t place = 0;
	pending_expire(p, now);
	for (size_t i = 0; i < PENDING_MAX; i++) {
		if (!p->slots[i].used) {
			place = i;
			break;
		}
		if (p->slots[i].until.ms < p->slots[place].until.ms)
			place = i;
	}
	p->slots[place].used = true;
	p->slots[place].until = mono_add_ms(now, PENDING_MS);
	p->slots[place].exchange = *exchange;
}

struct exchange *pending_find(struct pending *p, const uint8_t sid[T1_SID_BYTES], struct mono_ms now)
{
	pending_expire(p, now);
	for (size_t i = 0; i < PENDING_MAX; i++)
		if (p->slots[i].used && memcmp(p->slots[i].exchange.t1.sid, sid, T1_SID_BYTES) == 0)
			return &p->slots[i].exchange;
	return NULL;
}

void pending_drop(struct pending *p, const uint8_t sid[T1_SID_BYTES])
{
	for (size_t i = 0; i < PENDING_MAX; i++)
		if (p->slots[i].used && memcmp(p->slots[i].exchange.t1.sid, sid, T1_SID_BYTES) == 0)
			wipe(p, i);
}

void pending_drop_key(struct pending *p, const uint8_t kid[ENROL_KID_BYTES])
{
	for (size_t i = 0; i < PENDING_MAX; i++)
		if (p->slots[i].used && memcmp(p->slots[i].exchange.kid, kid, ENROL_KID_BYTES) == 0)
			wipe(p, i);
}

void pending_finish(struct pending *p)
{
	sodium_memzero(p, sizeof *p);
}
