/* What the clients of a recorded broker have asked and were told, as a list of facts in order, and what follows from the
 * facts up to a point: what must be on the disk by then, what may be, and what must not. Clients tell each fact
 * before they send, or after they have received; a mark in the power log with the fact's number ties both together. */
#ifndef TEST_BROKER_POWER_STORY_H
#define TEST_BROKER_POWER_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/power_log.h"

enum {
	STORY_MESSAGES = 700, /* of each sender, at most */
	STORY_WINDOW = 8,     /* unacknowledged ones of a sender: packet identifiers 1 to 8 */
	STORY_TOPICS = 6,     /* retained: r/0 to r/5 */
	STORY_FILTERS = 5,    /* of the wanderer: f/0 to f/4 */
	STORY_OPS = 2000,     /* of a cell */
};

enum peer_role { PEER_QOS1, PEER_QOS2, PEER_RETAINER, PEER_RECEIVER, PEER_WANDERER, PEERS };

/* A place that holds one value at a time; 0: it is empty. */
enum cell {
	CELL_TOPIC,                            /* the number in the payload */
	CELL_FILTER = CELL_TOPIC + STORY_TOPICS, /* power_filter_value */
	CELL_WILL = CELL_FILTER + STORY_FILTERS, /* the wanderer's: number in its payload */
	CELL_SESSION,                          /* of each peer: 1 */
	CELL_RECEIVING = CELL_SESSION + PEERS, /* the receiver's subscription: power_filter_value */
	CELLS,
};

static inline uint32_t power_filter_value(uint8_t options, uint32_t identifier)
{
	return 1u + options + identifier * 256u;
}

enum fact_kind {
	FACT_ASK,     /* cell: it is to hold this value */
	FACT_ANSWER,  /* cell: what was asked up to its operation `value` is acknowledged */
	FACT_PUBLISH, /* by sender `cell`, identifier, number `value`: for the receiver */
	FACT_TAKEN,   /* PUBACK or PUBREC has come for it */
	FACT_RELEASE, /* its PUBREL is sent */
	FACT_OVER,    /* its PUBCOMP has come */
	FACT_GOT,     /* the receiver has message `value` of sender `cell` under this identifier */
	FACT_THANKED, /* it has sent PUBACK or PUBREC */
	FACT_LET_GO,  /* PUBREL has come: the identifier stands for nothing any more */
};

struct fact {
	enum fact_kind kind;
	int cell;     /* or the sender */
	uint16_t id;
	uint32_t value;
};

/* What is known of one message of a sender. */
struct story_message {
	bool asked, taken, over;         /* as its sender sees it; over: of QoS 2 */
	bool got, thanked, let_go;       /* as the receiver sees it; let_go: of QoS 2 */
	uint16_t got_id;
};

/* A message on its way, by packet identifier - 1. */
enum way { WAY_FREE, WAY_SENT, WAY_RELEASED, WAY_TAKEN };
struct story_way {
	uint32_t number;
	enum way way;
};

struct story_cell {
	uint32_t values[STORY_OPS]; /* operation n asked for values[n]; 0: how it began */
	uint32_t asked, answered;   /* operations */
};

struct model {
	struct story_cell cells[CELLS];
	struct story_message messages[2][STORY_MESSAGES]; /* of PEER_QOS1 and PEER_QOS2, from 1 on */
	struct story_way ways[2][STORY_WINDOW];
	uint32_t published[2];
};

struct story {
	struct power_log *log; /* borrowed */
	struct fact *facts;    /* owned */
	size_t count, cap;
	struct model now;      /* what follows from all of them */
};

void story_init(struct story *story, struct power_log *log);
void story_finish(struct story *story);

/* One thread. */
void story_tell(struct story *story, const struct fact *fact);

/* What follows from the facts before a cut of the log. */
void story_until(const struct story *story, size_t cut, struct model *model_r);

/* Ends the process, which is a worker of the test and must not speak to Check. */
_Noreturn void power_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
