/* API tokens: programs send one as "Authorization: Bearer …" (RFC 6750) and are their account with less rights. A token is shown
 * once; the store has its hash. Pool threads. */
#ifndef WEB_BEARER_H
#define WEB_BEARER_H

#include "web/request.h"

#define BEARER_PREFIX "tomte_"
/* The prefix, for people and for scanners of leaked secrets, and 200 random bits. */
enum { BEARER_CHARS = 6 + 40, BEARER_DAYS_MAX = 3650 };

/* Makes a token and its hash. */
void bearer_make(char token_r[BEARER_CHARS + 1], uint8_t hash_r[32]);

/* Finds whose token the request has and sets rq->identity but for what of it the account is, which is *account_r. Notes the use,
 * to the hour. Returns 0, ERR_DENIED (no such token, or its time is over) or an error of the store. */
int bearer_identify(struct store *store, struct request *rq, int64_t *account_r);

#endif
