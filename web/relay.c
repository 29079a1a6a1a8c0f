/* The way of bytes between a client whose connection stays with the web, and the broker. Web's thread.
 *
 * libmicrohttpd would do this. But its 0.9.75 has only four bytes of buffer a direction left after an upgrade, so that each
 * kilobyte costs hundreds of system calls, and tells the pair nothing when the client breaks off. So we use its session ourselves.
 * It goes on asking it when bytes come: then there is nothing for it. */
#include "web/relay.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

enum {
	BLOCK_BYTES = 16384,  /* a record at most, so none is ever left in GnuTLS */
	BLOCKS_A_TURN = 8,    /* in each direction, then others have their turn */
};

/* What one side gave and the other did not take yet. */
struct rest {
	uint8_t *data; /* owned; NULL: nothing */
	size_t at, len;
};

struct side {
	struct watch watch;
	int fd;
	uint32_t events; /* asked for */
	bool watched;
	bool ended;      /* no more comes from it */
};

struct relay {
	struct relay_config config;
	struct side client, pair;
	struct rest to_pair, to_client;
	bool over; /* said */
};

/* ---- GnuTLS ---------------------------------------------------------------- */

static ssize_t pull_nothing(gnutls_transport_ptr_t fd, void *data, size_t size)
{
	(void)fd;
	(void)data;
	(void)size;
	errno = EAGAIN;
	return -1;
}

static ssize_t pull_socket(gnutls_transport_ptr_t fd, void *data, size_t size)
{
	return recv((int)(intptr_t)fd, data, size, 0);
}

/* ---- the two sides ----------------------------------------------------------- */

static ssize_t socket_receive(int fd, uint8_t *data, size_t size)
{
	ssize_t n = recv(fd, data, size, 0);
	return n >= 0 ? n : errno == EAGAIN || errno == EINTR ? ERR_AGAIN : 0;
}

static ssize_t socket_send(int fd, const uint8_t *data, size_t len)
{
	ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
	return n >= 0 ? n : errno == EAGAIN || errno == EINTR ? ERR_AGAIN : 0;
}

/* > 0 bytes, 0 for the end, however it came, or ERR_AGAIN. */
static ssize_t client_receive(struct relay *r, uint8_t *data, size_t size)
{
	if (!r->config.tls)
		return socket_receive(r->client.fd, data, size);
	gnutls_transport_set_pull_function(r->config.tls, pull_socket);
	ssize_t n = gnutls_record_recv(r->config.tls, data, size);
	gnutls_transport_set_pull_function(r->config.tls, pull_nothing);
	if (n >= 0)
		return n;
	return gnutls_error_is_fatal((int)n) || n == GNUTLS_E_REHANDSHAKE ? 0 : ERR_AGAIN;
}

/* > 0 bytes, 0 when the client is gone, or ERR_AGAIN: the same bytes must come again. */
static ssize_t client_send(struct relay *r, const uint8_t *data, size_t len)
{
	if (!r->config.tls)
		return socket_send(r->client.fd, data, len);
	ssize_t n = gnutls_record_send(r->config.tls, data, len);
	return n >= 0 ? n : gnutls_error_is_fatal((int)n) ? 0 : ERR_AGAIN;
}

/* The same of the pair. */
static ssize_t pair_receive(struct relay *r, uint8_t *data, size_t size)
{
	return socket_receive(r->pair.fd, data, size);
}

static ssize_t pair_send(struct relay *r, const uint8_t *data, size_t len)
{
	return socket_send(r->pair.fd, data, len);
}

/* ---- one direction ---------------------------------------------------------- */

struct direction {
	struct side *from, *to;
	struct rest *rest;
	ssize_t (*receive)(struct relay *r, uint8_t *data, size_t size);
	ssize_t (*send)(struct relay *r, const uint8_t *data, size_t len);
};

static void drop_rest(struct rest *rest)
{
	free(rest->data);
	*rest = (struct rest){0};
}

/* Sends what is there. Returns the bytes that went, or ERR_CLOSED. */
static ssize_t send_some(struct relay *r, const struct direction *d, const uint8_t *data, size_t len)
{
	size_t sent = 0;
	while (sent < len) {
		ssize_t n = d->send(r, data + sent, len - sent);
		if (n == 0)
			return ERR_CLOSED;
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	return (ssize_t)sent;
}

/* What the other side does not take now is kept. Returns false when it takes nothing any more. */
static bool deliver(struct relay *r, const struct direction *d, const uint8_t *data, size_t len)
{
	ssize_t sent = send_some(r, d, data, len);
	if (sent < 0 || (size_t)sent == len)
		return sent >= 0;
	d->rest->len = len - (size_t)sent;
	d->rest->at = 0;
	d->rest->data = malloc(d->rest->len);
	if (d->rest->data)
		memcpy(d->rest->data, data + sent, d->rest->len);
	return d->rest->data != NULL;
}

static bool deliver_rest(struct relay *r, const struct direction *d)
{
	ssize_t sent = send_some(r, d, d->rest->data + d->rest->at, d->rest->len - d->rest->at);
	if (sent < 0)
		return false;
	d->rest->at += (size_t)sent;
	if (d->rest->at == d->rest->len)
		drop_rest(d->rest);
	return true;
}

/* Carries on until there is nothing or no room. Returns false when the direction's receiver is gone. */
static bool carry(struct relay *r, const struct direction *d)
{
	uint8_t block[BLOCK_BYTES];
	if (d->rest->data && !deliver_rest(r, d))
		return false;
	for (int i = 0; i < BLOCKS_A_TURN && !d->rest->data && !d->from->ended; i++) {
		ssize_t n = d->receive(r, block, sizeof block);
		if (n == ERR_AGAIN)
			break;
		if (n == 0)
			d->from->ended = true;
		else if (!deliver(r, d, block, (size_t)n))
			return false;
	}
	return true;
}

/* ---- both ---------------------------------------------------------------- */

static void unwatch(struct relay *r, struct side *side)
{
	if (side->watched)
		epoll_ctl(r->config.epoll_fd, EPOLL_CTL_DEL, side->fd, NULL);
	side->watched = false;
}

static void watch(struct relay *r, struct side *side, bool in, bool out)
{
	uint32_t events = (in ? EPOLLIN : 0u) | (out ? EPOLLOUT : 0u);
	if (!side->watched || side->events == events)
		return;
	side->events = events;
	struct epoll_event event = {.events = events, .data.ptr = &side->watch};
	epoll_ctl(r->config.epoll_fd, EPOLL_CTL_MOD, side->fd, &event);
}

static void pump(struct relay *r)
{
	const struct direction up = {&r->client, &r->pair, &r->to_pair, client_receive, pair_send};
	const struct direction down = {&r->pair, &r->client, &r->to_client, pair_receive, client_send};
	if (!carry(r, &up)) { /* the broker has closed; what it wrote before that still goes */
		drop_rest(&r->to_pair);
		r->client.ended = true;
	}
	bool gone = !carry(r, &down);
	if (r->client.ended && !r->to_pair.data)
		shutdown(r->pair.fd, SHUT_WR);
	if (gone || (r->pair.ended && !r->to_client.data)) {
		r->over = true;
		r->config.over(r->config.ctx);
		return;
	}
	watch(r, &r->client, !r->client.ended && !r->to_pair.data, r->to_client.data != NULL);
	watch(r, &r->pair, !r->pair.ended && !r->to_client.data, r->to_pair.data != NULL);
}

/* A hang-up would be told for ever; what is left behind it is found when the other side takes or brings something. The broker
 * is sure to do either; a client is not. */
static void on_event(struct relay *r, struct side *side, uint32_t events)
{
	if (r->over)
		return;
	pump(r);
	if (r->over || !(events & (EPOLLHUP | EPOLLERR)) || !side->watched)
		return;
	if (side == &r->pair && !r->pair.ended && !r->to_client.data)
		return; /* there is more to read, and the client takes it: the next turn goes on */
	unwatch(r, side);
	if (side == &r->pair)
		r->config.ending(r->config.ctx);
}

static void on_client(struct watch *w, uint32_t events)
{
	struct relay *r = container_of(w, struct relay, client.watch);
	on_event(r, &r->client, events);
}

static void on_pair(struct watch *w, uint32_t events)
{
	struct relay *r = container_of(w, struct relay, pair.watch);
	on_event(r, &r->pair, events);
}

static int start_watching(struct relay *r, struct side *side, int fd, void (*ready)(struct watch *watch, uint32_t events))
{
	side->fd = fd;
	side->watch.ready = ready;
	side->events = EPOLLIN;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &side->watch};
	side->watched = epoll_ctl(r->config.epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
	return side->watched ? 0 : err_from_errno(errno);
}

int relay_create(const struct relay_config *config, int *fd_r, struct relay **relay_r)
{
	int pair[2];
	struct relay *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_NOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair)) {
		free(r);
		return err_from_errno(errno);
	}
	r->config = *config;
	int err = start_watching(r, &r->pair, pair[0], on_pair);
	if (!err)
		err = start_watching(r, &r->client, config->client, on_client);
	if (err) {
		relay_destroy(&r);
		close(pair[1]);
		return err;
	}
	if (config->tls)
		gnutls_transport_set_pull_function(config->tls, pull_nothing);
	*fd_r = pair[1];
	*relay_r = r;
	return 0;
}

void relay_start(struct relay *r)
{
	pump(r);
}

void relay_end(struct relay *r)
{
	r->over = true;
	unwatch(r, &r->client);
	unwatch(r, &r->pair);
	if (r->pair.fd >= 0)
		close(r->pair.fd);
	r->pair.fd = -1;
	drop_rest(&r->to_pair);
	drop_rest(&r->to_client);
}

void relay_destroy(struct relay **relay)
{
	if (!*relay)
		return;
	relay_end(*relay);
	free(*relay);
	*relay = NULL;
}
