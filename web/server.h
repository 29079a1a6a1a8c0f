/* The web server: dashboard, REST API, live events and the enrolment endpoints,
 * over HTTPS, HTTP and the admin's Unix socket.
 *
 * One thread ("web") runs libmicrohttpd's daemons and every socket; requests
 * that need the store, the house or a password run on a pool of four threads
 * ("web-pool"). None of them touches broker memory. */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "db/store.h"
#include "history/ports.h"
#include "model/ports.h"

struct web;

enum { WEB_PORT_ANY = -1 }; /* the kernel picks; see web_ports */

struct web_config {
	const char *address;        /* "*", or an IP literal: for HTTPS and HTTP */
	int https_port, http_port;  /* 0: off */
	const char *admin_socket;   /* path; NULL or "": none */
	struct span certificate;    /* PEM chain, leaf first; copied */
	struct span key;            /* PEM; copied */
	const char *tls_priorities; /* GnuTLS priority string */
	const char *web_dir;        /* index.html and the assets; read once */
	const char *hosts;          /* further host names we answer to, comma-separated; NULL: none */
	const char *metrics_token;  /* of programs that read /metrics, 16 to 256 characters; NULL or "": none */
	bool http_dashboard;        /* plain HTTP serves everything but MQTT to everyone */
	bool unencrypted_mqtt;      /* and then that, too */
	unsigned max_connections;   /* per listening socket, besides WebSockets; 0: 512 */
	unsigned max_per_address;   /* from one address, all together; 0: any number */
	unsigned max_websockets;    /* with TLS, or of a browser's session: others leave the server */
	bool count_loopback;        /* connections of this machine count by address, too: for tests */
	unsigned request_ms;        /* for a whole request to arrive; 0: 15000 */
	unsigned linger_ms;         /* for a WebSocket's client to take the last words; 0: 10000 */
	unsigned drain_ms;          /* for requests to end after the certificate was changed; 0: 10000 */
	unsigned beat_ms;           /* a silent stream says that it lives; 0: 15000 */
	struct store *store;        /* borrowed until web_destroy */
	struct hub_info hub;
};

/* What the web calls. Slots as described in model/ports.h; used from web_start on. */
struct web_ports {
	struct house_port house;
	struct history_port history;
	struct bundle_port bundles;
	struct enrol_port enrol;
	struct client_port client;
	struct password_port password;
	struct transfer_port transfer;
	struct mqtt_port mqtt;
	/* Appends one JSON object of counters for GET /api/v1/health (by convention
	 * {"broker":{…},"store":{…},…,"certificate_expires":ms}); pool thread, short. May be NULL. */
	int (*health)(void *ctx, struct buf *json);
	/* Appends the same counters as Prometheus text for GET /metrics; likewise. */
	int (*metrics)(void *ctx, struct buf *text);
	void *health_ctx; /* of both */
};

/* Binds the sockets and loads the pages; serves nobody yet. Strings are copied, but for
 * those of hub, which live as long as the hub.
 * While no account exists, makes <state_dir>/setup-token (0600).
 * Returns 0, ERR_BUSY (port in use), ERR_DENIED, ERR_INVALID, ERR_NOT_FOUND (web_dir),
 * ERR_NOMEM or ERR_IO, with a sentence for people in message_r. */
int web_create(const struct web_config *config, struct web **web_r, char message_r[256]);

/* Where the house tells its news. Any time between web_create and web_destroy. */
struct live_port web_live_port(struct web *web);

/* The ports bound, 0 for those that are off. */
void web_ports(const struct web *web, int *https_port_r, int *http_port_r);

/* What the server has counted since its start; of connections and streams, those of now. */
struct web_stats {
	uint64_t requests, refused, logins_failed, mqtt_logins;
	uint64_t limit_connections, limit_address, limit_websockets; /* times that each was met */
	uint64_t connections, streams;
};
/* Any thread. */
struct web_stats web_stats_get(const struct web *web);

/* Starts the threads and serves. ports is copied; what it points to must live until web_stop. */
int web_start(struct web *web, const struct web_ports *ports, char message_r[256]);

/* New connections get the new certificate; old ones finish within ten seconds
 * (live streams are ended and come back by themselves), but WebSockets stay as long as they like, unless certificates change
 * often. Any thread but the web's; blocks until it is done. Returns 0, or with the old one kept ERR_MALFORMED or ERR_BUSY
 * (it has changed a moment ago, and more than once). */
int web_reload_certificate(struct web *web, struct span certificate, struct span key, char message_r[256]);

/* Ends every stream, lets running requests finish, joins the threads. Call it when the broker has stopped, whose last words
 * to those behind /mqtt it still carries, and before what the other ports lead to is stopped. Until it returns, sockets may be
 * handed to mqtt.adopt. */
void web_stop(struct web *web);

/* Stops if it runs, closes everything and clears the pointer. NULL inside is fine. */
void web_destroy(struct web **web);

#endif
