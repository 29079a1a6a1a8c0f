/* The peer of a socket: its address, or on the Unix socket its credentials as
 * the kernel vouches for them (unix(7), SO_PEERCRED and SO_PEERGROUPS). */
#include "web/peer.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

enum { GROUPS_MAX = 256 };

static bool in_group(int fd, gid_t primary)
{
	char space[4096];
	struct group group, *found = NULL;
	if (getgrnam_r("tomte", &group, space, sizeof space, &found) || !found)
		return false;
	if (primary == group.gr_gid)
		return true;
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof groups;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size))
		return false;
	for (size_t i = 0; i < size / sizeof groups[0]; i++)
		if (groups[i] == group.gr_gid)
			return true;
	return false;
}

static void identify_local(int fd, struct peer *peer)
{
	struct ucred cred;
	socklen_t size = sizeof cred;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size))
		return;
	str_format(peer->address, sizeof peer->address, "unix:%u", cred.uid);
	/* the hub's own user can read the database anyway */
	peer->admin = cred.uid == 0 || cred.uid == geteuid() || in_group(fd, cred.gid);
}

static void identify_in6(const struct sockaddr_in6 *in6, struct peer *peer)
{
	const uint8_t *bytes = in6->sin6_addr.s6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		inet_ntop(AF_INET, bytes + 12, peer->address, sizeof peer->address);
		peer->loopback = bytes[12] == 127;
	} else {
		inet_ntop(AF_INET6, bytes, peer->address, sizeof peer->address);
		peer->loopback = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
}

void peer_address(const struct sockaddr *address, socklen_t len, struct peer *peer)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	str_copy(peer->address, sizeof peer->address, "?");
	if (address->sa_family == AF_INET6 && len >= sizeof in6) {
		memcpy(&in6, address, sizeof in6);
		identify_in6(&in6, peer);
	} else if (address->sa_family == AF_INET && len >= sizeof in) {
		memcpy(&in, address, sizeof in);
		inet_ntop(AF_INET, &in.sin_addr, peer->address, sizeof peer->address);
		peer->loopback = (ntohl(in.sin_addr.s_addr) >> 24) == 127;
	}
}

void peer_identify(int fd, struct peer *peer)
{
	str_copy(peer->address, sizeof peer->address, "?");
	if (peer->transport == TRANSPORT_LOCAL) {
		identify_local(fd, peer);
		return;
	}
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof address;
	if (getpeername(fd, (struct sockaddr *)&address, &size) == 0)
		peer_address((const struct sockaddr *)&address, size, peer);
}
