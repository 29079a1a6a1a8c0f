/* The store at the pace of a house; see live.h. The pace is kept by the clock, so these take real time. */
#include "live.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "household.h"
#include "ingest.h"

enum {
	TICK_MS = 100,
	TICK_SAMPLES = 1000, /* in an append, at most */
	BURST = 10,          /* samples in an append, every millisecond */
	ACKS_MIN = 1000,
	ACKS_MAX = 60000,    /* a minute */
};

/* ---- bytes written ----------------------------------------------------- */

struct outstanding {
	_Atomic int64_t batches;
	_Atomic int failure;
};

static void count_told(void *ctx, int err)
{
	struct outstanding *o = ctx;
	if (err)
		atomic_store(&o->failure, err);
	atomic_fetch_sub(&o->batches, 1);
}

/* Takes the samples that have arrived by `elapsed_ms`; the first that has not is kept in *next. */
static size_t take_arrived(struct household *h, struct sample *next, int64_t elapsed_ms, struct sample batch_r[TICK_SAMPLES])
{
	size_t count = 0;
	while (count < TICK_SAMPLES && next->at.ms - HOUSEHOLD_START_MS <= elapsed_ms) {
		batch_r[count++] = *next;
		if (!household_next(h, next))
			break;
	}
	return count;
}

static int run_live(void *self, struct household *h, int64_t seconds, uint64_t *samples_r)
{
	static struct outstanding outstanding;
	static struct sample batch[TICK_SAMPLES];
	struct sample next;
	double start = measure_now_s();
	household_next(h, &next);
	*samples_r = 0;
	for (int64_t elapsed = 0; elapsed < seconds * 1000; elapsed = (int64_t)((measure_now_s() - start) * 1000)) {
		size_t count = take_arrived(h, &next, elapsed, batch);
		if (count > 0) {
			atomic_fetch_add(&outstanding.batches, 1);
			int err = ingest_append(self, batch, count, true, &(struct store_done){.fn = count_told, .ctx = &outstanding});
			if (err)
				return err;
		}
		*samples_r += count;
		usleep(TICK_MS * 1000);
	}
	while (atomic_load(&outstanding.batches) > 0)
		usleep(1000);
	return atomic_load(&outstanding.failure);
}

int live_written(const struct live_run *run, double *bytes_r)
{
	void *self;
	uint64_t samples;
	struct household *h = household_create(&(struct household_config){.days = 1, .scale = 1, .jitter = true, .seed = 2});
	int err = h ? ingest_peer.open(run->dir, &self) : ERR_NOMEM;
	if (!err) {
		ingest_set_window(self, run->window_ms);
		double before = ingest_journal_bytes(self);
		err = run_live(self, h, run->seconds, &samples);
		*bytes_r = (ingest_journal_bytes(self) - before) / (double)samples;
		ingest_peer.close(&self);
	}
	household_destroy(&h);
	return err;
}

/* ---- acknowledgements -------------------------------------------------- */

/* One append; the store's thread fills in the rest. */
struct ack {
	double sent_s;
	_Atomic bool told;
	double told_s;
	int err;
};

struct settling {
	void *store;
	_Atomic bool done;
	int err;
};

static void note_ack(void *ctx, int err)
{
	struct ack *a = ctx;
	a->told_s = measure_now_s();
	a->err = err;
	atomic_store(&a->told, true);
}

static void *settle(void *arg)
{
	struct settling *s = arg;
	s->err = ingest_peer.settle(s->store);
	atomic_store(&s->done, true);
	return NULL;
}

static void sleep_until(double at_s)
{
	struct timespec t = {.tv_sec = (time_t)at_s, .tv_nsec = (long)(fmod(at_s, 1) * 1e9)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* The nth burst: samples of ten series behind the days that are settled. */
static void make_burst(struct sample *burst_r, size_t nth, int64_t days)
{
	for (size_t i = 0; i < BURST; i++)
		burst_r[i] = (struct sample){(int64_t)((nth * BURST + i) % HOUSEHOLD_SERIES) + 1,
					     {HOUSEHOLD_START_MS + (days + 1) * HOUSEHOLD_DAY_MS + (int64_t)nth}, (double)(nth % 997) / 10};
}

static int append_paced(struct settling *s, int64_t days, struct ack *acks, size_t *count_r)
{
	struct sample burst[BURST];
	double start = measure_now_s();
	size_t n = 0;
	for (; n < ACKS_MAX && (n < ACKS_MIN || !atomic_load(&s->done)); n++) {
		make_burst(burst, n, days);
		sleep_until(start + (double)n / 1000);
		acks[n].sent_s = measure_now_s();
		int err;
		while ((err = ingest_append(s->store, burst, BURST, false, &(struct store_done){.fn = note_ack, .ctx = &acks[n]})) == ERR_FULL)
			usleep(100);
		if (err)
			return err;
		*count_r = n + 1;
	}
	return 0;
}

/* Waits for what is still under way. Returns the first error that was told. */
static int collect_acks(struct ack *acks, size_t count, double *ms_r)
{
	int first = 0;
	for (size_t i = 0; i < count; i++) {
		while (!atomic_load(&acks[i].told))
			usleep(1000);
		ms_r[i] = (acks[i].told_s - acks[i].sent_s) * 1000;
		first = first ? first : acks[i].err;
	}
	return first;
}

static int fill_days(void *self, int64_t days)
{
	static struct sample batch[1000];
	struct household *h = household_create(&(struct household_config){.days = days, .scale = 1, .jitter = true, .seed = 3});
	int err = h ? 0 : ERR_NOMEM;
	for (size_t count; !err && (count = household_fill(h, batch, 1000)) > 0;)
		err = ingest_peer.append(self, batch, count);
	household_destroy(&h);
	return err ? err : ingest_drain(self);
}

static int measure_acks(void *self, int64_t days, struct live_acks *acks_r)
{
	static struct ack acks[ACKS_MAX];
	static double ms[ACKS_MAX];
	struct settling settling = {.store = self};
	pthread_t thread;
	*acks_r = (struct live_acks){0};
	if (pthread_create(&thread, NULL, settle, &settling))
		return ERR_NOMEM;
	int err = append_paced(&settling, days, acks, &acks_r->count);
	int told = collect_acks(acks, acks_r->count, ms);
	pthread_join(thread, NULL);
	if (acks_r->count > 0) {
		acks_r->seconds = acks[acks_r->count - 1].sent_s - acks[0].sent_s;
		acks_r->ms = measure_quantiles(ms, acks_r->count);
	}
	return err ? err : told ? told : settling.err;
}

int live_acknowledged(const char *dir, int64_t days, struct live_acks *acks_r)
{
	void *self;
	int err = ingest_peer.open(dir, &self);
	if (err)
		return err;
	err = fill_days(self, days);
	if (!err)
		err = measure_acks(self, days, acks_r);
	ingest_peer.close(&self);
	return err;
}
