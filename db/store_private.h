/* The inside of struct store, for the files that implement its facade. */
#ifndef DB_STORE_PRIVATE_H
#define DB_STORE_PRIVATE_H

#include "db/readers.h"
#include "db/store.h"
#include "db/writer.h"

struct head;
struct shelf;

/* Immutable between open and close; the parts have their own locks. */
struct store {
	int lock_fd; /* holds the flock on the state directory */
	struct writer *writer;
	struct readers *readers;
	struct head *head;   /* head.h */
	struct shelf *shelf; /* shelf.h */
};

/* A query on a connection of the pool: what every reading function does. */
struct reading {
	struct query q;
	struct store *store;
	enum base base;
};

/* Takes a connection and begins the query (query_begin); reading_end is always called. */
void reading_begin(struct reading *r, struct store *s, enum base base, const char *sql);

/* Ends the query and gives the connection back. Returns as query_end. */
int reading_end(struct reading *r);

/* The same for a query of which one row is expected: none gives ERR_NOT_FOUND. */
int reading_end_found(struct reading *r, bool found);

#endif
