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
	struct buf points; /* the event for the browsers */
	struct buf waiters; /* struct sampler_waiter */
	int err;           /* of composing it */
	size_t count;
};

/* Counts samples that are lost and says so once per episode. Any thread. */
static void count_dropped(struct sampler *s, size_t count, int err)
{
	atomic_fetch_add(&s->dropped, count);
	if (!atomic_exchange(&s->full, true))
		log_warning("ingest", "the store does not take samples (%s): they are dropped until it does",
			    err_text(err));
}

static void tell_waiters(struct buf *waiters, int err)
{
	const struct sampler_waiter *w = (const void *)waiters->data;
	for (size_t i = 0; i < waiters->len / sizeof *w; i++)
		w[i].tell(w[i].ctx, err);
	buf_finish(waiters);
}

/* On the writer's thread: the batch is on the disk, or is not. */
static void batch_stored(void *ctx, int err)
{
	struct flight *flight = ctx;
	struct sampler *s = flight->sampler;
	tell_waiters(&flight->waiters, err);
	if (err == 0) {
		atomic_fetch_add(&s->stored, flight->count);
		if (atomic_exchange(&s->full, false))
			log_info("ingest", "the store takes samples again");
		struct json_out o = {.buf = &flight->points, .err = flight->err};
		live_post(&s->live, "points", &o);
	} else {
		count_dropped(s, flight->count, err);
	}
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
	json_out_raw(&o, "{\"points\":[");
	for (size_t i = 0; i < s->batch_count; i++) {
		json_out_next(&o);
		json_out_raw(&o, "[");
		json_out_int(&o, s->batch[i].series);
		json_out_raw(&o, ",");
		json_out_int(&o, s->batch[i].at.ms);
		json_out_raw(&o, ",");
		compose_value(s, &o, &s->batch[i]);
		json_out_raw(&o, "]");
	}
	json_out_raw(&o, "]}");
	flight->err = o.err;
}

/* ---- who waits ------------------------------------------------------------ */

void sampler_message_begin(struct sampler *s, const struct sampler_waiter *waiter)
{
	s->message = (struct message_at_hand){.first = s->batch_count};
	if (waiter)
		s->message.waiter = *waiter;
}

/* Whether the message at hand has samples in the batch for which somebody waits. */
static bool has_stake(const struct sampler *s)
{
	return s->message.waiter.tell && s->message.first < s->batch_count;
}

/* The waiter of the message at hand will be told of the batch. */
static int join(struct sampler *s)
{
	return buf_append(&s->waiters, &s->message.waiter, sizeof s->message.waiter);
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
		tell_waiters(&s->waiters, ERR_NOMEM);
		return;
	}
	flight->sampler = s;
	flight->count = count;
	flight->waiters = s->waiters;
	s->waiters = (struct buf){0};
	compose_points(s, flight);
	atomic_fetch_add(&s->holders, 1);
	const struct store_done done = {.fn = batch_stored, .ctx = flight, .patient = flight->waiters.len == 0};
	int err = store_append(s->store, s->batch, count, &done);
	s->batch_count = 0;
	if (err != 0)
		batch_stored(flight, err);
}
