/* Daemons of libmicrohttpd in external epoll mode: each has an epoll set that
 * the web's thread waits for together with its mailbox, and then runs them. So all
 * sockets, streams and resumptions stay on one thread, without locks. */
#include "web/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "web/admission.h"

enum {
	CONNECTION_MEMORY = 16384, /* holds a request's headers, then the answer's */
	INACTIVITY_S = 30,
	CONNECTIONS_SPARE = 16, /* the limit is met in admission.c, never in libmicrohttpd */
	DRAINING_MAX = 4, /* each is a daemon with its sockets */
};

static void log_line(void *cls, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* What libmicrohttpd has to say is mostly about clients that break off. */
static void log_line(void *cls, const char *format, va_list args)
{
	struct web *web = cls;
	int len = vsnprintf(web->mhd_message, sizeof web->mhd_message, format, args);
	if (len < 0)
		web->mhd_message[0] = 0;
	web->mhd_message[strcspn(web->mhd_message, "\n")] = 0;
	log_debug("web", "%s", web->mhd_message);
}

/* As MHD_http_unescape, but text with a NUL inside becomes empty: nobody shall
 * see less of a path than we do. */
static size_t unescape(void *cls, struct MHD_Connection *mhd, char *text)
{
	(void)cls;
	(void)mhd;
	size_t len = MHD_http_unescape(text);
	if (strlen(text) != len)
		text[0] = 0;
	return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct endpoint *endpoint, const struct endpoint_tls *tls)
{
	struct web *web = endpoint->web;
	struct MHD_OptionItem tls_options[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? (void *)tls->certificate : NULL},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? (void *)tls->key : NULL},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, web->tls_priorities},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0);
	return MHD_start_daemon(flags, 0, admission_accept, endpoint, exchange_handle, endpoint,
				/* the logger first: it hears what the other options say */
				MHD_OPTION_EXTERNAL_LOGGER, log_line, web,
				MHD_OPTION_LISTEN_SOCKET, endpoint->listen_fd,
				MHD_OPTION_NOTIFY_CONNECTION, exchange_connection, endpoint,
				MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, endpoint,
				MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
				MHD_OPTION_CONNECTION_LIMIT, web->max_connections + web->max_websockets + CONNECTIONS_SPARE,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)INACTIVITY_S,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				MHD_OPTION_STRICT_FOR_CLIENT, 1,
				MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, /* the web's thread blocks all signals */
				MHD_OPTION_ARRAY, tls ? tls_options : none, MHD_OPTION_END);
}

/* A daemon that fails to start has closed our socket or not, depending on how
 * far it came (0.9.75). Closes fd if it still is the socket that `before` describes. */
static void close_if_open(int fd, const struct stat *before)
{
	struct stat after;
	if (fstat(fd, &after) == 0 && after.st_dev == before->st_dev && after.st_ino == before->st_ino)
		close(fd);
}

static int start(struct endpoint *endpoint, const struct endpoint_tls *tls, char message_r[256])
{
	struct web *web = endpoint->web;
	struct stat st;
	if (fstat(endpoint->listen_fd, &st))
		return err_from_errno(errno);
	web->mhd_message[0] = 0;
	endpoint->daemon = start_daemon(endpoint, tls);
	if (!endpoint->daemon) {
		str_format(message_r, 256, "cannot start the web server: %.200s",
			   web->mhd_message[0] ? web->mhd_message : strerror(errno));
		close_if_open(endpoint->listen_fd, &st);
		return tls ? ERR_MALFORMED : ERR_IO;
	}
	int epoll_fd = MHD_get_daemon_info(endpoint->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	if (epoll_ctl(web->epoll_fd, EPOLL_CTL_ADD, epoll_fd, &event)) {
		int err = err_from_errno(errno);
		MHD_stop_daemon(endpoint->daemon);
		return err;
	}
	return 0;
}

int endpoint_add(struct web *web, int listen_fd, enum transport transport, const struct endpoint_tls *tls,
		 char message_r[256])
{
	struct endpoint *endpoint = calloc(1, sizeof *endpoint);
	if (!endpoint) {
		close(listen_fd);
		return ERR_NOMEM;
	}
	endpoint->web = web;
	endpoint->transport = transport;
	endpoint->listen_fd = listen_fd;
	int err = start(endpoint, tls, message_r);
	if (err)
		free(endpoint);
	else
		list_append(&web->endpoints, &endpoint->link);
	return err;
}

void endpoint_quiesce(struct endpoint *endpoint)
{
	if (endpoint->listen_fd < 0)
		return;
	MHD_quiesce_daemon(endpoint->daemon);
	close(endpoint->listen_fd);
	endpoint->listen_fd = -1;
}

void endpoint_destroy(struct endpoint *endpoint)
{
	endpoint_quiesce(endpoint);
	list_remove(&endpoint->link);
	upgrade_end_all(endpoint);
	MHD_stop_daemon(endpoint->daemon);
	free(endpoint);
}

static bool on_endpoint(const struct stream *stream, const void *ctx)
{
	return stream_conn(stream)->endpoint == ctx;
}

/* Old connections finish what they do. WebSockets stay: their clients would take the end for a broken connection, and
 * their wills would be published. */
static void drain(struct web *web, struct endpoint *old)
{
	endpoint_quiesce(old);
	old->draining = true;
	old->drain_until = mono_add_ms(web->now, web->drain_ms);
	stream_end(web, on_endpoint, old);
	list_each(conn, &web->conns, struct conn, link)
		if (conn->endpoint == old && conn->deadline.ms &&
		    mono_diff_ms(conn->deadline, old->drain_until) < 0)
			conn->deadline = old->drain_until;
}

/* Makes room by ending the WebSockets that came under the oldest certificate. */
static int end_oldest(struct web *web, struct endpoint *oldest, char message_r[256])
{
	if (mono_diff_ms(oldest->drain_until, web->now) < 0) {
		str_copy(message_r, 256, "certificates changed too often; try again in ten seconds");
		return ERR_BUSY;
	}
	upgrade_end_all(oldest); /* their clients come back */
	oldest->drain_until = mono_add_ms(web->now, web->drain_ms);
	return 0;
}

int endpoint_replace_tls(struct web *web, const struct endpoint_tls *tls, char message_r[256])
{
	struct endpoint *old = NULL, *oldest = NULL;
	unsigned draining = 0;
	list_each(endpoint, &web->endpoints, struct endpoint, link) {
		if (endpoint->draining && draining++ == 0)
			oldest = endpoint;
		if (endpoint->transport == TRANSPORT_TLS && !endpoint->draining)
			old = endpoint;
	}
	if (!old)
		return 0; /* HTTPS is off */
	int err = draining >= DRAINING_MAX ? end_oldest(web, oldest, message_r) : 0;
	if (err)
		return err;
	int fd = fcntl(old->listen_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return err_from_errno(errno);
	err = endpoint_add(web, fd, TRANSPORT_TLS, tls, message_r);
	if (!err)
		drain(web, old);
	return err;
}
