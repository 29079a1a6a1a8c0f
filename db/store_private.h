/* The inside of struct store, for the files that implement its facade. */
#ifndef DB_STORE_PRIVATE_H
#define DB_STORE_PRIVATE_H

#include "db/backup_private.h"
#include "db/committer.h"
#include "db/head.h"
#include "db/history.h"
#include "db/readers.h"
#include "db/sealer.h"
#include "db/session_store.h"
#include "db/shelf.h"
#include "db/store.h"
#include "db/writer.h"
#include "thread/thread.h"

enum { STORE_PATH_SIZE = 4096, ALERT_KINDS = 4, ALERT_TEXT_SIZE = 512 };

/* Something that the owner is to be told. */
struct standing_alert {
	const char *kind; /* NULL: free */
	char text[ALERT_TEXT_SIZE];
};

struct request; /* of erasure.c */

enum { UNWRITTEN_ALERTS = 32 };

/* Immutable between open and close but for the parts that have locks; the objects have their own. */
struct store {
	char dir[STORE_PATH_SIZE];
	int lock_fd; /* holds the flock on the state directory */
	struct writer *writer;
	struct readers *readers; /* of hub.db */
	struct head *head;
	struct committer *committer;
	struct sealer *sealer;
	struct session_store *sessions; /* the sealer's thread's */
	struct shelf *local, *remote;   /* remote: NULL without a database server */
	struct upkeep *upkeep;

	struct backup_desk backups;

	struct lock erasures_lock; /* "store-erasures" */
	struct request *erasures;

	struct lock alerts_lock; /* "store-alerts" */
	struct store_events events;
	struct standing_alert alerts[ALERT_KINDS];
	struct alert unwritten[UNWRITTEN_ALERTS]; /* what the disk had no room for, so that people can read it all the same; by id */
	size_t unwritten_count;
};

/* Forgets those of a device that is erased. Any thread. */
void store_alerts_forget(struct store *s, const char *device);

/* Raises (text) or ends (NULL) an alert. kind: static. Any thread of the store. */
void store_alert(struct store *s, const char *kind, const char *text);

/* A query on a connection of hub.db's pool: what every reading function does. */
struct reading {
	struct query q;
	struct store *store;
};

/* Takes a connection and begins the query (query_begin); reading_end is always called. */
void reading_begin(struct reading *r, struct store *s, const char *sql);

/* Ends the query and gives the connection back. Returns as query_end. */
int reading_end(struct reading *r);

/* The same for a query of which one row is expected: none gives ERR_NOT_FOUND. */
int reading_end_found(struct reading *r, bool found);

#endif
