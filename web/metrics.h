/* Who may read /metrics without an account: programs that carry the owner's token. */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "web/request.h"

enum { METRICS_TOKEN_MIN = 16 }; /* characters */

/* What is known of the token; zeroed: there is none. */
struct metrics_token {
	bool set;
	uint8_t hash[32]; /* BLAKE2b-256 */
};

/* Takes the owner's token; NULL and "" mean none. Returns 0 or ERR_INVALID (too short or long to be one). */
int metrics_token_set(struct metrics_token *token, const char *text);

/* Whether the request carries it. Any thread; as long for a wrong one as for the right one. */
bool metrics_token_fits(const struct metrics_token *token, const struct request *rq);

#endif
