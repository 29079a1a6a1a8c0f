/* A byte stream to a peer: one interface over TCP, TLS and (later) WebSocket
 * and Unix sockets. Non-blocking; a stream belongs to one loop at a time and can move
 * between events. Nothing of a transport shows above this header. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "net/loop.h"

struct stream;

/* What a transport implements (stream_tcp.c, stream_tls.c). Called on the
 * stream's loop thread; never block. */
struct stream_ops {
	const char *name; /* "tcp", "tls" */
	/* Continues the handshake. 0 when done, ERR_AGAIN with *events_r what to wait for, else failed. */
	int (*handshake)(struct stream *s, unsigned *events_r);
	/* Reads at most size bytes: > 0 bytes, 0 end of stream, ERR_AGAIN or an error. */
	ssize_t (*read)(struct stream *s, void *data, size_t size);
	/* Writes what it can of the vector: ≥ 0 bytes, ERR_AGAIN or an error. */
	ssize_t (*writev)(struct stream *s, const struct iovec *iov, int count);
	/* Whether bytes already decrypted wait inside: then read before waiting. */
	bool (*pending)(struct stream *s);
	/* Sends the transport's goodbye (best effort) and frees. */
	void (*destroy)(struct stream *s);
};

/* What its user wants to hear; all on the loop's thread. */
struct stream_handlers {
	void (*open)(void *ctx);                 /* the handshake is done */
	void (*readable)(void *ctx);             /* call stream_read until ERR_AGAIN or enough */
	void (*writable)(void *ctx);             /* after stream_want_write */
	void (*closed)(void *ctx, int err);      /* handshake or socket failed; destroy the stream */
};

struct stream_address {
	char text[64]; /* "192.0.2.7:51234", "[2001:db8::1]:1883", "unix:123" (peer's pid) */
	bool loopback;
	bool encrypted;
};

/* Starts events for a stream on this loop (handshake first). Returns 0 or an error of epoll_ctl. */
int stream_attach(struct stream *s, struct loop *loop, const struct stream_handlers *handlers, void *ctx);

/* Stops events, so that another thread may attach it. */
void stream_detach(struct stream *s);

/* Destroys from any state; clears the pointer. */
void stream_destroy(struct stream **s);

ssize_t stream_read(struct stream *s, void *data, size_t size);
ssize_t stream_writev(struct stream *s, const struct iovec *iov, int count);

/* Asks for one writable event, when a write was short. */
void stream_want_write(struct stream *s, bool want);

/* Stops and resumes readable events: back-pressure. */
void stream_want_read(struct stream *s, bool want);

const struct stream_address *stream_peer(const struct stream *s);

#endif
