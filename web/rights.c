/* Roles and scopes as tables. */
#include "web/rights.h"

#include <string.h>

#include "base/err.h"

static const struct {
	const char *name;
	unsigned rights;
} roles[] = {
	[ROLE_VIEWER] = {"viewer", RIGHT_READ},
	[ROLE_ADULT] = {"adult", RIGHT_READ | RIGHT_CONTROL},
	[ROLE_OWNER] = {"owner", RIGHT_READ | RIGHT_CONTROL | RIGHT_ADMIN},
	[ROLE_GUEST] = {"guest", RIGHT_READ | RIGHT_CONTROL},
}, scopes[] = {
	[TOKEN_READ] = {"read", RIGHT_READ},
	[TOKEN_CONTROL] = {"control", RIGHT_READ | RIGHT_CONTROL},
	[TOKEN_ADMIN] = {"admin", RIGHT_READ | RIGHT_CONTROL | RIGHT_ADMIN},
};

unsigned rights_of_role(enum role role)
{
	return roles[role].rights;
}

unsigned rights_of_scope(enum token_scope scope)
{
	return scopes[scope].rights;
}

const char *role_name(enum role role)
{
	return roles[role].name;
}

const char *scope_name(enum token_scope scope)
{
	return scopes[scope].name;
}

int role_find(const char *name, enum role *role_r)
{
	for (size_t i = 0; name && i < sizeof roles / sizeof roles[0]; i++)
		if (strcmp(roles[i].name, name) == 0) {
			*role_r = (enum role)i;
			return 0;
		}
	return ERR_NOT_FOUND;
}

int scope_find(const char *name, enum token_scope *scope_r)
{
	for (size_t i = 0; name && i < sizeof scopes / sizeof scopes[0]; i++)
		if (strcmp(scopes[i].name, name) == 0) {
			*scope_r = (enum token_scope)i;
			return 0;
		}
	return ERR_NOT_FOUND;
}
