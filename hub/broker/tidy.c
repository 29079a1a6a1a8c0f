/* Tidying up, a moment after it was called for, and again until there is nothing to do. */
#include "broker/tidy.h"

#include <malloc.h>

#include "broker/worker.h"

enum {
	LOOK_MS = 300,
	MANY = 256, /* below this a fall is no storm's end */
};

static uint32_t held(const struct worker *w)
{
	return w->connection_count + (uint32_t)w->sessions.count;
}

/* Whether about as many are there as a moment ago. */
static bool is_calm(const struct tidy *t, uint32_t now)
{
	uint32_t changed = t->last > now ? t->last - now : now - t->last;
	return changed <= now / 8;
}

/* Whether far more was there than is. */
static bool has_fallen(const struct tidy *t, uint32_t now)
{
	return t->most > MANY && now < t->most / 2;
}

static void on_timer(struct loop_timer *timer)
{
	struct tidy *t = container_of(timer, struct tidy, timer);
	struct worker *w = container_of(t, struct worker, tidy);
	uint32_t now = held(w);
	output_pool_trim(&w->pool);
	batches_trim(&w->batches);
	/* Not while they are still leaving: it walks through all free memory, and would have to again. */
	if (has_fallen(t, now) && is_calm(t, now)) {
		map_trim(&w->sessions);
		malloc_trim(0);
		t->most = now;
	}
	t->last = now;
}

void tidy_turn(struct worker *w)
{
	struct tidy *t = &w->tidy;
	uint32_t now = held(w);
	if (now > t->most)
		t->most = now;
	if (loop_timer_armed(&t->timer) || !(has_fallen(t, now) || output_pool_is_large(&w->pool) || batches_are_many(&w->batches)))
		return;
	t->timer.fire = on_timer;
	t->last = now;
	loop_timer_arm(w->loop, &t->timer, LOOK_MS);
}

void tidy_stop(struct worker *w)
{
	loop_timer_disarm(&w->tidy.timer);
}
