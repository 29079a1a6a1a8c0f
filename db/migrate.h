/* Numbered migrations bring a database file to the schema that this program knows. */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

struct conn;

enum { STORE_MESSAGE_SIZE = 512 }; /* of the sentences for people, with terminator */

/* One step to the next version. */
struct migration {
	const char *name; /* of its file, for messages */
	const char *sql;
};

struct schema {
	const char *file; /* "hub.db", for messages */
	size_t first;     /* the version that the first migration leads to, from an empty file */
	size_t count;
	const struct migration *migrations;
};

/* The schema that the database has; 0: it is new. Returns 0 or an error as query_end. */
int migrate_version(struct conn *conn, int64_t *version_r);

/* Applies the migrations that the database lacks, each in one transaction with its
 * PRAGMA user_version; one that fails leaves the version before it. Foreign keys must be off
 * on the connection (a migration may rebuild tables); they are checked before each commit.
 * message_r receives a sentence on failure. Returns 0, ERR_NEWER, ERR_STATE (older than schema->first:
 * to be converted by other means), or the error of the migration (ERR_DISK_FULL, ERR_DAMAGED, ERR_IO, ERR_INVALID …). */
int migrate(struct conn *conn, const struct schema *schema, char message_r[STORE_MESSAGE_SIZE]);

#endif
