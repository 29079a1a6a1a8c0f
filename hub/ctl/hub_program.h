/* What is done while the hub is stopped is done by its own program, which knows the store. */
#ifndef CTL_HUB_PROGRAM_H
#define CTL_HUB_PROGRAM_H

#include "ctl/ctl.h"

/* Becomes tomte-hub with these arguments (NULL-terminated, the first is its name). Returns, with an exit code and
 * having said why, only when that fails. */
int hub_program_become(const struct ctl *ctl, const char *const *args);

#endif
