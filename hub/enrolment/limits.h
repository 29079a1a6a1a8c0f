/* How often strangers may knock. Plain values without locks: the desk's lock
 * guards them. */
#ifndef ENROLMENT_LIMITS_H
#define ENROLMENT_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* A rate: one event each interval_ms, and up to burst of them at once. */
struct rate {
	int64_t interval_ms;
	int64_t burst;
};

/* Events of one kind, by the generic cell rate algorithm. Zeroed: none yet. */
struct meter {
	struct mono_ms due; /* when the events so far would have been due at the plain rate */
};

/* Whether an event is within the rate at this time; counts it if so. */
bool meter_admit(struct meter *m, struct rate rate, struct mono_ms now);

enum { LIMITS_ADDRESSES = 64 };

/* One meter an address, for the addresses heard last. Zeroed: none. */
struct address_meters {
	struct {
		uint8_t address[16]; /* IPv6; IPv4 mapped; of others' IPv6 the /64 only */
		struct meter meter;
	} entries[LIMITS_ADDRESSES];
};

/* The same for the events of one address (text; what is none counts as one address). */
bool address_meters_admit(struct address_meters *meters, const char *address, struct rate rate, struct mono_ms now);

#endif
