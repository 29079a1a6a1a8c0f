/* Points of a chart: samples of a range, raw when they are few, else summed up
 * into equal buckets while they stream by. Any thread. */
#include "base/err.h"
#include "db/store_private.h"

static int find_series(struct conn *conn, int64_t id)
{
	struct query q;
	query_begin(&q, conn, "SELECT 1 FROM series WHERE id = ?");
	query_put_int(&q, id);
	bool found = query_next(&q);
	int err = query_end(&q);
	return err ? err : found ? 0 : ERR_NOT_FOUND;
}

/* Whether the range holds more than width samples; counts no further. */
static int exceeds_width(struct conn *conn, const struct points_query *p, bool *exceeds_r)
{
	struct query q;
	query_begin(&q, conn, "SELECT count(*) FROM (SELECT 1 FROM sample WHERE series = ? AND at >= ? AND at < ? LIMIT ?)");
	query_put_int(&q, p->series);
	query_put_int(&q, p->from.ms);
	query_put_int(&q, p->to.ms);
	query_put_int(&q, (int64_t)p->width + 1);
	*exceeds_r = query_next(&q) && (size_t)query_take_int(&q) > p->width;
	return query_end(&q);
}

/* Puts a sample into the point of its bucket, the newest or a new one; avg holds the sum. */
static void add(struct point *points, size_t *count, int64_t at, double value)
{
	struct point *point = *count ? &points[*count - 1] : NULL;
	if (!point || point->at.ms != at) {
		points[(*count)++] = (struct point){{at}, value, value, value, 1};
		return;
	}
	if (value < point->min)
		point->min = value;
	if (value > point->max)
		point->max = value;
	point->avg += value;
	point->count++;
}

/* From the sum to the average, which rounding or an overflow of the sum must
 * not carry out of [min, max]. */
static void divide(struct point *point)
{
	point->avg /= point->count;
	if (point->avg < point->min)
		point->avg = point->min;
	if (point->avg > point->max)
		point->avg = point->max;
}

/* Reads the samples in order of time. Buckets are `length` ms from `from` on; a
 * length of 0 gives each sample a point of its own. Differences as uint64_t: a range may be
 * wider than an int64_t. */
static int collect(struct conn *conn, const struct points_query *p, uint64_t length, struct point *points_r, size_t *count_r)
{
	struct query q;
	size_t count = 0;
	query_begin(&q, conn, "SELECT at, value FROM sample WHERE series = ? AND at >= ? AND at < ? ORDER BY at");
	query_put_int(&q, p->series);
	query_put_int(&q, p->from.ms);
	query_put_int(&q, p->to.ms);
	while (query_next(&q)) {
		int64_t at = query_take_int(&q);
		double value = query_take_real(&q);
		if (length)
			at = (int64_t)((uint64_t)at - ((uint64_t)at - (uint64_t)p->from.ms) % length);
		add(points_r, &count, at, value);
	}
	for (size_t i = 0; i < count; i++)
		divide(&points_r[i]);
	*count_r = count;
	return query_end(&q);
}

static int read_points(struct conn *conn, const struct points_query *p, struct point *points_r, size_t *count_r, bool *raw_r)
{
	bool exceeds = false;
	int err = find_series(conn, p->series);
	if (!err)
		err = exceeds_width(conn, p, &exceeds);
	if (err)
		return err;
	uint64_t length = 0;
	if (exceeds)
		length = ((uint64_t)p->to.ms - (uint64_t)p->from.ms - 1) / p->width + 1;
	*raw_r = !exceeds;
	return collect(conn, p, length, points_r, count_r);
}

int store_points(struct store *s, const struct points_query *q, struct point *points_r, size_t *count_r, bool *raw_r)
{
	*count_r = 0;
	*raw_r = true;
	if (q->width < 1 || q->width > STORE_MAX_POINTS || q->from.ms > q->to.ms)
		return ERR_INVALID;
	struct conn *conn;
	int err = readers_take(s->readers, BASE_TELEMETRY, &conn);
	if (err)
		return err;
	err = conn_exec(conn, "BEGIN"); /* one snapshot: nothing may come in between counting and reading */
	if (!err)
		err = read_points(conn, q, points_r, count_r, raw_r);
	conn_rollback(conn);
	readers_give(s->readers, BASE_TELEMETRY, conn);
	return err;
}
