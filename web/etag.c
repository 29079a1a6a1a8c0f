/* ETags of answers: the hash of what was made, so that nothing has to be told when data changes. It spares
 * the way to the browser, not the making. Any thread; knows no resource. */
#include "web/etag.h"

#include <sodium.h>
#include <string.h>

#include "base/str.h"

enum { HASH_BYTES = 16 };

void etag_answer(const struct request *rq, struct response *rs, const char *caching)
{
	uint8_t hash[HASH_BYTES];
	char tag[2 * HASH_BYTES + 1];
	if (rs->status != 200)
		return;
	crypto_generichash(hash, sizeof hash, rs->body.data, rs->body.len, NULL, 0);
	str_to_hex(tag, hash, sizeof hash);
	rs->caching = caching;
	response_header(rs, "ETag", "\"%s\"", tag);
	response_header(rs, "Vary", "Cookie");
	if (strstr(rq->if_none_match, tag) || strcmp(rq->if_none_match, "*") == 0)
		response_empty(rs, 304);
}
