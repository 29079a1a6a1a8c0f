/* New credentials for the same device, when its hub orders it: an enrolment once more (ENROLMENT: T1), with a code that came over the
 * connection that there is and that only this device's identity can use. The order is on the disk before the hub is asked, since from its answer
 * on it refuses the credentials from before: a power cut in between is made good at the next start. Main thread. */
#ifndef AGENT_RENEWAL_H
#define AGENT_RENEWAL_H

#include <stdbool.h>

#include "base/clock.h"
#include "credentials.h"

struct renewal {
	bool ordered;
	struct mono_ms due; /* the next try */
};

/* Takes up an order that was not finished. */
void renewal_init(struct renewal *renewal, const char *state_dir);

/* Takes an order; text: of the QR code. One that is none is left out, and logged. */
void renewal_order(struct renewal *renewal, const char *state_dir, struct span text);

/* Whether the hub is to be asked now. */
bool renewal_is_due(const struct renewal *renewal, struct mono_ms now);

/* Asks the hub. via: where it was found last, or NULL; meta: what M3 says of the device. Blocks, for some seconds when
 * nobody answers. Forgets an order that is done, of no use, or older than the code lives (a day). Returns whether there are new credentials on the disk. */
bool renewal_try(struct renewal *renewal, const char *state_dir, const struct credentials *now, const struct address *via,
		 const char *meta);

#endif
