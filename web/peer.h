/* Who is at the other end of a socket. */
#ifndef WEB_PEER_H
#define WEB_PEER_H

#include <sys/socket.h>

#include "web/request.h"

/* Fills address, loopback and, on the Unix socket (peer->transport), admin. */
void peer_identify(int fd, struct peer *peer);

/* The same of an address of TCP, which a socket's peer has or will have. */
void peer_address(const struct sockaddr *address, socklen_t len, struct peer *peer);

#endif
