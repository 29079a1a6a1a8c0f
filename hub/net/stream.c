/* What is common to all streams: which events to wait for, whom to tell, and
 * surviving handlers that destroy the stream. Runs on the loop's thread that the stream is attached to;
 * must not know any transport. */
#include "net/stream_private.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

enum {
	DRAIN_BYTES = 16 * 1024,
	DRAIN_READS = 64, /* 1 MiB; whoever has sent more may be reset */
};

void stream_init(struct stream *s, const struct stream_ops *ops, int fd, const struct sockaddr *peer)
{
	*s = (struct stream){.ops = ops, .watch = {.fd = fd}, .peer = stream_peer_of(peer)};
	struct ucred process;
	socklen_t len = sizeof process;
	if (peer->sa_family == AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &len) == 0)
		s->peer.process = process.pid;
}

static void set_ip(struct stream_peer *p, int family, const void *ip, size_t len, in_port_t port)
{
	p->family = (uint8_t)family;
	memcpy(p->ip, ip, len);
	p->port = ntohs(port);
}

struct stream_peer stream_peer_of(const struct sockaddr *address)
{
	struct stream_peer p = {.family = AF_UNIX, .loopback = true};
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
		set_ip(&p, AF_INET, &in->sin_addr, 4, in->sin_port);
		p.loopback = p.ip[0] == 127;
	} else if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
		const uint8_t *ip = in6->sin6_addr.s6_addr;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
		if (mapped)
			set_ip(&p, AF_INET, ip + 12, 4, in6->sin6_port);
		else
			set_ip(&p, AF_INET6, ip, 16, in6->sin6_port);
		p.loopback = mapped ? p.ip[0] == 127 : IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return p;
}

struct stream_address stream_address(const struct stream_peer *p)
{
	struct stream_address a = {"unix"};
	char ip[INET6_ADDRSTRLEN];
	if (p->family == AF_INET || p->family == AF_INET6) {
		inet_ntop(p->family, p->ip, ip, sizeof ip);
		str_format(a.text, sizeof a.text, p->family == AF_INET ? "%s:%u" : "[%s]:%u", ip, (unsigned)p->port);
	} else if (p->process) {
		str_format(a.text, sizeof a.text, "unix:%ld", (long)p->process);
	}
	return a;
}

void stream_close_socket(int fd)
{
	/* Closing with unread bytes would reset the connection, and the peer might never see our last words. Into
	 * memory and not with MSG_TRUNC: sockets of other families than TCP copy all the same. */
	char unread[DRAIN_BYTES];
	for (int i = 0; i < DRAIN_READS; i++)
		if (recv(fd, unread, sizeof unread, MSG_DONTWAIT) < (ssize_t)sizeof unread)
			break;
	close(fd);
}

ssize_t stream_send(int fd, const struct iovec *iov, int count)
{
	struct msghdr message = {
		.msg_iov = (struct iovec *)iov, /* sendmsg only reads it */
		.msg_iovlen = (size_t)(count < IOV_MAX ? count : IOV_MAX),
	};
	for (;;) {
		ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
		if (n >= 0 || errno != EINTR)
			return n >= 0 ? n : err_from_errno(errno);
	}
}

ssize_t stream_receive(int fd, struct msghdr *message)
{
	for (;;) {
		ssize_t n = recvmsg(fd, message, 0);
		if (n >= 0 || errno != EINTR)
			return n >= 0 ? n : err_from_errno(errno);
	}
}

/* Asks the loop for what is needed now. */
static void update_events(struct stream *s)
{
	if (s->open && s->handlers)
		loop_watch_events(&s->watch, (s->want_read ? (unsigned)LOOP_READ : 0u) |
						     (s->want_write || s->unflushed ? (unsigned)LOOP_WRITE : 0u));
}

/* No event follows: without this a broken socket that nobody reads would wake the loop for ever. */
static void fail(struct stream *s, int err)
{
	const struct stream_handlers *handlers = s->handlers;
	void *ctx = s->ctx;
	stream_detach(s);
	handlers->closed(ctx, err);
}

/* Calls a handler; returns whether the stream is still attached afterwards. */
static bool survives(struct stream *s, void (*handler)(void *ctx))
{
	bool gone = false;
	s->gone = &gone;
	handler(s->ctx);
	if (!gone)
		s->gone = NULL;
	return !gone;
}

/* The transport may hold bytes that it has read already: epoll cannot announce those. */
static void resume_reading(struct stream *s)
{
	if (s->resume && s->open && s->want_read && s->ops->pending(s))
		loop_timer_arm(s->watch.loop, &s->resume->timer, 0);
}

static void continue_handshake(struct stream *s)
{
	unsigned events = 0;
	int err = s->ops->handshake(s, &events);
	if (err == ERR_AGAIN) {
		loop_watch_events(&s->watch, events);
		return;
	}
	if (err) {
		fail(s, err);
		return;
	}
	s->open = true;
	update_events(s);
	if (!s->handlers->open || survives(s, s->handlers->open))
		resume_reading(s);
}

static void on_resume(struct loop_timer *timer)
{
	struct stream *s = container_of(timer, struct stream_resume, timer)->stream;
	if (s->want_read && survives(s, s->handlers->readable))
		resume_reading(s);
}

/* Writing first: what was promised goes before what is new. */
static bool write_ready(struct stream *s)
{
	if (s->unflushed) {
		int err = s->ops->flush(s);
		if (err == ERR_AGAIN)
			return true;
		if (err) {
			fail(s, err);
			return false;
		}
		s->unflushed = false;
		update_events(s);
	}
	return !s->want_write || survives(s, s->handlers->writable);
}

static void on_ready(struct loop_watch *watch, unsigned events)
{
	struct stream *s = container_of(watch, struct stream, watch);
	if (!s->open) {
		continue_handshake(s);
		return;
	}
	if ((events & LOOP_HANGUP) && !s->want_read && !s->want_write) {
		fail(s, ERR_CLOSED); /* nobody would find out by reading or writing */
		return;
	}
	/* A hang-up shows itself as the error of the next read or write. */
	if ((events & (LOOP_WRITE | LOOP_HANGUP)) && !write_ready(s))
		return;
	if ((events & (LOOP_READ | LOOP_HANGUP)) && s->want_read && survives(s, s->handlers->readable))
		resume_reading(s);
}

int stream_attach(struct stream *s, struct loop *loop, const struct stream_handlers *handlers, void *ctx)
{
	assert(!s->handlers);
	s->handlers = handlers;
	s->ctx = ctx;
	s->want_read = true;
	s->want_write = false;
	/* Writable at once: a new stream gets its handshake going without a word from the peer. */
	s->watch.events = s->open ? (LOOP_READ | (s->unflushed ? (unsigned)LOOP_WRITE : 0u)) : LOOP_READ | LOOP_WRITE;
	s->watch.ready = on_ready;
	if (s->resume) {
		s->resume->stream = s;
		s->resume->timer.fire = on_resume;
	}
	int err = loop_watch_add(loop, &s->watch);
	if (err) {
		s->handlers = NULL;
		return err;
	}
	resume_reading(s);
	return 0;
}

void stream_detach(struct stream *s)
{
	if (s->resume)
		loop_timer_disarm(&s->resume->timer);
	loop_watch_remove(&s->watch);
	s->handlers = NULL;
	if (s->gone) {
		*s->gone = true;
		s->gone = NULL;
	}
}

void stream_destroy(struct stream **s)
{
	if (!*s)
		return;
	stream_detach(*s);
	(*s)->ops->destroy(*s);
	*s = NULL;
}

ssize_t stream_read(struct stream *s, void *data, size_t size)
{
	if (!s->open)
		return ERR_AGAIN;
	bool unflushed = s->unflushed;
	ssize_t n = s->ops->read(s, data, size);
	if (s->unflushed != unflushed)
		update_events(s); /* reading may call for an answer of the transport */
	return n;
}

ssize_t stream_writev(struct stream *s, const struct iovec *iov, int count)
{
	if (!s->open)
		return ERR_AGAIN;
	ssize_t n = s->ops->writev(s, iov, count);
	update_events(s); /* the transport may have begun to hold bytes back */
	return n;
}

void stream_want_write(struct stream *s, bool want)
{
	s->want_write = want;
	update_events(s);
}

void stream_want_read(struct stream *s, bool want)
{
	s->want_read = want;
	update_events(s);
	if (s->handlers)
		resume_reading(s);
}

bool stream_is_open(const struct stream *s)
{
	return strcmp(s->ops->name, "tcp") == 0 && !s->peer.loopback && (s->peer.family == AF_INET || s->peer.family == AF_INET6);
}

const struct stream_peer *stream_peer(const struct stream *s)
{
	return &s->peer;
}

const char *stream_proven(const struct stream *s)
{
	return s->ops->proven ? s->ops->proven(s) : NULL;
}

const struct stream_pass *stream_pass(const struct stream *s)
{
	return s->ops->pass ? s->ops->pass(s) : NULL;
}
