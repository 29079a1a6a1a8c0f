/* The web server: creation, the loop of the web's thread, its mails, and the
 * stop. What a request is and means lies in exchange.c and the handlers. */
#include "web/server.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/unix_socket.h"
#include "thread/thread.h"
#include "web/endpoint.h"
#include "web/fingerprint.h"
#include "web/hosts.h"
#include "web/listen.h"
#include "web/live.h"
#include "web/login.h"
#include "web/openapi.h"
#include "web/server_private.h"
#include "web/setup.h"

enum {
	CONNECTIONS_DEFAULT = 512,
	REQUEST_DEFAULT_MS = 15000,
	LINGER_DEFAULT_MS = 10000,
	DRAIN_DEFAULT_MS = 10000,
	BEAT_DEFAULT_MS = 15000,
	TICK_MS = 1000,
	TIMEOUT_MAX_MS = 60000,
	STOP_MS = 2000, /* for streams and answers to go out */
	EVENTS = 64,
};

/* ---- the loop --------------------------------------------------------- */

static int earlier(int timeout, int64_t ms)
{
	int other = ms < 0 ? 0 : ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : (int)ms;
	return timeout < 0 || other < timeout ? other : timeout;
}

static bool is_draining(const struct web *web)
{
	list_each(endpoint, &web->endpoints, struct endpoint, link)
		if (endpoint->draining)
			return true;
	return false;
}

static int timeout_ms(struct web *web)
{
	int timeout = -1;
	struct mono_ms now = clock_mono();
	list_each(endpoint, &web->endpoints, struct endpoint, link) {
		MHD_UNSIGNED_LONG_LONG ms;
		if (MHD_get_timeout(endpoint->daemon, &ms) == MHD_YES)
			timeout = earlier(timeout, ms > INT32_MAX ? INT32_MAX : (int64_t)ms);
	}
	if (web->streams_due)
		timeout = earlier(timeout, mono_diff_ms(now, mono_add_ms(web->streams_woken, STREAM_BATCH_MS)));
	if (!list_empty(&web->conns) || web->stopping || is_draining(web))
		timeout = earlier(timeout, mono_diff_ms(now, web->tick_at));
	return timeout;
}

static void wait_for_events(struct web *web)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(web->epoll_fd, events, EVENTS, timeout_ms(web));
	web->now = clock_mono();
	for (int i = 0; i < count; i++) {
		struct watch *watch = events[i].data.ptr;
		if (watch) /* the mailbox and the daemons are looked at in any case */
			watch->ready(watch, events[i].events);
	}
}

static bool every_stream(const struct stream *stream, const void *ctx)
{
	(void)stream;
	(void)ctx;
	return true;
}

static bool on_drained(const struct stream *stream, const void *ctx)
{
	(void)ctx;
	return stream_conn(stream)->endpoint->draining;
}

/* Once a second while anybody is connected. */
static void tick(struct web *web)
{
	web->tick_at = mono_add_ms(web->now, TICK_MS);
	list_each(conn, &web->conns, struct conn, link)
		if (conn->deadline.ms && mono_diff_ms(conn->deadline, web->now) >= 0) {
			shutdown(conn->fd, SHUT_RDWR); /* libmicrohttpd sees the end and closes */
			conn->deadline.ms = 0;
		}
	stream_beat(web);
	download_retry(web);
	stream_end(web, on_drained, NULL);
	list_each(endpoint, &web->endpoints, struct endpoint, link) {
		if (endpoint->draining && endpoint->connections == 0)
			endpoint_destroy(endpoint);
	}
}

static void turn(struct web *web)
{
	wait_for_events(web);
	mailbox_deliver(&web->mailbox, web);
	if (web->streams_due && mono_diff_ms(web->streams_woken, web->now) >= STREAM_BATCH_MS) {
		web->streams_due = false;
		web->streams_woken = web->now;
		stream_wake_all(web);
	}
	if (mono_diff_ms(web->tick_at, web->now) >= 0)
		tick(web);
	if (web->stopping)
		stream_end(web, every_stream, NULL);
	if (web->stopping)
		download_retry(web);
	list_each(endpoint, &web->endpoints, struct endpoint, link)
		MHD_run(endpoint->daemon);
}

static bool may_end(const struct web *web)
{
	/* a suspended connection must not meet its daemon's end; a slow client may */
	return web->stopping && web->working == 0 &&
	       ((web->exchanges == 0 && web->upgrade_count == 0) || mono_diff_ms(web->stop_by, web->now) >= 0);
}

static void *run(void *arg)
{
	struct web *web = arg;
	while (!may_end(web))
		turn(web);
	list_each(endpoint, &web->endpoints, struct endpoint, link)
		endpoint_destroy(endpoint);
	return NULL;
}

/* ---- mails ------------------------------------------------------------ */

static void deliver_wake(struct mail *mail, void *owner)
{
	(void)mail;
	struct web *web = owner;
	atomic_store(&web->wake_posted, false);
	web->streams_due = true;
}

/* Any thread: there are live events. */
static void wake_streams(void *ctx)
{
	struct web *web = ctx;
	if (!atomic_exchange(&web->wake_posted, true))
		mailbox_post(&web->mailbox, &web->wake_mail);
}

struct end_streams {
	struct mail mail;
	int64_t account;
	uint8_t session[32];
	bool has_session, keep;
};

static bool is_meant(const struct stream *stream, const void *ctx)
{
	const struct end_streams *end = ctx;
	const struct identity *identity = stream_identity(stream);
	if (identity->account != end->account)
		return false;
	bool same = memcmp(identity->session, end->session, sizeof end->session) == 0;
	return !end->has_session || same != end->keep;
}

static void deliver_end_streams(struct mail *mail, void *owner)
{
	struct end_streams *end = container_of(mail, struct end_streams, mail);
	stream_end(owner, is_meant, end);
	free(end);
}

/* Any thread. */
static void end_streams(void *ctx, int64_t account, const uint8_t *session, bool keep)
{
	struct web *web = ctx;
	struct end_streams *end = calloc(1, sizeof *end);
	if (!end) {
		log_error("web", "out of memory: streams of a session that ended go on until they break");
		return;
	}
	end->mail.deliver = deliver_end_streams;
	end->account = account;
	end->has_session = session != NULL;
	end->keep = keep;
	if (session)
		memcpy(end->session, session, sizeof end->session);
	mailbox_post(&web->mailbox, &end->mail);
}

static void deliver_stop(struct mail *mail, void *owner)
{
	(void)mail;
	struct web *web = owner;
	web->stopping = true;
	web->stop_by = mono_add_ms(web->now, STOP_MS);
	list_each(endpoint, &web->endpoints, struct endpoint, link)
		endpoint_quiesce(endpoint);
}

struct reload {
	struct mail mail;
	struct waiter waiter;
	struct endpoint_tls tls;
	char *message_r;
	int err;
};

static void deliver_reload(struct mail *mail, void *owner)
{
	struct reload *reload = container_of(mail, struct reload, mail);
	reload->err = endpoint_replace_tls(owner, &reload->tls, reload->message_r);
	waiter_signal(&reload->waiter);
}

/* ---- creation --------------------------------------------------------- */

/* A terminated copy; the caller wipes and frees it. */
static char *copy_pem(struct span pem)
{
	char *text = calloc(1, pem.len + 1);
	if (text && pem.len)
		memcpy(text, pem.data, pem.len);
	return text;
}

static void tls_finish(struct endpoint_tls *tls)
{
	if (tls->key)
		sodium_memzero((char *)tls->key, strlen(tls->key));
	free((char *)tls->certificate);
	free((char *)tls->key);
}

static int open_tcp(struct web *web, int port, enum transport transport, const struct endpoint_tls *tls, int *bound_r,
		    char message_r[256])
{
	int fd;
	uint16_t bound;
	int err = listen_tcp(web->address, port == WEB_PORT_ANY ? 0 : (uint16_t)port, &fd, &bound, message_r);
	if (err)
		return err;
	*bound_r = bound;
	return endpoint_add(web, fd, transport, tls, message_r);
}

static int open_sockets(struct web *web, const struct web_config *config, char message_r[256])
{
	int err = 0, fd;
	if (config->https_port) {
		struct endpoint_tls tls = {copy_pem(config->certificate), copy_pem(config->key)};
		err = tls.certificate && tls.key ? open_tcp(web, config->https_port, TRANSPORT_TLS, &tls, &web->https_port,
							    message_r)
						 : ERR_NOMEM;
		tls_finish(&tls);
	}
	if (!err && config->http_port)
		err = open_tcp(web, config->http_port, TRANSPORT_PLAIN, NULL, &web->http_port, message_r);
	if (!err && web->admin_socket[0]) {
		err = unix_socket_listen(web->admin_socket, "[hub] admin_socket", LISTEN_BACKLOG, &fd, &web->admin_file, message_r);
		if (!err)
			err = endpoint_add(web, fd, TRANSPORT_LOCAL, NULL, message_r);
	}
	return err;
}

/* The hub's part of the services: what handlers share. */
static int make_services(struct web *web, const struct web_config *config, char message_r[256])
{
	struct web_services *sv = &web->services;
	int64_t accounts;
	sv->store = config->store;
	sv->hub = config->hub;
	sv->counters = &web->counters;
	sv->address = web->address;
	sv->end_streams = end_streams;
	sv->end_streams_ctx = web;
	sv->edits = &web->edits;
	int err = metrics_token_set(&sv->metrics_token, config->metrics_token);
	if (err) {
		str_copy(message_r, 256, "the token of /metrics must have 16 to 256 characters");
		return err;
	}
	err = fingerprint_pem(sv->hub.ca_pem, sv->ca_fingerprint);
	if (err) {
		str_copy(message_r, 256, "the house's CA certificate cannot be read");
		return err;
	}
	err = hosts_create(config->hub.hub_id, config->hosts, &sv->hosts);
	if (!err)
		err = openapi_create(&sv->hub, &web->openapi);
	sv->openapi = web->openapi;
	if (!err)
		err = live_create(&sv->live);
	if (!err)
		err = login_create(sv->store, &sv->ports.password, &sv->login);
	if (!err)
		err = store_account_count(sv->store, &accounts);
	if (!err)
		err = setup_create(config->hub.state_dir, accounts == 0, &sv->setup);
	if (!err)
		upload_clean(config->hub.state_dir);
	if (!err)
		live_on_event(sv->live, wake_streams, web);
	return err;
}

static int copy_config(struct web *web, const struct web_config *config)
{
	web->plain = (struct gate_plain){.dashboard = config->http_dashboard, .mqtt = config->unencrypted_mqtt};
	web->max_connections = config->max_connections ? config->max_connections : CONNECTIONS_DEFAULT;
	web->max_per_address = config->max_per_address;
	web->max_websockets = config->max_websockets;
	web->count_loopback = config->count_loopback;
	web->request_ms = config->request_ms ? config->request_ms : REQUEST_DEFAULT_MS;
	web->linger_ms = config->linger_ms ? config->linger_ms : LINGER_DEFAULT_MS;
	web->drain_ms = config->drain_ms ? config->drain_ms : DRAIN_DEFAULT_MS;
	web->beat_ms = config->beat_ms ? config->beat_ms : BEAT_DEFAULT_MS;
	if (str_copy(web->address, sizeof web->address, config->address) ||
	    str_copy(web->tls_priorities, sizeof web->tls_priorities, config->tls_priorities ? config->tls_priorities : "NORMAL") ||
	    str_copy(web->admin_socket, sizeof web->admin_socket, config->admin_socket ? config->admin_socket : ""))
		return ERR_INVALID;
	return 0;
}

static int make_loop(struct web *web)
{
	web->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (web->epoll_fd < 0)
		return err_from_errno(errno);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	return epoll_ctl(web->epoll_fd, EPOLL_CTL_ADD, web->mailbox.event_fd, &event) ? err_from_errno(errno) : 0;
}

int web_create(const struct web_config *config, struct web **web_r, char message_r[256])
{
	message_r[0] = 0;
	struct web *web = calloc(1, sizeof *web);
	int err = web ? mailbox_init(&web->mailbox) : ERR_NOMEM;
	if (err) {
		free(web);
		str_copy(message_r, 256, err_text(err));
		return err;
	}
	web->epoll_fd = -1;
	web->wake_mail.deliver = deliver_wake;
	web->now = clock_mono();
	list_init(&web->endpoints);
	list_init(&web->conns);
	list_init(&web->streams);
	list_init(&web->downloads);
	list_init(&web->upgrades);
	lock_init(&web->edits, "edits");
	err = copy_config(web, config);
	if (!err)
		err = make_loop(web);
	if (!err)
		err = pages_create(config->web_dir, &web->pages, message_r);
	if (!err)
		err = make_services(web, config, message_r);
	if (!err)
		err = open_sockets(web, config, message_r);
	if (err) {
		if (!message_r[0])
			str_format(message_r, 256, "cannot start the web server: %s", err_text(err));
		web_destroy(&web);
		return err;
	}
	*web_r = web;
	return 0;
}

struct live_port web_live_port(struct web *web)
{
	return live_port(web->services.live);
}

void web_ports(const struct web *web, int *https_port_r, int *http_port_r)
{
	*https_port_r = web->https_port;
	*http_port_r = web->http_port;
}

struct web_stats web_stats_get(const struct web *web)
{
	const struct web_counters *c = &web->counters;
	return (struct web_stats){.requests = c->requests, .refused = c->refused, .logins_failed = c->logins_failed,
				  .limit_connections = c->limits[WEB_LIMIT_CONNECTIONS],
				  .limit_address = c->limits[WEB_LIMIT_ADDRESS],
				  .limit_websockets = c->limits[WEB_LIMIT_WEBSOCKETS],
				  .connections = c->connections, .streams = c->streams};
}

int web_start(struct web *web, const struct web_ports *ports, char message_r[256])
{
	web->services.ports = *ports;
	int err = pool_create(&web->pool);
	if (!err)
		err = thread_start(&web->thread, "web", run, web);
	if (err) {
		pool_destroy(&web->pool);
		str_format(message_r, 256, "cannot start the web's threads: %s", err_text(err));
		return err;
	}
	web->running = true;
	if (web->https_port)
		log_info("web", "dashboard at https://%s:%d", strcmp(web->address, "*") ? web->address : "localhost",
			 web->https_port);
	return 0;
}

int web_reload_certificate(struct web *web, struct span certificate, struct span key, char message_r[256])
{
	message_r[0] = 0;
	struct reload reload = {.mail.deliver = deliver_reload, .message_r = message_r};
	reload.tls = (struct endpoint_tls){copy_pem(certificate), copy_pem(key)};
	if (!web->running || !reload.tls.certificate || !reload.tls.key) {
		tls_finish(&reload.tls);
		return web->running ? ERR_NOMEM : ERR_STATE;
	}
	waiter_init(&reload.waiter);
	mailbox_post(&web->mailbox, &reload.mail);
	waiter_wait(&reload.waiter);
	waiter_finish(&reload.waiter);
	tls_finish(&reload.tls);
	return reload.err;
}

void web_stop(struct web *web)
{
	if (!web->running)
		return;
	struct mail stop = {.deliver = deliver_stop};
	mailbox_post(&web->mailbox, &stop);
	pthread_join(web->thread, NULL);
	pool_destroy(&web->pool);
	web->running = false;
	unix_socket_remove(&web->admin_file);
}

void web_destroy(struct web **web)
{
	struct web *w = *web;
	if (!w)
		return;
	web_stop(w);
	unix_socket_remove(&w->admin_file); /* when it never ran */
	mailbox_deliver(&w->mailbox, w); /* posted between the last turn and the end of the pool */
	list_each(endpoint, &w->endpoints, struct endpoint, link)
		endpoint_destroy(endpoint);
	setup_destroy(&w->services.setup);
	login_destroy(&w->services.login);
	live_destroy(&w->services.live);
	hosts_destroy(&w->services.hosts);
	openapi_destroy(&w->openapi);
	lock_finish(&w->edits);
	pages_destroy(&w->pages);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	mailbox_finish(&w->mailbox);
	free(w);
	*web = NULL;
}
