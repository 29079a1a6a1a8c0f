/* Points and states of a series for charts. Pool threads; the answer is built as text,
 * because a tree of 4096 points would cost ten times its size. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/history.h"
#include "model/json_out.h"
#include "web/etag.h"
#include "web/live.h"
#include "web/operation.h"
#include "web/problem.h"
#include "web/routes.h"

enum { NUMBER_SIZE = 32 };
static const int64_t hour_ms = 60LL * 60 * 1000;
/* A settled window changes only when something is imported, erased or comes days late. */
static const char keep_settled[] = "private, max-age=3600";
static const char wrong_query[] =
	"from and to are milliseconds since 1970 with from before to, or from is \"first\"; width is 2 to 4096.";

/* An average's digits beyond the ninth are noise: they would double the answer. */
static double nine_digits(double value)
{
	double magnitude = value < 0 ? -value : value, scale = 1;
	if (magnitude < 1e-4 || magnitude >= 1e8)
		return value;
	while (magnitude * scale < 1e8)
		scale *= 10;
	double rounded = (double)(int64_t)(magnitude * scale + 0.5) / scale;
	return value < 0 ? -rounded : rounded;
}

static int append_number(struct buf *out, double value)
{
	char text[NUMBER_SIZE];
	str_from_double(text, sizeof text, value); /* null for what is no number in JSON */
	return buf_append_str(out, text);
}

/* [at, value] of a sample; [at, average, min, max, count] of a bucket, of a counter's with its increase behind. */
static int append_bucket(struct buf *out, const struct bucket *b, bool raw, bool counter)
{
	int err = buf_printf(out, "[%lld,", (long long)b->at);
	if (!err)
		err = append_number(out, raw ? b->sum : nine_digits(b->sum / (double)b->count));
	if (raw || err)
		return err ? err : buf_append_str(out, "]");
	const double rest[] = {b->min, b->max, (double)b->count, b->increase};
	for (size_t i = 0; i < (counter ? 4 : 3) && !err; i++) {
		err = buf_append_str(out, ",");
		if (!err)
			err = append_number(out, i == 3 ? nine_digits(rest[i]) : rest[i]);
	}
	return err ? err : buf_append_str(out, "]");
}

/* Where the history of the series begins, to a bucket of some days. */
static int find_first(struct store *store, int64_t series, int64_t to, int64_t *from_r)
{
	struct bucket *buckets = malloc(STORE_MAX_BUCKETS * sizeof *buckets);
	const struct buckets_query q = {.series = series, .to = {to}, .width = STORE_MAX_BUCKETS, .never_raw = true};
	struct buckets_answer answer = {0};
	int err = buckets ? store_buckets(store, &q, buckets, &answer) : ERR_NOMEM;
	if (!err)
		*from_r = answer.count && buckets[0].at > 0 ? buckets[0].at : answer.count ? 0 : to - hour_ms;
	free(buckets);
	return err;
}

static int parse_query(struct store *store, const struct request *rq, struct buckets_query *q_r)
{
	int64_t now = clock_wall().ms, from = now - hour_ms, to = now, width = POINTS_STANDARD, whole = 0;
	const char *beginning = request_query(rq, "from");
	bool first = beginning && strcmp(beginning, "first") == 0;
	if (str_to_int(rq->params[0], 1, INT64_MAX, &q_r->series))
		return ERR_NOT_FOUND;
	if (request_query_int(rq, "to", 0, INT64_MAX, &to) || (!first && request_query_int(rq, "from", 0, INT64_MAX, &from)) ||
	    request_query_int(rq, "width", POINTS_LEAST, STORE_MAX_BUCKETS, &width) || request_query_int(rq, "buckets", 0, 1, &whole))
		return ERR_INVALID;
	int err = first && to > 0 ? find_first(store, q_r->series, to, &from) : 0;
	if (err || from >= to)
		return err ? err : ERR_INVALID;
	q_r->from.ms = from;
	q_r->to.ms = to;
	q_r->width = (size_t)width;
	q_r->never_raw = whole;
	return 0;
}

static void refuse(struct response *rs, int err)
{
	if (err == ERR_INVALID)
		problem(rs, 422, wrong_query);
	else
		problem_from_err(rs, err, "series");
}

/* A settled answer has no cursor: nothing comes live behind it, and the same bytes make the same ETag. */
static void finish(const struct request *rq, struct response *rs, const char *cursor, bool settled, int err)
{
	if (!err)
		err = settled ? buf_append_str(&rs->body, "]}") : buf_printf(&rs->body, "],\"cursor\":\"%s\"}", cursor);
	response_json_text(rs, 200, err);
	if (settled)
		etag_answer(rq, rs, keep_settled);
	else if (!err)
		rs->caching = "no-cache";
}

/* ---- points -------------------------------------------------------------- */

static int append_answer(struct buf *out, const struct buckets_query *q, const struct series *series,
			 const struct bucket *buckets, const struct buckets_answer *answer)
{
	int err = buf_printf(out,
			     "{\"series\":%lld,\"kind\":\"%s\",\"from\":%lld,\"to\":%lld,\"raw\":%s,\"length\":%lld,\"gap\":%lld,"
			     "\"settled\":%s,\"points\":[",
			     (long long)series->id, series_kind_name(series->kind), (long long)q->from.ms, (long long)q->to.ms,
			     answer->raw ? "true" : "false", (long long)answer->length_ms,
			     (long long)answer->gap_ms, answer->settled ? "true" : "false");
	for (size_t i = 0; !err && i < answer->count; i++) {
		if (i)
			err = buf_append_str(out, ",");
		if (!err)
			err = append_bucket(out, &buckets[i], answer->raw, series->kind == SERIES_COUNTER);
	}
	return err;
}

void api_series_points(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct buckets_query q = {0};
	struct buckets_answer answer = {0};
	struct series series;
	char cursor[LIVE_ID_SIZE];
	live_cursor(sv->live, cursor);
	int err = parse_query(sv->store, rq, &q);
	struct bucket *buckets = err ? NULL : malloc(q.width * sizeof *buckets);
	if (!err)
		err = buckets ? store_buckets(sv->store, &q, buckets, &answer) : ERR_NOMEM;
	if (!err)
		err = store_series_get(sv->store, q.series, &series);
	if (err)
		refuse(rs, err);
	else
		finish(rq, rs, cursor, answer.settled, append_answer(&rs->body, &q, &series, buckets, &answer));
	free(buckets);
}

/* ---- states -------------------------------------------------------------- */

/* Whether the window lies before anything that can still change but by late samples. */
static int is_settled(struct store *store, const struct buckets_query *q, bool *settled_r)
{
	struct bucket buckets[2];
	struct buckets_answer answer;
	const struct buckets_query coarse = {q->series, q->from, q->to, 2, true};
	int err = store_buckets(store, &coarse, buckets, &answer);
	*settled_r = !err && answer.settled;
	return err;
}

/* [from, to, value, changes, mixed]; of a text series value is the word. */
static void append_run(struct json_out *o, struct store *store, const struct series *series, const struct run *run)
{
	char word[STORE_WORD_MAX + 1];
	json_out_next(o);
	json_out_raw(o, "[");
	json_out_int(o, run->from);
	json_out_raw(o, ",");
	json_out_int(o, run->to);
	json_out_raw(o, ",");
	if (series->kind == SERIES_TEXT)
		json_out_string(o, store_word_text(store, series->id, run->value, word) == 0 ? word : NULL);
	else
		json_out_number(o, run->value);
	json_out_raw(o, ",");
	json_out_int(o, (int64_t)run->changes);
	json_out_raw(o, run->mixed ? ",true]" : ",false]");
}

static int append_runs(struct buf *out, struct store *store, const struct series *series, const struct run *runs,
		       size_t count)
{
	struct json_out o = {.buf = out};
	json_out_raw(&o, "{");
	json_out_member_int(&o, "series", series->id);
	json_out_member_string(&o, "kind", series_kind_name(series->kind));
	json_out_key(&o, "runs");
	json_out_raw(&o, "[");
	for (size_t i = 0; i < count && !o.err; i++)
		append_run(&o, store, series, &runs[i]);
	return o.err;
}

void api_series_timeline(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct buckets_query q = {0};
	struct series series;
	size_t count = 0;
	bool settled = false;
	char cursor[LIVE_ID_SIZE];
	live_cursor(sv->live, cursor);
	int err = parse_query(sv->store, rq, &q);
	struct run *runs = err ? NULL : malloc(q.width * sizeof *runs);
	if (!err)
		err = runs ? is_settled(sv->store, &q, &settled) : ERR_NOMEM;
	if (!err)
		err = store_timeline(sv->store, &q, runs, &count);
	if (!err)
		err = store_series_get(sv->store, q.series, &series);
	if (err)
		refuse(rs, err);
	else
		finish(rq, rs, cursor, settled, append_runs(&rs->body, sv->store, &series, runs, count));
	free(runs);
}
