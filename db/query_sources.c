/* Where the buckets of an answer come from: rollups for the days that have them and are
 * settled, samples for the others. On the reader's thread, in its view's one moment.
 *
 * Reads one thing at a time: no walk along the shelf is begun inside another. */
#include "base/err.h"
#include "base/log.h"
#include "db/query_private.h"

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* ---- samples ----------------------------------------------------------- */

/* Adds each day on which one of the samples lies. */
static int add_days(struct days *days, const struct datum *data, size_t count)
{
	int err = 0;
	for (size_t i = 0; i < count && !err;) {
		int64_t day = day_of(data[i].at), next = (day + 1) * DAY_MS;
		err = days_add(days, day, day);
		if (data[count - 1].at < next)
			break; /* a chunk's samples are of one day */
		while (i < count && data[i].at < next)
			i++;
	}
	return err;
}

static int add_samples(void *ctx, const struct datum *data, size_t count)
{
	struct answering *a = ctx;
	int err = bucketing_add(&a->b, data, count);
	return err || a->source == SOURCE_HOUR ? err : add_days(&a->seen, data, count);
}

/* ---- rollups ----------------------------------------------------------- */

/* Rollup buckets of [from, to). */
struct rolling {
	struct answering *a;
	int64_t from, to;
	int (*each)(struct rolling *r, const struct bucket *bucket);
	bool whole; /* a damaged block is no answer: its days are noted as such, ERR_DAMAGED; else it is empty */
};

/* The shelf's days of a block that cannot be read. */
static int note_damaged(struct answering *a, const struct shelf_rollup *rollup)
{
	int64_t length = rollup_block_ms(rollup->level) / DAY_MS;
	log_warning("store", "series %lld: a block of rollups is damaged, its days are read by their samples",
		    (long long)rollup->series);
	int err = days_add(&a->damaged, rollup->block * length, rollup->block * length + length - 1);
	a->damaged_found = !err;
	return err ? err : ERR_DAMAGED;
}

static int decode_block(void *ctx, const struct shelf_rollup *rollup)
{
	struct rolling *r = ctx;
	struct view *v = &r->a->view;
	size_t count;
	v->scratch_count = 0; /* the chunk in it is lost */
	int err = rollup_decode(rollup->data, v->scratch, r->a->block, &count);
	if (err)
		return r->whole ? note_damaged(r->a, rollup) : 0;
	for (size_t i = 0; i < count && !err; i++)
		err = r->each(r, &r->a->block[i]);
	return err;
}

static int walk_rollups(struct rolling *r, enum rollup_level level)
{
	struct shelf_rollup first = {
		.series = r->a->series.id, .level = level, .block = rollup_block_of(level, r->from)};
	return shelf_rollups(r->a->view.txn, &first, rollup_block_of(level, r->to - 1), decode_block, r);
}

/* Whether a bucket before the window tells where a counter stood when it began: nothing newer can lie between. */
static bool tells_before(const struct answering *a, int64_t at)
{
	int64_t day = day_of(at);
	const struct day_range *fresh = days_find(&a->fresh, day);
	return at < a->start && day >= day_of(a->start) - 1 && !(fresh && fresh->first <= day_of(a->start - 1));
}

static int join_bucket(struct rolling *r, const struct bucket *bucket)
{
	struct answering *a = r->a;
	if (bucket->at >= r->from && bucket->at < r->to)
		return bucketing_join(&a->b, bucket);
	if (a->series.kind == SERIES_COUNTER && tells_before(a, bucket->at)) {
		a->before = bucket->last;
		a->has_before = true;
	}
	return 0;
}

/* ---- which days from where --------------------------------------------- */

static int add_pending(void *ctx, int64_t day, int64_t series)
{
	struct answering *a = ctx;
	(void)series;
	return days_add(&a->fresh, day, day);
}

/* The days that rollups know nothing or not all of, from the one before the window on. */
static int find_fresh(struct answering *a)
{
	struct shelf_days days = {a->series.id, day_of(a->start) - 1, day_of(a->end - 1)};
	int err = add_days(&a->fresh, a->view.fresh, a->view.fresh_count);
	if (!err)
		err = shelf_pending(a->view.txn, &days, add_pending, a);
	days_arrange(&a->fresh);
	return err;
}

struct finding_blocks {
	struct days *days;
	int64_t next; /* the day that comes behind the blocks so far */
};

static int skip_block(void *ctx, const struct shelf_rollup *rollup)
{
	struct finding_blocks *f = ctx;
	int err = rollup->block > f->next ? days_add(f->days, f->next, rollup->block - 1) : 0;
	f->next = rollup->block + 1;
	return err;
}

/* Days without a block of 5-minute buckets: their samples are too few for it. A block is a day. */
static int find_sparse(struct answering *a)
{
	struct finding_blocks f = {&a->by_sample, day_of(a->start)};
	struct shelf_rollup first = {.series = a->series.id, .level = ROLLUP_5MIN, .block = f.next};
	int64_t last = day_of(a->end - 1);
	int err = shelf_rollups(a->view.txn, &first, last, skip_block, &f);
	return err || f.next > last ? err : days_add(&a->by_sample, f.next, last);
}

static int add_all(struct days *days, const struct days *more)
{
	int err = 0;
	for (size_t i = 0; i < more->count && !err; i++)
		err = days_add(days, more->ranges[i].first, more->ranges[i].last);
	return err;
}

static int find_days(struct answering *a)
{
	int err = find_fresh(a);
	if (!err && a->source == SOURCE_SAMPLES)
		return days_add(&a->by_sample, day_of(a->start), day_of(a->end - 1));
	if (!err)
		err = add_all(&a->by_sample, &a->fresh);
	if (!err)
		err = add_all(&a->by_sample, &a->damaged);
	if (!err && a->source == SOURCE_5MIN)
		err = find_sparse(a);
	days_arrange(&a->by_sample);
	return err;
}

/* ---- what is left only in coarser rollups ------------------------------ */

struct finding_lost {
	struct rolling rolling;
	struct days days; /* candidates */
};

/* Notes the day of an hour in the window that gave no sample though it was read by samples. */
static int note_unseen(struct rolling *r, const struct bucket *bucket)
{
	struct finding_lost *f = (struct finding_lost *)r;
	const struct answering *a = r->a;
	int64_t day = day_of(bucket->at);
	const struct day_range *seen = days_find(&a->seen, day), *read = days_find(&a->by_sample, day);
	if (bucket->at + rollup_length_ms(ROLLUP_HOUR) <= a->start || bucket->at >= a->end ||
	    (seen && seen->first <= day) || !read || read->first > day)
		return 0;
	return days_add(&f->days, day, day);
}

static int stop(void *ctx, const struct shelf_chunk *chunk)
{
	(void)ctx;
	(void)chunk;
	return 1;
}

/* Whether some day's chunks are gone while its rollups are here. ERR_STATE then. */
static int find_lost(struct answering *a, struct finding_lost *f)
{
	int err = walk_rollups(&f->rolling, ROLLUP_HOUR);
	for (size_t i = 0; i < f->days.count && !err; i++) {
		for (int64_t day = f->days.ranges[i].first; day <= f->days.ranges[i].last && !err; day++) {
			struct shelf_range range = {a->series.id, day * DAY_MS, (day + 1) * DAY_MS - 1};
			err = shelf_chunks(a->view.txn, &range, stop, NULL);
			err = err == 1 ? 0 : err ? err : ERR_STATE;
		}
	}
	return err;
}

static bool saw_all(const struct answering *a)
{
	for (size_t i = 0; i < a->by_sample.count; i++) {
		int64_t first = most(a->by_sample.ranges[i].first, day_of(a->start));
		int64_t last = least(a->by_sample.ranges[i].last, day_of(a->end - 1));
		const struct day_range *seen = days_find(&a->seen, first);
		if (first <= last && (!seen || seen->first > first || seen->last < last))
			return false;
	}
	return true;
}

static int check_lost(struct answering *a)
{
	days_arrange(&a->seen);
	if (saw_all(a))
		return 0;
	struct finding_lost f = {.rolling = {a, a->start, a->end, note_unseen, false}};
	int err = find_lost(a, &f);
	days_finish(&f.days);
	return err;
}

/* ---- all of it --------------------------------------------------------- */

/* Reads the stretch that begins at `at` and comes from one source, and moves `at` behind it. */
static int read_stretch(struct answering *a, int64_t *at)
{
	const struct day_range *range = days_find(&a->by_sample, day_of(*at));
	int64_t from = *at, samples_from = range ? most(range->first * DAY_MS, from) : a->end;
	if (samples_from > from) {
		*at = least(samples_from, a->end);
		struct rolling rolling = {a, from, *at, join_bucket, true};
		return walk_rollups(&rolling, (enum rollup_level)a->source);
	}
	*at = least((range->last + 1) * DAY_MS, a->end);
	return view_each(&a->view, from, *at - 1, add_samples, a);
}

static int read_all(struct answering *a)
{
	a->b.count = a->fresh.count = a->by_sample.count = a->seen.count = 0;
	a->has_before = a->damaged_found = false;
	int err = find_days(a);
	for (int64_t at = a->start; at < a->end && !err;)
		err = read_stretch(a, &at);
	return err || a->source == SOURCE_HOUR ? err : check_lost(a);
}

int sources_read(struct answering *a)
{
	int err;
	do
		err = read_all(a);
	while (err == ERR_DAMAGED && a->damaged_found); /* each time without one block more */
	return err;
}

bool sources_fresh(const struct answering *a)
{
	const struct day_range *range = days_find(&a->fresh, day_of(a->start));
	return range && range->first <= day_of(a->end - 1);
}
