/* The broker turned by hand. The test's only thread. */
#include "virtual_broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "broker/broker_private.h"
#include "broker/connection.h"
#include "broker/worker.h"
#include "net/stream_private.h"

enum {
	IDLE_ROUNDS = 3, /* of all workers, after which nothing is on its way any more */
	MAX_ROUNDS = 100000,
	MAX_PACKET = 16 * 1024 * 1024,
};

/* The broker's end. Its descriptor is readable while there is something to read, and always writable. */
struct virtual_stream {
	struct stream stream;
	struct virtual_client *client; /* NULL: it has forgotten us, which reads as the end of the stream */
};

static struct broker *broker;
static int64_t now_ms;
static uint64_t moved; /* bytes and streams: whether a turn did anything */

struct mono_ms __wrap_clock_mono(void);

struct mono_ms __wrap_clock_mono(void)
{
	return (struct mono_ms){now_ms};
}

static void check(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "virtual broker: %s\n", what);
	abort();
}

/* --- the stream ------------------------------------------------------------- */

static int handshake(struct stream *s, unsigned *events_r)
{
	(void)s;
	*events_r = 0;
	return 0;
}

static void set_readable(struct virtual_stream *v, bool readable)
{
	uint64_t count = 1;
	ssize_t n = readable ? write(v->stream.watch.fd, &count, sizeof count)
			     : read(v->stream.watch.fd, &count, sizeof count);
	(void)n; /* EAGAIN: it was not readable before */
}

static ssize_t read_some(struct stream *s, void *data, size_t size)
{
	struct virtual_stream *v = container_of(s, struct virtual_stream, stream);
	moved++;
	if (!v->client)
		return 0;
	struct buf *in = &v->client->to_broker;
	if (in->len == 0) {
		set_readable(v, false);
		return ERR_AGAIN;
	}
	size_t n = size < in->len ? size : in->len;
	memcpy(data, in->data, n);
	buf_consume(in, n);
	if (in->len == 0)
		set_readable(v, false);
	return (ssize_t)n;
}

static ssize_t write_some(struct stream *s, const struct iovec *iov, int count)
{
	struct virtual_stream *v = container_of(s, struct virtual_stream, stream);
	struct virtual_client *c = v->client;
	if (!c)
		return ERR_CLOSED;
	ssize_t total = 0;
	for (int i = 0; i < count && c->writable; i++) {
		size_t n = iov[i].iov_len < c->writable ? iov[i].iov_len : c->writable;
		check(n == 0 || buf_append(&c->from_broker, iov[i].iov_base, n) == 0, "no memory");
		if (c->writable != SIZE_MAX)
			c->writable -= n;
		total += (ssize_t)n;
	}
	moved += (uint64_t)total;
	return total ? total : ERR_AGAIN;
}

static void destroy(struct stream *s)
{
	struct virtual_stream *v = container_of(s, struct virtual_stream, stream);
	moved++;
	if (v->client)
		v->client->stream = NULL;
	close(v->stream.watch.fd);
	free(v);
}

static const struct stream_ops ops = {
	.name = "virtual",
	.handshake = handshake,
	.read = read_some,
	.writev = write_some,
	.destroy = destroy,
};

/* --- the broker --------------------------------------------------------------- */

void virtual_broker_start(const struct broker_config *config, const struct broker_events *events,
			  struct access_table *table)
{
	now_ms = 1000000;
	check(broker_create(config, events, table, &broker) == 0, "the broker cannot be made");
}

void virtual_broker_stop(void)
{
	broker_destroy(&broker);
}

struct broker *virtual_broker(void)
{
	return broker;
}

/* One turn: a loop that is asked to stop makes exactly that. */
static bool turn(struct worker *w)
{
	uint64_t before = moved;
	loop_stop(w->loop);
	loop_run(w->loop, worker_turn_end);
	return moved != before || !list_empty(&w->hungry);
}

void virtual_broker_settle(void)
{
	int idle = 0;
	for (int round = 0; idle < IDLE_ROUNDS; round++) {
		bool busy = false;
		for (unsigned i = 0; i < broker->config.workers; i++)
			busy |= turn(broker->workers[i]);
		idle = busy ? 0 : idle + 1;
		check(round < MAX_ROUNDS, "it never comes to rest");
	}
}

void virtual_broker_advance(int64_t ms)
{
	now_ms += ms;
	virtual_broker_settle();
}

/* --- clients -------------------------------------------------------------------- */

void virtual_client_open(struct virtual_client *c, uint8_t version)
{
	static const struct sockaddr nowhere = {.sa_family = AF_UNIX};
	virtual_client_close(c);
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct virtual_stream *v = calloc(1, sizeof *v);
	check(fd >= 0 && v, "no descriptor or memory");
	stream_init(&v->stream, &ops, fd, &nowhere);
	v->client = c;
	*c = (struct virtual_client){.stream = v, .writable = SIZE_MAX, .version = version};
	unsigned next = broker->next_worker++ % broker->config.workers;
	connection_accept(broker->workers[0], broker->workers[next], &v->stream);
}

void virtual_client_close(struct virtual_client *c)
{
	if (c->stream) {
		c->stream->client = NULL;
		set_readable(c->stream, true);
	}
	buf_finish(&c->to_broker);
	buf_finish(&c->from_broker);
	*c = (struct virtual_client){.hung_up = true};
}

void virtual_client_feed(struct virtual_client *c, const void *data, size_t len)
{
	if (!c->stream || len == 0)
		return;
	bool empty = c->to_broker.len == 0;
	check(buf_append(&c->to_broker, data, len) == 0, "no memory");
	if (empty)
		set_readable(c->stream, true);
}

void virtual_client_send(struct virtual_client *c, const struct packet *packet)
{
	size_t size = packet_size(packet, c->version);
	struct wire_writer w = {.data = malloc(size + 1), .cap = size};
	check(size && w.data && packet_encode(&w, packet, c->version) == 0, "a packet that cannot be said");
	virtual_client_feed(c, w.data, w.len);
	free(w.data);
	virtual_broker_settle();
}

bool virtual_client_receive(struct virtual_client *c, struct packet *packet_r, struct wire_frame *frame_r)
{
	buf_consume(&c->from_broker, c->frame_size);
	c->frame_size = 0;
	int err = wire_next(buf_span(&c->from_broker), MAX_PACKET, frame_r);
	if (err == ERR_AGAIN)
		return false;
	check(err == 0, "the broker wrote no packet");
	check(packet_decode(frame_r, c->version, packet_r) == 0, "the broker wrote a bad packet");
	c->frame_size = frame_r->size;
	return true;
}
