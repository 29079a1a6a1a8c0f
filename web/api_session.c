/* Set-up, login, logout, password: the account of whoever asks. Pool threads. */
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "web/audit.h"
#include "web/hosts.h"
#include "web/login.h"
#include "web/people.h"
#include "web/problem.h"
#include "web/rights.h"
#include "web/routes.h"
#include "web/setup.h"

static void answer_session(const struct web_services *sv, const struct account *a, int status, struct response *rs)
{
	const struct hub_info *hub = &sv->hub;
	json_t *json = json_pack("{s:{s:s, s:s}, s:{s:s, s:s, s:s, s:i, s:i, s:i}, s:I, s:o, s:b}", "user", "name", a->name, "role",
				 role_name(a->role), "hub", "hub_id", hub->hub_id, "version", hub->version,
				 "ca_fingerprint", sv->ca_fingerprint, "mqtts_port", (int)hub->mqtts_port, "https_port",
				 (int)hub->https_port, "http_port", (int)hub->http_port, "now",
				 (json_int_t)clock_wall().ms, "rooms", people_rooms(a), "must_change", (int)a->must_change);
	response_json(rs, status, json);
}

void api_session_get(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const struct identity *who = &rq->identity;
	struct account account = {.role = who->role, .rooms = who->rooms, .must_change = who->must_change};
	(void)str_copy(account.name, sizeof account.name, who->name);
	if (who->known)
		answer_session(sv, &account, 200, rs);
	else
		problem_coded(rs, 401, "log_in", NULL, "Log in first.");
}

/* Whether the request holds the set-up token; answers what is wrong otherwise. */
static bool token_ok(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	/* nobody guesses 160 bits, but each wrong one costs a line of the audit log */
	int wait_s = login_attempt(sv->login, rq);
	if (wait_s) {
		problem_too_many(rs, wait_s);
		return false;
	}
	const char *token = request_text(rq, "token", 1, 128);
	if (token && setup_token_matches(sv->setup, token)) {
		login_forgive(sv->login, rq);
		return true;
	}
	audit(sv, rq->peer.address, "setup_refused", "wrong token");
	problem_coded(rs, 403, "setup_link", NULL, "This set-up link is not valid. Run `sudo tomtectl setup-link` on the hub for a new one.");
	return false;
}

/* Makes the owner's account, whose id is set. Returns 0, ERR_STATE when somebody was faster, or an error. */
static int make_owner(const struct web_services *sv, const char *password, struct account *account)
{
	int err = login_hash_password(sv->login, password, account->password);
	if (!err)
		err = store_account_add(sv->store, account, true, &account->id);
	sodium_memzero(account->password, sizeof account->password);
	if (err == 0 || err == ERR_STATE)
		setup_finish(sv->setup);
	return err;
}

static const char already[] = "This hub is set up already. Log in.";

void api_setup(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (!setup_needed(sv->setup)) {
		problem_coded(rs, 409, "set_up", NULL, already);
		return;
	}
	const char *name = token_ok(sv, rq, rs) ? people_name(rq, rs) : NULL;
	const char *password = name ? people_password(rq, "password", rs) : NULL;
	if (!password)
		return;
	struct account owner = {.role = ROLE_OWNER, .rooms.all = true, .created_at = clock_wall()};
	(void)str_copy(owner.name, sizeof owner.name, name);
	int err = make_owner(sv, password, &owner);
	if (err == ERR_STATE) {
		problem_coded(rs, 409, "set_up", NULL, already);
		return;
	}
	if (!err) {
		log_info("web", "set up by %s, from %s", name, rq->peer.address);
		audit(sv, name, "setup", rq->peer.address);
		err = login_start_session(sv->login, rq, owner.id, rs);
	}
	if (err)
		problem_from_err(rs, err, "account");
	else
		answer_session(sv, &owner, 201, rs);
}

struct links {
	json_t *urls;
	const char *token;
	uint16_t port;
};

static void add_link(void *ctx, const char *host)
{
	struct links *links = ctx;
	json_array_append_new(links->urls, json_sprintf("https://%s:%u/setup#%s", host, links->port, links->token));
}

void api_setup_link(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	(void)rq;
	char token[SETUP_TOKEN_CHARS + 1];
	if (setup_token(sv->setup, token)) {
		problem_coded(rs, 409, "set_up", NULL, "This hub is set up already. Log in at its page.");
		return;
	}
	struct links links = {json_array(), token, sv->hub.https_port};
	hosts_reachable_each(sv->hosts, sv->address, add_link, &links);
	response_json(rs, 200, json_pack("{s:o, s:s}", "urls", links.urls, "ca_fingerprint", sv->ca_fingerprint));
	sodium_memzero(token, sizeof token);
}

static void refuse_login(const struct web_services *sv, const struct request *rq, const char *name,
			 struct response *rs)
{
	atomic_fetch_add(&sv->counters->logins_failed, 1);
	/* the name as typed may be a password: it goes neither to the log nor to the audit */
	audit(sv, rq->peer.address, "login_failed", name ? name : "unknown user");
	problem_coded(rs, 401, "login", NULL, "The name or the password is wrong.");
}

void api_login(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	const char *name = request_text(rq, "name", 1, ACCOUNT_NAME_MAX);
	const char *password = request_text(rq, "password", 1, PASSWORD_MAX);
	if (!name || !password) {
		problem(rs, 422, "Send a name and a password.");
		return;
	}
	struct account account = {0};
	int err = store_account_by_name(sv->store, name, &account);
	bool exists = err == 0;
	if (err && err != ERR_NOT_FOUND) {
		problem_from_err(rs, err, "account");
		return;
	}
	int retry_s;
	err = login_check_password(sv->login, rq, password, exists ? account.password : NULL, &retry_s);
	sodium_memzero(account.password, sizeof account.password);
	if (err == ERR_BUSY) {
		problem_too_many(rs, retry_s);
		return;
	}
	if (err || !exists) {
		refuse_login(sv, rq, exists ? account.name : NULL, rs);
		return;
	}
	err = login_start_session(sv->login, rq, account.id, rs);
	if (err) {
		problem_from_err(rs, err, "account");
		return;
	}
	audit(sv, account.name, "login", rq->peer.address);
	answer_session(sv, &account, 200, rs);
}

void api_logout(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	int err = login_end_session(sv->login, rq, rs);
	if (err) {
		problem_from_err(rs, err, "session");
		return;
	}
	sv->end_streams(sv->end_streams_ctx, rq->identity.account, rq->identity.session, false);
	response_empty(rs, 204);
}

void api_password(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	if (rq->identity.account == 0) {
		problem(rs, 409, "Use `tomtectl passwd` to set the password of an account.");
		return;
	}
	const char *old = request_text(rq, "old", 1, PASSWORD_MAX);
	if (!old) {
		problem_coded(rs, 422, "old_password", "old", "Give the present password as well.");
		return;
	}
	const char *fresh = people_password(rq, "new", rs);
	if (!fresh)
		return;
	if (rq->identity.must_change && strcmp(old, fresh) == 0) {
		problem_coded(rs, 422, "same_password", "new", "That is the present password. Choose another one.");
		return;
	}
	static const bool no = false;
	struct account account;
	int retry_s = 0;
	int err = store_account_by_id(sv->store, rq->identity.account, &account);
	if (!err)
		err = login_check_password(sv->login, rq, old, account.password, &retry_s);
	if (!err)
		err = login_hash_password(sv->login, fresh, account.password);
	if (!err)
		err = store_account_change(sv->store, account.id,
					   &(struct account_change){.password = account.password, .must_change = &no});
	if (!err)
		err = store_session_purge(sv->store, account.id, rq->identity.session, (struct wall_ms){0}, NULL);
	sodium_memzero(account.password, sizeof account.password);
	if (err == ERR_DENIED) {
		audit(sv, rq->identity.name, "password_refused", rq->peer.address);
		problem_coded(rs, 401, "old_password", "old", "The present password is wrong.");
	} else if (err == ERR_BUSY) {
		problem_too_many(rs, retry_s ? retry_s : 2);
	} else if (err) {
		problem_from_err(rs, err, "account");
	} else {
		audit(sv, rq->identity.name, "password_changed", rq->peer.address);
		sv->end_streams(sv->end_streams_ctx, account.id, rq->identity.session, true);
		response_empty(rs, 204);
	}
}
