/* Home Assistant's recorder in the forms it had over the years, made here with its own CREATE TABLEs, cut to the
 * columns that matter; and databases that are damaged, hostile, or none. */
#include "db/import.h"

#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "support/memory_history.h"
#include "support/scratch.h"
#include "support/suite.h"

static struct scratch scratch;
static struct memory_history m;
static char message[256];
static const char *path;

static void setup(void)
{
	scratch_create(&scratch);
	memory_history_init(&m);
	static char kept[256];
	str_copy(kept, sizeof kept, scratch_path(&scratch, "home-assistant_v2.db"));
	path = kept;
}

static void teardown(void)
{
	memory_history_finish(&m);
	scratch_remove(&scratch);
}

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *error = NULL;
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &error) == SQLITE_OK, "%s", error);
	sqlite3_close(db);
}

static int import(void)
{
	struct history_sink sink = memory_sink(&m);
	struct importer *imp;
	ck_assert_int_eq(importer_create(&sink, &imp), 0);
	int err = import_homeassistant(path, imp, message);
	importer_destroy(&imp);
	return err;
}

/* The samples of an entity as "at=value at=value". */
static const char *samples_of(const char *entity)
{
	static char text[512];
	char label[300];
	size_t count;
	str_format(label, sizeof label, "homeassistant:%s", entity);
	int64_t id = memory_find(&m, label);
	ck_assert_msg(id > 0, "there is no %s", label);
	const struct sample *samples = memory_samples(&m, id, &count);
	text[0] = 0;
	for (size_t i = 0; i < count; i++)
		str_format(text + strlen(text), sizeof text - strlen(text), "%s%lld=%g", i ? " " : "", (long long)samples[i].at.ms,
			   samples[i].value);
	return text;
}

static const struct history_series *series_of(const char *entity)
{
	char label[300];
	str_format(label, sizeof label, "homeassistant:%s", entity);
	int64_t id = memory_find(&m, label);
	ck_assert_int_gt(id, 0);
	return &m.series[id - 1];
}

/* Since 2023.4 (schema 38 and later). */
static const char today[] =
	"CREATE TABLE schema_changes (change_id INTEGER PRIMARY KEY, schema_version INTEGER, changed DATETIME);"
	"INSERT INTO schema_changes VALUES (1, 43, NULL);"
	"CREATE TABLE states_meta (metadata_id INTEGER PRIMARY KEY, entity_id VARCHAR(255));"
	"CREATE TABLE state_attributes (attributes_id INTEGER PRIMARY KEY, hash BIGINT, shared_attrs TEXT);"
	"CREATE TABLE states (state_id INTEGER PRIMARY KEY, entity_id CHAR(0), state VARCHAR(255), attributes CHAR(0),"
	" last_changed CHAR(0), last_changed_ts FLOAT, last_updated CHAR(0), last_updated_ts FLOAT, old_state_id INTEGER,"
	" attributes_id INTEGER, metadata_id INTEGER);"
	"CREATE INDEX ix_states_metadata_id_last_updated_ts ON states (metadata_id, last_updated_ts);"
	"CREATE TABLE statistics_meta (id INTEGER PRIMARY KEY, statistic_id VARCHAR(255), source VARCHAR(32),"
	" unit_of_measurement VARCHAR(255), has_mean BOOLEAN, has_sum BOOLEAN, name VARCHAR(255));"
	"CREATE TABLE statistics (id INTEGER PRIMARY KEY, created_ts FLOAT, metadata_id INTEGER, start_ts FLOAT,"
	" mean FLOAT, min FLOAT, max FLOAT, last_reset_ts FLOAT, state FLOAT, sum FLOAT);"
	"INSERT INTO states_meta VALUES (1, 'sensor.kitchen_temperature'), (2, 'sensor.meter'), (3, 'binary_sensor.door'),"
	" (4, 'climate.hall'), (5, 'sensor.count');"
	"INSERT INTO state_attributes VALUES"
	" (1, 0, '{\"unit_of_measurement\":\"°C\",\"state_class\":\"measurement\",\"device_class\":\"temperature\"}'),"
	" (2, 0, '{\"unit_of_measurement\":\"kWh\",\"state_class\":\"total_increasing\"}'), (3, 0, 'no json {'), (4, 0, NULL);"
	"INSERT INTO states (state_id, metadata_id, state, last_updated_ts, attributes_id) VALUES"
	" (1, 1, 'unavailable', 1714564800.0, 3), (2, 1, '21.5', 1714564800.123, 1), (3, 2, '100.25', 1714564800.5, 2),"
	" (4, 3, 'on', 1714564801, 3), (5, 3, 'off', 1714564802, 3), (6, 4, 'off', 1714564803, 4), (7, 4, 'heat', 1714564804, 4),"
	" (8, 1, 'unknown', 1714564805, 1), (9, 1, '22', 1714564806.5, 1), (10, 1, 'warm', 1714564807, 1),"
	" (11, 99, '1', 1714564808, 1), (12, 1, '23', 'soon', 1), (13, 1, '24', 1e300, 1), (14, 5, '7', 1714564809, 4);"
	"INSERT INTO statistics_meta VALUES (1, 'sensor.kitchen_temperature', 'recorder', '°C', 1, 0, NULL),"
	" (2, 'sensor.meter', 'recorder', 'kWh', 0, 1, NULL), (3, 'tibber:energy', 'tibber', 'kWh', 0, 1, 'Energy');"
	/* hours from 2024-05-01 10:00; the states begin at 12:00 */
	"INSERT INTO statistics (id, metadata_id, start_ts, mean, state, sum) VALUES (1, 1, 1714557600, 20.5, NULL, NULL),"
	" (2, 2, 1714557600, NULL, 98.5, 3), (3, 3, 1714557600, NULL, NULL, 5), (4, 1, 1714561200, 21, NULL, NULL),"
	" (5, 1, 1714564800, 99, NULL, NULL), (6, 2, 1714564800, NULL, 99, 4), (7, 1, 1714554000, NULL, NULL, NULL),"
	" (8, 77, 1714554000, 1, NULL, NULL);";

START_TEST(reads_the_schema_of_today)
{
	run_sql(today);
	ck_assert_msg(import() == 0, "%s", message);
	ck_assert_str_eq(samples_of("sensor.kitchen_temperature"),
			 "1714559400000=20.5 1714563000000=21 1714564800123=21.5 1714564806500=22");
	ck_assert_str_eq(samples_of("sensor.meter"), "1714561200000=98.5 1714564800500=100.25");
	ck_assert_str_eq(samples_of("tibber:energy"), "1714561200000=5");
	ck_assert_str_eq(samples_of("binary_sensor.door"), "1714564801000=1 1714564802000=0");
	ck_assert_str_eq(samples_of("climate.hall"), "1714564803000=0 1714564804000=1");
	ck_assert_str_eq(m.words[1], "heat");
	const struct history_series *s = series_of("sensor.kitchen_temperature");
	ck_assert_str_eq(s->unit, "°C");
	ck_assert_str_eq(s->device_class, "temperature");
	ck_assert_int_eq(s->kind, SERIES_GAUGE);
	ck_assert_int_eq(series_of("sensor.meter")->kind, SERIES_COUNTER);
	ck_assert_int_eq(series_of("tibber:energy")->kind, SERIES_COUNTER);
	ck_assert_str_eq(series_of("tibber:energy")->unit, "kWh");
	ck_assert_int_eq(series_of("binary_sensor.door")->kind, SERIES_BINARY);
	ck_assert_int_eq(series_of("climate.hall")->kind, SERIES_TEXT);
	ck_assert_int_eq(series_of("sensor.count")->kind, SERIES_GAUGE);
	ck_assert_uint_eq(m.progress.samples, 12);
	ck_assert_uint_eq(m.progress.empty, 3);
	ck_assert_uint_eq(m.progress.skipped, 5);
	ck_assert_str_eq(m.progress.errors[0], "Row 8 of statistics: it has no time, or names no entity.");
	ck_assert_str_eq(m.progress.errors[1],
			 "Row 10 of states: \"warm\" does not go into homeassistant:sensor.kitchen_temperature, which takes numbers.");
	ck_assert_str_eq(m.progress.errors[2], "Row 11 of states: it names no entity.");
	ck_assert_str_eq(m.progress.errors[3], "Row 12 of states: it has no time.");
	ck_assert_uint_eq(m.progress.done, 14 + 8);
	ck_assert_uint_eq(m.progress.total, 14 + 8);
}
END_TEST

START_TEST(a_second_time_finds_the_same_series)
{
	run_sql(today);
	ck_assert_int_eq(import(), 0);
	size_t series = m.series_count;
	ck_assert_int_eq(import(), 0);
	ck_assert_uint_eq(m.series_count, series);
	ck_assert_str_eq(samples_of("tibber:energy"), "1714561200000=5");
}
END_TEST

START_TEST(reads_schemas_of_old)
{
	/* 2018: all in one table, times as text */
	run_sql("CREATE TABLE states (state_id INTEGER PRIMARY KEY, domain VARCHAR(64), entity_id VARCHAR(255), state VARCHAR(255),"
		" attributes TEXT, event_id INTEGER, last_changed DATETIME, last_updated DATETIME, created DATETIME);"
		"INSERT INTO states (state_id, entity_id, state, attributes, last_updated) VALUES"
		" (5, 'sensor.old', '1.5', '{\"unit_of_measurement\":\"W\"}', '2018-05-01 12:00:00.123456'),"
		" (6, 'sensor.old', '2.5', '{}', '2018-05-01 12:00:01'), (9, NULL, '2.5', '{}', '2018-05-01 12:00:02');");
	ck_assert_msg(import() == 0, "%s", message);
	ck_assert_str_eq(samples_of("sensor.old"), "1525176000123=1.5 1525176001000=2.5");
	ck_assert_str_eq(series_of("sensor.old")->unit, "W");
	ck_assert_uint_eq(m.progress.skipped, 1);
	ck_assert_uint_eq(m.progress.total, 5);
}
END_TEST

START_TEST(reads_schemas_in_between)
{
	/* 2022.4 to 2023.3: attributes apart, entities in the states, statistics with times as text; half migrated times */
	run_sql("CREATE TABLE state_attributes (attributes_id INTEGER PRIMARY KEY, hash BIGINT, shared_attrs TEXT);"
		"CREATE TABLE states (state_id INTEGER PRIMARY KEY, entity_id VARCHAR(255), state VARCHAR(255), attributes TEXT,"
		" last_changed DATETIME, last_updated DATETIME, last_updated_ts FLOAT, attributes_id INTEGER);"
		"CREATE TABLE statistics_meta (id INTEGER PRIMARY KEY, statistic_id VARCHAR(255), source VARCHAR(32),"
		" unit_of_measurement VARCHAR(255), has_mean BOOLEAN, has_sum BOOLEAN);"
		"CREATE TABLE statistics (id INTEGER PRIMARY KEY, created DATETIME, start DATETIME, metadata_id INTEGER, mean FLOAT,"
		" min FLOAT, max FLOAT, state FLOAT, sum FLOAT);"
		"INSERT INTO state_attributes VALUES (1, 0, '{\"unit_of_measurement\":\"lx\"}');"
		"INSERT INTO states (state_id, entity_id, state, last_updated, last_updated_ts, attributes_id) VALUES"
		" (1, 'sensor.light', '10', '2022-05-01 12:00:00.5', NULL, 1), (2, 'sensor.light', '11', NULL, 1651406401.25, 1);"
		"INSERT INTO statistics_meta VALUES (1, 'sensor.gone', 'recorder', '%', 1, 0);"
		"INSERT INTO statistics (id, start, metadata_id, mean) VALUES (1, '2021-05-01 10:00:00.000000', 1, 44);");
	ck_assert_msg(import() == 0, "%s", message);
	ck_assert_str_eq(samples_of("sensor.light"), "1651406400500=10 1651406401250=11");
	ck_assert_str_eq(series_of("sensor.light")->unit, "lx");
	ck_assert_str_eq(samples_of("sensor.gone"), "1619865000000=44");
}
END_TEST

START_TEST(reads_many_rows_and_stops_when_told)
{
	run_sql(today);
	run_sql("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 30099) "
		"INSERT INTO states (state_id, metadata_id, state, last_updated_ts, attributes_id) "
		"SELECT i, 1, i / 10.0, 1714565000 + i, 1 FROM n");
	ck_assert_int_eq(import(), 0);
	ck_assert_uint_eq(m.progress.samples, 12 + 30000);
	ck_assert_uint_eq(m.appends, 4);
	m.cancel = true;
	ck_assert_int_eq(import(), ERR_CLOSED);
	m.cancel = false;
	m.append_err = ERR_DAMAGED; /* the store's, not the file's */
	ck_assert_int_eq(import(), ERR_DAMAGED);
}
END_TEST

START_TEST(reads_the_log_beside_a_copy)
{
	sqlite3 *db;
	run_sql(today);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
			 "INSERT INTO states (state_id, metadata_id, state, last_updated_ts) VALUES (50, 5, '8', 1714564810)",
		     NULL, NULL, NULL);
	ck_assert_int_eq(import(), 0); /* while Home Assistant has it open */
	ck_assert_str_eq(samples_of("sensor.count"), "1714564809000=7 1714564810000=8");
	sqlite3_close(db);
}
END_TEST

START_TEST(damage_costs_what_it_lies_on)
{
	run_sql("PRAGMA page_size = 1024");
	run_sql(today);
	run_sql("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 20099) "
		"INSERT INTO states (state_id, metadata_id, state, last_updated_ts, attributes_id) "
		"SELECT i, 1, i / 10.0, 1714565000 + i, 1 FROM n");
	int fd = open(path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	off_t size = lseek(fd, 0, SEEK_END);
	char junk[3000];
	memset(junk, 0xa5, sizeof junk);
	ck_assert_int_eq(pwrite(fd, junk, sizeof junk, size / 3), sizeof junk);
	ck_assert_int_eq(pwrite(fd, junk, sizeof junk, size * 2 / 3), sizeof junk);
	close(fd);
	ck_assert_msg(import() == 0, "%s", message);
	ck_assert_uint_gt(m.progress.samples, 15000);
	ck_assert_uint_lt(m.progress.samples, 20012);
	ck_assert_uint_ge(m.progress.skipped, 20012 - m.progress.samples);
	ck_assert_uint_eq(m.progress.done, m.progress.total);
}
END_TEST

/* Whatever bytes: an end, without a crash. */
START_TEST(random_damage_ends)
{
	run_sql(today);
	struct buf good = {0};
	ck_assert_int_eq(buf_read_file(&good, path, 1 << 20), 0);
	uint64_t random = 88172645463325252u;
	for (int turn = 0; turn < 300; turn++) {
		int fd = open(path, O_RDWR | O_TRUNC);
		ck_assert_int_eq(write(fd, good.data, good.len), (ssize_t)good.len);
		for (int i = 0; i < 1 + turn % 40; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			uint8_t byte = (uint8_t)(random >> 40);
			ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)(random % good.len)), 1);
		}
		close(fd);
		m.count = m.series_count = m.word_count = 0;
		int err = import();
		ck_assert_msg(err == 0 || err == ERR_DAMAGED || err == ERR_MALFORMED, "%s", err_text(err));
		ck_assert(err == 0 || message[0]);
	}
	buf_finish(&good);
}
END_TEST

START_TEST(refuses_what_is_none)
{
	run_sql("CREATE TABLE something (else_entirely TEXT)");
	ck_assert_int_eq(import(), ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(message, "no database of Home Assistant's recorder"));
	int fd = open(path, O_RDWR | O_TRUNC);
	ck_assert_int_eq(write(fd, "time,value\n", 11), 11);
	close(fd);
	ck_assert_int_eq(import(), ERR_MALFORMED);
	ck_assert_ptr_nonnull(strstr(message, "no SQLite file"));
	unlink(path);
	ck_assert_int_lt(import(), 0);
	/* a view that never ends instead of a table */
	run_sql("CREATE VIEW states AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS state_id,"
		" 'a.b' AS entity_id, '1' AS state, 1 AS last_updated_ts, NULL AS attributes FROM n");
	ck_assert_int_lt(import(), 0);
}
END_TEST

int main(void)
{
	TTest const *const tests[] = {reads_the_schema_of_today, a_second_time_finds_the_same_series, reads_schemas_of_old,
				      reads_schemas_in_between, reads_many_rows_and_stops_when_told, reads_the_log_beside_a_copy,
				      damage_costs_what_it_lies_on, random_damage_ends, refuses_what_is_none};
	Suite *suite = suite_create("db/import_homeassistant");
	TCase *tcase = tcase_create("import");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
