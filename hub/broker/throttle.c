/* Throttling: a bucket of tokens for each connection that has needed one, which
 * holds a second's worth. On the worker's thread. */
#include "broker/throttle.h"

#include <math.h>
#include <stdlib.h>

#include "broker/limits.h"
#include "broker/overload.h"
#include "broker/persistence.h"

/* Ten packets a second still come in while memory or the disk is short: among them may be the acknowledgements that free some. */
enum { OVERLOAD_PAUSE_MS = 100 };

struct throttle {
	struct loop_timer timer;
	struct connection *connection;
	double tokens;
	struct mono_ms at; /* of the last refill */
};

static void on_timer(struct loop_timer *timer)
{
	connection_unslow(container_of(timer, struct throttle, timer)->connection);
}

static struct throttle *throttle_of(struct connection *c)
{
	struct throttle *t = c->extras->throttle;
	if (t)
		return t;
	t = connection_extras(c) ? calloc(1, sizeof *t) : NULL;
	if (!t)
		return NULL;
	t->timer.fire = on_timer;
	t->connection = c;
	t->tokens = c->worker->broker->config.max_publish_rate;
	t->at = loop_now(c->worker->loop);
	c->extras->throttle = t;
	return t;
}

void throttle_destroy(struct throttle **throttle)
{
	if (*throttle)
		loop_timer_disarm(&(*throttle)->timer);
	free(*throttle);
	*throttle = NULL;
}

static void slow(struct throttle *t, int64_t pause_ms)
{
	t->connection->slowed = true;
	loop_timer_arm(t->connection->worker->loop, &t->timer, pause_ms);
}

/* Takes a token; returns the milliseconds until the bucket is out of debt. */
static int64_t take_token(struct throttle *t, double rate, struct mono_ms now)
{
	t->tokens += (double)mono_diff_ms(t->at, now) * rate / 1000;
	t->at = now;
	if (t->tokens > rate)
		t->tokens = rate;
	t->tokens -= 1;
	return t->tokens < 0 ? (int64_t)ceil(-t->tokens * 1000 / rate) : 0;
}

void throttle_take(struct connection *c)
{
	struct worker *worker = c->worker;
	uint32_t rate = worker->broker->config.max_publish_rate;
	struct throttle *t = throttle_of(c);
	if (!t)
		return; /* without memory nobody is slowed down; the next allocation tells */
	int64_t pause_ms = rate ? take_token(t, rate, loop_now(worker->loop)) : 0;
	if (pause_ms)
		limits_met(c, LIMIT_PUBLISH_RATE);
	if (worker->overload >= OVERLOAD_SLOW) {
		limits_met(c, LIMIT_MEMORY_PUBLISHERS);
		if (pause_ms < OVERLOAD_PAUSE_MS)
			pause_ms = OVERLOAD_PAUSE_MS;
	}
	if (pause_ms)
		slow(t, pause_ms);
}

void throttle_for_disk(struct connection *c)
{
	const struct persistence *p = c->worker->persistence;
	if (!persistence_is_behind(p) && !persistence_failing(p))
		return;
	struct throttle *t = throttle_of(c);
	if (t && !loop_timer_armed(&t->timer))
		slow(t, OVERLOAD_PAUSE_MS);
}
