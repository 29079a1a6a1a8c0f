/* Who is asking: sessions in cookies, API tokens, passwords with their limits. Called on pool threads. */
#ifndef WEB_LOGIN_H
#define WEB_LOGIN_H

#include "model/ports.h"
#include "web/request.h"
#include "web/response.h"

struct login;

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 1024, ACCOUNT_NAME_MAX = 63 };

/* Borrows both until login_destroy. Returns 0 or ERR_NOMEM. */
int login_create(struct store *store, const struct password_port *password, struct login **login_r);
void login_destroy(struct login **login);

/* Finds out who the request comes from and sets rq->identity: the admin's socket, else the token that it shows, else its
 * cookie. Blocks on the store. Returns 0 (also for nobody), ERR_DENIED (a token that is none), ERR_BUSY (one more of those from this
 * address: *retry_s_r seconds to wait), or an error of the store. */
int login_identify(struct login *login, struct request *rq, int *retry_s_r);

/* Calls each for the sessions of the account that are not over. Returns 0 or an error of the store. */
int login_sessions(struct login *login, int64_t account, void (*each)(void *ctx, const struct web_session *w), void *ctx);

/* Makes a session for the account and sets its cookie in the answer. Returns 0 or an error of the store. */
int login_start_session(struct login *login, const struct request *rq, int64_t account, struct response *rs);

/* Ends the request's session and clears the cookie. */
int login_end_session(struct login *login, const struct request *rq, struct response *rs);

/* Compares a password within the address's limit; hash NULL: as long as for a real one, then ERR_DENIED.
 * Returns 0, ERR_DENIED, or ERR_BUSY with the seconds to wait in *retry_s_r. */
int login_check_password(struct login *login, const struct request *rq, const char *password, const char *hash,
			 int *retry_s_r);

/* Takes one of the address's attempts, for secrets other than passwords. Returns
 * 0 or the seconds to wait. login_forgive gives it back: the attempt was a good one. */
int login_attempt(struct login *login, const struct request *rq);
void login_forgive(struct login *login, const struct request *rq);

/* Hashes a new password. Returns 0, ERR_BUSY or ERR_NOMEM. */
int login_hash_password(struct login *login, const char *password, char hash_r[128]);

#endif
