/* What a request must show before anything looks at its meaning: a host that is
 * ours, a transport that may carry it, and, when it changes state, that our own
 * page sent it. Pure decisions. */
#ifndef WEB_GATE_H
#define WEB_GATE_H

#include <stdbool.h>

#include "web/hosts.h"
#include "web/request.h"
#include "web/response.h"
#include "web/routes.h"

struct gate_headers {
	const char *host, *origin, *content_type, *tomte; /* NULL when absent; borrowed */
	bool bearer;   /* there is a token in "Authorization", which no browser adds by itself */
	bool has_body;
};

/* Checks Host and writes its name to rq->host. Returns true, or false with the problem in rs. */
bool gate_host(const struct hosts *hosts, const struct gate_headers *headers, struct request *rq,
	       struct response *rs);

/* What other machines may have without encryption, besides enrolment, the CA, and a page that leads to HTTPS. */
struct gate_plain {
	bool dashboard;
	bool mqtt; /* over WebSocket, where the dashboard is */
};

/* Whether the peer is kept from the route, or from all that is none (NULL). */
bool gate_restricted(const struct peer *peer, const struct route *route, const struct gate_plain *plain);

/* Checks that a state-changing request to the API, or one for a WebSocket, comes from our own page (or
 * from no browser, or with a token instead of a cookie, or from the Unix socket, which none reaches). Returns as gate_host. */
bool gate_origin(const struct route *route, const struct gate_headers *headers, const struct request *rq,
		 struct response *rs);

/* The small page on plain HTTP that leads to https. host: a parsed name that is allowed. */
void gate_https_page(const char *host, int https_port, const char *version, struct response *rs);

#endif
