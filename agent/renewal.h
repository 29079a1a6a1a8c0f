/* New credentials for the same device, when its hub orders it: an enrolment once more (ENROLMENT: T1), with a code that came over the
 * connection that there is and that only this device's identity can use. The order is on the disk before the hub is asked, since from its answer
 * on it refuses the credentials from before: a power cut in between is made good at the next start. The hub is asked by a child process, as that
 * blocks and sensors and commands must not stand still for it; what comes of it is on the disk and in the child's exit status. Main thread. */
#ifndef AGENT_RENEWAL_H
#define AGENT_RENEWAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/clock.h"
#include "credentials.h"

struct renewal {
	bool ordered;
	struct mono_ms due; /* the next try */
	pid_t asking;       /* the child that asks the hub; 0: none */
};

/* Takes up an order that was not finished. */
void renewal_init(struct renewal *renewal, const char *state_dir);

/* Takes an order; text: of the QR code. One that is none is left out, and logged. A try with the order before is broken off. */
void renewal_order(struct renewal *renewal, const char *state_dir, struct span text);

/* Whether the hub is to be asked now. */
bool renewal_is_due(const struct renewal *renewal, struct mono_ms now);

/* Starts to ask the hub. via: where it was found last, or NULL; meta: what M3 says of the device. Does not block; SIGCHLD tells when to
 * look what came of it. An order that is older than the code lives (a day) is forgotten instead. */
void renewal_start(struct renewal *renewal, const char *state_dir, const struct credentials *now, const struct address *via,
		   const char *meta);

/* Whether a try has ended with new credentials on the disk. Forgets an order that is done or of no use; another one is tried again later. */
bool renewal_reap(struct renewal *renewal, const char *state_dir);

/* Breaks off a try that goes on. The order stays. */
void renewal_stop(struct renewal *renewal);

#endif
