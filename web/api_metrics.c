/* GET /metrics: the hub's counters as Prometheus text, for the owner, for the
 * admin on the Unix socket, and for a program with the owner's token (in the header "Authorization: Bearer …").
 * No door of its own for loopback: a reverse proxy comes from there too. Pool threads. */
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "web/metrics.h"
#include "web/routes.h"

static void hash_of(const char *text, uint8_t hash_r[32])
{
	crypto_generichash(hash_r, 32, (const uint8_t *)text, strlen(text), NULL, 0);
}

int metrics_token_set(struct metrics_token *token, const char *text)
{
	*token = (struct metrics_token){0};
	if (!text || !text[0])
		return 0;
	size_t len = strlen(text);
	if (len < METRICS_TOKEN_MIN || len >= REQUEST_BEARER_SIZE)
		return ERR_INVALID;
	hash_of(text, token->hash);
	token->set = true;
	return 0;
}

bool metrics_token_fits(const struct metrics_token *token, const struct request *rq)
{
	uint8_t hash[32];
	hash_of(rq->bearer, hash);
	return sodium_memcmp(hash, token->hash, sizeof hash) == 0 && token->set && rq->bearer[0];
}

void api_metrics(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	int err = sv->ports.metrics ? sv->ports.metrics(sv->ports.health_ctx, &rs->body) : ERR_UNSUPPORTED;
	response_json_text(rs, 200, err);
	if (!err)
		rs->content_type = "text/plain; version=0.0.4; charset=utf-8";
}
