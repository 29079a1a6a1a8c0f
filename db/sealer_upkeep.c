/* What the sealer does between two sealings: compaction, retention, quarantine. Sealer's thread;
 * each function does a bounded piece of work in transactions of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "db/day.h"
#include "db/sealer_private.h"

enum {
	COMPACT_AT_ONCE = 8,             /* (day, series) pairs in one transaction: a large sync holds up the journal's */
	TRIM_AT_ONCE = 4096,             /* chunks */
	GRACE_MS = 3600 * 1000,          /* a day is compacted so long after it is over: late samples come before */
	DAYS_A_YEAR = 366,
	CLOCK_STEP_MS = 3600 * 1000,     /* a clock that moves more than this was set */
	CLOCK_SETTLES_MS = 6 * 3600 * 1000,
};

/* The day before which samples go; INT64_MIN: they stay for ever. */
static int64_t oldest_day(int32_t days, int64_t today)
{
	return days < 0 ? INT64_MIN : today - days;
}

/* Days of samples, years of rollups that a series is kept. */
static int32_t raw_days_of(const struct series *series, const struct history_policy *policy)
{
	return series->raw_days ? series->raw_days : policy->raw_days;
}

/* ---- compaction -------------------------------------------------------- */

struct due {
	int64_t day, series;
};

struct due_list {
	struct due due[COMPACT_AT_ONCE];
	size_t count;
};

static int note_due(void *ctx, int64_t day, int64_t series)
{
	struct due_list *list = ctx;
	if (list->count == COMPACT_AT_ONCE)
		return 1; /* the rest later */
	list->due[list->count++] = (struct due){day, series};
	return 0;
}

static int compact_one(struct sealer *s, struct shelf_txn *txn, const struct due *due)
{
	const struct history_policy policy = sealer_policy(s);
	struct series series;
	if (head_get_series(s->config.head, due->series, &series) != 0) /* erased meanwhile */
		return shelf_remove_pending(txn, due->day, due->series);
	int64_t oldest = oldest_day(raw_days_of(&series, &policy), day_of(clock_wall().ms));
	return day_compact(txn, due->day, &series, due->day < oldest);
}

int sealer_compact(struct sealer *s, bool *more_r)
{
	const struct shelf_days over = {0, day_of(HISTORY_FIRST_MS), day_of(clock_wall().ms - GRACE_MS) - 1};
	struct due_list list = {.count = 0};
	struct shelf_txn *txn;
	*more_r = false;
	int err = shelf_begin(sealer_target(s), true, &txn);
	if (err)
		return err;
	err = shelf_pending(txn, &over, note_due, &list);
	if (err == 1)
		err = 0;
	for (size_t i = 0; i < list.count && !err; i++)
		err = compact_one(s, txn, &list.due[i]);
	if (!err && list.count)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	*more_r = !err && list.count == COMPACT_AT_ONCE;
	if (!err && list.count && !atomic_load(&s->checkpoints_forbidden))
		err = shelf_tidy(sealer_target(s));
	return err;
}

/* ---- retention --------------------------------------------------------- */

static int32_t years_of(const struct series *series, const struct history_policy *policy)
{
	return series->rollup_years ? series->rollup_years : policy->rollup_years;
}

/* Removes chunks before the day in transactions of a bounded size. series 0: of all. */
static int trim_chunks(struct sealer *s, int64_t series, int64_t before)
{
	const struct shelf_days days = {series, day_of(HISTORY_FIRST_MS), before};
	size_t removed = TRIM_AT_ONCE;
	int err = 0;
	while (!err && removed >= TRIM_AT_ONCE) {
		struct shelf_txn *txn;
		err = shelf_begin(sealer_target(s), true, &txn);
		if (err)
			return err;
		err = shelf_trim(txn, &days, TRIM_AT_ONCE, &removed);
		if (!err && removed)
			err = shelf_commit(&txn, 0);
		shelf_end(&txn);
	}
	return err;
}

static int trim_rollups(struct shelf_txn *txn, const struct series *series, int32_t years, int64_t today)
{
	static const enum rollup_level levels[] = {ROLLUP_5MIN, ROLLUP_HOUR};
	int err = 0;
	for (size_t i = 0; i < sizeof levels / sizeof *levels && !err; i++) {
		int64_t before_ms = (today - (int64_t)years * DAYS_A_YEAR) * DAY_MS;
		const struct shelf_rollup before = {series->id, rollup_block_of(levels[i], before_ms), levels[i], {NULL, 0}};
		err = shelf_trim_rollups(txn, &before);
	}
	return err;
}

/* Rollups and words that are too old, of all series. */
static int trim_rest(struct sealer *s, const struct history_policy *policy, int64_t today)
{
	struct shelf_txn *txn;
	int err = shelf_begin(sealer_target(s), true, &txn);
	if (err)
		return err;
	struct series series = {0};
	while (!err && head_next_series(s->config.head, series.id, &series) == 0) {
		int32_t years = years_of(&series, policy), days = raw_days_of(&series, policy);
		if (years >= 0)
			err = trim_rollups(txn, &series, years, today);
		if (!err && days >= 0 && series.kind == SERIES_TEXT)
			err = shelf_trim_words(txn, series.id, oldest_day(days, today));
	}
	if (!err)
		err = shelf_commit(&txn, 0);
	shelf_end(&txn);
	return err;
}

/* Samples by each series' own days. What all series agree on is one contiguous range of chunks. */
static int trim_by_age(struct sealer *s, const struct history_policy *policy, int64_t today)
{
	struct series series = {0};
	int64_t common = INT64_MAX;
	bool any = false;
	while (head_next_series(s->config.head, series.id, &series) == 0) {
		int64_t day = oldest_day(raw_days_of(&series, policy), today);
		common = day < common ? day : common;
		any = true;
	}
	int err = any && common != INT64_MIN ? trim_chunks(s, 0, common) : 0;
	series.id = 0;
	while (!err && head_next_series(s->config.head, series.id, &series) == 0) {
		int64_t day = oldest_day(raw_days_of(&series, policy), today);
		if (day > common)
			err = trim_chunks(s, series.id, day);
	}
	return err;
}

/* The oldest days of all series go until the files are small enough; today stays. */
static int trim_by_size(struct sealer *s, int64_t max_bytes, int64_t today)
{
	int err = 0;
	while (!err && max_bytes > 0) {
		struct shelf_txn *txn;
		struct shelf_size size;
		err = shelf_begin(sealer_target(s), false, &txn);
		if (err)
			return err;
		err = shelf_size(txn, &size);
		shelf_end(&txn);
		if (err || size.bytes <= max_bytes || size.first_day >= today)
			return err;
		log_info("store", "history is larger than %lld MB: its oldest day goes", (long long)(max_bytes >> 20));
		err = trim_chunks(s, 0, size.first_day + 1);
	}
	return err;
}

/* Whether what the clock shows may decide what is too old. One that was set, or a start, may mean a clock that is years
 * off until the network has told the time: what goes then does not come back. */
static bool is_clock_settled(struct sealer *s)
{
	struct mono_ms now = clock_mono();
	int64_t offset = clock_wall().ms - now.ms;
	if (offset - s->clock_offset_ms > CLOCK_STEP_MS || s->clock_offset_ms - offset > CLOCK_STEP_MS) {
		s->clock_offset_ms = offset;
		s->clock_settled_at = mono_add_ms(now, CLOCK_SETTLES_MS);
	}
	return mono_diff_ms(s->clock_settled_at, now) >= 0;
}

/* Gives a step of the local file's free room back to the file system. *more_r: much is left. */
static int give_back(struct sealer *s, bool *more_r)
{
	enum { MUCH = 16 }; /* more than this part of the file; a shelf keeps a smaller one */
	struct shelf_txn *txn;
	struct shelf_size size;
	int err = shelf_tidy(s->config.local);
	if (!err && sealer_target(s) != s->config.local)
		err = shelf_tidy(sealer_target(s));
	if (!err)
		err = shelf_begin(s->config.local, false, &txn);
	if (err)
		return err;
	err = shelf_size(txn, &size);
	shelf_end(&txn);
	*more_r = !err && size.free_bytes > (size.bytes + size.free_bytes) / MUCH;
	return err;
}

int sealer_retain(struct sealer *s, bool at_once, bool *more_r)
{
	const struct history_policy policy = sealer_policy(s);
	int64_t today = day_of(clock_wall().ms);
	bool settled = is_clock_settled(s) || at_once;
	int err = trim_by_size(s, policy.max_bytes, today);
	if (!err && settled && (s->retained_day != today || memcmp(&policy, &s->retained_policy, sizeof policy) != 0)) {
		err = trim_by_age(s, &policy, today);
		if (!err)
			err = trim_rest(s, &policy, today);
		if (!err) {
			s->retained_day = today;
			s->retained_policy = policy;
		}
	}
	*more_r = false;
	if (!err && !atomic_load(&s->checkpoints_forbidden))
		err = give_back(s, more_r);
	return err;
}

/* ---- quarantine -------------------------------------------------------- */

struct suspect {
	struct datum *scratch; /* CHUNK_MAX; owned */
	bool damaged;
};

static int look_into(void *ctx, const struct shelf_chunk *chunk)
{
	struct suspect *suspect = ctx;
	size_t count;
	int err = chunk_decode(chunk->data, suspect->scratch, &count);
	suspect->damaged = err == ERR_DAMAGED;
	return err == ERR_DAMAGED ? 0 : err;
}

/* The reader saw an older moment: by now the chunk may be gone, or another with its id be there. */
static int put_aside(struct shelf_txn *txn, int64_t id, bool *damaged_r)
{
	struct suspect suspect = {.scratch = malloc(CHUNK_MAX * sizeof *suspect.scratch)};
	int err = suspect.scratch ? shelf_chunks_all(txn, id, id, look_into, &suspect) : ERR_NOMEM;
	free(suspect.scratch);
	*damaged_r = !err && suspect.damaged;
	if (!*damaged_r)
		return err;
	err = shelf_quarantine(txn, id, "checksum");
	if (!err)
		err = shelf_put_pending(txn, chunk_id_day(id), chunk_id_series(id));
	return err;
}

static void tell_damage(struct sealer *s, int64_t id)
{
	log_error("store", "series %lld: a damaged piece of its history was put aside", (long long)chunk_id_series(id));
	s->config.alert(s->config.ctx, "damage",
			"A piece of the recorded history is damaged and was put aside; all the rest is served. The disk may be "
			"failing: make a backup now.");
}

int sealer_quarantine(struct sealer *s)
{
	int64_t id;
	int err = 0;
	while (!err && head_take_damaged(s->config.head, &id)) {
		struct shelf_txn *txn;
		bool damaged;
		err = shelf_begin(sealer_target(s), true, &txn);
		if (err)
			return err; /* whoever reads it again notes it again */
		err = put_aside(txn, id, &damaged);
		if (!err && damaged)
			err = shelf_commit(&txn, 0);
		shelf_end(&txn);
		if (!err && damaged)
			tell_damage(s, id);
	}
	return err;
}
