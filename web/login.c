/* Sessions and passwords. The cookie holds a random token, the store only its
 * hash. Runs on the pool's threads; knows nothing of routes or HTTP's framing. */
#include "web/login.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "web/bearer.h"
#include "web/limiter.h"
#include "web/rights.h"

static const int64_t day_ms = 24LL * 60 * 60 * 1000;
enum {
	IDLE_DAYS = 30,
	ABSOLUTE_DAYS = 180,
	TOUCH_MS = 60 * 60 * 1000, /* no write per request */
	MOVED_MS = 60 * 1000,
	/* Of the pool's four threads: the others keep serving while passwords are computed. */
	PASSWORDS_AT_ONCE = 2,
};

struct login {
	struct store *store;                 /* borrowed */
	const struct password_port *password; /* borrowed */
	struct limiter *limiter, *token_limiter; /* of passwords; of API tokens, which machines behind one address try */
	_Atomic int passwords; /* being computed now */
};

int login_create(struct store *store, const struct password_port *password, struct login **login_r)
{
	struct login *login = calloc(1, sizeof *login);
	if (!login)
		return ERR_NOMEM;
	login->store = store;
	login->password = password;
	if (limiter_create(&login->limiter) || limiter_create(&login->token_limiter)) {
		login_destroy(&login);
		return ERR_NOMEM;
	}
	*login_r = login;
	return 0;
}

void login_destroy(struct login **login)
{
	if (!*login)
		return;
	limiter_destroy(&(*login)->limiter);
	limiter_destroy(&(*login)->token_limiter);
	free(*login);
	*login = NULL;
}

static void token_hash(const char *token, uint8_t hash[32])
{
	crypto_generichash(hash, 32, (const uint8_t *)token, strlen(token), NULL, 0);
}

/* For writes that nobody waits for. */
static void written(void *ctx, int err)
{
	(void)ctx;
	if (err)
		log_warning("web", "cannot keep a session: %s", err_text(err));
}

static const struct store_done dont_wait = {.fn = written, .ctx = NULL};

/* The last use is kept to the hour, and where from as soon as that is another place. */
static void touch(struct login *login, struct web_session *session, const struct request *rq, struct wall_ms now)
{
	int64_t pause = now.ms - session->used_at.ms;
	bool moved = strcmp(session->address, rq->peer.address) != 0;
	if (pause < (moved ? MOVED_MS : TOUCH_MS))
		return;
	session->used_at = now;
	(void)str_copy(session->address, sizeof session->address, rq->peer.address);
	store_session_touch(login->store, session, &dont_wait);
}

static struct wall_ms expiry(const struct web_session *session)
{
	int64_t idle = session->used_at.ms + IDLE_DAYS * day_ms, absolute = session->created_at.ms + ABSOLUTE_DAYS * day_ms;
	return (struct wall_ms){idle < absolute ? idle : absolute};
}

/* The account that a token or session is for. */
static int become(struct login *login, struct identity *who, int64_t id)
{
	struct account account;
	int err = store_account_by_id(login->store, id, &account);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	who->known = true;
	who->account = account.id;
	who->role = account.role;
	who->rights &= rights_of_role(account.role);
	who->rooms = account.rooms;
	who->must_change = account.must_change;
	err = str_copy(who->name, sizeof who->name, account.name);
	sodium_memzero(account.password, sizeof account.password);
	return err;
}

static int identify_token(struct login *login, struct request *rq, int *retry_s_r)
{
	int64_t account;
	int err = bearer_identify(login->store, rq, &account);
	if (!err)
		return become(login, &rq->identity, account);
	/* good ones go on also while somebody at the same address tries wrong ones */
	*retry_s_r = err == ERR_DENIED ? limiter_take(login->token_limiter, rq->peer.address, clock_mono()) : 0;
	return *retry_s_r ? ERR_BUSY : err;
}

static int identify_cookie(struct login *login, struct request *rq)
{
	struct web_session session;
	token_hash(rq->cookie, rq->identity.session);
	int err = store_session_get(login->store, rq->identity.session, &session);
	if (err)
		return err == ERR_NOT_FOUND ? 0 : err;
	struct wall_ms now = clock_wall();
	if (now.ms > expiry(&session).ms) {
		store_session_remove(login->store, session.token_hash, &dont_wait);
		return 0;
	}
	rq->identity.rights = ~0u;
	err = become(login, &rq->identity, session.account);
	if (!err)
		touch(login, &session, rq, now);
	rq->identity.ends_at = expiry(&session);
	return err;
}

int login_identify(struct login *login, struct request *rq, int *retry_s_r)
{
	struct identity *who = &rq->identity;
	*who = (struct identity){0};
	if (rq->peer.admin) {
		*who = (struct identity){.known = true, .role = ROLE_OWNER, .rights = rights_of_role(ROLE_OWNER), .rooms.all = true};
		return str_copy(who->name, sizeof who->name, "tomtectl");
	}
	if (rq->bearer[0])
		return rq->reads_metrics ? 0 : identify_token(login, rq, retry_s_r);
	return rq->cookie[0] ? identify_cookie(login, rq) : 0;
}

struct listing {
	void (*each)(void *ctx, const struct web_session *w);
	void *ctx;
	struct wall_ms now;
};

static void list_one(void *ctx, const struct web_session *w)
{
	const struct listing *l = ctx;
	if (l->now.ms <= expiry(w).ms)
		l->each(l->ctx, w);
}

int login_sessions(struct login *login, int64_t account, void (*each)(void *ctx, const struct web_session *w), void *ctx)
{
	struct listing l = {each, ctx, clock_wall()};
	return store_session_each(login->store, account, list_one, &l);
}

static void set_cookie(struct response *rs, const struct request *rq, const char *token, int64_t max_age_s)
{
	bool tls = rq->peer.transport == TRANSPORT_TLS;
	response_header(rs, "Set-Cookie", "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
			tls ? "__Host-tomte" : "tomte", token, (long long)max_age_s, tls ? "; Secure" : "");
}

int login_start_session(struct login *login, const struct request *rq, int64_t account, struct response *rs)
{
	uint8_t secret[32];
	char token[REQUEST_COOKIE_SIZE];
	rand_bytes(secret, sizeof secret);
	str_to_hex(token, secret, sizeof secret);
	struct wall_ms now = clock_wall();
	struct web_session session = {.account = account, .created_at = now, .used_at = now};
	token_hash(token, session.token_hash);
	str_copy(session.agent, sizeof session.agent, rq->user_agent);
	str_copy(session.address, sizeof session.address, rq->peer.address);
	int err = store_session_put(login->store, &session, NULL);
	if (!err)
		set_cookie(rs, rq, token, ABSOLUTE_DAYS * day_ms / 1000);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(token, sizeof token);
	/* whoever logs in sweeps: sessions that nobody has used for long */
	struct wall_ms before = {now.ms - IDLE_DAYS * day_ms};
	store_session_purge(login->store, 0, NULL, before, &dont_wait);
	return err;
}

int login_end_session(struct login *login, const struct request *rq, struct response *rs)
{
	set_cookie(rs, rq, "", 0);
	int err = rq->cookie[0] ? store_session_remove(login->store, rq->identity.session, NULL) : 0;
	return err == ERR_NOT_FOUND ? 0 : err;
}

/* Whether one more password may be computed now. */
static bool enter(struct login *login)
{
	if (atomic_fetch_add(&login->passwords, 1) < PASSWORDS_AT_ONCE)
		return true;
	atomic_fetch_sub(&login->passwords, 1);
	return false;
}

static void leave(struct login *login)
{
	atomic_fetch_sub(&login->passwords, 1);
}

int login_attempt(struct login *login, const struct request *rq)
{
	return limiter_take(login->limiter, rq->peer.address, clock_mono());
}

void login_forgive(struct login *login, const struct request *rq)
{
	limiter_give_back(login->limiter, rq->peer.address, clock_mono());
}

int login_check_password(struct login *login, const struct request *rq, const char *password, const char *hash,
			 int *retry_s_r)
{
	*retry_s_r = login_attempt(login, rq);
	if (*retry_s_r)
		return ERR_BUSY;
	int err = ERR_BUSY;
	if (enter(login)) {
		err = login->password->verify(login->password->ctx, password, hash);
		leave(login);
	}
	/* neither a right password nor our own want of room counts against the address */
	if (err != ERR_DENIED)
		login_forgive(login, rq);
	if (err == ERR_BUSY)
		*retry_s_r = 2;
	return err;
}

int login_hash_password(struct login *login, const char *password, char hash_r[128])
{
	if (!enter(login))
		return ERR_BUSY;
	int err = login->password->hash(login->password->ctx, password, hash_r);
	leave(login);
	return err;
}
