/* What the files of the server share: server.c (loop, daemons), exchange.c (one
 * request), stream.c (live events). All of it belongs to the web's thread,
 * except what says otherwise. */
#ifndef WEB_SERVER_PRIVATE_H
#define WEB_SERVER_PRIVATE_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/unix_socket.h"
#include "thread/mailbox.h"
#include "thread/thread.h"
#include "web/gate.h"
#include "web/mqtt_rights.h"
#include "web/pages.h"
#include "web/pool.h"
#include "web/request.h"
#include "web/response.h"
#include "web/routes.h"
#include "web/services.h"

enum {
	IDLE_TIMEOUT_MS = 60000,    /* of a kept-alive connection */
	ANSWER_TIMEOUT_MS = 120000, /* for a client to take an answer */
	STREAMS_MAX = 64,
	DOWNLOADS_MAX = 16, /* each costs a block of memory */
	UPLOADS_MAX = 4,
	STREAM_BATCH_MS = 10, /* streams are woken at most this often */
};

/* One libmicrohttpd daemon on one listening socket. */
struct endpoint {
	struct list link; /* web.endpoints */
	struct web *web;
	struct MHD_Daemon *daemon;
	enum transport transport;
	int listen_fd;             /* owned by the daemon until it is quiesced; -1 then */
	unsigned connections;
	bool draining;             /* replaced after a reload: takes no new connections */
	struct mono_ms drain_until;
};

/* One accepted connection. */
struct conn {
	struct list link; /* web.conns */
	struct endpoint *endpoint;
	struct peer peer;
	int fd;                   /* libmicrohttpd's */
	struct mono_ms deadline;  /* then it is shut down; ms 0: none */
};

/* What the epoll set of the web's thread points to, but for its mailbox and the daemons. events: of epoll. */
struct watch {
	void (*ready)(struct watch *watch, uint32_t events);
};

struct stream;
struct download;
struct upload;
struct upgrade;

enum exchange_state {
	EXCHANGE_READING,
	EXCHANGE_ADMITTED, /* may upload; the body comes next */
	EXCHANGE_RECEIVING, /* an upload's body */
	EXCHANGE_WORKING,  /* suspended; a pool thread has the exchange */
	EXCHANGE_READY,    /* resumed; rs holds the answer */
	EXCHANGE_ANSWERED,
	EXCHANGE_UPGRADED, /* the connection is a WebSocket's and counts as no request any more */
};

/* One request and its answer. */
struct exchange {
	struct pool_job job;
	struct mail mail;
	struct web *web;
	struct conn *conn;
	struct MHD_Connection *mhd;
	const char *url;              /* as decoded; libmicrohttpd's, during its callback */
	enum exchange_state state;
	bool head;                    /* HEAD: an answer without its body */
	bool http_1_1;
	int found;                    /* what routes_find said */
	char allow[ROUTE_ALLOW_SIZE];
	size_t body_max, dropped;     /* bytes */
	struct buf body;
	struct request rq;
	struct response rs;
	struct stream *stream;        /* NULL but for live events */
	struct download *download;    /* NULL but for answers that are made while they are sent */
	struct upload *upload;        /* NULL but for uploads */
	struct upgrade *upgrade;      /* NULL but for WebSockets */
	const struct mqtt_rights *rights; /* by which the session of a browser opens MQTT; NULL: it does not */
	uint64_t sessions_ended;      /* web.sessions_ended when the session was looked for */
};

struct web {
	struct web_services services; /* what handlers see */
	struct web_counters counters;
	struct pages *pages;
	struct openapi *openapi;
	struct lock edits;
	struct gate_plain plain;
	unsigned max_connections, max_per_address, max_websockets;
	bool count_loopback;
	int64_t request_ms, linger_ms, drain_ms, beat_ms;
	char tls_priorities[1024];
	char address[64], admin_socket[108];
	struct unix_socket_file admin_file;
	int https_port, http_port; /* bound; 0: off */
	char mhd_message[256];     /* libmicrohttpd's last word */

	/* the web's thread */
	pthread_t thread;
	bool running;
	int epoll_fd;
	struct list endpoints; /* endpoint.link */
	struct list conns;     /* conn.link */
	struct list streams;   /* stream.link */
	unsigned exchanges;    /* requests that are not yet answered to the end */
	unsigned working;      /* of those, at the pool: suspended */
	unsigned stream_count; /* of those, live streams */
	struct list downloads; /* download.link */
	unsigned download_count, upload_count;
	struct list upgrades;   /* upgrade.link */
	unsigned upgrade_count; /* of those */
	uint64_t sessions_ended; /* times that some did */
	struct mono_ms limits_met[WEB_LIMIT_COUNT]; /* the last time; ms 0: never */
	bool stopping;
	struct mono_ms now, tick_at, stop_by;
	bool streams_due;            /* events are new since the last wake */
	struct mono_ms streams_woken;

	/* any thread */
	struct mailbox mailbox;
	struct mail wake_mail;
	_Atomic bool wake_posted;
	struct pool *pool;
};

/* exchange.c: libmicrohttpd's callbacks for connections and requests. */
void exchange_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
			 enum MHD_ConnectionNotificationCode toe);
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
				const char *version, const char *upload_data, size_t *upload_data_size,
				void **con_cls);
void exchange_completed(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode toe);

/* Hands the exchange to the pool: run is called there and must end with exchange_deliver. The connection is suspended.
 * Returns 0 or ERR_BUSY, with nothing changed. */
int exchange_submit(struct exchange *ex, void (*run)(struct pool_job *job));
/* The same, but refuses the request when the pool is busy. */
enum MHD_Result exchange_submit_or_refuse(struct exchange *ex, void (*run)(struct pool_job *job));
/* Pool thread: the exchange is the web's thread's again, which calls deliver. */
void exchange_deliver(struct exchange *ex, void (*deliver)(struct mail *mail, void *owner));
/* A deliver: the exchange is READY. */
void exchange_answered(struct mail *mail, void *owner);
/* Web's thread, from deliver: goes on in this state. */
void exchange_resume(struct exchange *ex, enum exchange_state state);
/* Pool thread: finds out who asks, whether they may, and whether the query is one of the route's; a refusal is in rs then. */
bool exchange_admit(struct exchange *ex);

/* exchange_answer.c: sends what is in exchange->rs, or a page. */
enum MHD_Result exchange_answer(struct exchange *ex);
enum MHD_Result exchange_answer_page(struct exchange *ex, const struct page *page);
/* Whether Accept-Encoding (NULL: none) takes this coding (RFC 9110 §12.5.3). */
bool exchange_accepts(const char *accept, const char *coding);
/* The headers that every answer carries. */
bool exchange_add_headers(struct MHD_Response *response, const struct response *rs);

/* stream.c */
/* Starts the stream that exchange->rs asks for. */
enum MHD_Result stream_start(struct exchange *ex);
void stream_finish(struct exchange *ex);
/* Wakes the streams that have something to read. */
void stream_wake_all(struct web *web);
/* Wakes those that have been silent for long: they send a comment. Ends those whose session or token is over. */
void stream_beat(struct web *web);
/* Ends the streams for which gone says so. */
void stream_end(struct web *web, bool (*gone)(const struct stream *stream, const void *ctx), const void *ctx);
const struct conn *stream_conn(const struct stream *stream);
const struct identity *stream_identity(const struct stream *stream);

/* download.c */
/* Sends the answer that exchange->rs.producer makes; what is in rs.body goes first. */
enum MHD_Result download_start(struct exchange *ex);
void download_finish(struct exchange *ex);
/* Tries anew to hand those over that the pool had no room for; when the web stops, ends them. */
void download_retry(struct web *web);

/* upload.c */
/* The headers of an upload are here and were judged: asks the pool whether it may come. */
enum MHD_Result upload_begin(struct exchange *ex);
/* A piece of the body (*size > 0, is taken), or its end. */
enum MHD_Result upload_receive(struct exchange *ex, const char *data, size_t *size);
void upload_finish(struct exchange *ex);
/* Removes what a crash left behind. Before the web's thread runs. */
void upload_clean(const char *state_dir);

/* upgrade.c */
/* Answers a request for a WebSocket, which the gate has let in. from_page: it comes from a page of ours, so that its cookie
 * counts; then the pool looks for the session first. */
enum MHD_Result upgrade_begin(struct exchange *ex, bool from_page);
/* It was looked for: goes on. */
enum MHD_Result upgrade_go_on(struct exchange *ex);
void upgrade_finish(struct exchange *ex);
/* Ends those that a session has opened for which gone says so. */
void upgrade_end(struct web *web, bool (*gone)(const struct identity *identity, const void *ctx), const void *ctx);
/* Ends those of the endpoint. Before its daemon is stopped. */
void upgrade_end_all(struct endpoint *endpoint);

#endif
