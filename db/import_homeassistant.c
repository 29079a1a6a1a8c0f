/* Reading Home Assistant's recorder. The importing thread. The file is foreign: its schema is whatever is
 * found (columns came and went with the years), its values are checked one by one, and damage costs only the rows it
 * lies on. With conn.c the only place that includes sqlite3.h, since conn opens our own files. Knows nothing of the store. */
#include "db/import.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/map.h"
#include "base/str.h"
#include "history/time_text.h"

enum {
	PAGE_ROWS = 5000,
	SKIP_ROWS = 100,   /* passed over at the first damage, twice as many at each that follows */
	ENTITY_MAX = 240,  /* bytes of an entity's id */
	SQL_SIZE = 1024,
	HOUR_MS = 3600000,
	PAGE_DAMAGED = 1,  /* of a table; an ERR_DAMAGED may be the store's */
};

struct entity {
	struct map_node node;
	char id[ENTITY_MAX + 1];
	struct import_series *series;
	int64_t first_state_ms; /* INT64_MAX without one; found out for statistics only */
};

struct recorder {
	sqlite3 *db;
	struct importer *imp;
	char *message; /* 256 */
	bool meta, entity_column, ts, ts_text; /* how states name their entity and time */
	bool attributes_table, attributes_column;
	bool statistics, statistics_ts;
	struct map entities; /* entity.node */
	sqlite3_stmt *describe;
	uint64_t done, total;
};

/* ---- SQLite ------------------------------------------------------------ */

static int err_from_sqlite(int code)
{
	switch (code & 0xff) {
	case SQLITE_NOMEM: return ERR_NOMEM;
	case SQLITE_NOTADB: return ERR_MALFORMED;
	case SQLITE_CORRUPT: return ERR_DAMAGED;
	default: return ERR_IO;
	}
}

static int damaged(struct recorder *r)
{
	int err = err_from_sqlite(sqlite3_errcode(r->db));
	str_format(r->message, 256, "The database cannot be read: %.200s.", sqlite3_errmsg(r->db));
	return err == ERR_IO ? ERR_DAMAGED : err;
}

/* A URI of the file (SQLite's, for its flags): what has a meaning there is escaped. */
static int make_uri(const char *path, const char *flags, char *uri, size_t size)
{
	struct buf text = {0};
	int err = buf_append_str(&text, "file:");
	for (const char *c = path; !err && *c; c++)
		err = strchr("%?#", *c) ? buf_printf(&text, "%%%02x", (unsigned char)*c) : buf_append(&text, c, 1);
	if (!err)
		err = buf_append_str(&text, flags);
	if (!err)
		err = str_copy_span(uri, size, buf_span(&text));
	buf_finish(&text);
	return err;
}

static int open_foreign(const char *path, sqlite3 **db_r)
{
	char uri[2048], wal[1024];
	struct stat st;
	bool has_wal = str_format(wal, sizeof wal, "%s-wal", path) == 0 && stat(wal, &st) == 0 && st.st_size > 0;
	/* immutable: no locks, and no -shm file beside a copy; but it would not look into the log */
	int err = make_uri(path, has_wal ? "?mode=ro" : "?mode=ro&immutable=1", uri, sizeof uri);
	if (err)
		return err;
	int code = sqlite3_open_v2(uri, db_r, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	if (code)
		return err_from_sqlite(code);
	/* a hostile schema shall not run code of its own */
	sqlite3_db_config(*db_r, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*db_r, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(*db_r, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(*db_r, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(*db_r, SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024);
	sqlite3_exec(*db_r, "PRAGMA mmap_size = 0; PRAGMA cell_size_check = 1; PRAGMA query_only = 1", NULL, NULL, NULL);
	return 0;
}

static sqlite3_stmt *prepare(struct recorder *r, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	return sqlite3_prepare_v2(r->db, sql, -1, &stmt, NULL) ? NULL : stmt;
}

/* A text column; empty for anything else. Borrowed until the next step. */
static struct span text_column(sqlite3_stmt *stmt, int column)
{
	if (sqlite3_column_type(stmt, column) != SQLITE_TEXT)
		return (struct span){0};
	const unsigned char *text = sqlite3_column_text(stmt, column);
	return text ? span_of(text, (size_t)sqlite3_column_bytes(stmt, column)) : (struct span){0};
}

static bool number_column(sqlite3_stmt *stmt, int column, double *value_r)
{
	int type = sqlite3_column_type(stmt, column);
	*value_r = sqlite3_column_double(stmt, column);
	return (type == SQLITE_FLOAT || type == SQLITE_INTEGER) && isfinite(*value_r);
}

/* A time, from a column of seconds or else one of text in UTC without saying so. */
static bool time_columns(sqlite3_stmt *stmt, int column, int64_t *ms_r)
{
	double seconds;
	if (number_column(stmt, column, &seconds)) {
		double ms = floor(seconds * 1000 + 0.0005);
		if (!(ms >= (double)TIME_TEXT_FIRST_MS && ms <= (double)TIME_TEXT_LAST_MS))
			return false;
		*ms_r = (int64_t)ms;
		return true;
	}
	struct span text = text_column(stmt, column + 1);
	char utc[48];
	if (text.len == 0 || text.len > 40 || str_copy_span(utc, sizeof utc, text))
		return false;
	if (time_from_text(text, ms_r) == ERR_UNSUPPORTED) {
		memcpy(utc + text.len, "Z", 2);
		return time_from_text(span_str(utc), ms_r) == 0;
	}
	return time_from_text(text, ms_r) == 0;
}

/* Whether the table has the column; *err sticks. */
static bool has_column(struct recorder *r, const char *table, const char *column, int *err)
{
	sqlite3_stmt *stmt = prepare(r, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2");
	if (!stmt) {
		*err = *err ? *err : damaged(r);
		return false;
	}
	sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, column, -1, SQLITE_STATIC);
	int code = sqlite3_step(stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE && !*err)
		*err = damaged(r);
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW;
}

static int look_at_schema(struct recorder *r)
{
	int err = 0;
	r->meta = has_column(r, "states", "metadata_id", &err) && has_column(r, "states_meta", "entity_id", &err);
	r->entity_column = has_column(r, "states", "entity_id", &err);
	r->ts = has_column(r, "states", "last_updated_ts", &err);
	r->ts_text = has_column(r, "states", "last_updated", &err);
	r->attributes_table = has_column(r, "states", "attributes_id", &err) &&
			      has_column(r, "state_attributes", "shared_attrs", &err);
	r->attributes_column = has_column(r, "states", "attributes", &err);
	r->statistics = has_column(r, "statistics", "mean", &err) && has_column(r, "statistics_meta", "statistic_id", &err);
	r->statistics_ts = has_column(r, "statistics", "start_ts", &err);
	if (!err && (!has_column(r, "states", "state", &err) || !has_column(r, "states", "state_id", &err) ||
		     !(r->meta || r->entity_column) || !(r->ts || r->ts_text))) {
		str_copy(r->message, 256, "This is no database of Home Assistant's recorder: it has no states that tomte knows.");
		return ERR_MALFORMED;
	}
	return err;
}

/* The entity's name in a query over "states s" and, when there is such a table, "states_meta m". */
static const char *entity_sql(const struct recorder *r)
{
	return r->meta ? r->entity_column ? "coalesce(m.entity_id, s.entity_id)" : "m.entity_id" : "s.entity_id";
}

static const char *meta_join(const struct recorder *r)
{
	return r->meta ? "LEFT JOIN states_meta m ON m.metadata_id = s.metadata_id" : "";
}

/* ---- entities ---------------------------------------------------------- */

static int prepare_describe(struct recorder *r)
{
	char sql[SQL_SIZE];
	const char *attributes = r->attributes_table ? r->attributes_column ? "coalesce(a.shared_attrs, s.attributes)" : "a.shared_attrs"
				 : r->attributes_column ? "s.attributes" : "NULL";
	str_format(sql, sizeof sql,
		   "SELECT json_extract(j, '$.unit_of_measurement'), json_extract(j, '$.state_class'), "
		   "json_extract(j, '$.device_class') FROM (SELECT CASE WHEN json_valid(x) THEN x END AS j "
		   "FROM (SELECT %s AS x FROM states s %s WHERE s.state_id = ?1))",
		   attributes, r->attributes_table ? "LEFT JOIN state_attributes a ON a.attributes_id = s.attributes_id" : "");
	r->describe = prepare(r, sql);
	return r->describe ? 0 : damaged(r);
}

/* The row of the oldest or the newest state of an entity that says something; 0 for none. *at_r: its time, INT64_MAX without one. */
static int64_t find_state(struct recorder *r, const char *id, bool newest, int64_t *at_r)
{
	char sql[SQL_SIZE];
	int64_t row = 0;
	str_format(sql, sizeof sql,
		   "SELECT s.state_id, %s, %s FROM states s WHERE %s AND s.state NOT IN ('unknown', 'unavailable', '') "
		   "ORDER BY %s %s LIMIT 1",
		   r->ts ? "s.last_updated_ts" : "NULL", r->ts_text ? "s.last_updated" : "NULL",
		   r->meta ? "s.metadata_id = (SELECT metadata_id FROM states_meta WHERE entity_id = ?1)" : "s.entity_id = ?1",
		   r->ts ? "s.last_updated_ts" : "s.last_updated", newest ? "DESC" : "");
	sqlite3_stmt *stmt = prepare(r, sql);
	*at_r = INT64_MAX;
	if (!stmt)
		return 0; /* damage there shows when the states are read */
	sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		row = sqlite3_column_int64(stmt, 0);
		if (!time_columns(stmt, 1, at_r))
			*at_r = INT64_MAX;
	}
	sqlite3_finalize(stmt);
	return row;
}

static bool in_domain(const char *id, const char *const *domains)
{
	size_t len = strcspn(id, ".:");
	for (; *domains; domains++)
		if (strlen(*domains) == len && strncmp(*domains, id, len) == 0)
			return true;
	return false;
}

/* What a new series of the entity is, from the attributes of a state (0: none) and the look of a first value. */
static void describe(struct recorder *r, const char *id, int64_t state_id, struct span value, struct history_series *s)
{
	static const char *const switches[] = {"binary_sensor", "switch", "light", "fan", "input_boolean", "automation",
					       "script", "siren", "update", "group", NULL};
	static const char *const numbers[] = {"number", "input_number", "counter", NULL};
	struct span class = {0};
	double number;
	sqlite3_bind_int64(r->describe, 1, state_id);
	bool found = state_id && sqlite3_step(r->describe) == SQLITE_ROW;
	if (found) {
		struct span unit = text_column(r->describe, 0), device_class = text_column(r->describe, 2);
		class = text_column(r->describe, 1);
		if (str_utf8_valid(unit)) /* one that is too long is left out */
			str_copy_span(s->unit, sizeof s->unit, unit);
		if (str_utf8_valid(device_class))
			str_copy_span(s->device_class, sizeof s->device_class, device_class);
	}
	if (span_is(class, "total_increasing"))
		s->kind = SERIES_COUNTER;
	else if (class.len || s->unit[0] || in_domain(id, numbers))
		s->kind = SERIES_GAUGE;
	else if (in_domain(id, switches))
		s->kind = SERIES_BINARY;
	else
		s->kind = str_to_double(value, &number) ? SERIES_TEXT : SERIES_GAUGE;
	sqlite3_reset(r->describe);
}

static struct entity *find_entity(struct recorder *r, struct span id)
{
	struct map_node *node = map_get(&r->entities, id);
	return node ? container_of(node, struct entity, node) : NULL;
}

/* Makes the entity without its series. id was checked. */
static int add_entity(struct recorder *r, struct span id, struct entity **e_r)
{
	struct entity *e = calloc(1, sizeof *e);
	int err = e ? str_copy_span(e->id, sizeof e->id, id) : ERR_NOMEM;
	if (!err)
		err = map_put(&r->entities, &e->node, span_str(e->id));
	if (err)
		free(e);
	*e_r = err ? NULL : e;
	return err;
}

static int add_series(struct recorder *r, struct entity *e, struct history_series *wanted)
{
	char label[HISTORY_LABEL_SIZE];
	str_format(wanted->topic, sizeof wanted->topic, "homeassistant:%s", e->id);
	history_label(wanted, label);
	return importer_add(r->imp, label, wanted, true, &e->series);
}

static bool entity_id_valid(struct span id)
{
	if (id.len == 0 || id.len > ENTITY_MAX || !(memchr(id.data, '.', id.len) || memchr(id.data, ':', id.len)))
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (id.data[i] <= ' ' || id.data[i] >= 0x7f || strchr("/#+", id.data[i]))
			return false;
	return true;
}

/* ---- rows, a page at a time -------------------------------------------- */

/* One table that is read in the order of its key. row returns 0, ERR_MALFORMED with the reason (this row is
 * skipped), or an error that ends the import. */
struct table {
	const char *name;
	char sql[SQL_SIZE]; /* ?1: the last key; the first column is the key */
	int64_t first, last;
	int (*row)(struct recorder *r, sqlite3_stmt *stmt, char reason_r[IMPORT_ERROR_SIZE]);
};

static int find_bounds(struct recorder *r, struct table *t, const char *key)
{
	char sql[SQL_SIZE];
	str_format(sql, sizeof sql, "SELECT (SELECT min(%s) FROM %s), (SELECT max(%s) FROM %s)", key, t->name, key, t->name);
	sqlite3_stmt *stmt = prepare(r, sql);
	int err = stmt && sqlite3_step(stmt) == SQLITE_ROW ? 0 : damaged(r);
	if (!err && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER && sqlite3_column_type(stmt, 1) == SQLITE_INTEGER) {
		t->first = sqlite3_column_int64(stmt, 0);
		t->last = sqlite3_column_int64(stmt, 1);
		r->total += (uint64_t)t->last - (uint64_t)t->first + 1;
	} else {
		t->first = 0;
		t->last = -1;
	}
	sqlite3_finalize(stmt);
	return err;
}

/* Reads rows behind *key. Returns 0 with *end_r at the table's end, PAGE_DAMAGED when it cannot go on, or an error. */
static int read_page(struct recorder *r, const struct table *t, sqlite3_stmt *stmt, int64_t *key, bool *end_r)
{
	int err = 0, code = SQLITE_OK;
	unsigned rows = 0;
	sqlite3_bind_int64(stmt, 1, *key);
	while (!err && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		char reason[IMPORT_ERROR_SIZE] = "";
		int64_t id = sqlite3_column_int64(stmt, 0);
		r->done += (uint64_t)id - (uint64_t)*key;
		*key = id;
		rows++;
		err = t->row(r, stmt, reason);
		if (err == ERR_MALFORMED) {
			char text[IMPORT_ERROR_SIZE + 64];
			str_format(text, sizeof text, "Row %lld of %s: %s.", (long long)id, t->name, reason);
			importer_skip(r->imp, 1, text);
			err = 0;
		}
		if (!err)
			err = importer_advance(r->imp, r->done, r->total, false);
	}
	*end_r = !err && code == SQLITE_DONE && rows < PAGE_ROWS;
	if (!err && code != SQLITE_DONE && code != SQLITE_ROW)
		err = err_from_sqlite(code) == ERR_NOMEM ? ERR_NOMEM : PAGE_DAMAGED;
	sqlite3_reset(stmt);
	return err;
}

/* Passes over `step` keys that cannot be read. */
static void pass_over(struct recorder *r, const struct table *t, int64_t *key, uint64_t step)
{
	char text[IMPORT_ERROR_SIZE];
	uint64_t left = (uint64_t)t->last - (uint64_t)*key;
	if (step > left)
		step = left;
	str_format(text, sizeof text, "Rows %lld to %lld of %s are damaged.", (long long)*key + 1,
		   (long long)(*key + (int64_t)step), t->name);
	importer_skip(r->imp, step, text);
	*key += (int64_t)step;
	r->done += step;
}

static int read_table(struct recorder *r, const struct table *t)
{
	if (t->first > t->last || t->first == INT64_MIN)
		return 0;
	sqlite3_stmt *stmt = prepare(r, t->sql);
	if (!stmt)
		return damaged(r);
	int64_t key = t->first - 1;
	uint64_t step = SKIP_ROWS;
	bool end = false;
	int err = 0;
	while (!err && !end && key < t->last) {
		int64_t before = key;
		err = read_page(r, t, stmt, &key, &end);
		if (key != before)
			step = SKIP_ROWS;
		if (err != PAGE_DAMAGED)
			continue;
		pass_over(r, t, &key, step);
		step *= 2;
		err = importer_advance(r->imp, r->done, r->total, false);
	}
	sqlite3_finalize(stmt);
	return err;
}

/* ---- states ------------------------------------------------------------ */

static int take_state(struct recorder *r, sqlite3_stmt *stmt, char reason_r[IMPORT_ERROR_SIZE])
{
	struct span id = text_column(stmt, 1), value = text_column(stmt, 2);
	int64_t at;
	int err = 0;
	if (importer_is_empty(value)) {
		importer_count_empty(r->imp);
		return 0;
	}
	if (!entity_id_valid(id) || !time_columns(stmt, 3, &at)) {
		str_copy(reason_r, IMPORT_ERROR_SIZE, entity_id_valid(id) ? "it has no time" : "it names no entity");
		return ERR_MALFORMED;
	}
	struct entity *e = find_entity(r, id);
	if (!e)
		err = add_entity(r, id, &e);
	if (!err && !e->series) {
		struct history_series wanted = {0};
		describe(r, e->id, sqlite3_column_int64(stmt, 0), value, &wanted);
		err = add_series(r, e, &wanted);
	}
	return err ? err : importer_take(r->imp, e->series, at, value, reason_r);
}

static struct table states_table(const struct recorder *r)
{
	struct table t = {.name = "states", .row = take_state};
	str_format(t.sql, sizeof t.sql,
		   "SELECT s.state_id, %s, s.state, %s, %s FROM states s %s WHERE s.state_id > ?1 ORDER BY s.state_id LIMIT %d",
		   entity_sql(r), r->ts ? "s.last_updated_ts" : "NULL", r->ts_text ? "s.last_updated" : "NULL", meta_join(r), PAGE_ROWS);
	return t;
}

/* ---- long-term statistics ---------------------------------------------- */

static int entity_of_statistic(struct recorder *r, sqlite3_stmt *stmt, bool meter, struct entity **e_r)
{
	struct span id = text_column(stmt, 1), unit = text_column(stmt, 2);
	struct history_series wanted = {0};
	int64_t newest_ms;
	*e_r = find_entity(r, id);
	if (*e_r)
		return 0;
	int err = add_entity(r, id, e_r);
	if (err)
		return err;
	find_state(r, (*e_r)->id, false, &(*e_r)->first_state_ms);
	int64_t state_id = find_state(r, (*e_r)->id, true, &newest_ms); /* what it is today */
	describe(r, (*e_r)->id, state_id, span_str("0"), &wanted);
	if (state_id == 0)
		wanted.kind = meter ? SERIES_COUNTER : SERIES_GAUGE;
	if (!wanted.unit[0] && str_utf8_valid(unit))
		str_copy_span(wanted.unit, sizeof wanted.unit, unit);
	return add_series(r, *e_r, &wanted);
}

static int take_statistic(struct recorder *r, sqlite3_stmt *stmt, char reason_r[IMPORT_ERROR_SIZE])
{
	double mean, meter, value;
	int64_t start;
	struct entity *e;
	bool has_mean = number_column(stmt, 5, &mean), has_meter = number_column(stmt, 6, &meter) || number_column(stmt, 7, &meter);
	if (!has_mean && !has_meter) {
		importer_count_empty(r->imp);
		return 0;
	}
	if (!entity_id_valid(text_column(stmt, 1)) || !time_columns(stmt, 3, &start)) {
		str_copy(reason_r, IMPORT_ERROR_SIZE, "it has no time, or names no entity");
		return ERR_MALFORMED;
	}
	int err = entity_of_statistic(r, stmt, !has_mean, &e);
	if (err || start + HOUR_MS > e->first_state_ms)
		return err;
	value = has_mean ? mean : meter;
	return importer_take_number(r->imp, e->series, start + (has_mean ? HOUR_MS / 2 : HOUR_MS), value, reason_r);
}

static struct table statistics_table(const struct recorder *r)
{
	struct table t = {.name = "statistics", .row = take_statistic};
	str_format(t.sql, sizeof t.sql,
		   "SELECT s.id, m.statistic_id, m.unit_of_measurement, %s, %s, s.mean, s.state, s.sum FROM statistics s "
		   "LEFT JOIN statistics_meta m ON m.id = s.metadata_id WHERE s.id > ?1 ORDER BY s.id LIMIT %d",
		   r->statistics_ts ? "s.start_ts" : "NULL", r->statistics_ts ? "NULL" : "s.start", PAGE_ROWS);
	return t;
}

/* ---- the whole --------------------------------------------------------- */

static int import_all(struct recorder *r)
{
	int err = look_at_schema(r);
	if (!err)
		err = prepare_describe(r);
	if (err)
		return err;
	struct table states = states_table(r), statistics = statistics_table(r);
	err = find_bounds(r, &states, "state_id");
	if (!err && r->statistics)
		err = find_bounds(r, &statistics, "id");
	if (!err && r->statistics)
		err = read_table(r, &statistics); /* the older part of history first */
	if (!err)
		err = read_table(r, &states);
	return err ? err : importer_advance(r->imp, r->total, r->total, true);
}

int import_homeassistant(const char *path, struct importer *imp, char message_r[256])
{
	struct recorder r = {.imp = imp, .message = message_r};
	message_r[0] = 0;
	int err = open_foreign(path, &r.db);
	if (!err)
		err = import_all(&r);
	if (err == ERR_MALFORMED && strncmp(message_r, "This", 4) != 0)
		str_copy(message_r, 256, "This is no database of Home Assistant: it is no SQLite file.");
	sqlite3_finalize(r.describe);
	sqlite3_close(r.db);
	for (struct map_node *node = map_next(&r.entities, NULL), *next; node; node = next) {
		next = map_next(&r.entities, node);
		free(container_of(node, struct entity, node));
	}
	map_finish(&r.entities);
	return err;
}
