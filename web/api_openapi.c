/* Handing out the API's description. Pool threads. */
#include <string.h>

#include "base/err.h"
#include "web/openapi.h"
#include "web/problem.h"
#include "web/routes.h"

void api_openapi(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct openapi_body *body = rq->gzip ? &sv->openapi->gzip : &sv->openapi->plain;
	bool known = strstr(rq->if_none_match, body->etag) || strcmp(rq->if_none_match, "*") == 0;
	if (!known && buf_append(&rs->body, body->bytes.data, body->bytes.len)) {
		problem_from_err(rs, ERR_NOMEM, "answer");
		return;
	}
	if (known)
		response_empty(rs, 304);
	else
		response_json_text(rs, 200, 0);
	rs->caching = "no-cache";
	response_header(rs, "ETag", "%s", body->etag);
	response_header(rs, "Vary", "Accept-Encoding, Cookie");
	if (rq->gzip && !known)
		response_header(rs, "Content-Encoding", "gzip");
}
