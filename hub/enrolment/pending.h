/* Exchanges between M2 and M4: a fixed table, guarded by the desk's lock. */
#ifndef ENROLMENT_PENDING_H
#define ENROLMENT_PENDING_H

#include <stdbool.h>

#include "base/clock.h"
#include "enrol/t1.h"
#include "enrolment/meta.h"

enum { PENDING_MAX = 32, PENDING_MS = 30000 };

struct exchange {
	uint8_t kid[ENROL_KID_BYTES];
	struct t1_hub t1;
	bool opened;         /* M3 was good; what follows is set */
	uint8_t m3_hash[32]; /* BLAKE2b-256: the same M3 may come again after an approval */
	struct meta meta;
};

struct pending {
	struct {
		bool used;
		struct mono_ms until;
		struct exchange exchange;
	} slots[PENDING_MAX];
};

/* Adds a copy. When all places are taken the oldest exchange goes, so that nobody
 * who starts exchanges and leaves them can lock others out. */
void pending_add(struct pending *p, const struct exchange *exchange, struct mono_ms now);

/* The exchange with this session id, borrowed until the table changes; NULL when there is none. */
struct exchange *pending_find(struct pending *p, const uint8_t sid[T1_SID_BYTES], struct mono_ms now);

/* Wipes the exchange with this session id, if it is there. */
void pending_drop(struct pending *p, const uint8_t sid[T1_SID_BYTES]);

/* Wipes all exchanges of a key. */
void pending_drop_key(struct pending *p, const uint8_t kid[ENROL_KID_BYTES]);

/* Wipes those whose time is over. */
void pending_expire(struct pending *p, struct mono_ms now);

/* Wipes everything. */
void pending_finish(struct pending *p);

#endif
