/* The persist port: how the broker makes what it must not forget outlive the hub, without knowing a database.
 *
 * The broker tells changes; the store keeps the state they lead to, and tells it at the next start as the
 * shortest list of changes that leads there. All that belongs to a session presumes its PERSIST_SESSION_PUT: what is
 * told of a session that does not exist, or not any more, is dropped. Spans are borrowed for the call. */
#ifndef MODEL_PERSIST_H
#define MODEL_PERSIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/span.h"

/* The numbers are part of the journal's format: none is ever given a second meaning. */
enum persist_type {
	PERSIST_RETAINED_SET = 16,
	PERSIST_RETAINED_CLEAR = 17,
	PERSIST_SESSION_PUT = 18, /* makes it, or changes its fields; what belongs to it stays */
	PERSIST_SESSION_END = 19, /* with all that belongs to it */
	PERSIST_SUBSCRIPTION_PUT = 20,
	PERSIST_SUBSCRIPTION_REMOVE = 21,
	PERSIST_QUEUE_APPEND = 22,
	PERSIST_QUEUE_ACK = 23, /* also when it expired or was dropped */
	PERSIST_QOS2_PUT = 24,
	PERSIST_QOS2_REMOVE = 25,
	PERSIST_WILL_PUT = 26,
	PERSIST_WILL_CLEAR = 27,
	PERSIST_COMMAND_PUT = 28,
	PERSIST_COMMAND_END = 29,
};

struct persist_message {
	struct span topic;
	struct span props;          /* as struct message of the broker keeps them */
	struct span payload;
	uint8_t qos, flags;         /* as published; flags are the broker's */
	struct wall_ms received_at;
	struct wall_ms expires_at;  /* 0: never */
};

struct persist_session {
	uint32_t expiry_s;              /* UINT32_MAX: never */
	struct wall_ms disconnected_at; /* 0: was connected when last told */
	uint8_t protocol;               /* version as in CONNECT: 3, 4, 5 */
	struct span username;           /* of the identity that owns it; empty: none */
};

struct persist_subscription {
	struct span filter;
	uint8_t options;     /* the options byte of SUBSCRIBE (MQTT 5.0 §3.8.3.1) */
	uint32_t identifier; /* 0: none */
};

struct persist_queued {
	int64_t number;      /* > 0, ascending within the session: the order of delivery */
	uint8_t qos;         /* at which it is delivered */
	bool retain;         /* flag to be sent */
	uint32_t identifier; /* of the subscription; 0: none */
	struct persist_message message;
};

/* A handshake that has begun. Both directions have their own packet identifiers. */
enum persist_direction { PERSIST_INCOMING = 0, PERSIST_OUTGOING = 1 };

struct persist_qos2 {
	uint16_t packet_id; /* > 0 */
	uint8_t direction;  /* enum persist_direction */
	uint8_t state;      /* unused, though records and tables have it: direction and number say it all */
	int64_t number;     /* the queued message that an outgoing identifier stands for; 0: it is gone already */
};

struct persist_will {
	struct persist_message message;
	uint32_t delay_s;
	struct wall_ms due_at; /* unused, though records and tables have it: its session's disconnected_at and delay_s say it */
};

struct persist_command {
	struct span id, device, entity;
	struct span value; /* JSON */
	struct span by;    /* account, or what else caused it */
	uint8_t state;     /* the house's */
	struct wall_ms at;
};

struct persist_change {
	enum persist_type type;
	struct span client; /* its id; empty in those of RETAINED and COMMAND */
	union {             /* which fields of it count besides those of a PUT, SET or APPEND: */
		struct persist_message retained;          /* CLEAR: topic */
		struct persist_session session;           /* END: none */
		struct persist_subscription subscription; /* REMOVE: filter */
		struct persist_queued queued;             /* ACK: number */
		struct persist_qos2 qos2;                 /* REMOVE: packet_id and direction */
		struct persist_will will;                 /* CLEAR: none */
		struct persist_command command;           /* END: id */
	};
};

struct persist_done {
	/* On a thread of the store, when the changes are on the disk or could not get there (ERR_DISK_FULL,
	 * ERR_IO). Must not block. */
	void (*fn)(void *ctx, int err);
	void *ctx;
};

/* Told one change; returns 0 to go on, anything else ends the walk and is returned by it. */
typedef int persist_each(void *ctx, const struct persist_change *change);

struct persist_port {
	/* Makes the changes (at least one) durable, in this order, all or none, behind those that this thread appended before.
	 * They are copied. done NULL: nobody waits. Any thread; never blocks. Returns 0, ERR_NOMEM, ERR_FULL (the
	 * store has fallen behind), ERR_CLOSED, ERR_INVALID (a field out of range): then nothing is taken and done is not called. */
	int (*append)(void *ctx, const struct persist_change *changes, size_t count, const struct persist_done *done);
	/* Tells all that is kept: PERSIST_RETAINED_SET of each topic; of each session its PERSIST_SESSION_PUT and
	 * then SUBSCRIPTION_PUT, QUEUE_APPEND in order of number, QOS2_PUT, WILL_PUT; PERSIST_COMMAND_PUT in
	 * order of time. Once, at the start, before the first append; blocks on the disk. each must not
	 * call the port. Returns 0, each's, ERR_DAMAGED, ERR_IO, ERR_NOMEM. */
	int (*load)(void *ctx, persist_each *each, void *each_ctx);
	void *ctx;
};

#endif
