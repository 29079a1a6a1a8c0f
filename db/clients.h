/* The facade of the store for devices of others: the clients that log in for them, and the devices as these describe
 * them (hub.db). Readers and writers as in store.h. */
#ifndef DB_CLIENTS_H
#define DB_CLIENTS_H

#include "db/store.h"

/* ---- clients: MQTT users that are no device of ours ---------------------- */

enum {
	CLIENT_TOPICS_MAX = 32,
	CLIENT_FILTER_SIZE = 256,
	CLIENT_KIND_SIZE = 24,
	CLIENT_PREFIX_SIZE = 65,
	CLIENTS_MAX = 500,
};

struct client_topic {
	char filter[CLIENT_FILTER_SIZE]; /* an MQTT topic filter */
	bool publish, subscribe;
};

struct client_record {
	char name[MODEL_ID_SIZE];    /* MQTT user name: an id */
	char title[MODEL_NAME_SIZE]; /* for people */
	char kind[CLIENT_KIND_SIZE]; /* what it was made for: a dialect's name or another preset's; "" for none */
	uint8_t token_hash[32];      /* BLAKE2b-256 of the password, which the hub has made */
	struct scram_verifier scram; /* of the same */
	char prefix[CLIENT_PREFIX_SIZE]; /* the topic that its device is set to; "": none, or not known */
	struct wall_ms created_at;
	struct client_topic topics[CLIENT_TOPICS_MAX];
	size_t topic_count;
};

/* Calls each for every client, in order of name; the record is the store's. Reader. */
int store_client_each(struct store *s, void (*each)(void *ctx, const struct client_record *c), void *ctx);
/* Reader. Returns 0 or ERR_NOT_FOUND (*c_r is zeroed then). */
int store_client_get(struct store *s, const char *name, struct client_record *c_r);

/* A new one. Writer. ERR_EXISTS also when a device has that id; ERR_FULL beyond CLIENTS_MAX. */
int store_client_add(struct store *s, const struct client_record *c, const struct store_done *done);
/* Title, topics and credentials of one that is there. Writer. ERR_NOT_FOUND. */
int store_client_put(struct store *s, const struct client_record *c, const struct store_done *done);
/* Writer. ERR_NOT_FOUND. */
int store_client_remove(struct store *s, const char *name, const struct store_done *done);

/* ---- their devices -------------------------------------------------------- */

/* What was said of a device on a topic. */
struct device_fragment {
	const char *topic, *payload; /* borrowed */
};

/* Insert or replace the device with its origin, and all of its fragments by these. Writer. ERR_EXISTS: another
 * device has that id, or that origin. */
int store_device_describe(struct store *s, const struct device_record *d, const struct device_fragment *fragments,
			  size_t count, const struct store_done *done);

/* Calls each for every fragment of the device, in order of topic. Reader. */
int store_fragment_each(struct store *s, const char *device, void (*each)(void *ctx, const struct device_fragment *f), void *ctx);

/* What such a device calls an entity, and as what that goes on: it has taken the place of another one. */
struct device_alias {
	char described[MODEL_ID_SIZE], entity[MODEL_ID_SIZE];
};

/* Calls each for every alias of the device. Reader. */
int store_alias_each(struct store *s, const char *device, void (*each)(void *ctx, const struct device_alias *a), void *ctx);

/* Another device in the place of one that is there: that keeps its row and all that hangs on it, and gets the origin, the fragments and the
 * particulars of the other, whose row goes and whose history is erased. In one transaction; done comes before the erasure has ended. */
struct device_replacement {
	const struct device_record *device; /* the one that stays, with the other's origin */
	const char *other;                  /* the id of the one that goes */
	const struct device_fragment *fragments;
	size_t fragment_count;
	const struct device_alias *aliases;
	size_t alias_count;
};
/* Writer. ERR_NOT_FOUND: one of them is no device of others (any more). ERR_INVALID: they are the same. */
int store_device_replace(struct store *s, const struct device_replacement *r, const struct store_done *done);

/* The device has gone by itself: what it was and did stays in the history, should it come back. Writer. ERR_NOT_FOUND. */
int store_device_remove(struct store *s, const char *id, const struct store_done *done);

#endif
