/* Timelines: how long a series held which value, for states and switches. On the reader's thread.
 *
 * As long as the runs fit they are told as they are. When they do not, runs shorter than a shortest
 * length are gathered with their neighbours until they reach it. Then of two runs in a row one at least is that long, which
 * bounds how many there are. */
#include <math.h>

#include "base/err.h"
#include "db/query_private.h"
#include "db/store_private.h"

struct timeline {
	struct run *runs; /* the caller's */
	size_t count, width;
	struct run now;   /* the run that goes on */
	bool begun;
	bool gathering;
	int64_t shortest;
};

static bool is_short(const struct timeline *t, const struct run *run)
{
	return run->to - run->from < t->shortest;
}

/* Appends a run or, with the one before, makes them a mixed one. */
static void gather(struct timeline *t, const struct run *run)
{
	struct run *last = t->count ? &t->runs[t->count - 1] : NULL;
	if (!last || !is_short(t, last) || !is_short(t, run)) {
		t->runs[t->count++] = *run;
		return;
	}
	last->to = run->to;
	last->value = run->value;
	last->changes += run->changes;
	last->mixed = true;
}

/* Goes over from telling to gathering. The runs move to the front, if at all: each is read before it is overwritten. */
static void begin_gathering(struct timeline *t)
{
	size_t count = t->count;
	t->gathering = true;
	t->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct run run = t->runs[i];
		gather(t, &run);
	}
}

/* Ends the run that goes on. */
static void end_run(struct timeline *t, int64_t at)
{
	t->now.to = at;
	if (!t->begun || t->now.from == at) /* overtaken by a sample at the window's very start */
		return;
	if (!t->gathering && t->count == t->width)
		begin_gathering(t);
	if (t->gathering)
		gather(t, &t->now);
	else
		t->runs[t->count++] = t->now;
}

static int add_states(void *ctx, const struct datum *data, size_t count)
{
	struct timeline *t = ctx;
	for (size_t i = 0; i < count; i++) {
		if (isnan(data[i].value))
			continue;
		if (!t->begun || data[i].value != t->now.value) {
			end_run(t, data[i].at);
			t->now = (struct run){.from = data[i].at, .value = data[i].value};
			t->begun = true;
		}
		t->now.changes++;
	}
	return 0;
}

/* With a bound of n on pairs of runs that are each as long as the shortest or longer there are at most 2n + 1 runs. */
static int64_t find_shortest(int64_t length, size_t width)
{
	return width > 2 ? (2 * length + (int64_t)width - 2) / ((int64_t)width - 1) : 2 * length + 1;
}

static int read_states(struct view *view, int64_t from, int64_t to, struct timeline *t)
{
	struct datum before;
	int err = view_last_before(view, from, &before);
	if (!err) {
		t->now = (struct run){.from = from, .value = before.value};
		t->begun = true;
	} else if (err != ERR_NOT_FOUND) {
		return err;
	}
	err = view_each(view, from, to - 1, add_states, t);
	if (!err)
		end_run(t, to);
	return err;
}

int store_timeline(struct store *s, const struct buckets_query *q, struct run *runs_r, size_t *count_r)
{
	int64_t from = history_clip(q->from.ms), to = history_clip(q->to.ms);
	struct series series;
	*count_r = 0;
	if (q->width < 1 || q->width > STORE_MAX_BUCKETS || q->from.ms > q->to.ms)
		return ERR_INVALID;
	int err = head_get_series(s->head, q->series, &series);
	if (err || from >= to)
		return err;
	struct view view;
	struct shelf_range range = {q->series, HISTORY_FIRST_MS, to - 1};
	struct timeline t = {.runs = runs_r, .width = q->width, .shortest = find_shortest(to - from, q->width)};
	err = view_init(&view, s->head, sealer_shelf(s->sealer), &range);
	if (!err)
		err = read_states(&view, from, to, &t);
	view_finish(&view);
	*count_r = err ? 0 : t.count;
	return err;
}
