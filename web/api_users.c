/* Accounts, for the owner. Pool threads. */
#include <sodium.h>

#include "base/err.h"
#include "base/str.h"
#include "web/audit.h"
#include "web/login.h"
#include "web/problem.h"
#include "web/routes.h"

static void add_user(void *ctx, const struct account *a)
{
	json_array_append_new(ctx, json_pack("{s:I, s:s, s:s, s:I}", "id", (json_int_t)a->id, "name", a->name, "role",
					     login_role_name(a->role), "created", (json_int_t)a->created_at.ms));
}

void api_users_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	json_t *users = json_array();
	int err = store_account_each(sv->store, add_user, users);
	if (err) {
		json_decref(users);
		problem_from_err(rs, err, "account");
		return;
	}
	response_json(rs, 200, json_pack("{s:o}", "users", users));
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
