/* What roles and scopes allow: the one place that knows. Pure decisions, any thread.
 *
 *            read   control   admin   rooms
 *   viewer    x                       all
 *   guest     x        x              chosen ones
 *   adult     x        x              all
 *   owner     x        x        x     all
 *
 * A token has what its scope and its account's role have both, and sees the account's rooms. */
#ifndef WEB_RIGHTS_H
#define WEB_RIGHTS_H

#include "db/store.h"

enum right {
	RIGHT_READ = 1,
	RIGHT_CONTROL = 2, /* devices obey */
	RIGHT_ADMIN = 4,   /* devices, people and the hub are arranged */
};

/* A set of enum right. */
unsigned rights_of_role(enum role role);
unsigned rights_of_scope(enum token_scope scope);

/* The names under which both travel: "viewer", "guest", "adult", "owner"; "read", "control", "admin". */
const char *role_name(enum role role);
const char *scope_name(enum token_scope scope);
/* Return 0 or ERR_NOT_FOUND; name may be NULL. */
int role_find(const char *name, enum role *role_r);
int scope_find(const char *name, enum token_scope *scope_r);

#endif
