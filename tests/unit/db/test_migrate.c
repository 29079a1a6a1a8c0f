/* Migrations: each database version reaches the newest, and none is harmed on the way. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "db/migrate.h"
#include "db/schema.h"
#include "support.h"

static const struct migration good[] = {
	{"001_first.sql", "CREATE TABLE a (x INTEGER NOT NULL) STRICT; INSERT INTO a VALUES (7);"},
	{"002_more.sql", "CREATE TABLE b (y TEXT NOT NULL) STRICT; INSERT INTO b SELECT 'was ' || x FROM a;"},
	{"003_less.sql", "DROP TABLE a;"},
};
static const struct migration bad[] = {
	{"001_first.sql", "CREATE TABLE a (x INTEGER NOT NULL) STRICT;"},
	{"002_breaks.sql", "CREATE TABLE b (y TEXT); INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1);"},
};
static const struct migration dangling[] = {
	{"001_first.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a (id));"},
	{"002_dangles.sql", "INSERT INTO b VALUES (99);"},
};

static struct conn *open_file(void)
{
	char path[TEST_PATH_SIZE];
	test_path(path, "test.db");
	int fd = open(path, O_CREAT | O_RDWR, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	struct conn *conn;
	ck_assert_int_eq(conn_open_writer(path, BASE_HUB, &conn), 0);
	return conn;
}

static int run(const struct migration *list, size_t count, char message_r[STORE_MESSAGE_SIZE])
{
	struct schema schema = {"test.db", 1, count, list};
	struct conn *conn = open_file();
	message_r[0] = 0;
	int err = migrate(conn, &schema, message_r);
	ck_assert(!conn_in_transaction(conn));
	conn_close(&conn);
	return err;
}

static int64_t version(void)
{
	return test_sql_int("test.db", BASE_HUB, "PRAGMA user_version");
}

START_TEST(fresh_and_again)
{
	char message[STORE_MESSAGE_SIZE];
	ck_assert_int_eq(run(good, 3, message), 0);
	ck_assert_int_eq(version(), 3);
	test_sql("test.db", BASE_HUB, "INSERT INTO b VALUES ('kept')");
	ck_assert_int_eq(run(good, 3, message), 0);
	ck_assert_int_eq(version(), 3);
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM b"), 2);
}
END_TEST

START_TEST(older_with_data)
{
	char message[STORE_MESSAGE_SIZE];
	ck_assert_int_eq(run(good, 1, message), 0);
	test_sql("test.db", BASE_HUB, "INSERT INTO a VALUES (8)");
	ck_assert_int_eq(run(good, 3, message), 0);
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM b WHERE y IN ('was 7', 'was 8')"), 2);
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM sqlite_schema WHERE name = 'a'"), 0);
}
END_TEST

START_TEST(failure_leaves_the_version_before)
{
	char message[STORE_MESSAGE_SIZE];
	ck_assert_int_eq(run(bad, 2, message), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(message, "002_breaks.sql"));
	ck_assert_ptr_nonnull(strstr(message, "nowhere"));
	ck_assert_int_eq(version(), 1);
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM a"), 0);
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
}
END_TEST

START_TEST(foreign_keys_are_checked)
{
	char message[STORE_MESSAGE_SIZE];
	ck_assert_int_eq(run(dangling, 2, message), ERR_INVALID);
	ck_assert_int_eq(version(), 1);
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM b"), 0);
}
END_TEST

START_TEST(newer_is_refused)
{
	char message[STORE_MESSAGE_SIZE];
	ck_assert_int_eq(run(good, 3, message), 0);
	ck_assert_int_eq(run(good, 2, message), ERR_NEWER);
	ck_assert_ptr_nonnull(strstr(message, "schema 3"));
	ck_assert_ptr_nonnull(strstr(message, "up to 2"));
	ck_assert_int_eq(version(), 3);
}
END_TEST

START_TEST(negative_version_is_refused)
{
	char message[STORE_MESSAGE_SIZE];
	ck_assert_int_eq(run(good, 1, message), 0);
	test_sql("test.db", BASE_HUB, "PRAGMA user_version = -5");
	ck_assert_int_eq(run(good, 3, message), ERR_NEWER);
}
END_TEST

START_TEST(embedded_schemas_apply)
{
	static const struct schema *const schemas[] = {&schema_hub, &schema_telemetry};
	ck_assert_str_eq(schema_hub.file, "hub.db");
	ck_assert_str_eq(schema_telemetry.file, "telemetry.db");
	for (size_t i = 0; i < 2; i++) {
		struct conn *conn = open_file();
		char message[STORE_MESSAGE_SIZE];
		ck_assert_int_eq(conn_exec(conn, "PRAGMA user_version = 0"), 0);
		ck_assert_msg(migrate(conn, schemas[i], message) == 0, "%s", message);
		conn_close(&conn);
		ck_assert_int_eq(version(), (int64_t)(schemas[i]->first + schemas[i]->count) - 1);
	}
}
END_TEST

START_TEST(people_keep_their_accounts)
{
	struct schema before = schema_hub;
	char message[STORE_MESSAGE_SIZE];
	struct conn *conn = open_file();
	before.count = 4; /* as it was before there were guests and tokens */
	ck_assert_msg(migrate(conn, &before, message) == 0, "%s", message);
	ck_assert_int_eq(conn_exec(conn, "INSERT INTO account VALUES (3, 'Anna', 'a', 2, 5), (8, 'Bo', 'b', 0, 6), (9, 'gone', 'c', 1, 7);"
					 "DELETE FROM account WHERE id = 9;"
					 "INSERT INTO web_session VALUES (zeroblob(32), 8, 10, 11, 'Firefox');"), 0);
	ck_assert_msg(migrate(conn, &schema_hub, message) == 0, "%s", message);
	ck_assert_int_eq(conn_exec(conn, "PRAGMA foreign_keys = ON;"
					 "INSERT INTO account (name, password, role, must_change, created_at) VALUES ('Cy', 'c', 3, 1, 8)"), 0);
	conn_close(&conn);
	static const char *const one[] = {
		"SELECT count(*) FROM account WHERE id = 3 AND name = 'anna' AND password = 'a' AND role = 2 AND must_change = 0 AND created_at = 5",
		"SELECT count(*) FROM account WHERE id = 10 AND name = 'Cy'", /* 9 is not given again */
		"SELECT count(*) FROM web_session WHERE account = 8 AND agent = 'Firefox' AND address = ''",
		"SELECT count(*) FROM pragma_foreign_key_list('web_session') WHERE \"table\" = 'account'",
	};
	for (size_t i = 0; i < sizeof one / sizeof one[0]; i++)
		ck_assert_msg(test_sql_int("test.db", BASE_HUB, one[i]) == 1, "%s", one[i]);
	test_sql("test.db", BASE_HUB, "PRAGMA foreign_keys = ON; DELETE FROM account WHERE id = 8");
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM web_session"), 0);
}
END_TEST

START_TEST(commands_stay_as_they_were)
{
	struct schema before = schema_hub;
	char message[STORE_MESSAGE_SIZE];
	struct conn *conn = open_file();
	before.count = 0;
	while (!strstr(schema_hub.migrations[before.count].name, "cancelled"))
		before.count++; /* as it was before commands could be taken back */
	ck_assert_msg(migrate(conn, &before, message) == 0, "%s", message);
	ck_assert_int_eq(conn_exec(conn, "INSERT INTO device (id, name, area, model, manufacturer, sw_version, identity, token_hash, revoked, online, lost, "
					 "enrolled_at, last_seen_at) VALUES ('lamp', '', '', '', '', '', zeroblob(32), zeroblob(32), 0, 0, 0, 0, 0);"
					 "INSERT INTO command VALUES (7, 'lamp', 'light', '1', 'ada', 4, 'late', 1, 2, 3, 4, 'Evening')"), 0);
	ck_assert_msg(migrate(conn, &schema_hub, message) == 0, "%s", message);
	ck_assert_int_eq(conn_exec(conn, "PRAGMA foreign_keys = ON; INSERT INTO command (id, device, entity, value, by, state, reason, asked_at, until, took_ms) "
					 "VALUES (8, 'lamp', 'light', '1', 'ada', 6, '', 1, 2, 3)"), 0);
	ck_assert_int_ne(conn_exec(conn, "INSERT INTO command (id, device, entity, value, by, state, reason, asked_at, until, took_ms) "
					 "VALUES (9, 'lamp', 'light', '1', 'ada', 7, '', 1, 2, 3)"), 0);
	conn_close(&conn);
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM command WHERE id = 7 AND device = 'lamp' AND entity = 'light' AND "
				      "value = '1' AND by = 'ada' AND state = 4 AND reason = 'late' AND asked_at = 1 AND until = 2 AND took_ms = 3 AND "
				      "cause = 4 AND cause_name = 'Evening'"), 1);
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM pragma_index_list('command')"), 2);
	test_sql("test.db", BASE_HUB, "PRAGMA foreign_keys = ON; DELETE FROM device");
	ck_assert_int_eq(test_sql_int("test.db", BASE_HUB, "SELECT count(*) FROM command"), 0);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, fresh_and_again);
	tcase_add_test(tc, older_with_data);
	tcase_add_test(tc, failure_leaves_the_version_before);
	tcase_add_test(tc, foreign_keys_are_checked);
	tcase_add_test(tc, newer_is_refused);
	tcase_add_test(tc, negative_version_is_refused);
	tcase_add_test(tc, embedded_schemas_apply);
	tcase_add_test(tc, people_keep_their_accounts);
	tcase_add_test(tc, commands_stay_as_they_were);
}

int main(void)
{
	return test_run("migrate", add);
}
