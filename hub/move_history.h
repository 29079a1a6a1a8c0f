/* tomte-hub --move-history: copying history between back ends, on the command line. */
#ifndef HUB_MOVE_HISTORY_H
#define HUB_MOVE_HISTORY_H

/* Copies from one place to another ("local" or a connection string) and shows how far it is.
 * Returns the status to exit with. */
int move_history(const char *state_dir, const char *from, const char *to);

#endif
