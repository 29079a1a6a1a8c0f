/* Headers of the PROXY protocol, read before any transport begins. Exactly the header is taken from the socket, so nothing has to be
 * handed on. On the loop's thread; must not know TLS. */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "net/stream_private.h"

enum {
	DEADLINE_MS = 5000,
	SKIP_BYTES = 1024,
	VERSION_LOCAL = 0x20,
	VERSION_PROXY = 0x21,
	FAMILY_UNSPECIFIED = 0x00,
	FAMILY_TCP4 = 0x11,
	FAMILY_TCP6 = 0x21,
	FAMILY_UNIX = 0x31,
	TCP4_BYTES = 12, /* two addresses, two ports */
	TCP6_BYTES = 36,
};

static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";

/* ---- whom to believe -------------------------------------------------------- */

static struct in6_addr map_ip4(const void *ip)
{
	struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
	memcpy(mapped.s6_addr + 12, ip, 4);
	return mapped;
}

int proxy_list_add(struct proxy_list *list, const char *address)
{
	struct in_addr ip4;
	struct in6_addr ip6;
	if (inet_pton(AF_INET, address, &ip4) == 1)
		ip6 = map_ip4(&ip4);
	else if (inet_pton(AF_INET6, address, &ip6) != 1)
		return ERR_INVALID;
	if (list->count == PROXY_ADDRESSES)
		return ERR_FULL;
	list->addresses[list->count++] = ip6;
	return 0;
}

bool proxy_list_has(const struct proxy_list *list, const struct sockaddr *peer)
{
	struct in6_addr ip;
	if (peer->sa_family == AF_INET)
		ip = map_ip4(&((const struct sockaddr_in *)(const void *)peer)->sin_addr);
	else if (peer->sa_family == AF_INET6)
		ip = ((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
	else
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (memcmp(&list->addresses[i], &ip, sizeof ip) == 0)
			return true;
	return false;
}

/* ---- the header --------------------------------------------------------------- */

int proxy_parse_fixed(const uint8_t fixed[PROXY_FIXED], struct proxy_header *header_r)
{
	if (memcmp(fixed, signature, sizeof signature) != 0)
		return ERR_MALFORMED;
	uint8_t command = fixed[12], family = fixed[13];
	*header_r = (struct proxy_header){.rest = (size_t)fixed[14] << 8 | fixed[15]};
	if (command == VERSION_LOCAL) /* the proxy speaks for itself, e.g. to see whether we live */
		return 0;
	if (command != VERSION_PROXY)
		return ERR_MALFORMED;
	switch (family) {
	case FAMILY_TCP4: header_r->addresses = TCP4_BYTES; break;
	case FAMILY_TCP6: header_r->addresses = TCP6_BYTES; break;
	case FAMILY_UNSPECIFIED:
	case FAMILY_UNIX: return 0;
	default: return ERR_MALFORMED; /* datagrams, or nothing that is defined */
	}
	return header_r->addresses <= header_r->rest ? 0 : ERR_MALFORMED;
}

void proxy_parse_source(const uint8_t *addresses, const struct proxy_header *header, struct sockaddr_storage *source_r)
{
	*source_r = (struct sockaddr_storage){0};
	if (header->addresses == TCP4_BYTES) {
		struct sockaddr_in *in = (struct sockaddr_in *)source_r;
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, addresses, 4);
		memcpy(&in->sin_port, addresses + 8, 2);
	} else {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)source_r;
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, addresses, 16);
		memcpy(&in6->sin6_port, addresses + 32, 2);
	}
}

/* ---- reading it ----------------------------------------------------------------- */

struct proxy_wait {
	struct proxy_waits *waits;
	struct list link; /* waits.waits */
	struct loop_watch watch;
	struct loop_timer deadline;
	struct sockaddr_storage peer;
	struct proxy_header header; /* valid once PROXY_FIXED bytes are there */
	size_t got;
	uint8_t data[PROXY_FIXED + PROXY_MAX_ADDRESSES];
};

static void forget(struct proxy_wait *w)
{
	list_remove(&w->link);
	loop_watch_remove(&w->watch);
	loop_timer_disarm(&w->deadline);
	free(w);
}

static void drop(struct proxy_wait *w, const char *why)
{
	const struct stream_peer peer = stream_peer_of((const struct sockaddr *)&w->peer);
	log_info("net", "proxy %s: connection closed: %s", stream_address(&peer).text, why);
	int fd = w->watch.fd;
	forget(w);
	close(fd);
}

static void on_deadline(struct loop_timer *timer)
{
	drop(container_of(timer, struct proxy_wait, deadline), "no PROXY header came in time");
}

/* Reads up to `until`, at most to there. What does not fit into data is thrown away. Returns 0 when all is there,
 * ERR_AGAIN or an error. */
static int read_until(struct proxy_wait *w, size_t until)
{
	while (w->got < until) {
		uint8_t skipped[SKIP_BYTES];
		bool keep = w->got < sizeof w->data;
		size_t room = keep ? sizeof w->data - w->got : sizeof skipped, left = until - w->got;
		struct iovec iov = {keep ? w->data + w->got : skipped, left < room ? left : room};
		ssize_t n = stream_receive(w->watch.fd, &(struct msghdr){.msg_iov = &iov, .msg_iovlen = 1});
		if (n <= 0)
			return n ? (int)n : ERR_CLOSED;
		w->got += (size_t)n;
	}
	return 0;
}

static void on_bytes(struct loop_watch *watch, unsigned events)
{
	(void)events;
	struct proxy_wait *w = container_of(watch, struct proxy_wait, watch);
	int err = read_until(w, PROXY_FIXED);
	if (!err)
		err = proxy_parse_fixed(w->data, &w->header);
	if (!err)
		err = read_until(w, PROXY_FIXED + w->header.rest);
	if (err == ERR_AGAIN)
		return;
	if (err) {
		drop(w, err == ERR_MALFORMED ? "it does not begin with a PROXY header of version 2" : err_text(err));
		return;
	}
	struct sockaddr_storage peer = w->peer;
	if (w->header.addresses)
		proxy_parse_source(w->data + PROXY_FIXED, &w->header, &peer);
	struct proxy_waits *waits = w->waits;
	int fd = watch->fd;
	forget(w);
	waits->done(waits->ctx, fd, (const struct sockaddr *)&peer);
}

void proxy_waits_init(struct proxy_waits *waits, struct loop *loop,
		      void (*done)(void *ctx, int fd, const struct sockaddr *peer), void *ctx)
{
	*waits = (struct proxy_waits){.loop = loop, .done = done, .ctx = ctx};
	list_init(&waits->waits);
}

void proxy_wait(struct proxy_waits *waits, int fd, const struct sockaddr *peer)
{
	struct proxy_wait *w = calloc(1, sizeof *w);
	if (!w) {
		close(fd);
		return;
	}
	w->waits = waits;
	memcpy(&w->peer, peer, peer->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	w->watch = (struct loop_watch){.fd = fd, .events = LOOP_READ, .ready = on_bytes};
	w->deadline.fire = on_deadline;
	list_append(&waits->waits, &w->link);
	if (loop_watch_add(waits->loop, &w->watch)) {
		drop(w, err_text(ERR_NOMEM));
		return;
	}
	loop_timer_arm(waits->loop, &w->deadline, DEADLINE_MS);
}

void proxy_waits_finish(struct proxy_waits *waits)
{
	if (!waits->loop)
		return;
	list_each(w, &waits->waits, struct proxy_wait, link) {
		int fd = w->watch.fd;
		forget(w);
		close(fd);
	}
}
