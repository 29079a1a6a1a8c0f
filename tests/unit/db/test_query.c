/* Every question that a chart asks, against a plain reading of all that was ever said: random histories with days in all
 * states, and windows of all widths. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "db/history.h"

#include "base/err.h"
#include "base/log.h"
#include "db/store_private.h"
#include "support/fake_shelf.h"
#include "support/suite.h"

enum { SERIES = 7, OTHER = 8, SAMPLES_MAX = 60000, FRESH_MAX = 400, DAYS_MAX = 80, MARK = 5 };

#define FIVE_MIN_MS 300000LL
#define HOUR_MS 3600000LL

/* What a day is on the shelf. PENDING: its rollups say less than its chunks. */
enum day_state { DAY_EMPTY, DAY_DONE, DAY_SPARSE, DAY_PENDING, DAY_ROLLED, DAY_STATES };

struct truth {
	struct datum d;
	bool lost; /* only in rollups */
};

/* A history and the store that holds it. */
struct history {
	uint64_t rand;
	enum series_kind kind;
	int64_t first_day, days;
	enum day_state state[DAYS_MAX];
	struct truth all[SAMPLES_MAX + 2 * FRESH_MAX]; /* in order */
	size_t count;
	struct datum frozen[FRESH_MAX], live[FRESH_MAX];
	size_t frozen_count, live_count;
	struct shelf *shelf;
	struct head *head;
	struct store store;
};

/* Check writes each assertion to a file: too slow for millions. */
#define require(truth) \
	do { \
		if (!(truth)) \
			ck_abort_msg("%s", #truth); \
	} while (0)

static struct history h;
static struct bucket got[STORE_MAX_BUCKETS + 1], want[SAMPLES_MAX + 2 * FRESH_MAX];

/* xorshift64* */
static int64_t below(int64_t bound)
{
	h.rand ^= h.rand >> 12;
	h.rand ^= h.rand << 25;
	h.rand ^= h.rand >> 27;
	return (int64_t)((h.rand * 0x2545f4914f6cdd1dULL >> 11) % (uint64_t)bound);
}

static int64_t floor_to(int64_t a, int64_t b)
{
	return a - ((a % b) + b) % b;
}

/* ---- making a history -------------------------------------------------- */

static double next_value(void)
{
	static double level;
	if (below(60) == 0)
		return NAN;
	if (h.kind == SERIES_BINARY)
		return (double)below(2);
	if (h.kind == SERIES_COUNTER)
		return level = below(80) ? level + (double)below(40) / 4 : 0;
	return level = round(level * 10 + (double)below(9) - 4) / 10;
}

/* The plain way from samples to buckets. */
static size_t naive(const struct truth *all, size_t count, int64_t length, struct bucket *out)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		double v = all[i].d.value;
		int64_t at = floor_to(all[i].d.at, length);
		if (isnan(v))
			continue;
		if (!n || out[n - 1].at != at) {
			out[n++] = (struct bucket){at, 1, v, v, v, v, v, 0};
			continue;
		}
		struct bucket *b = &out[n - 1];
		b->count++;
		b->min = fmin(b->min, v);
		b->max = fmax(b->max, v);
		b->sum += v;
		b->increase += v >= b->last ? v - b->last : v;
		b->last = v;
	}
	return n;
}

/* Chunks of random sizes that begin in slots of their own. */
static void put_chunks(int64_t series, const struct truth *all, size_t count)
{
	static struct datum data[CHUNK_MAX];
	for (size_t i = 0; i < count;) {
		size_t n = 0, size = 1 + (size_t)below(600);
		int64_t id = chunk_id(series, all[i].d.at);
		while (i < count && (n < size || chunk_id(series, all[i].d.at) == id)) {
			id = chunk_id(series, all[i].d.at); /* a next one begins behind the slot of this one's last */
			data[n++] = all[i++].d;
		}
		fake_shelf_put_chunk(h.shelf, series, data, n);
	}
}

static size_t make_day(int64_t day, struct truth *out, bool lost)
{
	int64_t pause = below(3) ? 1 + below(12 * HOUR_MS) : 100 * (1 + below(1500)), at = day * DAY_MS + below(pause);
	size_t count = 0;
	for (; at < (day + 1) * DAY_MS && count < 700; at += 1 + below(2 * pause))
		out[count++] = (struct truth){{at, next_value()}, lost};
	return count;
}

/* Hour buckets of all days but the empty; of a pending day those of the first few samples. */
static void put_hours(const size_t *start)
{
	static struct bucket hours[DAYS_MAX * 24];
	size_t n = 0;
	for (int64_t i = 0; i < h.days; i++) {
		size_t count = start[i + 1] - start[i];
		if (h.state[i] == DAY_PENDING)
			count = count < 3 ? count : 3;
		n += naive(h.all + start[i], count, HOUR_MS, hours + n);
	}
	for (size_t i = 0, m; i < n; i += m) {
		for (m = 1; i + m < n && rollup_block_of(ROLLUP_HOUR, hours[i + m].at) ==
						 rollup_block_of(ROLLUP_HOUR, hours[i].at);)
			m++;
		fake_shelf_put_rollup(h.shelf, SERIES, ROLLUP_HOUR, hours + i, m, h.kind == SERIES_COUNTER);
	}
}

static void put_day(int64_t i, const struct truth *all, size_t count)
{
	static struct bucket fine[288];
	int64_t day = h.first_day + i;
	if (h.state[i] != DAY_ROLLED)
		put_chunks(SERIES, all, count);
	if (h.state[i] == DAY_PENDING)
		fake_shelf_put_pending(h.shelf, day, SERIES);
	if (h.state[i] == DAY_SPARSE || (h.state[i] == DAY_ROLLED && below(2)))
		return;
	size_t n = naive(all, h.state[i] == DAY_PENDING && count > 3 ? 3 : count, FIVE_MIN_MS, fine);
	if (n)
		fake_shelf_put_rollup(h.shelf, SERIES, ROLLUP_5MIN, fine, n, h.kind == SERIES_COUNTER);
}

static int compare(const void *a, const void *b)
{
	const struct truth *x = a, *y = b;
	return x->d.at < y->d.at ? -1 : x->d.at > y->d.at;
}

/* Makes the sample true, in the place of another of the same time. */
static void assert_truth(struct datum d)
{
	struct truth t = {d, false}, *old = bsearch(&t, h.all, h.count, sizeof t, compare);
	if (old) {
		old->d = d;
		return;
	}
	h.all[h.count++] = t;
	qsort(h.all, h.count, sizeof t, compare);
}

/* Samples for one of the head's lists: new ones and such that are on the shelf, on days whose raw samples are kept. */
static size_t make_fresh(struct datum *out, bool true_ones)
{
	size_t n = 0, wanted = below(3) ? (size_t)below(FRESH_MAX / 8) : 0;
	struct truth *list = calloc(wanted + 1, sizeof *list);
	int64_t spread = below(2) ? 1 : h.days;
	for (size_t i = 0; i < wanted; i++) {
		int64_t day = h.days - 1 - below(spread);
		int64_t at = (h.first_day + day) * DAY_MS + below(DAY_MS);
		if (h.count && below(4) == 0)
			at = h.all[below((int64_t)h.count)].d.at;
		day = floor_to(at, DAY_MS) / DAY_MS - h.first_day;
		if (h.state[day] != DAY_ROLLED)
			list[n++].d = (struct datum){at, next_value()};
	}
	qsort(list, n, sizeof *list, compare);
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		if (i && list[i].d.at == list[i - 1].d.at)
			continue;
		out[m++] = list[i].d;
		if (true_ones)
			assert_truth(list[i].d);
	}
	free(list);
	return m;
}

static void make_history(uint64_t seed)
{
	static const int64_t first_days[] = {19000, -40, 0, -500000};
	size_t start[DAYS_MAX + 1];
	memset(&h, 0, sizeof h);
	h.rand = seed * 0x9e3779b97f4a7c15ULL | 1;
	h.kind = (enum series_kind)(seed % 3);
	h.days = 1 + below(below(2) ? 4 : DAYS_MAX - 1);
	h.first_day = first_days[below(4)];
	struct series series = {.id = SERIES, .kind = h.kind};
	bool dropped = below(2); /* whether the frozen ones are on the shelf: then those of the head must not count */
	h.shelf = fake_shelf_create(dropped ? MARK : MARK - 1);
	h.head = fake_head_create(&series);
	h.store = (struct store){.head = h.head, .sealer = fake_sealer_of(h.shelf)};
	bool rolled = below(3) == 0;
	for (int64_t i = 0; i < h.days; i++) {
		h.state[i] = (enum day_state)below(rolled ? DAY_STATES : DAY_ROLLED);
		start[i] = h.count;
		if (h.state[i] == DAY_EMPTY)
			continue;
		h.count += make_day(h.first_day + i, h.all + h.count, h.state[i] == DAY_ROLLED);
		put_day(i, h.all + start[i], h.count - start[i]);
		put_chunks(OTHER, h.all + start[i], h.count - start[i]);
	}
	start[h.days] = h.count;
	put_hours(start);
	h.frozen_count = make_fresh(h.frozen, !dropped);
	h.live_count = make_fresh(h.live, true);
	fake_head_set_frozen(h.head, h.frozen, h.frozen_count, MARK);
	fake_head_set_live(h.head, h.live, h.live_count);
}

static void drop_history(void)
{
	shelf_close(&h.shelf);
	fake_head_destroy(&h.head);
}

static struct buckets_query random_window(void)
{
	struct buckets_query q = {.series = SERIES, .never_raw = below(3) == 0};
	int64_t start = h.first_day * DAY_MS, span = h.days * DAY_MS;
	q.width = 2 + (size_t)(below(3) ? below(30) : below(STORE_MAX_BUCKETS - 1));
	q.from.ms = start + below(span + 1);
	q.to.ms = q.from.ms + below(below(3) ? 2 * HOUR_MS : span);
	switch (below(8)) {
	case 0:
		q.from.ms = start - below(3 * DAY_MS);
		q.to.ms = start + span + below(3 * DAY_MS);
		break;
	case 1:
		q.from.ms = floor_to(q.from.ms, DAY_MS);
		q.to.ms = q.from.ms + DAY_MS * (1 + below(h.days));
		break;
	case 2:
		q.from.ms = below(2) ? INT64_MIN : HISTORY_FIRST_MS;
		q.to.ms = below(2) ? INT64_MAX : q.to.ms;
		break;
	default:
		break;
	}
	return q;
}

/* The samples in [from, to). */
static const struct truth *find(int64_t from, int64_t to, size_t *count_r)
{
	size_t first = 0, end;
	while (first < h.count && h.all[first].d.at < from)
		first++;
	for (end = first; end < h.count && h.all[end].d.at < to;)
		end++;
	*count_r = end - first;
	return h.all + first;
}

/* The last number before, or NULL. */
static const struct truth *find_before(int64_t before)
{
	const struct truth *found = NULL;
	for (size_t i = 0; i < h.count && h.all[i].d.at < before; i++)
		found = isnan(h.all[i].d.value) ? found : &h.all[i];
	return found;
}

static int64_t clip(int64_t at)
{
	return at < HISTORY_FIRST_MS ? HISTORY_FIRST_MS : at > HISTORY_LAST_MS ? HISTORY_LAST_MS + 1 : at;
}

/* ---- buckets ----------------------------------------------------------- */

static double rise(double from, double to)
{
	return to >= from ? to - from : to;
}

/* Completes what naive left: the steps between buckets. Returns whether the first one's is sure. */
static bool complete(struct bucket *b, size_t n)
{
	for (size_t i = n; i-- > 1;)
		b[i].increase += rise(b[i - 1].last, b[i].first);
	const struct truth *before = n ? find_before(b[0].at) : NULL;
	if (before)
		b[0].increase += rise(before->d.value, b[0].first);
	return !before || !before->lost;
}

static void check_same(const struct bucket *a, const struct bucket *b, bool sure)
{
	double most = 1e-9 * (double)b->count * fmax(fabs(b->min), fabs(b->max)) + 1e-9;
	require(a->at == b->at);
	require(a->count == b->count);
	require(a->min == b->min && a->max == b->max && fabs(a->sum - b->sum) <= most);
	if (h.kind != SERIES_COUNTER) {
		require(a->first == 0 && a->last == 0 && a->increase == 0);
		return;
	}
	require(a->first == b->first && a->last == b->last);
	require(!sure || fabs(a->increase - b->increase) <= most + 1e-9 * b->increase);
}

static uint64_t count_numbers(const struct truth *all, size_t count, bool *lost_r)
{
	uint64_t n = 0;
	for (size_t i = 0; i < count; i++) {
		n += isnan(all[i].d.value) ? 0 : 1;
		*lost_r |= all[i].lost && !isnan(all[i].d.value);
	}
	return n;
}

static void check_answer(const struct buckets_query *q, const struct buckets_answer *a)
{
	int64_t from = clip(q->from.ms), to = clip(q->to.ms), length = a->raw ? 1 : a->length_ms;
	int64_t start = floor_to(from, length), end = floor_to(to - 1, length) + length;
	size_t count;
	bool lost = false;
	const struct truth *all = find(start, end, &count);
	uint64_t numbers = count_numbers(all, count, &lost);
	size_t n = naive(all, count, length, want);
	bool sure = complete(want, n);
	ck_assert_uint_le(a->count, q->width);
	ck_assert_uint_eq(a->count, n);
	for (size_t i = 0; i < n; i++)
		check_same(&got[i], &want[i], sure || i > 0);
	ck_assert(!a->raw || (!lost && !q->never_raw));
	ck_assert_msg(a->raw || lost || q->never_raw || numbers > q->width, "few samples must be raw");
	if (a->raw)
		ck_assert_int_eq(a->length_ms, 0);
	else if (!lost)
		ck_assert_int_le(length, ((to - from) / (int64_t)(q->width - 1) / HOUR_MS + 1) * HOUR_MS);
}

static void try_buckets(uint64_t first_seed, uint64_t last_seed)
{
	for (uint64_t seed = first_seed; seed <= last_seed; seed++) {
		make_history(seed);
		for (int i = 0; i < 40; i++) {
			struct buckets_query q = random_window();
			struct buckets_answer a;
			memset(got, 0xee, sizeof got);
			ck_assert_int_eq(store_buckets(&h.store, &q, got, &a), 0);
			if (q.from.ms < q.to.ms)
				check_answer(&q, &a);
			else
				ck_assert_uint_eq(a.count, 0);
			ck_assert_uint_eq(got[q.width].count, 0xeeeeeeeeeeeeeeeeULL);
		}
		drop_history();
	}
}

START_TEST(buckets_are_as_the_truth)
{
	try_buckets(1, 70);
}
END_TEST

START_TEST(more_buckets_are_as_the_truth)
{
	try_buckets(71, 140);
}
END_TEST

START_TEST(still_more_buckets_are_as_the_truth)
{
	try_buckets(141, 210);
}
END_TEST

/* ---- scans and the newest ---------------------------------------------- */

struct scanned {
	const struct truth *next, *end;
};

static int check_scanned(void *ctx, const struct sample *samples, size_t count)
{
	struct scanned *s = ctx;
	for (size_t i = 0; i < count; i++) {
		while (s->next < s->end && s->next->lost)
			s->next++;
		require(s->next < s->end);
		require(samples[i].series == SERIES);
		require(samples[i].at.ms == s->next->d.at);
		require(memcmp(&samples[i].value, &s->next->d.value, sizeof(double)) == 0 ||
			(isnan(samples[i].value) && isnan(s->next->d.value)));
		s->next++;
	}
	return 0;
}

static int stop_scan(void *ctx, const struct sample *samples, size_t count)
{
	(void)samples;
	*(size_t *)ctx += count;
	return 42;
}

START_TEST(scans_are_as_the_truth)
{
	for (uint64_t seed = 1; seed <= 120; seed++) {
		make_history(seed);
		for (int i = 0; i < 10; i++) {
			struct buckets_query w = random_window();
			struct scanned s;
			size_t count, told = 0;
			struct scan_query q = {SERIES, w.from, w.to, check_scanned, &s};
			s.next = find(w.from.ms, w.to.ms, &count);
			s.end = s.next + count;
			ck_assert_int_eq(store_scan(&h.store, &q), 0);
			while (s.next < s.end && s.next->lost)
				s.next++;
			ck_assert_ptr_eq(s.next, s.end);
			q.each = stop_scan;
			q.ctx = &told;
			int err = store_scan(&h.store, &q);
			ck_assert_int_eq(err, told ? 42 : 0);
		}
		drop_history();
	}
}
END_TEST

START_TEST(latest_is_the_last)
{
	for (uint64_t seed = 1; seed <= 120; seed++) {
		make_history(seed);
		struct sample s;
		const struct truth *last = NULL;
		for (size_t i = 0; i < h.count; i++)
			if (!h.all[i].lost && !isnan(h.all[i].d.value))
				last = &h.all[i];
		int err = store_latest(&h.store, SERIES, &s);
		ck_assert_int_eq(err, last || h.live_count || h.frozen_count ? 0 : ERR_NOT_FOUND);
		if (!err && last && !isnan(s.value) && !h.frozen_count) {
			ck_assert_int_eq(s.at.ms, last->d.at);
			ck_assert(s.value == last->d.value);
		}
		drop_history();
	}
}
END_TEST

/* ---- timelines --------------------------------------------------------- */

static size_t naive_runs(int64_t from, int64_t to, struct run *out)
{
	size_t n = 0;
	for (size_t i = 0; i < h.count && h.all[i].d.at < to; i++) {
		struct datum d = h.all[i].d;
		if (isnan(d.value) || h.all[i].lost)
			continue;
		if (d.at <= from) {
			n = 1;
			out[0] = (struct run){from, to, d.value, d.at == from && out[0].value != d.value, false};
			continue;
		}
		if (!n || out[n - 1].value != d.value) {
			if (n)
				out[n - 1].to = d.at;
			out[n++] = (struct run){d.at, to, d.value, 0, false};
		}
		out[n - 1].changes++;
	}
	return n;
}

static void check_runs(const struct buckets_query *q, const struct run *runs, size_t count)
{
	static struct run exact[SAMPLES_MAX + 2 * FRESH_MAX];
	int64_t from = clip(q->from.ms), to = clip(q->to.ms);
	size_t n = naive_runs(from, to, exact), e = 0;
	ck_assert_uint_le(count, q->width);
	require(n > q->width || count == n);
	require(!n == !count);
	for (size_t i = 0; i < count; i++) {
		require(runs[i].from < runs[i].to);
		require(runs[i].from == (i ? runs[i - 1].to : exact[0].from));
		require(runs[i].from == (exact[e].from));
		size_t merged = 0;
		int64_t longest = 0;
		for (; e < n && exact[e].to <= runs[i].to; e++, merged++)
			longest = exact[e].to - exact[e].from > longest ? exact[e].to - exact[e].from : longest;
		require(merged < 2 || q->width <= 2 || longest <= 2 * (to - from) / (int64_t)(q->width - 1)); /* pixels */
		require(runs[i].mixed == (merged > 1) && merged);
		require(runs[i].value == exact[e - 1].value);
	}
	ck_assert_uint_eq(e, n);
	require(!count || runs[count - 1].to == to);
}

START_TEST(timelines_are_as_the_truth)
{
	static struct run runs[STORE_MAX_BUCKETS];
	for (uint64_t seed = 1; seed <= 240; seed++) {
		make_history(seed * 3 + 2); /* switches */
		for (int i = 0; i < 15; i++) {
			struct buckets_query q = random_window();
			size_t count;
			q.width -= q.width == 2 && below(2) ? 1 : 0;
			ck_assert_int_eq(store_timeline(&h.store, &q, runs, &count), 0);
			if (q.from.ms < q.to.ms)
				check_runs(&q, runs, count);
		}
		drop_history();
	}
}
END_TEST

START_TEST(a_run_counts_its_samples)
{
	struct datum live[] = {{-50, 1}, {0, 1}, {10, 1}, {20, 0}, {30, 0}, {40, 1}};
	struct series series = {.id = SERIES, .kind = SERIES_BINARY};
	struct run runs[4];
	size_t count;
	h.shelf = fake_shelf_create(0);
	h.head = fake_head_create(&series);
	h.store = (struct store){.head = h.head, .sealer = fake_sealer_of(h.shelf)};
	fake_head_set_live(h.head, live, 6);
	struct buckets_query q = {SERIES, {-10}, {100}, 4, false};
	ck_assert_int_eq(store_timeline(&h.store, &q, runs, &count), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert(runs[0].from == -10 && runs[0].to == 20 && runs[0].changes == 2);
	ck_assert(runs[1].value == 0 && runs[1].changes == 2 && runs[2].to == 100 && runs[2].changes == 1);
	q.width = 1;
	ck_assert_int_eq(store_timeline(&h.store, &q, runs, &count), 0);
	ck_assert(count == 1 && runs[0].mixed && runs[0].changes == 5 && runs[0].value == 1);
	drop_history();
}
END_TEST

/* ---- what is said besides ---------------------------------------------- */

/* A store with one sample each `pause` over days of which the last is pending, and rollups. */
static void make_regular(const struct series *series, int64_t day, int64_t days, int64_t pause)
{
	static struct bucket buckets[ROLLUP_BLOCK_MAX];
	memset(&h, 0, sizeof h);
	h.rand = 1;
	h.shelf = fake_shelf_create(0);
	h.head = fake_head_create(series);
	h.store = (struct store){.head = h.head, .sealer = fake_sealer_of(h.shelf)};
	for (int64_t at = day * DAY_MS; at < (day + days) * DAY_MS; at += pause)
		h.all[h.count++] = (struct truth){{at, (double)(at / pause % 10)}, false};
	for (size_t i = 0, n; i < h.count; i += n) {
		for (n = 1; i + n < h.count && day_of(h.all[i + n].d.at) == day_of(h.all[i].d.at);)
			n++;
		put_chunks(series->id, h.all + i, n);
		size_t m = naive(h.all + i, n, FIVE_MIN_MS, buckets);
		fake_shelf_put_rollup(h.shelf, series->id, ROLLUP_5MIN, buckets, m, false);
	}
	size_t m = naive(h.all, h.count, HOUR_MS, buckets);
	fake_shelf_put_rollup(h.shelf, series->id, ROLLUP_HOUR, buckets, m, false);
	fake_shelf_put_pending(h.shelf, day + days - 1, series->id);
}

static struct buckets_answer ask(int64_t from, int64_t to, size_t width, bool never_raw)
{
	struct buckets_query q = {SERIES, {from}, {to}, width, never_raw};
	struct buckets_answer a;
	ck_assert_int_eq(store_buckets(&h.store, &q, got, &a), 0);
	return a;
}

START_TEST(gaps)
{
	struct series series = {.id = SERIES, .kind = SERIES_GAUGE};
	make_regular(&series, 19008, 3, 10000);
	int64_t day = 19008 * DAY_MS;
	ck_assert_int_eq(ask(day, day + HOUR_MS, 1000, false).gap_ms, 50000);
	ck_assert_int_eq(ask(day, day + HOUR_MS, 10, true).gap_ms, 600000); /* a bucket */
	ck_assert_int_eq(ask(day, day + HOUR_MS, 300, true).gap_ms, 60000); /* mostly one in a bucket of 12 s */
	drop_history();
	make_regular(&series, 19008, 1, 2000);
	ck_assert_int_eq(ask(day, day + HOUR_MS, 4000, false).gap_ms, 15000);
	drop_history();
	series.resolution_ms = 60000;
	make_regular(&series, 19008, 3, 10000);
	ck_assert_int_eq(ask(day, day + HOUR_MS, 1000, false).gap_ms, 300000);
	drop_history();
	series.kind = SERIES_BINARY;
	make_regular(&series, 19008, 3, 10000);
	ck_assert_int_eq(ask(day, day + HOUR_MS, 1000, false).gap_ms, 0);
	drop_history();
}
END_TEST

START_TEST(settled_before_what_is_pending)
{
	struct series series = {.id = SERIES, .kind = SERIES_GAUGE};
	make_regular(&series, 19008, 3, 60000);
	int64_t day = 19008 * DAY_MS;
	ck_assert(ask(day, day + 2 * DAY_MS, 24, false).settled);
	ck_assert(ask(day, day + HOUR_MS, 1000, false).settled);
	ck_assert(!ask(day, day + 2 * DAY_MS + 1, 24, false).settled);
	ck_assert(!ask(day + 3 * DAY_MS, clock_wall().ms, 1000, false).settled);
	struct datum late = {day + 5, 1};
	fake_head_set_live(h.head, &late, 1);
	ck_assert(!ask(day, day + HOUR_MS, 1000, false).settled);
	ck_assert(ask(day + DAY_MS, day + DAY_MS + HOUR_MS, 1000, false).settled);
	drop_history();
}
END_TEST

START_TEST(the_cheapest_source)
{
	struct series series = {.id = SERIES, .kind = SERIES_GAUGE};
	make_regular(&series, 19008, 20, 60000);
	int64_t day = 19008 * DAY_MS;
	fake_shelf_chunks_read(h.shelf);
	struct buckets_answer a = ask(day, day + 19 * DAY_MS, 456, false);
	ck_assert_int_eq(a.length_ms, HOUR_MS);
	ck_assert_uint_eq(fake_shelf_chunks_read(h.shelf), 0);
	a = ask(day, day + 2 * DAY_MS, 576, false);
	ck_assert_int_eq(a.length_ms, FIVE_MIN_MS);
	ck_assert_uint_eq(fake_shelf_chunks_read(h.shelf), 0);
	drop_history();
}
END_TEST

START_TEST(damage_costs_what_is_damaged)
{
	struct series series = {.id = SERIES, .kind = SERIES_GAUGE};
	int64_t day = 19008 * DAY_MS, id;
	make_regular(&series, 19008, 3, 60000);
	fake_shelf_damage_chunk(h.shelf, SERIES);
	struct buckets_answer a = ask(day, day + 3 * DAY_MS, 4000, true);
	ck_assert(a.count > 2 * 1440 && a.count < 3 * 1440);
	ck_assert(head_take_damaged(h.head, &id));
	ck_assert_int_eq(chunk_id_day(id), 19010);
	drop_history();

	make_regular(&series, 19008, 3, 60000);
	fake_shelf_damage_rollups(h.shelf, ROLLUP_HOUR);
	fake_shelf_damage_rollups(h.shelf, ROLLUP_5MIN);
	struct buckets_query q = {SERIES, {day}, {day + 3 * DAY_MS}, 72, false};
	ck_assert_int_eq(store_buckets(&h.store, &q, got, &a), 0);
	ck_assert_int_eq(a.length_ms, HOUR_MS);
	check_answer(&q, &a);
	q.width = 72 * 6;
	ck_assert_int_eq(store_buckets(&h.store, &q, got, &a), 0);
	check_answer(&q, &a);
	drop_history();
}
END_TEST

START_TEST(bad_questions)
{
	struct series series = {.id = SERIES, .kind = SERIES_GAUGE};
	struct buckets_answer a;
	struct sample sample;
	size_t count;
	struct run runs[2];
	make_regular(&series, 19008, 1, 60000);
	struct buckets_query q = {SERIES, {0}, {1}, 1, false};
	ck_assert_int_eq(store_buckets(&h.store, &q, got, &a), ERR_INVALID);
	q.width = STORE_MAX_BUCKETS + 1;
	ck_assert_int_eq(store_buckets(&h.store, &q, got, &a), ERR_INVALID);
	ck_assert_int_eq(store_timeline(&h.store, &q, runs, &count), ERR_INVALID);
	q = (struct buckets_query){SERIES, {2}, {1}, 2, false};
	ck_assert_int_eq(store_buckets(&h.store, &q, got, &a), ERR_INVALID);
	ck_assert_int_eq(store_timeline(&h.store, &q, runs, &count), ERR_INVALID);
	struct scan_query scan = {SERIES, {2}, {1}, check_scanned, NULL};
	ck_assert_int_eq(store_scan(&h.store, &scan), ERR_INVALID);
	q = (struct buckets_query){99, {0}, {1}, 2, false};
	ck_assert_int_eq(store_buckets(&h.store, &q, got, &a), ERR_NOT_FOUND);
	ck_assert_int_eq(store_timeline(&h.store, &q, runs, &count), ERR_NOT_FOUND);
	ck_assert_int_eq(store_latest(&h.store, 99, &sample), ERR_NOT_FOUND);
	scan = (struct scan_query){99, {0}, {1}, check_scanned, NULL};
	ck_assert_int_eq(store_scan(&h.store, &scan), ERR_NOT_FOUND);
	scan = (struct scan_query){SERIES, {INT64_MIN}, {INT64_MIN}, check_scanned, NULL};
	ck_assert_int_eq(store_scan(&h.store, &scan), 0);
	drop_history();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		buckets_are_as_the_truth,
		more_buckets_are_as_the_truth,
		still_more_buckets_are_as_the_truth,
		scans_are_as_the_truth,
		latest_is_the_last,
		timelines_are_as_the_truth,
		a_run_counts_its_samples,
		gaps,
		settled_before_what_is_pending,
		the_cheapest_source,
		damage_costs_what_is_damaged,
		bad_questions,
	};
	log_set_level(LOG_LEVEL_ERROR);
	return suite_run("query", tests, sizeof tests / sizeof tests[0]);
}
