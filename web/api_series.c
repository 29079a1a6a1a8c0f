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

static int append_point(struct buf *out, const struct bucket *p, bool raw)
{
	char avg[NUMBER_SIZE], min[NUMBER_SIZE], max[NUMBER_SIZE];
	str_from_double(avg, sizeof avg, raw ? p->last : nine_digits(p->sum / (double)p->count));
	if (raw)
		return buf_printf(out, "[%lld,%s]", (long long)p->at, avg);
	str_from_double(min, sizeof min, p->min);
	str_from_double(max, sizeof max, p->max);
	return buf_printf(out, "[%lld,%s,%s,%s,%llu]", (long long)p->at, avg, min, max,
			  (unsigned long long)p->count);
}

static int parse_query(const struct request *rq, struct buckets_query *q_r)
{
	int64_t now = clock_wall().ms, from = now - hour_ms, to = now, width = WIDTH_DEFAULT;
	int err = str_to_int(rq->params[0], 1, INT64_MAX, &q_r->series);
	if (err)
		return ERR_NOT_FOUND;
	if (request_query_int(rq, "from", 0, INT64_MAX, &from) || request_query_int(rq, "to", 0, INT64_MAX, &to) ||
	    request_query_int(rq, "width", 1, STORE_MAX_BUCKETS, &width) || from >= to)
		return ERR_INVALID;
	q_r->from.ms = from;
	q_r->to.ms = to;
	q_r->width = (size_t)width;
	return 0;
}

void api_series_points(const struct web_services *sv, const struct request *rq, struct response *rs)
{
	struct buckets_query q = {0};
	char cursor[LIVE_ID_SIZE];
	live_cursor(sv->live, cursor);
	int err = parse_query(rq, &q);
	struct bucket *points = err ? NULL : malloc(q.width * sizeof *points);
	struct buckets_answer answer = {0};
	if (!err)
		err = points ? store_buckets(sv->store, &q, points, &answer) : ERR_NOMEM;
	if (err == ERR_INVALID)
		problem(rs, 422, "from and to are milliseconds since 1970 with from before to; width is 1 to 4096.");
	else if (err)
		problem_from_err(rs, err, "series");
	if (!err)
		err = buf_printf(&rs->body, "{\"series\":%lld,\"raw\":%s,\"points\":[", (long long)q.series,
				 answer.raw ? "true" : "false");
	for (size_t i = 0; !err && i < answer.count; i++) {
		if (i)
			err = buf_append(&rs->body, ",", 1);
		if (!err)
			err = append_point(&rs->body, &points[i], answer.raw);
	}
	free(points);
	if (!err)
		err = buf_printf(&rs->body, "],\"cursor\":\"%s\"}", cursor);
	if (rs->status == 0)
		response_json_text(rs, 200, err);
}
