/* Accounts by their names. */
#ifndef CTL_USERS_H
#define CTL_USERS_H

#include "ctl/ctl.h"

enum { USER_NAME_SIZE = 64 };

/* Asks the hub for the account with the name, without regard to case (NULL: the only one there is). Returns EXIT_FINE with its id and its name as
 * it is spelt, or says on ctl->err what is wrong and returns the exit code. */
int users_find(const struct ctl *ctl, const char *name, json_int_t *id_r, char name_r[USER_NAME_SIZE]);

#endif
