/* A connection: a stream, the bytes that wait on either side, and the rules
 * that CONNECT brought. It lives on one worker at a time; after CONNECT it moves to the
 * worker of its client id. */
#ifndef BROKER_CONNECTION_H
#define BROKER_CONNECTION_H

#include "base/buf.h"
#include "broker/output.h"
#include "broker/worker.h"
#include "mqtt/packet.h"

struct acks;
struct address;
struct aliases;
struct aliases_out;
struct auth;
struct guest;
struct session;
struct throttle;

/* What few connections have, or not for long. */
struct extras {
	struct buf input;        /* an incomplete packet, or what fairness put off */
	uint32_t input_counted;  /* bytes of its memory that memory_count knows of */
	struct aliases *aliases; /* topic aliases of the client; NULL until used */
	struct aliases_out *aliases_out; /* ours; NULL until used */
	struct auth *auth;       /* an authentication under way (handle_auth.h); NULL: none */
	struct throttle *throttle; /* owned; NULL until the client had to be slowed down */
	struct guest *guest;     /* owned; NULL: its user's rules say what it hears */
};

/* Nothing of all that. Read only. */
extern const struct extras extras_none;

/* Connections are many, and most are silent: every byte here counts. */
struct connection {
	struct worker *worker;
	struct stream *stream;
	struct session *session; /* NULL before CONNECT and once it is ending */
	union {
		struct list link; /* worker.connections */
		struct mail mail; /* on the way to another worker */
	};
	struct list dirty;       /* worker.dirty or worker.hungry */
	struct loop_timer timer; /* CONNECT deadline, then keep-alive */
	struct output output;
	struct extras *extras;   /* owned, or extras_none: read it freely, write through connection_extras */
	struct acks *acks;       /* acknowledgements that wait; NULL: none */
	struct address *address; /* where its socket is counted; NULL: nowhere */
	uint32_t heard;          /* low half of the mono_ms of the turn in which bytes last came; before CONNECT: of when it was accepted */
	uint32_t max_packet_out; /* what the client takes */
	uint32_t keep_alive_ms;  /* silence allowed, 1.5 times the keep-alive; 0: any */
	uint16_t receive_max;    /* the client's */
	uint16_t limits_met;     /* bits of enum limit: the log knows */
	uint16_t alias_max;      /* topic aliases that the client allows us */
	uint16_t home;           /* 0, or 1 + the index of the worker that it is about to move to */
	uint16_t unread;         /* answers given since the socket took no more, in units of 64 bytes, rounded up */
	uint8_t version;         /* enum mqtt_version; 0 before CONNECT */
	bool blocked : 1;        /* the socket takes no more: waits to be writable */
	bool hungry : 1;         /* input waits for its turn, reading is off */
	bool paused : 1;         /* input waits until the disk has caught up with the client, reading is off */
	bool slowed : 1;         /* input waits until the client's throttle lets it go on, reading is off */
	bool choked : 1;         /* input waits until the client has read its answers, reading is off */
	bool more : 1;           /* output waits for the next turn */
	bool ending : 1;         /* is freed at the end of this turn */
	bool broken : 1;         /* the stream failed: end without a word */
	bool counted : 1;        /* in broker.connections */
	bool scram : 1;          /* it has authenticated by SCRAM, and may do so again */
	bool terse : 1;          /* wants no Reason String or User Property but where they are always allowed (§3.1.2.11.7) */
};

/* Takes a fresh stream and lets worker `to` serve it. here: the worker whose thread this is; NULL: another thread. */
void connection_accept(struct worker *here, struct worker *to, struct stream *stream);

/* The connection's extras, to be written to; made when there are none. NULL without memory. */
struct extras *connection_extras(struct connection *connection);

/* Puts the bytes of one packet into the output. Without memory the connection is marked broken. */
void connection_send(struct connection *connection, const void *data, size_t len);

/* Encodes and sends a packet. A Reason String or User Properties that the client does not want, or that make the
 * packet larger than it takes, are left out; so is a packet that is too large still: returns false then. */
bool connection_send_packet(struct connection *connection, const struct packet *packet);

/* There is output or an end to be dealt with at the turn's end. */
void connection_touch(struct connection *connection);

/* Whether a message may go straight into the output; flushes when much has gathered. */
bool connection_ready(struct connection *connection);

/* Writes the output and fills it again from the session, until the socket is full or the backlog empty. */
void connection_flush(struct connection *connection);

/* Ends the connection: tells a 5.0 client the reason (a MQTT reason code ≥ 0x80; 0: the client
 * said goodbye itself), leaves the session, is gone when the turn ends. Not twice. */
void connection_end(struct connection *connection, uint8_t reason);

/* For handlers that have more to say than a code: `return connection_fault(c, REASON_X, "…")` puts the sentence (static; NULL: none)
 * into the DISCONNECT as its Reason String, and into the log. Returns reason. */
uint8_t connection_fault(struct connection *connection, uint8_t reason, const char *detail);

/* As connection_end, but without a DISCONNECT: after a CONNACK that refuses. */
void connection_refuse(struct connection *connection);

/* A paused connection goes on with the next turn, if it may. */
void connection_resume(struct connection *connection);

/* The same for a slowed one, and for a choked one. */
void connection_unslow(struct connection *connection);
void connection_unchoke(struct connection *connection);

/* Turn's end: frees a connection that is ending. */
void connection_reap(struct connection *connection);

/* Turn's end: goes on with input that was put off. */
void connection_feed(struct connection *connection);

/* Arms the keep-alive (keep_alive_ms of silence). */
void connection_watch_silence(struct connection *connection);

/* The peer as events want it; *address_r holds its text. */
struct broker_client connection_client(const struct connection *connection, struct stream_address *address_r);

#endif
