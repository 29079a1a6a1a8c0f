/* How fast each client may describe devices: a bucket of tokens per client, so that one that describes without end costs itself and nobody
 * else. Any thread. */
#ifndef DEVICE_FLOOD_H
#define DEVICE_FLOOD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "model/topics.h"
#include "thread/thread.h"

enum {
	FLOOD_CLIENTS = 128,     /* that are remembered: whose buckets are fullest is forgotten first */
	FLOOD_BURST = 10000,     /* tokens at once: 2,000 entities of Zigbee2MQTT through Home Assistant's discovery take 2,000 */
	FLOOD_REFILL = 200,      /* tokens a second: 50 Shellys that notify four times a second each */
	FLOOD_TOKEN_BYTES = 4096, /* a message takes a token, and one more for so many bytes */
};

struct flood_client {
	char name[MODEL_ID_SIZE]; /* cut; "" for none */
	int64_t spent;            /* thousandths of tokens, at this moment: */
	struct mono_ms at;
	bool over;                /* it was refused, and has not been quiet since */
};

struct flood {
	struct lock lock; /* held for the look at some hundred bytes, a few times a second */
	struct flood_client clients[FLOOD_CLIENTS];
};

enum flood_verdict {
	FLOOD_FINE,
	FLOOD_OVER,  /* not to be read */
	FLOOD_BEGUN, /* the same, and the first time */
};

/* Nobody has described anything yet. */
void flood_init(struct flood *flood);
/* No thread may be in flood_look. */
void flood_finish(struct flood *flood);

/* Whether the client may describe something in a message of so many bytes now; what is not to be read costs it nothing. */
enum flood_verdict flood_look(struct flood *flood, const char *client, size_t bytes, struct mono_ms now);

#endif
