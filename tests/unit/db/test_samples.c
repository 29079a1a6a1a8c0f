/* Series and samples: what is appended is read back, and charts agree with a naive reference. */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "support.h"
#include "thread/thread.h"

static void put_series(struct store *s, int64_t id, const char *entity)
{
	struct series series = {.id = id, .device = "meter", .unit = "W", .kind = SERIES_GAUGE};
	ck_assert_int_eq(str_copy(series.entity, sizeof series.entity, entity), 0);
	ck_assert_int_eq(store_series_put(s, &series, NULL), 0);
}

struct seen {
	size_t count;
	struct series series[8];
};

static void see(void *ctx, const struct series *series)
{
	struct seen *seen = ctx;
	ck_assert_uint_lt(seen->count, 8);
	seen->series[seen->count++] = *series;
}

START_TEST(series_are_put_and_listed)
{
	struct store *s = test_open();
	struct series binary = {.id = 9, .device = "door", .entity = "contact", .kind = SERIES_BINARY};
	ck_assert_int_eq(store_series_put(s, &binary, NULL), 0);
	put_series(s, 3, "power");
	struct seen seen = {0};
	ck_assert_int_eq(store_series_each(s, see, &seen), 0);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_int_eq(seen.series[0].id, 3);
	ck_assert_str_eq(seen.series[0].unit, "W");
	ck_assert_int_eq(seen.series[1].id, 9);
	ck_assert_str_eq(seen.series[1].device, "door");
	ck_assert_str_eq(seen.series[1].unit, "");
	ck_assert_int_eq(seen.series[1].kind, SERIES_BINARY);

	struct series changed = seen.series[0];
	changed.unit[0] = 'k';
	changed.unit[1] = 'W';
	ck_assert_int_eq(store_series_put(s, &changed, NULL), 0);
	changed.id = 4;
	ck_assert_int_eq(store_series_put(s, &changed, NULL), ERR_EXISTS);
	changed.id = 0;
	ck_assert_int_eq(store_series_put(s, &changed, NULL), ERR_INVALID);
	memset(&seen, 0, sizeof seen);
	ck_assert_int_eq(store_series_each(s, see, &seen), 0);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_str_eq(seen.series[0].unit, "kW");
	store_close(&s);
}
END_TEST

START_TEST(latest_and_replaced)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct sample latest;
	ck_assert_int_eq(store_latest(s, 1, &latest), ERR_NOT_FOUND);
	struct sample in[] = {{1, {2000}, 2}, {1, {1000}, 1}, {1, {2000}, 2.5}};
	ck_assert_int_eq(store_append(s, in, 3, NULL), 0);
	ck_assert_int_eq(store_latest(s, 1, &latest), 0);
	ck_assert_int_eq(latest.series, 1);
	ck_assert_int_eq(latest.at.ms, 2000);
	ck_assert_double_eq(latest.value, 2.5);
	struct sample again = {1, {2000}, -DBL_MAX};
	ck_assert_int_eq(store_append(s, &again, 1, NULL), 0);
	ck_assert_int_eq(store_latest(s, 1, &latest), 0);
	ck_assert_double_eq(latest.value, -DBL_MAX);
	ck_assert_int_eq(store_append(s, NULL, 0, NULL), 0);
	struct store_stats stats;
	store_stats_get(s, &stats);
	ck_assert_uint_eq(stats.samples, 4);
	ck_assert_uint_eq(stats.waiting_samples, 0);
	ck_assert_uint_eq(stats.errors, 0);
	ck_assert(!stats.disk_full);
	store_close(&s);
}
END_TEST

START_TEST(wrong_samples_are_refused)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct sample nan[] = {{1, {1}, 1}, {1, {2}, NAN}}, inf = {1, {1}, INFINITY}, id = {0, {1}, 1}, latest;
	ck_assert_int_eq(store_append(s, nan, 2, NULL), ERR_INVALID);
	ck_assert_int_eq(store_append(s, &inf, 1, NULL), ERR_INVALID);
	ck_assert_int_eq(store_append(s, &id, 1, NULL), ERR_INVALID);
	ck_assert_int_eq(store_latest(s, 1, &latest), ERR_NOT_FOUND);
	store_close(&s);
}
END_TEST

START_TEST(unknown_series_cost_only_themselves)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	/* 4097 shares its place in the writer's cache with 1 */
	struct sample in[] = {{1, {1}, 1}, {2, {1}, 1}, {4097, {1}, 1}, {1, {2}, 2}}, latest;
	ck_assert_int_eq(store_append(s, in, 4, NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(store_latest(s, 1, &latest), 0);
	ck_assert_int_eq(latest.at.ms, 2);
	ck_assert_int_eq(store_latest(s, 2, &latest), ERR_NOT_FOUND);
	ck_assert_int_eq(store_latest(s, 4097, &latest), ERR_NOT_FOUND);
	ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM sample"), 2);
	struct store_stats stats;
	store_stats_get(s, &stats);
	ck_assert_uint_eq(stats.samples, 2);
	ck_assert_uint_eq(stats.errors, 1);
	store_close(&s);
}
END_TEST

/* ---- points against a reference ---------------------------------------- */

enum { REFERENCE = 6000 };

/* Buckets by walking them all and looking at every sample for each: slow, and too simple to be wrong. */
static size_t reference(const struct sample *all, size_t n, const struct points_query *q, struct point *out, bool *raw)
{
	size_t inside = 0, count = 0;
	for (size_t i = 0; i < n; i++)
		inside += all[i].series == q->series && all[i].at.ms >= q->from.ms && all[i].at.ms < q->to.ms;
	*raw = inside <= q->width;
	int64_t length = *raw ? 1 : (int64_t)ceil((double)(q->to.ms - q->from.ms) / (double)q->width);
	for (int64_t start = q->from.ms; start < q->to.ms; start += length) {
		double min = INFINITY, max = -INFINITY, sum = 0;
		uint32_t in = 0;
		for (size_t i = 0; i < n; i++) {
			if (all[i].series != q->series || all[i].at.ms < start || all[i].at.ms >= start + length ||
			    all[i].at.ms >= q->to.ms)
				continue;
			min = all[i].value < min ? all[i].value : min;
			max = all[i].value > max ? all[i].value : max;
			sum += all[i].value;
			in++;
		}
		if (in)
			out[count++] = (struct point){{start}, min, max, sum / in, in};
	}
	return count;
}

static void compare(struct store *s, const struct sample *all, size_t n, const struct points_query *q)
{
	static struct point expected[STORE_MAX_POINTS], got[STORE_MAX_POINTS];
	bool raw_expected, raw;
	size_t count;
	size_t want = reference(all, n, q, expected, &raw_expected);
	ck_assert_int_eq(store_points(s, q, got, &count, &raw), 0);
	ck_assert_int_eq(raw, raw_expected);
	ck_assert_uint_eq(count, want);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(got[i].at.ms, expected[i].at.ms);
		ck_assert_uint_eq(got[i].count, expected[i].count);
		ck_assert_double_eq(got[i].min, expected[i].min);
		ck_assert_double_eq(got[i].max, expected[i].max);
		ck_assert_double_eq_tol(got[i].avg, expected[i].avg, 1e-9);
	}
}

START_TEST(points_agree_with_reference)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	put_series(s, 2, "energy");
	static struct sample all[REFERENCE];
	struct test_rand r = {20261120};
	const int64_t epoch = -2000; /* times before and after 0 */
	for (int i = 0; i < REFERENCE; i++) { /* distinct times of a series, in a shuffled order, with gaps */
		int64_t at = (i / 2 * 7919) % (REFERENCE / 2);
		all[i] = (struct sample){1 + i % 2, {epoch + at * 3 + (at > 1000 ? 700 : 0)},
					 (double)test_rand_below(&r, 100000) / 100 - 300};
	}
	for (int i = 0; i < REFERENCE; i += 500)
		ck_assert_int_eq(store_append(s, all + i, 500, NULL), 0);
	for (int i = 0; i < 60; i++) {
		int64_t from = epoch - 200 + (int64_t)test_rand_below(&r, 10000);
		struct points_query q = {1 + i % 2, {from}, {from + 1 + (int64_t)test_rand_below(&r, 4000)},
					 1 + test_rand_below(&r, i % 3 ? 50 : STORE_MAX_POINTS)};
		compare(s, all, REFERENCE, &q);
	}
	store_close(&s);
}
END_TEST

START_TEST(points_at_the_edges)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct sample in[] = {{1, {0}, DBL_MAX}, {1, {5}, DBL_MAX}, {1, {9}, DBL_MAX}, {1, {10}, 7}};
	ck_assert_int_eq(store_append(s, in, 4, NULL), 0);
	static struct point points[STORE_MAX_POINTS];
	size_t count;
	bool raw;
	struct points_query q = {1, {0}, {10}, 3};
	ck_assert_int_eq(store_points(s, &q, points, &count, &raw), 0); /* `to` is outside */
	ck_assert(raw);
	ck_assert_uint_eq(count, 3);
	q.width = 1;
	ck_assert_int_eq(store_points(s, &q, points, &count, &raw), 0); /* their sum is no double */
	ck_assert(!raw);
	ck_assert_uint_eq(count, 1);
	ck_assert_double_eq(points[0].avg, DBL_MAX);
	q = (struct points_query){1, {INT64_MIN}, {INT64_MAX}, 1}; /* wider than an int64_t */
	ck_assert_int_eq(store_points(s, &q, points, &count, &raw), 0);
	ck_assert_uint_eq(points[0].count, 4);
	ck_assert_int_eq(points[0].at.ms, INT64_MIN);
	q.to.ms = INT64_MIN;
	ck_assert_int_eq(store_points(s, &q, points, &count, &raw), 0);
	ck_assert_uint_eq(count, 0);
	q = (struct points_query){1, {10}, {9}, 5};
	ck_assert_int_eq(store_points(s, &q, points, &count, &raw), ERR_INVALID);
	q = (struct points_query){1, {0}, {10}, 0};
	ck_assert_int_eq(store_points(s, &q, points, &count, &raw), ERR_INVALID);
	q.width = STORE_MAX_POINTS + 1;
	ck_assert_int_eq(store_points(s, &q, points, &count, &raw), ERR_INVALID);
	q = (struct points_query){2, {0}, {10}, 10};
	ck_assert_int_eq(store_points(s, &q, points, &count, &raw), ERR_NOT_FOUND);
	store_close(&s);
}
END_TEST

/* ---- the queue --------------------------------------------------------- */

/* Holds the writer in a callback until told to go on. */
struct gate {
	struct waiter held, go;
};

static void hold(void *ctx, int err)
{
	struct gate *gate = ctx;
	ck_assert_int_eq(err, 0);
	waiter_signal(&gate->held);
	waiter_wait(&gate->go);
}

static void count_done(void *ctx, int err)
{
	ck_assert_int_eq(err, 0);
	++*(size_t *)ctx; /* the writer thread's until store_close */
}

START_TEST(queue_is_bounded)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	struct gate gate;
	waiter_init(&gate.held);
	waiter_init(&gate.go);
	ck_assert_int_eq(store_setting_put(s, "gate", span_str("x"), &(struct store_done){hold, &gate}), 0);
	waiter_wait(&gate.held);
	enum { BATCH = 8192 };
	struct sample *batch = calloc(BATCH + 1, sizeof *batch);
	size_t done = 0;
	struct store_done counted = {count_done, &done};
	int64_t at = 0;
	for (int i = 0; i < STORE_QUEUE_MAX / BATCH; i++) {
		for (int k = 0; k < BATCH; k++)
			batch[k] = (struct sample){1, {at++}, 1};
		ck_assert_int_eq(store_append(s, batch, BATCH, &counted), 0);
	}
	struct store_stats stats;
	store_stats_get(s, &stats);
	ck_assert_uint_eq(stats.waiting_samples, STORE_QUEUE_MAX);
	ck_assert_int_eq(store_append(s, batch, 1, &counted), ERR_FULL);
	ck_assert_int_eq(store_append(s, batch, 1, NULL), ERR_FULL);
	waiter_signal(&gate.go);
	ck_assert_int_eq(store_setting_put(s, "gate", span_str("y"), NULL), 0); /* all before it are through */
	batch[0].at.ms = at;
	ck_assert_int_eq(store_append(s, batch, 1, NULL), 0);
	store_stats_get(s, &stats);
	ck_assert_uint_eq(stats.samples, STORE_QUEUE_MAX + 1);
	ck_assert_uint_eq(stats.waiting_samples, 0);
	store_close(&s);
	ck_assert_uint_eq(done, STORE_QUEUE_MAX / BATCH);
	free(batch);
	waiter_finish(&gate.go);
	waiter_finish(&gate.held);
}
END_TEST

/* Callbacks come in the order of the writes, over both databases. */
struct order {
	int next;
	struct order_item {
		struct order *order;
		int number;
	} items[100];
};

static void in_order(void *ctx, int err)
{
	struct order_item *item = ctx;
	ck_assert_int_eq(err, 0);
	ck_assert_int_eq(item->number, item->order->next++);
}

START_TEST(callbacks_come_in_order)
{
	struct store *s = test_open();
	put_series(s, 1, "power");
	static struct order order;
	for (int i = 0; i < 100; i++) {
		order.items[i] = (struct order_item){&order, i};
		struct store_done done = {in_order, &order.items[i]};
		struct sample sample = {1, {i}, i};
		int err = i % 3 ? store_append(s, &sample, 1, &done) : store_setting_put(s, "n", span_of(&i, sizeof i), &done);
		ck_assert_int_eq(err, 0);
	}
	store_close(&s); /* commits what waits */
	ck_assert_int_eq(order.next, 100);
	ck_assert_int_eq(test_sql_int("telemetry.db", BASE_TELEMETRY, "SELECT count(*) FROM sample"), 66);
}
END_TEST

static void add(TCase *tc)
{
	tcase_add_test(tc, series_are_put_and_listed);
	tcase_add_test(tc, latest_and_replaced);
	tcase_add_test(tc, wrong_samples_are_refused);
	tcase_add_test(tc, unknown_series_cost_only_themselves);
	tcase_add_test(tc, points_agree_with_reference);
	tcase_add_test(tc, points_at_the_edges);
	tcase_add_test(tc, queue_is_bounded);
	tcase_add_test(tc, callbacks_come_in_order);
}

int main(void)
{
	return test_run("samples", add);
}
