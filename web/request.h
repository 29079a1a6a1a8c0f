/* A request as the handlers see it, without HTTP library or sockets. */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "db/store.h"

struct route;

enum transport {
	TRANSPORT_TLS,
	TRANSPORT_PLAIN,
	TRANSPORT_LOCAL, /* the Unix socket */
};

struct peer {
	char address[64]; /* without port; "unix:<uid>" on the Unix socket */
	enum transport transport;
	bool loopback;
	bool admin; /* Unix socket: root, the hub's own user, or a member of group tomte */
};

/* Who asks, as found out from the cookie or the socket. */
struct identity {
	bool known;
	int64_t account; /* 0 for the admin on the Unix socket */
	char name[64];   /* account name, or "tomtectl" */
	enum role role;
	uint8_t session[32]; /* hash of the session's token; zeroes without one */
};

enum {
	REQUEST_PARAMS_MAX = 2,
	REQUEST_PARAM_SIZE = 64,
	REQUEST_QUERY_MAX = 10,
	REQUEST_QUERY_SIZE = 128,
	REQUEST_COOKIE_SIZE = 65, /* 64 hexadecimal digits */
	REQUEST_BEARER_SIZE = 257,
};

struct query_pair {
	char name[16], value[REQUEST_QUERY_SIZE];
};

struct request {
	const struct route *route;
	char params[REQUEST_PARAMS_MAX][REQUEST_PARAM_SIZE]; /* of {…} in the route's path, in order */
	struct query_pair query[REQUEST_QUERY_MAX];
	size_t query_count;
	bool query_odd; /* there were more, or longer ones, than any route takes: those are left out */
	struct span bytes; /* the body as sent */
	const char *upload; /* of a route that takes uploads: path of a file with the body. Removed after the handler, unless
			     * that has renamed it within the same directory, the hub's state */
	uint64_t upload_bytes;
	json_t *body;      /* parsed, for routes that take JSON; an object */
	struct peer peer;
	struct identity identity;
	char host[256];                     /* as the client named us: no port, no brackets, lower case */
	char cookie[REQUEST_COOKIE_SIZE];   /* session token; "" for none */
	char bearer[REQUEST_BEARER_SIZE];   /* token of "Authorization: Bearer …"; "" for none */
	bool reads_metrics;                 /* it is the one that the owner gave for that */
	char user_agent[128];               /* cut */
	char last_event_id[REQUEST_QUERY_SIZE];
	char if_none_match[128], if_match[128]; /* "" for none */
	bool gzip;                              /* the client takes answers in that form */
};

/* The value of a query argument, or NULL. Borrowed. */
const char *request_query(const struct request *rq, const char *name);

/* A query argument as a number in min..max. *value_r keeps its value when the
 * argument is absent. Returns 0 or ERR_INVALID. */
int request_query_int(const struct request *rq, const char *name, int64_t min, int64_t max, int64_t *value_r);

/* A string member of the body: UTF-8 without control characters, min..max bytes.
 * Returns the borrowed text, or NULL (absent, not a string, too short or long). */
const char *request_text(const struct request *rq, const char *name, size_t min, size_t max);

/* Parses a body: one JSON object, at most 16 levels deep, no member twice, no
 * U+0000. Returns 0 or ERR_MALFORMED with the reason for people. *body_r is the caller's. */
int request_parse_json(struct span bytes, json_t **body_r, char reason_r[128]);

#endif
