/* API tokens against the store. Knows nothing of routes. */
#include "web/bearer.h"

#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "web/rights.h"

enum { TOUCH_MS = 60 * 60 * 1000 }; /* no write per request */

static void hash_of(const char *token, uint8_t hash_r[32])
{
	crypto_generichash(hash_r, 32, (const uint8_t *)token, strlen(token), NULL, 0);
}

void bearer_make(char token_r[BEARER_CHARS + 1], uint8_t hash_r[32])
{
	memcpy(token_r, BEARER_PREFIX, strlen(BEARER_PREFIX));
	rand_name(token_r + strlen(BEARER_PREFIX), BEARER_CHARS - strlen(BEARER_PREFIX));
	hash_of(token_r, hash_r);
}

static void touched(void *ctx, int err)
{
	(void)ctx;
	if (err)
		log_warning("web", "cannot note that a token was used: %s", err_text(err));
}

int bearer_identify(struct store *store, struct request *rq, int64_t *account_r)
{
	static const struct store_done dont_wait = {.fn = touched, .ctx = NULL};
	struct identity *who = &rq->identity;
	struct api_token token;
	if (strncmp(rq->bearer, BEARER_PREFIX, strlen(BEARER_PREFIX)) != 0)
		return ERR_DENIED;
	hash_of(rq->bearer, who->session);
	int err = store_token_get(store, who->session, &token);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_DENIED : err;
	struct wall_ms now = clock_wall();
	if (token.expires_at.ms && now.ms >= token.expires_at.ms)
		return ERR_DENIED;
	if (now.ms - token.used_at.ms >= TOUCH_MS)
		store_token_touch(store, token.id, now, &dont_wait);
	who->token = token.id;
	who->rights = rights_of_scope(token.scope);
	who->ends_at = token.expires_at;
	*account_r = token.account;
	return 0;
}
