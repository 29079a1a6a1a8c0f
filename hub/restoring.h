/* tomte-hub --restore and --verify. */
#ifndef HUB_RESTORING_H
#define HUB_RESTORING_H

#include "main/options.h"

/* Restores or checks the backup that the options name, and says how it went on the standard streams. Main thread. Returns
 * the exit status: EXIT_FAILED, or EXIT_CONFIG_ERROR for a backup of a newer tomte. */
int restoring_run(const struct options *options);

#endif
