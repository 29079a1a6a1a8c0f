/* The MQTT broker: N workers, each a loop with its own sockets and sessions.
 * It knows neither SQLite nor HTTP. */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "access/access.h"
#include "metrics/metrics.h"
#include "model/topic_rooms.h"
#include "model/persist.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/tls.h"

struct broker;

enum { BROKER_HOST_SIZE = 256 };

struct broker_config {
	unsigned workers;              /* 1..64 */
	uint32_t max_packet_bytes;     /* 1024..268435455; larger packets are refused with 0x95 */
	uint32_t max_connections;      /* in all */
	uint32_t max_address_connections; /* of one address; those of this machine are not counted; 0: no limit */
	bool count_loopback;           /* this machine's own are counted as well */
	uint32_t connect_timeout_s;    /* from accept (TLS included) to CONNECT */
	uint32_t max_inflight;         /* QoS 1/2 sent to one client and unacknowledged (receive maximum may lower it), and our receive maximum */
	uint32_t max_queued_messages;  /* per session */
	uint32_t max_queued_bytes;     /* per session */
	uint64_t max_memory_bytes;     /* of messages, queues and outputs in all, see overload.h; 0: half of the machine's */
	uint32_t max_subscriptions;    /* per session; more are refused with 0x97 */
	uint32_t max_topic_levels;     /* 1..200, of topics and filters */
	uint32_t max_publish_rate;     /* PUBLISH packets a second of one client, which is slowed down; 0: no limit */
	uint32_t max_retained_messages; /* in all; what comes beyond is delivered but not kept, and 5.0 publishers are told */
	uint64_t max_retained_bytes;    /* in all */
	uint32_t sweep_ms;              /* between two looks for retained messages that have expired */
	uint32_t max_session_expiry_s; /* longer wishes are cut to this; 3.1.1 clean_session=0 gets it */
	uint32_t max_keep_alive_s;     /* 0: no limit */
	uint32_t sys_interval_s;       /* of the topics below $SYS; 0: there are none */
	char moved_to[BROKER_HOST_SIZE]; /* host[:port] of the broker that new clients are sent to; "": they may stay */
	/* What the hub itself publishes under this filter is for those alone who may publish there as well, however wide a filter others have:
	 * it is not retained, and neither taps nor shared subscriptions get it. NULL: nothing is. Static. */
	const char *confidential;
	/* Where retained messages, sessions and wills outlive the hub; borrowed until broker_destroy. NULL: they do not. */
	const struct persist_port *persist;
};

/* Sane defaults for a home server. */
struct broker_config broker_config_default(void);

/* What the hub hears of clients. On worker threads; must not block. Strings are borrowed for the call. */
struct broker_client {
	const char *client_id, *username, *address; /* "" when unknown */
};
struct broker_events {
	void (*connected)(void *ctx, const struct broker_client *client);
	/* reason: MQTT 5.0 reason code; 0 for a clean DISCONNECT. */
	void (*disconnected)(void *ctx, const struct broker_client *client, uint8_t reason);
	void (*login_failed)(void *ctx, const struct broker_client *client);
	/* A publish or subscribe outside the client's rules. */
	void (*denied)(void *ctx, const struct broker_client *client, const char *action, struct span topic);
	/* A client of this user ("": nobody's) has acknowledged (QoS 1) a message that was published from inside the hub. */
	void (*arrived)(void *ctx, const char *username, struct span topic);
	/* Fills in what the broker does not count itself, for $SYS: every group but broker, load and process. NULL: nothing. */
	void (*measure)(void *ctx, struct metrics *metrics);
	void *ctx;
};

/* table: referenced. events may be NULL. Takes in what the persist port has kept, and blocks for that. Returns 0, ERR_NOMEM,
 * an error of the loops or of the port. */
int broker_create(const struct broker_config *config, const struct broker_events *events,
		  struct access_table *table, struct broker **broker_r);

/* Before broker_start. What config points to is borrowed as its header says; tls until broker_destroy. port_r (may be NULL): the
 * port bound. Errors as listener_create. */
int broker_listen_as(struct broker *broker, const struct listener_config *config, uint16_t *port_r, char message_r[256]);

/* Closes the listener of this port and opens another in its place, as config says (tls NULL); when that fails, the one before
 * again, as before says. Connections of plain TCP with other machines end when the new one is for this machine only. Any thread but the
 * broker's own, after broker_start; waits for the workers. Returns 0, ERR_NOT_FOUND (no such listener), ERR_NOMEM, or as listener_create. */
int broker_relisten(struct broker *broker, uint16_t port, const struct listener_config *config,
		    const struct listener_config *before, char message_r[256]);

/* The same for TCP. tls: borrowed until broker_destroy, NULL for plain. port_r (may be NULL): the port bound.
 * Errors as listener_create. */
int broker_listen(struct broker *broker, const char *address, uint16_t port, struct tls_server *tls,
		  uint16_t *port_r, char message_r[256]);

/* Any thread, between broker_start and broker_stop: takes a stream that another door has let in; it is served like those of the listeners. */
void broker_adopt(struct broker *broker, struct stream *stream);

/* Starts the workers' threads. */
int broker_start(struct broker *broker);

/* Any thread: connections of identities that are gone or rotated are closed (their
 * subscriptions with them) within a second; others go on under the new rules, for sure once broker_settle has returned. Returns 0 or
 * ERR_NOMEM: then the rules before hold. */
int broker_set_access(struct broker *broker, struct access_table *table);

/* Any thread but the broker's own, after broker_start: waits until every worker has taken up what was asked of it before: it counts
 * for all that arrives from then on. Returns 0, ERR_NOMEM or ERR_CLOSED. */
int broker_settle(struct broker *broker);

/* Any thread: from now on guests (struct stream_pass) hear by this table, which is referenced. It is compared (topic_rooms_compare) with the one
 * that was set before; who sets one waits until the call before has returned. now: waits until nobody hears by the one before any more;
 * any thread but the broker's own, after broker_start. Returns 0 or ERR_NOMEM: then the one before holds. */
int broker_set_topics(struct broker *broker, struct topic_rooms *topics, bool now);

/* Any thread: removes every retained message that the filter matches, e.g. of an erased device, and every
 * session (connected or not) of this user name (may be NULL). */
void broker_purge(struct broker *broker, struct span filter, const char *username);
/* The same, and waits until it is done: what comes afterwards stays. Any thread but the broker's own. */
void broker_purge_now(struct broker *broker, struct span filter, const char *username);

/* Any thread; not one instant, but each value is recent. */
void broker_stats_get(struct broker *broker, struct broker_stats *stats_r);

/* Tells v5 clients 0x8B, joins the threads. Wills wait for the next start, where there is a persist port. */
void broker_stop(struct broker *broker);
/* Waits for the persist port's answers, and for the receipts that sinks hold: they must be able to come. */
void broker_destroy(struct broker **broker);

/* For the watchdog: whether every worker has turned its loop since the last call. Any one thread. */
bool broker_alive(struct broker *broker);

#endif
