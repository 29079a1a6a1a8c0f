/* The subscription index of one worker: filters -> subscribers, in a tree of
 * levels. Sessions and the hub's own taps are both subscribers. Owner's thread only. */
#ifndef BROKER_ROUTER_H
#define BROKER_ROUTER_H

#include "broker/topic_tree.h"

enum subscriber_kind { SUBSCRIBER_SESSION, SUBSCRIBER_GUEST, SUBSCRIBER_TAP, SUBSCRIBER_GROUP };

/* One subscription as its subscriber keeps it. */
struct held {
	uint32_t node; /* its number */
	uint32_t at;   /* among the node's subscriptions */
};

/* Embed it in whatever subscribes; zeroed but for kind. */
struct subscriber {
	uint64_t stamp;   /* the router's: the last match that found this one */
	union {
		struct held one;   /* held_cap 0: the only one, or none */
		struct held *many; /* owned */
	} held;
	uint32_t held_count, held_cap;
	uint32_t slot;    /* the router's: where in that match */
	uint8_t kind;     /* enum subscriber_kind */
};

struct sub_options {
	uint32_t id; /* subscription identifier, 0: none */
	uint8_t qos;
	bool no_local, retain_as_published;
};

/* One copy to be delivered. */
struct match {
	struct subscriber *who;
	uint32_t id;
	uint8_t qos; /* the subscription's */
	bool retain_as_published;
	uint16_t share; /* as in struct delivery; the router's own are 0 */
};

/* The result of a match; the memory is kept for the next. */
struct matches {
	struct match *items;
	uint32_t count, cap;
	uint64_t stamp;
	bool personal; /* a subscription with no_local was met: another publisher may get another result */
};

struct router {
	struct topic_tree tree; /* value: subscriber or list, see router.c */
	uint64_t subscriptions;
	uint64_t generation; /* changes with every subscription */
};

/* Returns 0 or ERR_NOMEM. */
int router_init(struct router *router);
void router_finish(struct router *router);
void matches_finish(struct matches *matches);

/* Subscribes, or changes the options of a subscription that is there (*existed_r).
 * filter: valid, not shared, topic_depth_ok. Returns 0 or ERR_NOMEM. */
int router_subscribe(struct router *router, struct subscriber *who, struct span filter,
		     const struct sub_options *options, bool *existed_r);

/* Whether who subscribes to just this filter. */
bool router_has(const struct router *router, struct subscriber *who, struct span filter);

/* Returns 0 or ERR_NOT_FOUND. */
int router_unsubscribe(struct router *router, struct subscriber *who, struct span filter);

/* Ends every subscription of who and frees its list. */
void router_forget(struct router *router, struct subscriber *who);

/* Ends those subscriptions of who whose filter `keep` refuses. Returns how many ended. */
unsigned router_restrict(struct router *router, struct subscriber *who,
			 bool (*keep)(void *ctx, struct span filter), void *ctx);

/* Collects who is to get a message under topic. A subscriber whose filters overlap comes
 * once with the highest QoS, and once more for each further subscription that has an
 * identifier (MQTT 5.0 §3.3.4). from (may be NULL) is the publisher, for no_local. Returns 0 or
 * ERR_NOMEM (what was found by then is in matches). */
int router_match(const struct router *router, struct span topic, const struct subscriber *from,
		 struct matches *matches);

#endif
