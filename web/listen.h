/* Listening sockets for HTTP(S). */
#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H

#include <stdint.h>

enum { LISTEN_BACKLOG = 256 };

/* Binds and listens on TCP. address: "*" (both families) or a literal; port 0: the kernel
 * picks. *fd_r is the caller's. Returns 0, ERR_BUSY, ERR_DENIED, ERR_INVALID or
 * ERR_IO with a sentence for people. */
int listen_tcp(const char *address, uint16_t port, int *fd_r, uint16_t *port_r, char message_r[256]);

#endif
