/* The PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt §2.2): proxies that say in front of everything else
 * for whom they have connected. */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/list.h"
#include "base/span.h"
#include "net/loop.h"

enum { PROXY_ADDRESSES = 8 };

/* The proxies that are believed; zeroed: none. */
struct proxy_list {
	size_t count;
	struct in6_addr addresses[PROXY_ADDRESSES]; /* IPv4 as ::ffff:a.b.c.d */
};

/* Adds an address. Returns 0, ERR_INVALID (none) or ERR_FULL. */
int proxy_list_add(struct proxy_list *list, const char *address);

/* Whether the peer is one of them. */
bool proxy_list_has(const struct proxy_list *list, const struct sockaddr *peer);

/* A header's first 16 bytes and what it says. */
enum { PROXY_FIXED = 16, PROXY_MAX_ADDRESSES = 36 };

struct proxy_header {
	size_t rest;      /* bytes behind the first 16 */
	size_t addresses; /* of those, the addresses at their beginning; 0: LOCAL or of another family, to be skipped */
};

/* Judges the first 16 bytes. Returns 0 or ERR_MALFORMED. */
int proxy_parse_fixed(const uint8_t fixed[PROXY_FIXED], struct proxy_header *header_r);

/* The source in header.addresses bytes. */
void proxy_parse_source(const uint8_t *addresses, const struct proxy_header *header, struct sockaddr_storage *source_r);

/* Connections whose headers are coming in. */
struct proxy_waits {
	struct loop *loop; /* borrowed */
	struct list waits;
	/* The header is read, the socket is the callee's; peer: for whom the proxy speaks, or itself. */
	void (*done)(void *ctx, int fd, const struct sockaddr *peer);
	void *ctx;
};

/* Prepares. done is never called within proxy_wait. */
void proxy_waits_init(struct proxy_waits *waits, struct loop *loop,
		      void (*done)(void *ctx, int fd, const struct sockaddr *peer), void *ctx);

/* Reads the header of a fresh connection, which is taken; who sends another one, or none in time, is closed. */
void proxy_wait(struct proxy_waits *waits, int fd, const struct sockaddr *peer);

/* Closes all that wait. Zeroed is fine. */
void proxy_waits_finish(struct proxy_waits *waits);

#endif
