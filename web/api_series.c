/* Points of a series for charts. Pool threads; the answer is built as text,
 * because a tree of 4096 points would cost ten times its size. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/history.h"
#include "web/live.h"
#include "web/problem.h"
#include "web/routes.h"

enum { WIDTH_DEFAULT = 600, NUMBER_SIZE = 32 };
static const int64_t hour_ms = 60LL * 60 * 1000;

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

static int parse_query(const struct request *rq, struct buckets_query *q_r)
{
	int64_t now = clock_wall().ms, from = now - hour_ms, to = now, width = WIDTH_DEFAULT;
	int err = str_to_int(rq->params[0], 1, INT64_MAX, &q_r->series);
	if (err)
		return ERR_NOT_FOUND;
	if (request_query_int(rq, "from", 0, INT64_MAX, &from) || request_query_int(rq, "to", 0, INT64_MAX, &to) ||
	    request_query_int(rq, "width", 2, STORE_MAX_BUCKETS, &width) || from >= to)
		return ERR_INVALID;
	q_r->from.ms = from;
	q_r->to.ms = to;
	q_r->width = (size_t)width;
	return 0;
}

static int append_answer(struct buf *out, const struct series *series, const struct bucket *buckets,
			 const struct buckets_answer *answer)
{
	int err = buf_printf(out, "{\"series\":%lld,\"raw\":%s,\"length\":%lld,\"gap\":%lld,\"settled\":%s,\"points\":[",
			     (long long)series->id, answer->raw ? "true" : "false", (long long)answer->length_ms,
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
	struct buckets_answer answer;
	struct series series;
	char cursor[LIVE_ID_SIZE];
	live_cursor(sv->live, cursor);
	int err = parse_query(rq, &q);
	struct bucket *buckets = err ? NULL : malloc(q.width * sizeof *buckets);
	if (!err)
		err = buckets ? store_buckets(sv->store, &q, buckets, &answer) : ERR_NOMEM;
	if (!err)
		err = store_series_get(sv->store, q.series, &series);
	if (err == ERR_INVALID)
		problem(rs, 422, "from and to are milliseconds since 1970 with from before to; width is 2 to 4096.");
	else if (err)
		problem_from_err(rs, err, "series");
	if (!err)
		err = append_answer(&rs->body, &series, buckets, &answer);
	free(buckets);
	if (!err)
		err = buf_printf(&rs->body, "],\"cursor\":\"%s\"}", cursor);
	if (rs->status == 0)
		response_json_text(rs, 200, err);
}
