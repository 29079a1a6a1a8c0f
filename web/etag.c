/* ETags of answers: the hash of what was made, so that nothing has to be told when data changes. It spares
 * the way to the browser, not the making. Any thread; knows no resource. */
#include "web/etag.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "web/problem.h"

enum { HASH_BYTES = 16 };

void etag_make(struct span state, char tag_r[ETAG_SIZE])
{
	uint8_t hash[HASH_BYTES];
	char hex[2 * HASH_BYTES + 1];
	crypto_generichash(hash, sizeof hash, state.data, state.len, NULL, 0);
	str_to_hex(hex, hash, sizeof hash);
	str_format(tag_r, ETAG_SIZE, "\"%s\"", hex);
}

void etag_make_json(json_t *state, char tag_r[ETAG_SIZE])
{
	char *text = state ? json_dumps(state, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
	if (text)
		etag_make(span_str(text), tag_r);
	else
		str_copy(tag_r, ETAG_SIZE, "\"?\"");
	free(text);
	json_decref(state);
}

void etag_make_members(const struct buf *json, const char *const *members, char tag_r[ETAG_SIZE])
{
	json_t *object = json_loadb((const char *)json->data, json->len, 0, NULL), *state = object ? json_array() : NULL;
	for (size_t i = 0; state && members[i]; i++) {
		json_t *member = json_object_get(object, members[i]);
		json_array_append_new(state, member ? json_incref(member) : json_null());
	}
	etag_make_json(state, tag_r);
	json_decref(object);
}

void etag_add(struct response *rs, const char *tag)
{
	response_header(rs, "ETag", "%s", tag);
}

/* If-Match compares strongly: a weak tag fits nothing. */
static bool names(const char *if_match, const char *tag)
{
	const char *found = strstr(if_match, tag);
	return found && (found == if_match || found[-1] != '/');
}

bool etag_fits(const struct request *rq, const char *tag, struct response *rs)
{
	if (!rq->if_match[0] || strcmp(rq->if_match, "*") == 0 || names(rq->if_match, tag))
		return true;
	problem(rs, 412, "It has been changed in the meantime. Read it again, then edit that.");
	return false;
}

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
