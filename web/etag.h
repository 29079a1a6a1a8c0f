/* Answers that a browser may keep. */
#ifndef WEB_ETAG_H
#define WEB_ETAG_H

#include "web/request.h"
#include "web/response.h"

/* Gives a finished answer of status 200 an ETag, the hash of its body (RFC 9110 §8.8.3), and turns it into a 304 without body when
 * the client has it already. caching: a static Cache-Control, which says for how long it need not even ask. */
void etag_answer(const struct request *rq, struct response *rs, const char *caching);

/* ---- edits ------------------------------------------------------------- */

/* What can be edited has an ETag, made of what an edit can change. That is less than the answer holds: values come every second, and
 * must not make every edit stale. So it is never compared with If-None-Match, only with If-Match (RFC 9110 §13.1.1). */
enum { ETAG_SIZE = 2 * 16 + 3 };

/* Makes the tag, quoted, of a text that stands for the state. */
void etag_make(struct span state, char tag_r[ETAG_SIZE]);

/* The same of a JSON value, which is taken; NULL (no memory) makes a tag that nothing has. */
void etag_make_json(json_t *state, char tag_r[ETAG_SIZE]);

/* The same of those members of a JSON object that an edit can change; NULL-terminated. One that is absent counts as null. */
void etag_make_members(const struct buf *json, const char *const *members, char tag_r[ETAG_SIZE]);

/* Adds the tag to the answer. */
void etag_add(struct response *rs, const char *tag);

/* Whether the request may change what has this tag now; else 412 is in rs. Hold services.edits from before the tag is made until
 * after the change: two edits of the same state must not both go through. */
bool etag_fits(const struct request *rq, const char *tag, struct response *rs);

#endif
