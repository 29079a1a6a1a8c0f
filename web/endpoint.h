/* Endpoints: libmicrohttpd's daemons over our listening sockets. Web's thread,
 * or main before it runs. */
#ifndef WEB_ENDPOINT_H
#define WEB_ENDPOINT_H

#include "web/server_private.h"

/* Starts a daemon on the socket, which is taken in any case. certificate and key:
 * NUL-terminated PEM for TLS, else NULL. Returns 0, ERR_MALFORMED (certificate), ERR_NOMEM or ERR_IO with
 * a sentence for people. */
struct endpoint_tls {
	const char *certificate, *key;
};
int endpoint_add(struct web *web, int listen_fd, enum transport transport, const struct endpoint_tls *tls,
		 char message_r[256]);

/* Stops the daemon; none of its connections may be suspended. */
void endpoint_destroy(struct endpoint *endpoint);

/* Starts a successor with another certificate on the same socket and lets the
 * old one drain. Errors as endpoint_add, ERR_BUSY when too many drain already. */
int endpoint_replace_tls(struct web *web, const struct endpoint_tls *tls, char message_r[256]);

/* Accepts nothing more. */
void endpoint_quiesce(struct endpoint *endpoint);

#endif
