/* Connections to PostgreSQL and queries, without blocking for ever: every wait has an end. A connection
 * belongs to the sealer's thread or, for the time of one transaction, to the thread that took it from the shelf's
 * readers. Knows no table but the schema's version. */
#include "db/pg.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "db/schema.h"

enum {
	WAIT_MS = 35000,     /* for any answer; the server ends its statements before that */
	STATEMENTS_MAX = 64, /* prepared ones; the room has some forty */
	QUEUE_MAX = 256,     /* statements and bytes sent before their answers are fetched */
	QUEUE_BYTES_MAX = 1 << 20,
};

struct pg {
	PGconn *conn;
	int64_t wait_ms;
	bool broken; /* nothing can be sent any more */
	int failed;  /* the first error */
	size_t queued, queued_bytes;
	const char *statement[STATEMENTS_MAX]; /* literals, by the number in their name */
	size_t statement_count;
	char message[PG_MESSAGE_SIZE];
};

/* ---- errors ------------------------------------------------------------ */

static const struct {
	const char *state; /* SQLSTATE or its first two characters */
	int err;
} states[] = {
	{"53100", ERR_DISK_FULL},
	{"55P03", ERR_BUSY},
	{"42501", ERR_DENIED},
	{"25006", ERR_DENIED}, /* a read-only server */
	{"XX001", ERR_DAMAGED},
	{"XX002", ERR_DAMAGED},
	{"08", ERR_AGAIN}, /* connections */
	{"40", ERR_AGAIN}, /* conflicts of transactions */
	{"53", ERR_AGAIN}, /* memory, number of connections */
	{"57", ERR_AGAIN}, /* statement timeout, shutting down, starting up */
	{"25", ERR_AGAIN}, /* an earlier failure, or idle for too long */
	{"22", ERR_INVALID},
	{"23", ERR_INVALID},
	{"42", ERR_INVALID},
};

static int error_of_state(const char *state)
{
	for (size_t i = 0; state && i < sizeof states / sizeof *states; i++)
		if (strncmp(state, states[i].state, strlen(states[i].state)) == 0)
			return states[i].err;
	return ERR_IO;
}

/* libpq's words without their line breaks, cut to fit. */
static void note_message(char message[PG_MESSAGE_SIZE], const char *words)
{
	size_t len = 0;
	for (; *words && len < PG_MESSAGE_SIZE - 1; words++)
		message[len++] = *words == '\n' || *words == '\t' ? ' ' : *words;
	while (len > 0 && message[len - 1] == ' ')
		len--;
	message[len] = 0;
}

static int fail(struct pg *pg, int err, const char *words)
{
	if (!pg->failed) {
		pg->failed = err;
		note_message(pg->message, words);
	}
	return pg->failed;
}

static int fail_connection(struct pg *pg, const char *words)
{
	pg->broken = true;
	return fail(pg, ERR_AGAIN, words);
}

bool pg_failed(const struct pg *pg)
{
	return pg->failed != 0;
}

const char *pg_message(const struct pg *pg)
{
	return pg->message;
}

/* ---- waiting ----------------------------------------------------------- */

/* Sends what is queued and receives until a result is there. */
static int wait_for_result(struct pg *pg)
{
	struct mono_ms end = mono_add_ms(clock_mono(), pg->wait_ms);
	for (;;) {
		int unsent = PQflush(pg->conn);
		if (unsent < 0)
			return fail_connection(pg, PQerrorMessage(pg->conn));
		if (!unsent && !PQisBusy(pg->conn))
			return 0;
		struct pollfd fd = {PQsocket(pg->conn), (short)(POLLIN | (unsent ? POLLOUT : 0)), 0};
		int64_t left = mono_diff_ms(clock_mono(), end);
		if (left <= 0)
			return fail_connection(pg, "the server does not answer");
		if (poll(&fd, 1, (int)left) > 0 && (fd.revents & ~POLLOUT) && !PQconsumeInput(pg->conn))
			return fail_connection(pg, PQerrorMessage(pg->conn));
	}
}

static void note_failure(struct pg *pg, const PGresult *result)
{
	if (PQstatus(pg->conn) == CONNECTION_BAD)
		fail_connection(pg, PQresultErrorMessage(result));
	else
		fail(pg, error_of_state(PQresultErrorField(result, PG_DIAG_SQLSTATE)), PQresultErrorMessage(result));
}

/* Fetches the results of the pipeline up to its end, or those of one simple query; the last is the caller's
 * if asked for and all succeeded. */
static int fetch(struct pg *pg, bool pipeline, PGresult **last_r)
{
	PGresult *last = NULL;
	for (;;) {
		if (wait_for_result(pg))
			break;
		PGresult *result = PQgetResult(pg->conn);
		ExecStatusType status = result ? PQresultStatus(result) : PGRES_EMPTY_QUERY;
		if (!result && PQstatus(pg->conn) == CONNECTION_BAD)
			fail_connection(pg, PQerrorMessage(pg->conn));
		if (pg->broken || status == PGRES_PIPELINE_SYNC || (!result && !pipeline)) {
			PQclear(result);
			break;
		}
		if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
			PQclear(last);
			last = result;
			continue;
		}
		if (result && status != PGRES_PIPELINE_ABORTED)
			note_failure(pg, result);
		PQclear(result);
	}
	pg->queued = pg->queued_bytes = 0;
	if (last_r && !pg->failed)
		*last_r = last;
	else
		PQclear(last);
	return pg->failed;
}

void pg_set_wait(struct pg *pg, int64_t wait_ms)
{
	pg->wait_ms = wait_ms ? wait_ms : WAIT_MS;
}

/* ---- statements -------------------------------------------------------- */

/* The name of a literal's prepared statement, which is prepared within the pipeline when it is new. */
static int name_statement(struct pg *pg, const char *sql, char name_r[16])
{
	size_t i = 0;
	while (i < pg->statement_count && pg->statement[i] != sql)
		i++;
	if (i == STATEMENTS_MAX)
		return fail(pg, ERR_NOMEM, "too many statements"); /* a bug of ours that no input can cause */
	(void)str_format(name_r, 16, "s%zu", i);
	if (i < pg->statement_count)
		return 0;
	if (!PQsendPrepare(pg->conn, name_r, sql, 0, NULL))
		return fail_connection(pg, PQerrorMessage(pg->conn));
	pg->statement[pg->statement_count++] = sql;
	return 0;
}

static int queue(struct pg_query *q)
{
	struct pg *pg = q->pg;
	char name[16];
	if (pg->failed)
		return pg->failed;
	if (q->err)
		return q->err;
	int err = name_statement(pg, q->sql, name);
	if (err)
		return err;
	if (!PQsendQueryPrepared(pg->conn, name, q->params, q->values, q->lengths, q->formats, 1))
		return fail_connection(pg, PQerrorMessage(pg->conn));
	pg->queued++;
	for (int i = 0; i < q->params; i++)
		pg->queued_bytes += (size_t)q->lengths[i];
	return 0;
}

static int settle(struct pg *pg, PGresult **last_r)
{
	if (pg->broken)
		return pg->failed;
	if (!PQpipelineSync(pg->conn))
		return fail_connection(pg, PQerrorMessage(pg->conn));
	return fetch(pg, true, last_r);
}

int pg_settle(struct pg *pg)
{
	return pg->queued ? settle(pg, NULL) : pg->failed;
}

/* ---- queries ----------------------------------------------------------- */

void pg_begin(struct pg_query *q, struct pg *pg, const char *sql)
{
	*q = (struct pg_query){.pg = pg, .sql = sql};
}

static void put(struct pg_query *q, const void *value, size_t len, int format)
{
	if (q->params == PG_PARAMS_MAX || len > INT32_MAX) {
		q->err = ERR_INVALID;
		return;
	}
	q->values[q->params] = value;
	q->lengths[q->params] = (int)len;
	q->formats[q->params++] = format;
}

/* Whole numbers and doubles travel as eight bytes, the highest first. */
static void put_number(struct pg_query *q, uint64_t bits)
{
	if (q->params == PG_PARAMS_MAX) {
		q->err = ERR_INVALID;
		return;
	}
	char *bytes = q->numbers[q->params];
	for (int i = 0; i < 8; i++)
		bytes[i] = (char)(bits >> (56 - 8 * i));
	put(q, bytes, 8, 1);
}

void pg_put_int(struct pg_query *q, int64_t value)
{
	put_number(q, (uint64_t)value);
}

void pg_put_real(struct pg_query *q, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	put_number(q, bits);
}

void pg_put_text(struct pg_query *q, const char *text)
{
	put(q, text, strlen(text), 1); /* in binary a text is its bytes */
}

void pg_put_bytes(struct pg_query *q, struct span bytes)
{
	put(q, bytes.len ? (const void *)bytes.data : "", bytes.len, 1); /* a NULL pointer would be NULL */
}

int pg_send(struct pg_query *q)
{
	struct pg *pg = q->pg;
	int err = queue(q);
	if (!err && (pg->queued >= QUEUE_MAX || pg->queued_bytes >= QUEUE_BYTES_MAX))
		err = pg_settle(pg);
	return err;
}

bool pg_next(struct pg_query *q)
{
	if (!q->result && !q->err) {
		q->err = queue(q);
		PGresult *result = NULL;
		if (!q->err)
			q->err = settle(q->pg, &result);
		q->result = result;
		q->rows = PQntuples(result);
		(void)str_to_int(PQcmdTuples(result), 0, INT64_MAX, &q->changed);
		q->row = -1;
	}
	q->column = 0;
	return !q->err && ++q->row < q->rows;
}

/* The next column's bytes; NULL for NULL, or when its length is not `len` (-1: any). */
static const char *take(struct pg_query *q, int len)
{
	int column = q->column++;
	if (q->err || PQgetisnull(q->result, q->row, column))
		return NULL;
	if (len >= 0 && PQgetlength(q->result, q->row, column) != len) {
		q->err = ERR_DAMAGED;
		return NULL;
	}
	return PQgetvalue(q->result, q->row, column);
}

static uint64_t take_number(struct pg_query *q)
{
	const char *bytes = take(q, 8);
	uint64_t bits = 0;
	for (int i = 0; bytes && i < 8; i++)
		bits = bits << 8 | (uint8_t)bytes[i];
	return bits;
}

int64_t pg_take_int(struct pg_query *q)
{
	return (int64_t)take_number(q);
}

void pg_take_int_or(struct pg_query *q, int64_t *value)
{
	if (!q->err && PQgetisnull(q->result, q->row, q->column))
		q->column++;
	else
		*value = pg_take_int(q);
}

double pg_take_real(struct pg_query *q)
{
	uint64_t bits = take_number(q);
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

void pg_take_text(struct pg_query *q, char *dst, size_t size)
{
	const char *text = take(q, -1);
	dst[0] = 0;
	if (!q->err && (!text || str_copy(dst, size, text)))
		q->err = ERR_DAMAGED;
}

struct span pg_take_span(struct pg_query *q)
{
	int column = q->column;
	const char *bytes = take(q, -1);
	return bytes ? span_of(bytes, (size_t)PQgetlength(q->result, q->row, column)) : (struct span){NULL, 0};
}

int pg_end(struct pg_query *q)
{
	PQclear(q->result);
	q->result = NULL;
	return q->err;
}

int pg_run(struct pg_query *q)
{
	while (pg_next(q))
		;
	return pg_end(q);
}

void pg_rollback(struct pg *pg)
{
	struct pg_query q;
	pg_begin(&q, pg, "ROLLBACK");
	(void)pg_run(&q);
}

/* ---- connecting -------------------------------------------------------- */

/* Statements without parameters, before the pipeline begins; the last one's result if asked for. */
static int run_simple(struct pg *pg, const char *sql, PGresult **last_r)
{
	if (!PQsendQuery(pg->conn, sql))
		return fail_connection(pg, PQerrorMessage(pg->conn));
	return fetch(pg, false, last_r);
}

static int read_version(struct pg *pg, const char *sql, int64_t *version_r)
{
	PGresult *result = NULL;
	int err = run_simple(pg, sql, &result);
	if (!err && (PQntuples(result) != 1 || str_to_int(PQgetvalue(result, 0, 0), -1, INT32_MAX, version_r)))
		err = fail(pg, ERR_DAMAGED, "the version of the schema cannot be read");
	PQclear(result);
	return err;
}

/* One transaction, and one hub at a time. */
static int make_schema(struct pg *pg)
{
	int64_t version = -1;
	int err = run_simple(pg, "BEGIN; SELECT pg_advisory_xact_lock(7461303665)", NULL);
	if (!err)
		err = read_version(pg, "SELECT CASE WHEN to_regclass('tomte.version') IS NULL THEN 0 ELSE -1 END", &version);
	if (!err && version < 0)
		err = read_version(pg, "SELECT version FROM tomte.version", &version);
	for (size_t i = (size_t)version; !err && i < schema_postgres.count; i++)
		err = run_simple(pg, schema_postgres.migrations[i].sql, NULL);
	char sql[64];
	if (!err)
		err = str_format(sql, sizeof sql, "UPDATE tomte.version SET version = %zu; COMMIT", schema_postgres.count);
	return err ? err : run_simple(pg, sql, NULL);
}

static int check_schema(struct pg *pg)
{
	int64_t version;
	int err = read_version(pg, "SELECT CASE WHEN to_regclass('tomte.version') IS NULL THEN 0 ELSE -1 END", &version);
	if (!err && version < 0)
		err = read_version(pg, "SELECT version FROM tomte.version", &version);
	if (err)
		return err;
	if (version > (int64_t)schema_postgres.count)
		return fail(pg, ERR_NEWER, "a newer tomte-hub keeps its history in this database");
	return version < (int64_t)schema_postgres.count ? make_schema(pg) : 0;
}

/* The end of every wait, and what this room relies on. */
static const char session[] =
	"SET statement_timeout = '30s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '10min'; "
	"SET synchronous_commit = on; SET client_min_messages = error; SET client_encoding = 'UTF8'";

static int prepare_session(struct pg *pg)
{
	const char *encoding = PQparameterStatus(pg->conn, "server_encoding");
	if (!encoding || strcmp(encoding, "UTF8") != 0)
		return fail(pg, ERR_UNSUPPORTED, "the database must have the encoding UTF8");
	int err = run_simple(pg, session, NULL);
	if (!err)
		err = check_schema(pg);
	if (!err && (PQsetnonblocking(pg->conn, 1) || !PQenterPipelineMode(pg->conn)))
		err = fail_connection(pg, PQerrorMessage(pg->conn));
	return err;
}

int pg_open(const char *conninfo, struct pg **pg_r, char message_r[PG_MESSAGE_SIZE])
{
	/* What stands before dbname yields to the connection string. */
	static const char *const keys[] = {"connect_timeout", "application_name", "keepalives_idle", "keepalives_interval",
					   "keepalives_count", "tcp_user_timeout", "dbname", NULL};
	const char *const values[] = {"3", "tomte-hub", "10", "5", "3", "10000", conninfo, NULL};
	struct pg *pg = calloc(1, sizeof *pg);
	*pg_r = NULL;
	message_r[0] = 0;
	if (!pg)
		return ERR_NOMEM;
	pg->wait_ms = WAIT_MS;
	pg->conn = PQconnectdbParams(keys, values, 1);
	int err = pg->conn ? 0 : ERR_NOMEM;
	if (!err && PQstatus(pg->conn) != CONNECTION_OK)
		err = fail_connection(pg, PQerrorMessage(pg->conn));
	if (!err)
		err = prepare_session(pg);
	if (err) {
		note_message(message_r, pg->message);
		pg_close(&pg);
	}
	*pg_r = pg;
	return err;
}

void pg_close(struct pg **pg)
{
	if (!*pg)
		return;
	PQfinish((*pg)->conn);
	free(*pg);
	*pg = NULL;
}

int pg_conninfo_check(const char *conninfo, char message_r[PG_MESSAGE_SIZE])
{
	char *words = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &words);
	message_r[0] = 0;
	if (words)
		note_message(message_r, words);
	int err = options ? 0 : words ? ERR_INVALID : ERR_NOMEM;
	PQconninfoFree(options);
	PQfreemem(words);
	return err;
}
