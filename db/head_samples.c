/* The samples that are journaled and not yet on the shelf. Any thread, under the
 * lock "store-head"; freezing, reading what is frozen and melting are the sealer's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/head_private.h"
#include "db/shelf.h"

enum { FIRST_CAP = 16 };

/* Grows by half: a series' lists live until the next sealing only. */
static int run_append(struct run_of_data *run, const struct datum *datum)
{
	if (run->count == run->cap) {
		size_t cap = run->cap ? run->cap + run->cap / 2 : FIRST_CAP;
		struct datum *data = realloc(run->data, cap * sizeof *data);
		if (!data)
			return ERR_NOMEM;
		run->data = data;
		run->cap = cap;
	}
	if (run->count && datum->at <= run->data[run->count - 1].at)
		run->disordered = true;
	run->data[run->count++] = *datum;
	return 0;
}

static int append(struct head *h, struct entry *e, const struct datum *datum, int64_t today)
{
	int err = run_append(&e->live, datum);
	if (err)
		return err;
	h->live++;
	if (!isnan(datum->value) && (!e->has_newest || datum->at >= e->newest.at)) {
		e->newest = *datum;
		e->has_newest = true;
	}
	if (e->noise_day != today) {
		e->noise_day = today;
		e->noise = 0;
	}
	e->noise++;
	return 0;
}

int head_append(struct head *h, const struct sample *samples, size_t count, bool *unknown, size_t *unknown_r)
{
	int64_t today = day_of(clock_wall().ms);
	int err = 0;
	*unknown_r = 0;
	lock_take(&h->lock);
	for (size_t i = 0; i < count && !err; i++) {
		struct entry *e = head_entry(h, samples[i].series);
		if (e) {
			err = append(h, e, &(struct datum){samples[i].at.ms, samples[i].value}, today);
			continue;
		}
		++*unknown_r;
		if (unknown)
			unknown[i] = true;
	}
	lock_release(&h->lock);
	return err;
}

void head_counts(struct head *h, size_t *live_r, size_t *frozen_r)
{
	lock_take(&h->lock);
	*live_r = h->live;
	*frozen_r = h->frozen;
	lock_release(&h->lock);
}

/* ---- order ------------------------------------------------------------- */

/* Of equal times the later written one comes last: samples carry their place for that. */
struct placed {
	struct datum datum;
	size_t place;
};

static int compare(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	if (x->datum.at != y->datum.at)
		return x->datum.at < y->datum.at ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* A copy sorted by time that keeps the later written of two equal times; NULL without memory. */
static struct datum *in_order(const struct datum *data, size_t *count)
{
	struct placed *placed = malloc(*count * sizeof *placed);
	struct datum *ordered = placed ? malloc(*count * sizeof *ordered) : NULL;
	if (!ordered) {
		free(placed);
		return NULL;
	}
	for (size_t i = 0; i < *count; i++)
		placed[i] = (struct placed){data[i], i};
	qsort(placed, *count, sizeof *placed, compare);
	size_t kept = 0;
	for (size_t i = 0; i < *count; i++) {
		if (kept && ordered[kept - 1].at == placed[i].datum.at)
			kept--;
		ordered[kept++] = placed[i].datum;
	}
	*count = kept;
	free(placed);
	return ordered;
}

/* ---- sealing ----------------------------------------------------------- */

void head_applied(struct head *h, uint64_t seq)
{
	lock_take(&h->lock);
	h->applied = seq;
	lock_release(&h->lock);
}

void head_frame_begin(struct head *h)
{
	lock_take(&h->frame);
}

void head_frame_end(struct head *h)
{
	lock_release(&h->frame);
}

uint64_t head_freeze(struct head *h)
{
	lock_take(&h->frame);
	lock_take(&h->lock);
	for (struct entry *e = head_next_entry(h, 0); e; e = head_next_entry(h, e->series.id)) {
		e->frozen = e->live;
		e->live = (struct run_of_data){0};
		e->sealing = e->changed;
		e->changed = false;
	}
	h->frozen = h->live;
	h->live = 0;
	uint64_t mark = h->mark = h->applied;
	lock_release(&h->lock);
	lock_release(&h->frame);
	return mark;
}

/* Puts a frozen run in order. Only the sealer changes frozen runs, so that the sorting itself needs no lock. */
static int order_frozen(struct head *h, struct entry *e)
{
	size_t count = e->frozen.count;
	struct datum *ordered = in_order(e->frozen.data, &count);
	if (!ordered)
		return ERR_NOMEM;
	lock_take(&h->lock);
	struct datum *before = e->frozen.data;
	h->frozen -= e->frozen.count - count;
	e->frozen = (struct run_of_data){.data = ordered, .count = count, .cap = count};
	lock_release(&h->lock);
	free(before);
	return 0;
}

int head_frozen(struct head *h, int64_t after, int64_t *series_r, const struct datum **data_r, size_t *count_r)
{
	lock_take(&h->lock);
	struct entry *e = head_next_entry(h, after);
	while (e && !e->frozen.count)
		e = head_next_entry(h, e->series.id);
	if (e)
		*series_r = e->series.id;
	lock_release(&h->lock);
	if (!e)
		return ERR_NOT_FOUND;
	int err = e->frozen.disordered ? order_frozen(h, e) : 0;
	*data_r = e->frozen.data;
	*count_r = e->frozen.count;
	return err;
}

void head_melt(struct head *h)
{
	lock_take(&h->lock);
	for (struct entry *e = head_next_entry(h, 0); e; e = head_next_entry(h, e->series.id)) {
		free(e->frozen.data);
		e->frozen = (struct run_of_data){0};
		e->sealing = false;
		entry_words_sealed(e);
	}
	h->frozen = 0;
	lock_release(&h->lock);
}

/* ---- reading ----------------------------------------------------------- */

/* The first place whose time is not before at; the run is in order. */
static size_t lower_bound(const struct run_of_data *run, int64_t at)
{
	size_t low = 0, high = run->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (run->data[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Copies what lies in [from, to], in the order of writing. */
static int copy_run(const struct run_of_data *run, int64_t from, int64_t to, struct datum **data_r, size_t *count_r)
{
	size_t first = run->disordered ? 0 : lower_bound(run, from);
	size_t end = run->count;
	if (!run->disordered && to < INT64_MAX)
		end = lower_bound(run, to + 1);
	*count_r = 0;
	*data_r = NULL;
	if (first >= end)
		return 0;
	struct datum *data = *data_r = malloc((end - first) * sizeof *data);
	if (!data)
		return ERR_NOMEM;
	if (!run->disordered) {
		memcpy(data, run->data + first, (end - first) * sizeof *data);
		*count_r = end - first;
		return 0;
	}
	for (size_t i = first; i < end; i++) {
		if (run->data[i].at >= from && run->data[i].at <= to)
			data[(*count_r)++] = run->data[i];
	}
	return 0;
}

static int order_copy(struct datum **data, size_t *count)
{
	if (*count == 0)
		return 0;
	struct datum *ordered = in_order(*data, count);
	if (!ordered)
		return ERR_NOMEM;
	free(*data);
	*data = ordered;
	return 0;
}

int head_copy(struct head *h, const struct shelf_range *range, struct head_copy *copy_r)
{
	bool frozen_disordered = false, live_disordered = false;
	*copy_r = (struct head_copy){0};
	lock_take(&h->lock);
	const struct entry *e = head_entry(h, range->series);
	int err = e ? 0 : ERR_NOT_FOUND;
	if (!err)
		err = copy_run(&e->frozen, range->from, range->to, &copy_r->frozen, &copy_r->frozen_count);
	if (!err)
		err = copy_run(&e->live, range->from, range->to, &copy_r->live, &copy_r->live_count);
	if (!err) {
		frozen_disordered = e->frozen.disordered;
		live_disordered = e->live.disordered;
		copy_r->mark = h->mark;
	}
	lock_release(&h->lock);
	if (!err && frozen_disordered)
		err = order_copy(&copy_r->frozen, &copy_r->frozen_count);
	if (!err && live_disordered)
		err = order_copy(&copy_r->live, &copy_r->live_count);
	if (err)
		head_copy_finish(copy_r);
	return err;
}

void head_copy_finish(struct head_copy *copy)
{
	free(copy->frozen);
	free(copy->live);
	*copy = (struct head_copy){0};
}

int head_latest(struct head *h, int64_t series, struct datum *datum_r)
{
	lock_take(&h->lock);
	const struct entry *e = head_entry(h, series);
	bool found = e && e->has_newest;
	if (found)
		*datum_r = e->newest;
	lock_release(&h->lock);
	return found ? 0 : ERR_NOT_FOUND;
}
