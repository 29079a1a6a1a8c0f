/* The sockets of mqttload: what they have to write, who is ready, and how many connect at a time. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/load/load.h"

enum {
	EVENTS = 1024,
	FIRST_OUTPUT = 512,
	SAID = 5,              /* closed clients that are named; the others are counted */
	CONNECT_PATIENCE_S = 20,
};

static void watch_writable(struct load *l, struct client *c, bool want)
{
	struct epoll_event e = {.events = EPOLLIN | (want ? EPOLLOUT : 0u), .data.ptr = c};
	epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
	c->blocked = want;
}

uint8_t *client_reserve(struct client *c, uint32_t n)
{
	if (c->out_at == c->out_len)
		c->out_at = c->out_len = 0;
	if (c->out_len + n > c->out_cap && c->out_at) {
		memmove(c->out, c->out + c->out_at, c->out_len - c->out_at);
		c->out_len -= c->out_at;
		c->out_at = 0;
	}
	if (c->out_len + n > c->out_cap) {
		uint32_t need = c->out_len + n;
		c->out_cap = need < FIRST_OUTPUT ? FIRST_OUTPUT : need * 2;
		c->out = realloc(c->out, c->out_cap);
		if (!c->out)
			load_fail("out of memory");
	}
	return c->out + c->out_len;
}

void client_close(struct load *l, struct client *c, const char *why)
{
	if (c->state == CLIENT_CLOSED)
		return;
	if (!l->quiet && ++l->closed <= SAID)
		fprintf(stderr, "mqttload: %s %u is closed in state %d: %s\n", c->subscriber ? "subscriber" : "publisher", c->index,
			c->state, why);
	close(c->fd);
	c->state = CLIENT_CLOSED;
}

void client_flush(struct load *l, struct client *c)
{
	while (c->out_at < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
		if (n >= 0) {
			c->out_at += (uint32_t)n;
		} else if (errno == EAGAIN) {
			if (!c->blocked)
				watch_writable(l, c, true);
			return;
		} else if (errno != EINTR) {
			client_close(l, c, strerror(errno));
			return;
		}
	}
	if (c->blocked)
		watch_writable(l, c, false);
}

/* Keeps what is left of a read for the next. */
static void keep_part(struct load *l, struct client *c, const uint8_t *rest, uint32_t len)
{
	c->part_len = len;
	if (len >= LOAD_READ_BYTES) {
		client_close(l, c, "a packet is too large");
		return;
	}
	if (c->part_cap < len) {
		c->part_cap = len + 64;
		c->part = realloc(c->part, c->part_cap);
		if (!c->part)
			load_fail("out of memory");
	}
	if (len)
		memcpy(c->part, rest, len);
}

static void on_readable(struct load *l, struct client *c)
{
	uint32_t had = c->part_len;
	if (had)
		memcpy(l->input, c->part, had);
	ssize_t n = recv(c->fd, l->input + had, LOAD_READ_BYTES - had, 0);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			client_close(l, c, n ? strerror(errno) : "end of stream");
		return;
	}
	uint32_t len = had + (uint32_t)n;
	uint32_t used = client_parse(l, c, l->input, len);
	if (c->state == CLIENT_CLOSED)
		return;
	keep_part(l, c, l->input + used, len - used);
	if (c->state != CLIENT_CLOSED && !c->blocked && c->out_at < c->out_len && !c->queued)
		client_flush(l, c);
}

static void on_connected(struct load *l, struct client *c)
{
	int err = 0;
	socklen_t len = sizeof err;
	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err)
		client_close(l, c, strerror(err));
	else
		client_send_connect(l, c);
}

static void on_event(struct load *l, struct client *c, uint32_t events)
{
	if (c->state == CLIENT_CONNECTING) {
		on_connected(l, c);
		return;
	}
	if (c->state != CLIENT_CLOSED && events & EPOLLOUT) {
		client_flush(l, c);
		if (c->state != CLIENT_CLOSED && !c->blocked && !c->subscriber)
			publisher_ready(l, c);
	}
	if (c->state != CLIENT_CLOSED && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		on_readable(l, c);
}

void load_poll(struct load *l, int64_t timeout_ns)
{
	struct epoll_event events[EVENTS];
	struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
	int count = l->set.spin ? epoll_wait(l->epoll_fd, events, EVENTS, 0)
				: epoll_pwait2(l->epoll_fd, events, EVENTS, &timeout, NULL);
	for (int i = 0; i < count; i++)
		on_event(l, events[i].data.ptr, events[i].events);
}

void load_rest(struct load *l, double seconds)
{
	uint64_t end_ns = load_now_ns() + (uint64_t)(seconds * 1e9);
	while (load_now_ns() < end_ns)
		load_poll(l, 10000000);
}

/* Connections come from several addresses: one has only some 28,000 ports to come from. */
static void bind_source(struct load *l, struct client *c)
{
	static const int on = 1;
	uint32_t address = INADDR_LOOPBACK + c->index % (uint32_t)l->set.source_addresses;
	struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	if (bind(c->fd, (struct sockaddr *)&source, sizeof source) < 0)
		load_fail("cannot come from 127.0.0.%u: %s", address & 255, strerror(errno));
}

static void start(struct load *l, struct client *c)
{
	static const int on = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		load_fail("no socket: %s", strerror(errno));
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (l->set.source_addresses > 1)
		bind_source(l, c);
	if (connect(c->fd, (struct sockaddr *)&l->broker, sizeof l->broker) < 0 && errno != EINPROGRESS)
		load_fail("cannot connect: %s", strerror(errno));
	struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &e) < 0)
		load_fail("epoll_ctl: %s", strerror(errno));
	c->state = CLIENT_CONNECTING;
	c->blocked = true;
}

static bool settled(const struct client *c)
{
	return c->state == CLIENT_READY || c->state == CLIENT_CLOSED;
}

uint32_t load_connect(struct load *l, struct client *clients, uint32_t count)
{
	uint32_t started = 0, first_open = 0, done_before = 0;
	uint64_t progress_ns = load_now_ns();
	for (;;) {
		uint32_t done = first_open;
		for (uint32_t i = first_open; i < started; i++)
			done += settled(&clients[i]);
		while (first_open < started && settled(&clients[first_open]))
			first_open++;
		if (done == count)
			break;
		if (done > done_before)
			progress_ns = load_now_ns();
		done_before = done;
		if (load_now_ns() - progress_ns > CONNECT_PATIENCE_S * UINT64_C(1000000000)) {
			fprintf(stderr, "mqttload: connecting has come to a stop at %u of %u\n", done, count);
			break;
		}
		while (started < count && started - done < (uint32_t)l->set.connect_window)
			start(l, &clients[started++]);
		load_poll(l, 50000000);
	}
	uint32_t ready = 0;
	for (uint32_t i = 0; i < count; i++)
		ready += clients[i].state == CLIENT_READY;
	return ready;
}
