/* Batches on their way to the disk, and who waits for them. Everything runs on the owner's thread but
 * batch_stored(), which the store's writer calls. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "ingest/sampler_private.h"
#include "model/live.h"

/* A batch on its way: freed when the store has answered. */
struct flight {
	struct sampler *sampler;
	struct buf points;  /* the event for the browsers */
	int err;            /* of composing it */
	struct buf waiters; /* struct stake */
	size_t count;
	size_t ends[SAMPLER_BATCH_MAX];   /* of each sample's part of points */
	bool left_out[SAMPLER_BATCH_MAX]; /* not stored for want of its series, though the others were */
};

/* Whose samples of a batch are whose. */
struct stake {
	struct sampler_waiter waiter;
	size_t first, end; /* places in the batch */
};

static const char points_head[] = "{\"points\":[", points_tail[] = "]}";

/* Counts samples that are lost and says so once per episode. Any thread. */
static void count_dropped(struct sampler *s, size_t count, int err)
{
	atomic_fetch_add(&s->dropped, count);
	if (!atomic_exchange(&s->full, true))
		log_warning("ingest", "the store does not take samples (%s): they are dropped until it does",
			    err_text(err));
}

/* What became of some of the samples, if the store said err of the batch. */
static int result(const struct stake *stake, const bool *left_out, int err)
{
	if (err != ERR_NOT_FOUND)
		return err;
	for (size_t i = stake->first; i < stake->end; i++)
		if (left_out[i])
			return err;
	return 0;
}

/* left_out: with ERR_NOT_FOUND, else not looked at. */
static void tell_waiters(struct buf *waiters, const bool *left_out, int err)
{
	const struct stake *stakes = (const void *)waiters->data;
	for (size_t i = 0; i < waiters->len / sizeof *stakes; i++)
		stakes[i].waiter.tell(stakes[i].waiter.ctx, result(&stakes[i], left_out, err));
	buf_finish(waiters);
}

/* Takes those that were left out off the points; returns how many. */
static size_t cut_points(struct flight *flight)
{
	size_t cut = 0;
	struct buf points = {0};
	struct json_out o = {.buf = &points, .err = flight->err};
	json_out_raw(&o, points_head);
	for (size_t i = 0; i < flight->count; i++) {
		size_t start = i ? flight->ends[i - 1] + 1 : sizeof points_head - 1; /* behind the comma */
		if (flight->left_out[i]) {
			cut++;
			continue;
		}
		json_out_next(&o);
		if (!o.err)
			o.err = buf_append(&points, flight->points.data + start, flight->ends[i] - start);
	}
	json_out_raw(&o, points_tail);
	buf_finish(&flight->points);
	flight->points = points;
	flight->err = o.err;
	return cut;
}

/* The batch is on the disk but for so many of it, whose series are not. Who put those has said so. */
static void batch_kept(struct flight *flight, size_t left_out)
{
	struct sampler *s = flight->sampler;
	atomic_fetch_add(&s->dropped, left_out);
	atomic_fetch_add(&s->stored, flight->count - left_out);
	if (atomic_exchange(&s->full, false))
		log_info("ingest", "the store takes samples again");
	struct json_out o = {.buf = &flight->points, .err = flight->err};
	if (flight->count > left_out)
		live_post(&s->live, "points", &o);
}

/* On the writer's thread: the batch is on the disk, or is not. */
static void batch_stored(void *ctx, int err)
{
	struct flight *flight = ctx;
	struct sampler *s = flight->sampler;
	tell_waiters(&flight->waiters, flight->left_out, err);
	if (err == 0)
		batch_kept(flight, 0);
	else if (err == ERR_NOT_FOUND)
		batch_kept(flight, cut_points(flight));
	else
		count_dropped(s, flight->count, err);
	buf_finish(&flight->points);
	free(flight);
	sampler_let_go(s);
}

/* A number, or the word that it stands for. */
static void compose_value(const struct sampler *s, struct json_out *o, const struct sample *sample)
{
	char word[STORE_WORD_MAX + 1];
	const struct series *series = sampler_get(s, sample->series);
	if (series && series->kind == SERIES_TEXT && store_word_text(s->store, sample->series, sample->value, word) == 0)
		json_out_string(o, word);
	else
		json_out_number(o, sample->value);
}

/* Composed here and not when the batch is stored, so that the store's writer need not. */
static void compose_points(struct sampler *s, struct flight *flight)
{
	struct json_out o = {.buf = &flight->points};
	json_out_raw(&o, points_head);
	for (size_t i = 0; i < s->batch_count; i++) {
		json_out_next(&o);
		json_out_raw(&o, "[");
		json_out_int(&o, s->batch[i].series);
		json_out_raw(&o, ",");
		json_out_int(&o, s->batch[i].at.ms);
		json_out_raw(&o, ",");
		compose_value(s, &o, &s->batch[i]);
		json_out_raw(&o, "]");
		flight->ends[i] = flight->points.len;
	}
	json_out_raw(&o, points_tail);
	flight->err = o.err;
}

/* ---- who waits ------------------------------------------------------------ */

void sampler_message_begin(struct sampler *s, const struct sampler_waiter *waiter)
{
	s->message = (struct message_at_hand){.first = s->batch_count};
	if (waiter)
		s->message.waiter = *waiter;
}

void sampler_message_failed(struct sampler *s, int err)
{
	s->message.err = err;
}

/* Whether the message at hand has samples in the batch for which somebody waits. */
static bool has_stake(const struct sampler *s)
{
	return s->message.waiter.tell && s->message.first < s->batch_count;
}

/* The waiter of the message at hand will be told of the batch. */
static int join(struct sampler *s)
{
	const struct stake stake = {s->message.waiter, s->message.first, s->batch_count};
	return buf_append(&s->waiters, &stake, sizeof stake);
}

/* The batch leaves in the middle of the message: its waiter waits for this batch too. */
static void split(struct sampler *s)
{
	if (has_stake(s) && !s->message.err) {
		s->message.err = join(s);
		if (!s->message.err)
			s->message.waiter.hold(s->message.waiter.ctx);
	}
	s->message.first = 0;
}

void sampler_message_end(struct sampler *s, struct mono_ms now)
{
	const struct sampler_waiter waiter = s->message.waiter;
	bool waits = has_stake(s) && !s->message.err;
	if (waits)
		s->message.err = join(s);
	if (waits && !s->message.err)
		s->flush_at = now;
	else if (waiter.tell)
		waiter.tell(waiter.ctx, s->message.err);
	s->message = (struct message_at_hand){0};
}

/* ---- handing over ----------------------------------------------------------- */

void sampler_flush(struct sampler *s, struct mono_ms now)
{
	if (s->batch_count == 0)
		return;
	split(s);
	registry_retry(s, now);
	size_t count = s->batch_count;
	struct flight *flight = calloc(1, sizeof *flight);
	if (!flight) {
		s->batch_count = 0;
		count_dropped(s, count, ERR_NOMEM);
		tell_waiters(&s->waiters, NULL, ERR_NOMEM);
		return;
	}
	flight->sampler = s;
	flight->count = count;
	flight->waiters = s->waiters;
	s->waiters = (struct buf){0};
	compose_points(s, flight);
	atomic_fetch_add(&s->holders, 1);
	const struct store_done done = {.fn = batch_stored,
					.ctx = flight,
					.patient = flight->waiters.len == 0,
					.left_out = flight->left_out};
	int err = store_append(s->store, s->batch, count, &done);
	s->batch_count = 0;
	if (err != 0)
		batch_stored(flight, err);
}
