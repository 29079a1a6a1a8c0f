/* Where one is logged in: one's own sessions. Pool threads. */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "web/audit.h"
#include "web/list.h"
#include "web/login.h"
#include "web/people.h"
#include "web/problem.h"
#include "web/routes.h"

enum { ID_BYTES = 16 }; /* of the hash: names a session, opens none */

struct sessions {
	const struct request *rq;
	json_t *list;
	/* looking for one */
	char wanted[2 * ID_BYTES + 1];
	uint8_t hash[32];
	bool found;
};

static void add_session(void *ctx, const struct web_session *w)
{
	struct sessions *s = ctx;
	char id[2 * ID_BYTES + 1];
	str_to_hex(id, w->token_hash, ID_BYTES);
	bool current = memcmp(w->token_hash, s->rq->identity.session, sizeof w->token_hash) == 0;
	json_array_append_new(s->list, json_pack("{s:s, s:s, s:s, s:I, s:I, s:b}", "id", id, "agent", w->agent, "address", w->address,
						 "created", (json_int_t)w->created_at.ms, "used", (json_int_t)w->used_at.ms, "current",
						 (int)current));
}

/* The admin on the socket has no account. */
static bool is_person(const struct request *rq, struct response *rs)
{
	if (rq->identity.account)
		return true;
	problem(rs, 409, "The hub's socket belongs to no account, and has no sessions.");
	return false;
}

void api_sessions_list(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!is_person(rq, rs))
		return;
	static const struct list list = {.name = "sessions", .order = {"used", "id"}, .descending = true};
	struct sessions s = {.rq = rq, .list = json_array()};
	people_answer_list(&list, rq, s.list, login_sessions(sv->login, rq->identity.account, add_session, &s), rs);
}

static void look_for(void *ctx, const struct web_session *w)
{
	struct sessions *s = ctx;
	char id[2 * ID_BYTES + 1];
	str_to_hex(id, w->token_hash, ID_BYTES);
	if (strcmp(id, s->wanted) != 0)
		return;
	memcpy(s->hash, w->token_hash, sizeof s->hash);
	s->found = true;
}

void api_session_end(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!is_person(rq, rs))
		return;
	struct sessions s = {.rq = rq};
	int err = str_copy(s.wanted, sizeof s.wanted, rq->params[0]) ? ERR_NOT_FOUND : 0;
	if (!err)
		err = login_sessions(sv->login, rq->identity.account, look_for, &s);
	if (!err)
		err = s.found ? store_session_remove(sv->store, s.hash, NULL) : ERR_NOT_FOUND;
	if (err) {
		problem_from_err(rs, err, "session");
		return;
	}
	audit(sv, rq->identity.name, "session_ended", rq->peer.address);
	sv->end_streams(sv->end_streams_ctx, rq->identity.account, s.hash, false);
	response_empty(rs, 204);
}

void api_sessions_end_others(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!is_person(rq, rs))
		return;
	const struct identity *who = &rq->identity;
	int err = store_session_purge(sv->store, who->account, who->session, (struct wall_ms){0}, NULL);
	if (err) {
		problem_from_err(rs, err, "session");
		return;
	}
	audit(sv, who->name, "sessions_ended", rq->peer.address);
	sv->end_streams(sv->end_streams_ctx, who->account, who->session, true);
	response_empty(rs, 204);
}
