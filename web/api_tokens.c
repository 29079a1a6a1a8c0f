/* API tokens: one's own; the owner sees and revokes everybody's, and the admin on the socket makes them for others. Pool threads. */
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "web/audit.h"
#include "web/bearer.h"
#include "web/list.h"
#include "web/people.h"
#include "web/problem.h"
#include "web/rights.h"
#include "web/routes.h"

static const int64_t day_ms = 24LL * 60 * 60 * 1000;

/* 0 is a time that is not there: null. */
static json_t *time_json(struct wall_ms t)
{
	return t.ms ? json_integer(t.ms) : json_null();
}

static json_t *token_json(const struct api_token *t)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:I, s:o, s:o}", "id", (json_int_t)t->id, "account", (json_int_t)t->account, "name",
			 t->name, "scope", scope_name(t->scope), "created", (json_int_t)t->created_at.ms, "used", time_json(t->used_at),
			 "expires", time_json(t->expires_at));
}

static void add_token(void *ctx, const struct api_token *t)
{
	json_array_append_new(ctx, token_json(t));
}

void api_tokens_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct identity *who = &rq->identity;
	int64_t all = who->account == 0;
	(void)request_query_int(rq, "all", 0, 1, &all); /* was checked, as all parameters */
	if (all && !(who->rights & RIGHT_ADMIN)) {
		problem(rs, 403, "Only the owner sees the tokens of others.");
		return;
	}
	static const struct list list = {.name = "tokens", .order = {"id"}};
	json_t *tokens = json_array();
	people_answer_list(&list, rq, tokens, store_token_each(sv->store, all ? 0 : who->account, add_token, tokens), rs);
}

/* ---- making ------------------------------------------------------------ */

/* Whose token it becomes: one's own, but from the socket anybody's. Returns false with the answer. */
static bool find_account(const struct web_services *sv, const struct request *rq, struct account *a_r, struct response *rs)
{
	const json_t *member = json_object_get(rq->body, "account");
	int64_t id = member ? json_integer_value(member) : rq->identity.account;
	if (member && id < 1) { /* what is no number is 0 */
		problem_field(rs, 422, "account", "An account is named by its id.");
		return false;
	}
	if (rq->identity.account && id != rq->identity.account) {
		problem_field(rs, 403, "account", "A token is made by whoever it stands for.");
		return false;
	}
	int err = store_account_by_id(sv->store, id, a_r);
	sodium_memzero(a_r->password, sizeof a_r->password);
	if (err == ERR_NOT_FOUND)
		problem_field(rs, 422, "account", "There is no such account.");
	else if (err)
		problem_from_err(rs, err, "account");
	return !err;
}

/* Fills what the body says of the token; false with the answer. */
static bool read_token(const struct request *rq, const struct account *a, struct api_token *t, struct response *rs)
{
	const json_t *days = json_object_get(rq->body, "days");
	const char *name = people_name(rq, rs);
	if (!name)
		return false;
	if (scope_find(json_string_value(json_object_get(rq->body, "scope")), &t->scope)) {
		problem_field(rs, 422, "scope", "A scope is read, control or admin.");
		return false;
	}
	if (rights_of_scope(t->scope) & ~rights_of_role(a->role)) {
		problem_coded(rs, 422, "token_scope", "scope", "A token cannot do more than its account.");
		return false;
	}
	if (days && !json_is_null(days) &&
	    (!json_is_integer(days) || json_integer_value(days) < 1 || json_integer_value(days) > BEARER_DAYS_MAX)) {
		problem_field(rs, 422, "days", "Days are 1 to 3650, or null for ever.");
		return false;
	}
	t->account = a->id;
	t->created_at = clock_wall();
	if (json_is_integer(days))
		t->expires_at.ms = t->created_at.ms + json_integer_value(days) * day_ms;
	return str_copy(t->name, sizeof t->name, name) == 0;
}

void api_token_new(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct account a;
	struct api_token t = {0};
	if (!find_account(sv, rq, &a, rs) || !read_token(rq, &a, &t, rs))
		return;
	char token[BEARER_CHARS + 1];
	bearer_make(token, t.token_hash);
	int err = store_token_add(sv->store, &t, &t.id);
	if (err == ERR_FULL) {
		problem_coded(rs, 409, "tokens_full", NULL, "This account has 32 tokens, which is as many as there may be. Revoke one first.");
	} else if (err) {
		problem_from_err(rs, err, "account");
	} else {
		char detail[192];
		str_format(detail, sizeof detail, "%s of %s, %s", t.name, a.name, scope_name(t.scope));
		audit(sv, rq->identity.name, "token_made", detail);
		json_t *json = token_json(&t);
		json_object_set_new(json, "token", json_string(token));
		response_json(rs, 201, json);
	}
	sodium_memzero(token, sizeof token);
}

/* ---- revoking ---------------------------------------------------------- */

void api_token_revoke(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct identity *who = &rq->identity;
	struct api_token t;
	int64_t id;
	int err = str_to_int(rq->params[0], 1, INT64_MAX, &id) ? ERR_NOT_FOUND : store_token_by_id(sv->store, id, &t);
	if (!err && t.account != who->account && !(who->rights & RIGHT_ADMIN))
		err = ERR_NOT_FOUND;
	if (!err)
		err = store_token_remove(sv->store, id);
	if (err) {
		problem_from_err(rs, err, "token");
		return;
	}
	audit(sv, who->name, "token_revoked", t.name);
	sv->end_streams(sv->end_streams_ctx, t.account, t.token_hash, false);
	response_empty(rs, 204);
}
