/* What becomes of commands: asked for, followed, printed. */
#ifndef CTL_FATES_H
#define CTL_FATES_H

#include <stdint.h>

#include "ctl/ctl.h"

/* How long somebody is patient, from the options --timeout and --wait. */
struct patience {
	int timeout_s;  /* with the device's confirmation */
	int64_t wait_s; /* with a device that is away; 0: not at all */
};

/* Reads the options. False: they are none, which was said on ctl->err. */
bool patience_read(const struct ctl *ctl, int count, char **args, struct patience *patience_r);

/* Posts the body (taken) and follows the command object, or commands object, that is answered until all are over, those that wait for a
 * device aside; prints what became of each. Returns EXIT_FINE when all are confirmed, or wait as they may. */
int fates_ask(const struct ctl *ctl, const char *path, json_t *body, const struct patience *patience);

#endif
