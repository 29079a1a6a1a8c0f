/* Accounts, for the owner. Pool threads. */
#include <sodium.h>

#include "base/err.h"
#include "base/str.h"
#include "model/json_out.h"
#include "web/audit.h"
#include "web/list.h"
#include "web/login.h"
#include "web/problem.h"
#include "web/routes.h"

static void add_user(void *ctx, const struct account *a)
{
	struct json_out *o = ctx;
	json_out_next(o);
	json_out_raw(o, "{");
	json_out_member_int(o, "id", a->id);
	json_out_member_string(o, "name", a->name);
	json_out_member_string(o, "role", login_role_name(a->role));
	json_out_member_int(o, "created", a->created_at.ms);
	json_out_raw(o, "}");
}

static bool is_wanted(const struct request *rq, const json_t *user)
{
	static const char *const searched[] = {"name", NULL};
	return list_filter_text(rq, user, "role") && list_filter_words(rq, user, searched);
}

void api_users_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	static const struct list list = {.name = "users", .order = {"id"}, .wanted = is_wanted};
	struct buf users = {0};
	struct json_out o = {.buf = &users};
	json_out_raw(&o, "[");
	int err = store_account_each(sv->store, add_user, &o);
	json_out_raw(&o, "]");
	if (err || o.err)
		problem_from_err(rs, err ? err : o.err, "account");
	else
		list_answer(&list, rq, &users, NULL, rs);
	buf_finish(&users);
}

void api_user_password(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int64_t id;
	struct account account = {0};
	int err = str_to_int(rq->params[0], 1, INT64_MAX, &id) ? ERR_NOT_FOUND
								 : store_account_by_id(sv->store, id, &account);
	const char *password = request_text(rq, "password", PASSWORD_MIN, PASSWORD_MAX);
	if (!err && !password) {
		problem_coded(rs, 422, "password", "password", "A password needs at least 8 characters.");
		return;
	}
	if (!err)
		err = login_hash_password(sv->login, password, account.password);
	if (!err)
		err = store_account_put(sv->store, &account, false, &account.id);
	if (!err)
		err = store_session_purge(sv->store, account.id, NULL, (struct wall_ms){0}, NULL);
	sodium_memzero(account.password, sizeof account.password);
	if (err) {
		problem_from_err(rs, err, "account");
		return;
	}
	audit(sv, rq->identity.name, "password_set", account.name);
	sv->end_streams(sv->end_streams_ctx, account.id, NULL, false);
	response_empty(rs, 204);
}
