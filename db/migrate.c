/* Migrations: runs once per database at open, on the opening thread, before
 * any reader exists. It knows no table: the steps are SQL files. */
#include "db/migrate.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "db/conn.h"

int migrate_version(struct conn *conn, int64_t *version_r)
{
	struct query q;
	query_begin(&q, conn, "PRAGMA user_version");
	*version_r = query_next(&q) ? query_take_int(&q) : 0;
	return query_end(&q);
}

/* PRAGMA takes no parameters, so the number is formatted into its text. */
static int write_version(struct conn *conn, size_t version)
{
	char sql[64];
	int err = str_format(sql, sizeof sql, "PRAGMA user_version = %zu", version);
	return err ? err : conn_exec(conn, sql);
}

static int check_foreign_keys(struct conn *conn)
{
	struct query q;
	query_begin(&q, conn, "PRAGMA foreign_key_check");
	bool dangling = query_next(&q);
	int err = query_end(&q);
	return err ? err : dangling ? ERR_INVALID : 0;
}

static int apply(struct conn *conn, const struct migration *migration, size_t version)
{
	int err = conn_exec(conn, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = conn_exec(conn, migration->sql);
	if (!err)
		err = check_foreign_keys(conn);
	if (!err)
		err = write_version(conn, version);
	if (!err)
		err = conn_exec(conn, "COMMIT");
	return err;
}

int migrate(struct conn *conn, const struct schema *schema, char message_r[STORE_MESSAGE_SIZE])
{
	int64_t version;
	int err = migrate_version(conn, &version);
	if (err) {
		(void)str_format(message_r, STORE_MESSAGE_SIZE, "The schema version of %s cannot be read: %s (%s).",
				 schema->file, err_text(err), conn_message(conn));
		return err;
	}
	size_t newest = schema->first + schema->count - 1;
	if (version < 0 || (uint64_t)version > newest) {
		(void)str_format(message_r, STORE_MESSAGE_SIZE,
				 "%s has schema %" PRId64 ", this program knows schemas up to %zu: a newer tomte-hub wrote it. "
				 "Install that version again, or restore a backup made before the upgrade.",
				 schema->file, version, newest);
		return ERR_NEWER;
	}
	size_t next = version == 0 ? schema->first : (size_t)version + 1;
	if (version > 0 && (size_t)version < schema->first) {
		(void)str_format(message_r, STORE_MESSAGE_SIZE,
				 "%s has schema %" PRId64 " and must be converted to schema %zu first.", schema->file, version,
				 schema->first);
		return ERR_STATE;
	}
	for (; next <= newest; next++) {
		const struct migration *migration = &schema->migrations[next - schema->first];
		err = apply(conn, migration, next);
		if (err) {
			(void)str_format(message_r, STORE_MESSAGE_SIZE,
					 "The migration %s of %s failed and left schema %" PRId64 " as it was: %s (%s).",
					 migration->name, schema->file, version, err_text(err), conn_message(conn));
			conn_rollback(conn);
			return err;
		}
		version = (int64_t)next;
		log_info("store", "%s is at schema %zu now (%s)", schema->file, next, migration->name);
	}
	return 0;
}
