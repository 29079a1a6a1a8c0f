/* A PostgreSQL server of a test's own: fresh data in a temporary directory, a Unix socket there, no TCP. It
 * runs as a user who is not root and dies with the process that started it. */
#ifndef TESTS_SUPPORT_POSTGRES_H
#define TESTS_SUPPORT_POSTGRES_H

#include <stdbool.h>
#include <sys/types.h>

struct postgres {
	char bin[128];      /* where its programs are */
	char dir[64];
	char conninfo[160]; /* of its database */
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0 while it is stopped */
};

/* Makes the data and starts the server. reason_r says why it cannot be done here. */
bool postgres_create(struct postgres *p, char reason_r[160]);

/* Starts it again; waits until it takes connections. */
bool postgres_start(struct postgres *p);

/* Ends it, with its connections. */
void postgres_stop(struct postgres *p);

/* Stops it and removes its data. */
void postgres_destroy(struct postgres *p);

/* Runs SQL with psql. Whether that succeeded. */
bool postgres_sql(struct postgres *p, const char *sql);

#endif
