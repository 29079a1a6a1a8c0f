/* Copying history between the state directory and a database server, while the hub is stopped. Part of
 * the facade. */
#ifndef DB_MOVE_H
#define DB_MOVE_H

#include <stdint.h>

struct move_options {
	const char *state_dir;
	const char *from, *to; /* "local" for the state directory, else libpq's connection string */
	/* Now and then: pieces done of all there were at the beginning. Returns 0 to go on. May be NULL. */
	int (*progress)(void *ctx, int64_t done, int64_t total);
	void *ctx;
};

/* Copies everything; what `to` has is kept and merged with. May be broken off at any time and done again. Blocks.
 * message_r (512 bytes): a sentence on failure. Returns 0, ERR_BUSY (the hub runs), ERR_INVALID (from and to are
 * the same), progress's, or as store_open. */
int store_move(const struct move_options *options, char message_r[512]);

#endif
