/* Answers that a browser may keep. */
#ifndef WEB_ETAG_H
#define WEB_ETAG_H

#include "web/request.h"
#include "web/response.h"

/* Gives a finished answer of status 200 an ETag, the hash of its body (RFC 9110 §8.8.3), and turns it into a 304 without body when
 * the client has it already. caching: a static Cache-Control, which says for how long it need not even ask. */
void etag_answer(const struct request *rq, struct response *rs, const char *caching);

#endif
