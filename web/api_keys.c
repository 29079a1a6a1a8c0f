/* Provisioning keys: made (key_answer.c), listed, approved and revoked for the owner. Pool threads; a code never
 * reaches a log. */
#include <string.h>

#include "base/err.h"
#include "web/audit.h"
#include "web/key_answer.h"
#include "web/list.h"
#include "web/operation.h"
#include "web/problem.h"
#include "web/routes.h"

static bool is_wanted(const struct request *rq, const json_t *key)
{
	static const char *const searched[] = {"note", "area", "device", NULL};
	return list_filter_text(rq, key, "state") && list_filter_words(rq, key, searched);
}

void api_keys_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	static const struct list list = {.name = "keys", .order = {"created", "kid"}, .descending = true, .wanted = is_wanted};
	struct buf keys = {0};
	int err = sv->ports.enrol.keys(sv->ports.enrol.ctx, &keys);
	if (err)
		problem_from_err(rs, err, "answer");
	else
		list_answer(&list, rq, &keys, NULL, rs);
	buf_finish(&keys);
}

/* An optional text of the body; "" when it is absent, NULL when it is wrong. */
static const char *optional_text(const struct request *rq, const char *member)
{
	if (!json_object_get(rq->body, member))
		return "";
	return request_text(rq, member, 0, MODEL_NAME_SIZE - 1);
}

static bool parse_new(const struct request *rq, struct enrol_key_request *key_r, struct response *rs)
{
	if (!key_read_ttl(rq, key_r, rs))
		return false;
	key_r->note = optional_text(rq, "note");
	key_r->area = optional_text(rq, "area");
	if (!key_r->note || !key_r->area) {
		problem_coded(rs, 422, "label", key_r->note ? "area" : "note", "A name has at most 127 printable characters.");
		return false;
	}
	return true;
}

void api_key_new(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct enrol_key_request key = {.by = rq->identity.name, .replaces = ""};
	if (parse_new(rq, &key, rs))
		key_answer(sv, rq, &key, rs);
}

/* Revoking and approving differ in one call. */
static void act(const struct web_services *sv, const struct request *rq, struct response *rs,
		int (*action)(void *ctx, const char *kid), const char *event)
{
	int err = strspn(rq->params[0], "0123456789abcdef") == 16 && rq->params[0][16] == 0
			  ? action(sv->ports.enrol.ctx, rq->params[0])
			  : ERR_NOT_FOUND;
	if (err) {
		problem_from_err(rs, err, "key");
		return;
	}
	audit(sv, rq->identity.name, event, rq->params[0]);
	response_empty(rs, 204);
}

void api_key_revoke(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	act(sv, rq, rs, sv->ports.enrol.key_revoke, "key_revoked");
}

void api_key_approve(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	act(sv, rq, rs, sv->ports.enrol.key_approve, "key_approved");
}
