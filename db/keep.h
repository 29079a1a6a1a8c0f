/* Copies of databases as they were before a migration, kept beside them as <file>.schema-<n>. */
#ifndef DB_KEEP_H
#define DB_KEEP_H

struct conn;
struct schema;

/* Copies the database before it is migrated from an older schema; does nothing for one that is new or up to
 * date, or when the copy is there. message_r (512 bytes): a sentence on failure. Returns 0 or an error of the disk. */
int keep_copy(struct conn *conn, const struct schema *schema, const char *path, char message_r[512]);

/* Removes all copies in the directory, and what was put aside of the journal: an erased device must not live on in
 * them. Returns 0 or an error of the disk. */
int keep_forget(const char *dir);

#endif
