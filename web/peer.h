/* Who is at the other end of a socket. */
#ifndef WEB_PEER_H
#define WEB_PEER_H

#include "web/request.h"

/* Fills address, loopback and, on the Unix socket (peer->transport), admin. */
void peer_identify(int fd, struct peer *peer);

#endif
