/* Holding a store against what was promised; see power_check.h. Each cell shows which of its writes is there: the
 * operation that made it is there, and the one that would have replaced it is not. For every sender both must leave
 * room for one end of its work, not before what was answered. On a worker's thread. */
#include "power_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "db/history.h"
#include "db/shelf.h"
#include "db/store_private.h"
#include "model/persist.h"

struct check {
	struct store *store;
	const struct promises *promises;
	const struct cell_write *next, *end; /* cells that were not looked at yet */
	struct verdict *verdict;
	uint32_t there[SENDERS], missing[SENDERS]; /* operations: the last that is there, the first that is not */
	int64_t series;       /* being scanned */
	bool free_series;     /* of which anything may be gone */
	uint64_t revisions[POWER_TOPICS];
};

#define say(c, ...)                                                                                \
	do {                                                                                       \
		if (!(c)->verdict->why[0])                                                         \
			(void)str_format((c)->verdict->why, sizeof (c)->verdict->why, __VA_ARGS__); \
	} while (0)

/* ---- evidence -------------------------------------------------------------- */

static bool same_cell(const struct cell_write *a, const struct cell_write *b)
{
	return a->kind == b->kind && a->id == b->id && a->at == b->at;
}

static void is_there(struct check *c, const struct cell_write *w)
{
	if (w->op > c->there[w->sender])
		c->there[w->sender] = w->op;
	if (w->op > c->promises->asked[w->sender]) {
		c->verdict->wrong = true;
		say(c, "operation %u of sender %d is there before it was asked for", w->op, (int)w->sender);
	}
}

static void is_missing(struct check *c, const struct cell_write *w)
{
	if (w->op < c->missing[w->sender])
		c->missing[w->sender] = w->op;
	if (w->op <= c->promises->answered[w->sender])
		say(c, "operation %u of sender %d was answered and is gone: cell %d, %lld, %lld", w->op, (int)w->sender, (int)w->kind,
		    (long long)w->id, (long long)w->at);
}

/* Looks at the next cell, which holds *value (NULL: nothing). may_go: nothing is no evidence. */
static const struct cell_write *look(struct check *c, const uint64_t *value, bool may_go)
{
	const struct cell_write *first = c->next, *found = NULL;
	for (; c->next < c->end && same_cell(first, c->next); c->next++) {
		if (value && c->next->value == *value)
			found = c->next;
	}
	if (value && !found) {
		c->verdict->wrong = true;
		say(c, "cell %d, %lld, %lld holds %llx, which was never written to it", (int)first->kind, (long long)first->id,
		    (long long)first->at, (unsigned long long)*value);
	} else if (found) {
		is_there(c, found);
	}
	const struct cell_write *later = found ? found + 1 : first;
	if (later < c->next && !(may_go && !found) && !(value && !found))
		is_missing(c, later);
	return found;
}

/* ---- samples --------------------------------------------------------------- */

static bool may_be_trimmed(const struct check *c, int64_t at)
{
	return day_of(at) < c->promises->trimmed_before;
}

static void check_word(struct check *c, const struct cell_write *w)
{
	char text[STORE_WORD_MAX + 1], expected[POWER_NAME_SIZE];
	double code;
	if (w->word < 0 || may_be_trimmed(c, w->at))
		return;
	memcpy(&code, &w->value, sizeof code);
	power_word(expected, w->word);
	if (store_word_text(c->store, w->id, code, text) || strcmp(text, expected) != 0) {
		c->verdict->wrong = true;
		say(c, "the code %g does not stand for '%s'", code, expected);
	}
}

static int check_samples(void *ctx, const struct sample *samples, size_t count)
{
	struct check *c = ctx;
	for (size_t i = 0; i < count; i++) {
		while (c->next < c->end && c->next->kind == CELL_SAMPLE && c->next->id == c->series && c->next->at < samples[i].at.ms)
			look(c, NULL, c->free_series || may_be_trimmed(c, c->next->at));
		if (c->next == c->end || c->next->kind != CELL_SAMPLE || c->next->id != c->series || c->next->at != samples[i].at.ms) {
			c->verdict->wrong = true;
			say(c, "series %lld has a sample at %lld that was never written", (long long)c->series, (long long)samples[i].at.ms);
			continue;
		}
		uint64_t bits;
		memcpy(&bits, &samples[i].value, sizeof bits);
		const struct cell_write *w = look(c, &bits, c->free_series || may_be_trimmed(c, samples[i].at.ms));
		if (w)
			check_word(c, w);
	}
	return 0;
}

/* All cells of the next series in the list. */
static void check_series_samples(struct check *c)
{
	int erasure;
	c->series = c->next->id;
	c->free_series = power_is_of_erasure(c->series, &erasure) && c->promises->erasing[erasure];
	const struct scan_query q = {c->series, {HISTORY_FIRST_MS}, {HISTORY_LAST_MS}, check_samples, c};
	int err = store_scan(c->store, &q);
	if (err && err != ERR_NOT_FOUND) {
		c->verdict->unopened = true;
		say(c, "series %lld cannot be read: %s", (long long)c->series, err_text(err));
	}
	while (c->next < c->end && c->next->kind == CELL_SAMPLE && c->next->id == c->series)
		look(c, NULL, c->free_series || may_be_trimmed(c, c->next->at));
}

/* ---- all others -------------------------------------------------------------- */

static bool read_series(struct check *c, int64_t id, uint64_t *value_r)
{
	struct series series;
	if (store_series_get(c->store, id, &series))
		return false;
	*value_r = (uint64_t)series.resolution_ms;
	return true;
}

static bool read_setting(struct check *c, int64_t id, uint64_t *value_r)
{
	char name[POWER_NAME_SIZE];
	struct buf value = {0};
	power_setting(name, id);
	int err = store_setting_get(c->store, name, &value);
	if (!err && value.len == sizeof *value_r)
		memcpy(value_r, value.data, sizeof *value_r);
	buf_finish(&value);
	return !err;
}

static bool read_device(struct check *c, int64_t id, uint64_t *value_r)
{
	char device[POWER_NAME_SIZE];
	struct device_record d;
	int64_t revision = 0;
	power_device(device, id);
	int err = store_device_get(c->store, device, &d);
	if (!err && str_to_int(strrchr(d.name, ' ') + 1, 0, INT64_MAX, &revision))
		revision = -1;
	*value_r = (uint64_t)revision;
	device_record_finish(&d);
	return !err;
}

static bool read_topic(struct check *c, int64_t id, uint64_t *value_r)
{
	*value_r = c->revisions[id];
	return *value_r != 0;
}

static void check_other(struct check *c)
{
	const struct cell_write *w = c->next;
	uint64_t value = 0;
	bool found = false;
	int erasure;
	bool may_go = power_is_of_erasure(w->id, &erasure) && c->promises->erasing[erasure];
	switch (w->kind) {
	case CELL_SAMPLE: break;
	case CELL_SERIES: found = read_series(c, w->id, &value); break;
	case CELL_TOPIC: found = read_topic(c, w->id, &value); break;
	case CELL_SETTING: found = read_setting(c, w->id, &value); break;
	case CELL_DEVICE: found = read_device(c, w->id, &value); break;
	}
	if (found && may_go && c->promises->erased[erasure]) {
		c->verdict->wrong = true;
		say(c, "cell %d, %lld was erased and is back", (int)w->kind, (long long)w->id);
	}
	look(c, found ? &value : NULL, may_go);
}

static int take_topic(void *ctx, const struct persist_change *change)
{
	struct check *c = ctx;
	for (int64_t id = 0; id < POWER_TOPICS; id++) {
		char topic[POWER_NAME_SIZE];
		power_topic(topic, id);
		if (span_equal(change->retained.topic, span_str(topic)) && change->retained.payload.len == sizeof *c->revisions)
			memcpy(&c->revisions[id], change->retained.payload.data, sizeof *c->revisions);
	}
	return 0;
}

/* broker.db is the sealer's. */
static int load_topics(void *ctx)
{
	struct check *c = ctx;
	return session_store_retained_each(c->store->sessions, take_topic, c);
}

/* ---- rollups ------------------------------------------------------------------ */

static int count_samples(void *ctx, const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		*(uint64_t *)ctx += !isnan(samples[i].value);
	return 0;
}

/* Of all days that are not trimmed. */
static void check_rollups(struct check *c, int64_t series)
{
	enum { WIDTH = 400 };
	struct bucket buckets[WIDTH];
	struct buckets_answer answer = {.count = 0};
	uint64_t samples = 0, in_buckets = 0;
	int64_t today = day_of(clock_wall().ms);
	int64_t from = c->promises->trimmed_before == INT64_MIN ? today - 10 : c->promises->trimmed_before;
	const struct buckets_query q = {series, {from * DAY_MS}, {(today + 2) * DAY_MS}, WIDTH, true};
	int err = store_buckets(c->store, &q, buckets, &answer);
	if (!err)
		err = store_scan(c->store, &(struct scan_query){series, q.from, q.to, count_samples, &samples});
	for (size_t i = 0; i < answer.count; i++)
		in_buckets += buckets[i].count;
	if (err && err != ERR_NOT_FOUND) {
		c->verdict->unopened = true;
		say(c, "the buckets of series %lld cannot be read: %s", (long long)series, err_text(err));
	} else if (!err && samples != in_buckets) {
		c->verdict->wrong = true;
		say(c, "series %lld has %llu samples and %llu in its buckets", (long long)series, (unsigned long long)samples,
		    (unsigned long long)in_buckets);
	}
}

static void check_all_rollups(struct check *c)
{
	struct series series = {0};
	while (head_next_series(c->store->head, series.id, &series) == 0) {
		int erasure;
		if (series.kind != SERIES_TEXT && !power_is_of_erasure(series.id, &erasure))
			check_rollups(c, series.id);
	}
}

/* ---- all -------------------------------------------------------------------- */

static void judge(struct check *c)
{
	struct verdict *v = c->verdict;
	for (int i = 0; i < SENDERS; i++) {
		if (c->missing[i] <= c->promises->answered[i])
			*(i == SENDER_HUB ? &v->lost_records : &v->lost_samples) = true;
		if (c->missing[i] <= c->there[i]) {
			v->wrong = true;
			say(c, "operation %u of sender %d is there, and %u is not", c->there[i], i, c->missing[i]);
		}
		if (c->there[i] > v->there[i])
			v->there[i] = c->there[i];
	}
}

void power_check_store(struct store *s, const struct power_life *life, const struct promises *p, bool sealed,
		       struct verdict *v)
{
	const struct cell_writes *writes = power_life_writes(life);
	struct check c = {.store = s, .promises = p, .next = writes->list, .end = writes->list + writes->count, .verdict = v};
	for (int i = 0; i < SENDERS; i++)
		c.missing[i] = UINT32_MAX;
	int err = sealer_run(s->sealer, load_topics, &c);
	if (err) {
		v->unopened = true;
		say(&c, "the broker's records cannot be read: %s", err_text(err));
	}
	while (c.next < c.end) {
		if (c.next->kind == CELL_SAMPLE)
			check_series_samples(&c);
		else
			check_other(&c);
	}
	judge(&c);
	if (sealed)
		check_all_rollups(&c);
}
