/* The physical floor: what a broker would cost if MQTT cost nothing. A relay with the broker's way of moving bytes
 * (one large read, copies into the outputs, one write per socket and turn) that parses nothing: it answers CONNECT, SUBSCRIBE,
 * PINGREQ, knows its peers by mqttload's client ids and sends what publishers write where the topology says.
 * Topology disk is ingest that makes each turn's packets durable before it answers: one write over a file that is there
 * already and one fdatasync, which is the least that a durable answer can cost.
 * usage: relay PORT pairs|fanin|fanout|ingest|idle|disk [FILE]; prints its port and runs until it is killed. One thread. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

enum { READ_BYTES = 64 * 1024, EVENTS = 256, PEERS = 1024, JOURNAL_BYTES = 8 << 20, CONNECT = 1, SUBSCRIBE = 8, PINGREQ = 12, DISCONNECT = 14 };

enum topology { PAIRS, FANIN, FANOUT, INGEST, IDLE, DISK };

struct peer {
	int fd;
	bool subscriber, named, dirty, blocked;
	bool gone;             /* is freed when it is clean */
	uint32_t index;
	uint32_t frame;        /* bytes of each of its packets, once known; 0: unknown */
	uint32_t part_len;     /* bytes of a packet that is not whole yet */
	uint32_t out_len, out_cap;
	uint8_t *part, *out;   /* NULL until needed */
	struct peer *next_dirty;
};

static enum topology topology;
static struct peer *publishers[PEERS], *subscribers[PEERS], *dirty;
static uint32_t subscriber_count;
static int epoll_fd, journal_fd;
static uint8_t *journal; /* what this turn has brought; JOURNAL_BYTES */
static size_t journal_len;
static off_t journal_at;
static uint8_t input[READ_BYTES * 2]; /* a part in front of what is read */

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void watch(struct peer *p, int op, bool writable)
{
	struct epoll_event e = {.events = EPOLLIN | (writable ? EPOLLOUT : 0u), .data.ptr = p};
	if (epoll_ctl(epoll_fd, op, p->fd, &e) < 0)
		fail("relay: epoll_ctl");
	p->blocked = writable;
}

static uint8_t *room(struct peer *to, size_t len)
{
	if (to->out_cap - to->out_len < len) {
		to->out_cap = (to->out_len + (uint32_t)len) * 2;
		to->out = realloc(to->out, to->out_cap);
		if (!to->out)
			fail("relay: out of memory");
	}
	if (!to->dirty) {
		to->dirty = true;
		to->next_dirty = dirty;
		dirty = to;
	}
	uint8_t *at = to->out + to->out_len;
	to->out_len += (uint32_t)len;
	return at;
}

static void send_to(struct peer *to, const uint8_t *data, size_t len)
{
	if (to)
		memcpy(room(to, len), data, len);
}

static void flush(struct peer *p)
{
	ssize_t n = p->out_len ? send(p->fd, p->out, p->out_len, MSG_NOSIGNAL) : 0;
	if (n < 0)
		n = errno == EAGAIN ? 0 : (ssize_t)p->out_len; /* a broken one is found by reading */
	memmove(p->out, p->out + n, p->out_len - (size_t)n);
	p->out_len -= (uint32_t)n;
	if (p->blocked != (p->out_len > 0))
		watch(p, EPOLL_CTL_MOD, p->out_len > 0);
}

/* CONNECT: mqttload's client ids end in -s12 or -p12. */
static void name_peer(struct peer *p, const uint8_t *packet)
{
	static const uint8_t connack[] = {0x20, 2, 0, 0};
	const uint8_t *id = packet + 12 + (packet[8] == 5);
	size_t len = (size_t)id[0] << 8 | id[1];
	char text[64];
	int64_t index = 0;
	str_copy_span(text, sizeof text, span_of(id + 2, len));
	const char *dash = strrchr(text, '-');
	if (!dash || str_to_int(dash + 2, 0, INT32_MAX, &index))
		exit(EXIT_FAILURE);
	p->named = true;
	p->index = (uint32_t)index;
	p->subscriber = dash[1] == 's';
	if (index < PEERS && topology != IDLE)
		*(p->subscriber ? &subscribers[index] : &publishers[index]) = p;
	if (p->subscriber && p->index >= subscriber_count && index < PEERS)
		subscriber_count = p->index + 1;
	send_to(p, connack, sizeof connack);
}

/* Handshakes are the only packets that it looks at. Returns the bytes used; 0: no handshake. */
static size_t handshake(struct peer *p, const uint8_t *data)
{
	size_t size = 2u + data[1];
	if (data[0] >> 4 == CONNECT && !p->named) {
		name_peer(p, data);
	} else if (data[0] >> 4 == SUBSCRIBE) {
		const uint8_t suback[] = {0x90, 3, data[2], data[3], data[size - 1]};
		send_to(p, suback, sizeof suback);
	} else if (data[0] >> 4 == PINGREQ) {
		send_to(p, (const uint8_t[]){0xd0, 0}, 2);
	} else {
		return 0;
	}
	return size;
}

/* PUBACK for each packet, from bytes that lie where they lay in the first. */
static void acknowledge(struct peer *p, const uint8_t *data, size_t len)
{
	size_t id_at = 4u + ((size_t)data[2] << 8 | data[3]);
	for (size_t at = 0; at < len; at += p->frame) {
		uint8_t *ack = room(p, 4);
		ack[0] = 0x40;
		ack[1] = 2;
		memcpy(ack + 2, data + at + id_at, 2);
	}
}

static void relay(struct peer *p, const uint8_t *data, size_t len)
{
	if (topology == PAIRS && p->index < PEERS)
		send_to(p->subscriber ? publishers[p->index] : subscribers[p->index], data, len);
	else if (topology == FANIN && !p->subscriber)
		send_to(subscribers[0], data, len);
	else if (topology == FANOUT && !p->subscriber)
		for (uint32_t i = 0; i < subscriber_count; i++)
			send_to(subscribers[i], data, len);
	else if (topology == INGEST || topology == DISK)
		acknowledge(p, data, len);
	if (topology == DISK) {
		memcpy(journal + journal_len, data, len);
		journal_len += len;
	}
}

/* Over blocks that the file has already, as a journal would: no size changes, so that one write to the disk is enough. */
static void make_durable(void)
{
	if (journal_len == 0)
		return;
	if (journal_at + (off_t)journal_len > JOURNAL_BYTES)
		journal_at = 0;
	if (pwrite(journal_fd, journal, journal_len, journal_at) != (ssize_t)journal_len || fdatasync(journal_fd) < 0)
		fail("relay: journal");
	journal_at += (off_t)journal_len;
	journal_len = 0;
}

static void open_journal(const char *path)
{
	journal = calloc(1, JOURNAL_BYTES);
	journal_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (!journal || journal_fd < 0 || write(journal_fd, journal, JOURNAL_BYTES) != JOURNAL_BYTES || fsync(journal_fd) < 0)
		fail("relay: journal");
}

static void free_peer(struct peer *p)
{
	free(p->part);
	free(p->out);
	free(p);
}

static void leave(struct peer *p)
{
	if (p->index < PEERS && topology != IDLE && p->named)
		*(p->subscriber ? &subscribers[p->index] : &publishers[p->index]) = NULL;
	close(p->fd);
	p->gone = true;
	if (!p->dirty)
		free_peer(p);
}

/* Sends on what is whole; all packets of a publisher are of the same size (and below 128 bytes). */
static void on_readable(struct peer *p)
{
	uint32_t had = p->part_len;
	if (had)
		memcpy(input, p->part, had);
	ssize_t n = recv(p->fd, input + had, READ_BYTES, 0);
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			leave(p);
		return;
	}
	size_t len = had + (size_t)n, used = 0, step;
	while (len - used >= 2 && len - used >= 2u + input[used + 1] && (step = handshake(p, input + used)))
		used += step;
	size_t rest = len - used, whole = rest;
	if (rest >= 2 && input[used] >> 4 != DISCONNECT && topology != PAIRS) {
		p->frame = 2u + input[used + 1];
		whole = rest - rest % p->frame;
	}
	if (whole && topology != IDLE)
		relay(p, input + used, whole);
	p->part_len = (uint32_t)(rest - whole);
	if (p->part_len && !p->part && !(p->part = malloc(256)))
		fail("relay: out of memory");
	if (p->part_len)
		memcpy(p->part, input + used + whole, p->part_len);
}

static void accept_all(int listener)
{
	static const int on = 1;
	int fd;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct peer *p = calloc(1, sizeof *p);
		if (!p)
			fail("relay: out of memory");
		p->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		watch(p, EPOLL_CTL_ADD, false);
	}
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, EVENTS * 4) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		fail("relay: cannot listen");
	printf("%u\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void turn(int listener)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(epoll_fd, events, EVENTS, -1);
	for (int i = 0; i < count; i++) {
		struct peer *p = events[i].data.ptr;
		if (!p) {
			accept_all(listener);
			continue;
		}
		if (events[i].events & EPOLLOUT)
			room(p, 0);
		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			on_readable(p);
		if (journal_len > JOURNAL_BYTES / 2)
			make_durable();
	}
	make_durable();
	while (dirty) {
		struct peer *p = dirty;
		dirty = p->next_dirty;
		p->dirty = false;
		if (p->gone)
			free_peer(p);
		else
			flush(p);
	}
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"pairs", "fanin", "fanout", "ingest", "idle", "disk"};
	int64_t port;
	bool known = false;
	for (size_t i = 0; (argc == 3 || argc == 4) && i < sizeof names / sizeof names[0]; i++)
		if (strcmp(argv[2], names[i]) == 0) {
			topology = (enum topology)i;
			known = true;
		}
	if (!known || (topology == DISK) != (argc == 4) || str_to_int(argv[1], 0, 65535, &port)) {
		fprintf(stderr, "usage: %s PORT pairs|fanin|fanout|ingest|idle|disk [FILE]\n", argv[0]);
		return EXIT_FAILURE;
	}
	if (topology == DISK)
		open_journal(argv[3]);
	int listener = listen_on((uint16_t)port);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event e = {.events = EPOLLIN};
	if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e) < 0)
		fail("relay: epoll");
	for (;;)
		turn(listener);
}
