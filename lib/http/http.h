/* Outgoing HTTP for tomtectl and the agent's enrolment, over libcurl: one
 * request, one answer, blocking. The hub itself never includes this room: it
 * calls nobody. One caller at a time per client. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdint.h>

#include "base/buf.h"

struct http_request {
	const char *method;       /* "GET", "POST", … */
	const char *url;          /* borrowed */
	const char *unix_socket;  /* path of the server's Unix socket, or NULL for TCP */
	const char *content_type; /* of body; NULL without one */
	struct span body;
	int timeout_s;            /* for the whole exchange, ≥ 1 */
	size_t max_answer_bytes;
};

struct http_answer {
	int status;      /* 100..599 */
	struct buf body; /* caller's: buf_finish */
};

/* Performs the request. Returns 0 (whatever the status), ERR_TIMEOUT,
 * ERR_TOO_LARGE, ERR_NOMEM, or ERR_IO with libcurl's text in message_r (256 bytes). */
int http_perform(const struct http_request *request, struct http_answer *answer_r, char message_r[256]);

/* Performs a GET whose answer goes on (server-sent events): each piece is given to
 * on_data until that returns non-zero or the server ends, both of which return 0.
 * timeout_s limits the connecting only. A status of 400 or more is ERR_IO; other errors
 * as above. */
int http_stream(const struct http_request *request, int (*on_data)(void *ctx, struct span piece),
		void *ctx, char message_r[256]);

/* Bodies too large for memory, piece by piece. */
struct http_pieces {
	/* Takes a piece of the answer when its status is below 400 (other answers are for people: collected in answer_r); returns 0, or
	 * something else to break off. NULL: all answers are collected. */
	int (*take)(void *ctx, struct span piece);
	/* Gives up to max bytes of the request's body; 0 at its end, -1 to break off. NULL: it has none. */
	long (*give)(void *ctx, void *data, size_t max);
	uint64_t give_bytes; /* in all */
	void *ctx;
};

/* Performs a request with such bodies. timeout_s limits the connecting and each pause without a byte, not the whole.
 * Returns 0 (whatever the status), ERR_CLOSED when a piece broke off, ERR_TIMEOUT, ERR_TOO_LARGE, ERR_NOMEM, or ERR_IO (also when the
 * answer ends too early) with libcurl's text. */
int http_transfer(const struct http_request *request, const struct http_pieces *pieces, struct http_answer *answer_r,
		  char message_r[256]);

#endif
