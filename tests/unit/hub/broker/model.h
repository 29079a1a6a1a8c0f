/* A broker as the standards describe it, in a few loops over small arrays: who is to get what. It
 * shares no line with the real one, not even the matching of topics, and does nothing by itself. */
#ifndef TESTS_BROKER_MODEL_H
#define TESTS_BROKER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_CLIENTS = 6, MODEL_SUBS = 24, MODEL_RETAINED = 64, MODEL_TEXT = 24, MODEL_ITEMS = 2048 };

enum model_state {
	MODEL_WAITING,  /* was not seen by the client yet */
	MODEL_SENT,     /* came, and waits for its PUBACK or PUBREC */
	MODEL_RECEIVED, /* PUBREC was sent, PUBCOMP not */
	MODEL_DONE,
};

/* One copy of a message for one session. */
struct model_item {
	char topic[MODEL_TEXT], payload[MODEL_TEXT];
	int from;      /* who published it; MODEL_REPLAY: it is a retained one */
	uint8_t qos;
	int8_t retain; /* 0 or 1; -1: the standard leaves it open */
	bool optional; /* it may come or not */
	bool any_dup;  /* nobody knows whether it was sent before */
	/* for the test that compares */
	enum model_state state;
	uint16_t id;
	unsigned order; /* in which they were sent first */
	bool seen;     /* on the present connection */
	bool released; /* PUBREL has come on the present connection */
};

enum { MODEL_REPLAY = -1 };

struct model_sub {
	char filter[MODEL_TEXT];
	uint8_t qos;
	bool no_local, as_published;
	uint8_t retain_handling;
};

struct model_message {
	char topic[MODEL_TEXT], payload[MODEL_TEXT]; /* an empty payload is one too */
	uint8_t qos;
	bool retain;
};

struct model_session {
	bool exists, connected;
	bool lasting; /* outlives its connection */
	uint8_t version;
	struct model_sub subs[MODEL_SUBS];
	int sub_count;
	struct model_item items[MODEL_ITEMS];
	int item_count;
	bool has_will;
	struct model_message will;
};

struct model {
	struct model_session sessions[MODEL_CLIENTS];
	struct model_message retained[MODEL_RETAINED];
	int retained_count;
};

/* Whether a filter matches a topic name, §4.7. */
bool model_matches(const char *filter, const char *topic);

/* The client connects; what was connected under its name must have left before. will may be NULL. Returns
 * session present. */
bool model_connect(struct model *m, int client, uint8_t version, bool clean, bool lasting,
		   const struct model_message *will);

/* The connection ends; graceful: by DISCONNECT, without the will. */
void model_leave(struct model *m, int client, bool graceful);

/* Takes or replaces a subscription and queues the retained messages that it is to get. */
void model_subscribe(struct model *m, int client, const struct model_sub *sub);
void model_unsubscribe(struct model *m, int client, const char *filter);

/* Gives the message to whom it is due, and keeps it when it is retained. */
void model_publish(struct model *m, int from, const struct model_message *message);

/* Forgets the items that are done. */
void model_sweep(struct model_session *s);

#endif
