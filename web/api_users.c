/* People, for the owner. Pool threads. */
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "web/audit.h"
#include "web/list.h"
#include "web/login.h"
#include "web/people.h"
#include "web/problem.h"
#include "web/rights.h"
#include "web/routes.h"

static json_t *user_json(const struct account *a)
{
	return json_pack("{s:I, s:s, s:s, s:o, s:b, s:I}", "id", (json_int_t)a->id, "name", a->name, "role", role_name(a->role),
			 "rooms", people_rooms(a), "must_change", (int)a->must_change, "created", (json_int_t)a->created_at.ms);
}

static void add_user(void *ctx, const struct account *a)
{
	json_array_append_new(ctx, user_json(a));
}

static bool is_wanted(const struct request *rq, const json_t *user)
{
	static const char *const searched[] = {"name", NULL};
	return list_filter_text(rq, user, "role") && list_filter_words(rq, user, searched);
}

void api_users_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	static const struct list list = {.name = "users", .order = {"id"}, .wanted = is_wanted};
	json_t *users = json_array();
	people_answer_list(&list, rq, users, store_account_each(sv->store, add_user, users), rs);
}

static void refuse(struct response *rs, int err)
{
	if (err == ERR_STATE)
		problem_coded(rs, 409, "only_owner", NULL, "This is the only owner. Make somebody else an owner first.");
	else if (err == ERR_EXISTS)
		problem_coded(rs, 409, "name_taken", "name", "Somebody has this name already.");
	else
		problem_from_err(rs, err, "account");
}

/* Reads the account of the path. Returns 0 or ERR_NOT_FOUND. */
static int find(const struct web_services *sv, const struct request *rq, struct account *a_r)
{
	int64_t id;
	*a_r = (struct account){0};
	return str_to_int(rq->params[0], 1, INT64_MAX, &id) ? ERR_NOT_FOUND : store_account_by_id(sv->store, id, a_r);
}

static void answer(const struct web_services *sv, int64_t id, int status, struct response *rs)
{
	struct account a;
	int err = store_account_by_id(sv->store, id, &a);
	if (err)
		refuse(rs, err);
	else
		response_json(rs, status, user_json(&a));
	sodium_memzero(a.password, sizeof a.password);
}

/* ---- adding ------------------------------------------------------------ */

/* Fills the account but for its password; false with the answer. */
static bool read_user(const struct request *rq, struct account *a, struct response *rs)
{
	bool has_role, has_rooms;
	const char *name = people_name(rq, rs);
	if (!name || !people_role(rq, &a->role, &has_role, rs) || !people_read_rooms(rq, &a->rooms, &has_rooms, rs) ||
	    !people_flag(rq, "must_change", &a->must_change, rs))
		return false;
	if (!has_role) {
		problem_field(rs, 422, "role", "A role is owner, adult, guest or viewer.");
		return false;
	}
	if (has_rooms && a->role != ROLE_GUEST) {
		problem_field(rs, 422, "rooms", "Only guests have chosen rooms; all others see every room.");
		return false;
	}
	return str_copy(a->name, sizeof a->name, name) == 0;
}

void api_user_add(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct account a = {.created_at = clock_wall(), .must_change = true};
	const char *password = read_user(rq, &a, rs) ? people_password(rq, "password", rs) : NULL;
	if (!password)
		return;
	int err = login_hash_password(sv->login, password, a.password);
	if (!err)
		err = store_account_add(sv->store, &a, false, &a.id);
	sodium_memzero(a.password, sizeof a.password);
	if (err) {
		refuse(rs, err);
		return;
	}
	char detail[128];
	str_format(detail, sizeof detail, "%s, %s", a.name, role_name(a.role));
	audit(sv, rq->identity.name, "user_added", detail);
	answer(sv, a.id, 201, rs);
}

/* ---- changing ---------------------------------------------------------- */

struct wish {
	struct account_change change;
	enum role role;
	struct rooms rooms;
};

/* What the body wants changed of the account; false with the answer. */
static bool read_wish(const struct request *rq, const struct account *a, struct wish *w_r, struct response *rs)
{
	bool has_role, has_rooms;
	*w_r = (struct wish){.role = a->role};
	if (json_object_get(rq->body, "name")) {
		w_r->change.name = people_name(rq, rs);
		if (!w_r->change.name)
			return false;
	}
	if (!people_role(rq, &w_r->role, &has_role, rs) || !people_read_rooms(rq, &w_r->rooms, &has_rooms, rs))
		return false;
	if (has_rooms && w_r->role != ROLE_GUEST) {
		problem_field(rs, 422, "rooms", "Only guests have chosen rooms; all others see every room.");
		return false;
	}
	if (has_role)
		w_r->change.role = &w_r->role;
	if (has_rooms || (has_role && w_r->role != ROLE_GUEST)) /* no rooms lie in wait for somebody who becomes a guest again */
		w_r->change.rooms = &w_r->rooms;
	return true;
}

void api_user_edit(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct account a;
	struct wish wish;
	int err = find(sv, rq, &a);
	sodium_memzero(a.password, sizeof a.password);
	if (err) {
		refuse(rs, err);
		return;
	}
	if (!read_wish(rq, &a, &wish, rs))
		return;
	err = store_account_change(sv->store, a.id, &wish.change);
	if (err) {
		refuse(rs, err);
		return;
	}
	char detail[128];
	str_format(detail, sizeof detail, "%s, %s", wish.change.name ? wish.change.name : a.name, role_name(wish.role));
	audit(sv, rq->identity.name, "user_edited", detail);
	people_changed(sv, a.id);
	answer(sv, a.id, 200, rs);
}

void api_user_remove(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct account a;
	int err = find(sv, rq, &a);
	sodium_memzero(a.password, sizeof a.password);
	if (!err)
		err = store_account_remove(sv->store, a.id);
	if (err) {
		refuse(rs, err);
		return;
	}
	audit(sv, rq->identity.name, "user_removed", a.name);
	people_changed(sv, a.id);
	response_empty(rs, 204);
}

/* ---- a new password ---------------------------------------------------- */

/* Sets it, and ends what was made with the old one, which others may have known. */
static int set_password(const struct web_services *sv, struct account *a, const char *password, const bool *must_change)
{
	int err = login_hash_password(sv->login, password, a->password);
	if (!err)
		err = store_account_change(sv->store, a->id,
					   &(struct account_change){.password = a->password, .must_change = must_change});
	sodium_memzero(a->password, sizeof a->password);
	if (!err)
		err = store_session_purge(sv->store, a->id, NULL, (struct wall_ms){0}, NULL);
	return err ? err : store_token_purge(sv->store, a->id);
}

void api_user_password(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct account a;
	/* whoever sits at the socket may set their own; an owner in the page chooses for somebody else */
	bool must_change = rq->identity.account != 0;
	int err = find(sv, rq, &a);
	const char *password = err ? NULL : people_password(rq, "password", rs);
	if (!err && (!password || !people_flag(rq, "must_change", &must_change, rs)))
		return;
	if (!err && a.id == rq->identity.account) {
		problem_coded(rs, 409, "own_password", NULL, "Change your own password with the present one.");
		return;
	}
	if (!err)
		err = set_password(sv, &a, password, &must_change);
	if (err) {
		refuse(rs, err);
		return;
	}
	audit(sv, rq->identity.name, "password_set", a.name);
	sv->end_streams(sv->end_streams_ctx, a.id, NULL, false);
	response_empty(rs, 204);
}
