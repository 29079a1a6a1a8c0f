/* A house in a test: a real thread, a store and a broker that are made up, and a
 * clock that moves when told. */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include "broker/message.h"
#include "db/store.h"
#include "device/house.h"
#include "support/live_log.h"

struct fixture {
	struct store *store;
	struct live_log *live;
	struct broker *broker;
	struct house *house;
	struct house_port port;
	struct history_port history;
	struct bundle_port bundles;
	_Atomic int64_t now_ms; /* monotonic; the wall clock shows FIXTURE_EPOCH more */
	const char *sender; /* of what is said; NULL: "pi" */
	const char *forbidden; /* a topic that no client may use; NULL for none */
	void (*cut)(struct fixture *f); /* what happens while the broker cuts a device off, on the asker's thread; NULL: nothing */
	_Atomic int access_changes, bound, erased;
	struct topic_rooms *topics; /* that the house has told of last; read it when it has nothing to do. A reference */
	_Atomic int topics_told, topics_told_now;
};

#define FIXTURE_EPOCH INT64_C(1700000000000)

/* Makes a store with device "pi" (named "Attic", enrolled, never heard), and a
 * house that runs. */
void fixture_begin(struct fixture *f);
void fixture_end(struct fixture *f);

/* Kills the house as if by power cut (what the store has not, is lost) and starts another over the same store. */
void fixture_restart(struct fixture *f);
/* Stops the house as the hub does, and starts another. */
void fixture_restart_cleanly(struct fixture *f);

/* The device publishes. flags: MESSAGE_…; retained: as from the retained store. */
void fixture_say(struct fixture *f, const char *topic, const char *payload);
void fixture_say_with(struct fixture *f, const char *topic, const char *payload, uint8_t flags, bool retained);

/* The device publishes a message that must survive, and waits. The receipt is for fixture_told. */
struct receipt *fixture_say_waiting(struct fixture *f, const char *topic, const char *payload);

/* Waits until the house has released the receipt as often as it held it; frees it. Returns what the sender is told:
 * 0 or the error. */
int fixture_told(struct receipt **receipt);

/* Publishes the agent's description of the corpus and says "online". */
void fixture_introduce(struct fixture *f);

/* Moves the clock, then waits until the house has seen it and the store has answered. */
void fixture_pass(struct fixture *f, int64_t ms);

/* Waits until the house has handled all that was said. */
void fixture_sync(struct fixture *f);

/* The device object of "pi", or "" when there is none; valid until the next call. */
const char *fixture_device(struct fixture *f);

/* Sends a command; the answer (or detail) is valid until the next call. */
int fixture_command(struct fixture *f, const char *entity, const char *value, const char **answer_r);
/* One that may wait for the device so long. */
int fixture_command_waiting(struct fixture *f, const char *entity, const char *value, int64_t wait_s, const char **answer_r);

/* What the house published last: "<topic> <payload> q<qos> r<retain>"; "" for nothing. And how often. */
const char *fixture_published(struct fixture *f);
/* How long that is good for; UINT32_MAX: for ever. */
uint32_t fixture_published_expiry_s(struct fixture *f);
size_t fixture_published_count(struct fixture *f);

#endif
