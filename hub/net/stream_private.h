/* What the transports share: the stream that each of them embeds as its first
 * member, and how listeners make streams. Only for stream*.c, listener.c and tests. */
#ifndef NET_STREAM_PRIVATE_H
#define NET_STREAM_PRIVATE_H

#include <sys/socket.h>

#include "base/span.h"
#include "net/stream.h"
#include "net/tls.h"

/* Only transports that buffer decrypted bytes have one: a timer that repeats the readable event for
 * bytes that epoll cannot see. */
struct stream_resume {
	struct loop_timer timer;
	struct stream *stream;
};

struct stream {
	const struct stream_ops *ops;
	struct loop_watch watch; /* holds the descriptor, which the stream owns */
	const struct stream_handlers *handlers; /* borrowed; NULL while detached */
	void *ctx;
	struct stream_resume *resume; /* within the transport's struct, or NULL */
	bool *gone;       /* set when the stream is detached or destroyed within a handler; on the dispatcher's stack */
	struct stream_peer peer;
	bool open : 1;       /* the handshake is done */
	bool want_read : 1, want_write : 1;
	bool unflushed : 1;  /* ops->flush has work */
};

/* Fills in the common part. fd: a connected non-blocking socket, taken. */
void stream_init(struct stream *s, const struct stream_ops *ops, int fd, const struct sockaddr *peer);

/* What a socket's address says; IPv4 that came through an IPv6 socket becomes IPv4. */
struct stream_peer stream_peer_of(const struct sockaddr *address);

/* Sends the vector on a socket without SIGPIPE. As stream_ops.writev. */
ssize_t stream_send(int fd, const struct iovec *iov, int count);

/* Receives from a socket into the message's vector. As stream_ops.read. */
ssize_t stream_receive(int fd, struct msghdr *message);

/* Closes a socket so that what was sent still reaches the peer. */
void stream_close_socket(int fd);

/* Streams over a connected non-blocking socket, which is taken (closed on failure). Returns 0 or ERR_NOMEM. */
int stream_tcp_create(int fd, const struct sockaddr *peer, struct stream **stream_r);

/* Frames of WebSocket over another stream, which is taken (destroyed on failure) and must not be attached.
 * early: frames that came before; copied. Returns 0 or ERR_NOMEM. */
int stream_ws_wrap(struct stream *under, struct span early, struct stream **stream_r);

/* The server's side of TLS with the credentials that tls has now; tls is borrowed for the call. */
int stream_tls_create(int fd, const struct sockaddr *peer, struct tls_server *tls, struct stream **stream_r);

#endif
