/* A byte stream to a peer: one interface over TCP, TLS, WebSocket
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

/* What the door that has let a peer in vouches for: who needs it brings neither user name nor password. */
struct stream_pass {
	const char *user;      /* of the access table's pass_only users */
	const char *client_id; /* of the one session that it opens; nobody else has it */
	const char *rooms;     /* what the session hears is in these, each name ended by '\n'; NULL: what the user's rules let it */
};

/* What a transport implements (stream_tcp.c, stream_tls.c, stream_ws.c). Called on the
 * stream's loop thread; never block. */
struct stream_ops {
	const char *name; /* "tcp", "tls", "ws" */
	/* Continues the handshake. 0 when done, ERR_AGAIN with *events_r what to wait for, else failed. */
	int (*handshake)(struct stream *s, unsigned *events_r);
	/* Reads at most size bytes: > 0 bytes, 0 end of stream, ERR_AGAIN or an error. */
	ssize_t (*read)(struct stream *s, void *data, size_t size);
	/* Writes what it can of the vector: > 0 bytes, ERR_AGAIN or an error. */
	ssize_t (*writev)(struct stream *s, const struct iovec *iov, int count);
	/* Whether bytes already decrypted wait inside: then read before waiting. NULL: never. */
	bool (*pending)(struct stream *s);
	/* Sends what writev took but the socket did not: 0 when nothing is left, ERR_AGAIN or an error.
	 * NULL: writev never holds anything back. */
	int (*flush)(struct stream *s);
	/* Sends the transport's goodbye (best effort), closes the descriptor and frees. */
	void (*destroy)(struct stream *s);
	/* As stream_proven. NULL: it proves nothing. */
	const char *(*proven)(const struct stream *s);
	/* As stream_pass. NULL: none has one. */
	const struct stream_pass *(*pass)(const struct stream *s);
};

/* What its user wants to hear; all on the loop's thread, never from within a call
 * of these functions. Each handler may detach or destroy the stream. */
struct stream_handlers {
	void (*open)(void *ctx);                 /* the handshake is done; once in a stream's life; may be NULL */
	void (*readable)(void *ctx);             /* call stream_read until ERR_AGAIN or enough; comes again for what is left */
	void (*writable)(void *ctx);             /* after stream_want_write; comes again until it is unwanted */
	void (*closed)(void *ctx, int err);      /* handshake or socket failed, no event follows; destroy the stream.
						  * Errors that stream_read or stream_writev returned do not come here again */
};

/* Who is at the other end; small, as every stream carries one. */
struct stream_peer {
	union {
		uint8_t ip[16];    /* IPv4 in its first four bytes */
		int32_t process;   /* the pid of a peer on a Unix socket; 0: not known */
	};
	uint16_t port;
	uint8_t family;    /* AF_INET, AF_INET6, else a socket of this machine */
	bool loopback : 1;
};

struct stream_address {
	char text[64]; /* "192.0.2.7:51234", "[2001:db8::1]:1883", "unix:123" (peer's pid) */
};

/* Starts events for a stream on this loop (handshake first); reading is wanted, writing is not.
 * handlers and ctx are borrowed until detach or destroy. Returns 0 or an error of epoll_ctl. */
int stream_attach(struct stream *s, struct loop *loop, const struct stream_handlers *handlers, void *ctx);

/* Stops events, so that another thread may attach it. */
void stream_detach(struct stream *s);

/* Destroys from any state; clears the pointer. */
void stream_destroy(struct stream **s);

/* At most size (> 0) bytes. Returns > 0 bytes, 0 at the end of the stream, ERR_AGAIN (not open yet or nothing there),
 * ERR_CLOSED (the peer broke off), ERR_PROTOCOL (bad TLS) or ERR_IO. */
ssize_t stream_read(struct stream *s, void *data, size_t size);

/* Writes a prefix of the vector. Returns > 0 bytes (0 only for an empty vector), ERR_AGAIN or errors as stream_read. Bytes that it
 * returned are on their way without further calls; after ERR_AGAIN the next call may bring other bytes. */
ssize_t stream_writev(struct stream *s, const struct iovec *iov, int count);

/* Asks for writable events, when a write was short. */
void stream_want_write(struct stream *s, bool want);

/* Stops and resumes readable events: back-pressure. */
void stream_want_read(struct stream *s, bool want);

/* Who is at the other end; borrowed while the stream lives. */
const struct stream_peer *stream_peer(const struct stream *s);

/* Whether what goes over it can be read by who listens on the network: plain TCP to another machine. */
bool stream_is_open(const struct stream *s);

/* The peer as people read it. */
struct stream_address stream_address(const struct stream_peer *peer);

/* Who the transport has proven the peer to be (client certificate, pre-shared key); NULL: nobody in particular. Known once the stream is
 * open, borrowed while it lives. */
const char *stream_proven(const struct stream *s);

/* The pass that the stream came with, borrowed while it lives; NULL: none. */
const struct stream_pass *stream_pass(const struct stream *s);

#endif
