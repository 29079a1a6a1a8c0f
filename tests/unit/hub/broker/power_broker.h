/* A life of the real broker over the real store, both under a power log, with clients on real sockets that do random work
 * and tell a story of what they asked and were told. */
#ifndef TEST_BROKER_POWER_BROKER_H
#define TEST_BROKER_POWER_BROKER_H

#include "power_story.h"

enum { POWER_SEGMENT_BYTES = 32768 };

/* What goes wrong on purpose, between the broker and the store. */
enum power_fault {
	POWER_HONEST,
	POWER_EAGER, /* the port says done at once */
	POWER_SPLIT, /* the port stores each change of a group by itself */
};

struct power_broker {
	struct power_log *log; /* owned */
	struct story story;
};

/* Lives in the directory, which is empty. Ends the process with a message when the broker does what it must not. */
void power_broker_live(struct power_broker *life, const char *dir, unsigned workers, enum power_fault fault, uint64_t *random);
void power_broker_finish(struct power_broker *life);

#endif
