/* Streams over plain TCP. Runs on the stream's loop; must not know TLS. */
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "net/stream_private.h"

static int tcp_handshake(struct stream *s, unsigned *events_r)
{
	(void)s;
	*events_r = 0;
	return 0;
}

static ssize_t tcp_read(struct stream *s, void *data, size_t size)
{
	struct iovec iov = {data, size};
	return stream_receive(s->watch.fd, &(struct msghdr){.msg_iov = &iov, .msg_iovlen = 1});
}

static ssize_t tcp_writev(struct stream *s, const struct iovec *iov, int count)
{
	return stream_send(s->watch.fd, iov, count);
}

static void tcp_destroy(struct stream *s)
{
	stream_close_socket(s->watch.fd);
	free(s);
}

static const struct stream_ops tcp_ops = {
	.name = "tcp",
	.handshake = tcp_handshake,
	.read = tcp_read,
	.writev = tcp_writev,
	.destroy = tcp_destroy,
};

int stream_tcp_create(int fd, const struct sockaddr *peer, struct stream **stream_r)
{
	struct stream *s = malloc(sizeof *s);
	if (!s) {
		close(fd);
		return ERR_NOMEM;
	}
	stream_init(s, &tcp_ops, fd, peer);
	*stream_r = s;
	return 0;
}
