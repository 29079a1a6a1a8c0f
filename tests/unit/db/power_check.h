/* Whether a store, opened after a power cut, keeps what was promised. */
#ifndef TEST_DB_POWER_CHECK_H
#define TEST_DB_POWER_CHECK_H

#include "power_life.h"

/* What was found; why tells the first thing that is wrong. */
struct verdict {
	bool unopened;       /* the store did not open, or could not be read */
	bool lost_samples;   /* something acknowledged is gone: history or the broker's records */
	bool lost_records;   /* the same of hub.db */
	bool wrong;          /* something is there that was never written, or not whole, or not behind all before it */
	uint32_t there[SENDERS]; /* operations up to this one at least are there */
	char why[256];
};

static inline bool verdict_good(const struct verdict *v)
{
	return !v->unopened && !v->lost_samples && !v->lost_records && !v->wrong;
}

/* Holds an open store against the promises; adds to the verdict. sealed: store_seal(all) has been called, so that the rollups
 * are to agree with the samples. */
void power_check_store(struct store *s, const struct power_life *life, const struct promises *p, bool sealed,
		       struct verdict *v);

#endif
