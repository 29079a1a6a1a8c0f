/* Views: one ordered stream of a series' samples out of the shelf's chunks and the head. On the
 * reader's thread. Knows neither rollups nor what the samples are wanted for.
 *
 * The head is copied first and the shelf's snapshot taken then: what was sealed in between is seen in both, which
 * does no harm; the other way round it would be seen in neither. */
#include "db/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* ---- opening ----------------------------------------------------------- */

/* Merges both parts of the copy; of equal times the live one was written later. */
static int merge_copy(struct view *v, const struct head_copy *copy)
{
	size_t f = 0, l = 0, n = 0;
	v->fresh = malloc((copy->frozen_count + copy->live_count) * sizeof *v->fresh);
	if (!v->fresh)
		return ERR_NOMEM;
	while (f < copy->frozen_count || l < copy->live_count) {
		bool live = f == copy->frozen_count || (l < copy->live_count && copy->live[l].at <= copy->frozen[f].at);
		if (live && f < copy->frozen_count && copy->frozen[f].at == copy->live[l].at)
			f++;
		v->fresh[n++] = live ? copy->live[l++] : copy->frozen[f++];
	}
	v->fresh_count = n;
	return 0;
}

/* Makes the copy's samples the view's, without those that the shelf's snapshot holds. */
static int take_copy(struct view *v, struct head_copy *copy)
{
	uint64_t mark = 0;
	int err = copy->frozen_count ? shelf_mark(v->txn, &mark) : 0;
	if (err)
		return err;
	if (mark >= copy->mark)
		copy->frozen_count = 0;
	if (copy->frozen_count)
		return merge_copy(v, copy);
	v->fresh = copy->live;
	v->fresh_count = copy->live_count;
	copy->live = NULL;
	return 0;
}

int view_init(struct view *v, struct head *head, struct shelf *shelf, const struct shelf_range *range)
{
	struct head_copy copy;
	*v = (struct view){.head = head, .series = range->series, .from = range->from, .to = range->to};
	int err = head_copy(head, range, &copy);
	if (err)
		return err;
	v->scratch = malloc(CHUNK_MAX * sizeof *v->scratch);
	err = v->scratch ? shelf_begin(shelf, false, &v->txn) : ERR_NOMEM;
	if (!err)
		err = take_copy(v, &copy);
	head_copy_finish(&copy);
	return err;
}

void view_finish(struct view *v)
{
	shelf_end(&v->txn);
	free(v->fresh);
	free(v->scratch);
	*v = (struct view){.head = NULL};
}

/* ---- streaming --------------------------------------------------------- */

/* Both streams on their way to the caller. */
struct merging {
	struct view *view;
	const struct datum *fresh, *fresh_end; /* what is still to come of it */
	int64_t from, to;                      /* from: behind all that has been told */
	int (*each)(void *ctx, const struct datum *data, size_t count);
	void *ctx;
};

/* The first that is not before the time. */
static const struct datum *seek(const struct datum *data, const struct datum *end, int64_t at)
{
	while (data < end) {
		const struct datum *middle = data + (end - data) / 2;
		if (middle->at < at)
			data = middle + 1;
		else
			end = middle;
	}
	return data;
}

static int tell(struct merging *m, const struct datum *data, const struct datum *end)
{
	if (data == end)
		return 0;
	m->from = end[-1].at + 1;
	return m->each(m->ctx, data, (size_t)(end - data));
}

static int tell_fresh(struct merging *m, const struct datum *end)
{
	const struct datum *data = m->fresh;
	m->fresh = end;
	return tell(m, data, end);
}

/* Decodes into the view's scratch, unless it is there; one that cannot be read is empty. */
static void decode(struct view *v, const struct shelf_chunk *chunk)
{
	if (v->scratch_count && v->scratch_id == chunk->id)
		return;
	v->scratch_id = chunk->id;
	if (chunk_decode(chunk->data, v->scratch, &v->scratch_count)) {
		v->scratch_count = 0;
		head_note_damaged(v->head, chunk->id);
	}
}

/* Tells the chunk's samples, and of the fresh ones those in between, in runs as long as they
 * come: samples are not moved, and where nothing is fresh the chunk is one run. */
static int merge_chunk(void *ctx, const struct shelf_chunk *chunk)
{
	struct merging *m = ctx;
	decode(m->view, chunk);
	const struct datum *data = m->view->scratch, *end = data + m->view->scratch_count;
	data = seek(data, end, m->from);
	end = seek(data, end, m->to + 1);
	int err = 0;
	while (data < end && m->fresh < m->fresh_end && !err) {
		err = tell_fresh(m, seek(m->fresh, m->fresh_end, data->at));
		if (err || m->fresh == m->fresh_end)
			break;
		const struct datum *until = seek(data, end, m->fresh->at);
		err = tell(m, data, until);
		data = until;
		if (data < end && data->at == m->fresh->at)
			data++; /* written anew since */
	}
	return err ? err : tell(m, data, end);
}

int view_each(struct view *v, int64_t from, int64_t to,
	      int (*each)(void *ctx, const struct datum *data, size_t count), void *ctx)
{
	struct merging m = {.view = v, .each = each, .ctx = ctx};
	m.from = from > v->from ? from : v->from;
	m.to = to < v->to ? to : v->to;
	if (m.from > m.to)
		return 0;
	const struct datum *end = v->fresh + v->fresh_count;
	m.fresh = seek(v->fresh, end, m.from);
	m.fresh_end = seek(m.fresh, end, m.to + 1);
	struct shelf_range range = {v->series, m.from, m.to};
	int err = shelf_chunks(v->txn, &range, merge_chunk, &m);
	return err ? err : tell_fresh(&m, m.fresh_end);
}

/* ---- looking back ------------------------------------------------------ */

struct looking_back {
	struct view *view;
	int64_t before; /* where to go on looking */
	struct datum *datum_r;
	bool found;
};

/* The last of data that is before the time and a number. */
static bool find_last(const struct datum *data, size_t count, int64_t before, struct datum *datum_r)
{
	const struct datum *d = seek(data, data + count, before);
	while (d > data) {
		d--;
		if (!isnan(d->value)) {
			*datum_r = *d;
			return true;
		}
	}
	return false;
}

static bool is_overwritten(const struct view *v, int64_t at)
{
	const struct datum *end = v->fresh + v->fresh_count, *d = seek(v->fresh, end, at);
	return d < end && d->at == at;
}

static int look_into_chunk(void *ctx, const struct shelf_chunk *chunk)
{
	struct looking_back *l = ctx;
	const struct view *v = l->view;
	decode(l->view, chunk);
	int64_t before = l->before;
	while (!l->found && find_last(v->scratch, v->scratch_count, before, l->datum_r)) {
		before = l->datum_r->at;
		l->found = !is_overwritten(v, before);
	}
	l->before = chunk->first < l->before ? chunk->first : l->before - 1; /* always further back */
	return 0;
}

int view_last_before(struct view *v, int64_t before, struct datum *datum_r)
{
	struct datum fresh;
	bool have_fresh = find_last(v->fresh, v->fresh_count, before, &fresh);
	struct looking_back l = {v, before, datum_r, false};
	int err = 0;
	while (!err && !l.found)
		err = shelf_last_chunk(v->txn, v->series, l.before - 1, look_into_chunk, &l);
	if (err && err != ERR_NOT_FOUND)
		return err;
	if (have_fresh && (!l.found || fresh.at >= datum_r->at))
		*datum_r = fresh;
	return l.found || have_fresh ? 0 : ERR_NOT_FOUND;
}
