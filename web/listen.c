/* Binding sockets at start. Main thread; knows nothing of HTTP. */
#include "web/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Our code for what bind or listen said. */
static int listen_err(int error)
{
	return error == EADDRINUSE ? ERR_BUSY : err_from_errno(error);
}

static int refuse(int fd, const char *address, int port, char message_r[256])
{
	int error = errno;
	str_format(message_r, 256, "cannot listen on %s port %d: %s", address, port, strerror(error));
	if (fd >= 0)
		close(fd);
	return listen_err(error);
}

static int parse_address(const char *text, uint16_t port, bool six, union address *address_r, socklen_t *len_r)
{
	*address_r = (union address){0};
	bool all = strcmp(text, "*") == 0;
	if (six) {
		address_r->in6.sin6_family = AF_INET6;
		address_r->in6.sin6_port = htons(port);
		*len_r = sizeof address_r->in6;
		return all || inet_pton(AF_INET6, text, &address_r->in6.sin6_addr) == 1 ? 0 : ERR_INVALID;
	}
	address_r->in.sin_family = AF_INET;
	address_r->in.sin_port = htons(port);
	*len_r = sizeof address_r->in;
	return all || inet_pton(AF_INET, text, &address_r->in.sin_addr) == 1 ? 0 : ERR_INVALID;
}

int listen_tcp(const char *address, uint16_t port, int *fd_r, uint16_t *port_r, char message_r[256])
{
	union address bound;
	socklen_t len;
	bool all = strcmp(address, "*") == 0;
	bool six = all || strchr(address, ':');
	int fd = six ? socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
	if (fd < 0 && all) /* a machine without IPv6 */
		six = false;
	if (!six)
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(fd, address, port, message_r);
	if (parse_address(address, port, six, &bound, &len)) {
		close(fd);
		str_format(message_r, 256, "\"%.64s\" is no address to listen on: use * or an IP address", address);
		return ERR_INVALID;
	}
	int on = 1, v6only = !all;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only);
	if (bind(fd, &bound.any, len) || listen(fd, LISTEN_BACKLOG) || getsockname(fd, &bound.any, &len))
		return refuse(fd, address, port, message_r);
	*port_r = ntohs(six ? bound.in6.sin6_port : bound.in.sin_port);
	*fd_r = fd;
	return 0;
}
