/* Overload: from bytes to what is given up. On the workers' threads. */
#include "broker/overload.h"

#include "broker/limits.h"
#include "broker/session.h"

enum {
	CALMER_PERCENT = 5,     /* below a step's threshold before it is taken back */
	MUCH_BYTES = 32 * 1024, /* more of them are looked at before the millisecond is over */
};

static const unsigned threshold_percent[] = {[OVERLOAD_REFUSE] = 80, [OVERLOAD_SLOW] = 90, [OVERLOAD_DROP] = 100};

static int64_t value(const _Atomic int64_t *of)
{
	return atomic_load_explicit(of, memory_order_relaxed);
}

static uint64_t not_negative(int64_t sum)
{
	return sum > 0 ? (uint64_t)sum : 0; /* it may be off by what is moving */
}

struct memory_use overload_memory(const struct broker *broker)
{
	const struct memory_share *share = memory_others();
	int64_t messages = value(&share->messages), bytes = value(&share->bytes), inflight = value(&share->inflight);
	for (unsigned i = 0; i < broker->config.workers; i++) {
		share = &broker->workers[i]->memory;
		messages += value(&share->messages);
		bytes += value(&share->bytes);
		inflight += value(&share->inflight);
	}
	return (struct memory_use){not_negative(messages), not_negative(bytes), not_negative(inflight)};
}

enum overload overload_now(struct worker *worker)
{
	uint64_t percent = overload_memory(worker->broker).bytes / (worker->broker->config.max_memory_bytes / 100 + 1);
	enum overload level = worker->overload;
	while (level < OVERLOAD_DROP && percent >= threshold_percent[level + 1])
		level++;
	while (level > OVERLOAD_NONE && percent + CALMER_PERCENT < threshold_percent[level])
		level--;
	worker->overload = level;
	worker->throttling = level >= OVERLOAD_SLOW || worker->broker->config.max_publish_rate;
	return level;
}

void overload_turn(struct worker *worker)
{
	struct mono_ms now = loop_now(worker->loop);
	int64_t bytes = value(&worker->memory.bytes);
	if (worker->overload_at.ms == now.ms && bytes - worker->overload_bytes < MUCH_BYTES)
		return;
	worker->overload_at = now;
	worker->overload_bytes = bytes;
	overload_now(worker);
}

bool overload_drops(struct session *s, const struct delivery *delivery)
{
	struct worker *worker = s->worker;
	if (worker->overload < OVERLOAD_DROP || delivery->qos)
		return false;
	struct message *m = delivery->message;
	if (s->connection)
		limits_met(s->connection, LIMIT_MEMORY_QOS0);
	counter_add(&worker->counters.dropped, 1);
	message_unref(&m);
	return true;
}
