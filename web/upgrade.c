/* MQTT over WebSocket: the handshake's request, and what follows it. Web's thread, but for what says otherwise.
 *
 * Without TLS the broker gets a duplicate of the client's socket and libmicrohttpd lets go of it at once. With TLS the
 * session is libmicrohttpd's, so the connection stays here: the broker gets one end of a socket pair, and relay.c
 * carries the bytes until it is closed.
 *
 * A page of ours brings its session's cookie, and the broker is told whose it is. Such a connection stays here in either
 * case, for it has to end when the session does. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "web/admission.h"
#include "web/audit.h"
#include "web/login.h"
#include "web/problem.h"
#include "web/relay.h"
#include "web/server_private.h"
#include "web/websocket.h"

enum {
	HEADER_SIZE = 512,
	ID_CHARS = 20, /* of a client identifier's random part: 100 bits */
};

struct upgrade {
	struct list link; /* web.upgrades while bytes are relayed */
	struct exchange *ex;
	struct MHD_UpgradeResponseHandle *urh; /* NULL before the upgrade and once it is closed */
	struct relay *relay;                   /* NULL when the broker has the client's own socket */
};

/* ---- the end ------------------------------------------------------------- */

/* From now on the client has some time to take the last words. */
static void linger(struct upgrade *u)
{
	u->ex->conn->deadline = mono_add_ms(u->ex->web->now, u->ex->web->linger_ms);
}

/* Lets libmicrohttpd close. */
static void let_go(struct upgrade *u)
{
	struct MHD_UpgradeResponseHandle *urh = u->urh;
	if (!urh)
		return;
	u->urh = NULL;
	if (u->relay) {
		list_remove(&u->link);
		u->ex->web->upgrade_count--;
		linger(u);
		relay_end(u->relay);
	}
	MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
}

static void on_ending(void *ctx)
{
	linger(ctx);
}

static void on_over(void *ctx)
{
	let_go(ctx);
}

/* libmicrohttpd calls this from its own turn, when all events of ours have been handled. */
void upgrade_finish(struct exchange *ex)
{
	struct upgrade *u = ex->upgrade;
	if (!u)
		return;
	ex->upgrade = NULL;
	relay_destroy(&u->relay);
	free(u);
}

void upgrade_end(struct web *web, bool (*gone)(const struct identity *identity, const void *ctx), const void *ctx)
{
	list_each(u, &web->upgrades, struct upgrade, link)
		if (u->ex->rights && gone(&u->ex->rq.identity, ctx))
			let_go(u);
}

/* libmicrohttpd 0.9.75 may abort when it is stopped with upgrades that were not closed. */
void upgrade_end_all(struct endpoint *endpoint)
{
	list_each(u, &endpoint->web->upgrades, struct upgrade, link)
		if (u->ex->conn->endpoint == endpoint)
			let_go(u);
}

/* ---- the beginning -------------------------------------------------------- */

/* MQTT's packets are small and wanted at once; a peer that vanished is found out. libmicrohttpd has
 * switched Nagle's algorithm on. */
static void set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},   {SOL_SOCKET, SO_KEEPALIVE, 1},  {IPPROTO_TCP, TCP_KEEPIDLE, 300},
		{IPPROTO_TCP, TCP_KEEPINTVL, 30}, {IPPROTO_TCP, TCP_KEEPCNT, 4},
	};
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

/* What the broker gets: -1 when there is nothing to be had. */
static int make_socket(struct upgrade *u, int fd)
{
	struct web *web = u->ex->web;
	struct conn *conn = u->ex->conn;
	bool tls = conn->peer.transport == TRANSPORT_TLS;
	if (!tls && !u->ex->rights)
		return fcntl(fd, F_DUPFD_CLOEXEC, 0);
	const union MHD_ConnectionInfo *info =
		tls ? MHD_get_connection_info(u->ex->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION) : NULL;
	const struct relay_config config = {
		.epoll_fd = web->epoll_fd, .client = conn->fd, .tls = info ? info->tls_session : NULL,
		.ending = on_ending, .over = on_over, .ctx = u};
	int pair = -1;
	if ((tls && !config.tls) || relay_create(&config, &pair, &u->relay))
		return -1;
	list_append(&web->upgrades, &u->link);
	web->upgrade_count++;
	return pair;
}

/* Returns false when the client is gone: nobody knows any more who it was. */
static bool hand_over(struct upgrade *u, int fd, struct span early)
{
	const struct mqtt_port *port = &u->ex->web->services.ports.mqtt;
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	if (getpeername(u->ex->conn->fd, (struct sockaddr *)&peer, &len)) {
		close(fd);
		return false;
	}
	struct mqtt_socket socket = {.fd = fd, .peer = (const struct sockaddr *)&peer, .early = early};
	char id[sizeof "browser-" + ID_CHARS] = "browser-";
	if (u->ex->rights) {
		rand_name(id + strlen(id), ID_CHARS);
		socket.user = u->ex->rights->user;
		socket.client_id = id;
		socket.rooms = u->ex->rights->rooms ? &u->ex->rq.identity.rooms : NULL;
		log_info("web", "%s, from %s: MQTT as client %s", u->ex->rq.identity.name, u->ex->conn->peer.address, id);
	}
	port->adopt(port->ctx, &socket);
	return true;
}

/* Whether the session by which it comes may have ended since it was looked for: the connection was not yet among those that end. */
static bool is_late(const struct exchange *ex)
{
	return ex->rights && ex->sessions_ended != ex->web->sessions_ended;
}

/* No connection outlives its session, used or not. */
static struct mono_ms session_deadline(const struct exchange *ex)
{
	if (!ex->rights)
		return (struct mono_ms){0};
	return mono_add_ms(ex->web->now, ex->rq.identity.ends_at.ms - clock_wall().ms);
}

/* The handshake's answer is sent. */
static void upgraded(void *cls, struct MHD_Connection *mhd, void *con_cls, const char *early, size_t early_len, int sock,
		     struct MHD_UpgradeResponseHandle *urh)
{
	(void)mhd;
	(void)con_cls;
	struct upgrade *u = cls;
	struct web *web = u->ex->web;
	u->urh = urh;
	u->ex->state = EXCHANGE_UPGRADED;
	u->ex->conn->deadline = session_deadline(u->ex);
	web->exchanges--;
	set_options(u->ex->conn->fd);
	int fd = web->stopping || is_late(u->ex) ? -1 : make_socket(u, sock);
	bool handed_over = fd >= 0 && hand_over(u, fd, span_of(early, early_len));
	if (handed_over && u->relay)
		relay_start(u->relay);
	else
		let_go(u);
}

/* One header, whose lines are joined. */
struct gathered {
	const char *name;
	char text[HEADER_SIZE];
	bool there;
};

static enum MHD_Result gather(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	struct gathered *g = cls;
	if (strcasecmp(key, g->name) != 0 || !value)
		return MHD_YES;
	size_t used = strlen(g->text);
	/* one that is too long says nothing that we know */
	if (str_format(g->text + used, sizeof g->text - used, "%s%s", g->there ? "," : "", value))
		g->text[used] = 0;
	g->there = true;
	return MHD_YES;
}

static void judge(struct exchange *ex, struct websocket_answer *answer_r)
{
	struct gathered headers[] = {{.name = "Upgrade"}, {.name = "Connection"}, {.name = "Sec-WebSocket-Version"},
				     {.name = "Sec-WebSocket-Key"}, {.name = "Sec-WebSocket-Protocol"}};
	const char *texts[5];
	for (size_t i = 0; i < 5; i++) {
		MHD_get_connection_values(ex->mhd, MHD_HEADER_KIND, gather, &headers[i]);
		texts[i] = headers[i].there ? headers[i].text : NULL;
	}
	const struct websocket_request request = {.http_1_1 = ex->http_1_1 && !ex->head, .upgrade = texts[0],
						  .connection = texts[1], .version = texts[2], .key = texts[3],
						  .protocols = texts[4]};
	websocket_judge(&request, answer_r);
}

static enum MHD_Result refuse(struct exchange *ex, int status, const char *detail)
{
	problem(&ex->rs, status, detail);
	if (status == 426) { /* RFC 9110 §15.5.22, RFC 6455 §4.4 */
		response_header(&ex->rs, "Upgrade", "websocket");
		response_header(&ex->rs, "Sec-WebSocket-Version", "13");
	} else if (status == 503) {
		response_header(&ex->rs, "Retry-After", "5");
	}
	return exchange_answer(ex);
}

static enum MHD_Result upgrade(struct exchange *ex, const struct websocket_answer *answer)
{
	struct web *web = ex->web;
	bool stays = ex->rights || ex->conn->peer.transport == TRANSPORT_TLS;
	if (web->stopping || (stays && !admission_websocket(web, &ex->conn->peer)))
		return refuse(ex, 503, "Too many clients are connected.");
	struct upgrade *u = calloc(1, sizeof *u);
	if (!u)
		return refuse(ex, 503, "The hub is out of memory.");
	list_init(&u->link);
	u->ex = ex;
	ex->upgrade = u;
	struct MHD_Response *response = MHD_create_response_for_upgrade(upgraded, u);
	bool ok = response && MHD_add_response_header(response, "Upgrade", "websocket") == MHD_YES &&
		  MHD_add_response_header(response, "Sec-WebSocket-Accept", answer->accept) == MHD_YES &&
		  MHD_add_response_header(response, "Sec-WebSocket-Protocol", answer->protocol) == MHD_YES;
	enum MHD_Result queued = ok ? MHD_queue_response(ex->mhd, 101, response) : MHD_NO;
	if (response)
		MHD_destroy_response(response);
	ex->state = EXCHANGE_ANSWERED;
	return queued;
}

/* ---- whose session ------------------------------------------------------------ */

/* What a person may do on MQTT; a token is for the API, and who has to choose a password chooses that first. */
static const struct mqtt_rights *rights_of(const struct identity *who)
{
	return who->token || who->must_change ? NULL : mqtt_rights_of(who->role);
}

/* Pool thread. Somebody without a session, or with one that has expired, still may log in with CONNECT. */
static void identify(struct exchange *ex)
{
	const struct web_services *sv = &ex->web->services;
	struct request *rq = &ex->rq;
	int retry_s = 0, err = login_identify(sv->login, rq, &retry_s);
	if (err == ERR_BUSY)
		problem_too_many(&ex->rs, retry_s);
	else if (err)
		problem_from_err(&ex->rs, err, "session");
	if (err || !rq->identity.known)
		return;
	ex->rights = rights_of(&rq->identity);
	if (ex->rights) {
		atomic_fetch_add(&sv->counters->mqtt_logins, 1);
		audit(sv, rq->identity.name, "mqtt_login", rq->peer.address);
	} else {
		atomic_fetch_add(&sv->counters->refused, 1);
		problem_coded(&ex->rs, 403, "mqtt_role", NULL, "First choose a password of your own.");
	}
}

static void run_identify(struct pool_job *job)
{
	struct exchange *ex = container_of(job, struct exchange, job);
	identify(ex);
	exchange_deliver(ex, exchange_answered);
}

enum MHD_Result upgrade_begin(struct exchange *ex, bool from_page)
{
	struct websocket_answer answer;
	judge(ex, &answer);
	if (answer.status != 101)
		return refuse(ex, answer.status, answer.detail);
	if (!from_page || !ex->rq.cookie[0] || ex->conn->peer.transport == TRANSPORT_LOCAL)
		return upgrade(ex, &answer);
	ex->sessions_ended = ex->web->sessions_ended;
	return exchange_submit_or_refuse(ex, run_identify);
}

enum MHD_Result upgrade_go_on(struct exchange *ex)
{
	struct websocket_answer answer;
	if (ex->rs.status)
		return exchange_answer(ex);
	judge(ex, &answer);
	return upgrade(ex, &answer);
}
