/* Passwords, asked for without echo. */
#ifndef CTL_PASSWORD_H
#define CTL_PASSWORD_H

#include "ctl/ctl.h"

enum { PASSWORD_SIZE = 1026 };

/* A new password from standard input, typed twice by a person, once by a program. Returns false with a message. Wipe it. */
bool password_ask(const struct ctl *ctl, char password_r[PASSWORD_SIZE]);

#endif
