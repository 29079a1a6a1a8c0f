/* Listening sockets. Runs on the loop's thread; must not know what the streams are for. */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/unix_socket.h"
#include "net/stream_private.h"

enum {
	BACKLOG = 1024,
	ACCEPTS_PER_TURN = 64, /* then others on the loop have their turn */
	PAUSE_MS = 100,        /* out of descriptors: some connection has to close first */
};

struct listener {
	struct loop *loop;
	struct loop_watch watch;
	struct loop_timer resume;
	struct tls_server *tls; /* borrowed; NULL for plain TCP */
	void (*accepted)(void *ctx, struct stream *stream);
	void *ctx;
	uint16_t port;
	struct unix_socket_file file;
	struct proxy_list proxies;
	struct proxy_waits waits;
	bool short_of_descriptors; /* said once, until accepting works again */
	char name[96];
};

static void resume_accepting(struct loop_timer *timer)
{
	loop_watch_events(&container_of(timer, struct listener, resume)->watch, LOOP_READ);
}

/* The connection stays in the kernel's queue, so the event would come again at once and for ever. */
static void pause_accepting(struct listener *l, int reason)
{
	if (!l->short_of_descriptors)
		log_warning(l->name, "cannot accept connections for now: %s",
			    reason == ENOMEM || reason == ENOBUFS ? "no memory is left for sockets"
								  : "all file descriptors are in use, raise LimitNOFILE= of the unit");
	l->short_of_descriptors = true;
	loop_watch_events(&l->watch, 0);
	loop_timer_arm(l->loop, &l->resume, PAUSE_MS);
}

static void hand_over(void *ctx, int fd, const struct sockaddr *peer)
{
	struct listener *l = ctx;
	struct stream *stream;
	int err = l->tls ? stream_tls_create(fd, peer, l->tls, &stream) : stream_tcp_create(fd, peer, &stream);
	if (!err)
		l->accepted(l->ctx, stream);
}

static void on_connection(struct loop_watch *watch, unsigned events)
{
	(void)events;
	struct listener *l = container_of(watch, struct listener, watch);
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		int fd = accept4(watch->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			l->short_of_descriptors = false;
			if (proxy_list_has(&l->proxies, (struct sockaddr *)&peer))
				proxy_wait(&l->waits, fd, (struct sockaddr *)&peer);
			else
				hand_over(l, fd, (struct sockaddr *)&peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(l, errno);
		/* EAGAIN: done. Others (accept(2)) are errors of a connection that
		 * is gone already; the next one is tried in the next turn. */
		return;
	}
}

/* Connections inherit these (Linux), so each is set once, not per accept. */
static void set_options(int fd)
{
	const struct {
		int level, name, value;
	} options[] = {
		{SOL_SOCKET, SO_REUSEADDR, 1},
		{IPPROTO_TCP, TCP_NODELAY, 1},
		/* A peer that vanished without a word and needs no keep-alive of MQTT. */
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, 300},
		{IPPROTO_TCP, TCP_KEEPINTVL, 30},
		{IPPROTO_TCP, TCP_KEEPCNT, 4},
	};
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

struct bind_address {
	struct sockaddr_storage storage;
	socklen_t len;
	bool dual_stack;
};

static struct bind_address ipv4_address(struct in_addr ip, uint16_t port)
{
	struct bind_address a = {.len = sizeof(struct sockaddr_in)};
	*(struct sockaddr_in *)&a.storage =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip};
	return a;
}

static struct bind_address ipv6_address(struct in6_addr ip, uint16_t port)
{
	struct bind_address a = {.len = sizeof(struct sockaddr_in6)};
	*(struct sockaddr_in6 *)&a.storage =
		(struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = ip};
	return a;
}

/* What to try, in order. Returns how many, 0 for a text that is no address. */
static int parse_address(const char *text, uint16_t port, struct bind_address out_r[2])
{
	struct in_addr ip4;
	struct in6_addr ip6;
	if (strcmp(text, "*") == 0) {
		out_r[0] = ipv6_address(in6addr_any, port);
		out_r[0].dual_stack = true;
		out_r[1] = ipv4_address((struct in_addr){htonl(INADDR_ANY)}, port); /* where IPv6 is switched off */
		return 2;
	}
	if (inet_pton(AF_INET, text, &ip4) == 1)
		out_r[0] = ipv4_address(ip4, port);
	else if (inet_pton(AF_INET6, text, &ip6) == 1)
		out_r[0] = ipv6_address(ip6, port);
	else
		return 0;
	return 1;
}

/* A listening socket, or -1 with errno. */
static int open_socket(const struct bind_address *a, int backlog)
{
	int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	set_options(fd);
	int v6_only = !a->dual_stack;
	if (a->storage.ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) < 0)
		goto failed;
	if (bind(fd, (const struct sockaddr *)&a->storage, a->len) == 0 && listen(fd, backlog) == 0)
		return fd;
failed:;
	int reason = errno;
	close(fd);
	errno = reason;
	return -1;
}

/* What the failure means to the one who wrote the settings. */
static int explain(const struct listener_config *config, int reason, char message_r[256])
{
	const char *address = config->address;
	unsigned port = config->port;
	switch (reason) {
	case EADDRINUSE:
		str_format(message_r, 256, "port %u on %s is in use by another program", port, address);
		return ERR_BUSY;
	case EACCES:
	case EPERM:
		str_format(message_r, 256, "not allowed to listen on %s port %u (ports below 1024 need privileges)",
			   address, port);
		return ERR_DENIED;
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		str_format(message_r, 256, "this machine has no address %s", address);
		return ERR_INVALID;
	default:
		str_format(message_r, 256, "cannot listen on %s port %u: %s", address, port,
			   err_text(err_from_errno(reason)));
		return ERR_IO;
	}
}

static int open_first(const struct listener_config *config, int backlog, int *fd_r, char message_r[256])
{
	struct bind_address addresses[2];
	int count = parse_address(config->address, config->port, addresses);
	if (count == 0) {
		str_format(message_r, 256, "%.100s is no IP address; use one of this machine's, or * for all",
			   config->address);
		return ERR_INVALID;
	}
	for (int i = 0; i < count; i++) {
		*fd_r = open_socket(&addresses[i], backlog);
		if (*fd_r >= 0)
			return 0;
		if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
			break; /* such as a port in use: IPv4 alone would hide it */
	}
	return explain(config, errno, message_r);
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0 || a.ss_family == AF_UNIX)
		return 0;
	return ntohs(a.ss_family == AF_INET ? ((struct sockaddr_in *)&a)->sin_port : ((struct sockaddr_in6 *)&a)->sin6_port);
}

int listener_create(struct loop *loop, const struct listener_config *config,
		    void (*accepted)(void *ctx, struct stream *stream), void *ctx,
		    struct listener **listener_r, char message_r[256])
{
	*listener_r = NULL;
	message_r[0] = 0;
	struct unix_socket_file file = {0};
	int fd;
	int backlog = config->backlog ? config->backlog : BACKLOG;
	int err = config->path ? unix_socket_listen(config->path, "[mqtt] socket", backlog, &fd, &file, message_r)
			       : open_first(config, backlog, &fd, message_r);
	if (err)
		return err;
	struct listener *l = calloc(1, sizeof *l);
	if (!l) {
		close(fd);
		unix_socket_remove(&file);
		return ERR_NOMEM;
	}
	l->loop = loop;
	l->file = file;
	if (config->proxies)
		l->proxies = *config->proxies;
	proxy_waits_init(&l->waits, loop, hand_over, l);
	l->tls = config->tls;
	l->accepted = accepted;
	l->ctx = ctx;
	l->port = bound_port(fd);
	if (config->path)
		str_format(l->name, sizeof l->name, "listener %.80s", config->path);
	else
		str_format(l->name, sizeof l->name, "listener %.64s port %u", config->address, l->port);
	l->resume.fire = resume_accepting;
	l->watch = (struct loop_watch){.fd = fd, .events = LOOP_READ, .ready = on_connection};
	err = loop_watch_add(loop, &l->watch);
	if (err)
		listener_destroy(&l);
	*listener_r = l;
	return err;
}

void listener_destroy(struct listener **listener)
{
	struct listener *l = *listener;
	if (!l)
		return;
	loop_timer_disarm(&l->resume);
	loop_watch_remove(&l->watch);
	unix_socket_remove(&l->file);
	close(l->watch.fd);
	proxy_waits_finish(&l->waits);
	free(l);
	*listener = NULL;
}

uint16_t listener_port(const struct listener *listener)
{
	return listener->port;
}
